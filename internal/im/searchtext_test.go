package im_test

import (
	"context"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// library is files of which it is known what they say: by the words, the files.
type library struct {
	*files

	says map[string][]int64
	most int // messages that are found at once
}

func (l *library) MessagesWithTextTx(_ context.Context, _ *db.Tx, text string, after, before int64, oldest bool) ([]int64, bool, error) {
	var ids []int64
	for _, f := range l.says[text] {
		for _, m := range l.shown[f] {
			if m > after && m < before {
				ids = append(ids, m)
			}
		}
	}
	slices.Sort(ids)
	if !oldest {
		slices.Reverse(ids)
	}
	whole := len(ids) <= l.most
	return ids[:min(len(ids), l.most)], whole, nil
}

func TestSearchAmongFilesFindsWhatDocumentsSay(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		ab, bc := b.private(t, b.anna, b.boris), b.private(t, b.boris, b.clara)
		l := &library{files: &files{owner: map[int64]int64{7: b.anna, 8: b.clara, 9: b.anna}, shown: map[int64][]int64{}}, says: map[string][]int64{"budget": {7, 8}}, most: 100}
		b.SetFiles(l)
		send := func(chat, author int64, text string, file ...int64) int64 {
			m, err := b.Send(t.Context(), im.NewMessage{ChatID: chat, AuthorID: author, Text: text, Files: file})
			must(t, err)
			return m.ID
		}
		send(ab.ID, b.anna, "one", 7)
		send(ab.ID, b.anna, "budget without a file")
		send(ab.ID, b.anna, "the budget itself", 9)
		send(bc.ID, b.clara, "two", 8)
		gone := send(ab.ID, b.anna, "gone", 7)
		must(t, b.Delete(t.Context(), b.anna, gone, true))
		send(ab.ID, b.anna, "three", 7)
		for _, c := range []struct {
			viewer int64
			q      im.SearchQuery
			want   string
		}{
			{b.anna, im.SearchQuery{Text: "budget", Files: true}, "three | the budget itself | one"},
			{b.boris, im.SearchQuery{Text: "budget", Files: true}, "three | two | the budget itself | one"},
			{b.clara, im.SearchQuery{Text: "budget", Files: true}, "two"},
			{b.boris, im.SearchQuery{Text: "budget", Files: true, ChatID: bc.ID}, "two"},
			{b.boris, im.SearchQuery{Text: "budget", Files: true, AuthorID: b.anna, Oldest: true}, "one | the budget itself | three"},
			{b.boris, im.SearchQuery{Text: "budget"}, "the budget itself | budget without a file"},
			{b.boris, im.SearchQuery{Text: "nothing", Files: true}, ""},
		} {
			if got := b.found(t, c.viewer, c.q); got != c.want {
				t.Errorf("%d, %+v: %q, want %q", c.viewer, c.q, got, c.want)
			}
		}
		for _, most := range []int{100, 2, 1} { // page by page, also where not all are found at once
			for _, oldest := range []bool{false, true} {
				l.most = most
				var got []string
				q := im.SearchQuery{Text: "budget", Files: true, Limit: 1, Oldest: oldest}
				for range 20 {
					f, err := b.SearchMessages(t.Context(), b.boris, q)
					must(t, err)
					for _, m := range f.Messages {
						got = append(got, m.Text)
					}
					if !f.More {
						break
					}
					if q.Before = f.Next; oldest {
						q.Before, q.After = 0, f.Next
					}
				}
				want := []string{"three", "two", "the budget itself", "one"}
				if oldest {
					slices.Reverse(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d at once, oldest first %v: %q, want %q", most, oldest, got, want)
				}
			}
		}
	})
}
