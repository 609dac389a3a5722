package audit

import (
	"context"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Query says which entries a page shows, the newest first. Its zero value is all of them.
type Query struct {
	Type     string
	Module   string
	Severity Severity
	UserID   *int64 // who did it
	Addr     string
	Item     string
	From, To time.Time // From is included, To is not; zero is no bound
	Text     string    // part of the description

	After Mark  // goes on behind this entry of the page before; its zero value begins
	Limit int64 // 0 is 50
}

// Mark is where a page ended.
type Mark struct {
	At time.Time
	ID int64
}

// defaultPage is how many entries a page shows.
const defaultPage = 50

// Search returns the entries of a page and whether there are more behind it.
func (s *Service) Search(ctx context.Context, q Query) (rows []Row, more bool, err error) {
	if q.Limit == 0 {
		q.Limit = defaultPage
	}
	where, args := q.sql()
	rows, err = s.rows(ctx, rowColumns+where+" ORDER BY at DESC, id DESC LIMIT ?", append(args, q.Limit+1)...)
	if err != nil || int64(len(rows)) <= q.Limit {
		return rows, false, err
	}
	return rows[:q.Limit], true, nil
}

// Each calls f for every entry of q, in parts, so that no transaction lasts as long as somebody reads the export.
func (s *Service) Each(ctx context.Context, q Query, f func(Row) error) error {
	q.Limit = exportPart
	for {
		rows, more, err := s.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := f(r); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		last := rows[len(rows)-1]
		q.After = Mark{last.At, last.ID}
	}
}

// exportPart is how many entries are read at once.
const exportPart = 1000

func (q Query) sql() (where string, args []any) {
	var b strings.Builder
	add := func(condition string, values ...any) {
		if b.Len() == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		b.WriteString(condition)
		args = append(args, values...)
	}
	for _, c := range [...]struct{ column, value string }{
		{"type", q.Type}, {"module", q.Module}, {"severity", string(q.Severity)}, {"addr", q.Addr}, {"item", q.Item},
	} {
		if c.value != "" {
			add(c.column+" = ?", c.value)
		}
	}
	if q.UserID != nil {
		add("user_id = ?", *q.UserID)
	}
	if !q.From.IsZero() {
		add("at >= ?", db.Micro(q.From))
	}
	if !q.To.IsZero() {
		add("at < ?", db.Micro(q.To))
	}
	if q.Text != "" {
		add(`LOWER(description) LIKE ? ESCAPE '\'`, "%"+db.Like(strings.ToLower(q.Text))+"%")
	}
	if q.After.ID != 0 {
		at := db.Micro(q.After.At)
		add("(at < ? OR at = ? AND id < ?)", at, at, q.After.ID)
	}
	return b.String(), args
}

// Types returns the kinds of entries that there are, in the order of their names.
func (s *Service) Types(ctx context.Context) ([]string, error) {
	return distinct[string](ctx, s, "type")
}

// Users returns who appears in the log, 0 for nobody, at most 200 of them.
func (s *Service) Users(ctx context.Context) ([]int64, error) {
	return distinct[int64](ctx, s, "user_id")
}

// distinct reads the values of a column that an index begins with, by a jump from each value to the next: the log may have
// a million entries of a dozen values.
func distinct[T any](ctx context.Context, s *Service, column string) (out []T, err error) {
	query := strings.ReplaceAll(`WITH RECURSIVE v(x) AS (
		SELECT MIN(COLUMN) FROM audit_entry
		UNION ALL SELECT (SELECT MIN(COLUMN) FROM audit_entry WHERE COLUMN > v.x) FROM v WHERE v.x IS NOT NULL)
		SELECT x FROM v WHERE x IS NOT NULL LIMIT 200`, "COLUMN", column)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, query)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var v T
			if err := rows.Scan(&v); err != nil {
				return err
			}
			out = append(out, v)
		}
		return rows.Err()
	})
	return out, err
}
