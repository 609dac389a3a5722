package rest

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Decode fills the struct that dst points to from a tree of parameters. A field's tag is `b24:"NAME"`, with ",required"
// where the parameter must be there and not empty, or ",needed" where the method itself refuses its absence, in words of its
// own; names are matched in any case, the exact spelling first. The tag
// `b24:"*"` on a phpform.Value takes the whole tree.
//
// Types: string, bool ("Y"/"N", 1/0, true/false), int64, float64, phpform.Value as it came, slices of these (a scalar
// counts as a list of one), structs, and pointers, which stay nil where the parameter is absent. An absent or empty
// parameter leaves the zero value. A value of another type is a fault ERROR_ARGUMENT that names the parameter.
func Decode(tree phpform.Value, dst any) error {
	v := reflect.ValueOf(dst).Elem()
	p, err := planOf(v.Type())
	if err != nil {
		return err
	}
	return p.decode(tree, v, "")
}

// plan is how a struct type is filled.
type plan []planField

type planField struct {
	name     string
	index    int
	required bool
	needed   bool // required, and the method says so itself
	whole    bool
}

var plans sync.Map // reflect.Type → plan

func planOf(t reflect.Type) (plan, error) {
	if p, ok := plans.Load(t); ok {
		return p.(plan), nil
	}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("parameters of type %s: not a struct", t)
	}
	var p plan
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("b24")
		if !ok {
			return nil, fmt.Errorf("%s.%s has no tag b24", t, t.Field(i).Name)
		}
		name, option, _ := strings.Cut(tag, ",")
		p = append(p, planField{name: name, index: i, required: option == "required", needed: option == "needed", whole: name == "*"})
	}
	plans.Store(t, p)
	return p, nil
}

func (p plan) decode(tree phpform.Value, dst reflect.Value, path string) error {
	for _, f := range p {
		field := dst.Field(f.index)
		if f.whole {
			field.Set(reflect.ValueOf(tree))
			continue
		}
		v, ok := tree.GetFold(f.name)
		if f.required && (!ok || isBlank(v)) {
			return missing(path + f.name)
		}
		if !ok {
			continue
		}
		if err := decodeInto(v, field, path+f.name); err != nil {
			return err
		}
	}
	return nil
}

// isBlank reports whether a client sent nothing: null, "" or an empty array. 0 and "0" are something.
func isBlank(v phpform.Value) bool {
	if v.IsArray() {
		return v.Len() == 0
	}
	return v.IsNull() || v.Kind() == phpform.String && v.Text() == ""
}

func missing(name string) error {
	return fault.Argument(name, "Argument '"+name+"' is null or empty").Because(&paramError{want: ""})
}

func mistyped(name, want string) error {
	return fault.Argument(name, "Argument '"+name+"' must be "+want).Because(&paramError{want})
}

// paramError tells REST 3.0, which has its own words for it, what is wrong with a parameter.
type paramError struct{ want string } // empty: it is missing

func (e *paramError) Error() string {
	if e.want == "" {
		return "missing"
	}
	return "not " + e.want
}

var valueType = reflect.TypeFor[phpform.Value]()

func decodeInto(v phpform.Value, dst reflect.Value, name string) error {
	if dst.Type() == valueType {
		dst.Set(reflect.ValueOf(v))
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		if v.IsNull() {
			return nil
		}
		dst.Set(reflect.New(dst.Type().Elem()))
		return decodeInto(v, dst.Elem(), name)
	case reflect.Slice:
		return decodeSlice(v, dst, name)
	case reflect.Struct:
		return decodeStruct(v, dst, name)
	default:
		return decodeScalar(v, dst, name)
	}
}

func decodeScalar(v phpform.Value, dst reflect.Value, name string) error {
	if v.IsArray() && v.Len() > 0 {
		return mistyped(name, "a single value")
	}
	if isBlank(v) {
		return nil
	}
	switch dst.Kind() {
	case reflect.String:
		dst.SetString(v.Text())
	case reflect.Int64:
		n, ok := v.Int()
		if !ok {
			return mistyped(name, "an integer")
		}
		dst.SetInt(n)
	case reflect.Float64:
		n, ok := v.Float()
		if !ok {
			return mistyped(name, "a number")
		}
		dst.SetFloat(n)
	case reflect.Bool:
		b, ok := yesNo(v)
		if !ok {
			return mistyped(name, "Y or N")
		}
		dst.SetBool(b)
	default:
		return fmt.Errorf("parameter %s: cannot decode into %s", name, dst.Type())
	}
	return nil
}

func yesNo(v phpform.Value) (value, ok bool) {
	if v.Truthy() {
		return true, true
	}
	switch strings.ToLower(v.Text()) {
	case "n", "0", "false", "":
		return false, true
	}
	return false, false
}

func decodeSlice(v phpform.Value, dst reflect.Value, name string) error {
	if isBlank(v) {
		return nil
	}
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	out := reflect.MakeSlice(dst.Type(), v.Len(), v.Len())
	for i, e := range v.Entries() {
		if err := decodeInto(e.Value, out.Index(i), name+"["+e.Key+"]"); err != nil {
			return err
		}
	}
	dst.Set(out)
	return nil
}

func decodeStruct(v phpform.Value, dst reflect.Value, name string) error {
	if isBlank(v) {
		v = phpform.ListOf()
	}
	if !v.IsArray() {
		return mistyped(name, "an object")
	}
	p, err := planOf(dst.Type())
	if err != nil {
		return err
	}
	return p.decode(v, dst, name+".")
}

// paramsOf describes the fields of P for the registry.
func paramsOf[P any]() ([]Param, error) {
	return describe(reflect.TypeFor[P](), "")
}

func describe(t reflect.Type, prefix string) ([]Param, error) {
	p, err := planOf(t)
	if err != nil {
		return nil, err
	}
	var out []Param
	for _, f := range p {
		if f.whole {
			continue
		}
		ft := t.Field(f.index).Type
		for ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		out = append(out, Param{Name: prefix + f.name, Type: typeName(ft), Required: f.required || f.needed})
		if ft.Kind() == reflect.Slice {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct && ft != valueType {
			inner, err := describe(ft, prefix+f.name+".")
			if err != nil {
				return nil, err
			}
			out = append(out, inner...)
		}
	}
	return out, nil
}

func typeName(t reflect.Type) string {
	if t == valueType {
		return "any"
	}
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "double"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "array"
	default:
		return "object"
	}
}
