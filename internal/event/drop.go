package event

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// DropPending forgets what has not been delivered yet. It is for a copy of a portal: the original delivers it.
func (s *Service) DropPending(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, statement := range []string{
			`DELETE FROM event_attempt WHERE id IN (SELECT a.id FROM event_delivery d
				JOIN event_attempt a ON a.id >= d.id * 256 AND a.id < (d.id + 1) * 256 WHERE d.state = 0)`,
			"DELETE FROM event_delivery WHERE state = 0",
			"UPDATE event_binding SET tell_at = 0 WHERE tell_at <> 0",
		} {
			if err := tx.Later(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
