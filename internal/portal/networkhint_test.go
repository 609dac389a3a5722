package portal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/user"
)

// pages are the open pages of somebody.
type pages struct {
	n      *networked
	events <-chan []byte
}

func (n *networked) open(userID int64) pages {
	events, cancel := n.Live.Subscribe(userID)
	n.t.Cleanup(cancel)
	return pages{n, events}
}

// heard are the hints of a name that came since it was asked last.
func (p pages) heard(name string) (out []string) {
	for {
		select {
		case e := <-p.events:
			if first, rest, _ := bytes.Cut(e, []byte("\n")); string(first) == "event: "+name {
				data, _, _ := bytes.Cut(bytes.TrimPrefix(rest, []byte("data: ")), []byte("\n"))
				out = append(out, string(data))
			}
		default:
			return out
		}
	}
}

// hint passes on what both sides have noticed.
func hint(a, b *networked, want int) {
	a.t.Helper()
	here, err := a.Network.PassHints(a.t.Context())
	a.must(err)
	there := 0
	if a != b {
		there, err = b.Network.PassHints(b.t.Context())
		b.must(err)
	}
	if here+there != want {
		a.t.Errorf("%s and %s passed on %d hints, want %d", a.url, b.url, here+there, want)
	}
}

// seenUpTo is how far others than the viewer have read their chat.
func (n *networked) seenUpTo(viewer, chatID int64) int64 {
	n.t.Helper()
	r, err := n.IM.Readers(n.t.Context(), chatID)
	n.must(err)
	return r.UpTo(viewer)
}

// hints lets both sides of a conversation write and read.
func hints(t *testing.T, a, b *networked, bot int64) {
	t.Helper()
	ctx := t.Context()
	c, err := b.IM.OpenPrivate(ctx, b.ben.ID, bot)
	b.must(err)
	b.must(b.IM.Typing(ctx, b.ben.ID, c.ID))
	hint(a, b, 0) // nothing was said yet: the line does not know of them
	asked := b.say(c.ID, b.ben.ID, "The page is empty.")
	b.deliver(1)
	chat, visitor := a.clientChat()
	a.must(a.Conversations.Join(ctx, a.admin.ID, chat))
	hint(a, b, 0)
	operator, client := a.open(a.admin.ID), b.open(b.ben.ID)

	b.must(b.IM.Typing(ctx, b.ben.ID, c.ID))
	hint(a, b, 1)
	hint(a, b, 0) // it does not come back
	if got, want := operator.heard(im.LiveTyping), fmt.Sprintf(`{"chatId":%d,"userId":%d,"name":"Ben Ode"}`, chat, visitor); len(got) == 0 || got[len(got)-1] != want {
		t.Errorf("the operator hears that %q, want %s", got, want)
	}
	client.heard(im.LiveTyping)
	a.must(a.IM.Typing(ctx, a.admin.ID, chat))
	hint(a, b, 1)
	if got, want := client.heard(im.LiveTyping), fmt.Sprintf(`{"chatId":%d,"userId":%d,"name":"Desk of Support"}`, c.ID, bot); len(got) == 0 || got[len(got)-1] != want {
		t.Errorf("the client hears that %q, want %s", got, want)
	}

	if got := b.seenUpTo(b.ben.ID, c.ID); got >= asked {
		t.Errorf("the question is seen up to %d before anybody read it", got)
	}
	_, err = a.IM.Read(ctx, a.admin.ID, chat, 0)
	a.must(err)
	hint(a, b, 1)
	if got := b.seenUpTo(b.ben.ID, c.ID); got != asked {
		t.Errorf("the operator has read up to %d, want %d", got, asked)
	}
	answer := a.say(chat, a.admin.ID, "Which page?")
	a.deliver(1)
	if got := a.seenUpTo(a.admin.ID, chat); got >= answer {
		t.Errorf("the answer is seen up to %d before the client read it", got)
	}
	_, err = b.IM.Read(ctx, b.ben.ID, c.ID, 0)
	b.must(err)
	hint(a, b, 1)
	if got := a.seenUpTo(a.admin.ID, chat); got != answer {
		t.Errorf("the client has read up to %d, want %d", got, answer)
	}
	silent(t, a, b, c.ID, chat)
}

// silent checks what must not be seen.
func silent(t *testing.T, a, b *networked, private, chat int64) {
	t.Helper()
	ctx := t.Context()
	a.must(a.Conversations.SetSilent(ctx, chat, true))
	a.must(a.IM.Typing(ctx, a.admin.ID, chat))
	hint(a, b, 0)
	a.must(a.Conversations.SetSilent(ctx, chat, false))

	if err := b.Network.SetShown(ctx, user.Ref{ID: b.ben.ID}, network.Shown{}); fault.Of(err).Code != "ACCESS_DENIED" {
		t.Errorf("an employee decides what is seen: %v", err)
	}
	b.must(b.Network.SetShown(ctx, b.ref(), network.Shown{Read: true}))
	b.must(b.IM.Typing(ctx, b.ben.ID, private))
	hint(a, b, 0)
	b.must(b.Network.SetShown(ctx, b.ref(), network.Shown{Typing: true}))
	b.must(b.IM.Typing(ctx, b.ben.ID, private))
	hint(a, b, 1)
	b.must(b.Notify.SetStatus(ctx, b.ben.ID, notify.Invisible))
	b.must(b.IM.Typing(ctx, b.ben.ID, private))
	hint(a, b, 0)
}

// TestHintsOfTheNetwork passes on that somebody writes and reads: in one portal, and between servers.
func TestHintsOfTheNetwork(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		w := newWires(t)
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		p := a.publish()
		trusting(a, b)
		bot, err := b.Network.Join(t.Context(), b.ref(), p.Code)
		b.must(err)
		hints(t, a, b, bot)
	})
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		a := newWires(t).portal(t, "north", database("north"))
		bot, err := a.Network.Join(t.Context(), a.ref(), a.publish().Code)
		a.must(err)
		hints(t, a, a, bot)
	})
}

// TestAHintThatCannotBePassedOnIsLost is never tried again.
func TestAHintThatCannotBePassedOnIsLost(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		p := a.publish()
		trusting(a, b)
		bot, err := b.Network.Join(ctx, b.ref(), p.Code)
		b.must(err)
		c, err := b.IM.OpenPrivate(ctx, b.ben.ID, bot)
		b.must(err)
		b.say(c.ID, b.ben.ID, "The page is empty.")
		b.deliver(1)
		a.down = true
		b.must(b.IM.Typing(ctx, b.ben.ID, c.ID))
		if n, err := b.Network.PassHints(ctx); n != 0 || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("passed on to nobody: %d, %v", n, err)
		}
		a.down = false
		w.clock.Advance(time.Hour)
		hint(a, b, 0)
		b.must(b.IM.Typing(ctx, b.ben.ID, c.ID))
		w.clock.Advance(6 * time.Second)
		hint(a, b, 0) // nobody writes any more
		b.deliver(0)
	})
}

// TestWhatCameInIsForgotten forgets it only after whoever sent it has given up.
func TestWhatCameInIsForgotten(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		a := w.portal(t, "north", database("north"))
		p := a.publish()
		send := func(id int64, text string) {
			t.Helper()
			body := fmt.Sprintf(`{"code":%q,"side":"client","user":{"id":7,"first_name":"Ira"},"id":%d,"text":%q}`, p.Code, id, text)
			_, err := a.Network.Serve(ctx, network.PortalPeer("far"), network.Request{Kind: network.KindMessage, Body: strings.NewReader(body)})
			a.must(err)
		}
		count := func() (n int64) {
			a.must(a.DB.Read(ctx, func(tx *db.Tx) error {
				return tx.QueryRow(ctx, "SELECT COUNT(*) FROM network_received").Scan(&n)
			}))
			return n
		}
		send(1, "First")
		chat, visitor := a.clientChat()
		a.must(a.Conversations.Join(ctx, a.admin.ID, chat))
		one := fmt.Sprintf("%d First", visitor)
		w.clock.Advance(7*24*time.Hour + 10*time.Minute) // as long as it may be tried again
		a.must(a.Network.Sweep(ctx))
		send(1, "First")
		a.wantTexts(a.admin.ID, chat, one)
		a.must(a.DB.Write(ctx, func(tx *db.Tx) error { // more than one piece
			for i := range 1200 {
				_, err := tx.Exec(ctx, "INSERT INTO network_received (side, peer, code, user_id, kind, origin_id, local_id, at) SELECT side, peer, code, 8, kind, ?, local_id, at FROM network_received WHERE user_id = 7", int64(i))
				if err != nil {
					return err
				}
			}
			return nil
		}))
		w.clock.Advance(172*24*time.Hour + 23*time.Hour)
		a.must(a.Network.Sweep(ctx))
		if n := count(); n != 1201 {
			t.Errorf("%d rows after 180 days less a bit", n)
		}
		send(2, "Second")
		w.clock.Advance(time.Hour)
		a.must(a.Network.Sweep(ctx))
		if n := count(); n != 1 {
			t.Errorf("%d rows after 180 days, want the young one", n)
		}
	})
}

// TestButtonsGoAbroad with the attachment of a message, and change there too. What they send comes back as the client's words.
func TestButtonsGoAbroad(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		p := a.publish()
		trusting(a, b)
		bot, err := b.Network.Join(ctx, b.ref(), p.Code)
		b.must(err)
		c, err := b.IM.OpenPrivate(ctx, b.ben.ID, bot)
		b.must(err)
		b.say(c.ID, b.ben.ID, "Hello")
		b.deliver(1)
		chat, _ := a.clientChat()
		a.must(a.Conversations.Join(ctx, a.admin.ID, chat))
		words := "Tables and chairs"
		m, err := a.IM.Send(ctx, im.NewMessage{
			ChatID: chat, AuthorID: a.admin.ID, Attach: attach.Attach{{Blocks: []attach.Block{{Message: &words}}}},
			Keyboard: attach.Keyboard{{Type: attach.TypeButton, Text: "Prices", Do: attach.Do{Command: "prices"}}},
		})
		a.must(err)
		a.deliver(1)
		newest := func() im.Message {
			t.Helper()
			page, err := b.IM.Messages(ctx, b.ben.ID, im.History{ChatID: c.ID, Limit: 1})
			b.must(err)
			return page.Messages[0]
		}
		got := newest()
		if k := got.Extra.Buttons(); got.Text != "" || got.Extra.Cards().Plain() != words || len(k) != 1 || k[0].Text != "Prices" || k[0].ActionValue != "/prices" {
			t.Errorf("the other side has %q, %q and %+v", got.Text, got.Extra.Cards().Plain(), k)
		}
		a.must(a.IM.Update(ctx, a.admin.ID, m.ID, im.Change{Text: new("Choose:"), Attach: &attach.Attach{}, Keyboard: &attach.Keyboard{
			{Type: attach.TypeButton, Text: "Guide", Do: attach.Do{Link: "/guide/"}},
		}}))
		a.deliver(1)
		got = newest()
		if k := got.Extra.Buttons(); got.Text != "[b]Anna Berg:[/b]\nChoose:" || len(got.Extra.Cards()) != 0 || len(k) != 1 || k[0].Link != "https://north.test/guide/" {
			t.Errorf("changed, the other side has %q, %q and %+v", got.Text, got.Extra.Cards().Plain(), k)
		}
	})
}
