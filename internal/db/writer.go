package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxGroup bounds how many writes share one commit, so that the first of them does not wait too long.
const maxGroup = 256

// maxCommits bounds how many transactions wait for the disk; the writer waits before it commits more.
const maxCommits = 64

// session is the connection that a writer writes on.
type session interface {
	runner
	close()
}

// delaying is where a statement whose answer nobody needs may wait for the next one.
type delaying interface {
	later(ctx context.Context, query string, args []any) error
}

// pipelined is a session whose statements may wait for the next one.
type pipelined interface {
	delaying
	settle(ctx context.Context) error // sends what waits
	forget()                          // drops what waits
	commit(ctx context.Context) error // sends COMMIT behind what waits
}

// writerConfig is what the two databases do differently.
type writerConfig struct {
	dialect Dialect
	begin   string // the statement that begins a transaction
	// open opens the connection, and opens it anew after it broke.
	open func(context.Context) (session, error)
	// spoiled reports whether a statement has failed in a way that lets no other run in the transaction; nil: that cannot
	// happen.
	spoiled func(session) bool
	// retryable reports whether the database undid a write through no fault of its own.
	retryable func(error) bool
	observe   func(writes int, took time.Duration) // Config.OnCommit
	committed func()                               // runs after each commit; nil: nothing
	lost      func()                               // runs where nobody knows whether the disk has what was committed; nil: that cannot be
	rest      func(session)                        // runs when the writer has had nothing to do for a while after it wrote; nil: nothing
	lanes     *lanes                               // on which writes take turns; nil: they run one after another
}

// writer runs writes one after another on its connection, grouped into transactions.
type writer struct {
	writerConfig
	conn  session     // nil: to be opened; used by the loop only
	notes map[any]any // what the transaction has noted, whichever job did
	back  *job        // was taken from the queue too early, and is the next

	mu     sync.RWMutex // guards closed against sends on queue
	closed bool
	queue  chan *job
	done   chan struct{}

	commits      chan committed // wait for the disk, in the order of their commits
	acknowledged chan struct{}  // nobody waits for the disk any more
}

// job is one caller's write. Its caller waits for finished.
type job struct {
	fn        func(*Tx) error
	turns     bool                // fn takes turns with others that do
	alone     func(session) error // instead of fn: runs outside a transaction
	committed []func()
	after     []func()
	err       error
	panicked  any
	finished  chan struct{}
}

func newWriter(conn session, c writerConfig) *writer {
	w := &writer{
		writerConfig: c, conn: conn, queue: make(chan *job, maxGroup), done: make(chan struct{}),
		commits: make(chan committed, maxCommits), acknowledged: make(chan struct{}),
	}
	go w.loop()
	go w.acknowledge()
	return w
}

func (w *writer) submit(ctx context.Context, fn func(*Tx) error) error {
	return w.enqueue(ctx, &job{fn: fn, finished: make(chan struct{})})
}

func (w *writer) submitInTurns(ctx context.Context, fn func(*Tx) error) error {
	return w.enqueue(ctx, &job{fn: fn, turns: w.lanes != nil, finished: make(chan struct{})})
}

func (w *writer) outside(ctx context.Context, fn func(session) error) error {
	return w.enqueue(ctx, &job{alone: fn, finished: make(chan struct{})})
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
	<-w.acknowledged
}

func (w *writer) loop() {
	defer close(w.done)
	defer close(w.commits)
	defer w.drop()
	quiet := time.NewTimer(restTime)
	defer quiet.Stop()
	for wrote := false; ; {
		for j := w.back; j != nil; j = w.back {
			w.back = nil
			w.group(j)
		}
		select {
		case j, ok := <-w.queue:
			if !ok {
				return
			}
			if j.alone != nil {
				j.err = j.alone(w.conn)
				close(j.finished)
				continue
			}
			w.group(j)
			wrote = true
			quiet.Reset(restTime)
		case <-quiet.C:
			if wrote && w.rest != nil && w.conn != nil {
				w.rest(w.conn)
			}
			wrote = false
		}
	}
}

// restTime is how long the writer must have had nothing to do before it rests.
const restTime = 200 * time.Millisecond

// drop closes the connection; the next write opens another.
func (w *writer) drop() {
	if w.conn == nil {
		return
	}
	if d := w.disk(); d != nil {
		w.commits <- committed{disk: d}
	}
	w.conn.close()
	w.conn = nil
}

// group runs first and what else is waiting in one transaction.
//
// It runs them without savepoints, since nearly all succeed and a savepoint costs as much as a statement. When one fails
// after it has written, all of it is undone and the same jobs run again, each behind a savepoint this time.
func (w *writer) group(first *job) {
	began := time.Now()
	if d := w.disk(); d != nil && d.failed.Load() {
		w.drop()
	}
	jobs, later, err := w.optimistic(first)
	if errors.Is(err, errUndone) {
		err = w.careful(jobs)
	}
	if err == nil {
		remember(jobs)
	}
	c := committed{disk: w.disk(), jobs: jobs, began: began}
	if c.disk != nil && err == nil {
		w.commits <- c
	} else {
		w.conclude(c, err)
	}
	if later != nil {
		later.err = later.alone(w.conn)
		close(later.finished)
	}
}

// errUndone says that a job failed after it had written, and took the others of its transaction with it.
var errUndone = errors.New("a write in the group failed")

// optimistic runs first and what else is waiting. later is a job that has to run outside of it.
func (w *writer) optimistic(first *job) (jobs []*job, later *job, err error) {
	if err := w.beginSoon(); err != nil {
		return []*job{first}, nil, err
	}
	undone := false
	for j := first; j != nil && later == nil && !undone; {
		switch {
		case j.alone != nil:
			later = j
		case j.turns: // those that come meanwhile have the next transaction: nobody waits for more than one round
			var done []*job
			done, undone = w.round(w.gather(j))
			return append(jobs, done...), nil, w.end(undone)
		default:
			jobs = append(jobs, j)
			undone = w.run(j, nil)
			if j = nil; len(jobs) < maxGroup && !undone {
				j = w.next()
			}
		}
	}
	return jobs, later, w.end(undone)
}

// next returns what is waiting; nil: nothing is.
func (w *writer) next() *job {
	select {
	case j := <-w.queue: // nil where the queue is closed
		return j
	default:
		return nil
	}
}

// gather returns first and what else is waiting that takes turns, up to the first that does not.
func (w *writer) gather(first *job) []*job {
	jobs := []*job{first}
	for len(jobs) < maxTurns {
		j := w.next()
		if j == nil {
			break
		}
		if !j.turns {
			w.back = j
			break
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// end commits; or it undoes everything and returns errUndone.
func (w *writer) end(undone bool) error {
	if undone {
		return errors.Join(errUndone, w.rollback())
	}
	return w.commit()
}

// careful runs jobs in one transaction, each behind a savepoint that is opened by its first statement that writes.
func (w *writer) careful(jobs []*job) error {
	if err := w.begin(); err != nil {
		return err
	}
	for _, j := range jobs {
		for attempt := 1; ; attempt++ {
			undone, err := w.runSaved(j)
			if err != nil { // SQLite ends the transaction by itself when the disk is full: the others hear why
				return errors.Join(j.err, err, w.rollback())
			}
			if !undone || attempt == maxAttempts || !w.retryable(j.err) {
				break
			}
		}
	}
	return w.commit()
}

// maxAttempts bounds how often a write runs again after the database chose it as the victim of a deadlock.
const maxAttempts = 10

// runSaved runs a job behind a savepoint and undoes it when it fails.
func (w *writer) runSaved(j *job) (undone bool, err error) {
	saved := false
	save := func() error {
		saved = true
		return w.exec("SAVEPOINT w")
	}
	if w.spoiled != nil { // a failed read has to be undone as well
		if err := save(); err != nil {
			return false, err
		}
		save = nil
	}
	undone = w.run(j, save)
	if undone {
		w.forget()
	} else if err := w.settle(); err != nil {
		j.err, undone = err, true
	}
	if undone {
		clear(w.notes)
		if err := w.exec("ROLLBACK TO SAVEPOINT w"); err != nil {
			return true, err
		}
	}
	if saved {
		err = w.exec("RELEASE SAVEPOINT w")
	}
	return undone, err
}

// run runs one caller's function. It reports whether the function failed after it had begun to write. beforeWrite, where there
// is one, runs ahead of the first statement that writes.
func (w *writer) run(j *job, beforeWrite func() error) (undone bool) {
	undone = w.runOn(j, &Tx{dialect: w.dialect, run: w.conn, notes: w.notes}, beforeWrite)
	return undone || w.spoiled != nil && w.spoiled(w.conn)
}

func (w *writer) runOn(j *job, tx *Tx, beforeWrite func() error) (undone bool) {
	wrote := false
	tx.beforeWrite = func() error {
		wrote = true
		if beforeWrite == nil {
			return nil
		}
		return beforeWrite()
	}
	j.err, j.panicked = nil, nil
	defer func() {
		j.panicked = recover()
		j.committed, j.after = tx.committed, tx.after
		undone = wrote && (j.err != nil || j.panicked != nil)
	}()
	j.err = j.fn(tx)
	return false // the deferred function knows better
}

func (w *writer) exec(statement string) error {
	if _, err := w.conn.exec(context.Background(), statement, nil); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// begin begins a transaction, on a new connection where the old one is gone.
func (w *writer) begin() error {
	w.notes = map[any]any{}
	if w.conn != nil {
		err := w.exec(w.writerConfig.begin)
		if err == nil || w.open == nil {
			return err
		}
		w.drop()
	}
	conn, err := w.open(context.Background())
	if err != nil {
		return fmt.Errorf("open writer: %w", err)
	}
	w.conn = conn
	return w.exec(w.writerConfig.begin)
}

// beginSoon is begin that lets the first statement bring the beginning with it, where the connection can do that.
func (w *writer) beginSoon() error {
	p, ok := w.conn.(pipelined)
	if !ok {
		return w.begin()
	}
	w.notes = map[any]any{}
	return p.later(context.Background(), w.writerConfig.begin, nil)
}

// settle sends what waits, so that its failure is that of who wrote it.
func (w *writer) settle() error {
	if p, ok := w.conn.(pipelined); ok {
		return p.settle(context.Background())
	}
	return nil
}

// forget drops what waits.
func (w *writer) forget() {
	if p, ok := w.conn.(pipelined); ok {
		p.forget()
	}
}

// rollback undoes everything since begin. A connection on which that fails is not used again.
func (w *writer) rollback() error {
	w.forget()
	err := w.exec("ROLLBACK")
	if err != nil && w.open != nil {
		w.drop()
	}
	return err
}

// commit commits, or undoes what cannot be committed. It is errUndone where one of the jobs had left a statement that failed now.
func (w *writer) commit() error {
	err := w.execCommit()
	if e := (earlierError{}); errors.As(err, &e) {
		return errors.Join(errUndone, err, w.rollback())
	}
	if err != nil {
		return errors.Join(err, w.rollback())
	}
	if w.committed != nil {
		w.committed()
	}
	return nil
}

func (w *writer) execCommit() error {
	p, ok := w.conn.(pipelined)
	if !ok {
		return w.exec("COMMIT")
	}
	if err := p.commit(context.Background()); err != nil {
		return fmt.Errorf("COMMIT: %w", err)
	}
	return nil
}

// remember runs what the writes of a transaction have registered for its commit.
func remember(jobs []*job) {
	for _, j := range jobs {
		if j.err == nil && j.panicked == nil {
			runAll(j.committed)
		}
	}
}

func runAll(all []func()) {
	for _, f := range all {
		f()
	}
}

// finish lets the callers go. err is what became of the transaction they shared.
func finish(jobs []*job, err error) {
	for _, j := range jobs {
		if err != nil && j.panicked == nil && j.err == nil {
			j.err = err
		}
		if j.err == nil && j.panicked == nil {
			runAll(j.after)
		}
		close(j.finished)
	}
}
