package imweb

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

const (
	maxTargets  = 20 // conversations to which a message is forwarded at once
	targetsShow = 30
)

// forwardView is the form that passes a message on.
type forwardView struct {
	ID     int64
	UUID   string // names the messages that are sent, so that trying again sends none twice
	Name   string // whose message it is
	Text   string // the beginning of it
	Note   string // what the viewer adds
	Query  string
	To     targetsView
	Errors map[string]string
}

// targetsView is a choice of conversations: those chosen first.
type targetsView struct {
	Chosen, Found []target
	Query         string
}

// target is a conversation to which something can be sent.
type target struct {
	face

	Dialog string
	Text   string
}

// forwardForm shows /online/forward?m=.
func (h pages) forwardForm(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.forwardPage(ctx, r, nil)
}

func (h pages) forwardPage(ctx context.Context, r *web.Request, errs map[string]string) (web.Page, error) {
	m, c, err := h.im.Message(ctx, r.Viewer.ID, r.Int("m", 0))
	if err != nil || !m.Deleted.IsZero() {
		return web.Page{}, errGone.Because(err)
	}
	p := h.people(ctx, r)
	v := forwardView{ID: m.ID, UUID: uuidOr(r.FormValue("uuid")), Text: p.plain(m), Note: r.FormValue("text"), Query: strings.TrimSpace(r.FormValue("q")), Errors: errs}
	if m.AuthorID != 0 {
		v.Name = p.get(m.AuthorID).Name
	}
	if v.To, err = h.targets(ctx, p); err != nil {
		return web.Page{}, err
	}
	page := web.Page{
		Title: "Forward", Section: "messenger", Template: "im/forward", Body: v, Layout: web.Narrow, Slider: true,
		Behind: dialogURL(c.DialogID(r.Viewer.ID)), Modules: []string{"im/group.js"}, Styles: []string{"im/im.css"},
	}
	if errs != nil {
		page.Status = 422
	}
	return page, p.failed
}

// targets returns the conversations that the request chose and those that its search finds besides; without a search those
// that were used last.
func (h pages) targets(ctx context.Context, p *people) (targetsView, error) {
	r := p.r
	v := targetsView{Query: strings.TrimSpace(r.FormValue("q"))}
	chosen := r.Form["to"]
	for _, dialog := range chosen[:min(len(chosen), maxTargets)] {
		c, err := h.im.Resolve(ctx, dialog, r.Viewer.ID)
		if err != nil {
			continue // no longer there
		}
		t := h.face(p, c)
		v.Chosen = append(v.Chosen, target{t.face, t.Dialog, t.Subtitle})
	}
	var err error
	if v.Query == "" {
		v.Found, err = h.recentTargets(ctx, p)
	} else {
		v.Found, err = h.foundTargets(ctx, r, v.Query)
	}
	v.Found = slices.DeleteFunc(v.Found, func(t target) bool {
		return slices.ContainsFunc(v.Chosen, func(c target) bool { return c.Dialog == t.Dialog })
	})
	return v, err
}

func (h pages) recentTargets(ctx context.Context, p *people) ([]target, error) {
	items, _, err := h.im.Recent(ctx, p.r.Viewer.ID, im.RecentQuery{Limit: targetsShow})
	if err != nil {
		return nil, err
	}
	out := make([]target, 0, len(items))
	for _, it := range items {
		if t := h.face(p, it.Chat); t.CanPost {
			out = append(out, target{t.face, t.Dialog, t.Subtitle})
		}
	}
	return out, p.failed
}

func (h pages) foundTargets(ctx context.Context, r *web.Request, q string) ([]target, error) {
	f, err := h.find(ctx, r, q)
	if err != nil {
		return nil, err
	}
	var out []target
	for _, who := range f.People {
		out = append(out, target{who.face, id(who.ID), who.Position})
	}
	for _, l := range f.Chats {
		out = append(out, target{l.face, l.Dialog, l.Text})
	}
	return out, nil
}

// targetsFragment answers /online/targets?q=&to=: the choice of conversations anew.
func (h pages) targetsFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.targets(ctx, h.people(ctx, r))
	if err != nil {
		return nil, err
	}
	return web.HTML{Template: "im/targets", Body: v}, nil
}

// forward sends a message on to each of the conversations that were chosen, with what the viewer adds after it.
func (h pages) forward(ctx context.Context, r *web.Request) (web.Result, error) {
	to := slices.Compact(slices.Sorted(slices.Values(r.Form["to"])))
	if len(to) == 0 || len(to) > maxTargets {
		return h.forwardRefused(ctx, r, fault.New(fault.Invalid, "NO_TARGET", "Choose from one to 20 chats.").At("q"))
	}
	last := ""
	for _, dialog := range to {
		if err := h.forwardTo(ctx, r, dialog); err != nil {
			return h.forwardRefused(ctx, r, words(err))
		}
		last = dialogURL(dialog)
	}
	said := "Forwarded to " + count(int64(len(to)), "chat", "chats")
	return web.Redirect{To: last, Toast: said}, nil
}

func (h pages) forwardTo(ctx context.Context, r *web.Request, dialog string) error {
	c, err := h.im.OpenDialog(ctx, dialog, r.Viewer.ID)
	if err != nil {
		return err
	}
	name := uuidOr(r.FormValue("uuid"))
	_, err = h.im.Send(ctx, im.NewMessage{ChatID: c.ID, AuthorID: r.Viewer.ID, ForwardID: r.Int("m", 0), UUID: name})
	note := strings.TrimSpace(r.FormValue("text"))
	if err != nil || note == "" {
		return err
	}
	_, err = h.im.Send(ctx, im.NewMessage{ChatID: c.ID, AuthorID: r.Viewer.ID, Text: note, UUID: "ffffffff" + name[8:]})
	return err
}

// uuidOr returns a name for messages: the given one, or one by chance.
func uuidOr(given string) string {
	if im.IsUUID(given) {
		return strings.ToLower(given)
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (h pages) forwardRefused(ctx context.Context, r *web.Request, err error) (web.Result, error) {
	errs := web.FieldErrors(err)
	if r.Fetched() || errs == nil {
		return nil, err
	}
	return h.forwardPage(ctx, r, errs)
}
