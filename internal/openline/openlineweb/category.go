package openlineweb

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// categories returns what conversations can be about.
func (h pages) categories(ctx context.Context) ([]Category, error) {
	if h.Categories == nil {
		return nil, nil
	}
	return h.Categories(ctx)
}

// categoryName returns the name of a category; "" for 0.
func categoryName(all []Category, id int64) string {
	for _, c := range all {
		if c.ID == id {
			return c.Name
		}
	}
	if id == 0 {
		return ""
	}
	return "Category " + strconv.FormatInt(id, 10)
}

// categoryOptions offers what a conversation can be about, and what it is about where that is deleted.
func categoryOptions(all []Category, now int64, none string) []ui.Option {
	out := []ui.Option{{Value: "0", Title: none}}
	for _, c := range all {
		if !c.Gone || c.ID == now {
			out = append(out, ui.Option{Value: strconv.FormatInt(c.ID, 10), Title: c.Name})
		}
	}
	return out
}

// saveCategory says what a conversation is about.
func (h pages) saveCategory(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.standingOf(ctx, r, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	if err := s.Allow(openline.DoSort); err != nil {
		return nil, errMayNot.Because(err)
	}
	if err := h.Conversations.SetCategory(ctx, r.Viewer.ID, s.ID, r.Int("category", 0)); err != nil {
		return nil, err
	}
	return web.Redirect{To: URL + strconv.FormatInt(s.ID, 10), Toast: "Category saved"}, nil
}

// finishView is the form that asks what a conversation was about before it is finished.
type finishView struct {
	Chat       int64
	Categories []ui.Option
}

// finishForm asks what a conversation was about, where its line wants that and nobody has said.
func (h pages) finishForm(ctx context.Context, r *web.Request) (web.Page, error) {
	s, err := h.standingIn(ctx, r, r.Int("chat", 0))
	if err != nil {
		return web.Page{}, err
	}
	if !s.May(openline.DoFinish) || !s.May(openline.DoSort) {
		return web.Page{}, errMayNot
	}
	all, err := h.categories(ctx)
	return slider("Finish the conversation", "finish", s.ID, finishView{s.ChatID, categoryOptions(all, 0, "No category")}), err
}
