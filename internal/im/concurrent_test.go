package im_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/im"
)

// TestConcurrent sends, reads and changes members at once: numbers must be without gaps, ids must grow with them.
func TestConcurrent(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		var wg sync.WaitGroup
		for i := range 8 {
			author := []int64{b.anna, b.boris}[i%2]
			wg.Go(func() {
				for range 10 {
					if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: author, Text: "x"}); err != nil {
						t.Error(err)
					}
					if _, err := b.Read(t.Context(), author, c.ID, 0); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Go(func() {
			for range 5 {
				if err := b.AddMembers(t.Context(), b.anna, c.ID, []int64{b.clara}, false); err != nil {
					t.Error(err)
				}
				if err := b.Leave(t.Context(), b.clara, c.ID); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 5 {
				if _, err := b.OpenPrivate(t.Context(), b.boris, b.clara); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Wait()
		p, err := b.Messages(t.Context(), b.anna, im.History{ChatID: c.ID, First: true, Limit: 200})
		must(t, err)
		seq := int64(0)
		for _, m := range p.Messages {
			if !m.Silent {
				seq++
			}
			if m.Seq != seq {
				t.Fatalf("message %d has number %d, want %d", m.ID, m.Seq, seq)
			}
		}
		if seq != 80 || p.Chat.LastSeq != 80 || p.Chat.MemberCount != 2 {
			t.Errorf("%d messages, chat %+v", seq, p.Chat)
		}
	})
}

// TestOtherProcess changes members behind the back of a service, as another process does.
func TestOtherProcess(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		b.say(t, c.ID, b.anna, "remembered now")
		other := im.New(im.Config{DB: b.db, Clock: b.clock, Users: b.users})
		must(t, other.AddMembers(t.Context(), b.anna, c.ID, []int64{b.clara, b.bot}, false))
		before := b.heard.counts()
		b.live.take()
		b.say(t, c.ID, b.clara, "I am in")
		if got := b.heard.counts(); got[0] != before[0]+1 {
			t.Errorf("the bot heard %d messages, want 1", got[0]-before[0])
		}
		same(t, "told", b.live.take()[0].to, []int64{b.anna, b.boris, b.clara, b.bot})
		must(t, other.Leave(t.Context(), b.clara, c.ID))
		if _, err := b.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.clara, Text: "still?"}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("who left writes: %v", err)
		}
	})
}
