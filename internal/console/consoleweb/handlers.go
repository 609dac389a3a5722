package consoleweb

import (
	"context"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/web"
)

// handlersView is the list of handlers.
type handlersView struct {
	Rows     []handlerRow
	Troubled bool
	Older    string
	Manage   bool
}

// handlerRow is a handler in the list.
type handlerRow struct {
	ID           int64
	Address      string
	Owner        string
	State        string
	Tone         string
	Icon         string
	Since        time.Time // of the state; zero where it says nothing
	Next         time.Time // the next attempt; zero: none waits
	By           string    // who paused it
	Paused       bool
	Waiting      int64
	Dead         int64
	LastOK, Last time.Time
	URL          string // its deliveries
}

func (h pages) handlers(ctx context.Context, r *web.Request) (web.Page, error) {
	q := event.LaneQuery{Troubled: r.URL.Query().Get("show") == "troubled", Before: r.Int("before", 0), Limit: pageSize}
	lanes, err := h.Events.Lanes(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	var users []int64
	for _, l := range lanes {
		if l.Paused != nil {
			users = append(users, l.Paused.By)
		}
	}
	n, err := h.names(ctx, r, users)
	if err != nil {
		return web.Page{}, err
	}
	v := handlersView{Troubled: q.Troubled, Manage: r.Viewer.Admin}
	for _, l := range lanes {
		v.Rows = append(v.Rows, handlerLine(l, n, r.Now))
	}
	if len(lanes) == pageSize {
		v.Older = HandlersURL + "?before=" + strconv.FormatInt(lanes[len(lanes)-1].ID, 10)
		if q.Troubled {
			v.Older += "&show=troubled"
		}
	}
	p := devops.Page("Console", "handlers", v)
	p.Tabs = Tabs(HandlersURL, r.Viewer)
	return p, nil
}

func handlerLine(l event.Lane, n names, now time.Time) handlerRow {
	row := handlerRow{
		ID: l.ID, Address: l.URL, Owner: n.lane(l.LaneRef), Paused: l.Paused != nil, Waiting: l.Waiting, Dead: l.Dead, LastOK: l.LastOK,
		Last: l.LastFailed, URL: DeliveriesURL + "?handler=" + strconv.FormatInt(l.ID, 10), State: "Does well", Tone: "success", Icon: "check",
	}
	switch {
	case l.Paused != nil && l.Paused.Failed:
		row.State, row.Tone, row.Icon, row.Since, row.Next = "Paused itself after long failure", "danger", "pause", l.Paused.At, l.NextAt
	case l.Paused != nil:
		row.State, row.Tone, row.Icon, row.Since, row.By = "Paused", "warning", "pause", l.Paused.At, n.person(l.Paused.By)
	case l.Failures > 0:
		row.State, row.Tone, row.Icon, row.Since = "Failing", "danger", "warning", l.FailingSince
		if l.NextAt.After(now) {
			row.Next = l.NextAt
		}
	case l.LastOK.IsZero():
		row.State, row.Tone, row.Icon = "Not tried yet", "neutral", "clock"
	}
	return row
}

// pause stops the deliveries to a handler.
func (h pages) pause(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: HandlersURL, Toast: "Paused. What is for the handler waits."}, h.Events.Pause(ctx, r.Viewer.Ref(), id)
}

// resume lets the deliveries to a handler go on.
func (h pages) resume(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: HandlersURL, Toast: "Resumed"}, h.Events.Resume(ctx, r.Viewer.Ref(), id)
}
