package imweb

import (
	"context"

	"github.com/portico-hq/portico/internal/web"
)

// sideTab is a part of what stands beside a conversation.
type sideTab struct {
	Name, Title string
	Count       int
	Current     bool
}

// Tabs returns the parts of what stands beside the conversation.
func (t talk) Tabs() []sideTab {
	return []sideTab{
		{Name: "info", Title: "About", Current: t.Tab == "info"},
		{Name: "pins", Title: "Pinned", Count: len(t.Pins.Pins), Current: t.Tab == "pins"},
	}
}

// tabOf returns the part of the details that a request asks for.
func tabOf(name string) string {
	if name == "pins" {
		return name
	}
	return "info"
}

// sideFragment answers /online/side?dialog=&tab=: what stands beside a conversation.
func (h pages) sideFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	c, err := h.im.Resolve(ctx, r.FormValue("dialog"), r.Viewer.ID)
	if err != nil {
		return nil, hide(err)
	}
	p := h.people(ctx, r)
	t := h.face(p, c)
	t.Tab = tabOf(r.FormValue("tab"))
	if c.ID != 0 {
		if err := h.beside(ctx, p, &t); err != nil {
			return nil, hide(err)
		}
	}
	return web.HTML{Template: "im/side", Body: &t}, p.failed
}

// beside reads what stands beside a conversation.
func (h pages) beside(ctx context.Context, p *people, t *talk) error {
	members, err := h.im.Members(ctx, p.r.Viewer.ID, t.ChatID)
	if err != nil {
		return err
	}
	t.setMembers(members, p.r.Viewer.ID)
	if err := h.listMembers(p, t, members); err != nil {
		return err
	}
	t.Pins, err = p.pinsOf(ctx, t)
	return err
}
