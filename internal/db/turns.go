package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"
)

// maxTurns bounds how many writes take turns in one transaction.
const maxTurns = 64

// round is a transaction in which writes take turns. One of them runs at a time, until it needs an answer of the server; when all of them
// wait for one, what they asked goes to the server together, with all that has waited before it.
type round struct {
	pipe    *pipeConn
	active  []*turn
	asked   []*turn       // wait for an answer, in the order of their statements
	owner   map[any]*turn // of what is owned
	alone   *turn         // goes on alone; nil: nobody
	back    chan struct{} // whoever runs gives the turn back
	spoiled bool          // a statement failed: nobody's can run
}

// turn is a write that takes turns.
type turn struct {
	round  *round
	lane   *lane
	job    *job
	state  turnState
	wants  any           // what it is blocked for
	resume chan struct{} // it may run
	at     int           // its statement among those that are sent
	rows   bool          // the statement has rows
	answer answer
	undone bool
}

type turnState uint8

const (
	turnReady turnState = iota
	turnAsked
	turnBlocked
	turnOver
)

// answer is what the server said to a statement.
type answer struct {
	columns []string
	rows    [][]driver.Value
	changed int64
	err     error
}

// round runs jobs by turns, and returns them in the order in which they ended. undone: one of them failed after it had written, or a
// statement did.
func (w *writer) round(jobs []*job) (done []*job, undone bool) {
	r := &round{pipe: w.conn.(postgresSession).pipe, owner: map[any]*turn{}, back: make(chan struct{})}
	for _, j := range jobs {
		l, err := w.lanes.take()
		if err != nil { // there is no memory for it: it runs with the others' next attempt
			j.err, undone = err, true
			done = append(done, j)
			continue
		}
		t := &turn{round: r, lane: l, job: j, resume: make(chan struct{})}
		l.conn.turn = t
		r.active = append(r.active, t)
		go func() {
			<-t.resume
			t.undone = w.runOn(j, &Tx{dialect: w.dialect, run: laneRunner{postgresRunner{l.sql}, t}, notes: w.notes, turn: t}, nil)
			t.state = turnOver
			r.back <- struct{}{}
		}()
	}
	for len(r.active) > 0 {
		t := r.next()
		if t == nil {
			r.ask()
			continue
		}
		t.resume <- struct{}{}
		<-r.back
		if t.state == turnOver {
			r.leave(t)
			w.lanes.put(t.lane)
			done, undone = append(done, t.job), undone || t.undone
		}
	}
	return done, undone || r.spoiled || w.spoiled(w.conn)
}

// next returns who is to run; nil: all wait for an answer.
func (r *round) next() *turn {
	if r.alone != nil && r.alone.state != turnBlocked {
		if r.alone.state == turnReady {
			return r.alone
		}
		return nil
	}
	for _, t := range r.active {
		if t.state == turnReady {
			return t
		}
	}
	return nil
}

// leave ends a write's part in the round: those who wait for what it owned go on.
func (r *round) leave(t *turn) {
	r.active = slices.DeleteFunc(r.active, func(o *turn) bool { return o == t })
	if r.alone == t {
		r.alone = nil
	}
	for key, o := range r.owner {
		if o == t {
			t.release(key)
		}
	}
}

// release lets those go on who wait for what the write owned.
func (t *turn) release(key any) {
	delete(t.round.owner, key)
	for _, b := range t.round.active {
		if b.state == turnBlocked && b.wants == key {
			b.state = turnReady
		}
	}
}

// ask sends what everybody asked, and passes the answers on. Where nobody asked they wait for each other: that is undone, and
// they run one after another.
func (r *round) ask() {
	if len(r.asked) == 0 {
		r.spoiled = true
		for _, t := range r.active {
			t.state = turnReady
		}
		return
	}
	asked := r.asked
	r.asked = nil
	batch := r.pipe.waiting
	r.pipe.forget()
	results := r.pipe.Conn.Conn().SendBatch(context.Background(), &batch)
	for _, t := range asked {
		t.answer = answer{err: errUndone} // where the server does not come to its statement
	}
	for i, next := 0, 0; i < batch.Len() && !r.spoiled; i++ {
		var err error
		if next < len(asked) && asked[next].at == i {
			t := asked[next]
			next++
			t.answer = answerOf(results, t.rows)
			err = t.answer.err
		} else {
			_, err = results.Exec()
		}
		r.spoiled = err != nil
	}
	if err := results.Close(); err != nil {
		r.spoiled = true
	}
	for _, t := range asked {
		t.state = turnReady
	}
}

// answerOf reads the answer to the next statement.
func answerOf(results pgx.BatchResults, withRows bool) (a answer) {
	if !withRows {
		tag, err := results.Exec()
		return answer{changed: tag.RowsAffected(), err: err}
	}
	rows, err := results.Query()
	if err != nil {
		return answer{err: err}
	}
	defer rows.Close()
	for rows.Next() {
		values, err := sqlValues(rows)
		if err != nil {
			return answer{err: err}
		}
		a.rows = append(a.rows, values)
	}
	a.columns, a.err = columnsOf(rows), rows.Err()
	return a
}

// yield gives the turn back until the write is ready again.
func (t *turn) yield(state turnState) {
	t.state = state
	t.round.back <- struct{}{}
	<-t.resume
}

// ask sends a statement with those of the others, and returns the answer.
func (t *turn) ask(query string, args []driver.NamedValue, rows bool) (answer, error) {
	r := t.round
	if r.spoiled {
		return answer{}, errUndone
	}
	t.at, t.rows = r.pipe.waiting.Len(), rows
	r.pipe.waiting.Queue(query, values(args)...)
	r.asked = append(r.asked, t)
	t.yield(turnAsked)
	return t.answer, t.answer.err
}

// own waits until nobody else owns key, and owns it.
func (t *turn) own(key any) error {
	for o := t.round.owner[key]; o != nil && o != t; o = t.round.owner[key] {
		t.wants = key
		t.yield(turnBlocked)
		if t.round.spoiled {
			return errUndone
		}
	}
	t.round.owner[key] = t
	return nil
}

type aloneKey struct{}

func (t *turn) alone() error {
	if err := t.own(aloneKey{}); err != nil {
		return err
	}
	t.round.alone = t
	return nil
}

// laneRunner is where a write that takes turns runs its statements.
type laneRunner struct {
	postgresRunner
	turn *turn
}

// later keeps a statement for the next that is sent, whosever that is.
func (l laneRunner) later(_ context.Context, query string, args []any) error {
	if l.turn.round.spoiled {
		return errUndone
	}
	l.turn.round.pipe.waiting.Queue(rebind(query), args...)
	return nil
}

// lanes are connections of package sql that lead to no server but to the round of the write that has one: what it gives to callers, its
// rows, can only come from a connection. They are used by the writer's loop alone.
type lanes struct {
	pool *sql.DB
	idle []*lane
}

type lane struct {
	sql  *sql.Conn
	conn *laneConn
}

func newLanes() *lanes { return &lanes{pool: sql.OpenDB(laneConnector{})} }

func (l *lanes) take() (*lane, error) {
	if n := len(l.idle); n > 0 {
		taken := l.idle[n-1]
		l.idle = l.idle[:n-1]
		return taken, nil
	}
	conn, err := l.pool.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	taken := &lane{sql: conn}
	return taken, conn.Raw(func(c any) error {
		taken.conn = c.(*laneConn)
		return nil
	})
}

func (l *lanes) put(lane *lane) {
	lane.conn.turn = nil
	l.idle = append(l.idle, lane)
}

func (l *lanes) close() {
	for _, lane := range l.idle {
		_ = lane.sql.Close()
	}
	_ = l.pool.Close()
}

type laneConnector struct{}

func (laneConnector) Connect(context.Context) (driver.Conn, error) { return &laneConn{}, nil }
func (laneConnector) Driver() driver.Driver                        { return laneDriver{} }

type laneDriver struct{}

func (laneDriver) Open(string) (driver.Conn, error) { return &laneConn{}, nil }

// laneConn passes statements on to the round.
type laneConn struct{ turn *turn }

var errLane = errors.New("a write runs statements only")

// Prepare is not for a write: pgx keeps what is run prepared.
func (c *laneConn) Prepare(string) (driver.Stmt, error) { return nil, errLane }

// Begin is not for a write: it is in a transaction.
func (c *laneConn) Begin() (driver.Tx, error) { return nil, errLane }

// Close does nothing.
func (c *laneConn) Close() error { return nil }

// CheckNamedValue leaves arguments to pgx.
func (c *laneConn) CheckNamedValue(*driver.NamedValue) error { return nil }

// ExecContext runs a statement.
func (c *laneConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	a, err := c.turn.ask(query, args, false)
	return driver.RowsAffected(a.changed), err
}

// QueryContext runs a query.
func (c *laneConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	a, err := c.turn.ask(query, args, true)
	if err != nil {
		return nil, err
	}
	return &laneRows{a}, nil
}

// laneRows are rows that have come.
type laneRows struct{ answer }

// Columns returns the names of the columns.
func (r *laneRows) Columns() []string { return r.columns }

// Close does nothing.
func (r *laneRows) Close() error { return nil }

// Next gives the next row.
func (r *laneRows) Next(dest []driver.Value) error {
	if len(r.rows) == 0 {
		return io.EOF
	}
	copy(dest, r.rows[0])
	r.rows = r.rows[1:]
	return nil
}
