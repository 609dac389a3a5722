package openline_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// manyOperators is how many answer in the line of the benchmarks.
const manyOperators = 200

// crowded is a line with many operators, none of whom is there.
func crowded(t testing.TB, d *db.DB) *bundle {
	t.Helper()
	b := setup(t, d, nil)
	ids := []int64{b.anna, b.boris}
	for i := range manyOperators - len(ids) {
		u, err := b.users.Create(t.Context(), user.NewUser{FirstName: "Operator", LastName: strconv.Itoa(i), Email: "o" + strconv.Itoa(i) + "@example.com"})
		b.must(err)
		ids = append(ids, u.ID)
	}
	_, l, err := b.lines.Update(t.Context(), b.admin(), b.support.ID, func(l *line.Line) error {
		l.MaxChat, l.QueueTime, l.Queue = 1, 0, nil
		for _, id := range ids {
			l.Queue = append(l.Queue, line.Entry{Kind: line.EntryUser, ID: id})
		}
		return nil
	})
	b.must(err)
	b.support = l
	b.present(ids, false)
	return b
}

func (b *bundle) present(ids []int64, on bool) {
	for _, id := range ids {
		b.there.set(id, on)
	}
}

func (b *bundle) operators() []int64 {
	var out []int64
	for _, e := range b.support.Queue {
		out = append(out, e.ID)
	}
	return out
}

// databases runs a benchmark on both kinds.
func databases(b *testing.B, bench func(b *testing.B, d *db.DB)) {
	b.Helper()
	b.Run("SQLite", func(b *testing.B) { bench(b, dbtest.SQLite(b, schemas...)) })
	b.Run("PostgreSQL", func(b *testing.B) { bench(b, dbtest.Postgres(b, schemas...)) })
}

// BenchmarkAssign measures how long it takes to give a conversation to an operator while ten thousand wait. An iteration gives one to
// each of 200 operators.
func BenchmarkAssign(b *testing.B) {
	databases(b, func(b *testing.B, d *db.DB) {
		o := crowded(b, d)
		o.client("Vera", "Hello")
		o.write(func(tx *db.Tx) error { return queueUp(o, tx, waitingClients) })
		o.present(o.operators(), true)
		given := 0
		var spent time.Duration
		for b.Loop() {
			begun := time.Now()
			o.must(o.Drain(b.Context()))
			spent += time.Since(begun)
			b.StopTimer()
			given += o.putAway(b)
			b.StartTimer()
		}
		b.ReportMetric(float64(spent.Microseconds())/1000/float64(given), "ms/assignment")
	})
}

// putAway ends what was given out, so that operators are free again, and returns how much it was.
func (b *bundle) putAway(t testing.TB) (given int) {
	t.Helper()
	b.write(func(tx *db.Tx) error {
		n, err := tx.Exec(t.Context(), "UPDATE openline_session SET state = 'closed', closed = 1 WHERE state = 'offered'")
		if err != nil {
			return err
		}
		given = int(n)
		_, err = tx.Exec(t.Context(), "DELETE FROM openline_offer")
		return err
	})
	if given != manyOperators {
		t.Fatalf("%d were given out, want %d", given, manyOperators)
	}
	return given
}

// BenchmarkFirstMessage measures a message that begins a conversation: of a client who is new, given to one of 200 operators.
func BenchmarkFirstMessage(b *testing.B) {
	databases(b, func(b *testing.B, d *db.DB) {
		o := crowded(b, d)
		_, l, err := o.lines.Update(b.Context(), o.admin(), o.support.ID, func(l *line.Line) error { l.MaxChat = 0; return nil })
		o.must(err)
		o.support = l
		o.present(o.operators(), true)
		i := 0
		for b.Loop() {
			i++
			o.client("Client"+strconv.Itoa(i), "Hello")
		}
	})
}

// BenchmarkMessage measures one more message in a conversation that an operator answers in, while two thousand are open.
func BenchmarkMessage(b *testing.B) {
	databases(b, func(b *testing.B, d *db.DB) {
		o := crowded(b, d)
		o.client("Vera", "Hello")
		o.write(func(tx *db.Tx) error { return queueUp(o, tx, 2000) })
		o.must(errors.Join(o.Intercept(b.Context(), o.anna, 1), o.say(o.anna, 1, "Hi")))
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				_, err := o.Receive(b.Context(), openline.Incoming{
					Connector: "site", LineID: o.support.ID, ChatID: "chat-Vera", Client: openline.Client{ID: "Vera", FirstName: "Vera"}, Text: "Well?",
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}
