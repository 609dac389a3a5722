package userrest

import (
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

// prefixes say how a key of FILTER compares, the longer ones before those that they begin with.
var prefixes = []struct {
	text string
	op   user.Op
	not  bool
}{
	{"!=%", user.Like, true},
	{"!%=", user.Like, true},
	{">=", user.GreaterOrEqual, false},
	{"<=", user.LessOrEqual, false},
	{"!@", user.Equal, true},
	{"!%", user.Contains, true},
	{"!=", user.Equal, true},
	{"=%", user.Like, false},
	{"%=", user.Like, false},
	{">", user.Greater, false},
	{"<", user.Less, false},
	{"@", user.Equal, false},
	{"%", user.Contains, false},
	{"=", user.Equal, false},
	{"!", user.Equal, true},
}

// filterOnly are the keys of FILTER that are no fields of the answer.
var filterOnly = []string{"NAME_SEARCH", "USER_TYPE"}

// splitKey returns the field of a key of FILTER and how it compares. plain is a key without prefix.
func splitKey(key string) (c user.Condition, name string, plain bool) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(key, p.text); ok {
			return user.Condition{Op: p.op, Not: p.not}, strings.ToUpper(rest), false
		}
	}
	return user.Condition{}, strings.ToUpper(key), true
}

// parseFilter reads FILTER. Keys that are no fields, or fields that the caller may not see, do not count: a portal has
// never refused them, and an answer may not depend on what it may not show.
func parseFilter(filter phpform.Value, seen []field, custom []userfield.Field, extra ...string) ([]user.Condition, error) {
	var out []user.Condition
	for _, e := range filter.Entries() {
		c, name, plain := splitKey(e.Key)
		c.Field = fieldOf(name)
		shown := slices.ContainsFunc(seen, func(f field) bool { return f.name == name }) ||
			slices.Contains(filterOnly, name) || slices.Contains(extra, name)
		if i := slices.IndexFunc(custom, func(f userfield.Field) bool { return f.Name == name }); i >= 0 {
			c.Custom = &custom[i]
		} else if !shown || !c.Field.Known() {
			continue
		}
		values, err := valuesOf(e)
		if err != nil {
			return nil, err
		}
		c.Values = values
		if plain && slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, "%") }) {
			c.Op = user.Like // NAME = "Iv%" finds the names that begin so
		}
		out = append(out, c)
	}
	return out, nil
}

func valuesOf(e phpform.Entry) ([]string, error) {
	if !e.Value.IsArray() {
		return []string{e.Value.Text()}, nil
	}
	values := make([]string, 0, e.Value.Len())
	for _, v := range e.Value.Entries() {
		if v.Value.IsArray() {
			return nil, fault.Argument("FILTER["+e.Key+"]", "Argument 'FILTER["+e.Key+"]' must be a value or a list of values")
		}
		values = append(values, v.Value.Text())
	}
	return values, nil
}
