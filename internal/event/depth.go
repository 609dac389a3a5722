package event

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Depth is how much waits to be delivered.
type Depth struct {
	Pending int64     // deliveries
	Oldest  time.Time // when the oldest of them was recorded; zero when none waits
	Paused  int64     // handlers
	Dead    int64     // deliveries that were put aside and are kept
}

// Depth returns how much waits to be delivered now.
func (s *Service) Depth(ctx context.Context) (out Depth, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var first int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(MIN(id), 0) FROM event_delivery WHERE state = 0").Scan(&out.Pending, &first)
		if err == nil && first != 0 {
			var at int64
			err = tx.QueryRow(ctx, "SELECT created_at FROM event_delivery WHERE id = ?", first).Scan(&at)
			out.Oldest = db.Time(at)
		}
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM event_lane WHERE paused_at <> 0").Scan(&out.Paused)
		}
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM event_delivery WHERE state = 2").Scan(&out.Dead)
		}
		return err
	})
	if err != nil {
		return Depth{}, fmt.Errorf("count deliveries: %w", err)
	}
	return out, nil
}
