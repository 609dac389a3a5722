package taskrest

import (
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task"
)

// maxOffset keeps the number of the first task of a page within 64 bits.
const maxOffset = 1 << 40

// paginate reads PARAMS: {"NAV_PARAMS": {"nPageSize": 2, "iNumPage": 2}}. A page holds 50 tasks at most.
func paginate(q *task.Query, v phpform.Value) error {
	q.Offset = min(q.Offset, maxOffset)
	if nothing(v) {
		return nil
	}
	if !v.IsArray() {
		return paramParams.mistyped("array")
	}
	for _, e := range v.Entries() {
		if !strings.EqualFold(e.Key, "NAV_PARAMS") && !nothing(e.Value) {
			return paramParams.unknownKey(e.Key)
		}
	}
	nav, ok := v.GetFold("NAV_PARAMS")
	if !ok || nothing(nav) {
		return nil
	}
	if !nav.IsArray() {
		return paramParams.mistyped("array")
	}
	size, _, err := natural(nav, "nPageSize")
	if err != nil {
		return err
	}
	if size > 0 && size < task.MaxPage {
		q.Limit = int(size)
	}
	page, given, err := natural(nav, "iNumPage")
	if err != nil || !given {
		return err
	}
	q.Offset = min(max(page, 1)-1, maxOffset) * int64(q.Limit)
	return nil
}

// natural reads a number of NAV_PARAMS that is not negative.
func natural(nav phpform.Value, name string) (n int64, given bool, err error) {
	v, ok := nav.GetFold(name)
	if !ok || nothing(v) {
		return 0, false, nil
	}
	n, ok = v.Int()
	if !ok || n < 0 {
		return 0, false, paramParams.mistyped("integer")
	}
	return n, true, nil
}

// parseSelect reads SELECT: ["ID", "TITLE"]. "*" is every field; none is every field that is stored with the task.
func parseSelect(v phpform.Value) ([]string, error) {
	if nothing(v) {
		return nil, nil
	}
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	var out []string
	for _, e := range v.Entries() {
		name := strings.ToUpper(strings.TrimSpace(e.Value.Text()))
		f := task.FieldOf(name)
		switch {
		case e.Value.IsArray():
			return nil, paramSelect.mistyped("string")
		case name == "":
			continue
		case name == "*":
			return everything(), nil
		case f == nil || f.Hidden:
			return nil, paramSelect.wrong(`must not contain value "` + shorten(e.Value.Text()) + `".`)
		}
		out = append(out, name)
	}
	return out, nil
}

func everything() []string {
	var out []string
	for i := range task.Fields {
		if !task.Fields[i].Hidden {
			out = append(out, task.Fields[i].Name)
		}
	}
	return out
}
