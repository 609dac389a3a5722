package openlineweb_test

import (
	"net/http"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
)

// act presses a button of the bar, as a module does.
func (d *desk) act(login string, chat int64, do string, more ...string) shown {
	d.t.Helper()
	return d.as(login, "/channels/act", true, append([]string{"chat", decimal(chat), "do", do}, more...)...)
}

// stands checks where the newest conversation of a chat stands, and returns it.
func (d *desk) stands(chat int64, state openline.State, operator int64) openline.Session {
	d.t.Helper()
	v, err := d.Conversations.Last(d.t.Context(), chat)
	d.must(err)
	if v.State != state || v.OperatorID != operator {
		d.t.Fatalf("the conversation is %s with %d, want %s with %d", v.State, v.OperatorID, state, operator)
	}
	return v
}

// page is the conversation as somebody sees it.
func (d *desk) page(login string, chat int64) shown {
	d.t.Helper()
	v, err := d.Conversations.Last(d.t.Context(), chat)
	d.must(err)
	return d.as(login, "/channels/"+decimal(v.ID), false)
}

// sent is what went out to the client of a chat, in order.
func (d *desk) sent(chat int64) (out []string) {
	d.t.Helper()
	d.must(d.DB.Read(d.t.Context(), func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(d.t.Context(), "SELECT m.text FROM connector_out o JOIN message m ON m.id = o.message_id WHERE o.chat_id = ? ORDER BY m.id", chat)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			out = append(out, text)
		}
		return rows.Err()
	}))
	return out
}

func (d *desk) sentIs(chat int64, want ...string) {
	d.t.Helper()
	if got := d.sent(chat); !slices.Equal(got, want) {
		d.t.Errorf("the client got %q, want %q", got, want)
	}
}

// hears returns what somebody's open pages are told while f runs.
func (d *desk) hears(who user.User, f func()) string {
	d.t.Helper()
	events, cancel := d.Live.Subscribe(who.ID)
	defer cancel()
	f()
	var out strings.Builder
	for len(events) > 0 {
		out.Write(<-events)
	}
	return out.String()
}

func (d *desk) told(what, heard string, parts ...string) {
	d.t.Helper()
	for _, p := range parts {
		if !strings.Contains(heard, p) {
			d.t.Errorf("%s: nobody was told %q of\n%s", what, p, heard)
		}
	}
}

// hint is what pages are told of a conversation.
func hint(v openline.Session, state openline.State) string {
	return `"chat":` + decimal(v.ChatID) + `,"state":"` + string(state) + `"`
}

// strangers are refused everything, and learn nothing.
func (d *desk) strangers(chat int64, do string, more ...string) {
	d.t.Helper()
	d.act("cleo", chat, do, more...).is(http.StatusNotFound).has(foreign)
}
