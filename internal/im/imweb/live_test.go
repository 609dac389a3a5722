package imweb_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
)

const (
	field = `.im-composer [data-text]`
	body  = `[...document.querySelectorAll(".msg:not(.msg-pending) [data-body]")].map((e) => e.textContent)`
)

// write types text into the open conversation and sends it.
func (p page) write(text string) {
	p.t.Helper()
	p.do(chromedp.WaitVisible(field), chromedp.SendKeys(field, text+kb.Enter))
}

func TestTwoPeopleTalk(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	anna := b.anna.open(t, br, "/online/2")
	ben := b.ben.open(t, br, "/online/")
	ready := `document.querySelector(".im") && document.querySelector("[data-find]")`
	anna.until(ready)
	ben.until(ready)
	// The streams are open before anything is said.
	awaitStream(t, b, 1, 2)

	anna.do(chromedp.SendKeys(field, "Hello"))
	anna.do(chromedp.SendKeys(field, " Ben"+kb.Enter))
	anna.until(body + `.includes("Hello Ben")`)
	anna.until(`document.querySelector("[data-outbox]").childElementCount === 0`)

	// Ben, who has the list open, sees the chat appear with a counter, in the rail and in the title as well.
	ben.until(`document.querySelector('.im-line[data-dialog="1"] [data-count]')?.textContent === "1"`)
	ben.until(`document.querySelector('[data-counter="messenger"]').textContent === "1" && document.title.startsWith("(1) ")`)
	ben.run(`document.querySelector('.im-line[data-dialog="1"]').click()`)
	ben.until(body + `.includes("Hello Ben") && location.pathname === "/online/1"`)
	// Looking at it is reading it; Anna's message then says so.
	ben.until(`document.querySelector('[data-counter="messenger"]').hidden && !/^\(/.test(document.title)`)
	anna.until(`document.querySelector(".msg-own.msg-seen")`)

	// Typing shows in the head, and the answer comes without a reload.
	anna.run(`window.stayed = true`)
	ben.do(chromedp.SendKeys(field, "Hi"))
	anna.until(`document.querySelector(".im-head [data-typing]").textContent === "Ben is typing…"`)
	ben.do(chromedp.SendKeys(field, kb.Enter))
	anna.until(body + `.at(-1) === "Hi" && window.stayed && document.querySelector(".im-head [data-typing]").hidden`)

	// A change and a deletion reach the other page too. ↑ opens one's own last message.
	ben.until(body + `.at(-1) === "Hi" && !document.querySelector(".msg-pending")`)
	ben.do(chromedp.SendKeys(field, kb.ArrowUp))
	ben.until(`document.querySelector("[data-context]").dataset.mode === "edit" && document.querySelector("` + field + `").value === "Hi"`)
	ben.do(chromedp.SendKeys(field, " Anna"+kb.Enter))
	anna.until(body + `.at(-1) === "Hi Anna"`)
	b.ben.fetch("/online/delete", "message", eval[string](anna, `document.querySelector(".msg:last-child").dataset.id`))
	anna.until(`document.querySelector(".msg:last-child").classList.contains("msg-deleted")`)
}

// TestRuns looks at how rows close up with those of the same author, whatever comes or changes, and at the tools of a row.
func TestRuns(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.System{})
	c := b.private(1, 2)
	send := func(author int64, text string) im.Message {
		t.Helper()
		m, err := b.im.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: author, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	send(1, "one")
	two := send(1, "two")
	anna := b.anna.open(t, browser(t), "/online/2")
	joined := func(want string) {
		t.Helper()
		anna.until(`[...document.querySelectorAll("[data-rows] > .msg")].map((li) => li.classList.contains("msg-joined") ? "+" : "-").join("") === "` + want + `"`)
	}
	joined("+-")
	awaitStream(t, b, 1)
	send(1, "three")
	joined("++-")
	send(2, "four")
	joined("++--")
	send(2, "five")
	joined("++-+-")
	b.anna.fetch("/online/edit", "message", num(two.ID), "text", "zwei")
	anna.until(body + `[1] === "zwei"`)
	joined("++-+-")

	anna.run(`document.getElementById("m` + num(two.ID) + `").querySelector(".bubble").dispatchEvent(new PointerEvent("pointerover", { bubbles: true }))`)
	anna.run(`document.getElementById("m` + num(two.ID) + `").querySelector("[data-deed=reply]").click()`)
	anna.until(`document.querySelector("[data-context]").dataset.mode === "reply"`)
}

func awaitStream(t *testing.T, b *bench, people ...int64) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for _, id := range people {
		for !b.live.Online(id) {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				t.Fatal("no live stream")
			}
		}
	}
}

func TestWordsAndButtons(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	c := b.private(1, b.bot)
	b.send(im.NewMessage{
		ChatID: c.ID, AuthorID: b.bot,
		Text: "Ask [send=what's burning]What's burning?[/send] or [put=/help me]help[/put]. " +
			"[url=https://portal.example.com/company/personal/user/1/tasks/task/view/72/]Task[/url] [user=2]Ben[/user]",
		Keyboard: attach.Keyboard{{Type: attach.TypeButton, Text: "Stop", Block: "Y", BotID: b.bot, Do: attach.Do{Command: "stop"}}},
	})
	p := b.anna.open(t, br, "/online/"+num(b.bot))
	p.do(chromedp.Click(".bb-send"))
	p.until(body + `.at(-1) === "what's burning"`)
	p.do(chromedp.Click(".bb-put"))
	p.until(`document.querySelector("` + field + `").value === "/help me"`)
	p.do(chromedp.Click(".keyboard-button"))
	p.until(body + `.at(-1) === "/stop" && document.querySelector(".keyboard-button").disabled`)

	// A link to a task, by another name of the portal, opens over the conversation; Esc closes it.
	p.do(chromedp.Click(".msg .bb-link"))
	p.until(`document.querySelector(".slider #task")?.textContent === "Task 72" && location.pathname.endsWith("/view/72/")`)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.until(`!document.querySelector(".slider") && location.pathname === "/online/` + num(b.bot) + `"`)
	p.do(chromedp.Click(".bb-user"))
	p.until(`location.pathname === "/online/2" && document.querySelector("[data-talk]").dataset.dialog === "2"`)
	p.do(chromedp.NavigateBack())
	p.until(`document.querySelector("[data-talk]").dataset.dialog === "` + num(b.bot) + `" && document.querySelector("` + field + `").value === "/help me"`)
}

func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	p := b.anna.open(t, br, "/online/2")
	p.do(chromedp.WaitVisible(field))
	p.until(`document.title.includes("Ben Ode")`)
	p.run(`window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError("offline"))`)
	p.write("Are you there?")
	p.until(`document.querySelector(".msg-refused [data-why]")?.textContent.includes("did not answer")`)
	p.run(`window.fetch = window.real; document.querySelector(".msg-refused [data-retry]").click()`)
	p.until(body + `.join() === "Are you there?" && !document.querySelector(".msg-pending")`)

	// The answer is lost although the portal has the message: trying again does not double it, neither does a reload.
	p.run(`window.fetch = async (...a) => { await window.real(...a); if (String(a[0]).includes("/send")) throw new TypeError("lost"); return window.real(...a) }`)
	p.write("Once")
	p.until(`document.querySelector(".msg-refused") || ` + body + `.at(-1) === "Once"`)
	p.do(chromedp.Reload())
	p.until(`document.title.includes("Ben Ode") && !document.querySelector(".msg-pending") && ` + body + `.join() === "Are you there?,Once"`)

	// A draft waits for its conversation.
	p.until(`document.title.includes("Ben Ode")`)
	p.do(chromedp.SendKeys(field, "half a thou"))
	p.do(chromedp.Navigate(p.url + "/online/3"))
	p.until(`document.title.includes("Cleo") && document.querySelector("` + field + `").value === ""`)
	p.do(chromedp.Navigate(p.url + "/online/2"))
	p.until(`document.querySelector("` + field + `").value === "half a thou"`)
}

func TestLongHistory(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	c := b.private(1, 2)
	var first int64
	for i := range 900 {
		m := b.say(c.ID, 1+int64(i/3%2), "message "+num(int64(i)))
		if i == 0 {
			first = m.ID
		}
	}
	if _, err := b.im.Read(t.Context(), 1, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	p := b.anna.open(t, br, "/online/2")
	p.until(body + `.at(-1) === "message 899" && document.title.includes("Ben")`)
	// What the person looks at stays where it is while older messages come in above it.
	// They are held back until the rows about the place have their real heights.
	p.run(`window.box = document.querySelector("[data-scroll]"); window.real = window.fetch
		window.gate = new Promise((open) => { window.openGate = open })
		window.fetch = async (...a) => { if (String(a[0]).includes("before=")) await gate; return real(...a) }
		window.frames4 = (f, n = 4) => requestAnimationFrame(() => (n ? frames4(f, n - 1) : f()))
		box.scrollTop = -(box.scrollHeight - box.clientHeight) + 300
		frames4(() => {
			window.mark = [...document.querySelectorAll(".msg")].find((m) => m.getBoundingClientRect().top > box.getBoundingClientRect().top)
			window.at = mark.getBoundingClientRect().top
			window.rows = document.querySelectorAll(".msg[data-id]").length
			openGate()
		})`)
	p.until(`window.rows && document.querySelectorAll(".msg[data-id]").length > rows`)
	p.run(`frames4(() => { window.moved = mark.getBoundingClientRect().top - at })`)
	p.until(`window.moved !== undefined`)
	if moved := eval[float64](p, `moved`); moved > 2 || moved < -2 {
		t.Errorf("what the person looked at moved by %v px", moved)
	}
	// Up to the beginning, with a page that does not grow without end.
	for eval[bool](p, `!document.getElementById("m`+num(first)+`")`) {
		p.run(`box.scrollTop = -box.scrollHeight; box.dispatchEvent(new Event("scroll"))`)
		p.until(`true`)
	}
	if n := eval[int](p, `document.querySelectorAll(".msg[data-id]").length`); n > 300 {
		t.Errorf("%d rows in the page", n)
	}
	// And down again, where the last row read stays in place whatever is added below it, until nothing is.
	p.run(`window.fetch = async (...a) => { if (String(a[0]).includes("after=")) await gate; return real(...a) }`)
	for eval[bool](p, body+`.at(-1) !== "message 899"`) {
		p.run(`window.gate = new Promise((open) => { window.openGate = open }); window.moved = undefined
			window.last = () => document.querySelector("[data-rows]").lastElementChild
			box.scrollTop = 0
			frames4(() => {
				window.mark = last()
				window.at = mark.getBoundingClientRect().bottom
				openGate()
			})`)
		p.until(`window.openGate && mark !== last() || last().innerText.includes("message 899\n")`)
		p.run(`frames4(() => { window.moved = mark.getBoundingClientRect().bottom - at }, 12)`)
		p.until(`window.moved !== undefined`)
		if moved := eval[float64](p, `mark === last() ? 0 : moved`); moved > 2 || moved < -2 {
			t.Fatalf("what the person looked at moved by %v px", moved)
		}
	}
	p.run(`box.scrollTop = -2000`)
	p.until(`!document.querySelector("[data-to-end]").hidden`)
	p.do(chromedp.Click("[data-to-end]"))
	p.until(body + `.at(-1) === "message 899" && box.scrollTop > -10`)
}

func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	b.say(b.private(1, 3).ID, 3, "from Cleo")
	b.say(b.private(1, 2).ID, 2, "from Ben")
	p := b.anna.tab(t, br)
	p.do(chromedp.EmulateViewport(1440, 900))
	p.do(chromedp.Navigate(p.url + "/online/"))
	p.until(`document.querySelector('.im-line[data-dialog="2"]') && document.title.startsWith("(2)")`)
	key := func(keys string) { p.t.Helper(); p.do(chromedp.KeyEvent(keys)) }
	key("j")
	p.until(`document.activeElement.dataset.dialog === "2"`)
	key("j")
	p.until(`document.activeElement.dataset.dialog === "3"`)
	key(kb.Enter)
	p.until(`location.pathname === "/online/3" && ` + body + `.at(-1) === "from Cleo" && document.activeElement.matches("` + field + `")`)
	key(kb.Escape)
	p.until(`document.activeElement.dataset.dialog === "3"`)
	key("k")
	p.until(`document.activeElement.dataset.dialog === "2"`)
	key("i")
	p.until(`document.querySelector(".pane-side").hidden`)
	key("/")
	p.until(`document.activeElement.matches("[data-find]")`)
	p.run(`document.activeElement.value = ""`) // the protocol types the "/" although the page took it
	key("report")
	p.until(`document.querySelector("[data-found] .im-line")?.textContent.includes("Report")`)
	key(kb.Enter)
	p.until(`location.pathname === "/online/` + num(b.bot) + `" && document.querySelector("[data-lines]").checkVisibility()`)
	// The details stay closed on the next page too.
	p.do(chromedp.Reload())
	p.until(`document.readyState === "complete" && document.querySelector(".pane-side").hidden`)
}

func TestPhone(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	b.say(b.private(1, 2).ID, 2, "from Ben")
	p := b.anna.tab(t, br)
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
	p.do(chromedp.Navigate(p.url + "/online/"))
	p.until(`document.title.startsWith("(1)")`)
	shown := func(list, main, side bool) {
		t.Helper()
		for pane, want := range map[string]bool{"list": list, "main": main, "side": side} {
			p.until(`document.querySelector(".pane-` + pane + `").checkVisibility() === ` + map[bool]string{true: "true", false: "false"}[want])
		}
		if w := eval[int](p, `document.documentElement.scrollWidth`); w > 390 {
			t.Errorf("the page is %d px wide", w)
		}
	}
	shown(true, false, false)
	p.do(chromedp.Click(`.im-line[data-dialog="2"]`))
	shown(false, true, false)
	p.do(chromedp.Click(`.im-head .im-who`))
	shown(false, false, true)
	p.do(chromedp.Click(`[data-side-close]`))
	shown(false, true, false)
	p.do(chromedp.Click(`[data-list]`))
	shown(true, false, false)
	p.do(chromedp.NavigateBack())
	shown(false, true, false)
}

// The keyboard alone reaches every message and what can be done to it.
func TestMessagesByKeyboard(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	g := b.group("Spring", 1, 2, 3)
	b.say(g.ID, 2, "first")
	b.say(g.ID, 2, "second")
	b.say(g.ID, 1, "mine")
	p := b.anna.tab(t, br)
	p.do(chromedp.EmulateViewport(1440, 900))
	p.do(chromedp.Navigate(p.url + "/online/chat" + num(g.ID)))
	p.until(`document.title.startsWith("Spring") && document.activeElement.matches("` + field + `")`)
	key := func(keys string, mod ...chromedp.KeyOption) { p.t.Helper(); p.do(chromedp.KeyEvent(keys, mod...)) }
	// press is a key without the character that the protocol types after it, wherever the focus is then.
	press := func(key string) {
		p.t.Helper()
		p.run(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "` + key + `", bubbles: true, cancelable: true }))`)
	}
	chosen := func(text string) {
		t.Helper()
		p.until(`document.activeElement.matches(".msg") && document.activeElement.innerText.includes("` + text + `")`)
	}
	key(kb.ArrowUp, chromedp.KeyModifiers(kb.ModifierCtrl))
	chosen("mine")
	key(kb.ArrowUp)
	chosen("second")
	key("k")
	chosen("first")
	press("r")
	p.until(`document.querySelector("[data-context]").dataset.mode === "reply" && document.activeElement.matches("` + field + `")`)
	p.do(chromedp.SendKeys(field, "an answer to @Cl"))
	p.until(`document.querySelector('.im-option[aria-selected="true"]')?.dataset.person === "3"`)
	p.do(chromedp.SendKeys(field, kb.Enter))
	p.until(`document.querySelector("` + field + `").value.trim() === "an answer to @Cleo Marsh" && document.querySelector("[data-suggest]").hidden`)
	p.do(chromedp.SendKeys(field, kb.Enter))
	p.until(`document.querySelector(".msg:last-child .msg-reply")?.innerText.includes("first") && document.querySelector(".msg:last-child .bb-user")?.textContent === "Cleo Marsh"`)
	if m := b.last(g.ID); m.Text != "an answer to [USER=3]Cleo Marsh[/USER]" {
		t.Errorf("sent as %q", m.Text)
	}

	// Bold by Ctrl B, an emoji by its name, and by the picker.
	p.do(chromedp.SendKeys(field, "now"))
	p.run(`document.querySelector("` + field + `").setSelectionRange(0, 3)`)
	key("b", chromedp.KeyModifiers(kb.ModifierCtrl))
	p.until(`document.querySelector("` + field + `").value === "[b]now[/b]"`)
	key(kb.End)
	p.do(chromedp.SendKeys(field, " :rock"))
	p.until(`document.querySelector('.im-option[aria-selected="true"]')?.dataset.insert === "🚀"`)
	p.do(chromedp.SendKeys(field, kb.Tab))
	p.until(`document.querySelector("` + field + `").value === "[b]now[/b] 🚀 "`)
	p.do(chromedp.SendKeys(field, kb.Enter))
	p.until(`document.querySelector(".msg:last-child [data-body]")?.innerHTML === "<b>now</b> 🚀"`)

	// A quote, a change and a deletion that is undone.
	key(kb.ArrowUp, chromedp.KeyModifiers(kb.ModifierCtrl))
	chosen("now")
	for _, text := range []string{"an answer", "mine"} {
		key(kb.ArrowUp)
		chosen(text)
	}
	press("e")
	p.until(`document.querySelector("[data-context]").dataset.mode === "edit" && document.querySelector("` + field + `").value === "mine"`)
	p.do(chromedp.SendKeys(field, " indeed"+kb.Enter))
	p.until(body + `.includes("mine indeed")`)
	key(kb.ArrowUp, chromedp.KeyModifiers(kb.ModifierCtrl))
	press("q")
	p.until(`document.querySelector("` + field + `").value === ">>[b]Anna Berg[/b]\n>>now 🚀\n"`)
	p.run(`document.querySelector("` + field + `").value = ""`)
	key(kb.ArrowUp, chromedp.KeyModifiers(kb.ModifierCtrl))
	chosen("now")
	key(kb.Delete)
	p.until(`document.querySelector(".msg-leaving") && document.querySelector(".toast button")?.textContent === "Undo"`)
	p.do(chromedp.Click(`.toast button`))
	p.until(`!document.querySelector(".msg-leaving") && ` + body + `.at(-1) === "now 🚀"`)

	// The menu by M, closed by Esc.
	key(kb.ArrowUp, chromedp.KeyModifiers(kb.ModifierCtrl))
	chosen("now")
	press("m")
	p.until(`document.querySelector("#im-menu:popover-open")?.contains(document.activeElement)`)
	key(kb.Escape)
	p.until(`!document.querySelector("#im-menu:popover-open")`)
}
