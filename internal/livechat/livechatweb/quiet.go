package livechatweb

import (
	"context"

	"github.com/portico-hq/portico/internal/web"
)

// quietView is the page on which visitors end the mails to them.
type quietView struct {
	Title, Email, Action string
	Quiet                bool
}

// mails shows whether a visitor is written to; looking at it changes nothing, since programs look at the links of mails too.
func (h pages) mails(ctx context.Context, r *web.Request) (web.Page, error) {
	code, key := r.PathValue("code"), r.PathValue("key")
	m, err := h.Chats.MailsOf(ctx, code, key)
	v := quietView{Title: m.Title, Email: m.Email, Quiet: m.Quiet, Action: "/chat/" + code + "/mail/" + key}
	return web.Page{Title: "Mails", Layout: web.Bare, Template: "livechat/quiet", Body: v}, err
}

// setMails ends the mails, or lets them be written again. Mail programs send the same request for their own button (RFC 8058).
func (h pages) setMails(ctx context.Context, r *web.Request) (web.Result, error) {
	if err := h.Chats.SetMails(ctx, r.PathValue("code"), r.PathValue("key"), !r.Checked("again")); err != nil {
		return nil, err
	}
	return h.mails(ctx, r)
}
