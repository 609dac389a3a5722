package im_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

func TestRecent(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		b.private(t, b.anna, b.clara) // not a word yet
		p := b.private(t, b.anna, b.boris)
		open := b.group(t, im.NewGroup{OwnerID: b.anna, Title: "Open 100%", Type: im.Open, CanManage: im.RightOwner})
		foreign := b.group(t, im.NewGroup{OwnerID: b.boris, Title: "Channel", Type: "N", MemberIDs: []int64{b.anna}, CanManage: im.RightOwner})
		line := b.group(t, im.NewGroup{OwnerID: b.anna, Title: "Client", Type: im.Lines, EntityType: "LINES", EntityID: "x|1|2|3"})
		waiting := b.group(t, im.NewGroup{Title: "Waiting", Type: im.Lines, MemberIDs: []int64{b.anna}})
		for _, id := range []int64{p.ID, open.ID, line.ID} {
			b.say(t, id, b.anna, "x")
		}
		last := b.say(t, foreign.ID, b.boris, "news")
		ids := func(q im.RecentQuery) []int64 {
			t.Helper()
			items, _, err := b.Recent(t.Context(), b.anna, q)
			must(t, err)
			out := []int64{}
			for _, it := range items {
				out = append(out, it.Chat.ID)
			}
			return out
		}
		same(t, "all", ids(im.RecentQuery{}), []int64{foreign.ID, line.ID, open.ID, p.ID, waiting.ID})
		same(t, "no private", ids(im.RecentQuery{SkipPrivate: true}), []int64{foreign.ID, line.ID, open.ID, waiting.ID})
		same(t, "no groups", ids(im.RecentQuery{SkipGroups: true}), []int64{line.ID, p.ID, waiting.ID})
		same(t, "no lines", ids(im.RecentQuery{SkipLines: true}), []int64{foreign.ID, open.ID, p.ID})
		same(t, "distributed", ids(im.RecentQuery{SkipUndistributed: true}), []int64{foreign.ID, line.ID, open.ID, p.ID})
		same(t, "channels", ids(im.RecentQuery{OnlyChannels: true}), []int64{foreign.ID})
		same(t, "ai", ids(im.RecentQuery{OnlyAI: true}), []int64{})
		same(t, "managed", ids(im.RecentQuery{OnlyManaged: true}), []int64{line.ID, open.ID, p.ID, waiting.ID})
		same(t, "unread", ids(im.RecentQuery{OnlyUnread: true}), []int64{foreign.ID})
		same(t, "before", ids(im.RecentQuery{Before: last.Date}), []int64{line.ID, open.ID, p.ID, waiting.ID})
		same(t, "page", ids(im.RecentQuery{Offset: 1, Limit: 2}), []int64{line.ID, open.ID})
		if _, more, _ := b.Recent(t.Context(), b.anna, im.RecentQuery{Limit: 5}); more {
			t.Error("more than all")
		}

		must(t, b.Pin(t.Context(), b.anna, p.ID, true))
		must(t, b.MarkUnread(t.Context(), b.anna, open.ID, true))
		must(t, b.Hide(t.Context(), b.anna, line.ID, true))
		must(t, b.Mute(t.Context(), b.anna, foreign.ID, true))
		same(t, "pinned and hidden", ids(im.RecentQuery{}), []int64{p.ID, foreign.ID, open.ID, waiting.ID})
		same(t, "marked", ids(im.RecentQuery{OnlyUnread: true}), []int64{foreign.ID, open.ID})
		if n, err := b.Unread(t.Context(), b.anna); err != nil || n != 0 {
			t.Errorf("a muted chat counts: %d, %v", n, err)
		}
		muted, err := b.MutedBy(t.Context(), []int64{p.ID, foreign.ID})
		if err != nil || len(muted) != 1 || !slices.Equal(muted[foreign.ID], []int64{b.anna}) {
			t.Errorf("muted %v, %v", muted, err)
		}
		b.say(t, line.ID, b.anna, "back")
		same(t, "back", ids(im.RecentQuery{SkipPrivate: true}), []int64{line.ID, foreign.ID, open.ID, waiting.ID})
		if err := b.Pin(t.Context(), b.clara, p.ID, true); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a stranger pins: %v", err)
		}

		found := func(text string) (titles []string) {
			t.Helper()
			chats, err := b.Search(t.Context(), b.anna, text, 10)
			must(t, err)
			for _, c := range chats {
				titles = append(titles, c.Title)
			}
			return titles
		}
		same(t, "search", found("OPEN"), []string{"Open 100%"})
		same(t, "search a percent sign", found("0%"), []string{"Open 100%"})
		same(t, "search a wildcard", found("_lient"), nil)
	})
}

func TestRead(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		var m []im.Message
		for i := range 5 {
			m = append(m, b.say(t, c.ID, b.anna, strconv.Itoa(i)))
		}
		unread := func(want int64) {
			t.Helper()
			if got := b.line(t, b.boris, c.ID).Counter; got != want {
				t.Errorf("counter %d, want %d", got, want)
			}
			if got, err := b.Unread(t.Context(), b.boris); err != nil || got != want {
				t.Errorf("unread %d, %v, want %d", got, err, want)
			}
		}
		read := func(upTo, want int64, hints int) {
			t.Helper()
			b.live.take()
			got, err := b.Read(t.Context(), b.boris, c.ID, upTo)
			if err != nil || got != want || len(b.live.take()) != hints {
				t.Errorf("read up to %d: %d, %v, want %d and %d hints", upTo, got, err, want, hints)
			}
		}
		unread(5)
		read(m[1].ID, 3, 1)
		read(m[0].ID, 3, 0) // nothing becomes unread again
		must(t, b.Delete(t.Context(), b.anna, m[3].ID, true))
		unread(2)
		read(m[2].ID, 1, 1)
		must(t, b.Delete(t.Context(), b.anna, m[4].ID, true))
		unread(0)
		if it := b.line(t, b.boris, c.ID); it.Last.ID != m[2].ID || it.ReadMessageID != m[2].ID {
			t.Errorf("after the last message was erased: %+v", it)
		}
		b.say(t, c.ID, b.anna, "again")
		unread(1)
		read(1<<60, 0, 1)
		read(0, 0, 0)
		if it := b.line(t, b.anna, c.ID); !it.Seen {
			t.Error("the sender does not see that it was read")
		}
		b.say(t, c.ID, b.anna, "more")
		b.say(t, c.ID, b.boris, "an answer has read what was before")
		unread(0)
		if _, err := b.Read(t.Context(), b.clara, c.ID, 0); !errors.Is(err, im.ErrAccess) {
			t.Errorf("a stranger reads: %v", err)
		}
	})
}
