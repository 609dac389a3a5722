package imweb_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/clock"
)

// TestTheLineOfAChatThatIsLeftTellsOfItsDraft begins a message, waits until the portal keeps it, and opens another chat.
func TestTheLineOfAChatThatIsLeftTellsOfItsDraft(t *testing.T) {
	t.Parallel()
	br := browser(t)
	b := newBench(t, clock.System{})
	b.say(b.private(1, 2).ID, 2, "Shall we?")
	b.say(b.private(1, 3).ID, 3, "Lunch?")
	p := b.anna.open(t, br, "/online/2")
	p.until(`document.title.includes("Ben Ode") && document.activeElement.matches("` + field + `")`)
	awaitStream(t, b, 1)
	line := `document.querySelector('.im-line[data-dialog="2"]')`
	p.do(chromedp.SendKeys(field, "half a thou"))
	p.until(`localStorage.getItem("im:draft:1:2") === null`)
	p.until(line + `.innerText.includes("Shall we?")`)
	p.run(`document.querySelector('.im-line[data-dialog="3"]').click()`)
	p.until(`document.title.includes("Cleo Marsh") && ` + line + `.innerText.includes("half a thou")`)
}
