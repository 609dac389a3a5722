package consoleweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/web"
)

// shownUses is how many lines each list of the page of limits has.
const shownUses = 100

// limitsView is how much of the limits is used.
type limitsView struct {
	Operating string // the limit; empty where there is none
	Burst     int64  // 0: requests are not limited
	PerSecond int64
	Methods   []useRow
	Sources   []useRow
	More      int // methods beyond those that are shown
}

// useRow is a line of a list of what is used.
type useRow struct {
	Who, What, Used string
	Percent         int // of the limit; 0 where there is none
	Reset           time.Time
	URL             string // the calls
}

func (h pages) limits(ctx context.Context, r *web.Request) (web.Page, error) {
	u := h.REST.Usage()
	v := limitsView{Burst: u.Limits.Burst, PerSecond: u.Limits.PerSecond, More: max(0, len(u.Methods)-shownUses)}
	if u.Limits.Operating > 0 {
		v.Operating = took(u.Limits.Operating)
	}
	var users []int64
	for _, m := range u.Methods {
		users = append(users, m.UserID)
	}
	n, err := h.names(ctx, r, users)
	if err != nil {
		return web.Page{}, err
	}
	clients, err := h.clients(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	for _, m := range u.Methods[:min(len(u.Methods), shownUses)] {
		used := time.Duration(m.Seconds * float64(time.Second))
		line := useRow{What: m.Method, Used: took(used), Reset: m.ResetAt, Percent: percent(float64(used), float64(u.Limits.Operating))}
		source := ""
		if m.ClientID == "" {
			line.Who = n.person(m.UserID) + ", composer"
			source = "session"
		} else {
			c := clients[m.ClientID]
			line.Who, source = c.name, c.source
			if line.Who == "" {
				line.Who = m.ClientID
			}
		}
		line.URL = TimelineURL + "?" + form{Method: m.Method, Source: source}.Encoded()
		v.Methods = append(v.Methods, line)
	}
	for _, s := range u.Sources[:min(len(u.Sources), shownUses)] {
		v.Sources = append(v.Sources, useRow{
			Who: s.Address, Used: strconv.FormatInt(s.Count, 10), Percent: percent(float64(s.Count), float64(u.Limits.Burst)),
		})
	}
	p := devops.Page("Console", "limits", v)
	p.Tabs = Tabs(LimitsURL, r.Viewer)
	return p, nil
}

func percent(used, limit float64) int {
	if limit <= 0 {
		return 0
	}
	return min(100, int(100*used/limit))
}

// client is an application or a webhook by what it is called in the protocol.
type client struct{ name, source string }

func (h pages) clients(ctx context.Context, r *web.Request) (map[string]client, error) {
	out := map[string]client{}
	apps, err := h.Apps.List(ctx, r.Viewer.Ref())
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		out[a.ClientID] = client{a.Name, "app-" + strconv.FormatInt(a.ID, 10)}
	}
	hooks, err := h.Apps.Webhooks(ctx, r.Viewer.Ref())
	if err != nil {
		return nil, err
	}
	for _, w := range hooks {
		id := webhookClient(w.ID)
		out[id] = client{w.Title, strings.Replace(id, ".", "-", 1)}
	}
	return out, nil
}
