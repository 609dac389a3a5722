package event

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// DropPending forgets what has not been delivered yet. It is for a copy of a portal: the original delivers it.
func (s *Service) DropPending(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM event_delivery WHERE state = ?", int64(statePending))
		return err
	})
}
