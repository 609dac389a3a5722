package imweb_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
)

// A hundred messages with keyboards are drawn with all their buttons, page by page, and each button says what it says, the last one
// of a keyboard of a hundred too.
func TestAHundredKeyboards(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, b.bot)
	keyboard := func(message, size int) (k attach.Keyboard) {
		for i := range size {
			k = append(k, attach.Button{Type: attach.TypeButton, Text: fmt.Sprintf("B%d-%d", message, i), BotID: b.bot, Do: attach.Do{
				Action: attach.ActionSend, ActionValue: fmt.Sprintf("chose %d-%d", message, i),
			}})
		}
		return k
	}
	var first, last im.Message
	for n := range 100 {
		size := 3
		if n == 99 {
			size = 100
		}
		last = b.send(im.NewMessage{ChatID: c.ID, AuthorID: b.bot, Text: "Pick", Keyboard: keyboard(n, size)})
		if n == 0 {
			first = last
		}
	}
	drawn := map[string]bool{}
	take := func(html string) {
		for n := range 100 {
			for i := range 100 {
				if label := fmt.Sprintf(">B%d-%d<", n, i); strings.Contains(html, label) {
					drawn[label] = true
				}
			}
		}
	}
	take(b.anna.get("/online/" + num(b.bot)).is(http.StatusOK).body)
	page := b.anna.get("/online/messages?chat=" + num(c.ID) + "&after=0").part()
	for take(page.HTML); page.Newer; take(page.HTML) {
		ids := idsIn(page.HTML)
		page = b.anna.get("/online/messages?chat=" + num(c.ID) + "&after=" + ids[len(ids)-1]).part()
	}
	if len(drawn) != 99*3+100 {
		t.Errorf("%d buttons are drawn, want %d", len(drawn), 99*3+100)
	}
	for _, press := range []struct {
		message im.Message
		button  int
		want    string
	}{{first, 2, "chose 0-2"}, {last, 99, "chose 99-99"}} {
		p := b.anna.fetch("/online/press", "message", num(press.message.ID), "button", num(int64(press.button))).is(http.StatusOK).part()
		if !strings.Contains(p.HTML, press.want) {
			t.Errorf("button %d of message %d said:\n%s", press.button, press.message.ID, p.HTML)
		}
	}
	b.anna.fetch("/online/press", "message", num(last.ID), "button", "100").is(http.StatusNotFound)
}
