package mailboxweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

const (
	allowedURL = URL + "allowed" // to which providers send browsers back

	// stateCookie holds what proves on the way back from a provider that the same browser left for it.
	stateCookie = "portico_mailbox"
	stateLife   = 15 * time.Minute
)

// stored shows what is stored of a mailbox, with the way to sign in that the address asks for instead of its own.
func (v *formView) stored(a mailbox.Account, r *web.Request) {
	v.Settings = a.Settings
	v.Provider = r.Int("with", a.Provider)
	if a.IMAP.Login != a.Address {
		v.Login = a.IMAP.Login
	}
	if a.Provider != 0 && v.Provider == 0 { // it has no servers of its own
		d := mailbox.Defaults()
		v.IMAP, v.SMTP, v.SignIn = d.IMAP, d.SMTP, d.SignIn
		v.IMAP.Login = a.IMAP.Login
	}
	v.ports()
}

// ways sets how one can sign in at a mailbox: through each provider, or with a password. One that is unknown is the first.
func (h pages) ways(ctx context.Context, r *web.Request, v *formView, at string) error {
	all, err := h.Mailboxes.Providers(ctx, r.Viewer.Ref())
	if err != nil {
		return err
	}
	first := int64(0)
	if len(all) > 0 {
		first = all[0].ID
	}
	known := v.Provider == 0
	for _, p := range all {
		known = known || p.ID == v.Provider
	}
	if !known {
		v.Provider = first
	}
	for _, p := range all {
		if p.ID == v.Account.Provider {
			v.Through = p.Title
		}
		if p.ID == v.Provider {
			v.Title, v.Server, v.Sends = p.Title, p.IMAP.Address(), p.SMTP.Address()
		}
		v.Ways = append(v.Ways, ui.Tab{Title: p.Title, URL: at + "?with=" + strconv.FormatInt(p.ID, 10), Current: p.ID == v.Provider})
	}
	v.Ways = append(v.Ways, ui.Tab{Title: "Password", URL: at + "?with=0", Current: v.Provider == 0})
	if v.Provider == 0 && v.IMAP == (mail.Server{}) {
		d := mailbox.Defaults()
		v.IMAP, v.SMTP, v.SignIn = d.IMAP, d.SMTP, d.SignIn
		v.ports()
	}
	return nil
}

// allow sends the browser to the provider of a mailbox.
func (h pages) allow(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	address, state, err := h.Mailboxes.BeginAccess(ctx, r.Viewer.Ref(), r.Viewer.Session, h.PublicURL(allowedURL), id)
	if wrong := web.FieldErrors(err); wrong != nil {
		return h.mailboxPage(ctx, r, id, formView{Errors: map[string]string{"access": firstOf(wrong)}})
	}
	if err != nil {
		return nil, err
	}
	return web.WithCookies{Result: web.Redirect{To: address}, Cookies: []*http.Cookie{r.SecretCookie(stateCookie, state, URL, stateLife)}}, nil
}

// allowed goes on with who comes back from a provider.
func (h pages) allowed(ctx context.Context, r *web.Request) (web.Result, error) {
	q := r.URL.Query()
	id, err := h.Mailboxes.AllowAccess(ctx, r.Viewer.Ref(), mailbox.Return{
		State: q.Get("state"), Kept: r.CookieValue(stateCookie), Session: r.Viewer.Session, Redirect: h.PublicURL(allowedURL),
		Code: q.Get("code"), Error: q.Get("error"), ErrorText: q.Get("error_description"),
	})
	wrong := web.FieldErrors(err)
	var res web.Result = web.Redirect{To: pageURL(id), Toast: "Access allowed"}
	switch {
	case wrong != nil && id != 0:
		res, err = h.mailboxPage(ctx, r, id, formView{Errors: map[string]string{"access": firstOf(wrong)}})
	case wrong != nil:
		res, err = h.listPage(ctx, r, map[string]string{"": firstOf(wrong)})
	}
	return web.WithCookies{Result: res, Cookies: []*http.Cookie{r.SecretCookie(stateCookie, "", URL, 0)}}, err
}

// firstOf returns the one text of a fault.
func firstOf(wrong map[string]string) string {
	for _, text := range wrong {
		return text
	}
	return ""
}
