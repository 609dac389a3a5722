package appweb

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// pageSize is how many lines a list shows at once.
const pageSize = 50

func tabs(current string) []web.Tab {
	return []web.Tab{
		{Title: "Ready-made scenarios", URL: homeURL, Current: current == homeURL},
		{Title: "Integrations", URL: listURL, Current: current == listURL},
		{Title: "Outbound webhooks", URL: outboundsURL, Current: current == outboundsURL},
		{Title: "Applications I allowed", URL: allowedURL, Current: current == allowedURL},
		{Title: "Console", URL: consoleURL},
	}
}

// integration is a line of the list.
type integration struct {
	URL      string
	Name     string
	Icon     string
	What     string
	State    badge // its text is empty when there is nothing to say
	Creator  web.Person
	Scopes   []string // titles
	MoreThan int      // scopes that are not in Scopes
	Used     time.Time
	Created  time.Time
}

// badge is a word about a state.
type badge struct{ Text, Tone, Icon string }

// listView is the list of applications and webhooks.
type listView struct {
	Query    url.Values
	Lines    []integration
	Total    int64
	From, To int64
	Earlier  string // address; empty at the beginning
	Later    string // address; empty at the end
	Apps     bool   // the viewer sees applications
}

// Searched reports whether the list is narrowed.
func (v listView) Searched() bool {
	return v.Query.Get("q") != "" || v.Query.Get("what") != "" || v.Query.Get("state") != ""
}

// Whats, States and Sorts are the choices of the filter.
func (listView) Whats() []ui.Option {
	return []ui.Option{{Title: "Everything"}, {Value: string(app.IsApp), Title: "Applications"}, {Value: string(app.IsWebhook), Title: "Inbound webhooks"}, {Value: string(app.IsOutbound), Title: "Outbound webhooks"}}
}

// States are the choices of the state.
func (listView) States() []ui.Option {
	return []ui.Option{
		{Title: "Any state"},
		{Value: string(app.Working), Title: "Working"},
		{Value: string(app.Waiting), Title: "Not installed yet"},
		{Value: string(app.Disabled), Title: "Switched off"},
		{Value: string(app.Expired), Title: "Expired"},
		{Value: string(app.Paused), Title: "Paused"},
	}
}

// Sorts are the choices of the order.
func (listView) Sorts() []ui.Option {
	return []ui.Option{
		{Title: "Newest first"},
		{Value: "used", Title: "Last activity first"},
		{Value: "idle", Title: "Longest idle first"},
		{Value: "name", Title: "Name"},
	}
}

// sorts are the orders by the value in the address.
var sorts = map[string]struct {
	by        string
	ascending bool
}{"used": {app.ByUsed, false}, "idle": {app.ByUsed, true}, "name": {app.ByName, true}}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	v, err := h.listView(ctx, r)
	p := devops.Page("Developer resources", "list", v)
	p.Tabs = tabs(listURL)
	p.Modules = append(p.Modules, "app/list.js", "ui/list/list.js")
	p.Keys = []web.Key{{Keys: "/", Does: "Search"}, {Keys: "J / K", Does: "Next or previous line"}, {Keys: "Enter", Does: "Open"}}
	return p, err
}

// listFragment is the part of the list that a search changes.
func (h pages) listFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.listView(ctx, r)
	return web.HTML{Template: "app/list-lines", Body: v}, err
}

func (h pages) listView(ctx context.Context, r *web.Request) (listView, error) {
	query := r.URL.Query()
	order := sorts[query.Get("sort")]
	q := app.IntegrationQuery{
		Search: query.Get("q"), What: app.IntegrationKind(query.Get("what")), State: app.State(query.Get("state")),
		OrderBy: order.by, Ascending: order.ascending, Offset: max(0, r.Int("from", 0)), Limit: pageSize,
	}
	v := listView{Query: query, Apps: r.Viewer.May(access.ManageApps)}
	list, total, err := h.apps.Integrations(ctx, r.Viewer.Ref(), q)
	if err != nil {
		return v, err
	}
	ids := make([]int64, len(list))
	for i, line := range list {
		ids[i] = line.OwnerID
	}
	people, err := h.named(ctx, ids)
	if err != nil {
		return v, err
	}
	for _, line := range list {
		v.Lines = append(v.Lines, lineOf(line, people[line.OwnerID]))
	}
	v.Total, v.From, v.To = total, q.Offset+1, q.Offset+int64(len(list))
	v.Earlier, v.Later = pagesAround(listURL, query, q.Offset, total)
	return v, nil
}

// pagesAround returns the addresses of the pages before and after the one that begins at offset.
func pagesAround(path string, query url.Values, offset, total int64) (earlier, later string) {
	at := func(from int64) string {
		q := url.Values{}
		for k, v := range query {
			if k != "from" && v[0] != "" {
				q[k] = v
			}
		}
		if from > 0 {
			q.Set("from", strconv.FormatInt(from, 10))
		}
		if len(q) == 0 {
			return path
		}
		return path + "?" + q.Encode()
	}
	if offset > 0 {
		earlier = at(max(0, offset-pageSize))
	}
	if offset+pageSize < total {
		later = at(offset + pageSize)
	}
	return earlier, later
}

func lineOf(i app.Integration, creator web.Person) integration {
	line := integration{
		URL: appURL(i.ID), Name: i.Name, Icon: "plug", What: kindTitle(app.App{Kind: i.Kind, APIOnly: i.APIOnly}),
		Creator: creator, Used: i.LastUsed, Created: i.Created, State: stateBadges[i.State],
	}
	if i.What == app.IsWebhook {
		line.URL, line.Icon, line.What = webhookURL(i.ID), "webhook", "Inbound webhook"
	}
	if i.What == app.IsOutbound {
		line.URL, line.Icon, line.What = outboundURL(i.ID), "upload", "Outbound webhook"
		line.Scopes, line.MoreThan = first(i.Scopes)
		return line
	}
	line.Scopes, line.MoreThan = brief(i.Scopes)
	return line
}

var stateBadges = map[app.State]badge{
	app.Waiting:  {"Not installed yet", "warning", "clock"},
	app.Disabled: {"Switched off", "neutral", "lock"},
	app.Expired:  {"Expired", "danger", "clock"},
	app.Paused:   {"Paused", "warning", "pause"},
}

// first returns the first of names, and how many there are beyond.
func first(names []string) ([]string, int) {
	const shown = 4
	if len(names) <= shown {
		return names, 0
	}
	return names[:shown], len(names) - shown
}

// brief returns the titles of the first scopes, and how many there are beyond.
func brief(scopes []string) (titles []string, more int) {
	scopes, more = first(scopes)
	for _, s := range scopes {
		titles = append(titles, app.ScopeTitle(s))
	}
	return titles, more
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

// named returns how people are shown.
func (h pages) named(ctx context.Context, ids []int64) (map[int64]web.Person, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return h.people.People(ctx, ids)
}

func (h pages) person(ctx context.Context, id int64) (web.Person, error) {
	people, err := h.people.People(ctx, []int64{id})
	return people[id], err
}

func appURL(id int64) string { return "/devops/app/" + strconv.FormatInt(id, 10) + "/" }

func webhookURL(id int64) string { return "/devops/webhook/" + strconv.FormatInt(id, 10) + "/" }
