package appweb

import (
	"context"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
)

func tabs(current string) []web.Tab {
	return []web.Tab{
		{Title: "Ready-made scenarios", URL: homeURL, Current: current == homeURL},
		{Title: "Integrations", URL: listURL, Current: current == listURL},
		{Title: "Applications I allowed", URL: allowedURL, Current: current == allowedURL},
	}
}

// integration is a line of the list.
type integration struct {
	URL      string
	Name     string
	Icon     string
	What     string
	State    string // empty when there is nothing to say
	Creator  Person
	Scopes   []string // titles
	MoreThan int      // scopes that are not in Scopes
	Used     time.Time
	Created  time.Time
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	var apps []app.App
	if r.Viewer.May(access.ManageApps) {
		var err error
		if apps, err = h.apps.List(ctx, actor(r)); err != nil {
			return web.Page{}, err
		}
	}
	hooks, err := h.apps.Webhooks(ctx, actor(r))
	if err != nil {
		return web.Page{}, err
	}
	people, err := h.creators(ctx, apps, hooks)
	if err != nil {
		return web.Page{}, err
	}
	var lines []integration
	for _, a := range apps {
		lines = append(lines, appLine(a, people[a.OwnerID]))
	}
	for _, w := range hooks {
		lines = append(lines, webhookLine(w, people[w.UserID]))
	}
	p := page("Developer resources", "list", lines)
	p.Tabs = tabs(listURL)
	return p, nil
}

func appLine(a app.App, creator Person) integration {
	line := integration{
		URL: appURL(a.ID), Name: a.Name, Icon: "plug", What: kindTitle(a), Creator: creator, Used: a.LastUsed, Created: a.Created,
	}
	if !a.Installed {
		line.State = "Not installed yet"
	}
	line.Scopes, line.MoreThan = brief(a.Scopes)
	return line
}

func webhookLine(w app.Webhook, creator Person) integration {
	line := integration{
		URL: webhookURL(w.ID), Name: w.Title, Icon: "webhook", What: "Inbound webhook", Creator: creator, Used: w.LastUsed, Created: w.Created,
	}
	line.Scopes, line.MoreThan = brief(w.Scopes)
	return line
}

// brief returns the titles of the first scopes, and how many there are beyond.
func brief(scopes []string) (titles []string, more int) {
	const shown = 4
	for i, s := range scopes {
		if i == shown {
			return titles, len(scopes) - shown
		}
		titles = append(titles, app.ScopeTitle(s))
	}
	return titles, 0
}

func kindTitle(a app.App) string {
	switch {
	case a.Kind == app.Static:
		return "Static application"
	case a.APIOnly:
		return "Server application, API only"
	}
	return "Server application"
}

func (h pages) creators(ctx context.Context, apps []app.App, hooks []app.Webhook) (map[int64]Person, error) {
	seen := map[int64]bool{}
	var ids []int64
	add := func(id int64) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, a := range apps {
		add(a.OwnerID)
	}
	for _, w := range hooks {
		add(w.UserID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return h.people.People(ctx, ids)
}

func (h pages) person(ctx context.Context, id int64) (Person, error) {
	people, err := h.people.People(ctx, []int64{id})
	return people[id], err
}

func appURL(id int64) string { return "/devops/app/" + strconv.FormatInt(id, 10) + "/" }

func webhookURL(id int64) string { return "/devops/webhook/" + strconv.FormatInt(id, 10) + "/" }
