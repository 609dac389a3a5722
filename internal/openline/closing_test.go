package openline_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

func TestClosingAndRating(t *testing.T) {
	t.Parallel()
	thanks := func(l *line.Line) {
		l.Close = line.Scenario{Rule: line.RuleText, Text: "Thank you."}
		l.FullClose = 10 * time.Minute
		l.Vote = line.Vote{Enabled: true, Message: line.VoteTexts{Ask: "1 or 0?", Like: "Great.", Dislike: "Sorry."}}
		l.Vote.Widget = l.Vote.Message
	}
	done := func(b *bundle) int64 {
		r := b.client("Vera", "Hello")
		b.must(b.say(b.anna, r.ChatID, "Hi"))
		b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
		b.is(r.ChatID, openline.StateClosing, b.anna)
		return r.ChatID
	}
	t.Run("rated", func(t *testing.T) {
		t.Parallel()
		with(t, thanks, func(b *bundle) {
			chat := done(b)
			b.client("Vera", "0")
			if v := b.is(chat, openline.StateClosing, b.anna); v.Vote != openline.VoteDislike {
				b.t.Errorf("rated %v", v.Vote)
			}
			same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "Anna Weber: Hi", "line: Thank you.", "line: 1 or 0?", "line: Sorry."})
			b.pass(10 * time.Minute)
			b.is(chat, openline.StateClosed, b.anna)
		})
	})
	t.Run("the client goes on", func(t *testing.T) {
		t.Parallel()
		with(t, thanks, func(b *bundle) {
			chat := done(b)
			b.client("Vera", "Wait, one more thing")
			b.is(chat, openline.StateActive, b.anna)
			b.pass(time.Hour)
			b.is(chat, openline.StateActive, b.anna)
		})
	})
	t.Run("at once with the rating", func(t *testing.T) {
		t.Parallel()
		with(t, func(l *line.Line) { thanks(l); l.Vote.CloseAtOnce = true }, func(b *bundle) {
			chat := done(b)
			b.client("Vera", "1")
			if v := b.is(chat, openline.StateClosed, b.anna); v.Vote != openline.VoteLike || v.Reason != openline.ByRating {
				b.t.Errorf("%v, %v", v.Vote, v.Reason)
			}
		})
	})
	t.Run("before the end", func(t *testing.T) {
		t.Parallel()
		with(t, func(l *line.Line) { thanks(l); l.Vote.BeforeFinish = true }, func(b *bundle) {
			r := b.client("Vera", "Hello")
			b.must(b.say(b.anna, r.ChatID, "Hi"))
			b.must(b.AskVote(b.t.Context(), b.anna, r.ChatID))
			if err := b.AskVote(b.t.Context(), b.anna, r.ChatID); !errors.Is(err, openline.ErrWrongState) {
				b.t.Errorf("asked twice: %v", err)
			}
			b.client("Vera", "1")
			if v := b.is(r.ChatID, openline.StateActive, b.anna); v.Vote != openline.VoteLike {
				b.t.Errorf("rated %v", v.Vote)
			}
		})
	})
}

func TestSilenceClosesAndAMessageTakesItUpAgain(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) {
		l.AutoCloseTime, l.AutoExpire = time.Hour, 24*time.Hour
		l.AutoClose = line.Scenario{Rule: line.RuleText, Text: "We close this."}
	}, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.pass(3 * time.Hour) // nobody answered: it is not the client who is silent
		v := b.is(r.ChatID, openline.StateOffered, b.boris)
		b.must(b.say(b.boris, r.ChatID, "Hi"))
		b.pass(59 * time.Minute)
		b.client("Vera", "Hm")
		b.pass(2 * time.Hour)
		b.is(r.ChatID, openline.StateActive, b.boris)
		b.must(b.say(b.boris, r.ChatID, "And?"))
		b.pass(time.Hour)
		b.is(r.ChatID, openline.StateClosed, b.boris)
		again := b.client("Vera", "I am back")
		if again.SessionID != v.ID || again.Began {
			b.t.Errorf("another conversation began: %+v", again)
		}
		b.is(r.ChatID, openline.StateActive, b.boris)
		b.must(b.say(b.boris, r.ChatID, "Good"))
		b.pass(time.Hour)
		b.clock.Advance(25 * time.Hour)
		if late := b.client("Vera", "And again"); late.SessionID == v.ID || !late.Began {
			b.t.Errorf("no other conversation began: %+v", late)
		}
	})
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) {
		l.NoAnswerTime = 2 * time.Minute
		l.NoAnswer = line.Scenario{Rule: line.RuleText, Text: "We will come back to you."}
		l.FirstAnswer = line.KPI{Time: time.Minute, Alert: true, To: []int64{l.Queue[1].ID}, Text: "#OPERATOR# is late in #DIALOG#."}
	}, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.out.take()
		b.told.take()
		b.pass(time.Minute)
		if got := b.told.take(); !slices.Contains(got, "1 told: Anna Weber is late in "+strconv.FormatInt(r.SessionID, 10)+".") &&
			!slices.Contains(got, "1 told: Boris Weber is late in "+strconv.FormatInt(r.SessionID, 10)+".") {
			b.t.Errorf("told %q", got)
		}
		b.pass(time.Minute)
		same(b.t, "what went out", b.out.take(), []string{"line: We will come back to you."})
		b.pass(time.Hour)
		same(b.t, "what went out", b.out.take(), nil)
	})
}

func TestOutsideTheHours(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) {
		l.WorkTime = line.WorkTime{
			Enabled: true, From: 10 * 60, To: 18 * 60, Zone: "UTC", Rule: line.Scenario{Rule: line.RuleText, Text: "We open at ten."},
		}
	}, func(b *bundle) {
		r := b.client("Vera", "Hello")
		v := b.is(r.ChatID, openline.StateWaiting, 0)
		b.client("Vera", "Hello?")
		same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "line: We open at ten."})
		b.pass(30 * time.Minute)
		b.is(r.ChatID, openline.StateWaiting, 0)
		b.pass(30 * time.Minute)
		b.is(r.ChatID, openline.StateOffered, b.anna)
		if got := b.steps(v.ID); !slices.Contains(got, openline.StepOffHours) {
			b.t.Errorf("steps %v", got)
		}
	})
}
