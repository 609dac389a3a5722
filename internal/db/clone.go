package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Clone copies one state of a database, beside those who write to it, to a place where nothing is. The copy is durable when
// Clone returns. Between two SQLite files it is a copy of pages and takes milliseconds for a small portal; else the tables of
// the copy are up to date.
func Clone(ctx context.Context, from, to Config, schemas []Schema) error {
	return clone(ctx, from, to, schemas, (*Loader).Done)
}

// CloneAsIs is Clone without bringing the tables up to date. On PostgreSQL the derived tables of the copy are empty.
func CloneAsIs(ctx context.Context, from, to Config, schemas []Schema) error {
	return clone(ctx, from, to, schemas, (*Loader).DoneAsIs)
}

func clone(ctx context.Context, from, to Config, schemas []Schema, done func(*Loader, context.Context) error) error {
	if from.URL == "" && to.URL == "" {
		return cloneFile(ctx, from, to)
	}
	source, err := Open(ctx, from)
	if err != nil {
		return err
	}
	return errors.Join(cloneRows(ctx, source, to, schemas, done), source.Close())
}

func cloneFile(ctx context.Context, from, to Config) error {
	if _, err := os.Stat(from.Path); err != nil {
		return err // opening it would create it
	}
	if err := os.MkdirAll(filepath.Dir(to.Path), 0o700); err != nil {
		return err
	}
	d, err := openSQLite(ctx, from)
	if err != nil {
		return err
	}
	err = d.engine.(*sqliteEngine).writer.outside(ctx, func(c session) error {
		_, err := c.exec(ctx, "VACUUM INTO ?", []any{to.Path})
		return err
	})
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", from.Path, err)
	}
	return errors.Join(os.Chmod(to.Path, 0o600), syncFile(to.Path))
}

// cloneRows copies row by row.
func cloneRows(ctx context.Context, source *DB, to Config, schemas []Schema, done func(*Loader, context.Context) error) error {
	return source.Read(ctx, func(tx *Tx) error {
		reached, err := ReadReached(ctx, tx)
		if err != nil {
			return err
		}
		tables, err := ReadTables(ctx, tx, schemas)
		if err != nil {
			return err
		}
		l, err := NewLoader(ctx, to, reached, schemas)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := l.copyTable(ctx, tx, t); err != nil {
				l.Abort()
				return fmt.Errorf("copy %s: %w", t.Name, err)
			}
		}
		return done(l, ctx)
	})
}

func (l *Loader) copyTable(ctx context.Context, from *Tx, t Table) error {
	if err := l.Table(t); err != nil {
		return err
	}
	const batch = 500
	var rows [][]any
	err := t.Rows(ctx, from, func(values []any) error {
		rows = append(rows, append([]any{}, values...))
		if len(rows) < batch {
			return nil
		}
		err := l.Add(ctx, t.Name, rows)
		rows = rows[:0]
		return err
	})
	if err == nil && len(rows) > 0 {
		err = l.Add(ctx, t.Name, rows)
	}
	return err
}
