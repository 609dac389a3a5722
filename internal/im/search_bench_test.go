package im_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkSearch searches a portal of a million messages: half of them in a chat of the viewer's, half in one of others'. With
// PORTICO_BENCH_POSTGRES set it does so on that PostgreSQL database.
func BenchmarkSearch(b *testing.B) {
	size := 1_000_000
	if testing.Short() {
		size = 50_000
	}
	d := benchDB(b)
	users := user.New(d, clock.System{})
	s := im.New(im.Config{DB: d, Clock: clock.System{}, Users: users})
	var ids []int64
	for _, name := range []string{"anna", "boris", "clara"} {
		u, err := users.Create(b.Context(), user.NewUser{FirstName: name, Email: name + "@example.com"})
		must(b, err)
		ids = append(ids, u.ID)
	}
	mine, err := s.OpenPrivate(b.Context(), ids[0], ids[1])
	must(b, err)
	foreign, err := s.OpenPrivate(b.Context(), ids[1], ids[2])
	must(b, err)
	must(b, fillSearch(b.Context(), d, [2]int64{mine.ID, foreign.ID}, ids[1], size))
	for range 50 {
		_, err := s.CreateGroup(b.Context(), im.NewGroup{OwnerID: ids[0], Title: "Group"})
		must(b, err)
	}
	began := time.Now()
	for waiting(b, d) > 0 {
		_, err := s.SearchMessages(b.Context(), ids[0], im.SearchQuery{Text: "nothing"}) // indexes some
		must(b, err)
	}
	b.Logf("indexed in %v", time.Since(began))
	_, err = s.Send(b.Context(), im.NewMessage{ChatID: foreign.ID, AuthorID: ids[1], Text: "unicorn"})
	must(b, err)
	for _, q := range []struct {
		name string
		im.SearchQuery
	}{
		{"frequent", im.SearchQuery{Text: "short"}},
		{"frequent prefix", im.SearchQuery{Text: "sho"}},
		{"rare", im.SearchQuery{Text: "number 77777"}},
		{"thousands", im.SearchQuery{Text: "word77"}},
		{"two", im.SearchQuery{Text: "ordinary word77"}},
		{"none", im.SearchQuery{Text: "unicorn"}},
		{"in chat", im.SearchQuery{Text: "short", ChatID: mine.ID}},
		{"author", im.SearchQuery{Text: "short", AuthorID: ids[0]}},
		{"old days", im.SearchQuery{Text: "short", From: time.Unix(1_700_000_000, 0), Until: time.Unix(1_700_100_000, 0)}},
		{"old months", im.SearchQuery{Text: "short", From: time.Unix(1_700_000_000, 0), Until: time.Unix(1_707_000_000, 0)}},
		{"old half", im.SearchQuery{Text: "short", Until: time.Unix(1_710_000_000, 0)}},
		{"links", im.SearchQuery{Links: true}},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.SearchMessages(b.Context(), ids[0], q.SearchQuery); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchDB(b *testing.B) *db.DB {
	b.Helper()
	url := os.Getenv("PORTICO_BENCH_POSTGRES")
	if url == "" {
		return durable(b)
	}
	c := db.Config{URL: url, Schema: "im_bench"}
	must(b, db.DropSchema(b.Context(), c))
	d, err := db.Open(b.Context(), c)
	must(b, err)
	b.Cleanup(func() { _ = d.Close() })
	must(b, d.Migrate(b.Context(), schemas...))
	return d
}

func waiting(b *testing.B, d *db.DB) (n int64) {
	b.Helper()
	q := "SELECT COUNT(*) FROM message WHERE id > (SELECT message_id FROM message_word_reached)"
	if d.Dialect() == db.Postgres {
		q = "SELECT COUNT(*) FROM message_word_new"
	}
	must(b, d.Read(b.Context(), func(tx *db.Tx) error { return tx.QueryRow(b.Context(), q).Scan(&n) }))
	return n
}

// fillSearch writes n messages, by turns to two chats, twenty seconds apart.
func fillSearch(ctx context.Context, d *db.DB, chats [2]int64, author int64, n int) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		const add = `WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < CAST(? AS BIGINT))
			INSERT INTO message (chat_id, seq, author_id, sender_id, created, text, extra, uuid, reply_id, flags)
			SELECT CASE WHEN i % 2 = 0 THEN CAST(? AS BIGINT) ELSE CAST(? AS BIGINT) END, i / 2, CAST(? AS BIGINT), CAST(? AS BIGINT),
				CAST(? AS BIGINT) + i * 20000000, 'A short message of ordinary length, number ' || i || ' with word' || (i % 499), '', '', 0, 0 FROM n`
		at := time.Unix(1_700_000_000, 0).UnixMicro()
		if _, err := tx.Exec(ctx, add, int64(n), chats[0], chats[1], author, author, at); err != nil {
			return err
		}
		if tx.Dialect() == db.Postgres {
			if _, err := tx.Exec(ctx, "INSERT INTO message_word_new SELECT id FROM message ON CONFLICT DO NOTHING"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "UPDATE chat SET last_seq = ?, last_message_id = (SELECT MAX(id) FROM message) WHERE id IN (?, ?)", int64(n/2), chats[0], chats[1])
		return err
	})
}
