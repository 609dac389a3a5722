package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxWaiting bounds how many statements wait to be sent with the next.
const maxWaiting = 100

// pipeConnector opens connections of pgx that can keep statements back.
type pipeConnector struct{ driver.Connector }

func (c pipeConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &pipeConn{Conn: conn.(*stdlib.Conn)}, nil
}

// pipeConn is a connection of pgx on which statements whose answers nobody needs wait for the next one: all go to the server together, and
// the way there and back, which costs more than most statements, is paid once.
type pipeConn struct {
	*stdlib.Conn

	waiting pgx.Batch
}

// earlierError is the server's answer to a statement that had waited: it ran none of those behind it. A connection that breaks says nothing
// of the kind, since the server may have run them all.
type earlierError struct{ error }

func (e earlierError) Unwrap() error { return e.error }

// later keeps a statement for the next one.
func (c *pipeConn) later(ctx context.Context, query string, args []any) error {
	if c.waiting.Len() >= maxWaiting {
		if err := c.settle(ctx); err != nil {
			return err
		}
	}
	c.waiting.Queue(query, args...)
	return nil
}

// forget drops what waits.
func (c *pipeConn) forget() { c.waiting = pgx.Batch{} }

// settle sends what waits.
func (c *pipeConn) settle(ctx context.Context) error {
	if c.waiting.Len() == 0 {
		return nil
	}
	results, err := c.send(ctx)
	return errors.Join(err, results.Close())
}

// send sends what waits, and looks at the answers of all but the statement that came last.
func (c *pipeConn) send(ctx context.Context, last ...*pgx.QueuedQuery) (pgx.BatchResults, error) {
	batch := c.waiting
	c.forget()
	results := c.Conn.Conn().SendBatch(ctx, &batch)
	for range batch.Len() - len(last) {
		_, err := results.Exec()
		if _, answered := errors.AsType[*pgconn.PgError](err); answered {
			return results, earlierError{err}
		}
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

// ExecContext runs a statement, and before it what waits. One without arguments may be several: it goes alone.
func (c *pipeConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if c.waiting.Len() == 0 {
		return c.Conn.ExecContext(ctx, query, args)
	}
	if len(args) == 0 {
		if err := c.settle(ctx); err != nil {
			return nil, err
		}
		return c.Conn.ExecContext(ctx, query, args)
	}
	tag, err := c.execBehind(ctx, query, values(args))
	return driver.RowsAffected(tag.RowsAffected()), err
}

// execBehind runs one statement together with what waits before it.
func (c *pipeConn) execBehind(ctx context.Context, query string, args []any) (tag pgconn.CommandTag, err error) {
	results, err := c.send(ctx, c.waiting.Queue(query, args...))
	if err == nil {
		tag, err = results.Exec()
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return tag, err
}

// QueryContext runs a query, and before it what waits.
func (c *pipeConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.waiting.Len() == 0 {
		return c.Conn.QueryContext(ctx, query, args)
	}
	results, err := c.send(ctx, c.waiting.Queue(query, values(args)...))
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, err
	}
	r := &pipeRows{results: results, rows: rows, first: true}
	if r.more = rows.Next(); rows.Err() != nil { // package sql asks for the columns first, and only a row or the end says them
		err := rows.Err()
		_ = r.Close()
		return nil, err
	}
	return r, nil
}

func values(args []driver.NamedValue) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a.Value
	}
	return out
}

// pipeRows are the rows of a query that was sent behind others.
type pipeRows struct {
	results     pgx.BatchResults
	rows        pgx.Rows
	first, more bool // the first row has been asked for; whether there is one
}

// Columns returns the names of the columns.
func (r *pipeRows) Columns() []string { return columnsOf(r.rows) }

func columnsOf(rows pgx.Rows) []string {
	fields := rows.FieldDescriptions()
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

// Close ends the query, and the statements before it.
func (r *pipeRows) Close() error {
	r.rows.Close()
	return r.results.Close()
}

// Next gives the next row, in the types of package sql.
func (r *pipeRows) Next(dest []driver.Value) error {
	if !r.first {
		r.more = r.rows.Next()
	}
	r.first = false
	if !r.more {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	row, err := sqlValues(r.rows)
	copy(dest, row)
	return err
}

// sqlValues returns a row in what package sql knows.
func sqlValues(rows pgx.Rows) ([]driver.Value, error) {
	row, err := rows.Values()
	if err != nil {
		return nil, err
	}
	out := make([]driver.Value, len(row))
	for i, v := range row {
		if out[i], err = sqlValue(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sqlValue turns what pgx reads into what package sql knows.
func sqlValue(v any) (driver.Value, error) {
	switch v := v.(type) {
	case int32:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case float32:
		return float64(v), nil
	case pgtype.Numeric:
		return v.Value()
	}
	if driver.IsValue(v) {
		return v, nil
	}
	if v, ok := v.(driver.Valuer); ok {
		return v.Value()
	}
	return nil, errors.New("a column of this type has to be cast to a simple one")
}
