// Package eventweb is the page of the settings of deliveries: where they may go, and how long they are kept.
package eventweb

import (
	"context"
	"embed"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css
var files embed.FS

// App is an application as the page names it.
type App struct {
	ID   int64
	Name string
}

// Apps tells which applications there are.
type Apps interface {
	Apps(ctx context.Context) ([]App, error)
}

// Register adds the page.
func Register(s *web.Shell, events *event.Service, apps Apps) {
	s.Area("event", files)
	h := pages{events, apps}
	may := web.Needs(access.ChangeSettings)
	s.Page(settingweb.DeliveriesURL+"{$}", may, h.settings)
	s.Action(settingweb.DeliveriesURL+"save", may, h.save)
	s.Command(web.Command{
		Title: "Settings of deliveries", URL: settingweb.DeliveriesURL, Icon: "settings",
		Keywords: "handlers webhooks private addresses allow deny network retention", Needs: access.ChangeSettings,
	})
}

type pages struct {
	events *event.Service
	apps   Apps
}

// form is what a person typed: lists are lines.
type form struct {
	RefusePrivate      bool
	Allow, Deny        string
	KeepSent, KeepDead string
	Own                []ownList
	AddApp, AddEntries string
}

// ownList is what is allowed for one application besides.
type ownList struct {
	App     App
	Field   string
	Entries string
}

// view is what the page shows.
type view struct {
	Form    form
	Errors  map[string]string
	Others  []ui.Option // applications without a list of their own
	Totals  event.Totals
	Console string
}

// consoleURL is the page of the handlers of all deliveries.
const consoleURL = "/devops/console/handlers/"

func (h pages) settings(ctx context.Context, _ *web.Request) (web.Page, error) {
	s, err := h.events.Settings(ctx)
	if err != nil {
		return web.Page{}, err
	}
	f := form{
		RefusePrivate: s.RefusePrivate, Allow: strings.Join(s.Allow, "\n"), Deny: strings.Join(s.Deny, "\n"),
		KeepSent: strconv.FormatInt(s.KeepSent, 10), KeepDead: strconv.FormatInt(s.KeepDead, 10),
	}
	for _, id := range slices.Sorted(maps.Keys(s.Apps)) {
		f.Own = append(f.Own, ownList{App: App{ID: id}, Entries: strings.Join(s.Apps[id], "\n")})
	}
	return h.page(ctx, f, nil)
}

// page shows the form, with the names of the applications.
func (h pages) page(ctx context.Context, f form, errs map[string]string) (web.Page, error) {
	v := view{Form: f, Errors: errs, Console: consoleURL, Others: []ui.Option{{Value: "0", Title: "Choose an application"}}}
	apps, err := h.apps.Apps(ctx)
	if err != nil {
		return web.Page{}, err
	}
	if v.Totals, err = h.events.Totals(ctx); err != nil {
		return web.Page{}, err
	}
	names := map[int64]string{}
	for _, a := range apps {
		names[a.ID] = a.Name
	}
	for i, o := range f.Own {
		name, ok := names[o.App.ID]
		if !ok {
			name = "A deleted application"
		}
		v.Form.Own[i].App.Name, v.Form.Own[i].Field = name, ownField(o.App.ID)
		delete(names, o.App.ID)
	}
	for _, a := range apps {
		if _, free := names[a.ID]; free {
			v.Others = append(v.Others, ui.Option{Value: strconv.FormatInt(a.ID, 10), Title: a.Name})
		}
	}
	p := web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "event/settings", Body: v, Layout: web.Narrow,
		Tabs: settingweb.Tabs(settingweb.DeliveriesURL), Styles: []string{"event/settings.css"},
	}
	if errs != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// ownPrefix begins the name of the field of an application's own list.
const ownPrefix = "app-"

func ownField(id int64) string { return ownPrefix + strconv.FormatInt(id, 10) }

func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	f, apps := readForm(r.PostForm)
	s := event.Settings{RefusePrivate: f.RefusePrivate, Allow: lines(f.Allow), Deny: lines(f.Deny), Apps: apps}
	errs := map[string]string{}
	number := func(field, text string) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			errs[field] = "Enter a whole number."
		}
		return n
	}
	s.KeepSent, s.KeepDead = number("keep_sent", f.KeepSent), number("keep_dead", f.KeepDead)
	if f.AddApp == "0" && strings.TrimSpace(f.AddEntries) != "" {
		errs["add_app"] = "Choose the application that may reach them."
	}
	if len(errs) > 0 {
		return h.page(ctx, f, errs)
	}
	err := h.events.SaveSettings(ctx, user.Ref{ID: r.Viewer.ID, Admin: r.Viewer.Admin, Access: r.Viewer.Access}, s)
	if errs := web.FieldErrors(err); errs != nil {
		return h.page(ctx, f, errs)
	}
	return web.Redirect{To: settingweb.DeliveriesURL, Toast: "Saved. It holds from the next attempt on."}, err
}

// readForm reads the form, and the lists of single applications.
func readForm(v url.Values) (form, map[int64][]string) {
	f := form{
		RefusePrivate: v.Get("refuse_private") != "", Allow: v.Get("allow"), Deny: v.Get("deny"),
		KeepSent: v.Get("keep_sent"), KeepDead: v.Get("keep_dead"), AddApp: v.Get("add_app"), AddEntries: v.Get("add_entries"),
	}
	apps := map[int64][]string{}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		digits, ok := strings.CutPrefix(name, ownPrefix)
		id, err := strconv.ParseInt(digits, 10, 64)
		if !ok || err != nil {
			continue
		}
		f.Own = append(f.Own, ownList{App: App{ID: id}, Entries: v.Get(name)})
		apps[id] = lines(v.Get(name))
	}
	if id, err := strconv.ParseInt(f.AddApp, 10, 64); err == nil && id != 0 {
		apps[id] = append(apps[id], lines(f.AddEntries)...)
	}
	return f, apps
}

// lines returns what stands in a text, a line or a comma apart.
func lines(text string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
