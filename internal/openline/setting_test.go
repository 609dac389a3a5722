package openline_test

import (
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// TestWhatCountsAgainstTheLimit holds each word of TYPE_MAX_CHAT to what it says, with one conversation at once for Anna.
func TestWhatCountsAgainstTheLimit(t *testing.T) {
	t.Parallel()
	for counting, want := range map[line.Counting][3]openline.State{ // of a second client, while the first is asked for, answered, finished
		line.CountAnswered:    {openline.StateOffered, openline.StateWaiting, openline.StateOffered},
		line.CountAnsweredNew: {openline.StateWaiting, openline.StateWaiting, openline.StateOffered},
		line.CountClosed:      {openline.StateWaiting, openline.StateWaiting, openline.StateWaiting},
	} {
		t.Run(string(counting), func(t *testing.T) {
			t.Parallel()
			for i, deeds := range []int{0, 1, 2} {
				with(t, func(l *line.Line) {
					l.Queue, l.MaxChat, l.Counting, l.QueueTime, l.FullClose = l.Queue[:1], 1, counting, 0, time.Hour
				}, func(b *bundle) {
					r := b.client("Vera", "Hello")
					if deeds > 0 {
						b.must(b.Answer(b.t.Context(), b.anna, r.ChatID))
					}
					if deeds > 1 {
						b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
					}
					next := b.client("Walter", "Hello")
					v, err := b.Last(b.t.Context(), next.ChatID)
					b.must(err)
					if v.State != want[i] {
						b.t.Errorf("after %d deeds the second is %s, want %s", deeds, v.State, want[i])
					}
				})
			}
		})
	}
}

// TestALineWithMorePriorityComesFirst gives who answers in two lines the conversation of the one with the higher SESSION_PRIORITY, though
// its client came later.
func TestALineWithMorePriorityComesFirst(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.Queue, l.MaxChat = l.Queue[:1], 1 }, func(b *bundle) {
		important, err := b.lines.Add(b.t.Context(), b.admin(), func(l *line.Line) error {
			l.Settings = quiet(l.Settings)
			l.Name, l.Queue, l.MaxChat, l.Priority = "Important", []line.Entry{{Kind: line.EntryUser, ID: b.anna}}, 1, 5
			return nil
		})
		b.must(err)
		b.there.set(b.anna, false)
		first := b.client("Vera", "Hello")
		b.support = important
		second := b.client("Walter", "Hello")
		b.there.set(b.anna, true)
		b.work()
		b.is(second.ChatID, openline.StateOffered, b.anna)
		b.is(first.ChatID, openline.StateWaiting, 0)
	})
}

// TestNobodyIsToldWhileAnOperatorIsAway tells of a late answer only once they are back, with KPI_CHECK_OPERATOR_ACTIVITY.
func TestNobodyIsToldWhileAnOperatorIsAway(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		with(t, func(l *line.Line) {
			l.Queue, l.QueueTime, l.CheckActivity = l.Queue[:1], 0, waits
			l.FirstAnswer = line.KPI{Time: time.Minute, Alert: true, To: []int64{l.Queue[0].ID}, Text: "#OPERATOR# is late."}
		}, func(b *bundle) {
			b.client("Vera", "Hello")
			b.there.set(b.anna, false)
			b.told.take()
			b.pass(10 * time.Minute)
			late := func() bool { return slices.Contains(b.told.take(), "1 told: Anna Weber is late.") }
			if got := late(); got == waits {
				b.t.Errorf("told while she is away: %t, waiting for her: %t", got, waits)
			}
			b.there.set(b.anna, true)
			b.pass(time.Minute)
			if got := late(); got != waits {
				b.t.Errorf("told once she is back: %t, waiting for her: %t", got, waits)
			}
		})
	}
}

// TestWhatClientsSeeOfOperators shows the name of the profile, that of the queue, or one for all, by OPERATOR_DATA.
func TestWhatClientsSeeOfOperators(t *testing.T) {
	t.Parallel()
	for data, want := range map[line.OperatorData]string{
		line.OperatorProfile: "Anna Weber: Hi", line.OperatorQueue: "Annie: Hi", line.OperatorHide: "The team: Hi",
	} {
		with(t, func(l *line.Line) {
			l.OperatorData, l.DefaultOperator = data, line.Shown{Name: "The team"}
			l.Shown = map[int64]line.Shown{l.Queue[0].ID: {Name: "Annie"}}
		}, func(b *bundle) {
			r := b.client("Vera", "Hello")
			b.must(b.say(b.anna, r.ChatID, "Hi"))
			same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", want})
		})
	}
}
