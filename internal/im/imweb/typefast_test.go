package imweb_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/portico-hq/portico/internal/clock"
)

// TestWhoTypesFastChoosesWhatWasTyped presses Enter before the portal has said what fits: what stands there from before is not chosen.
func TestWhoTypesFastChoosesWhatWasTyped(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBenchWith(t, clock.System{}, &helper{})
	b.private(1, b.bot)
	p := b.anna.open(t, br, "/online/"+num(b.bot))
	p.until(`document.activeElement.matches("` + field + `")`)
	p.do(chromedp.SendKeys(field, "/"))
	p.until(`document.querySelector('[data-suggest] [data-insert="/help"][aria-selected="true"]')`)
	p.run(`const real = window.fetch
		window.fetch = async (url, ...rest) => {
			if (String(url).includes("/online/suggest")) await new Promise((go) => { if (String(url).endsWith("q=rep")) window.answer = go })
			return real(url, ...rest)
		}`)
	p.do(chromedp.SendKeys(field, "rep"))
	p.until(`window.answer`)
	p.do(chromedp.SendKeys(field, kb.Enter))
	p.run(`window.answer()`)
	p.until(`document.querySelector("` + field + `").value === "/Report "`)
}
