package imweb_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

func TestReadersOfOwnMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	g := b.group("Spring", 1, 2, 3)
	mine, theirs := b.say(g.ID, 1, "Ready?"), b.say(g.ID, 2, "Not yet")
	path := "/online/menu?read=1&id="
	// Ben wrote after it, so he has read it; Cleo has not looked.
	b.anna.get(path+num(mine.ID)).is(http.StatusOK).has("Read by 1 of 2", "Ben").lacks("Cleo")
	if _, err := b.im.Read(t.Context(), 3, g.ID, mine.ID); err != nil {
		t.Fatal(err)
	}
	b.anna.get(path+num(mine.ID)).is(http.StatusOK).has("Read by 2 of 2", "Ben", "Cleo")
	b.ben.get(path+num(mine.ID)).is(http.StatusOK).lacks("Cleo", "Read by")
	b.anna.get(path + num(theirs.ID)).is(http.StatusOK).lacks("Read by")
	private := b.say(b.private(1, 2).ID, 1, "Only you")
	b.anna.get(path + num(private.ID)).is(http.StatusOK).lacks("Read by")
	b.cleo.get(path + num(private.ID)).is(http.StatusNotFound)
}

func TestApplicationsShowAtTheirPlaces(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	var asked []web.WidgetQuery
	b.widgets = func(q web.WidgetQuery) []web.Widget {
		asked = append(asked, q)
		return []web.Widget{{
			Title: "At " + q.Place, URL: "/marketplace/placement/7/?options=x", Frame: "/marketplace/frame/1/?place=7",
			Icon: "fa fa-rocket", Color: "#df532d", Width: 60, Height: 40,
		}}
	}
	g := b.group("Spring", 1, 2)
	m := b.say(g.ID, 2, "Hello")
	a := b.anna.get("/online/chat" + num(g.ID)).is(http.StatusOK)
	a.has("At IM_TEXTAREA", "At IM_SIDEBAR", "At IM_NAVIGATION", `data-panel="/marketplace/frame/1/?place=7" data-width="60" data-height="40"`,
		`--hue:#df532d`, "icons.svg#bolt", `data-apps="1"`)
	b.anna.get("/online/menu?id="+num(m.ID)).is(http.StatusOK).has("At IM_CONTEXT_MENU", `data-slider`)
	b.anna.get("/online/2").is(http.StatusOK)
	b.anna.get("/online/" + num(b.bot)).is(http.StatusOK)
	got := map[string][]string{}
	kinds := map[string]bool{}
	for _, q := range asked {
		got[q.Place] = q.Options
		if q.Place == "IM_TEXTAREA" {
			kinds[q.Chat] = true
		}
	}
	if want := map[string]bool{"CHAT": true, "USER": true, "BOT": true}; len(kinds) != 3 || !kinds["CHAT"] || !kinds["USER"] || !kinds["BOT"] {
		t.Errorf("asked for chats %v, want %v", kinds, want)
	}
	// The keys and their order are those of the documentation; the address is the messenger's, whatever conversation is open.
	for place, want := range map[string]string{
		"IM_NAVIGATION":   "URI /online/",
		"IM_TEXTAREA":     "dialogId " + num(b.bot) + " URI /online/",
		"IM_SIDEBAR":      "dialogId " + num(b.bot) + " URI /online/",
		"IM_CONTEXT_MENU": "",
	} {
		if s := strings.Join(got[place], " "); s != want && place != "IM_CONTEXT_MENU" {
			t.Errorf("%s is told %q, want %q", place, s, want)
		}
	}
	asked = nil
	b.anna.get("/online/menu?id=" + num(m.ID))
	if s := strings.Join(asked[0].Options, " "); s != "messageId "+num(m.ID)+" dialogId chat"+num(g.ID)+" URI /online/" || asked[0].Chat != "CHAT" {
		t.Errorf("IM_CONTEXT_MENU is told %q at %q", s, asked[0].Chat)
	}
}

func TestItemsOfABotInTheMenu(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	c := b.private(1, b.bot)
	m := b.send(im.NewMessage{ChatID: c.ID, AuthorID: b.bot, Text: "Pick one", Menu: attach.Menu{
		{BotID: b.bot, Text: "Say yes", Do: attach.Do{Action: attach.ActionSend, ActionValue: "yes"}, Context: "ALL"},
		{BotID: b.bot, Text: "Only on a phone", Do: attach.Do{Action: attach.ActionPut, ActionValue: "x"}, Context: "MOBILE"},
		{BotID: b.bot, Text: "Not now", Do: attach.Do{Action: attach.ActionSend, ActionValue: "later"}, Disabled: "Y"},
		{BotID: b.bot, Text: "Site", Do: attach.Do{Link: "https://example.com/"}},
	}})
	b.anna.get("/online/"+num(b.bot)).is(http.StatusOK).has(
		`<template data-items>`, `data-index="0" data-action="send" data-value="yes"`, `keyboard-on-mobile`, `disabled>`, `href="https://example.com/"`)
	p := b.anna.fetch("/online/press", "message", num(m.ID), "item", "0").is(http.StatusOK).part()
	if !strings.Contains(p.HTML, "yes") {
		t.Errorf("the press said:\n%s", p.HTML)
	}
	for _, item := range []string{"2", "3", "4", "-1", "x"} {
		b.anna.fetch("/online/press", "message", num(m.ID), "item", item).is(http.StatusNotFound)
	}
	b.ben.fetch("/online/press", "message", num(m.ID), "item", "0").is(http.StatusNotFound)
}

func TestAMessageByItself(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	c := b.private(1, 2)
	m := b.say(c.ID, 1, "a tpyo & more")
	path := "/online/message/" + num(m.ID)
	b.anna.get("/online/2").has(`href="` + path + `" data-more`)
	b.anna.get(path).is(http.StatusOK).has(`action="/online/edit"`, `action="/online/delete"`, `action="/online/send"`, "a tpyo &amp; more</textarea>")
	b.ben.get(path).is(http.StatusOK).has(`action="/online/send"`).lacks(`action="/online/edit"`, `action="/online/delete"`)
	b.cleo.get(path).is(http.StatusNotFound).lacks("tpyo")
	b.anna.get("/online/message/x").is(http.StatusNotFound)

	// An answer, a change and a deletion without any script; what is refused is told there, with what was typed.
	b.ben.post("/online/send", "dialog", "1", "reply", num(m.ID), "text", "typo").is(http.StatusSeeOther)
	b.anna.get("/online/2").has(`data-jump="` + num(m.ID) + `"`)
	b.anna.post("/online/edit", "message", num(m.ID), "text", "a typo & more").is(http.StatusSeeOther)
	b.anna.get(path).has("a typo &amp; more")
	b.anna.post("/online/edit", "message", num(m.ID), "text", " ").is(http.StatusUnprocessableEntity).has("Write something first.")
	clk.Advance(73 * time.Hour)
	b.anna.post("/online/edit", "message", num(m.ID), "text", "too late").is(http.StatusUnprocessableEntity).has("The time to change this message is over", "a typo")
	other := b.say(c.ID, 1, "to be deleted")
	if to := b.anna.post("/online/delete", "message", num(other.ID)).is(http.StatusSeeOther).header.Get("Location"); to != "/online/2" {
		t.Errorf("leads to %q", to)
	}
	b.ben.get("/online/1").lacks("to be deleted").has("Message deleted")
}

func TestPeopleAreSuggested(t *testing.T) {
	t.Parallel()
	b := newBench(t, clock.NewManual(noon))
	b.anna.get("/online/suggest?kind=people&dialog=2&q=be").is(http.StatusOK).has(`data-insert="Ben Ode" data-person="2"`).lacks("Cleo")
	b.anna.get("/online/suggest?kind=people&dialog=2&q=").has("Ben Ode", "Cleo Marsh")
	if got := strings.TrimSpace(b.anna.get("/online/suggest?kind=people&dialog=2&q=zzz").body); got != "" {
		t.Errorf("nobody is %q", got)
	}
}

func TestPresenceFollowsActivity(t *testing.T) {
	t.Parallel()
	clk := clock.NewManual(noon)
	b := newBench(t, clk)
	online := func(who person) []int64 {
		var v struct{ Online []int64 }
		who.get("/online/presence?ids=1,2,3,4,999,x,2").is(http.StatusOK).json(&v)
		return v.Online
	}
	b.ben.get("/online/").is(http.StatusOK)
	if got := online(b.anna); !slices.Contains(got, 2) || slices.Contains(got, 4) || slices.Contains(got, 999) {
		t.Errorf("online %v, want Ben (2), and neither the bot (4) nor nobody (999)", got)
	}
	clk.Advance(6 * time.Minute)
	if got := online(b.anna); slices.Contains(got, 2) || !slices.Contains(got, 1) {
		t.Errorf("after six silent minutes of Ben's online %v, want Anna (1) alone", got)
	}
}
