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
