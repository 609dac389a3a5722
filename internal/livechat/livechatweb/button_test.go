package livechatweb_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// menuBot is a bot that leads the conversations of a line; told are the events that its handler gets.
func (b *bench) menuBot() (id int64, told chan string) {
	b.t.Helper()
	told = make(chan string, 10)
	handler := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.FormValue("event") != "ONIMCOMMANDADD" {
			return
		}
		var said strings.Builder
		for k, v := range r.Form {
			if strings.HasPrefix(k, "data[COMMAND]") && (strings.HasSuffix(k, "[COMMAND]") || strings.HasSuffix(k, "[COMMAND_PARAMS]") || strings.HasSuffix(k, "[COMMAND_CONTEXT]")) {
				fmt.Fprintf(&said, "%s=%s ", k[strings.LastIndex(k, "["):], v[0])
			}
		}
		told <- said.String()
	}))
	b.t.Cleanup(handler.Close)
	ctx, owner := b.t.Context(), bot.Owner{ClientID: "menu"}
	id, err := b.portal.Bots.Register(ctx, bot.Registration{
		Owner: owner, Code: "menu", Type: bot.OpenLine, Profile: user.BotChange{FirstName: new("Menu")},
		Handlers: bot.Handlers{MessageAdd: handler.URL, Join: handler.URL, Delete: handler.URL},
	})
	must(b.t, err)
	_, err = b.portal.Bots.RegisterCommand(ctx, owner, bot.NewCommand{
		BotID: id, Name: "prices", Handler: handler.URL, Extranet: true, Help: []bot.Help{{Language: "en", Title: "Prices", Params: "of what"}},
	})
	must(b.t, err)
	_, _, err = b.portal.Lines.Update(ctx, user.Ref{ID: b.anna.ID, Admin: true}, b.line.ID, func(l *line.Line) error {
		l.Bot = line.Bot{Enabled: true, ID: id, Always: true}
		return nil
	})
	must(b.t, err)
	return id, told
}

// TestButtonsOfABot has a visitor go through what a bot offers, with the keyboard alone: a command, words that are sent, words for the
// field, a link. Once a person answers, the bot's commands say that it is gone.
func TestButtonsOfABot(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.System{}, nil)
	must(t, b.portal.Start(t.Context()))
	menu, told := b.menuBot()
	chromium := browser(t)
	v := newView(t, chromium, "visitor", chromedp.WithNewBrowserContext())
	v.look(390, 844, "light")
	v.do(chromedp.Navigate(b.server.URL + "/chat/" + b.widget.Code))
	v.until(`document.querySelector("#composer:not([hidden])")`)
	v.write("Hello")
	v.until(`document.querySelector("li.own[data-n]")`)
	button := func(text string, do attach.Do, more func(*attach.Button)) attach.Button {
		x := attach.Button{Type: attach.TypeButton, BotID: menu, Text: text, Do: do, Display: "LINE"}
		if more != nil {
			more(&x)
		}
		return x
	}
	words := "Tables from [b]200[/b] euros, chairs from [b]80[/b]."
	var chat int64 // nobody but the bot is in it
	must(t, b.portal.DB.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT MAX(chat_id) FROM openline_chat").Scan(&chat)
	}))
	_, err := b.portal.IM.Send(t.Context(), im.NewMessage{
		ChatID: chat, AuthorID: menu, Text: "What can I do for you?",
		Attach: attach.Attach{{ColorToken: "primary", Blocks: []attach.Block{
			{Message: &words},
			{Grid: []attach.Cell{{Display: "ROW", Name: "Oak", Value: "in stock", ColorToken: "base"}, {Display: "ROW", Name: "Ash", Value: "in May", ColorToken: "alert"}}},
			{Link: []attach.Link{{Name: "All of them", Link: "https://example.com/all"}}},
		}}},
		Keyboard: attach.Keyboard{
			button("Prices", attach.Do{Command: "prices", CommandParams: "tables"}, func(x *attach.Button) { x.BgColorToken, x.Block = "primary", "Y" }),
			button("Opening hours", attach.Do{Action: attach.ActionSend, ActionValue: "When are you open?"}, nil),
			{Type: attach.TypeNewline},
			button("I have a question", attach.Do{Action: attach.ActionPut, ActionValue: "My question: "}, nil),
			button("A long name that does not fit beside the others", attach.Do{Command: "prices", CommandParams: "chairs"}, func(x *attach.Button) { x.BgColor = "#0a7d33" }),
			button("Our site", attach.Do{Link: "https://example.com/"}, func(x *attach.Button) { x.BgColorToken = "secondary" }),
		},
	})
	must(t, err)
	v.shows("in stock")
	v.until(`getComputedStyle(document.querySelector(".keyboard-row")).display === "flex"`) // its style sheet is there
	v.shot("buttons-390-light")
	if wide := eval[int](v, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the buttons are %d pixels wide", wide)
	}
	press := func(text string) {
		t.Helper()
		v.run(`[...document.querySelectorAll(".keyboard-button")].find((x) => x.innerText.trim() === ` + quote(text) + `).focus()`)
		v.do(chromedp.KeyEvent("\r"))
	}
	v.until(`document.getElementById("status").innerText === "You are talking to Menu"`)
	press("Prices")
	if got := <-told; !strings.Contains(got, "[COMMAND]=prices") || !strings.Contains(got, "[COMMAND_PARAMS]=tables") || !strings.Contains(got, "[COMMAND_CONTEXT]=KEYBOARD") {
		t.Errorf("the bot is told %q", got)
	}
	v.until(`document.querySelector(".keyboard-button[data-block]").disabled`)
	press("Opening hours")
	v.until(`[...document.querySelectorAll("li.own[data-n]")].some((li) => li.innerText.includes("When are you open?"))`)
	press("I have a question")
	v.until(`document.getElementById("text").value === "My question: " && document.activeElement === document.getElementById("text")`)
	if got := eval[string](v, `(() => { const a = document.querySelector("a.keyboard-button"); return a.href + " " + a.target + " " + a.rel })()`); got != "https://example.com/ _blank noopener noreferrer" {
		t.Errorf("the link is %q", got)
	}
	v.run(`document.getElementById("text").value = ""`)
	v.write("0")
	v.until(`document.getElementById("status").innerText === "Somebody is answering"`)
	press("A long name that does not fit beside the others")
	v.until(`document.querySelector(".said:not([hidden])")?.innerText.includes("does not answer here any more")`)
	v.look(390, 844, "dark")
	v.shot("buttons-390-dark")
}
