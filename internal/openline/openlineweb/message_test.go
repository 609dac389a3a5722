package openlineweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// TestCannedAnswersAreOffered types a slash in a chat with a client.
func TestCannedAnswersAreOffered(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		ctx := t.Context()
		folder := func(name string) int64 {
			f, err := d.Answers.SaveFolder(ctx, d.boss(), answer.Folder{Name: name})
			d.must(err)
			return f.ID
		}
		sales, support := folder("Sales"), folder("Support")
		ben, cleo := user.Ref{ID: d.ben.ID}, user.Ref{ID: d.cleo.ID}
		for _, a := range []struct {
			by user.Ref
			answer.Answer
		}{
			{d.boss(), answer.Answer{FolderID: sales, Keyword: "ship", Text: "We [b]ship[/b]\nin two days & \"free\"."}},
			{d.boss(), answer.Answer{FolderID: support, Keyword: "shipwreck", Text: "Of another line"}},
			{ben, answer.Answer{OwnerID: ben.ID, Text: "Bye, and good shipping"}},
			{cleo, answer.Answer{OwnerID: cleo.ID, Keyword: "shipper", Text: "Of somebody else"}},
		} {
			_, err := d.Answers.Save(ctx, a.by, a.Answer)
			d.must(err)
		}
		_, _, err := d.Lines.Update(ctx, d.boss(), d.line.ID, func(l *line.Line) error { l.QuickAnswersID = sales; return nil })
		d.must(err)
		chat := "chat" + decimal(d.chat)
		ask := "/online/suggest?kind=commands&dialog=" + chat + "&q="
		all := d.as("ben", ask, true).is(http.StatusOK).has(
			"data-insert=\"We [b]ship[/b]\nin two days &amp; &#34;free&#34;.\" data-whole>", `<span class="im-option-command">/ship</span>`,
			`<span class="truncate">We ship in two days &amp; &#34;free&#34;.</span><span class="muted small push">Shared</span>`,
			`<span class="truncate">Bye, and good shipping</span><span class="muted small push">Yours</span>`,
		).lacks("Of another line", "Of somebody else")
		if n := strings.Count(all.body, "data-whole"); n != 2 {
			t.Errorf("%d answers are offered, want 2", n)
		}
		d.as("ben", ask+"SHI", true).has("/ship<", "good shipping")
		d.as("ben", ask+"bye", true).has("good shipping").lacks("/ship<")
		d.as("ben", ask+"zebra", true).is(http.StatusOK).lacks("data-whole")
		d.as("cleo", ask, true).is(http.StatusNotFound)
		general := "/online/suggest?kind=commands&q=&dialog=" + decimal(d.cleo.ID)
		d.as("ben", general, true).is(http.StatusOK).lacks("data-whole")
		d.as("ben", "/channels/", false).is(http.StatusOK).has("canned answers, yours and those of the line")
	})
}

// TestAMessageIsKeptAsACannedAnswer keeps what Ben wrote among his own answers.
func TestAMessageIsKeptAsACannedAnswer(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		m := d.say("We open at [b]nine[/b].")
		d.as("ben", "/online/chat"+decimal(d.chat), false).is(http.StatusOK).has("data-line-bar", "channels/bar.css") // the bar, and what it looks like
		d.as("ben", "/online/message/"+decimal(m.ID), false).is(http.StatusOK).has("Save as canned answer")
		keep := []string{"message", decimal(m.ID)}
		d.as("ben", "/online/keep-answer", true, keep...).is(http.StatusOK).has(`"toast":"Kept: / in the message field finds it."`)
		d.as("ben", "/online/keep-answer", false, keep...).is(http.StatusSeeOther)
		found, err := d.Answers.Find(t.Context(), answer.Query{UserID: d.ben.ID})
		if err != nil || len(found) != 1 || found[0].Text != m.Text || found[0].OwnerID != d.ben.ID {
			t.Errorf("kept %+v, %v", found, err)
		}
		d.as("cleo", "/online/keep-answer", true, keep...).is(http.StatusNotFound)
		note, err := d.IM.OpenPrivate(t.Context(), d.ben.ID, d.cleo.ID)
		d.must(err)
		private, err := d.IM.Send(t.Context(), im.NewMessage{ChatID: note.ID, AuthorID: d.ben.ID, Text: "Lunch?"})
		d.must(err)
		d.as("ben", "/online/keep-answer", true, "message", decimal(private.ID)).is(http.StatusUnprocessableEntity).has("what you wrote to a client")
		d.as("ben", "/online/message/"+decimal(private.ID), false).is(http.StatusOK).lacks("Save as canned answer")
	})
}

// listen has the application take the messages for clients.
func (d *desk) listen() {
	d.t.Helper()
	binding := event.Binding{AppID: d.app.ID, Event: "OnImConnectorMessageAdd", Handler: "http://127.0.0.1:9/"}
	d.must(d.Events.Bind(d.t.Context(), d.boss(), binding, func(string) bool { return true }))
}

// outcome notes how the deliveries of a message went.
func (d *desk) outcome(messageID int64, o event.Outcome) {
	d.t.Helper()
	d.must(d.DB.Write(d.t.Context(), func(tx *db.Tx) error {
		o.Event = "ONIMCONNECTORMESSAGEADD"
		err := tx.QueryRow(d.t.Context(), "SELECT id FROM connector_delivery WHERE message_id = ?", messageID).Scan(&o.Delivery)
		if err != nil {
			return err
		}
		return d.Connectors.OutcomesTx(d.t.Context(), tx, []event.Outcome{o})
	}))
}

func (d *desk) mark(messageID int64, read bool) {
	d.t.Helper()
	m := connector.Mark{ChatID: d.chat, MessageID: messageID}
	if all, err := d.Connectors.Mark(d.t.Context(), d.app.ID, "chat", d.line.ID, []connector.Mark{m}, read); !all || err != nil {
		d.t.Fatal(all, err)
	}
}

// TestWhatBecomesOfAMessageIsShown follows messages to a client: not taken, sent again, delivered, read.
func TestWhatBecomesOfAMessageIsShown(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		session, err := d.Conversations.Last(t.Context(), d.chat)
		d.must(err)
		page := "/channels/" + decimal(session.ID)
		m := d.say("Yes, how can I help?")
		row := "/online/message?id=" + decimal(m.ID)
		const deaf = "Not delivered: The application does not listen to the event OnImConnectorMessageAdd, or its installation is not complete."
		const retry = `<button class="link" data-deed="retry">Retry</button>`
		failed := d.as("ben", page, false).is(http.StatusOK).
			has(`data-delivery="failed" title="Not delivered"`, `action="/online/retry" method="post"><input type="hidden" name="message" value="`+decimal(m.ID)+`">`, deaf, retry)
		if n := strings.Count(failed.body, "data-delivery="); n != 1 {
			t.Errorf("%d messages show what became of them, want Ben's alone", n)
		}
		d.as("anna", page, false).is(http.StatusOK).has(deaf).lacks(retry)
		d.as("anna", "/channels/messages?chat="+decimal(d.chat), true).is(http.StatusOK).has(deaf).lacks(retry)

		ask := []string{"message", decimal(m.ID)}
		d.as("anna", "/online/retry", true, ask...).is(http.StatusNotFound)
		d.as("cleo", "/online/retry", true, ask...).is(http.StatusNotFound)
		d.as("ben", "/online/retry", true, ask...).is(http.StatusConflict).has("does not listen")
		d.as("ben", "/online/retry", false, ask...).is(http.StatusUnprocessableEntity).has("does not listen", "Yes, how can I help?")
		d.as("ben", row, true).has(deaf)
		d.listen()
		before := d.as("ben", row, true).body
		after := d.as("ben", "/online/retry", true, ask...).is(http.StatusOK).has(`data-delivery="waiting" title="Waiting to be sent"`).lacks("Not delivered", retry, `class="msg-sent"`)
		if versionOf(before) == versionOf(after.body) {
			t.Error("a page does not see that the row has changed")
		}
		d.as("ben", "/online/retry", true, ask...).is(http.StatusConflict).has("on its way")

		d.outcome(m.ID, event.Outcome{Status: 500})
		d.as("ben", row, true).has("Not delivered: The application answered 500 instead of 200, again and again.", retry)
		d.outcome(m.ID, event.Outcome{Sent: true, Status: 200})
		d.as("ben", row, true).has(`data-delivery="sent" title="Sent"`).lacks(retry)
		d.mark(m.ID, false)
		d.as("ben", row, true).has(`data-delivery="delivered" title="Delivered"`)
		d.mark(m.ID, true)
		d.as("ben", "/online/chat"+decimal(d.chat), false).has(`data-delivery="read" title="Read by the client"`)
	})
}

// TestAMessageIsSentAgainWithoutScripts presses Retry as a browser without scripts does, and tries what cannot be sent again.
func TestAMessageIsSentAgainWithoutScripts(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		m := d.say("Yes?")
		d.listen()
		to := d.as("ben", "/online/retry", false, "message", decimal(m.ID)).is(http.StatusSeeOther).header.Get("Location")
		if want := "/online/chat" + decimal(d.chat); to != want {
			t.Errorf("leads to %s, want %s", to, want)
		}
		d.as("ben", to, false).is(http.StatusOK).has(`data-delivery="waiting"`).lacks("Not delivered")

		whisper, err := d.IM.Send(t.Context(), im.NewMessage{ChatID: d.chat, AuthorID: d.ben.ID, Text: "She sounds cross", Inner: true})
		d.must(err)
		d.as("ben", "/online/message?id="+decimal(whisper.ID), true).is(http.StatusOK).has(`class="msg-sent"`).lacks("data-delivery")
		d.as("ben", "/online/retry", true, "message", decimal(whisper.ID)).is(http.StatusNotFound)
		private, err := d.IM.OpenPrivate(t.Context(), d.ben.ID, d.cleo.ID)
		d.must(err)
		_, err = d.IM.Send(t.Context(), im.NewMessage{ChatID: private.ID, AuthorID: d.ben.ID, Text: "Lunch?"})
		d.must(err)
		d.as("ben", "/online/"+decimal(d.cleo.ID), false).is(http.StatusOK).has(`class="msg-sent"`).lacks("data-delivery")
	})
}

// versionOf returns what a row says of its version.
func versionOf(html string) string {
	_, rest, _ := strings.Cut(html, `data-v="`)
	version, _, _ := strings.Cut(rest, `"`)
	return version
}
