package console

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

const (
	sweepEvery = time.Minute
	sweepStep  = 500                   // calls forgotten in one write
	sweepPause = 20 * time.Millisecond // between two steps, for others
	recount    = 60                    // sweeps after which the calls are counted anew: other processes store them too
)

// counter knows about how many calls are stored.
type counter struct{ n atomic.Int64 }

func (c *counter) add(n int64) { c.n.Add(n) }

// sweep forgets old calls until Close.
func (s *Service) sweep() {
	for i := 0; ; i++ {
		if i%recount == 0 {
			s.countCalls()
		}
		if err := s.Sweep(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Error("old calls not forgotten", "error", err)
		}
		t := s.clock.NewTimer(sweepEvery)
		select {
		case <-t.C():
		case <-s.ctx.Done():
			t.Stop()
			return
		}
	}
}

func (s *Service) countCalls() {
	var n int64
	err := s.db.Read(s.ctx, func(tx *db.Tx) error {
		return tx.QueryRow(s.ctx, "SELECT COUNT(*) FROM console_call").Scan(&n)
	})
	if err == nil {
		s.count.n.Store(n)
	}
}

// Sweep forgets the calls that are too old or too many, a few at a time.
func (s *Service) Sweep(ctx context.Context) error {
	s.sweeping.Lock() // two at once would each take away what is too much
	defer s.sweeping.Unlock()
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	if s.count.n.Load() > settings.Calls {
		s.countCalls() // it is known roughly only
	}
	oldest := idAt(s.clock.Now().Add(-time.Duration(settings.Days) * 24 * time.Hour))
	tooMany := s.count.n.Load() - settings.Calls
	for ctx.Err() == nil {
		n, err := s.forget(ctx, oldest, min(tooMany, sweepStep))
		if err != nil {
			return err
		}
		s.count.add(-n)
		if tooMany -= n; n < sweepStep && tooMany <= 0 {
			return nil
		}
		t := clock.System{}.NewTimer(sweepPause)
		select {
		case <-t.C():
		case <-ctx.Done():
			t.Stop()
		}
	}
	return ctx.Err()
}

// forget removes up to sweepStep of the oldest calls: those before the id oldest, and the first tooMany whatever their age.
// It returns how many they were.
func (s *Service) forget(ctx context.Context, oldest, tooMany int64) (n int64, err error) {
	err = s.db.Aside(ctx, func(tx *db.Tx) error {
		n = 0
		var last int64
		err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) FROM (
			SELECT id FROM (SELECT id FROM console_call WHERE id < ? ORDER BY id LIMIT ?) a
			UNION ALL SELECT id FROM (SELECT id FROM console_call ORDER BY id LIMIT ?) b) c`,
			oldest, int64(sweepStep), max(tooMany, 0)).Scan(&last)
		if err != nil || last == 0 {
			return err
		}
		return forgetTx(ctx, tx, last, &n)
	})
	if err != nil {
		return 0, fmt.Errorf("forget calls: %w", err)
	}
	return n, nil
}

// forgetTx removes every call up to the id last.
func forgetTx(ctx context.Context, tx *db.Tx, last int64, n *int64) (err error) {
	if *n, err = tx.Exec(ctx, "DELETE FROM console_call WHERE id <= ?", last); err != nil {
		return err
	}
	if tx.Dialect() == db.Postgres {
		_, err = tx.Exec(ctx, "DELETE FROM console_word WHERE id <= ?", last)
		return err
	}
	if _, err = tx.Exec(ctx, "DELETE FROM console_word WHERE rowid <= ?", last); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM console_word_new WHERE id <= ?", last)
	return err
}
