package task

import (
	"context"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Listing is a page of a list of tasks.
type Listing struct {
	Fields []*Field // the columns of Rows
	// Rows hold for each task a value for each field: an int64 (numbers, moments, 0 or 1), a string, a []int64 (IDs) or a
	// []string (Texts).
	Rows  [][]any
	Total int64 // how many tasks fit the query, on all pages
}

// List returns the tasks that fit q and that actor may see.
func (s *Service) List(ctx context.Context, actor user.Ref, q Query) (Listing, error) {
	if err := q.check(); err != nil {
		return Listing{}, err
	}
	if q.Limit <= 0 || q.Limit > MaxPage {
		q.Limit = MaxPage
	}
	r := reader{service: s, viewer: actor, query: q}
	out := Listing{Fields: selected(q.Select)}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		ids, total, err := r.ids(ctx, tx)
		if err != nil {
			return fmt.Errorf("find tasks: %w", err)
		}
		out.Total = total
		if len(ids) == 0 {
			return nil
		}
		out.Rows, err = r.rows(ctx, tx, out.Fields, ids)
		return err
	})
	return out, err
}

// selected returns the fields called names, each once and in the order of Fields.
func selected(names []string) []*Field {
	want := make(map[string]bool, len(names))
	for _, n := range names {
		want[n] = true
	}
	var out []*Field
	for i := range Fields {
		f := &Fields[i]
		if want[f.Name] || len(names) == 0 && !f.isList() && !f.Hidden {
			out = append(out, f)
		}
	}
	return out
}

// reader runs the statements of one List.
type reader struct {
	service *Service
	viewer  user.Ref
	query   Query
}

func (r *reader) builder() *builder {
	return &builder{viewer: r.viewer, now: r.service.clock.Now()}
}

// ids returns the page's tasks in order, and how many tasks there are on all pages. Only what the conditions and the
// sorting need is read, so that a page far down skips rows of an index.
func (r *reader) ids(ctx context.Context, tx *db.Tx) (ids []int64, total int64, err error) {
	b := r.builder()
	b.add("SELECT COUNT(*)")
	b.from(needsView(r.query.Filter, nil))
	b.where(r.query.Filter)
	if err := tx.QueryRow(ctx, b.sql.String(), b.args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	if total <= r.query.Offset {
		return nil, total, nil
	}
	b = r.builder()
	b.add("SELECT t.id")
	b.from(needsView(r.query.Filter, r.query.Order))
	b.where(r.query.Filter)
	b.order(r.query.Order, r.query.Filter)
	b.add(" LIMIT ? OFFSET ?", int64(r.query.Limit), r.query.Offset)
	rows, err := tx.Query(ctx, b.sql.String(), b.args...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, 0, err
		}
		ids = append(ids, id)
	}
	return ids, total, rows.Err()
}

func needsView(filter []Condition, order []Order) bool {
	for _, c := range filter {
		if FieldOf(c.Field).usesView() {
			return true
		}
	}
	for _, o := range order {
		if FieldOf(o.Field).usesView() {
			return true
		}
	}
	return false
}

// usesView reports whether the field depends on what the caller did with the task.
func (f *Field) usesView() bool { return strings.Contains(f.column, "v.") }

// rows reads fields of the tasks ids and returns them in the order of ids.
func (r *reader) rows(ctx context.Context, tx *db.Tx, fields []*Field, ids []int64) ([][]any, error) {
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		at[id] = i
	}
	out := make([][]any, len(ids))
	if err := r.columns(ctx, tx, fields, at, out); err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	for i, f := range fields {
		if !f.isList() {
			continue
		}
		if err := readList(ctx, tx, f, i, at, out); err != nil {
			return nil, fmt.Errorf("read %s of tasks: %w", f.Name, err)
		}
	}
	return out, nil
}

// columns fills in the fields that are no lists.
func (r *reader) columns(ctx context.Context, tx *db.Tx, fields []*Field, at map[int64]int, out [][]any) error {
	b := r.builder()
	b.add("SELECT t.id")
	withView := false
	dest := []any{new(int64)}
	for _, f := range fields {
		if f.isList() {
			continue
		}
		b.add(", " + f.column)
		withView = withView || f.usesView()
		if f.isText() {
			dest = append(dest, new(string))
		} else {
			dest = append(dest, new(int64))
		}
	}
	b.from(withView)
	b.add(" WHERE t.id IN ")
	b.in(keys(at))
	rows, err := tx.Query(ctx, b.sql.String(), b.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		out[at[*dest[0].(*int64)]] = values(fields, dest[1:])
	}
	return rows.Err()
}

// values copies a scanned row; lists are empty until they are read.
func values(fields []*Field, scanned []any) []any {
	row := make([]any, len(fields))
	for i, f := range fields {
		switch {
		case f.Type == Texts:
			row[i] = []string(nil)
		case f.Type == IDs:
			row[i] = []int64(nil)
		case f.isText():
			row[i], scanned = *scanned[0].(*string), scanned[1:]
		default:
			row[i], scanned = *scanned[0].(*int64), scanned[1:]
		}
	}
	return row
}

// readList fills in the field f, which is at column i of the rows.
func readList(ctx context.Context, tx *db.Tx, f *Field, i int, at map[int64]int, out [][]any) error {
	b := &builder{}
	b.add(f.list)
	b.in(keys(at))
	b.add(" ORDER BY task_id, " + f.listOrder)
	rows, err := tx.Query(ctx, b.sql.String(), b.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var task, id int64
	var text string
	for rows.Next() {
		if f.Type == Texts {
			err = rows.Scan(&task, &text)
		} else {
			err = rows.Scan(&task, &id)
		}
		if err != nil {
			return err
		}
		row := out[at[task]]
		if f.Type == Texts {
			row[i] = append(row[i].([]string), text)
		} else {
			row[i] = append(row[i].([]int64), id)
		}
	}
	return rows.Err()
}

// keys returns the keys of at in its order, filled up to a full page with the last one, so that the statement is the same
// for every page.
func keys(at map[int64]int) []any {
	out := make([]any, max(MaxPage, len(at)))
	var last int64
	for id, i := range at {
		out[i], last = id, id
	}
	for i := len(at); i < len(out); i++ {
		out[i] = last
	}
	return out
}
