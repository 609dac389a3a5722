package event

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Due returns when the next delivery is to be tried: the zero time when nothing waits to be delivered.
func (s *Service) Due(ctx context.Context) (due time.Time, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var lanes, at int64
		err := tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(MIN(not_before), 0) FROM event_lane l
			WHERE EXISTS (SELECT 1 FROM event_delivery d WHERE d.lane_id = l.id AND d.state = 0)`).Scan(&lanes, &at)
		if err != nil || lanes == 0 {
			return err
		}
		due = db.Time(max(at, 1))
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look for deliveries: %w", err)
	}
	return due, nil
}
