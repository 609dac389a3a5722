package taskrest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// itemPages begins the pages of the outdated methods task.item.*.
const itemPages = pages + "deprecated/task-item/task-item-"

// The faults of the outdated methods, in the form that api-reference/tasks/checklist-item/ shows.
var (
	errItemGone   = core("TASKS_ERROR_EXCEPTION_#1; Task not found; 1/TE/TASK_NOT_FOUND_OR_NOT_ACCESSIBLE")
	errItemDenied = core("TASKS_ERROR_EXCEPTION_#4; Action not allowed; 4/TE/ACTION_NOT_ALLOWED<br>")
)

// registerItems adds the outdated methods. Their parameters have names, and count by their place where they have others.
func (h handlers) registerItems(r *rest.Registry) {
	m := func(name, page, summary string, f func(context.Context, *rest.Call, rest.AnyParams) (any, error), reads ...string) {
		r.Add(rest.M("task.item."+name, "task", rest.Everyone, summary, f, rest.Doc(itemPages+page+".md"), rest.Reads(reads...)))
	}
	m("add", "add", "Creates a task and answers its number.", h.itemAdd, "TASKDATA")
	m("update", "update", "Changes a task.", h.itemUpdate, "TASKID", "TASKDATA")
	m("delete", "delete", "Removes a task for ever.", h.item("delete", h.itemDelete), "TASKID")
	m("getdata", "get-data", "Answers the fields of a task.", h.item("getdata", h.itemData), "TASKID")
	m("getdescription", "get-description", "Answers the description of a task.", h.item("getdescription", h.itemDescription), "TASKID", "FORMAT")
	m("getdependson", "get-dependson", "Answers the tasks that a task depends on.", h.item("getdependson", h.itemDepends), "TASKID")
	m("getallowedactions", "get-allowed-actions", "Answers the numbers of what the caller may do.", h.item("getallowedactions", h.itemActions), "TASKID")
	m("getallowedtaskactionsasstrings", "get-allowed-task-actions-as-strings", "Answers what the caller may do, by names.",
		h.item("getallowedtaskactionsasstrings", h.itemActionNames), "TASKID")
	m("isactionallowed", "is-action-allowed", "Tells whether the caller may do something.", h.item("isactionallowed", h.itemMay), "TASKID", "ACTIONID")
	m("delegate", "delegate", "Makes somebody else responsible for a task.", h.item("delegate", h.itemDelegate), "TASKID", "USERID")
	for name, x := range map[string]struct {
		page, summary string
		do            func(ctx context.Context, who user.Ref, id int64) (task.Task, error)
	}{
		"startexecution": {"start-execution", "Says that somebody works on a task.", h.tasks.Start},
		"complete":       {"complete", "Completes a task.", h.complete},
		"renew":          {"renew", "Opens a task again.", h.tasks.Resume},
		"defer":          {"defer", "Puts a task off.", h.tasks.Defer},
		"approve":        {"approve", "Accepts the result of a task.", h.tasks.Approve},
		"disapprove":     {"disapprove", "Sends a task back whose result waits to be accepted.", h.tasks.Disapprove},
	} {
		m(name, x.page, x.summary, h.item(name, func(ctx context.Context, c *rest.Call, id int64, _ []phpform.Value) (any, error) {
			_, err := x.do(ctx, actor(c), id)
			return true, err
		}), "TASKID")
	}
	favorite := func(name string, on bool) func(context.Context, *rest.Call, rest.AnyParams) (any, error) {
		return h.item(name, func(ctx context.Context, c *rest.Call, id int64, args []phpform.Value) (any, error) {
			below, _ := args[1].GetFold("AFFECT_CHILDREN")
			return true, h.tasks.SetFavorites(ctx, actor(c), id, on, below.Truthy())
		})
	}
	m("addtofavorite", "add-to-favourite", "Puts a task among the caller's favourites.", favorite("addtofavorite", true), "TASK_ID", "PARAMS")
	m("deletefromfavorite", "delete-from-favorite", "Takes a task out of the caller's favourites.", favorite("deletefromfavorite", false), "TASK_ID", "PARAMS")
	m("getmanifest", "get-manifest", "Describes the methods of tasks.", itemManifest)
	r.Add(rest.M("task.items.getlist", "task", rest.Everyone, "Lists tasks that the caller may see.", h.items, rest.Doc(pages+"deprecated/task-items-get-list.md"),
		rest.Reads("ORDER", "FILTER", "TASKDATA", "NAV_PARAMS")))
}

// argNames are the names that the parameters of the outdated methods go by, by their place.
var argNames = [][]string{
	{"TASKID", "TASK_ID", "ID"}, {"TASKDATA", "FIELDS", "ARFIELDS", "FORMAT", "ACTIONID", "ACTION", "USERID", "PARAMS", "DATA"},
}

// passing are parameters of the protocol, which are no arguments whatever their place.
var passing = []string{"AUTH", "START", "NEXT", "SESSID", "ACCESS_TOKEN"}

// itemArgs returns the two arguments of a call; absent ones are null.
func itemArgs(tree phpform.Value) []phpform.Value {
	out := make([]phpform.Value, len(argNames))
	var unnamed []phpform.Value
	for _, e := range tree.Entries() {
		key := strings.ToUpper(e.Key)
		switch i := slices.IndexFunc(argNames, func(names []string) bool { return slices.Contains(names, key) }); {
		case i >= 0:
			out[i] = e.Value
		case !slices.Contains(passing, key) && !strings.HasPrefix(key, "BX24_") && !strings.HasPrefix(key, "__"):
			unnamed = append(unnamed, e.Value)
		}
	}
	for i := range out {
		if out[i].IsNull() && len(unnamed) > 0 {
			out[i], unnamed = unnamed[0], unnamed[1:]
		}
	}
	return out
}

// item is a method about the task of a number.
func (h handlers) item(name string, do func(ctx context.Context, c *rest.Call, id int64, args []phpform.Value) (any, error),
) func(context.Context, *rest.Call, rest.AnyParams) (any, error) {
	return func(ctx context.Context, c *rest.Call, p rest.AnyParams) (any, error) {
		args := itemArgs(p.Tree)
		id, err := itemID(name, args[0])
		if err != nil {
			return nil, err
		}
		out, err := do(ctx, c, id, args)
		return out, itemFault(err)
	}
}

func itemID(method string, v phpform.Value) (int64, error) {
	arg := param{0, "taskId", method}
	if v.IsNull() {
		return 0, core("TASKS_ERROR_EXCEPTION_#256; Param #0 (taskId) expected by method ctaskitem::" + method + "(), but not given.; 256/TE/WRONG_ARGUMENTS<br>")
	}
	id, ok := v.Int()
	if !ok || v.IsArray() {
		return 0, arg.mistyped("integer")
	}
	return id, nil
}

// itemFault words what went wrong as the outdated methods do.
func itemFault(err error) error {
	switch {
	case err == nil:
		return nil
	case fault.Of(err).Code == task.ErrNotFound.Code:
		return errItemGone
	case fault.Of(err).Code == task.ErrResult.Code:
		return core(fault.Of(err).Text)
	case gone(err):
		return errItemDenied
	}
	return fieldFault(err, true)
}

func (h handlers) itemAdd(ctx context.Context, c *rest.Call, p rest.AnyParams) (any, error) {
	args := itemArgs(p.Tree)
	fields := args[1]
	if !fields.IsArray() {
		fields = args[0]
	}
	if !fields.IsArray() {
		return nil, param{0, "arNewTaskData", "add"}.mistyped("array")
	}
	ch, err := h.readChange(ctx, c, fields)
	if err != nil {
		return nil, err
	}
	t := task.Task{Priority: task.Medium, Added: map[string][]string{}}
	ch.Fill(&t)
	if t.ResponsibleID == 0 {
		t.ResponsibleID = c.UserID
	}
	if !task.MayCreate(actor(c), t) {
		return nil, errItemDenied
	}
	created, err := h.tasks.Create(ctx, actor(c), t)
	if err != nil {
		return nil, fieldFault(err, true)
	}
	return created.ID, nil
}

func (h handlers) itemUpdate(ctx context.Context, c *rest.Call, p rest.AnyParams) (any, error) {
	args := itemArgs(p.Tree)
	id, err := itemID("update", args[0])
	if err != nil {
		return nil, err
	}
	if !args[1].IsArray() {
		return nil, param{1, "arNewTaskData", "update"}.mistyped("array")
	}
	ch, err := h.readChange(ctx, c, args[1])
	if err != nil {
		return nil, err
	}
	_, err = h.tasks.Update(ctx, actor(c), id, ch)
	return err == nil, itemFault(err)
}

func (h handlers) itemDelete(ctx context.Context, c *rest.Call, id int64, _ []phpform.Value) (any, error) {
	return true, h.tasks.Delete(ctx, actor(c), id)
}

func (h handlers) itemData(ctx context.Context, c *rest.Call, id int64, _ []phpform.Value) (any, error) {
	view, err := h.tasks.View(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	fields := view.All()
	row, err := h.tasks.Row(ctx, actor(c), id, fields)
	if err != nil {
		return nil, err
	}
	if err := h.openChats(ctx, fields, []int64{id}, [][]any{row}); err != nil {
		return nil, err
	}
	style := record.Style{Zone: zone, File: h.fileWriter(c)}
	return json.RawMessage(style.AppendObject(nil, fields, row)), nil
}

// itemDescription answers the description: 1 as it is kept, 2 as HTML, 3 as a plain text.
func (h handlers) itemDescription(ctx context.Context, c *rest.Call, id int64, args []phpform.Value) (any, error) {
	t, err := h.tasks.Get(ctx, actor(c), id)
	if err != nil {
		return nil, err
	}
	switch args[1].Text() {
	case "1":
		return t.Description, nil
	case "3":
		return bbcode.PlainFor(t.Description, bbcode.Options{Lists: true}), nil
	case "", "2":
		return string(bbcode.HTML(t.Description, bbcode.Options{Lists: true})), nil
	}
	return nil, param{1, "format", "getdescription"}.wrong(`must not contain value "` + shorten(args[1].Text()) + `".`)
}

func (h handlers) itemDepends(ctx context.Context, c *rest.Call, id int64, _ []phpform.Value) (any, error) {
	t, err := h.tasks.Get(ctx, actor(c), id)
	if t.DependsOn == nil {
		t.DependsOn = []int64{}
	}
	return t.DependsOn, err
}

// itemActions are the actions by their numbers, the first being 1 (task-item-get-allowed-actions.md).
var itemActions = []struct{ name, action string }{
	{"ACTION_ACCEPT", "ACCEPT"},
	{"ACTION_DECLINE", "DECLINE"},
	{"ACTION_COMPLETE", "COMPLETE"},
	{"ACTION_APPROVE", "APPROVE"},
	{"ACTION_DISAPPROVE", "DISAPPROVE"},
	{"ACTION_START", "START"},
	{"ACTION_DELEGATE", "DELEGATE"},
	{"ACTION_REMOVE", "REMOVE"},
	{"ACTION_EDIT", "EDIT"},
	{"ACTION_DEFER", "DEFER"},
	{"ACTION_RENEW", "RENEW"},
	{"ACTION_CREATE", "CREATE"},
	{"ACTION_CHANGE_DEADLINE", "CHANGE_DEADLINE"},
	{"ACTION_CHECKLIST_ADD_ITEMS", "CHECKLIST_ADD_ITEMS"},
	{"ACTION_ELAPSED_TIME_ADD", "ELAPSEDTIME.ADD"},
	{"ACTION_CHANGE_DIRECTOR", "EDIT.ORIGINATOR"},
	{"ACTION_PAUSE", "PAUSE"},
	{"ACTION_START_TIME_TRACKING", "DAYPLAN.TIMER.TOGGLE"},
}

func (h handlers) itemActions(ctx context.Context, c *rest.Call, id int64, _ []phpform.Value) (any, error) {
	t, err := h.tasks.Get(ctx, actor(c), id)
	if err != nil {
		return nil, err
	}
	out := []int{}
	for i, a := range itemActions {
		if allowed(actor(c), t, a.action, false) {
			out = append(out, i+1)
		}
	}
	return out, nil
}

func (h handlers) itemActionNames(ctx context.Context, c *rest.Call, id int64, _ []phpform.Value) (any, error) {
	t, err := h.tasks.Get(ctx, actor(c), id)
	if err != nil {
		return nil, err
	}
	var w objectWriter
	for _, a := range itemActions {
		w.value(a.name, allowed(actor(c), t, a.action, false))
	}
	return w.done(), nil
}

func (h handlers) itemMay(ctx context.Context, c *rest.Call, id int64, args []phpform.Value) (any, error) {
	t, err := h.tasks.Get(ctx, actor(c), id)
	if err != nil {
		return nil, err
	}
	n, ok := args[1].Int()
	if !ok || n < 1 || n > int64(len(itemActions)) {
		return nil, param{1, "actionId", "isactionallowed"}.mistyped("integer")
	}
	return allowed(actor(c), t, itemActions[n-1].action, false), nil
}

func (h handlers) itemDelegate(ctx context.Context, c *rest.Call, id int64, args []phpform.Value) (any, error) {
	to, ok := args[1].Int()
	if !ok {
		return nil, param{1, "userId", "delegate"}.mistyped("integer")
	}
	_, err := h.tasks.Delegate(ctx, actor(c), id, to)
	return true, err
}

// itemManifest describes the methods and fields for people; the page says that programs do not rely on it.
func itemManifest(context.Context, *rest.Call, rest.AnyParams) (any, error) {
	methods := map[string]map[string]string{}
	for _, m := range []string{
		"add", "update", "delete", "getdata", "getdescription", "getdependson", "getallowedactions", "getallowedtaskactionsasstrings", "isactionallowed", "delegate",
		"startexecution", "complete", "renew", "defer", "approve", "disapprove", "addtofavorite", "deletefromfavorite", "list", "getmanifest",
	} {
		methods[m] = map[string]string{"method": "task.item." + m}
	}
	writable := []string{
		"TITLE", "DESCRIPTION", "DEADLINE", "START_DATE_PLAN", "END_DATE_PLAN", "PRIORITY", "ACCOMPLICES", "AUDITORS", "TAGS", "ALLOW_CHANGE_DEADLINE", "TASK_CONTROL",
		"PARENT_ID", "DEPENDS_ON", "GROUP_ID", "RESPONSIBLE_ID", "TIME_ESTIMATE", "ALLOW_TIME_TRACKING", "MATCH_WORK_TIME", "ADD_IN_REPORT", "MARK", "STATUS", "XML_ID",
	}
	return map[string]any{
		"Warning":                         "The form of this description may change at any time",
		"REST: shortname alias to class":  "item",
		"REST: writable task data fields": writable,
		"REST: available methods":         methods,
	}, nil
}

// items lists tasks; its parameters are called otherwise than those of task.item.list.
func (h handlers) items(ctx context.Context, c *rest.Call, p rest.AnyParams) (rest.Page[json.RawMessage], error) {
	get := func(name string, place int) *phpform.Value {
		if v, ok := p.Tree.GetFold(name); ok {
			return &v
		}
		if v, ok := p.Tree.Get(string(rune('0' + place))); ok {
			return &v
		}
		return nil
	}
	l := listParams{Order: get("ORDER", 0), Filter: get("FILTER", 1), Select: get("TASKDATA", 2), Start: get("start", 9)}
	if l.Order == nil {
		l.Order = &phpform.Value{}
	}
	if nav := get("NAV_PARAMS", 3); nav != nil && !record.Nothing(*nav) {
		params := phpform.ArrayOf(phpform.Entry{Key: "NAV_PARAMS", Value: *nav})
		l.Params = &params
	}
	return h.list(ctx, c, l)
}
