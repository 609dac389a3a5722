package dto

import (
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// SQL returns f as a condition with its values in the order of the question marks. A filter that lets everything through
// is "1 = 1".
func (f Filter) SQL() (where string, args []any) {
	var b sqlBuilder
	b.filter(f)
	return b.text.String(), b.args
}

type sqlBuilder struct {
	text strings.Builder
	args []any
}

func (b *sqlBuilder) add(text string, args ...any) {
	b.text.WriteString(text)
	b.args = append(b.args, args...)
}

func (b *sqlBuilder) filter(f Filter) {
	switch {
	case f.Field != nil:
		b.condition(f)
	case len(f.Group) == 0 && !f.Not:
		b.add("1 = 1")
	case len(f.Group) == 0:
		b.add("1 = 0")
	default:
		b.group(f)
	}
}

func (b *sqlBuilder) group(f Filter) {
	joint := " AND "
	if f.Any {
		joint = " OR "
	}
	if f.Not {
		b.add("NOT ")
	}
	b.add("(")
	for i, inner := range f.Group {
		if i > 0 {
			b.add(joint)
		}
		b.filter(inner)
	}
	b.add(")")
}

func (b *sqlBuilder) condition(f Filter) {
	column := f.Field.Column
	switch {
	case f.Op == In && len(f.Values) == 0:
		b.add("1 = 0")
	case f.Op == In:
		b.add(column+" IN ("+db.Marks(len(f.Values))+")", f.Values...)
	case f.Op == Between:
		b.add("("+column+" >= ? AND "+column+" <= ?)", f.Values...)
	case f.Values[0] == nil && f.Op == NotEqual:
		b.add(column + " IS NOT NULL")
	case f.Values[0] == nil:
		b.add(column + " IS NULL")
	case f.Op == NotEqual:
		b.add(column+" <> ?", f.Values...)
	default:
		b.add(column+" "+string(f.Op)+" ?", f.Values...)
	}
}
