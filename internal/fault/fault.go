// Package fault holds the one error type that may be shown to a caller.
//
// An area returns a *Fault when the caller did something it can mend; every other error is internal: it is logged whole
// and shown as one constant text. The kinds become HTTP statuses in package rest and in package web, once each.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of mistake a fault is.
type Kind uint8

// The kinds of faults.
const (
	Internal     Kind = iota // not the caller's mistake; the text is never shown
	Invalid                  // a parameter is missing, mistyped or out of range
	Unauthorized             // nobody is signed in, or the token is unknown or expired
	Denied                   // the caller is known and may not do this
	NotFound                 // the thing does not exist, or the caller may not know that it does
	Conflict                 // the thing is in a state that forbids this
	TooLarge                 // a limit on size or number was passed
	Unavailable              // try again later
)

// Fault is an error with a machine-readable code and a text that is safe to show.
type Fault struct { //nolint:errname // a fault is the one error that is shown; every package calls it so
	Kind  Kind
	Code  string // what apps test for, e.g. "BOT_ID_ERROR"; never renamed
	Text  string // safe to show
	Field string // the parameter at fault, where there is one
	cause error
}

// New returns a fault of kind with a code and a text that is safe to show.
func New(kind Kind, code, text string) *Fault {
	return &Fault{Kind: kind, Code: code, Text: text}
}

// Newf is New with a formatted text.
func Newf(kind Kind, code, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Argument returns the fault for a parameter that is missing, mistyped or out of range, in the form that the REST
// protocol gives such faults (code ERROR_ARGUMENT, the parameter's name beside it).
func Argument(name, text string) *Fault {
	return &Fault{Kind: Invalid, Code: "ERROR_ARGUMENT", Text: text, Field: name}
}

// Because returns a copy of f that hides cause: it is logged and never shown.
func (f *Fault) Because(cause error) *Fault {
	c := *f
	c.cause = cause
	return &c
}

// At returns a copy of f that names the parameter at fault.
func (f *Fault) At(field string) *Fault {
	c := *f
	c.Field = field
	return &c
}

// Error returns the code and the text; with a hidden cause that too, so it is for logs.
func (f *Fault) Error() string {
	if f.cause != nil {
		return f.Code + ": " + f.Text + ": " + f.cause.Error()
	}
	return f.Code + ": " + f.Text
}

// Unwrap returns the hidden cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is reports whether target is a fault with the same code, so that errors.Is works with package-level faults.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code && t.Kind == f.Kind
}

// Of returns the fault inside err, or an Internal one that hides it.
func Of(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{Kind: Internal, Code: "INTERNAL_SERVER_ERROR", Text: "Internal server error", cause: err}
}

// KindOf returns the kind of the fault inside err; Internal where there is none.
func KindOf(err error) Kind { return Of(err).Kind }
