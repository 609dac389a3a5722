package openline

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
)

// timerKind says what happens when the time has come. A conversation has one timer of a kind.
type timerKind string

const (
	timerBot         timerKind = "bot"      // the bot hands over
	timerOffer       timerKind = "offer"    // the next operator is asked
	timerNoAnswer    timerKind = "noanswer" // nobody answered
	timerOpening     timerKind = "opening"  // people work again
	timerAutoClose   timerKind = "autoclose"
	timerFullClose   timerKind = "fullclose"
	timerVote        timerKind = "vote"  // the rating is not waited for any more
	timerFirstAnswer timerKind = "first" // the first answer is late
	timerFurther     timerKind = "further"
)

// queueTimers are those of a conversation that nobody has taken.
var queueTimers = []timerKind{timerBot, timerOffer, timerNoAnswer, timerOpening, timerFullClose, timerVote}

// setTimerTx sets a timer anew.
func (s *Service) setTimerTx(ctx context.Context, tx *db.Tx, sessionID int64, kind timerKind, at time.Time) error {
	const q = `INSERT INTO openline_timer (session_id, kind, at) VALUES (?, ?, ?) ON CONFLICT (session_id, kind) DO UPDATE SET at = excluded.at`
	return s.timerTx(ctx, tx, q, sessionID, kind, at)
}

// startTimerTx sets a timer that does not run yet.
func (s *Service) startTimerTx(ctx context.Context, tx *db.Tx, sessionID int64, kind timerKind, at time.Time) error {
	const q = "INSERT INTO openline_timer (session_id, kind, at) VALUES (?, ?, ?) ON CONFLICT (session_id, kind) DO NOTHING"
	return s.timerTx(ctx, tx, q, sessionID, kind, at)
}

func (s *Service) timerTx(ctx context.Context, tx *db.Tx, q string, sessionID int64, kind timerKind, at time.Time) error {
	if err := tx.Later(ctx, q, sessionID, string(kind), db.Micro(at)); err != nil {
		return fmt.Errorf("set timer: %w", err)
	}
	tx.AfterCommit(s.hurry)
	return nil
}

func (s *Service) dropTimerTx(ctx context.Context, tx *db.Tx, sessionID int64, kind timerKind) error {
	if err := tx.Later(ctx, "DELETE FROM openline_timer WHERE session_id = ? AND kind = ?", sessionID, string(kind)); err != nil {
		return fmt.Errorf("drop timer: %w", err)
	}
	return nil
}

func (s *Service) dropQueueTimersTx(ctx context.Context, tx *db.Tx, sessionID int64) error {
	args := []any{sessionID}
	for _, k := range queueTimers {
		args = append(args, string(k))
	}
	q := "DELETE FROM openline_timer WHERE session_id = ? AND kind IN (" + db.Marks(len(queueTimers)) + ")"
	if err := tx.Later(ctx, q, args...); err != nil {
		return fmt.Errorf("drop timers: %w", err)
	}
	return nil
}

func (s *Service) dropAllTimersTx(ctx context.Context, tx *db.Tx, sessionID int64) error {
	if err := tx.Later(ctx, "DELETE FROM openline_timer WHERE session_id = ?", sessionID); err != nil {
		return fmt.Errorf("drop timers: %w", err)
	}
	return nil
}

// lookAgain is how often the queue and the timers are looked at where nothing here tells of them: somebody came online, or another
// process set a timer.
const lookAgain = 10 * time.Second

// batchOfTimers is how many timers one transaction looks at.
const batchOfTimers = 50

// Run gives out what waits and fires timers at their time until ctx ends: those that came while nobody ran, at once. Several processes
// may run; a timer fires once.
func (s *Service) Run(ctx context.Context) {
	for {
		next, err := s.FireDue(ctx)
		if err == nil {
			err = s.Drain(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		wait := lookAgain
		if err != nil {
			s.log.ErrorContext(ctx, "lead conversations", "error", err)
		} else if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.clock.Now()), 0))
		}
		if !clock.Wait(ctx, s.clock, wait, s.wake) {
			return
		}
	}
}

// FireDue does what the timers say whose time has come, each once, and returns when the next one comes; zero: never.
func (s *Service) FireDue(ctx context.Context) (next time.Time, err error) {
	for {
		due, upcoming, err := s.dueTimers(ctx)
		if err != nil || len(due) == 0 {
			return upcoming, err
		}
		for _, t := range due {
			if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.fireTx(ctx, tx, t) }); err != nil {
				if err := s.putOff(ctx, t, err); err != nil {
					return next, err
				}
			}
		}
	}
}

// failedWait is after how long a timer is tried again that could not do what it says.
const failedWait = time.Minute

// putOff lets a timer that failed try again later, so that it keeps no other from firing.
func (s *Service) putOff(ctx context.Context, t timer, why error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.log.ErrorContext(ctx, "timer of a conversation", "kind", string(t.kind), "session", t.sessionID, "error", why)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		const q = "UPDATE openline_timer SET at = ? WHERE session_id = ? AND kind = ? AND at = ?"
		if err := tx.Later(ctx, q, db.Micro(s.now().Add(failedWait)), t.sessionID, string(t.kind), t.at); err != nil {
			return fmt.Errorf("put off timer: %w", err)
		}
		return nil
	})
}

// timer is a row of openline_timer.
type timer struct {
	sessionID, at int64
	kind          timerKind
}

// dueTimers returns timers whose time has come, and when the next one comes.
func (s *Service) dueTimers(ctx context.Context) (due []timer, next time.Time, err error) {
	now := db.Micro(s.clock.Now())
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		due, next = nil, time.Time{}
		rows, err := tx.Query(ctx, "SELECT session_id, kind, at FROM openline_timer ORDER BY at, session_id, kind LIMIT ?", int64(batchOfTimers))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var t timer
			if err := rows.Scan(&t.sessionID, &t.kind, &t.at); err != nil {
				return err
			}
			if t.at > now {
				next = db.Time(t.at)
				break
			}
			due = append(due, t)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, next, fmt.Errorf("read timers: %w", err)
	}
	return due, next, nil
}

// fireTx does what a timer says, unless another process was quicker or it was set anew.
func (s *Service) fireTx(ctx context.Context, tx *db.Tx, t timer) error {
	v, err := s.lockedTx(ctx, tx, t.sessionID)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "DELETE FROM openline_timer WHERE session_id = ? AND kind = ? AND at = ?", t.sessionID, string(t.kind), t.at)
	if err != nil {
		return fmt.Errorf("drop timer: %w", err)
	}
	if n == 0 {
		return nil
	}
	l, err := s.lineOfTx(ctx, tx, v)
	if fault.KindOf(err) == fault.NotFound {
		return nil // the line is gone, and its conversations with it
	}
	if err != nil {
		return err
	}
	return s.fired(t.kind)(ctx, tx, l, &v)
}

type firing func(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error

func (s *Service) fired(kind timerKind) firing {
	switch kind {
	case timerBot:
		return s.botTimeTx
	case timerOffer:
		return s.offerTimeTx
	case timerNoAnswer:
		return s.noAnswerTx
	case timerOpening:
		return s.openingTx
	case timerAutoClose:
		return s.autoCloseTx
	case timerFullClose:
		return s.fullCloseTx
	case timerFirstAnswer:
		return func(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
			return s.lateTx(ctx, tx, l, v, l.FirstAnswer, timerFirstAnswer)
		}
	case timerFurther:
		return func(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
			return s.lateTx(ctx, tx, l, v, l.FurtherAnswer, timerFurther)
		}
	}
	return s.voteTimeTx
}

// voteTimeTx waits for a rating no more: a late one is a message.
func (s *Service) voteTimeTx(ctx context.Context, tx *db.Tx, _ line.Line, v *Session) error {
	if !v.VoteAsked || v.Vote != VoteNone {
		return nil
	}
	v.VoteAsked = false
	return saveSession(ctx, tx, v)
}

func (s *Service) botTimeTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if v.State != StateBot {
		return nil
	}
	return s.handOverTx(ctx, tx, l, v, "The time of the bot is up.")
}

// offerTimeTx asks the next operator. Who was the only one is asked on.
func (s *Service) offerTimeTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if v.State != StateOffered {
		return nil
	}
	asked, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	if l.Distribution == line.All {
		return s.widenTx(ctx, tx, l, v, asked)
	}
	return s.passOnTx(ctx, tx, l, v, asked, Step{Kind: StepMissed, UserID: only(asked)})
}

// widenTx asks also those who have become free since all were asked.
func (s *Service) widenTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, asked []int64) error {
	all, err := s.candidatesTx(ctx, tx, l)
	if err != nil {
		return err
	}
	to, why := choose(l, all, nil)
	fresh := slices.DeleteFunc(to, func(id int64) bool { return has(asked, id) || has(v.tried, id) })
	if len(fresh) > 0 {
		err := s.offerTx(ctx, tx, l, v, append(asked, fresh...), Step{
			Kind: StepOffered, Detail: Detail{Rule: string(l.Distribution), Considered: why},
		})
		if err != nil {
			return err
		}
		return s.foldTx(ctx, tx, v.ID)
	}
	if l.QueueTime <= 0 {
		return nil
	}
	return s.setTimerTx(ctx, tx, v.ID, timerOffer, s.now().Add(l.QueueTime))
}

// noAnswerTx tells the client that nobody has answered yet, once in a conversation.
func (s *Service) noAnswerTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	waits := v.State == StateWaiting || v.State == StateOffered || v.State == StateActive
	if !waits || !v.Answered.IsZero() || v.told&toldNoAnswer != 0 {
		return nil
	}
	v.told |= toldNoAnswer
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepNoAnswer}); err != nil {
		return err
	}
	return s.scenarioTx(ctx, tx, l, v, l.NoAnswer)
}

// openingTx gives out what came while nobody worked.
func (s *Service) openingTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if v.State != StateWaiting {
		return nil
	}
	now, zone := s.now(), s.zone(ctx)
	if !l.OpenAt(now, zone) { // the hours were changed
		if next, ok := l.NextOpening(now, zone); ok {
			return s.setTimerTx(ctx, tx, v.ID, timerOpening, next)
		}
		return nil
	}
	return s.assignTx(ctx, tx, l, v)
}

func (s *Service) autoCloseTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if v.State != StateActive {
		return nil
	}
	pinned, err := pinnedTx(ctx, tx, v.ID, v.OperatorID)
	if err != nil {
		return err
	}
	if pinned { // its operator keeps it
		return s.setTimerTx(ctx, tx, v.ID, timerAutoClose, s.now().Add(max(l.AutoCloseTime, time.Minute)))
	}
	return s.finishTx(ctx, tx, l, v, 0, BySilence)
}

func (s *Service) fullCloseTx(ctx context.Context, tx *db.Tx, _ line.Line, v *Session) error {
	if v.State != StateClosing {
		return nil
	}
	return s.closeTx(ctx, tx, v, 0, v.Reason)
}

// lateTx tells those whom the line names that an answer takes too long; where the line wants that, of an operator who is away only once they
// are back.
func (s *Service) lateTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, k line.KPI, kind timerKind) error {
	if v.WaitingSince.IsZero() || !v.State.Open() {
		return nil
	}
	if l.CheckActivity && v.OperatorID != 0 {
		online, err := s.presence.OnlineTx(ctx, tx, []int64{v.OperatorID})
		if err != nil {
			return fmt.Errorf("read presence: %w", err)
		}
		if !online[v.OperatorID] {
			return s.setTimerTx(ctx, tx, v.ID, kind, s.now().Add(time.Minute))
		}
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepLate, UserID: v.OperatorID, Detail: Detail{Text: string(kind)}}); err != nil {
		return err
	}
	if !k.Alert || len(k.To) == 0 || s.notices == nil {
		return nil
	}
	users, err := s.users.ManyTx(ctx, tx, []int64{v.OperatorID})
	if err != nil {
		return fmt.Errorf("read operator: %w", err)
	}
	name := "–"
	if v.OperatorID != 0 {
		name = users[v.OperatorID].DisplayName()
	}
	text := strings.NewReplacer("#OPERATOR#", name, "#DIALOG#", strconv.FormatInt(v.ID, 10)).Replace(k.Text)
	return s.notices.LateTx(ctx, tx, *v, k.To, text)
}
