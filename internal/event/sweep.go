package event

import (
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// How long deliveries are kept, unless the portal's settings say otherwise.
const (
	keepSent = 72 * time.Hour      // one that was sent
	keepDead = 30 * 24 * time.Hour // one that was put aside
)

// sweepSize is how many deliveries are forgotten in one transaction.
const sweepSize = 1000

// sweep forgets finished deliveries that are old enough, a few at a time.
func (d *Dispatcher) sweep() {
	for {
		if err := d.sweepOnce(); err != nil && d.ctx.Err() == nil {
			d.log.Error("forget old deliveries", "error", err)
		}
		t := d.service.clock.NewTimer(sweepEvery)
		select {
		case <-t.C():
		case <-d.ctx.Done():
			t.Stop()
			return
		}
	}
}

func (d *Dispatcher) sweepOnce() error {
	now := d.service.clock.Now()
	settings, err := d.service.Settings(d.ctx)
	if err != nil {
		return err
	}
	for state, keep := range map[State]time.Duration{
		Sent: time.Duration(settings.KeepSent) * time.Hour, Dead: time.Duration(settings.KeepDead) * 24 * time.Hour,
	} {
		for {
			n, err := d.forget(state, now.Add(-keep))
			if err != nil {
				return err
			}
			if n < sweepSize {
				break
			}
		}
	}
	return d.service.db.Write(d.ctx, func(tx *db.Tx) error { return d.service.forgetReservedTx(d.ctx, tx) })
}

// old chooses the deliveries of a state that are to be forgotten next.
const old = "SELECT id FROM event_delivery WHERE state = ? AND state <> 0 AND sent_at < ? ORDER BY sent_at, id LIMIT ?"

// forget removes deliveries of a state, with their attempts, that were last tried before a moment.
func (d *Dispatcher) forget(state State, before time.Time) (n int64, err error) {
	err = d.service.db.Write(d.ctx, func(tx *db.Tx) error {
		err := tx.Later(d.ctx, `DELETE FROM event_attempt WHERE id IN (SELECT a.id FROM (`+old+`) d
			JOIN event_attempt a ON a.id >= d.id * 256 AND a.id < (d.id + 1) * 256)`, int64(state), db.Micro(before), int64(sweepSize))
		if err != nil {
			return err
		}
		n, err = tx.Exec(d.ctx, "DELETE FROM event_delivery WHERE id IN ("+old+")", int64(state), db.Micro(before), int64(sweepSize))
		return err
	})
	return n, err
}
