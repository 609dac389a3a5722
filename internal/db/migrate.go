package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Schema is the tables of one area: a folder of numbered SQL files, run in order, each once, forward only.
//
// A file is named NNN_what.sql, or NNN_what.sqlite.sql and NNN_what.postgres.sql where the dialects differ. In a file
// {{id}} stands for the type of a key that the database counts up, {{blob}} for bytes.
type Schema struct {
	Area string // the area's name, under which its progress is kept
	FS   fs.FS  // holds the files in its root

	// Derived are tables whose content follows from other ones, such as an index for search. They are left out of what is
	// copied row by row; Rebuild fills them.
	Derived []string
	Rebuild func(ctx context.Context, d *DB) error
}

// derived returns the names of all tables whose content follows from others.
func derived(schemas []Schema) (out []string) {
	for _, s := range schemas {
		out = append(out, s.Derived...)
	}
	return out
}

// EmbeddedSchema returns the schema of an area whose files are embedded from its folder "schema".
func EmbeddedSchema(area string, files embed.FS) Schema {
	sub, err := fs.Sub(files, "schema")
	if err != nil {
		panic(err) // the name is a constant that fs.Sub accepts
	}
	return Schema{Area: area, FS: sub}
}

// migration is one file for one dialect.
type migration struct {
	number int
	name   string
	sql    string
}

// Migrate brings the tables of every schema up to date, in the order given, all in one transaction. It fails with ErrNewer on
// tables of a newer program.
func (d *DB) Migrate(ctx context.Context, schemas ...Schema) error {
	return d.migrate(ctx, nil, schemas)
}

// migrate is Migrate as far as limit says; nil is to the end.
func (d *DB) migrate(ctx context.Context, limit Reached, schemas []Schema) error {
	return d.Write(ctx, func(tx *Tx) error {
		if err := tx.Lock(ctx, "migrate"); err != nil {
			return err
		}
		const create = `CREATE TABLE IF NOT EXISTS schema_migration (
			area TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (area, number))`
		if _, err := tx.Exec(ctx, create); err != nil {
			return fmt.Errorf("create schema_migration: %w", err)
		}
		for _, s := range schemas {
			if err := migrateArea(ctx, tx, s, limit); err != nil {
				return fmt.Errorf("migrate %s: %w", s.Area, err)
			}
		}
		return nil
	})
}

func migrateArea(ctx context.Context, tx *Tx, s Schema, limit Reached) error {
	migrations, err := readMigrations(s.FS, tx.dialect)
	if err != nil {
		return err
	}
	var reached int
	err = tx.QueryRow(ctx, "SELECT COALESCE(MAX(number), 0) FROM schema_migration WHERE area = ?", s.Area).Scan(&reached)
	if err != nil {
		return fmt.Errorf("read progress: %w", err)
	}
	if n := len(migrations); n == 0 || reached > migrations[n-1].number {
		return fmt.Errorf("%w: they have migration %d", ErrNewer, reached)
	}
	for _, m := range migrations {
		if m.number <= reached || limit != nil && m.number > limit[s.Area] {
			continue
		}
		for _, statement := range splitStatements(m.sql) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
		_, err := tx.Exec(ctx, "INSERT INTO schema_migration (area, number, name) VALUES (?, ?, ?)", s.Area, m.number, m.name)
		if err != nil {
			return fmt.Errorf("note %s: %w", m.name, err)
		}
	}
	return nil
}

// Pending returns the names of the migrations, as "area/file", that Migrate would run on a database with those in reached. It
// fails with ErrNewer as Migrate does.
func Pending(reached Reached, d Dialect, schemas []Schema) ([]string, error) {
	if err := CheckReached(reached, d, schemas); err != nil {
		return nil, err
	}
	var out []string
	for _, s := range schemas {
		migrations, err := readMigrations(s.FS, d)
		if err != nil {
			return nil, err
		}
		for _, m := range migrations {
			if m.number > reached[s.Area] {
				out = append(out, s.Area+"/"+m.name)
			}
		}
	}
	return out, nil
}

// CheckReached returns ErrNewer, with what is unknown, when the schemas lack one of the migrations in reached.
func CheckReached(reached Reached, d Dialect, schemas []Schema) error {
	known := Reached{}
	for _, s := range schemas {
		migrations, err := readMigrations(s.FS, d)
		if err != nil {
			return err
		}
		for _, m := range migrations {
			known[s.Area] = m.number
		}
	}
	for area, number := range reached {
		if number > known[area] {
			return fmt.Errorf("%w: they have migration %d of %s, it knows %d", ErrNewer, number, area, known[area])
		}
	}
	return nil
}

// readMigrations returns the files for dialect d in the order of their numbers.
func readMigrations(dir fs.FS, d Dialect) ([]migration, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	var out []migration
	for _, e := range entries {
		name, isSQL := strings.CutSuffix(e.Name(), ".sql")
		ext := path.Ext(name)
		if !isSQL || ext != "" && ext != "."+d.String() {
			continue
		}
		digits, _, _ := strings.Cut(name, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || number <= 0 {
			return nil, fmt.Errorf("migration %s has no number", e.Name())
		}
		text, err := fs.ReadFile(dir, e.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, migration{number, e.Name(), expand(string(text), d)})
	}
	slices.SortFunc(out, func(a, b migration) int { return a.number - b.number })
	for i, m := range out {
		if i > 0 && out[i-1].number == m.number {
			return nil, errors.New("two migrations have the number of " + m.name)
		}
	}
	return out, nil
}

// expand puts in the types that the dialects name differently.
func expand(text string, d Dialect) string {
	r := strings.NewReplacer("{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{{blob}}", "BLOB")
	if d == Postgres {
		r = strings.NewReplacer("{{id}}", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "{{blob}}", "BYTEA")
	}
	return r.Replace(text)
}

// splitStatements splits at semicolons at a line's end, so that a trigger's body can be written on one line.
func splitStatements(text string) []string {
	var out []string
	for part := range strings.SplitSeq(text, ";\n") {
		if part = strings.TrimSuffix(strings.TrimSpace(part), ";"); part != "" {
			out = append(out, part)
		}
	}
	return out
}
