package conformance

import (
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// WarningKind says in which respect a call departs from the documentation of its method.
type WarningKind string

// The kinds of warnings.
const (
	UnknownParameter WarningKind = "unknown_parameter" // neither documented nor read by the method: it changes nothing
	OutdatedMethod   WarningKind = "outdated_method"   // the documentation advises against the method
	WrongAuthType    WarningKind = "wrong_auth_type"   // the documentation keeps the method from callers of this kind
)

// Warning tells a developer of a respect in which a call departs from the documentation, although it may work.
type Warning struct {
	Kind  WarningKind
	Param string // of UnknownParameter
	Meant string // the documented parameter that is spelt most alike; empty where none is
	Page  string // path in the documentation repository
}

// Text says in a sentence what the warning is about.
func (w Warning) Text() string {
	switch {
	case w.Kind == OutdatedMethod:
		return "The documentation advises against this method."
	case w.Kind == WrongAuthType:
		return "The documentation keeps this method from callers of this kind."
	case w.Meant != "":
		return "There is no parameter " + w.Param + ". Is " + w.Meant + " meant?"
	}
	return "There is no parameter " + w.Param + "."
}

// passed are parameters that clients and SDKs send with every call and that belong to no method.
var passed = []string{"auth", "access_token", "bx24_request_id", "bx24_sdk_ver", "bx24_sdk_type", "__order", "logtag", "sessid"}

// Check holds a call against what is documented of its method: unknown and misspelt parameters, a method that is advised against,
// a caller of the wrong kind. params are those of the call, without its token. A method without a page has no warnings. Parameters
// inside of others are looked at where the documentation lists what is inside.
func Check(m *rest.Method, kind rest.AuthKind, params phpform.Value) []Warning {
	f := FactOf(m)
	if f == nil {
		return nil
	}
	var out []Warning
	if f.Outdated {
		out = append(out, Warning{Kind: OutdatedMethod, Page: f.Page})
	}
	if kind == rest.ByWebhook && f.AppOnly {
		out = append(out, Warning{Kind: WrongAuthType, Page: f.Page})
	}
	known := knownParams(m, f)
	for _, e := range params.Entries() {
		out = known.check(out, f.Page, "", e)
	}
	return out
}

// paramTree is what is inside of each parameter: names in their spelling, by the dotted name of what holds them in lower case.
type paramTree map[string][]string

func knownParams(m *rest.Method, f *Method) paramTree {
	t := paramTree{}
	for _, name := range f.ParamNames() {
		t.add(name)
	}
	for _, p := range m.Params {
		t.add(p.Name)
	}
	return t
}

func (t paramTree) add(name string) {
	parent, last := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		parent, last = strings.ToLower(name[:i]), name[i+1:]
	}
	if !slices.Contains(t[parent], last) {
		t[parent] = append(t[parent], last)
	}
}

// check appends the warnings about an entry inside of the parameter path, which is empty at the top.
func (t paramTree) check(out []Warning, page, path string, e phpform.Entry) []Warning {
	names := t[strings.ToLower(path)]
	isOne := func(name string) bool { return strings.EqualFold(name, e.Key) }
	if path == "" && slices.ContainsFunc(passed, isOne) {
		return out
	}
	full := strings.TrimPrefix(path+"."+e.Key, ".")
	if !slices.ContainsFunc(names, isOne) {
		w := Warning{Kind: UnknownParameter, Param: full, Page: page}
		if near := nearest(e.Key, names); near != "" {
			w.Meant = strings.TrimPrefix(path+"."+near, ".")
		}
		return append(out, w)
	}
	if !e.Value.IsArray() || len(t[strings.ToLower(full)]) == 0 || openEnded(full) {
		return out
	}
	for _, inner := range e.Value.Entries() {
		if !isIndex(inner.Key) {
			out = t.check(out, page, full, inner)
		}
	}
	return out
}

// openEnded reports whether what is inside of a parameter cannot be listed: filters have prefixes, and objects fields of their own.
func openEnded(path string) bool {
	last := strings.ToLower(path[strings.LastIndexByte(path, '.')+1:])
	return slices.Contains([]string{"filter", "order", "select", "fields", "sort"}, last)
}

func isIndex(key string) bool {
	return key != "" && strings.Trim(key, "0123456789") == ""
}

// nearest returns the name that differs from key in at most two letters, or a third of them, in any case; empty where none does.
func nearest(key string, names []string) string {
	best, most := "", min(2, len(key)/3)
	for _, name := range names {
		if d := distance(strings.ToLower(key), strings.ToLower(name), most); d <= most {
			best, most = name, d-1
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace to make b of a; more than most where it is larger.
func distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most || len(a) > maxName {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// maxName bounds the names that are compared: longer ones are no slip.
const maxName = 64
