package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in a browser of somebody's own.
type tab struct {
	t      *testing.T
	ctx    context.Context
	url    string
	name   string // whose, in failures
	mu     sync.Mutex
	faults []string // what the page complained of
}

// newTab opens a tab with cookies of its own; parent is that of another one, or of the browser.
func newTab(t *testing.T, parent context.Context, name, url string) *tab {
	t.Helper()
	b := &tab{t: t, url: url, name: name}
	ctx, cancel := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	b.ctx = ctx
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900)); err != nil { // the tab lives as long as this context
		t.Fatalf("open a tab: %v", err)
	}
	_, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{})
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// watch keeps what a page says for a moment alone, which a busy machine may look for too late, and when its scripts are there.
const watch = `globalThis.toasted = []
addEventListener("ready", () => { globalThis.alive = true }, { once: true })
new MutationObserver((all) => {
	for (const m of all) for (const n of m.addedNodes) if (n.matches?.(".toast")) toasted.push(n.textContent)
}).observe(document, { childList: true, subtree: true })`

// listen notes exceptions and errors of the page.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, time.Now().Format("15:04:05 ")+fmt.Sprintf("%+v", e.ExceptionDetails))
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError {
			b.faults = append(b.faults, time.Now().Format("15:04:05 ")+e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// do runs actions, which must be done within the time that somebody would wait.
func (b *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, actions...)
	for len(actions) == 1 && err != nil && strings.Contains(err.Error(), "Could not find node") {
		err = chromedp.Do(ctx, actions...) // the page drew it anew after it was found: nothing was done to it
	}
	if err != nil {
		b.fail(what, err)
	}
}

// fail ends the test, with a picture of the page.
func (b *tab) fail(what string, err error) {
	b.t.Helper()
	b.shot("failed-" + b.name)
	b.t.Fatalf("%s, %s: %v; the page complained of %q", b.name, what, err, b.complaints())
}

func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.faults...)
}

// open opens a page of the portal. Its scripts are there then: keys that come before them are nobody's.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.url+path))
	b.until("the scripts of "+path, `!document.getElementById("shell") || Boolean(globalThis.alive)`)
}

// clickAnew clicks a button and waits until the page, or the slider, that has it is shown anew: what is written into the old one is lost.
func (b *tab) clickAnew(selector string) {
	b.t.Helper()
	button := fmt.Sprintf("document.querySelector(%q)", selector)
	evaluate[bool](b, button+".pressed = true")
	b.click(selector)
	b.until(selector+" to be there anew", fmt.Sprintf("%[1]s !== null && !%[1]s.pressed && Boolean(globalThis.alive)", button))
}

// see waits until an element is visible.
func (b *tab) see(selector string) {
	b.t.Helper()
	b.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// clickText clicks the visible element that an XPath finds.
func (b *tab) clickText(path string) {
	b.t.Helper()
	b.do("click "+path, chromedp.Click(path, chromedp.NodeVisible))
}

// fill types into a field.
func (b *tab) fill(selector, value string) {
	b.t.Helper()
	b.do("fill "+selector, chromedp.SendKeys(chromedp.CSS(selector), value, chromedp.NodeVisible))
}

// evaluate returns what a script says.
func evaluate[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.fail(script, err)
	}
	return v
}

// until waits for a script to say true. A page that is just being replaced says nothing.
func (b *tab) until(what, script string) {
	b.t.Helper()
	deadline, tick := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		cancel()
		if done && err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			b.fail("wait for "+what, err)
		}
	}
}

// size makes the window that of a desktop or of a phone.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.do("resize", chromedp.EmulateViewport(width, height))
}

// settled waits for what moves on the page to stand still, and no longer than two seconds.
const settled = `Promise.race([
	Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished)),
	new Promise((done) => setTimeout(done, 2000)),
]).then(() => true)`

// shot takes a picture of what is visible, where pictures are wanted.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](settled, chromedp.EvalAwaitPromise))
	var png []byte
	if err == nil {
		png, err = chromedp.Run(ctx, chromedp.CaptureScreenshot())
	}
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		b.t.Logf("picture %s: %v", name, err)
	}
}

// fits checks that nothing sticks out of the window sideways.
func (b *tab) fits(what string) {
	b.t.Helper()
	if over := evaluate[int64](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		b.t.Errorf("%s: the page is %d px wider than the window", what, over)
	}
}

func (b *tab) signIn(login, password string) {
	b.t.Helper()
	b.open("/")
	b.fill(`input[name=login]`, login)
	b.fill(`input[name=password]`, password)
	b.click(`form[action="/login"] button`)
	b.see(`.rail, .im`)
}
