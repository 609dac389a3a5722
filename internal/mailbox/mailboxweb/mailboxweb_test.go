package mailboxweb_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// bench is a portal with an administrator, Anna, an employee, Ben, an open channel, and mail servers.
type bench struct {
	t      *testing.T
	portal *portal.Portal
	server *httptest.Server
	clock  *clock.Manual
	smtp   *mailtest.SMTP
	imap   *mailtest.IMAP
	line   line.Line
	anna   user.User
	tokens map[string]string // of sessions, by login
}

func newBench(t *testing.T, reach event.Policy) *bench {
	t.Helper()
	b := &bench{
		t: t, tokens: map[string]string{}, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		smtp: mailtest.NewSMTP(t, mail.Plain), imap: mailtest.NewIMAP(t, mail.Plain),
	}
	var handler http.Handler
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), Name: "Acme", Reach: reach,
		PublicURL: func() string { return b.server.URL }, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32),
	})
	b.must(err)
	b.portal, handler = p, p.Handler()
	t.Cleanup(func() {
		b.server.Close()
		b.must(p.Close(context.WithoutCancel(t.Context())))
	})
	b.anna, _, err = p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Weber", Email: "anna@acme.example", Admin: true, Password: "correct horse battery"})
	b.must(err)
	ben, err := p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben"})
	b.must(err)
	for login, id := range map[string]int64{"anna": b.anna.ID, "ben": ben.ID} {
		b.tokens[login], err = p.Users.OpenSession(t.Context(), user.NewSession{UserID: id, Method: user.ByPassword, UserAgent: "test", Address: "127.0.0.1"})
		b.must(err)
	}
	b.line, err = p.Lines.Add(t.Context(), b.admin(), func(l *line.Line) error {
		l.Name, l.Active, l.CheckAvailable, l.Welcome, l.NoAnswer.Rule = "Support", true, false, false, line.RuleNone
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.anna.ID}}
		return nil
	})
	b.must(err)
	return b
}

func (b *bench) admin() user.Ref { return user.Ref{ID: b.anna.ID, Admin: true} }

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// page is a page of the portal, with its status; form is nil for one that is read. parts are what it has or, after "no ", has not.
func (b *bench) page(as, path string, form url.Values, status int, parts ...string) (body, location string) {
	b.t.Helper()
	method, r := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, r = http.MethodPost, strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, r)
	b.must(err)
	if as != "" {
		req.Header.Set("Cookie", "portico_session="+b.tokens[as])
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	b.must(err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	b.must(err)
	if res.StatusCode != status {
		b.t.Errorf("%s %s as %s: %d, want %d", method, path, as, res.StatusCode, status)
	}
	for _, p := range parts {
		if p, lacks := strings.CutPrefix(p, "no "); lacks == strings.Contains(string(raw), p) {
			b.t.Errorf("%s %s as %s: %q, wanted: %t", method, path, as, p, !lacks)
		}
	}
	return string(raw), res.Header.Get("Location")
}

const (
	center    = "/contact_center/"
	mailboxes = center + "mail/"
	settings  = "/settings/mail/"
)

func (b *bench) mailbox() url.Values {
	return url.Values{
		"line": {strconv.FormatInt(b.line.ID, 10)}, "address": {"support@acme.example"}, "name": {"Acme"}, "host": {"localhost"}, "port": {strconv.FormatInt(b.imap.Server.Port, 10)},
		"security": {"none"}, "login": {mailtest.Login}, "password": {mailtest.Password}, "folder": {""}, "smtp_host": {"localhost"},
		"smtp_port": {strconv.FormatInt(b.smtp.Server.Port, 10)}, "smtp_security": {"none"}, "sign_in": {"same"},
	}
}

func (b *bench) connect() {
	b.t.Helper()
	_, to := b.page("anna", mailboxes+"new", b.mailbox(), 303)
	if to != mailboxes+"1/" {
		b.t.Fatalf("a new mailbox leads to %q", to)
	}
}

func (b *bench) outgoing() url.Values {
	return url.Values{
		"on": {"1"}, "from": {"portal@acme.example"}, "name": {"Acme"}, "host": {"localhost"}, "port": {strconv.FormatInt(b.smtp.Server.Port, 10)}, "security": {"none"},
		"login": {mailtest.Login}, "password": {mailtest.Password},
	}
}

func (b *bench) arrives(lines ...string) {
	b.t.Helper()
	b.clock.Advance(time.Minute)
	b.imap.Put(b.clock.Now(), lines...)
	b.must(b.portal.Mailboxes.Check(b.t.Context(), 1))
}

func (b *bench) sends() []mailtest.Sent {
	b.t.Helper()
	_, err := b.portal.Mail.Deliver(b.t.Context())
	b.must(err)
	return b.smtp.Sent()
}

func (b *bench) scan(query string, dest ...any) {
	b.t.Helper()
	b.must(b.portal.DB.Read(b.t.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.t.Context(), query).Scan(dest...) }))
}

// TestAMailboxFromItsPageToTheAnswer connects a mailbox as people do, has a client write, and shows the operator what became of the answer.
func TestAMailboxFromItsPageToTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	for _, path := range []string{mailboxes, mailboxes + "new", mailboxes + "1/"} {
		b.page("ben", path, nil, 403)
	}
	b.page("ben", mailboxes+"new", b.mailbox(), 403)
	b.page("anna", center, nil, 200, "E-mail", "Mails to an address become conversations")
	b.page("anna", mailboxes, nil, 200, "No mailbox yet")
	b.page("anna", mailboxes+"new", nil, 200, ">Support</option>", `value="993"`)
	for field, c := range map[string][2]string{
		"address": {"support", "Enter the address to which clients write"}, "port": {"x", "A port is a number"}, "line": {"", "Choose an open channel."}, "password": {"wrong", "did not take the login"},
		"smtp_port": {"1", "could not be reached"}, "sign_in": {"", "Choose how to sign in"},
	} {
		form := b.mailbox()
		form.Set(field, c[0])
		b.page("anna", mailboxes+"new", form, 422, c[1], "no "+mailtest.Password, `value="support`)
	}
	b.connect()
	b.page("anna", mailboxes, nil, 200, "support@acme.example", "to Support", "Connecting")
	b.page("anna", mailboxes+"1/", nil, 200, "Every mail that arrived became a message.", "no "+mailtest.Password)
	b.arrives("From: Carl Krüger <carl@shop.example>", "Subject: Chairs", "Message-ID: <1@shop.example>", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "Do you deliver?", "--b", "Content-Type: text/plain; name=list.txt", "", "four", "--b--")
	b.arrives("From: news@shop.example", "Subject: Buy!", "List-Id: <x>", "", "now")
	b.page("anna", mailboxes+"1/", nil, 200, "Buy!", "A mail of a list is not taken in.")
	b.page("anna", center, nil, 200, "support@acme.example")
	var chat int64
	b.scan("SELECT MAX(chat_id) FROM openline_chat", &chat)
	room := "/online/chat" + strconv.FormatInt(chat, 10)
	b.page("anna", room, nil, 200, "Do you deliver?", "Carl Krüger", "list.txt")
	b.smtp.Refuse(&smtp.SMTPError{Code: 550, Message: "No such user here"})
	m, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "On Saturdays"})
	b.must(err)
	b.page("anna", room, nil, 200, "Waiting to be sent")
	b.sends()
	b.page("anna", room, nil, 200, "Not delivered", "No such user here")
	b.page("anna", settings+"outbox/?state=failed", nil, 200, "Re: Chairs", "carl@shop.example", "No such user here", room)
	b.page("ben", settings+"outbox/", nil, 403)
	b.smtp.Refuse(nil)
	b.page("anna", settings+"outbox/retry", url.Values{"ID": {"1"}}, 303)
	if sent := b.sends(); len(sent) != 1 || sent[0].Text != "On Saturdays" || sent[0].InReplyTo[0] != "1@shop.example" {
		t.Errorf("%+v was sent for message %d", sent, m.ID)
	}
	b.page("anna", room, nil, 200, "no Not delivered")
	b.page("anna", settings+"outbox/?state=sent", nil, 200, "Re: Chairs")
	form := b.mailbox()
	form.Del("password")
	form.Set("name", "Acme Ltd.")
	form.Set("signature", "Acme Ltd., Berlin")
	b.page("anna", mailboxes+"1/", form, 303) // and switches it off
	b.page("anna", mailboxes+"1/", nil, 200, "Acme Ltd.", "Acme Ltd., Berlin</textarea>")
	b.page("anna", mailboxes, nil, 200, ">Off<")
	b.page("anna", mailboxes+"1/delete", url.Values{}, 422, "Tick the box to disconnect the mailbox.", "Acme Ltd.")
	b.page("anna", mailboxes+"1/delete", url.Values{"sure": {"1"}}, 303)
	b.page("anna", mailboxes+"1/", nil, 404)
	var notes string
	b.scan("SELECT GROUP_CONCAT(type, ' ') FROM (SELECT type FROM audit_entry WHERE module = 'mailbox' ORDER BY id)", &notes)
	if notes != "MAILBOX_ADDED MAILBOX_CHANGED MAILBOX_DELETED" {
		t.Errorf("the audit log has %q", notes)
	}
}

// TestServersThatMayNotBeReached keeps the rules of deliveries for mail servers.
func TestServersThatMayNotBeReached(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{Deny: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	b.page("anna", mailboxes+"new", b.mailbox(), 422, "policy does not let")
	b.page("anna", settings+"save", b.outgoing(), 422, "policy does not let")
}

// TestOutgoingMail sets the portal's own server up, tests it, and sends an invitation.
func TestOutgoingMail(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	b.page("ben", settings, nil, 403)
	b.page("ben", settings+"save", b.outgoing(), 403)
	b.page("anna", settings, nil, 200, "anna@acme.example", `value="587"`)
	b.page("anna", settings+"test", url.Values{"to": {"carl@shop.example"}}, 422, "is not set up")
	body, _ := b.page("anna", "/company/invite", url.Values{"email": {"dora@acme.example"}, "first_name": {"Dora"}}, 200, "no Send it to dora@")
	token := regexp.MustCompile(`/join/([^"<]+)`).FindStringSubmatch(body)[1]
	b.page("anna", "/company/links/mail", url.Values{"tokens": {token}}, 409)
	form := b.outgoing()
	form.Set("password", "wrong")
	b.page("anna", settings+"save", form, 422, "did not take the login", `value="portal@acme.example"`)
	b.page("anna", settings+"save", b.outgoing(), 303)
	b.page("anna", settings, nil, 200, "One is stored", "no "+mailtest.Password)
	b.page("anna", settings+"test", url.Values{"to": {"nobody"}}, 422, "Enter an e-mail address")
	b.page("anna", settings+"test", url.Values{"to": {"carl@shop.example"}}, 303)
	body, _ = b.page("anna", "/company/invite", url.Values{"email": {"emil@acme.example"}, "first_name": {"Emil"}}, 200, "Send it to emil@acme.example")
	token = regexp.MustCompile(`name="tokens" value="([^"]+)"`).FindStringSubmatch(body)[1]
	b.page("ben", "/company/links/mail", url.Values{"tokens": {token}}, 403)
	b.page("anna", "/company/links/mail", url.Values{"tokens": {"nonsense"}}, 404)
	b.page("anna", "/company/links/mail", url.Values{"tokens": {token}}, 303)
	var held string
	b.scan("SELECT MAX(body) FROM mail_outbox", &held)
	if strings.Contains(held, token) {
		t.Errorf("the outbox holds the link: %s", held)
	}
	sent := b.sends()
	if len(sent) != 2 || sent[1].To != "emil@acme.example" || sent[1].Subject != "You are invited to Acme" || !strings.Contains(sent[1].Text, b.server.URL+"/join/"+token) {
		t.Fatalf("the mails are %+v", sent)
	}
	b.page("", "/join/"+token, nil, 200, "Set your password")
	list, _ := b.page("anna", "/company/invite/many", url.Values{"list": {"f@acme.example, Fritz\ng@acme.example, Gerd"}}, 200, "Send each person their link")
	b.page("anna", "/company/links/mail", url.Values{"tokens": {regexp.MustCompile(`name="tokens" value="([^"]+)"`).FindStringSubmatch(list)[1]}}, 303)
	if sent = b.sends(); len(sent) != 4 || sent[2].To+sent[3].To != "f@acme.exampleg@acme.example" {
		t.Errorf("%d mails were sent", len(sent))
	}
	b.smtp.Refuse(&smtp.SMTPError{Code: 550, Message: "no"})
	body, _ = b.page("anna", fmt.Sprintf("/company/personal/user/%d/link", b.fritz()), url.Values{}, 200, "Send it to f@acme.example")
	b.page("anna", "/company/links/mail", url.Values{"tokens": {regexp.MustCompile(`name="tokens" value="([^"]+)"`).FindStringSubmatch(body)[1]}}, 303)
	b.sends()
	b.page("anna", settings+"outbox/?state=failed", nil, 200, "Invitation to f@acme.example", "Retry", "Remove")
	b.page("anna", settings, nil, 200, "1 not sent")
	b.page("anna", settings+"outbox/drop", url.Values{"ID": {"4"}}, 303)
	b.page("anna", settings+"outbox/drop", url.Values{"ID": {"4"}}, 404)
	b.page("anna", settings+"outbox/retry", url.Values{"ID": {"x"}}, 422)
	b.page("anna", settings+"outbox/?state=failed", nil, 200, "Nothing failed")
}

// fritz is the person f@acme.example.
func (b *bench) fritz() (id int64) {
	b.t.Helper()
	b.scan("SELECT id FROM portal_user WHERE email = 'f@acme.example'", &id)
	return id
}

// left has Carl ask on the site and leave, and Anna answer: the mail that he gets, and its link. Outgoing mail and a mailbox are there.
func (b *bench) left(w livechat.Widget) (chat int64, sent mailtest.Sent, link string) {
	b.t.Helper()
	caller := livechat.Caller{Code: w.Code, Token: strings.Repeat("a", 43), Address: "192.0.2.1"}
	_, err := b.portal.LiveChat.Send(b.t.Context(), caller, livechat.NewMessage{UUID: "uuid-0001", Text: "Do you deliver?", Profile: &livechat.Profile{Name: "Carl", Email: "Carl@shop.example"}})
	b.must(err)
	b.scan("SELECT MAX(chat_id) FROM openline_chat", &chat)
	_, err = b.portal.IM.Send(b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "Yes, [b]we do[/b]"})
	b.must(err)
	b.clock.Advance(11 * time.Minute)
	_, err = b.portal.LiveChat.Write(b.t.Context())
	b.must(err)
	all := b.sends()
	if len(all) != 1 || all[0].To != "carl@shop.example" || all[0].From != "support@acme.example" || !strings.Contains(all[0].Text, "Anna Weber:\nYes, we do") {
		b.t.Fatalf("the mails are %+v", all)
	}
	link = regexp.MustCompile(`/chat/\w+#resume=[\w-]{43}`).FindString(all[0].Text)
	if link == "" {
		b.t.Fatalf("the mail is %s", all[0].Raw)
	}
	return chat, all[0], link
}

// TestAVisitorGoesOnByMail has a visitor of a site leave, get the answer by mail, and answer that.
func TestAVisitorGoesOnByMail(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	w, err := b.portal.LiveChat.Add(t.Context(), b.admin(), b.line.ID, livechat.Defaults())
	b.must(err)
	admin := fmt.Sprintf("%slivechat/%d/", center, w.ID)
	b.page("anna", admin, nil, 200, "No mail goes out yet")
	b.page("anna", settings+"save", b.outgoing(), 303)
	b.page("anna", admin, nil, 200, "cannot be answered")
	b.connect()
	b.page("anna", admin, nil, 200, "no cannot be answered", "no No mail goes out yet", "Continue by e-mail")
	chat, sent, link := b.left(w)
	quiet := regexp.MustCompile(`/chat/\w+/mail/\w+`).FindString(sent.Text)
	if quiet == "" || !bytes.Contains(sent.Raw, []byte("List-Unsubscribe-Post: List-Unsubscribe=One-Click")) {
		t.Fatalf("the mail is %s", sent.Raw)
	}
	b.arrives("From: carl@shop.example", "Subject: Re: Your conversation", "Message-ID: <2@shop.example>", "In-Reply-To: <"+sent.ID+">",
		"Content-Type: multipart/mixed; boundary=b", "", "--b", "", "Thanks!", "", "On Monday, Acme wrote:", "> Yes", "--b", "Content-Type: text/plain; name=list.txt", "", "four", "--b--")
	o, err := b.portal.LiveChat.Enter(t.Context(), livechat.Caller{Code: w.Code, Token: link[strings.Index(link, "=")+1:]})
	b.must(err)
	var texts []string
	for _, m := range o.History.Messages {
		texts = append(texts, m.Text)
	}
	if got := strings.Join(texts, "|"); got != "Do you deliver?|Yes, [b]we do[/b]|Thanks!" || len(o.History.Messages[2].Files) != 1 {
		t.Errorf("the visitor sees %q with %+v", got, o.History.Messages)
	}
	var now int64
	b.scan("SELECT MAX(chat_id) FROM openline_chat", &now)
	if now != chat {
		t.Error("the answer began another chat")
	}
	b.page("", quiet, nil, 200, "Carl@shop.example", "No more mails")
	b.page("", quiet, url.Values{"List-Unsubscribe": {"One-Click"}}, 200, "any more when you have left")
	b.page("", quiet+"x", nil, 404)
	b.page("", quiet[:len(quiet)-1]+"2", nil, 404, "no Carl")
	_, err = b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "Anything else?"})
	b.must(err)
	b.clock.Advance(time.Hour)
	_, err = b.portal.LiveChat.Write(t.Context())
	b.must(err)
	if sent := b.sends(); len(sent) != 1 {
		t.Errorf("%d mails were sent to somebody who wants none", len(sent))
	}
}
