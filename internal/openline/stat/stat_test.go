package stat_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/stat"
)

var schemas = []db.Schema{openline.Schema(), stat.Schema()}

// bundle is the numbers of a portal whose conversations are written as rows.
type bundle struct {
	*stat.Service

	t     *testing.T
	db    *db.DB
	clock *clock.Manual
	next  int64
}

func now() time.Time { return time.Date(2026, 11, 23, 15, 30, 0, 0, time.UTC) }

func both(t *testing.T, test func(b *bundle)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(now())
		test(&bundle{Service: stat.New(stat.Config{DB: d, Clock: c}), t: t, db: d, clock: c})
	})
}

func (b *bundle) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// conversation is a row of openline_session, as far as it is counted.
type conversation struct {
	line, operator                           int64
	connector, state, reason                 string
	created, queued, taken, answered, closed time.Time
	waiting                                  time.Time
	vote, head                               int64
}

func (b *bundle) add(c conversation) openline.Session {
	b.t.Helper()
	b.next++
	b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
		const q = `INSERT INTO openline_session (id, line_id, chat_id, visitor_id, connector, state, bot_id, operator_id, parent_id, priority, tried, created, queued,
			taken, answered, closed, reason, waiting_since, client_at, client_count, operator_count, bot_count, told, asked, vote, head_vote, head_comment,
			head_id, silent, wants_person) VALUES (?, ?, ?, 9, ?, ?, 0, ?, 0, 0, '', ?, ?, ?, ?, ?, ?, ?, 0, 1, 2, 3, 0, 0, ?, ?, '', 0, 0, 0)`
		_, err := tx.Exec(b.t.Context(), q, b.next, c.line, b.next, c.connector, c.state, c.operator, db.Micro(c.created), db.Micro(c.queued), db.Micro(c.taken),
			db.Micro(c.answered), db.Micro(c.closed), c.reason, db.Micro(c.waiting), c.vote, c.head)
		return err
	}))
	return openline.Session{ID: b.next, LineID: c.line, OperatorID: c.operator, Created: c.created, Channel: openline.Address{Connector: c.connector}}
}

func (b *bundle) answer(v openline.Session, at time.Time, took, wanted time.Duration, first bool) {
	b.t.Helper()
	b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
		return b.AnsweredTx(b.t.Context(), tx, openline.Answered{Session: v, OperatorID: v.OperatorID, At: at, Took: took, Wanted: wanted, First: first})
	}))
}

func (b *bundle) report(f stat.Filter) stat.Report {
	b.t.Helper()
	r, err := b.Report(b.t.Context(), f)
	b.must(err)
	return r
}

// days are the days from n days ago to the end of today, of UTC.
func days(n int) stat.Filter {
	today := now().Truncate(24 * time.Hour)
	return stat.Filter{From: today.AddDate(0, 0, -n), To: today.AddDate(0, 0, 1)}
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		at := now().Add(-2 * time.Hour)
		v := b.add(conversation{
			line: 1, operator: 7, connector: "site", state: "closed", reason: "operator", created: at, queued: at,
			taken: at.Add(20 * time.Second), answered: at.Add(40 * time.Second), closed: at.Add(time.Hour), vote: 1, head: 4,
		})
		b.answer(v, at.Add(40*time.Second), 40*time.Second, time.Minute, true)
		b.answer(v, at.Add(5*time.Minute), 100*time.Second, time.Minute, false)
		b.add(conversation{line: 1, connector: "site", state: "closed", reason: "silence", created: at, queued: at, closed: at.Add(time.Hour)})
		b.add(conversation{line: 2, connector: "mail", state: "closed", reason: "bot", created: at, closed: at.Add(time.Hour)})
		b.add(conversation{line: 2, operator: 8, connector: "mail", state: "spam", reason: "spam", created: at.Add(-time.Hour), queued: at, closed: at, vote: 2})
		b.add(conversation{line: 2, connector: "mail", state: "waiting", created: at, queued: at})
		// Somebody began one themselves, and the client was silent: no bot led it.
		b.add(conversation{line: 2, operator: 8, connector: "mail", state: "closed", reason: "new", created: at, taken: at, closed: at.Add(time.Minute)})
		r := b.report(days(0))
		got := r.All
		if got.Began != 6 || got.Answered != 1 || got.Missed != 1 || got.Silence != 1 || got.Alone != 1 || got.Spam != 1 || got.Likes != 1 || got.Dislikes != 1 ||
			got.Heads != 1 || got.HeadSum != 4 || got.FirstIn != 1 || got.FirstOut != 0 || got.FurtherIn != 0 || got.FurtherOut != 1 {
			t := fmt.Sprintf("%+v", got)
			b.t.Errorf("counted %s", t)
		}
		for what, want := range map[*stat.Spread][2]time.Duration{
			&got.Queue: {15 * time.Second, 30 * time.Second}, &got.First: {30 * time.Second, 45 * time.Second}, &got.Further: {90 * time.Second, 2 * time.Minute},
		} {
			if d, ok := what.At(50); !ok || d <= want[0] || d > want[1] || what.Count() != 1 {
				b.t.Errorf("the time is %v, want between %v", d, want)
			}
		}
		if len(r.Hours) != 2 || r.Hours[0].Began != 1 || r.Hours[1].Began != 5 || !r.Hours[1].At.Equal(at.Truncate(time.Hour)) {
			b.t.Errorf("hours %+v", r.Hours)
		}
		if len(r.Lines) != 2 || r.Lines[0].Began != 2 || r.Lines[1].Connector != "mail" {
			b.t.Errorf("lines %+v", r.Lines)
		}
		f := days(0)
		f.Within = []int64{8}
		if own := b.report(f); own.All.Began != 2 || own.All.Spam != 1 || len(own.Operators) != 1 {
			b.t.Errorf("within reach: %+v", own.All)
		}
		f.OperatorID = 7
		if none := b.report(f); none.All != (stat.Tally{}) || len(none.Hours) != 0 {
			b.t.Errorf("out of reach: %+v", none)
		}
	})
}

// TestSummedDaysSayTheSame compares what is counted where it stands with what was summed up before.
func TestSummedDaysSayTheSame(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
		for range 400 {
			b.random(r)
		}
		filters := []stat.Filter{days(0), days(3), days(30)}
		zone := time.FixedZone("", -5*3600)
		f := stat.Filter{From: time.Date(2026, 11, 20, 0, 0, 0, 0, zone), To: time.Date(2026, 11, 23, 0, 0, 0, 0, zone)}
		filters = append(filters, f)
		f.LineID = 1
		filters = append(filters, f)
		f.Connector, f.OperatorID = "mail", 7
		filters = append(filters, f, stat.Filter{From: f.From, To: f.To, Within: []int64{7, 8}})
		var before []stat.Report
		for _, f := range filters {
			before = append(before, b.report(f))
		}
		b.must(b.Refresh(b.t.Context()))
		for i, f := range filters {
			if got := b.report(f); !reflect.DeepEqual(got, before[i]) {
				b.t.Errorf("filter %d: summed up\n%+v\ncounted\n%+v", i, got, before[i])
			}
		}
		if before[2].All.Began < 300 || before[3].All.Began == 0 || before[5].All.Began == 0 {
			b.t.Error("there was nothing to compare")
		}
	})
}

func (b *bundle) random(r *rand.Rand) {
	at := now().Add(-time.Duration(r.Int64N(int64(6 * 24 * time.Hour))))
	c := conversation{line: 1 + r.Int64N(2), operator: r.Int64N(3), connector: []string{"site", "mail"}[r.IntN(2)], created: at, queued: at, vote: r.Int64N(3), head: r.Int64N(6)}
	if c.operator > 0 {
		c.operator += 6
	}
	c.state = []string{"closed", "spam", "active", "waiting"}[r.IntN(4)]
	c.reason = map[string]string{"closed": "silence", "spam": "spam"}[c.state]
	later := func() time.Duration { return time.Duration(r.Int64N(int64(time.Hour))) }
	if r.IntN(2) == 0 {
		c.taken = at.Add(later())
		c.answered = c.taken.Add(time.Minute)
	}
	v := b.add(c)
	if !c.answered.IsZero() {
		b.answer(v, c.answered, c.answered.Sub(at), time.Minute*time.Duration(r.IntN(20)), true)
		b.answer(v, c.answered.Add(later()), later(), time.Minute, false)
	}
}

func TestAChangeCountsItsDayAnew(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		at := now().AddDate(0, 0, -3)
		v := b.add(conversation{line: 1, operator: 7, connector: "site", state: "closed", created: at, queued: at, closed: at})
		b.must(b.Refresh(b.t.Context()))
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(b.t.Context(), "UPDATE openline_session SET head_vote = 5 WHERE id = ?", v.ID); err != nil {
				return err
			}
			return b.ChangedTx(b.t.Context(), tx, v)
		}))
		b.must(b.Refresh(b.t.Context()))
		if got := b.report(days(7)).All; got.Heads != 1 || got.HeadSum != 5 || got.Began != 1 {
			b.t.Errorf("%+v", got)
		}
		b.clock.Advance(24 * time.Hour)
		today := b.add(conversation{line: 1, operator: 7, connector: "site", state: "active", created: b.clock.Now(), queued: at})
		b.must(b.Refresh(b.t.Context()))
		f := days(7)
		f.To = f.To.AddDate(0, 0, 1)
		if got := b.report(f).All; got.Began != 2 {
			b.t.Errorf("with today's %d, want 2", got.Began)
		}
		_ = today
	})
}

func TestLoadIsSampledOnceAMinute(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, schemas, func(t *testing.T, here, there *db.DB) {
		c := clock.NewManual(now())
		b := &bundle{Service: stat.New(stat.Config{DB: here, Clock: c}), t: t, db: here, clock: c}
		other := stat.New(stat.Config{DB: there, Clock: c})
		for i := range 3 {
			b.add(conversation{line: 1 + int64(i/2), operator: 7, connector: "site", state: "active", created: now()})
		}
		b.add(conversation{line: 1, operator: 8, connector: "site", state: "active", created: now()})
		b.add(conversation{line: 1, operator: 8, connector: "site", state: "closing", created: now()})
		for range 2 {
			b.must(b.Sample(t.Context()))
			b.must(other.Sample(t.Context()))
		}
		c.Advance(time.Minute)
		b.must(other.Sample(t.Context()))
		r := b.report(days(0))
		if r.All.Busy != 8 || len(r.Operators) != 2 || r.Operators[0].Busy != 6 || r.Operators[0].Peak != 3 || r.Operators[1].Peak != 1 {
			t.Errorf("load %+v", r.Operators)
		}
		if len(r.Hours) != 1 || r.Hours[0].Busy != 8 {
			t.Errorf("hours %+v", r.Hours)
		}
	})
}

func TestLateAndEach(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		at := now().Add(-time.Hour)
		late := b.add(conversation{line: 1, operator: 7, connector: "site", state: "active", created: at, waiting: at})
		b.add(conversation{line: 1, operator: 7, connector: "site", state: "active", created: at, waiting: at})
		before := b.add(conversation{line: 1, operator: 7, connector: "mail", state: "active", created: at, waiting: now()})
		over := b.add(conversation{line: 1, operator: 7, connector: "mail", state: "closed", created: at, waiting: at})
		b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error {
			for _, v := range []openline.Session{late, before, over} {
				const q = "INSERT INTO openline_step (session_id, at, kind, actor_id, user_id, detail) VALUES (?, ?, 'late', 0, 0, '{}')"
				if _, err := tx.Insert(b.t.Context(), q, v.ID, db.Micro(at.Add(time.Minute))); err != nil {
					return err
				}
			}
			return nil
		}))
		list, err := b.Late(b.t.Context(), stat.Filter{}, 10)
		b.must(err)
		if len(list) != 1 || list[0].SessionID != late.ID || !list[0].Since.Equal(at) {
			b.t.Errorf("late are %+v", list)
		}
		for i := range 1200 {
			b.add(conversation{line: 1 + int64(i%2), connector: "site", state: "waiting", created: at, queued: at})
		}
		var ids []int64
		f := days(0)
		f.LineID = 2
		b.must(b.Each(b.t.Context(), f, func(list []stat.Conversation) error {
			for _, c := range list {
				ids = append(ids, c.ID)
			}
			return nil
		}))
		if len(ids) != 600 || ids[0] >= ids[1] || ids[599] != b.next {
			b.t.Errorf("%d conversations, %v…", len(ids), ids[:2])
		}
		if got, err := b.Operators(b.t.Context()); err != nil || !reflect.DeepEqual(got, []int64{7}) {
			b.t.Errorf("operators %v, %v", got, err)
		}
	})
}

func TestSpread(t *testing.T) {
	t.Parallel()
	var s stat.Spread
	if _, ok := s.At(50); ok {
		t.Error("a time of nothing")
	}
	s[0], s[3], s[17] = 5, 4, 1 // under 5 s, 15 to 30 s, beyond twelve hours
	for percent, want := range map[int]time.Duration{50: 5 * time.Second, 90: 30 * time.Second, 70: 22500 * time.Millisecond, 100: 12 * time.Hour} {
		if got, _ := s.At(percent); got != want {
			t.Errorf("%d of 100 within %v, want %v", percent, got, want)
		}
	}
}
