package record

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// PageSize is how many records a page of a list holds unless asked for otherwise, MaxPage how many at most.
const (
	PageSize = 50
	MaxPage  = 1000
)

// MaxOffset keeps the number of the first record of a page within 64 bits.
const MaxOffset = 1 << 40

// Query says which records to list and what of them.
type Query struct {
	Filter Filter
	Order  []Order
	Fields []*Field // of the store's View
	Limit  int      // at most MaxPage; 0 is PageSize
	Offset int64
	// NoTotal leaves the total out: start=-1.
	NoTotal bool
	// Scope is the condition that the person may see a record, over the alias t; empty: all of them.
	Scope  SQL
	Viewer int64
	// Granted says that the filter finds only what Scope would let through, so that it need not be asked.
	Granted bool
}

// Start puts what the parameter start means into q: -1 is the first page without a total.
func (q *Query) Start(start int64) {
	q.Offset, q.NoTotal = min(max(start, 0), MaxOffset), start < 0
}

// Page is a page of a list.
type Page struct {
	Fields []*Field
	IDs    []int64
	// Rows hold for each record a value for each field: int64, float64, string, nil, []int64, []string, []MultiValue.
	Rows  [][]any
	Total int64 // on all pages; 0 with NoTotal
	Next  int64 // the start of the next page; 0 when this is the last, or there is no total
}

// List returns the records that fit q.
func (s *Store) List(ctx context.Context, q Query) (page Page, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		page, err = s.ListTx(ctx, tx, q)
		return err
	})
	return page, err
}

// ListTx is List inside a transaction.
func (s *Store) ListTx(ctx context.Context, tx *db.Tx, q Query) (Page, error) {
	if q.Limit <= 0 {
		q.Limit = PageSize
	}
	q.Limit = min(q.Limit, MaxPage)
	q.Offset = min(max(q.Offset, 0), MaxOffset)
	l := lister{store: s, query: q, env: Env{Now: s.cfg.Clock.Now(), Viewer: q.Viewer, Scope: q.Scope}, generation: s.generation.Load()}
	page := Page{Fields: q.Fields}
	var err error
	if !q.NoTotal {
		if page.Total, err = l.total(ctx, tx); err != nil || page.Total <= q.Offset {
			return page, err
		}
	}
	if page.IDs, err = l.ids(ctx, tx, page.Total); err != nil {
		return page, fmt.Errorf("find records of %s: %w", s.e.Name, err)
	}
	if next := q.Offset + int64(len(page.IDs)); next < page.Total && len(page.IDs) > 0 {
		page.Next = next
	}
	page.Rows, err = s.rowsTx(ctx, tx, l.env, q.Fields, page.IDs)
	return page, err
}

// Count returns how many records fit q.
func (s *Store) Count(ctx context.Context, q Query) (n int64, err error) {
	l := lister{store: s, query: q, env: Env{Now: s.cfg.Clock.Now(), Viewer: q.Viewer, Scope: q.Scope}}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		n, err = l.total(ctx, tx)
		return err
	})
	return n, err
}

// lister runs the statements of one list.
type lister struct {
	store      *Store
	query      Query
	env        Env
	generation uint64
}

// where begins a statement with the conditions.
func (l *lister) where(b *builder, more ...string) {
	e := l.store.e
	b.from(e, append(exprs(l.query.Filter, nil), more...)...)
	b.add(" WHERE ")
	if l.query.Scope.Text != "" && !l.query.Granted {
		b.add("("+l.query.Scope.Text+") AND ", l.query.Scope.Args...)
	}
	b.filter(e, l.query.Filter)
}

// total counts; all records, seen by somebody who may see all, are counted already.
func (l *lister) total(ctx context.Context, tx *db.Tx) (n int64, err error) {
	if l.query.Filter.Empty() && l.query.Scope.Text == "" {
		return totalTx(ctx, tx, l.store.e.Name)
	}
	b := &builder{env: l.env}
	b.add("SELECT COUNT(*)")
	l.where(b)
	if err := tx.QueryRow(ctx, b.text.String(), b.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count records of %s: %w", l.store.e.Name, err)
	}
	return n, nil
}

// ids returns the page's records in order. Only what the conditions and the sorting need is read. A page goes on from the end of
// the one before where that is remembered; otherwise the rows before it are skipped, from the nearer end of the list.
func (l *lister) ids(ctx context.Context, tx *db.Tx, total int64) ([]int64, error) {
	levels := l.levels()
	list := l.name(levels)
	limit, offset, backwards := int64(l.query.Limit), l.query.Offset, false
	b := &builder{env: l.env}
	b.add("SELECT t.id")
	keyed := len(levels) <= maxKeys
	if keyed {
		for _, v := range levels {
			b.add(", ")
			b.expr(v.expr)
		}
	}
	l.where(b, levelExprs(levels)...)
	from, known := place{}, false
	if keyed && offset > 0 {
		from, known = l.store.marks.get(mark{list, offset, l.generation})
	}
	if known {
		b.add(" AND ")
		b.after(levels, from.keys)
		offset = 0
	} else if total > 0 && offset > total/2 {
		backwards = true
		limit = min(limit, total-offset)
		offset = total - offset - limit
	}
	b.sort(levels, backwards)
	b.add(" LIMIT ? OFFSET ?", limit, offset)
	ids, keys, err := l.scan(ctx, tx, b, levels, keyed)
	if err != nil {
		return nil, err
	}
	if backwards {
		slices.Reverse(ids)
		slices.Reverse(keys)
	}
	if n := len(ids); keyed && n > 0 {
		l.store.marks.put(mark{list, l.query.Offset + int64(n), l.generation}, place{keys[n-1]})
	}
	return ids, nil
}

func (l *lister) scan(ctx context.Context, tx *db.Tx, b *builder, levels []level, keyed bool) (ids []int64, keys [][]any, err error) {
	rows, err := tx.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		dest := make([]any, 1, len(levels)+1)
		var id int64
		dest[0] = &id
		if keyed {
			for _, v := range levels {
				dest = append(dest, v.target())
			}
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, nil, err
		}
		ids = append(ids, id)
		keys = append(keys, dest[1:])
	}
	for _, row := range keys {
		for i := range row {
			row[i] = levels[i].value(row[i])
		}
	}
	return ids, keys, rows.Err()
}

// name names the list of which this is a page.
func (l *lister) name(levels []level) uint64 {
	b := &builder{env: Env{Viewer: l.env.Viewer, Scope: l.env.Scope}} // not the time: what it changes within a walk does not move the pages much
	l.where(b, levelExprs(levels)...)
	b.sort(levels, false)
	return l.store.marks.list(b.text.String(), b.args)
}
