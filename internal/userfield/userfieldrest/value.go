// Package userfieldrest is the wire side of the fields that people add: the methods <records>.userfield.*, and the values of
// fields in the methods of the records themselves.
package userfieldrest

import (
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// Read returns the values that a client sent for a field: one, or a list of them. Something empty is none. What they are
// is checked when they are stored. Fault: ERROR_ARGUMENT where they are no values at all.
func Read(f userfield.Field, v phpform.Value) ([]string, error) {
	if !v.IsArray() {
		return []string{scalar(v)}, nil
	}
	out := make([]string, 0, v.Len())
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			return nil, fault.Argument(f.Name, "Argument '"+f.Name+"' must be a value or a list of values")
		}
		out = append(out, scalar(e.Value))
	}
	return out, nil
}

// scalar returns the text of a value; false is 0 where a form would have sent nothing.
func scalar(v phpform.Value) string {
	if v.Kind() == phpform.Bool && !v.Truthy() {
		return "0"
	}
	return v.Text()
}

// Write returns the values of a field as the wire shows them: texts, dates in ISO 8601, a list where there may be several.
// A flag that was never set is 0, anything else that is empty is an empty text.
func Write(f userfield.Field, values []string) phpform.Value {
	if f.Multiple {
		out := make([]phpform.Value, len(values))
		for i, v := range values {
			out[i] = phpform.StringOf(shown(f, v))
		}
		return phpform.ListOf(out...)
	}
	switch {
	case len(values) > 0:
		return phpform.StringOf(shown(f, values[0]))
	case f.Type == userfield.Boolean:
		return phpform.StringOf("0")
	}
	return phpform.StringOf("")
}

func shown(f userfield.Field, v string) string {
	switch f.Type {
	case userfield.Date:
		return v + "T00:00:00+00:00"
	case userfield.DateTime:
		return strings.TrimSuffix(v, "Z") + "+00:00"
	}
	return v
}

// prefixes say how a key of a filter compares, the longer ones before those that they begin with.
var prefixes = []struct {
	text string
	op   userfield.Op
	not  bool
}{
	{"!=%", userfield.Like, true},
	{"!%=", userfield.Like, true},
	{">=", userfield.GreaterOrEqual, false},
	{"<=", userfield.LessOrEqual, false},
	{"!@", userfield.Equal, true},
	{"!%", userfield.Contains, true},
	{"!=", userfield.Equal, true},
	{"=%", userfield.Like, false},
	{"%=", userfield.Like, false},
	{">", userfield.Greater, false},
	{"<", userfield.Less, false},
	{"@", userfield.Equal, false},
	{"%", userfield.Contains, false},
	{"=", userfield.Equal, false},
	{"!", userfield.Equal, true},
}

// splitKey returns the column that a key of a filter names, and how it compares.
func splitKey(key string) (string, userfield.Condition) {
	for _, p := range prefixes {
		if name, ok := strings.CutPrefix(key, p.text); ok {
			return strings.ToUpper(name), userfield.Condition{Op: p.op, Not: p.not}
		}
	}
	return strings.ToUpper(key), userfield.Condition{}
}
