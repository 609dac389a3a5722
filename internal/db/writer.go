package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// maxGroup bounds how many writes share one commit, so that the first of them does not wait too long.
const maxGroup = 256

// writer runs writes one after another on its connection, grouped into transactions.
type writer struct {
	conn    *sqliteConn
	version int64 // data_version at the last look; used by the loop only

	mu     sync.RWMutex // guards closed against sends on queue
	closed bool
	queue  chan *job
	done   chan struct{}
}

// job is one caller's write. Its caller waits for finished.
type job struct {
	ctx      context.Context
	fn       func(*Tx) error
	alone    func(*sqliteConn) error // instead of fn: runs outside a transaction
	after    []func()
	err      error
	panicked any
	finished chan struct{}
}

func newWriter(conn *sqliteConn) *writer {
	w := &writer{conn: conn, queue: make(chan *job, maxGroup), done: make(chan struct{})}
	go w.loop()
	return w
}

func (w *writer) submit(ctx context.Context, fn func(*Tx) error) error {
	// A started statement is not interrupted: it shares its transaction with other callers.
	return w.enqueue(ctx, &job{ctx: context.WithoutCancel(ctx), fn: fn, finished: make(chan struct{})})
}

func (w *writer) outside(ctx context.Context, fn func(*sqliteConn) error) error {
	return w.enqueue(ctx, &job{ctx: ctx, alone: fn, finished: make(chan struct{})})
}

func (w *writer) enqueue(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return ErrClosed
	}
	w.queue <- j
	w.mu.RUnlock()
	<-j.finished
	if j.panicked != nil {
		panic(j.panicked)
	}
	return j.err
}

func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *writer) loop() {
	defer close(w.done)
	defer w.conn.close()
	for j := range w.queue {
		if j.alone != nil {
			j.err = j.alone(w.conn)
			close(j.finished)
			continue
		}
		w.group(j)
	}
}

// group runs first and what else is waiting in one transaction.
func (w *writer) group(first *job) {
	ctx := context.Background()
	jobs := []*job{first}
	if _, err := w.conn.exec(ctx, "BEGIN IMMEDIATE", nil); err != nil {
		finish(jobs, fmt.Errorf("begin write: %w", err))
		return
	}
	w.runJob(first)
	var later *job
collect:
	for len(jobs) < maxGroup {
		select {
		case j, ok := <-w.queue:
			if !ok {
				break collect
			}
			if j.alone != nil {
				later = j
				break collect
			}
			jobs = append(jobs, j)
			w.runJob(j)
		default:
			break collect
		}
	}
	if _, err := w.conn.exec(ctx, "COMMIT", nil); err != nil {
		_, rerr := w.conn.exec(ctx, "ROLLBACK", nil)
		finish(jobs, fmt.Errorf("commit: %w", errors.Join(err, rerr)))
	} else {
		finish(jobs, nil)
	}
	if later != nil {
		later.err = later.alone(w.conn)
		close(later.finished)
	}
}

// runJob runs one caller's function behind a savepoint, which is opened by its first statement that writes.
func (w *writer) runJob(j *job) {
	ctx, saved := j.ctx, false
	tx := &Tx{dialect: SQLite, run: w.conn, beforeWrite: func() error {
		if _, err := w.conn.exec(ctx, "SAVEPOINT w", nil); err != nil {
			return fmt.Errorf("savepoint: %w", err)
		}
		saved = true
		return nil
	}}
	defer func() {
		if p := recover(); p != nil {
			j.panicked = p
		}
		switch {
		case !saved:
		case j.err != nil || j.panicked != nil:
			if _, err := w.conn.exec(ctx, "ROLLBACK TO w", nil); err != nil {
				j.err = errors.Join(j.err, fmt.Errorf("roll back: %w", err))
			}
			_, _ = w.conn.exec(ctx, "RELEASE w", nil)
		default:
			if _, err := w.conn.exec(ctx, "RELEASE w", nil); err != nil {
				j.err = fmt.Errorf("release: %w", err)
			}
		}
		j.after = tx.after
	}()
	j.err = j.fn(tx)
}

// finish lets the callers go. err is what became of the transaction they shared.
func finish(jobs []*job, err error) {
	for _, j := range jobs {
		if err != nil && j.panicked == nil && j.err == nil {
			j.err = err
		}
		if j.err == nil && j.panicked == nil {
			for _, f := range j.after {
				f()
			}
		}
		close(j.finished)
	}
}
