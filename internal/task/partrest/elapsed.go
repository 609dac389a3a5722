package partrest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/elapsed"
)

const elapsedPages = "api-reference/tasks/elapsed-item/task-elapsed-item-"

func (h handlers) registerElapsed(r *rest.Registry) {
	m := func(name, page, summary string, f func(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error), reads ...string) {
		r.Add(rest.M("task.elapseditem."+name, "task", rest.Everyone, summary, f, rest.Doc(elapsedPages+page+".md"), rest.Reads(reads...)))
	}
	fields := []string{"ARFIELDS.SECONDS*", "ARFIELDS.COMMENT_TEXT*", "ARFIELDS.USER_ID"}
	m("add", "add", "Adds time that was spent on a task.", h.elapsedAdd, append([]string{"TASKID*", "ARFIELDS*"}, fields...)...)
	m("update", "update", "Changes a time record.", h.elapsedUpdate, append([]string{"TASKID*", "ITEMID*", "ARFIELDS*"}, fields...)...)
	m("get", "get", "Answers a time record.", h.elapsedGet, "TASKID*", "ITEMID*")
	m("delete", "delete", "Removes a time record.", h.elapsedDelete, "TASKID*", "ITEMID*")
	m("isActionAllowed", "is-action-allowed", "Tells whether something may be done with a time record.", h.elapsedMay, "TASKID*", "ITEMID*", "ACTIONID*")
	m("getmanifest", "get-manifest", "Describes the methods of time records.", elapsedManifest)
	list := []string{
		"TASKID", "ORDER", "ORDER.ID", "ORDER.USER_ID", "ORDER.MINUTES", "ORDER.SECONDS", "ORDER.CREATED_DATE", "ORDER.DATE_START", "ORDER.DATE_STOP",
		"FILTER", "FILTER.ID", "FILTER.USER_ID", "FILTER.CREATED_DATE", "SELECT", "PARAMS", "PARAMS.NAV_PARAMS", "NAV_PARAMS.nPageSize",
		"NAV_PARAMS.iNumPage",
	}
	r.Add(rest.M("task.elapseditem.getlist", "task", rest.Everyone, "Lists the time records of a task, or of all.", h.elapsedList,
		rest.Doc(elapsedPages+"get-list.md"), rest.Reads(list...)))
}

func elapsedMethod(method string, args ...argument) signature {
	return signature{"ctaskelapseditem", method, append([]argument{taskArg}, args...)}
}

var (
	elapsedFields = argument{"ARFIELDS", "fields", array, false}
	elapsedAdd    = elapsedMethod("add", elapsedFields)
	elapsedUpdate = elapsedMethod("update", itemArg, elapsedFields)
	elapsedGet    = elapsedMethod("get", itemArg)
	elapsedDelete = elapsedMethod("delete", itemArg)
	elapsedMay    = elapsedMethod("isactionallowed", itemArg, actionArg)
	elapsedList   = signature{"ctaskelapseditem", "getlist", []argument{
		{"TASKID", "taskId", integer, true},
		{"ORDER", "order", array, true},
		{"FILTER", "filter", array, true},
		{"SELECT", "select", array, true},
		{"PARAMS", "params", array, true},
	}}
)

// The fields of a time record, in the order in which they are told.
var (
	elapsedWritable = []string{"USER_ID", "COMMENT_TEXT", "SECONDS", "SOURCE", "CREATED_DATE", "DATE_START", "DATE_STOP"}
	elapsedReadable = []string{
		"ID", "TASK_ID", "USER_ID", "COMMENT_TEXT", "SECONDS", "MINUTES", "SOURCE", "CREATED_DATE", "DATE_START", "DATE_STOP",
	}
	elapsedSortable   = []string{"ID", "TASK_ID", "USER_ID", "SECONDS", "MINUTES", "CREATED_DATE", "DATE_START", "DATE_STOP"}
	elapsedFilterable = []string{"ID", "TASK_ID", "USER_ID", "CREATED_DATE"}
	comparisons       = []string{"!", "<=", "<", ">=", ">"}
)

// elapsedFault returns the fault of the time records on the wire.
func elapsedFault(err error) error {
	core := func(text string) error { return fault.New(fault.Invalid, codeCore, text+"<br>") }
	switch {
	case errors.Is(err, task.ErrNotFound):
		return core("TASKS_ERROR_EXCEPTION_#1; Task not found; 1/TE/TASK_NOT_FOUND_OR_NOT_ACCESSIBLE")
	case errors.Is(err, elapsed.ErrDenied):
		return forbiddenAction("Action is not allowed")
	case errors.Is(err, elapsed.ErrNotFound):
		return core("TASKS_ERROR_EXCEPTION_#512; Item not found or not accessible; 512/TE/ITEM_NOT_FOUND_OR_NOT_ACCESSIBLE")
	}
	return anyFault(err)
}

func (h handlers) elapsedAdd(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, ch, err := h.elapsedChange(ctx, c, p, elapsedAdd, 1)
	if err != nil {
		return out, err
	}
	r := elapsed.Record{TaskID: a.int(0)}
	for _, needed := range []struct {
		name  string
		given bool
	}{{"SECONDS", ch.Spent != nil}, {"COMMENT_TEXT", ch.Comment != nil}} {
		if !needed.given {
			return out, elapsedAdd.wrong(1, `must contain key "`+needed.name+`".`)
		}
	}
	r.Spent, r.Comment = *ch.Spent, *ch.Comment
	copyTo(&r.UserID, ch.UserID)
	copyTo(&r.Source, ch.Source)
	copyTo(&r.Created, ch.Created)
	copyTo(&r.Started, ch.Started)
	copyTo(&r.Stopped, ch.Stopped)
	if r, err = h.Elapsed.Add(ctx, actor(c), r); err != nil {
		return out, elapsedFault(err)
	}
	return phpform.IntOf(r.ID), nil
}

func copyTo[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// elapsedChange reads the arguments of a method that writes, whose argument at holds the fields.
func (h handlers) elapsedChange(ctx context.Context, c *rest.Call, p rest.AnyParams, s signature, at int) (a arguments, ch elapsed.Change, err error) {
	if a, err = s.read(p.Tree); err != nil {
		return a, ch, err
	}
	fields, err := s.fields(a, at, elapsedWritable...)
	if err != nil {
		return a, ch, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return a, ch, err
	}
	for name, v := range fields {
		ok := !v.IsArray()
		switch name {
		case "COMMENT_TEXT":
			text := v.Text()
			ch.Comment = &text
		case "SECONDS":
			var n *int64
			n, ok = number(v)
			spent := time.Duration(min(max(*n, -1), int64(elapsed.MaxSpent/time.Second)+1)) * time.Second
			ch.Spent = &spent
		case "USER_ID":
			ch.UserID, ok = number(v)
		case "SOURCE":
			var n *int64
			n, ok = number(v)
			source := elapsed.Source(*n)
			ch.Source = &source
		case "CREATED_DATE":
			ch.Created, ok = momentOf(v, zone)
		case "DATE_START":
			ch.Started, ok = momentOf(v, zone)
		case "DATE_STOP":
			ch.Stopped, ok = momentOf(v, zone)
		}
		if !ok {
			return a, ch, s.badValue(at, name)
		}
	}
	return a, ch, nil
}

func momentOf(v phpform.Value, zone *time.Location) (*time.Time, bool) {
	t, ok := parseMoment(v.Text(), zone)
	return &t, ok && !v.IsArray()
}

func (h handlers) elapsedUpdate(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, ch, err := h.elapsedChange(ctx, c, p, elapsedUpdate, 2)
	if err != nil {
		return out, err
	}
	if _, err := h.Elapsed.Update(ctx, actor(c), a.int(0), a.int(1), ch); err != nil {
		return out, elapsedFault(err)
	}
	return phpform.NullValue(), nil
}

func (h handlers) elapsedGet(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := elapsedGet.read(p.Tree)
	if err != nil {
		return out, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	r, err := h.Elapsed.Get(ctx, actor(c), a.int(0), a.int(1))
	if err != nil {
		return out, elapsedFault(err)
	}
	return elapsedRow(r, elapsedReadable, zone), nil
}

// elapsedRow writes the fields names of r.
func elapsedRow(r elapsed.Record, names []string, zone *time.Location) phpform.Value {
	var o object
	for _, name := range names {
		switch name {
		case "ID":
			o.set(name, idText(r.ID))
		case "TASK_ID":
			o.set(name, idText(r.TaskID))
		case "USER_ID":
			o.set(name, idText(r.UserID))
		case "COMMENT_TEXT":
			o.str(name, r.Comment)
		case "SECONDS":
			o.set(name, idText(int64(r.Spent/time.Second)))
		case "MINUTES":
			o.set(name, idText(int64(r.Spent/time.Minute)))
		case "SOURCE":
			o.set(name, idText(int64(r.Source)))
		case "CREATED_DATE":
			o.str(name, moment(r.Created, zone))
		case "DATE_START":
			o.str(name, moment(r.Started, zone))
		case "DATE_STOP":
			o.str(name, moment(r.Stopped, zone))
		}
	}
	return o.value()
}

func (h handlers) elapsedList(ctx context.Context, c *rest.Call, p rest.AnyParams) (out rest.Page[phpform.Value], err error) {
	s := elapsedList
	a, err := s.read(p.Tree)
	if err != nil {
		return out, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	q := elapsed.Query{TaskID: a.int(0)}
	if q.Order, err = s.order(a, 1, elapsed.Columns()); err != nil {
		return out, err
	}
	if q.Filter, err = s.filter(a, 2, elapsed.Columns(), zone); err != nil {
		return out, err
	}
	names, err := s.selected(a, 3, elapsedReadable)
	if err != nil {
		return out, err
	}
	if q.Limit, q.Offset, err = s.page(a, 4, elapsed.MaxPage); err != nil {
		return out, err
	}
	if v, ok := p.Tree.GetFold("start"); ok && !a.has(4) {
		q.Offset = startOf(v)
	}
	records, total, err := h.Elapsed.List(ctx, actor(c), q)
	if err != nil {
		return out, elapsedFault(err)
	}
	for _, r := range records {
		out.Items = append(out.Items, elapsedRow(r, names, zone))
	}
	out.Total = total
	if next := q.Offset + int64(len(records)); next < total && len(records) > 0 {
		out.Next = next
	}
	return out, nil
}

// startOf reads the offset of a page.
func startOf(v phpform.Value) int64 {
	n, _ := v.Int()
	return max(n, 0)
}

// selected reads the i-th argument as names of fields; nothing and "*" are all of known.
func (s signature) selected(a arguments, i int, known []string) ([]string, error) {
	var names []string
	for _, e := range a[i].Entries() {
		name := strings.ToUpper(e.Value.Text())
		switch {
		case name == "*":
			return known, nil
		case name == "":
		case !slices.Contains(known, name):
			return nil, s.badValue(i, e.Value.Text())
		default:
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return known, nil
	}
	slices.SortFunc(names, func(a, b string) int { return slices.Index(known, a) - slices.Index(known, b) })
	return slices.Compact(names), nil
}

// page reads the i-th argument, {"NAV_PARAMS": {"nPageSize": 20, "iNumPage": 2}}.
func (s signature) page(a arguments, i int, most int64) (limit, offset int64, err error) {
	limit = most
	for _, e := range a[i].Entries() {
		if !strings.EqualFold(e.Key, "NAV_PARAMS") {
			return 0, 0, s.forbidden(i, e.Key)
		}
		if v, ok := e.Value.GetFold("nPageSize"); ok {
			if n, ok := v.Int(); ok && n > 0 {
				limit = min(n, most)
			}
		}
		if v, ok := e.Value.GetFold("iNumPage"); ok {
			if n, ok := v.Int(); ok && n > 1 {
				offset = min(n-1, 1<<40) * limit
			}
		}
	}
	return limit, offset, nil
}

func (h handlers) elapsedDelete(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := elapsedDelete.read(p.Tree)
	if err != nil {
		return out, err
	}
	if err := h.Elapsed.Delete(ctx, actor(c), a.int(0), a.int(1)); err != nil {
		return out, elapsedFault(err)
	}
	return phpform.NullValue(), nil
}

func (h handlers) elapsedMay(ctx context.Context, c *rest.Call, p rest.AnyParams) (out phpform.Value, err error) {
	a, err := elapsedMay.read(p.Tree)
	if err != nil {
		return out, err
	}
	may, err := h.Elapsed.May(ctx, actor(c), a.int(0), a.int(1), elapsed.Action(a.int(2)))
	return phpform.BoolOf(may), err
}

// elapsedManifest answers task.elapseditem.getmanifest.
func elapsedManifest(context.Context, *rest.Call, rest.AnyParams) (phpform.Value, error) {
	write := map[string][]string{"fields": elapsedWritable}
	return manifest{
		alias: "elapseditem", version: "1.2", changed: "22 Feb 2018", writable: elapsedWritable, readable: elapsedReadable,
		sortable: elapsedSortable, filterable: elapsedFilterable, dates: []string{"CREATED_DATE", "DATE_START", "DATE_STOP"},
		methods: []manifestMethod{
			manifestSelf,
			{
				signature: elapsedList, static: 1, returns: elapsedReadable, list: true,
				keys: map[string][]string{"order": elapsedSortable, "filter": elapsedFilterable, "params": {"NAV_PARAMS"}},
				extra: map[string][]phpform.Entry{
					"filter": {{Key: "allowedKeyPrefixes", Value: texts(comparisons)}},
					"select": {{Key: "allowedValues", Value: texts(append([]string{"", "*"}, elapsedReadable...))}},
				},
			},
			{signature: elapsedGet, returns: elapsedReadable},
			{signature: elapsedAdd, static: 1, keys: write},
			{signature: elapsedUpdate, static: 2, keys: write},
			{signature: elapsedDelete, static: 2},
			{signature: elapsedMay, static: 2},
		},
	}.value(), nil
}
