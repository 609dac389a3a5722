package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
)

// step is something that Ann does, and what she and Bob see of it.
type step struct {
	name   string
	does   func()
	mine   string // scripts; empty: nothing to look for
	theirs string
}

// pair is Ann and Bob, each with a browser of their own, and a group of theirs in which Carol is as well.
type pair struct {
	*site
	ann, bob *tab
	group    im.Chat
}

func newPair(t *testing.T, flags ...string) *pair {
	t.Helper()
	browser := browsertest.Start(t, flags...)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	p := &pair{site: s, ann: newTab(t, browser, "ann", s.url), bob: newTab(t, browser, "bob", s.url)}
	var err error
	if p.group, err = s.portal.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: s.admin.ID, Title: "Fair", MemberIDs: []int64{s.bob.ID, s.carol.ID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.portal.IM.OpenPrivate(t.Context(), s.admin.ID, s.bob.ID); err != nil {
		t.Fatal(err)
	}
	p.ann.signIn("admin", password)
	p.bob.signIn("bob", password)
	return p
}

// say has Bob write into the group.
func (p *pair) say(text string) {
	p.t.Helper()
	if _, err := p.portal.IM.Send(p.t.Context(), im.NewMessage{ChatID: p.group.ID, AuthorID: p.site.bob.ID, Text: text}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pair) path() string { return "/online/chat" + strconv.FormatInt(p.group.ID, 10) }

// walk does the steps one after the other.
func (p *pair) walk(steps []step) {
	p.t.Helper()
	for _, s := range steps {
		p.clock.Advance(time.Second) // a row is as old as its last change
		s.does()
		if s.mine != "" {
			p.ann.until(s.name, s.mine)
		}
		if s.theirs != "" {
			p.bob.until(s.name+", as Bob sees it", s.theirs)
		}
	}
	for _, b := range []*tab{p.ann, p.bob} {
		if faults := b.complaints(); len(faults) > 0 {
			p.t.Errorf("the page of %s complained of %q", b.name, faults)
		}
	}
}

// codes are the keys that are no characters, with their number in Windows and what they write.
var codes = map[string]struct {
	code int64
	text string
}{
	"Enter": {13, "\r"}, "Escape": {27, ""}, "Tab": {9, ""}, "ArrowUp": {38, ""}, "ArrowDown": {40, ""}, "End": {35, ""}, "Delete": {46, ""}, "Space": {32, " "},
}

// key strikes a key as a hand does: a page that takes it keeps it from writing. "Ctrl+" may stand before its name.
func (b *tab) key(names ...string) {
	b.t.Helper()
	for _, name := range names {
		short, ctrl := strings.CutPrefix(name, "Ctrl+")
		p := input.DispatchKeyEventParams{Type: "keyDown", Key: short}
		special, ok := codes[short]
		switch {
		case ok:
			p.WindowsVirtualKeyCode, p.Text, p.Code = special.code, special.text, short
			if short == "Space" {
				p.Key = " "
			}
		case ctrl:
			p.WindowsVirtualKeyCode = int64(strings.ToUpper(short)[0])
		default:
			p.Text = short
		}
		if ctrl {
			p.Modifiers, p.Text = 2, ""
		}
		for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
			if p.Type = kind; kind == "keyUp" {
				p.Text = ""
			}
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
				b.fail("key "+name, err)
			}
		}
	}
}

// write writes a text with the keyboard, where the cursor is.
func (b *tab) write(text string) {
	b.t.Helper()
	for _, r := range text {
		b.key(string(r))
	}
}

// tabTo goes on with Tab until an element has the focus.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	here := fmt.Sprintf(`!!document.activeElement?.matches(%q)`, selector)
	for range 80 {
		if evaluate[bool](b, here) {
			return
		}
		b.key("Tab")
	}
	b.t.Fatalf("%s cannot be reached with Tab", selector)
}

const (
	inField = `document.activeElement?.matches("textarea[name=text]")`
	last    = `[...document.querySelectorAll(".msg[data-id]")].at(-1)`
)

// on is a script: the message that begins so has the focus.
func on(text string) string {
	return fmt.Sprintf(`document.activeElement?.matches(".msg") && document.activeElement.innerText.includes(%q)`, text)
}

// TestMessengerByKeyboard has Ann do everything that one does with messages without a mouse.
func TestMessengerByKeyboard(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	a := p.ann
	p.say("Shall we?")
	p.bob.open(p.path())
	p.bob.until("the group", `document.title.includes("Fair")`)
	a.open("/online/")
	a.until("the list", `document.title.startsWith("(1)") && !!document.querySelector(".im-line [data-count]")`)
	toMessages := func(up int, words string) {
		a.key("Ctrl+ArrowUp")
		for range up {
			a.key("ArrowUp")
		}
		a.until("the focus on "+words, on(words))
	}
	plan := filepath.Join(t.TempDir(), "plan.txt")
	if err := os.WriteFile(plan, []byte("a plan"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.walk([]step{
		{"help", func() { a.key("?") }, `document.querySelector("#keys[open]")?.innerText.includes("To the next chat with something new")`, ""},
		{"close it", func() { a.key("Escape") }, `!document.querySelector("#keys[open]")`, ""},
		{"to what is unread", func() { a.key("u") }, `document.title.includes("Fair") && ` + inField, ""},
		{"write", func() { a.write("Good morning"); a.key("Enter") }, said("Good morning"), said("Good morning")},
		{"edit", func() {
			a.until("it to be sent", `!document.querySelector(".msg-pending")`)
			a.key("ArrowUp")
			a.until("the text", `document.querySelector("textarea[name=text]").value === "Good morning"`)
			a.write(" all")
			a.key("Enter")
		}, said("Good morning all"), said("Good morning all") + ` && ` + last + `.innerText.includes("edited")`},
		{"reply", func() {
			toMessages(1, "Shall we?")
			a.key("r")
			a.until("the field", inField)
			a.write("Yes")
			a.key("Enter")
		}, "", last + `.querySelector(".msg-reply")?.innerText.includes("Shall we?") && ` + said("Yes")},
		{"react", func() {
			a.until("it to be sent", `!document.querySelector(".msg-pending")`)
			toMessages(0, "Yes")
			a.key("+")
		}, "", last + `.querySelector('.reaction[data-code="like"]')?.ariaLabel.includes("Ann Archer")`},
		{"pin", func() { a.key("p") }, "", `document.querySelector(".im-pin")?.innerText.includes("Yes")`},
		{"quote", func() {
			toMessages(2, "Shall we?")
			a.key("q")
			a.until("the quote", `document.querySelector("textarea[name=text]").value.startsWith(">>")`)
			a.write("I agree")
			a.key("Enter")
		}, "", last + `.querySelector("blockquote")?.innerText.includes("Shall we?") && ` + last + `.innerText.includes("I agree")`},
		{"mention", func() {
			a.write("@Bo")
			a.until("Bob", `document.querySelector("[data-suggest] [aria-selected=true]")?.innerText.includes("Bob Brown")`)
			a.key("Enter")
			a.write("look")
			a.key("Enter")
		}, "", last + `.matches(".msg-named") && ` + last + `.innerText.includes("Bob Brown look")`},
		{"forward", func() {
			a.until("it to be sent", `!document.querySelector(".msg-pending")`)
			toMessages(0, "look")
			a.key("f")
			a.until("the form", `document.activeElement?.matches(".slider [data-pick-query]")`)
			a.write("carol")
			a.until("Carol", `document.querySelectorAll('.slider input[name="to"]').length === 1`)
			a.key("Enter", "Ctrl+Enter")
		}, `!document.querySelector(".slider") && [...document.querySelectorAll(".toast")].some((x) => x.innerText.includes("Forwarded to 1 chat"))`, ""},
		{"delete", func() {
			a.key("Escape")
			a.until("the field", inField)
			a.write("Oops")
			a.key("Enter")
			a.until("it", said("Oops")+` && !document.querySelector(".msg-pending")`)
			toMessages(0, "Oops")
			a.key("Delete")
		}, `!!document.querySelector(".msg-leaving")`, ""},
		{"attach", func() {
			a.key("c")
			a.until("the field", inField)
			a.tabTo(".im-head [data-key=s]")
			a.tabTo("[data-files]")
			a.do("choose", chromedp.SetUploadFiles(chromedp.CSS("[data-files]"), []string{plan}))
			a.until("the tray", `document.querySelector(".im-tray-there")?.innerText.includes("plan.txt")`)
			a.until("the field", inField)
			a.key("Enter")
		}, "", `document.querySelector(".msg-file")?.innerText.includes("plan.txt")`},
		{"mute", func() { a.tabTo(`.im-mark`); a.tabTo(`form:has([value=mute]) .im-mark`); a.key("Enter") }, `document.querySelector('form:has([value=mute]) .im-mark')?.innerText === "Unmute" && !!document.querySelector('.im-line[aria-current] [aria-label="Muted"]')`, ""},
		{"draft", func() {
			a.key("c")
			a.until("the field", inField)
			a.write("half a thou")
			a.key("Escape")
			a.until("the list", `document.activeElement?.matches(".im-line[aria-current]")`)
			a.key("j")
			a.until("the next", `document.activeElement?.matches(".im-line:not([aria-current])")`)
			a.key("Enter")
		}, `!document.title.includes("Fair") && document.querySelector('.im-line[data-dialog="chat` + strconv.FormatInt(p.group.ID, 10) + `"] .im-draft')?.textContent.includes("Draft")`, ""},
		{"the deletion at last", func() {}, "", `!` + said("Oops")},
		{"what came meanwhile", func() {
			for i := range 40 {
				p.say("Line " + strconv.Itoa(i))
			}
			a.until("the count", `document.querySelector('.im-line[data-dialog^=chat] [data-count]')?.textContent === "40"`)
			a.key("Escape", "u")
		}, `document.title.includes("Fair") && document.querySelector("textarea[name=text]").value === "half a thou" && document.querySelector(".msg-unread")?.innerText.includes("Line 0")`, ""},
		{"the newest", func() { a.key("Ctrl+ArrowUp"); a.until("a message", on("Line")); a.key("End") }, `document.querySelector("[data-scroll]").scrollTop > -10`, ""},
		{"the first new one", func() { a.key("n") }, `(document.querySelector(".msg-unread").getBoundingClientRect().top - document.querySelector("[data-scroll]").getBoundingClientRect().top) < 60`, ""},
		{"search here", func() {
			a.key("s")
			a.until("the search", `document.activeElement?.matches(".slider [name=q]")`)
			a.write("shall from:bob")
			a.until("the hit", `document.querySelectorAll(".slider .im-hit mark").length === 1`)
			a.key("ArrowDown")
			a.until("the focus on it", `document.activeElement?.matches(".slider .im-hit")`)
			a.key("Enter")
		}, `location.search.startsWith("?m=") && ` + said("Shall we?") + ` && !document.querySelector(".slider") && ` + inField, ""},
		{"search everywhere", func() {
			a.key("Ctrl+k")
			a.until("the palette", `!!document.querySelector("#palette[open]")`)
			a.write("line 7")
			a.until("the hit", `document.querySelector("#palette [aria-selected=true]")?.innerText.includes("Line 7")`)
			a.key("Enter")
		}, said("Line 7") + ` && location.search.startsWith("?m=") && !document.querySelector("#palette[open]")`, ""},
	})
}

// TestMessengerOnAPhone has Ann do the same with her fingers, at 390 px.
func TestMessengerOnAPhone(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	a := p.ann
	for _, text := range []string{"Shall we?", "Tomorrow?"} {
		p.say(text)
	}
	p.bob.open(p.path())
	p.bob.until("the group", `document.title.includes("Fair")`)
	a.do("a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	a.open("/online/")
	a.see(".im-line")
	send := func(text string) {
		a.fill(`textarea[name=text]`, text)
		a.click(`[data-composer] .im-send`)
	}
	plan := filepath.Join(t.TempDir(), "plan.txt")
	if err := os.WriteFile(plan, []byte("a plan"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.walk([]step{
		{"open", func() { a.click(`.im-line[data-dialog^=chat]`) }, `document.title.includes("Fair") && !document.querySelector(".pane-list").checkVisibility()`, ""},
		{"write", func() { send("Good morning") }, `!document.querySelector(".msg-pending") && ` + said("Good morning"), said("Good morning")},
		{"edit", func() { a.hold("Good morning", `[data-do=edit]`); send(" all") }, said("Good morning all"), said("Good morning all")},
		{"reply", func() { a.hold("Shall we?", `[data-do=reply]`); send("Yes") }, "", last + `.querySelector(".msg-reply")?.innerText.includes("Shall we?")`},
		{"quote", func() { a.hold("Shall we?", `[data-do=quote]`); send("I agree") }, "", last + `.querySelector("blockquote")?.innerText.includes("Shall we?")`},
		{"mention", func() { a.fill(`textarea[name=text]`, "@Bo"); a.click(`[data-suggest] [role=option]`); send("look") }, "", last + `.matches(".msg-named")`},
		{"react", func() { a.hold("Tomorrow?", `[data-code="like"]`) }, "", `document.querySelector('.reaction[data-code="like"]')?.ariaLabel.includes("Ann Archer")`},
		{"pin", func() { a.hold("Tomorrow?", `[data-do=pin]`) }, `document.querySelector(".im-pin")?.innerText.includes("Tomorrow?")`, `document.querySelector(".im-pin")?.innerText.includes("Tomorrow?")`},
		{"forward", func() {
			a.hold("Tomorrow?", `[data-do=forward]`)
			a.fill(`.slider [data-pick-query]`, "carol")
			a.until("Carol", `document.querySelectorAll('.slider input[name="to"]').length === 1`)
			a.click(`.slider input[name="to"]`)
			a.click(`.slider .button-primary`)
		}, `!document.querySelector(".slider") && [...document.querySelectorAll(".toast")].some((x) => x.innerText.includes("Forwarded to 1 chat"))`, ""},
		{"attach", func() {
			a.do("choose", chromedp.SetUploadFiles(chromedp.CSS("[data-files]"), []string{plan}))
			a.until("the tray", `!!document.querySelector(".im-tray-there")`)
			a.click(`[data-composer] .im-send`)
		}, "", `document.querySelector(".msg-file")?.innerText.includes("plan.txt")`},
		{"delete", func() { a.hold("Good morning all", `[data-do=delete]`) }, `!!document.querySelector(".msg-leaving")`, `!` + said("Good morning all")},
		{"mute", func() { a.click(`.im-head .im-who`); a.click(`form:has([value=mute]) .im-mark`) }, `document.querySelector('form:has([value=mute]) .im-mark')?.innerText === "Unmute"`, ""},
		{"draft", func() {
			a.click(`[data-side-close]`)
			a.fill(`textarea[name=text]`, "half a thou")
			a.click(`[data-list]`)
		}, `document.querySelector('.im-line[data-dialog^=chat] .im-draft')?.textContent.includes("Draft")`, ""},
		{"what came meanwhile", func() {
			for i := range 40 {
				p.say("Line " + strconv.Itoa(i))
			}
			a.until("the count", `document.querySelector('.im-line[data-dialog^=chat] [data-count]')?.textContent === "40"`)
			a.click(`.im-line[data-dialog^=chat]`)
		}, `document.querySelector("textarea[name=text]")?.value === "half a thou" && document.querySelector(".msg-unread")?.innerText.includes("Line 0")`, ""},
		{"the newest", func() { a.click(`[data-to-end]`) }, `document.querySelector("[data-scroll]").scrollTop > -10`, ""},
		{"the first new one", func() { a.click(`[data-to-unread]`) }, `(document.querySelector(".msg-unread").getBoundingClientRect().top - document.querySelector("[data-scroll]").getBoundingClientRect().top) < 60`, ""},
		{"search", func() {
			a.click(`.im-head [data-key=s]`)
			a.fill(`.slider [name=q]`, "shall")
			a.click(`.slider .im-hit`)
		}, `location.search.startsWith("?m=") && ` + said("Shall we?"), ""},
	})
	a.fits("the conversation on a phone")
	a.shot("messenger-phone")
}

// hold keeps a finger on a message until its menu is there, and takes an item.
func (b *tab) hold(text, item string) {
	b.t.Helper()
	row := fmt.Sprintf(`[...document.querySelectorAll(".msg[data-id]")].find((m) => m.querySelector("[data-body]")?.innerText.startsWith(%q))`, text)
	b.until("the message "+text, "!!"+row)
	evaluate[bool](b, `(() => {
		const bubble = `+row+`.querySelector(".bubble")
		bubble.scrollIntoView({ block: "center" })
		const r = bubble.getBoundingClientRect()
		window.finger = (type) => bubble.dispatchEvent(new PointerEvent(type, { pointerType: "touch", bubbles: true, clientX: r.left + 8, clientY: r.top + 8 }))
		finger("pointerdown")
		return true
	})()`)
	b.until("the message to be held", `!!document.querySelector(".msg-held")`)
	evaluate[bool](b, `(finger("pointerup"), true)`)
	b.click(`#im-menu:popover-open ` + item)
	b.until("the menu to close", `!document.querySelector("#im-menu:popover-open")`)
}
