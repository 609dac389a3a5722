package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrNewer is returned for data that a newer program has written.
var ErrNewer = errors.New("the data are newer than this program")

// Loader fills a new database with rows that were read from another one by Table.Rows, of either kind.
type Loader struct {
	db     *DB
	config Config
	schema []Schema
	tables map[string]Table
	undo   []string // statements that bring back what was put off for the time of loading
	counts map[string]int64
}

// NewLoader makes the database that c names, which must not exist, with the tables as they are after the migrations in reached.
// It fails with ErrNewer when the schemas do not know them. Done makes it durable; until then it is worth nothing.
func NewLoader(ctx context.Context, c Config, reached Reached, schemas []Schema) (*Loader, error) {
	c.Unsafe = true // Done pays for durability once
	c.loading = true
	if c.URL == "" {
		if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
			return nil, err
		}
	}
	d, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	l := &Loader{db: d, config: c, schema: schemas, tables: map[string]Table{}, counts: map[string]int64{}}
	if err := l.prepare(ctx, reached, schemas); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return l, nil
}

func (l *Loader) prepare(ctx context.Context, reached Reached, schemas []Schema) error {
	if err := CheckReached(reached, l.db.dialect, schemas); err != nil {
		return err
	}
	if err := l.db.migrate(ctx, reached, schemas); err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *Tx) error {
		tables, err := ReadTables(ctx, tx, schemas)
		if err != nil {
			return err
		}
		if l.undo, err = putOff(ctx, tx, tables); err != nil {
			return fmt.Errorf("put off checks: %w", err)
		}
		for _, t := range tables { // a migration may have filled it
			if _, err := tx.Exec(ctx, "DELETE FROM "+quoteName(t.Name)); err != nil {
				return err
			}
			l.tables[t.Name] = t
		}
		return nil
	})
}

// putOff takes away what would check or change rows while they are loaded, and returns the statements that bring it back.
func putOff(ctx context.Context, tx *Tx, tables []Table) (undo []string, err error) {
	if tx.dialect == SQLite { // foreign keys are off on this connection
		undo, err = texts(ctx, tx, "SELECT sql FROM sqlite_master WHERE type = 'trigger'")
		if err != nil {
			return nil, err
		}
		names, err := texts(ctx, tx, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if _, err := tx.Exec(ctx, "DROP TRIGGER "+quoteName(name)); err != nil {
				return nil, err
			}
		}
		return undo, nil
	}
	for _, t := range tables {
		if _, err := tx.Exec(ctx, "ALTER TABLE "+quoteName(t.Name)+" DISABLE TRIGGER USER"); err != nil {
			return nil, err
		}
		undo = append(undo, "ALTER TABLE "+quoteName(t.Name)+" ENABLE TRIGGER USER")
	}
	drop, err := texts(ctx, tx, `SELECT 'ALTER TABLE ' || conrelid::regclass::text || ' DROP CONSTRAINT ' || quote_ident(conname)
		FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY oid`)
	if err != nil {
		return nil, err
	}
	again, err := texts(ctx, tx, `SELECT 'ALTER TABLE ' || conrelid::regclass::text || ' ADD CONSTRAINT ' || quote_ident(conname) || ' '
		|| pg_get_constraintdef(oid)
		FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY oid`)
	if err != nil {
		return nil, err
	}
	for _, s := range drop {
		if _, err := tx.Exec(ctx, s); err != nil {
			return nil, err
		}
	}
	return append(undo, again...), nil
}

// Table announces the rows of a table. Its columns must be among those that the migrations made.
func (l *Loader) Table(t Table) error {
	have, ok := l.tables[t.Name]
	if !ok {
		return fmt.Errorf("%w: it has no table %q", ErrNewer, t.Name)
	}
	for _, c := range t.Columns {
		if !slices.Contains(have.Columns, c) {
			return fmt.Errorf("%w: table %q has no column %q", ErrNewer, t.Name, c)
		}
	}
	l.tables[t.Name] = t
	return nil
}

// maxParameters bounds the values in one statement; PostgreSQL takes 65,535 and SQLite 32,766.
const maxParameters = 2000

// Add stores rows of a table that was announced.
func (l *Loader) Add(ctx context.Context, table string, rows [][]any) error {
	t, ok := l.tables[table]
	if !ok {
		return fmt.Errorf("%w: it has no table %q", ErrNewer, table)
	}
	for _, r := range rows {
		if len(r) != len(t.Columns) {
			return fmt.Errorf("a row of %s has %d values, not %d", table, len(r), len(t.Columns))
		}
	}
	size := max(1, maxParameters/max(1, len(t.Columns)))
	err := l.db.Write(ctx, func(tx *Tx) error {
		for part := range slices.Chunk(rows, size) {
			if err := insertRows(ctx, tx, t, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store rows of %s: %w", table, err)
	}
	l.counts[table] += int64(len(rows))
	return nil
}

func insertRows(ctx context.Context, tx *Tx, t Table, rows [][]any) error {
	one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(t.Columns)), ", ") + ")"
	var b strings.Builder
	b.WriteString("INSERT INTO " + quoteName(t.Name) + " (" + quoteNames(t.Columns) + ") VALUES ")
	args := make([]any, 0, len(rows)*len(t.Columns))
	for i, r := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(one)
		args = append(args, r...)
	}
	_, err := tx.Exec(ctx, b.String(), args...)
	return err
}

// Done brings the counters and the checks back, sees that every reference is kept, brings the tables up to date, fills the derived
// ones and makes the database durable. The Loader is closed, whatever comes back.
func (l *Loader) Done(ctx context.Context) error {
	err := l.restoreChecks(ctx)
	if err == nil {
		err = l.db.Migrate(ctx, l.schema...)
	}
	for _, s := range l.schema {
		if err == nil && s.Rebuild != nil {
			if err = s.Rebuild(ctx, l.db); err != nil {
				err = fmt.Errorf("rebuild what is derived in %s: %w", s.Area, err)
			}
		}
	}
	return l.close(err)
}

// DoneAsIs is Done without bringing anything up to date: for a look at what that would do. Derived tables stay empty.
func (l *Loader) DoneAsIs(ctx context.Context) error { return l.close(l.restoreChecks(ctx)) }

// close closes the database and makes the file durable when all went well.
func (l *Loader) close(err error) error {
	err = errors.Join(err, l.db.Close())
	if err == nil && l.config.URL == "" {
		err = syncFile(l.config.Path)
	}
	return err
}

func (l *Loader) restoreChecks(ctx context.Context) error {
	return l.db.Write(ctx, func(tx *Tx) error {
		for _, name := range slices.Sorted(maps.Keys(l.tables)) {
			if err := setNext(ctx, tx, l.tables[name]); err != nil {
				return fmt.Errorf("counter of %s: %w", name, err)
			}
		}
		for _, statement := range l.undo {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("check: %w", err)
			}
		}
		return checkReferences(ctx, tx)
	})
}

// Abort closes the Loader. What it made is left to its caller to remove.
func (l *Loader) Abort() { _ = l.db.Close() }

// Counts returns how many rows each table holds now, as the database counts them, with 0 for the empty ones.
func (l *Loader) Counts(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	err := l.db.Read(ctx, func(tx *Tx) error {
		for name, t := range l.tables {
			n, err := t.Count(ctx, tx)
			if err != nil {
				return err
			}
			out[name] = n
		}
		return nil
	})
	return out, err
}

func setNext(ctx context.Context, tx *Tx, t Table) error {
	if t.Next <= 0 {
		return nil
	}
	if tx.dialect == Postgres {
		sequence, err := sequenceOf(ctx, tx, t.Name)
		if err != nil || sequence == "" {
			return err
		}
		var n int64
		return tx.QueryRow(ctx, "SELECT setval(?::text::regclass, ?, false)", sequence, t.Next).Scan(&n)
	}
	if _, err := tx.Exec(ctx, "DELETE FROM sqlite_sequence WHERE name = ?", t.Name); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", t.Name, t.Next-1)
	return err
}

// checkReferences looks on SQLite for what PostgreSQL has checked when its foreign keys came back.
func checkReferences(ctx context.Context, tx *Tx) error {
	if tx.dialect == Postgres {
		return nil
	}
	broken, err := texts(ctx, tx, "SELECT \"table\" || ' → ' || parent FROM pragma_foreign_key_check LIMIT 1")
	if err == nil && len(broken) > 0 {
		err = fmt.Errorf("a row refers to one that is missing: %s", broken[0])
	}
	return err
}

// syncFile makes a database file that is closed durable, and its name in the folder.
func syncFile(path string) error {
	for _, p := range []string{path, filepath.Dir(path)} {
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
