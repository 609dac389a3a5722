package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile writes an archive with write to a file that must not exist. It is there when it is complete and on the disk, or not
// at all. size is that of the file in bytes.
func WriteFile(path string, write func(w io.Writer) (Summary, error)) (s Summary, size int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return s, 0, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return s, 0, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it is gone when all went well
	s, err = write(f)
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return s, 0, err
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename it replaces nothing
		return s, 0, err
	}
	return s, size, syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
