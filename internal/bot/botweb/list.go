package botweb

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/web"
)

// listed is a line of the list of bots.
type listed struct {
	web.Person

	URL, Code, Type, Owner string
	Health                 health
	Last                   time.Time // when the newest event was recorded; zero: never
	Median                 string
	Generation             int
}

// recentDeliveries is how many deliveries a bot's speed is taken of.
const recentDeliveries = 100

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	bots, err := h.Bots.List(ctx)
	if err != nil {
		return web.Page{}, err
	}
	ids := make([]int64, len(bots))
	for i, b := range bots {
		ids[i] = b.ID
	}
	who, err := h.Desk.People(ctx, ids)
	if err != nil {
		return web.Page{}, err
	}
	var out []listed
	for _, b := range bots {
		lanes, err := h.lanes(ctx, b)
		if err != nil {
			return web.Page{}, err
		}
		recent, err := h.Events.Deliveries(ctx, event.DeliveryQuery{BotID: b.ID, Limit: recentDeliveries})
		if err != nil {
			return web.Page{}, err
		}
		l := listed{Person: who[b.ID], URL: URL(b.ID), Code: b.Code, Type: typeNames[b.Type], Health: healthOf(b, lanes, r.Now), Generation: 1}
		if b.Second != nil {
			l.Generation = 2
		}
		if l.Owner, err = h.Desk.Owner(ctx, b); err != nil {
			return web.Page{}, err
		}
		if len(recent.Items) > 0 {
			l.Last = recent.Items[0].Created
		}
		if s := speedOf(recent.Items); s.Count > 0 {
			l.Median = words(s.Median)
		}
		out = append(out, l)
	}
	return h.page(r, "Chat bots", "list", out), nil
}
