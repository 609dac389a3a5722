package imweb_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/web"
)

func TestReactions(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2, 3)
	m := b.say(g.ID, 2, "Done!")
	before := version(t, b.anna.get("/online/message?id="+num(m.ID)).part().HTML)
	p := b.anna.fetch("/online/react", "message", num(m.ID), "code", "like").is(http.StatusOK).part()
	if !strings.Contains(p.HTML, `data-code="like" aria-pressed="true"`) || version(t, p.HTML) == before {
		t.Errorf("the row with a reaction:\n%s", p.HTML)
	}
	b.cleo.fetch("/online/react", "message", num(m.ID), "code", "like").is(http.StatusOK)
	b.cleo.fetch("/online/react", "message", num(m.ID), "code", "fire").is(http.StatusOK)
	a := b.ben.get("/online/chat" + num(g.ID))
	a.has(`data-code="like" aria-pressed="false" aria-label="👍 2: Anna Berg, Cleo Marsh"`, `aria-label="🔥 1: Cleo Marsh"`)
	b.ben.get("/online/reactions/"+num(m.ID)).is(http.StatusOK).has("👍", "Anna Berg", "Cleo Marsh", "🔥")
	b.anna.fetch("/online/react", "message", num(m.ID), "code", "like", "on", "0").is(http.StatusOK)
	b.ben.get("/online/chat" + num(g.ID)).has(`aria-label="👍 1: Cleo Marsh"`)

	b.anna.fetch("/online/react", "message", num(m.ID), "code", "nonsense").is(http.StatusUnprocessableEntity).has("no such reaction")
	secret := b.say(b.private(1, 2).ID, 2, "secret")
	b.cleo.fetch("/online/react", "message", num(secret.ID), "code", "like").is(http.StatusNotFound)
	b.cleo.get("/online/reactions/" + num(secret.ID)).is(http.StatusNotFound)
	// Without scripts the page of the message does it.
	b.anna.post("/online/react", "message", num(m.ID), "code", "redHeart").is(http.StatusSeeOther)
	b.anna.get("/online/message/"+num(m.ID)).has("Take back ❤️", `name="code" value="clappingHands"`)
}

var versionOf = regexp.MustCompile(`data-v="([^"]*)"`)

func version(t *testing.T, html string) string {
	t.Helper()
	m := versionOf.FindStringSubmatch(html)
	if m == nil {
		t.Fatalf("no version in %s", html)
	}
	return m[1]
}

func TestEveryReactionHasItsEmoji(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	_, menu, _ := strings.Cut(b.anna.get("/online/").body, "data-codes")
	for _, code := range im.Reactions() {
		if !strings.Contains(menu, `data-code="`+code+`"`) {
			t.Errorf("%s cannot be chosen", code)
		}
	}
}

func TestPinsOfAChat(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	g := b.group("Spring", 1, 2)
	m := b.say(g.ID, 2, "The [b]plan[/b]")
	other := b.say(g.ID, 1, "The budget")
	b.anna.get("/online/chat" + num(g.ID)).lacks("data-pin=")
	p := b.ben.fetch("/online/pin", "message", num(m.ID)).is(http.StatusOK).part()
	if !strings.Contains(p.HTML, "data-pinned") {
		t.Errorf("the pinned row:\n%s", p.HTML)
	}
	clk.Advance(time.Second)
	b.anna.fetch("/online/pin", "message", num(other.ID)).is(http.StatusOK)
	b.anna.get("/online/chat"+num(g.ID)).has(`data-pin="`+num(other.ID)+`"`, "2 pinned", "<strong>Anna Berg</strong> The budget")
	b.anna.get("/online/chat"+num(g.ID)+"?side=pins").has("The plan", "The budget", `aria-label="Unpin"`)
	b.anna.get("/online/side?tab=pins&dialog=chat" + num(g.ID)).is(http.StatusOK).has("The plan").lacks("Leave the chat")
	b.anna.get("/online/pins?chat="+num(g.ID)).is(http.StatusOK).has("The plan", "The budget")
	b.anna.fetch("/online/pin", "message", num(other.ID), "on", "0").is(http.StatusOK)
	b.anna.get("/online/chat" + num(g.ID)).has(`data-pin="` + num(m.ID) + `"`).lacks("2 pinned")
	b.cleo.get("/online/pins?chat=" + num(g.ID)).is(http.StatusNotFound)
	b.cleo.get("/online/side?tab=pins&dialog=chat" + num(g.ID)).is(http.StatusNotFound)
	b.cleo.fetch("/online/pin", "message", num(m.ID)).is(http.StatusNotFound)
}

func TestForward(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	m := b.say(b.private(1, 2).ID, 2, "Look at [b]this[/b]")
	g := b.group("Spring", 1, 3)
	form := b.anna.get("/online/forward?m=" + num(m.ID)).is(http.StatusOK)
	form.has("Look at this", "Ben Ode", `name="to" value="chat`+num(g.ID)+`"`)
	uuid := regexp.MustCompile(`name="uuid" value="([^"]{36})"`).FindStringSubmatch(form.body)
	if uuid == nil {
		t.Fatal("the form does not name what it sends")
	}
	b.anna.get("/online/targets?q=cleo&to=chat"+num(g.ID)).is(http.StatusOK).has(`value="chat`+num(g.ID)+`" checked`, `name="to" value="3"`).lacks("Ben Ode")
	send := []string{"m", num(m.ID), "uuid", uuid[1], "to", "chat" + num(g.ID), "to", "3", "text", "What do you think?"}
	b.anna.post("/online/forward", send...).is(http.StatusSeeOther)
	b.anna.post("/online/forward", send...).is(http.StatusSeeOther) // sent again, as after a lost answer
	for _, path := range []string{"/online/chat" + num(g.ID), "/online/1"} {
		a := b.cleo.get(path).is(http.StatusOK)
		a.has(`Forwarded from <a href="/online/2">Ben Ode</a>`, "Look at <b>this</b>", "What do you think?")
		if n := strings.Count(a.body, "Look at <b>this</b>"); n != 1 {
			t.Errorf("%s has it %d times", path, n)
		}
	}
	b.anna.post("/online/forward", "m", num(m.ID)).is(http.StatusUnprocessableEntity).has("Choose from one to 20 chats.")
	b.anna.fetch("/online/forward", "m", num(m.ID), "to", "chat999").is(http.StatusNotFound)
	b.cleo.get("/online/forward?m=" + num(m.ID)).is(http.StatusNotFound).lacks("Look at")
	b.cleo.fetch("/online/forward", "m", num(m.ID), "to", "2").is(http.StatusNotFound)
}

func TestDraftsFollowThePerson(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, 2)
	m := b.say(c.ID, 2, "Well?")
	b.anna.fetch("/online/draft", "dialog", "2", "text", "half a [b]thought[/b]", "reply", num(m.ID)).is(http.StatusNoContent)
	b.anna.get("/online/2").has(">half a [b]thought[/b]</textarea>", `name="reply" value="`+num(m.ID)+`"`)
	b.anna.get("/online/recent").has(`im-draft\"\u003eDraft:`, "half a thought")
	b.anna.get("/online/draft?dialog=2").has(`"text":"half a [b]thought[/b]"`)
	b.ben.get("/online/recent").lacks("half a thought")
	// The draft goes with the message, also where no script tells so.
	b.anna.post("/online/send", "dialog", "2", "text", "a whole one").is(http.StatusSeeOther)
	b.anna.get("/online/2").lacks("half a")
	b.anna.fetch("/online/draft", "dialog", "nonsense", "text", "x").is(http.StatusNotFound)
}

func TestMentionsAreShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2, 3)
	m := b.say(g.ID, 2, "[USER=1]Anna[/USER], please look")
	for range 3 {
		b.say(g.ID, 2, "more")
	}
	b.anna.get("/online/chat"+num(g.ID)).has(`data-mention="`+num(m.ID)+`"`, "msg-named")
	b.anna.get("/online/recent").has("You are mentioned")
	b.cleo.get("/online/chat"+num(g.ID)).lacks("data-mention=", "msg-named")
	b.cleo.get("/online/recent").lacks("You are mentioned")
	all := b.say(g.ID, 2, "[USER=all]everybody[/USER]: lunch")
	b.cleo.get("/online/chat" + num(g.ID)).has(`data-mention="` + num(all.ID) + `"`)
	b.anna.get("/online/suggest?kind=people&dialog=chat" + num(g.ID) + "&q=every").has(`data-person="all"`)
	b.anna.get("/online/suggest?kind=people&dialog=2&q=every").lacks(`data-person="all"`)
}

// helper offers commands, as the bots of a portal do.
type helper struct {
	asked   []im.Chat
	context string
	pressed []string
}

func (h *helper) Offered(_ context.Context, _ web.Viewer, c im.Chat) ([]imweb.Command, error) {
	h.asked = append(h.asked, c)
	return []imweb.Command{
		{BotID: 4, Name: "help", Title: "Says what it can do"}, {BotID: 4, Name: "Report", Title: "Shows a report", Params: "week"},
	}, nil
}

func (h *helper) PassContext(_ context.Context, actor int64, dialogID, data string) error {
	h.context = fmt.Sprint(actor, " ", dialogID, " ", data)
	return nil
}

func (h *helper) Press(_ context.Context, p imweb.Press) error {
	h.pressed = append(h.pressed, fmt.Sprint(p.UserID, " ", p.Message.ID, " ", p.Button.Command, " ", p.Item, " ", p.Platform))
	return nil
}

func TestCommandsAreSuggested(t *testing.T) {
	t.Parallel()
	h := &helper{}
	b := newBenchWith(t, clock.NewManual(noon), h)
	b.anna.get("/online/suggest?kind=commands&dialog="+num(b.bot)+"&q=").is(http.StatusOK).
		has(`data-insert="/help"`, "Says what it can do", `data-insert="/Report"`, "week", "Report Bot")
	b.anna.get("/online/suggest?kind=commands&dialog=" + num(b.bot) + "&q=rep").has(`data-insert="/Report"`).lacks("/help")
	if c := h.asked[0]; c.ID != 0 || c.Peer(1) != b.bot {
		t.Errorf("asked for the chat %+v", c)
	}
	g := b.group("Salaries", 1, 2)
	b.cleo.get("/online/suggest?kind=commands&dialog=chat" + num(g.ID)).is(http.StatusNotFound)
}

// TestPressesReachTheBot presses a button and chooses an item of a menu.
func TestPressesReachTheBot(t *testing.T) {
	t.Parallel()
	h := &helper{}
	b := newBenchWith(t, clock.NewManual(noon), h)
	g := b.group("Bots", 1, b.bot)
	m := b.send(im.NewMessage{
		ChatID: g.ID, AuthorID: b.bot, Text: "Choose",
		Keyboard: attach.Keyboard{{Type: attach.TypeButton, BotID: b.bot, Text: "Go", Do: attach.Do{Command: "go"}}},
		Menu:     attach.Menu{{BotID: b.bot, Text: "Stop", Do: attach.Do{Command: "stop"}}},
	})
	b.anna.fetch("/online/press", "message", num(m.ID), "button", "0").is(http.StatusNoContent)
	b.anna.fetch("/online/press", "message", num(m.ID), "item", "0").is(http.StatusNoContent)
	want := []string{"1 " + num(m.ID) + " go false web", "1 " + num(m.ID) + " stop true web"}
	if !slices.Equal(h.pressed, want) {
		t.Errorf("the bot heard %q, want %q", h.pressed, want)
	}
}

// TestContextOfALink follows a link that carries something for a bot: only the page itself passes it on.
func TestContextOfALink(t *testing.T) {
	t.Parallel()
	h := &helper{}
	b := newBenchWith(t, clock.NewManual(noon), h)
	const context = "BOT_CONTEXT=%7B%22taskId%22%3A456%7D"
	to := b.anna.get("/online/?IM_DIALOG=" + num(b.bot) + "&" + context).header.Get("Location")
	if to != "/online/"+num(b.bot)+"?"+context {
		t.Errorf("the link leads to %q", to)
	}
	b.anna.get(to).is(http.StatusOK)
	if h.context != "" {
		t.Errorf("the request for the page passed %q on", h.context)
	}
	b.anna.fetch("/online/context", "dialog", num(b.bot), "context", `{"taskId":456}`).is(http.StatusNoContent)
	if want := "1 " + num(b.bot) + ` {"taskId":456}`; h.context != want {
		t.Errorf("passed %q on, want %q", h.context, want)
	}
}

func TestBackgroundOfABot(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	b.anna.get("/online/" + num(b.bot)).is(http.StatusOK).has(`data-background="mint"`)
	b.anna.get("/online/2").is(http.StatusOK).lacks("data-background")
}

func TestFilesOfMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 1200, 600))); err != nil {
		t.Fatal(err)
	}
	up := func(name string, data []byte) string {
		t.Helper()
		n, err := b.files.Upload(t.Context(), file.Actor{UserID: 1}, g.ID, name, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return num(n.ID)
	}
	pic, doc := up("sea.png", picture.Bytes()), up("plan & co.txt", []byte("a plan"))
	p := b.anna.fetch("/online/send", "dialog", "chat"+num(g.ID), "text", "", "files", pic+","+doc).is(http.StatusOK).part()
	for _, want := range []string{`href="/file/` + pic + `/" data-slider`, `width="380" height="190"`, "plan &amp; co.txt", `href="/file/` + doc + `/download" download`, "6 B"} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("the row lacks %s:\n%s", want, p.HTML)
		}
	}
	b.ben.get("/online/chat" + num(g.ID)).has(`href="/file/` + pic + `/"`)
	b.ben.get("/online/recent").has("2 files")
	b.ben.get("/file/" + doc + "/show").is(http.StatusOK)
	b.cleo.get("/file/" + doc + "/show").is(http.StatusForbidden)
	// Another's file is not sent by its number.
	b.cleo.fetch("/online/send", "dialog", "2", "text", "", "files", doc).is(http.StatusUnprocessableEntity).has("not yours to send")
	b.anna.fetch("/online/send", "dialog", "chat"+num(g.ID), "files", "x").is(http.StatusUnprocessableEntity).has("Write something first.")
	b.anna.get("/online/chat"+num(g.ID)).has(`type="file"`, "data-voice")
}

// A message without words of its own tells what it carries, wherever a line stands for it.
func TestALineTellsWhatAMessageCarries(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2)
	n, err := b.files.Upload(t.Context(), file.Actor{UserID: 2}, g.ID, "plan.csv", strings.NewReader("a,b\n1,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	bare := b.send(im.NewMessage{ChatID: g.ID, AuthorID: 2, Files: []int64{n.ID}})
	if err := b.im.PinMessage(t.Context(), 1, bare.ID, true); err != nil {
		t.Fatal(err)
	}
	b.send(im.NewMessage{ChatID: g.ID, AuthorID: 1, Text: "Thanks", ReplyID: bare.ID})
	b.anna.get("/online/chat"+num(g.ID)).is(http.StatusOK).
		has(`data-jump="`+num(bare.ID)+`"><strong>Ben Ode</strong><span>File: plan.csv</span>`, `<strong>Ben Ode</strong> File: plan.csv`)
	b.anna.get("/online/forward?m=" + num(bare.ID)).has("File: plan.csv")
	b.send(im.NewMessage{ChatID: g.ID, AuthorID: 2, Text: "[b]Mark Novak:[/b]\n", Files: []int64{n.ID}})
	b.anna.get("/online/recent").has("Mark Novak: File: plan.csv")
}
