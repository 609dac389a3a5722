package partrest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// kind is the type of an argument.
type kind uint8

const (
	integer kind = iota + 1
	array        // an object or a list
	anything
)

func (k kind) String() string {
	return [...]string{integer: "integer", array: "array", anything: "string"}[k]
}

// argument is a parameter of a method of the older families, which count their parameters.
type argument struct {
	wire     string // its name in the documentation
	name     string // what faults call it
	kind     kind
	optional bool
}

// signature is a method of the older families. Its arguments are found by their documented names, in any order; what has
// another name counts by its place, as does a list.
type signature struct {
	class, method string
	args          []argument
}

func (s signature) fault(text string) *fault.Fault {
	return fault.New(fault.Invalid, codeCore, "TASKS_ERROR_EXCEPTION_#256; "+text+"; 256/TE/WRONG_ARGUMENTS<br>")
}

func (s signature) missing(i int) error {
	return s.fault("Param #" + s.label(i) + " expected by method " + s.String() + ", but not given.")
}

func (s signature) mistyped(i int) error {
	return s.wrong(i, `expected to be of type "`+s.args[i].kind.String()+`", but given something else.`)
}

// forbidden is the fault for a key of an object that has no such field.
func (s signature) forbidden(i int, key string) error {
	return s.wrong(i, `must not contain key "`+clip(key)+`".`)
}

func (s signature) badValue(i int, value string) error {
	return s.wrong(i, `must not contain value "`+clip(value)+`".`)
}

func (s signature) wrong(i int, what string) error {
	return s.fault("Param #" + s.label(i) + " for method " + s.String() + " " + what)
}

func (s signature) label(i int) string { return strconv.Itoa(i) + " (" + s.args[i].name + ")" }

// String returns the method as faults call it.
func (s signature) String() string { return s.class + "::" + s.method + "()" }

// clip keeps faults readable.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// The codes and faults of the older families.
const codeCore = "ERROR_CORE"

var errAssert = fault.New(fault.Invalid, codeCore, "TASKS_ERROR_ASSERT_EXCEPTION<br>")

// failed is the fault of an action that was understood and cannot be done.
func failed(text string) *fault.Fault {
	return fault.New(fault.Invalid, codeCore, "TASKS_ERROR_EXCEPTION_#8; "+text+"; 8/TE/ACTION_FAILED_TO_BE_PROCESSED<br>")
}

// forbiddenAction is the fault of an action that the caller may not do.
func forbiddenAction(text string) *fault.Fault {
	return fault.New(fault.Invalid, codeCore, "TASKS_ERROR_EXCEPTION_#4; "+text+"; 4/TE/ACTION_NOT_ALLOWED<br>")
}

var errItem = fault.New(fault.Invalid, codeCore,
	"TASKS_ERROR_EXCEPTION_#512; Check listitem not found or not accessible; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE<br>")

// passing are parameters of the protocol, which are no arguments whatever their place.
var passing = []string{"auth", "start", "next", "sessid", "access_token"}

func isPassing(key string) bool {
	key = strings.ToLower(key)
	return slices.Contains(passing, key) || strings.HasPrefix(key, "bx24_") || strings.HasPrefix(key, "__")
}

// arguments are the values of a call, absent ones null.
type arguments []phpform.Value

// read returns the arguments in the order of the signature, checked for presence and type.
func (s signature) read(tree phpform.Value) (arguments, error) {
	out := make(arguments, len(s.args))
	var unnamed []phpform.Value
	for _, e := range tree.Entries() {
		i := slices.IndexFunc(s.args, func(a argument) bool { return strings.EqualFold(a.wire, e.Key) })
		switch {
		case i >= 0:
			out[i] = e.Value
		case !isPassing(e.Key):
			unnamed = append(unnamed, e.Value)
		}
	}
	for i, a := range s.args {
		if !out[i].IsNull() || len(unnamed) == 0 {
			continue
		}
		if a.optional && a.kind == integer && unnamed[0].IsArray() {
			continue // it was left out, as positional callers leave out a number at the beginning
		}
		out[i], unnamed = unnamed[0], unnamed[1:]
	}
	return out, s.check(out)
}

func (s signature) check(values arguments) error {
	for i, a := range s.args {
		v := values[i]
		switch {
		case v.IsNull() && a.optional:
		case v.IsNull(), a.kind == array && !a.optional && (v.IsArray() && v.Len() == 0 || !v.IsArray() && v.Text() == ""):
			return s.missing(i)
		case !fits(v, a):
			return s.mistyped(i)
		}
	}
	return nil
}

func fits(v phpform.Value, a argument) bool {
	switch a.kind {
	case integer:
		_, ok := v.Int()
		return ok && !v.IsArray()
	case array:
		return v.IsArray() || a.optional && v.Text() == ""
	default:
		return true
	}
}

// int returns the i-th argument, 0 where it was left out.
func (a arguments) int(i int) int64 {
	n, _ := a[i].Int()
	return n
}

// has reports whether the i-th argument was given.
func (a arguments) has(i int) bool { return !a[i].IsNull() }

// fields returns the i-th argument as fields by their names in upper case. Others than known are a fault.
func (s signature) fields(a arguments, i int, known ...string) (map[string]phpform.Value, error) {
	out := make(map[string]phpform.Value, a[i].Len())
	for _, e := range a[i].Entries() {
		name := strings.ToUpper(e.Key)
		if !slices.Contains(known, name) {
			return nil, s.forbidden(i, e.Key)
		}
		out[name] = e.Value
	}
	return out, nil
}

// positive returns errAssert where one of ids cannot be that of anything.
func positive(ids ...int64) error {
	for _, id := range ids {
		if id <= 0 {
			return errAssert
		}
	}
	return nil
}

// flag reads "Y" or "N" and what stands for them.
func flag(v phpform.Value) (value, ok bool) {
	if v.IsArray() {
		return false, false
	}
	if v.Truthy() {
		return true, true
	}
	switch strings.ToLower(v.Text()) {
	case "n", "0", "false", "":
		return false, true
	}
	return false, false
}
