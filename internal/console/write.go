package console

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// The numbers of writing behind. They are explained in docs/limits.md.
const (
	gatherTime   = 200 * time.Millisecond // how long a call may wait for others to be stored with
	gatherCalls  = 256                    // so many are stored without waiting, and so many at once at most
	queuedCalls  = 4096                   // beyond it calls are missed; failed ones beyond twice as many
	queuedBytes  = 32 << 20
	writeShare   = 3 // storing takes at most one part in so many of the time: the calls themselves come first
	writeRetries = 3 // after so many failures calls are given up
	retryWait    = time.Second
)

// tagBits of an id name the process that gave it, so that two processes seldom give the same one.
const tagBits = 11

// queue holds what was noted and is not stored yet.
type queue struct {
	mu     sync.Mutex
	room   *sync.Cond // of mu: something was stored
	calls  []NewCall  // from head on
	head   int
	bytes  int64
	missed Missed
	noted  int64 // how many were ever put in
	stored int64 // how many of them have been dealt with
	lastID int64
	tag    int64
	open   bool // between Start and Close

	wake chan struct{} // something is there
	full chan struct{} // enough is there
}

func (q *queue) init() {
	q.room = sync.NewCond(&q.mu)
	q.tag = rand.Int64N(1 << tagBits) //nolint:gosec // sets processes apart, no secret
	q.wake, q.full = make(chan struct{}, 1), make(chan struct{}, 1)
}

func (q *queue) start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = false
	q.room.Broadcast()
}

// put adds a call and gives it its id. Where there is no room the call is missed. Before Start and after Close nothing is
// kept.
func (q *queue) put(c NewCall, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.open {
		return
	}
	if q.isFull(c.Failed()) {
		q.missed.Calls++
		q.missed.Last = at
		return
	}
	q.lastID = max(q.lastID+1<<tagBits, db.Micro(at)<<tagBits|q.tag)
	c.ID = q.lastID
	q.calls = append(q.calls, c)
	q.bytes += int64(len(c.Params) + len(c.Answer))
	q.noted++
	signal(q.wake)
	if q.waiting() >= gatherCalls {
		signal(q.full)
	}
}

// isFull reports whether there is no room. Failures get more: they are what people look for.
func (q *queue) isFull(failed bool) bool {
	calls, bytes := queuedCalls, int64(queuedBytes)
	if failed {
		calls, bytes = 2*calls, 2*bytes
	}
	return q.waiting() >= calls || q.bytes >= bytes
}

// waiting returns how many calls are there. The caller holds the lock.
func (q *queue) waiting() int { return len(q.calls) - q.head }

// Missed is what the log could not keep up with.
type Missed struct {
	Calls int64     // since the portal was opened by this process
	Last  time.Time // when the last of them was answered; zero: none was
}

// Missed returns how many calls were not logged because more came than the log takes without slowing them down.
func (s *Service) Missed() Missed {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return s.queue.missed
}

func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// next returns the oldest calls, which stay in the queue until done.
func (q *queue) next() []NewCall {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.calls[q.head : q.head+min(q.waiting(), gatherCalls)]
}

// any reports whether a call waits.
func (q *queue) any() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting() > 0
}

// done takes the n oldest calls out. The others move down when they are no more than what is gone, so that each moves about once;
// what next returned is not used any more then.
func (q *queue) done(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	gone := q.calls[q.head : q.head+n]
	for _, c := range gone {
		q.bytes -= int64(len(c.Params) + len(c.Answer))
	}
	clear(gone)
	q.head += n
	if q.head >= q.waiting() {
		left := copy(q.calls, q.calls[q.head:])
		clear(q.calls[left:])
		q.calls, q.head = q.calls[:left], 0
	}
	q.stored += int64(n)
	q.room.Broadcast()
}

// Note keeps a call that was answered at the time at. It never waits: where more is noted than can be stored without slowing
// the calls down, the rest is counted as missed. What the call holds must not be changed afterwards.
func (s *Service) Note(ctx context.Context, n NewCall, at time.Time) {
	settings, err := s.Settings(ctx)
	if err != nil || !settings.On {
		return // an unreadable setting shows where it is looked at
	}
	s.queue.put(n, at)
}

// Flush waits until everything that was noted before is stored.
func (s *Service) Flush() {
	q := &s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	signal(q.full)
	signal(q.wake)
	for want := q.noted; q.stored < want && q.open; {
		q.room.Wait()
	}
}

// write stores what is noted until Close.
func (s *Service) write() {
	ctx := context.WithoutCancel(s.ctx)
	s.countWaiting(ctx)
	s.indexSome(ctx)
	for {
		select {
		case <-s.ctx.Done():
			for s.store() {
			}
			return
		case <-s.queue.wake:
		}
		gather := clock.System{}.NewTimer(gatherTime) // the machine's time: the log goes on where the portal's stands still
		select {
		case <-gather.C():
		case <-s.queue.full:
		case <-s.ctx.Done():
		}
		gather.Stop()
		for began := machineTime(); s.store(); began = machineTime() {
			s.pause((writeShare - 1) * machineTime().Sub(began))
			s.indexSome(ctx)
		}
	}
}

// store stores a group of calls. It reports false when there was none left.
func (s *Service) store() bool {
	noted := s.queue.next()
	if len(noted) == 0 {
		return false
	}
	ctx := context.WithoutCancel(s.ctx)
	calls, words := make([]Call, len(noted)), make([]string, len(noted))
	for i, n := range noted {
		calls[i] = n.note()
		words[i] = strings.Join(calls[i].words(), " ")
	}
	for try := 1; ; try++ {
		err := s.db.Aside(ctx, func(tx *db.Tx) error { return insertTx(ctx, tx, calls, words) })
		if err == nil {
			break
		}
		if try == writeRetries || s.ctx.Err() != nil {
			s.log.Error("calls not logged", "calls", len(calls), "error", err)
			s.queue.done(len(calls))
			return true
		}
		s.log.Warn("calls not logged yet", "calls", len(calls), "error", err)
		s.pause(retryWait)
	}
	s.count.add(int64(len(calls)))
	if s.db.Dialect() == db.SQLite { // PostgreSQL indexes what it stores
		s.waiting += int64(len(calls))
	}
	s.queue.done(len(calls))
	s.tell()
	return true
}

// pause waits for d of the machine's time, or until Close.
func (s *Service) pause(d time.Duration) {
	t := clock.System{}.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
	case <-s.ctx.Done():
	}
}

const callColumns = `id, took_us, request_id, command, trace, verb, agent, name, method, kind, app_id, webhook_id, user_id,
	remote, status, error, scope, params, params_size, masked, answer, answer_size, warnings`

const callColumnCount = 23

func (c *Call) values() []any {
	return []any{
		c.ID, c.Took.Microseconds(), c.RequestID, c.Command, c.Trace, c.Verb, c.Agent, c.Name, c.Method, int64(c.Kind), c.AppID,
		c.WebhookID, c.UserID, c.Remote, int64(c.Status), c.Error, int64(c.Scope), c.Params, c.ParamsSize, c.Masked, c.Answer,
		c.AnswerSize, c.Warnings,
	}
}

// insertTx stores calls and the words by which each is found.
func insertTx(ctx context.Context, tx *db.Tx, calls []Call, words []string) error {
	for len(calls) > 0 {
		n := groupSize(len(calls))
		args := make([]any, 0, n*callColumnCount)
		for i := range calls[:n] {
			args = append(args, calls[i].values()...)
		}
		if _, err := tx.Exec(ctx, "INSERT INTO console_call ("+callColumns+") VALUES "+rows(n, callColumnCount), args...); err != nil {
			return fmt.Errorf("insert calls: %w", err)
		}
		if err := insertWordsTx(ctx, tx, calls[:n], words); err != nil {
			return fmt.Errorf("insert words: %w", err)
		}
		calls, words = calls[n:], words[n:]
	}
	return nil
}

// groupSize is how many of n rows go into the next statement: few different sizes, so that the statements stay prepared.
func groupSize(n int) int {
	for _, size := range [...]int{64, 16, 4} {
		if n >= size {
			return size
		}
	}
	return 1
}

// rows returns the placeholders of n rows.
func rows(n, columns int) string {
	row := "(?" + strings.Repeat(",?", columns-1) + ")"
	return row + strings.Repeat(","+row, n-1)
}

// insertWordsTx stores the words of calls. PostgreSQL adds to its index quickly and sorts later; in SQLite they go into a
// table from which indexSome takes them.
func insertWordsTx(ctx context.Context, tx *db.Tx, calls []Call, words []string) error {
	args := make([]any, 0, 2*len(calls))
	if tx.Dialect() == db.Postgres {
		for i, c := range calls {
			args = append(args, c.ID, words[i])
		}
		row := "(?, array_to_tsvector(string_to_array(?, ' ')))"
		_, err := tx.Exec(ctx, "INSERT INTO console_word (id, words) VALUES "+row+strings.Repeat(","+row, len(calls)-1), args...)
		return err
	}
	for i, c := range calls {
		args = append(args, c.ID, " "+words[i]+" ")
	}
	_, err := tx.Exec(ctx, "INSERT INTO console_word_new (id, words) VALUES "+rows(len(calls), 2), args...)
	return err
}
