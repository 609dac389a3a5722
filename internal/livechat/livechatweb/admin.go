package livechatweb

import (
	"context"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// URL is the address of the chats of sites in the Contact Center.
const URL = "/contact_center/livechat/"

var section = web.Section{Nav: "contact_center", Area: "livechat", Styles: []string{"livechat/admin.css"}}

// listView is the list of widgets.
type listView struct {
	Widgets []row
	NoLines bool
}

type row struct {
	livechat.Widget

	Line, URL string
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	all, err := h.Chats.All(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := listView{NoLines: len(lines) == 0}
	for _, w := range all {
		v.Widgets = append(v.Widgets, row{Widget: w, Line: nameOf(lines, w.LineID), URL: pageURL(w.ID)})
	}
	p := section.Page("Live chat", "list", v)
	p.Back = "/contact_center/"
	if !v.NoLines && len(all) > 0 {
		p.Actions = []web.Action{{Title: "Add a chat", URL: URL + "new", Icon: "plus", Primary: true}}
	}
	return p, nil
}

func pageURL(id int64) string { return URL + strconv.FormatInt(id, 10) + "/" }

func nameOf(lines []Line, id int64) string {
	for _, l := range lines {
		if l.ID == id {
			return l.Name
		}
	}
	return "a line that is gone"
}

// formView is the form of a new widget, and the page of one.
type formView struct {
	livechat.Settings

	ID        int64
	Line      string // its id while it is new, then its name
	Lines     []ui.Option
	SitesText string
	Errors    map[string]string

	After           string // as typed
	Mails, Answered bool   // mails go out, and can be answered

	Tag, Link string
	Signed    bool // there is a secret
	Secret    string
	Since     ui.When
	Ink       string
}

// Face is what stands in the circle of a chat before anybody has answered: the first letter of its title.
func (v formView) Face() string {
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(v.Title))
	if first == utf8.RuneError {
		return ""
	}
	return strings.ToUpper(string(first))
}

// Asks are when visitors are asked for something.
func (formView) Asks() []ui.Option {
	return []ui.Option{{Value: "no", Title: "Do not ask"}, {Value: "later", Title: "After the first message"}, {Value: "before", Title: "Before they can write"}}
}

// Offlines are when the form is shown.
func (formView) Offlines() []ui.Option {
	return []ui.Option{
		{Value: "never", Title: "Never: they write, and wait"},
		{Value: "hours", Title: "Outside the working hours of the line"},
		{Value: "absent", Title: "Then, and when no operator is there"},
	}
}

// Positions are where the button stands.
func (formView) Positions() []ui.Option {
	return []ui.Option{{Value: "right", Title: "Bottom right"}, {Value: "left", Title: "Bottom left"}}
}

// Themes are the looks.
func (formView) Themes() []ui.Option {
	return []ui.Option{{Value: "auto", Title: "As the visitor's device"}, {Value: "light", Title: "Light"}, {Value: "dark", Title: "Dark"}}
}

func (h pages) form(ctx context.Context, _ *web.Request) (web.Page, error) {
	return h.newPage(ctx, formView{Settings: livechat.Defaults()})
}

func (h pages) newPage(ctx context.Context, v formView) (web.Page, error) {
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	for _, l := range lines {
		v.Lines = append(v.Lines, ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name})
	}
	return h.page("New live chat", "new", v), nil
}

func (h pages) page(title, template string, v formView) web.Page {
	v.SitesText, v.Ink = strings.Join(v.Sites, "\n"), Ink(v.Color)
	p := section.Page(title, template, v)
	p.Back, p.Modules = URL, []string{"livechat/preview.js"}
	if v.Errors != nil {
		p.Status = 422
	}
	return p
}

// settingsOf reads the form.
func settingsOf(r *web.Request) livechat.Settings {
	f := r.PostForm
	return livechat.Settings{
		Active: r.Checked("active"), Public: r.Checked("public"), Title: f.Get("title"), Greeting: f.Get("greeting"), Color: f.Get("color"),
		Position: f.Get("position"), Theme: f.Get("theme"), Name: livechat.Ask(f.Get("name")), Email: livechat.Ask(f.Get("email")),
		Phone: livechat.Ask(f.Get("phone")), Offline: livechat.Offline(f.Get("offline")), OfflineText: f.Get("offline_text"),
		Continue: r.Checked("continue"), ContinueAfter: minutes(f.Get("continue_after")),
		Sites: strings.FieldsFunc(f.Get("sites"), func(c rune) bool { return c == '\n' || c == '\r' || c == ',' || c == ' ' }),
	}
}

// minutes reads a number; 0 where it is none, which the settings refuse.
func minutes(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (h pages) add(ctx context.Context, r *web.Request) (web.Result, error) {
	set := livechat.Defaults()
	set.Title, set.Color = r.PostFormValue("title"), r.PostFormValue("color")
	lineID, err := strconv.ParseInt(r.PostFormValue("line"), 10, 64)
	if err != nil {
		err = fault.New(fault.Invalid, "LINE_REQUIRED", "Choose an open line.").At("line")
	}
	var w livechat.Widget
	if err == nil {
		w, err = h.Chats.Add(ctx, r.Viewer.Ref(), lineID, set)
	}
	if errs := web.FieldErrors(err); errs != nil {
		return h.newPage(ctx, formView{Settings: set, Line: r.PostFormValue("line"), Errors: errs})
	}
	return web.Redirect{To: pageURL(w.ID), Toast: "Live chat added"}, err
}

func (h pages) settings(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.settingsPage(ctx, r, id, formView{})
}

// settingsPage shows a widget; given carries what was typed and what is wrong with it, or a secret.
func (h pages) settingsPage(ctx context.Context, r *web.Request, id int64, given formView) (web.Page, error) {
	w, err := h.Chats.Get(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := given
	if v.Errors == nil {
		v.Settings = w.Settings
		v.After = strconv.FormatInt(w.ContinueAfter, 10)
	}
	if h.Mails != nil {
		if v.Mails, v.Answered, err = h.Mails(ctx, w.LineID); err != nil {
			return web.Page{}, err
		}
	}
	v.ID, v.Line, v.Signed, v.Since = w.ID, nameOf(lines, w.LineID), !w.SecretAt.IsZero(), r.When(w.SecretAt)
	script := h.PublicURL("/widget/" + url.PathEscape(w.Code) + ".js")
	v.Tag = `<script src="` + html.EscapeString(script) + `" async></script>`
	v.Link = h.PublicURL("/chat/" + url.PathEscape(w.Code))
	return h.page(w.Title, "settings", v), nil
}

func (h pages) change(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	set := settingsOf(r)
	err = h.Chats.Change(ctx, r.Viewer.Ref(), id, set)
	if errs := web.FieldErrors(err); errs != nil {
		return h.settingsPage(ctx, r, id, formView{Settings: set, After: r.PostFormValue("continue_after"), Errors: errs})
	}
	return web.Redirect{To: pageURL(id), Toast: "Saved"}, err
}

// secret makes a new secret and shows it this once.
func (h pages) secret(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	s, err := h.Chats.NewSecret(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return nil, err
	}
	return h.settingsPage(ctx, r, id, formView{Secret: s})
}

func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if !r.Checked("sure") {
		w, err := h.Chats.Get(ctx, r.Viewer.Ref(), id)
		if err != nil {
			return nil, err
		}
		return h.settingsPage(ctx, r, id, formView{Settings: w.Settings, After: strconv.FormatInt(w.ContinueAfter, 10), Errors: map[string]string{"sure": "Tick the box to delete the chat."}})
	}
	return web.Redirect{To: URL, Toast: "Live chat deleted"}, h.Chats.Delete(ctx, r.Viewer.Ref(), id)
}
