package telegramweb

import (
	"bytes"
	"context"
	"net/http"

	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// pageView is the page of a bot.
type pageView struct {
	botView

	WayIs    string
	SignedIs bool
	MayWay   bool
	Errors   map[string]string
}

// Ways are how messages come in.
func (pageView) Ways() []ui.Option { return ways }

func (h pages) bot(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.botPage(ctx, r, id, nil)
}

// botPage shows a bot; given is what was typed and is wrong.
func (h pages) botPage(ctx context.Context, r *web.Request, id int64, given *pageView) (web.Page, error) {
	b, err := h.Bots.Get(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := pageView{botView: viewOf(b, lines), WayIs: string(b.Way), SignedIs: b.Signed, MayWay: h.Bots.MayHook() || b.Way == telegram.Hook}
	if given != nil {
		v.Errors = given.Errors
		if given.WayIs != "" {
			v.WayIs, v.SignedIs = given.WayIs, given.SignedIs
		}
	}
	p := section.Page(b.Name, "bot", v)
	p.Back = URL
	if v.Errors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (h pages) change(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	way := r.PostFormValue("way")
	if way == "" { // where there is no choice
		way = string(telegram.Poll)
	}
	err = h.Bots.Change(ctx, r.Viewer.Ref(), id, telegram.Way(way), r.Checked("signed"))
	if errs := fieldErrors(err); errs != nil {
		return h.botPage(ctx, r, id, &pageView{WayIs: way, SignedIs: r.Checked("signed"), Errors: errs})
	}
	return web.Redirect{To: pageURL(id), Toast: "Saved"}, err
}

func (h pages) renew(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	err = h.Bots.Renew(ctx, r.Viewer.Ref(), id, r.PostFormValue("token"))
	if errs := fieldErrors(err); errs != nil {
		return h.botPage(ctx, r, id, &pageView{Errors: errs})
	}
	return web.Redirect{To: pageURL(id), Toast: "Token replaced"}, err
}

func (h pages) check(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if err := h.Bots.Check(ctx, r.Viewer.Ref(), id); err != nil {
		return nil, err
	}
	b, err := h.Bots.Get(ctx, r.Viewer.Ref(), id)
	toast := "Telegram answers: all is well"
	if b.Problem != "" {
		toast = "Something is wrong"
	}
	return web.Redirect{To: pageURL(id), Toast: toast}, err
}

func (h pages) retry(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: pageURL(id), Toast: "On their way again"}, h.Bots.RetryAll(ctx, r.Viewer.Ref(), id)
}

func (h pages) disconnect(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if !r.Checked("sure") {
		return h.botPage(ctx, r, id, &pageView{Errors: map[string]string{"sure": "Tick the box to disconnect the bot."}})
	}
	return web.Redirect{To: URL, Toast: "Bot disconnected"}, h.Bots.Disconnect(ctx, r.Viewer.Ref(), id)
}

func (h pages) picture(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	content, err := h.Bots.Picture(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return nil, err
	}
	kind := http.DetectContentType(content)
	if kind != "image/jpeg" && kind != "image/png" && kind != "image/webp" {
		return nil, telegram.ErrNoBot
	}
	return web.File{Content: bytes.NewReader(content), Name: "picture", Type: kind, Inline: true}, nil
}
