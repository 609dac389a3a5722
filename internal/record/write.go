package record

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/userfield"
)

// ErrNotFound is the fault of a record that is not there.
var ErrNotFound = fault.New(fault.NotFound, "NOT_FOUND", "Not found")

// Values are those of a record by the names of its fields, as the database keeps them: int64, float64, string, nil, []int64,
// []string; of a field that was added []string as it came, of a Multi []MultiChange.
type Values map[string]any

// Change is what happened to a record. Old and New hold the fields that changed, in the forms of a Page's rows; Old is nil for
// a new record, New for one that was deleted, and the other then holds every column and list.
type Change struct {
	Entity   *Entity
	ID       int64
	Old, New Values
}

// Add stores a new record and returns its id. What values does not name has its default.
func (s *Store) Add(ctx context.Context, values Values) (id int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		id, err = s.AddTx(ctx, tx, values)
		return err
	})
	return id, err
}

// AddTx is Add inside a transaction.
func (s *Store) AddTx(ctx context.Context, tx *db.Tx, values Values) (int64, error) {
	columns, args := s.newColumns(values)
	marks := db.Marks(len(columns))
	id, err := tx.Insert(ctx, "INSERT INTO "+s.e.Table+" ("+strings.Join(columns, ", ")+") VALUES ("+marks+")", args...)
	if err != nil {
		return 0, fmt.Errorf("insert into %s: %w", s.e.Table, err)
	}
	if err := s.sideTx(ctx, tx, id, values, true); err != nil {
		return 0, err
	}
	if err := s.CountedTx(ctx, tx, 1); err != nil {
		return 0, err
	}
	return id, s.changedTx(ctx, tx, id, nil, s.stored())
}

// newColumns are the columns of a new record with their values.
func (s *Store) newColumns(values Values) (columns []string, args []any) {
	for i := range s.e.Fields {
		f := &s.e.Fields[i]
		v, given := values[f.Name]
		if !given {
			v = f.Default
		}
		if column := f.writable(); column != "" && column != "id" && (given || v != nil) {
			columns, args = f.columns(columns, args, v)
		}
	}
	return columns, args
}

// columns appends the columns that keep v.
func (f *Field) columns(columns []string, args []any, v any) ([]string, []any) {
	columns, args = append(columns, f.writable()), append(args, v)
	if match, ok := strings.CutPrefix(f.Match, "t."); ok {
		text, _ := v.(string)
		columns, args = append(columns, match), append(args, Fold(text))
	}
	return columns, args
}

// stored are the fields that a change of a whole record tells of.
func (s *Store) stored() []*Field {
	var out []*Field
	for i := range s.e.Fields {
		if f := &s.e.Fields[i]; f.writable() != "" || f.List != nil || f.Type == Multi {
			out = append(out, f)
		}
	}
	return out
}

// Update changes the fields of the record id that values names. Nothing is stored, and nobody told, where all are as they were.
// ErrNotFound where there is no such record.
func (s *Store) Update(ctx context.Context, id int64, values Values) (c Change, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, err = s.UpdateTx(ctx, tx, id, values)
		return err
	})
	return c, err
}

// UpdateTx is Update inside a transaction.
func (s *Store) UpdateTx(ctx context.Context, tx *db.Tx, id int64, values Values) (Change, error) {
	if err := s.lockTx(ctx, tx, id); err != nil {
		return Change{}, err
	}
	view, err := s.View(ctx)
	if err != nil {
		return Change{}, err
	}
	var fields []*Field
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f := view.Field(name)
		if f == nil {
			return Change{}, fmt.Errorf("update %s: no field %s", s.e.Name, name)
		}
		fields = append(fields, f)
	}
	before, err := s.valuesTx(ctx, tx, id, fields)
	if err != nil {
		return Change{}, err
	}
	if err := s.setTx(ctx, tx, id, fields, values); err != nil {
		return Change{}, err
	}
	after, err := s.valuesTx(ctx, tx, id, fields)
	if err != nil {
		return Change{}, err
	}
	c := Change{Entity: s.e, ID: id, Old: Values{}, New: Values{}}
	for name := range after {
		if !reflect.DeepEqual(before[name], after[name]) {
			c.Old[name], c.New[name] = before[name], after[name]
		}
	}
	if len(c.New) == 0 {
		return c, nil
	}
	return c, s.announceTx(ctx, tx, c)
}

// lockTx makes this transaction the only one that changes the record, which has to be there.
func (s *Store) lockTx(ctx context.Context, tx *db.Tx, id int64) error {
	if err := tx.Lock(ctx, "record "+s.e.Name+" "+strconv.FormatInt(id, 10)); err != nil {
		return err
	}
	var found int64
	err := tx.QueryRow(ctx, "SELECT id FROM "+s.e.Table+" WHERE id = ?", id).Scan(&found)
	if errors.Is(err, db.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// setTx writes columns in one statement, and then what is beside them.
func (s *Store) setTx(ctx context.Context, tx *db.Tx, id int64, fields []*Field, values Values) error {
	var columns []string
	var args []any
	for _, f := range fields {
		if f.writable() != "" && f.isColumn() {
			columns, args = f.columns(columns, args, values[f.Name])
		}
	}
	if len(columns) > 0 {
		sql := "UPDATE " + s.e.Table + " SET " + strings.Join(columns, " = ?, ") + " = ? WHERE id = ?"
		if _, err := tx.Exec(ctx, sql, append(args, id)...); err != nil {
			return fmt.Errorf("update %s: %w", s.e.Table, err)
		}
	}
	return s.sideTx(ctx, tx, id, values, false)
}

// sideTx writes what is not in the record's own row.
func (s *Store) sideTx(ctx context.Context, tx *db.Tx, id int64, values Values, isNew bool) error {
	for i := range s.e.Fields {
		f := &s.e.Fields[i]
		v, given := values[f.Name]
		if !given {
			continue
		}
		var err error
		switch v := v.(type) {
		case []MultiChange:
			err = setMultiTx(ctx, tx, s.e.Name, id, f, v)
		case []int64:
			err = setListTx(ctx, tx, id, f, !isNew, v)
		case []string:
			err = setListTx(ctx, tx, id, f, !isNew, v)
		}
		if err != nil {
			return err
		}
	}
	if s.cfg.Added == nil {
		return nil
	}
	added := userfield.Values{}
	for name, v := range values {
		if texts, ok := v.([]string); ok && s.e.Field(name) == nil {
			added[name] = texts
		}
	}
	return s.cfg.Added.SetTx(ctx, tx, s.e.Name, id, added, isNew)
}

// setListTx writes the values of a list, each once, in the place of those that are there.
func setListTx[T comparable](ctx context.Context, tx *db.Tx, id int64, f *Field, clearFirst bool, values []T) error {
	l := f.List
	if clearFirst {
		if _, err := tx.Exec(ctx, "DELETE FROM "+l.Table+" WHERE "+l.fixed()+l.Owner+" = ?", id); err != nil {
			return fmt.Errorf("clear %s: %w", f.Name, err)
		}
	}
	columns := []string{l.Owner, l.Value}
	for _, fixed := range l.Fixed {
		columns = append(columns, fixed[0])
	}
	if l.Match != "" {
		columns = append(columns, l.Match)
	}
	var rows []string
	var args []any
	seen := map[any]bool{}
	for _, v := range values {
		key := any(v)
		if text, ok := key.(string); ok && l.Match != "" {
			key = Fold(text)
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		args = append(args, id, v)
		for _, fixed := range l.Fixed {
			args = append(args, fixed[1])
		}
		if l.Match != "" {
			args = append(args, key)
		}
		rows = append(rows, "("+db.Marks(len(columns))+")")
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, "INSERT INTO "+l.Table+" ("+strings.Join(columns, ", ")+") VALUES "+strings.Join(rows, ", "), args...)
	if err != nil {
		return fmt.Errorf("store %s: %w", f.Name, err)
	}
	return nil
}

// Delete removes the record id for ever, with its lists, added and multiple values. ErrNotFound where there is none.
func (s *Store) Delete(ctx context.Context, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.DeleteTx(ctx, tx, id) })
}

// DeleteTx is Delete inside a transaction.
func (s *Store) DeleteTx(ctx context.Context, tx *db.Tx, id int64) error {
	if err := s.lockTx(ctx, tx, id); err != nil {
		return err
	}
	old, err := s.valuesTx(ctx, tx, id, s.stored())
	if err != nil {
		return err
	}
	for i := range s.e.Fields {
		if f := &s.e.Fields[i]; f.List != nil && !f.ReadOnly {
			if err := setListTx[int64](ctx, tx, id, f, true, nil); err != nil {
				return err
			}
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM record_multi WHERE entity = ? AND owner_id = ?", s.e.Name, id); err != nil {
		return fmt.Errorf("delete values: %w", err)
	}
	if s.cfg.Added != nil {
		if err := s.cfg.Added.RemoveTx(ctx, tx, s.e.Name, id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM "+s.e.Table+" WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete from %s: %w", s.e.Table, err)
	}
	if err := s.CountedTx(ctx, tx, -1); err != nil {
		return err
	}
	return s.announceTx(ctx, tx, Change{Entity: s.e, ID: id, Old: old})
}

// valuesTx reads fields of a record.
func (s *Store) valuesTx(ctx context.Context, tx *db.Tx, id int64, fields []*Field) (Values, error) {
	rows, err := s.RowsTx(ctx, tx, 0, fields, []int64{id})
	if err != nil {
		return nil, err
	}
	out := Values{}
	for i, f := range fields {
		out[f.Name] = rows[0][i]
	}
	return out, nil
}

func (s *Store) changedTx(ctx context.Context, tx *db.Tx, id int64, old Values, fields []*Field) error {
	if s.cfg.Changed == nil {
		return nil
	}
	now, err := s.valuesTx(ctx, tx, id, fields)
	if err != nil {
		return err
	}
	return s.announceTx(ctx, tx, Change{Entity: s.e, ID: id, Old: old, New: now})
}

func (s *Store) announceTx(ctx context.Context, tx *db.Tx, c Change) error {
	s.TouchTx(tx)
	if s.cfg.Changed == nil {
		return nil
	}
	return s.cfg.Changed(ctx, tx, c)
}

// Get returns fields of the record id that the scope lets through; ErrNotFound otherwise.
func (s *Store) Get(ctx context.Context, id int64, q Query) (row []any, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		b := &builder{env: Env{Now: s.cfg.Clock.Now(), Viewer: q.Viewer}}
		b.add("SELECT t.id FROM "+s.e.Table+" t WHERE t.id = ?", id)
		if q.Scope.Text != "" {
			b.add(" AND ("+q.Scope.Text+")", q.Scope.Args...)
		}
		var found int64
		if err := tx.QueryRow(ctx, b.text.String(), b.args...).Scan(&found); err != nil {
			if errors.Is(err, db.ErrNoRows) {
				return ErrNotFound
			}
			return fmt.Errorf("find record of %s: %w", s.e.Name, err)
		}
		rows, err := s.rowsTx(ctx, tx, b.env, q.Fields, []int64{id})
		if err == nil {
			row = rows[0]
		}
		return err
	})
	return row, err
}
