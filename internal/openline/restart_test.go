package openline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// restarting is a line on which every timer runs.
func restarting(l *line.Line) {
	l.Bot = line.Bot{Enabled: true, Always: true, Time: 5 * time.Minute}
	l.QueueTime, l.NoAnswerTime, l.FullClose, l.AutoCloseTime, l.AutoExpire = time.Minute, 2*time.Minute, 3*time.Minute, 20*time.Minute, 24*time.Hour
	l.NoAnswer = line.Scenario{Rule: line.RuleText, Text: "Nobody yet."}
	l.AutoClose = line.Scenario{Rule: line.RuleText, Text: "We close."}
	l.FirstAnswer, l.FurtherAnswer = line.KPI{Time: time.Minute}, line.KPI{Time: time.Minute}
}

// deed is a move from a state, as somebody makes it.
type deed struct {
	from openline.State
	move openline.Move
	away bool // nobody is there
	do   func(b *bundle, name string, chat int64) error
}

// allMoves are all moves that can happen, after a restart.
func allMoves() []deed {
	toUser := func(b *bundle, _ string, chat int64) error {
		return b.Transfer(b.t.Context(), b.boris, chat, openline.Target{UserID: b.anna})
	}
	toLine := func(b *bundle, _ string, chat int64) error {
		return b.Transfer(b.t.Context(), b.boris, chat, openline.Target{LineID: b.support.ID})
	}
	toBot := func(b *bundle, _ string, chat int64) error {
		return b.Transfer(b.t.Context(), b.boris, chat, openline.Target{UserID: b.bot})
	}
	take := func(b *bundle, _ string, chat int64) error { return b.Intercept(b.t.Context(), b.anna, chat) }
	finish := func(b *bundle, _ string, chat int64) error { return b.FinishAny(b.t.Context(), b.anna, chat) }
	another := func(b *bundle, _ string, chat int64) error { return b.Start(b.t.Context(), b.anna, chat) }
	spam := func(b *bundle, _ string, chat int64) error { return b.Spam(b.t.Context(), b.anna, chat) }
	writes := func(b *bundle, name string, _ int64) error { b.client(name, "Wait"); return nil }
	var all []deed
	for _, from := range []openline.State{openline.StateBot, openline.StateWaiting, openline.StateOffered, openline.StateActive} {
		all = append(all,
			deed{from, openline.MoveQueue, true, toLine}, deed{from, openline.MoveOffer, false, toUser}, deed{from, openline.MoveTake, false, take},
			deed{from, openline.MoveBot, false, toBot}, deed{from, openline.MoveFinish, false, finish}, deed{from, openline.MoveClose, false, another},
			deed{from, openline.MoveSpam, false, spam})
	}
	return append(all,
		deed{openline.StateClosing, openline.MoveQueue, true, writes}, deed{openline.StateClosing, openline.MoveTake, false, take},
		deed{openline.StateClosing, openline.MoveClose, false, another}, deed{openline.StateClosing, openline.MoveSpam, false, spam},
		deed{openline.StateClosed, openline.MoveQueue, true, writes}, deed{openline.StateClosed, openline.MoveTake, false, writes},
		deed{openline.StateSpam, openline.MoveClose, false, func(b *bundle, _ string, chat int64) error { return b.Unblock(b.t.Context(), b.anna, chat) }},
	)
}

// left is a conversation that was in a state when the process ended.
type left struct {
	deed
	name          string
	chat, session int64
}

// leave brings a conversation into a state; name is its client, operator who has it where somebody does.
func (b *bundle) leave(d deed, name string, operator int64) left {
	b.t.Helper()
	ctx := b.t.Context()
	r := b.client(name, "Hello")
	switch d.from {
	case openline.StateWaiting:
		b.here(false)
		b.must(b.BotToOperator(ctx, b.bot, r.ChatID))
		b.here(true)
	case openline.StateOffered, openline.StateActive, openline.StateClosing, openline.StateClosed, openline.StateSpam:
		b.must(b.BotTransfer(ctx, b.bot, r.ChatID, openline.Target{UserID: operator}, true))
	}
	if slices.Contains([]openline.State{openline.StateActive, openline.StateClosing, openline.StateClosed}, d.from) {
		b.must(b.Answer(ctx, operator, r.ChatID))
		b.must(b.say(operator, r.ChatID, "Hi"))
	}
	switch d.from {
	case openline.StateClosing:
		b.must(b.Finish(ctx, operator, r.ChatID))
	case openline.StateClosed:
		b.pass(20 * time.Minute)
		b.pass(3 * time.Minute)
	case openline.StateSpam:
		b.must(b.Spam(ctx, operator, r.ChatID))
	}
	v, err := b.Last(ctx, r.ChatID)
	b.must(err)
	if d.from == openline.StateOffered && v.WaitingSince.IsZero() {
		b.t.Errorf("%s waits for a person, and nobody sees since when", name)
	}
	if v.State != d.from {
		b.t.Fatalf("%s is %s, want %s", name, v.State, d.from)
	}
	return left{d, name, r.ChatID, v.ID}
}

// here lets both operators be there, or neither.
func (b *bundle) here(on bool) {
	b.there.set(b.anna, on)
	b.there.set(b.boris, on)
}

// TestARestartInEveryState leaves conversations in every state, begins anew on the same database, makes every move that can happen, and lets
// the time run: what was to happen happens once, and every conversation can be brought to its end.
func TestARestartInEveryState(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, schemas, func(t *testing.T, before, after *db.DB) {
		b := setup(t, before, restarting)
		all := allMoves()
		slices.SortStableFunc(all, func(x, y deed) int { return order(x.from) - order(y.from) })
		var moved, waits []left
		carl := b.person("Carl")
		for i, d := range all {
			operator := b.boris
			if d.move == openline.MoveQueue && (d.from == openline.StateClosing || d.from == openline.StateClosed) {
				operator = carl // else who has finished it takes it up again
			}
			moved = append(moved, b.leave(d, fmt.Sprint("Client", i), operator))
		}
		for _, from := range []openline.State{openline.StateBot, openline.StateWaiting, openline.StateOffered, openline.StateActive, openline.StateClosing} {
			waits = append(waits, b.leave(deed{from: from}, "Waiting "+string(from), b.boris))
		}
		b.whole(nil)
		b.out.take()
		b = b.anew(after)
		b.whole(nil)
		_, err := b.users.Update(t.Context(), carl, user.Change{Active: new(false)})
		b.must(err)
		b.write(func(tx *db.Tx) error { return b.im.LeaveAllTx(t.Context(), tx, carl) })
		for _, l := range moved {
			b.here(!l.away)
			b.must(l.do(b, l.name, l.chat))
			v, err := b.Get(t.Context(), l.session)
			b.must(err)
			if want, ok := l.from.After(l.move); !ok || v.State != want {
				t.Errorf("%s in state %s leads to %s, want %s (%t)", l.move, l.from, v.State, want, ok)
			}
		}
		b.here(true)
		b.whole(nil)
		b.timeRuns(waits)
		b.allEnd()
	})
}

// order is that in which conversations are brought into states: those first for which time has to pass.
func order(s openline.State) int {
	if s == openline.StateClosed {
		return 0
	}
	return 1
}

// timeRuns lets half an hour pass and looks what became of those that nobody touched.
func (b *bundle) timeRuns(waits []left) {
	b.t.Helper()
	b.out.take()
	fresh := b.untold()
	b.work()
	b.work() // nothing is done twice
	was := map[int64]string{}
	for minute := range 30 {
		b.pass(time.Minute)
		b.work()
		for _, l := range waits {
			v, err := b.Get(b.t.Context(), l.session)
			b.must(err)
			if !strings.HasSuffix(was[l.session], ":"+string(v.State)) {
				was[l.session] += fmt.Sprintf(" %d:%s", minute+1, v.State)
			}
		}
		if b.whole(nil) {
			b.t.Fatalf("after %d minutes", minute+1)
		}
	}
	want := []string{" 1:bot 5:offered", " 1:offered", " 1:offered", " 1:active 20:closing 23:closed", " 1:closing 3:closed"}
	for i, l := range waits {
		if was[l.session] != want[i] {
			b.t.Errorf("what was %s goes on%s, want%s", l.from, was[l.session], want[i])
		}
	}
	told := map[string]int{}
	for _, said := range b.out.take() {
		told[said]++
	}
	if told["line: Nobody yet."] != fresh {
		b.t.Errorf("%d clients were told that nobody has answered yet, want %d: %v", told["line: Nobody yet."], fresh, told)
	}
}

// untold counts the conversations that nobody has taken: each of their clients is told once that it takes long.
func (b *bundle) untold() (n int) {
	for _, v := range b.stored("SELECT id FROM openline_session ORDER BY id") {
		if v.Answered.IsZero() && (v.State == openline.StateBot || v.State == openline.StateWaiting || v.State == openline.StateOffered) {
			n++
		}
	}
	return n
}

// allEnd finishes every conversation that is open still.
func (b *bundle) allEnd() {
	b.t.Helper()
	ctx := b.t.Context()
	for _, v := range b.stored("SELECT id FROM openline_session ORDER BY id") {
		if !v.State.Open() || v.State == openline.StateClosing {
			continue
		}
		if v.State != openline.StateActive || v.OperatorID != b.anna {
			b.must(b.Intercept(ctx, b.anna, v.ChatID))
		}
		b.must(b.say(b.anna, v.ChatID, "Done."))
		b.must(b.Finish(ctx, b.anna, v.ChatID))
	}
	b.pass(3 * time.Minute)
	for _, v := range b.stored("SELECT id FROM openline_session ORDER BY id") {
		if v.State.Open() || len(v.timers) > 0 {
			b.t.Errorf("session %d is %s with the timers %v at the end", v.ID, v.State, v.timers)
		}
	}
	b.whole(nil)
}
