package openline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// SetPaused says whether an operator takes conversations. What they have stays with them.
func (s *Service) SetPaused(ctx context.Context, userID int64, paused bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		const q = `INSERT INTO openline_operator (user_id, paused, since, given) VALUES (?, ?, ?, 0)
			ON CONFLICT (user_id) DO UPDATE SET paused = excluded.paused, since = excluded.since`
		if err := tx.Later(ctx, q, userID, db.Bit(paused), db.Micro(s.now())); err != nil {
			return fmt.Errorf("pause operator: %w", err)
		}
		tx.AfterCommit(s.hurry)
		return nil
	})
}

// Paused reports whether an operator takes no conversations at the moment, and since when.
func (s *Service) Paused(ctx context.Context, userID int64) (paused bool, since time.Time, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var bit, at int64
		err := tx.QueryRow(ctx, "SELECT paused, since FROM openline_operator WHERE user_id = ?", userID).Scan(&bit, &at)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		paused, since = bit != 0, db.Time(at)
		return err
	})
	if err != nil {
		return false, since, fmt.Errorf("read operator: %w", err)
	}
	return paused, since, nil
}
