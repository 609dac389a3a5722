package event

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Lane is a handler: deliveries to it are sent one after another, in the order in which they were recorded.
type Lane struct {
	LaneRef

	Failures     int64     // attempts in a row that failed
	FailingSince time.Time // the first of them; zero while it does well
	NextAt       time.Time // before which nothing is sent; zero: now
	Paused       *Pause    // nil while it gets its deliveries
	LastOK       time.Time // when an attempt last succeeded; zero: never
	LastFailed   time.Time // when one last failed; zero: never
	Waiting      int64     // deliveries that have not been sent
	Dead         int64     // deliveries that were put aside
}

// LaneQuery chooses handlers. Its zero value chooses all.
type LaneQuery struct {
	AppID, HookID, LaneID int64
	Handler               string // a part of the address
	URL                   string // the whole address
	Troubled              bool   // those that fail, are paused, or have deliveries put aside
	Before                int64  // the id of the last one of an earlier page; 0 is the newest
	Limit                 int    // at most MaxDeliveries; 0 is 50
}

// ErrNoLane is the fault of a handler that is not there.
var ErrNoLane = fault.New(fault.NotFound, "HANDLER_NOT_FOUND", "There is no such handler.")

const laneColumns = `l.id, l.app_id, l.hook_id, l.url, l.failures, l.failing_since, l.not_before, l.paused_at, l.paused_by, l.paused_how,
	l.last_ok_at, l.last_failed_at,
	(SELECT COUNT(*) FROM event_delivery d WHERE d.lane_id = l.id AND d.state = 0),
	(SELECT COUNT(*) FROM event_delivery d WHERE d.lane_id = l.id AND d.state = 2)`

// laneWhere is the condition of a query on event_lane l.
func laneWhere(q LaneQuery) (where string, args []any) {
	where = "WHERE 1 = 1"
	add := func(condition string, values ...any) { where, args = where+" AND "+condition, append(args, values...) }
	if q.AppID != 0 {
		add("l.app_id = ?", q.AppID)
	}
	if q.HookID != 0 {
		add("l.hook_id = ?", q.HookID)
	}
	if q.LaneID != 0 {
		add("l.id = ?", q.LaneID)
	}
	if q.URL != "" {
		add("l.url = ?", q.URL)
	}
	if q.Handler != "" {
		add(`LOWER(l.url) LIKE ? ESCAPE '\'`, "%"+db.Like(strings.ToLower(q.Handler))+"%")
	}
	if q.Troubled {
		add(`(l.failures > 0 OR l.paused_how <> '' OR l.id IN (SELECT lane_id FROM event_delivery WHERE state = 2))`)
	}
	if q.Before != 0 {
		add("l.id < ?", q.Before)
	}
	return where, args
}

// Lanes returns handlers, the newest first.
func (s *Service) Lanes(ctx context.Context, q LaneQuery) (out []Lane, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	where, args := laneWhere(q)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+laneColumns+" FROM event_lane l "+where+" ORDER BY l.id DESC LIMIT ?",
			append(args, int64(min(q.Limit, MaxDeliveries)))...)
		if err != nil {
			return err
		}
		out, err = scanLanes(rows)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list handlers: %w", err)
	}
	return out, nil
}

// scanLanes reads all rows.
func scanLanes(rows *sql.Rows) (out []Lane, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		l, err := scanLane(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// Lane returns a handler. Fault: HANDLER_NOT_FOUND.
func (s *Service) Lane(ctx context.Context, id int64) (l Lane, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		l, err = laneInfoTx(ctx, tx, id)
		return err
	})
	return l, err
}

func laneInfoTx(ctx context.Context, tx *db.Tx, id int64) (Lane, error) {
	l, err := scanLane(tx.QueryRow(ctx, "SELECT "+laneColumns+" FROM event_lane l WHERE l.id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		return Lane{}, ErrNoLane
	}
	return l, err
}

func scanLane(r scanner) (l Lane, err error) {
	var since, next, at, by, ok, failed int64
	var how pauseKind
	err = r.Scan(&l.ID, &l.AppID, &l.HookID, &l.URL, &l.Failures, &since, &next, &at, &by, &how, &ok, &failed, &l.Waiting, &l.Dead)
	l.FailingSince, l.NextAt, l.LastOK, l.LastFailed = db.Time(since), db.Time(next), db.Time(ok), db.Time(failed)
	if how != notPaused {
		l.Paused = &Pause{At: db.Time(at), By: by, Failed: how == pausedByItself}
	}
	return l, err
}

// Totals is how a portal's deliveries are doing.
type Totals struct {
	Waiting, Dead, Paused int64 // deliveries not sent yet, deliveries put aside, handlers that are paused
}

// Totals counts what needs a person's eye.
func (s *Service) Totals(ctx context.Context) (t Totals, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM event_delivery WHERE state = 0),
			(SELECT COUNT(*) FROM event_delivery WHERE state = 2), (SELECT COUNT(*) FROM event_lane WHERE paused_how <> '')`).
			Scan(&t.Waiting, &t.Dead, &t.Paused)
	})
	return t, err
}
