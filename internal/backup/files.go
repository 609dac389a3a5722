package backup

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is a file of the server.
type File struct {
	Name string // in the archive
	Path string // on the disk; a file that is missing is left out
}

// databaseFile is how the portal's own database is called in its folder; what else begins so belongs to it.
const databaseFile = "portal.db"

// addFolder writes the files below dir, apart from the database.
func (a *archive) addFolder(prefix, dir string) (n int, err error) {
	if dir == "" {
		return 0, nil
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was deleted meanwhile, as its row was
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || strings.HasPrefix(name, databaseFile) {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file", path)
		}
		added, err := a.addFile(prefix+filepath.ToSlash(name), path)
		if added {
			n++
		}
		return err
	})
	return n, err
}

// addFile writes a file as it is when it is opened, and reports false for one that is not there.
func (a *archive) addFile(name, path string) (added bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	if err := a.header(name, info.Size()); err != nil {
		return false, err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(a.tar, sum), io.LimitReader(f, info.Size()))
	if err == nil && n < info.Size() {
		err = errors.New("it shrank while it was read")
	}
	if err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	a.note(name, n, sum.Sum(nil))
	return true, nil
}

// storeFile writes a file below dir under a name from an archive, which must lead nowhere else.
func storeFile(dir, name string, r io.Reader) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`) {
		return fmt.Errorf("%w: the file name %q leads out of its folder", ErrBroken, name)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}
