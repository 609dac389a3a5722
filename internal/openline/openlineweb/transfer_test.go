package openlineweb_test

import (
	"net/http"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

func (d *desk) transfersToPerson(chat int64) {
	d.act("ben", chat, "answer").is(http.StatusOK)
	cleo := decimal(d.cleo.ID)
	d.strangers(chat, "transfer", "user", cleo)
	const wrong = "It cannot be given there: they have it already, have left, or the line is off."
	d.act("ben", chat, "transfer").is(http.StatusUnprocessableEntity).has("Choose whom the conversation is given to.")
	d.act("ben", chat, "transfer", "user", cleo, "line", decimal(d.line.ID)).is(http.StatusUnprocessableEntity).has("Choose whom")
	for _, user := range []string{decimal(d.ben.ID), "4711"} {
		d.act("ben", chat, "transfer", "user", user).is(http.StatusUnprocessableEntity).has(wrong)
	}
	d.as("ben", "/channels/targets?chat="+decimal(chat)+"&q=cleo", true).is(http.StatusOK).has(`name="user" value="` + cleo + `"`).lacks("Dora Quist")
	d.as("cleo", "/channels/targets?chat="+decimal(chat), true).is(http.StatusNotFound)
	heard := d.hears(d.cleo, func() {
		d.act("ben", chat, "transfer", "user", cleo).is(http.StatusOK).has("Cleo Marsh is asked to take it.")
	})
	v := d.stands(chat, openline.StateOffered, d.cleo.ID)
	d.told("Cleo", heard, hint(v, openline.StateOffered))
	d.page("cleo", chat).is(http.StatusOK).has("You are asked", "The conversation was passed to Cleo Marsh.")
	d.page("ben", chat).is(http.StatusOK).has("Cleo Marsh is asked").lacks("im-composer-form")
	d.act("cleo", chat, "answer").is(http.StatusOK)
	d.page("ben", chat).is(http.StatusOK).has(`data-door`, "Cleo Marsh answers ", ", a client of Sales.").lacks("Hello")
	d.sentIs(chat)
	d.act("cleo", chat, "finish").is(http.StatusOK)
	d.act("cleo", chat, "transfer", "user", decimal(d.ben.ID)).is(http.StatusConflict).has(over)
}

func (d *desk) transfersToLine(chat int64) {
	other, off := d.addLine("Support"), d.addLine("Closed")
	_, _, err := d.Lines.Update(d.t.Context(), d.boss(), off.ID, func(l *line.Line) error { l.Active = false; return nil })
	d.must(err)
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.as("ben", "/channels/targets?chat="+decimal(chat)+"&q=support", true).has(`name="line" value="` + decimal(other.ID) + `"`)
	for _, id := range []string{decimal(off.ID), "4711"} {
		d.act("ben", chat, "transfer", "line", id).is(http.StatusUnprocessableEntity).has("or the line is off")
	}
	to := d.as("ben", "/channels/act", false, "chat", decimal(chat), "do", "transfer", "line", decimal(other.ID)).is(http.StatusSeeOther).header.Get("Location")
	if to != "/channels/" {
		d.t.Errorf("leads to %s: the conversation is not Ben's to see any more", to)
	}
	if v := d.stands(chat, openline.StateWaiting, 0); v.LineID != other.ID {
		d.t.Errorf("in line %d", v.LineID)
	}
	d.page("ben", chat).is(http.StatusNotFound)
	d.as("anna", "/channels/rows?tab=waiting&line="+decimal(other.ID), true).has("transfer to a line", "Support")
	d.sentIs(chat)
}

func (d *desk) transfersToBot(chat int64) {
	id, err := d.Bots.Register(d.t.Context(), bot.Registration{
		Owner: bot.Owner{AppID: d.app.ID}, Code: "menu", Type: bot.OpenLine, Profile: user.BotChange{FirstName: new("Menu")},
		Handlers: bot.Handlers{MessageAdd: "http://127.0.0.1:9/", Join: "http://127.0.0.1:9/", Delete: "http://127.0.0.1:9/"},
	})
	d.must(err)
	d.act("ben", chat, "answer").is(http.StatusOK)
	d.as("ben", "/channels/targets?chat="+decimal(chat)+"&q=menu", true).has("Bots</h3>", `name="user" value="`+decimal(id)+`"`)
	d.act("ben", chat, "transfer", "user", decimal(id)).is(http.StatusOK).has("Menu answers now.")
	v := d.stands(chat, openline.StateBot, 0)
	if v.BotID != id {
		d.t.Errorf("led by %d", v.BotID)
	}
	d.page("dora", chat).is(http.StatusOK).has("With a bot", "Menu", `name="do" value="answer"`)
	d.as("ben", "/channels/targets?chat="+decimal(chat)+"&q=menu", true).lacks("Bots</h3>") // it has it
	_, err = d.IM.Send(d.t.Context(), im.NewMessage{ChatID: chat, AuthorID: id, Text: "1. Opening times"})
	d.must(err)
	d.sentIs(chat, "1. Opening times")
}
