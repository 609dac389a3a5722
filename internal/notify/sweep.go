package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// sweepEvery is how often what is old is forgotten.
const sweepEvery = time.Hour

// sweep forgets what is old until ctx ends.
func (s *Service) sweep(ctx context.Context) {
	for {
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("old notifications not forgotten", "error", err)
		}
		if !clock.Wait(ctx, s.clock, sweepEvery, nil) {
			return
		}
	}
}

// Sweep forgets notifications that are older than keepFor, and of a person who has more than are kept the oldest that were read.
// Pushes that nobody sent in time go too.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock.Now()
	err := s.inSteps(ctx, "DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE created < ? ORDER BY created LIMIT ?)",
		db.Micro(now.Add(-keepFor)), sweepSize)
	if err != nil {
		return err
	}
	err = s.inSteps(ctx, "DELETE FROM notify_push WHERE id IN (SELECT id FROM notify_push WHERE created < ? LIMIT ?)",
		db.Micro(now.Add(-pushLife)), sweepSize)
	if err != nil {
		return err
	}
	return s.sweepPeople(ctx)
}

// sweepPeople forgets the oldest read notifications of people who have too many.
func (s *Service) sweepPeople(ctx context.Context) error {
	var people []int64
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		people, err = idsTx(ctx, tx, "SELECT user_id FROM notification GROUP BY user_id HAVING COUNT(*) > ? ORDER BY user_id", s.kept)
		return err
	})
	for _, id := range people {
		if err == nil {
			err = s.db.Write(ctx, func(tx *db.Tx) error {
				err := tx.Later(ctx, `DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE user_id = ? AND read_at <> 0 AND id <=
					(SELECT id FROM notification WHERE user_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?))`, id, id, s.kept)
				return err
			})
		}
	}
	return err
}

// inSteps repeats a statement that deletes a little at a time.
func (s *Service) inSteps(ctx context.Context, statement string, args ...any) error {
	for {
		var n int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, statement, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget what is old: %w", err)
		}
		if n < sweepSize {
			return nil
		}
	}
}
