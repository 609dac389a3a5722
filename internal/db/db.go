// Package db opens a portal's database and runs reads and writes on it, the same way on SQLite and on PostgreSQL.
//
// Writes are grouped: one writer runs the functions of concurrent callers one after another inside one transaction, commits
// once, and only then lets every caller go. A function that fails undoes nothing but itself. An acknowledged write is durable at
// the price of one commit for many. Several processes on one PostgreSQL database write beside each other.
//
// SQL is written by hand with `?` placeholders; package db rewrites them for PostgreSQL.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Dialect is the kind of SQL that a database speaks.
type Dialect uint8

// The two dialects.
const (
	SQLite Dialect = iota + 1
	Postgres
)

// String returns "sqlite" or "postgres", as in the names of migration files.
func (d Dialect) String() string {
	if d == Postgres {
		return "postgres"
	}
	return "sqlite"
}

// ErrNoRows is returned by Row.Scan when a query has no row.
var ErrNoRows = sql.ErrNoRows

// ErrClosed is returned by reads and writes on a closed database.
var ErrClosed = errors.New("database is closed")

// Config says which database to open.
type Config struct {
	Path   string // SQLite: the file; it is created when missing
	URL    string // PostgreSQL: a connection URL; when set, Path is not used
	Schema string // PostgreSQL: the schema that holds the portal; it is created when missing

	// Unsafe turns durability off (SQLite synchronous=OFF, PostgreSQL synchronous_commit=off). For tests only.
	Unsafe bool

	// OnCommit is called after each transaction that wrote, with the number of writes that shared it and how long it took; nil:
	// nobody counts. It must be quick.
	OnCommit func(writes int, took time.Duration)

	loading bool // rows come in any order: SQLite does not check references
}

// DB is an open database. It is safe for use by several goroutines.
type DB struct {
	dialect Dialect
	engine  engine
	hub     watchers
	closed  sync.Once
}

// engine is what the two databases do differently.
type engine interface {
	write(ctx context.Context, fn func(*Tx) error) error
	writeInTurns(ctx context.Context, fn func(*Tx) error) error
	aside(ctx context.Context, fn func(*Tx) error) error
	read(ctx context.Context, fn func(*Tx) error) error
	changed(ctx context.Context) (bool, error)
	close() error
}

// Open opens the database that c names. The caller must Close it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.URL != "" {
		return openPostgres(ctx, c)
	}
	return openSQLite(ctx, c)
}

// Dialect returns the kind of SQL that the database speaks.
func (d *DB) Dialect() Dialect { return d.dialect }

// Write runs fn in a transaction and returns after it is durable. When fn returns an error nothing of it is kept, and
// that error is returned as it is; ErrFull comes with one that is for want of space.
//
// fn may run more than once and must have no effect outside tx; what has to happen after the commit is given to
// tx.AfterCommit. A Write inside fn deadlocks: pass the tx on instead. The work goes on when ctx ends after fn has started.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return explained(d.engine.write(ctx, fn))
}

// WriteInTurns is Write for what many callers do at once, each to something else: on PostgreSQL they take turns, so that the statements of
// all go to the server together. Such writes may come in between each other wherever one waits for an answer. What must not be changed
// between two statements is taken with Lock or, where a row is locked, with Own; what should not be come in between at all begins with
// Alone. Other writes never come in between.
func (d *DB) WriteInTurns(ctx context.Context, fn func(tx *Tx) error) error {
	return explained(d.engine.writeInTurns(ctx, fn))
}

// Aside is Write for work in the background that no caller waits for, such as an index: on PostgreSQL it runs in a transaction of its
// own beside the writes, which go on meanwhile; on SQLite there is one writer, and it waits its turn.
func (d *DB) Aside(ctx context.Context, fn func(tx *Tx) error) error {
	return explained(d.engine.aside(ctx, fn))
}

// Read runs fn on one consistent state of the database. Statements that write fail.
func (d *DB) Read(ctx context.Context, fn func(tx *Tx) error) error {
	return d.engine.read(ctx, fn)
}

// Close waits for running writes and closes the database. A second Close does nothing.
func (d *DB) Close() (err error) {
	d.closed.Do(func() {
		d.hub.stop()
		err = d.engine.close()
	})
	return err
}

// Tx runs statements inside a Write or a Read. It is used by one goroutine at a time and not after its function returned.
type Tx struct {
	dialect   Dialect
	run       runner
	committed []func() // OnCommit
	after     []func() // AfterCommit
	// beforeWrite runs once, ahead of the first statement that may change something: the grouped writer opens its savepoint.
	beforeWrite func() error
	readOnly    bool
	notes       map[any]any
	turn        *turn // nil: the transaction is its alone
}

// runner is where statements go: a connection with its prepared statements, or a transaction of package sql.
type runner interface {
	exec(ctx context.Context, query string, args []any) (sql.Result, error)
	query(ctx context.Context, query string, args []any) (*sql.Rows, error)
	queryRow(ctx context.Context, query string, args []any) *sql.Row
}

// Dialect returns the kind of SQL that the transaction speaks, for the few statements that differ.
func (t *Tx) Dialect() Dialect { return t.dialect }

// Note keeps something that was read for the rest of the transaction, and Noted returns it: what cannot change meanwhile need not be read
// twice, nor by the other writes that share the transaction. Who changes it notes it anew. Keys are of a type of the caller's own.
func (t *Tx) Note(key, value any) {
	if t.notes == nil {
		t.notes = map[any]any{}
	}
	t.notes[key] = value
}

// Noted returns what was kept under key; nil: nothing.
func (t *Tx) Noted(key any) any { return t.notes[key] }

// Once returns what is noted under key; where nothing is, read finds it and it is noted. Of writes that take turns one reads.
func (t *Tx) Once(key any, read func() (any, error)) (any, error) {
	if v := t.notes[key]; v != nil {
		return v, nil
	}
	if t.turn != nil {
		if err := t.turn.own(onceKey{key}); err != nil {
			return nil, err
		}
		defer t.turn.release(onceKey{key})
		if v := t.notes[key]; v != nil {
			return v, nil
		}
	}
	v, err := read()
	if err == nil {
		t.Note(key, v)
	}
	return v, err
}

type onceKey struct{ key any }

// OnCommit registers f to run as soon as the transaction is committed, before another write begins: it is for what is remembered of the
// data, which the next write must not find as it was. The disk may not have the change yet, so nobody is told by it. Should the disk never
// have it, all that is remembered is forgotten (Watch). It is dropped when the transaction is not kept.
func (t *Tx) OnCommit(f func()) { t.committed = append(t.committed, f) }

// AfterCommit registers f to run once the transaction is durable and before Write returns. It is dropped when the
// transaction is not kept. f must be quick: the callers of later writes wait for it.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.writing(); err != nil {
		return 0, err
	}
	res, err := t.run.exec(t.context(ctx), query, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Later runs a statement of which nobody needs to know what it did. On PostgreSQL it is sent with the next one, which saves the way
// there and back; what fails in it is the error of a later statement, or of the transaction. A statement whose failure means
// something to its caller, e.g. a row that is there already, is for Exec.
func (t *Tx) Later(ctx context.Context, query string, args ...any) error {
	if err := t.writing(); err != nil {
		return err
	}
	if s, ok := t.run.(delaying); ok {
		return s.later(t.context(ctx), query, args)
	}
	_, err := t.run.exec(t.context(ctx), query, args)
	return err
}

// Insert runs an INSERT into a table whose key is the column id and returns the new row's id.
func (t *Tx) Insert(ctx context.Context, query string, args ...any) (int64, error) {
	if err := t.writing(); err != nil {
		return 0, err
	}
	if t.dialect == Postgres {
		var id int64
		err := t.run.queryRow(t.context(ctx), query+" RETURNING id", args).Scan(&id)
		return id, err
	}
	res, err := t.run.exec(t.context(ctx), query, args)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// Query runs a SELECT, or a statement with RETURNING inside a Write. The caller must Close the rows and check their Err.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.returning(query); err != nil {
		return nil, err
	}
	return t.run.query(t.context(ctx), query, args)
}

// QueryRow runs a SELECT, or a statement with RETURNING inside a Write, of which the first row counts.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) Row {
	if err := t.returning(query); err != nil {
		return Row{err: err}
	}
	return Row{row: t.run.queryRow(t.context(ctx), query, args)}
}

// Row is the answer of QueryRow.
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the columns of the row; ErrNoRows when there is none.
func (r Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

// context returns the context for a statement. One that writes is not interrupted when its caller goes away: on SQLite it
// shares the connection, and the transaction, with other callers, who would be interrupted with it.
func (t *Tx) context(ctx context.Context) context.Context {
	if t.readOnly {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// returning prepares for a statement with an answer. Behind WITH may stand one that writes: where it may, it counts as one.
func (t *Tx) returning(query string) error {
	if isWord(query, "SELECT") || t.readOnly && isWord(query, "WITH") {
		return nil
	}
	return t.writing()
}

// isWord reports whether a statement begins with a word, which is in upper case.
func isWord(query, word string) bool {
	return len(query) >= len(word) && strings.EqualFold(query[:len(word)], word)
}

func (t *Tx) writing() error {
	if t.readOnly {
		return errors.New("statement writes inside Read")
	}
	if t.beforeWrite == nil {
		return nil
	}
	f := t.beforeWrite
	t.beforeWrite = nil
	return f()
}

// Lock makes the rest of the transaction the only one that holds key until it ends. On SQLite, where writes run one after
// another, it does nothing; on PostgreSQL it takes an advisory lock.
func (t *Tx) Lock(ctx context.Context, key string) error {
	if t.dialect != Postgres {
		return nil
	}
	const q = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ?, 0))"
	if err := t.Own(key); err != nil {
		return err
	}
	var err error
	if s, ok := t.run.(delaying); ok { // whatever comes next waits for it
		err = s.later(t.context(ctx), q, []any{key})
	} else {
		_, err = t.run.exec(t.context(ctx), q, []any{key})
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", key, err)
	}
	return nil
}

// Own keeps the writes that take turns with this one from what key names, as far as they ask for it, until this one ends. It says nothing to
// other processes: that is for a locked row, which the writes that share a transaction do not see, or for Lock.
func (t *Tx) Own(key any) error {
	if t.turn == nil {
		return nil
	}
	return t.turn.own(key)
}

// Alone has this write go on without others coming in between, but for those that have what it asks for.
func (t *Tx) Alone() error {
	if t.turn == nil {
		return nil
	}
	return t.turn.alone()
}

// Time turns a stored number of microseconds since 1970 into a time; 0 is the zero time.
func Time(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}

// Micro turns t into microseconds since 1970, the form in which times are stored; the zero time is 0.
func Micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Bit turns b into 1 or 0, the form in which flags are stored.
func Bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
