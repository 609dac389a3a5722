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
	maxFailures   = 12               // attempts before a delivery is put aside
	fetchSize     = 128              // deliveries read, and recorded as sent, at once
	sweepEvery    = time.Hour        // how often finished deliveries are looked over
	leaseTime     = 15 * time.Second // how long one process may deliver before it says again that it lives
	leaseWait     = 3 * time.Second  // how often a process looks whether the one that delivers has died
	holdTime      = time.Minute      // how long to leave a handler alone whose application cannot be signed for yet
	maxFirstWait  = 4 * time.Hour    // the longest wait between two attempts
	pauseAfter    = 24 * time.Hour   // how long nothing has gone well before a handler is paused
	pauseFailures = 20               // and how many attempts in a row failed in that time
	probeEvery    = 6 * time.Hour    // how often a handler that was paused so is tried again
)

// Signer tells a handler on whose behalf it is called.
type Signer interface {
	// Auth returns the block "auth" of an event for a user: who the portal is, the application's token, and, unless userID
	// is 0 or the application is gone, fresh access and refresh tokens of that user.
	Auth(ctx context.Context, appID, userID int64) (phpform.Value, error)
	// Portal returns that block for a receiver that is no application: who the portal is, and token as application_token.
	Portal(ctx context.Context, token string) (phpform.Value, error)
	// Hook returns that block for an outbound webhook. It fails with a fault NotFound when the webhook is gone.
	Hook(ctx context.Context, hookID int64) (phpform.Value, error)
	// SigningKeys returns the secrets that requests to an application, or else to an outbound webhook, are signed with: none,
	// or the present one and, while it is replaced, the one before.
	SigningKeys(ctx context.Context, appID, hookID int64) ([]string, error)
}

// Dispatcher sends what a Service recorded. One runs for each portal.
type Dispatcher struct {
	service *Service
	signer  Signer
	client  *http.Client // nil: clients
	clients *clients
	log     *slog.Logger
	holder  string // names this process in the lease
	observe func(outcome string, took time.Duration)

	reminder chan struct{} // ends the wait of tellLate

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
	again  bool          // something was recorded since the goroutine looked
	halted bool          // the lane was paused since the goroutine looked
	until  time.Time     // what it waits for; zero when it does not wait
	kick   chan struct{} // ends a wait early
}

var _ sender = (*Dispatcher)(nil)

// NewDispatcher returns a dispatcher that posts with client. When client is nil it has its own, which go where the settings of
// the service let them.
func NewDispatcher(s *Service, signer Signer, client *http.Client, log *slog.Logger) *Dispatcher {
	d := &Dispatcher{
		service: s, signer: signer, client: client, clients: &clients{service: s}, log: log, holder: rand.Text(),
		running: map[int64]*laneState{}, reminder: make(chan struct{}, 1),
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Within makes the dispatcher's own clients go nowhere that base does not let them, whatever the portal's settings say. It
// must be called before Start.
func (d *Dispatcher) Within(base Policy) { d.clients.base = base }

// Observe names a function that is told of each attempt and its outcome: "sent", "failed" or "dead". It is called before Start.
func (d *Dispatcher) Observe(f func(outcome string, took time.Duration)) { d.observe = f }

// Start begins to deliver: what an earlier run left, what is recorded from now on, and what other processes record.
func (d *Dispatcher) Start() {
	d.service.mu.Lock()
	d.service.sender = d
	d.service.mu.Unlock()
	d.service.db.Watch(d.scan)
	d.wg.Go(d.sweep)
	d.wg.Go(d.tellLate)
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
	d.clients.close()
	if d.client != nil {
		d.client.CloseIdleConnections()
	}
}

// release gives up the lease, so that another process takes over at once. One that cannot be given up ends by itself.
func (d *Dispatcher) release() {
	if d.leased.IsZero() {
		return
	}
	ctx := context.WithoutCancel(d.ctx)
	err := d.service.db.Write(ctx, func(tx *db.Tx) error {
		err := tx.Later(ctx, "DELETE FROM event_lease WHERE name = 'deliver' AND holder = ?", d.holder)
		return err
	})
	if err != nil {
		d.log.Warn("lease not given up", "error", err)
	}
}

// waiting is a lane that has something to send.
type waiting struct {
	id        int64
	notBefore time.Time
	paused    pauseKind
}

// scan brings every lane that has something to send to what the database says: another process may have recorded, paused,
// resumed or put back.
func (d *Dispatcher) scan() {
	d.remind()
	lanes, err := d.waiting()
	if err != nil && d.ctx.Err() == nil {
		d.log.Error("look for deliveries", "error", err)
	}
	for _, l := range lanes {
		if l.paused == pausedByPerson {
			d.halt(l.id)
			continue
		}
		d.wake(l.id)
		d.hurry(l)
	}
}

func (d *Dispatcher) waiting() (out []waiting, err error) {
	err = d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(d.ctx, `SELECT id, not_before, paused_how FROM event_lane l
			WHERE EXISTS (SELECT 1 FROM event_delivery d WHERE d.lane_id = l.id AND d.state = 0)`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var l waiting
			var notBefore int64
			if err := rows.Scan(&l.id, &notBefore, &l.paused); err != nil {
				return err
			}
			l.notBefore = db.Time(notBefore)
			out = append(out, l)
		}
		return rows.Err()
	})
	return out, err
}

// hurry ends the wait of a lane that waits longer than it has to.
func (d *Dispatcher) hurry(l waiting) {
	d.mu.Lock()
	st := d.running[l.id]
	late := st != nil && st.until.After(l.notBefore)
	d.mu.Unlock()
	if late {
		d.kick(l.id)
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

// kick ends the wait of a lane: the next attempt is made now, if the database lets it.
func (d *Dispatcher) kick(lane int64) {
	d.wake(lane)
	d.mu.Lock()
	defer d.mu.Unlock()
	if st := d.running[lane]; st != nil {
		select {
		case st.kick <- struct{}{}:
		default:
		}
	}
}

// halt makes the goroutine of a lane stop after the request under way and look at the database again.
func (d *Dispatcher) halt(lane int64) {
	d.mu.Lock()
	st := d.running[lane]
	if st != nil {
		st.halted, st.again = true, true
	}
	d.mu.Unlock()
	if st != nil {
		select {
		case st.kick <- struct{}{}:
		default:
		}
	}
}

// unhalt notes that the goroutine of a lane is about to look at the database.
func (d *Dispatcher) unhalt(lane int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if st := d.running[lane]; st != nil {
		st.halted = false
	}
}

// halted reports whether a lane was paused since its goroutine looked.
func (d *Dispatcher) halted(lane int64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	st := d.running[lane]
	return st != nil && st.halted
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
	d.waits(st, d.service.clock.Now().Add(wait))
	defer d.waits(st, time.Time{})
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

func (d *Dispatcher) waits(st *laneState, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	st.until = until
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
