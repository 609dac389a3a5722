package eventrest

import (
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// queueFields are the wire's names of the fields of the queue.
var queueFields = map[string]event.QueueField{
	"ID": event.QueueID, "TIMESTAMP_X": event.QueueChanged, "EVENT_NAME": event.QueueEvent, "MESSAGE_ID": event.QueueMessageID,
	"PROCESS_ID": event.QueueProcessID, "ERROR": event.QueueError,
}

func fieldOf(name string, allowed []string) (event.QueueField, bool) {
	name = strings.ToUpper(name)
	return queueFields[name], slices.Contains(allowed, name)
}

// prefixes are the comparisons that stand before a field's name, the longer ones first.
var prefixes = []struct {
	text string
	op   event.QueueOp
}{
	{">=", event.GreaterOrEqual},
	{"<=", event.LessOrEqual},
	{"!=", event.NotEqual},
	{"!@", event.NotIn},
	{"!%", event.NotContains},
	{"=", event.Equal},
	{">", event.Greater},
	{"<", event.Less},
	{"!", event.NotEqual},
	{"@", event.In},
	{"%", event.Contains},
	{"", event.Equal},
}

// maxValues is how many values a condition may have.
const maxValues = 500

// conditions reads a filter: the comparison stands before the field's name, a list of values means any of them.
func conditions(filter phpform.Value, fields []string) (out []event.QueueCondition, err error) {
	for _, e := range filter.Entries() {
		c, err := condition(e, fields)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func condition(e phpform.Entry, fields []string) (c event.QueueCondition, err error) {
	var name string
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(e.Key, p.text); ok {
			c.Op, name = p.op, rest
			break
		}
	}
	var ok bool
	if c.Field, ok = fieldOf(name, fields); !ok {
		return c, fault.Argument("filter", "The queue cannot be filtered by '"+e.Key+"'")
	}
	values := []phpform.Value{e.Value}
	if e.Value.IsArray() {
		values = values[:0]
		for _, v := range e.Value.Entries() {
			values = append(values, v.Value)
		}
	}
	if c.Op, err = listOp(c.Op, e.Value.IsArray(), e.Key); err != nil {
		return c, err
	}
	if len(values) > maxValues {
		return c, fault.Argument("filter", "'"+e.Key+"' has too many values")
	}
	text := c.Field == event.QueueEvent || c.Field == event.QueueMessageID || c.Field == event.QueueProcessID
	if !text && (c.Op == event.Contains || c.Op == event.NotContains) {
		return c, fault.Argument("filter", "'"+e.Key+"' cannot be compared with a part of a text")
	}
	for _, v := range values {
		value, err := valueOf(c.Field, v, e.Key)
		if err != nil {
			return c, err
		}
		c.Values = append(c.Values, value)
	}
	return c, nil
}

// listOp returns the comparison for a list of values, where there is one.
func listOp(op event.QueueOp, list bool, key string) (event.QueueOp, error) {
	switch {
	case op == event.In || op == event.NotIn || !list:
		return op, nil
	case op == event.Equal:
		return event.In, nil
	case op == event.NotEqual:
		return event.NotIn, nil
	}
	return op, fault.Argument("filter", "'"+key+"' takes a single value")
}

func valueOf(f event.QueueField, v phpform.Value, key string) (any, error) {
	if v.IsArray() {
		return nil, fault.Argument("filter", "'"+key+"' has a list inside of a list")
	}
	switch f {
	case event.QueueID:
		n, ok := v.Int()
		if !ok {
			return nil, fault.Argument("filter", "'"+key+"' must be an integer")
		}
		return n, nil
	case event.QueueError:
		switch strings.ToUpper(v.Text()) {
		case "0", "N", "FALSE", "":
			return int64(0), nil
		case "1", "Y", "TRUE":
			return int64(1), nil
		}
		return nil, fault.Argument("filter", "'"+key+"' must be 0 or 1")
	case event.QueueChanged:
		t, ok := moment(v.Text())
		if !ok {
			return nil, fault.Argument("filter", "'"+key+"' must be a date in ISO 8601")
		}
		return t, nil
	case event.QueueEvent:
		return strings.ToUpper(v.Text()), nil
	}
	return v.Text(), nil
}

// layouts are the forms of a date that are read.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", time.DateTime, time.DateOnly}

// moment reads a date, to the second as the queue keeps it. One without an offset is in UTC, as all that the queue tells.
func moment(text string) (time.Time, bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l, text); err == nil {
			return t.Truncate(time.Second), true
		}
	}
	return time.Time{}, false
}
