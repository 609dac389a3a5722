package notifyweb

import (
	"context"
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// pageSize is how many notifications a page of the centre has.
const pageSize = 30

// centerView is what the centre shows.
type centerView struct {
	Items    []item
	Unread   int64
	Only     bool   // only those that are unread
	Text     string // that is searched for
	Next     string // the address of the next page; empty when there is none
	Status   string
	Statuses []ui.Option
}

// item is a notification in the list.
type item struct {
	notify.Notification
	Author web.Person
	Path   string // its address, ends in a slash
	Link   bool   // it leads somewhere
	HTML   template.HTML
	Cards  template.HTML
}

var statusNames = map[notify.Status]string{
	notify.Online: "Online", notify.Away: "Away", notify.Busy: "Do not disturb", notify.Invisible: "Invisible",
}

func statusOptions() []ui.Option {
	var out []ui.Option
	for _, s := range notify.Statuses() {
		out = append(out, ui.Option{Value: string(s), Title: statusNames[s]})
	}
	return out
}

func (h pages) center(ctx context.Context, r *web.Request) (web.Page, error) {
	q := r.URL.Query()
	v := centerView{Only: q.Get("unread") != "", Text: strings.TrimSpace(q.Get("q")), Statuses: statusOptions()}
	list, err := h.list(ctx, r, &v)
	if err != nil {
		return web.Page{}, err
	}
	if v.Items, err = h.items(ctx, r, list); err != nil {
		return web.Page{}, err
	}
	if v.Unread, err = h.notify.Unread(ctx, r.Viewer.ID); err != nil {
		return web.Page{}, err
	}
	who, err := h.notify.Presence(ctx, []int64{r.Viewer.ID})
	v.Status = string(who[r.Viewer.ID].Status)
	p := section.Slider("Notifications", "center", "/online/", v)
	p.Styles = append([]string{"attach/attach.css"}, p.Styles...)
	p.Actions = []web.Action{{Title: "Settings", URL: SettingsURL, Icon: "settings", Slider: true}}
	return p, err
}

// list reads a page of notifications, and the address of the next.
func (h pages) list(ctx context.Context, r *web.Request, v *centerView) (list []notify.Notification, err error) {
	if v.Text != "" {
		list, _, err = h.notify.Search(ctx, r.Viewer.ID, notify.Search{Text: v.Text, Before: r.Int("before", 0), Limit: pageSize + 1})
	} else {
		q := notify.Query{After: notify.After{Stage: r.Int("stage", 0), ID: r.Int("before", 0)}, Limit: pageSize + 1, UnreadOnly: v.Only}
		list, err = h.notify.List(ctx, r.Viewer.ID, q)
	}
	if err != nil || len(list) <= pageSize {
		return list, err
	}
	list = list[:pageSize]
	last := list[pageSize-1]
	next := url.Values{"before": {strconv.FormatInt(last.ID, 10)}, "stage": {strconv.FormatInt(last.Stage(), 10)}}
	if v.Only {
		next.Set("unread", "1")
	}
	if v.Text != "" {
		next.Set("q", v.Text)
	}
	v.Next = CenterURL + "?" + next.Encode()
	return list, nil
}

func (h pages) items(ctx context.Context, r *web.Request, list []notify.Notification) ([]item, error) {
	var authors []int64
	for _, n := range list {
		if n.AuthorID != 0 {
			authors = append(authors, n.AuthorID)
		}
	}
	people, err := h.people.People(ctx, authors)
	if err != nil {
		return nil, err
	}
	opt := bbcode.Options{Host: r.Host, Location: r.Viewer.Zone()}
	out := make([]item, len(list))
	for i, n := range list {
		out[i] = item{
			Notification: n, Author: people[n.AuthorID], Path: CenterURL + strconv.FormatInt(n.ID, 10) + "/", Link: n.URL != "",
			HTML: bbcode.HTML(n.Text, opt),
		}
		if len(n.Attach) > 0 {
			out[i].Cards = attach.HTML(n.Attach, opt)
		}
	}
	return out, nil
}

// open marks a notification as read and leads to what it tells of.
func (h pages) open(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	n, err := h.notify.Get(ctx, r.Viewer.ID, id)
	if err != nil {
		return web.Page{}, err
	}
	to := CenterURL
	if path, ok := bbcode.SafeURL(n.URL); ok && strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") {
		to = path
	}
	return web.Page{Redirect: to}, h.notify.MarkOne(ctx, r.Viewer.ID, id, notify.Read)
}

// back leads to the centre, as it was filtered.
func back(toast string) web.Result { return web.Redirect{To: CenterURL, Toast: toast} }

func (h pages) readAll(ctx context.Context, r *web.Request) (web.Result, error) {
	_, err := h.notify.ReadAll(ctx, r.Viewer.ID)
	return back("All are read"), err
}

func (h pages) press(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.with(r, func(id int64) (string, error) { return h.notify.Press(ctx, r.Viewer.ID, id, r.PostForm.Get("value")) })
}

func (h pages) answer(ctx context.Context, r *web.Request) (web.Result, error) {
	text := strings.TrimSpace(r.PostForm.Get("text"))
	if text == "" {
		return nil, fault.New(fault.Invalid, "ANSWER_TEXT_ERROR", "Write an answer first.").At("text")
	}
	return h.with(r, func(id int64) (string, error) { return h.notify.Answer(ctx, r.Viewer.ID, id, text) })
}

func (h pages) mark(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.with(r, func(id int64) (string, error) {
		return "", h.notify.MarkOne(ctx, r.Viewer.ID, id, notify.Mark(r.PostForm.Get("read") == "Y"))
	})
}

func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.with(r, func(id int64) (string, error) {
		found, err := h.notify.Delete(ctx, r.Viewer.ID, id)
		if err == nil && !found {
			err = notify.ErrNotFound
		}
		return "Removed", err
	})
}

func (h pages) with(r *web.Request, do func(id int64) (string, error)) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	toast, err := do(id)
	if err != nil {
		return nil, err
	}
	return back(toast), nil
}

// seen notes whether a page is in front of the viewer.
func (h pages) seen(ctx context.Context, r *web.Request) (web.Result, error) {
	if r.PostForm.Get("away") != "" {
		return web.NoContent{}, h.notify.LookAway(ctx, r.Viewer.ID)
	}
	return web.NoContent{}, h.notify.See(ctx, r.Viewer.ID)
}

func (h pages) status(ctx context.Context, r *web.Request) (web.Result, error) {
	status := notify.Status(r.PostForm.Get("status"))
	return back("Status: " + statusNames[status]), h.notify.SetStatus(ctx, r.Viewer.ID, status)
}

func (h pages) count(ctx context.Context, r *web.Request) (web.Result, error) {
	unread, err := h.notify.Unread(ctx, r.Viewer.ID)
	return web.JSON{Value: map[string]int64{"unread": unread}}, err
}
