package frame

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// first reports whether a person never used an application.
func (s *Service) first(ctx context.Context, appID, userID int64) (bool, error) {
	var started bool
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM frame_start WHERE app_id = ? AND user_id = ?)", appID, userID).Scan(&started)
	})
	if err != nil {
		return false, fmt.Errorf("first use of application %d: %w", appID, err)
	}
	return !started, nil
}

// Started notes that actor has used an application, so that the next page is no first one. Faults: APP_NOT_FOUND,
// APP_NOT_INSTALLED. Page: sdk/bx24-js-sdk/system-functions/bx24-install.md.
func (s *Service) Started(ctx context.Context, actor user.Ref, appID int64) error {
	if _, err := s.May(ctx, actor, appID); err != nil {
		return err
	}
	now := db.Micro(s.clock.Now())
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO frame_start (app_id, user_id, started_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			appID, actor.ID, now)
		return err
	})
}

// RemoveAppTx forgets what is kept of an application.
func (s *Service) RemoveAppTx(ctx context.Context, tx *db.Tx, appID int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM frame_start WHERE app_id = ?", appID); err != nil {
		return err
	}
	return removeSiteTx(ctx, tx, appID)
}
