package imweb

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// pinned is a message that stands at the top of its chat.
type pinned struct {
	ID   int64
	URL  string
	Name string
	Text string
	Day  string
}

// pinsView is the bar above a conversation, and the list beside it.
type pinsView struct {
	ChatID    int64
	CanManage bool
	Pins      []pinned // the last pinned first
}

// pinsOf returns what is pinned in a chat.
func (p *people) pinsOf(ctx context.Context, t *talk) (pinsView, error) {
	v := pinsView{ChatID: t.ChatID, CanManage: t.Rights.Manage}
	messages, err := p.h.im.Pins(ctx, p.r.Viewer.ID, t.ChatID)
	if err != nil || len(messages) == 0 {
		return v, hide(err)
	}
	if err := errors.Join(p.loadFor(messages), p.loadFiles(im.Previewed(messages))); err != nil {
		return v, err
	}
	now := p.r.Now.In(p.r.Viewer.Zone())
	for _, m := range messages {
		one := pinned{ID: m.ID, URL: t.URL() + "?m=" + id(m.ID), Text: p.plain(m), Day: dayName(m.Date.In(now.Location()), now)}
		if m.AuthorID != 0 {
			one.Name = p.get(m.AuthorID).Name
		}
		v.Pins = append(v.Pins, one)
	}
	return v, p.failed
}

// pin pins a message for everybody in its chat, or takes the pin away: on=0.
func (h pages) pin(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("message", 0)
	if err := h.im.PinMessage(ctx, r.Viewer.ID, id, r.FormValue("on") != "0"); err != nil {
		return h.refused(ctx, r, id, words(err))
	}
	return h.changed(ctx, r, id)
}

// pinsFragment answers /online/pins?chat=: the bar above the conversation and the list beside it.
func (h pages) pinsFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	c, err := h.im.Get(ctx, r.Viewer.ID, r.Int("chat", 0))
	if err != nil {
		return nil, hide(err)
	}
	p := h.people(ctx, r)
	t := h.face(p, c)
	if t.Pins, err = p.pinsOf(ctx, &t); err != nil {
		return nil, err
	}
	bar, err := r.Render("im/pins", t.Pins)
	if err != nil {
		return nil, err
	}
	list, err := r.Render("im/pin-list", t.Pins)
	return web.JSON{Value: map[string]any{"bar": bar, "list": list}}, err
}
