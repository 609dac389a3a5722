package db_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
)

// TestReadersWhoGoAwayLeaveNothingBehind lets callers go at every moment of a read; those who stay must not notice.
func TestReadersWhoGoAwayLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, nil, func(t *testing.T, d *db.DB) {
		read := func(ctx context.Context) error {
			return d.Read(ctx, func(tx *db.Tx) error {
				var n int64
				return tx.QueryRow(ctx, "SELECT 1").Scan(&n)
			})
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range 4000 {
					ctx, leave := context.WithTimeout(t.Context(), time.Duration(i%100)*time.Microsecond)
					_ = read(ctx) // answered or not
					leave()
				}
			})
			wg.Go(func() {
				for range 4000 {
					if err := read(t.Context()); err != nil {
						t.Error("somebody who stayed:", err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}
