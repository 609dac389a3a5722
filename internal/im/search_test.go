package im_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// found searches and returns the texts.
func (b *bundle) found(t *testing.T, viewer int64, q im.SearchQuery) string {
	t.Helper()
	f, err := b.SearchMessages(t.Context(), viewer, q)
	must(t, err)
	var out []string
	for _, m := range f.Messages {
		if f.Chats[m.ChatID].ID != m.ChatID {
			t.Errorf("the chat of message %d is missing", m.ID)
		}
		out = append(out, m.Text)
	}
	return strings.Join(out, " | ")
}

func TestSearchFindsWhatTheViewerMaySee(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		ab, bc := b.private(t, b.anna, b.boris), b.private(t, b.boris, b.clara)
		b.SetFiles(&files{owner: map[int64]int64{7: b.anna}, shown: map[int64][]int64{}})
		say := func(chat, author int64, text string) im.Message { return b.say(t, chat, author, text) }
		say(ab.ID, b.anna, "Budget for [b]Zürich[/b]")
		link := say(bc.ID, b.clara, "the budgets: https://example.com/plan")
		say(ab.ID, b.boris, "ПРИВЕТ, Ёлка 会議室")
		b.clock.Advance(72 * time.Hour)
		say(ab.ID, b.anna, "No more budget")
		edited := say(ab.ID, b.anna, "a mistake")
		_, err := b.Send(t.Context(), im.NewMessage{ChatID: ab.ID, AuthorID: b.anna, Text: "see this", Files: []int64{7}})
		must(t, err)
		removed := say(ab.ID, b.anna, "budget that is gone")
		must(t, b.Delete(t.Context(), b.anna, removed.ID, true))
		last := say(ab.ID, b.boris, "thanks")
		if last.ID < edited.ID {
			t.Fatal("ids")
		}
		text := "budget after all"
		for _, test := range []struct {
			viewer int64
			q      im.SearchQuery
			want   string
		}{
			{b.anna, im.SearchQuery{Text: "budg"}, "No more budget | Budget for [b]Zürich[/b]"},
			{b.boris, im.SearchQuery{Text: "BUDGET"}, "No more budget | the budgets: https://example.com/plan | Budget for [b]Zürich[/b]"},
			{b.boris, im.SearchQuery{Text: "budget", Oldest: true, Limit: 2}, "Budget for [b]Zürich[/b] | the budgets: https://example.com/plan"},
			{b.clara, im.SearchQuery{Text: "budget"}, link.Text},
			{b.boris, im.SearchQuery{Text: "budgets"}, link.Text},
			{b.boris, im.SearchQuery{Text: "budgetary"}, ""},
			{b.boris, im.SearchQuery{Text: "budget", ChatID: bc.ID}, link.Text},
			{b.boris, im.SearchQuery{Text: "budget", AuthorID: b.clara}, link.Text},
			{b.boris, im.SearchQuery{Text: "zurich budget"}, "Budget for [b]Zürich[/b]"},
			{b.anna, im.SearchQuery{Text: "привет елка"}, "ПРИВЕТ, Ёлка 会議室"},
			{b.anna, im.SearchQuery{Text: "議室"}, "ПРИВЕТ, Ёлка 会議室"},
			{b.boris, im.SearchQuery{Links: true}, link.Text},
			{b.anna, im.SearchQuery{Files: true}, "see this"},
			{b.anna, im.SearchQuery{Text: "plan.pdf"}, "see this"},
			{b.anna, im.SearchQuery{Text: "budget", From: start().Add(48 * time.Hour)}, "No more budget"},
			{b.anna, im.SearchQuery{Text: "budget", From: start().Add(48 * time.Hour), Until: start().Add(96 * time.Hour)}, "No more budget"},
			{b.anna, im.SearchQuery{Text: "budget", From: start().AddDate(-1, 0, 0), Until: start().Add(time.Hour)}, "Budget for [b]Zürich[/b]"},
			{b.anna, im.SearchQuery{ChatID: ab.ID, Limit: 1}, "thanks"},
			{b.anna, im.SearchQuery{Text: "gone"}, ""},
			{b.anna, im.SearchQuery{Text: "bu"}, ""},
			{b.anna, im.SearchQuery{Text: `c=1" OR "a`}, ""},
			{b.bot, im.SearchQuery{Text: "budget"}, ""},
		} {
			if got := b.found(t, test.viewer, test.q); got != test.want {
				t.Errorf("%+v: found %q, want %q", test.q, got, test.want)
			}
		}
		must(t, b.Update(t.Context(), b.anna, edited.ID, im.Change{Text: &text}))
		if got := b.found(t, b.anna, im.SearchQuery{Text: "mistake"}); got != "" {
			t.Errorf("what is not said any more is found: %q", got)
		}
		if got := b.found(t, b.anna, im.SearchQuery{Text: "after all"}); got != text {
			t.Errorf("what was changed is not found: %q", got)
		}
		if _, err := b.SearchMessages(t.Context(), b.anna, im.SearchQuery{Text: "budget", ChatID: bc.ID}); !errors.Is(err, im.ErrAccess) {
			t.Errorf("another's chat: %v", err)
		}
		if _, err := b.SearchMessages(t.Context(), b.anna, im.SearchQuery{Text: " ?! "}); !errors.Is(err, im.ErrParams) {
			t.Errorf("nothing: %v", err)
		}
	})
}

func TestSearchGoesOnPageByPage(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c := b.group(t, im.NewGroup{OwnerID: b.anna, MemberIDs: []int64{b.boris}})
		for range 5 {
			b.say(t, c.ID, b.anna, "tea")
			b.say(t, c.ID, b.anna, "coffee")
		}
		must(t, b.AddMembers(t.Context(), b.anna, c.ID, []int64{b.clara}, true))
		late := b.say(t, c.ID, b.anna, "tea again")
		for _, oldest := range []bool{false, true} {
			var got []int64
			q := im.SearchQuery{Text: "tea", Limit: 4, Oldest: oldest}
			for {
				f, err := b.SearchMessages(t.Context(), b.boris, q)
				must(t, err)
				for _, m := range f.Messages {
					got = append(got, m.ID)
				}
				if !f.More {
					break
				}
				q.Before, q.After = f.Next, 0
				if oldest {
					q.Before, q.After = 0, f.Next
				}
			}
			if len(got) != 6 || (got[0] == late.ID) == oldest {
				t.Errorf("oldest %v: %v", oldest, got)
			}
		}
		if got := b.found(t, b.clara, im.SearchQuery{Text: "tea"}); got != "tea again" {
			t.Errorf("who joined without the history finds %q", got)
		}
		if got := b.found(t, b.clara, im.SearchQuery{Text: "tea", ChatID: c.ID}); got != "tea again" {
			t.Errorf("who joined without the history finds in the chat %q", got)
		}
	})
}

func TestSearchOfManyChatsKeepsToOnesOwn(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		foreign := b.private(t, b.boris, b.clara)
		var last int64
		for range 70 {
			last = b.group(t, im.NewGroup{OwnerID: b.anna}).ID
		}
		b.say(t, last, b.anna, "tea for one")
		b.say(t, foreign.ID, b.boris, "tea for two")
		if got := b.found(t, b.anna, im.SearchQuery{Text: "tea"}); got != "tea for one" {
			t.Errorf("found %q", got)
		}
	})
}

// TestSearchOfAKind looks through all chats of a kind: what the viewer may see is for another to say.
func TestSearchOfAKind(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		group := func(kind string, member int64) im.Chat {
			c, err := b.CreateGroup(t.Context(), im.NewGroup{Title: "Chat", OwnerID: member, MemberIDs: []int64{member}, EntityType: kind, EntityID: "1"})
			must(t, err)
			return c
		}
		ours, theirs, other := group("LINES", b.anna), group("LINES", b.clara), group("TASKS", b.anna)
		for n := range 450 {
			chat := theirs
			if n == 3 {
				chat = ours
			}
			b.say(t, chat.ID, map[bool]int64{true: b.anna, false: b.clara}[n == 3], "the budget, again")
		}
		b.say(t, other.ID, b.anna, "budget of a task")
		newest := b.say(t, theirs.ID, b.clara, "the budget at last")
		var asked int
		q := im.SearchQuery{Text: "budget", EntityType: "LINES", Limit: 10}
		q.Allow = func(_ context.Context, _ *db.Tx, found []im.Spot) (map[int64]bool, error) {
			may := map[int64]bool{}
			for _, f := range found {
				asked++
				if f.Member != (f.ChatID == ours.ID) {
					t.Errorf("of chat %d: member %v", f.ChatID, f.Member)
				}
				may[f.MessageID] = f.Member || f.MessageID == newest.ID
			}
			return may, nil
		}
		if got := b.found(t, b.anna, q); got != "the budget at last | the budget, again" {
			t.Errorf("found %q", got)
		}
		if asked != 451 {
			t.Errorf("asked about %d messages, want the 451 of the kind, once each", asked)
		}
		q.Limit = 1
		f, err := b.SearchMessages(t.Context(), b.anna, q)
		must(t, err)
		if !f.More || f.Next != newest.ID || len(f.Messages) != 1 {
			t.Errorf("a page: %+v", f)
		}
		q.Before = f.Next
		if f, err = b.SearchMessages(t.Context(), b.anna, q); err != nil || f.More || len(f.Messages) != 1 || f.Messages[0].ChatID != ours.ID {
			t.Errorf("the next: %+v, %v", f, err)
		}
		for _, bad := range []im.SearchQuery{{Text: "budget", EntityType: "LINES"}, {Text: "budget", EntityType: "LINES", ChatID: ours.ID, Allow: q.Allow}} {
			if _, err := b.SearchMessages(t.Context(), b.anna, bad); !errors.Is(err, im.ErrParams) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}
