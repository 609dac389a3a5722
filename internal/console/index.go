package console

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// How SQLite's index is kept up. Adding a call to it takes as long as storing twenty, so it is done a little at a time;
// until then search looks at what waits itself.
const (
	indexStep    = 32                    // calls indexed in one write: others wait for no more
	indexShare   = 4                     // indexing takes at most one part in so many of the time
	indexTurn    = 25 * time.Millisecond // after so long new calls are stored first
	indexBacklog = 20_000                // with more than this waiting it is done whatever else waits
	indexForced  = 2 * gatherCalls       // so many for each group that is stored then
)

// countWaiting finds out how many calls an earlier run left to index.
func (s *Service) countWaiting(ctx context.Context) {
	if s.db.Dialect() == db.Postgres {
		return
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM console_word_new").Scan(&s.waiting)
	})
	if err != nil && s.ctx.Err() == nil {
		s.log.Error("calls not indexed", "error", err)
	}
}

// indexSome indexes what waits until nothing does or new calls are to be stored.
func (s *Service) indexSome(ctx context.Context) {
	began := machineTime()
	forced := int64(0)
	if s.waiting > indexBacklog {
		forced = indexForced
	}
	for s.waiting > 0 && s.ctx.Err() == nil {
		step := machineTime()
		n, err := s.indexStep(ctx)
		if err != nil {
			s.log.Error("calls not indexed", "error", err)
			return
		}
		s.waiting -= n
		if n == 0 {
			s.waiting = 0
		}
		if forced -= n; forced > 0 {
			continue
		}
		if s.queue.any() && machineTime().Sub(began) > indexTurn {
			return
		}
		s.pause((indexShare - 1) * machineTime().Sub(step))
	}
}

// indexStep indexes the oldest calls that wait and returns how many they were.
func (s *Service) indexStep(ctx context.Context) (n int64, err error) {
	err = s.db.Aside(ctx, func(tx *db.Tx) error {
		var last int64
		err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM console_word_new ORDER BY id LIMIT ?)",
			int64(indexStep)).Scan(&last)
		if n = 0; err != nil || last == 0 {
			return err
		}
		n, err = tx.Exec(ctx, `INSERT INTO console_word (rowid, words)
			SELECT id, words FROM console_word_new WHERE id <= ? ORDER BY id`, last)
		if err != nil {
			return fmt.Errorf("index calls: %w", err)
		}
		_, err = tx.Exec(ctx, "DELETE FROM console_word_new WHERE id <= ?", last)
		return err
	})
	return n, err
}

// machineTime is for what spares the machine, whatever the clock of the portal says.
func machineTime() time.Time { return clock.System{}.Now() }
