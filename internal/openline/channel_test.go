package openline_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
)

// title returns the title of a chat.
func (b *bundle) title(chatID int64) string {
	b.t.Helper()
	var c im.Chat
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) (err error) {
		c, err = b.im.ChatTx(b.t.Context(), tx, chatID)
		return err
	}))
	return c.Title
}

// message reads one as it is stored.
func (b *bundle) message(id int64) im.Message {
	b.t.Helper()
	var m im.Message
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) (err error) {
		m, _, err = b.im.LookTx(b.t.Context(), tx, id)
		return err
	}))
	return m
}

// TestTheClientsClock keeps when a client wrote and changed a message by their own clock, beside when it arrived.
func TestTheClientsClock(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		in := openline.Incoming{Connector: "site", LineID: b.support.ID, ChatID: "c", Client: openline.Client{ID: "c"}, Text: "Hello"}
		written := start().Add(-2 * time.Hour)
		for _, c := range []struct {
			at   time.Time
			want int64
		}{{time.Time{}, 0}, {written, written.Unix()}, {start().AddDate(100, 0, 0), start().Unix()}, {time.Unix(-5, 0), 0}} {
			in.Written = c.at
			r, err := b.Receive(ctx, in)
			b.must(err)
			if m := b.message(r.MessageID); m.Extra.Written != c.want || !m.Date.Equal(start()) {
				t.Errorf("written %v: kept as %d, arrived %v", c.at, m.Extra.Written, m.Date)
			}
		}
		in.Written = written
		r, err := b.Receive(ctx, in)
		b.must(err)
		b.clock.Advance(time.Hour)
		b.write(func(tx *db.Tx) error {
			return b.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: r.MessageID, Text: "Hello!", At: start().Add(time.Minute)})
		})
		m := b.message(r.MessageID)
		if m.Text != "Hello!" || m.Extra.Written != written.Unix() || m.Extra.Changed != start().Add(time.Minute).Unix() || !m.Edited.Equal(b.clock.Now()) {
			t.Errorf("changed: %+v", m)
		}
		b.write(func(tx *db.Tx) error { return b.RemoveIncomingTx(ctx, tx, r.MessageID) })
		if m := b.message(r.MessageID); m.Extra.Written != 0 {
			t.Errorf("removed: %+v", m)
		}
		// Files that come later are no change of the client's.
		r, err = b.Receive(ctx, in)
		b.must(err)
		b.write(func(tx *db.Tx) error {
			return b.ChangeIncomingTx(ctx, tx, openline.Rewriting{MessageID: r.MessageID, Text: "Here it is", Arrived: true})
		})
		if m := b.message(r.MessageID); m.Text != "Here it is" || !m.Edited.IsZero() || m.Extra.Written != written.Unix() {
			t.Errorf("arrived: %+v", m)
		}
	})
}

// TestAChannelSaysMore completes what is known of a client and their chat, with a message and with one that is changed.
func TestAChannelSaysMore(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		in := openline.Incoming{
			Connector: "site", LineID: b.support.ID, ChatID: "c", ChatURL: "https://x.example/a", Client: openline.Client{ID: "c", FirstName: "Vera"}, Text: "Hello",
		}
		r, err := b.Receive(ctx, in)
		b.must(err)
		page := func(what, url, name, title string) {
			t.Helper()
			gotURL, gotName, err := b.Page(ctx, r.ChatID)
			b.must(err)
			if gotURL != url || gotName != name || b.title(r.ChatID) != title {
				t.Errorf("%s: %q, %q, %q; want %q, %q, %q", what, gotURL, gotName, b.title(r.ChatID), url, name, title)
			}
		}
		page("at first", "https://x.example/a", "", "Vera - Support")
		in.ChatURL, in.ChatName = "https://x.example/b", "Shop"
		_, err = b.Receive(ctx, in)
		b.must(err)
		page("where they began stays", "https://x.example/a", "Shop", "Vera - Support")
		in.Moves, in.Client.FirstName, in.Client.LastName = true, "Vera", "Lang"
		_, err = b.Receive(ctx, in)
		b.must(err)
		page("they move, and are called otherwise", "https://x.example/b", "Shop", "Vera Lang - Support")
		in.ChatURL, in.ChatName = "", ""
		_, err = b.Receive(ctx, in)
		b.must(err)
		page("nothing is said", "https://x.example/b", "Shop", "Vera Lang - Support")

		revise := func(in openline.Incoming) (visitor int64) {
			b.write(func(tx *db.Tx) (err error) {
				visitor, err = b.ReviseTx(ctx, tx, in, openline.Rewriting{MessageID: r.MessageID, Text: "Hello"})
				return err
			})
			return visitor
		}
		in.Client = openline.Client{ID: "c", FirstName: "Nina", Phone: "+49 30 1234", URL: "https://x.example/nina"}
		in.ChatName, in.ChatURL = "Shop 2", "https://x.example/c"
		if got := revise(in); got != r.VisitorID {
			t.Errorf("revised of %d, want %d", got, r.VisitorID)
		}
		page("changed", "https://x.example/c", "Shop 2", "Nina - Support")
		users, err := b.users.Many(ctx, []int64{r.VisitorID})
		b.must(err)
		if u := users[r.VisitorID]; u.FirstName != "Nina" || u.LastName != "" || u.Mobile != "+49 30 1234" || u.WWW != "https://x.example/nina" {
			t.Errorf("the client is %+v", u)
		}
		in.Client = openline.Client{ID: "nobody", FirstName: "Olga"}
		if got := revise(in); got != 0 {
			t.Errorf("somebody unknown became %d", got)
		}
		b.write(func(tx *db.Tx) error { return b.RenameTx(ctx, tx, "site", b.support.ID, "c", "c", "Order 17") })
		in.Client = openline.Client{ID: "c", FirstName: "Olga"}
		revise(in)
		page("a title that was given stays", "https://x.example/c", "Shop 2", "Order 17")
	})
}

// TestAGroupIsRenamed lets the chat of several clients follow its name outside.
func TestAGroupIsRenamed(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		in := openline.Incoming{
			Connector: "site", LineID: b.support.ID, ChatID: "g", ChatName: "Club", Group: true, Client: openline.Client{ID: "vera", FirstName: "Vera"}, Text: "Hello",
		}
		r, err := b.Receive(ctx, in)
		b.must(err)
		is := func(want string) {
			t.Helper()
			if got := b.title(r.ChatID); got != want {
				t.Errorf("the chat is called %q, want %q", got, want)
			}
		}
		is("Club - Support")
		in.Client = openline.Client{ID: "igor", FirstName: "Igor"}
		in.ChatName = "Big club"
		_, err = b.Receive(ctx, in)
		b.must(err)
		is("Big club - Support")
		in.Client.FirstName = "Egor" // a member's name is not the chat's
		_, err = b.Receive(ctx, in)
		b.must(err)
		is("Big club - Support")
		b.write(func(tx *db.Tx) error { return b.RenameTx(ctx, tx, "site", b.support.ID, "g", "", "Ours") })
		in.ChatName = "Club"
		_, err = b.Receive(ctx, in)
		b.must(err)
		is("Ours")
	})
}
