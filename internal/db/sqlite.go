package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"runtime"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// busyTimeout is how long a statement waits for another process, such as the command line, to finish its write.
const busyTimeout = 10 * time.Second

// openSQLite opens the file with one connection for writes and a few for reads.
func openSQLite(ctx context.Context, c Config) (*DB, error) {
	pool, err := sql.Open("sqlite", sqliteDSN(c))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", c.Path, err)
	}
	readers := max(2, runtime.GOMAXPROCS(0))
	pool.SetMaxOpenConns(readers + 1)
	pool.SetMaxIdleConns(readers + 1)
	conn, err := newSQLiteConn(ctx, pool)
	if err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("open %s: %w", c.Path, err)
	}
	e := &sqliteEngine{pool: pool, readers: make(chan *sqliteConn, readers)}
	for range readers {
		e.readers <- nil // opened when first needed
	}
	e.writer = newWriter(conn, writerConfig{
		dialect: SQLite, begin: "BEGIN IMMEDIATE", rest: checkpoint, observe: c.OnCommit, retryable: func(error) bool { return false },
	})
	return &DB{dialect: SQLite, engine: e}, nil
}

func sqliteDSN(c Config) string {
	synchronous := "FULL"
	if c.Unsafe {
		synchronous = "OFF"
	}
	references := "ON"
	if c.loading {
		references = "OFF"
	}
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(" + synchronous + ")",
		"foreign_keys(" + references + ")",
		"wal_autocheckpoint(4000)",
		"mmap_size(268435456)",
		"temp_store(MEMORY)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: c.Path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// sqliteEngine reads on a few connections and writes on one.
type sqliteEngine struct {
	pool    *sql.DB
	readers chan *sqliteConn // nil: not opened yet
	writer  *writer
	version int64 // data_version at the last look; used by the writer only
}

// checkpoint copies the write-ahead log into the database file. Until then every page that a reader needs is looked for in the
// log first. What fails is tried again after the next writes.
func checkpoint(c session) {
	var busy, inLog, copied int64
	_ = c.queryRow(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)", nil).Scan(&busy, &inLog, &copied)
}

func (e *sqliteEngine) write(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.submit(ctx, fn)
}

// writeInTurns is write: no statement has to wait for a server.
func (e *sqliteEngine) writeInTurns(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.submit(ctx, fn)
}

func (e *sqliteEngine) aside(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.submit(ctx, fn)
}

func (e *sqliteEngine) read(ctx context.Context, fn func(*Tx) error) error {
	c, err := e.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { e.readers <- c }()
	if err := ctx.Err(); err != nil {
		return err
	}
	// A transaction makes the statements see one state; it takes no lock and needs no commit. Its begin and end are not for a
	// caller who goes away to interrupt: the connection would keep the transaction, and fail whoever reads on it next.
	whole := context.WithoutCancel(ctx)
	if _, err := c.exec(whole, "BEGIN", nil); err != nil {
		return fmt.Errorf("begin read: %w", err)
	}
	defer func() {
		if _, err := c.exec(whole, "ROLLBACK", nil); err != nil {
			c.close()
			c = nil // the next reader opens another
		}
	}()
	return fn(&Tx{dialect: SQLite, run: c, readOnly: true})
}

func (e *sqliteEngine) reader(ctx context.Context) (*sqliteConn, error) {
	select {
	case c, ok := <-e.readers:
		if !ok {
			return nil, ErrClosed
		}
		if c != nil {
			return c, nil
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := newSQLiteConn(context.WithoutCancel(ctx), e.pool)
	if err != nil {
		e.readers <- nil
		return nil, fmt.Errorf("open reader: %w", err)
	}
	return c, nil
}

// changed reports whether another process has written since the last call. SQLite's data_version changes on a connection
// only for the commits of others, and within this process only the writer's connection commits.
func (e *sqliteEngine) changed(ctx context.Context) (bool, error) {
	var changed bool
	err := e.writer.outside(ctx, func(c session) error {
		var v int64
		if err := c.queryRow(ctx, "PRAGMA data_version", nil).Scan(&v); err != nil {
			return err
		}
		changed = e.version != 0 && v != e.version
		e.version = v
		return nil
	})
	return changed, err
}

func (e *sqliteEngine) close() error {
	e.writer.close()
	for range cap(e.readers) {
		if c := <-e.readers; c != nil {
			c.close()
		}
	}
	close(e.readers)
	return e.pool.Close()
}

// maxStatements bounds the prepared statements that a connection keeps.
const maxStatements = 256

// sqliteConn is a connection with the statements prepared on it.
type sqliteConn struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newSQLiteConn(ctx context.Context, pool *sql.DB) (*sqliteConn, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (c *sqliteConn) close() {
	for _, s := range c.stmts {
		_ = s.Close()
	}
	_ = c.conn.Close()
}

// stmt returns query prepared. When too many are kept they are all dropped: lists with generated conditions would
// otherwise fill memory, and what is hot comes back at once.
func (c *sqliteConn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if len(c.stmts) >= maxStatements {
		for _, s := range c.stmts {
			_ = s.Close()
		}
		clear(c.stmts)
	}
	s, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.stmts[query] = s
	return s, nil
}

func (c *sqliteConn) exec(ctx context.Context, query string, args []any) (sql.Result, error) {
	s, err := c.stmt(ctx, query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (c *sqliteConn) query(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	s, err := c.stmt(ctx, query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (c *sqliteConn) queryRow(ctx context.Context, query string, args []any) *sql.Row {
	s, err := c.stmt(ctx, query) //nolint:sqlclosecheck // kept for the next time
	if err != nil {
		return c.conn.QueryRowContext(ctx, query, args...) // carries the error to Scan
	}
	return s.QueryRowContext(ctx, args...)
}
