package openlinerest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
)

// undocumented are the fields that are read and can be written, though the page of imopenlines.config.add does not name them.
var undocumented = []string{"AGREEMENT_MESSAGE", "AGREEMENT_ID", "XML_ID", "SEND_NOTIFICATION_EMPTY_QUEUE"}

// addParams are the fields of PARAMS that the page of imopenlines.config.add names.
func addParams() []string {
	out := []string{"PARAMS.QUEUE", "PARAMS.DEFAULT_OPERATOR_DATA"}
	for _, f := range line.Fields() {
		if !f.Own && !f.ReadOnly && !slices.Contains(undocumented, f.Name) {
			out = append(out, "PARAMS."+f.Name)
		}
	}
	return out
}

// fill puts the fields that a client sent into l. What an answer has and no call sets, such as QUEUE_FULL, may come back with it.
// Fault: all that is wrong, as line.Faults.
func fill(l *line.Line, params phpform.Value) error {
	if params.IsNull() || !params.IsArray() && params.Text() == "" {
		return nil
	}
	if !params.IsArray() {
		return fault.Argument("PARAMS", "Argument 'PARAMS' must be an object")
	}
	var faults line.Faults
	for _, e := range params.Entries() {
		if err := faults.Add(fillOne(l, strings.ToUpper(e.Key), e.Value)); err != nil {
			return err
		}
	}
	return faults.Err()
}

func fillOne(l *line.Line, name string, v phpform.Value) error {
	switch name {
	case "QUEUE":
		return fillQueue(l, v)
	case "QUEUE_USERS_FIELDS":
		return fillShown(l, v)
	case "DEFAULT_OPERATOR_DATA":
		return fillDefault(l, v)
	}
	f := line.FieldNamed(name)
	if f == nil || f.ReadOnly || v.IsNull() {
		return nil
	}
	if !v.IsArray() {
		return f.Assign(l, []string{v.Text()})
	}
	if !f.IsList() && v.Len() > 0 {
		return fault.Argument(name, name+" must be a single value")
	}
	var values []string
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			return fault.Argument(name, name+" must be a list of single values")
		}
		values = append(values, e.Value.Text())
	}
	return f.Assign(l, values)
}

// fillQueue reads the queue: objects with ENTITY_TYPE and ENTITY_ID, or numbers of people, as answers have them.
func fillQueue(l *line.Line, v phpform.Value) error {
	wrong := fault.Argument("QUEUE", "QUEUE must be a list of objects with ENTITY_TYPE and ENTITY_ID")
	if !v.IsArray() {
		if v.Text() != "" {
			return wrong
		}
		l.Queue = nil
		return nil
	}
	var queue []line.Entry
	for _, e := range v.Entries() {
		entry := line.Entry{Kind: line.EntryUser}
		id := e.Value
		if e.Value.IsArray() {
			kind, _ := e.Value.GetFold("ENTITY_TYPE")
			entry.Kind = line.EntryKind(strings.ToLower(kind.Text()))
			id, _ = e.Value.GetFold("ENTITY_ID")
		}
		n, ok := id.Int()
		if !ok || n <= 0 || id.IsArray() {
			return wrong
		}
		entry.ID = n
		queue = append(queue, entry)
	}
	l.Queue = queue
	return nil
}

// fillShown reads what clients see of operators. Those who are not named keep what they have.
func fillShown(l *line.Line, v phpform.Value) error {
	wrong := fault.Argument("QUEUE_USERS_FIELDS", "QUEUE_USERS_FIELDS must be an object of objects by the ids of people")
	if !v.IsArray() {
		return wrong
	}
	for _, e := range v.Entries() {
		id, err := strconv.ParseInt(e.Key, 10, 64)
		if err != nil || id <= 0 || !e.Value.IsArray() {
			return wrong
		}
		s, err := readShown(e.Value, "USER_")
		if err != nil {
			return fault.Argument("QUEUE_USERS_FIELDS", "QUEUE_USERS_FIELDS "+fault.Of(err).Text)
		}
		if l.Shown == nil {
			l.Shown = map[int64]line.Shown{}
		}
		l.Shown[id] = s
	}
	return nil
}

func fillDefault(l *line.Line, v phpform.Value) error {
	if !v.IsArray() && v.Text() != "" {
		return fault.Argument("DEFAULT_OPERATOR_DATA", "DEFAULT_OPERATOR_DATA must be an object with NAME and AVATAR")
	}
	s, err := readShown(v, "")
	if err != nil {
		return fault.Argument("DEFAULT_OPERATOR_DATA", "DEFAULT_OPERATOR_DATA "+fault.Of(err).Text)
	}
	l.DefaultOperator = s
	return nil
}

// readShown reads a name, a position and a picture from the fields that begin with prefix.
func readShown(v phpform.Value, prefix string) (s line.Shown, err error) {
	for _, f := range []struct {
		name string
		to   *string
	}{{"NAME", &s.Name}, {"WORK_POSITION", &s.Position}, {"AVATAR", &s.Avatar}} {
		got, _ := v.GetFold(prefix + f.name)
		if got.IsArray() {
			return s, fault.Argument(prefix+f.name, "must have a single value in "+prefix+f.name)
		}
		*f.to = got.Text()
	}
	id, ok := v.GetFold(prefix + "AVATAR_ID")
	if !ok || id.Empty() {
		return s, nil
	}
	if s.AvatarID, ok = id.Int(); !ok {
		return s, fault.Argument(prefix+"AVATAR_ID", "must have a whole number in "+prefix+"AVATAR_ID")
	}
	return s, nil
}
