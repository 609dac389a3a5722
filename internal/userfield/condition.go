package userfield

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// Op is how a condition compares.
type Op uint8

// The comparisons. Texts are compared without regard to case, by their first 500 bytes.
const (
	Equal    Op = iota // one of the values
	Contains           // a part of the text
	Like               // the whole text, "%" standing for anything
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

var operators = map[Op]string{Less: " < ?", LessOrEqual: " <= ?", Greater: " > ?", GreaterOrEqual: " >= ?"}

// never holds for no record.
const never = "1 = 0"

// Condition says which records a list holds, by one of their fields. Several values are alternatives. An empty value with
// Equal matches the records that have none; a value that is none of the field's type matches no record, negated or not.
type Condition struct {
	Op     Op
	Not    bool
	Values []string
}

// SQL returns the condition on a field for a query in which owner is the column with the number of the record.
func (f Field) SQL(owner string, c Condition) (sql string, args []any) {
	exists := "EXISTS (SELECT 1 FROM userfield_value v WHERE v.owner_id = " + owner + " AND v.field_id = " + strconv.FormatInt(f.ID, 10)
	var parts []string
	for _, raw := range c.Values {
		if raw == "" && c.Op == Equal || f.Type == Boolean && c.Op == Equal && isNo(raw) {
			parts = append(parts, "NOT "+exists+")")
			if raw == "" {
				continue
			}
		}
		part, more, ok := f.compare(c.Op, raw)
		if !ok {
			return never, nil
		}
		parts, args = append(parts, exists+" AND "+part+")"), append(args, more...)
	}
	if len(parts) == 0 {
		return never, nil
	}
	sql = "(" + strings.Join(parts, " OR ") + ")"
	if c.Not {
		sql = "NOT " + sql
	}
	return sql, args
}

// SortSQL returns the expression by which records are sorted by the field, its only value; 0 or an empty text where a record
// has none. owner is the column with the number of the record.
func (f Field) SortSQL(owner string) string {
	column, none := "v.folded", "''"
	switch f.Type {
	case Integer, Employee, Choice, Boolean, Date, DateTime:
		column, none = "v.whole", "0"
	case Double, Money:
		column, none = "v.number", "0"
	}
	return "COALESCE((SELECT " + column + " FROM userfield_value v WHERE v.field_id = " + strconv.FormatInt(f.ID, 10) +
		" AND v.owner_id = " + owner + " AND v.pos = 0), " + none + ")"
}

// isNo reports whether raw says no: a record without a flag counts as one that says no.
func isNo(raw string) bool {
	v, err := Field{Type: Boolean}.canonical(raw)
	return err == nil && v == "0"
}

// compare returns the comparison of one value; false where raw is none of the field's type.
func (f Field) compare(op Op, raw string) (sql string, args []any, ok bool) {
	if op == Contains || op == Like {
		pattern := strings.NewReplacer(`\`, `\\`, `_`, `\_`).Replace(db.LikeText(strings.ToLower(raw)))
		if op == Contains {
			pattern = "%" + strings.ReplaceAll(pattern, "%", `\%`) + "%"
		}
		return "LOWER(" + f.textColumn() + `) LIKE ? ESCAPE '\'`, []any{pattern}, true
	}
	column, value, ok := f.operand(raw)
	if !ok {
		return "", nil, false
	}
	if op == Equal {
		return column + " = ?", []any{value}, true
	}
	return column + operators[op], []any{value}, true
}

// textColumn is what parts of texts are looked for in.
func (f Field) textColumn() string {
	switch f.Type {
	case Integer, Double, Boolean, Date, DateTime, Choice, Money, Employee:
		return "v.text"
	}
	return "v.folded"
}

// operand returns the column and the value for a comparison with raw. Money is compared by its amount; with a currency also
// by that.
func (f Field) operand(raw string) (column string, value any, ok bool) {
	if f.Type == Money && !strings.Contains(raw, "|") {
		n, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
		return "v.number", n, err == nil
	}
	if _, err := strconv.ParseInt(strings.TrimSpace(raw), 10, 64); f.Type == File && err != nil {
		return "v.folded", fold(raw), true // by its name
	}
	compared := f
	if f.Type == Choice {
		compared.Type = Integer // an id that is gone is no mistake of whoever filters
	}
	v, err := compared.canonical(raw)
	if err != nil || v == "" {
		return "", nil, false
	}
	c := f.columns(v)
	switch f.Type {
	case Integer, Employee, Choice, Boolean, Date, DateTime, File:
		return "v.whole", c.whole, true
	case Double:
		return "v.number", c.number, true
	}
	return "v.folded", c.folded, true
}

// Query says which fields of an entity a list holds. The names of columns are those of Columns.
type Query struct {
	Entity     string
	Conditions []ColumnCondition
	Order      []Order
	Limit      int64
	Offset     int64
}

// ColumnCondition compares something of a field itself.
type ColumnCondition struct {
	Column string
	Condition
}

// Order sorts a list.
type Order struct {
	Column     string
	Descending bool
}

// Columns are what fields are filtered and sorted by, by their documented names; true are numbers and flags.
var Columns = map[string]bool{
	"ID": true, "FIELD_NAME": false, "USER_TYPE_ID": false, "XML_ID": false, "SORT": true, "MULTIPLE": true, "MANDATORY": true,
	"SHOW_FILTER": true, "SHOW_IN_LIST": true, "EDIT_IN_LIST": true, "IS_SEARCHABLE": true,
}

var columnSQL = map[string]string{
	"ID": "id", "FIELD_NAME": "name", "USER_TYPE_ID": "type", "XML_ID": "xml_id", "SORT": "sort", "MULTIPLE": "multiple",
	"MANDATORY": "mandatory", "SHOW_FILTER": "show_filter", "SHOW_IN_LIST": "show_in_list", "EDIT_IN_LIST": "edit_in_list",
	"IS_SEARCHABLE": "searchable",
}

// List returns the fields of q, and how many there would be without Limit and Offset. Unknown columns are left out.
func (s *Service) List(ctx context.Context, q Query) (out []Field, total int64, err error) {
	where, args := "WHERE entity = ?", []any{q.Entity}
	for _, c := range q.Conditions {
		sql, more := c.sql()
		where, args = where+" AND "+sql, append(args, more...)
	}
	var order []string
	for _, o := range q.Order {
		if column := columnSQL[o.Column]; column != "" {
			order = append(order, column+map[bool]string{true: " DESC", false: ""}[o.Descending])
		}
	}
	order = append(order, "id")
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM userfield "+where, args...).Scan(&total); err != nil {
			return err
		}
		out, err = selectTx(ctx, tx, where+" ORDER BY "+strings.Join(order, ", ")+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
		return err
	})
	return out, total, err
}

func (c ColumnCondition) sql() (string, []any) {
	column := columnSQL[c.Column]
	if column == "" {
		return "1 = 1", nil
	}
	var parts []string
	var args []any
	for _, raw := range c.Values {
		switch c.Op {
		case Contains, Like:
			pattern := strings.NewReplacer(`\`, `\\`, `_`, `\_`).Replace(db.LikeText(strings.ToLower(raw)))
			if c.Op == Contains {
				pattern = "%" + strings.ReplaceAll(pattern, "%", `\%`) + "%"
			}
			parts, args = append(parts, "LOWER(CAST("+column+` AS TEXT)) LIKE ? ESCAPE '\'`), append(args, pattern)
		default:
			if on, err := (Field{Type: Boolean}).canonical(raw); c.Column == "SHOW_FILTER" && c.Op == Equal && err == nil && on == "1" {
				parts = append(parts, column+" > 0") // Y is any of the ways
				continue
			}
			value, ok := c.value(raw)
			if !ok {
				return never, nil
			}
			parts, args = append(parts, column+operatorOf(c.Op)), append(args, value)
		}
	}
	if len(parts) == 0 {
		return never, nil
	}
	sql := "(" + strings.Join(parts, " OR ") + ")"
	if c.Not {
		sql = "NOT " + sql
	}
	return sql, args
}

func operatorOf(op Op) string {
	if sql := operators[op]; sql != "" {
		return sql
	}
	return " = ?"
}

// FilterNamed returns the way that a letter of SHOW_FILTER stands for; false for none of them. Y is E.
func FilterNamed(letter string) (Filter, bool) {
	switch strings.ToUpper(strings.TrimSpace(letter)) {
	case "N":
		return NoFilter, true
	case "Y", "E":
		return ByMask, true
	case "I":
		return ByWhole, true
	case "S":
		return ByPart, true
	}
	return NoFilter, false
}

// Letter returns what f is on the wire.
func (f Filter) Letter() string {
	switch f {
	case ByMask:
		return "E"
	case ByWhole:
		return "I"
	case ByPart:
		return "S"
	}
	return "N"
}

// value returns what a column of a field is compared with.
func (c ColumnCondition) value(raw string) (any, bool) {
	if !Columns[c.Column] {
		return raw, true
	}
	if c.Column == "ID" || c.Column == "SORT" {
		n, err := strconv.ParseInt(strings.TrimSpace(raw), 10, 64)
		return n, err == nil
	}
	if mode, ok := FilterNamed(raw); c.Column == "SHOW_FILTER" && ok {
		return int64(mode), true
	}
	v, err := Field{Type: Boolean}.canonical(raw)
	return db.Bit(v == "1"), err == nil
}
