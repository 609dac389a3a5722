package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// notifyChannel is the channel on which processes tell each other that a schema changed; the payload is "process schema".
const notifyChannel = "portico_changed"

func openPostgres(ctx context.Context, c Config) (*DB, error) {
	cfg, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if err := createSchema(ctx, cfg, c.Schema); err != nil {
		return nil, err
	}
	cfg.RuntimeParams["search_path"] = c.Schema
	cfg.RuntimeParams["synchronous_commit"] = "on"
	if c.Unsafe {
		cfg.RuntimeParams["synchronous_commit"] = "off"
	}
	pool := sql.OpenDB(pipeConnector{stdlib.GetConnector(*cfg)})
	pool.SetMaxOpenConns(maxConns())
	pool.SetMaxIdleConns(maxConns())
	pool.SetConnMaxIdleTime(5 * time.Minute)
	e := &postgresEngine{
		pool: pool, schema: c.Schema, process: newProcessID(), notify: make(chan struct{}, 1), done: make(chan struct{}),
	}
	e.background, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	e.writer = newWriter(nil, writerConfig{
		dialect: Postgres, begin: "BEGIN", lanes: newLanes(),
		open:    func(ctx context.Context) (session, error) { return e.openSession(ctx, cfg) },
		spoiled: isSpoiled, retryable: isRetryable,
		committed: e.wakeOthers, observe: c.OnCommit,
		lost: func() { e.foreign.Store(true) },
	})
	var started sync.WaitGroup
	started.Go(e.tellOthers)
	started.Go(func() { e.listen(cfg) })
	go func() { started.Wait(); close(e.done) }()
	return &DB{dialect: Postgres, engine: e}, nil
}

// maxConns is the number of connections of one process to one portal's schema, without its writer's and its listener's.
func maxConns() int { return max(8, 4*runtime.GOMAXPROCS(0)) }

func createSchema(ctx context.Context, cfg *pgx.ConnConfig, schema string) error {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize())
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == "23505" { // two processes created it at once
		return nil
	}
	if err != nil {
		return fmt.Errorf("create schema %s: %w", schema, err)
	}
	return nil
}

// DropSchema deletes a PostgreSQL schema with all that is in it. One that does not exist is no error.
func DropSchema(ctx context.Context, c Config) error {
	cfg, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return fmt.Errorf("database URL: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{c.Schema}.Sanitize()+" CASCADE"); err != nil {
		return fmt.Errorf("drop schema %s: %w", c.Schema, err)
	}
	return nil
}

// postgresEngine writes on one connection, as SQLite does: callers share a commit. A transaction for each would wait for the
// disk alone, and those that write to one chat would wait for each other's.
type postgresEngine struct {
	pool    *sql.DB
	writer  *writer
	schema  string
	process string
	foreign atomic.Bool // another process has written since the last look
	notify  chan struct{}

	background context.Context
	stop       context.CancelFunc
	done       chan struct{}
}

func (e *postgresEngine) write(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.submit(ctx, fn)
}

func (e *postgresEngine) writeInTurns(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.submitInTurns(ctx, fn)
}

// aside writes on a connection of its own.
func (e *postgresEngine) aside(ctx context.Context, fn func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		tx := &Tx{dialect: Postgres}
		err := e.asideOnce(ctx, tx, fn)
		if err == nil {
			runAll(tx.committed)
			runAll(tx.after)
			e.wakeOthers()
		}
		if !isRetryable(err) || attempt == maxAttempts {
			return err
		}
	}
}

func (e *postgresEngine) asideOnce(ctx context.Context, tx *Tx, fn func(*Tx) error) error {
	stx, err := e.begin(context.WithoutCancel(ctx), &sql.TxOptions{})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = stx.Rollback() }() // after a commit it does nothing
	tx.run = postgresRunner{stx}
	if err := fn(tx); err != nil {
		return err
	}
	return stx.Commit()
}

// isRetryable reports whether PostgreSQL undid the transaction through no fault of its own.
func isRetryable(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

func (e *postgresEngine) read(ctx context.Context, fn func(*Tx) error) error {
	stx, err := e.begin(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return fmt.Errorf("begin read: %w", err)
	}
	defer func() { _ = stx.Rollback() }()
	return fn(&Tx{dialect: Postgres, run: postgresRunner{stx}, readOnly: true})
}

// begin tries again on a connection that was found closed. A reader who goes away in the middle of a query closes theirs, and
// whoever waits for a connection while the pool is full may be handed it: database/sql asks for another only a few times.
func (e *postgresEngine) begin(ctx context.Context, how *sql.TxOptions) (*sql.Tx, error) {
	for tries := maxConns(); ; tries-- {
		stx, err := e.pool.BeginTx(ctx, how)
		if !errors.Is(err, driver.ErrBadConn) || tries == 0 || ctx.Err() != nil {
			return stx, err
		}
	}
}

func (e *postgresEngine) changed(context.Context) (bool, error) { return e.foreign.Swap(false), nil }

func (e *postgresEngine) close() error {
	e.writer.close()
	e.writer.lanes.close()
	e.stop()
	<-e.done
	return e.pool.Close()
}

func (e *postgresEngine) wakeOthers() {
	select {
	case e.notify <- struct{}{}:
	default: // one is under way already
	}
}

// tellOthers notifies after commit, from one goroutine, at most once every few milliseconds: inside each transaction it
// would cost most of the throughput, since PostgreSQL lets only one notifying transaction commit at a time.
func (e *postgresEngine) tellOthers() {
	const pause = 20 * time.Millisecond
	for {
		select {
		case <-e.background.Done():
			select {
			case <-e.notify: // a process that writes once and ends, such as the command line, must be heard too
				e.tell()
			default:
			}
			return
		case <-e.notify:
		}
		e.tell()
		select {
		case <-e.background.Done():
		case <-time.After(pause):
		}
	}
}

// tell runs to its end though the database is being closed.
func (e *postgresEngine) tell() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(e.background), 5*time.Second)
	defer cancel()
	_, _ = e.pool.ExecContext(ctx, "SELECT pg_notify($1, $2)", notifyChannel, e.process+" "+e.schema)
}

// listen notes what other processes announce. A connection that comes back counts as a change: better a look too many
// than a change missed.
func (e *postgresEngine) listen(cfg *pgx.ConnConfig) {
	for e.background.Err() == nil {
		_ = e.listenOnce(cfg)
		select {
		case <-e.background.Done():
		case <-time.After(time.Second):
		}
	}
}

func (e *postgresEngine) listenOnce(cfg *pgx.ConnConfig) error {
	conn, err := pgx.ConnectConfig(e.background, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(e.background)) }()
	if _, err := conn.Exec(e.background, "LISTEN "+notifyChannel); err != nil {
		return err
	}
	e.foreign.Store(true) // what was announced before now went unheard
	for {
		n, err := conn.WaitForNotification(e.background)
		if err != nil {
			return err
		}
		process, schema, _ := strings.Cut(n.Payload, " ")
		if process != e.process && schema == e.schema {
			e.foreign.Store(true)
		}
	}
}

// postgresRunner sends statements through package sql; pgx keeps them prepared.
type postgresRunner struct{ tx statements }

// statements is a transaction or a connection of package sql.
type statements interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (r postgresRunner) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	return r.tx.ExecContext(ctx, rebind(query), args...)
}

func (r postgresRunner) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	return r.tx.QueryContext(ctx, rebind(query), args...)
}

func (r postgresRunner) queryRow(ctx context.Context, query string, args []any) *sql.Row {
	return r.tx.QueryRowContext(ctx, rebind(query), args...)
}

// postgresSession is the writer's connection.
type postgresSession struct {
	postgresRunner
	conn *sql.Conn
	pipe *pipeConn // what conn is, as long as the session lasts
	disk *disk
}

// close closes the connection: one whose commits do not wait for the disk is nobody else's.
func (s postgresSession) close() {
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

func (s postgresSession) durable() *disk { return s.disk }

func (s postgresSession) later(ctx context.Context, query string, args []any) error {
	return s.pipe.later(ctx, rebind(query), args)
}

func (s postgresSession) settle(ctx context.Context) error { return s.pipe.settle(ctx) }

func (s postgresSession) forget() { s.pipe.forget() }

// commit sends COMMIT behind what waits. It is earlierError where a statement that had waited failed: nothing was committed then.
func (s postgresSession) commit(ctx context.Context) error {
	_, err := s.pipe.execBehind(ctx, "COMMIT", nil)
	return err
}

// isSpoiled reports whether the transaction takes no further statement: PostgreSQL would answer its COMMIT by undoing it. One that
// has not begun on the server, since its first statements wait, is sound.
func isSpoiled(s session) bool {
	c := s.(postgresSession).pipe
	pg := c.Conn.Conn().PgConn()
	return pg.IsClosed() || pg.TxStatus() != 'T' && (pg.TxStatus() != 'I' || c.waiting.Len() == 0)
}

// writerSettings are the settings of the writer's connection.
var writerSettings = []string{
	"synchronous_commit = off", // the session's disk waits
	// What writes find, they find by an index. A plan made while a table was small would read the whole of it, and stays when it
	// has grown.
	"enable_seqscan = off",
}

func (e *postgresEngine) openSession(ctx context.Context, cfg *pgx.ConnConfig) (session, error) {
	conn, err := e.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := postgresSession{postgresRunner: postgresRunner{conn}, conn: conn}
	for _, setting := range writerSettings {
		if _, err := conn.ExecContext(ctx, "SET "+setting); err != nil {
			s.close()
			return nil, err
		}
	}
	err = conn.Raw(func(c any) error {
		s.pipe = c.(*pipeConn)
		return nil
	})
	if err == nil {
		s.disk, err = openDisk(ctx, cfg)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// rebound keeps rewritten queries; it is emptied when it has grown too large.
var rebound struct {
	sync.RWMutex
	m map[string]string
}

// rebind rewrites `?` placeholders to $1, $2, …, leaving quoted text alone.
func rebind(query string) string {
	rebound.RLock()
	s, ok := rebound.m[query]
	rebound.RUnlock()
	if ok {
		return s
	}
	s = rewrite(query)
	rebound.Lock()
	defer rebound.Unlock()
	if rebound.m == nil || len(rebound.m) > 4096 {
		rebound.m = map[string]string{}
	}
	rebound.m[query] = s
	return s
}

func rewrite(query string) string {
	var b strings.Builder
	n, quoted := 0, false
	for _, c := range []byte(query) {
		switch {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
