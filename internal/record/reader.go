package record

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Part is a part of a call that a fault is about.
type Part string

// The parts.
const (
	PartFilter Part = "filter"
	PartOrder  Part = "order"
	PartSelect Part = "select"
	PartFields Part = "fields"
)

// Faults are the words in which a family refuses what it cannot take. What has no function is passed over: an unknown field is
// left out, a value that cannot be read matches nothing and is not stored, another direction is ascending.
type Faults struct {
	Shape     func(p Part) error                         // it is no object or list
	Unknown   func(p Part, key string) error             // no such field, or it cannot be used so
	Value     func(p Part, f *Field, key string) error   // a value of another type
	Pair      func(key string) error                     // a range without two values
	Direction func(f *Field, direction string) error     // neither ascending nor descending
	Required  func(f *Field) error                       // a field that must not be empty; never passed over
	ReadOnly  func(f *Field, immutable bool) error       // a field that clients do not set
	TooMuch   func(text string) error                    // a limit; never passed over
	TooLong   func(f *Field, most int, key string) error // a text; never passed over
}

// Reader reads what a client asks for, or gives, in the way of a family of methods.
type Reader struct {
	View   *View
	Zone   *time.Location // of times without one; nil is UTC
	Faults Faults
	// Conditions and Values are smaller limits than MaxConditions and MaxValues; 0 is these.
	Conditions, Values int
}

func (r *Reader) maxConditions() int {
	if r.Conditions > 0 {
		return r.Conditions
	}
	return MaxConditions
}

func (r *Reader) maxValues() int {
	if r.Values > 0 {
		return r.Values
	}
	return MaxValues
}

func (r *Reader) shape(p Part) error {
	if r.Faults.Shape == nil {
		return nil
	}
	return r.Faults.Shape(p)
}

func (r *Reader) unknown(p Part, key string) error {
	if r.Faults.Unknown == nil {
		return nil
	}
	return r.Faults.Unknown(p, key)
}

func (r *Reader) mistyped(p Part, f *Field, key string) error {
	if r.Faults.Value == nil {
		return nil
	}
	return r.Faults.Value(p, f, key)
}

func (r *Reader) unpaired(key string) error {
	if r.Faults.Pair == nil {
		return fault.Argument("filter", "Filter "+clip(key)+" needs two values")
	}
	return r.Faults.Pair(key)
}

func (r *Reader) tooMuch(text string) error {
	if r.Faults.TooMuch == nil {
		return fault.Argument("filter", text)
	}
	return r.Faults.TooMuch(text)
}

// clip keeps faults readable.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Order is one level of sorting.
type Order struct {
	Field      *Field
	Desc       bool
	NullsFirst bool // what has no value comes first; otherwise last
}

// Order reads an object {"DEADLINE": "desc"}. A direction may say where records without a value go: "nulls,asc" puts them first,
// all others last.
func (r *Reader) Order(v phpform.Value) ([]Order, error) {
	if Nothing(v) {
		return nil, nil
	}
	if !v.IsArray() {
		return nil, r.shape(PartOrder)
	}
	if most := r.maxConditions(); v.Len() > most {
		return nil, r.tooMuch("ORDER holds " + strconv.Itoa(v.Len()) + " fields, at most " + strconv.Itoa(most) + " are allowed")
	}
	var out []Order
	for _, e := range v.Entries() {
		f := r.View.Field(e.Key)
		if f == nil || f.NoSort {
			if err := r.unknown(PartOrder, e.Key); err != nil {
				return nil, err
			}
			continue
		}
		if slices.ContainsFunc(out, func(o Order) bool { return o.Field == f }) {
			continue // a second spelling of the same field changes nothing
		}
		o := Order{Field: f}
		if err := r.direction(&o, e.Value); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

func (r *Reader) direction(o *Order, v phpform.Value) error {
	if v.IsArray() {
		return r.mistyped(PartOrder, o.Field, o.Field.Name)
	}
	switch strings.ToLower(strings.ReplaceAll(v.Text(), " ", "")) {
	case "asc", "asc,nulls", "":
	case "desc", "desc,nulls":
		o.Desc = true
	case "nulls,asc":
		o.NullsFirst = true
	case "nulls,desc":
		o.Desc, o.NullsFirst = true, true
	default:
		if r.Faults.Direction != nil {
			return r.Faults.Direction(o.Field, v.Text())
		}
	}
	return nil
}

// Select reads a list of names. "*" is every field that is not Extra, "UF_*" those that were added; an empty list is what the
// entity says. The fields come in the order of their declaration.
func (r *Reader) Select(v phpform.Value) ([]*Field, error) {
	if Nothing(v) {
		return r.View.defaults(), nil
	}
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	if v.Len() > MaxValues {
		return nil, r.tooMuch("SELECT holds " + strconv.Itoa(v.Len()) + " fields, at most " + strconv.Itoa(MaxValues) + " are allowed")
	}
	var names []string
	for _, e := range v.Entries() {
		name := strings.TrimSpace(e.Value.Text())
		f := r.View.Field(name)
		switch {
		case e.Value.IsArray():
			if err := r.mistyped(PartSelect, nil, e.Key); err != nil {
				return nil, err
			}
			continue
		case name == "":
			continue
		case (f == nil || f.Hidden) && name != "*" && !strings.EqualFold(name, "UF_*"):
			if err := r.unknown(PartSelect, name); err != nil {
				return nil, err
			}
			continue
		}
		names = append(names, name)
	}
	return r.View.Selected(names), nil
}

// Selected returns the fields that names, or "*" and "UF_*" among them, stand for.
func (v *View) Selected(names []string) []*Field {
	want := map[*Field]bool{}
	all, added := false, false
	for _, n := range names {
		all, added = all || n == "*", added || strings.EqualFold(n, "UF_*")
		if f := v.Field(n); f != nil {
			want[f] = true
		}
	}
	return v.pick(func(f *Field) bool {
		return want[f] || all && f.Type != custom && !f.Extra || added && f.Type == custom
	})
}

func (v *View) defaults() []*Field {
	if v.Default == nil {
		return v.Selected([]string{"*", "UF_*"})
	}
	return v.Selected(v.Default)
}
