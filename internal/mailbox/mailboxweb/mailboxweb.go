// Package mailboxweb holds the pages on which mailboxes are connected to open channels.
package mailboxweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/connector/connectorweb"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailweb"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css
var files embed.FS

// URL is the address of the mailboxes in the Contact Center.
const URL = connectorweb.URL + "mail/"

// Config is what the pages need.
type Config struct {
	Mailboxes *mailbox.Service
	// Lines returns the open channels, in the order in which people see them.
	Lines func(ctx context.Context) ([]connector.Line, error)
	// PublicURL returns the absolute address of a path of the portal: providers send browsers back to it.
	PublicURL func(path string) string
}

var section = web.Section{Nav: "contact_center", Area: "mailbox", Styles: []string{"mailbox/mailbox.css"}}

type pages struct{ Config }

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("mailbox", files)
	h := pages{c}
	may := web.Needs(access.ManageConnectors)
	s.Page(URL+"{$}", may, h.list)
	s.Page(URL+"new", may, h.form)
	s.Action(URL+"new", may, h.add)
	s.Page(URL+"{id}/{$}", may, h.mailbox)
	s.Action(URL+"{id}/{$}", may, h.change)
	s.Action(URL+"{id}/delete", may, h.remove)
	s.Action("GET "+URL+"{id}/allow", may, h.allow)
	s.Action("GET "+allowedURL, may, h.allowed)
	s.Page(providersURL+"{$}", may, h.providers)
	s.Page(providersURL+"new", may, h.newProvider)
	s.Action(providersURL+"new", may, h.addProvider)
	s.Page(providersURL+"{id}/{$}", may, h.provider)
	s.Action(providersURL+"{id}/{$}", may, h.changeProvider)
	s.Action(providersURL+"{id}/delete", may, h.removeProvider)
}

// Tile returns the tile of the Contact Center, for somebody who may connect mailboxes.
func Tile(ctx context.Context, m *mailbox.Service, v web.Viewer) (connectorweb.Tile, error) {
	t := connectorweb.Tile{Title: "E-mail", Text: "Mails to an address become conversations", URL: URL, Icon: "mail"}
	all, err := m.All(ctx, v.Ref())
	var on []string
	for _, a := range all {
		if a.Active && !a.NeedsAccess() {
			on = append(on, a.Address)
		}
	}
	switch {
	case len(on) == 1:
		t.Text = on[0]
	case len(on) > 1:
		t.Text = fmt.Sprintf("%d mailboxes", len(on))
	}
	t.Connected = len(on) > 0
	return t, err
}

// PageURL returns the address of a mailbox's page.
func PageURL(id int64) string { return pageURL(id) }

func pageURL(id int64) string { return URL + strconv.FormatInt(id, 10) + "/" }

func nameOf(lines []connector.Line, id int64) string {
	for _, l := range lines {
		if l.ID == id {
			return l.Name
		}
	}
	return "an open channel that is gone"
}

// listView is the list of mailboxes.
type listView struct {
	Rows    []row
	NoLines bool
	Errors  map[string]string
}

type row struct {
	mailbox.Account

	Line, URL string
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.listPage(ctx, r, nil)
}

// listPage shows the mailboxes, and what is wrong with what somebody brought back from a provider.
func (h pages) listPage(ctx context.Context, r *web.Request, wrong map[string]string) (web.Page, error) {
	all, err := h.Mailboxes.All(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := listView{NoLines: len(lines) == 0, Errors: wrong}
	for _, a := range all {
		v.Rows = append(v.Rows, row{a, nameOf(lines, a.LineID), pageURL(a.ID)})
	}
	p := section.Page("E-mail", "list", v)
	p.Back = connectorweb.URL
	p.Actions = []web.Action{{Title: "Providers", URL: providersURL, Icon: "key"}}
	if !v.NoLines && len(all) > 0 {
		p.Actions = append(p.Actions, web.Action{Title: "Connect a mailbox", URL: URL + "new", Icon: "plus", Primary: true})
	}
	if wrong != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// formView is the form of a mailbox, and the page of one.
type formView struct {
	mailbox.Settings

	ID             int64
	Line           string // its id while it is new, then its name
	Lines          []ui.Option
	Port, SMTPPort string // as typed
	Errors         map[string]string

	Ways    []ui.Tab // to sign in
	Title   string   // of the provider; empty: with a password
	Server  string   // from which mails are read, and that by which they are sent
	Sends   string
	Login   string // as typed, where it is not the address
	Through string // the provider as it is stored

	Account mailbox.Account
	LeftOut []mailbox.LeftOut
}

// Securities are for receiving.
func (formView) Securities() []ui.Option {
	return []ui.Option{
		{Value: string(mail.TLS), Title: "TLS from the beginning (usually port 993)"},
		{Value: string(mail.StartTLS), Title: "STARTTLS (usually port 143)"},
		{Value: string(mail.Plain), Title: "None (only within one's own network)"},
	}
}

// SMTPSecurities are for sending.
func (formView) SMTPSecurities() []ui.Option { return mailweb.Securities() }

// SignIns are the ways to sign in for sending.
func (formView) SignIns() []ui.Option {
	return []ui.Option{
		{Value: string(mailbox.SameLogin), Title: "As for receiving"},
		{Value: string(mailbox.OwnLogin), Title: "With another login"},
		{Value: string(mailbox.NoLogin), Title: "Without signing in"},
	}
}

func (v *formView) ports() {
	v.Port, v.SMTPPort = strconv.FormatInt(v.IMAP.Port, 10), strconv.FormatInt(v.SMTP.Port, 10)
}

func (h pages) form(ctx context.Context, r *web.Request) (web.Page, error) {
	v := formView{Settings: mailbox.Defaults()}
	v.Provider = r.Int("with", -1)
	v.ports()
	return h.newPage(ctx, r, v)
}

func (h pages) newPage(ctx context.Context, r *web.Request, v formView) (web.Page, error) {
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	if err := h.ways(ctx, r, &v, URL+"new"); err != nil {
		return web.Page{}, err
	}
	for _, l := range lines {
		v.Lines = append(v.Lines, ui.Option{Value: strconv.FormatInt(l.ID, 10), Title: l.Name})
	}
	return page("Connect a mailbox", v), nil
}

func page(title string, v formView) web.Page {
	p := section.Page(title, "mailbox", v)
	p.Back = URL
	if v.Errors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p
}

// typed reads the form.
func typed(r *web.Request) formView {
	f := r.PostForm
	if provider := r.Int("provider", 0); provider != 0 {
		v := formView{Login: strings.TrimSpace(f.Get("login"))}
		v.Settings = mailbox.Settings{
			Active: r.Checked("active"), Address: strings.TrimSpace(f.Get("address")), Name: f.Get("name"), Signature: f.Get("signature"), Folder: f.Get("folder"), Provider: provider,
			IMAP: mail.Server{Login: v.Login}, SMTP: mail.Server{Login: strings.TrimSpace(f.Get("smtp_login"))},
		}
		return v
	}
	v := formView{Port: f.Get("port"), SMTPPort: f.Get("smtp_port")}
	v.Settings = mailbox.Settings{
		Active: r.Checked("active"), Address: strings.TrimSpace(f.Get("address")), Name: f.Get("name"), Signature: f.Get("signature"), Folder: f.Get("folder"), SignIn: mailbox.SignIn(f.Get("sign_in")),
		IMAP: mail.Server{Host: f.Get("host"), Port: mailweb.Port(f.Get("port")), Security: mail.Encryption(f.Get("security")), Login: f.Get("login"), Password: f.Get("password")},
		SMTP: mail.Server{
			Host: f.Get("smtp_host"), Port: mailweb.Port(f.Get("smtp_port")), Security: mail.Encryption(f.Get("smtp_security")), Login: f.Get("smtp_login"), Password: f.Get("smtp_password"),
		},
	}
	return v
}

func (h pages) add(ctx context.Context, r *web.Request) (web.Result, error) {
	v := typed(r)
	v.Line, v.Active = r.PostFormValue("line"), true
	lineID, err := strconv.ParseInt(v.Line, 10, 64)
	if err != nil {
		err = mailbox.ErrNoLine
	}
	var a mailbox.Account
	if err == nil {
		a, err = h.Mailboxes.Add(ctx, r.Viewer.Ref(), lineID, v.Settings)
	}
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.newPage(ctx, r, v)
	}
	if a.Provider != 0 { // the way to a provider is a link: what a form sends away stays within the portal
		return web.Redirect{To: pageURL(a.ID)}, err
	}
	return web.Redirect{To: pageURL(a.ID), Toast: "Mailbox connected"}, err
}

func (h pages) mailbox(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	return h.mailboxPage(ctx, r, id, formView{})
}

// mailboxPage shows a mailbox; v carries what was typed and what is wrong with it.
func (h pages) mailboxPage(ctx context.Context, r *web.Request, id int64, v formView) (web.Page, error) {
	a, err := h.Mailboxes.Get(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return web.Page{}, err
	}
	if v.Errors == nil || v.Errors["sure"] != "" || v.Errors["access"] != "" && !r.PostForm.Has("address") {
		v.stored(a, r)
	}
	v.ID, v.Account, v.Line = a.ID, a, nameOf(lines, a.LineID)
	if err := h.ways(ctx, r, &v, pageURL(id)); err != nil {
		return web.Page{}, err
	}
	if v.LeftOut, err = h.Mailboxes.LeftOut(ctx, r.Viewer.Ref(), id); err != nil {
		return web.Page{}, err
	}
	return page("Mailbox", v), nil
}

func (h pages) change(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	v := typed(r)
	err = h.Mailboxes.Change(ctx, r.Viewer.Ref(), id, v.Settings)
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.mailboxPage(ctx, r, id, v)
	}
	return web.Redirect{To: pageURL(id), Toast: "Saved"}, err
}

func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if !r.Checked("sure") {
		return h.mailboxPage(ctx, r, id, formView{Errors: map[string]string{"sure": "Tick the box to disconnect the mailbox."}})
	}
	return web.Redirect{To: URL, Toast: "Mailbox disconnected"}, h.Mailboxes.Delete(ctx, r.Viewer.Ref(), id)
}
