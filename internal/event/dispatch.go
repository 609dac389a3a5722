package event

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// The numbers of delivery. They are explained in docs/limits.md.
const (
	maxFailures  = 12               // attempts before a delivery is put aside
	fetchSize    = 128              // deliveries read, and recorded as sent, at once
	keepSent     = 72 * time.Hour   // how long a finished delivery is kept
	sweepEvery   = time.Hour        // how often finished deliveries are looked over
	leaseTime    = 15 * time.Second // how long one process may deliver before it says again that it lives
	leaseWait    = 3 * time.Second  // how often a process looks whether the one that delivers has died
	holdTime     = time.Minute      // how long to leave a handler alone whose application cannot be signed for yet
	maxFirstWait = 4 * time.Hour    // the longest wait between two attempts
)

// The states of a delivery.
const (
	statePending = 0
	stateSent    = 1
	stateDead    = 2 // failed too often
)

// Signer tells a handler on whose behalf it is called.
type Signer interface {
	// Auth returns the block "auth" of an event for a user: who the portal is, the application's token, and, unless userID
	// is 0 or the application is gone, fresh access and refresh tokens of that user.
	Auth(ctx context.Context, appID, userID int64) (phpform.Value, error)
	// Portal returns that block for a receiver that is no application: who the portal is, and token as application_token.
	Portal(ctx context.Context, token string) (phpform.Value, error)
}

// Dispatcher sends what a Service recorded. One runs for each portal.
type Dispatcher struct {
	service *Service
	signer  Signer
	client  *http.Client
	log     *slog.Logger
	holder  string // names this process in the lease

	mu      sync.Mutex
	running map[int64]*laneState
	closed  bool
	wg      sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
	leaseMu sync.Mutex
	leased  time.Time // until when this process holds the lease (PostgreSQL)
}

// laneState is a lane that a goroutine works on.
type laneState struct {
	again bool          // something was recorded since the goroutine looked
	kick  chan struct{} // ends a wait early
}

// NewDispatcher returns a dispatcher that posts with client, or with one of its own, under the zero Policy, when client is
// nil.
func NewDispatcher(s *Service, signer Signer, client *http.Client, log *slog.Logger) *Dispatcher {
	if client == nil {
		client = NewClient(Policy{})
	}
	d := &Dispatcher{
		service: s, signer: signer, client: client, log: log, holder: rand.Text(), running: map[int64]*laneState{},
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Start begins to deliver: what an earlier run left, what is recorded from now on, and what other processes record.
func (d *Dispatcher) Start() {
	d.service.mu.Lock()
	d.service.wake = d.wake
	d.service.mu.Unlock()
	d.service.db.Watch(d.scan)
	d.wg.Go(d.sweep)
	d.scan()
}

// Close stops after the requests under way have been answered or given up. What was not sent stays recorded.
func (d *Dispatcher) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.wg.Wait()
	d.release()
	d.client.CloseIdleConnections()
}

// release gives up the lease, so that another process takes over at once. One that cannot be given up ends by itself.
func (d *Dispatcher) release() {
	if d.leased.IsZero() {
		return
	}
	ctx := context.WithoutCancel(d.ctx)
	err := d.service.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM event_lease WHERE name = 'deliver' AND holder = ?", d.holder)
		return err
	})
	if err != nil {
		d.log.Warn("lease not given up", "error", err)
	}
}

// scan wakes every lane that has something to send.
func (d *Dispatcher) scan() {
	var ids []int64
	err := d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(d.ctx, `SELECT id FROM event_lane l
			WHERE EXISTS (SELECT 1 FROM event_delivery d WHERE d.lane_id = l.id AND d.state = 0)`)
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
	if err != nil && d.ctx.Err() == nil {
		d.log.Error("look for deliveries", "error", err)
	}
	for _, id := range ids {
		d.wake(id)
	}
}

// wake makes sure that a goroutine looks at the lane after this moment.
func (d *Dispatcher) wake(lane int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if st := d.running[lane]; st != nil {
		st.again = true
		return
	}
	st := &laneState{kick: make(chan struct{}, 1)}
	d.running[lane] = st
	d.wg.Go(func() { d.run(lane, st) })
}

// Retry ends the wait of a lane that failed: the next attempt is made now.
func (d *Dispatcher) Retry(appID int64, url string) {
	id, ok := d.service.lanes.Load(laneKey{appID, url})
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if st := d.running[id.(int64)]; st != nil {
		select {
		case st.kick <- struct{}{}:
		default:
		}
	}
}

// done reports whether the lane's goroutine may end: nothing was recorded since it looked.
func (d *Dispatcher) done(lane int64, st *laneState) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if st.again && d.ctx.Err() == nil {
		st.again = false
		return false
	}
	delete(d.running, lane)
	return true
}

// run works on a lane until nothing is left to send.
func (d *Dispatcher) run(id int64, st *laneState) {
	for {
		wait, err := d.work(id)
		if err != nil && d.ctx.Err() == nil {
			d.log.Error("deliver events", "lane", id, "error", err)
			wait = max(wait, time.Second)
		}
		if wait > 0 && d.pause(wait, st) {
			continue
		}
		if d.done(id, st) {
			return
		}
	}
}

// pause waits for d, or less when the lane is kicked. It reports false when the dispatcher closes.
func (d *Dispatcher) pause(wait time.Duration, st *laneState) bool {
	t := d.service.clock.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C():
		return true
	case <-st.kick:
		return true
	case <-d.ctx.Done():
		return false
	}
}

// lease makes sure that no other process delivers for this portal. SQLite has one server, so only PostgreSQL needs it.
func (d *Dispatcher) lease() (bool, error) {
	s := d.service
	if s.db.Dialect() != db.Postgres {
		return true, nil
	}
	d.leaseMu.Lock()
	defer d.leaseMu.Unlock()
	now := s.clock.Now()
	if now.Before(d.leased.Add(-leaseTime / 2)) {
		return true, nil
	}
	until := now.Add(leaseTime)
	var n int64
	err := s.db.Write(d.ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(d.ctx, `INSERT INTO event_lease (name, holder, until) VALUES ('deliver', ?, ?)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE event_lease.holder = excluded.holder OR event_lease.until < ?`, d.holder, db.Micro(until), db.Micro(now))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("lease: %w", err)
	}
	if n > 0 {
		d.leased = until
	}
	return n > 0, nil
}

// sweep forgets finished deliveries that are old enough, a few at a time.
func (d *Dispatcher) sweep() {
	for {
		before := db.Micro(d.service.clock.Now().Add(-keepSent))
		err := d.service.db.Write(d.ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(d.ctx, `DELETE FROM event_delivery WHERE id IN (
				SELECT id FROM event_delivery WHERE state <> 0 AND sent_at < ? ORDER BY sent_at LIMIT 5000)`, before)
			return err
		})
		if err != nil && d.ctx.Err() == nil {
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
