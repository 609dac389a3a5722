package openlineweb_test

import (
	"net/http"
	"testing"

	"github.com/portico-hq/portico/internal/db"
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
