package taskrest

import (
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
)

// The documented faults of the methods tasks.task.*. The codes are numbers, written as texts.
var (
	errTaskID      = fault.New(fault.Invalid, "0", "wrong task id")
	errConstructor = fault.New(fault.Invalid, "100", "CTaskItem All parameters in the constructor must have real class type")
	errNotAllowed  = fault.New(fault.Invalid, "0", "Action on the task is not allowed")
	errForbidden   = fault.New(fault.Invalid, "1048582", "Action on the task is not allowed")
	errNoDelete    = fault.New(fault.Invalid, "1048582", "No access to delete the task")
	errNoWatch     = fault.New(fault.Invalid, "1048584", "a:0:{}")
	errNoFavorite  = fault.New(fault.Invalid, "1", "Task not found or not accessible")
	errNoFields    = fault.New(fault.Invalid, "100", "Could not find value for parameter {fields}")
	errNoUser      = fault.New(fault.Invalid, "100", "Could not find value for parameter {userId}")
	errSorting     = fault.New(fault.Invalid, "0", "Invalid sorting key")
)

// internally gives a fault the end that some pages show.
func internally(f *fault.Fault) *fault.Fault {
	return fault.New(f.Kind, f.Code, f.Text+" (internal error)")
}

// notArray is the fault of a parameter that is no list.
func notArray(v phpform.Value, name string) *fault.Fault {
	return fault.Newf(fault.Invalid, "100", "Invalid value {%s} to match with parameter {%s}. Should be value of type array.", shorten(v.Text()), name)
}

// taskID reads the number of a task.
func taskID(v phpform.Value) (int64, error) {
	if record.Nothing(v) {
		return 0, errConstructor
	}
	id, ok := v.Int()
	if !ok || v.IsArray() || id <= 0 {
		return 0, errTaskID
	}
	return id, nil
}

// gone reports whether err says that there is no such task for the caller, or that they may not do what they want.
func gone(err error) bool {
	switch fault.KindOf(err) {
	case fault.NotFound:
		return fault.Of(err).Code == task.ErrNotFound.Code
	case fault.Denied, fault.Conflict:
		return fault.Of(err).Code != taskfile.ErrFile.Code // which has words of its own
	}
	return false
}

// core is a fault with the code that the task methods give to what is wrong with the fields.
func core(text string) error { return fault.New(fault.Invalid, "ERROR_CORE", text) }

// fieldFault words what is wrong with the fields of a task as the pages of add and update do.
func fieldFault(err error, update bool) error {
	f := fault.Of(err)
	word := func(onAdd, onUpdate string) error {
		if update {
			return core(onUpdate + "<br>")
		}
		return core(onAdd)
	}
	switch {
	case f.Code == "FIELD_VALUE_REQUIRED":
		return core("Required field " + f.Field + " value not entered")
	case f.Code == "FIELD_VALUE_WRONG":
		return core(f.Text)
	case f.Code == taskfile.ErrFile.Code, f.Code == taskfile.ErrTooMany.Code:
		return word(f.Text, f.Text)
	case f.Code != "TASK_INVALID":
		return err
	case f.Text == task.TextNoTitle:
		return word("Task title not specified", "Task title not specified")
	case f.Text == task.TextNobody:
		return word("Responsible person not specified", "Responsible person not specified")
	case f.Text == task.TextSelf:
		return word("Cannot bind the node to itself", "Cannot bind the node to itself")
	case f.Text == task.TextLoop:
		return word("Creating cyclic links in tasks is prohibited", "Creating cyclic links in tasks is prohibited")
	case f.Text == task.TextPlanned:
		return word("The end date in scheduling is earlier than the start date", "The end date specified in the scheduling is earlier than the start date")
	case f.Text == task.TextTooLong:
		return word("The specified task duration is too long", "The duration of the task specified in the scheduling is too long")
	case f.Field == "responsible" || f.Field == "people" || f.Field == "creator":
		return word(`User specified in the "Responsible" field not found`, `The user specified in the "Responsible" field was not found`)
	case f.Field == "status":
		return word("Incorrect status", "Invalid status")
	case f.Field == "parent" && strings.HasPrefix(f.Text, task.TextNoTask):
		return word(`Task specified in the "Parent Task" field not found`, `The task specified in the "Parent Task" field was not found`)
	}
	return core(f.Text)
}
