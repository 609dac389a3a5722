package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
)

// Target is where a portal is restored to: a place where nothing is.
type Target struct {
	Host   string // in the archive
	DB     db.Config
	Folder string // for the files
	// Blobs is for the contents of people's files; nil: they are put into Folder.
	Blobs blob.Store
}

// Restoring says what to restore.
type Restoring struct {
	Summary Summary // what Verify said about the same archive
	Schemas []db.Schema
	Targets []Target
	// ServerFiles is the folder for the files of the server; empty: they are left out.
	ServerFiles string
	Progress    func(Progress)
}

// Restore reads an archive that Verify has read before and fills the targets. When it fails what it made is worth nothing, and
// left to the caller to remove.
func Restore(ctx context.Context, r io.Reader, c Restoring) (err error) {
	u := &restorer{Restoring: c, ctx: ctx, loaders: map[int]*db.Loader{}, folders: map[int]string{}, blobs: map[int]blob.Store{}, rows: map[int]int64{}}
	defer func() {
		if err != nil {
			for _, l := range u.loaders {
				l.Abort()
			}
		}
	}()
	if err := u.open(); err != nil {
		return err
	}
	again, err := read(ctx, r, visitor{server: u.server, rows: u.add, file: u.file})
	if err != nil {
		return err
	}
	if again.Fingerprint != c.Summary.Fingerprint {
		return fmt.Errorf("%w: it was changed while it was read", ErrBroken)
	}
	for i := range u.loaders {
		if err := u.finish(i); err != nil {
			return fmt.Errorf("portal %s: %w", c.Summary.Portals[i].Host, err)
		}
	}
	return nil
}

// CheckSchemas returns ErrNewer when the program lacks what a portal of the archive needs.
func CheckSchemas(s Summary, schemas []db.Schema) error {
	for _, p := range s.Portals {
		if err := db.CheckReached(p.Reached, db.SQLite, schemas); err != nil {
			return fmt.Errorf("%w: portal %s: %w", ErrNewer, p.Host, err)
		}
	}
	return nil
}

type restorer struct {
	Restoring

	ctx     context.Context //nolint:containedctx // of the one call of Restore
	loaders map[int]*db.Loader
	folders map[int]string
	blobs   map[int]blob.Store
	rows    map[int]int64
}

// open makes the empty databases.
func (u *restorer) open() error {
	for _, t := range u.Targets {
		i, ok := u.Summary.find(t.Host)
		if !ok {
			return fmt.Errorf("the backup has no portal %s", t.Host)
		}
		p := u.Summary.Portals[i]
		l, err := db.NewLoader(u.ctx, t.DB, p.Reached, u.Schemas)
		if err != nil {
			return fmt.Errorf("portal %s: %w", t.Host, err)
		}
		u.loaders[i], u.folders[i], u.blobs[i] = l, t.Folder, t.Blobs
		for _, table := range p.Tables {
			if err := l.Table(table.table()); err != nil {
				return fmt.Errorf("portal %s: %w", t.Host, err)
			}
		}
	}
	return nil
}

func (u *restorer) add(portal int, table string, rows [][]any) error {
	l := u.loaders[portal]
	if l == nil {
		return nil // not asked for
	}
	if err := l.Add(u.ctx, table, rows); err != nil {
		return err
	}
	u.rows[portal] += int64(len(rows))
	if u.Progress != nil {
		p := u.Summary.Portals[portal]
		u.Progress(Progress{p.Host, u.rows[portal], p.Rows})
	}
	return nil
}

func (u *restorer) file(portal int, name string, r io.Reader) error {
	if s := u.blobs[portal]; s != nil {
		if key, ok := blobKey(name); ok {
			if err := blob.Put(u.ctx, s, key, r, -1); err != nil {
				return fmt.Errorf("store %s: %w", name, err)
			}
			return nil
		}
	}
	if dir := u.folders[portal]; dir != "" {
		return storeFile(dir, name, r)
	}
	return nil
}

func (u *restorer) server(name string, r io.Reader) error {
	if u.ServerFiles == "" {
		return nil
	}
	return storeFile(u.ServerFiles, name, r)
}

// finish counts what the database holds and makes it durable.
func (u *restorer) finish(portal int) error {
	l := u.loaders[portal]
	counts, err := l.Counts(u.ctx)
	if err != nil {
		return err
	}
	for _, t := range u.Summary.Portals[portal].Tables {
		if counts[t.Name] != t.Rows {
			err = errors.Join(err, fmt.Errorf("the table %s has %d rows, not %d", t.Name, counts[t.Name], t.Rows))
		}
	}
	if err != nil {
		return err
	}
	delete(u.loaders, portal)
	return l.Done(u.ctx)
}
