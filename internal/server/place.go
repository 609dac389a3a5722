package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// A place is where the data of a portal are: a folder below <data>/portals, or a PostgreSQL schema with a folder for files
// beside it. The directory says which place is a portal's. What replaces the data of a portal fills a new place and then
// changes that one row, so that a portal is at every moment the old one or the new one, whole; a server that runs notices.

// Keeper holds a place beside the portal's own: a snapshot.
type Keeper struct {
	Host    string
	Name    string
	Place   string
	Created time.Time
}

// ErrNoSnapshot is returned where a snapshot is asked for that does not exist.
var ErrNoSnapshot = fault.New(fault.NotFound, "SNAPSHOT_NOT_FOUND", "There is no such snapshot")

// ErrSnapshotTaken is returned when a second snapshot would get the same name.
var ErrSnapshotTaken = fault.New(fault.Conflict, "SNAPSHOT_EXISTS", "There is a snapshot with this name already").At("name")

// Database returns where the database of a place is.
func (d *Directory) Database(place string) db.Config {
	if d.config.DatabaseURL != "" {
		return db.Config{URL: d.config.DatabaseURL, Schema: place}
	}
	return db.Config{Path: filepath.Join(d.Folder(place), "portal.db")}
}

// Folder returns the folder of a place. On PostgreSQL it exists only when the portal has files.
func (d *Directory) Folder(place string) string {
	return filepath.Join(d.config.Data, "portals", place)
}

// Blobs returns the contents of the files of a place.
func (d *Directory) Blobs(place string) (blob.Store, error) {
	return d.config.Files.Open(place, d.Folder(place))
}

// NewPlace returns the name of a place that does not exist yet.
func (d *Directory) NewPlace() string {
	name := "portal_" + strings.ToLower(rand.Text()[:12])
	if d.db.Dialect() == db.Postgres {
		name = d.schema + "_" + name
	}
	return name
}

// RemovePlace deletes a place. One that does not exist is no error.
func (d *Directory) RemovePlace(ctx context.Context, place string) error {
	if !placeName.MatchString(place) {
		return fmt.Errorf("%q is no place of a portal", place)
	}
	var err error
	if d.config.DatabaseURL != "" {
		err = db.DropSchema(ctx, d.Database(place))
	}
	if err := errors.Join(err, d.config.Files.Remove(ctx, place), os.RemoveAll(d.Folder(place))); err != nil {
		return fmt.Errorf("remove %s: %w", place, err)
	}
	return nil
}

// placeName keeps a damaged directory from removing something else.
var placeName = regexp.MustCompile(`^[a-z0-9_]*portal_[a-z0-9]+$`)

// Placement puts a portal, called by its host, into a place that has been filled.
type Placement struct {
	Host    string
	Place   string
	Created time.Time // of the portal; zero is now
	// Replace says that a portal of this host may exist; its place is kept as the snapshot KeepAs, in whose stead an earlier
	// snapshot of that name is given up. Without Replace it is ErrHostTaken.
	Replace bool
	KeepAs  string
}

// Put puts portals into their places, all at once or none, and returns the places that nobody needs any longer.
func (d *Directory) Put(ctx context.Context, list []Placement) (unused []string, err error) {
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		unused = nil
		if err := tx.Lock(ctx, "portal"); err != nil {
			return err
		}
		for _, p := range list {
			gone, err := d.putTx(ctx, tx, p)
			if err != nil {
				return err
			}
			unused = append(unused, gone...)
		}
		return nil
	})
	return unused, err
}

func (d *Directory) putTx(ctx context.Context, tx *db.Tx, p Placement) (unused []string, err error) {
	host, err := checkHost(p.Host)
	if err != nil {
		return nil, err
	}
	now := db.Micro(d.clock.Now())
	var id int64
	var old string
	err = tx.QueryRow(ctx, "SELECT id, name FROM portal WHERE host = ?", host).Scan(&id, &old)
	if errors.Is(err, db.ErrNoRows) {
		created := db.Micro(p.Created)
		if created == 0 {
			created = now
		}
		_, err := tx.Insert(ctx, `INSERT INTO portal (host, name, created_at, prepared_at, claimed_until, due_at)
			VALUES (?, ?, ?, ?, 0, 1)`, host, p.Place, created, now)
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if !p.Replace {
		return nil, ErrHostTaken
	}
	_, err = tx.Exec(ctx, "UPDATE portal SET name = ?, prepared_at = ?, claimed_until = 0, due_at = 1 WHERE id = ?", p.Place, now, id)
	if err != nil {
		return nil, err
	}
	if p.KeepAs == "" {
		return []string{old}, nil
	}
	var before string
	err = tx.QueryRow(ctx, "SELECT place FROM snapshot WHERE host = ? AND name = ?", host, p.KeepAs).Scan(&before)
	if err == nil {
		unused = []string{before}
		_, err = tx.Exec(ctx, "DELETE FROM snapshot WHERE host = ? AND name = ?", host, p.KeepAs)
	}
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return nil, err
	}
	return unused, d.keepTx(ctx, tx, Keeper{Host: host, Name: p.KeepAs, Place: old, Created: d.clock.Now()})
}

// Keep notes a place as a snapshot of a portal. It returns ErrSnapshotTaken.
func (d *Directory) Keep(ctx context.Context, k Keeper) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "portal"); err != nil {
			return err
		}
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM snapshot WHERE host = ? AND name = ?", k.Host, k.Name).Scan(&n)
		if err == nil && n > 0 {
			err = ErrSnapshotTaken
		}
		if err != nil {
			return err
		}
		return d.keepTx(ctx, tx, k)
	})
}

func (d *Directory) keepTx(ctx context.Context, tx *db.Tx, k Keeper) error {
	_, err := tx.Insert(ctx, "INSERT INTO snapshot (host, name, place, created_at) VALUES (?, ?, ?, ?)",
		k.Host, k.Name, k.Place, db.Micro(k.Created))
	return err
}

// Snapshots returns the snapshots of a portal, the newest first.
func (d *Directory) Snapshots(ctx context.Context, host string) (out []Keeper, err error) {
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT host, name, place, created_at FROM snapshot WHERE host = ? ORDER BY created_at DESC, id DESC", host)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var k Keeper
			var created int64
			if err := rows.Scan(&k.Host, &k.Name, &k.Place, &created); err != nil {
				return err
			}
			k.Created = db.Time(created)
			out = append(out, k)
		}
		return rows.Err()
	})
	return out, err
}

// Snapshot returns a snapshot by its name.
func (d *Directory) Snapshot(ctx context.Context, host, name string) (Keeper, error) {
	all, err := d.Snapshots(ctx, host)
	if err != nil {
		return Keeper{}, err
	}
	for _, k := range all {
		if k.Name == name {
			return k, nil
		}
	}
	return Keeper{}, ErrNoSnapshot
}

// Forget takes a snapshot off the list and returns its place, which nobody needs any longer.
func (d *Directory) Forget(ctx context.Context, host, name string) (place string, err error) {
	k, err := d.Snapshot(ctx, host, name)
	if err != nil {
		return "", err
	}
	return k.Place, d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM snapshot WHERE host = ? AND name = ?", host, name)
		return err
	})
}
