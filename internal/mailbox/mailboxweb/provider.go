package mailboxweb

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailweb"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

const providersURL = URL + "providers/"

func providerURL(id int64) string { return providersURL + strconv.FormatInt(id, 10) + "/" }

// providersView is the list of providers, and what can be registered.
type providersView struct{ Rows []providerRow }

type providerRow struct {
	mailbox.Provider

	URL string
}

// providerView is the form of a provider, and the page of one.
type providerView struct {
	mailbox.ProviderSettings

	ID             int64
	HasSecret      bool
	Mailboxes      int64
	Redirect       string
	ScopeText      string
	Port, SMTPPort string // as typed
	Errors         map[string]string
}

// Securities are for receiving.
func (providerView) Securities() []ui.Option { return formView{}.Securities() }

// SMTPSecurities are for sending.
func (providerView) SMTPSecurities() []ui.Option { return mailweb.Securities() }

// Unsafe reports whether the redirect address is one that Google and Microsoft do not take.
func (v providerView) Unsafe() bool {
	u, err := url.Parse(v.Redirect)
	if err != nil || v.Preset == mailbox.Other {
		return false
	}
	return u.Hostname() != "localhost" && (u.Scheme != "https" || net.ParseIP(u.Hostname()) != nil)
}

func (h pages) providers(ctx context.Context, r *web.Request) (web.Page, error) {
	all, err := h.Mailboxes.Providers(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	var v providersView
	for _, p := range all {
		v.Rows = append(v.Rows, providerRow{p, providerURL(p.ID)})
	}
	p := section.Page("Providers of mailboxes", "providers", v)
	p.Back = URL
	return p, nil
}

func (h pages) newProvider(_ context.Context, r *web.Request) (web.Page, error) {
	v := providerView{ProviderSettings: mailbox.PresetSettings(mailbox.Preset(r.FormValue("preset")))}
	v.shown()
	return h.providerForm(v), nil
}

// shown sets what fields show of the settings.
func (v *providerView) shown() {
	v.ScopeText = strings.Join(v.Scopes, " ")
	v.Port, v.SMTPPort = strconv.FormatInt(v.IMAP.Port, 10), strconv.FormatInt(v.SMTP.Port, 10)
}

// providerForm is the page with the form of a provider.
func (h pages) providerForm(v providerView) web.Page {
	title := "Register " + map[mailbox.Preset]string{mailbox.Google: "Google", mailbox.Microsoft: "Microsoft 365", mailbox.Other: "a provider"}[v.Preset]
	if v.ID != 0 {
		title = "Provider"
	}
	v.Redirect = h.PublicURL(allowedURL)
	p := section.Page(title, "provider", v)
	p.Back = providersURL
	if v.Errors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p
}

// typedProvider reads the form.
func typedProvider(r *web.Request, preset mailbox.Preset) providerView {
	f := r.PostForm
	v := providerView{ProviderSettings: mailbox.PresetSettings(preset)}
	v.Title, v.ClientID, v.Tenant = f.Get("title"), f.Get("client_id"), f.Get("tenant")
	if v.Preset == mailbox.Other {
		v.AuthURL, v.TokenURL, v.RevokeURL, v.Scopes = f.Get("auth_url"), f.Get("token_url"), f.Get("revoke_url"), strings.Fields(f.Get("scopes"))
		v.IMAP = mail.Server{Host: f.Get("host"), Port: mailweb.Port(f.Get("port")), Security: mail.Encryption(f.Get("security"))}
		v.SMTP = mail.Server{Host: f.Get("smtp_host"), Port: mailweb.Port(f.Get("smtp_port")), Security: mail.Encryption(f.Get("smtp_security"))}
	}
	v.shown()
	if v.Preset == mailbox.Other {
		v.Port, v.SMTPPort = f.Get("port"), f.Get("smtp_port")
	}
	return v
}

func (h pages) addProvider(ctx context.Context, r *web.Request) (web.Result, error) {
	v := typedProvider(r, mailbox.Preset(r.PostFormValue("preset")))
	_, err := h.Mailboxes.AddProvider(ctx, r.Viewer.Ref(), v.ProviderSettings, r.PostFormValue("secret"))
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.providerForm(v), nil
	}
	return web.Redirect{To: providersURL, Toast: "Provider registered"}, err
}

func (h pages) provider(ctx context.Context, r *web.Request) (web.Page, error) {
	p, err := h.providerOf(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.providerForm(viewOf(p)), nil
}

func (h pages) providerOf(ctx context.Context, r *web.Request) (mailbox.Provider, error) {
	id, err := r.PathID("id")
	if err != nil {
		return mailbox.Provider{}, err
	}
	return h.Mailboxes.Provider(ctx, r.Viewer.Ref(), id)
}

func viewOf(p mailbox.Provider) providerView {
	v := providerView{ProviderSettings: p.ProviderSettings, ID: p.ID, HasSecret: p.HasSecret, Mailboxes: p.Mailboxes}
	v.shown()
	return v
}

func (h pages) changeProvider(ctx context.Context, r *web.Request) (web.Result, error) {
	p, err := h.providerOf(ctx, r)
	if err != nil {
		return nil, err
	}
	v := typedProvider(r, p.Preset)
	v.ID, v.HasSecret, v.Mailboxes = p.ID, p.HasSecret, p.Mailboxes
	err = h.Mailboxes.ChangeProvider(ctx, r.Viewer.Ref(), p.ID, v.ProviderSettings, r.PostFormValue("secret"))
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.providerForm(v), nil
	}
	return web.Redirect{To: providersURL, Toast: "Saved"}, err
}

func (h pages) removeProvider(ctx context.Context, r *web.Request) (web.Result, error) {
	p, err := h.providerOf(ctx, r)
	if err != nil {
		return nil, err
	}
	v := viewOf(p)
	if !r.Checked("sure") {
		v.Errors = map[string]string{"sure": "Tick the box to remove the provider."}
		return h.providerForm(v), nil
	}
	err = h.Mailboxes.DeleteProvider(ctx, r.Viewer.Ref(), p.ID)
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.providerForm(v), nil
	}
	return web.Redirect{To: providersURL, Toast: "Provider removed"}, err
}
