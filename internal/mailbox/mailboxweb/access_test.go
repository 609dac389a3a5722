package mailboxweb_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/mail/mailtest"
)

const providers = mailboxes + "providers/"

// provided has the servers of a bench take the tokens of a provider.
func (b *bench) provided() *mailtest.Provider {
	b.t.Helper()
	p := mailtest.NewProvider(b.t, b.clock)
	b.imap.TakeTokens(p.Accepts, mailtest.XOAuth2)
	b.smtp.TakeTokens(p.Accepts, mailtest.OAuthBearer)
	return p
}

func (b *bench) registration(p *mailtest.Provider) url.Values {
	return url.Values{
		"preset": {"other"}, "title": {"Example Mail"}, "client_id": {mailtest.ClientID}, "secret": {mailtest.ClientSecret}, "auth_url": {p.URL + "/authorize"}, "token_url": {p.URL + "/token"},
		"revoke_url": {p.URL + "/revoke"}, "scopes": {"mail offline_access"}, "host": {"localhost"}, "port": {strconv.FormatInt(b.imap.Server.Port, 10)}, "security": {"none"},
		"smtp_host": {"localhost"}, "smtp_port": {strconv.FormatInt(b.smtp.Server.Port, 10)}, "smtp_security": {"none"},
	}
}

func (b *bench) throughProvider() url.Values {
	return url.Values{
		"line": {strconv.FormatInt(b.line.ID, 10)}, "address": {"support@acme.example"}, "name": {"Acme"}, "login": {mailtest.Login}, "folder": {""}, "provider": {"1"},
	}
}

// leave goes to the provider of mailbox 1 as a browser does, and returns its address and the cookie that the browser keeps.
func (b *bench) leave(as string) (address string, kept *http.Cookie) {
	b.t.Helper()
	res := b.visit(as, mailboxes+"1/allow", nil)
	if res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusFound || len(res.Cookies()) != 1 {
		b.t.Fatalf("on the way to the provider: %d with the cookies %v", res.StatusCode, res.Cookies())
	}
	kept = res.Cookies()[0]
	if !kept.HttpOnly || kept.SameSite != http.SameSiteLaxMode || kept.Path != mailboxes {
		b.t.Errorf("the cookie is %+v", kept)
	}
	return res.Header.Get("Location"), kept
}

// visit asks for a page with one cookie more.
func (b *bench) visit(as, path string, kept *http.Cookie) *http.Response {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.server.URL+path, nil)
	b.must(err)
	req.AddCookie(&http.Cookie{Name: "portico_session", Value: b.tokens[as]})
	if kept != nil {
		req.AddCookie(kept)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	b.must(err)
	b.must(res.Body.Close())
	return res
}

// TestProvidersOnTheirPages registers providers as people do.
func TestProvidersOnTheirPages(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	p := b.provided()
	for _, path := range []string{providers, providers + "new", providers + "1/", mailboxes + "1/allow", mailboxes + "allowed"} {
		b.page("ben", path, nil, 403)
	}
	b.page("ben", providers+"new", b.registration(p), 403)
	b.page("anna", mailboxes, nil, 200, `href="/contact_center/mail/providers/"`)
	b.page("anna", mailboxes+"new", nil, 200, "Register them as providers", `value="993"`)
	b.page("anna", providers, nil, 200, "Register a provider", "Microsoft 365")
	redirect := b.server.URL + mailboxes + "allowed"
	b.page("anna", providers+"new?preset=google", nil, 200, redirect, "https://mail.google.com/", "Internal", "imap.gmail.com:993", "by a number instead of a name", "no Address for tokens")
	b.page("anna", providers+"new?preset=microsoft", nil, 200, redirect, "IMAP.AccessAsUser.All", "Directory (tenant) ID", "Authenticated SMTP", `value="organizations"`)
	for field, c := range map[string][2]string{
		"title": {"", "Name the provider"}, "client_id": {"", "Enter the client ID"}, "auth_url": {"http://example.com/", "may do without https"}, "token_url": {"x", "begins with https://"},
		"scopes": {" ", "Enter the scopes"}, "host": {"", "Enter the name of the server"}, "smtp_port": {"0", "A port is a number"}, "preset": {"", "begins with"},
	} {
		form := b.registration(p)
		form.Set(field, c[0])
		if field == "preset" { // what is no preset is another provider
			form.Set("revoke_url", "x")
		}
		b.page("anna", providers+"new", form, 422, c[1], "no "+mailtest.ClientSecret)
	}
	b.page("anna", providers+"new", url.Values{"preset": {"google"}, "title": {"Google"}, "client_id": {"x"}}, 422, "Enter the client secret")
	b.page("anna", providers+"new", b.registration(p), 303)
	b.page("anna", providers, nil, 200, "Example Mail")
	b.page("anna", providers+"1/", nil, 200, "One is stored", p.URL+"/token", redirect, "no "+mailtest.ClientSecret)
	form := b.registration(p)
	form.Del("secret")
	form.Set("title", "Example")
	b.page("anna", providers+"1/", form, 303)
	form.Set("token_url", "https://evil.example/token")
	b.page("anna", providers+"1/", form, 422, "Enter the secret again", `value="https://evil.example/token"`)
	b.page("anna", providers+"new", url.Values{"preset": {"microsoft"}, "title": {"Microsoft 365"}, "client_id": {"x"}, "secret": {"y"}, "tenant": {"acme.example"}}, 303)
	b.page("anna", providers+"2/", nil, 200, `value="acme.example"`, "outlook.office365.com:993")
	b.page("anna", mailboxes+"new", nil, 200, ">Example</a>", ">Microsoft 365</a>", ">Password</a>", "no Receiving (IMAP)")
	b.page("anna", mailboxes+"new?with=0", nil, 200, "Receiving (IMAP)")
	b.page("anna", providers+"2/delete", url.Values{}, 422, "Tick the box")
	b.page("anna", providers+"2/delete", url.Values{"sure": {"1"}}, 303)
	b.page("anna", providers+"2/", nil, 404)
	b.page("anna", mailboxes+"new", b.throughProvider(), 303)
	b.page("anna", providers+"1/delete", url.Values{"sure": {"1"}}, 422, "Disconnect them first")
	b.page("anna", providers+"1/", nil, 200, "access to the mailbox has to be allowed again", "A mailbox is signed in at")
}

// TestAccessFromThePage has the browser of another person, or of nobody, bring back what Anna began, and then Anna.
func TestAccessFromThePage(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	p := b.provided()
	b.page("anna", providers+"new", b.registration(p), 303)
	bad := b.throughProvider()
	bad.Set("address", "support")
	bad.Set("smtp_login", "anna@acme.example")
	bad.Set("signature", "Acme Ltd.\nBerlin")
	b.page("anna", mailboxes+"new", bad, 422, "Enter the address", `value="support"`, `value="`+mailtest.Login+`"`, `value="anna@acme.example"`, "Acme Ltd.\nBerlin</textarea>")
	b.page("anna", mailboxes+"new", b.throughProvider(), 303)
	b.page("anna", mailboxes, nil, 200, "Access not allowed yet")
	b.page("anna", center, nil, 200, "no support@acme.example")
	b.page("anna", mailboxes+"1/", nil, 200, "Example Mail has not let the portal into this mailbox yet", "/contact_center/mail/1/allow")
	address, kept := b.leave("anna")
	back := mailboxes + "allowed?" + p.Consent(t, address, true).Encode()
	b.page("anna", back, nil, 422, "begun in another session") // in a browser without the cookie
	b.tokens["anna elsewhere"] = b.tokens["ben"]
	if res := b.visit("anna elsewhere", back, kept); res.StatusCode != 403 {
		t.Errorf("somebody else comes back: %d", res.StatusCode)
	}
	res := b.visit("anna", back, kept)
	if res.StatusCode != 303 || res.Header.Get("Location") != mailboxes+"1/" || len(res.Cookies()) == 0 || res.Cookies()[0].MaxAge >= 0 {
		t.Errorf("coming back: %d to %s with %v", res.StatusCode, res.Header.Get("Location"), res.Cookies())
	}
	b.page("anna", mailboxes+"1/", nil, 200, "Allow anew", "no has not let")
	b.page("anna", center, nil, 200, "support@acme.example")
	b.arrives("From: Carl <carl@shop.example>", "Subject: Chairs", "Message-ID: <1@shop.example>", "", "Do you deliver?")
	p.TakeBack()
	b.clock.Advance(2 * time.Hour)
	_ = b.portal.Mailboxes.Check(t.Context(), 1)
	b.page("anna", mailboxes, nil, 200, "Access has ended")
	b.page("anna", mailboxes+"1/", nil, 200, "Allow again", "Example Mail does not let the portal in any more", "Nothing is lost")
	b.page("anna", mailboxes+"1/?with=0", nil, 200, "Receiving (IMAP)", `value="993"`)
	b.page("anna", mailboxes+"1/delete", url.Values{"sure": {"1"}}, 303)
}

// TestProvidersThatMayNotBeReached keeps the rules of deliveries for them.
func TestProvidersThatMayNotBeReached(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{RefusePrivate: true})
	p := b.provided()
	b.page("anna", providers+"new", b.registration(p), 303)
	b.page("anna", mailboxes+"new", b.throughProvider(), 303)
	address, kept := b.leave("anna")
	back := mailboxes + "allowed?" + p.Consent(t, address, true).Encode()
	b.tokens["anna"] += "; " + kept.Name + "=" + kept.Value // for the page helper
	b.page("anna", back, nil, 422, "Example Mail gave no access: it could not be reached", "policy does not let")
}

// TestTheWholeWayThroughAProvider goes it in a browser: a provider is registered, a mailbox connected, access denied, allowed, ended and
// allowed again, while a client writes and is answered.
func TestTheWholeWayThroughAProvider(t *testing.T) {
	t.Parallel()
	b := newBench(t, event.Policy{})
	p := b.provided()
	v := newVisitor(t, browsertest.Start(t))
	v.signIn(b)
	v.do(chromedp.Navigate(b.server.URL + mailboxes))
	v.shot("1-empty")
	v.click(`a[href="/contact_center/mail/providers/"]`)
	v.until("document.querySelector('.tiles')")
	v.shot("2-providers")
	if os.Getenv("PORTICO_SHOTS") != "" {
		for _, preset := range []string{"google", "microsoft"} {
			v.do(chromedp.Navigate(b.server.URL + providers + "new?preset=" + preset))
			v.shot("3-" + preset)
		}
		v.do(chromedp.Navigate(b.server.URL + providers))
	}
	v.click(`a[href$="preset=other"]`)
	v.until("document.querySelector('[name=auth_url]')")
	form := b.registration(p)
	form.Del("preset")
	v.fill(form)
	v.shot("5-other")
	v.submit("form.form")
	v.until("document.querySelector('.mb-rows')?.innerText.includes('Example Mail')")
	v.shot("6-registered")
	v.do(chromedp.Navigate(b.server.URL + mailboxes + "new"))
	box := b.throughProvider()
	box.Del("provider")
	v.fill(box)
	v.shot("7-new")
	v.submit("form.form")
	v.until("location.pathname === '/contact_center/mail/1/'")
	v.shot("8-needs-access")
	v.click(`a[href$="/1/allow"]`)
	v.until("document.querySelector('#deny')")
	v.click("#deny")
	v.until("document.body.innerText.includes('Example Mail did not allow access: access was denied there. It says: The user said no.')")
	v.shot("9-denied")
	v.allow()
	v.shot("10-allowed")
	b.arrives("From: Carl <carl@shop.example>", "Subject: Chairs", "Message-ID: <1@shop.example>", "", "Do you deliver?")
	p.TakeBack()
	b.clock.Advance(2 * time.Hour)
	b.imap.Put(b.clock.Now(), "From: Carl <carl@shop.example>", "Subject: Chairs", "Message-ID: <2@shop.example>", "", "Hello?")
	_ = b.portal.Mailboxes.Check(t.Context(), 1)
	var chat int64
	b.scan("SELECT MAX(chat_id) FROM openline_chat", &chat)
	_, err := b.portal.IM.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "On Saturdays"})
	b.must(err)
	b.sends()
	v.do(chromedp.Navigate(b.server.URL + mailboxes))
	v.until("document.body.innerText.includes('Access has ended')")
	v.shot("11-list")
	v.click(`a[href="/contact_center/mail/1/"]`)
	v.until("document.body.innerText.includes('Nothing is lost')")
	v.shot("12-ended")
	v.allow()
	if sent := b.sends(); len(sent) != 1 || sent[0].Text != "On Saturdays" {
		t.Errorf("%+v was sent", sent)
	}
	b.must(b.portal.Mailboxes.Check(t.Context(), 1))
	b.page("anna", "/online/chat"+strconv.FormatInt(chat, 10), nil, 200, "Hello?", "On Saturdays", "no Waiting to be sent")
	v.do(chromedp.Navigate(b.server.URL+mailboxes+"1/"), chromedp.Evaluate[chromedp.Void]("document.querySelector('.mb-delete').open = true; document.querySelector('.mb-delete [name=sure]').click()"))
	v.shot("13-disconnect")
	v.submit(".mb-delete form")
	v.until("document.body.innerText.includes('No mailbox yet')")
	_, err = b.portal.Mailboxes.GiveBack(t.Context())
	b.must(err)
	if got := p.Revoked(); len(got) != 1 || got[0] != mailtest.Login {
		t.Errorf("given back: %v", got)
	}
}

// signIn makes the visitor Anna.
func (v visitor) signIn(b *bench) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, network.SetCookie, network.SetCookieParams{Name: "portico_session", Value: b.tokens["anna"], URL: b.server.URL}); err != nil {
		v.t.Fatal(err)
	}
	v.size(1440)
}

func (v visitor) size(width int64) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 1300, DeviceScaleFactor: 1, Mobile: width < 500}); err != nil {
		v.t.Fatal(err)
	}
}

// click clicks what a selector finds first.
func (v visitor) click(selector string) {
	v.t.Helper()
	v.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// fill types into the fields of a form.
func (v visitor) fill(form url.Values) {
	v.t.Helper()
	var b strings.Builder
	for name := range form {
		b.WriteString("document.querySelector('[name=" + name + "]').value = " + strconv.Quote(form.Get(name)) + ";")
	}
	v.do(chromedp.Evaluate[chromedp.Void](b.String()))
}

// submit presses the button of a form.
func (v visitor) submit(form string) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS(form + " button[type=submit]")))
}

// allow goes from the page of the mailbox to the provider, and comes back.
func (v visitor) allow() {
	v.t.Helper()
	v.click(`a.button[href$="/1/allow"]`)
	v.until("document.querySelector('#allow')")
	v.click("#allow")
	v.until("location.pathname === '/contact_center/mail/1/' && document.body.innerText.includes('Allow anew')")
}

// shot keeps pictures of the page in both widths and themes, for somebody to look at: in $PORTICO_SHOTS, where that is set.
func (v visitor) shot(name string) {
	v.t.Helper()
	dir := os.Getenv("PORTICO_SHOTS")
	if dir == "" {
		return
	}
	for _, width := range []int64{1440, 390} {
		v.size(width)
		for _, theme := range []string{"light", "dark"} {
			v.do(chromedp.Evaluate[chromedp.Void]("document.documentElement.dataset.theme = '" + theme + "'"))
			raw, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				v.t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name+"-"+theme+"-"+strconv.FormatInt(width, 10)+".png"), raw, 0o600); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	v.size(1440)
}
