package taskweb

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// preset is a deadline that a click sets.
type preset struct{ Key, Title string }

// presets are the deadlines that one chooses without typing, in the order of time.
var presets = []preset{{"today", "Today"}, {"tomorrow", "Tomorrow"}, {"friday", "End of the week"}, {"week", "In a week"}, {"month", "In a month"}}

// dayEnds is the hour at which a day's work ends, where a deadline names no time.
const dayEnds = 18

// presetAt returns the moment of a preset: at the time of the deadline before, or at the end of the day's work. Today's is the
// last minute of the day where that is over. ok is false where there is no such preset.
func presetAt(key string, before, now time.Time) (at time.Time, ok bool) {
	friday := (int(time.Friday) - int(now.Weekday()) + 7) % 7
	ofWeek := friday
	if friday < 2 || friday >= nextWeek(now) {
		ofWeek = nextWeek(now) - 1 // Sunday
	}
	after, ok := map[string]int{
		"today": 0, "tomorrow": 1, "friday": friday, "week": 7, "month": 30, "next": nextWeek(now), "ofweek": ofWeek,
	}[key]
	if !ok {
		return time.Time{}, false
	}
	hour, minute := dayEnds, 0
	if !before.IsZero() {
		b := before.In(now.Location())
		hour, minute = b.Hour(), b.Minute()
	}
	d := day(now, after)
	if at = time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, now.Location()); !at.After(now) {
		at = time.Date(d.Year(), d.Month(), d.Day(), 23, 59, 0, 0, now.Location())
	}
	return at.UTC(), true
}

// bulkChoices are what can be done with what is selected.
type bulkChoices struct{ Deadlines, Priorities []ui.Option }

func bulkOf(time.Time) bulkChoices {
	c := bulkChoices{
		Deadlines:  []ui.Option{{Title: "Deadline…"}},
		Priorities: []ui.Option{{Title: "Priority…"}, {Value: "2", Title: "High"}, {Value: "1", Title: "Normal"}, {Value: "0", Title: "Low"}},
	}
	for _, p := range presets {
		c.Deadlines = append(c.Deadlines, ui.Option{Value: p.Key, Title: p.Title})
	}
	c.Deadlines = append(c.Deadlines, ui.Option{Value: "none", Title: "No deadline"})
	return c
}

// bulk does something with the tasks that were selected in the list. Those with which the viewer may not do it, or with which
// somebody else has done it meanwhile, are left as they are and said so.
func (h pages) bulk(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	back := cmp.Or(localList(r.FormValue("back"), owner), listURL(owner))
	do, said, err := h.bulkAction(ctx, r)
	if err != nil {
		return nil, err
	}
	if do == nil {
		return web.Redirect{To: back, Toast: "Choose what to do with the tasks."}, nil
	}
	ids := readIDs(r.PostForm["id"])
	done, left := 0, len(ids)-min(len(ids), pageSize)
	for _, id := range ids[:min(len(ids), pageSize)] {
		switch err := do(id); {
		case err == nil:
			done++
		case fault.KindOf(err) == fault.Internal:
			return nil, err
		default:
			left++
		}
	}
	toast := count(done, "task") + " " + said
	if left > 0 {
		toast += fmt.Sprintf(", %d left as they are", left)
	}
	return web.Redirect{To: back, Toast: toast}, nil
}

// bulkAction returns what the form says to do with a task, and that in words; nil where nothing is chosen.
func (h pages) bulkAction(ctx context.Context, r *web.Request) (do func(id int64) error, said string, err error) {
	who := actor(r.Viewer)
	change := func(c task.Change) func(int64) error {
		return func(id int64) error { _, err := h.tasks.Update(ctx, who, id, c); return err }
	}
	switch r.FormValue("do") {
	case "complete":
		return func(id int64) error { _, err := h.tasks.Complete(ctx, who, id); return err }, "done", nil
	case "delete":
		return func(id int64) error { return h.tasks.Delete(ctx, who, id) }, "deleted", nil
	case "favorite":
		return func(id int64) error { return h.tasks.SetFavorite(ctx, who, id, true) }, "among your favourites", nil
	}
	if text := strings.TrimSpace(r.FormValue("responsible")); text != "" {
		u, err := h.personTyped(ctx, text)
		if err == nil && u.ID == 0 {
			err = fault.New(fault.Invalid, "TASK_INVALID", "Nobody is found by that.").At("responsible")
		}
		return change(task.Change{ResponsibleID: &u.ID}), "given to " + u.DisplayName(), err
	}
	if key := r.FormValue("deadline"); key == "none" {
		return change(task.Change{Deadline: &time.Time{}}), "without a deadline", nil
	} else if _, ok := presetAt(key, time.Time{}, localNow(r)); ok {
		return func(id int64) error { return h.moveTo(ctx, r, id, key) }, "moved", nil
	}
	if p, err := strconv.ParseInt(r.FormValue("priority"), 10, 64); err == nil {
		priority := task.Priority(p)
		return change(task.Change{Priority: &priority}), "changed", nil
	}
	return nil, "", nil
}

// moveTo gives a task the deadline of a preset, at the time of day that it had.
func (h pages) moveTo(ctx context.Context, r *web.Request, id int64, key string) error {
	t, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err != nil {
		return err
	}
	at, ok := presetAt(key, t.Deadline, localNow(r))
	if !ok {
		return errDeadline
	}
	_, err = h.tasks.Update(ctx, actor(r.Viewer), id, task.Change{Deadline: &at})
	return err
}

// localList returns address when it is one of the owner's lists.
func localList(address string, owner int64) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, listURL(owner)) {
		return ""
	}
	return u.RequestURI()
}

// quick makes a task of a line in the list: its title, and a deadline that is chosen.
func (h pages) quick(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	t := task.Task{Title: user.CleanText(r.FormValue("title"), 4000), ResponsibleID: owner, Priority: task.Medium, ParentID: r.Int("parent", 0)}
	if at, ok := presetAt(r.FormValue("due"), time.Time{}, localNow(r)); ok {
		t.Deadline = at
	}
	made, err := h.tasks.Create(ctx, actor(r.Viewer), t)
	if err != nil {
		return nil, err
	}
	to := cmp.Or(localList(r.FormValue("back"), owner), listURL(owner))
	return web.Redirect{To: to, Toast: "Task " + strconv.FormatInt(made.ID, 10) + " created"}, nil
}

// saveFilter gives the filter of the list a name.
func (h pages) saveFilter(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(r.FormValue("query"))
	if err != nil {
		return nil, fault.New(fault.Invalid, "FILTER_INVALID", "This is no filter.").At("name")
	}
	q := readQuery(owner, form)
	q.After = ""
	if err := h.saved.Save(ctx, r.Viewer.ID, r.FormValue("name"), q.values().Encode()); err != nil {
		return nil, err
	}
	return web.Redirect{To: q.address(listURL(owner)), Toast: "Filter saved"}, nil
}

func (h pages) removeFilter(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: listURL(owner), Toast: "Filter removed"}, h.saved.Remove(ctx, r.Viewer.ID, id)
}

// setColumns keeps which columns of the list the viewer wants to see; none are the usual ones.
func (h pages) setColumns(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	look, err := h.saved.Look(ctx, r.Viewer.ID)
	if err != nil {
		return nil, err
	}
	look.Columns = nil
	if r.FormValue("usual") == "" {
		look.Columns = []string{}
		for _, c := range columns {
			for _, key := range r.PostForm["column"] {
				if key == c.Key {
					look.Columns = append(look.Columns, key)
				}
			}
		}
	}
	to := cmp.Or(localList(r.FormValue("back"), owner), listURL(owner))
	return web.Redirect{To: to}, h.saved.SetLook(ctx, r.Viewer.ID, look)
}
