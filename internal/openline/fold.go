package openline

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// kept is a step without what it is explained with.
type kept struct {
	id, folded int64
	deed       deedOf
}

// deedOf is what a step says, without when and why.
type deedOf struct {
	kind          StepKind
	actor, userID int64
}

// repeats reports whether a step is one of those that the queue takes of itself, on and on while nobody answers.
func (d deedOf) repeats() bool {
	switch d.kind {
	case StepOffered, StepMissed, StepNobody, StepBehind:
		return true
	}
	return false
}

// foldTx keeps of the rounds in which a conversation is offered in vain the first step of each kind and operator, and the last with how many
// there were between: an operator who ignores a client for a week leaves no row for each minute of it. A step of another kind, such as an
// answer, ends the rounds: what comes after it stands for itself.
func (s *Service) foldTx(ctx context.Context, tx *db.Tx, sessionID int64) error {
	steps, err := roundsOf(ctx, tx, sessionID)
	if err != nil {
		return err
	}
	first, last := map[deedOf]bool{}, map[deedOf]kept{}
	var gone []int64
	for _, k := range steps {
		if !first[k.deed] {
			first[k.deed] = true
			continue
		}
		if before, ok := last[k.deed]; ok {
			gone = append(gone, before.id)
			k.folded += before.folded + 1
		}
		last[k.deed] = k
	}
	if len(gone) == 0 {
		return nil
	}
	for _, k := range steps {
		if l, ok := last[k.deed]; ok && l.id == k.id && l.folded != k.folded {
			if err := tx.Later(ctx, "UPDATE openline_step SET folded = ? WHERE id = ?", l.folded, l.id); err != nil {
				return fmt.Errorf("fold steps: %w", err)
			}
		}
	}
	if err := tx.Later(ctx, "DELETE FROM openline_step WHERE id IN ("+db.Marks(len(gone))+")", db.Args(gone)...); err != nil {
		return fmt.Errorf("fold steps: %w", err)
	}
	return nil
}

// foldAtOnce is how many steps are looked at; more there are only of conversations from before steps were folded.
const foldAtOnce = 5000

// roundsOf returns the steps of the rounds that a conversation is in, the first one first.
func roundsOf(ctx context.Context, tx *db.Tx, sessionID int64) (out []kept, err error) {
	rows, err := tx.Query(ctx, `SELECT id, kind, actor_id, user_id, folded FROM openline_step WHERE session_id = ? AND id > COALESCE(
		(SELECT MAX(id) FROM openline_step WHERE session_id = ? AND kind NOT IN ('offered', 'missed', 'nobody', 'behind', 'late', 'noanswer')), 0)
		ORDER BY id LIMIT ?`, sessionID, sessionID, foldAtOnce)
	if err != nil {
		return nil, fmt.Errorf("read rounds: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var k kept
		if err := rows.Scan(&k.id, &k.deed.kind, &k.deed.actor, &k.deed.userID, &k.folded); err != nil {
			return nil, fmt.Errorf("read rounds: %w", err)
		}
		if k.deed.repeats() {
			out = append(out, k)
		}
	}
	return out, rows.Err()
}
