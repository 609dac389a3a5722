package openlineweb_test

import (
	"net/http"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/openline"
)

// TestWhatAClientIs shows the position of a client and the portal that they write from, whose address stands there once.
func TestWhatAClientIs(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		in := openline.Incoming{
			Connector: network.Connector, LineID: d.line.ID, ChatID: "server:1|7", ChatURL: "https://duval.test", Text: "Hello",
			Client: openline.Client{ID: "server:1|7", FirstName: "Vera", Position: "Buyer, Ateliers Duval", URL: "https://duval.test"},
		}
		r, err := d.Conversations.Receive(t.Context(), in)
		d.must(err)
		v, err := d.Conversations.Last(t.Context(), r.ChatID)
		d.must(err)
		d.as("ben", "/channels/"+decimal(v.ID), false).is(http.StatusOK).
			has(`<strong class="im-card-name">Vera</strong><span>Buyer, Ateliers Duval</span>`, "<dt>Profile</dt>").lacks("<dt>Writes from</dt>")
	})
}

// TestEachConversationShowsWhatWasSaidInIt lists two conversations of a chat, each with its own last words.
func TestEachConversationShowsWhatWasSaidInIt(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		chat := d.writes("Igor", "The first question").ChatID
		d.must(d.Conversations.Answer(t.Context(), d.ben.ID, chat))
		d.must(d.Conversations.FinishAny(t.Context(), d.ben.ID, chat))
		v, err := d.Conversations.Last(t.Context(), chat)
		d.must(err)
		if v.State != openline.StateClosed {
			t.Fatalf("it is %s", v.State)
		}
		if d.writes("Igor", "The second question").ChatID != chat {
			t.Fatal("it is another chat")
		}
		if again, err := d.Conversations.Last(t.Context(), chat); err != nil || again.ID == v.ID {
			t.Fatalf("it is the same conversation, %v", err)
		}
		d.as("anna", "/channels/?tab=all", false).is(http.StatusOK).has("The first question", "The second question")
	})
}
