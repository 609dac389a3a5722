package imweb_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
)

// TestNothingCoversTheField deletes a message: what is told of it stands above the field, in which somebody may go on.
func TestNothingCoversTheField(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	b.say(b.private(1, 2).ID, 1, "a slip")
	p := b.anna.tab(t, br)
	for _, width := range []int64{1440, 390} {
		p.do(chromedp.EmulateViewport(width, 844))
		p.do(chromedp.Navigate(p.url + "/online/2"))
		p.until(`document.activeElement.matches("` + field + `")`)
		p.do(chromedp.SendKeys(field, kb.ArrowUp))
		p.until(`document.querySelector("` + field + `").value === "a slip"`)
		p.run(`document.querySelector("` + field + `").select()`)
		p.do(chromedp.SendKeys(field, kb.Backspace), chromedp.SendKeys(field, kb.Enter))
		p.until(`document.querySelector(".toast")?.innerText.includes("Message deleted")`)
		p.until(`document.querySelector(".toasts").getBoundingClientRect().bottom <= document.querySelector(".im-field").getBoundingClientRect().top`)
		p.run(`[...document.querySelectorAll(".toast button")].find((e) => e.innerText === "Undo").click()`)
		p.until(`!document.querySelector(".msg-leaving")`)
	}
}

// TestShortWordsOnButtonsStayWhole draws a keyboard on a phone: a row takes fewer buttons before a word breaks.
func TestShortWordsOnButtonsStayWhole(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	var k attach.Keyboard
	for _, text := range []string{"Command", "Dialogue", "Copy", "Settings", "Overview"} {
		k = append(k, attach.Button{Type: attach.TypeButton, Text: text, BotID: b.bot, Do: attach.Do{Action: attach.ActionSend, ActionValue: text}})
	}
	b.send(im.NewMessage{ChatID: b.private(1, b.bot).ID, AuthorID: b.bot, Text: "Pick", Keyboard: k})
	p := b.anna.tab(t, br)
	p.do(chromedp.EmulateViewport(390, 844))
	p.do(chromedp.Navigate(p.url + "/online/" + num(b.bot)))
	p.until(`document.querySelectorAll(".keyboard-text").length === 5`)
	lines := eval[[]int](p, `[...document.querySelectorAll(".keyboard-text")].map((e) => {
		const words = document.createRange()
		words.selectNodeContents(e)
		return words.getClientRects().length
	})`)
	for i, n := range lines {
		if n != 1 {
			t.Errorf("%q takes %d lines", k[i].Text, n)
		}
	}
	if w := eval[int](p, `document.documentElement.scrollWidth`); w > 390 {
		t.Errorf("the page is %d px wide", w)
	}
}
