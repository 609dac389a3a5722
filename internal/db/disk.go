package db

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// disk is where it is asked for that what a session has committed is durable, on a connection of its own: the session's COMMIT does not wait
// for it, so that the next transaction runs meanwhile.
type disk struct {
	conn   *pgx.Conn
	failed atomic.Bool // what was committed may be lost, and nobody can say: the session is not to be used again
}

func openDisk(ctx context.Context, cfg *pgx.ConnConfig) (*disk, error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &disk{conn: conn}, nil
}

// flush returns once the disk has what was committed before. It writes a message that nobody reads to the server's log: its commit waits
// until the disk, and a standby where the server is told to wait for one, has the log up to there.
func (d *disk) flush(ctx context.Context) error {
	if _, err := d.conn.Exec(ctx, "SELECT pg_logical_emit_message(true, 'portico', '')"); err != nil {
		d.failed.Store(true)
		return fmt.Errorf("wait for the disk: %w", err)
	}
	return nil
}

func (d *disk) close() { _ = d.conn.Close(context.Background()) }

// lagging is a session whose COMMIT returns before the disk has what was committed.
type lagging interface{ durable() *disk }

// committed are the writes of a transaction that wait for the disk; none: the session that the disk is for has ended.
type committed struct {
	disk  *disk
	jobs  []*job
	began time.Time
}

// disk returns what the writer's connection has to wait for after its commits; nil: nothing.
func (w *writer) disk() *disk {
	if l, ok := w.conn.(lagging); ok {
		return l.durable()
	}
	return nil
}

// acknowledge lets callers go, in the order of their commits, as soon as the disk has what they wrote.
func (w *writer) acknowledge() {
	defer close(w.acknowledged)
	for c := range w.commits {
		for all := append([]committed{c}, waiting(w.commits)...); len(all) > 0; {
			n := sharing(all)
			if n == 0 {
				all[0].disk.close()
				all = all[1:]
				continue
			}
			err := all[0].disk.flush(context.Background())
			if err != nil {
				w.lost()
			}
			for _, c := range all[:n] {
				w.conclude(c, err)
			}
			all = all[n:]
		}
	}
}

// waiting returns what is in the queue, without waiting for more.
func waiting(queue <-chan committed) (all []committed) {
	for {
		select {
		case c, open := <-queue:
			if !open {
				return all
			}
			all = append(all, c)
		default:
			return all
		}
	}
}

// sharing returns how many of the first wait for the same disk, so that they can wait once.
func sharing(all []committed) (n int) {
	for n < len(all) && all[n].jobs != nil && all[n].disk == all[0].disk {
		n++
	}
	return n
}

// conclude lets the callers of a transaction go.
func (w *writer) conclude(c committed, err error) {
	if err == nil && w.observe != nil {
		w.observe(len(c.jobs), time.Since(c.began))
	}
	finish(c.jobs, err)
}
