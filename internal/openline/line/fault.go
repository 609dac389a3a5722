package line

import (
	"strings"

	"github.com/portico-hq/portico/internal/fault"
)

// ErrNotFound is returned for a line that does not exist, or was deleted.
var ErrNotFound = fault.New(fault.NotFound, "LINE_NOT_FOUND", "There is no such open channel.").At("CONFIG_ID")

// ErrDenied is returned where who acts may not change a line.
// Page: api-reference/imopenlines/openlines/imopenlines-config-update.md.
var ErrDenied = fault.New(fault.Denied, "CONFIG_WRONG_USER_PERMISSION", "Permission denied")

// Faults are all that is wrong with the settings of a line. As a fault they are the first.
type Faults []*fault.Fault //nolint:errname // faults, as everywhere

// Error tells of the first.
func (f Faults) Error() string { return f[0].Error() }

// Unwrap returns the first.
func (f Faults) Unwrap() error { return f[0] }

// Add adds the fault inside err; it returns err where there is none.
func (f *Faults) Add(err error) error {
	if err == nil {
		return nil
	}
	if found := fault.Of(err); found.Kind != fault.Internal {
		*f = append(*f, found)
		return nil
	}
	return err
}

// Err returns the faults as an error; nil where there are none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// wants returns the fault of a value that the field does not take.
func (f *Field) wants(what string) *fault.Fault { return f.fault("must be " + what) }

func (f *Field) fault(text string) *fault.Fault { return wrong(f.Name, text) }

// wrong returns the fault of a setting.
func wrong(name, text string) *fault.Fault {
	return fault.Argument(name, name+" "+strings.TrimSuffix(text, "."))
}
