package imweb

import (
	"context"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// saveDraft keeps what the viewer has begun to write, for all their pages.
func (h pages) saveDraft(ctx context.Context, r *web.Request) (web.Result, error) {
	d := im.Draft{DialogID: r.FormValue("dialog"), Text: r.FormValue("text"), ReplyID: max(r.Int("reply", 0), 0)}
	if err := h.im.SaveDraft(ctx, r.Viewer.ID, d); err != nil {
		return nil, hide(err)
	}
	return web.NoContent{}, nil
}

// draftFragment answers /online/draft?dialog=: what the viewer has begun to write on another page.
func (h pages) draftFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	d, err := h.im.Draft(ctx, r.Viewer.ID, r.FormValue("dialog"))
	if err != nil {
		return nil, hide(err)
	}
	return web.JSON{Value: map[string]any{"text": d.Text, "reply": d.ReplyID}}, nil
}

// drafts returns the viewer's drafts as lines of the list show them, by their dialogs.
func (p *people) drafts(ctx context.Context) (map[string]string, error) {
	all, err := p.h.im.Drafts(ctx, p.r.Viewer.ID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	out := make(map[string]string, len(all))
	for _, d := range all {
		if text := im.OneLine(bbcode.PlainFor(d.Text, p.options())); text != "" {
			out[d.DialogID] = text
		}
	}
	return out, nil
}
