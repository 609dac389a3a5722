package taskrest

import (
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/record"
)

// The limits of a filter of the older methods.
const (
	maxConditions = 100
	maxValues     = 1000 // of all conditions together
)

// param is a parameter of a method that counts its parameters.
type param struct {
	position int
	name     string
	method   string
}

// params are the parameters of task.item.list by their parts.
func params(method string) map[record.Part]param {
	return map[record.Part]param{
		record.PartOrder: {0, "arOrder", method}, record.PartFilter: {1, "arFilter", method}, record.PartSelect: {3, "arSelect", method},
	}
}

// wrong returns the fault for a parameter: ERROR_CORE with the text that the task methods give all of them
// (api-reference/tasks/checklist-item/task-checklist-item-get-list.md shows its form).
func (p param) wrong(what string) error {
	return fault.Newf(fault.Invalid, "ERROR_CORE",
		"TASKS_ERROR_EXCEPTION_#256; Param #%d (%s) for method ctaskitem::%s() %s; 256/TE/WRONG_ARGUMENTS<br>", p.position, p.name, p.method, what)
}

func (p param) unknownKey(key string) error {
	return p.wrong(`must not contain key "` + shorten(key) + `".`)
}

func (p param) mistyped(want string) error {
	return p.wrong(`expected to be of type "` + want + `", but given something else.`)
}

// itemFaults are the words of the older methods.
func itemFaults(method string) record.Faults {
	of := params(method)
	return record.Faults{
		Shape: func(p record.Part) error { return of[p].mistyped("array") },
		Unknown: func(p record.Part, key string) error {
			if p == record.PartSelect {
				return of[p].wrong(`must not contain value "` + shorten(key) + `".`)
			}
			return of[p].unknownKey(key)
		},
		Value: func(p record.Part, f *record.Field, _ string) error {
			if p != record.PartFilter {
				return of[p].mistyped("string")
			}
			return of[p].mistyped(typeName(f))
		},
		Pair: func(key string) error {
			return of[record.PartFilter].wrong(`expects two values for key "` + shorten(key) + `".`)
		},
		Direction: func(_ *record.Field, direction string) error {
			return of[record.PartOrder].wrong(`must not contain value "` + shorten(direction) + `".`)
		},
		TooMuch: func(text string) error { return fault.New(fault.Invalid, "ERROR_CORE", text) },
	}
}

// typeName is the type of a field as faults call it.
func typeName(f *record.Field) string {
	switch f.Type {
	case record.Int, record.Ref, record.IDs:
		return "integer"
	case record.Moment:
		return "datetime"
	case record.Bool:
		return "boolean"
	}
	return "string"
}

// shorten keeps the faults readable.
func shorten(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
