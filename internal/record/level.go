package record

import "database/sql"

// maxKeys is how many levels an order has at most for a page to go on by key.
const maxKeys = 4

// level is one level of a sorting.
type level struct {
	expr string
	desc bool
	kind Type // Int, Double or Text: what expr is
	null bool // expr may be NULL
}

// levels are those of the query's order and the id, so that no two records are equal.
func (l *lister) levels() []level {
	var out []level
	for _, o := range l.query.Order {
		f := o.Field
		if none := f.none(); none != "" && o.splits() && !bounded(f, l.query.Filter) {
			out = append(out, level{expr: "CASE WHEN " + f.key() + none + " THEN 1 ELSE 0 END", desc: o.NullsFirst, kind: Int})
		}
		out = append(out, level{expr: f.key(), desc: o.Desc, kind: f.keyKind(), null: f.Nullable})
		if f.Column == "t.id" {
			return out // nothing is equal any more
		}
	}
	desc := l.store.e.NewestFirst
	if n := len(out); n > 0 && !desc {
		desc = out[n-1].desc // so that one index serves both
	}
	return append(out, level{expr: "t.id", desc: desc, kind: Int})
}

// keyKind is the kind of the field's sorting key.
func (f *Field) keyKind() Type {
	switch {
	case f.added != nil:
		return f.addedKind()
	case f.isText():
		return Text
	case f.Type == Double:
		return Double
	}
	return Int
}

// none is the comparison that is true where the field has no value; empty where it always has one.
func (f *Field) none() string {
	switch {
	case f.Nullable:
		return " IS NULL"
	case f.added != nil:
		return map[Type]string{Text: " = ''", Int: " = 0", Double: " = 0"}[f.addedKind()]
	case f.Type == Moment || f.Type == Date || f.Type == Ref:
		return " = 0"
	case f.Type == Choice:
		return " = ''"
	}
	return ""
}

// splits reports whether records without a value have to be put aside: none is the least value, so it is first of the ascending
// and last of the descending by itself, and an index can serve those. What may be NULL is put aside always, since databases
// differ in where they put that.
func (o Order) splits() bool { return o.Field.Nullable || o.Desc == o.NullsFirst }

// bounded reports whether a condition leaves out the records without a value.
func bounded(f *Field, filter Filter) bool {
	if filter.Field == nil {
		for _, g := range filter.Group {
			if !filter.Any && bounded(f, g) {
				return true
			}
		}
		return false
	}
	return filter.Field == f && f.isTime() && !filter.Not && filter.Op >= Less && (filter.Op <= GreaterEqual || filter.Op == Between)
}

func levelExprs(levels []level) []string {
	out := make([]string, len(levels))
	for i, v := range levels {
		out[i] = v.expr
	}
	return out
}

// sort appends ORDER BY.
func (b *builder) sort(levels []level, backwards bool) {
	b.add(" ORDER BY ")
	for i, v := range levels {
		if i > 0 {
			b.add(", ")
		}
		b.expr(v.expr)
		if v.desc != backwards {
			b.add(" DESC")
		}
	}
}

// after appends the condition that a record comes behind the one with the keys: the first level bounds the range that an index
// reads, the rest decides among equals.
func (b *builder) after(levels []level, keys []any) {
	first := levels[0]
	if !first.null {
		b.add("(")
		b.expr(first.expr)
		b.add(map[bool]string{false: " >= ? AND ", true: " <= ? AND "}[first.desc], keys[0])
	}
	b.add("(")
	for i, v := range levels {
		if i > 0 {
			b.add(" OR (")
			for j := range i {
				b.same(levels[j], keys[j])
				b.add(" AND ")
			}
		}
		b.behind(v, keys[i])
		if i > 0 {
			b.add(")")
		}
	}
	b.add(")")
	if !first.null {
		b.add(")")
	}
}

func (b *builder) same(v level, key any) {
	b.expr(v.expr)
	if key == nil {
		b.add(" IS NULL")
		return
	}
	b.add(" = ?", key)
}

// behind compares one level; those that may be NULL are split by a level before, so that NULL is never behind a value of its own
// group.
func (b *builder) behind(v level, key any) {
	if key == nil {
		b.add("1 = 0")
		return
	}
	b.expr(v.expr)
	b.add(map[bool]string{false: " > ?", true: " < ?"}[v.desc], key)
}

// target is a variable for the key of the level.
func (v level) target() any {
	switch v.kind {
	case Text:
		return new(sql.NullString)
	case Double:
		return new(sql.NullFloat64)
	}
	return new(sql.NullInt64)
}

// value returns what was scanned into target.
func (v level) value(target any) any {
	switch x := target.(type) {
	case *sql.NullString:
		if x.Valid {
			return x.String
		}
	case *sql.NullFloat64:
		if x.Valid {
			return x.Float64
		}
	case *sql.NullInt64:
		if x.Valid {
			return x.Int64
		}
	}
	return nil
}
