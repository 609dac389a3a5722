package openline_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

// ruled lets the bot of the bundle take part where a rule says so.
func (b *bundle) ruled(change func(l *line.Line)) {
	b.t.Helper()
	_, l, err := b.lines.Update(b.t.Context(), b.admin(), b.support.ID, func(l *line.Line) error { change(l); return nil })
	b.must(err)
	b.support = l
}

func TestABotTakesOverWhereNobodyAnswers(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		b.ruled(func(l *line.Line) {
			l.NoAnswerTime, l.Bot.Time = 2*time.Minute, 5*time.Minute
			l.NoAnswer = line.Scenario{Rule: line.RuleText, Text: "Nobody yet.", BotID: b.bot}
		})
		r := b.client("Vera", "Hello")
		b.is(r.ChatID, openline.StateOffered, b.anna)
		b.out.take()
		b.heard.take()
		b.pass(2 * time.Minute)
		b.is(r.ChatID, openline.StateBot, 0)
		b.members(r.ChatID, b.bot)
		b.whole(nil)
		same(b.t, "what went out", b.out.take(), []string{"line: Nobody yet."})
		same(b.t, "was heard", b.heard.take(), []string{"joined by a client: true"})
		b.must(b.say(b.bot, r.ChatID, "May I help?"))
		b.pass(5 * time.Minute)
		b.is(r.ChatID, openline.StateOffered, b.anna)
		b.members(r.ChatID, b.anna)
		if err := b.say(b.bot, r.ChatID, "Me again"); err == nil {
			b.t.Error("the bot speaks after the hand-over")
		}
		b.whole(nil)
	})
}

func TestABotTakesOverOutsideTheHours(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		b.ruled(func(l *line.Line) {
			l.WorkTime = line.WorkTime{
				Enabled: true, From: 10 * 60, To: 18 * 60, Zone: "UTC", Rule: line.Scenario{Rule: line.RuleText, Text: "We open at ten.", BotID: b.bot},
			}
		})
		r := b.client("Vera", "Hello")
		b.is(r.ChatID, openline.StateBot, 0)
		b.whole(nil)
		b.must(b.say(b.bot, r.ChatID, "May I help?"))
		same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "line: We open at ten.", "Menu: May I help?"})
		b.client("Vera", "0")
		b.is(r.ChatID, openline.StateWaiting, 0)
		b.members(r.ChatID)
		b.pass(time.Hour)
		b.is(r.ChatID, openline.StateOffered, b.anna)
		b.whole(nil)
	})
}

// TestWithoutARuleNoBotComes holds to the word of the rule: none is nothing at all.
func TestWithoutARuleNoBotComes(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		b.ruled(func(l *line.Line) {
			l.NoAnswerTime, l.FullClose = 2*time.Minute, time.Hour
			none := line.Scenario{Rule: line.RuleNone, BotID: b.bot}
			l.NoAnswer, l.Close, l.AutoClose = none, none, none
			l.WorkTime = line.WorkTime{Enabled: true, From: 10 * 60, To: 18 * 60, Zone: "UTC", Rule: none}
		})
		r := b.client("Vera", "Hello")
		b.is(r.ChatID, openline.StateWaiting, 0)
		b.pass(time.Hour)
		b.pass(2 * time.Minute)
		b.is(r.ChatID, openline.StateOffered, b.boris)
		b.must(b.Answer(b.t.Context(), b.boris, r.ChatID))
		b.must(b.Finish(b.t.Context(), b.boris, r.ChatID))
		b.is(r.ChatID, openline.StateClosing, b.boris)
		b.members(r.ChatID, b.boris)
	})
}

func TestABotTakesPartInTheEnd(t *testing.T) {
	t.Parallel()
	bye := func(b *bundle) {
		b.ruled(func(l *line.Line) {
			l.FullClose, l.AutoCloseTime = 10*time.Minute, time.Hour
			l.Close = line.Scenario{Rule: line.RuleText, Text: "Thank you.", BotID: b.bot}
			l.AutoClose = line.Scenario{Rule: line.RuleText, BotID: b.bot}
		})
	}
	finished := func(b *bundle) int64 {
		bye(b)
		r := b.client("Vera", "Hello")
		b.must(b.say(b.anna, r.ChatID, "Hi"))
		b.out.take()
		b.heard.take()
		b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
		b.is(r.ChatID, openline.StateClosing, b.anna)
		b.members(r.ChatID, b.anna, b.bot)
		b.whole(nil)
		same(b.t, "was heard", b.heard.take(), []string{"joined by a client: true"})
		b.must(b.say(b.bot, r.ChatID, "One question?"))
		same(b.t, "what went out", b.out.take(), []string{"line: Thank you.", "Menu: One question?"})
		return r.ChatID
	}
	t.Run("it talks until the time is up", func(t *testing.T) {
		t.Parallel()
		both(t, func(b *bundle) {
			chat := finished(b)
			b.pass(9 * time.Minute)
			b.client("Vera", "Yes")
			same(b.t, "was heard", b.heard.take(), []string{"said One question?", "said Yes"})
			v := b.is(chat, openline.StateClosing, b.anna)
			if v.ClientCount != 2 || !v.WaitingSince.IsZero() || v.BotCount != 1 {
				b.t.Errorf("counted %d of the client, %d of the bot, waiting since %v", v.ClientCount, v.BotCount, v.WaitingSince)
			}
			b.pass(9 * time.Minute) // the client wrote
			b.must(b.say(b.bot, chat, "Good."))
			b.pass(time.Minute)
			v = b.is(chat, openline.StateClosed, b.anna)
			if v.Reason != openline.ByOperator {
				b.t.Errorf("ended by %s", v.Reason)
			}
			b.members(chat, b.anna)
			if err := b.say(b.bot, chat, "Still here"); err == nil {
				b.t.Error("the bot speaks after the end")
			}
			b.whole(nil)
		})
	})
	t.Run("it ends the conversation", func(t *testing.T) {
		t.Parallel()
		both(t, func(b *bundle) {
			chat := finished(b)
			b.must(b.BotFinish(b.t.Context(), b.bot, chat))
			b.is(chat, openline.StateClosed, b.anna)
			same(b.t, "what went out", b.out.take(), []string{"finished by operator"})
			b.whole(nil)
		})
	})
	for name, ask := range map[string]func(b *bundle, chat int64){
		"zero reaches the operator":     func(b *bundle, _ int64) { b.client("Vera", "0") },
		"the bot asks for the operator": func(b *bundle, chat int64) { b.must(b.BotToOperator(b.t.Context(), b.bot, chat)) },
		"without the bot as without any": func(b *bundle, chat int64) {
			b.write(func(tx *db.Tx) error { return b.im.LeaveAllTx(b.t.Context(), tx, b.bot) })
			b.client("Vera", "Wait")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(b *bundle) {
				chat := finished(b)
				ask(b, chat)
				b.is(chat, openline.StateActive, b.anna)
				b.members(chat, b.anna)
				if err := b.say(b.bot, chat, "Wait"); err == nil {
					b.t.Error("the bot speaks while an operator has the conversation")
				}
				b.whole(nil)
			})
		})
	}
	t.Run("of a silent client", func(t *testing.T) {
		t.Parallel()
		both(t, func(b *bundle) {
			bye(b)
			r := b.client("Vera", "Hello")
			b.must(b.say(b.anna, r.ChatID, "Hi"))
			b.out.take()
			b.pass(time.Hour)
			b.is(r.ChatID, openline.StateClosing, b.anna)
			b.must(b.say(b.bot, r.ChatID, "Are you there?"))
			same(b.t, "what went out", b.out.take(), []string{"Menu: Are you there?"})
			b.write(func(tx *db.Tx) error { return b.BotRemovedTx(b.t.Context(), tx, b.bot) })
			b.client("Vera", "Yes")
			b.is(r.ChatID, openline.StateActive, b.anna)
		})
	})
}
