package im_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// TestSearchFarBack looks for what lies far behind in a long history, page by page and from both ends, and compares with what was
// written: a word that a while is full of, one that comes now and then, one that came once, a while of which the clock went back.
func TestSearchFarBack(t *testing.T) {
	const n = 9_000
	both(t, func(t *testing.T, b *bundle) {
		mine := b.private(t, b.anna, b.boris)
		foreign := b.private(t, b.boris, b.clara)
		began := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error {
			// An hour apart; every tenth was dated half an hour back. Every third is in a foreign chat.
			const add = `WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST(? AS BIGINT))
				INSERT INTO message (chat_id, seq, author_id, sender_id, created, text, extra, uuid, reply_id, flags)
				SELECT CASE WHEN i % 3 = 0 THEN CAST(? AS BIGINT) ELSE CAST(? AS BIGINT) END, i, CAST(? AS BIGINT), CAST(? AS BIGINT),
					CAST(? AS BIGINT) + i * 3600000000 - CASE WHEN i % 10 = 0 THEN 5400000000 ELSE 0 END,
					'note' || CASE WHEN i BETWEEN 600 AND 6500 THEN ' festival' ELSE '' END || CASE WHEN i % 97 = 0 THEN ' audit' ELSE '' END ||
					CASE WHEN i = 4001 THEN ' unicorn' ELSE '' END, '', '', 0, 0 FROM n`
			if _, err := tx.Exec(t.Context(), add, int64(n), foreign.ID, mine.ID, b.boris, b.boris, began.UnixMicro()); err != nil {
				return err
			}
			if tx.Dialect() == db.SQLite {
				return nil
			}
			_, err := tx.Exec(t.Context(), "INSERT INTO message_word_new SELECT id FROM message ON CONFLICT DO NOTHING")
			return err
		}))
		hour := func(i int) time.Time { return began.Add(time.Duration(i) * time.Hour) }
		date := func(i int) time.Time {
			if i%10 == 0 {
				return hour(i).Add(-90 * time.Minute)
			}
			return hour(i)
		}
		for _, c := range []struct {
			q     im.SearchQuery
			holds func(i int) bool
		}{
			{im.SearchQuery{Text: "unicorn"}, func(i int) bool { return i == 4001 }},
			{im.SearchQuery{Text: "audit"}, func(i int) bool { return i%97 == 0 }},
			{im.SearchQuery{Text: "festival audit"}, func(i int) bool { return i%97 == 0 && i >= 600 && i <= 6500 }},
			{im.SearchQuery{Text: "festival"}, func(i int) bool { return i >= 600 && i <= 6500 }},
			{im.SearchQuery{Text: "festival", From: hour(6400)}, func(i int) bool { return i >= 600 && i <= 6500 }},
			{im.SearchQuery{Text: "note", Until: hour(100)}, func(int) bool { return true }},
			{im.SearchQuery{Text: "audit", From: hour(1000), Until: hour(3000)}, func(i int) bool { return i%97 == 0 }},
			{im.SearchQuery{Text: "unicorn", Until: hour(4001)}, func(i int) bool { return i == 4001 }},
			{im.SearchQuery{Text: "unicorn", Until: hour(4002)}, func(i int) bool { return i == 4001 }},
			{im.SearchQuery{Text: "note", From: hour(n + 9)}, func(int) bool { return true }},
		} {
			for _, oldest := range []bool{false, true} {
				c.q.Oldest = oldest
				got := b.allPages(t, b.anna, c.q)
				var want []int
				for i := 1; i <= n; i++ {
					in := !date(i).Before(c.q.From) && (c.q.Until.IsZero() || date(i).Before(c.q.Until))
					if in && i%3 != 0 && c.holds(i) {
						want = append(want, i)
					}
				}
				if !oldest {
					slices.Reverse(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%+v: %d messages %s, want %d %s", c.q, len(got), ends(got), len(want), ends(want))
				}
			}
		}
	})
}

func ends(ids []int) string {
	if len(ids) < 6 {
		return fmt.Sprint(ids)
	}
	return fmt.Sprint(ids[:3], "…", ids[len(ids)-3:])
}

// allPages returns the numbers in their chat of all messages that a search finds.
func (b *bundle) allPages(t *testing.T, viewer int64, q im.SearchQuery) (out []int) {
	t.Helper()
	q.Limit = 150
	for range 100 {
		f, err := b.SearchMessages(t.Context(), viewer, q)
		must(t, err)
		for _, m := range f.Messages {
			out = append(out, int(m.Seq))
		}
		if !f.More {
			return out
		}
		if q.Oldest {
			q.After = f.Next
		} else {
			q.Before = f.Next
		}
	}
	t.Fatal("the pages never end")
	return nil
}
