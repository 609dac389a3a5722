package imweb

import (
	"context"
	"html/template"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// Embedded shows conversations of the messenger on pages of others, in the same markup and kept alive by the same modules.
type Embedded struct{ h pages }

// Embed returns what shows the messenger's conversations elsewhere.
func Embed(m *im.Service, c Config) Embedded { return Embedded{newPages(m, c)} }

// Place is where a conversation is shown.
type Place struct {
	ListURL string        // where its arrow leads at small widths
	Bar     template.HTML // what stands below its head
	Source  string        // the address of the rows for who is no member; empty: the viewer is one
	Closed  string        // what stands in the place of the composer for who is no member
	Message int64         // to show first; 0: where the viewer left off
}

// Shown is a conversation as HTML.
type Shown struct {
	Main   template.HTML
	Dialog string
	ChatID int64
}

// Menu returns what a page with conversations needs besides them: the menu of messages and the form of those on their way.
func (e Embedded) Menu(r *web.Request) (template.HTML, error) {
	html, err := r.Render("im/beside", messenger{})
	return template.HTML(html), err //nolint:gosec // a template made it
}

// Open returns the conversation of a chat, for a member or, with a Source, for somebody who only reads. Who may read is then for the
// caller to check.
func (e Embedded) Open(ctx context.Context, r *web.Request, chatID int64, at Place) (Shown, error) {
	var t talk
	var err error
	if at.Source == "" {
		t, err = e.h.open(ctx, r, dialogOf(chatID), at.Message)
	} else {
		t, err = e.h.peek(ctx, r, chatID, at)
	}
	if err != nil {
		return Shown{}, err
	}
	t.Back, t.Bar, t.Source, t.ClosedText = at.ListURL, at.Bar, at.Source, at.Closed
	html, err := r.Render("im/main", &t)
	return Shown{Main: template.HTML(html), Dialog: t.Dialog, ChatID: chatID}, err //nolint:gosec // a template made it
}

// Rows answers as /online/messages does, for who only reads. Who may is for the caller to check.
func (e Embedded) Rows(ctx context.Context, r *web.Request, chatID int64) (web.Result, error) {
	after, before := r.Int("after", -1), r.Int("before", 0)
	var w window
	switch {
	case after >= 0:
		p, err := e.h.im.Peek(ctx, r.Viewer.ID, im.History{ChatID: chatID, After: after, First: after == 0, Limit: r.Int("limit", 200)})
		if err != nil {
			return nil, err
		}
		w = window{messages: p.Messages, newer: p.More}
	case before > 0:
		p, err := e.h.im.Peek(ctx, r.Viewer.ID, im.History{ChatID: chatID, Before: before, Limit: pageSize})
		if err != nil {
			return nil, err
		}
		slices.Reverse(p.Messages)
		w = window{messages: p.Messages, older: p.More}
	default:
		_, around, err := e.h.peekAround(ctx, r.Viewer.ID, chatID, r.Int("around", 0))
		if err != nil {
			return nil, err
		}
		w = around
	}
	return e.h.rowsJSON(ctx, r, w)
}

func dialogOf(chatID int64) string { return "chat" + strconv.FormatInt(chatID, 10) }

// peek returns a conversation for somebody who is no member of it.
func (h pages) peek(ctx context.Context, r *web.Request, chatID int64, at Place) (talk, error) {
	c, w, err := h.peekAround(ctx, r.Viewer.ID, chatID, at.Message)
	if err != nil {
		return talk{}, err
	}
	p := h.people(ctx, r)
	t := talk{
		Dialog: dialogOf(c.ID), ChatID: c.ID, Group: true, OwnerID: c.OwnerID, Type: c.Type, face: groupFace(c), ChatKind: chatKind(c, false),
		Older: w.older, Newer: w.newer, Target: at.Message, Subtitle: count(c.MemberCount, "member", "members"), Peek: true,
	}
	p.inside = c.Type != im.Lines
	if t.Rows, err = p.rows(ctx, w.messages, 0); err != nil {
		return talk{}, err
	}
	return t, p.failed
}

// peekAround returns the newest messages of a chat or, with around, those before and after that message.
func (h pages) peekAround(ctx context.Context, viewer, chatID, around int64) (im.Chat, window, error) {
	if around == 0 {
		p, err := h.im.Peek(ctx, viewer, im.History{ChatID: chatID, Limit: pageSize})
		slices.Reverse(p.Messages)
		return p.Chat, window{messages: p.Messages, older: p.More}, err
	}
	before, err := h.im.Peek(ctx, viewer, im.History{ChatID: chatID, Before: around, Limit: lead})
	if err != nil {
		return im.Chat{}, window{}, err
	}
	after, err := h.im.Peek(ctx, viewer, im.History{ChatID: chatID, After: around - 1, First: around <= 1, Limit: pageSize})
	slices.Reverse(before.Messages)
	return after.Chat, window{messages: slices.Concat(before.Messages, after.Messages), older: before.More, newer: after.More}, err
}
