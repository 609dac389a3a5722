package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// The snapshots that keep what a command replaced.
const (
	BeforeReset = "before-reset"
	BeforeLoad  = "before-load"
)

// snapshotName is how a snapshot may be called.
var snapshotName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CopyPlace copies the database and the files of a place into a new one and returns its name.
func (d *Directory) CopyPlace(ctx context.Context, from string, schemas []db.Schema) (place string, err error) {
	return d.copyPlace(ctx, from, schemas, db.Clone)
}

// CopyPlaceAsIs is CopyPlace for a look at what an upgrade would do: the tables stay as they are.
func (d *Directory) CopyPlaceAsIs(ctx context.Context, from string, schemas []db.Schema) (place string, err error) {
	return d.copyPlace(ctx, from, schemas, db.CloneAsIs)
}

func (d *Directory) copyPlace(ctx context.Context, from string, schemas []db.Schema,
	clone func(context.Context, db.Config, db.Config, []db.Schema) error,
) (place string, err error) {
	place = d.NewPlace()
	err = clone(ctx, d.Database(from), d.Database(place), schemas)
	if err == nil {
		err = copyFiles(d.Folder(from), d.Folder(place))
	}
	if err == nil {
		err = d.copyBlobs(ctx, from, place)
	}
	if err != nil {
		return "", errors.Join(err, d.RemovePlace(context.WithoutCancel(ctx), place))
	}
	return place, nil
}

// copyBlobs copies the contents of files, after the rows that name them.
func (d *Directory) copyBlobs(ctx context.Context, from, to string) error {
	source, err := d.Blobs(from)
	if err != nil {
		return err
	}
	target, err := d.Blobs(to)
	if err != nil {
		return err
	}
	if err := blob.Copy(ctx, source, target); err != nil {
		return fmt.Errorf("copy files: %w", err)
	}
	return nil
}

// SaveSnapshot keeps a portal as it is now under a name. It returns ErrSnapshotTaken, or a fault on a name that cannot be one.
func (d *Directory) SaveSnapshot(ctx context.Context, e Entry, name string, schemas []db.Schema) error {
	if !snapshotName.MatchString(name) {
		return fault.Newf(fault.Invalid, "INVALID_NAME",
			"%q cannot name a snapshot: up to 64 letters, digits, hyphens, underscores and dots, no dot in front", name).At("name")
	}
	if _, err := d.Snapshot(ctx, e.Host, name); err == nil {
		return ErrSnapshotTaken
	} else if !errors.Is(err, ErrNoSnapshot) {
		return err
	}
	place, err := d.CopyPlace(ctx, e.Name, schemas)
	if err != nil {
		return err
	}
	err = d.Keep(ctx, Keeper{Host: e.Host, Name: name, Place: place, Created: d.clock.Now()})
	if err != nil {
		err = errors.Join(err, d.RemovePlace(context.WithoutCancel(ctx), place))
	}
	return err
}

// LoadSnapshot makes a portal what it was when the snapshot was saved. The snapshot stays; what the portal was until now becomes
// the snapshot "before-load".
func (d *Directory) LoadSnapshot(ctx context.Context, e Entry, name string, schemas []db.Schema, check func(context.Context, Entry) error) error {
	k, err := d.Snapshot(ctx, e.Host, name)
	if err != nil {
		return err
	}
	return d.replace(ctx, e, BeforeLoad, check, func() (string, error) { return d.CopyPlace(ctx, k.Place, schemas) })
}

// DeleteSnapshot deletes a snapshot.
func (d *Directory) DeleteSnapshot(ctx context.Context, host, name string) error {
	place, err := d.Forget(ctx, host, name)
	if err != nil {
		return err
	}
	return d.RemovePlace(ctx, place)
}

// Reset makes a portal anew: fill makes its data in the place of the entry that it gets. What the portal was until now becomes
// the snapshot "before-reset".
func (d *Directory) Reset(ctx context.Context, e Entry, fill func(context.Context, Entry) error) error {
	return d.replace(ctx, e, BeforeReset, fill, func() (string, error) { return d.NewPlace(), nil })
}

// replace puts a portal into the place that make returns, after check has looked at it.
func (d *Directory) replace(ctx context.Context, e Entry, keepAs string, check func(context.Context, Entry) error, makePlace func() (string, error)) error {
	place, err := makePlace()
	if err != nil {
		return err
	}
	now := e
	now.Name = place
	var unused []string
	if err = check(ctx, now); err == nil {
		unused, err = d.Put(ctx, []Placement{{Host: e.Host, Place: place, Replace: true, KeepAs: keepAs}})
	}
	if err != nil {
		return errors.Join(err, d.RemovePlace(context.WithoutCancel(ctx), place))
	}
	for _, p := range unused {
		err = errors.Join(err, d.RemovePlace(ctx, p))
	}
	return err
}

// Fork makes a second portal with the data of another one. check looks at it, and changes what must not be the same, before it
// is anybody's portal. It returns ErrHostTaken, or a fault on a host that cannot be one.
func (d *Directory) Fork(ctx context.Context, e Entry, host string, schemas []db.Schema, check func(context.Context, Entry) error) (Entry, error) {
	host, err := checkHost(host)
	if err != nil {
		return Entry{}, err
	}
	all, err := d.List(ctx)
	if err != nil {
		return Entry{}, err
	}
	for _, other := range all {
		if other.Host == host {
			return Entry{}, ErrHostTaken
		}
	}
	place, err := d.CopyPlace(ctx, e.Name, schemas)
	if err != nil {
		return Entry{}, err
	}
	fork := Entry{Host: host, Name: place, Created: d.clock.Now(), Prepared: true}
	if err = check(ctx, fork); err == nil {
		_, err = d.Put(ctx, []Placement{{Host: host, Place: place, Created: fork.Created}})
	}
	if err != nil {
		return Entry{}, errors.Join(err, d.RemovePlace(context.WithoutCancel(ctx), place))
	}
	return fork, nil
}

// copyFiles copies the files of a portal, apart from its database and the contents of files. A folder that does not exist has none.
func copyFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil || strings.HasPrefix(name, "portal.db") || blob.IsInFolder(name) {
			return err
		}
		return copyFile(path, filepath.Join(to, name))
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}
