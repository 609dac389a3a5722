package db

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// NoticeTime is how soon, at the latest, the writes of another process are noticed on a machine that is not overloaded.
const NoticeTime = 300 * time.Millisecond

// watchEvery is how often a database looks for the writes of others.
const watchEvery = 200 * time.Millisecond

// watchers are the functions to call when another process has written.
type watchers struct {
	mu    sync.Mutex
	funcs []func()
	stopf context.CancelFunc
	done  chan struct{}
}

// Watch calls f, from a goroutine of the database, soon after another process has written: the command line beside a
// server, or another server on the same PostgreSQL database. f gets no detail: it looks for itself.
func (d *DB) Watch(f func()) {
	d.hub.mu.Lock()
	defer d.hub.mu.Unlock()
	d.hub.funcs = append(d.hub.funcs, f)
	if d.hub.stopf != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, _ = d.engine.changed(ctx) // what was there before is not a change; an error shows again at the next look
	d.hub.stopf, d.hub.done = cancel, make(chan struct{})
	go d.poll(ctx)
}

func (d *DB) poll(ctx context.Context) {
	defer close(d.hub.done)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		changed, err := d.engine.changed(ctx)
		if err != nil || !changed {
			continue
		}
		d.hub.mu.Lock()
		funcs := d.hub.funcs
		d.hub.mu.Unlock()
		for _, f := range funcs {
			f()
		}
	}
}

func (w *watchers) stop() {
	w.mu.Lock()
	cancel, done := w.stopf, w.done
	w.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-done
}

// newProcessID names this process among those on one database.
func newProcessID() string { return rand.Text() }
