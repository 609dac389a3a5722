package imweb_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// TestAPhoneAndADesk walks two people through what can be done with messages: Anna on a phone, Ben at a desk.
func TestAPhoneAndADesk(t *testing.T) {
	t.Parallel()
	br := browser(t)
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { walk(t, newBenchOn(t, clock.System{}, d, nil), br) })
}

// rowOf is the row of the message whose text begins so.
func rowOf(text string) string {
	return `[...document.querySelectorAll(".msg[data-id]")].find((m) => m.querySelector("[data-body]")?.innerText.startsWith("` + text + `"))`
}

// choose opens the menu of a message as a finger does, and takes an item of it.
func (p page) choose(text, item string) {
	p.t.Helper()
	p.until(rowOf(text) + `?.querySelector("[data-more]")`) // the portal has it
	p.run(`window.bubble = ` + rowOf(text) + `.querySelector(".bubble"); bubble.scrollIntoView({ block: "center" })
		const r = bubble.getBoundingClientRect()
		window.finger = (type) => bubble.dispatchEvent(new PointerEvent(type, { pointerType: "touch", bubbles: true, clientX: r.left + 8, clientY: r.top + 8 }))
		finger("pointerdown")`)
	p.until(`document.querySelector(".msg-held")`)
	p.run(`finger("pointerup")`)
	p.until(`document.querySelector("#im-menu:popover-open")?.dataset.row === ` + rowOf(text) + `.id`)
	p.run(`document.querySelector('#im-menu ` + item + `').click()`)
	p.until(`!document.querySelector("#im-menu:popover-open")`)
}

func walk(t *testing.T, b *bench, br context.Context) {
	g := b.group("Spring", 1, 2)
	b.say(g.ID, 2, "Shall we?")
	anna := b.anna.tab(t, br)
	anna.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	anna.do(chromedp.Navigate(anna.url + "/online/chat" + num(g.ID)))
	ben := b.ben.tab(t, br)
	ben.do(chromedp.EmulateViewport(1440, 900))
	ben.do(chromedp.Navigate(ben.url + "/online/chat" + num(g.ID)))
	for _, p := range []page{anna, ben} {
		p.until(`document.title.includes("Spring") && document.querySelector(".im-composer")`)
	}
	awaitStream(t, b, 1, 2)

	anna.choose("Shall we?", `[data-code="like"]`)
	ben.until(`document.querySelector('.reaction[data-code="like"]')?.ariaLabel.includes("Anna Berg")`)
	ben.run(`document.querySelector('.reaction[data-code="like"]').click()`)
	anna.until(`document.querySelector('.reaction[data-code="like"]')?.innerText.includes("2")`)

	anna.choose("Shall we?", `[data-do="reply"]`)
	anna.until(`document.querySelector("[data-context]").dataset.mode === "reply"`)
	anna.write("Yes, let us")
	ben.until(rowOf("Yes, let us") + `?.querySelector(".msg-reply")?.innerText.includes("Shall we?")`)

	anna.choose("Yes, let us", `[data-do="pin"]`)
	ben.until(`document.querySelector(".im-pin")?.innerText.includes("Yes, let us")`)
	ben.run(`document.querySelector('[data-tab="pins"]').click()`)
	ben.until(`document.querySelector(".im-pinned")?.innerText.includes("Yes, let us")`)

	anna.choose("Yes, let us", `[data-do="edit"]`)
	anna.until(`document.querySelector("[data-context]").dataset.mode === "edit"`)
	anna.write(" go")
	ben.until(rowOf("Yes, let us go"))

	// A file, with a few words; both see it, and it is among the files of the chat.
	path := filepath.Join(t.TempDir(), "plan.txt")
	if err := os.WriteFile(path, []byte("a plan"), 0o600); err != nil {
		t.Fatal(err)
	}
	ben.do(chromedp.SetUploadFiles("[data-files]", []string{path}))
	ben.until(`document.querySelector(".im-tray-item")?.innerText.includes("plan.txt")`)
	ben.write("The plan")
	anna.until(rowOf("The plan") + `?.querySelector(".msg-file")?.innerText.includes("6 B")`)
	ben.until(`document.querySelector("[data-tray]").hidden && !document.querySelector(".msg-pending")`)

	// Passed on to Cleo, from the phone.
	anna.choose("The plan", `[data-do="forward"]`)
	anna.until(`document.querySelector(".slider [data-pick-query]")`)
	anna.do(chromedp.SendKeys(".slider [data-pick-query]", "cleo"))
	anna.until(`document.querySelector('.slider input[name="to"][value="3"]')`)
	anna.run(`document.querySelector('.slider input[name="to"][value="3"]').click(); document.querySelector('.slider form').requestSubmit()`)
	anna.until(`!document.querySelector(".slider") && document.querySelector(".toast")?.innerText.includes("Forwarded to 1 chat")`)
	if c, err := b.im.Resolve(t.Context(), "3", 1); err != nil || b.last(c.ID).Extra.Forward == nil {
		t.Errorf("nothing was passed on: %+v, %v", c, err)
	}

	// What is begun on the phone goes on at the desk.
	anna.do(chromedp.SendKeys(field, "half a thou"))
	desk := b.anna.tab(t, br)
	desk.do(chromedp.EmulateViewport(1440, 900))
	anna.until(`localStorage.getItem("im:draft:1:chat` + num(g.ID) + `") === null`)
	desk.do(chromedp.Navigate(desk.url + "/online/chat" + num(g.ID)))
	desk.until(`document.querySelector("` + field + `")?.value === "half a thou"`)

	// Found again, and opened at its place.
	desk.do(chromedp.Navigate(desk.url + "/online/search?chat=chat" + num(g.ID)))
	desk.until(`document.querySelector(".slider [data-search]")`)
	desk.do(chromedp.SendKeys(".slider [name=q]", "shal"))
	desk.until(`document.querySelector(".slider .im-hit mark")?.innerText === "Shall"`)
	desk.run(`document.querySelector(".slider .im-hit").click()`)
	desk.until(`location.search.startsWith("?m=") && ` + rowOf("Shall we?"))

	if w := eval[int](anna, `document.documentElement.scrollWidth`); w > 390 {
		t.Errorf("the page is %d px wide on the phone", w)
	}
	for _, m := range []string{".im-composer .button", ".im-head .button"} {
		if n := eval[float64](anna, `Math.min(...[...document.querySelectorAll("`+m+`")].filter((e) => e.checkVisibility()).map((e) => Math.min(e.offsetHeight, e.offsetWidth)))`); n < 36 {
			t.Errorf("%s is %v px on the phone", m, n)
		}
	}
}

// TestScrollingShiftsNothing reads up through a long chat with pictures in it.
func TestScrollingShiftsNothing(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	c := b.private(1, 2)
	for i := range 400 {
		text := "message " + num(int64(i))
		if i%7 == 0 {
			text += "\nwith a second line\nand a third one"
		}
		b.say(c.ID, 1+int64(i/3%2), text)
	}
	if _, err := b.im.Read(t.Context(), 1, c.ID, 0); err != nil {
		t.Fatal(err)
	}
	p := b.anna.tab(t, br)
	p.do(chromedp.EmulateViewport(1440, 900))
	p.do(chromedp.Navigate(p.url + "/online/2"))
	p.until(`document.title.includes("Ben Ode") && ` + body + `.at(-1).startsWith("message 399")`)
	// Whatever is in sight moves with the wheel and by nothing else, from frame to frame; the page itself stays small.
	p.run(`window.most = 0
		window.jumps = []
		const box = document.querySelector("[data-scroll]")
		let mark, at
		const up = () => {
			const rows = [...document.querySelectorAll(".msg[data-id]")]
			window.most = Math.max(window.most, rows.length)
			if (mark?.isConnected) {
				const by = mark.getBoundingClientRect().top - at
				if (by < -2 || by > 62) window.jumps.push(mark.id + " " + by)
			}
			if (rows[0].innerText.includes("message 0\n") && box.scrollTop <= -(box.scrollHeight - box.clientHeight) + 2) return (window.there = true)
			const middle = box.getBoundingClientRect().top + box.clientHeight / 2
			mark = rows.find((r) => r.getBoundingClientRect().bottom > middle)
			at = mark.getBoundingClientRect().top
			box.scrollTop -= 60
			requestAnimationFrame(up)
		}
		up()`)
	p.until(`window.there`)
	if most := eval[int](p, `window.most`); most > 300 {
		t.Errorf("up to %d rows were in the page", most)
	}
	if jumps := eval[string](p, `window.jumps.join("; ")`); jumps != "" {
		t.Errorf("what was in sight jumped: %s", jumps)
	}
}

// TestThePageSettlesAtOnce opens a conversation and waits for what may still move.
func TestThePageSettlesAtOnce(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	c := b.private(1, 2)
	for i := range 30 {
		b.say(c.ID, 1+int64(i%2), "message "+num(int64(i))+" of a few words")
	}
	p := b.anna.tab(t, br)
	p.do(chromedp.EmulateViewport(1440, 900))
	p.do(chromedp.Navigate(p.url + "/online/2"))
	p.until(`document.title.includes("Ben Ode") && document.querySelector(".im-composer")`)
	p.run(`window.shift = 0
		window.moved = []
		new PerformanceObserver((l) => {
			for (const e of l.getEntries()) {
				window.shift += e.value
				window.moved.push(...e.sources.map((s) => [e.value.toFixed(3), s.node?.id, s.node?.className, JSON.stringify(s.previousRect), JSON.stringify(s.currentRect)].join(" ")))
			}
		}).observe({ type: "layout-shift", buffered: true })
		const later = (n) => requestAnimationFrame(() => (n ? later(n - 1) : (window.settled = true)))
		later(20)`)
	p.until(`window.settled`)
	if shift := eval[float64](p, `window.shift`); shift > 0.01 {
		t.Errorf("the page shifted by %v: %s", shift, eval[string](p, `window.moved.join("; ")`))
	}
}
