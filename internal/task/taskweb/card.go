package taskweb

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// cardView is what the card of a task shows.
type cardView struct {
	task.Task
	Rights      task.Rights
	URL         string
	EditURL     string
	Status, Due label
	Late        bool
	HTML        template.HTML // the description
	Responsible person
	Creator     person
	Helpers     []person
	Watchers    []person
	ClosedBy    *person
	Parent      *parent
	Mine        task.Marks // of the viewer
	Watches     bool
	Reminders   []reminderView
	Comments    []commentView
	Earlier     int // comments that are not shown
	Attached    []attachedView
	MayAttach   bool
	Files       []File // those of comments
	Results     []resultView
	Added       []userfieldweb.Fact // of the fields that were added to tasks
	Presets     []preset
	Lists       []checkItem
	EditLists   bool
	Time        timeView
	Subtasks    []row
	Needs       []row
	NeededBy    []row
	History     []noteView
	NewDeadline string // as the input wants it, in the viewer's zone
	MovePlan    bool   // the viewer may move the planned dates alone
	NewStart    string
	NewEnd      string
	Error       string
}

// parent is the task above, where the viewer sees it.
type parent struct{ Title, URL string }

// inputTime is how an input of the type datetime-local writes a time.
const inputTime = "2006-01-02T15:04"

// card shows a task.
func (h pages) card(ctx context.Context, r *web.Request) (web.Page, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return web.Page{}, err
	}
	t, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err != nil {
		return web.Page{}, err
	}
	if err := h.tasks.See(ctx, actor(r.Viewer), id); err != nil {
		return web.Page{}, err
	}
	return h.cardPage(ctx, r, owner, t)
}

// taskIDs reads whose page it is and which task the address names.
func taskIDs(r *web.Request) (owner, id int64, err error) {
	if owner, err = r.PathID("u"); err != nil {
		return 0, 0, err
	}
	id, err = r.PathID("id")
	return owner, id, err
}

func (h pages) cardPage(ctx context.Context, r *web.Request, owner int64, t task.Task) (web.Page, error) {
	people, err := h.users.Many(ctx, append(mentioned(t.Description), append(t.Members(), t.ClosedBy)...))
	if err != nil {
		return web.Page{}, fmt.Errorf("people of task %d: %w", t.ID, err)
	}
	now := localNow(r)
	v := &cardView{
		Task: t, Rights: task.RightsOf(actor(r.Viewer), t), URL: cardURL(owner, t.ID), EditURL: editURL(owner, t.ID),
		Status: statusOf(t.Status), Due: dueOf(r.Viewer, t, now), Late: t.Overdue(now), HTML: description(r, t.Description, people),
		Responsible: personOf(people, t.ResponsibleID), Creator: personOf(people, t.CreatedBy),
		Helpers: personsOf(people, t.Accomplices), Watchers: personsOf(people, t.Auditors),
	}
	if t.ClosedBy != 0 {
		p := personOf(people, t.ClosedBy)
		v.ClosedBy = &p
	}
	v.MovePlan = !v.Rights.Edit && task.May(actor(r.Viewer), t, task.ActPlan)
	v.NewStart, v.NewEnd = inputOf(r, t.StartPlan), inputOf(r, t.EndPlan)
	if !t.Deadline.IsZero() {
		v.NewDeadline = t.Deadline.In(now.Location()).Format(inputTime)
	}
	if t.ParentID != 0 {
		above, err := h.tasks.Get(ctx, actor(r.Viewer), t.ParentID)
		if err == nil {
			v.Parent = &parent{above.Title, cardURL(owner, above.ID)}
		} else if fault.KindOf(err) != fault.NotFound {
			return web.Page{}, err
		}
	}
	if err := h.belongings(ctx, r, owner, v); err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: t.Title, Section: Section, Template: "task/card", Body: v, Layout: web.Wide, Keys: cardKeys, Back: listURL(owner), Slider: true,
		Modules: []string{"task/card.js", "ui/inputs/pick.js"}, Styles: []string{"attach/attach.css", "task/task.css"},
		AnyImages: strings.Contains(strings.ToLower(t.Description), "[img"),
	}, nil
}

// cardKeys are the keys of the card.
var cardKeys = []web.Key{{Keys: "E", Does: "Change the task"}, {Keys: "C", Does: "Complete the task"}, {Keys: "S", Does: "Start, or the clock"}}

// belongings fills in what belongs to the task and stands around it.
func (h pages) belongings(ctx context.Context, r *web.Request, owner int64, v *cardView) (err error) {
	v.Presets = presets
	marks, err := h.tasks.MarksOf(ctx, actor(r.Viewer), []int64{v.ID})
	if err != nil {
		return err
	}
	v.Mine, v.Watches = marks[v.ID], slices.Contains(v.Auditors, r.Viewer.ID)
	if v.Reminders, err = h.reminders(ctx, r, v.ID); err != nil {
		return err
	}
	if v.Comments, v.Earlier, v.Files, err = h.comments(ctx, r, owner, v.ID); err != nil {
		return err
	}
	if err := h.attachedFiles(ctx, r, v); err != nil {
		return err
	}
	if v.Lists, v.EditLists, err = h.checklists(ctx, r, owner, v.ID); err != nil {
		return err
	}
	if v.Time, err = h.time(ctx, r, owner, v.ID, v.TimeEstimate); err != nil {
		return err
	}
	v.Time.May = v.Rights.Edit || slices.Contains(append(v.Accomplices, v.ResponsibleID), r.Viewer.ID)
	if v.Results, err = h.outcome(ctx, r, owner, v.ID, v.Comments); err != nil {
		return err
	}
	fields, values, env, err := h.added(ctx, r, v.ID)
	if err != nil {
		return err
	}
	v.Added = userfieldweb.Facts(fields, values, env)
	near, err := h.tasks.Around(ctx, actor(r.Viewer), v.ID)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		dst   *[]row
		tasks []task.Task
	}{{&v.Subtasks, near.Subtasks}, {&v.Needs, near.Needs}, {&v.NeededBy, near.NeededBy}} {
		if *part.dst, err = h.rows(ctx, r, owner, part.tasks); err != nil {
			return err
		}
	}
	v.History, err = h.history(ctx, r, v.ID)
	return err
}

// SubtasksDone is how many of the subtasks are done.
func (v cardView) SubtasksDone() (n int) {
	for _, s := range v.Subtasks {
		if s.Task.Status.Closed() {
			n++
		}
	}
	return n
}

// subtask makes a task below the task; the same person does it where nobody else is named.
func (h pages) subtask(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	above, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err != nil {
		return nil, err
	}
	t := task.Task{Title: user.CleanText(r.FormValue("title"), 4000), ParentID: id, ResponsibleID: above.ResponsibleID, GroupID: above.GroupID, Priority: task.Medium}
	if text := strings.TrimSpace(r.FormValue("person")); text != "" {
		u, err := h.personTyped(ctx, text)
		if err == nil && u.ID == 0 {
			err = fault.New(fault.Invalid, "TASK_INVALID", "Nobody is found by that.").At("person")
		}
		if err != nil {
			return nil, err
		}
		t.ResponsibleID = u.ID
	}
	_, err = h.tasks.Create(ctx, actor(r.Viewer), t)
	return web.Redirect{To: cardURL(owner, id) + "#subtasks", Toast: "Subtask created"}, err
}

// mentioned are the people whom a description names.
func mentioned(text string) []int64 {
	ids, _ := bbcode.Mentions(text)
	return ids
}

// description turns BB code into HTML for the viewer.
func description(r *web.Request, text string, people map[int64]user.User) template.HTML {
	return bbcode.HTML(text, bbcode.Options{
		Host: r.Host, Location: r.Viewer.Zone(), Lists: true,
		User: func(id int64) (bbcode.Mention, bool) {
			u, ok := people[id]
			return bbcode.Mention{Name: u.DisplayName(), URL: u.ProfilePath()}, ok
		},
	})
}

// act answers a button of the card: it does something with the task and shows it again.
func (h pages) act(do func(context.Context, user.Ref, int64) (task.Task, error), said string) web.ResultFunc {
	return func(ctx context.Context, r *web.Request) (web.Result, error) {
		owner, id, err := taskIDs(r)
		if err != nil {
			return nil, err
		}
		t, err := do(ctx, actor(r.Viewer), id)
		if err != nil {
			return nil, err
		}
		toast := said
		if t.Status == task.Awaiting {
			toast = "Sent for approval"
		}
		return web.Redirect{To: cardURL(owner, id), Toast: toast}, nil
	}
}

var errDeadline = fault.New(fault.Invalid, "TASK_INVALID", "Write the deadline as a date and a time.").At("deadline")

// moveDeadline changes the deadline; an empty one takes it away.
func (h pages) moveDeadline(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	at, err := readMoment(r, "deadline")
	if key := r.FormValue("preset"); key != "" {
		var t task.Task
		if t, err = h.tasks.Get(ctx, actor(r.Viewer), id); err != nil {
			return nil, err
		}
		var ok bool
		if at, ok = presetAt(key, t.Deadline, localNow(r)); !ok && key != "none" {
			err = errDeadline
		}
	}
	if err == nil {
		_, err = h.tasks.Update(ctx, actor(r.Viewer), id, task.Change{Deadline: &at})
	}
	if web.FieldErrors(err) != nil && !r.Fetched() {
		return h.deadlineRefused(ctx, r, owner, id, err)
	}
	if err != nil {
		return nil, err
	}
	toast := "The task has no deadline any more"
	if !at.IsZero() {
		toast = "Deadline: " + moment(r.Viewer, at.In(r.Viewer.Zone()), localNow(r))
	}
	return web.Redirect{To: cardURL(owner, id), Toast: toast}, nil
}

// movePlan changes the planned dates; an empty one is taken away.
func (h pages) movePlan(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	start, err := readMoment(r, "start")
	if err != nil {
		return nil, err
	}
	end, err := readMoment(r, "end")
	if err != nil {
		return nil, err
	}
	_, err = h.tasks.Update(ctx, actor(r.Viewer), id, task.Change{StartPlan: &start, EndPlan: &end})
	return web.Redirect{To: cardURL(owner, id), Toast: "The planned dates were changed"}, err
}

// deadlineRefused shows the card with what was typed and what is wrong with it.
func (h pages) deadlineRefused(ctx context.Context, r *web.Request, owner, id int64, refusal error) (web.Result, error) {
	t, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err != nil {
		return nil, err
	}
	page, err := h.cardPage(ctx, r, owner, t)
	if err != nil {
		return nil, err
	}
	v := page.Body.(*cardView)
	v.NewDeadline, v.Error = r.FormValue("deadline"), fault.Of(refusal).Text
	page.Status = 422
	return page, nil
}

// readMoment reads what an input of the type datetime-local sent, in the viewer's zone; nothing is the zero time.
func readMoment(r *web.Request, name string) (time.Time, error) {
	text := strings.TrimSpace(r.FormValue(name))
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{inputTime, inputTime + ":05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, r.Viewer.Zone()); err == nil && t.Year() >= 1970 {
			return t.UTC(), nil
		}
	}
	if name == "deadline" {
		return time.Time{}, errDeadline
	}
	return time.Time{}, wrongAt(name, "Write a date and a time.")
}

// remove deletes the task for ever.
func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	if err := h.tasks.Delete(ctx, actor(r.Viewer), id); err != nil {
		return nil, err
	}
	return web.Redirect{To: listURL(owner), Toast: "Task deleted"}, nil
}
