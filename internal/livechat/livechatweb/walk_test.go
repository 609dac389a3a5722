package livechatweb_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// browser is a Chromium that keeps frames of other sites in processes of their own, as those of people do.
func browser(t testing.TB) context.Context {
	t.Helper()
	return browsertest.Start(t, "site-per-process")
}

// view is a page, or a frame in one.
type view struct {
	t    testing.TB
	ctx  context.Context //nolint:containedctx // how chromedp names a tab
	name string
}

func newView(t testing.TB, parent context.Context, name string, opts ...chromedp.ContextOption) view {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, opts...)
	t.Cleanup(cancel)
	v := view{t, ctx, name}
	must(t, chromedp.Do(ctx))
	return v
}

func call[P, R any](v view, cmd cdp.Command[P, R], params P) {
	v.t.Helper()
	if _, err := chromedp.Call(v.ctx, cmd, params); err != nil {
		v.t.Fatalf("%s: %v", v.name, err)
	}
}

func (v view) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, browsertest.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		v.t.Fatalf("%s: %v", v.name, err)
	}
}

func eval[T any](v view, script string) T {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, browsertest.Patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %s: %v", v.name, script, err)
	}
	return out
}

// until waits until a script says true.
func (v view) until(script string) {
	v.t.Helper()
	late, tick := time.After(browsertest.Patience), time.NewTicker(40*time.Millisecond)
	defer tick.Stop()
	for !eval[bool](v, "!!("+script+")") {
		select {
		case <-tick.C:
		case <-late:
			v.t.Fatalf("%s: %s never came true:\n%s", v.name, script, eval[string](v, "document.body.innerText"))
		}
	}
}

func (v view) run(script string) {
	v.t.Helper()
	eval[bool](v, "(() => { "+script+"; return true })()")
}

// shot takes a picture, where pictures are wanted.
func (v view) shot(name string) {
	v.t.Helper()
	dir := os.Getenv("PORTICO_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	must(v.t, err)
	must(v.t, os.WriteFile(filepath.Join(dir, "livechat-"+name+".png"), png, 0o600))
}

func (v view) look(width, height int64, scheme string) {
	v.t.Helper()
	v.do(chromedp.EmulateViewport(width, height))
	call(v, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// chat returns the frame of the chat in a site's page; the browser shows pages of others too.
func (v view) chat() view {
	v.t.Helper()
	mine := chromedp.FromContext(v.ctx).BrowserContextID
	late := time.After(browsertest.Patience)
	for {
		all, err := chromedp.Targets(v.ctx)
		must(v.t, err)
		for _, x := range all {
			if x.Type == "iframe" && strings.Contains(x.URL, "/widget/") && x.BrowserContextID == mine {
				return newView(v.t, v.ctx, "chat", chromedp.WithTargetID(x.TargetID))
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-late:
			v.t.Fatal("there is no frame of a chat")
		}
	}
}

// opened opens the chat on a site's page by its button.
func (v view) opened() view {
	v.t.Helper()
	v.until(`document.querySelector("portico-chat")?.shadowRoot.querySelector("button")`)
	v.run(`document.querySelector("portico-chat").shadowRoot.querySelector("button").click()`)
	c := v.chat()
	c.until(`document.querySelector("#composer:not([hidden]), #gate:not([hidden])")`)
	return c
}

// write writes a message as a visitor does.
func (v view) write(text string) {
	v.t.Helper()
	v.run(`const t = document.getElementById("text"); t.focus(); t.value = ` + quote(text) + `; t.form.requestSubmit()`)
}

func quote(s string) string { return "`" + s + "`" }

func (v view) shows(text string) {
	v.t.Helper()
	v.until(`document.getElementById("log").innerText.includes(` + quote(text) + `)`)
}

// operator opens a page of the portal for Anna.
func (b *bench) operator(parent context.Context, path string) view {
	b.t.Helper()
	v := newView(b.t, parent, "operator", chromedp.WithNewBrowserContext())
	call(v, network.SetCookie, network.SetCookieParams{Name: "portico_session", Value: b.tokens["anna"], URL: b.server.URL})
	call(v, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	v.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(b.server.URL+path))
	return v
}

// TestWalkOnAForeignSite has a visitor of another site write, the operator answer in the messenger, the stream be cut and come back, and the
// visitor find everything again.
func TestWalkOnAForeignSite(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.System{}, nil)
	site := b.foreign("")
	chromium := browser(t)
	shop := newView(t, chromium, "shop", chromedp.WithNewBrowserContext())
	shop.look(1440, 900, "light")
	shop.do(chromedp.Navigate(strings.Replace(site.URL, "127.0.0.1", "localhost", 1)))
	chat := shop.opened()
	chat.shows("How can we help you?")
	chat.write("Do you deliver on <b>Saturdays</b>?")
	chat.until(`document.querySelector("li.own[data-n] .mark")?.textContent === "✓"`)

	anna := b.operator(chromium, "/online/")
	anna.until(`document.querySelector("#page")?.innerText.includes("Saturdays")`)
	path := eval[string](anna, `[...document.querySelectorAll("a.im-line")].find((a) => a.innerText.includes("Saturdays")).getAttribute("href")`)
	anna.do(chromedp.Navigate(b.server.URL + path))
	anna.until(`document.querySelector(".im-composer [data-text]")`)
	answer := func(text string) {
		t.Helper()
		anna.run(`const t = document.querySelector(".im-composer [data-text]"); t.focus(); t.value = ` + quote(text) + `; t.dispatchEvent(new Event("input", { bubbles: true })); t.form.requestSubmit()`)
		anna.until(`document.querySelector("#page").innerText.includes(` + quote(text) + `)`)
	}
	answer("Yes, until noon.")
	chat.shows("Yes, until noon.")
	chat.until(`document.querySelector("li.own .mark").textContent === "✓✓"`)
	chat.until(`document.getElementById("status").textContent.includes("Anna Weber")`)
	shop.shot("1440-light")

	b.server.CloseClientConnections() // the stream is cut
	answer("And we bring chairs into the house.")
	chat.shows("into the house.")
	offline(chat, true)
	chat.write("Written without a connection")
	chat.shows("Written without a connection")
	chat.until(`!document.getElementById("offline").hidden`)
	offline(chat, false)
	chat.until(`[...document.querySelectorAll("li.own[data-n]")].some((li) => li.innerText.includes("without a connection"))`)
	anna.until(`document.querySelector("#page").innerText.includes("without a connection")`)

	shop.look(390, 844, "dark")
	shop.do(chromedp.Reload())
	shop.until(`document.querySelector("portico-chat")?.shadowRoot.querySelector("iframe")`) // the site remembers that there is a conversation
	chat = shop.opened()
	for _, text := range []string{"Saturdays", "Yes, until noon.", "into the house.", "without a connection"} {
		chat.shows(text)
	}
	if n := eval[int](chat, `document.querySelectorAll("#list > li").length`); n != 4 {
		t.Errorf("%d messages are shown again, want 4", n)
	}
	box := eval[[]float64](shop, `(() => { const r = document.querySelector("portico-chat").shadowRoot.querySelector("iframe").getBoundingClientRect(); return [r.width, r.height] })()`)
	if box[0] != 390 || box[1] != 844 {
		t.Errorf("on a phone the chat is %v", box)
	}
	shop.shot("390-dark")
	chat.run(`dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))`)
	shop.until(`document.querySelector("portico-chat").shadowRoot.querySelector("iframe").hidden`)
	answer("Are you still there?")
	shop.until(`document.querySelector("portico-chat").shadowRoot.querySelector(".count").textContent === "1"`)
}

// TestWalkOutsideTheHours leaves a question in the form, after agreeing to the terms, on the page with the chat alone. The administrator looks
// at the settings, whose preview follows what is typed.
func TestWalkOutsideTheHours(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), func(l *line.Line) {
		l.WorkTime = line.WorkTime{Enabled: true, From: 10 * 60, To: 18 * 60, Rule: line.Scenario{Rule: line.RuleNone}}
		l.Agreement, l.AgreementText = true, "We keep what you write for a year, and show it to nobody else."
	})
	chromium := browser(t)
	v := newView(t, chromium, "visitor", chromedp.WithNewBrowserContext())
	v.look(390, 844, "light")
	v.do(chromedp.Navigate(b.server.URL + "/chat/" + b.widget.Code))
	v.until(`document.querySelector("#gate:not([hidden])")`)
	v.until(`document.getElementById("terms").innerText.includes("for a year")`)
	v.shot("390-form-light")
	send := func(name, email, text string, agree bool) {
		t.Helper()
		v.run(`const f = document.getElementById("gate").elements; f.name.value = ` + quote(name) + `; f.email.value = ` + quote(email) +
			`; f.text.value = ` + quote(text) + `; f.consent.checked = ` + strconv.FormatBool(agree) + `; document.getElementById("begin").click()`)
	}
	complains := func(text string) {
		t.Helper()
		v.until(`document.querySelector("#gate .error").innerText.includes(` + quote(text) + `)`)
	}
	send("", "", "", false)
	complains("tell us your name")
	send("Carla", "nowhere", "Hello", true)
	complains("e-mail address")
	send("Carla", "carla@example.com", "Do you repair chairs?", false)
	complains("agree first")
	send("Carla", "carla@example.com", "Do you repair chairs?", true)
	v.shows("Do you repair chairs?")
	v.until(`document.getElementById("status").innerText === "You are number 1 in the queue"`)
	v.look(1440, 900, "dark")
	v.shot("1440-alone-dark")

	anna := b.operator(chromium, "/contact_center/livechat/"+strconv.FormatInt(b.widget.ID, 10)+"/")
	anna.until(`document.querySelector("[data-preview] .lc-face")?.textContent === document.querySelector("[data-livechat] [name=title]").value[0].toUpperCase()`)
	anna.run(`const t = document.querySelector("[data-livechat] [name=title]"); t.value = "every carpenter"; t.dispatchEvent(new Event("input", { bubbles: true }))`)
	anna.until(`document.querySelector(".lc-head strong").textContent === "every carpenter" && document.querySelector(".lc-face").textContent === "E"`)
	anna.shot("settings-1440-light")
	anna.look(390, 844, "dark")
	if wide := eval[int](anna, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the settings are %d pixels wide on a phone", wide)
	}
	anna.shot("settings-390-dark")
}

// TestWalkOfASignedUser has a user of a site write on one device and go on with another. Somebody whose signature does not fit stays nobody.
func TestWalkOfASignedUser(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.System{}, nil)
	secret, err := b.portal.LiveChat.NewSecret(t.Context(), user.Ref{ID: b.anna.ID, Admin: true}, b.widget.ID)
	must(t, err)
	m := hmac.New(sha256.New, []byte(secret))
	_, _ = m.Write([]byte("42"))
	good := b.foreign(`data-user-id="42" data-user-name="Carla Ruiz" data-user-hash="` + hex.EncodeToString(m.Sum(nil)) + `"`)
	bad := b.foreign(`data-user-id="42" data-user-hash="` + strings.Repeat("0", 64) + `"`)
	chromium := browser(t)
	device := func(name, site string) view {
		t.Helper()
		v := newView(t, chromium, name, chromedp.WithNewBrowserContext())
		v.do(chromedp.EmulateViewport(1000, 800), chromedp.Navigate(strings.Replace(site, "127.0.0.1", "localhost", 1)))
		return v.opened()
	}
	desk := device("desk", good.URL)
	desk.write("From the desk")
	desk.until(`document.querySelector("li.own[data-n]")`)
	if kept := eval[int](desk, `localStorage.length`); kept != 0 {
		t.Errorf("%d things of a signed user stay in the browser", kept)
	}
	phone := device("phone", good.URL)
	phone.shows("From the desk")
	phone.write("From the phone")
	desk.shows("From the phone")
	stranger := device("stranger", bad.URL)
	stranger.shows("How can we help you?")
	if text := eval[string](stranger, `document.getElementById("log").innerText`); strings.Contains(text, "From the") {
		t.Errorf("a wrong signature opens %q", text)
	}
	stranger.write("I am nobody")
	stranger.until(`document.querySelector("li.own[data-n]")`)
	all, _, err := b.portal.IM.Recent(t.Context(), b.anna.ID, im.RecentQuery{OnlyLines: true, Limit: 20})
	must(t, err)
	var users int
	for _, r := range all {
		if strings.HasPrefix(r.Chat.Title, "Carla Ruiz") {
			users++
		}
	}
	if len(all) != 2 || users != 1 {
		t.Errorf("operators have %d chats, %d of them with Carla: want one with her and one with the stranger", len(all), users)
	}
}

// offline takes the connection away from a page, or gives it back.
func offline(v view, on bool) {
	v.t.Helper()
	if on {
		v.run(`window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError("offline"))`)
		return
	}
	v.run(`window.fetch = window.real; dispatchEvent(new Event("online"))`)
}
