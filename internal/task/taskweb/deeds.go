package taskweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// reminderView is a reminder of the viewer's.
type reminderView struct {
	At    time.Time
	Value string // by which it is taken away
}

// reminders returns when the viewer is reminded of a task.
func (h pages) reminders(ctx context.Context, r *web.Request, id int64) (out []reminderView, err error) {
	at, err := h.tasks.Reminders(ctx, actor(r.Viewer), id)
	for _, t := range at {
		out = append(out, reminderView{t, strconv.FormatInt(t.Unix(), 10)})
	}
	return out, err
}

// remindBefore are the reminders that are chosen by how long before the deadline they come.
var remindBefore = map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "deadline": 0}

var errReminder = fault.New(fault.Invalid, "TASK_INVALID", "Choose when you want to be reminded.").At("at")

// remind sets a reminder of the viewer's, or takes one away.
func (h pages) remind(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	who := actor(r.Viewer)
	at, err := h.tasks.Reminders(ctx, who, id)
	if err != nil {
		return nil, err
	}
	toast := "You are reminded no more"
	if gone := r.Int("remove", 0); gone != 0 {
		kept := at[:0]
		for _, t := range at {
			if t.Unix() != gone {
				kept = append(kept, t)
			}
		}
		at = kept
	} else {
		when, err := h.reminderAt(ctx, r, id)
		if err != nil {
			return nil, err
		}
		at, toast = append(at, when), "You are reminded "+moment(r.Viewer, when.In(r.Viewer.Zone()), localNow(r))
	}
	return web.Redirect{To: cardURL(owner, id) + "#reminders", Toast: toast}, h.tasks.SetReminders(ctx, who, id, at)
}

// reminderAt reads when a reminder comes: a moment, or so long before the deadline.
func (h pages) reminderAt(ctx context.Context, r *web.Request, id int64) (time.Time, error) {
	before, ok := remindBefore[r.FormValue("before")]
	if !ok {
		at, err := readMoment(r, "at")
		if err != nil || at.IsZero() {
			err = errReminder
		}
		return at, err
	}
	t, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err == nil && t.Deadline.IsZero() {
		err = errReminder
	}
	return t.Deadline.Add(-before), err
}

// delegate hands the task on to somebody else.
func (h pages) delegate(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	u, err := h.personTyped(ctx, strings.TrimSpace(r.FormValue("person")))
	if err == nil && u.ID == 0 {
		err = fault.New(fault.Invalid, "TASK_INVALID", "Nobody is found by that.").At("person")
	}
	if err != nil {
		return nil, err
	}
	_, err = h.tasks.Delegate(ctx, actor(r.Viewer), id, u.ID)
	return web.Redirect{To: cardURL(owner, id), Toast: "Handed on to " + u.DisplayName()}, err
}

// watch makes the viewer an observer, or ends that.
func (h pages) watch(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	on := chosen(r, "on")
	if _, err = h.tasks.Watch(ctx, actor(r.Viewer), id, on); err != nil {
		return nil, err
	}
	if on {
		return web.Redirect{To: cardURL(owner, id), Toast: "You observe the task"}, nil
	}
	if _, err := h.tasks.Get(ctx, actor(r.Viewer), id); fault.KindOf(err) == fault.NotFound {
		return web.Redirect{To: listURL(owner), Toast: "You do not see the task any more"}, nil
	}
	return web.Redirect{To: cardURL(owner, id), Toast: "You observe it no more"}, nil
}

// mark sets one of the viewer's marks on the task, or takes it away.
func (h pages) mark(m task.Mark, on, off string) web.ResultFunc {
	return func(ctx context.Context, r *web.Request) (web.Result, error) {
		owner, id, err := taskIDs(r)
		if err != nil {
			return nil, err
		}
		toast := off
		if chosen(r, "on") {
			toast = on
		}
		return web.Redirect{To: cardURL(owner, id), Toast: toast}, h.tasks.SetMark(ctx, actor(r.Viewer), id, m, chosen(r, "on"))
	}
}

// deeds are the buttons of the card that move a task through its statuses.
func (h pages) deeds() map[string]web.ResultFunc {
	return map[string]web.ResultFunc{
		"complete": h.act(h.tasks.Complete, "Done"), "resume": h.act(h.tasks.Resume, "The task is open again"), "start": h.act(h.tasks.Start, "Started"),
		"pause": h.act(h.tasks.Pause, "Paused"), "defer": h.act(h.tasks.Defer, "Put off"), "return": h.act(h.tasks.Disapprove, "Sent back"),
		"deadline": h.moveDeadline, "plan": h.movePlan, "subtask": h.subtask, "delete": h.remove, "delegate": h.delegate, "watch": h.watch, "remind": h.remind,
		"favorite": h.mark(task.Favorite, "Among your favourites", "No favourite any more"),
		"mute":     h.mark(task.Muted, "Muted: it counts for nothing", "It counts again"), "chat": h.chat, "comment": h.addComment,
		"result": h.addResult, "result/{result}/delete": h.removeResult,
		"comment/{comment}/save": h.changeComment, "comment/{comment}/delete": h.removeComment,
	}
}

// movesTo brings a task into the status of a lane of the board, by way of the statuses between.
func (h pages) movesTo(ctx context.Context, who user.Ref, t task.Task, to string) (err error) {
	step := func(do func(context.Context, user.Ref, int64) (task.Task, error)) {
		if err == nil {
			t, err = do(ctx, who, t.ID)
		}
	}
	if to == "done" {
		step(h.tasks.Complete)
		return err
	}
	switch {
	case t.Status == task.Awaiting && task.RightsOf(who, t).Accept:
		step(h.tasks.Disapprove)
	case t.Status.Closed(), to != "deferred" && (t.Status == task.Deferred || t.Status == task.Declined):
		step(h.tasks.Resume)
	}
	switch {
	case to == "progress" && t.Status != task.InProgress:
		step(h.tasks.Start)
	case to != "progress" && t.Status == task.InProgress:
		step(h.tasks.Pause)
	}
	if to == "deferred" && t.Status != task.Deferred && t.Status != task.Declined {
		step(h.tasks.Defer)
	}
	return err
}

// chosen reports whether a button that switches something says 1, and not 0.
func chosen(r *web.Request, name string) bool { return r.FormValue(name) == "1" }
