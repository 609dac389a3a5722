package consoleweb

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// pageSize is how many rows a page of the timeline has.
const pageSize = 50

// row is a line of the timeline.
type row struct {
	Key    string // of the element: "c" or "d" and the id
	URL    string
	Icon   string
	At     time.Time
	Old    bool   // of another day, in the viewer's zone
	Title  string // the method or the event
	Note   string // the code of the error, or the name inside a batch
	Source string
	Person string
	Status string
	Tone   string
	Took   string
	Warned int // in how many respects it departs from the documentation

	id int64
}

// timelineView is what the timeline shows.
type timelineView struct {
	Form    form
	Errors  map[string]string
	Sources []ui.Option
	Results []ui.Option
	Slow    []ui.Option
	Methods []string
	Who     string // the name of the person in the filter
	Rows    []row
	Newest  string // where new rows begin
	Older   string // the address of the next page; empty when there is none
	Paged   bool   // not the first page: new rows do not belong here
	On      bool
	Missed  console.Missed // only for those who see everybody's
	All     bool           // the viewer sees the calls of everybody
	Warned  string         // how many calls of the filter depart from the documentation; empty: none does
	WarnURL string         // those alone; empty where they are shown alone
}

func (h pages) timeline(ctx context.Context, r *web.Request) (web.Page, error) {
	f := readForm(r)
	filter, errs := f.filter(r.Viewer.Zone())
	v := timelineView{Form: f, Errors: errs, Results: resultOptions, Slow: slowOptions(), All: r.Viewer.May(access.ViewConsole)}
	cut := readCursor(r.URL.Query().Get("before"))
	v.Paged = cut != (cursor{})
	list, next, err := h.lines(ctx, r, filter, cut)
	if err != nil {
		return web.Page{}, err
	}
	users := usersOf(list)
	if filter.UserID != 0 {
		users = append(users, filter.UserID)
	}
	n, err := h.names(ctx, r, users)
	if err != nil {
		return web.Page{}, err
	}
	v.Who, v.Sources, v.Rows, v.Newest = n.person(filter.UserID), sourceOptions(n), rowsOf(list, n, r), newest(list)
	for _, m := range h.Methods() {
		v.Methods = append(v.Methods, called(m))
	}
	if next != (cursor{}) {
		q := f.Query()
		q.Set("before", next.String())
		v.Older = TimelineURL + "?" + q.Encode()
	}
	if err := h.countWarned(ctx, r, filter, &v); err != nil {
		return web.Page{}, err
	}
	settings, err := h.Log.Settings(ctx)
	v.On = settings.On
	if v.All {
		v.Missed = h.Log.Missed()
	}
	p := devops.Page("Console", "timeline", v)
	p.Layout, p.Tabs = web.Wide, Tabs(TimelineURL, r.Viewer)
	p.Keys = []web.Key{{Keys: "/", Does: "Search"}, {Keys: "J / K", Does: "Next and previous line"}, {Keys: "N", Does: "Show what is new"}}
	if r.Viewer.May(access.ChangeSettings) {
		p.Actions = []web.Action{{Title: "What is kept", URL: "/devops/console/settings/", Icon: "settings", Slider: true}}
	}
	return p, err
}

// countWarned counts the calls of the filter that depart from the documentation.
func (h pages) countWarned(ctx context.Context, r *web.Request, filter console.Filter, v *timelineView) error {
	filter.Warned = true
	n, err := h.Log.Count(ctx, r.Viewer.Ref(), filter)
	switch {
	case err != nil || n == 0:
		return err
	case n == console.MaxCount:
		v.Warned = "1,000 or more calls depart from the documentation"
	case n == 1:
		v.Warned = "1 call departs from the documentation"
	default:
		v.Warned = strconv.FormatInt(n, 10) + " calls depart from the documentation"
	}
	if f := v.Form; f.Result != "warned" {
		f.Result = "warned"
		v.WarnURL = TimelineURL + "?" + f.Encoded()
	}
	return nil
}

// rows answers with the rows that are newer than what the page has.
func (h pages) rows(ctx context.Context, r *web.Request) (web.Result, error) {
	filter, errs := readForm(r).filter(r.Viewer.Zone())
	if len(errs) > 0 {
		return web.HTML{Template: "console/rows", Body: []row(nil)}, nil
	}
	list, err := h.since(ctx, r, filter, readCursor(r.URL.Query().Get("after")))
	if err != nil {
		return nil, err
	}
	n, err := h.names(ctx, r, usersOf(list))
	return web.HTML{Template: "console/rows", Body: rowsOf(list, n, r)}, err
}

// rowsOf makes rows of lines.
func rowsOf(list []line, n names, r *web.Request) []row {
	today := r.Now.In(r.Viewer.Zone()).Format(time.DateOnly)
	out := make([]row, len(list))
	for i, l := range list {
		out[i] = l.row(n)
		out[i].Old = out[i].At.In(r.Viewer.Zone()).Format(time.DateOnly) != today
	}
	return out
}

// callRow makes a row of a call.
func callRow(c console.Call, n names) row {
	out := row{
		Key: "c" + strconv.FormatInt(c.ID, 10), URL: callURL(c.ID), Icon: "code", At: c.At(), Title: c.Name, Note: c.Error,
		Source: n.source(c), Person: n.person(c.UserID), Status: strconv.Itoa(c.Status), Tone: tone(c.Status), Took: took(c.Took), Warned: len(c.WarningLines()),
		id: c.ID,
	}
	if c.Method != "" {
		out.Title = c.Method
	}
	if out.Title == "" {
		out.Title = "no method"
	}
	if c.InBatch() {
		out.Icon = "forward"
		if out.Note == "" {
			out.Note = "in a batch, as " + c.Command
		}
	}
	return out
}

func callURL(id int64) string { return TimelineURL + "call/" + strconv.FormatInt(id, 10) + "/" }

// tone is the colour of a status.
func tone(status int) string {
	switch {
	case status >= 500 || status == 0:
		return "danger"
	case status >= 400:
		return "warning"
	}
	return "success"
}

// took writes a duration briefly: "0.4 ms", "12 ms", "1.3 s".
func took(d time.Duration) string {
	ms := float64(d.Microseconds()) / 1000
	switch {
	case ms < 10:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 1000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
}

func sortedIDs[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }
