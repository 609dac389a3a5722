package partrest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/link"
)

func (h handlers) registerLink(r *rest.Registry) {
	r.Add(
		rest.M("task.dependence.add", "task", rest.Everyone, "Makes a task depend on another one.", h.linkAdd,
			rest.Doc("api-reference/tasks/task-dependence-add.md")),
		rest.M("task.dependence.delete", "task", rest.Everyone, "Ends that a task depends on another one.", h.linkDelete,
			rest.Doc("api-reference/tasks/task-dependence-delete.md")),
		rest.M("task.logitem.list", "task", rest.Everyone, "Lists what happened to a task.", h.logList,
			rest.Doc("api-reference/tasks/deprecated/task-item/task-log-item-list.md"), rest.Reads("ID*")),
	)
}

type linkAddParams struct {
	From int64 `b24:"taskIdFrom,required"`
	To   int64 `b24:"taskIdTo,required"`
	Kind int64 `b24:"linkType,required"`
}

func (h handlers) linkAdd(ctx context.Context, c *rest.Call, p linkAddParams) ([]int64, error) {
	return []int64{}, h.Links.Add(ctx, actor(c), p.From, p.To, link.Kind(p.Kind))
}

type linkDeleteParams struct {
	From int64 `b24:"taskIdFrom,required"`
	To   int64 `b24:"taskIdTo,required"`
}

func (h handlers) linkDelete(ctx context.Context, c *rest.Call, p linkDeleteParams) ([]int64, error) {
	return []int64{}, h.Links.Delete(ctx, actor(c), p.From, p.To)
}

// logList takes the task by its place too: the page's own example calls it otherwise.
var logList = signature{"ctasklogitem", "list", []argument{{wire: "ID", name: "taskId", kind: integer}}}

func (h handlers) logList(ctx context.Context, c *rest.Call, p rest.AnyParams) (out []phpform.Value, err error) {
	a, err := logList.read(p.Tree)
	if err != nil {
		return nil, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	notes, err := h.Tasks.History(ctx, actor(c), a.int(0), task.HistoryQuery{Oldest: true})
	if errors.Is(err, task.ErrNotFound) {
		return nil, failed("Action failed")
	}
	out = make([]phpform.Value, len(notes))
	for i, n := range notes {
		var o object
		o.str("CREATED_DATE", moment(n.Created, zone)).set("USER_ID", idText(n.UserID)).set("TASK_ID", idText(n.TaskID))
		out[i] = o.str("FIELD", n.Field).str("FROM_VALUE", n.From).str("TO_VALUE", n.To).value()
	}
	return out, err
}
