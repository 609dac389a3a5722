package line

import (
	"context"
	"fmt"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Op is how a condition compares.
type Op uint8

// The comparisons. A condition with several values holds where one of them does.
const (
	Equal Op = iota
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	Contains // of texts, in any case
)

// Condition compares a field with values, in the words of the wire.
type Condition struct {
	Field  *Field
	Op     Op
	Not    bool
	Values []string
}

// Order sorts by a field.
type Order struct {
	Field      *Field
	Descending bool
}

// Query says which lines a list holds, and in what order. Its zero value is all of them by their ids.
type Query struct {
	IDs    []int64 // nil: any
	Where  []Condition
	Order  []Order
	Offset int64
	Limit  int64 // 0: all

	own *own // nil: not only those; see Service.Within
}

// List returns the lines of q.
func (s *Service) List(ctx context.Context, q Query) (lines []Line, err error) {
	end, args := q.sql()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := queryTx(ctx, tx, end, args...)
		lines = linesOf(rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list lines: %w", err)
	}
	return lines, nil
}

// Count returns how many lines q holds, whatever its Offset and Limit.
func (s *Service) Count(ctx context.Context, q Query) (n int64, err error) {
	where, args := q.where()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM open_line "+where, args...).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count lines: %w", err)
	}
	return n, nil
}

// sql returns what follows the columns.
func (q *Query) sql() (string, []any) {
	end, args := q.where()
	var order []string
	for _, o := range q.Order {
		switch {
		case o.Field.Kind == Fixed: // the same in all lines
		case o.Descending:
			order = append(order, o.Field.expression()+" DESC")
		default:
			order = append(order, o.Field.expression())
		}
	}
	end += " ORDER BY " + strings.Join(append(order, "id"), ", ")
	if q.Limit > 0 || q.Offset > 0 {
		limit := q.Limit
		if limit <= 0 {
			limit = 1 << 62
		}
		end, args = end+" LIMIT ? OFFSET ?", append(args, limit, q.Offset)
	}
	return end, args
}

func (q *Query) where() (string, []any) {
	parts := []string{"deleted_at = 0"}
	var args []any
	if q.IDs != nil {
		if len(q.IDs) == 0 {
			return "WHERE 1 = 0", nil
		}
		list, ids := idList(q.IDs)
		parts, args = append(parts, "id IN "+list), append(args, ids...)
	}
	if q.own != nil {
		part := "creator_id = ?"
		args = append(args, q.own.by)
		if len(q.own.ids) > 0 {
			list, ids := idList(q.own.ids)
			part, args = part+" OR id IN "+list, append(args, ids...)
		}
		parts = append(parts, "("+part+")")
	}
	for _, c := range q.Where {
		part, values := c.sql()
		parts, args = append(parts, part), append(args, values...)
	}
	return "WHERE " + strings.Join(parts, " AND "), args
}

// expression is the field in SQL.
func (f *Field) expression() string {
	if f.Kind == Fixed {
		return "'" + f.Off[0] + "'" // one of the words of Fields
	}
	return f.column()
}

var opSigns = map[Op]string{Equal: " = ?", Less: " < ?", LessOrEqual: " <= ?", Greater: " > ?", GreaterOrEqual: " >= ?"}

// sql returns the condition. A value that the field cannot have equals none.
func (c *Condition) sql() (string, []any) {
	var parts []string
	var args []any
	for _, v := range c.Values {
		if c.Op == Contains {
			parts = append(parts, "LOWER(CAST("+c.Field.expression()+" AS TEXT)) LIKE ? ESCAPE '\\'")
			args = append(args, "%"+db.Like(strings.ToLower(v))+"%")
			continue
		}
		stored, ok := c.Field.comparable(v)
		if !ok {
			parts = append(parts, "1 = 0")
			continue
		}
		parts, args = append(parts, c.Field.expression()+opSigns[c.Op]), append(args, stored)
	}
	text := "1 = 0"
	if len(parts) > 0 {
		text = "(" + strings.Join(parts, " OR ") + ")"
	}
	if c.Not {
		text = "NOT " + text
	}
	return text, args
}

// comparable returns the stored form of what a filter compares with.
func (f *Field) comparable(text string) (any, bool) {
	switch {
	case f.Kind == Moment:
		t, ok := user.ParseTime(text)
		return db.Micro(t), ok
	case f.isNumber():
		limit := *f
		limit.Max = 1 << 62
		v, err := limit.parse([]string{text})
		return v, err == nil
	case f.IsList():
		var l Line // puts the values into their order
		err := f.Assign(&l, []string{text})
		return f.load(&l), err == nil
	}
	return text, true
}
