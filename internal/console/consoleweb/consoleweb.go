// Package consoleweb is the pages on which developers see what happens: the timeline of calls and deliveries, the composer
// of requests, the handlers, the limits, and why a bot did not answer.
package consoleweb

import (
	"context"
	"embed"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.js *.css
var files embed.FS

// section is the navigation item of these pages: they belong to the applications.
const section = "apps"

// The addresses of the tabs.
const (
	TimelineURL   = "/devops/console/"
	DeliveriesURL = "/devops/console/deliveries/"
	HandlersURL   = "/devops/console/handlers/"
	ComposerURL   = "/devops/console/composer/"
	LimitsURL     = "/devops/console/limits/"
	// BotsURL is the page of package botweb, which stands among the tabs of the console.
	BotsURL = "/devops/bots/"
)

// Tabs returns the tabs of the console; current is the address of the page that shows them.
func Tabs(current string, v web.Viewer) []web.Tab {
	all := v.May(access.ViewConsole)
	out := []web.Tab{{Title: "Timeline", URL: TimelineURL}}
	if all {
		out = append(out, web.Tab{Title: "Deliveries", URL: DeliveriesURL}, web.Tab{Title: "Handlers", URL: HandlersURL}, web.Tab{Title: "Bots", URL: BotsURL})
	}
	out = append(out, web.Tab{Title: "Composer", URL: ComposerURL})
	if all {
		out = append(out, web.Tab{Title: "Limits", URL: LimitsURL})
	}
	for i := range out {
		out[i].Current = out[i].URL == current
	}
	return out
}

// Config is what the pages need.
type Config struct {
	Log    *console.Service
	Events *event.Service
	Apps   *app.Service
	Audit  *audit.Service
	People web.People
	// Stories tells of messages and bots.
	Stories Stories
	REST    *rest.Handler
	// Methods are those that can be called.
	Methods func() []*rest.Method
	// Endpoint is where methods are called from outside; it ends in "/rest/".
	Endpoint func() string
	// Access returns whether a user may act, and whether they are an administrator.
	Access func(ctx context.Context, userID int64) (active, admin bool, err error)
}

type pages struct {
	Config

	live *live
}

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("console", files)
	h := pages{Config: c, live: newLive(c.Log, c.Events)}
	s.Page("/devops/console/{$}", web.SignedIn, h.timeline)
	s.Fragment("/devops/console/rows", web.SignedIn, h.rows)
	s.Stream("/devops/console/live", web.SignedIn, h.stream)
	s.Fragment("/devops/console/export", web.SignedIn, h.export)
	s.Page("/devops/console/call/{id}/{$}", web.SignedIn, h.call)
	s.Action("/devops/console/call/{id}/replay", web.SignedIn, h.replay)
	s.Page("/devops/console/settings/{$}", web.Needs(access.ChangeSettings), h.settings)
	s.Action("/devops/console/settings/save", web.Needs(access.ChangeSettings), h.saveSettings)
	all := web.Needs(access.ViewConsole)
	s.Page("/devops/console/deliveries/{$}", all, h.deliveries)
	s.Action("/devops/console/deliveries/replay", web.Admin, h.replayDeliveries)
	s.Action("/devops/console/deliveries/retry", web.Admin, h.retryAll)
	s.Page("/devops/console/delivery/{id}/{$}", all, h.delivery)
	s.Page("/devops/console/delivery/{id}/edit/{$}", web.Admin, h.editDelivery)
	s.Action("/devops/console/delivery/{id}/resend", web.Admin, h.resend)
	s.Action("/devops/console/delivery/{id}/retry", web.Admin, h.retry)
	s.Page("/devops/console/why/{id}/{$}", all, h.why)
	s.Page("/devops/console/why/bot/{id}/{$}", all, h.whyBot)
	s.Page("/devops/console/handlers/{$}", all, h.handlers)
	s.Action("/devops/console/handler/{id}/pause", web.Admin, h.pause)
	s.Action("/devops/console/handler/{id}/resume", web.Admin, h.resume)
	s.Page("/devops/console/composer/{$}", web.SignedIn, h.composer)
	s.Action("/devops/console/composer/run", web.SignedIn, h.run, web.MaxBody(maxComposed))
	s.Action("/devops/console/composer/edit", web.SignedIn, h.edit, web.MaxBody(maxComposed))
	s.Page("/devops/console/limits/{$}", all, h.limits)

	s.Command(web.Command{Title: "Console", URL: TimelineURL, Icon: "console", Keywords: "requests log calls timeline developer api"})
	s.Command(web.Command{Title: "Deliveries", URL: DeliveriesURL, Icon: "webhook", Keywords: "events handlers outbox dead letters", Needs: access.ViewConsole})
	s.Command(web.Command{Title: "Request composer", URL: ComposerURL, Icon: "play", Keywords: "rest api method call try"})
}

// devops makes the pages of the console.
var devops = web.Section{
	Nav: section, Area: "console", Styles: []string{"console/console.css"}, Modules: []string{"console/console.js"},
}

// names are what the applications, webhooks and people of a page are called.
type names struct {
	apps, hooks map[int64]string
	people      map[int64]web.Person
}

// names looks up who is on a page. Of webhooks people see the names of their own.
func (h pages) names(ctx context.Context, r *web.Request, users []int64) (n names, err error) {
	n.apps, n.hooks = map[int64]string{}, map[int64]string{}
	apps, err := h.Apps.List(ctx, user.Ref{Admin: true}) // names of applications are no secret: everybody sees them in the rail
	if err != nil {
		return n, err
	}
	for _, a := range apps {
		n.apps[a.ID] = a.Name
	}
	hooks, err := h.Apps.Webhooks(ctx, r.Viewer.Ref())
	if err != nil {
		return n, err
	}
	for _, w := range hooks {
		n.hooks[w.ID] = w.Title
	}
	n.people, err = h.People.People(ctx, users)
	return n, err
}

// source says through what a call came.
func (n names) source(c console.Call) string {
	switch {
	case c.AppID != 0:
		return nameOr(n.apps[c.AppID], "Application ", c.AppID)
	case c.WebhookID != 0:
		return nameOr(n.hooks[c.WebhookID], "Webhook ", c.WebhookID)
	case c.Kind == console.BySession:
		return "Composer"
	}
	return ""
}

func nameOr(name, what string, id int64) string {
	if name != "" {
		return name
	}
	return what + strconv.FormatInt(id, 10)
}

// person returns the name of a user.
func (n names) person(id int64) string {
	if id == 0 {
		return ""
	}
	return nameOr(n.people[id].Name, "User ", id)
}
