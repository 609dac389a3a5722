package imweb

import (
	"context"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// galleryPage is how many messages with files or links are listed beside a conversation.
const galleryPage = 60

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
		{Name: "files", Title: "Files", Current: t.Tab == "files"},
		{Name: "links", Title: "Links", Current: t.Tab == "links"},
		{Name: "pins", Title: "Pinned", Count: len(t.Pins.Pins), Current: t.Tab == "pins"},
	}
}

// tabOf returns the part of the details that a request asks for.
func tabOf(name string) string {
	switch name {
	case "pins", "files", "links":
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
	_, err := h.setMembers(ctx, p, t)
	if err != nil {
		return err
	}
	if t.Pins, err = p.pinsOf(ctx, t); err != nil {
		return err
	}
	return h.gallery(ctx, p, t)
}

// gallery is the files of a chat, or the messages with links, the newest first.
type gallery struct {
	Pictures []attachedFile
	Links    []sideLink
	Others   []hit
	More     string // the address of the search for all of them; empty: that was all
}

// gallery reads what the open part of the details lists.
func (h pages) gallery(ctx context.Context, p *people, t *talk) error {
	q := im.SearchQuery{ChatID: t.ChatID, Files: t.Tab == "files", Links: t.Tab == "links", Limit: galleryPage}
	if !q.Files && !q.Links {
		return nil
	}
	found, err := h.im.SearchMessages(ctx, p.r.Viewer.ID, q)
	if err != nil {
		return err
	}
	hits, err := p.hits(ctx, found, q)
	if err != nil {
		return err
	}
	if q.Links {
		if t.Gallery.Links, hits, err = p.sideLinks(ctx, found.Messages, hits); err != nil {
			return err
		}
	}
	for _, one := range hits {
		others := one.Files[:0:0]
		for _, f := range one.Files {
			if f.Type == "image" && f.PreviewURL != "" {
				t.Gallery.Pictures = append(t.Gallery.Pictures, f)
			} else {
				others = append(others, f)
			}
		}
		if one.Files = others; len(others) > 0 || q.Links {
			t.Gallery.Others = append(t.Gallery.Others, one)
		}
	}
	if found.More {
		t.Gallery.More = "/online/search?chat=" + t.Dialog + "&" + t.Tab + "=on"
	}
	return nil
}
