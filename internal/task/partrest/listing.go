package partrest

import (
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task/part"
)

// The limits of a filter.
const (
	maxConditions = 100
	maxValues     = 1000 // of all conditions together
)

var errTooMuch = fault.Newf(fault.TooLarge, codeCore, "A filter can hold %d conditions and %d values at most", maxConditions, maxValues)

// prefixes are the comparisons that may stand before the name of a field, the longer ones first.
var prefixes = []struct {
	text string
	op   part.Op
	not  bool
}{
	{"<=", part.LessEqual, false},
	{">=", part.GreaterEqual, false},
	{"!", part.Equal, true},
	{"<", part.Less, false},
	{">", part.Greater, false},
}

// filter reads the i-th argument as conditions over columns.
func (s signature) filter(a arguments, i int, columns part.Columns, zone *time.Location) (out []part.Condition, err error) {
	values := 0
	if a[i].Len() > maxConditions {
		return nil, errTooMuch
	}
	for _, e := range a[i].Entries() {
		c := part.Condition{Name: strings.ToUpper(e.Key)}
		for _, p := range prefixes {
			if name, ok := strings.CutPrefix(c.Name, p.text); ok {
				c.Name, c.Op, c.Not = name, p.op, p.not
				break
			}
		}
		col, ok := columns[c.Name]
		if !ok || !col.Filter {
			return nil, s.forbidden(i, e.Key)
		}
		list := []phpform.Value{e.Value}
		if e.Value.IsArray() {
			list = list[:0]
			for _, v := range e.Value.Entries() {
				list = append(list, v.Value)
			}
		}
		if values += len(list); values > maxValues {
			return nil, errTooMuch
		}
		for _, v := range list {
			value, ok := stored(v, col.Type, zone)
			if !ok {
				return nil, s.badValue(i, v.Text())
			}
			c.Values = append(c.Values, value)
		}
		out = append(out, c)
	}
	return out, nil
}

// stored returns a value of a column.
func stored(v phpform.Value, t part.Type, zone *time.Location) (any, bool) {
	if v.IsArray() {
		return nil, false
	}
	switch t {
	case part.Text:
		return v.Text(), true
	case part.Flag:
		b, ok := flag(v)
		if b {
			return int64(1), ok
		}
		return int64(0), ok
	case part.Moment:
		if strings.TrimSpace(v.Text()) == "" {
			return time.Time{}, true
		}
		t, ok := parseMoment(v.Text(), zone)
		return t, ok
	}
	n, ok := v.Int()
	return n, ok || v.Text() == ""
}

// order reads the i-th argument as levels of sorting.
func (s signature) order(a arguments, i int, columns part.Columns) (out []part.Order, err error) {
	for _, e := range a[i].Entries() {
		name := strings.ToUpper(e.Key)
		if col, ok := columns[name]; !ok || !col.Sort {
			return nil, s.forbidden(i, e.Key)
		}
		if slices.ContainsFunc(out, func(o part.Order) bool { return o.Name == name }) {
			continue
		}
		o := part.Order{Name: name}
		switch strings.ToLower(strings.TrimSpace(e.Value.Text())) {
		case "asc", "":
		case "desc":
			o.Desc = true
		default:
			return nil, s.badValue(i, e.Value.Text())
		}
		out = append(out, o)
	}
	return out, nil
}

// zoned and local are the spellings of moments: with a zone, and in that of the caller. A date alone is its first moment.
var (
	zoned = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00"}
	local = []string{
		time.DateOnly, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
		"02.01.2006", "02.01.2006 15:04:05", "02.01.2006 15:04", "01/02/2006", "01/02/2006 15:04:05", "01/02/2006 03:04:05 pm", "01/02/2006 03:04 pm",
	}
)

func parseMoment(s string, zone *time.Location) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, layout := range zoned {
		if t, err := time.Parse(layout, s); err == nil {
			return t, storable(t)
		}
	}
	for _, layout := range local {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, storable(t)
		}
	}
	return time.Time{}, false
}

// storable reports whether t can be counted in microseconds since 1970; years 1 to 9999 can.
func storable(t time.Time) bool { return !t.IsZero() && t.Year() >= 1 && t.Year() <= 9999 }

// atom is ISO 8601 with the offset in digits: UTC is +00:00, never Z.
const atom = "2006-01-02T15:04:05-07:00"

// moment writes t in zone, "" where it is none.
func moment(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(atom)
}
