package appweb

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// scopeChoice is a line of the list of permissions.
type scopeChoice struct {
	Code   string
	Label  string
	About  string
	Search string // what the search looks in
	On     bool
}

// choices returns all permissions with those of chosen ticked and at the top.
func choices(chosen []string, all bool) []scopeChoice {
	list := app.Scopes()
	if all {
		list = append([]app.Scope{{Code: app.AllScopes, Title: "All permissions", About: "Do everything that you may do, now and later."}}, list...)
	}
	var on, off []scopeChoice
	for _, s := range list {
		c := scopeChoice{Code: s.Code, Label: s.Title + " (" + s.Code + ")", About: s.About}
		c.Search = strings.ToLower(c.Label + " " + c.About)
		if slices.Contains(chosen, s.Code) {
			c.On = true
			on = append(on, c)
		} else {
			off = append(off, c)
		}
	}
	for _, code := range chosen { // those that are not offered any more stay until they are taken away
		if !slices.ContainsFunc(on, func(c scopeChoice) bool { return c.Code == code }) {
			on = append(on, scopeChoice{Code: code, Label: code, About: "An older permission.", Search: code, On: true})
		}
	}
	return append(on, off...)
}

// appForm is the form of an application.
type appForm struct {
	Action string
	Submit string
	Form   app.Form
	Errors map[string]string
	Scopes []scopeChoice
}

// Kinds returns the choices of the type.
func (appForm) Kinds() []ui.Option {
	return []ui.Option{{Value: string(app.Server), Title: "Server"}, {Value: string(app.Static), Title: "Static"}}
}

func newAppForm(f app.Form, problems []*fault.Fault) appForm {
	return appForm{Action: "/devops/app/add", Submit: "Save", Form: f, Errors: byField(problems), Scopes: choices(f.Scopes, false)}
}

func readAppForm(v url.Values) app.Form {
	f := app.Form{
		Name: v.Get("name"), Kind: app.Kind(v.Get("kind")), APIOnly: v.Get("api_only") != "", Scopes: v["scopes"],
		HandlerURL: v.Get("handler_url"), InstallURL: v.Get("install_url"), MenuTitle: v.Get("menu_title"),
	}
	if v.Has("version") {
		n, err := strconv.ParseInt(strings.TrimSpace(v.Get("version")), 10, 64)
		if f.Version = n; err != nil {
			f.Version = -1 // the form says that it is no version
		}
	}
	if f.Kind == app.Static {
		f.APIOnly = false // the switch is hidden then
	}
	return f
}

// webhookForm is the form of a webhook.
type webhookForm struct {
	Action string
	Submit string
	Form   app.WebhookForm
	Date   string // the last day, as 2006-01-02; empty: for ever
	Errors map[string]string
	Scopes []scopeChoice
}

func newWebhookForm(f app.WebhookForm, date string, problems []*fault.Fault) webhookForm {
	return webhookForm{Action: "/devops/webhook/add", Submit: "Save", Form: f, Date: date, Errors: byField(problems), Scopes: choices(f.Scopes, true)}
}

// readWebhookForm reads the form; date is what was typed as the last day, which ends at midnight where the viewer is. A day that is
// none is over already, so that the form says so.
func readWebhookForm(r *web.Request) (f app.WebhookForm, date string) {
	f = app.WebhookForm{Title: r.PostForm.Get("title"), Scopes: r.PostForm["scopes"]}
	date = strings.TrimSpace(r.PostForm.Get("expires"))
	if date == "" {
		return f, ""
	}
	day, err := time.ParseInLocation(time.DateOnly, date, r.Viewer.Zone())
	if err != nil {
		day = time.Unix(0, 0)
	}
	f.Expires = day.AddDate(0, 0, 1)
	return f, date
}

// dateOf returns the last day before a time, for the viewer; empty for the zero time.
func dateOf(r *web.Request, until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.Add(-time.Second).In(r.Viewer.Zone()).Format(time.DateOnly)
}

func byField(problems []*fault.Fault) map[string]string {
	out := map[string]string{}
	for _, p := range problems {
		out[p.Field] = p.Text
	}
	return out
}
