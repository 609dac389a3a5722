// Package mailweb holds the pages on which administrators set up the portal's outgoing mail and look at what became of it.
package mailweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css
var files embed.FS

// Config is what the pages need.
type Config struct {
	Mail *mail.Service
	// Portal returns what the portal is called.
	Portal func() string
	// EmailOf returns the address of a user, to which a test is offered.
	EmailOf func(ctx context.Context, userID int64) string
	// MailboxesURL is where mailboxes are connected to open channels.
	MailboxesURL string
}

const outboxURL = settingweb.MailURL + "outbox/"

type pages struct{ Config }

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("mail", files)
	h := pages{c}
	may := web.Needs(access.ChangeSettings)
	s.Page(settingweb.MailURL+"{$}", may, h.settings)
	s.Action(settingweb.MailURL+"save", may, h.save)
	s.Action(settingweb.MailURL+"test", may, h.test)
	s.Page(outboxURL+"{$}", may, h.outbox)
	s.Action(outboxURL+"retry", may, h.retry)
	s.Action(outboxURL+"drop", may, h.drop)
	s.Command(web.Command{Title: "Outgoing mail", URL: settingweb.MailURL, Icon: "settings", Keywords: "e-mail smtp outbox", Needs: access.ChangeSettings})
}

// settingsView is what the page of the settings shows.
type settingsView struct {
	mail.Settings

	Port        string // as typed
	Running     bool   // as it is stored
	HasPassword bool
	Counts      mail.Counts
	OutboxURL   string
	Mailboxes   string
	To          string // of the test
	Errors      map[string]string
	TestErrors  map[string]string
}

// Securities are the ways to protect a connection.
func Securities() []ui.Option {
	return []ui.Option{
		{Value: string(mail.StartTLS), Title: "STARTTLS (usually port 587)"},
		{Value: string(mail.TLS), Title: "TLS from the beginning (usually port 465)"},
		{Value: string(mail.Plain), Title: "None (only within one's own network)"},
	}
}

// Securities is for the template.
func (settingsView) Securities() []ui.Option { return Securities() }

func (h pages) settings(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.settingsPage(ctx, r, settingsView{})
}

// settingsPage shows what is stored, or what was typed where there is a mistake in it.
func (h pages) settingsPage(ctx context.Context, r *web.Request, v settingsView) (web.Page, error) {
	stored, err := h.Mail.OutgoingSettings(ctx)
	if err != nil {
		return web.Page{}, err
	}
	if v.Errors == nil {
		v.Settings, v.Port = stored, strconv.FormatInt(stored.Server.Port, 10)
	}
	if v.To == "" {
		v.To = h.EmailOf(ctx, r.Viewer.ID)
	}
	v.Running, v.HasPassword, v.OutboxURL, v.Mailboxes = stored.On, stored.Sealed != "", outboxURL, h.MailboxesURL
	if v.Counts, err = h.Mail.Count(ctx, r.Viewer.Ref()); err != nil {
		return web.Page{}, err
	}
	p := web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "mail/settings", Body: v, Layout: web.Narrow,
		Tabs: settingweb.Tabs(settingweb.MailURL), Styles: []string{"mail/mail.css"},
	}
	if v.Errors != nil || v.TestErrors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// Port reads a port as it was typed; 0 where it is none, which the settings refuse.
func Port(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 32)
	if err != nil {
		return 0
	}
	return n
}

// Password returns a new password of a form; nil keeps the one there is.
func Password(r *web.Request, field, remove string) *string {
	if r.Checked(remove) {
		return new("")
	}
	if s := r.PostFormValue(field); s != "" {
		return &s
	}
	return nil
}

func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	v := settingsView{Port: r.PostFormValue("port"), Settings: mail.Settings{
		On: r.Checked("on"), From: strings.TrimSpace(r.PostFormValue("from")), Name: r.PostFormValue("name"),
		Server: mail.Server{
			Host: r.PostFormValue("host"), Port: Port(r.PostFormValue("port")), Security: mail.Encryption(r.PostFormValue("security")), Login: r.PostFormValue("login"),
		},
	}}
	err := h.Mail.SaveSettings(ctx, r.Viewer.Ref(), v.Settings, Password(r, "password", "no_password"))
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.settingsPage(ctx, r, v)
	}
	return web.Redirect{To: settingweb.MailURL, Toast: "Saved"}, err
}

func (h pages) test(ctx context.Context, r *web.Request) (web.Result, error) {
	v := settingsView{To: strings.TrimSpace(r.PostFormValue("to"))}
	err := h.Mail.Test(ctx, r.Viewer.Ref(), v.To, h.Portal())
	if v.TestErrors = web.FieldErrors(err); v.TestErrors != nil {
		return h.settingsPage(ctx, r, v)
	}
	return web.Redirect{To: settingweb.MailURL, Toast: "The test was sent to " + v.To}, err
}

// outboxView is the list of mails.
type outboxView struct {
	Tabs    []ui.Tab
	State   mail.State
	Items   []itemView
	More    string // the address of those before; empty: there are none
	BackURL string
}

type itemView struct {
	mail.Item

	ChatURL string
}

// Waits reports whether the mail is still tried.
func (i itemView) Waits() bool { return i.State == mail.Waiting }

// Failed reports whether it was given up.
func (i itemView) Failed() bool { return i.State == mail.Failed }

// Droppable reports whether it may be taken out: those that carry messages of chats stand there.
func (i itemView) Droppable() bool { return i.State != mail.Sent && i.ChatID == 0 }

var stateNames = []struct {
	state       mail.State
	name, title string
}{{mail.Waiting, "waiting", "Waiting"}, {mail.Failed, "failed", "Not sent"}, {mail.Sent, "sent", "Sent"}}

func (h pages) outbox(ctx context.Context, r *web.Request) (web.Page, error) {
	v := outboxView{BackURL: settingweb.MailURL}
	counts, err := h.Mail.Count(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	chosen := r.URL.Query().Get("state")
	for _, s := range stateNames {
		t := ui.Tab{Title: s.title, URL: outboxURL + "?state=" + s.name, Current: chosen == s.name || chosen == "" && s.state == mail.Waiting}
		switch s.state {
		case mail.Waiting:
			t.Count = int(counts.Waiting)
		case mail.Failed:
			t.Count = int(counts.Failed)
		}
		if t.Current {
			v.State = s.state
		}
		v.Tabs = append(v.Tabs, t)
	}
	items, more, err := h.Mail.List(ctx, r.Viewer.Ref(), v.State, r.Int("below", 0))
	if err != nil {
		return web.Page{}, err
	}
	for _, i := range items {
		row := itemView{Item: i}
		if i.ChatID != 0 {
			row.ChatURL = "/online/chat" + strconv.FormatInt(i.ChatID, 10)
		}
		v.Items = append(v.Items, row)
	}
	if more {
		v.More = outboxURL + "?" + url.Values{"state": {stateName(v.State)}, "below": {strconv.FormatInt(items[len(items)-1].ID, 10)}}.Encode()
	}
	return web.Page{Title: "Outbox", Section: settingweb.Section, Template: "mail/outbox", Body: v, Layout: web.Wide, Back: settingweb.MailURL, Styles: []string{"mail/mail.css"}}, nil
}

func stateName(s mail.State) string {
	for _, n := range stateNames {
		if n.state == s {
			return n.name
		}
	}
	return ""
}

func idOf(r *web.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PostFormValue("ID"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "MAIL_ID", "Say which mail.").Because(err)
	}
	return id, nil
}

func (h pages) retry(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := idOf(r)
	if err == nil {
		err = h.Mail.Retry(ctx, r.Viewer.Ref(), id)
	}
	return web.Redirect{To: outboxURL, Toast: "The mail is tried again"}, err
}

func (h pages) drop(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := idOf(r)
	if err == nil {
		err = h.Mail.Drop(ctx, r.Viewer.Ref(), id)
	}
	return web.Redirect{To: outboxURL + "?state=failed", Toast: "The mail was taken out"}, err
}
