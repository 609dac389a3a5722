package openline_test

import (
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

// stored is a conversation with what stands beside it.
type stored struct {
	openline.Session

	offers, members []int64
	timers          []string
	last            int64 // the newest conversation of its chat
}

// allowedTimers are those that may run in a state.
var allowedTimers = map[openline.State][]string{
	openline.StateBot:     {"bot", "noanswer", "first", "further"},
	openline.StateWaiting: {"noanswer", "opening", "first", "further", "vote"},
	openline.StateOffered: {"offer", "noanswer", "opening", "first", "further", "vote"},
	openline.StateActive:  {"autoclose", "first", "further", "vote", "noanswer"},
	openline.StateClosing: {"fullclose", "vote"},
}

// whole checks what holds for conversations whatever happened: who has them, who is in their chats, and what is still to come. Others
// are those who take part beside who has it.
func (b *bundle) whole(others map[int64][]int64) (broken bool) {
	b.t.Helper()
	return b.check(others, "SELECT id FROM openline_session ORDER BY id")
}

// check is whole for the conversations of a query.
func (b *bundle) check(others map[int64][]int64, ids string) (broken bool) {
	b.t.Helper()
	for _, v := range b.stored(ids) {
		for _, wrong := range v.wrong(others[v.ChatID], b.bot) {
			b.t.Errorf("session %d, %s with %d, offered to %v, in the chat %v, timers %v: %s", v.ID, v.State, v.OperatorID, v.offers, v.members, v.timers, wrong)
			broken = true
		}
	}
	return broken
}

func (v *stored) wrong(others []int64, bot int64) (out []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	say(v.State.Open() != v.Closed.IsZero(), "the time of its end is %v", v.Closed)
	say(v.State.Open() && v.last != v.ID, "it is open, and %d came after it", v.last)
	say(v.State == openline.StateOffered != (len(v.offers) > 0), "only what is offered has offers")
	say(len(v.offers) == 1 && v.OperatorID != 0 && v.OperatorID != v.offers[0], "one person is asked, another has it")
	say(len(v.offers) > 1 && v.OperatorID != 0, "several are asked, and one has it")
	say(v.State == openline.StateActive && v.OperatorID == 0, "nobody has it")
	say((v.State == openline.StateWaiting || v.State == openline.StateBot) && v.OperatorID != 0, "somebody has it")
	for _, t := range v.timers {
		say(!slices.Contains(allowedTimers[v.State], t), "the timer %s runs", t)
	}
	if v.last != v.ID {
		return out // the chat is another conversation's now
	}
	must := append([]int64{v.Channel.VisitorID}, v.offers...)
	if v.State == openline.StateActive {
		must = append(must, v.OperatorID)
	}
	if v.State == openline.StateBot {
		must = append(must, v.BotID)
	}
	for _, id := range must {
		say(!slices.Contains(v.members, id), "%d is not in the chat", id)
	}
	may := append(slices.Clone(others), must...)
	if v.State == openline.StateClosing || !v.State.Open() {
		may = append(may, v.OperatorID)
	}
	for _, id := range v.members {
		say(!slices.Contains(may, id) && id != bot, "%d is in the chat", id)
		say(id == bot && v.BotID != bot, "the bot is in the chat")
	}
	return out
}

// stored returns the conversations of a query.
func (b *bundle) stored(ids string) (out []stored) {
	b.t.Helper()
	ctx := b.t.Context()
	b.must(b.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		for _, id := range b.column(tx, ids) {
			v, err := b.SessionTx(ctx, tx, id)
			if err != nil {
				return err
			}
			last, err := b.LastTx(ctx, tx, v.ChatID)
			if err != nil {
				return err
			}
			s := stored{Session: v, last: last.ID, offers: b.column(tx, "SELECT user_id FROM openline_offer WHERE session_id = ? ORDER BY user_id", id)}
			if s.members, _, err = b.im.MembersTx(ctx, tx, v.ChatID); err != nil {
				return err
			}
			if s.timers, err = timersOf(b, tx, id); err != nil {
				return err
			}
			out = append(out, s)
		}
		return nil
	}))
	return out
}

func (b *bundle) column(tx *db.Tx, q string, args ...any) (out []int64) {
	b.t.Helper()
	rows, err := tx.Query(b.t.Context(), q, args...)
	b.must(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		b.must(rows.Scan(&id))
		out = append(out, id)
	}
	b.must(rows.Err())
	return out
}

func timersOf(b *bundle, tx *db.Tx, id int64) (out []string, err error) {
	rows, err := tx.Query(b.t.Context(), "SELECT kind FROM openline_timer WHERE session_id = ? ORDER BY kind", id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			return nil, err
		}
		out = append(out, kind)
	}
	return out, rows.Err()
}
