package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

const (
	// claimTime is how long a process that prepares a portal may be silent before another one takes over from it.
	claimTime = 6 * time.Second
	// claimRenewal is how often it says that it lives.
	claimRenewal = 2 * time.Second
	// claimWait is how often a process looks whether the one that prepares is done.
	claimWait = 100 * time.Millisecond
)

// Prepare runs f on a portal that is used for the first time, and remembers that it succeeded. Of several processes one
// runs it and the others wait. When a process dies before the end f runs again, so f must stand what an earlier run left.
func (d *Directory) Prepare(ctx context.Context, e Entry, f func(ctx context.Context) error) error {
	for !e.Prepared {
		claimed, err := d.claim(ctx, e.ID)
		if err != nil {
			return err
		}
		if claimed {
			return d.prepareClaimed(ctx, e.ID, f)
		}
		if e, err = d.wait(ctx, e.ID); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) claim(ctx context.Context, id int64) (bool, error) {
	var n int64
	err := d.db.Write(ctx, func(tx *db.Tx) (err error) {
		now := d.clock.Now()
		n, err = tx.Exec(ctx, "UPDATE portal SET claimed_until = ? WHERE id = ? AND prepared_at = 0 AND claimed_until < ?",
			db.Micro(now.Add(claimTime)), id, db.Micro(now))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("claim portal: %w", err)
	}
	return n > 0, nil
}

func (d *Directory) prepareClaimed(ctx context.Context, id int64, f func(ctx context.Context) error) error {
	live, stop := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { d.renewClaim(live, id) })
	err := f(ctx)
	stop()
	renewing.Wait()
	if err != nil {
		return errors.Join(err, d.setPrepared(context.WithoutCancel(ctx), id, 0))
	}
	return d.setPrepared(ctx, id, db.Micro(d.clock.Now()))
}

// renewClaim keeps other processes off the portal until ctx ends. When the database refuses they take over, as they would
// from a process that died.
func (d *Directory) renewClaim(ctx context.Context, id int64) {
	for {
		t := d.clock.NewTimer(claimRenewal)
		select {
		case <-t.C():
		case <-ctx.Done():
			t.Stop()
			return
		}
		_ = d.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE portal SET claimed_until = ? WHERE id = ? AND prepared_at = 0",
				db.Micro(d.clock.Now().Add(claimTime)), id)
			return err
		})
	}
}

func (d *Directory) setPrepared(ctx context.Context, id, at int64) error {
	return d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE portal SET prepared_at = ?, claimed_until = 0 WHERE id = ?", at, id)
		return err
	})
}

// wait returns the entry as it is after a moment.
func (d *Directory) wait(ctx context.Context, id int64) (Entry, error) {
	t := d.clock.NewTimer(claimWait)
	defer t.Stop()
	select {
	case <-t.C():
	case <-ctx.Done():
		return Entry{}, ctx.Err()
	}
	list, err := d.List(ctx)
	if err != nil {
		return Entry{}, err
	}
	for _, e := range list {
		if e.ID == id {
			return e, nil
		}
	}
	return Entry{}, ErrNoPortal
}
