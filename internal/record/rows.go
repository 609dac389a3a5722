package record

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

// rowsTx reads fields of the records ids and returns them in the order of ids: one statement for all columns, one for each list
// of values, one for all added fields and one for all multiple ones. A record that is gone is a row of empty values.
func (s *Store) rowsTx(ctx context.Context, tx *db.Tx, env Env, fields []*Field, ids []int64) ([][]any, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	r := rowReader{store: s, env: env, fields: fields, ids: ids, at: make(map[int64]int, len(ids)), out: make([][]any, len(ids))}
	for i, id := range ids {
		r.at[id] = i
	}
	for i := range r.out {
		r.out[i] = make([]any, len(fields))
	}
	for _, read := range []func(context.Context, *db.Tx) error{r.columns, r.lists, r.added, r.multis} {
		if err := read(ctx, tx); err != nil {
			return nil, fmt.Errorf("read records of %s: %w", s.e.Name, err)
		}
	}
	return r.out, nil
}

// RowsTx returns fields of the records ids, in the order of ids. Whether somebody may see them is not looked at.
func (s *Store) RowsTx(ctx context.Context, tx *db.Tx, viewer int64, fields []*Field, ids []int64) ([][]any, error) {
	return s.rowsTx(ctx, tx, Env{Now: s.cfg.Clock.Now(), Viewer: viewer}, fields, ids)
}

type rowReader struct {
	store  *Store
	env    Env
	fields []*Field
	ids    []int64
	at     map[int64]int
	out    [][]any
}

// keys are the ids, filled up to a full page with the last one, so that the statement is the same for every page.
func (r *rowReader) keys() []any {
	out := make([]any, max(PageSize, len(r.ids)))
	for i := range out {
		out[i] = r.ids[min(i, len(r.ids)-1)]
	}
	return out
}

// columns reads what is in the row of the record itself.
func (r *rowReader) columns(ctx context.Context, tx *db.Tx) error {
	b := &builder{env: r.env}
	b.add("SELECT t.id")
	var places []int
	var used []string
	dest := []any{new(int64)}
	for i, f := range r.fields {
		if !f.isColumn() {
			continue
		}
		b.add(", ")
		b.expr(f.Column)
		places, used = append(places, i), append(used, f.Column)
		dest = append(dest, level{kind: f.keyKind()}.target())
	}
	if len(places) == 0 {
		return nil
	}
	b.from(r.store.e, false, used...)
	b.add(" WHERE t.id IN ")
	b.in(r.keys())
	rows, err := tx.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		row := r.out[r.at[*dest[0].(*int64)]]
		for i, place := range places {
			row[place] = level{}.value(dest[i+1])
		}
	}
	return rows.Err()
}

// lists reads the fields whose values are in tables of their own.
func (r *rowReader) lists(ctx context.Context, tx *db.Tx) error {
	for i, f := range r.fields {
		if f.List == nil {
			continue
		}
		for _, row := range r.out {
			row[i] = emptyList(f.Type)
		}
		if err := r.list(ctx, tx, f, i); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

func emptyList(t Type) any {
	if t == Texts {
		return []string{}
	}
	return []int64{}
}

func (r *rowReader) list(ctx context.Context, tx *db.Tx, f *Field, at int) error {
	l := f.List
	b := &builder{env: r.env}
	b.add("SELECT " + l.Owner + ", " + l.Value + " FROM " + l.Table + " WHERE " + l.fixed() + l.Owner + " IN ")
	b.in(r.keys())
	b.add(" ORDER BY " + l.Owner + ", " + l.Order)
	rows, err := tx.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	return r.scanList(rows, f, at)
}

func (r *rowReader) scanList(rows *sql.Rows, f *Field, at int) error {
	var owner, id int64
	var text string
	for rows.Next() {
		target := any(&id)
		if f.Type == Texts {
			target = &text
		}
		if err := rows.Scan(&owner, target); err != nil {
			return err
		}
		row := r.out[r.at[owner]]
		if f.Type == Texts {
			row[at] = append(row[at].([]string), text)
		} else {
			row[at] = append(row[at].([]int64), id)
		}
	}
	return rows.Err()
}

// added reads the fields that were added.
func (r *rowReader) added(ctx context.Context, tx *db.Tx) error {
	var values map[int64]userfield.Values
	for i, f := range r.fields {
		if f.added == nil {
			continue
		}
		if values == nil {
			var err error
			if values, err = r.store.cfg.Added.ValuesTx(ctx, tx, r.store.e.Name, r.ids); err != nil {
				return err
			}
		}
		for id, at := range r.at {
			r.out[at][i] = values[id][f.Name]
		}
	}
	return nil
}

// multis reads the multiple values.
func (r *rowReader) multis(ctx context.Context, tx *db.Tx) error {
	var values map[int64]map[string][]MultiValue
	for i, f := range r.fields {
		if f.Type != Multi {
			continue
		}
		if values == nil {
			var err error
			if values, err = multiTx(ctx, tx, r.store.e.Name, r.keys()); err != nil {
				return err
			}
		}
		for id, at := range r.at {
			r.out[at][i] = values[id][f.Name]
		}
	}
	return nil
}
