package line

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind says what the values of a Field are.
type Kind uint8

// The kinds of fields.
const (
	Flag    Kind = iota // "Y" or "N"
	Number              // a whole number that is not negative
	Seconds             // a time in whole seconds
	Text                // a text
	Word                // one of Field.Words
	Clock               // a time of day: "9", "9.30"
	Days                // days of the week: "MO", …
	Dates               // days of every year: "25.12"
	Persons             // ids of people
	Object              // Shown, as JSON
	Moment              // when something was changed
	Fixed               // what needs the CRM: it has Field.Off and nothing else
)

// Field is a setting of a line under its documented name. What the wire, the columns of the table and the pages' forms have in
// common is said once, in Fields.
type Field struct {
	Name  string // as the documentation spells it; in lower case it is the column
	Title string // for people, in the log of changes
	Kind  Kind
	Words []string // of a Word
	Max   int64    // the largest Number, the most Seconds, the longest Text in characters
	Off   []string // of a Fixed: what it may be set to; the first is what it has
	// Own marks what the documentation does not know, so that answers leave it out.
	Own bool
	// ReadOnly marks what is not set by hand.
	ReadOnly bool

	load func(l *Line) any // as it is stored: int64 or string
	set  func(l *Line, stored any)
}

// column is the field's column of the table.
func (f *Field) column() string { return strings.ToLower(f.Name) }

// isNumber reports whether the column holds numbers.
func (f *Field) isNumber() bool {
	switch f.Kind {
	case Flag, Number, Seconds, Clock, Moment:
		return true
	}
	return false
}

// IsList reports whether the field has several values.
func (f *Field) IsList() bool { return f.Kind == Days || f.Kind == Dates || f.Kind == Persons }

// FieldNamed returns the field of a documented name, in any case; nil: there is none.
func FieldNamed(name string) *Field { return byName[strings.ToUpper(name)] }

var byName = func() map[string]*Field {
	m := make(map[string]*Field, len(fields))
	for i := range fields {
		m[fields[i].Name] = &fields[i]
	}
	return m
}()

// Fields returns all fields, in the order of the documentation.
func Fields() []*Field {
	out := make([]*Field, len(fields))
	for i := range fields {
		out[i] = &fields[i]
	}
	return out
}

// Text returns the value of the field of l in the words of the wire; of a list its values with commas between them.
func (f *Field) Text(l *Line) string {
	if f.Kind == Fixed {
		return f.Off[0]
	}
	switch v := f.load(l).(type) {
	case string:
		return v
	case int64:
		switch f.Kind {
		case Flag:
			return yesNo(v != 0)
		case Clock:
			return clockText(v)
		}
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// List returns the values of a list.
func (f *Field) List(l *Line) []string { return splitList(f.Text(l)) }

// Assign sets the field of l to what a client sent: the text of a single value, or those of a list. The text of the fault says what
// the field takes.
func (f *Field) Assign(l *Line, values []string) error {
	stored, err := f.parse(values)
	if err != nil {
		return err
	}
	if f.Kind != Fixed {
		f.set(l, stored)
	}
	return nil
}

// parse returns what values mean, as it is stored.
func (f *Field) parse(values []string) (any, error) {
	if f.IsList() {
		return f.parseList(values)
	}
	text := ""
	if len(values) > 0 {
		text = values[0]
	}
	if len(values) > 1 {
		return nil, f.wants("a single value")
	}
	switch f.Kind {
	case Flag:
		return f.parseFlag(text)
	case Number, Seconds:
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if text == "" {
			n, err = 0, nil
		}
		if err != nil || n < 0 || n > f.Max {
			return nil, f.wants("a whole number from 0 to " + strconv.FormatInt(f.Max, 10))
		}
		return n, nil
	case Clock:
		n, ok := parseClock(text)
		if !ok {
			return nil, f.wants("a time of day such as 09:30")
		}
		return int64(n), nil
	case Word:
		if !slices.Contains(f.Words, text) {
			return nil, f.wants("one of " + strings.Join(f.Words, ", "))
		}
	case Fixed:
		if !slices.Contains(f.Off, text) {
			return nil, f.fault("needs the CRM, which this portal does not have yet; it can only be switched off")
		}
	case Text:
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || int64(utf8.RuneCountInString(text)) > f.Max {
			return nil, f.wants("a text of at most " + strconv.FormatInt(f.Max, 10) + " characters")
		}
	}
	return text, nil
}

func (f *Field) parseFlag(text string) (any, error) {
	switch text {
	case "Y", "y", "1", "true", "on":
		return int64(1), nil
	case "N", "n", "0", "false", "":
		return int64(0), nil
	}
	return nil, f.wants("Y or N")
}

func (f *Field) parseList(values []string) (any, error) {
	var out []string
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			if one = strings.TrimSpace(one); one == "" {
				continue
			}
			clean, err := f.parseOne(one)
			if err != nil {
				return nil, err
			}
			if !slices.Contains(out, clean) {
				out = append(out, clean)
			}
		}
	}
	if int64(len(out)) > f.Max {
		return nil, f.wants("at most " + strconv.FormatInt(f.Max, 10) + " values")
	}
	return strings.Join(out, ","), nil
}

// parseOne reads one value of a list.
func (f *Field) parseOne(text string) (string, error) {
	switch f.Kind {
	case Days:
		text = strings.ToUpper(text)
		if !slices.Contains(weekdays, text) {
			return "", f.wants("days such as MO, TU, SU")
		}
	case Dates:
		d, ok := parseDay(text)
		if !ok {
			return "", f.wants("days such as 25.12")
		}
		return d.String(), nil
	case Persons:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			return "", f.wants("ids of people")
		}
		return strconv.FormatInt(n, 10), nil
	}
	return text, nil
}

// weekdays are the days as on the wire, from Sunday, as package time counts.
var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// String returns the day as on the wire: "05.03".
func (d Day) String() string { return fmt.Sprintf("%02d.%02d", d.Day, int(d.Month)) }

func parseDay(text string) (Day, bool) {
	day, month, _ := strings.Cut(text, ".")
	d, err1 := strconv.Atoi(day)
	m, err2 := strconv.Atoi(strings.TrimSuffix(month, "."))
	// A leap year, so that the 29th of February is a day.
	t := time.Date(2024, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if err1 != nil || err2 != nil || m < 1 || m > 12 || d < 1 || t.Day() != d {
		return Day{}, false
	}
	return Day{Day: d, Month: time.Month(m)}, true
}

// parseClock reads a time of day: "9", "9.30", "09:30"; "9.3" is what a number makes of "9.30". The end of the day is 23:59.
func parseClock(text string) (minutes int, ok bool) {
	text = strings.TrimSpace(text)
	sep := "."
	if strings.Contains(text, ":") {
		sep = ":"
	}
	hour, minute, cut := strings.Cut(text, sep)
	if sep == "." && len(minute) == 1 {
		minute += "0"
	}
	h, err := strconv.ParseUint(hour, 10, 8)
	if err != nil || len(hour) > 2 || cut && len(minute) != 2 {
		return 0, false
	}
	var m uint64
	if cut {
		if m, err = strconv.ParseUint(minute, 10, 8); err != nil {
			return 0, false
		}
	}
	if h == 24 && m == 0 {
		return endOfDay, true
	}
	return int(h*60 + m), h < 24 && m < 60
}

// endOfDay is the last minute of a day. As the end of working hours it means that people answer until midnight.
const endOfDay = 24*60 - 1

// clockText returns minutes after midnight as on the wire: "9", "9.30".
func clockText(minutes int64) string {
	if minutes%60 == 0 {
		return strconv.FormatInt(minutes/60, 10)
	}
	return fmt.Sprintf("%d.%02d", minutes/60, minutes%60)
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

func splitList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
