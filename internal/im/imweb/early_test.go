package imweb_test

import (
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/clock"
)

// TestAnEarlyPress presses a button while the page is still being read, long before its modules are there.
func TestAnEarlyPress(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	b := newBench(t, clock.System{})
	b.private(1, b.bot)
	p := b.anna.tab(t, ctx)
	call(p, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: `
		new MutationObserver((_, seen) => {
			const button = document.querySelector("[data-botapp='2']")
			if (!button) return
			seen.disconnect()
			window.pressed = document.readyState
			button.click()
			button.click()
		}).observe(document, { childList: true, subtree: true })`})
	p.do(chromedp.Navigate(p.url + "/online/" + num(b.bot)))
	const said = `[...document.querySelectorAll(".msg-own .msg-text")].filter((m) => m.innerText.includes("/help"))`
	p.until(said + ".length")
	if at := eval[string](p, "window.pressed"); at != "loading" {
		t.Errorf("the button was pressed when the page was %s", at)
	}
	if n := eval[int](p, said+".length"); n != 1 {
		t.Errorf("an impatient person said it %d times", n)
	}
}
