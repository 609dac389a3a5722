package im_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

func durable(b *testing.B) *db.DB {
	b.Helper()
	d, err := db.Open(b.Context(), db.Config{Path: filepath.Join(b.TempDir(), "portal.db")})
	must(b, err)
	b.Cleanup(func() { _ = d.Close() })
	must(b, d.Migrate(b.Context(), schemas...))
	must(b, d.Write(b.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(b.Context(), "CREATE TABLE outbox (id INTEGER PRIMARY KEY, name TEXT, data TEXT, at BIGINT)")
		return err
	}))
	return d
}

// outbox is a listener that writes one row for an event, as a bot's delivery is.
type outbox struct{ listener }

func (*outbox) MessageAddedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	_, err := tx.Exec(ctx, "INSERT INTO outbox (name, data, at) VALUES (?, ?, ?)", "ONIMBOTMESSAGEADD", e.Message.Text, e.Message.ID)
	return err
}

func (*outbox) ChatJoinedTx(context.Context, *db.Tx, im.JoinEvent) error { return nil }

// BenchmarkSend sends durable messages from 64 callers to one chat.
func BenchmarkSend(b *testing.B) {
	for name, withBot := range map[string]bool{"people": false, "bot": true} {
		b.Run(name, func(b *testing.B) {
			d := durable(b)
			users := user.New(d, clock.System{})
			s := im.New(im.Config{DB: d, Clock: clock.System{}, Users: users})
			s.SetListener(&outbox{})
			u, err := users.Create(b.Context(), user.NewUser{FirstName: "Anna", Email: "anna@example.com"})
			must(b, err)
			peer, err := users.Create(b.Context(), user.NewUser{FirstName: "Boris", Email: "boris@example.com"})
			must(b, err)
			if withBot {
				must(b, d.Write(b.Context(), func(tx *db.Tx) (err error) {
					peer.ID, err = users.AddBotTx(b.Context(), tx, user.BotProfile{FirstName: "Bot"})
					return err
				}))
			}
			c, err := s.OpenPrivate(b.Context(), u.ID, peer.ID)
			must(b, err)
			var failed atomic.Int64
			b.SetParallelism(64)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.Send(b.Context(), im.NewMessage{ChatID: c.ID, AuthorID: u.ID, Text: "What's burning?"}); err != nil {
						failed.Add(1)
					}
				}
			})
			if failed.Load() > 0 {
				b.Fatalf("%d failed", failed.Load())
			}
		})
	}
}

// BenchmarkSendInside measures the share of a message that runs inside the one writer, from many in a transaction.
func BenchmarkSendInside(b *testing.B) {
	d := durable(b)
	users := user.New(d, clock.System{})
	s := im.New(im.Config{DB: d, Clock: clock.System{}, Users: users})
	u, err := users.Create(b.Context(), user.NewUser{FirstName: "Anna", Email: "anna@example.com"})
	must(b, err)
	c, err := s.OpenPrivate(b.Context(), u.ID, u.ID)
	must(b, err)
	n := im.NewMessage{ChatID: c.ID, AuthorID: u.ID, Text: "What's burning?"}
	_, err = s.Send(b.Context(), n)
	must(b, err)
	b.ReportAllocs()
	must(b, d.Write(b.Context(), func(tx *db.Tx) error {
		b.ResetTimer()
		for range b.N {
			if _, err := s.SendTx(b.Context(), tx, n); err != nil {
				return err
			}
		}
		b.StopTimer()
		return nil
	}))
}

// BenchmarkMessages reads 50 messages of a chat of half a million at its end and in its middle.
func BenchmarkMessages(b *testing.B) {
	const size = 500_000
	d := durable(b)
	users := user.New(d, clock.System{})
	s := im.New(im.Config{DB: d, Clock: clock.System{}, Users: users})
	u, err := users.Create(b.Context(), user.NewUser{FirstName: "Anna", Email: "anna@example.com"})
	must(b, err)
	c, err := s.OpenPrivate(b.Context(), u.ID, u.ID)
	must(b, err)
	must(b, fill(b.Context(), d, c.ID, u.ID, size))
	for name, h := range map[string]im.History{
		"newest": {}, "depth": {Before: size / 2}, "first": {First: true},
	} {
		h.ChatID = c.ID
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := s.Messages(b.Context(), u.ID, h)
				if err != nil || len(p.Messages) != 50 {
					b.Fatal(len(p.Messages), err)
				}
			}
		})
	}
}

func fill(ctx context.Context, d *db.DB, chat, author int64, n int) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		const add = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO message (chat_id, seq, author_id, sender_id, created, text, extra, uuid, reply_id, flags)
			SELECT ?, i, ?, ?, ? + i, 'A message of ordinary length, number ' || i, '', '0c42a08f-4235-49fc-994f-c9bccd499ac1', 0, 0 FROM n`
		if _, err := tx.Exec(ctx, add, int64(n), chat, author, author, time.Unix(1_700_000_000, 0).UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE chat SET last_seq = ?, last_message_id = ? WHERE id = ?", int64(n), int64(n), chat)
		return err
	})
}
