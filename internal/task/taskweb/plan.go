package taskweb

import (
	"context"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// planURL is the address of the viewer's own plan.
func planURL(userID int64) string { return listURL(userID) + "plan/" }

// planView is what the plan shows: a board of the viewer's own stages.
type planView struct {
	Path, Base, Here string
	Lanes            []lane
}

// plan shows the viewer's own board, on which they put their tasks as they want to do them.
func (h pages) plan(ctx context.Context, r *web.Request) (web.Page, error) {
	owner, err := h.owner(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	if owner.ID != r.Viewer.ID {
		return web.Page{}, task.ErrDenied // a plan is one's own
	}
	columns, err := h.stages.Columns(ctx, actor(r.Viewer), stage.Board{Kind: stage.OfUser, OwnerID: owner.ID}, laneSize)
	if err != nil {
		return web.Page{}, err
	}
	var ids []int64
	for _, c := range columns {
		ids = append(ids, c.TaskIDs...)
	}
	tasks, err := h.tasks.Several(ctx, actor(r.Viewer), ids)
	if err != nil {
		return web.Page{}, err
	}
	rows, err := h.rows(ctx, r, owner.ID, tasks)
	if err != nil {
		return web.Page{}, err
	}
	path := planURL(owner.ID)
	v := &planView{Path: path, Base: listURL(owner.ID), Here: path}
	for _, c := range columns {
		l := lane{Key: strconv.FormatInt(c.ID, 10), Title: c.Title, Total: c.Total, Drop: true, First: c.System == "NEW"}
		for _, id := range c.TaskIDs {
			if i := slices.IndexFunc(rows, func(x row) bool { return x.ID == id }); i >= 0 {
				l.Rows = append(l.Rows, rows[i])
			}
		}
		if c.Total > int64(len(c.TaskIDs)) {
			l.More = listURL(owner.ID) + "?status=open"
		}
		v.Lanes = append(v.Lanes, l)
	}
	p := h.page(r, owner, path, "task/plan", v)
	p.Modules, p.Keys = []string{"task/board.js"}, append(append(p.Keys, boardKeys...), web.Key{Keys: "Shift J / Shift K", Does: "Move the task down or up in the lane"})
	return p, nil
}

// planMove puts a task into a stage of the viewer's plan, first there, or before or after another task.
func (h pages) planMove(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	m := stage.Move{TaskID: r.Int("id", 0), StageID: r.Int("to", 0), Before: r.Int("before", 0), After: r.Int("after", 0)}
	who := actor(r.Viewer)
	if err := h.stages.Move(ctx, who, m); err != nil {
		return nil, err
	}
	all, err := h.stages.Stages(ctx, who, stage.Board{Kind: stage.OfUser, OwnerID: r.Viewer.ID})
	if err != nil {
		return nil, err
	}
	out := web.Redirect{To: planURL(owner), Toast: "Moved"}
	if i := slices.IndexFunc(all, func(s stage.Stage) bool { return s.ID == m.StageID }); i >= 0 {
		out.Toast = "Moved to “" + all[i].Title + "”"
	}
	return out, nil
}

// planStage adds a stage to the viewer's plan, renames one, or removes one, which has to be empty.
func (h pages) planStage(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	who, title := actor(r.Viewer), user.CleanText(r.FormValue("title"), 4*stage.MaxTitle)
	id := r.Int("stage", 0)
	switch {
	case r.FormValue("do") == "remove":
		err = h.stages.Delete(ctx, who, id)
	case id != 0:
		err = h.stages.Update(ctx, who, id, stage.Change{Title: &title})
	default:
		board := stage.Board{Kind: stage.OfUser, OwnerID: r.Viewer.ID}
		var all []stage.Stage
		if all, err = h.stages.Stages(ctx, who, board); err == nil && len(all) > 0 {
			_, err = h.stages.Add(ctx, who, stage.Stage{Board: board, Title: title, Color: all[len(all)-1].Color}, all[len(all)-1].ID)
		}
	}
	return web.Redirect{To: planURL(owner)}, err
}
