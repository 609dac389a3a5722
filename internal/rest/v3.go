package rest

import (
	"bytes"
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Item is an answer of REST 3.0 that is one object.
type Item[T any] struct {
	Item T `json:"item"`
}

// Items is an answer of REST 3.0 that is a list.
type Items[T any] struct {
	Items []T `json:"items"`
}

// Done is an answer of REST 3.0 that says whether something was done.
type Done struct {
	Result bool `json:"result"`
}

// isV3 reports whether the path is one of REST 3.0, /rest/api/….
func isV3(path string) bool {
	rest := strings.TrimPrefix(strings.TrimLeft(path, "/"), "rest")
	first, _, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	return strings.EqualFold(first, "api")
}

// readV3 reads the parameters of a call of REST 3.0: JSON in the body of a POST, nothing else.
func readV3(r *http.Request) (phpform.Value, error) {
	if r.Method != http.MethodPost {
		return phpform.ListOf(), nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" {
		return phpform.Value{}, errJSON
	}
	if err := unpack(r); err != nil {
		return phpform.Value{}, err
	}
	raw, err := readAll(r)
	raw = bytes.TrimPrefix(raw, byteOrderMark)
	switch {
	case err != nil:
		return phpform.Value{}, err
	case len(bytes.TrimSpace(raw)) == 0:
		return phpform.ListOf(), nil
	case bytes.IndexByte(raw, 0) >= 0 || bytes.Contains(raw, []byte(`\u0000`)):
		return phpform.Value{}, errNUL
	}
	v, err := phpform.ParseJSON(raw, phpform.Limits{})
	switch {
	case err != nil && fault.KindOf(err) == fault.TooLarge:
		return v, err
	case err != nil:
		return v, errJSON.Because(err)
	case !v.IsArray():
		return v, errJSON
	}
	return v, nil
}

var errJSON = fault.New(fault.Invalid, dto.CodeJSON, "The request body must be a JSON object with the header Content-Type: application/json")

// Faults of REST 3.0 that take the place of those of the protocol.
var (
	errMethodV3 = fault.New(fault.Invalid, dto.CodeMethod, "Method not found")
	errScopeV3  = fault.New(fault.Denied, dto.CodeScope, "Insufficient permissions: required scope is missing")
	errDeniedV3 = fault.New(fault.Denied, dto.CodeDenied, "Access denied")
)

// statusV3 are the statuses of codes that are not those of their kind.
var statusV3 = map[string]int{
	dto.CodeNotFound:  http.StatusBadRequest,
	dto.CodeKeyReused: http.StatusUnprocessableEntity,
}

// errorV3 returns the status and the body of a fault as REST 3.0 writes them.
func errorV3(f *fault.Fault) (int, []byte) {
	f = asV3(f)
	status, ok := statusV3[f.Code]
	if !ok {
		status = statusOf(f)
	}
	message := f.Text
	detailed := f.Code == dto.CodeValidation || f.Code == dto.CodeDtoValidation
	if detailed {
		message = "Error validating request object"
	}
	b := phpform.AppendJSON([]byte(`{"error":{"code":`), phpform.StringOf(f.Code))
	b = phpform.AppendJSON(append(b, `,"message":`...), phpform.StringOf(message))
	if detailed {
		b = phpform.AppendJSON(append(b, `,"validation":[{"message":`...), phpform.StringOf(f.Text))
		if f.Field != "" {
			b = phpform.AppendJSON(append(b, `,"field":`...), phpform.StringOf(f.Field))
		}
		b = append(b, `}]`...)
	}
	return status, append(b, `}}`...)
}

// asV3 returns the fault of REST 3.0 that stands for f. What has no form of its own there (tokens, limits) keeps its code.
func asV3(f *fault.Fault) *fault.Fault {
	switch {
	case strings.HasPrefix(f.Code, "BITRIX_REST_V3_"):
		return f
	case f.Code == "ERROR_ARGUMENT":
		return argumentV3(f)
	case errors.Is(f, ErrMethodNotFound):
		return errMethodV3
	case f.Code == ErrScope.Code:
		return errScopeV3
	case f.Code == ErrAdminOnly.Code:
		return errDeniedV3
	case f.Kind == fault.NotFound:
		return fault.New(f.Kind, dto.CodeNotFound, f.Text).At(f.Field)
	}
	return f
}

func argumentV3(f *fault.Fault) *fault.Fault {
	p, ok := errors.AsType[*paramError](f)
	switch {
	case !ok:
		return dto.Invalid(f.Field, f.Text)
	case p.want == "":
		return dto.Missing(f.Field)
	}
	return dto.Mistyped(f.Field, typesV3[p.want])
}

// typesV3 is what REST 3.0 calls the types of parameters.
var typesV3 = map[string]string{
	"a single value": "string", "an integer": "int", "a number": "float", "Y or N": "bool", "an object": "object",
}
