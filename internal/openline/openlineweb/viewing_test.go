package openlineweb_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/portal"
)

// looks has a page of somebody's say what it shows.
func (d *desk) looks(login, page string, chat int64) shown {
	d.t.Helper()
	return d.as(login, "/channels/view", true, "chat", decimal(chat), "page", page)
}

// TestWhoLooksAtAConversation opens it and closes it: colleagues see who looks, at once.
func TestWhoLooksAtAConversation(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		bar := func(login string) shown {
			return d.as(login, "/channels/bar?chat="+decimal(d.chat), true).is(http.StatusOK)
		}
		told := func(heard string) bool {
			return strings.Contains(heard, "event: line:viewers\ndata: {\"chat\":"+decimal(d.chat)+"}")
		}
		d.looks("ben", "b1", d.chat).is(http.StatusOK).has(`"again":50`)
		bar("ben").lacks("ch-viewers") // nobody is told of themselves
		if !told(d.hears(d.ben, func() { d.looks("anna", "a1", d.chat).is(http.StatusOK) })) {
			t.Error("Ben is not told that Anna looks")
		}
		bar("ben").has(`<span class="ch-viewers" title="Anna Berg is looking">`)
		bar("anna").has("Ben Ode is looking")
		if heard := d.hears(d.ben, func() { d.looks("anna", "a1", d.chat).is(http.StatusOK) }); told(heard) {
			t.Errorf("told once more of what is as it was: %s", heard)
		}
		d.looks("dora", "d1", d.chat).is(http.StatusForbidden) // Ben's, not hers to read
		d.looks("cleo", "c1", d.chat).is(http.StatusNotFound)
		d.looks("ben", "b1", -1).is(http.StatusForbidden)
		d.looks("ben", "", d.chat).is(http.StatusForbidden)
		d.act("dora", d.chat, "join").is(http.StatusOK)
		d.looks("dora", "d1", d.chat).is(http.StatusOK)
		bar("ben").has("Anna Berg and Dora Quist are looking")

		other := d.writes("Igor", "Hello").ChatID
		d.looks("anna", "a2", d.chat).is(http.StatusOK)
		d.looks("anna", "a1", other).is(http.StatusOK)
		bar("ben").has("Anna Berg and Dora Quist") // her other page shows it still
		if !told(d.hears(d.ben, func() { d.looks("anna", "a2", 0).is(http.StatusOK) })) {
			t.Error("Ben is not told that Anna has left")
		}
		bar("ben").has("Dora Quist is looking").lacks("Anna Berg")

		d.must(d.Notify.SetStatus(t.Context(), d.dora.ID, notify.Invisible))
		bar("ben").lacks("ch-viewers") // she does not want to look as if she were there
		d.must(d.Notify.SetStatus(t.Context(), d.dora.ID, notify.Online))
		bar("ben").has("Dora Quist is looking")
		d.clock.Advance(openline.ViewFor + time.Second) // her browser died
		bar("ben").lacks("ch-viewers")
		d.ticks()
	})
}

// TestWhoReadsAlongSeesChanges edits and removes messages while Anna, who is no member, looks: she is told at once, once each.
func TestWhoReadsAlongSeesChanges(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		ctx := t.Context()
		d.looks("anna", "a1", d.chat).is(http.StatusOK)
		rows := func() shown {
			return d.as("anna", "/channels/messages?chat="+decimal(d.chat), true).is(http.StatusOK)
		}
		answer := d.say("Which page?")
		whisper, err := d.IM.Send(ctx, im.NewMessage{ChatID: d.chat, AuthorID: d.ben.ID, Text: "She sounds cross", Inner: true})
		d.must(err)
		asked := d.writes("Vera", "The frist page")
		for _, c := range []struct {
			what    string
			id      int64
			has, no string
			change  func() error
		}{
			{"an answer that is edited", answer.ID, "Which page is it?", "Which page?", func() error {
				return d.IM.Update(ctx, d.ben.ID, answer.ID, im.Change{Text: new("Which page is it?")})
			}},
			{"a whisper that is edited", whisper.ID, "She is cross", "She sounds", func() error {
				return d.IM.Update(ctx, d.ben.ID, whisper.ID, im.Change{Text: new("She is cross")})
			}},
			{"a question that the client edits", asked.MessageID, "The first page", "frist", func() error {
				return d.DB.Write(ctx, func(tx *db.Tx) error {
					return d.Conversations.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: asked.MessageID, Text: "The first page"})
				})
			}},
			{"a question that the client removes", asked.MessageID, "She is cross", "The first page", func() error {
				return d.DB.Write(ctx, func(tx *db.Tx) error { return d.Conversations.RemoveIncomingTx(ctx, tx, asked.MessageID) })
			}},
			{"an answer that is removed", answer.ID, "She is cross", "Which page", func() error { return d.IM.Delete(ctx, d.ben.ID, answer.ID, false) }},
		} {
			hint := "event: linemessage\ndata: {\"chat\":" + decimal(d.chat) + ",\"message\":" + decimal(c.id) + "}"
			var members string
			heard := d.hears(d.anna, func() { members = d.hears(d.ben, func() { d.must(c.change()) }) })
			if n := strings.Count(heard, hint); n != 1 {
				t.Errorf("%s: Anna is told %d times: %s", c.what, n, heard)
			}
			if strings.Contains(members, hint) {
				t.Errorf("%s: Ben is told by the messenger already: %s", c.what, members)
			}
			rows().has(c.has).lacks(c.no)
		}
		d.looks("anna", "a1", 0).is(http.StatusOK)
		heard := d.hears(d.anna, func() { d.must(d.IM.Update(ctx, d.ben.ID, whisper.ID, im.Change{Text: new("All is well")})) })
		if strings.Contains(heard, "linemessage") {
			t.Errorf("who does not look is told: %s", heard)
		}
	})
}

// TestProcessesSeeEachOthersViewers has Anna look through another process.
func TestProcessesSeeEachOthersViewers(t *testing.T) {
	t.Parallel()
	c := dbtest.PostgresConfig(t, portal.Schemas()...)
	d := newDesk(t, c)
	other, err := portal.Open(t.Context(), portal.Config{DB: c, PublicURL: func() string { return "https://portal.test" }, Log: slog.New(slog.DiscardHandler), Clock: d.clock})
	d.must(err)
	t.Cleanup(func() { _ = other.Close(t.Context()) })
	d.must(other.Conversations.View(t.Context(), d.anna.ID, d.chat, "there"))
	d.as("ben", "/channels/bar?chat="+decimal(d.chat), true).is(http.StatusOK).has("Anna Berg is looking")
	d.must(other.Conversations.View(t.Context(), d.anna.ID, 0, "there"))
	d.as("ben", "/channels/bar?chat="+decimal(d.chat), true).is(http.StatusOK).lacks("ch-viewers")
}

// ticks has Anna read Ben's conversation: she is told of each tick, and gets the row as it is.
func (d *desk) ticks() {
	t := d.t
	d.must(d.Start(t.Context()))
	d.listen()
	m := d.say("Yes, how can I help?")
	row := "/channels/messages?limit=1&chat=" + decimal(d.chat) + "&after=" + decimal(m.ID-1)
	d.as("anna", row, true).is(http.StatusOK).has(`data-delivery="waiting"`)
	d.looks("anna", "a1", d.chat).is(http.StatusOK)
	events, cancel := d.Live.Subscribe(d.anna.ID)
	defer cancel()
	hear := func() {
		t.Helper()
		want := "event: linemessage\ndata: {\"chat\":" + decimal(d.chat) + ",\"message\":" + decimal(m.ID) + "}\n\n"
		for {
			select {
			case e := <-events:
				if string(e) == want {
					return
				}
			case <-t.Context().Done():
				t.Fatal("Anna is not told")
			}
		}
	}
	d.outcome(m.ID, event.Outcome{Sent: true, Status: 200})
	hear()
	d.as("anna", row, true).has(`data-delivery="sent"`)
	d.mark(m.ID, true)
	hear()
	d.as("anna", row, true).has(`data-delivery="read"`).lacks("Retry")
}
