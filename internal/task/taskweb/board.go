package taskweb

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/web"
)

// laneSize is how many tasks a lane of a board shows at once.
const laneSize = 30

// boardView is what a board shows.
type boardView struct {
	frame
	Path  string // of the board
	Lanes []lane
	Here  string
}

// lane is a column of a board.
type lane struct {
	Key, Title, Tone string
	Rows             []row
	Total            int64
	More             string // address of the list with all of them, where there are more
	Drop             bool   // tasks may be moved here
	Due              string // of a task that is written here
	First            bool   // of a plan: where tasks stand that nobody has put anywhere
}

// laneDef declares a lane: what it narrows the tasks to, and what moving a task into it does.
type laneDef struct {
	key, title, tone string
	narrow           func(n *task.Narrow, now time.Time)
	due              string // the deadline of a task that is written here
	fixed            bool   // tasks cannot be moved here
}

var deadlineLanes = []laneDef{
	{key: "overdue", title: "Overdue", tone: "danger", fixed: true, narrow: func(n *task.Narrow, now time.Time) { n.DueBefore = earlier(n.DueBefore, now) }},
	{key: "today", title: "Today", tone: "warning", due: "today", narrow: func(n *task.Narrow, now time.Time) { n.DueFrom, n.DueBefore = now, day(now, 1) }},
	{key: "tomorrow", title: "Tomorrow", due: "tomorrow", narrow: func(n *task.Narrow, now time.Time) { n.DueFrom, n.DueBefore = day(now, 1), day(now, 2) }},
	{key: "week", title: "This week", due: "ofweek", narrow: func(n *task.Narrow, now time.Time) {
		n.DueFrom, n.DueBefore = day(now, 2), day(now, max(2, nextWeek(now)))
	}},
	{key: "later", title: "Later", due: "next", narrow: func(n *task.Narrow, now time.Time) { n.DueFrom = day(now, max(2, nextWeek(now))) }},
	{key: "none", title: "No deadline", narrow: func(n *task.Narrow, _ time.Time) { n.NoDeadline = true }},
}

var statusLanes = []laneDef{
	{key: "todo", title: "To do", narrow: byStatus(task.New, task.Pending)},
	{key: "progress", title: "In progress", tone: "accent", narrow: byStatus(task.InProgress)},
	{key: "awaiting", title: "Waiting for approval", tone: "warning", fixed: true, narrow: byStatus(task.Awaiting)},
	{key: "done", title: "Done", tone: "success", narrow: byStatus(task.Completed)},
	{key: "deferred", title: "Put off", narrow: byStatus(task.Deferred, task.Declined)},
}

func byStatus(s ...task.Status) func(*task.Narrow, time.Time) {
	return func(n *task.Narrow, _ time.Time) { n.Statuses = s }
}

// boardKeys are the keys of a board.
var boardKeys = []web.Key{
	{Keys: "J / K", Does: "Next or previous task of the lane"},
	{Keys: "H / L", Does: "To the lane before or after"},
	{Keys: "Enter", Does: "Open the task"},
	{Keys: "Shift H / Shift L", Does: "Move the task to the lane before or after"},
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// boards are the boards by the end of their addresses.
var boards = map[string][]laneDef{"deadlines/": deadlineLanes, "board/": statusLanes}

// board shows a person's tasks in lanes.
func (h pages) board(kind string) web.PageFunc {
	return func(ctx context.Context, r *web.Request) (web.Page, error) {
		owner, err := h.owner(ctx, r)
		if err != nil {
			return web.Page{}, err
		}
		q := readQuery(owner.ID, r.URL.Query())
		o, err := h.overview(ctx, r, &q)
		if err != nil {
			return web.Page{}, err
		}
		path := listURL(owner.ID) + kind
		v := &boardView{Path: path, Here: q.address(path)}
		if v.frame, err = h.frame(ctx, r, owner, q, path); err != nil {
			return web.Page{}, err
		}
		for _, d := range boards[kind] {
			if d.key == "week" && nextWeek(localNow(r)) <= 2 {
				continue // what is left of it is today and tomorrow
			}
			l, err := h.lane(ctx, r, o, d, kind)
			if err != nil {
				return web.Page{}, err
			}
			v.Lanes = append(v.Lanes, l)
		}
		p := h.page(r, owner, path, "task/board", v)
		p.Modules = []string{"task/board.js", "ui/inputs/pick.js"}
		p.Keys = append(p.Keys, boardKeys...)
		return p, nil
	}
}

func (h pages) lane(ctx context.Context, r *web.Request, o task.Overview, d laneDef, kind string) (lane, error) {
	now := localNow(r)
	o.Limit, o.After = laneSize, ""
	if kind == "deadlines/" {
		o.Narrow.Open = true
	}
	if d.key == "done" {
		o.Sort = task.SortChanged
	}
	statuses := o.Narrow.Statuses
	d.narrow(&o.Narrow, now)
	l := lane{Key: d.key, Title: d.title, Tone: d.tone, Drop: !d.fixed, Due: d.due}
	if len(statuses) > 0 && kind == "board/" { // both what the filter says and what the lane is
		o.Narrow.Statuses = slices.DeleteFunc(slices.Clone(o.Narrow.Statuses), func(s task.Status) bool { return !slices.Contains(statuses, s) })
		if len(o.Narrow.Statuses) == 0 {
			return l, nil
		}
	}
	page, err := h.tasks.Overview(ctx, actor(r.Viewer), o)
	if err != nil {
		return l, err
	}
	l.Total = int64(len(page.Tasks))
	if page.Next != "" {
		if l.Total, err = h.tasks.Total(ctx, actor(r.Viewer), o); err != nil {
			return l, err
		}
		q := query{Owner: o.OwnerID, View: o.View, Sort: o.Sort}
		if kind == "board/" {
			q.Status = d.key
		} else {
			q.Due, q.Status = d.key, "open"
		}
		l.More = q.address(listURL(o.OwnerID))
	}
	l.Rows, err = h.rows(ctx, r, o.OwnerID, page.Tasks)
	return l, err
}

var errLane = fault.New(fault.Invalid, "TASK_INVALID", "Tasks cannot be moved there.")

// move puts a task into another lane.
func (h pages) move(kind string) web.ResultFunc {
	return func(ctx context.Context, r *web.Request) (web.Result, error) {
		owner, err := r.PathID("u")
		if err != nil {
			return nil, err
		}
		id, to := r.Int("id", 0), r.FormValue("to")
		i := slices.IndexFunc(boards[kind], func(d laneDef) bool { return d.key == to && !d.fixed })
		if i < 0 {
			return nil, errLane
		}
		if kind == "deadlines/" {
			err = h.moveDue(ctx, r, id, boards[kind][i])
		} else {
			err = h.moveStatus(ctx, r, id, to)
		}
		if err != nil {
			return nil, err
		}
		back := localList(r.FormValue("back"), owner)
		if back == "" {
			back = listURL(owner) + kind
		}
		return web.Redirect{To: back, Toast: "Moved to “" + boards[kind][i].title + "”"}, nil
	}
}

func (h pages) moveDue(ctx context.Context, r *web.Request, id int64, to laneDef) error {
	if to.key != "none" {
		return h.moveTo(ctx, r, id, to.due)
	}
	_, err := h.tasks.Update(ctx, actor(r.Viewer), id, task.Change{Deadline: &time.Time{}})
	return err
}

func (h pages) moveStatus(ctx context.Context, r *web.Request, id int64, to string) error {
	t, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err != nil {
		return err
	}
	return h.movesTo(ctx, actor(r.Viewer), t, to)
}
