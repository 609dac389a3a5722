package openline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// drainAtOnce is how many conversations one transaction gives out.
const drainAtOnce = 20

// Drain gives out what waits, the longest first, as far as there are operators who take it. It is called whenever somebody may have
// become free.
func (s *Service) Drain(ctx context.Context) error {
	for {
		var more bool
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			more, err = s.drainTx(ctx, tx)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}

func (s *Service) drainTx(ctx context.Context, tx *db.Tx) (more bool, err error) {
	lines, err := waitingLines(ctx, tx)
	if err != nil || len(lines) == 0 {
		return false, err
	}
	done, people := 0, pool{}
	for len(lines) > 0 && done < drainAtOnce {
		next, found, err := s.nextWaiting(ctx, tx, lines, drainAtOnce-done)
		if err != nil || !found {
			return false, err
		}
		for _, v := range next {
			if !slices.Contains(lines, v.LineID) {
				continue
			}
			given, err := s.giveTx(ctx, tx, v, people)
			if err != nil {
				return false, err
			}
			if given {
				done++
				continue
			}
			// The line has nobody who is free: what else waits in it goes on waiting.
			lines = slices.DeleteFunc(lines, func(id int64) bool { return id == v.LineID })
		}
	}
	return done == drainAtOnce, nil
}

// giveTx asks operators to take a conversation that waits, of which the transaction has the locks. It reports false where nobody is free.
func (s *Service) giveTx(ctx context.Context, tx *db.Tx, v Session, people pool) (bool, error) {
	l, err := s.lineOfTx(ctx, tx, v)
	if err != nil {
		return false, err
	}
	if !l.OpenAt(s.now(), s.zone(ctx)) {
		return false, nil
	}
	c, ok := people[l.ID]
	if !ok {
		c.how = l.Counting
		if c.all, err = s.candidatesTx(ctx, tx, l); err != nil {
			return false, err
		}
		if err := s.users.NoteTx(ctx, tx, idsOf(c.all)); err != nil {
			return false, fmt.Errorf("read operators: %w", err)
		}
		people[l.ID] = c
	}
	to, err := s.askTx(ctx, tx, l, &v, c.all, false)
	if err != nil || len(to) == 0 {
		return false, err
	}
	people.given(v.OperatorID, to, s.now())
	return true, nil
}

// pool is the operators of lines as one transaction, which has the lock of the queue, knows them: they are read once, however many
// conversations it gives out.
type pool map[int64]crew

// crew is the operators of a line.
type crew struct {
	all []candidate
	how line.Counting
}

// given notes that operators were asked to take a conversation; holder is who alone was, 0: several.
func (p pool) given(holder int64, to []int64, now time.Time) {
	for _, c := range p {
		for i := range c.all {
			if !has(to, c.all[i].id) {
				continue
			}
			c.all[i].given = now
			if c.all[i].id == holder && c.how != line.CountAnswered {
				c.all[i].load++
			}
		}
	}
}

// waitingLines returns the lines in which somebody waits.
func waitingLines(ctx context.Context, tx *db.Tx) (out []int64, err error) {
	by := ""
	if tx.Dialect() == db.SQLite { // which thinks that few wait, and would read them all by their state
		by = " INDEXED BY openline_session_waiting"
	}
	// One look into the index for each line, however many wait.
	q := `WITH RECURSIVE l (id) AS (
			SELECT MIN(s.line_id) FROM openline_session s` + by + ` WHERE s.state = 'waiting'
			UNION ALL
			SELECT (SELECT MIN(s.line_id) FROM openline_session s` + by + ` WHERE s.state = 'waiting' AND s.line_id > l.id) FROM l WHERE l.id IS NOT NULL
		) SELECT id FROM l WHERE id IS NOT NULL`
	rows, err := tx.Query(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read queues: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read queues: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// nextWaiting returns the conversations of lines that come first, n at most, and whether there are any: another process may have taken all
// that were. Nobody else changes them until the transaction ends.
func (s *Service) nextWaiting(ctx context.Context, tx *db.Tx, lines []int64, n int) (next []Session, found bool, err error) {
	var heads []Session
	for _, id := range lines {
		of, err := querySessions(ctx, tx, `WHERE s.id IN (SELECT w.id FROM openline_session w WHERE w.state = 'waiting' AND w.line_id = ?
			ORDER BY w.priority DESC, w.queued, w.id LIMIT ?)`, id, int64(n))
		if err != nil {
			return nil, false, err
		}
		heads = append(heads, of...)
	}
	slices.SortFunc(heads, func(a, b Session) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Queued.Compare(b.Queued), cmp.Compare(a.ID, b.ID))
	})
	heads = heads[:min(n, len(heads))]
	if len(heads) == 0 {
		return nil, false, nil
	}
	ids, chats := make([]int64, len(heads)), make([]int64, len(heads))
	for i, v := range heads {
		ids[i], chats[i] = v.ID, v.ChatID
		if err := s.chats.LockTx(ctx, tx, v.ChatID); err != nil {
			return nil, false, err
		}
	}
	if err := tx.Lock(ctx, queueLock); err != nil {
		return nil, false, err
	}
	if next, err = inOrder(ctx, tx, ids); err != nil {
		return nil, false, err
	}
	if err := s.chats.NoteTx(ctx, tx, chats); err != nil {
		return nil, false, err
	}
	return next, true, notePins(ctx, tx, ids)
}

// inOrder reads conversations anew, in the order of their ids as given, without those that another process has taken from the queue.
func inOrder(ctx context.Context, tx *db.Tx, ids []int64) ([]Session, error) {
	out, err := querySessions(ctx, tx, "WHERE s.id IN ("+db.Marks(len(ids))+") AND s.state = 'waiting'", db.Args(ids)...)
	slices.SortFunc(out, func(a, b Session) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return out, err
}
