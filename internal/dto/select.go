package dto

import (
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
)

// Selection is what is to be answered of an object, in the order of the entity's declaration.
type Selection []Selected

// Selected is a selected field; Sub is what is selected of a related object.
type Selected struct {
	Field *Field
	Sub   Selection
}

// Select reads select: a list of names, those of related objects with a dot ("responsible.name"). An absent or empty one
// selects the entity's default. Faults: CodeSelect for something else than a list of names, CodeUnknownField for an
// unknown field of a related object (or of e, where e is strict).
func (e *Entity) Select(v phpform.Value) (Selection, error) {
	if v.IsNull() || v.IsArray() && v.Len() == 0 {
		return e.all(), nil
	}
	if !v.IsList() {
		return nil, SelectFault(quote(v))
	}
	names := make([]string, 0, v.Len())
	for _, entry := range v.Entries() {
		if entry.Value.Kind() != phpform.String || entry.Value.Text() == "" {
			return nil, SelectFault(quote(v))
		}
		names = append(names, entry.Value.Text())
	}
	return e.pick(names, e.StrictSelect)
}

// all selects the default fields. Related objects are answered only when they are asked for.
func (e *Entity) all() Selection {
	var out Selection
	for i := range e.Fields {
		f := &e.Fields[i]
		if e.Default == nil && f.Type != Related || slices.Contains(e.Default, f.Name) {
			out = append(out, Selected{Field: f})
		}
	}
	return out
}

// pick selects names, in the order of the declaration.
func (e *Entity) pick(names []string, strict bool) (Selection, error) {
	whole, parts := map[string]bool{}, map[string][]string{}
	for _, name := range names {
		first, rest, dotted := strings.Cut(name, ".")
		f := e.Field(first)
		switch {
		case f == nil && (strict || dotted):
			return nil, unknownField(name, e.Name)
		case f != nil && dotted && f.Related == nil:
			return nil, unknownField(name, e.Name)
		case dotted:
			parts[first] = append(parts[first], rest)
		default:
			whole[first] = true
		}
	}
	var out Selection
	for i := range e.Fields {
		f := &e.Fields[i]
		s := Selected{Field: f}
		switch sub := parts[f.Name]; {
		case sub != nil:
			var err error
			if s.Sub, err = f.Related.pick(sub, true); err != nil {
				return nil, err
			}
		case !whole[f.Name]:
			continue
		case f.Related != nil:
			s.Sub = f.Related.all()
		}
		out = append(out, s)
	}
	return out, nil
}

// Has reports whether the field called name is selected.
func (s Selection) Has(name string) bool {
	return slices.ContainsFunc(s, func(sel Selected) bool { return sel.Field.Name == name })
}

// Object makes the answered object; value returns the value of a selected field.
func (s Selection) Object(value func(Selected) any) Object {
	out := make(Object, len(s))
	for i, sel := range s {
		out[i] = Member{sel.Field.Name, value(sel)}
	}
	return out
}
