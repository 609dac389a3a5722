package record

import (
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// Style is how the answers of a family spell records.
type Style struct {
	Camel   bool // assignedById instead of ASSIGNED_BY_ID
	Numbers bool // numbers instead of texts of them
	Bools   bool // true and false instead of "Y" and "N"
	// Zeros shows 0 where a Ref has none; otherwise null.
	Zeros bool
	// EmptyDates shows an empty text where there is no date; otherwise null.
	EmptyDates bool
	Zone       *time.Location // of moments; nil is UTC
	// Own writes fields in ways of their own, by Name.
	Own map[string]func(dst []byte, value any) []byte
	// File writes a file in a field that was added, by its number; nil writes the number.
	File func(dst []byte, id int64) []byte
}

// Name is how the style calls the field.
func (s *Style) Name(f *Field) string {
	if s.Camel {
		return f.Camel
	}
	return f.Name
}

// AppendObject appends a row as a JSON object.
func (s *Style) AppendObject(dst []byte, fields []*Field, row []any) []byte {
	dst = append(dst, '{')
	dst = s.AppendMembers(dst, fields, row)
	return append(dst, '}')
}

// AppendMembers appends the members of the object without its braces, for objects that have more of them.
func (s *Style) AppendMembers(dst []byte, fields []*Field, row []any) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), s.Name(f)...), `":`...)
		dst = s.appendField(dst, f, row[i])
	}
	return dst
}

func (s *Style) appendField(dst []byte, f *Field, v any) []byte {
	if own := s.Own[f.Name]; own != nil {
		return own(dst, v)
	}
	if f.added != nil {
		texts, _ := v.([]string)
		return s.appendAdded(dst, f.added, texts)
	}
	switch v := v.(type) {
	case string:
		if v == "" && f.Type == Choice {
			return append(dst, "null"...)
		}
		return phpform.AppendJSON(dst, phpform.StringOf(v))
	case float64:
		return s.quote(dst, strconv.FormatFloat(v, 'f', digits(f, -1), 64))
	case int64:
		return s.appendInt(dst, f, v)
	case []int64:
		dst = append(dst, '[')
		for i, n := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = s.quote(dst, strconv.FormatInt(n, 10))
		}
		return append(dst, ']')
	case []string:
		return appendTexts(dst, v)
	case []MultiValue:
		return appendMulti(dst, f, v)
	}
	return append(dst, "null"...)
}

func digits(f *Field, usual int) int {
	if f.Scale > 0 {
		return f.Scale
	}
	return usual
}

// quote appends a number, as a text where the style has no numbers.
func (s *Style) quote(dst []byte, number string) []byte {
	if s.Numbers {
		return append(dst, number...)
	}
	return append(append(append(dst, '"'), number...), '"')
}

func (s *Style) appendInt(dst []byte, f *Field, n int64) []byte {
	switch f.Type {
	case Bool:
		return append(dst, map[bool]map[bool]string{
			false: {false: `"N"`, true: `"Y"`}, true: {false: "false", true: "true"},
		}[s.Bools][n != 0]...)
	case Money:
		text := string(AppendMoney(nil, n, digits(f, 2)))
		if s.Numbers {
			text = shortest(text)
		}
		return s.quote(dst, text)
	case Date, Moment:
		return s.appendTime(dst, f, n)
	case Ref:
		if n == 0 && !s.Zeros {
			return append(dst, "null"...)
		}
	}
	return s.quote(dst, strconv.FormatInt(n, 10))
}

// shortest drops the zeros behind the point: the number 12.50 is 12.5.
func shortest(text string) string {
	if !slices.Contains([]byte(text), '.') {
		return text
	}
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}

// appendTime writes a moment in the zone; a date is midnight there.
func (s *Style) appendTime(dst []byte, f *Field, n int64) []byte {
	if n == 0 {
		if s.EmptyDates {
			return append(dst, `""`...)
		}
		return append(dst, "null"...)
	}
	zone := s.Zone
	if zone == nil {
		zone = time.UTC
	}
	t := time.UnixMicro(n).In(zone)
	if f.Type == Date {
		u := time.UnixMicro(n).UTC()
		t = time.Date(u.Year(), u.Month(), u.Day(), 0, 0, 0, 0, zone)
	}
	return append(t.AppendFormat(append(dst, '"'), "2006-01-02T15:04:05-07:00"), '"')
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, t := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = phpform.AppendJSON(dst, phpform.StringOf(t))
	}
	return append(dst, ']')
}

func appendMulti(dst []byte, f *Field, values []MultiValue) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(strconv.AppendInt(append(dst, `{"ID":"`...), v.ID, 10), `","VALUE_TYPE":`...)
		dst = append(phpform.AppendJSON(dst, phpform.StringOf(v.ValueType)), `,"VALUE":`...)
		dst = append(phpform.AppendJSON(dst, phpform.StringOf(v.Value)), `,"TYPE_ID":"`...)
		dst = append(append(dst, f.Name...), `"}`...)
	}
	return append(dst, ']')
}

// appendAdded writes the values of a field that was added: a list where there may be several.
func (s *Style) appendAdded(dst []byte, f *userfield.Field, values []string) []byte {
	if f.Multiple {
		dst = append(dst, '[')
		for i, v := range values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = s.appendAddedValue(dst, f, v)
		}
		return append(dst, ']')
	}
	switch {
	case len(values) > 0:
		return s.appendAddedValue(dst, f, values[0])
	case f.Type == userfield.Boolean && !s.Numbers:
		return append(dst, `"0"`...)
	case f.Type == userfield.Boolean:
		return append(dst, `"N"`...)
	}
	return append(dst, "null"...)
}

func (s *Style) appendAddedValue(dst []byte, f *userfield.Field, v string) []byte {
	switch f.Type {
	case userfield.File:
		if id, err := strconv.ParseInt(v, 10, 64); err == nil && s.File != nil {
			return s.File(dst, id)
		}
		return s.quote(dst, v)
	case userfield.Integer, userfield.Employee, userfield.Choice, userfield.Double:
		return s.quote(dst, v)
	case userfield.Boolean:
		if s.Numbers {
			return append(dst, map[bool]string{true: `"Y"`, false: `"N"`}[v == "1"]...)
		}
	case userfield.Date, userfield.DateTime:
		if t, ok := userfield.ParseTime(v); ok {
			kind := map[bool]Type{true: Date, false: Moment}[f.Type == userfield.Date]
			return s.appendTime(dst, &Field{Type: kind}, t.UnixMicro())
		}
	}
	return phpform.AppendJSON(dst, phpform.StringOf(v))
}
