package openlineweb_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// TestTheListShowsWhatSomebodyWrote keeps what a line says by itself from standing where operators look for the client's words.
func TestTheListShowsWhatSomebodyWrote(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		chat := d.writes("Igor", "Are you [b]open[/b]?").ChatID
		d.must(d.Conversations.BotSay(t.Context(), 0, chat, false, "We will answer soon."))
		list := func() shown { return d.as("ben", "/channels/rows", true).is(http.StatusOK) }
		list().has(`<span class="list-sub truncate">Are you open?</span>`).lacks("We will answer soon.")
		d.must(d.Conversations.Answer(t.Context(), d.ben.ID, chat))
		d.as("ben", "/online/send", true, "dialog", "chat"+decimal(chat), "text", "Until six.").is(http.StatusOK)
		d.must(d.Conversations.BotSay(t.Context(), 0, chat, false, "We close at six."))
		list().has(`<span class="list-sub truncate">You: Until six.</span>`)
	})
}

// TestTheStoryTellsRoundsOnce writes what happens over and over in one line: a conversation may wait a whole night for who is alone.
func TestTheStoryTellsRoundsOnce(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		_, _, err := d.Lines.Update(t.Context(), d.boss(), d.line.ID, func(l *line.Line) error {
			l.QueueTime, l.Queue = time.Minute, []line.Entry{{Kind: line.EntryUser, ID: d.ben.ID}}
			return nil
		})
		d.must(err)
		chat := d.writes("Igor", "Are you open?").ChatID
		for range 5 {
			d.clock.Advance(time.Minute)
			_, err := d.Conversations.FireDue(t.Context())
			d.must(err)
		}
		d.must(d.Conversations.Skip(t.Context(), d.ben.ID, chat))
		v, err := d.Conversations.Last(t.Context(), chat)
		d.must(err)
		page := d.as("anna", "/channels/story?id="+decimal(v.ID), false).is(http.StatusOK).has("4 more times, the last one at ", "skipped it")
		if n := strings.Count(page.body, "did not take it in time"); n != 1 {
			t.Errorf("it stands there %d times that nobody took it in time", n)
		}
	})
}

// TestOperatorsFindTheChannel leads from a client to the channel on its own side, as its application says with imconnector.connector.data.set.
func TestOperatorsFindTheChannel(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		chat := d.writes("Igor", "Are you open?").ChatID
		v, err := d.Conversations.Last(t.Context(), chat)
		d.must(err)
		shown := func(ch connector.Channel) shown {
			d.must(d.Connectors.SetChannel(t.Context(), d.boss().ID, d.app.ID, "chat", d.line.ID, ch))
			return d.as("ben", "/channels/"+decimal(v.ID), false).is(http.StatusOK)
		}
		const link = `<dt>Channel</dt><dd><a href="https://chat.test/`
		shown(connector.Channel{Name: "Shop", URL: "https://chat.test/a", URLIM: "https://chat.test/b"}).has(link + `b" rel="noopener noreferrer" target="_blank">Shop</a>`)
		shown(connector.Channel{URL: "https://chat.test/a"}).has(link + `a" rel="noopener noreferrer" target="_blank">https://chat.test/a</a>`)
		shown(connector.Channel{Name: "Shop", URLIM: "javascript:alert(1)"}).has("<dt>Channel</dt><dd>Shop</dd>").lacks("alert(1)")
		shown(connector.Channel{}).lacks("<dt>Channel</dt>")
	})
}
