package openline

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
)

// SetPinned pins a conversation that goes on to somebody, or takes the pin off; a pin ends with the conversation. One that is pinned to
// its operator is not ended because the client is silent. Who may is for the caller to check. Faults: ErrNoSession, ErrOver.
func (s *Service) SetPinned(ctx context.Context, userID, chatID int64, on bool) error {
	return s.inChat(ctx, chatID, func(tx *db.Tx, _ line.Line, v *Session) error {
		if !v.State.Open() {
			return ErrOver
		}
		_, err := s.pinTx(ctx, tx, *v, userID, on)
		return err
	})
}

// pinTx reports whether something changed.
func (s *Service) pinTx(ctx context.Context, tx *db.Tx, v Session, userID int64, on bool) (bool, error) {
	q := "DELETE FROM openline_pin WHERE user_id = ? AND session_id = ?"
	if on {
		q = "INSERT INTO openline_pin (user_id, session_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	tx.Note(pinsOf(v.ID), nil)
	n, err := tx.Exec(ctx, q, userID, v.ID)
	if err != nil {
		return false, fmt.Errorf("pin session %d: %w", v.ID, err)
	}
	if n == 0 {
		return false, nil
	}
	if s.live != nil {
		tx.AfterCommit(func() { s.live.Publish([]int64{userID}, LiveSession, v.hint()) })
	}
	if userID != v.OperatorID {
		return true, nil
	}
	return true, s.dataTx(ctx, tx, v)
}

// PinAll pins all conversations that somebody has to them, and returns those that were not, the newest first.
func (s *Service) PinAll(ctx context.Context, userID int64) ([]int64, error) {
	return s.pinEach(ctx, userID, true, `WHERE s.operator_id = ? AND s.state IN ('offered', 'active', 'closing')
		AND NOT EXISTS (SELECT 1 FROM openline_pin p WHERE p.session_id = s.id AND p.user_id = ?) ORDER BY s.id DESC`, userID, userID)
}

// UnpinAll takes the pins of somebody off all conversations, and returns those that had one, the newest first.
func (s *Service) UnpinAll(ctx context.Context, userID int64) ([]int64, error) {
	return s.pinEach(ctx, userID, false, "WHERE s.id IN (SELECT session_id FROM openline_pin WHERE user_id = ?) ORDER BY s.id DESC", userID)
}

func (s *Service) pinEach(ctx context.Context, userID int64, on bool, where string, args ...any) (ids []int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		ids = []int64{}
		all, err := querySessions(ctx, tx, where, args...)
		if err != nil {
			return err
		}
		for _, v := range all {
			changed, err := s.pinTx(ctx, tx, v, userID, on)
			if err != nil {
				return err
			}
			if changed {
				ids = append(ids, v.ID)
			}
		}
		return nil
	})
	return ids, err
}

// Pinned returns which conversations are pinned to somebody.
func (s *Service) Pinned(ctx context.Context, userID int64) (ids map[int64]bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ids = map[int64]bool{}
		rows, err := tx.Query(ctx, "SELECT session_id FROM openline_pin WHERE user_id = ?", userID)
		if err != nil {
			return fmt.Errorf("read pins: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return fmt.Errorf("read pins: %w", err)
			}
			ids[id] = true
		}
		return rows.Err()
	})
	return ids, err
}

// pinsOf is under what a transaction keeps to whom a conversation is pinned; who changes that notes it anew.
type pinsOf int64

func pinnedTx(ctx context.Context, tx *db.Tx, sessionID, userID int64) (bool, error) {
	pins, err := tx.Once(pinsOf(sessionID), func() (any, error) {
		all, err := readPins(ctx, tx, []int64{sessionID})
		return all[sessionID], err
	})
	if err != nil {
		return false, err
	}
	return slices.Contains(pins.([]int64), userID), nil
}

// readPins returns to whom conversations are pinned; each of them is in the answer.
func readPins(ctx context.Context, tx *db.Tx, sessions []int64) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	for _, id := range sessions {
		out[id] = []int64{}
	}
	rows, err := tx.Query(ctx, "SELECT session_id, user_id FROM openline_pin WHERE session_id IN ("+db.Marks(len(sessions))+")", db.Args(sessions)...)
	if err != nil {
		return nil, fmt.Errorf("read pins: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var session, user int64
		if err := rows.Scan(&session, &user); err != nil {
			return nil, fmt.Errorf("read pins: %w", err)
		}
		out[session] = append(out[session], user)
	}
	return out, rows.Err()
}

// notePins reads at once to whom conversations are pinned.
func notePins(ctx context.Context, tx *db.Tx, sessions []int64) error {
	all, err := readPins(ctx, tx, sessions)
	for id, users := range all {
		tx.Note(pinsOf(id), users)
	}
	return err
}
