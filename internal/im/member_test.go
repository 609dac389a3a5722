package im_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

func TestMembers(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		b.say(t, c.ID, b.anna, "secret")
		if err := b.AddMembers(t.Context(), b.clara, c.ID, []int64{b.clara}, false); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a stranger lets themselves in: %v", err)
		}
		if err := b.AddMembers(t.Context(), b.anna, c.ID, []int64{b.clara, 999}, false); !errors.Is(err, im.ErrNoUser) {
			t.Errorf("an unknown user: %v", err)
		}
		must(t, b.AddMembers(t.Context(), b.boris, c.ID, []int64{b.clara, b.bot, b.anna}, true))
		if b.heard.counts() != [4]int{1, 0, 0, 1} || b.heard.joined[0].History || !b.heard.added[0].Message.System {
			t.Errorf("heard %v", b.heard.counts())
		}
		got := b.texts(t, b.clara, im.History{ChatID: c.ID})
		want := fmt.Sprintf("[USER=%d REPLACE]Boris Weber[/USER] invited [USER=%d REPLACE]Clara Weber[/USER], [USER=%d REPLACE]ReportBot[/USER] to the chat",
			b.boris, b.clara, b.bot)
		same(t, "what the newcomer sees", got, []string{want})
		if it := b.line(t, b.boris, c.ID); it.Counter != 1 || it.Chat.MemberCount != 4 {
			t.Errorf("counter %d, members %d, want 1 and 4", it.Counter, it.Chat.MemberCount)
		}
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.clara, Text: "x", ReplyID: 1}); !errors.Is(err, im.ErrReplyAccess) {
			t.Errorf("an answer to what is hidden: %v", err)
		}
		if err := b.RemoveMember(t.Context(), b.boris, c.ID, b.clara); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a member removes another: %v", err)
		}
		must(t, b.RemoveMember(t.Context(), b.anna, c.ID, b.clara))
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.clara, Text: "x"}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a removed member writes: %v", err)
		}
		must(t, b.Leave(t.Context(), b.anna, c.ID))
		if it := b.line(t, b.boris, c.ID); it.Chat.OwnerID != b.boris || it.Chat.MemberCount != 2 {
			t.Errorf("after the owner left: %+v", it.Chat)
		}
		p := b.private(t, b.anna, b.boris)
		if err := b.Leave(t.Context(), b.anna, p.ID); !errors.Is(err, im.ErrAccess) {
			t.Errorf("leaving a private chat: %v", err)
		}
	})
}

func TestGeneral(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error {
			for _, id := range []int64{b.anna, b.boris, b.anna} {
				if err := b.JoinGeneralTx(t.Context(), tx, id); err != nil {
					return err
				}
			}
			_, err := b.AnnounceTx(t.Context(), tx, "A bot has come")
			return err
		}))
		c, err := b.General(t.Context())
		must(t, err)
		again, err := b.General(t.Context())
		must(t, err)
		if c.ID != again.ID || !c.General() || c.Type != im.Open || c.Title != "General chat" {
			t.Errorf("general %+v, %+v", c, again)
		}
		it := b.line(t, b.boris, c.ID)
		if it.Counter != 1 || it.Last.AuthorID != 0 || it.Last.UUID != "" || !it.Last.System || it.Chat.MemberCount != 2 {
			t.Errorf("announcement %+v", it)
		}
		if _, err := b.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna, Title: "Another", EntityType: im.EntityGeneral}); !errors.Is(err, im.ErrParams) {
			t.Errorf("a second general chat: %v", err)
		}
		if err := b.Leave(t.Context(), b.anna, c.ID); !errors.Is(err, im.ErrAccess) {
			t.Errorf("leaving the general chat: %v", err)
		}
		if err := b.AddMembers(t.Context(), b.anna, c.ID, []int64{b.bot}, false); !errors.Is(err, im.ErrAccess) {
			t.Errorf("adding to the general chat: %v", err)
		}
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error { return b.LeaveAllTx(t.Context(), tx, b.boris) }))
		if _, err := b.Messages(t.Context(), b.boris, im.History{ChatID: c.ID}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a dismissed user reads: %v", err)
		}
	})
}

func TestRemoveBot(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		p := b.private(t, b.anna, b.bot)
		b.say(t, p.ID, b.anna, "hi")
		g := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.bot}})
		kept := b.say(t, g.ID, b.bot, "I was here")
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error {
			if err := b.RemoveBotTx(t.Context(), tx, b.bot); err != nil {
				return err
			}
			return b.users.RemoveBotTx(t.Context(), tx, b.bot)
		}))
		if _, err := b.Get(t.Context(), b.anna, p.ID); !errors.Is(err, im.ErrNoChat) {
			t.Errorf("the private chat: %v", err)
		}
		if _, err := b.OpenPrivate(t.Context(), b.anna, b.bot); !errors.Is(err, im.ErrNoUser) {
			t.Errorf("opening it again: %v", err)
		}
		if it := b.line(t, b.anna, g.ID); it.Last.ID != kept.ID || it.Chat.MemberCount != 1 {
			t.Errorf("the group: %+v", it)
		}
		before := b.heard.counts()
		b.say(t, g.ID, b.anna, "alone")
		if b.heard.counts() != before {
			t.Error("a removed bot heard a message")
		}
	})
}

func TestResolve(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		g := b.group(t, im.NewGroup{OwnerID: b.anna})
		for dialog, want := range map[string]error{
			"": im.ErrParams, "chat": im.ErrParams, "chat0": im.ErrParams, "-4": im.ErrParams, "+4": im.ErrParams, "4x": im.ErrParams,
			"chat999": im.ErrNoChat, "999": im.ErrNoUser, "sg12": im.ErrNoChat, "99999999999999999999": im.ErrParams,
		} {
			if _, err := b.Resolve(t.Context(), dialog, b.anna); !errors.Is(err, want) {
				t.Errorf("%q: got %v, want %v", dialog, err, want)
			}
			if _, err := b.OpenDialog(t.Context(), dialog, b.anna); !errors.Is(err, want) {
				t.Errorf("open %q: got %v, want %v", dialog, err, want)
			}
		}
		c, err := b.Resolve(t.Context(), fmt.Sprintf(" CHAT%d ", g.ID), b.anna)
		if err != nil || c.ID != g.ID {
			t.Errorf("got %+v, %v", c, err)
		}
		if _, err := b.OpenDialog(t.Context(), fmt.Sprintf("chat%d", g.ID), b.boris); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a stranger opens a chat: %v", err)
		}
		c, err = b.Resolve(t.Context(), id(b.boris), b.anna)
		if err != nil || c.ID != 0 || c.Peer(b.anna) != b.boris {
			t.Errorf("a chat that is not there yet: %+v, %v", c, err)
		}
		opened, err := b.OpenDialog(t.Context(), id(b.boris), b.anna)
		must(t, err)
		c, err = b.Resolve(t.Context(), id(b.anna), b.boris)
		if err != nil || c.ID != opened.ID || c.ID == 0 {
			t.Errorf("the other side sees %+v, %v", c, err)
		}
	})
}
