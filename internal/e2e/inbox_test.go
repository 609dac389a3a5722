package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/openline"
	canned "github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// inboxWalk is two operators of a line, each with a browser of their own; Ann supervises as well.
type inboxWalk struct {
	*site
	line     line.Line
	ann, bob *tab
}

// TestInbox has clients write, and Ann and Bob answer them.
func TestInbox(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	w := &inboxWalk{site: s, ann: newTab(t, browser, "ann", s.url), bob: newTab(t, browser, "bob", s.url)}
	var err error
	w.line, err = s.portal.Lines.Add(t.Context(), user.Ref{ID: s.admin.ID, Admin: true}, func(l *line.Line) error {
		l.Name, l.Active, l.Distribution, l.CheckAvailable, l.ConfirmClose, l.MaxChat = "Support", true, line.All, false, true, 5
		l.Welcome, l.WorkTime.Enabled, l.Vote.Enabled, l.NoAnswerTime, l.QueueTime, l.FullClose, l.WatchTyping = false, false, false, 0, time.Hour, 0, true
		l.Close.Rule, l.AutoClose.Rule = line.RuleNone, line.RuleNone
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: s.admin.ID}, {Kind: line.EntryUser, ID: s.bob.ID}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.ann.signIn("admin", password)
	w.bob.signIn("bob", password)
	w.ann.open("/channels/")
	w.bob.open("/channels/")
	w.ann.see(".ch-tabs")
	w.bob.see(".ch-tabs")
	w.race()
	w.whisper()
	w.transfer()
	w.keyboard()
	w.overtaken()
	w.onward()
	w.channel()
	w.search()
	w.queue()
	w.phone()
	for _, b := range []*tab{w.ann, w.bob} {
		// Who loses a conversation while the page asks for it is refused it.
		faults := slices.DeleteFunc(b.complaints(), func(f string) bool {
			return strings.Contains(f, "/channels/open?") && strings.Contains(f, "403") || strings.Contains(f, "404") &&
				(strings.Contains(f, "/online/messages?") || strings.HasSuffix(f, "/online/typing") || strings.HasSuffix(f, "/online/read"))
		})
		if len(faults) > 0 {
			t.Errorf("the page of %s complained of %q", b.name, faults)
		}
	}
}

// until waits until a script finds something.
func until(b *tab, what, script string) {
	b.t.Helper()
	b.until(what, "!!("+script+")")
}

// client is a message from outside.
func (w *inboxWalk) client(name, text string) openline.Received {
	w.t.Helper()
	w.clock.Advance(time.Second)
	r, err := w.portal.Conversations.Receive(w.t.Context(), openline.Incoming{
		Connector: "livechat", LineID: w.line.ID, ChatID: "chat-" + name, ChatURL: "https://shop.example.com/boots", Text: text,
		Client: openline.Client{ID: name, FirstName: name, LastName: "Lind", Email: "client@example.com"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func lineOf(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".ch-line")].find((a) => a.innerText.includes(%q))`, name)
}

// toasted finds what the page has said, even if it says it no more.
func toasted(text string) string {
	return fmt.Sprintf(`toasted.some((t) => t.includes(%q))`, text)
}

// race: both are asked, Ann answers, Bob is told who has it, and what he had begun to write is kept.
func (w *inboxWalk) race() {
	r := w.client("Vera", "Do you have these boots in 39?")
	until(w.ann, "Vera in Ann's list", lineOf("Vera")+`?.querySelector(".ch-wait-time")`)
	until(w.bob, "Vera in Bob's list", lineOf("Vera"))
	until(w.bob, "the counter of the rail", `document.querySelector(".rail a[data-nav=channels]")?.innerText.includes("1")`)
	until(w.bob, "Vera opens", `(`+lineOf("Vera")+`?.click(), true)`)
	until(w.bob, "Bob may write", `document.querySelector(".im-composer [data-text]") && document.querySelector(".ch-bar")?.innerText.includes("2 people are asked")`)
	w.bob.fill(".im-composer [data-text]", "Yes, we")
	until(w.ann, "Vera opens", `(`+lineOf("Vera")+`?.click(), true)`)
	w.ann.see(`.ch-bar [value=answer]`)
	until(w.ann, "Bob looks as well", `document.querySelector(".ch-viewers")?.innerText.includes("Bob Brown is looking")`)
	until(w.bob, "Ann looks as well", `document.querySelector(".ch-viewers")?.innerText.includes("Ann Archer is looking")`)
	w.ann.shot("inbox-asked")
	w.ann.click(`.ch-bar [value=answer]`)
	until(w.ann, "Ann has it", `document.querySelector(".ch-bar")?.dataset.state === "active" && document.querySelector(".ch-bar").innerText.includes("You")`)
	until(w.bob, "Bob is told", toasted("Ann Archer has this conversation now. Your draft is kept."))
	until(w.bob, "Bob is out, before a door", `!document.querySelector(".im-composer") && document.querySelector("[data-door] [value=join]")?.checkVisibility()`)
	until(w.bob, "and has his draft", `fetch("/online/draft?dialog=chat`+strconv.FormatInt(r.ChatID, 10)+`", { headers: { "Portico-Fetch": "1" } }).then((a) => a.json()).then((d) => d.text === "Yes, we")`)
	w.ann.fill(".im-composer [data-text]", "Yes, in black and in brown.")
	w.ann.key("Enter")
	until(w.ann, "it is said", said("Yes, in black"))
	until(w.ann, "Bob has left", `!document.querySelector(".ch-viewers")`)
	until(w.ann, "nobody waits any more", `!`+lineOf("Vera")+`?.querySelector(".ch-wait")`)
	if v, err := w.portal.Conversations.Last(w.t.Context(), r.ChatID); err != nil || v.OperatorID != w.admin.ID || !v.WaitingSince.IsZero() {
		w.t.Errorf("%+v, %v", v, err)
	}
}

// whisper: what the client must not see looks another way, and is not sent to them.
func (w *inboxWalk) whisper() {
	w.ann.key("Escape", "w")
	until(w.ann, "it is a whisper", `document.querySelector("[data-inner]").checked`)
	w.ann.fill(".im-composer [data-text]", "She bought two pairs last year")
	w.ann.key("Enter")
	until(w.ann, "it is said to the team", `document.querySelector(".msg-inner[data-id] .msg-whisper")?.checkVisibility()`)
	w.ann.shot("inbox-whisper")
	w.ann.click(".im-whisper")
}

// transfer: the palette finds Bob by what is typed, and Enter gives it to him.
func (w *inboxWalk) transfer() {
	w.ann.key("Escape", "t")
	w.ann.see(".slider [data-transfer]")
	w.ann.fill(".slider [data-find]", "bob")
	until(w.ann, "Bob alone is left", `document.querySelectorAll(".slider .ch-target").length === 1 && document.querySelector(".slider .ch-target").innerText.includes("Bob Brown")`)
	w.ann.shot("inbox-transfer")
	w.ann.key("Enter")
	until(w.bob, "Bob is asked", lineOf("Vera")+`?.querySelector(".ch-wait") || document.querySelector(".ch-bar")?.innerText.includes("You are asked")`)
	until(w.ann, "Ann is told", toasted("Bob Brown is asked"))
}

// toField leaves the field for a message and comes back to it by key. It has the focus as soon as somebody may write, and C is a letter
// in it.
func (w *inboxWalk) toField(b *tab) {
	const field = `document.activeElement?.matches(".im-composer [data-text]")`
	until(b, "the field has the focus", field)
	b.key("Escape")
	until(b, "the list has it", "!"+field)
	b.key("c")
	until(b, "the field has it again", field)
}

// keyboard: Bob does all of a conversation without a mouse.
func (w *inboxWalk) keyboard() {
	w.client("Olga", "Where is my parcel?")
	w.bob.open("/channels/")
	until(w.bob, "Olga in Bob's list, her time running", lineOf("Olga")+`?.querySelector("[data-skew]")`)
	w.bob.key("u")
	until(w.bob, "who waits longest opens", `document.querySelector(".ch-bar")`)
	w.bob.do("hold the answer to what is pressed", chromedp.Evaluate[chromedp.Void](`{
		const asks = window.fetch
		window.bars = 0
		window.fetch = async (url, ...rest) => {
			const res = await asks(url, ...rest)
			if (String(url).endsWith("/channels/act") && !window.tell) await new Promise((f) => { window.tell = f })
			if (String(url).startsWith("/channels/bar?") && window.tell) window.bars++
			return res
		}
	}`))
	w.bob.key("Escape", "a")
	until(w.bob, "the page has heard of it before", "window.bars")
	w.bob.do("let it go", chromedp.Evaluate[chromedp.Void]("window.tell()"))
	until(w.bob, "Bob has it", `document.querySelector(".ch-bar")?.dataset.state === "active"`)
	w.toField(w.bob)
	w.bob.fill(".im-composer [data-text]", "I am with you")
	w.bob.key("Enter")
	until(w.bob, "it is said", said("I am with you"))
	w.bob.do("remember the field", chromedp.Evaluate[chromedp.Void](`window.field = document.querySelector(".im-composer [data-text]")`))
	w.bob.key("Escape", "g")
	until(w.bob, "it is shown anew, pinned", `document.querySelector('.ch-bar [aria-label="Unpin"]') && ![null, window.field].includes(document.querySelector(".im-composer [data-text]"))`)
	until(w.bob, "the list still has the focus", `document.activeElement?.matches(".ch-line")`)
	w.bob.key("d")
	until(w.bob, "the line wants to be asked", `document.querySelector("#ch-confirm-finish:popover-open")`)
	w.bob.key("Enter")
	until(w.bob, "it is over", `document.querySelector(".ch-bar")?.dataset.state === "closed" && document.querySelector(".ch-bar [value=new]")`)
}

// overtaken: what Bob's page asked for before he took a conversation comes after it. He keeps the field, and what he wrote in it.
func (w *inboxWalk) overtaken() {
	w.client("Nora", "Is it in stock?")
	until(w.bob, "Nora in Bob's list", `(`+lineOf("Nora")+`?.click(), document.querySelector(".ch-bar [value=answer]"))`)
	w.bob.do("hold an answer", chromedp.Evaluate[chromedp.Void](`{
		const asks = window.fetch
		window.asked = 0
		window.fetch = async (url, ...rest) => {
			const res = await asks(url, ...rest)
			if (!String(url).startsWith("/channels/open?")) return res
			if (!window.asked++) await new Promise((f) => { window.letGo = f })
			return res
		}
		document.dispatchEvent(new CustomEvent("live:im:chat", { detail: { chatId: Number(document.querySelector("[data-talk]").dataset.chat) } }))
	}`))
	until(w.bob, "the answer is there", "window.letGo")
	w.bob.click(`.ch-bar [value=answer]`)
	until(w.bob, "Bob may write", `document.activeElement?.matches(".im-composer [data-text]")`)
	w.bob.fill(".im-composer [data-text]", "It is")
	w.bob.do("let the answer go", chromedp.Evaluate[chromedp.Void]("window.before = window.asked; window.letGo()"))
	until(w.bob, "it is asked for anew", "window.asked > window.before")
	until(w.bob, "the field is as it was", `document.activeElement?.matches(".im-composer [data-text]") && document.activeElement.value === "It is"`)
	w.bob.key("Enter")
	until(w.bob, "it is said", said("It is"))
	w.bob.key("Escape", "d")
	until(w.bob, "the line wants to be asked", `document.querySelector("#ch-confirm-finish:popover-open")`)
	w.bob.key("Enter")
	until(w.bob, "it is over", `document.querySelector(".ch-bar")?.dataset.state === "closed"`)
}

// onward: Bob looks at something over one conversation, goes on to another, and the page is shown anew: it is the other one still.
func (w *inboxWalk) onward() {
	w.bob.do("look at something", chromedp.Evaluate[chromedp.Void](`window.over = document.querySelector("[data-talk]").dataset.chat; import("ui/slider/slider.js").then((m) => m.open("/notifications/"))`))
	until(w.bob, "it is there", `document.querySelector(".slider .slider-body")`)
	w.bob.key("Escape")
	until(w.bob, "it is gone", `!document.querySelector(".slider")`)
	w.client("Oskar", "Is anybody there?")
	until(w.bob, "Oskar's conversation", `(`+lineOf("Oskar")+`?.click(), ![undefined, window.over].includes(document.querySelector("[data-talk]")?.dataset.chat) && document.querySelector(".ch-bar [value=answer]"))`)
	w.bob.do("show the page anew", chromedp.Evaluate[chromedp.Void](`{
		window.shown = document.querySelector("[data-talk]")
		window.now = window.shown.dataset.chat
		import("web/refresh.js").then((m) => m.refresh())
	}`))
	until(w.bob, "the same conversation, anew", `document.querySelector("[data-talk]") !== window.shown && document.querySelector("[data-talk]")?.dataset.chat === window.now && document.querySelector(".ch-bar [value=answer]")`)
	w.bob.click(`.ch-bar [value=answer]`)
	until(w.bob, "Bob has it", `document.querySelector(".ch-bar")?.dataset.state === "active"`)
	w.toField(w.bob)
	w.bob.key("Escape", "d")
	until(w.bob, "the line wants to be asked", `document.querySelector("#ch-confirm-finish:popover-open")`)
	w.bob.key("Enter")
	until(w.bob, "it is over", `document.querySelector(".ch-bar")?.dataset.state === "closed"`)
}

// channel: Ann answers with a canned answer through a channel that nobody carries on; it is carried on, and she sends it again.
func (w *inboxWalk) channel() {
	ctx, boss := w.t.Context(), user.Ref{ID: w.admin.ID, Admin: true}
	must := func(err error) {
		w.t.Helper()
		if err != nil {
			w.t.Fatal(err)
		}
	}
	handler := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	w.t.Cleanup(handler.Close)
	a, err := w.portal.Apps.Create(ctx, boss, app.Form{Name: "Chat", APIOnly: true, HandlerURL: handler.URL, Scopes: []string{"imopenlines", "imconnector"}})
	must(err)
	must(w.portal.Connectors.Register(ctx, boss.ID, connector.Connector{AppID: a.ID, Code: "chat", Name: "Chat", Handler: handler.URL, Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"}}))
	must(w.portal.Connectors.Connect(ctx, boss, "chat", w.line.ID))
	_, err = w.portal.Answers.Save(ctx, boss, canned.Answer{Keyword: "ship", Text: "We ship in two days.\nIt costs nothing."})
	must(err)
	_, err = w.portal.Connectors.Receive(ctx, a.ID, "chat", w.line.ID, []connector.Message{{User: connector.Person{ID: "lena", FirstName: "Lena"}, ID: "1", Text: "How long?", ChatID: "lena"}})
	must(err)
	w.ann.open("/channels/")
	until(w.ann, "Lena in Ann's list", lineOf("Lena"))
	until(w.ann, "Lena opens", `(`+lineOf("Lena")+`?.click(), true)`)
	w.ann.see(`.ch-bar [value=answer]`)
	w.ann.click(`.ch-bar [value=answer]`)
	until(w.ann, "Ann has it", `document.querySelector(".ch-bar")?.dataset.state === "active"`)
	w.toField(w.ann)
	w.ann.write("/shi")
	until(w.ann, "the answer is offered", `document.querySelector("[data-suggest] .im-option-answer[aria-selected=true]")?.checkVisibility()`)
	w.ann.shot("inbox-canned")
	w.ann.key("Enter")
	until(w.ann, "it stands in the field, not sent", `document.querySelector(".im-composer [data-text]").value === "We ship in two days.\nIt costs nothing." && !document.querySelector(".msg-own")`)
	w.ann.key("Enter")
	until(w.ann, "it did not go out", `document.querySelector(".msg-own[data-id] form.msg-failed")?.innerText.includes("does not listen")`)
	w.ann.shot("inbox-failed")
	w.ann.size(390, 844)
	w.ann.fits("a message that was not delivered, on a phone")
	w.ann.shot("inbox-failed-phone")
	w.ann.size(1440, 900)
	must(w.portal.Events.Bind(ctx, boss, event.Binding{AppID: a.ID, Event: "OnImConnectorMessageAdd", Handler: handler.URL}, func(string) bool { return true }))
	w.ann.click(".msg-failed .link")
	until(w.ann, "the channel took it", `document.querySelector(".msg-own [data-delivery=sent]") && !document.querySelector(".msg-own[data-id] .msg-failed")`)
	row := evaluate[string](w.ann, `document.querySelector(".msg-own[data-id]").id`)
	mark := connector.Mark{ChatID: int64(evaluate[float64](w.ann, `Number(document.querySelector("[data-talk]").dataset.chat)`))}
	mark.MessageID, err = strconv.ParseInt(row[1:], 10, 64)
	must(err)
	for i, state := range []string{"delivered", "read"} {
		_, err = w.portal.Connectors.Mark(ctx, a.ID, "chat", w.line.ID, []connector.Mark{mark}, i == 1)
		must(err)
		until(w.ann, "it is "+state, `document.querySelector("#`+row+` [data-delivery=`+state+`]")`)
	}
	w.ann.shot("inbox-read")
}

// search: Ann finds what was said by its words, and the conversation opens there.
func (w *inboxWalk) search() {
	w.ann.open("/channels/?q=black")
	until(w.ann, "the words are marked", `document.querySelector(".ch-hit mark")?.innerText === "black"`)
	w.ann.shot("inbox-search")
	until(w.ann, "it opens", `(document.querySelector(".ch-hit").click(), true)`)
	until(w.ann, "at the message", `document.getElementById("m" + document.querySelector(".ch-hit").dataset.message)?.innerText.includes("in brown")`)
}

// queue: Ann sees who waits and who answers, and why a conversation went where it did.
func (w *inboxWalk) queue() {
	w.ann.open("/channels/queue/")
	until(w.ann, "who waits and who answers", `document.querySelector(".ch-queue .ch-wait") && document.querySelector(".ch-operators")?.innerText.includes("Bob Brown")`)
	w.ann.shot("inbox-queue")
	r := w.client("Nina", "Hello")
	until(w.ann, "live", `document.querySelector(".ch-queue")?.innerText.includes("Nina")`)
	w.ann.open("/channels/story?id=" + strconv.FormatInt(r.SessionID, 10))
	until(w.ann, "why", `document.querySelector(".ch-story")?.innerText.includes("Asked Ann Archer, Bob Brown: everybody who is free")`)
	w.ann.shot("inbox-story")
	w.ann.open("/channels/what-if?line=" + strconv.FormatInt(w.line.ID, 10))
	w.ann.see(".ch-says")
	w.ann.shot("inbox-whatif")
}

// phone: the panes are pages.
func (w *inboxWalk) phone() {
	w.bob.size(390, 844)
	w.bob.open("/channels/")
	until(w.bob, "Nina in Bob's list", lineOf("Nina"))
	w.bob.shot("inbox-phone-list")
	w.bob.fits("the list on a phone")
	until(w.bob, "Nina opens", `(`+lineOf("Nina")+`?.click(), true)`)
	until(w.bob, "the conversation is the page", `document.querySelector(".ch .pane-main").checkVisibility() && !document.querySelector(".ch .pane-list").checkVisibility()`)
	w.bob.shot("inbox-phone")
	w.bob.fits("a conversation on a phone")
	w.bob.click(".ch [data-list]")
	until(w.bob, "and back", `document.querySelector(".ch .pane-list").checkVisibility()`)
}
