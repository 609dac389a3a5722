package notifyweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

// tab is a window of somebody who is signed in.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // how chromedp names a tab
	url string
}

func call[P, R any](w tab, cmd cdp.Command[P, R], params P) R {
	w.t.Helper()
	r, err := chromedp.Call(w.ctx, cmd, params)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w tab) open(path string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, browsertest.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(w.url+path)); err != nil {
		w.t.Fatal(err)
	}
}

func eval[T any](w tab, expr string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, browsertest.Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		w.t.Fatalf("%s: %v", expr, err)
	}
	return v
}

// until waits until an expression holds in the page.
func (w tab) until(expr string) {
	w.t.Helper()
	late := time.After(browsertest.Patience)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		if v, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("!!("+expr+")")); err == nil && v { // a page that is being replaced answers nothing
			return
		}
		select {
		case <-tick.C:
		case <-late:
			w.t.Fatalf("%s never came true:\n%s", expr, eval[string](w, "document.title + '\\n' + document.body.innerText"))
		}
	}
}

func (w tab) run(statements string) {
	w.t.Helper()
	eval[bool](w, "(() => { "+statements+"; return true })()")
}

// TestTheBellTellsAndLeadsOn walks through the notification centre: a mention comes while the messenger is open, is read, answered,
// and this browser is taken on for pushes. Its subscription is one of the test: Chromium's own push service is not here.
func TestTheBellTellsAndLeadsOn(t *testing.T) {
	t.Parallel()
	p, server := serve(t)
	anna, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berger", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	ben, err := p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben", LastName: "Ode", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	w := signedIn(t, p, server.URL, "ben")
	w.open("/company/")
	w.until(`document.querySelector('.bell') && !document.title.startsWith('(')`)
	for late := time.Now().Add(browsertest.Patience); !p.Live.Online(ben.ID); { // what happens before the stream is open the page does not hear
		if time.Now().After(late) {
			t.Fatal("the page opened no stream")
		}
		w.until("true")
	}
	chat, err := p.IM.General(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.IM.Send(t.Context(), im.NewMessage{ChatID: chat.ID, AuthorID: anna.ID, Text: "[user=2]Ben[/user], can you bring the [b]contract[/b] on Friday?"}); err != nil {
		t.Fatal(err)
	}
	w.until(`document.querySelector('[data-counter=notifications]:not([hidden])')?.textContent === '1'`)
	w.until(`document.title.startsWith('(2) ') && document.querySelector('link[rel=icon]').href.includes('icon-new')`)
	w.until(`document.querySelector('#toasts')?.textContent.includes('Anna Berger mentioned you in General chat')`)
	for _, n := range []notify.Notice{
		{UserID: ben.ID, AuthorID: anna.ID, Module: notify.ModuleRest, Event: notify.EventRest, Text: "The build of [b]portal[/b] is green again."},
		{UserID: ben.ID, Module: "tasks", Event: "reminder", Title: "Send the offer to Weber", Text: "It is due in an hour.", URL: "/tasks/"},
	} {
		if _, err := p.Notify.Tell(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	w.run(`document.querySelector('.bell').click()`)
	w.until(`document.querySelectorAll('.slider .notice-item').length === 3 && document.querySelector('.notice-text').textContent`)
	w.shots("center")
	w.run(`const f = document.querySelector('.notice-answer'); f.text.value = 'Gladly'; f.requestSubmit()`)
	w.until(`document.querySelector('.notice-result')?.textContent.includes('Your answer was sent.')`)
	w.run(`[...document.querySelectorAll('.slider button')].find((b) => b.textContent.includes('Mark all as read')).click()`)
	w.until(`document.querySelector('.bell [data-counter]').hidden && !document.querySelector('.notice-unread')`)

	w.open("/notifications/settings/")
	w.until(`document.querySelector('[data-push-on]:not([hidden])')`)
	w.run(`
		const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0)).buffer
		const keys = { p256dh: bytes('BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM'), auth: bytes('tBHItJI5svbpez7KI4CCXg') }
		Notification.requestPermission = async () => 'granted'
		PushManager.prototype.subscribe = async (options) => { window.asked = options; return { endpoint: 'https://push.example/of-the-test', getKey: (name) => keys[name] } }
		document.querySelector('[data-push-on]').click()`)
	w.until(`document.body?.innerText.includes('Your devices')`)
	devices, err := p.Notify.Devices(t.Context(), ben.ID)
	if err != nil || len(devices) != 1 || devices[0].Name == "" {
		t.Errorf("devices %+v, %v", devices, err)
	}
	w.run(`navigator.serviceWorker.ready.then((r) => { window.worker = r.active.scriptURL + ' ' + r.scope })`)
	w.until(`window.worker`)
	if scope := eval[string](w, `window.worker`); scope != server.URL+"/notify-worker.js "+server.URL+"/" {
		t.Errorf("the worker is %s", scope)
	}
	w.shots("settings")
}

func serve(t *testing.T) (*portal.Portal, *httptest.Server) {
	t.Helper()
	var p *portal.Portal
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return server.URL }, Key: make([]byte, seal.KeySize),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Close()
		_ = p.Close(context.WithoutCancel(t.Context()))
	})
	return p, server
}

// signedIn opens a window in which somebody is signed in.
func signedIn(t *testing.T, p *portal.Portal, url, login string) tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browsertest.Start(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	token, err := p.Users.SignIn(t.Context(), login, "correct horse battery", "Chromium", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	w := tab{t, ctx, url}
	call(w, network.SetCookie, network.SetCookieParams{Name: "portico_session", Value: token, URL: url})
	call(w, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return w
}

// shots keeps pictures of the page in both widths and themes, for somebody to look at: in $PORTICO_SHOTS, where that is set.
func (w tab) shots(name string) {
	w.t.Helper()
	dir := os.Getenv("PORTICO_SHOTS")
	if dir == "" {
		return
	}
	for _, width := range []int64{1440, 390} {
		call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500})
		for _, theme := range []string{"light", "dark"} {
			w.run(`document.documentElement.dataset.theme = '` + theme + `'`)
			w.until(`getComputedStyle(document.documentElement).colorScheme !== ''`)
			raw, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				w.t.Fatal(err)
			}
			file := filepath.Join(dir, name+"-"+theme+map[bool]string{true: "-390", false: "-1440"}[width < 500]+".png")
			if err := os.WriteFile(file, raw, 0o600); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1440, Height: 900, DeviceScaleFactor: 1})
}
