package dto

import (
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// The codes of REST 3.0 that all families share; api-reference/rest-v3.md.
const (
	prefix = "BITRIX_REST_V3_EXCEPTION_"

	CodeValidation    = prefix + "VALIDATION_REQUESTVALIDATIONEXCEPTION" // a field is missing or of another type
	CodeDtoValidation = prefix + "VALIDATION_DTOVALIDATIONEXCEPTION"     // a field of the object to store is
	CodeJSON          = prefix + "INVALIDJSONEXCEPTION"
	CodeUnknownField  = prefix + "UNKNOWNDTOPROPERTYEXCEPTION"
	CodeOperator      = prefix + "UNKNOWNFILTEROPERATOREXCEPTION"
	CodeFilter        = prefix + "INVALIDFILTEREXCEPTION"
	CodeSelect        = prefix + "INVALIDSELECTEXCEPTION"
	CodeOrder         = prefix + "INVALIDORDEREXCEPTION"
	CodePagination    = prefix + "INVALIDPAGINATIONEXCEPTION"
	CodeNotFound      = prefix + "ENTITYNOTFOUNDEXCEPTION"
	CodeDenied        = prefix + "ACCESSDENIEDEXCEPTION"
	CodeScope         = prefix + "INSUFFICIENTSCOPEEXCEPTION"
	CodeMethod        = prefix + "METHODNOTFOUNDEXCEPTION"
	CodeKeyReused     = prefix + "IDEMPOTENCYKEYREUSEDEXCEPTION"
	CodeKey           = prefix + "INVALIDIDEMPOTENCYKEYEXCEPTION"
	CodeFieldNotFound = "BITRIX_REST_V3_REALISATION_EXCEPTION_FIELDNOTFOUNDEXCEPTION"
)

// Missing returns the fault for a required field that was not given.
func Missing(field string) *fault.Fault {
	return Invalid(field, "Required field `"+field+"` is not specified")
}

// Mistyped returns the fault for a field of another type than want ("int", "string", …).
func Mistyped(field, want string) *fault.Fault {
	return Invalid(field, "Field `"+field+"` requires data type `"+want+"` for this request")
}

// Invalid returns the fault for a field whose value cannot be taken; text says why.
func Invalid(field, text string) *fault.Fault {
	return fault.New(fault.Invalid, CodeValidation, text).At(field)
}

// NotFound returns the fault for an object that does not exist.
func NotFound(id int64) *fault.Fault {
	return fault.Newf(fault.NotFound, CodeNotFound, "Entry with ID = `%d` not found", id)
}

func unknownField(name, entity string) error {
	return fault.New(fault.Invalid, CodeUnknownField, "Unknown field `"+clip(name)+"` for entity `"+entity+"`")
}

// SelectFault returns the fault for something that should select and cannot be understood; what quotes it.
func SelectFault(what string) *fault.Fault { return unreadable(CodeSelect, "select expression", what) }

func badFilter(what string) error { return unreadable(CodeFilter, "filter expression", what) }

func badOrder(v phpform.Value) error { return unreadable(CodeOrder, "sorting parameter", quote(v)) }

func badPage(name string, v phpform.Value) error {
	return unreadable(CodePagination, "pagination parameter", quote(phpform.ArrayOf(phpform.Entry{Key: name, Value: v})))
}

func unreadable(code, kind, what string) *fault.Fault {
	return fault.New(fault.Invalid, code, "Unable to recognize "+kind+" `"+clip(what)+"`")
}

func quote(v phpform.Value) string { return string(phpform.AppendJSON(nil, v)) }

// maxQuote is how much of what a client sent an error repeats, in bytes.
const maxQuote = 200

// clip shortens s at the beginning of a character.
func clip(s string) string {
	if len(s) <= maxQuote {
		return s
	}
	n := maxQuote
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
