package taskrest

import (
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task"
)

// appendRow appends a task as a JSON object: names in upper case, every value a text or null, lists of texts. Moments are
// in the caller's zone.
func appendRow(dst []byte, fields []*task.Field, row []any, zone *time.Location) []byte {
	dst = append(dst, '{')
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), f.Name...), `":`...)
		dst = appendValue(dst, f, row[i], zone)
	}
	return append(dst, '}')
}

func appendValue(dst []byte, f *task.Field, v any, zone *time.Location) []byte {
	switch v := v.(type) {
	case string:
		if v == "" && f.Type == task.Choice {
			return append(dst, "null"...)
		}
		return phpform.AppendJSON(dst, phpform.StringOf(v))
	case int64:
		return appendNumber(dst, f.Type, v, zone)
	case []int64:
		dst = append(dst, '[')
		for i, n := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendQuoted(dst, n)
		}
		return append(dst, ']')
	case []string:
		dst = append(dst, '[')
		for i, s := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = phpform.AppendJSON(dst, phpform.StringOf(s))
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

func appendNumber(dst []byte, kind task.Type, n int64, zone *time.Location) []byte {
	switch {
	case kind == task.YesNo && n == 0:
		return append(dst, `"N"`...)
	case kind == task.YesNo:
		return append(dst, `"Y"`...)
	case n == 0 && (kind == task.Moment || kind == task.Optional):
		return append(dst, "null"...)
	case kind == task.Moment:
		dst = time.UnixMicro(n).In(zone).AppendFormat(append(dst, '"'), "2006-01-02T15:04:05-07:00")
		return append(dst, '"')
	}
	return appendQuoted(dst, n)
}

func appendQuoted(dst []byte, n int64) []byte {
	return append(strconv.AppendInt(append(dst, '"'), n, 10), '"')
}
