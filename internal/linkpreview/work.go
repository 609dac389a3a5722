package linkpreview

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// The times of the work. They stand in docs/limits.md.
const (
	atOnce     = 4                // addresses that are fetched at once, each of another host
	leaseTime  = time.Minute      // after which another process takes up an address whose process died
	attempts   = 3                // where a site is not there
	firstWait  = 30 * time.Second // before the second attempt; ten times as long before the third
	lookEvery  = 5 * time.Minute  // for what another process left that died
	sweepEvery = time.Hour

	keepShown   = 180 * 24 * time.Hour // after a message named it last
	keepNothing = 24 * time.Hour
	sweepAtOnce = 500
)

// Run looks up what is asked for until ctx ends.
func (s *Service) Run(ctx context.Context) {
	ended := make(chan struct{}, atOnce)
	under := 0
	var swept time.Time
	for ctx.Err() == nil {
		if now := s.now(); now.Sub(swept) >= sweepEvery {
			swept = now
			s.failed(ctx, "forget", s.Sweep(ctx))
		}
		due, err := s.next(ctx, atOnce-under)
		s.failed(ctx, "read the queue", err)
		for _, t := range due {
			under++
			go func() {
				defer s.hurry() // what waits for the same host
				defer func() { ended <- struct{}{} }()
				s.failed(ctx, "look up", s.do(ctx, t))
			}()
		}
		s.wait(ctx, err != nil)
		for len(ended) > 0 {
			<-ended
			under--
		}
	}
	for range under {
		<-ended
	}
}

func (s *Service) failed(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "previews of links", "step", what, "error", err)
	}
}

// wait returns when something may be due, or ctx ends.
func (s *Service) wait(ctx context.Context, failed bool) {
	pause := lookEvery
	if at, err := s.due(ctx); err == nil && !at.IsZero() {
		pause = min(max(at.Sub(s.now()), time.Second), pause)
	}
	if failed {
		pause = min(pause, 10*time.Second)
	}
	clock.Wait(ctx, s.Clock, pause, s.wake)
}

// due returns when the next address is to be fetched; zero: none waits.
func (s *Service) due(ctx context.Context) (at time.Time, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var next int64
		err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(due), 0) FROM link_preview WHERE due > 0").Scan(&next)
		at = db.Time(next)
		return err
	})
	return at, err
}

// task is an address that is to be fetched now.
type task struct {
	id, address   string
	attempts      int64
	shown, leased int64
}

// next takes in what was asked for, and returns at most limit addresses whose time has come, each of another host. They are kept from
// other processes for a while.
func (s *Service) next(ctx context.Context, limit int) (out []task, err error) {
	on, err := s.Enabled(ctx)
	if err != nil {
		return nil, err
	}
	if !on {
		return nil, s.drop(ctx)
	}
	for more := true; more; {
		if more, err = s.adopt(ctx); err != nil {
			return nil, err
		}
	}
	at, err := s.due(ctx)
	if err != nil || limit <= 0 || at.IsZero() || at.After(s.now()) {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "linkpreview"); err != nil {
			return err
		}
		now := s.now()
		if out, err = dueTx(ctx, tx, db.Micro(now), limit); err != nil {
			return err
		}
		until := db.Micro(now.Add(leaseTime))
		for i := range out {
			out[i].leased = until
			if err := tx.Later(ctx, "UPDATE link_preview SET due = ?, leased = ? WHERE id = ?", until, until, out[i].id); err != nil {
				return fmt.Errorf("claim link: %w", err)
			}
		}
		return nil
	})
	return out, err
}

func dueTx(ctx context.Context, tx *db.Tx, now int64, limit int) (out []task, err error) {
	rows, err := tx.Query(ctx, `SELECT o.id, o.address, o.host, o.attempts, o.state FROM link_preview o WHERE o.due > 0 AND o.due <= ?
		AND NOT EXISTS (SELECT 1 FROM link_preview p WHERE p.leased > 0 AND p.host = o.host AND p.leased > ?)
		ORDER BY o.due, o.asked LIMIT ?`, now, now, int64(limit*8))
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	defer func() { _ = rows.Close() }()
	busy := map[string]bool{}
	for rows.Next() {
		var t task
		var host string
		if err := rows.Scan(&t.id, &t.address, &host, &t.attempts, &t.shown); err != nil {
			return nil, fmt.Errorf("read links: %w", err)
		}
		if !busy[host] && len(out) < limit {
			busy[host] = true
			out = append(out, t)
		}
	}
	return out, rows.Err()
}

// drop forgets what was asked for, since the portal asks no site any more.
func (s *Service) drop(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, q := range []string{
			"DELETE FROM link_ask", "UPDATE link_preview SET due = 0, leased = 0 WHERE due > 0", "DELETE FROM link_preview WHERE due = 0 AND fetched = 0",
		} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return fmt.Errorf("drop asked links: %w", err)
			}
		}
		return nil
	})
}

// do looks an address up and notes what it leads to.
func (s *Service) do(ctx context.Context, t task) error {
	f := s.look(ctx, t.address)
	if ctx.Err() != nil || f.off {
		return nil // the lease ends: the next process takes it up, or it is dropped
	}
	if f.later && t.attempts+1 < attempts {
		return s.later(ctx, t)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.noteTx(ctx, tx, t, f) })
}

// later has an address tried again.
func (s *Service) later(ctx context.Context, t task) error {
	wait := firstWait
	for range t.attempts {
		wait *= 10
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = "UPDATE link_preview SET attempts = attempts + 1, due = ?, leased = 0 WHERE id = ? AND leased = ?"
		_, err := tx.Exec(ctx, q, db.Micro(s.now().Add(wait)), t.id, t.leased)
		return err
	})
}

// noteTx stores what was found, and tells of the messages that waited for it.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, t task, f found) error {
	if err := tx.Lock(ctx, "linkpreview"); err != nil { // no message may ask between the answer and its telling
		return err
	}
	changed, err := s.storeTx(ctx, tx, t, f)
	if err != nil || changed == 0 {
		return err // another process had taken it up, or the portal looks nothing up any more
	}
	waiting, err := asksTx(ctx, tx, "preview_id = ? AND adopted = 1 ORDER BY id", t.id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM link_ask WHERE preview_id = ? AND adopted = 1", t.id); err != nil {
		return fmt.Errorf("forget asked link: %w", err)
	}
	if f.ok || t.shown == stateShown {
		for _, a := range waiting {
			s.tellTx(tx, a)
		}
	}
	return nil
}

func (s *Service) storeTx(ctx context.Context, tx *db.Tx, t task, f found) (changed int64, err error) {
	now := db.Micro(s.now())
	if !f.ok && f.later && t.shown == stateShown { // what was known stays while the site is away
		const q = "UPDATE link_preview SET fetched = ?, due = 0, leased = 0 WHERE id = ? AND leased = ?"
		changed, err = tx.Exec(ctx, q, now, t.id, t.leased)
		return changed, wrap(err)
	}
	if !f.ok {
		f = found{}
	}
	if f.Picture != "" {
		const q = `INSERT INTO link_picture (hash, type, data, added) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO UPDATE SET added = excluded.added`
		if _, err := tx.Exec(ctx, q, f.Picture, f.picture.Type, f.picture.Data, now); err != nil {
			return 0, wrap(err)
		}
	}
	state := int64(stateNothing)
	if f.ok {
		state = stateShown
	}
	const q = `UPDATE link_preview SET state = ?, title = ?, description = ?, site = ?, picture = ?, width = ?, height = ?, icon = ?, fetched = ?,
		due = 0, leased = 0, attempts = 0 WHERE id = ? AND leased = ?`
	changed, err = tx.Exec(ctx, q, state, f.Title, f.Description, f.Site, f.Picture, f.Width, f.Height, db.Bit(f.Icon), now, t.id, t.leased)
	return changed, wrap(err)
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("store preview: %w", err)
	}
	return nil
}

// Sweep forgets what no message has named for long, what led to nothing, and pictures that nothing shows.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	shown, nothing := db.Micro(now.Add(-keepShown)), db.Micro(now.Add(-keepNothing))
	const previews = `DELETE FROM link_preview WHERE id IN (SELECT id FROM link_preview WHERE due = 0
		AND (asked < ? OR state <> 1 AND asked < ?) LIMIT ?)`
	if err := s.sweepAll(ctx, previews, shown, nothing, int64(sweepAtOnce)); err != nil {
		return err
	}
	const pictures = `DELETE FROM link_picture WHERE hash IN (SELECT hash FROM link_picture p WHERE added < ?
		AND NOT EXISTS (SELECT 1 FROM link_preview o WHERE o.picture = p.hash AND o.picture <> '') LIMIT ?) AND added < ?`
	return s.sweepAll(ctx, pictures, nothing, int64(sweepAtOnce), nothing)
}

// sweepAll runs a statement until it finds less than it may take at once.
func (s *Service) sweepAll(ctx context.Context, statement string, args ...any) error {
	for n := int64(sweepAtOnce); n >= sweepAtOnce; {
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if err := tx.Lock(ctx, "linkpreview"); err != nil {
				return err
			}
			n, err = tx.Exec(ctx, statement, args...)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget previews: %w", err)
		}
	}
	return nil
}
