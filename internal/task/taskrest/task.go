package taskrest

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
)

// registerTask adds the methods that create, read, change and delete tasks.
func (h handlers) registerTask(r *rest.Registry) {
	const everyone = rest.Everyone
	r.Add(
		rest.M("tasks.task.add", "task", everyone, "Creates a task.", h.add, rest.Doc(pages+"tasks-task-add.md")),
		rest.M("tasks.task.update", "task", everyone, "Changes a task.", h.update, rest.Doc(pages+"tasks-task-update.md")),
		rest.M("tasks.task.delete", "task", everyone, "Removes a task for ever.", h.remove, rest.Doc(pages+"tasks-task-delete.md")),
		rest.M("tasks.task.get", "task", everyone, "Answers a task.", h.get, rest.Doc(pages+"tasks-task-get.md")),
		rest.M("tasks.task.list", "task", everyone, "Lists tasks that the caller may see.", h.taskList, rest.Doc(pages+"tasks-task-list.md")),
		rest.M("tasks.task.getFields", "task", everyone, "Describes the fields of tasks.", h.describe, rest.Doc(pages+"tasks-task-get-fields.md")),
	)
}

// taskAnswer is an answer that holds a task.
type taskAnswer struct {
	Task json.RawMessage `json:"task"`
}

// addParams are the parameters of tasks.task.add.
type addParams struct {
	Fields phpform.Value `b24:"fields,needed"`
}

func (h handlers) add(ctx context.Context, c *rest.Call, p addParams) (out taskAnswer, err error) {
	if record.Nothing(p.Fields) || !p.Fields.IsArray() {
		return out, internally(errNoFields)
	}
	ch, err := h.readChange(ctx, c, p.Fields)
	if err != nil {
		return out, err
	}
	t := task.Task{Priority: task.Medium, Added: map[string][]string{}}
	ch.Fill(&t)
	if !task.MayCreate(actor(c), t) {
		return out, errNotAllowed
	}
	created, err := h.tasks.Create(ctx, actor(c), t)
	if err != nil {
		return out, fieldFault(err, false)
	}
	out.Task, err = h.whole(ctx, c, created.ID)
	return out, err
}

func (h handlers) readChange(ctx context.Context, c *rest.Call, fields phpform.Value) (task.Change, error) {
	view, err := h.tasks.View(ctx)
	if err != nil {
		return task.Change{}, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return task.Change{}, err
	}
	return readFields(ctx, h.Fields, view, zone, fields)
}

// updateParams are the parameters of tasks.task.update.
type updateParams struct {
	TaskID phpform.Value `b24:"taskId,needed"`
	Fields phpform.Value `b24:"fields,needed"`
}

func (h handlers) update(ctx context.Context, c *rest.Call, p updateParams) (out taskAnswer, err error) {
	id, err := taskID(p.TaskID)
	if err != nil {
		return out, constructed(err)
	}
	if record.Nothing(p.Fields) || !p.Fields.IsArray() {
		return out, internally(errNoFields)
	}
	ch, err := h.readChange(ctx, c, p.Fields)
	if err != nil {
		return out, err
	}
	if _, err = h.tasks.Update(ctx, actor(c), id, ch); err != nil {
		if gone(err) {
			return out, internally(errNotAllowed)
		}
		return out, fieldFault(err, true)
	}
	out.Task, err = h.whole(ctx, c, id)
	return out, err
}

// constructed gives the fault of a number that is missing the end that some pages show.
func constructed(err error) error {
	if fault.Of(err).Text == errConstructor.Text {
		return internally(errConstructor)
	}
	return err
}

// idParams are the parameters of the methods that have the number of a task.
type idParams struct {
	TaskID phpform.Value `b24:"taskId,needed"`
}

func (h handlers) remove(ctx context.Context, c *rest.Call, p idParams) (out struct {
	Task bool `json:"task"`
}, err error,
) {
	id, err := taskID(p.TaskID)
	if err != nil {
		return out, err
	}
	if err := h.tasks.Delete(ctx, actor(c), id); err != nil {
		if gone(err) {
			return out, errNoDelete
		}
		return out, err
	}
	out.Task = true
	return out, nil
}

// getParams are the parameters of tasks.task.get.
type getParams struct {
	TaskID phpform.Value `b24:"taskId"`
	Select phpform.Value `b24:"select"`
}

func (h handlers) get(ctx context.Context, c *rest.Call, p getParams) (json.RawMessage, error) {
	id, err := taskID(p.TaskID)
	if err != nil {
		return nil, constructed(err)
	}
	if !p.Select.IsNull() && !p.Select.IsArray() {
		return nil, internally(notArray(p.Select, "select"))
	}
	object, err := h.one(ctx, c, id, p.Select)
	if gone(err) && err != nil {
		return nothing, nil
	}
	if err != nil {
		return nil, err
	}
	return encode(taskAnswer{object}), nil
}

// whole returns a task as the methods that change one answer it.
func (h handlers) whole(ctx context.Context, c *rest.Call, id int64) (json.RawMessage, error) {
	object, err := h.one(ctx, c, id, phpform.Value{})
	if gone(err) && err != nil {
		return nothing, nil // whoever changed it has no role in it any more
	}
	return object, err
}

// one returns a task with what was chosen of it.
func (h handlers) one(ctx context.Context, c *rest.Call, id int64, chosen phpform.Value) (json.RawMessage, error) {
	view, err := h.tasks.View(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	who, s := actor(c), choose(view, chosen, "FAVORITE")
	t, err := h.tasks.Get(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if s.has("COUNTERS") {
		s.names = slices.DeleteFunc(s.names, func(n string) bool { return n == "COUNTERS" })
	}
	row, err := h.tasks.Row(ctx, who, id, s.fields)
	if err != nil {
		return nil, err
	}
	favorite, err := h.tasks.IsFavorite(ctx, who.ID, id)
	if err != nil {
		return nil, err
	}
	pg, err := h.newPage(ctx, c, zone, s, [][]any{row})
	if err != nil {
		return nil, err
	}
	return pg.object(row, t, favorite)
}

// object writes a task with everything that answers about one hold.
func (p *page) object(row []any, t task.Task, favorite bool) (json.RawMessage, error) {
	var w objectWriter
	p.members(&w, row)
	p.roles(&w, row)
	if at, ok := p.selection.at["NEW_COMMENTS_COUNT"]; ok {
		w.value("newCommentsCount", row[at])
	}
	w.member("action", actions(p.actor, t, favorite))
	if p.selection.has("CHECKLIST") {
		if err := p.checklists(p.ctx, &w, t.ID, true); err != nil {
			return nil, err
		}
	}
	return w.done(), nil
}

// describe answers what fields tasks have.
func (h handlers) describe(ctx context.Context, _ *rest.Call, _ rest.None) (out struct {
	Fields phpform.Value `json:"fields"`
}, err error,
) {
	view, err := h.tasks.View(ctx)
	if err != nil {
		return out, err
	}
	out.Fields = describeFields(view)
	return out, nil
}
