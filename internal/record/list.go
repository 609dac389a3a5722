package record

import (
	"context"
	"fmt"
	"slices"
	"strconv"

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
	scoped := l.query.Scope.Text != "" && !l.query.Granted
	b.from(e, !scoped && l.query.Filter.Empty(), append(exprs(l.query.Filter, nil), more...)...)
	b.add(" WHERE ")
	if scoped {
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

// stride is how far apart places are remembered of the records that a page skips, on PostgreSQL: SQLite skips a record faster than it
// numbers it.
const stride = 5_000

// walk is how the records of a page are reached.
type walk struct {
	from      place // the nearest remembered place before them
	skip      int64 // records between that, or the nearer end of the list, and the page
	limit     int64
	backwards bool // from the end of the list
	keyed     bool // places of the list can be remembered
}

// walk finds the shortest way to a page.
func (l *lister) walk(levels []level, at trail, total int64) walk {
	w := walk{limit: int64(l.query.Limit), skip: l.query.Offset, keyed: len(levels) <= maxKeys}
	if w.keyed && w.skip > 0 {
		w.from = l.store.marks.nearest(at, w.skip)
		w.skip -= w.from.offset
	}
	if total > 0 {
		limit := min(w.limit, total-l.query.Offset)
		if behind := total - l.query.Offset - limit; behind < w.skip {
			w.from, w.skip, w.limit, w.backwards = place{}, behind, limit, true
		}
	}
	return w
}

// ids returns the page's records in order. Only what the conditions and the sorting need is read. A page goes on from the nearest
// place before it that is remembered, or from the nearer end of the list. Where PostgreSQL has to skip many records, places among them
// are remembered, so that this is done once.
func (l *lister) ids(ctx context.Context, tx *db.Tx, total int64) ([]int64, error) {
	levels := l.levels()
	at := trail{l.name(levels), l.generation}
	w := l.walk(levels, at, total)
	b := &builder{env: l.env}
	strides := w.keyed && w.skip > stride && tx.Dialect() == db.Postgres
	if strides {
		b.add("SELECT * FROM (")
	}
	b.add("SELECT t.id")
	if w.keyed {
		for i, v := range levels {
			b.add(", ")
			b.expr(v.expr)
			b.add(" AS k" + strconv.Itoa(i))
		}
	}
	if strides {
		b.add(", ROW_NUMBER() OVER (")
		b.sort(levels, w.backwards)
		b.add(") AS place")
	}
	l.where(b, levelExprs(levels)...)
	if w.from.offset > 0 {
		b.add(" AND ")
		b.after(levels, w.from.keys)
	}
	b.sort(levels, w.backwards)
	if strides {
		b.add(" LIMIT ?) t WHERE place > ? OR place % ? = 0 ORDER BY place", w.skip+w.limit, w.skip, int64(stride))
	} else {
		b.add(" LIMIT ? OFFSET ?", w.limit, w.skip)
	}
	found, err := l.scan(ctx, tx, b, levels, w.keyed, strides)
	if err != nil {
		return nil, err
	}
	return l.remember(found, w, at, total), nil
}

// remember keeps the places that were found and returns the records of the page.
func (l *lister) remember(found []foundRow, w walk, at trail, total int64) []int64 {
	var ids []int64
	for i, r := range found {
		rank := r.rank
		if rank == 0 { // without places every row is of the page
			rank = w.skip + int64(i) + 1
		}
		if rank > w.skip {
			ids = append(ids, r.id)
		}
		p := place{w.from.offset + rank, r.keys}
		if w.backwards {
			p.offset = total - rank + 1
		}
		if end := p.offset == l.query.Offset+w.limit || !w.backwards && i == len(found)-1; w.keyed && (end || rank <= w.skip) {
			l.store.marks.put(at, p)
		}
	}
	if w.backwards {
		slices.Reverse(ids)
	}
	return ids
}

// foundRow is a record of a list, or a place before it.
type foundRow struct {
	id   int64
	keys []any
	rank int64 // in the order of the statement, from 1; 0: not asked
}

func (l *lister) scan(ctx context.Context, tx *db.Tx, b *builder, levels []level, keyed, ranked bool) (found []foundRow, err error) {
	rows, err := tx.Query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r foundRow
		dest := []any{&r.id}
		if keyed {
			for _, v := range levels {
				r.keys = append(r.keys, v.target())
			}
			dest = append(dest, r.keys...)
		}
		if ranked {
			dest = append(dest, &r.rank)
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		for i := range r.keys {
			r.keys[i] = levels[i].value(r.keys[i])
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

// name names the list of which this is a page.
func (l *lister) name(levels []level) uint64 {
	b := &builder{env: Env{Viewer: l.env.Viewer, Scope: l.env.Scope}} // not the time: what it changes within a walk does not move the pages much
	l.where(b, levelExprs(levels)...)
	b.sort(levels, false)
	return l.store.marks.list(b.text.String(), b.args)
}
