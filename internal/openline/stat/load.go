package stat

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// every is how often it is looked at what operators have at once.
const every = time.Minute

// Sample notes how many conversations each operator answers in at the moment. It does so once in a minute, however many processes
// ask for it.
func (s *Service) Sample(ctx context.Context) error {
	now := s.clock.Now().UTC()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		const claim = `INSERT INTO openline_mark (name, at) VALUES ('sampled', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at
			WHERE openline_mark.at < excluded.at`
		n, err := tx.Exec(ctx, claim, db.Micro(now.Truncate(every)))
		if err != nil || n == 0 {
			return err
		}
		// The states of the first condition are those of the index.
		const q = `INSERT INTO openline_load (hour, operator_id, line_id, connector, busy, peak)
			SELECT ?, operator_id, line_id, connector, COUNT(*), SUM(COUNT(*)) OVER (PARTITION BY operator_id) FROM openline_session
			WHERE state IN ('offered', 'active', 'closing') AND state = 'active' AND operator_id > 0 GROUP BY operator_id, line_id, connector
			ON CONFLICT (hour, operator_id, line_id, connector) DO UPDATE SET busy = openline_load.busy + excluded.busy,
				peak = CASE WHEN excluded.peak > openline_load.peak THEN excluded.peak ELSE openline_load.peak END`
		if err := tx.Later(ctx, q, db.Micro(now.Truncate(hour))); err != nil {
			return fmt.Errorf("note load of operators: %w", err)
		}
		return nil
	})
}

// Run notes the load of operators and sums up the days that are over, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	for {
		err := s.Sample(ctx)
		if err == nil {
			err = s.Refresh(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.ErrorContext(ctx, "count conversations", "error", err)
		}
		now := s.clock.Now()
		if !clock.Wait(ctx, s.clock, now.Truncate(every).Add(every).Sub(now), nil) {
			return
		}
	}
}
