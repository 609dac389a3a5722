package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/portico-hq/portico/internal/blob"
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
		if err != nil || strings.HasPrefix(name, databaseFile) || blob.IsInFolder(name) {
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

// addBlobs writes the contents of people's files. They stand in the archive as if they were kept in a folder, so that they can be
// restored into any store.
func (a *archive) addBlobs(ctx context.Context, prefix string, s blob.Store) (n int, err error) {
	if s == nil {
		return 0, nil
	}
	err = s.Each(ctx, func(i blob.Info) error {
		o, err := s.Open(ctx, i.Key)
		if errors.Is(err, blob.ErrNotFound) {
			return nil // no file needs it any longer
		}
		if err != nil {
			return err
		}
		n++
		return errors.Join(a.addContent(prefix+blobName(i.Key), o, o.Size()), o.Close())
	})
	return n, err
}

// blobName is the name of an object among a portal's files.
func blobName(key string) string { return blob.FolderName + "/" + key[:2] + "/" + key }

// blobKey returns the key of an object with a name among a portal's files; false where that is none.
func blobKey(name string) (string, bool) {
	key := name[strings.LastIndexByte(name, '/')+1:]
	return key, blob.IsKey(key) && name == blobName(key)
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
	return true, a.addContent(name, f, info.Size())
}

// addContent writes size bytes as a member and notes it.
func (a *archive) addContent(name string, r io.Reader, size int64) error {
	if err := a.header(name, size); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(a.tar, sum), io.LimitReader(r, size))
	if err == nil && n < size {
		err = errors.New("it shrank while it was read")
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	a.note(name, n, sum.Sum(nil))
	return nil
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
