package dto

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// The limits of a filter: SQLite refuses expressions that are deeper than 1,000 levels.
const (
	maxConditions = 500 // of the whole filter
	maxNesting    = 20  // levels of groups
)

// Op compares a field with values.
type Op string

// The operators.
const (
	Equal        Op = "="
	NotEqual     Op = "!="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	Less         Op = "<"
	LessEqual    Op = "<="
	In           Op = "in"      // any number of values
	Between      Op = "between" // two values, both included
)

// Filter is a condition, or a group of filters. Its zero value lets everything through.
type Filter struct {
	Field  *Field // nil: a group
	Op     Op
	Values []any // as the database compares them: int64, float64, string, or nil for null

	Any   bool     // of a group: one of Group is enough
	Not   bool     // of a group: the contrary
	Group []Filter // all of them hold, or with Any one
}

// Filter reads filter: a list of conditions [field, operator, value] or [field, value], and of groups {"logic": "and" or
// "or", "conditions": […], "negative": true}, which may be nested. [field, list] is the operator in.
//
// Faults: CodeFilter for what is no filter or too large, CodeUnknownField, CodeOperator, CodeValidation for a field that
// cannot be filtered by or a value of another type.
func (e *Entity) Filter(v phpform.Value) (Filter, error) {
	if v.IsNull() || v.IsArray() && v.Len() == 0 {
		return Filter{}, nil
	}
	if !v.IsList() {
		return Filter{}, badFilter(quote(v))
	}
	p := filterParser{entity: e}
	group, err := p.nodes(v, 0)
	return Filter{Group: group}, err
}

type filterParser struct {
	entity     *Entity
	conditions int
}

func (p *filterParser) nodes(list phpform.Value, depth int) ([]Filter, error) {
	if depth > maxNesting {
		return nil, badFilter("nested deeper than " + strconv.Itoa(maxNesting) + " groups")
	}
	out := make([]Filter, 0, list.Len())
	for _, entry := range list.Entries() {
		f, err := p.node(entry.Value, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (p *filterParser) node(v phpform.Value, depth int) (Filter, error) {
	if conditions, ok := v.Get("conditions"); ok {
		return p.group(v, conditions, depth)
	}
	if n := v.Len(); !v.IsList() || n != 2 && n != 3 || v.Index(0).Kind() != phpform.String {
		return Filter{}, badFilter(quote(v))
	}
	if p.conditions++; p.conditions > maxConditions {
		return Filter{}, badFilter("more than " + strconv.Itoa(maxConditions) + " conditions")
	}
	return p.condition(v)
}

func (p *filterParser) group(v, conditions phpform.Value, depth int) (Filter, error) {
	f := Filter{}
	if logic, ok := v.Get("logic"); ok {
		switch strings.ToLower(logic.Text()) {
		case "or":
			f.Any = true
		case "and":
		default:
			return f, badFilter(quote(v))
		}
	}
	if negative, ok := v.Get("negative"); ok {
		f.Not = negative.Truthy()
	}
	if !conditions.IsList() {
		return f, badFilter(quote(v))
	}
	var err error
	f.Group, err = p.nodes(conditions, depth+1)
	return f, err
}

func (p *filterParser) condition(v phpform.Value) (Filter, error) {
	field, err := p.entity.need(v.Index(0).Text())
	if err != nil {
		return Filter{}, err
	}
	if !field.Filterable {
		return Filter{}, Invalid(field.Name, "In DTO `"+p.entity.Name+"`, the `"+field.Name+
			"` field requires the `Filterable` attribute for such a request")
	}
	f := Filter{Field: field, Op: Equal}
	operand := v.Index(1)
	switch {
	case v.Len() == 3:
		f.Op, operand = Op(strings.ToLower(v.Index(1).Text())), v.Index(2)
	case operand.IsArray():
		f.Op = In
	}
	return f, f.operands(operand)
}

// operands reads the value or values of a condition.
func (f *Filter) operands(v phpform.Value) error {
	switch f.Op {
	case In:
		if !v.IsArray() {
			return Mistyped(f.Field.Name, "array")
		}
		for _, e := range v.Entries() {
			if err := f.take(e.Value); err != nil {
				return err
			}
		}
		return nil
	case Between:
		if v.Len() != 2 {
			return Invalid(f.Field.Name, "Field `"+f.Field.Name+"` requires two values for the operator `between`")
		}
		if err := f.take(v.Index(0)); err != nil {
			return err
		}
		return f.take(v.Index(1))
	case Equal, NotEqual:
		if v.IsNull() {
			f.Values = []any{nil}
			return nil
		}
		return f.take(v)
	case Greater, GreaterEqual, Less, LessEqual:
		return f.take(v)
	}
	return fault.New(fault.Invalid, CodeOperator, "Unknown filter operator `"+clip(string(f.Op))+"`")
}

func (f *Filter) take(v phpform.Value) error {
	value, ok := f.Field.read(v)
	if !ok {
		return Mistyped(f.Field.Name, f.Field.wants())
	}
	f.Values = append(f.Values, value)
	return nil
}

// wants is what an error says that a value must be.
func (f *Field) wants() string {
	if f.Type == Time {
		return "datetime"
	}
	return f.Type.wire()
}

// read turns a value into what the database compares.
func (f *Field) read(v phpform.Value) (any, bool) {
	if v.IsArray() || v.IsNull() {
		return nil, false
	}
	switch f.Type {
	case Int:
		n, ok := v.Int()
		return n, ok
	case Float:
		n, ok := v.Float()
		return n, ok && !math.IsNaN(n) && !math.IsInf(n, 0)
	case String:
		return v.Text(), v.Kind() != phpform.Bool
	case Bool:
		return readBool(v)
	case Time:
		t, ok := ReadTime(v.Text())
		return db.Micro(t), ok
	}
	return nil, false
}

func readBool(v phpform.Value) (any, bool) {
	if v.Truthy() {
		return int64(1), true
	}
	switch strings.ToLower(v.Text()) {
	case "", "0", "n", "false":
		return int64(0), true
	}
	return nil, false
}

// ReadTime reads a moment in ISO 8601; without an offset it is in UTC, without a time midnight.
func ReadTime(text string) (time.Time, bool) {
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Uses reports whether a condition of f is on the field called name.
func (f Filter) Uses(name string) bool {
	if f.Field != nil {
		return f.Field.Name == name
	}
	for _, inner := range f.Group {
		if inner.Uses(name) {
			return true
		}
	}
	return false
}
