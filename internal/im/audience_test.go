package im_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// crowded makes a group of many people, Anna its owner, Boris and Clara among them, and returns it with their ids.
func crowded(t *testing.T, b *bundle, n int) (im.Chat, []int64) {
	t.Helper()
	ids := []int64{b.anna, b.boris, b.clara}
	must(t, b.db.Write(t.Context(), func(tx *db.Tx) error {
		for i := range n - len(ids) {
			u, err := b.users.AddBotTx(t.Context(), tx, user.BotProfile{FirstName: fmt.Sprint("Member ", i)})
			if err != nil {
				return err
			}
			ids = append(ids, u)
		}
		return nil
	}))
	c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: ids})
	b.live.take()
	return c, ids
}

// told returns, for each hint of a kind, how many it went to.
func (b *bundle) told(event string) (out []int) {
	for _, h := range b.live.take() {
		if h.event == event {
			out = append(out, len(h.to))
		}
	}
	return out
}

func TestALargeChatTellsWhatPagesShow(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		c, ids := crowded(t, b, 130)
		for _, id := range ids {
			must(t, b.Typing(ctx, id, c.ID))
		}
		sum := 0
		for _, n := range b.told(im.LiveTyping) {
			sum += n
		}
		if sum != 5*129 {
			t.Errorf("typing was told %d times, want of five people to the 129 others", sum)
		}
		must(t, b.Typing(ctx, ids[0], c.ID))
		must(t, b.Typing(ctx, ids[100], c.ID))
		same(t, "who is shown types on", b.told(im.LiveTyping), []int{129})
		b.clock.Advance(6 * time.Second)
		must(t, b.Typing(ctx, ids[100], c.ID))
		same(t, "when they have stopped", b.told(im.LiveTyping), []int{100, 29})

		first := b.say(t, c.ID, b.anna, "first")
		b.live.take()
		for _, id := range ids[1:20] {
			_, err := b.Read(ctx, id, c.ID, 0)
			must(t, err)
		}
		want := []int{130}
		for range 18 {
			want = append(want, 1)
		}
		same(t, "who reads after the first is told of themselves", b.told(im.LiveRead), want)
		for _, viewer := range []int64{b.anna, b.boris} {
			beside, err := b.Beside(ctx, viewer, c.ID, 60)
			if err != nil || beside.SeenUpTo != first.ID || beside.More != 70 || beside.First[0] != b.anna || !slices.IsSorted(beside.First) {
				t.Errorf("%+v, %v", beside, err)
			}
		}
		by, err := b.ReadBy(ctx, b.anna, first, 4)
		if err != nil || by.Others != 2 || by.Count != 2 || !slices.Equal(by.First, []int64{b.boris, b.clara}) {
			t.Errorf("read by %+v, %v", by, err)
		}
	})
}

func TestComingAndGoingKeepsTheMembers(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		c, ids := crowded(t, b, 120)
		dan, eve := b.person(t, "Dan"), b.person(t, "Eve")
		check := func(what string, want ...int64) {
			t.Helper()
			slices.Sort(want)
			got, err := b.MemberIDs(ctx, b.anna, c.ID)
			must(t, err)
			same(t, what, got, want)
			chat, err := b.Get(ctx, b.anna, c.ID)
			if err != nil || chat.MemberCount != int64(len(want)) {
				t.Errorf("%s: counted %d, want %d, %v", what, chat.MemberCount, len(want), err)
			}
			other := im.New(im.Config{DB: b.db, Clock: b.clock, Users: b.users}) // remembers nothing
			got, err = other.MemberIDs(ctx, b.anna, c.ID)
			must(t, err)
			same(t, what+", as stored", got, want)
		}
		check("at first", ids...)
		must(t, b.AddMembers(ctx, b.anna, c.ID, []int64{dan, eve}, false))
		check("two came", append([]int64{dan, eve}, ids...)...)
		must(t, b.Leave(ctx, dan, c.ID))
		must(t, b.RemoveMember(ctx, b.anna, c.ID, ids[50]))
		left := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == ids[50] })
		check("one left, one was removed", append([]int64{eve}, left...)...)
		undone := b.db.Write(ctx, func(tx *db.Tx) error {
			if err := b.LeaveAllTx(ctx, tx, eve); err != nil {
				return err
			}
			return context.Canceled
		})
		if undone == nil {
			t.Error("nothing was undone")
		}
		check("what was undone", append([]int64{eve}, left...)...)
		must(t, b.db.Write(ctx, func(tx *db.Tx) error { return b.LeaveAllTx(ctx, tx, eve) }))
		check("dismissed", left...)
		if _, err := b.Send(ctx, im.NewMessage{ChatID: c.ID, AuthorID: eve, Text: "x"}); err == nil {
			t.Error("who left still writes")
		}
	})
}

func TestManyWhoComeAreCounted(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		_, ids := crowded(t, b, 130)
		c := b.group(t, im.NewGroup{OwnerID: b.anna})
		b.live.take()
		must(t, b.AddMembers(t.Context(), b.anna, c.ID, ids, false))
		for _, h := range b.live.take() {
			if m, ok := h.data.(im.LiveMembers); ok && len(m.Added) > 0 {
				t.Errorf("a hint names %d", len(m.Added))
			}
		}
		text := b.texts(t, b.anna, im.History{ChatID: c.ID})[0]
		if n := strings.Count(text, "[USER="); n != 21 || !strings.Contains(text, " and 109 more to the chat") {
			t.Errorf("%d are named: %s", n, text)
		}
	})
}
