package server

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the directory.
func Schema() db.Schema { return db.EmbeddedSchema("server", schemaFiles) }

// DefaultHost is the host of the portal that a server makes when it has none.
const DefaultHost = "127.0.0.1"

const (
	DirectoryFile   = "server.db" // in the data folder
	directorySchema = "portico"   // on PostgreSQL; also the prefix of the portals' schemas
)

// Entry is a portal as the directory knows it.
type Entry struct {
	ID       int64
	Host     string // under which it is reached: lower case, without a port
	Name     string // of its folder below <data>/portals, or of its PostgreSQL schema
	Created  time.Time
	Prepared bool // its first administrator has been made
}

// ErrNoPortal is returned where a portal is asked for that the directory does not hold.
var ErrNoPortal = fault.New(fault.NotFound, "PORTAL_NOT_FOUND", "There is no such portal")

// ErrHostTaken is returned when a second portal would get the same host.
var ErrHostTaken = fault.New(fault.Conflict, "HOST_TAKEN", "There is a portal with this host already").At("host")

// DirectoryConfig says where the directory is kept.
type DirectoryConfig struct {
	Data        string      // the data folder, which is created when missing; not used with PostgreSQL
	DatabaseURL string      // PostgreSQL instead of a file in the data folder
	Schema      string      // PostgreSQL: the directory's schema; empty is "portico"
	Clock       clock.Clock // nil is the machine's clock
	// Files says where the contents of the portals' files are.
	Files blob.Places
	// AsIs leaves the tables as an older program made them. The portals can be listed and read; nothing else works.
	AsIs bool
}

// Directory is the list of portals and the server's public address. It is small: what it holds is read at once.
type Directory struct {
	db     *db.DB
	config DirectoryConfig
	clock  clock.Clock
	schema string
}

// OpenDirectory opens the directory and creates it when it is missing. The caller must Close it.
func OpenDirectory(ctx context.Context, c DirectoryConfig) (*Directory, error) {
	if c.DatabaseURL == "" {
		if err := makeFolder(c.Data); err != nil {
			return nil, err
		}
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Schema == "" {
		c.Schema = directorySchema
	}
	d, err := db.Open(ctx, db.Config{
		Path: filepath.Join(c.Data, DirectoryFile), URL: c.DatabaseURL, Schema: c.Schema,
	})
	if err != nil {
		return nil, err
	}
	if !c.AsIs {
		if err := d.Migrate(ctx, Schema()); err != nil {
			_ = d.Close()
			return nil, err
		}
	}
	return &Directory{db: d, config: c, clock: c.Clock, schema: c.Schema}, nil
}

// makeFolder creates the data folder, for its owner only.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// Close closes the directory.
func (d *Directory) Close() error { return d.db.Close() }

// Watch calls f soon after another process has changed the directory.
func (d *Directory) Watch(f func()) { d.db.Watch(f) }

// Ready reports whether the directory's database answers.
func (d *Directory) Ready(ctx context.Context) error {
	return d.db.Read(ctx, func(tx *db.Tx) error {
		var n int64
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM address").Scan(&n)
	})
}

// List returns the portals in the order in which they were made.
func (d *Directory) List(ctx context.Context) ([]Entry, error) {
	var out []Entry
	err := d.db.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = queryEntries(ctx, tx)
		return err
	})
	return out, err
}

func queryEntries(ctx context.Context, tx *db.Tx) ([]Entry, error) {
	rows, err := tx.Query(ctx, "SELECT id, host, name, created_at, prepared_at FROM portal ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []Entry
	for rows.Next() {
		var e Entry
		var created, prepared int64
		if err := rows.Scan(&e.ID, &e.Host, &e.Name, &created, &prepared); err != nil {
			return nil, err
		}
		e.Created, e.Prepared = db.Time(created), prepared != 0
		out = append(out, e)
	}
	return out, rows.Err()
}

// Add makes a portal for host and prepares it with f, as Prepare does; a server that notices the portal waits until that is
// done. It returns ErrHostTaken, or a fault on a host that cannot be one. When f fails there is no portal.
func (d *Directory) Add(ctx context.Context, host string, f func(ctx context.Context, e Entry) error) (Entry, error) {
	host, err := checkHost(host)
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "portal"); err != nil {
			return err
		}
		var taken int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM portal WHERE host = ?", host).Scan(&taken); err != nil {
			return err
		}
		if taken > 0 {
			return ErrHostTaken
		}
		var err error
		e, err = d.addTx(ctx, tx, host, d.clock.Now().Add(claimTime))
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	err = d.prepareClaimed(ctx, e.ID, func(ctx context.Context) error { return f(ctx, e) })
	if err != nil {
		return Entry{}, errors.Join(err, d.remove(context.WithoutCancel(ctx), e.ID))
	}
	e.Prepared = true
	return e, nil
}

// remove takes back a portal that could not be prepared.
func (d *Directory) remove(ctx context.Context, id int64) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM portal WHERE id = ? AND prepared_at = 0", id)
		return err
	})
}

// EnsureFirst makes the default portal when there is none. Processes that do so at once make one.
func (d *Directory) EnsureFirst(ctx context.Context) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "portal"); err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM portal").Scan(&n); err != nil || n > 0 {
			return err
		}
		_, err := d.addTx(ctx, tx, DefaultHost, time.Time{})
		return err
	})
}

// addTx inserts a portal that only its caller may prepare before claimed.
func (d *Directory) addTx(ctx context.Context, tx *db.Tx, host string, claimed time.Time) (Entry, error) {
	now := d.clock.Now()
	id, err := tx.Insert(ctx, `INSERT INTO portal (host, name, created_at, prepared_at, claimed_until)
		VALUES (?, '', ?, 0, ?)`, host, db.Micro(now), db.Micro(claimed))
	if err != nil {
		return Entry{}, fmt.Errorf("insert portal: %w", err)
	}
	name := "portal_" + strconv.FormatInt(id, 10)
	if d.db.Dialect() == db.Postgres {
		name = d.schema + "_" + name
	}
	if _, err := tx.Exec(ctx, "UPDATE portal SET name = ? WHERE id = ?", name, id); err != nil {
		return Entry{}, fmt.Errorf("name portal: %w", err)
	}
	return Entry{ID: id, Host: host, Name: name, Created: now}, nil
}
