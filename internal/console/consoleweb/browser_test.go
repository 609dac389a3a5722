package consoleweb_test

import (
	"context"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
)

// page is Anna's tab.
type page struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // how chromedp names a tab
	b   *bench
}

// open opens a path in Chromium, as Anna.
func (b *bench) open(path string) page {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(browsertest.Start(b.t), chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	p := page{b.t, ctx, b}
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatal(err)
	}
	u, err := url.Parse(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.anna.client.Jar.Cookies(u) {
		if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.server.URL}); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.server.URL+path)); err != nil {
		b.t.Fatal(err)
	}
	return p
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

// until waits until an expression holds in the page.
func (p page) until(expr string) {
	p.t.Helper()
	late := time.After(browsertest.Patience)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for !eval[bool](p, "!!("+expr+")") {
		select {
		case <-tick.C:
		case <-late:
			p.t.Fatalf("%s never came true:\n%s", expr, eval[string](p, "document.body.innerText"))
		}
	}
}

// click clicks the first element that matches.
func (p page) click(selector string) {
	p.t.Helper()
	quoted := strconv.Quote(selector)
	p.until("document.querySelector(" + quoted + ")")
	eval[bool](p, "(document.querySelector("+quoted+").click(), true)")
}

const firstTitle = `document.querySelector("[data-rows] tr .console-title")?.textContent`

func TestTheTimelineInABrowser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.call("profile")
	p := b.open("/devops/console/")
	p.until(firstTitle + ` === "profile"`)
	p.until(`!document.querySelector("[data-follow-box]").hidden`) // the module has come

	// What is new waits and moves nothing.
	b.ben.call("user.current")
	p.until(`document.querySelector("[data-new]").textContent === "1 new" && !document.querySelector("[data-new]").hidden`)
	if got := eval[string](p, firstTitle); got != "profile" {
		t.Errorf("the first line became %s by itself", got)
	}
	p.click("[data-new]")
	p.until(firstTitle + ` === "user.current" && document.querySelector("[data-new]").hidden`)

	// Who follows sees it at once.
	p.click("[data-follow]")
	b.anna.call("im.message.add", "DIALOG_ID", "2", "MESSAGE", "hello")
	p.until(firstTitle + ` === "im.message.add"`)

	// The details open over the list, and a replay asks first.
	p.click("[data-rows] tr a")
	p.until(`document.querySelector(".slider")?.innerText.includes("DIALOG_ID")`)
	p.click(".slider [data-open]")
	p.until(`document.querySelector("dialog:modal")`)
	p.click("dialog:modal form[data-fetch] button")
	p.until(`document.querySelector(".slider")?.innerText.includes("Composer") === false && document.querySelectorAll("[data-rows] tr").length === 4`)
	if c := b.last(); c.Method != "im.message.add" || c.WebhookID != b.anna.hookID {
		t.Errorf("the replay was %+v", c)
	}

	// The composer puts the answer in its place.
	eval[bool](p, `(location.assign("/devops/console/composer/?method=profile"), true)`)
	p.until(`location.pathname.includes("composer") && document.querySelector("[data-composer]") && document.querySelector("[data-methods] [aria-current]")`)
	p.until(`(document.querySelector("[data-method-search]").value = "user.cur", document.querySelector("[data-method-search]").dispatchEvent(new Event("input")),
		[...document.querySelectorAll("[data-methods] > li:not([hidden])")].length === 1)`)
	p.click("[data-composer] button[type=submit], [data-composer] .button-primary")
	p.until(`document.querySelector("[data-answer]")?.innerText.includes("Berger")`)
}
