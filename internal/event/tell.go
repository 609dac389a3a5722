package event

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// MaxMinTimeout is the longest time between two ONOFFLINEEVENT that a binding may ask for, in seconds.
const MaxMinTimeout = 24 * 60 * 60

// listener is a handler of ONOFFLINEEVENT.
type listener struct {
	Binding

	createdBy    int64
	told, tell   int64 // microseconds: when it was last told, and when it has to be told next; 0 for never
	toldRequest  string
	betweenTolds time.Duration
}

// announceTx tells the handlers of an application that its queue has grown. One that was told a moment ago is told again
// when its time between two notifications is over; one without such a time is told once in a request.
func (s *Service) announceTx(ctx context.Context, tx *db.Tx, appID, userID int64) error {
	listeners, err := listenersTx(ctx, tx, "WHERE app_id = ? AND event = ? AND offline = 0 ORDER BY id", appID, OfflineEvent)
	if err != nil {
		return err
	}
	now, request := s.clock.Now(), s.originOf(ctx).Request
	for _, l := range listeners {
		next := db.Time(l.told).Add(l.betweenTolds)
		switch {
		case l.betweenTolds == 0 && request != "" && request == l.toldRequest, l.tell != 0:
			continue
		case l.told != 0 && l.betweenTolds > 0 && now.Before(next):
			err = tx.Later(ctx, "UPDATE event_binding SET tell_at = ? WHERE id = ?", db.Micro(next), l.ID)
			tx.AfterCommit(func() { s.tell(func(to sender) { to.remind() }) })
		default:
			err = s.tellTx(ctx, tx, l, userID, request)
		}
		if err != nil {
			return fmt.Errorf("announce: %w", err)
		}
	}
	return nil
}

// tellTx sends ONOFFLINEEVENT to a handler. It carries no data.
func (s *Service) tellTx(ctx context.Context, tx *db.Tx, l listener, userID int64, request string) error {
	err := tx.Later(ctx, "UPDATE event_binding SET told_at = ?, tell_at = 0, told_hit = ? WHERE id = ?", db.Micro(s.clock.Now()), request, l.ID)
	if err != nil {
		return err
	}
	if l.AuthUser != 0 {
		userID = l.AuthUser
	}
	return s.SendTx(ctx, tx, Delivery{
		AppID: l.AppID, URL: l.Handler, Name: OfflineEvent, UserID: userID, Data: phpform.ListOf(), bindingID: l.ID,
	})
}

func listenersTx(ctx context.Context, tx *db.Tx, where string, args ...any) (out []listener, err error) {
	rows, err := tx.Query(ctx, `SELECT id, app_id, event, handler, auth_user, created_by, min_timeout, told_at, tell_at, told_hit
		FROM event_binding `+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var l listener
		var seconds int64
		if err := rows.Scan(&l.ID, &l.AppID, &l.Event, &l.Handler, &l.AuthUser, &l.createdBy, &seconds, &l.told, &l.tell, &l.toldRequest); err != nil {
			return nil, err
		}
		l.betweenTolds = time.Duration(seconds) * time.Second
		out = append(out, l)
	}
	return out, rows.Err()
}

// remind makes the dispatcher look when the next handler has to be told.
func (d *Dispatcher) remind() {
	select {
	case d.reminder <- struct{}{}:
	default:
	}
}

// tellLate tells handlers of ONOFFLINEEVENT whose time has come.
func (d *Dispatcher) tellLate() {
	for d.ctx.Err() == nil {
		wait, err := d.service.tellDue(d.ctx)
		if err != nil && d.ctx.Err() == nil {
			d.log.Error("tell of offline events", "error", err)
			wait = time.Minute
		}
		if wait <= 0 { // nobody has to be told
			select {
			case <-d.reminder:
			case <-d.ctx.Done():
			}
			continue
		}
		t := d.service.clock.NewTimer(wait)
		select {
		case <-t.C():
		case <-d.reminder:
		case <-d.ctx.Done():
		}
		t.Stop()
	}
}

// tellDue tells the handlers whose time has come and returns how long it is until that of the next one; 0 when there is none.
func (s *Service) tellDue(ctx context.Context) (wait time.Duration, err error) {
	var next int64
	look := func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COALESCE(MIN(tell_at), 0) FROM event_binding WHERE tell_at <> 0").Scan(&next)
	}
	if err := s.db.Read(ctx, look); err != nil || next == 0 {
		return 0, err
	}
	now := s.clock.Now()
	if wait := db.Time(next).Sub(now); wait > 0 {
		return wait, nil
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "event_tell"); err != nil {
			return err
		}
		due, err := listenersTx(ctx, tx, "WHERE tell_at <> 0 AND tell_at <= ? ORDER BY id", db.Micro(now))
		if err != nil {
			return err
		}
		for _, l := range due {
			if err := s.tellTx(ctx, tx, l, l.createdBy, ""); err != nil {
				return err
			}
		}
		return look(tx)
	})
	if err != nil || next == 0 {
		return 0, err
	}
	return max(db.Time(next).Sub(now), 1), nil
}
