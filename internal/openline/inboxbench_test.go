package openline_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// manyConversations is how many conversations the list of the benchmarks has.
const manyConversations = 10_000

// inbox is a portal with very many conversations in five lines: three of ten wait, two of ten are answered, by 50 operators; the rest is
// over. One of 500 came through a channel that is rare, one of 1,000 is spam, one of 20 has one of some categories, and each has a message.
func inbox(t testing.TB, d *db.DB) (b *bundle, me openline.Scope) {
	t.Helper()
	b = crowded(t, d)
	r := b.client("Vera", "Do you have these boots in size 39?")
	first := b.operators()[100]
	id := strconv.Itoa(copyFrom) + " + n.i"
	b.write(func(tx *db.Tx) error {
		for _, c := range []struct {
			table, where string
			other        map[string]string
		}{
			{"chat", "t.id = " + strconv.FormatInt(r.ChatID, 10), map[string]string{"id": id, "last_message_id": id}},
			{"message", "t.id = " + strconv.FormatInt(r.MessageID, 10), map[string]string{
				"id": id, "chat_id": id, "text": "CASE WHEN n.i % 100 = 0 THEN 'the boots of client ' || n.i ELSE 'question ' || n.i END", "uuid": "'u' || n.i",
			}},
			{"openline_chat", "t.chat_id = " + strconv.FormatInt(r.ChatID, 10), map[string]string{
				"chat_id": id, "session_id": id, "external_id": "'copy ' || n.i", "number": "100 + n.i", "visitor_id": "t.visitor_id + n.i",
			}},
			{"openline_session", "t.id = " + strconv.FormatInt(r.SessionID, 10), map[string]string{
				"id": id, "chat_id": id, "line_id": strconv.FormatInt(b.support.ID, 10) + " + CASE WHEN n.i % 700 = 8 THEN 7 ELSE n.i % 5 END", "visitor_id": "t.visitor_id + n.i",
				"state":       "CASE WHEN n.i % 1000 = 999 THEN 'spam' WHEN n.i % 10 < 3 THEN 'waiting' WHEN n.i % 10 < 5 THEN 'active' ELSE 'closed' END",
				"operator_id": "CASE WHEN n.i % 10 < 3 THEN 0 ELSE " + strconv.FormatInt(first, 10) + " + (n.i / 10) % 50 END",
				"queued":      "t.queued + n.i * CAST(1000000 AS BIGINT)", "waiting_since": "CASE WHEN n.i % 2 = 0 THEN t.queued + n.i * CAST(1000000 AS BIGINT) ELSE 0 END",
				"connector": "CASE WHEN n.i % 500 = 7 THEN 'rare' ELSE t.connector END", "created": "t.created + n.i",
				"category_id": "CASE WHEN n.i % 20 = 3 THEN 1 + n.i % 50 ELSE 0 END",
			}},
		} {
			if err := copyRows(b, tx, c.table, c.where, c.other, manyConversations); err != nil {
				return err
			}
		}
		if d.Dialect() == db.Postgres {
			_, err := tx.Exec(t.Context(), "INSERT INTO message_word_new (id) SELECT id FROM message ON CONFLICT (id) DO NOTHING")
			if err == nil {
				_, err = tx.Exec(t.Context(), "ANALYZE")
			}
			return err
		}
		return nil
	})
	return b, openline.Scope{UserID: first, Lines: []int64{b.support.ID, b.support.ID + 1}, Reach: line.Reach{UserIDs: []int64{first}}}
}

// filters are the lists that a page can ask for, by how they are called, with the index that finds each; empty where every fifth is one of them.
func filters(me openline.Scope) map[string]struct {
	q     openline.ListQuery
	index string
} {
	type row = struct {
		q     openline.ListQuery
		index string
	}
	boss := openline.Scope{UserID: me.UserID + 1, Lines: []int64{me.Lines[0], me.Lines[0] + 1, me.Lines[0] + 2}, Reach: line.Reach{All: true}}
	few := openline.Scope{UserID: me.UserID, Lines: me.Lines, Reach: line.Reach{UserIDs: []int64{me.UserID, me.UserID + 1, me.UserID + 2}}}
	all := func(q openline.ListQuery) openline.ListQuery {
		q.Scope, q.Tab = boss, openline.TabAll
		return q
	}
	return map[string]row{
		"mine":                 {openline.ListQuery{Scope: me, Tab: openline.TabMine}, "openline_session_operator"},
		"waiting":              {openline.ListQuery{Scope: me, Tab: openline.TabWaiting}, "openline_session_unanswered"},
		"waiting in a line":    {openline.ListQuery{Scope: boss, Tab: openline.TabWaiting, LineID: me.Lines[0]}, "openline_session_unanswered"},
		"all of few operators": {openline.ListQuery{Scope: few, Tab: openline.TabAll}, "openline_session_by_operator"},
		"all, one's lines":     {openline.ListQuery{Scope: me, Tab: openline.TabAll}, "openline_session_open"},
		"all, a line":          {all(openline.ListQuery{LineID: me.Lines[0] + 7}), "openline_session_by_line"},
		"all, a channel":       {all(openline.ListQuery{Connector: "rare"}), "openline_session_by_connector"},
		"all, a category":      {all(openline.ListQuery{CategoryID: 4}), "openline_session_by_category"},
		"all, an operator":     {all(openline.ListQuery{OperatorID: me.UserID}), "openline_session_by_operator"},
		"all, spam":            {all(openline.ListQuery{State: openline.StateSpam}), "openline_session_by_state"},
		"all, being answered":  {all(openline.ListQuery{State: openline.StateActive}), ""},
		"all, clients":         {all(openline.ListQuery{ClientIDs: []int64{501, 777, 4711}}), "openline_session_visitor"},
	}
}

// plan is how the database reads a list.
func (b *bundle) plan(q openline.ListQuery) string {
	b.t.Helper()
	text, args := q.Statement()
	prefix, columns := "EXPLAIN QUERY PLAN ", 4
	if b.db.Dialect() == db.Postgres {
		prefix, columns = "EXPLAIN ", 1
	}
	var out []string
	b.write(func(tx *db.Tx) error { // a reader takes only what it knows to change nothing
		out = nil
		rows, err := tx.Query(b.t.Context(), prefix+text, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, parent, unused int64
			var detail string
			dest := []any{&id, &parent, &unused, &detail}[4-columns:]
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			out = append(out, detail)
		}
		return rows.Err()
	})
	return strings.Join(out, "\n")
}

// TestEachFilterHasAnIndex looks at how the databases read the lists among ten thousand conversations: none walks through all of them.
func TestEachFilterHasAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b, me := inbox(t, d)
		b.t = t
		for name, f := range filters(me) {
			plan := b.plan(f.q)
			if !strings.Contains(plan, f.index) || strings.Contains(plan, "Seq Scan on openline_session") || strings.Contains(plan, "SCAN s\n") {
				t.Errorf("%s does not go by %s:\n%s", name, f.index, plan)
			}
			f.q.Limit = 10
			page, _, err := b.List(t.Context(), f.q)
			b.must(err)
			if len(page) == 0 && name != "all, clients" {
				t.Errorf("%s is empty", name)
			}
		}
		n, err := b.Counts(t.Context(), me)
		b.must(err)
		if n.Mine != 40 || n.Waiting != 2001 {
			t.Errorf("counted %+v", n)
		}
	})
}

// BenchmarkInbox measures what the inbox asks for among ten thousand conversations: the first page of each list, the numbers beside
// them, and the search for words.
func BenchmarkInbox(b *testing.B) {
	databases(b, func(b *testing.B, d *db.DB) {
		o, me := inbox(b, d)
		lists := filters(me)
		names := make([]string, 0, len(lists))
		for name := range lists {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if _, _, err := o.List(b.Context(), lists[name].q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run("counters", func(b *testing.B) {
			for b.Loop() {
				if _, err := o.Counts(b.Context(), me); err != nil {
					b.Fatal(err)
				}
			}
		})
		for name, sc := range map[string]openline.Scope{"search, own": me, "search, all": {UserID: me.UserID, Reach: line.Reach{All: true}}} {
			for _, word := range []string{"boots", "question"} {
				b.Run(name+", "+word, func(b *testing.B) {
					for range 3 {
						o.search(b, sc, word) // what is not indexed yet is, 5,000 messages at a time
					}
					for b.Loop() {
						if n := o.search(b, sc, word); n == 0 {
							b.Fatal("nothing found")
						}
					}
				})
			}
		}
	})
}

// search looks for a word in what was said, as the inbox does.
func (b *bundle) search(t testing.TB, sc openline.Scope, word string) int {
	t.Helper()
	allow := func(ctx context.Context, tx *db.Tx, found []im.Spot) (map[int64]bool, error) {
		at := make([]openline.Spot, len(found))
		for i, f := range found {
			at[i] = openline.Spot(f)
		}
		readable, err := b.ReadableTx(ctx, tx, sc, at)
		may := make(map[int64]bool, len(readable))
		for id := range readable {
			may[id] = true
		}
		return may, err
	}
	found, err := b.im.SearchMessages(t.Context(), sc.UserID, im.SearchQuery{Text: word, Limit: 20, EntityType: openline.EntityType, Allow: allow})
	if err != nil {
		t.Fatal(fmt.Errorf("search: %w", err))
	}
	return len(found.Messages)
}
