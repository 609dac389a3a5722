package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Table is a table as the database itself describes it, whatever program made it.
type Table struct {
	Name    string
	Columns []string // in their order, without those that the database computes
	Next    int64    // the number that the database gives the next row; 0: it does not count this table
}

// migrationTable is where Migrate notes its progress.
const migrationTable = "schema_migration"

// Reached is the number of the last migration of each area.
type Reached map[string]int

// ReadReached returns which migrations a database has; none when Migrate never ran on it.
func ReadReached(ctx context.Context, tx *Tx) (Reached, error) {
	tables, err := tableNames(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := Reached{}
	known := false
	for _, name := range tables {
		known = known || name == migrationTable
	}
	if !known {
		return out, nil
	}
	rows, err := tx.Query(ctx, "SELECT area, MAX(number) FROM schema_migration GROUP BY area")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var area string
		var number int
		if err := rows.Scan(&area, &number); err != nil {
			return nil, err
		}
		out[area] = number
	}
	return out, rows.Err()
}

// ReadTables returns the tables of a database in the order of their names, without the one of the migrations and those that the
// schemas call derived. It fails on a table that cannot be copied row by row: better no copy than one that lacks something.
func ReadTables(ctx context.Context, tx *Tx, schemas []Schema) ([]Table, error) {
	follow := derived(schemas)
	if err := refuseVirtual(ctx, tx, follow); err != nil {
		return nil, err
	}
	names, err := tableNames(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	var out []Table
	for _, name := range names {
		if name == migrationTable || slices.Contains(follow, name) {
			continue
		}
		t := Table{Name: name}
		if t.Columns, err = columnNames(ctx, tx, name); err != nil {
			return nil, fmt.Errorf("columns of %s: %w", name, err)
		}
		if t.Next, err = nextID(ctx, tx, name); err != nil {
			return nil, fmt.Errorf("counter of %s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

func tableNames(ctx context.Context, tx *Tx) ([]string, error) {
	if tx.dialect == Postgres {
		return texts(ctx, tx, `SELECT table_name::text FROM information_schema.tables
			WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name COLLATE "C"`)
	}
	return texts(ctx, tx, `SELECT name FROM pragma_table_list
		WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
}

// refuseVirtual fails when SQLite has a virtual table, whose content lies elsewhere, that is not derived.
func refuseVirtual(ctx context.Context, tx *Tx, derived []string) error {
	if tx.dialect == Postgres {
		return nil
	}
	virtual, err := texts(ctx, tx, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'")
	for _, name := range virtual {
		if !slices.Contains(derived, name) {
			return fmt.Errorf("%s is a virtual table: it cannot be copied", name)
		}
	}
	return err
}

func columnNames(ctx context.Context, tx *Tx, table string) ([]string, error) {
	if tx.dialect == Postgres {
		return texts(ctx, tx, `SELECT column_name::text FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = ? AND is_generated = 'NEVER' ORDER BY ordinal_position`, table)
	}
	return texts(ctx, tx, "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid", table)
}

func texts(ctx context.Context, tx *Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// nextID returns what the next row of a table gets as its id. A number is never given twice, so the counter is part of the
// content: the last row may have been deleted.
func nextID(ctx context.Context, tx *Tx, table string) (int64, error) {
	if tx.dialect == Postgres {
		sequence, err := sequenceOf(ctx, tx, table)
		if err != nil || sequence == "" {
			return 0, err
		}
		var next int64
		err = tx.QueryRow(ctx, "SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM "+sequence).Scan(&next)
		return next, err
	}
	var counts int64 // whether any table of the database is counted: only then is there a sqlite_sequence
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'sqlite_sequence'").Scan(&counts)
	if err != nil || counts == 0 {
		return 0, err
	}
	var last int64
	err = tx.QueryRow(ctx, "SELECT seq FROM sqlite_sequence WHERE name = ?", table).Scan(&last)
	if errors.Is(err, ErrNoRows) {
		return 0, nil // not counted, or never filled
	}
	return last + 1, err
}

// sequenceOf returns the counter of a PostgreSQL table, ready to be put into a statement; empty when it has none.
func sequenceOf(ctx context.Context, tx *Tx, table string) (string, error) {
	var name sql.NullString
	err := tx.QueryRow(ctx, `SELECT pg_get_serial_sequence(quote_ident(current_schema()) || '.' || quote_ident(?), column_name)
		FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = ? AND is_identity = 'YES'`, table, table).Scan(&name)
	if errors.Is(err, ErrNoRows) {
		return "", nil
	}
	return name.String, err
}

// Count returns how many rows a table has.
func (t Table) Count(ctx context.Context, tx *Tx) (n int64, err error) {
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+quoteName(t.Name)).Scan(&n)
	return n, err
}

// Rows calls f for each row of the table with its values in the order of the columns: nil, int64, float64, string or []byte.
// The slice is used again for the next row.
func (t Table) Rows(ctx context.Context, tx *Tx, f func(values []any) error) error {
	rows, err := tx.Query(ctx, "SELECT "+quoteNames(t.Columns)+" FROM "+quoteName(t.Name))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values, targets := make([]any, len(t.Columns)), make([]any, len(t.Columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, column := range t.Columns {
			if values[i], err = plain(values[i]); err != nil {
				return fmt.Errorf("column %s: %w", column, err)
			}
		}
		if err := f(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// plain returns a value of a column as one of the few types that both databases hold.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64, float64, string:
		return v, nil
	case []byte:
		if v == nil { // what SQLite's driver makes of a value without bytes; NULL is nil itself
			return []byte{}, nil
		}
		return v, nil
	case bool: // SQLite keeps a number
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	}
	return nil, fmt.Errorf("a value of type %T cannot be copied", v)
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quoteName(n)
	}
	return strings.Join(quoted, ", ")
}

// CheckIntegrity lets SQLite look through the whole database and returns what is damaged, rows that refer to none included.
// PostgreSQL checks as it goes.
func CheckIntegrity(ctx context.Context, tx *Tx) error {
	if tx.dialect == Postgres {
		return nil
	}
	found, err := texts(ctx, tx, "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'")
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("the database is damaged: %s", strings.Join(found, "; "))
	}
	return checkReferences(ctx, tx)
}
