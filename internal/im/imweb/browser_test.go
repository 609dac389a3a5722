package imweb_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
)

// browser is a Chromium, in which each person gets a profile of their own.
func browser(t testing.TB) context.Context {
	t.Helper()
	return browsertest.Start(t)
}

// page is a person's tab.
type page struct {
	t   testing.TB
	ctx context.Context //nolint:containedctx // how chromedp names a tab
	url string
}

// open opens path in a window of its own, in which the person is signed in.
func (p person) open(t testing.TB, browser context.Context, path string) page {
	t.Helper()
	pg := p.tab(t, browser)
	pg.do(chromedp.Navigate(pg.url + path))
	return pg
}

// tab opens an empty window in which the person is signed in.
func (p person) tab(t testing.TB, browser context.Context) page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	pg := page{t, ctx, p.b.server.URL}
	call(pg, network.SetCookie, network.SetCookieParams{Name: "portico_session", Value: p.token, URL: pg.url})
	call(pg, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	return pg
}

func call[P, R any](p page, cmd cdp.Command[P, R], params P) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, cmd, params); err != nil {
		p.t.Fatal(err)
	}
}

func (p page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browsertest.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[T any](p page, expr string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browsertest.Patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		p.t.Fatalf("%s: %v", expr, err)
	}
	return v
}

// until waits until the expression holds in the page.
func (p page) until(expr string) {
	p.t.Helper()
	late := time.After(browsertest.Patience)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for !eval[bool](p, "!!("+expr+")") {
		select {
		case <-tick.C:
		case <-late:
			p.t.Fatalf("%s never came true; %s:\n%s", expr, eval[string](p, "JSON.stringify([document.querySelector('.im-composer [data-text]')?.value, document.querySelector('[data-suggest]')?.innerText, document.activeElement.outerHTML.slice(0, 200)])"), eval[string](p, "document.body.innerText"))
		}
	}
}

// run runs statements in the page.
func (p page) run(statements string) {
	p.t.Helper()
	eval[bool](p, "(() => { "+statements+"; return true })()")
}
