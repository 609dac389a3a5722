package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/task"
)

// What a browser that knows nothing of the portal may load before a page is shown, compressed, in bytes.
const (
	mostFirstView = 100 << 10
	mostScripts   = 40 << 10
	// mostShift is a hundredth of what counts as good: nothing that people see moves, also while a page comes in slowly.
	mostShift = 0.001
	// slow is a line that takes seconds for a page, in bytes a second.
	slow = 120_000
)

// loaded is what a page loaded until it was there.
type loaded struct {
	Page, Scripts, All int
	Packed             bool
	Largest            []string
}

const loadedScript = `(() => {
	const page = performance.getEntriesByType("navigation")[0]
	const parts = new Map(performance.getEntriesByType("resource").filter((r) => r.startTime < page.loadEventStart && new URL(r.name).origin === location.origin).map((r) => [r.name, r.encodedBodySize]))
	const sum = (wanted) => [...parts].filter(([name]) => wanted(new URL(name).pathname)).reduce((n, [, size]) => n + size, 0)
	return {
		Page: page.encodedBodySize, Scripts: sum((p) => p.endsWith(".js")), All: page.encodedBodySize + sum(() => true), Packed: page.encodedBodySize < page.decodedBodySize,
		Largest: [...parts].sort((a, b) => b[1] - a[1]).slice(0, 5).map(([name, size]) => new URL(name).pathname + " " + size),
	}
})()`

// shiftScript adds up what has moved on the page by itself, and what by somebody's typing.
const shiftScript = `new Promise((done) => {
	window.shifts ??= []
	window.watch ??= new PerformanceObserver((l) => {
		for (const e of l.getEntries()) window.shifts.push(e.value.toFixed(5) + " " + e.sources.map((s) => [s.node?.className, JSON.stringify(s.previousRect), JSON.stringify(s.currentRect)].join(" ")).join(" "))
	})
	window.watch.observe({ type: "layout-shift", buffered: window.shifts.length === 0 })
	const later = (n) => requestAnimationFrame(() => (n ? later(n - 1) : done(window.shifts)))
	later(20)
})`

// selectsScript names the fields whose width hangs on their options: a page that comes in between two of them would move.
const selectsScript = `[...document.querySelectorAll("select")].filter((s) => s.checkVisibility() && s.closest(".field-box")).filter((s) => {
	const options = [...s.childNodes], full = s.closest(".field-box").offsetWidth
	s.replaceChildren()
	const empty = s.closest(".field-box").offsetWidth
	s.replaceChildren(...options)
	return full !== empty
}).map((s) => s.name)`

// emptiesScript finds notes in place of a list that move as their words come in.
const emptiesScript = `[...document.querySelectorAll(".empty")].filter((e) => e.checkVisibility()).filter((e) => {
	const parts = [...e.childNodes], whole = e.getBoundingClientRect()
	e.replaceChildren(parts[0])
	const begun = e.getBoundingClientRect()
	e.replaceChildren(...parts)
	return Math.abs(whole.left - begun.left) >= 1 || Math.abs(whole.top - begun.top) >= 1
}).map((e) => e.innerText)`

// TestFirstViews counts what the pages load with nothing cached, and looks for what moves while they do.
func TestFirstViews(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	s.full()
	a := newTab(t, browser, "ann", s.url)
	a.signIn("admin", password)
	if _, err := chromedp.Call(a.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1440, 390} {
		a.size(width, 844)
		for _, p := range []struct{ name, path, see string }{
			{"messenger", "/online/", ".im-line"},
			{"conversation", "/online/2", ".msg"},
			{"tasks", "/company/personal/user/1/tasks/", "tr[data-row], [data-row]"},
			{"drives", "/disk/", "main"},
			{"settings", "/settings/", "main"},
			{"deliveries", "/devops/console/deliveries/", "main"},
			{"requests", "/devops/console/", "main"},
		} {
			a.open(p.path)
			a.see(p.see)
			a.until("it to be loaded", `document.readyState === "complete" && performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
			shifts := evaluate[[]string](a, shiftScript)
			got := evaluate[loaded](a, loadedScript)
			if got.All > mostFirstView || got.Scripts > mostScripts || got.Scripts == 0 || !got.Packed {
				t.Errorf("%s at %d px: %+v", p.name, width, got)
			}
			if total(shifts) > mostShift {
				t.Errorf("%s at %d px moved while it loaded: %s", p.name, width, strings.Join(shifts, "; "))
			}
			if loose := evaluate[[]string](a, selectsScript); len(loose) > 0 {
				t.Errorf("%s at %d px: the width of %v changes when their options are there", p.name, width, loose)
			}
			if moving := evaluate[[]string](a, emptiesScript); len(moving) > 0 {
				t.Errorf("%s at %d px: %q moves while its words come in", p.name, width, moving)
			}
			t.Logf("%s at %d px: %d bytes, of them scripts %d", p.name, width, got.All, got.Scripts)
		}
	}
	throttle := func(bytes float64) {
		t.Helper()
		_, err := chromedp.Call(a.ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: 20, DownloadThroughput: bytes, UploadThroughput: bytes}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	throttle(slow)
	for _, width := range []int64{1440, 390} {
		a.size(width, 844)
		for _, path := range []string{"/company/personal/user/1/tasks/", "/disk/", "/settings/"} {
			a.open(path)
			a.until("it to be loaded", `document.readyState === "complete" && performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
			if shifts := evaluate[[]string](a, shiftScript); total(shifts) > mostShift {
				t.Errorf("%s at %d px moved while it came in slowly: %s", path, width, strings.Join(shifts, "; "))
			}
		}
	}
	throttle(-1)
	a.size(1440, 900)
	a.open("/online/2")
	a.see(".msg")
	evaluate[[]string](a, shiftScript)
	a.fill(`textarea[name=text]`, "A line of words")
	evaluate[bool](a, `((box) => { box.scrollTop = 500 - (box.scrollHeight - box.clientHeight); return true })(document.querySelector("[data-scroll]"))`)
	a.until("older messages", `document.querySelectorAll(".msg[data-id]").length > 60`)
	if shifts := evaluate[[]string](a, shiftScript); len(shifts) > 0 {
		t.Errorf("the conversation moved: %s", strings.Join(shifts, "; "))
	}
}

// total adds up how far a page moved.
func total(shifts []string) (sum float64) {
	for _, s := range shifts {
		value, _, _ := strings.Cut(s, " ")
		n, _ := strconv.ParseFloat(value, 64)
		sum += n
	}
	return sum
}

// full gives the portal something to show.
func (s *site) full() {
	s.t.Helper()
	c, err := s.portal.IM.OpenPrivate(s.t.Context(), s.admin.ID, s.bob.ID)
	for i := range int64(150) {
		if err == nil {
			_, err = s.portal.IM.Send(s.t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: 1 + i/2%2, Text: "Message " + strconv.FormatInt(i, 10) + " says [b]something[/b] about the plan for the spring, in a line or two."})
		}
	}
	for i := range 40 {
		if err == nil {
			_, err = s.portal.Tasks.Create(s.t.Context(), s.admin.Ref(), task.Task{Title: "Task " + strconv.Itoa(i), ResponsibleID: 1, Deadline: noon.Add(time.Duration(i) * time.Hour)})
		}
	}
	if err == nil {
		_, err = s.portal.IM.Read(s.t.Context(), s.admin.ID, c.ID, 0)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
