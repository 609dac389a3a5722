package taskrest

import (
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task"
)

// The limits of a filter: enough for every honest caller, little enough that a statement stays small.
const (
	maxConditions = 100
	maxValues     = 1000 // of all conditions together
	maxText       = 1000 // bytes of one value
)

// The positions of the parameters of task.item.list, which its faults name.
var (
	paramOrder  = param{0, "arOrder"}
	paramFilter = param{1, "arFilter"}
	paramParams = param{2, "arParams"}
	paramSelect = param{3, "arSelect"}
)

// param is a parameter of a method that counts its parameters.
type param struct {
	position int
	name     string
}

// wrong returns the fault for a parameter: ERROR_CORE with the text that the task methods give all of them
// (api-reference/tasks/checklist-item/task-checklist-item-get-list.md shows its form).
func (p param) wrong(what string) error {
	return fault.Newf(fault.Invalid, "ERROR_CORE",
		"TASKS_ERROR_EXCEPTION_#256; Param #%d (%s) for method ctaskitem::list() %s; 256/TE/WRONG_ARGUMENTS<br>", p.position, p.name, what)
}

func (p param) unknownKey(key string) error {
	return p.wrong(`must not contain key "` + shorten(key) + `".`)
}

func (p param) mistyped(want string) error {
	return p.wrong(`expected to be of type "` + want + `", but given something else.`)
}

// shorten keeps the faults readable.
func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// prefixes are the comparisons that may stand before the name of a field, the longer ones first.
var prefixes = []struct {
	text string
	op   task.Op
	not  bool
}{
	{"!><", task.Between, true},
	{"><", task.Between, false},
	{"!=", task.Equal, true},
	{"!%", task.Contains, true},
	{"!@", task.Equal, true},
	{"<=", task.LessEqual, false},
	{">=", task.GreaterEqual, false},
	{"!", task.Match, true},
	{"=", task.Equal, false},
	{"%", task.Contains, false},
	{"?", task.Contains, false},
	{"@", task.Equal, false},
	{"<", task.Less, false},
	{">", task.Greater, false},
}

// parseFilter reads FILTER: {"<DEADLINE": "2026-11-23", "RESPONSIBLE_ID": [1, 2]}. Moments without a zone are in zone; a
// date alone is the beginning of its day.
func parseFilter(v phpform.Value, zone *time.Location) ([]task.Condition, error) {
	if nothing(v) {
		return nil, nil
	}
	if !v.IsArray() {
		return nil, paramFilter.mistyped("array")
	}
	if v.Len() > maxConditions {
		return nil, fault.Newf(fault.Invalid, "ERROR_CORE", "FILTER holds %d conditions, at most %d are allowed", v.Len(), maxConditions)
	}
	var out []task.Condition
	values := 0
	for _, e := range v.Entries() {
		if nothing(e.Value) && isIndex(e.Key) {
			continue // FILTER[]= is how an empty filter is spelled
		}
		c, err := parseCondition(e.Key, e.Value, zone)
		if err != nil {
			return nil, err
		}
		if values += len(c.Values); values > maxValues {
			return nil, fault.Newf(fault.Invalid, "ERROR_CORE", "FILTER holds more than %d values", maxValues)
		}
		out = append(out, c)
	}
	return out, nil
}

func parseCondition(key string, v phpform.Value, zone *time.Location) (task.Condition, error) {
	c := task.Condition{Field: strings.ToUpper(key)}
	for _, p := range prefixes {
		if name, ok := strings.CutPrefix(c.Field, p.text); ok {
			c.Field, c.Op, c.Not = name, p.op, p.not
			break
		}
	}
	f := task.FieldOf(c.Field)
	if f == nil || !f.MayFilter(c.Op) {
		return c, paramFilter.unknownKey(key)
	}
	values := []phpform.Value{v}
	if v.IsArray() {
		if v.Len() > maxValues {
			return c, fault.Newf(fault.Invalid, "ERROR_CORE", "FILTER holds more than %d values", maxValues)
		}
		values = values[:0]
		for _, e := range v.Entries() {
			values = append(values, e.Value)
		}
	}
	for _, one := range values {
		value, err := parseValue(f, one, zone)
		if err != nil {
			return c, err
		}
		c.Values = append(c.Values, value)
	}
	if c.Op == task.Between && len(c.Values) != 2 {
		return c, paramFilter.wrong(`expects two values for key "` + shorten(key) + `".`)
	}
	return c, nil
}

// parseValue reads one value of the field. Nothing ("", null, false) is 0, no text, or no moment.
func parseValue(f *task.Field, v phpform.Value, zone *time.Location) (out task.Value, err error) {
	text := strings.TrimSpace(v.Text())
	switch {
	case v.IsArray():
		return out, paramFilter.mistyped(typeNames[f.Type])
	case len(text) > maxText:
		return out, fault.Newf(fault.Invalid, "ERROR_CORE", "A value of FILTER is longer than %d bytes", maxText)
	case f.Type == task.Text || f.Type == task.Choice || f.Type == task.Texts:
		out.Text = v.Text()
		return out, nil
	case text == "":
		return out, nil
	}
	var ok bool
	switch f.Type {
	case task.Moment:
		out.Time, ok = parseMoment(text, zone)
	case task.YesNo:
		out.Int, ok = parseYesNo(v)
	default:
		out.Int, ok = phpform.StringOf(text).Int()
	}
	if !ok {
		return out, paramFilter.mistyped(typeNames[f.Type])
	}
	return out, nil
}

// typeNames are the types as faults call them.
var typeNames = map[task.Type]string{
	task.Integer: "integer", task.Optional: "integer", task.IDs: "integer", task.Moment: "datetime", task.YesNo: "boolean",
	task.Text: "string", task.Choice: "string", task.Texts: "string",
}

func parseYesNo(v phpform.Value) (int64, bool) {
	if v.Truthy() {
		return 1, true
	}
	switch v.Text() {
	case "N", "n", "0", "false":
		return 0, true
	}
	return 0, false
}

// zoned and local are the spellings of moments: with a zone, and in that of the caller. A date alone is its first moment.
var (
	zoned = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"}
	local = []string{
		time.DateOnly, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
		"02.01.2006", "02.01.2006 15:04:05", "02.01.2006 15:04", "01/02/2006", "01/02/2006 03:04:05 pm", "01/02/2006 03:04 pm",
	}
)

func parseMoment(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range zoned {
		if t, err := time.Parse(layout, text); err == nil {
			return t, storable(t)
		}
	}
	for _, layout := range local {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, storable(t)
		}
	}
	return time.Time{}, false
}

// storable reports whether t can be counted in microseconds since 1970; years 1 to 9999 can.
func storable(t time.Time) bool { return !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 }

// nothing reports whether a client sent nothing: null, "", an empty array, or one that holds only that (ORDER[]=).
func nothing(v phpform.Value) bool {
	if !v.IsArray() {
		return v.IsNull() || v.Kind() == phpform.String && v.Text() == ""
	}
	return v.Len() == 0 || v.Len() == 1 && isIndex(v.Entries()[0].Key) && v.Index(0).Kind() == phpform.String && v.Index(0).Text() == ""
}

func isIndex(key string) bool {
	_, ok := phpform.StringOf(key).Int()
	return ok
}

// parseOrder reads ORDER: {"DEADLINE": "desc"}. A direction may say where tasks without a value go: "nulls,asc" puts them
// first, "asc,nulls" and all others last.
func parseOrder(v phpform.Value) ([]task.Order, error) {
	if nothing(v) {
		return nil, nil
	}
	if !v.IsArray() {
		return nil, paramOrder.mistyped("array")
	}
	if v.Len() > maxConditions {
		return nil, fault.Newf(fault.Invalid, "ERROR_CORE", "ORDER holds %d fields, at most %d are allowed", v.Len(), maxConditions)
	}
	var out []task.Order
	for _, e := range v.Entries() {
		name := strings.ToUpper(e.Key)
		if f := task.FieldOf(name); f == nil || !f.Sort {
			return nil, paramOrder.unknownKey(e.Key)
		}
		if slices.ContainsFunc(out, func(o task.Order) bool { return o.Field == name }) {
			continue // a second spelling of the same field changes nothing
		}
		o := task.Order{Field: name}
		switch strings.ToLower(strings.ReplaceAll(e.Value.Text(), " ", "")) {
		case "asc", "asc,nulls", "":
		case "desc", "desc,nulls":
			o.Desc = true
		case "nulls,asc":
			o.Nulls = task.NullsFirst
		case "nulls,desc":
			o.Desc, o.Nulls = true, task.NullsFirst
		default:
			return nil, paramOrder.wrong(`must not contain value "` + shorten(e.Value.Text()) + `".`)
		}
		if e.Value.IsArray() {
			return nil, paramOrder.mistyped("string")
		}
		out = append(out, o)
	}
	return out, nil
}
