package openline_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

func TestALateRatingIsAMessage(t *testing.T) {
	t.Parallel()
	limited := func(l *line.Line) {
		l.FullClose = time.Hour
		l.Vote = line.Vote{Enabled: true, TimeLimit: time.Minute, Message: line.VoteTexts{Ask: "1 or 0?", Like: "Great.", Dislike: "Sorry."}}
		l.Vote.Widget = l.Vote.Message
	}
	with(t, limited, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.must(b.say(b.anna, r.ChatID, "Hi"))
		b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
		b.pass(2 * time.Minute)
		b.client("Vera", "1")
		if v := b.is(r.ChatID, openline.StateActive, b.anna); v.Vote != openline.VoteNone || v.ClientCount != 2 {
			b.t.Errorf("rated %v with %d messages", v.Vote, v.ClientCount)
		}
	})
}

func TestWhatIsFinishedDoesNotComeBackWhenItsOperatorLeaves(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.FullClose = time.Hour }, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.must(b.say(b.anna, r.ChatID, "Hi"))
		b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
		b.write(func(tx *db.Tx) error { return b.im.LeaveAllTx(b.t.Context(), tx, b.anna) })
		b.is(r.ChatID, openline.StateClosing, b.anna)
		b.pass(time.Hour)
		b.is(r.ChatID, openline.StateClosed, b.anna)
		b.whole(nil)
	})
}

func TestThoseWhoWereAskedLeaveWhatIsFinished(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.Distribution, l.FullClose = line.All, time.Hour }, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.members(r.ChatID, b.anna, b.boris)
		b.must(b.FinishAny(b.t.Context(), b.anna, r.ChatID))
		b.is(r.ChatID, openline.StateClosing, 0)
		b.members(r.ChatID)
	})
}

// TestAClientOfABotWaitsForAPerson watches the time of the first answer also where the bot said something last.
func TestAClientOfABotWaitsForAPerson(t *testing.T) {
	t.Parallel()
	watched := func(l *line.Line) {
		l.Bot = line.Bot{Enabled: true, Always: true}
		l.FirstAnswer = line.KPI{Time: time.Minute, Alert: true, Text: "#OPERATOR# is late in #DIALOG#."}
	}
	with(t, watched, func(b *bundle) {
		_, l, err := b.lines.Update(b.t.Context(), b.admin(), b.support.ID, func(l *line.Line) error { l.FirstAnswer.To = []int64{b.boris}; return nil })
		b.must(err)
		b.support = l
		r := b.client("Vera", "Hello")
		b.must(b.say(b.bot, r.ChatID, "A person comes at once."))
		b.must(b.BotToOperator(b.t.Context(), b.bot, r.ChatID))
		b.told.take()
		b.pass(30 * time.Second)
		same(b.t, "told in time", b.told.take(), nil)
		b.clock.Advance(31 * time.Second)
		_, err = b.FireDue(b.t.Context())
		b.must(err)
		found := false
		for _, text := range b.told.take() {
			found = found || text == "1 told: Anna Weber is late in 1."
		}
		if !found {
			b.t.Error("nobody was told that the answer is late")
		}
	})
}

// TestAChangeForThoseInside changes messages that the client has, with and without telling them.
func TestAChangeForThoseInside(t *testing.T) {
	t.Parallel()
	with(t, func(*line.Line) {}, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.must(b.say(b.anna, r.ChatID, "Hi"))
		b.out.take()
		last, err := b.im.Get(b.t.Context(), b.anna, r.ChatID)
		b.must(err)
		change := func(text string, inner bool) {
			b.must(b.im.Update(b.t.Context(), b.anna, last.LastMessageID, im.Change{Text: &text, Inner: inner}))
		}
		change("Hi there", false)
		change("Hi there, Vera", true)
		same(b.t, "what went out", b.out.take(), []string{"changed Anna Weber: Hi there"})
		m, _, err := b.im.Message(b.t.Context(), b.anna, last.LastMessageID)
		b.must(err)
		if m.Text != "Hi there, Vera" || m.Inner { // the message itself stays one for the client
			b.t.Errorf("it is %+v", m)
		}
	})
}
