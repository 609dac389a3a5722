package record

import (
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

// SQL is a piece of SQL with the values of its question marks, such as what a person may see: a condition over the alias t.
type SQL struct {
	Text string
	Args []any
}

// builder puts a statement together. Values become placeholders, always.
type builder struct {
	env  Env
	text strings.Builder
	args []any
}

// add appends a piece of SQL with its values.
func (b *builder) add(text string, args ...any) {
	b.text.WriteString(text)
	b.args = append(b.args, args...)
}

// expr appends an expression of a declaration, of which :now and :viewer become placeholders.
func (b *builder) expr(text string) {
	for {
		i := strings.IndexByte(text, ':')
		if i < 0 {
			b.text.WriteString(text)
			return
		}
		b.add(text[:i])
		switch rest := text[i+1:]; {
		case strings.HasPrefix(rest, "now"):
			b.add("?", db.Micro(b.env.Now))
			text = rest[len("now"):]
		case strings.HasPrefix(rest, "viewer"):
			b.add("?", b.env.Viewer)
			text = rest[len("viewer"):]
		default:
			b.add(":")
			text = rest
		}
	}
}

// in appends (?, ?, …) with values.
func (b *builder) in(values []any) {
	b.add("("+db.Marks(len(values))+")", values...)
}

// from appends the table and the joins that exprs mention; whole says that nothing narrows the list.
func (b *builder) from(e *Entity, whole bool, exprs ...string) {
	b.add(" FROM " + e.Table + " t")
	for _, j := range e.Joins {
		for _, x := range exprs {
			if strings.Contains(x, j.Alias+".") {
				if whole && j.Whole != "" {
					b.expr(" " + j.Whole)
				} else {
					b.expr(" " + j.SQL)
				}
				break
			}
		}
	}
}

// exprs collects the expressions that a filter and an order need.
func exprs(f Filter, orders []Order) []string {
	var out []string
	f.each(func(c Filter) { out = append(out, c.Field.key()) })
	for _, o := range orders {
		out = append(out, o.Field.key())
	}
	return out
}

func (f Filter) each(do func(Filter)) {
	if f.Field != nil {
		do(f)
	}
	for _, g := range f.Group {
		g.each(do)
	}
}

// key is the expression that the field is compared and sorted by.
func (f *Field) key() string {
	switch {
	case f.Match != "":
		return f.Match
	case f.added != nil:
		return f.added.SortSQL("t.id")
	}
	return f.Column
}

// folded reports whether the field is compared without regard to case.
func (f *Field) folded() bool {
	return f.Match != "" || f.List != nil && f.List.Match != ""
}

// filter appends a condition.
func (b *builder) filter(e *Entity, f Filter) {
	switch {
	case f.Field != nil:
		b.condition(e, f)
	case len(f.Group) == 0:
		b.add("1 = 1")
	default:
		joint := " AND "
		if f.Any {
			joint = " OR "
		}
		b.add("(")
		for i, g := range f.Group {
			if i > 0 {
				b.add(joint)
			}
			b.filter(e, g)
		}
		b.add(")")
	}
}

func (b *builder) condition(e *Entity, f Filter) {
	field := f.Field
	switch {
	case field.Where != nil:
		text, args := field.Where(b.env, f)
		b.add(text, args...)
	case field.added != nil:
		b.custom(f)
	case field.Type == Multi:
		b.multi(e, f)
	case field.List != nil:
		b.listed(e, f)
	case f.Not && field.Nullable && f.hasValue():
		b.add("(" + field.key() + " IS NULL OR NOT ")
		b.compare(field.key(), f)
		b.add(")")
	default:
		if f.Not {
			b.add("NOT ")
		}
		b.compare(field.key(), f)
	}
}

// hasValue reports whether every value is one: a comparison with none has to see NULL itself.
func (f Filter) hasValue() bool {
	for _, v := range f.Values {
		if v == nil {
			return false
		}
	}
	return len(f.Values) > 0
}

// listed appends the condition on a field with several values: one of them has to fit, with Not none.
func (b *builder) listed(e *Entity, f Filter) {
	l := f.Field.List
	key := l.Match
	if key == "" {
		key = l.Value
	}
	b.add("t.id ")
	if f.Not {
		b.add("NOT ")
	}
	b.add("IN (SELECT " + l.Owner + " FROM " + l.Table + " WHERE " + l.fixed())
	b.compare(key, f)
	b.add(")")
}

// fixed is the condition that rows are of the field.
func (l *List) fixed() string {
	var out strings.Builder
	for _, f := range l.Fixed {
		out.WriteString(f[0] + " = '" + f[1] + "' AND ")
	}
	return out.String()
}

// compare appends a parenthesis in which key is compared with the values of f.
func (b *builder) compare(key string, f Filter) {
	field, op := f.Field, f.Op
	b.add("(")
	defer b.add(")")
	switch {
	case len(f.Values) == 0:
		b.add("1 = 0")
	case op == Between:
		from, to := f, f
		from.Op, to.Op = GreaterEqual, LessEqual
		b.one(field, key, from.Op, f.Values[0])
		b.add(" AND ")
		b.one(field, key, to.Op, f.Values[1])
	case op == Equal && len(f.Values) > 1 && !field.isTime() && f.hasValue():
		b.expr(key)
		b.add(" IN ")
		b.in(stored(field, f.Values))
	default:
		for i, v := range f.Values {
			if i > 0 {
				b.add(" OR ")
			}
			b.one(field, key, op, v)
		}
	}
}

func stored(f *Field, values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = f.stored(v)
	}
	return out
}

// stored returns v as the key of f holds it.
func (f *Field) stored(v any) any {
	if text, ok := v.(string); ok && f.folded() {
		return Fold(text)
	}
	return v
}

var operators = map[Op]string{Equal: " = ?", Less: " < ?", LessEqual: " <= ?", Greater: " > ?", GreaterEqual: " >= ?"}

// one appends the comparison of key with one value.
func (b *builder) one(f *Field, key string, op Op, value any) {
	switch {
	case value == nil && (op == Equal || op == Default):
		b.expr(key)
		b.add(" IS NULL")
		return
	case value == nil:
		b.add("1 = 0")
		return
	case op == Contains:
		b.expr(key)
		b.add(` LIKE ? ESCAPE '\'`, "%"+escapeLike(f.stored(value).(string), `\%_`)+"%")
		return
	case op == Like:
		b.expr(key)
		b.add(` LIKE ? ESCAPE '\'`, escapeLike(f.stored(value).(string), `\`))
		return
	case op == Default:
		op = Equal
	}
	if micro, ok := value.(int64); ok && f.Type == Moment && micro != 0 {
		b.moment(key, op, micro)
		return
	}
	if f.isTime() && op != Equal { // none is neither before nor after anything
		b.expr(key)
		b.add(" <> 0 AND ")
	}
	b.expr(key)
	b.add(operators[op], f.stored(value))
}

// moment compares by whole seconds, which is what clients are shown: what they send back compares as equal.
func (b *builder) moment(key string, op Op, micro int64) {
	second := time.UnixMicro(micro).Truncate(time.Second)
	from, to := second.UnixMicro(), second.Add(time.Second).UnixMicro()
	if op != Equal && op != Greater && op != GreaterEqual {
		b.expr(key)
		b.add(" <> 0 AND ")
	}
	b.expr(key)
	switch op {
	case Less:
		b.add(" < ?", from)
	case LessEqual:
		b.add(" < ?", to)
	case Greater:
		b.add(" >= ?", to)
	case GreaterEqual:
		b.add(" >= ?", from)
	default:
		b.add(" >= ? AND ", from)
		b.expr(key)
		b.add(" < ?", to)
	}
}

// custom appends the condition on a field that was added.
func (b *builder) custom(f Filter) {
	ops := map[Op]userfield.Op{
		Default: userfield.Equal, Equal: userfield.Equal, Contains: userfield.Contains, Like: userfield.Like, Less: userfield.Less,
		LessEqual: userfield.LessOrEqual, Greater: userfield.Greater, GreaterEqual: userfield.GreaterOrEqual,
	}
	texts := make([]string, len(f.Values))
	for i, v := range f.Values {
		texts[i], _ = v.(string)
	}
	if f.Op == Between {
		from, fromArgs := f.Field.added.SQL("t.id", userfield.Condition{Op: userfield.GreaterOrEqual, Values: texts[:1]})
		to, toArgs := f.Field.added.SQL("t.id", userfield.Condition{Op: userfield.LessOrEqual, Values: texts[1:]})
		if f.Not {
			b.add("NOT ")
		}
		b.add("("+from+" AND "+to+")", append(fromArgs, toArgs...)...)
		return
	}
	if len(texts) == 0 && f.Not {
		b.add("1 = 1")
		return
	}
	text, args := f.Field.added.SQL("t.id", userfield.Condition{Op: ops[f.Op], Not: f.Not, Values: texts})
	b.add(text, args...)
}

// escapeLike puts a backslash before the characters of special, so that LIKE takes them as they are.
func escapeLike(s, special string) string {
	var b strings.Builder
	s = db.LikeText(s)
	for i := range len(s) {
		if strings.IndexByte(special, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
