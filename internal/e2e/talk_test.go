package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
)

// TestTalkWithBots has Ann and Bob talk with bots of the four types, in private and in a group.
func TestTalkWithBots(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	w := &talkWalk{site: s, bots: newTalkBots(t, s), ann: newTab(t, browser, "ann", s.url), bob: newTab(t, browser, "bob", s.url)}
	w.bots.call.must("imbot.command.register", params{
		"BOT_ID": w.bots.ids["B"], "COMMAND": "echo", "EVENT_COMMAND_ADD": w.bots.url,
		"LANG": []params{{"LANGUAGE_ID": "en", "TITLE": "Says it again", "PARAMS": "words"}},
	}, nil)
	w.ann.signIn("admin", password)
	w.bob.signIn("bob", password)
	w.partners()
	w.welcome()
	w.words()
	w.attachment()
	w.keyboard()
	w.menu()
	w.commands()
	w.changes()
	w.human()
	w.group()
	for _, p := range []*tab{w.ann, w.bob} {
		if faults := p.complaints(); len(faults) > 0 {
			t.Errorf("the page of %s complained of %q", p.name, faults)
		}
	}
}

type talkWalk struct {
	*site
	bots     *talkBots
	ann, bob *tab
}

// said is a script that looks for a message that begins with words.
func said(words string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".msg[data-id]")].some((m) => m.querySelector("[data-body]")?.innerText.startsWith(%q))`, words)
}

// button is a script that finds a button under the newest message that has one.
func button(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".keyboard-button")].findLast((b) => b.innerText.trim() === %q)`, text)
}

func (b *tab) press(text string) {
	b.t.Helper()
	b.until("the button "+text, "!!"+button(text))
	evaluate[bool](b, "("+button(text)+".click(), true)")
}

// partners looks for all bots: those of open channels are nobody to talk with.
func (w *talkWalk) partners() {
	a := w.ann
	a.open("/online/")
	a.fill(`input[data-find]`, "robo")
	a.until("three bots", `[...document.querySelectorAll(".im-found .list-title")].map((e) => e.textContent).sort().join() === "RoboB,RoboH,RoboS"`)
	a.shot("bots-found")
}

func (w *talkWalk) welcome() {
	a := w.ann
	a.click(`.im-found a[href="/online/` + w.bots.ids["B"] + `"]`)
	a.until("the welcome", said("I am RoboB"))
	a.until("to know that it is a bot", `!!document.querySelector(".im-head [aria-label=Bot], .im-head svg")`)
}

// words follows the links of the welcome: one sends, one puts into the field.
func (w *talkWalk) words() {
	a := w.ann
	a.click(`.msg .bb-put`)
	a.until("the words in the field", `document.querySelector("textarea[name=text]").value === "/echo " && document.activeElement.name === "text"`)
	a.fill(`textarea[name=text]`, "\b\b\b\b\b\b")
	a.click(`.msg .bb-send`)
	a.until("the words as a message of mine", `[...document.querySelectorAll(".msg-own [data-body]")].some((m) => m.textContent === "show me")`)
	a.until("the answer", said("All that I can show"))
}

// attachment checks each block of the bot's answer.
func (w *talkWalk) attachment() {
	a := w.ann
	for _, block := range []string{
		`.attach-user-name[href="https://example.com/rosa"]`, `.attach-message b`, `.attach-link-name[href="https://example.com/report"]`,
		`img.attach-preview[width="320"]`, `.attach-rich .attach-link-name[href="https://example.com/film"]`, `.attach-delimiter rect[width="200"]`,
		`table.attach-grid .attach-value, table.attach-grid td`, `.attach-cell font[color="#ff0000"]`, `.attach-image img`, `.attach-file[href="https://example.com/week.pdf"]`,
	} {
		a.until("the block "+block, fmt.Sprintf(`!!document.querySelector(%q)`, ".attach-blocks "+block))
	}
	text := evaluate[string](a, `document.querySelector(".attach-blocks").innerText`)
	for _, part := range []string{"Rosa Robot", "A bold word", "All of the week", "Three minutes", "Open", "12", "Late", "High", "Hamburg", "week.pdf", "418.7 KB"} {
		if !strings.Contains(text, part) {
			w.t.Errorf("the attachment does not show %q: %q", part, text)
		}
	}
	a.shot("bot-attachment")
	a.size(390, 844)
	a.fits("the attachment on a phone")
	a.shot("bot-attachment-390")
	a.size(1440, 900)
}

// keyboard presses every button.
func (w *talkWalk) keyboard() {
	a := w.ann
	a.until("the link", button("Site")+`?.getAttribute("href") === "https://example.com/desk" && `+button("Site")+`.target === "_blank"`)
	a.until("the one that is off", button("Not now")+`.disabled`)
	a.press("Run")
	a.until("the command's answer", said("Command echo/KEYBOARD/from the keyboard"))
	a.until("the button to stay blocked", button("Run")+`.disabled`)
	a.press("Send")
	a.until("the bot to hear", said("RoboB heard: sent by a button"))
	a.press("Put")
	a.until("the words in the field", `document.querySelector("textarea[name=text]").value === "put by a button"`)
	evaluate[bool](a, `(window.copied = "", navigator.clipboard.writeText = (t) => (window.copied = t, Promise.resolve()), true)`)
	a.press("Copy")
	a.until("the words in the clipboard", `window.copied === "copied by a button" && [...document.querySelectorAll(".toast")].some((x) => x.textContent.includes("Copied"))`)
	a.until("the call", button("Ring")+`.dataset.action === "call" && `+button("Ring")+`.dataset.value === "+4930123456"`)
	a.press("Ask H")
	a.until("the chat with H", `location.pathname === "/online/`+w.bots.ids["H"]+`" && document.title.includes("RoboH")`)
	a.do("back", chromedp.NavigateBack())
	a.until("the chat with B and its draft", `document.title.includes("RoboB") && document.querySelector("textarea[name=text]")?.value === "put by a button"`)
	evaluate[bool](a, `(document.querySelector("textarea[name=text]").select(), true)`)
	a.do("empty the field", chromedp.KeyEvent("\b"))
}

// menu takes the items that the bot has added to the menu of its message.
func (w *talkWalk) menu() {
	a := w.ann
	evaluate[bool](a, `([...document.querySelectorAll(".msg[data-id]")].find((m) => m.innerText.includes("All that I can show")).querySelector("[data-more]").click(), true)`)
	a.until("the menu", `document.querySelector("#im-menu:popover-open")?.innerText.includes("Handbook")`)
	a.shot("bot-menu")
	a.until("the link of the menu", `!!document.querySelector('#im-menu a[href="https://example.com/handbook"]')`)
	evaluate[bool](a, `([...document.querySelectorAll("#im-menu button")].find((b) => b.innerText.trim() === "Echo of the menu").click(), true)`)
	a.until("the answer", said("Command echo/MENU/from the menu"))
}

// commands writes a command with the help of what the field offers.
func (w *talkWalk) commands() {
	a := w.ann
	a.fill(`textarea[name=text]`, "/ec")
	a.until("the offer", `document.querySelector("[data-suggest] [aria-selected=true]")?.innerText.replace(/\s+/g, " ").includes("/echo words Says it again")`)
	a.shot("bot-commands")
	a.fill(`textarea[name=text]`, "\t")
	a.until("the command in the field", `document.querySelector("textarea[name=text]").value === "/echo "`)
	a.fill(`textarea[name=text]`, "hello\r")
	a.until("the answer", said("Command echo/TEXTAREA/hello"))
}

// changes has the bot change and delete a message while both look on.
func (w *talkWalk) changes() {
	a := w.ann
	id := w.bots.say("B", "1", "It takes five minutes", nil)
	a.until("the message", said("It takes five minutes"))
	w.bots.call.must("imbot.message.update", params{"BOT_ID": w.bots.ids["B"], "MESSAGE_ID": id, "MESSAGE": "It took four minutes"}, nil)
	a.until("the change", said("It took four minutes")+" && !"+said("It takes five minutes"))
	w.clock.Advance(time.Second) // a row is as old as its last change
	w.bots.call.must("imbot.message.delete", params{"BOT_ID": w.bots.ids["B"], "MESSAGE_ID": id}, nil)
	row := `document.getElementById("m` + strconv.FormatInt(id, 10) + `")`
	a.until("the deletion", row+`?.classList.contains("msg-deleted") && !`+said("It took four minutes"))
	again := w.bots.say("B", "1", "Never mind", nil)
	a.until("the next message", said("Never mind"))
	w.bots.call.must("imbot.message.delete", params{"BOT_ID": w.bots.ids["B"], "MESSAGE_ID": again, "COMPLETE": "Y"}, nil)
	a.until("nothing to be left of it", `document.getElementById("m`+strconv.FormatInt(again, 10)+`") === null && `+row+` !== null`)
}

// human waits for the answer of the bot that types before it answers.
func (w *talkWalk) human() {
	b := w.bob
	b.open("/online/" + w.bots.ids["H"])
	b.until("the welcome", said("I am RoboH"))
	b.fill(`textarea[name=text]`, "How late is it?\r")
	b.until("the bot to type", `document.querySelector(".im-head [data-typing]")?.textContent === "RoboH is typing…"`)
	b.shot("bot-typing")
	w.bots.may <- struct{}{}
	b.until("the answer", said("I thought about it: How late is it?"))
	b.until("it to stop typing", `document.querySelector(".im-head [data-typing]").hidden`)
}

// group has two people and two bots in one chat: S is told everything, B what speaks to it.
func (w *talkWalk) group() {
	a, b := w.ann, w.bob
	c, err := w.portal.IM.CreateGroup(w.t.Context(), im.NewGroup{OwnerID: w.admin.ID, Title: "Fair", MemberIDs: []int64{w.site.bob.ID}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range []*tab{a, b} {
		p.open("/online/chat" + strconv.FormatInt(c.ID, 10))
		p.until("the group", `document.title.includes("Fair") && !!document.querySelector("textarea[name=text]")`)
	}
	// The owner takes the bots in by the form for members.
	a.click(`.pane-side a[href^="/online/members"]`)
	a.fill(`.slider [data-pick-query]`, "robo")
	for _, kind := range []string{"B", "S"} {
		a.click(`.slider input[name=member][value="` + w.bots.ids[kind] + `"]`)
	}
	a.until("O not among them", `!document.querySelector('.slider input[name=member][value="`+w.bots.ids["O"]+`"]')`)
	a.click(`.slider form .button-primary`)
	b.until("both bots to say hello", said("I am RoboB")+" && "+said("I am RoboS"))
	b.fill(`textarea[name=text]`, "Who brings the lamps?\r")
	eventually(w.t, "S to hear", func() bool { return w.bots.told("S messageadd: Who brings the lamps?") })
	b.fill(`textarea[name=text]`, "@Robo")
	b.until("the bots to be offered", `[...document.querySelectorAll("[data-suggest] .im-option-name")].map((e) => e.textContent).includes("RoboB")`)
	b.fill(`textarea[name=text]`, "B")
	b.until("one to be left", `document.querySelectorAll("[data-suggest] [role=option]").length === 1`)
	b.fill(`textarea[name=text]`, "\rand the desks?\r")
	a.until("the bot's answer", `[...document.querySelectorAll(".msg [data-body]")].some((m) => m.innerText.startsWith("RoboB heard:") && m.innerText.includes("and the desks?"))`)
	if w.bots.told("B messageadd: Who brings the lamps?") {
		w.t.Error("B was told of a message that did not speak to it")
	}
	a.shot("bots-in-a-group")
	a.fits("the group")
}
