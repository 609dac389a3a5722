package imweb_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/portico-hq/portico/internal/clock"
)

// TestAMessageOfWhichNothingIsLeft empties a message that is changed: the form says that it deletes it, Esc keeps it, Enter deletes it,
// and that can be undone.
func TestAMessageOfWhichNothingIsLeft(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	c := b.private(1, 2)
	m := b.say(c.ID, 1, "a slip")
	p := b.anna.open(t, br, "/online/2")
	p.until(`document.title.includes("Ben Ode") && document.activeElement.matches("` + field + `")`)
	shown := func(selector string) string {
		return `document.querySelector(".im-composer ` + selector + `").checkVisibility()`
	}
	empty := func() {
		p.do(chromedp.SendKeys(field, kb.ArrowUp))
		p.until(`document.querySelector("` + field + `").value === "a slip" && ` + shown(".im-send") + ` && !` + shown(".im-remove"))
		p.run(`document.querySelector("` + field + `").select()`)
		p.do(chromedp.SendKeys(field, kb.Backspace))
		p.until(shown(".im-remove") + ` && ` + shown(".im-context-empty") + ` && !` + shown(".im-send") + ` && !document.querySelector(".im-mic:not([hidden])")`)
	}
	empty()
	p.do(chromedp.SendKeys(field, kb.Escape))
	p.until(`document.querySelector("[data-context]").hidden && !` + shown(".im-remove"))

	empty()
	p.do(chromedp.SendKeys(field, " "+kb.Enter)) // blanks are nothing either
	p.until(`document.querySelector("` + field + `").value === "" && ` + shown(".im-remove"))
	p.do(chromedp.SendKeys(field, kb.Enter))
	p.until(`document.querySelector(".toast")?.innerText.includes("Message deleted") && document.querySelector("[data-context]").hidden`)
	p.run(`[...document.querySelectorAll(".toast button")].find((e) => e.innerText === "Undo").click()`)
	p.until(`document.querySelector("#m` + num(m.ID) + `:not(.msg-leaving)")?.checkVisibility()`)
	if got := b.last(c.ID); got.Text != "a slip" || !got.Deleted.IsZero() {
		t.Errorf("after Undo: %+v", got)
	}
}
