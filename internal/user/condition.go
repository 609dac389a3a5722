package user

import (
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/userfield"
)

// Op is how a condition compares.
type Op uint8

// The comparisons. Texts are compared without regard to case.
const (
	Equal    Op = iota // one of the values
	Contains           // a part of the text
	Like               // the whole text, "%" standing for anything
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
)

// maxConditions is how many conditions one query may have.
const maxConditions = 100

var errConditions = fault.Argument("FILTER", "Argument 'FILTER' has more than "+strconv.Itoa(maxConditions)+" conditions")

// Condition compares a field with values, which are texts in whatever form the caller has them. Several values are
// alternatives. A value that is no number, date or flag where one is needed matches nobody.
type Condition struct {
	Field  Field
	Op     Op
	Not    bool
	Values []string
	// Custom is the field where it is one of those that were added to profiles; Field does not count then.
	Custom *userfield.Field
}

// compile returns the condition as SQL. A condition on an unknown field or without values holds for everybody or, as
// part of Equal, for nobody.
func (s *Service) compile(c Condition) (sql string, args []any) {
	if c.Custom != nil {
		return c.Custom.SQL("u.id", userfield.Condition{Op: customOps[c.Op], Not: c.Not, Values: c.Values})
	}
	switch typeOf(c.Field) {
	case textField:
		return negate(c.Not)(existsText(c, foldAll(c.Values)))
	case dateField:
		values, ok := c.dates()
		if !ok {
			return never, nil
		}
		return negate(c.Not)(existsText(c, values))
	case numberField:
		return negate(c.Not)(compareNumbers("u.id", c.Op, c.Values))
	case timeField, dayField:
		return compareTimes(c)
	case flagField:
		return negate(c.Not)(compareFlags("u.active = 1", c.Values))
	case onlineField:
		since := db.Micro(s.clock.Now().Add(-onlineFor))
		sql, args = compareFlags("u.last_activity > "+strconv.FormatInt(since, 10), c.Values)
		return negate(c.Not)(sql, args)
	case kindField:
		return negate(c.Not)(compareText("u.kind", c.Op, foldAll(c.Values)))
	case departmentField:
		sql, args = compareNumbers("d.department_id", c.Op, c.Values)
		return negate(c.Not)("EXISTS (SELECT 1 FROM user_department d WHERE d.user_id = u.id AND "+sql+")", args)
	case departmentNameField:
		sql, args = compareText("n.folded", c.Op, foldAll(c.Values))
		return negate(c.Not)("EXISTS (SELECT 1 FROM user_department d JOIN department n ON n.id = d.department_id "+
			"WHERE d.user_id = u.id AND "+sql+")", args)
	case nameSearchField:
		return negate(c.Not)(searchNames(c.Values, false))
	case findField:
		return negate(c.Not)(searchNames(c.Values, true))
	case noField:
	}
	return never, nil
}

// customOps are the comparisons as package userfield calls them.
var customOps = map[Op]userfield.Op{
	Equal: userfield.Equal, Contains: userfield.Contains, Like: userfield.Like, Less: userfield.Less,
	LessOrEqual: userfield.LessOrEqual, Greater: userfield.Greater, GreaterOrEqual: userfield.GreaterOrEqual,
}

func negate(not bool) func(string, []any) (string, []any) {
	return func(sql string, args []any) (string, []any) {
		if not {
			return "NOT (" + sql + ")", args
		}
		return sql, args
	}
}

func foldAll(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fold(v)
	}
	return out
}

// either joins alternatives; none of them is never.
func either(parts []string) string {
	if len(parts) == 0 {
		return never
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// existsText compares the text of a field, which has no row where it is empty.
func existsText(c Condition, values []string) (string, []any) {
	const exists = "EXISTS (SELECT 1 FROM user_field f WHERE f.user_id = u.id AND f.name = ?"
	var parts []string
	var args []any
	var full []string
	for _, v := range values {
		if emptyMatches(c.Op, v) {
			parts = append(parts, "NOT "+exists+")")
			args = append(args, string(c.Field))
		}
		if v != "" || c.Op != Equal {
			full = append(full, v)
		}
	}
	if len(full) > 0 {
		sql, more := compareText("f.folded", c.Op, full)
		parts = append(parts, exists+" AND "+sql+")")
		args = append(append(args, string(c.Field)), more...)
	}
	return either(parts), args
}

// emptyMatches reports whether an empty text matches v. It is never less or greater, as a NULL is not.
func emptyMatches(op Op, v string) bool {
	switch op {
	case Equal, Contains:
		return v == ""
	case Like:
		return strings.Trim(v, "%") == ""
	default:
		return false
	}
}

var operators = map[Op]string{Less: " < ?", LessOrEqual: " <= ?", Greater: " > ?", GreaterOrEqual: " >= ?"}

// compareText compares a column of folded text with folded values.
func compareText(column string, op Op, values []string) (string, []any) {
	if len(values) == 0 {
		return never, nil
	}
	if op == Equal {
		list, args := in(db.Args(values))
		return column + " IN " + list, args
	}
	var parts []string
	var args []any
	for _, v := range values {
		switch op {
		case Contains:
			parts, v = append(parts, column+` LIKE ? ESCAPE '\'`), "%"+db.Like(v)+"%"
		case Like:
			parts = append(parts, column+` LIKE ? ESCAPE '\'`)
			v = strings.NewReplacer(`\`, `\\`, `_`, `\_`).Replace(db.LikeText(v))
		default:
			parts = append(parts, column+operators[op])
		}
		args = append(args, v)
	}
	return either(parts), args
}

// compareNumbers compares a column of numbers; parts of texts are looked for in its decimal form.
func compareNumbers(column string, op Op, values []string) (string, []any) {
	if op == Contains || op == Like {
		return compareText("CAST("+column+" AS TEXT)", op, foldAll(values))
	}
	var numbers []any
	for _, v := range values {
		if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return never, nil
	}
	if op == Equal {
		list, args := in(numbers)
		return column + " IN " + list, args
	}
	parts := make([]string, len(numbers))
	for i := range numbers {
		parts[i] = column + operators[op]
	}
	return either(parts), numbers
}

// compareFlags compares something that is so or not with "Y", "N" and their kin.
func compareFlags(sql string, values []string) (string, []any) {
	var parts []string
	for _, v := range values {
		switch fold(v) {
		case "y", "1", "true", "yes":
			parts = append(parts, sql)
		case "n", "0", "false", "no", "":
			parts = append(parts, "NOT ("+sql+")")
		}
	}
	return either(parts), nil
}

// inDepartment finds the users with a department in whose name a word begins so.
const inDepartment = ` OR EXISTS (SELECT 1 FROM user_department d JOIN department n ON n.id = d.department_id
	WHERE d.user_id = u.id AND ' ' || n.folded LIKE ? ESCAPE '\')`

// searchNames finds the users of whom every word of one of the values begins a word of the name or position, or where
// departments is set of the name of one of their departments.
func searchNames(values []string, departments bool) (string, []any) {
	var parts []string
	var args []any
	for _, v := range values {
		var all []string
		for _, w := range words(v) {
			sql, pattern := `u.search LIKE ? ESCAPE '\'`, "% "+db.Like(w)+"%"
			args = append(args, pattern)
			if departments {
				sql = "(" + sql + inDepartment + ")"
				args = append(args, pattern)
			}
			all = append(all, sql)
		}
		if len(all) > 0 {
			parts = append(parts, "("+strings.Join(all, " AND ")+")")
		}
	}
	if len(parts) == 0 {
		return "1 = 1", nil // nothing asked for
	}
	return either(parts), args
}

// compareTimes compares a time, exact to the second, or its day. A text that is no date matches nobody, negated or not.
func compareTimes(c Condition) (string, []any) {
	column, unit := c.Field.column(), time.Microsecond
	if typeOf(c.Field) == dayField {
		unit = 24 * time.Hour
	}
	var parts []string
	var args []any
	for _, v := range c.Values {
		if strings.TrimSpace(v) == "" {
			parts = append(parts, column+" = 0")
			continue
		}
		t, ok := ParseTime(v)
		if !ok {
			return never, nil
		}
		from := t.UTC().Truncate(unit)
		first, next := db.Micro(from), db.Micro(from.Add(unit))
		switch c.Op {
		case Less:
			parts, args = append(parts, column+" < ?"), append(args, first)
		case LessOrEqual:
			parts, args = append(parts, column+" < ?"), append(args, next)
		case Greater:
			parts, args = append(parts, column+" >= ?"), append(args, next)
		case GreaterOrEqual:
			parts, args = append(parts, column+" >= ?"), append(args, first)
		default:
			parts, args = append(parts, column+" >= ? AND "+column+" < ?"), append(args, first, next)
		}
	}
	return negate(c.Not)(either(parts), args)
}

// dates returns the values of a date field as they are stored.
func (c Condition) dates() (values []string, ok bool) {
	for _, v := range c.Values {
		t, isTime := ParseTime(v)
		switch {
		case strings.TrimSpace(v) == "" || c.Op == Contains || c.Op == Like:
			values = append(values, fold(v))
		case !isTime:
			return nil, false
		default:
			values = append(values, t.Format(time.DateOnly))
		}
	}
	return values, true
}

// ParseTime reads a date or time in ISO 8601 or in one of the forms in which portals show them, "31.12.2026 15:04:05" or
// "12/31/2026 03:04:05 pm". Without a zone it is UTC.
func ParseTime(text string) (time.Time, bool) { return userfield.ParseTime(text) }
