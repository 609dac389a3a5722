package taskrest

import (
	"context"
	"encoding/json"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// registerActions adds the methods that move tasks, and those that mark them for the caller.
func (h handlers) registerActions(r *rest.Registry) {
	type do = func(ctx context.Context, who user.Ref, id int64) (task.Task, error)
	for _, m := range []struct {
		name, page, summary string
		do                  do
		refused             *fault.Fault
	}{
		{"start", "status/tasks-task-start", "Says that somebody works on a task.", h.tasks.Start, errNotAllowed},
		{"pause", "status/tasks-task-pause", "Says that nobody works on a task for now.", h.tasks.Pause, errForbidden},
		{"complete", "status/tasks-task-complete", "Completes a task.", h.complete, errNotAllowed},
		{"renew", "status/tasks-task-renew", "Opens a task again.", h.tasks.Resume, errForbidden},
		{"defer", "status/tasks-task-defer", "Puts a task off.", h.tasks.Defer, errForbidden},
		{"approve", "tasks-task-approve", "Accepts the result of a task.", h.tasks.Approve, errForbidden},
		{"disapprove", "tasks-task-disapprove", "Sends a task back whose result waits to be accepted.", h.tasks.Disapprove, errForbidden},
		{"startwatch", "user-actions/tasks-task-start-watch", "Makes the caller an observer of a task.", h.watch(true), errNoWatch},
		{"stopwatch", "user-actions/tasks-task-stop-watch", "Ends that the caller observes a task.", h.watch(false), errNoWatch},
	} {
		r.Add(rest.M("tasks.task."+m.name, "task", rest.Everyone, m.summary, h.acts(m.do, m.refused), rest.Doc(pages+m.page+".md")))
	}
	for _, m := range []struct {
		name, page, summary string
		mark                task.Mark
		on                  bool
	}{
		{"pin", "pin", "Pins a task for the caller.", task.Pinned, true},
		{"unpin", "unpin", "Unpins a task for the caller.", task.Pinned, false},
		{"mute", "mute", "Mutes a task for the caller.", task.Muted, true},
		{"unmute", "unmute", "Ends that a task is muted for the caller.", task.Muted, false},
	} {
		r.Add(rest.M("tasks.task."+m.name, "task", rest.Everyone, m.summary, h.marks(m.mark, m.on), rest.Doc(pages+"user-actions/tasks-task-"+m.page+".md")))
	}
	r.Add(
		rest.M("tasks.task.favorite.add", "task", rest.Everyone, "Puts a task among the caller's favourites.", h.favorite(true),
			rest.Doc(pages+"user-actions/tasks-task-favorite-add.md")),
		rest.M("tasks.task.favorite.remove", "task", rest.Everyone, "Takes a task out of the caller's favourites.", h.favorite(false),
			rest.Doc(pages+"user-actions/tasks-task-favorite-remove.md")),
		rest.M("tasks.task.delegate", "task", rest.Everyone, "Makes somebody else responsible for a task.", h.delegate, rest.Doc(pages+"tasks-task-delegate.md")),
		rest.M("tasks.task.getaccess", "task", rest.Everyone, "Tells what people may do with a task.", h.access, rest.Doc(pages+"tasks-task-get-access.md")),
		rest.M("tasks.task.counters.get", "task", rest.Everyone, "Counts what waits for a person in their tasks.", h.counters,
			rest.Doc(pages+"tasks-task-counters-get.md")),
	)
}

// acts is a method that does something with the task of a number, and answers the task.
func (h handlers) acts(do func(ctx context.Context, who user.Ref, id int64) (task.Task, error), refused *fault.Fault,
) func(context.Context, *rest.Call, idParams) (taskAnswer, error) {
	return func(ctx context.Context, c *rest.Call, p idParams) (out taskAnswer, err error) {
		id, err := taskID(p.TaskID)
		if err != nil {
			return out, err
		}
		if _, err := do(ctx, actor(c), id); err != nil {
			if fault.Of(err).Code == task.ErrResult.Code {
				return out, core(fault.Of(err).Text)
			}
			if gone(err) {
				return out, refused
			}
			return out, fieldFault(err, true)
		}
		out.Task, err = h.whole(ctx, c, id)
		return out, err
	}
}

// complete completes a task; what waits to be accepted is accepted by another method.
func (h handlers) complete(ctx context.Context, who user.Ref, id int64) (task.Task, error) {
	t, err := h.tasks.Get(ctx, who, id)
	if err != nil {
		return t, err
	}
	if !task.May(who, t, task.ActComplete) {
		return t, task.ErrDenied
	}
	return h.tasks.Complete(ctx, who, id)
}

func (h handlers) watch(on bool) func(context.Context, user.Ref, int64) (task.Task, error) {
	return func(ctx context.Context, who user.Ref, id int64) (task.Task, error) {
		return h.tasks.Watch(ctx, who, id, on)
	}
}

// markParams are the parameters of the methods that mark a task for the caller.
type markParams struct {
	ID phpform.Value `b24:"id,needed"`
}

// marks is a method that sets a mark, and answers the task.
func (h handlers) marks(m task.Mark, on bool) func(context.Context, *rest.Call, markParams) (json.RawMessage, error) {
	return func(ctx context.Context, c *rest.Call, p markParams) (json.RawMessage, error) {
		id, err := taskID(p.ID)
		if err != nil {
			return nil, err
		}
		if err := h.tasks.SetMark(ctx, actor(c), id, m, on); err != nil {
			if gone(err) {
				return nothing, nil
			}
			return nil, err
		}
		object, err := h.whole(ctx, c, id)
		return encode(taskAnswer{object}), err
	}
}

func (h handlers) favorite(on bool) func(context.Context, *rest.Call, idParams) (bool, error) {
	return func(ctx context.Context, c *rest.Call, p idParams) (bool, error) {
		id, err := taskID(p.TaskID)
		if err != nil {
			return false, err
		}
		if err := h.tasks.SetFavorite(ctx, actor(c), id, on); err != nil {
			if gone(err) {
				return false, errNoFavorite
			}
			return false, err
		}
		return true, nil
	}
}

// delegateParams are the parameters of tasks.task.delegate.
type delegateParams struct {
	TaskID phpform.Value `b24:"taskId,needed"`
	UserID phpform.Value `b24:"userId,needed"`
}

func (h handlers) delegate(ctx context.Context, c *rest.Call, p delegateParams) (out taskAnswer, err error) {
	id, err := taskID(p.TaskID)
	if err != nil {
		return out, err
	}
	if record.Nothing(p.UserID) {
		return out, errNoUser
	}
	to, ok := p.UserID.Int()
	if !ok {
		return out, fault.Newf(fault.Invalid, "100", "Invalid value {%s} to match with parameter {userId}. Should be value of type int.", shorten(p.UserID.Text()))
	}
	if _, err := h.tasks.Delegate(ctx, actor(c), id, to); err != nil {
		if gone(err) {
			return out, errNotAllowed
		}
		return out, fieldFault(err, true)
	}
	out.Task, err = h.whole(ctx, c, id)
	return out, err
}
