package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// FolderName is how the folder of a portal's objects is called among its files.
const FolderName = "blobs"

// IsInFolder reports whether a path, from a portal's files on, lies in the folder of its objects.
func IsInFolder(name string) bool {
	first, _, _ := strings.Cut(filepath.ToSlash(name), "/")
	return first == FolderName
}

// draftFolder holds the drafts of a folder, on the same file system as the objects.
const draftFolder = "drafts"

// Folder keeps objects as files: <root>/ab/abcd…-key. What is written appears at once and whole.
type Folder struct{ root string }

var _ Store = (*Folder)(nil)

// NewFolder returns the store in the folder root, which is made when something is stored.
func NewFolder(root string) *Folder { return &Folder{root} }

// NewDraft returns an empty draft.
func (f *Folder) NewDraft(limit int64) (*Draft, error) {
	dir := filepath.Join(f.root, draftFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return newDraft(dir, limit)
}

func (f *Folder) path(key string) string { return filepath.Join(f.root, key[:2], key) }

// Keep stores a draft: it is synced, renamed, and the folder synced.
func (f *Folder) Keep(_ context.Context, key string, d *Draft) error {
	if !IsKey(key) {
		return errKey
	}
	path := f.path(key)
	if err := makeFolder(filepath.Dir(path), f.root); err != nil {
		return err
	}
	if err := d.moveTo(path); err != nil {
		return fmt.Errorf("keep object: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// makeFolder makes a folder below root, durably.
func makeFolder(dir, root string) error {
	switch _, err := os.Stat(dir); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncFolder(root)
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openFile is an open object of a folder.
type openFile struct {
	*os.File

	size int64
}

// Size returns the object's size in bytes.
func (o openFile) Size() int64 { return o.size }

// Open returns an object.
func (f *Folder) Open(_ context.Context, key string) (Object, error) {
	if !IsKey(key) {
		return nil, ErrNotFound
	}
	file, err := os.Open(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return openFile{file, info.Size()}, nil
}

// Delete removes an object.
func (f *Folder) Delete(_ context.Context, key string) error {
	if !IsKey(key) {
		return errKey
	}
	err := os.Remove(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Each calls do for every object. Files that are no objects are passed over.
func (f *Folder) Each(ctx context.Context, do func(Info) error) error {
	folders, err := os.ReadDir(f.root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() || folder.Name() == draftFolder {
			continue
		}
		if err := f.eachIn(ctx, folder.Name(), do); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) eachIn(ctx context.Context, folder string, do func(Info) error) error {
	entries, err := os.ReadDir(filepath.Join(f.root, folder))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !IsKey(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := do(Info{Key: e.Name(), Size: info.Size(), Modified: info.ModTime()}); err != nil {
			return err
		}
	}
	return nil
}

// SweepDrafts removes drafts that a process left behind when it died: those that nothing was written to since before.
func (f *Folder) SweepDrafts(before time.Time) error {
	return sweepDrafts(filepath.Join(f.root, draftFolder), before)
}

func sweepDrafts(dir string, before time.Time) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		info, statErr := e.Info()
		if statErr != nil || !info.ModTime().Before(before) {
			continue
		}
		if rmErr := os.Remove(filepath.Join(dir, e.Name())); rmErr != nil && !errors.Is(rmErr, fs.ErrNotExist) {
			err = errors.Join(err, rmErr)
		}
	}
	return err
}

// link makes a second name for every object where both stores are folders of one file system: objects never change. It reports
// false where that cannot be; what it made until then is no harm to what copies.
func link(ctx context.Context, from, to Store) (bool, error) {
	a, ok := from.(*Folder)
	b, also := to.(*Folder)
	if !ok || !also {
		return false, nil
	}
	linked := true
	err := a.Each(ctx, func(i Info) error {
		if err := makeFolder(filepath.Dir(b.path(i.Key)), filepath.Dir(filepath.Dir(b.path(i.Key)))); err != nil {
			return err
		}
		err := os.Link(a.path(i.Key), b.path(i.Key))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err != nil { // another file system, or one without links
			linked = false
			return errNoLinks
		}
		return nil
	})
	if errors.Is(err, errNoLinks) {
		err = nil
	}
	return linked, err
}

var errNoLinks = errors.New("blob: this file system has no links")

// Anywhere returns an object as what can be read at any place without a request for each; false for one that comes over the network.
func Anywhere(o Object) (io.ReaderAt, bool) {
	f, ok := o.(openFile)
	return f.File, ok
}
