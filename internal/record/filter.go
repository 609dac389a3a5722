package record

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// The limits of what a client may ask for at once: enough for every honest caller, little enough for the databases, which take
// expressions of a thousand levels and 32,000 values.
const (
	MaxConditions = 500  // of a filter, in all its groups; and fields of an order
	MaxValues     = 5000 // of all conditions together
	MaxNesting    = 20   // groups inside of groups
	MaxText       = 1000 // bytes of one value
)

// Op is a comparison.
type Op uint8

// The comparisons. Default is that of a key without a prefix: equality, or a pattern where the entity says so.
const (
	Default Op = iota
	Equal
	Less
	LessEqual
	Greater
	GreaterEqual
	Contains // a part of the text
	Like     // the whole text, in which "%" and "_" stand for anything
	Between  // two values, both included
)

// prefixes are what may stand before the name of a field, the longer ones first.
var prefixes = []struct {
	text string
	op   Op
	not  bool
}{
	{"!><", Between, true},
	{"!=%", Like, true},
	{"!%=", Like, true},
	{"><", Between, false},
	{"!=", Equal, true},
	{"!%", Contains, true},
	{"!@", Equal, true},
	{"<=", LessEqual, false},
	{">=", GreaterEqual, false},
	{"=%", Like, false},
	{"%=", Like, false},
	{"!", Default, true},
	{"=", Equal, false},
	{"%", Contains, false},
	{"?", Contains, false},
	{"@", Equal, false},
	{"<", Less, false},
	{">", Greater, false},
}

// SplitKey returns the name in the key of a filter, and how it compares.
func SplitKey(key string) (name string, op Op, not bool) {
	for _, p := range prefixes {
		if name, ok := strings.CutPrefix(key, p.text); ok {
			return name, p.op, p.not
		}
	}
	return key, Default, false
}

// Filter is a condition, or a group of filters. The zero value lets everything through.
type Filter struct {
	Field *Field // nil: a group
	Op    Op
	Not   bool
	// Values are alternatives, all two for Between: int64, float64 or string as the database keeps them, nil for none. A field
	// that was added has the texts as they came.
	Values []any

	Any   bool     // of a group: one of Group is enough
	Group []Filter // all of them hold, or with Any one
}

// Empty reports whether f lets everything through.
func (f Filter) Empty() bool { return f.Field == nil && len(f.Group) == 0 }

// Requires reports whether f lets only records through of which the field called name has this one value.
func (f Filter) Requires(name string, value int64) bool {
	if f.Field != nil {
		return f.Field.Name == name && !f.Not && (f.Op == Default || f.Op == Equal) && len(f.Values) == 1 && f.Values[0] == any(value)
	}
	for _, g := range f.Group {
		if hit := g.Requires(name, value); hit != f.Any {
			return hit
		}
	}
	return f.Any && len(f.Group) > 0
}

// And returns the filter for which f and the others hold.
func And(filters ...Filter) Filter { return Filter{Group: filters} }

// Filter reads an object of conditions, {"<DEADLINE": "2026-11-23", "@ID": [1, 2]}, which all hold. Below a number, or a key that
// begins with "::SUBFILTER", stands a filter of its own; "LOGIC": "OR" makes the alternatives of an object of it and what is
// beside it (api-reference/crm/universal/crm-item-list.md). Several values are alternatives. Nothing ("", null, false) is
// compared as what the field has where it has none.
func (r *Reader) Filter(v phpform.Value) (Filter, error) {
	p := filterParser{Reader: r}
	return p.group(v, 0)
}

type filterParser struct {
	*Reader
	conditions, values int
}

func (p *filterParser) group(v phpform.Value, depth int) (f Filter, err error) {
	if Nothing(v) {
		return f, nil
	}
	if !v.IsArray() {
		return f, p.shape(PartFilter)
	}
	if depth > MaxNesting {
		return f, p.tooMuch("FILTER is nested deeper than " + strconv.Itoa(MaxNesting) + " groups")
	}
	if most := p.maxConditions(); v.Len() > most {
		return f, p.tooMuch("FILTER holds " + strconv.Itoa(v.Len()) + " conditions, at most " + strconv.Itoa(most) + " are allowed")
	}
	for _, e := range v.Entries() {
		if isLogic(e.Key) && !e.Value.IsArray() {
			f.Any = strings.EqualFold(strings.TrimSpace(e.Value.Text()), "OR")
			continue
		}
		if Nothing(e.Value) && isIndex(e.Key) {
			continue // FILTER[]= is how an empty filter is spelled
		}
		part, skip, err := p.entry(e, depth)
		if err != nil {
			return f, err
		}
		if !skip {
			f.Group = append(f.Group, part)
		}
	}
	return f, nil
}

// entry reads one entry of a group; skip is for an unknown field that the family ignores.
func (p *filterParser) entry(e phpform.Entry, depth int) (f Filter, skip bool, err error) {
	if e.Value.IsArray() && isGroup(e.Key) {
		f, err = p.group(e.Value, depth+1)
		return f, err == nil && f.Empty(), err
	}
	if p.conditions++; p.conditions > p.maxConditions() {
		return f, false, p.tooMuch("FILTER holds more than " + strconv.Itoa(p.maxConditions()) + " conditions")
	}
	name, op, not := SplitKey(e.Key)
	field := p.View.Field(name)
	if field == nil || !field.May(op) {
		return f, true, p.unknown(PartFilter, e.Key)
	}
	if op == Default && p.View.Pattern && field.isText() && field.Match != "" {
		op = Like
	}
	f = Filter{Field: field, Op: op, Not: not}
	return f, false, p.operands(&f, e)
}

// operands reads the value or values of a condition.
func (p *filterParser) operands(f *Filter, e phpform.Entry) error {
	values := []phpform.Value{e.Value}
	if e.Value.IsArray() {
		if inner, ok := e.Value.Get("value"); ok && e.Value.Len() == 1 {
			values = []phpform.Value{inner} // as properties of products are compared
		} else {
			if e.Value.Len() > p.maxValues() {
				return p.tooMuch("FILTER holds more than " + strconv.Itoa(p.maxValues()) + " values")
			}
			values = make([]phpform.Value, 0, e.Value.Len())
			for _, one := range e.Value.Entries() {
				values = append(values, one.Value)
			}
		}
	}
	if p.values += len(values); p.values > p.maxValues() {
		return p.tooMuch("FILTER holds more than " + strconv.Itoa(p.maxValues()) + " values")
	}
	for _, one := range values {
		value, ok, err := p.compared(f, one)
		if err != nil {
			return err
		}
		if !ok {
			if err := p.mistyped(PartFilter, f.Field, e.Key); err != nil {
				return err
			}
			continue // a family that says nothing finds nothing by it
		}
		f.Values = append(f.Values, value)
	}
	if f.Op == Between && len(f.Values) != 2 {
		return p.unpaired(e.Key)
	}
	return nil
}

// compared reads what a field is compared with.
func (p *filterParser) compared(f *Filter, v phpform.Value) (any, bool, error) {
	if v.IsArray() {
		return nil, false, nil
	}
	text := v.Text()
	if len(strings.TrimSpace(text)) > MaxText {
		return nil, false, p.tooMuch("A value of FILTER is longer than " + strconv.Itoa(MaxText) + " bytes")
	}
	if strings.ContainsRune(text, 0) {
		return nil, false, nil // no stored text has one
	}
	if f.Field.Type == custom {
		if v.Kind() == phpform.Bool && !v.Truthy() {
			text = ""
			if f.Field.added.Type == userfield.Boolean {
				text = "0"
			}
		}
		return text, true, nil
	}
	if f.Field.isText() || f.Field.Type == Multi {
		if v.Kind() == phpform.Bool && !v.Truthy() {
			text = ""
		}
		return text, true, nil
	}
	value, ok := f.Field.read(v, p.Zone)
	return value, ok, nil
}

// read turns a value into what the database keeps; nothing is nil.
func (f *Field) read(v phpform.Value, zone *time.Location) (any, bool) {
	text := strings.TrimSpace(v.Text())
	none := text == "" || v.IsNull() || v.Kind() == phpform.Bool && !v.Truthy() && f.Type != Bool
	switch {
	case none && f.Nullable:
		return nil, true
	case none && f.Type == Double:
		return float64(0), true
	case none:
		return int64(0), true
	}
	switch f.Type {
	case Bool:
		n, ok := readBool(v)
		return n, ok
	case Double:
		n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	case Money:
		n, ok := ReadMoney(text)
		return n, ok
	case Date:
		t, ok := ReadTime(text, zone)
		return db.Micro(midnight(t)), ok // the day that the text shows, wherever it was written
	case Moment:
		t, ok := ReadTime(text, zone)
		return db.Micro(t), ok
	}
	n, ok := phpform.StringOf(text).Int()
	return n, ok
}

func readBool(v phpform.Value) (int64, bool) {
	if v.Truthy() {
		return 1, true
	}
	switch v.Text() {
	case "N", "n", "0", "false", "":
		return 0, true
	}
	return 0, false
}

// Nothing reports whether a client sent nothing: null, "", an empty array, or one that holds only that (ORDER[]=).
func Nothing(v phpform.Value) bool {
	if !v.IsArray() {
		return v.IsNull() || v.Kind() == phpform.String && v.Text() == ""
	}
	return v.Len() == 0 || v.Len() == 1 && isIndex(v.Entries()[0].Key) && v.Index(0).Kind() == phpform.String && v.Index(0).Text() == ""
}

func isIndex(key string) bool {
	_, ok := phpform.StringOf(key).Int()
	return ok
}

// isGroup reports whether a filter of its own stands below key.
func isGroup(key string) bool {
	return isIndex(key) || strings.HasPrefix(strings.ToUpper(key), "::SUBFILTER")
}

func isLogic(key string) bool {
	return strings.EqualFold(strings.TrimPrefix(key, "::"), "LOGIC")
}
