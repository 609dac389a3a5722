package openline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// queueLock keeps two processes from giving an operator more than they take.
const queueLock = "openline queue"

// candidate is an operator as the distribution sees them.
type candidate struct {
	id                     int64
	active, online, paused bool
	load                   int       // conversations that count
	given                  time.Time // when they were last given one; zero: never
}

// choose decides whom to ask: everybody who is free with line.All, else one. It explains itself by what it says of each candidate, in
// their order. A line whose operators have all had the conversation begins again from the first.
func choose(l line.Line, all []candidate, tried []int64) (to []int64, why []Considered) {
	why = make([]Considered, len(all))
	var free []int
	for i, c := range all {
		why[i] = Considered{UserID: c.id, Why: c.why(l, tried), Load: c.load, Given: c.given}
		if why[i].Why == WhyFree {
			free = append(free, i)
		}
	}
	if len(free) == 0 {
		return nil, why
	}
	switch l.Distribution {
	case line.All:
	case line.Strictly:
		free = free[:1]
	default:
		free = []int{slices.MinFunc(free, func(a, b int) int { return all[a].given.Compare(all[b].given) })}
	}
	for _, i := range free {
		why[i].Why = WhyChosen
		to = append(to, all[i].id)
	}
	return to, why
}

func (c candidate) why(l line.Line, tried []int64) Why {
	switch {
	case !c.active:
		return WhyInactive
	case c.paused:
		return WhyPaused
	case l.CheckAvailable && !c.online:
		return WhyOffline
	case l.MaxChat > 0 && c.load >= l.MaxChat:
		return WhyFull
	case slices.Contains(tried, c.id):
		return WhyTried
	}
	return WhyFree
}

// assignTx asks operators to take a conversation that waits. Where nobody can be asked, or others have waited longer, it goes on
// waiting.
func (s *Service) assignTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session) error {
	if err := tx.Lock(ctx, queueLock); err != nil {
		return err
	}
	ahead, err := s.aheadTx(ctx, tx, *v)
	if err != nil {
		return err
	}
	if ahead > 0 && len(v.tried) == 0 {
		if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepBehind, Detail: Detail{Ahead: ahead}}); err != nil {
			return err
		}
		return s.movedTx(ctx, tx, l, *v)
	}
	_, err = s.tryTx(ctx, tx, l, v, true)
	return err
}

// aheadTx counts the conversations of the line that wait and come before v.
func (s *Service) aheadTx(ctx context.Context, tx *db.Tx, v Session) (n int64, err error) {
	const q = `SELECT COUNT(*) FROM openline_session WHERE state = 'waiting' AND line_id = ?
		AND (priority > ? OR priority = ? AND (queued < ? OR queued = ? AND id < ?))`
	at := db.Micro(v.Queued)
	if err := tx.QueryRow(ctx, q, v.LineID, v.Priority, v.Priority, at, at, v.ID).Scan(&n); err != nil {
		return 0, fmt.Errorf("count who waits: %w", err)
	}
	return n, nil
}

// tryTx asks the next operators, whoever waits ahead. With explain it notes also that nobody could be asked.
func (s *Service) tryTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, explain bool) (bool, error) {
	all, err := s.candidatesTx(ctx, tx, l)
	if err != nil {
		return false, err
	}
	to, err := s.askTx(ctx, tx, l, v, all, explain)
	return len(to) > 0, err
}

// askTx is tryTx with the operators as they are now. It returns who was asked.
func (s *Service) askTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, all []candidate, explain bool) ([]int64, error) {
	to, why := choose(l, all, v.tried)
	if len(to) == 0 && len(v.tried) > 0 { // all have had it: the round begins again
		v.tried = nil
		to, why = choose(l, all, nil)
	}
	if len(to) == 0 {
		if !explain {
			return nil, nil
		}
		return nil, s.nobodyTx(ctx, tx, l, v, why)
	}
	return to, s.offerTx(ctx, tx, l, v, to, Step{
		Kind: StepOffered, UserID: only(to), Detail: Detail{Rule: string(l.Distribution), Considered: why},
	})
}

func only(ids []int64) int64 {
	if len(ids) == 1 {
		return ids[0]
	}
	return 0
}

// nobodyTx leaves a conversation in the queue and says why.
func (s *Service) nobodyTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, why []Considered) error {
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, Step{Kind: StepNobody, Detail: Detail{Rule: string(l.Distribution), Considered: why}}); err != nil {
		return err
	}
	if err := s.movedTx(ctx, tx, l, *v); err != nil {
		return err
	}
	full := slices.ContainsFunc(why, func(c Considered) bool { return c.Why == WhyFull })
	if !l.TellEmptyQueue || full || s.notices == nil {
		return nil
	}
	return s.notices.NobodyTx(ctx, tx, l, *v)
}

// candidatesTx returns the operators of a line as the distribution sees them, in the order of their turn.
func (s *Service) candidatesTx(ctx context.Context, tx *db.Tx, l line.Line) ([]candidate, error) {
	ids, err := s.lines.OperatorsTx(ctx, tx, l)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	online, err := s.presence.OnlineTx(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("read presence: %w", err)
	}
	out := make([]candidate, len(ids))
	at := make(map[int64]int, len(ids))
	for i, id := range ids {
		out[i] = candidate{id: id, active: true, online: online[id]}
		at[id] = i
	}
	if err := readOperators(ctx, tx, out, at); err != nil {
		return nil, err
	}
	if l.MaxChat == 0 {
		return out, nil
	}
	return out, readLoads(ctx, tx, l.Counting, out, at)
}

func readOperators(ctx context.Context, tx *db.Tx, all []candidate, at map[int64]int) error {
	rows, err := tx.Query(ctx, "SELECT user_id, paused, given FROM openline_operator WHERE user_id IN ("+db.Marks(len(all))+")", db.Args(idsOf(all))...)
	if err != nil {
		return fmt.Errorf("read operators: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, paused, given int64
		if err := rows.Scan(&id, &paused, &given); err != nil {
			return fmt.Errorf("read operators: %w", err)
		}
		c := &all[at[id]]
		c.paused, c.given = paused != 0, db.Time(given)
	}
	return rows.Err()
}

// countedStates are those whose conversations count against a line's limit.
var countedStates = map[line.Counting]string{
	line.CountAnswered:    "'active'",
	line.CountAnsweredNew: "'active', 'offered'",
	line.CountClosed:      "'active', 'offered', 'closing'",
}

func readLoads(ctx context.Context, tx *db.Tx, how line.Counting, all []candidate, at map[int64]int) error {
	states, ok := countedStates[how]
	if !ok {
		states = countedStates[line.CountAnsweredNew]
	}
	// The first condition on states is that of the index.
	q := "SELECT operator_id, COUNT(*) FROM openline_session WHERE operator_id IN (" + db.Marks(len(all)) + ") AND state IN ('offered', 'active', 'closing') AND state IN (" + states + ") GROUP BY operator_id"
	rows, err := tx.Query(ctx, q, db.Args(idsOf(all))...)
	if err != nil {
		return fmt.Errorf("count conversations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, n int64
		if err := rows.Scan(&id, &n); err != nil {
			return fmt.Errorf("count conversations: %w", err)
		}
		all[at[id]].load = int(n)
	}
	return rows.Err()
}

func idsOf(all []candidate) []int64 {
	out := make([]int64, len(all))
	for i, c := range all {
		out[i] = c.id
	}
	return out
}

// offerTx asks operators to take a conversation.
func (s *Service) offerTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, to []int64, why Step) error {
	if err := v.move(MoveOffer); err != nil {
		return err
	}
	v.OperatorID = only(to)
	if err := s.setOffersTx(ctx, tx, *v, to); err != nil {
		return err
	}
	if err := s.givenTx(ctx, tx, to); err != nil {
		return err
	}
	if err := s.chats.JoinTx(ctx, tx, v.ChatID, v.Channel.VisitorID, to); err != nil {
		return err
	}
	if l.QueueTime > 0 {
		if err := s.setTimerTx(ctx, tx, v.ID, timerOffer, s.now().Add(l.QueueTime)); err != nil {
			return err
		}
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := s.stepTx(ctx, tx, v.ID, why); err != nil {
		return err
	}
	if err := s.movedTx(ctx, tx, l, *v); err != nil {
		return err
	}
	if s.notices == nil {
		return nil
	}
	return s.notices.OfferedTx(ctx, tx, l, *v, to)
}

// setOffersTx says who is asked to take a conversation.
func (s *Service) setOffersTx(ctx context.Context, tx *db.Tx, v Session, to []int64) error {
	if err := tx.Later(ctx, "DELETE FROM openline_offer WHERE session_id = ?", v.ID); err != nil {
		return fmt.Errorf("forget offers: %w", err)
	}
	for part := range slices.Chunk(to, manyAsked) {
		var args []any
		for _, id := range part {
			args = append(args, v.ID, id)
		}
		q := "INSERT INTO openline_offer (session_id, user_id) VALUES " + valuesOf("(?, ?)", len(part))
		if err := tx.Later(ctx, q, args...); err != nil {
			return fmt.Errorf("note offers: %w", err)
		}
	}
	return nil
}

// manyAsked is how many operators one statement notes.
const manyAsked = 200

// valuesOf repeats a row of VALUES.
func valuesOf(row string, n int) string { return strings.TrimSuffix(strings.Repeat(row+", ", n), ", ") }

// givenTx notes when operators were last given a conversation.
func (s *Service) givenTx(ctx context.Context, tx *db.Tx, to []int64) error {
	at := db.Micro(s.now())
	for part := range slices.Chunk(to, manyAsked) {
		var args []any
		for _, id := range part {
			args = append(args, id, at)
		}
		q := "INSERT INTO openline_operator (user_id, paused, since, given) VALUES " + valuesOf("(?, 0, 0, ?)", len(part)) +
			" ON CONFLICT (user_id) DO UPDATE SET given = excluded.given"
		if err := tx.Later(ctx, q, args...); err != nil {
			return fmt.Errorf("note operators: %w", err)
		}
	}
	return nil
}

// offeredTx returns who is asked to take a conversation.
func offeredTx(ctx context.Context, tx *db.Tx, sessionID int64) (ids []int64, err error) {
	rows, err := tx.Query(ctx, "SELECT user_id FROM openline_offer WHERE session_id = ? ORDER BY user_id", sessionID)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read offers: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// passOnTx takes a conversation from who was asked, and asks the next.
func (s *Service) passOnTx(ctx context.Context, tx *db.Tx, l line.Line, v *Session, from []int64, why Step) error {
	if err := s.stepTx(ctx, tx, v.ID, why); err != nil {
		return err
	}
	if err := v.move(MoveQueue); err != nil {
		return err
	}
	for _, id := range from {
		if !has(v.tried, id) {
			v.tried = append(v.tried, id)
		}
	}
	v.OperatorID = 0
	if err := s.setOffersTx(ctx, tx, *v, nil); err != nil {
		return err
	}
	if err := s.dropTimerTx(ctx, tx, v.ID, timerOffer); err != nil {
		return err
	}
	if err := saveSession(ctx, tx, v); err != nil {
		return err
	}
	if err := tx.Lock(ctx, queueLock); err != nil {
		return err
	}
	if _, err := s.tryTx(ctx, tx, l, v, true); err != nil {
		return err
	}
	if err := s.foldTx(ctx, tx, v.ID); err != nil {
		return err
	}
	now, err := offeredTx(ctx, tx, v.ID)
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(slices.Clone(from), func(id int64) bool { return has(now, id) })
	if len(gone) == 0 {
		return nil
	}
	tx.AfterCommit(s.hurry) // they may take another one
	return s.chats.DropMembersTx(ctx, tx, v.ChatID, gone)
}

// lockedTx returns a conversation that nobody else changes until the transaction ends.
func (s *Service) lockedTx(ctx context.Context, tx *db.Tx, id int64) (Session, error) {
	v, err := s.SessionTx(ctx, tx, id)
	if err != nil {
		return v, err
	}
	if err := s.chats.LockTx(ctx, tx, v.ChatID); err != nil {
		return v, err
	}
	return s.SessionTx(ctx, tx, id)
}

// Position returns how many conversations of the line come before one that waits, plus one; 0 where it does not wait.
func (s *Service) Position(ctx context.Context, sessionID int64) (n int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err := s.SessionTx(ctx, tx, sessionID)
		if err != nil || v.State != StateWaiting {
			n = 0
			return err
		}
		n, err = s.aheadTx(ctx, tx, v)
		n++
		return err
	})
	return n, err
}
