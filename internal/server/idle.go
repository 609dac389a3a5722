package server

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// A server with many portals has those open that somebody uses or in which something is due. The directory knows for each when
// that is: a portal that is open says "at once", so that its work is taken up again after a crash; one that is closed says
// when its next delivery or timer is.

const (
	// idleAfter is how long nobody must have used a portal before it is closed.
	idleAfter = 5 * time.Minute
	// idleCheck is how often a server looks for portals to close and, at the latest, for portals to open.
	idleCheck = 30 * time.Second
	// dueSoon is how long ahead of the next thing to do a portal stays open for it.
	dueSoon = time.Minute
)

// at1 stands for "at once" in the directory.
const at1 = 1

// SetDue notes when a server must open a portal by itself: the zero time is never; one that is over is at once.
func (d *Directory) SetDue(ctx context.Context, id int64, due time.Time) error {
	at := db.Micro(due)
	if !due.IsZero() && !due.After(d.clock.Now()) {
		at = at1
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE portal SET due_at = ? WHERE id = ? AND due_at <> ?", at, id, at)
		return err
	})
}

// Wake makes a server open a portal soon: something was recorded in it.
func (d *Directory) Wake(ctx context.Context, id int64) error {
	return d.SetDue(ctx, id, d.clock.Now())
}

// Due returns the portals that a server must open now, those included that nobody has prepared, and when the next one
// is due; the zero time when none is.
func (d *Directory) Due(ctx context.Context) (ids []int64, next time.Time, err error) {
	now := db.Micro(d.clock.Now())
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		var at int64
		err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(due_at), 0) FROM portal WHERE due_at > ?", now).Scan(&at)
		if err != nil {
			return err
		}
		next = db.Time(at)
		rows, err := tx.Query(ctx, `SELECT id FROM portal
			WHERE due_at > 0 AND due_at <= ? AND (prepared_at <> 0 OR claimed_until < ?) ORDER BY id`, now, now)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("look for what is due: %w", err)
	}
	return ids, next, nil
}

// wakeDue opens the portals in which something is due, closes those again in which there is nothing after all, and returns when
// to look again.
func (s *server) wakeDue() (wait time.Duration) {
	ids, next, err := s.directory.Due(s.background)
	if err != nil {
		s.log.Error("look for portals to open", "error", err)
		return idleCheck
	}
	slots := s.hosts.Load().byID
	for _, id := range ids {
		sl := slots[id]
		if sl == nil || sl.open.Load() != nil || s.stopping.Err() != nil {
			continue
		}
		o, err := s.use(sl)
		if err != nil {
			continue // logged; tried again at the next look
		}
		o.release(s.clock.Now())
		if len(slots) > 1 && s.config.IdleAfter > 0 {
			s.closeIdle(sl, 0)
		}
	}
	if next.IsZero() {
		return idleCheck
	}
	return min(max(next.Sub(s.clock.Now()), time.Millisecond), idleCheck)
}

// watch opens and closes portals until the server stops.
func (s *server) watch() {
	for {
		wait := s.wakeDue()
		t := s.clock.NewTimer(wait)
		select {
		case <-t.C():
		case <-s.changed:
			t.Stop()
			if err := s.reload(s.background); err != nil {
				s.log.Error("read the list of portals", "error", err)
			}
			continue
		case <-s.stopping.Done():
			t.Stop()
			return
		}
		s.closeUnused()
	}
}

// closeUnused closes the portals that nobody has used for a while. The only one stays open: it is what the server is for.
func (s *server) closeUnused() {
	slots := s.hosts.Load().slots
	if len(slots) < 2 {
		return
	}
	for _, sl := range slots {
		if s.config.IdleAfter > 0 {
			s.closeIdle(sl, s.config.IdleAfter)
		}
	}
	if s.config.DatabaseURL != "" {
		s.stayAwake(slots)
	}
}

// stayAwake says again that the portals are open: another server on the same database may have closed its own and said that
// nothing is due.
func (s *server) stayAwake(slots []*slot) {
	now := s.clock.Now()
	for _, sl := range slots {
		if sl.open.Load() == nil {
			continue
		}
		if err := s.directory.SetDue(s.background, sl.entry.ID, now); err != nil {
			s.log.Warn("note that a portal is open", "error", err)
		}
	}
}
