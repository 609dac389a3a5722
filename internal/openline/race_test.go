package openline_test

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// pair runs test with a bundle of one process, and the service of another.
func pair(t *testing.T, change func(l *line.Line), test func(b *bundle, there *openline.Service)) {
	t.Helper()
	dbtest.RunPair(t, schemas, func(t *testing.T, here, other *db.DB) {
		b := setup(t, here, change)
		test(b, b.beside(other))
	})
}

// beside returns the service of another process.
func (b *bundle) beside(d *db.DB) *openline.Service { return b.anew(d).Service }

// anew returns what another process, or one that was started again, has of the same database.
func (b *bundle) anew(d *db.DB) *bundle {
	c := *b
	c.db = d
	c.users = user.New(d, b.clock)
	c.im = im.New(im.Config{DB: d, Clock: b.clock, Users: c.users, GeneralTitle: "General"})
	c.lines = line.New(line.Config{DB: d, Clock: b.clock, Users: c.users, Bots: b, Audit: audit.New(d, b.clock)})
	c.Service = c.open()
	return &c
}

// together does things at the same time and returns what became of each.
func together(deeds ...func() error) []error {
	out := make([]error, len(deeds))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, d := range deeds {
		wg.Go(func() {
			<-start
			out[i] = d()
		})
	}
	close(start)
	wg.Wait()
	return out
}

// rounds is how often two things are done at once, each time with another conversation.
const rounds = 8

// crossing does deeds at the same time in both processes, with conversations as prepared, and checks that none fails for a reason of
// its own, and that all is whole.
func crossing(b *bundle, prepare func(name string) openline.Received, deeds func(r openline.Received) []func() error) {
	b.t.Helper()
	for i := range rounds {
		r := prepare("Client" + strconv.Itoa(i))
		for n, err := range together(deeds(r)...) {
			if err != nil && fault.KindOf(err) == fault.Internal {
				b.t.Errorf("round %d, deed %d: %v", i, n, err)
			}
		}
		if b.whole(nil) {
			return
		}
	}
}

func TestTwoAnswerAtOnceAndOneWins(t *testing.T) {
	t.Parallel()
	pair(t, func(l *line.Line) { l.Distribution = line.All }, func(b *bundle, there *openline.Service) {
		for i := range rounds {
			r := b.client("Client"+strconv.Itoa(i), "Hello")
			got := together(
				func() error { return b.Answer(b.t.Context(), b.anna, r.ChatID) },
				func() error { return there.Answer(b.t.Context(), b.boris, r.ChatID) },
			)
			winner, loser := b.anna, got[1]
			if got[0] != nil {
				winner, loser = b.boris, got[0]
			}
			if (got[0] == nil) == (got[1] == nil) || !errors.Is(loser, openline.ErrTaken) {
				b.t.Fatalf("round %d: %v", i, got)
			}
			b.is(r.ChatID, openline.StateActive, winner)
			b.members(r.ChatID, winner)
		}
		b.whole(nil)
	})
}

func TestAClientWritesWhileTheOperatorFinishes(t *testing.T) {
	t.Parallel()
	pair(t, func(l *line.Line) { l.FullClose = time.Minute }, func(b *bundle, there *openline.Service) {
		crossing(b, func(name string) openline.Received {
			r := b.client(name, "Hello")
			v, err := b.Last(b.t.Context(), r.ChatID)
			b.must(err)
			b.must(b.Answer(b.t.Context(), v.OperatorID, r.ChatID))
			return r
		}, func(r openline.Received) []func() error {
			v, err := b.Last(b.t.Context(), r.ChatID)
			b.must(err)
			in := openline.Incoming{
				Connector: "site", LineID: b.support.ID, ChatID: v.Channel.ChatID, Client: openline.Client{ID: v.Channel.ClientID}, Text: "Wait",
			}
			return []func() error{
				func() error { return b.Finish(b.t.Context(), v.OperatorID, r.ChatID) },
				func() error { _, err := there.Receive(b.t.Context(), in); return err },
			}
		})
		for _, v := range b.stored("SELECT id FROM openline_session ORDER BY id") {
			if v.ClientCount != 2 {
				b.t.Errorf("session %d has %d messages of the client, want 2", v.ID, v.ClientCount)
			}
		}
	})
}

func TestATransferWhileTheTimerFires(t *testing.T) {
	t.Parallel()
	pair(t, nil, func(b *bundle, there *openline.Service) {
		crossing(b, func(name string) openline.Received {
			r := b.client(name, "Hello")
			b.clock.Advance(time.Minute)
			return r
		}, func(r openline.Received) []func() error {
			return []func() error{
				func() error { return b.Transfer(b.t.Context(), b.anna, r.ChatID, openline.Target{UserID: b.boris}) },
				func() error { _, err := there.FireDue(b.t.Context()); return err },
				func() error { _, err := b.FireDue(b.t.Context()); return err },
			}
		})
	})
}

func TestATimerFiresOnceInTwoProcesses(t *testing.T) {
	t.Parallel()
	told := func(l *line.Line) {
		l.NoAnswerTime, l.NoAnswer = time.Minute, line.Scenario{Rule: line.RuleText, Text: "Nobody yet."}
		l.QueueTime = time.Hour
	}
	pair(t, told, func(b *bundle, there *openline.Service) {
		for i := range rounds {
			b.client("Client"+strconv.Itoa(i), "Hello")
		}
		b.out.take()
		b.clock.Advance(2 * time.Minute)
		for _, err := range together(
			func() error { _, err := b.FireDue(b.t.Context()); return err },
			func() error { _, err := there.FireDue(b.t.Context()); return err },
		) {
			b.must(err)
		}
		want := make([]string, rounds)
		for i := range want {
			want[i] = "line: Nobody yet."
		}
		same(b.t, "what the clients were told", b.out.take(), want)
		b.whole(nil)
	})
}

func TestAnOperatorLeavesTheCompanyInMidConversation(t *testing.T) {
	t.Parallel()
	pair(t, nil, func(b *bundle, there *openline.Service) {
		var chats []int64
		for i := range rounds {
			r := b.client("Client"+strconv.Itoa(i), "Hello")
			v, err := b.Last(b.t.Context(), r.ChatID)
			b.must(err)
			if i%2 == 0 {
				b.must(b.Answer(b.t.Context(), v.OperatorID, r.ChatID))
			}
			chats = append(chats, r.ChatID)
		}
		deeds := []func() error{func() error {
			return b.db.Write(b.t.Context(), func(tx *db.Tx) error {
				b.there.set(b.anna, false)
				return b.im.LeaveAllTx(b.t.Context(), tx, b.anna)
			})
		}}
		for _, chat := range chats {
			deeds = append(deeds, func() error { return there.Answer(b.t.Context(), b.boris, chat) })
		}
		for i, err := range together(deeds...) {
			if err != nil && fault.KindOf(err) == fault.Internal {
				b.t.Errorf("deed %d: %v", i, err)
			}
		}
		b.whole(nil)
		b.work()
		b.whole(nil)
		for _, v := range b.stored("SELECT id FROM openline_session ORDER BY id") {
			if v.OperatorID == b.anna {
				b.t.Errorf("session %d is still with who left", v.ID)
			}
		}
	})
}

// TestNobodyStarvesInALongQueue lets operators become free one by one, in two processes: who has waited longest is served first,
// within the priority, and no operator gets more than the line allows.
func TestNobodyStarvesInALongQueue(t *testing.T) {
	t.Parallel()
	pair(t, func(l *line.Line) { l.MaxChat, l.QueueTime = 2, 0 }, func(b *bundle, there *openline.Service) {
		b.there.set(b.anna, false)
		b.there.set(b.boris, false)
		for i := range 4 {
			b.client("Client"+strconv.Itoa(i), "Hello")
		}
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return queueUp(b, tx, waitingClients) }))
		b.there.set(b.anna, true)
		b.there.set(b.boris, true)
		var served []int64
		seen := map[int64]bool{}
		for range 60 {
			for _, err := range together(func() error { return b.Drain(b.t.Context()) }, func() error { return there.Drain(b.t.Context()) }) {
				b.must(err)
			}
			var given []int64
			b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
				given = b.column(tx, "SELECT session_id FROM openline_offer ORDER BY session_id")
				for _, n := range b.column(tx, "SELECT COUNT(*) FROM openline_session WHERE state IN ('offered', 'active') GROUP BY operator_id") {
					if n > 2 {
						b.t.Errorf("an operator has %d", n)
					}
				}
				return nil
			}))
			if len(given) != 4 {
				b.t.Fatalf("%d are given, want 4", len(given))
			}
			fresh := false
			for _, id := range given {
				if !seen[id] {
					seen[id], fresh = true, true
					served = append(served, id)
				}
			}
			if !fresh {
				b.t.Fatal("nobody was served")
			}
			v, err := b.Get(b.t.Context(), served[len(served)-4])
			b.must(err)
			b.must(b.Answer(b.t.Context(), v.OperatorID, v.ChatID))
			b.must(b.Finish(b.t.Context(), v.OperatorID, v.ChatID))
		}
		b.inOrder(served)
	})
}

// inOrder checks that served are those who come first of all, in their order; those served in one round may stand in any.
func (b *bundle) inOrder(served []int64) {
	b.t.Helper()
	b.must(b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		want := b.column(tx, "SELECT id FROM openline_session ORDER BY priority DESC, queued, id LIMIT "+strconv.Itoa(len(served)))
		first := map[int64]bool{}
		for _, id := range served[:4] {
			first[id] = true
		}
		for i, id := range want {
			if i < 4 && !first[id] || i >= 4 && served[i] != id {
				b.t.Errorf("%d. is %d, want %d", i, served[i], id)
			}
		}
		return nil
	}))
}

// waitingClients is how long the queue of tests and benchmarks is.
const waitingClients = 10_000

// copyFrom is where the numbers of copied rows begin.
const copyFrom = 1_000_000

// queueUp copies the first conversation of the queue n times: each a second after the other, and one in a hundred with a higher priority.
func queueUp(b *bundle, tx *db.Tx, n int64) error {
	id := strconv.Itoa(copyFrom) + " + n.i"
	for _, c := range []struct {
		table, where string
		other        map[string]string
	}{
		{"chat", "t.id = (SELECT MIN(chat_id) FROM openline_chat)", map[string]string{"id": id}},
		{"chat_member", "t.chat_id = (SELECT MIN(chat_id) FROM openline_chat)", map[string]string{"chat_id": id}},
		{"openline_session", "t.id = 1", map[string]string{
			"id": id, "chat_id": id, "queued": "t.queued + n.i * CAST(1000000 AS BIGINT)", "priority": "CASE WHEN n.i % 100 = 0 THEN 1 ELSE 0 END",
		}},
		{"openline_chat", "t.chat_id = (SELECT MIN(chat_id) FROM openline_chat)", map[string]string{
			"chat_id": id, "session_id": id, "external_id": "'copy ' || n.i", "number": "100 + n.i",
		}},
	} {
		if err := copyRows(b, tx, c.table, c.where, c.other, n); err != nil {
			return err
		}
	}
	return nil
}

// copyRows copies a row n times, with other values in some columns.
func copyRows(b *bundle, tx *db.Tx, table, where string, other map[string]string, n int64) error {
	rows, err := tx.Query(b.t.Context(), "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return err
	}
	columns, err := rows.Columns()
	if err := errors.Join(err, rows.Close()); err != nil {
		return err
	}
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = "t." + c
		if v, ok := other[c]; ok {
			values[i] = v
		}
	}
	_, err = tx.Exec(b.t.Context(), "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+`) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		SELECT `+strings.Join(values, ", ")+" FROM "+table+" t, n WHERE "+where, n)
	return err
}
