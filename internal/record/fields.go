package record

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// maxStored is how many bytes a text without a MaxLen has at most.
const maxStored = 64_000

// New reads the fields of a record to be added: what is required must be there.
func (r *Reader) New(v phpform.Value) (Values, error) {
	out, err := r.values(v, true)
	if err != nil {
		return nil, err
	}
	for _, f := range r.View.All() {
		if _, given := out[f.Name]; f.Required && !given && f.Default == nil {
			return nil, r.required(f)
		}
	}
	return out, nil
}

// Changes reads the fields of a record to be changed: what is required must not become empty.
func (r *Reader) Changes(v phpform.Value) (Values, error) { return r.values(v, false) }

func (r *Reader) values(v phpform.Value, isNew bool) (Values, error) {
	out := Values{}
	if Nothing(v) {
		return out, nil
	}
	if !v.IsArray() {
		return out, r.shape(PartFields)
	}
	for _, e := range v.Entries() {
		f := r.View.Field(e.Key)
		switch {
		case f == nil || f.Hidden:
			if err := r.unknown(PartFields, e.Key); err != nil {
				return nil, err
			}
			continue
		case f.ReadOnly || f.Immutable && !isNew:
			if r.Faults.ReadOnly != nil {
				if err := r.Faults.ReadOnly(f, !f.ReadOnly); err != nil {
					return nil, err
				}
			}
			continue
		}
		if err := r.field(out, f, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// field reads one value.
func (r *Reader) field(out Values, f *Field, e phpform.Entry) error {
	value, ok, err := r.stored(f, e.Value)
	if err != nil {
		return err
	}
	if !ok {
		return r.mistyped(PartFields, f, e.Key)
	}
	missing := f.missing(e.Value, value)
	if f.Required && missing {
		return r.required(f)
	}
	if most, long := f.tooLong(value); long {
		if r.Faults.TooLong != nil {
			return r.Faults.TooLong(f, most, e.Key)
		}
		return fault.Argument(f.Name, "Field "+f.Name+" may have "+strconv.Itoa(most)+" characters").At(f.Name)
	}
	if f.Check != nil && !missing {
		if err := f.Check(value); err != nil {
			return err
		}
	}
	out[f.Name] = value
	return nil
}

// missing reports whether a client gave the field nothing: 0 is a number and "N" an answer, but neither is an id, a time or a text.
func (f *Field) missing(given phpform.Value, value any) bool {
	switch f.Type {
	case Int, Double, Money, Bool:
		if given.Kind() == phpform.Bool {
			return f.Type != Bool && !given.Truthy()
		}
		return given.IsNull() || strings.TrimSpace(given.Text()) == ""
	}
	return isEmpty(value)
}

// tooLong reports whether a text, or one of several, is longer than the field takes.
func (f *Field) tooLong(value any) (most int, long bool) {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = []string{v}
	case []string:
		texts = v
	}
	if f.MaxLen > 0 {
		return f.MaxLen, slices.ContainsFunc(texts, func(s string) bool { return utf8.RuneCountInString(s) > f.MaxLen })
	}
	return maxStored, slices.ContainsFunc(texts, func(s string) bool { return len(s) > maxStored })
}

// stored reads a value as the database keeps it; false where it is of another type, or none of the field's values.
func (r *Reader) stored(f *Field, v phpform.Value) (any, bool, error) {
	switch f.Type {
	case custom:
		texts, ok := texts(v)
		return texts, ok, nil
	case Multi:
		changes, ok := readMulti(v)
		return changes, ok, nil
	case IDs:
		ids, ok := numbers(v)
		return ids, ok, nil
	case Texts:
		texts, ok := texts(v)
		return texts, ok, nil
	}
	if v.IsArray() {
		return nil, false, nil
	}
	if f.isText() {
		text := v.Text()
		if v.Kind() == phpform.Bool && !v.Truthy() {
			text = ""
		}
		if f.Type == Choice || f.MaxLen > 0 {
			text = strings.TrimSpace(text)
		}
		return text, !strings.ContainsRune(text, 0) && f.offers(text), nil
	}
	value, ok := f.read(v, r.Zone)
	if n, isInt := value.(int64); ok && isInt && f.Type == Int && len(f.Values) > 0 {
		ok = f.offers(strconv.FormatInt(n, 10))
	}
	return value, ok, nil
}

// offers reports whether value is one of those of a field that has a list of them.
func (f *Field) offers(value string) bool {
	if len(f.Values) == 0 || value == "" && !f.Required {
		return true
	}
	for _, v := range f.Values {
		if v.Value == value {
			return true
		}
	}
	return false
}

// numbers reads a list of ids; a scalar is a list of one, nothing an empty one.
func numbers(v phpform.Value) ([]int64, bool) {
	out := []int64{}
	if Nothing(v) || v.Kind() == phpform.Bool {
		return out, true
	}
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	if v.Len() > MaxValues {
		return nil, false
	}
	for _, e := range v.Entries() {
		if Nothing(e.Value) {
			continue
		}
		n, ok := e.Value.Int()
		if !ok || e.Value.IsArray() {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

func texts(v phpform.Value) ([]string, bool) {
	out := []string{}
	if Nothing(v) {
		return out, true
	}
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	if v.Len() > MaxValues {
		return nil, false
	}
	for _, e := range v.Entries() {
		text := e.Value.Text()
		if e.Value.Kind() == phpform.Bool && !e.Value.Truthy() {
			text = "0"
		}
		if e.Value.IsArray() || strings.ContainsRune(text, 0) {
			return nil, false
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return out, true
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case int64:
		return v == 0
	case []string:
		return len(v) == 0
	case []int64:
		return len(v) == 0
	case []MultiChange: // to change or remove a value is something
		return !slices.ContainsFunc(v, func(c MultiChange) bool { return c.ID != 0 || c.Value != "" && !c.Delete })
	}
	return false
}

func (r *Reader) required(f *Field) error {
	switch {
	case r.Faults.Required != nil:
		return r.Faults.Required(f)
	case f.added != nil:
		if text := f.added.Labels.In(userfield.ErrorMessage, "en"); text != "" {
			return fault.Argument(f.Name, text).At(f.Name)
		}
	}
	return fault.Argument(f.Name, "Argument '"+f.Name+"' is null or empty").At(f.Name)
}
