package event

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Due returns when this package has to do something unasked: when the next delivery is to be tried, or an application is to
// be told that its queue has grown. The zero time is never. What a person paused is not due.
func (s *Service) Due(ctx context.Context) (due time.Time, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var lanes, at, tell int64
		err := tx.QueryRow(ctx, `SELECT COUNT(*), COALESCE(MIN(not_before), 0),
			(SELECT COALESCE(MIN(tell_at), 0) FROM event_binding WHERE tell_at <> 0) FROM event_lane l
			WHERE paused_how <> 'person' AND EXISTS (SELECT 1 FROM event_delivery d WHERE d.lane_id = l.id AND d.state = 0)`).
			Scan(&lanes, &at, &tell)
		if err != nil {
			return err
		}
		due = db.Time(tell)
		if lanes > 0 && (tell == 0 || at < tell) {
			due = db.Time(max(at, 1))
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look for deliveries: %w", err)
	}
	return due, nil
}
