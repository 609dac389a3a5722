// Package userfieldrest is the wire side of the fields that people add: the methods <records>.userfield.*, and the values of
// fields in the methods of the records themselves.
package userfieldrest

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/userfield"
)

// Read returns the values that a client sent for a field: one, or a list of them. Something empty is none. What they are
// is checked when they are stored. Fault: ERROR_ARGUMENT where they are no values at all.
func Read(f userfield.Field, v phpform.Value) ([]string, error) {
	if !v.IsArray() {
		return []string{scalar(v)}, nil
	}
	out := make([]string, 0, v.Len())
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			return nil, fault.Argument(f.Name, "Argument '"+f.Name+"' must be a value or a list of values")
		}
		out = append(out, scalar(e.Value))
	}
	return out, nil
}

// scalar returns the text of a value; false is 0 where a form would have sent nothing.
func scalar(v phpform.Value) string {
	if v.Kind() == phpform.Bool && !v.Truthy() {
		return "0"
	}
	return v.Text()
}

// Write returns the values of a field as the wire shows them: texts, dates in ISO 8601, a list where there may be several.
// A flag that was never set is 0, anything else that is empty is an empty text.
func Write(f userfield.Field, values []string) phpform.Value {
	if f.Multiple {
		out := make([]phpform.Value, len(values))
		for i, v := range values {
			out[i] = phpform.StringOf(shown(f, v))
		}
		return phpform.ListOf(out...)
	}
	switch {
	case len(values) > 0:
		return phpform.StringOf(shown(f, values[0]))
	case f.Type == userfield.Boolean:
		return phpform.StringOf("0")
	}
	return phpform.StringOf("")
}

// Receive is Read for values that are to be stored: files that v holds are received, and stand in the answer as userfield.Files says.
// A file is a list of its name and its Base64, or an object with that as fileData; {"id": 12} keeps the file 12, and with "remove" as Y
// takes it away. Faults: those of Read and of userfield.Service.Upload, FIELD_VALUE_WRONG for what is no file.
// Pages: api-reference/files/how-to-upload-files.md, how-to-update-files.md.
func Receive(ctx context.Context, s Uploads, f userfield.Field, v phpform.Value) ([]string, error) {
	if f.Type != userfield.File {
		return Read(f, v)
	}
	if !f.Multiple || !isListOfFiles(v) {
		value, err := receiveOne(ctx, s, f, v)
		if err != nil || value == "" {
			return []string{}, err
		}
		return []string{value}, nil
	}
	out := []string{}
	for _, e := range v.Entries() {
		value, err := receiveOne(ctx, s, f, e.Value)
		if err != nil {
			return nil, err
		}
		if value != "" {
			out = append(out, value)
		}
	}
	return out, nil
}

// Uploads takes files. userfield.Service does.
type Uploads interface {
	Upload(ctx context.Context, f userfield.Field, name string, r io.Reader) (string, error)
}

// isListOfFiles tells several files, or numbers of some, from one.
func isListOfFiles(v phpform.Value) bool {
	if !v.IsArray() || v.Len() == 0 {
		return false
	}
	for _, name := range []string{"id", "fileData", "remove"} {
		if _, one := v.GetFold(name); one {
			return false
		}
	}
	first, second := v.Index(0), v.Index(1)
	return v.Len() != 2 || first.IsArray() || second.IsArray() || isNumber(first) && isNumber(second) // a name and its Base64 are two texts
}

func isNumber(v phpform.Value) bool {
	_, ok := v.Int()
	return ok
}

// receiveOne reads a file; "" is none.
func receiveOne(ctx context.Context, s Uploads, f userfield.Field, v phpform.Value) (string, error) {
	if id, ok := v.GetFold("id"); ok {
		if remove, _ := v.GetFold("remove"); remove.Truthy() {
			return "-" + strings.TrimSpace(id.Text()), nil
		}
		if _, replaced := v.GetFold("fileData"); !replaced {
			return strings.TrimSpace(id.Text()), nil
		}
	}
	if v.Empty() || v.Kind() == phpform.Bool && !v.Truthy() {
		return "", nil
	}
	if !v.IsArray() && isNumber(v) {
		return strings.TrimSpace(v.Text()), nil
	}
	name, content, err := rest.File(v)
	if err != nil || len(content) == 0 || !v.IsArray() {
		return "", fault.New(fault.Invalid, "FIELD_VALUE_WRONG", f.Title("en")+": a file is sent as a list of its name and its Base64.").At(f.Name)
	}
	return s.Upload(ctx, f, name, bytes.NewReader(content))
}

// FileLink is how the answer of a method shows a file of a record.
type FileLink func(record, id int64) phpform.Value

// WriteFiles is Write for a field of the type File of a record: null where a field of one file has none.
func WriteFiles(f userfield.Field, record int64, values []string, link FileLink) phpform.Value {
	out := make([]phpform.Value, len(values))
	for i, v := range values {
		id, _ := strconv.ParseInt(v, 10, 64)
		out[i] = link(record, id)
	}
	switch {
	case f.Multiple:
		return phpform.ListOf(out...)
	case len(out) > 0:
		return out[0]
	}
	return phpform.NullValue()
}

func shown(f userfield.Field, v string) string {
	switch f.Type {
	case userfield.Date:
		return v + "T00:00:00+00:00"
	case userfield.DateTime:
		return strings.TrimSuffix(v, "Z") + "+00:00"
	}
	return v
}

// prefixes say how a key of a filter compares, the longer ones before those that they begin with.
var prefixes = []struct {
	text string
	op   userfield.Op
	not  bool
}{
	{"!=%", userfield.Like, true},
	{"!%=", userfield.Like, true},
	{">=", userfield.GreaterOrEqual, false},
	{"<=", userfield.LessOrEqual, false},
	{"!@", userfield.Equal, true},
	{"!%", userfield.Contains, true},
	{"!=", userfield.Equal, true},
	{"=%", userfield.Like, false},
	{"%=", userfield.Like, false},
	{">", userfield.Greater, false},
	{"<", userfield.Less, false},
	{"@", userfield.Equal, false},
	{"%", userfield.Contains, false},
	{"=", userfield.Equal, false},
	{"!", userfield.Equal, true},
}

// splitKey returns the column that a key of a filter names, and how it compares.
func splitKey(key string) (string, userfield.Condition) {
	for _, p := range prefixes {
		if name, ok := strings.CutPrefix(key, p.text); ok {
			return strings.ToUpper(name), userfield.Condition{Op: p.op, Not: p.not}
		}
	}
	return strings.ToUpper(key), userfield.Condition{}
}
