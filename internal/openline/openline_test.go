package openline_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
)

func TestAConversationFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		r := b.client("Vera", "Is anybody there?")
		v := b.is(r.ChatID, openline.StateOffered, b.anna)
		b.members(r.ChatID, b.anna)
		if !r.Began || r.SessionID != v.ID || r.MessageID == 0 || r.VisitorID == 0 {
			b.t.Errorf("received %+v", r)
		}
		again := b.client("Vera", "Hello?")
		if again.SessionID != r.SessionID || again.Began || again.ChatID != r.ChatID || again.VisitorID != r.VisitorID {
			b.t.Errorf("the second message: %+v, the first %+v", again, r)
		}
		b.must(b.say(b.anna, r.ChatID, "Yes, I am."))
		b.is(r.ChatID, openline.StateActive, b.anna)
		b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
		v = b.is(r.ChatID, openline.StateClosed, b.anna)
		if v.ClientCount != 2 || v.OperatorCount != 1 || v.Reason != openline.ByOperator || !v.WaitingSince.IsZero() {
			b.t.Errorf("%+v", v)
		}
		if v.Answered.Sub(v.Created) != 2*time.Second {
			b.t.Errorf("answered after %v", v.Answered.Sub(v.Created))
		}
		same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "Anna Weber: Yes, I am.", "finished by operator"})
		want := []openline.StepKind{openline.StepBegan, openline.StepQueued, openline.StepOffered, openline.StepTaken, openline.StepFinished, openline.StepClosed}
		if got := b.steps(v.ID); !slices.Equal(got, want) {
			b.t.Errorf("steps %v, want %v", got, want)
		}
		next := b.client("Vera", "One more thing")
		if next.SessionID == v.ID || next.ChatID != v.ChatID || !next.Began {
			b.t.Errorf("the next conversation: %+v", next)
		}
		w := b.is(next.ChatID, openline.StateOffered, b.boris)
		if w.ParentID != v.ID {
			b.t.Errorf("its parent is %d, want %d", w.ParentID, v.ID)
		}
		b.members(next.ChatID, b.boris)
	})
}

func TestOperatorsAreAskedInTurn(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.is(r.ChatID, openline.StateOffered, b.anna)
		b.pass(time.Minute)
		b.is(r.ChatID, openline.StateOffered, b.boris)
		b.members(r.ChatID, b.boris)
		b.must(b.Skip(b.t.Context(), b.boris, r.ChatID))
		v := b.is(r.ChatID, openline.StateOffered, b.anna)
		b.members(r.ChatID, b.anna)
		b.must(b.Answer(b.t.Context(), b.anna, r.ChatID))
		b.must(b.Answer(b.t.Context(), b.anna, r.ChatID))
		if err := b.Answer(b.t.Context(), b.boris, r.ChatID); !errors.Is(err, openline.ErrTaken) {
			b.t.Errorf("the second to answer: %v", err)
		}
		b.pass(time.Hour)
		b.is(r.ChatID, openline.StateActive, b.anna)
		if got := b.steps(v.ID); !slices.Contains(got, openline.StepMissed) || !slices.Contains(got, openline.StepSkipped) {
			b.t.Errorf("steps %v", got)
		}
	})
}

func TestWhoIsTheOnlyOneIsAskedOn(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		b.there.set(b.boris, false)
		r := b.client("Vera", "Hello")
		for range 3 {
			b.pass(time.Minute)
			b.is(r.ChatID, openline.StateOffered, b.anna)
			b.members(r.ChatID, b.anna)
		}
		b.there.set(b.anna, false)
		b.pass(time.Minute)
		b.is(r.ChatID, openline.StateWaiting, 0)
		b.members(r.ChatID)
	})
}

func TestAllAreAskedAndOneWins(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.Distribution = line.All }, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.is(r.ChatID, openline.StateOffered, 0)
		b.members(r.ChatID, b.anna, b.boris)
		b.must(b.say(b.boris, r.ChatID, "Hi!"))
		b.is(r.ChatID, openline.StateActive, b.boris)
		b.members(r.ChatID, b.boris)
		if err := b.say(b.anna, r.ChatID, "Hi too!"); err == nil {
			b.t.Error("who came second wrote to the client as well")
		}
		same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "Boris Weber: Hi!"})
	})
}

func TestTheQueueDrainsOldestFirst(t *testing.T) {
	t.Parallel()
	with(t, func(l *line.Line) { l.MaxChat = 1; l.QueueTime = 0; l.TellEmptyQueue = true }, func(b *bundle) {
		b.there.set(b.anna, false)
		b.there.set(b.boris, false)
		var chats []int64
		for i := range 4 {
			chats = append(chats, b.client("client"+strconv.Itoa(i), "Hello").ChatID)
		}
		b.is(chats[0], openline.StateWaiting, 0)
		if got := b.told.take(); len(got) != 1 || got[0] != "nobody in Support" { // the others stand behind the first
			b.t.Errorf("told %q", got)
		}
		third, err := b.Last(b.t.Context(), chats[2])
		b.must(err)
		if n, err := b.Position(b.t.Context(), third.ID); n != 3 || err != nil {
			b.t.Errorf("the third stands at %d, %v", n, err)
		}
		b.there.set(b.anna, true)
		b.work()
		b.is(chats[0], openline.StateOffered, b.anna)
		b.is(chats[1], openline.StateWaiting, 0)
		b.there.set(b.boris, true)
		b.must(b.SetPaused(b.t.Context(), b.boris, true))
		b.work()
		b.is(chats[1], openline.StateWaiting, 0)
		b.must(b.SetPaused(b.t.Context(), b.boris, false))
		b.work()
		b.is(chats[1], openline.StateOffered, b.boris)
		b.must(b.Answer(b.t.Context(), b.anna, chats[0]))
		b.must(b.Finish(b.t.Context(), b.anna, chats[0]))
		b.work()
		b.is(chats[2], openline.StateOffered, b.anna)
		b.is(chats[3], openline.StateWaiting, 0)
	})
}

func TestTheBotAnswersFirstAndHandsOver(t *testing.T) {
	t.Parallel()
	bot := func(stays bool) func(l *line.Line) {
		return func(l *line.Line) {
			l.Bot = line.Bot{Enabled: true, Time: 3 * time.Minute, Stays: stays, Always: true}
			l.Welcome, l.WelcomeText = true, "Welcome!"
		}
	}
	t.Run("zero reaches a person", func(t *testing.T) {
		t.Parallel()
		with(t, bot(false), func(b *bundle) {
			r := b.client("Vera", "Hello")
			b.is(r.ChatID, openline.StateBot, 0)
			b.members(r.ChatID, b.bot)
			b.must(b.say(b.bot, r.ChatID, "Press 0"))
			same(b.t, "was heard", b.heard.take(), []string{"joined by a client: true", "said Hello", "said Press 0"})
			b.client("Vera", " 0 ")
			same(b.t, "was heard", b.heard.take(), []string{"said 0"})
			v := b.is(r.ChatID, openline.StateOffered, b.anna)
			if !v.WantsPerson {
				b.t.Error("nobody knows that the client asked for a person")
			}
			b.members(r.ChatID, b.anna)
			if err := b.say(b.bot, r.ChatID, "I am still here"); err == nil {
				b.t.Error("the bot speaks after the hand-over")
			}
			b.client("Vera", "0")
			same(b.t, "the bot heard", b.heard.take(), nil)
			same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "line: Welcome!", "Menu: Press 0"})
		})
	})
	t.Run("the time of the bot is up, and it stays silent", func(t *testing.T) {
		t.Parallel()
		with(t, bot(true), func(b *bundle) {
			r := b.client("Vera", "Hello")
			b.pass(2 * time.Minute)
			b.is(r.ChatID, openline.StateBot, 0)
			b.pass(time.Minute)
			b.is(r.ChatID, openline.StateOffered, b.anna)
			b.members(r.ChatID, b.anna, b.bot)
			b.out.take()
			if err := b.say(b.bot, r.ChatID, "And another thing"); !errors.Is(err, openline.ErrBotSilent) {
				b.t.Errorf("the bot speaks after the hand-over: %v", err)
			}
			same(b.t, "what went out", b.out.take(), nil)
			b.must(b.say(b.anna, r.ChatID, "Hello"))
			b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
			b.members(r.ChatID, b.anna)
		})
	})
	t.Run("its methods", func(t *testing.T) {
		t.Parallel()
		with(t, bot(false), func(b *bundle) {
			ctx := b.t.Context()
			r := b.client("Vera", "Hello")
			b.must(b.BotTransfer(ctx, b.bot, r.ChatID, openline.Target{UserID: b.boris}, false))
			b.is(r.ChatID, openline.StateOffered, b.boris)
			b.members(r.ChatID, b.boris, b.bot)
			b.must(b.Answer(ctx, b.boris, r.ChatID))
			b.members(r.ChatID, b.boris)
			for name, err := range map[string]error{
				"operator": b.BotToOperator(ctx, b.bot, r.ChatID), "finish": b.BotFinish(ctx, b.bot, r.ChatID),
				"transfer": b.BotTransfer(ctx, b.bot, r.ChatID, openline.Target{UserID: b.anna}, true),
			} {
				if !errors.Is(err, openline.ErrNotBot) {
					b.t.Errorf("%s after the hand-over: %v", name, err)
				}
			}
			w := b.client("Walter", "Hello")
			if err := b.BotTransfer(ctx, b.bot, w.ChatID, openline.Target{UserID: 4711}, true); !errors.Is(err, openline.ErrOperator) {
				b.t.Errorf("transfer to nobody: %v", err)
			}
			b.must(b.BotSay(ctx, b.bot, w.ChatID, false, "Goodbye"))
			b.must(b.BotFinish(ctx, b.bot, w.ChatID))
			b.is(w.ChatID, openline.StateClosed, 0)
			b.members(w.ChatID)
			x := b.client("Xenia", "Hello")
			b.must(b.BotToOperator(ctx, 0, x.ChatID))
			b.is(x.ChatID, openline.StateOffered, b.anna)
			y := b.client("Yann", "Hello")
			b.write(func(tx *db.Tx) error { return b.BotRemovedTx(ctx, tx, b.bot) })
			b.is(y.ChatID, openline.StateOffered, b.boris)
		})
	})
}

func TestTimersSurviveARestartAndFireOnce(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		r := b.client("Vera", "Hello")
		b.clock.Advance(time.Minute)
		b.Service = b.open()
		b.work()
		b.is(r.ChatID, openline.StateOffered, b.boris)
		b.work()
		b.is(r.ChatID, openline.StateOffered, b.boris)
	})
}

func TestWhatIsNotForTheClient(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		r := b.client("Vera", "Hello")
		b.must(b.say(b.anna, r.ChatID, "Hi"))
		b.out.take()
		b.must(b.SetSilent(ctx, r.ChatID, true))
		b.must(b.say(b.anna, r.ChatID, "psst"))
		same(b.t, "what went out", b.out.take(), nil)
		b.must(b.SetSilent(ctx, r.ChatID, false))
		b.must(b.say(b.anna, r.ChatID, "aloud"))
		same(b.t, "what went out", b.out.take(), []string{"Anna Weber: aloud"})
		got, err := b.im.Get(ctx, b.anna, r.ChatID)
		b.must(err)
		v, err := b.Last(ctx, r.ChatID)
		b.must(err)
		want := "N|NONE|0|N|N|" + strconv.FormatInt(v.ID, 10) + "|" + strconv.FormatInt(v.Created.Unix(), 10) + "|0|0|0"
		if got.EntityData[0] != want || got.EntityData[2] != "N" || got.EntityID != "site|"+strconv.FormatInt(b.support.ID, 10)+"|chat-Vera|"+strconv.FormatInt(r.VisitorID, 10) {
			b.t.Errorf("the chat is of %q with %q, want %q", got.EntityID, got.EntityData, want)
		}
	})
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	both(t, func(b *bundle) {
		ctx := b.t.Context()
		in := openline.Incoming{Connector: "site", LineID: b.support.ID, ChatID: "c", Client: openline.Client{ID: "x"}, Text: "Hello"}
		for name, c := range map[string]struct {
			change func(in *openline.Incoming)
			want   error
		}{
			"no line":   {func(in *openline.Incoming) { in.LineID = 0 }, openline.ErrNoLine},
			"no client": {func(in *openline.Incoming) { in.Client.ID = "" }, openline.ErrClientID},
		} {
			bad := in
			c.change(&bad)
			if _, err := b.Receive(ctx, bad); !errors.Is(err, c.want) {
				b.t.Errorf("%s: %v", name, err)
			}
		}
		empty := in
		empty.Text = "  "
		if _, err := b.Receive(ctx, empty); err == nil {
			b.t.Error("an empty message was taken in")
		}
		if _, err := b.Last(context.WithoutCancel(ctx), 1); !errors.Is(err, openline.ErrNoSession) {
			b.t.Errorf("what was refused left a conversation: %v", err)
		}
	})
}
