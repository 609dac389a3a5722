package imweb_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

func TestSendAsPlainForm(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	a := b.anna.post("/online/send", "dialog", "2", "text", "Hello & <b>good</b> morning").is(http.StatusSeeOther)
	if to := a.header.Get("Location"); to != "/online/2" {
		t.Errorf("leads to %q", to)
	}
	b.ben.get("/online/1").is(http.StatusOK).has("Hello &amp; &lt;b&gt;good&lt;/b&gt; morning")

	// What could not be sent stands in the field again, with the reason beside it.
	b.anna.post("/online/send", "dialog", "2", "text", "   ").is(http.StatusUnprocessableEntity).has("Write something first.")
	b.anna.post("/online/send", "dialog", "2", "text", "kept text", "reply", "99999").is(http.StatusUnprocessableEntity).
		has("The message that you answer has been deleted.", ">kept text</textarea>")
	b.anna.post("/online/send", "dialog", "chat999", "text", "x").is(http.StatusNotFound)
}

func TestSendTwiceWithOneName(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	const name = "0b1c2d3e-0000-4000-8000-00000000000a"
	form := []string{"dialog", "2", "text", "only once", "uuid", name, "last", "0"}
	first := b.anna.fetch("/online/send", form...).part()
	again := b.anna.fetch("/online/send", append(form, "again", "1")...).part()
	if again.ID != first.ID {
		t.Errorf("a second attempt became message %d beside %d", again.ID, first.ID)
	}
	if n := strings.Count(b.ben.get("/online/1").body, `data-body>only once`); n != 1 {
		t.Errorf("Ben sees it %d times", n)
	}
	// Somebody else's message of that name is not taken for one's own.
	other := b.ben.fetch("/online/send", "dialog", "1", "text", "mine", "uuid", name, "last", "0", "again", "1").part()
	if other.ID == first.ID {
		t.Error("Ben got Anna's message")
	}
}

func TestEditAndDelete(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	c := b.private(1, 2)
	m := b.say(c.ID, 1, "a tpyo [b]here[/b]")
	if got := b.anna.get("/online/message?id=" + num(m.ID)).part().Text; got != "a tpyo [b]here[/b]" {
		t.Errorf("the text to change is %q", got)
	}
	clk.Advance(time.Second)
	p := b.anna.fetch("/online/edit", "message", num(m.ID), "text", "a typo [b]there[/b]").part()
	if !strings.Contains(p.HTML, "a typo <b>there</b>") || !strings.Contains(p.HTML, ">edited<") {
		t.Errorf("the changed row:\n%s", p.HTML)
	}
	b.anna.fetch("/online/edit", "message", num(m.ID), "text", " ").is(http.StatusUnprocessableEntity).has("Write something first.")
	b.ben.fetch("/online/edit", "message", num(m.ID), "text", "no").is(http.StatusForbidden).has("or it is not yours")
	p = b.anna.fetch("/online/delete", "message", num(m.ID)).part()
	if !strings.Contains(p.HTML, "Message deleted") || strings.Contains(p.HTML, "typo") {
		t.Errorf("the deleted row:\n%s", p.HTML)
	}
	b.ben.get("/online/1").lacks("typo")

	old := b.say(c.ID, 1, "long ago")
	clk.Advance(73 * time.Hour)
	b.anna.fetch("/online/edit", "message", num(old.ID), "text", "now").is(http.StatusForbidden).has("The time to change this message is over")
	b.anna.get("/online/message?id=" + num(old.ID)).lacks("data-editable")
}

var rowID = regexp.MustCompile(`<li class="msg[^>]* data-id="(\d+)"`)

func idsIn(html string) []string {
	var out []string
	for _, m := range rowID.FindAllStringSubmatch(html, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestResyncReturnsWhatIsMissing(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, 2)
	other := b.private(1, 3)
	var all []string
	for i := range 260 {
		if i%50 == 0 {
			b.say(other.ID, 3, "elsewhere")
		}
		all = append(all, num(b.say(c.ID, 2, "message "+num(int64(i))).ID))
	}
	url := "/online/messages?chat=" + num(c.ID)
	for _, have := range []int{1, 200, 257, 260} {
		var got []string
		after := all[have-1]
		for {
			p := b.anna.get(url + "&after=" + after).part()
			ids := idsIn(p.HTML)
			if p.Count != len(ids) {
				t.Fatalf("%d rows said, %d there", p.Count, len(ids))
			}
			got = append(got, ids...)
			if !p.Newer {
				break
			}
			after = ids[len(ids)-1]
		}
		if !slices.Equal(got, all[have:]) {
			t.Errorf("a page that has %d gets %v, want %v", have, got, all[have:])
		}
	}
	// Upwards by key, the oldest first, until there is nothing above.
	p := b.anna.get(url + "&before=" + all[60]).part()
	if got := idsIn(p.HTML); !slices.Equal(got, all[10:60]) || !p.Older {
		t.Errorf("before: %v, older %v", got, p.Older)
	}
	p = b.anna.get(url + "&before=" + all[10]).part()
	if got := idsIn(p.HTML); !slices.Equal(got, all[:10]) || p.Older {
		t.Errorf("the beginning: %v, older %v", got, p.Older)
	}
	p = b.anna.get(url + "&around=" + all[100]).part()
	if got := idsIn(p.HTML); !slices.Equal(got, all[75:150]) || !p.Older || !p.Newer {
		t.Errorf("around: %v", got)
	}
	p = b.anna.get(url + "&around=" + all[0]).part()
	if got := idsIn(p.HTML); !slices.Equal(got, all[:50]) || p.Older {
		t.Errorf("around the first: %v", got)
	}
}

func TestReadAndMarks(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, 2)
	one := b.say(c.ID, 2, "one")
	b.say(c.ID, 2, "two")
	b.anna.fetch("/online/read", "chat", num(c.ID), "upto", num(one.ID)).is(http.StatusOK).has(`"unread":1`, `"total":1`)
	b.anna.fetch("/online/read", "chat", num(c.ID)).has(`"unread":0`, `"total":0`)
	b.anna.fetch("/online/mark", "chat", num(c.ID), "dialog", "2", "what", "pin", "on", "1").is(http.StatusOK)
	b.anna.get("/online/recent").has("data-pinned")
	b.anna.fetch("/online/mark", "chat", num(c.ID), "dialog", "2", "what", "pin", "on", "0").is(http.StatusOK)
	b.anna.get("/online/recent").lacks("data-pinned")
	b.anna.fetch("/online/mark", "chat", num(c.ID), "dialog", "2", "what", "hide", "on", "1").is(http.StatusOK)
	b.anna.get("/online/recent").lacks("Ben Ode")
	b.anna.fetch("/online/mark", "chat", num(c.ID), "what", "explode", "on", "1").is(http.StatusUnprocessableEntity)
}

func TestPress(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, b.bot)
	button := func(text string, do attach.Do) attach.Button {
		return attach.Button{Type: attach.TypeButton, Text: text, BotID: b.bot, Do: do}
	}
	k := attach.Keyboard{
		button("Send", attach.Do{Action: attach.ActionSend, ActionValue: "what's burning"}),
		button("Command", attach.Do{Command: "help", CommandParams: "me"}),
		button("App", attach.Do{AppID: 9}), // there is none
		button("Off", attach.Do{Action: attach.ActionSend, ActionValue: "no"}),
		{Type: attach.TypeNewline},
	}
	k[3].Disabled = "Y"
	m := b.send(im.NewMessage{ChatID: c.ID, AuthorID: b.bot, Text: "Choose", Keyboard: k})
	press := func(i string) answer { return b.anna.fetch("/online/press", "message", num(m.ID), "button", i) }
	if p := press("0").part(); p.Text != "what's burning" || !strings.Contains(p.HTML, "msg-own") {
		t.Errorf("a SEND button sent %+v", p)
	}
	if p := press("1").part(); p.Text != "/help me" {
		t.Errorf("a COMMAND button sent %q", p.Text)
	}
	press("2").is(http.StatusNotFound).has("It is gone.")
	for _, i := range []string{"3", "4", "5", "-1", "x"} {
		press(i).is(http.StatusNotFound).has("The button is gone")
	}
}

// greeter is a bot that says hello to whoever opens its chat.
type greeter struct {
	im.Listener

	b  *bench
	mu sync.Mutex
	n  int
}

func (g *greeter) MessageAddedTx(context.Context, *db.Tx, im.MessageEvent) error { return nil }

func (g *greeter) ChatJoinedTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.n++
	_, err := g.b.im.SendTx(ctx, tx, im.NewMessage{ChatID: e.Chat.ID, AuthorID: e.BotID, Text: "Welcome!"})
	return err
}

func TestBotGreetsOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := &greeter{b: b}
	b.im.SetListener(g)
	dialog := num(b.bot)
	b.anna.get("/online/"+dialog).is(http.StatusOK).has("data-start", `action="/online/start"`).lacks("Welcome!")
	if g.n != 0 {
		t.Error("looking at the page opened the chat")
	}
	b.anna.post("/online/start", "dialog", dialog).is(http.StatusSeeOther)
	b.anna.fetch("/online/start", "dialog", dialog).is(http.StatusOK)
	b.anna.get("/online/" + dialog).has("Welcome!").lacks("data-start")
	if g.n != 1 {
		t.Errorf("the bot heard %d times", g.n)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	b.anna.get("/online/group?q=ben&member=3&title=Spring").is(http.StatusOK).
		has("Ben Ode", `value="3" checked`, `value="Spring"`).lacks(`value="1"`)
	b.anna.fetch("/online/group", "title", " ", "member", "2").is(http.StatusUnprocessableEntity).has(`"field":"title"`)
	b.anna.post("/online/group", "title", "Spring", "q", "be").is(http.StatusUnprocessableEntity).
		has("Choose at least one person.", `value="Spring"`)
	to := b.anna.post("/online/group", "title", "Spring", "member", "2", "member", num(b.bot)).is(http.StatusSeeOther).header.Get("Location")
	if !strings.HasPrefix(to, "/online/chat") {
		t.Fatalf("leads to %q", to)
	}
	chat := strings.TrimPrefix(to, "/online/chat")
	b.ben.get(to).is(http.StatusOK).has("3 members", "Anna Berg", "Owner")
	b.ben.get("/online/members?chat="+chat).is(http.StatusOK).has("Cleo Marsh").lacks(`name="member" value="1"`, `name="member" value="2"`)
	b.ben.post("/online/members", "chat", chat, "member", "3").is(http.StatusSeeOther)
	b.cleo.get(to).is(http.StatusOK).has("4 members", "invited")
	b.cleo.post("/online/leave", "chat", chat).is(http.StatusSeeOther)
	b.cleo.get(to).is(http.StatusNotFound)
}
