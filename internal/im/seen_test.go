package im_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

// TestSeenCountsAreThoseOfSeenBy compares what is counted for many messages at once with what is counted for each.
func TestSeenCountsAreThoseOfSeenBy(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		dan := b.person(t, "Dan")
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris, b.clara, dan}})
		var all []im.Message
		for i, author := range []int64{b.anna, b.boris, b.anna, b.clara, b.anna, b.boris} {
			all = append(all, b.say(t, c.ID, author, fmt.Sprint("number ", i)))
		}
		for who, upTo := range map[int64]int{dan: 2, b.clara: 4} {
			_, err := b.Read(t.Context(), who, c.ID, all[upTo].ID)
			must(t, err)
		}
		got, err := b.SeenCounts(t.Context(), b.anna, c.ID, all)
		must(t, err)
		for _, m := range all {
			want, _, err := b.SeenBy(t.Context(), b.anna, c.ID, m.ID)
			must(t, err)
			if got[m.ID] != want {
				t.Errorf("%q was seen by %d, want %d", m.Text, got[m.ID], want)
			}
		}
		if got[all[0].ID] != 3 || got[all[5].ID] != 0 {
			t.Errorf("counted %v", got)
		}
		if _, err := b.SeenCounts(t.Context(), b.bot, c.ID, all); !errors.Is(err, im.ErrAccess) {
			t.Errorf("who is not in the chat: %v", err)
		}
	})
}

func TestSome(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		other := b.group(t, im.NewGroup{OwnerID: b.anna})
		first, second, foreign := b.say(t, c.ID, b.anna, "first"), b.say(t, c.ID, b.anna, "second"), b.say(t, other.ID, b.anna, "foreign")
		_, err := b.React(t.Context(), b.anna, second.ID, im.Like, true)
		must(t, err)
		got, err := b.Some(t.Context(), b.boris, c.ID, []int64{second.ID, 4711, foreign.ID, first.ID})
		if err != nil || len(got) != 2 || got[0].Text != "second" || got[1].Text != "first" || !got[0].Unread || len(got[0].Reactions) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		must(t, b.AddMembers(t.Context(), b.anna, c.ID, []int64{b.clara}, true))
		if got, err := b.Some(t.Context(), b.clara, c.ID, []int64{first.ID}); err != nil || len(got) != 0 {
			t.Errorf("who came later sees %+v, %v", got, err)
		}
		if _, err := b.Some(t.Context(), b.clara, other.ID, []int64{foreign.ID}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("who is not in the chat: %v", err)
		}
	})
}
