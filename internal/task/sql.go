package task

import (
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// builder puts a statement together. Values become placeholders, always.
type builder struct {
	sql    strings.Builder
	args   []any
	viewer user.Ref
	owner  int64 // whose list it is, where it is somebody's
	now    time.Time
}

// add appends a piece of SQL with its values; :now, :viewer and :owner in it become placeholders too.
func (b *builder) add(sql string, args ...any) *builder {
	for {
		i := strings.IndexByte(sql, ':')
		if i < 0 {
			b.sql.WriteString(sql)
			b.args = append(b.args, args...)
			return b
		}
		b.sql.WriteString(sql[:i])
		b.sql.WriteByte('?')
		name, value := "viewer", b.viewer.ID
		switch {
		case strings.HasPrefix(sql[i+1:], "now"):
			name, value = "now", db.Micro(b.now)
		case strings.HasPrefix(sql[i+1:], "owner"):
			name, value = "owner", b.owner
		}
		b.args = append(b.args, value)
		sql = sql[i+1+len(name):]
	}
}

// in appends (?, ?, …) with values.
func (b *builder) in(values []any) {
	b.sql.WriteByte('(')
	b.sql.WriteString(strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", "))
	b.sql.WriteByte(')')
	b.args = append(b.args, values...)
}

const (
	fromTask = " FROM task t"
	joinView = " LEFT JOIN task_view v ON v.task_id = t.id AND v.user_id = :viewer"
	// seenBy are the tasks in which the caller has a role.
	seenBy = "(SELECT task_id FROM task_member WHERE user_id = :viewer)"
)

// from appends the tables that the expressions need.
func (b *builder) from(withView bool) {
	b.add(fromTask)
	if withView {
		b.add(joinView)
	}
}

// where appends the conditions and what the caller may see.
func (b *builder) where(conditions []Condition) {
	b.add(" WHERE ")
	if b.viewer.May(access.AllTasks) || grantsAccess(conditions, b.viewer.ID) {
		b.add("1 = 1")
	} else {
		b.add("t.id IN " + seenBy)
	}
	for i := range conditions {
		b.add(" AND ")
		b.condition(&conditions[i])
	}
}

// grantsAccess reports whether the conditions leave only tasks that the viewer is responsible for or created, which they
// may see: the check of roles would only cost time.
func grantsAccess(conditions []Condition, viewer int64) bool {
	for _, c := range conditions {
		if (c.Field == "RESPONSIBLE_ID" || c.Field == "CREATED_BY") && !c.Not && (c.Op == Match || c.Op == Equal) &&
			len(c.Values) == 1 && c.Values[0].Int == viewer {
			return true
		}
	}
	return false
}

func (b *builder) condition(c *Condition) {
	f := FieldOf(c.Field)
	if f.Name == OnlyRoot {
		b.onlyRoot(c)
		return
	}
	if f.related != "" {
		b.add("t.id ")
		if c.Not {
			b.add("NOT ")
		}
		b.add("IN (" + f.related)
		b.compare(f, f.relatedBy, c)
		b.add(")")
		return
	}
	if c.Not {
		b.add("NOT ")
	}
	b.compare(f, f.key(), c)
}

// key is the expression that the field is filtered and sorted by.
func (f *Field) key() string {
	if f.match != "" && f.related == "" {
		return f.match
	}
	return f.column
}

func (b *builder) onlyRoot(c *Condition) {
	switch {
	case len(c.Values) != 1 || (c.Values[0].Int == 1) == c.Not:
		b.add("1 = 1")
	case b.viewer.May(access.AllTasks):
		b.add("(t.parent_id = 0 OR t.parent_id NOT IN (SELECT id FROM task))")
	default:
		b.add("(t.parent_id = 0 OR t.parent_id NOT IN " + seenBy + ")")
	}
}

// compare appends a parenthesis in which key is compared with the values of c.
func (b *builder) compare(f *Field, key string, c *Condition) {
	values := make([]any, len(c.Values))
	for i, v := range c.Values {
		values[i] = f.stored(v)
	}
	op := c.Op
	if op == Match {
		op = Equal
		if f.Folded() && f.related == "" {
			op = Match
		}
	}
	b.add("(")
	switch {
	case len(values) == 0:
		b.add("1 = 0")
	case op == Between:
		b.between(f, key, values)
	case op == Equal && len(values) > 1:
		b.add(key + " IN ")
		b.in(values)
	default:
		for i, v := range values {
			if i > 0 {
				b.add(" OR ")
			}
			b.one(f, key, op, v)
		}
	}
	b.add(")")
}

// one appends the comparison of key with one value. A moment that is none is neither before nor after another.
func (b *builder) one(f *Field, key string, op Op, value any) {
	present := ""
	if f.Type == Moment {
		present = key + " > 0 AND "
	}
	switch op {
	case Less:
		b.add(present+key+" < ?", value)
	case LessEqual:
		b.add(present+key+" <= ?", value)
	case Greater:
		b.add(present+key+" > ?", value)
	case GreaterEqual:
		b.add(present+key+" >= ?", value)
	case Contains:
		b.add(key+` LIKE ? ESCAPE '\'`, "%"+escapeLike(value.(string), `\%_`)+"%")
	case Match:
		b.add(key+` LIKE ? ESCAPE '\'`, escapeLike(value.(string), `\`))
	default:
		b.add(key+" = ?", value)
	}
}

func (b *builder) between(f *Field, key string, values []any) {
	if f.Type == Moment {
		b.add(key + " > 0 AND ")
	}
	b.add(key+" >= ?", values[0])
	b.add(" AND "+key+" <= ?", values[1])
}

// escapeLike puts a backslash before the characters of special, so that LIKE takes them as they are.
func escapeLike(s, special string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(special, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// stored returns v as the column of f holds it.
func (f *Field) stored(v Value) any {
	switch {
	case f.Type == Moment:
		return db.Micro(v.Time)
	case !f.isText():
		return v.Int
	case f.Folded():
		return strings.ToLower(v.Text)
	}
	return v.Text
}

// order appends the sorting. The newest come first among equals.
func (b *builder) order(orders []Order, conditions []Condition) {
	b.add(" ORDER BY ")
	byID := false
	for _, o := range orders {
		f := FieldOf(o.Field)
		if none := f.none(); none != "" && !bounded(o.Field, conditions) && o.splits() {
			b.add("CASE WHEN " + f.key() + none + " THEN 1 ELSE 0 END")
			b.add(direction(o.Nulls == NullsFirst) + ", ")
		}
		b.add(f.key() + direction(o.Desc))
		if o.Field == "ID" {
			byID = true
			break // nothing is equal any more
		}
		b.add(", ")
	}
	if !byID {
		b.add("t.id DESC")
	}
}

// none is the comparison that is true where the field has no value; empty where it always has one.
func (f *Field) none() string {
	switch f.Type {
	case Moment, Optional:
		return " = 0"
	case Choice:
		return " = ''"
	default:
		return ""
	}
}

// splits reports whether tasks without a value have to be put aside: none is the least value, so it is first of the
// ascending and last of the descending by itself, and an index can serve those.
func (o Order) splits() bool { return o.Desc == (o.Nulls == NullsFirst) }

// bounded reports whether a condition leaves out the tasks without a value.
func bounded(field string, conditions []Condition) bool {
	for _, c := range conditions {
		if c.Field == field && !c.Not && (c.Op == Less || c.Op == LessEqual || c.Op == Greater || c.Op == GreaterEqual || c.Op == Between) {
			return FieldOf(field).Type == Moment
		}
	}
	return false
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return " ASC"
}
