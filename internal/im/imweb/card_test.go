package imweb_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
)

// fakeLinks knows what it is told.
type fakeLinks struct {
	mu    sync.Mutex
	known map[string]imweb.Preview
}

func (l *fakeLinks) Previews(_ context.Context, addresses []string) (map[string]imweb.Preview, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]imweb.Preview{}
	for _, a := range addresses {
		if v, ok := l.known[a]; ok {
			out[a] = v
		}
	}
	return out, nil
}

func (l *fakeLinks) Picture(_ context.Context, name string) (data []byte, mediaType string, err error) {
	if name != "wide" {
		return nil, "", fault.New(fault.NotFound, "PICTURE_NOT_FOUND", "There is no such picture.")
	}
	m := image.NewNRGBA(image.Rect(0, 0, 640, 320))
	for i := range 640 * 320 {
		m.Set(i%640, i/640, color.NRGBA{uint8(i % 640 / 3), uint8(120 + i/6400), 180, 255})
	}
	var b bytes.Buffer
	err = png.Encode(&b, m)
	return b.Bytes(), "image/png", err
}

// learn tells the messenger what an address leads to, and its pages that it knows.
func (b *bench) learn(address string, v imweb.Preview, chat im.Chat, m im.Message, people ...int64) {
	b.links.mu.Lock()
	b.links.known[address] = v
	b.links.mu.Unlock()
	b.live.Publish(people, "linemessage", map[string]int64{"chat": chat.ID, "message": m.ID})
}

var wide = imweb.Preview{
	Title: "The plan for the spring & the summer", Description: "What is sown where, and when it is picked.", Site: "Garden", Picture: "wide", Width: 640, Height: 320, Fetched: noon,
}

func TestTheCardOfALink(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	m := b.say(g.ID, 1, "see https://a.example/plan?x=1&y=2")
	path := "/online/message?id=" + num(m.ID)
	before := b.anna.get(path).part().HTML
	if strings.Contains(before, "link-card") {
		t.Error("a card of nothing")
	}
	b.learn("https://a.example/plan?x=1&y=2", wide, g, m)
	b.anna.get(path).part().has(t, `class="link-card link-card-wide"`, `href="https://a.example/plan?x=1&amp;y=2" target="_blank" rel="noopener noreferrer nofollow"`,
		`src="/online/link-picture/wide" width="640" height="320"`, "The plan for the spring &amp; the summer", "What is sown where", "Garden", `action="/online/unlink"`)
	b.ben.get(path).part().has(t, "link-card-wide").lacks(t, "/online/unlink")
	if version(t, before) == version(t, b.anna.get(path).part().HTML) {
		t.Error("the page cannot tell that the card is new")
	}
	b.ben.get("/online/link-picture/wide").is(http.StatusOK)
	b.ben.get("/online/link-picture/none").is(http.StatusNotFound)

	small := wide
	small.Width, small.Height, small.Description, small.Fetched = 200, 200, "", noon.Add(time.Hour)
	b.learn("https://a.example/plan?x=1&y=2", small, g, m)
	b.anna.get(path).part().has(t, `class="link-card"`).lacks(t, "link-card-wide", "link-card-words")
	small.Icon = true
	b.learn("https://a.example/plan?x=1&y=2", small, g, m)
	b.anna.get(path).part().has(t, `class="link-card-site"><img src="/online/link-picture/wide" width="16"`).lacks(t, "link-card-picture")

	b.ben.fetch("/online/unlink", "message", num(m.ID)).is(http.StatusForbidden)
	b.anna.fetch("/online/unlink", "message", num(m.ID)).part().lacks(t, "link-card")
	b.ben.get(path).part().lacks(t, "link-card", "edited")
	again := b.say(g.ID, 1, "see https://a.example/plan?x=1&y=2")
	b.anna.get("/online/message?id="+num(again.ID)).part().has(t, "link-card")
	if a := b.anna.post("/online/unlink", "message", num(again.ID)).is(http.StatusSeeOther); a.header.Get("Location") != "/online/chat"+num(g.ID) {
		t.Errorf("leads to %q", a.header.Get("Location"))
	}
	b.anna.get("/online/message?id="+num(again.ID)).part().lacks(t, "link-card")
	own := b.say(g.ID, 1, "https://portal.example.com/share/abc/")
	b.learn("https://portal.example.com/share/abc/", wide, g, own)
	b.anna.get("/online/message?id="+num(own.ID)).part().has(t, `href="https://portal.example.com/share/abc/">`)
}

func TestTheLinksBesideAConversation(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	m := b.say(g.ID, 2, "see https://www.a.example/the/plan/?x=1 and [url=https://b.example/%D0%BF]the letter[/url]")
	b.say(g.ID, 1, "https://c.example/x%E2%80%AEgpj")
	b.say(g.ID, 1, "[url=/company/]the people[/url]")
	b.learn("https://www.a.example/the/plan/?x=1", wide, g, m)
	side := b.anna.get("/online/side?dialog=chat" + num(g.ID) + "&tab=links").is(http.StatusOK)
	side.has(
		`href="https://www.a.example/the/plan/?x=1" target="_blank" rel="noopener noreferrer nofollow"><img class="link-face" src="/online/link-picture/wide"`,
		`<span class="list-title">The plan for the spring &amp; the summer</span><span class="list-sub">a.example/the/plan</span><span class="muted small">Ben Ode · `,
		`<span class="list-title">the letter</span><span class="list-sub">b.example/п</span>`,
		`<span class="list-title">c.example/x%E2%80%AEgpj</span><span class="muted small">Anna Berg · `,
		`href="/online/chat`+num(g.ID)+"?m="+num(m.ID)+`"`, "the people",
	)
	if n := strings.Count(side.body, "link-face"); n != 3 {
		t.Errorf("%d links are listed", n)
	}
	b.anna.get("/online/side?dialog=chat" + num(b.group("Empty", 1, 2).ID) + "&tab=links").is(http.StatusOK).has("No links yet.")
}

func (p part) has(t testing.TB, parts ...string) part {
	t.Helper()
	answer{t: t, body: p.HTML}.has(parts...)
	return p
}

func (p part) lacks(t testing.TB, parts ...string) part {
	t.Helper()
	answer{t: t, body: p.HTML}.lacks(parts...)
	return p
}

func TestAFewEmojiAreLarge(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	for text, want := range map[string]bool{"👍": true, "🎉 🎉 🎉": true, "🎉🎉🎉🎉": false, "👍 good": false} {
		html := b.anna.get("/online/message?id=" + num(b.say(g.ID, 2, text).ID)).part().HTML
		if got := strings.Contains(html, "msg-emoji"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// place is where a message stands in a page.
type place struct {
	ID  string
	Top int
}

// near reports whether two places are the same but for a pixel that rounding makes.
func (p place) near(o place) bool { return p.ID == o.ID && p.Top-o.Top <= 1 && o.Top-p.Top <= 1 }

// TestACardAppearsLive has cards come below messages in pages that are open: at the end the newest stays in sight, and further up what is
// read stays where it is.
func TestACardAppearsLive(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	g := b.group("Spring", 1, 2)
	for i := range 40 {
		b.say(g.ID, 1+int64(i%2), "Message number "+num(int64(i))+" of the day")
	}
	const address = "https://a.example/a-long-path/that-does-not-fit-into-a-line/of-a-phone?x=1"
	m := b.say(g.ID, 1, "Look at "+address)
	for i := range 4 {
		b.say(g.ID, 2, "After it "+num(int64(i)))
	}
	anna := b.anna.tab(t, br)
	anna.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	anna.do(chromedp.Navigate(anna.url + "/online/chat" + num(g.ID)))
	ben := b.ben.tab(t, br)
	ben.do(chromedp.EmulateViewport(1440, 900))
	ben.do(chromedp.Navigate(ben.url + "/online/chat" + num(g.ID)))
	for _, p := range []page{anna, ben} {
		p.until(`document.querySelector(".im-composer") && document.querySelector("#m` + num(m.ID) + `")`)
	}
	awaitStream(t, b, 1, 2)
	// Ben reads further up; Anna looks at the end.
	ben.run(`document.querySelector("[data-scroll]").scrollTop = -700`)
	const read = `(() => { const box = document.querySelector("[data-scroll]").getBoundingClientRect(); const li = [...document.querySelectorAll(".msg")].find((e) => e.getBoundingClientRect().top > box.top); return { id: li.id, top: Math.round(li.getBoundingClientRect().top) } })()`
	const end = `Math.round(document.querySelector(".msg:last-of-type").getBoundingClientRect().bottom)`
	before, last := eval[place](ben, read), eval[int](anna, end)

	b.learn(address, wide, g, m, 1, 2)
	const card = `document.querySelector(".link-card")`
	for _, p := range []page{anna, ben} {
		p.until(card)
	}
	if after := eval[place](ben, read); !after.near(before) {
		t.Errorf("what was read moved from %+v to %+v", before, after)
	}
	if after := eval[int](anna, end); after != last {
		t.Errorf("the end moved from %d to %d", last, after)
	}
	anna.until(card + `.querySelector("img").complete`)
	if w := eval[bool](anna, card+`.getBoundingClientRect().right <= 390 && document.documentElement.scrollWidth <= 390`); !w {
		t.Error("the card is wider than the phone")
	}
	if n := eval[int](ben, `document.querySelectorAll(".link-card-close").length`); n != 0 {
		t.Error("who did not send it can take the card away")
	}
	// Its author takes it away for everybody, with what a finger finds.
	if size := eval[string](anna, `(() => { const r = document.querySelector(".link-card-x").getBoundingClientRect(); return r.width + " " + r.height + " " + getComputedStyle(document.querySelector(".link-card-x .icon")).color })()`); !strings.HasPrefix(size, "44 44 rgb(") {
		t.Errorf("the button is of %s", size)
	}
	anna.run(card + `.querySelector(".link-card-close button").click()`)
	for _, p := range []page{anna, ben} {
		p.until("!" + card)
	}
	if after := eval[place](ben, read); !after.near(before) {
		t.Errorf("what was read moved from %+v to %+v when the card went", before, after)
	}
	// An edit with another address brings another card, one without takes it away.
	other := wide
	other.Title, other.Picture = "Another", ""
	b.links.mu.Lock()
	b.links.known["https://b.example"] = other
	b.links.mu.Unlock()
	b.anna.fetch("/online/edit", "message", num(m.ID), "text", "Look at https://b.example").is(http.StatusOK)
	anna.until(card + `?.querySelector(".link-card-title").innerText === "Another"`)
	b.anna.fetch("/online/edit", "message", num(m.ID), "text", "Look elsewhere").is(http.StatusOK)
	anna.until("!" + card)
}
