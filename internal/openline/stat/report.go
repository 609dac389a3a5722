package stat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Tally is what was counted.
type Tally struct {
	Began    int64 // conversations that began
	Answered int64 // of those, that a person answered
	Missed   int64 // that were in the queue and ended unanswered
	Silence  int64 // that ended because the client did not write any more
	Spam     int64
	Alone    int64 // that a bot led to their end
	Likes    int64
	Dislikes int64
	Heads    int64 // rated by managers
	HeadSum  int64 // of those ratings, 1–5 each
	// Answers within the time that the line wanted when they were given, and after it. Lines that want none are not among them.
	FirstIn, FirstOut, FurtherIn, FurtherOut int64
	Busy                                     int64  // minutes of conversations: two at once for a minute are two
	Peak                                     int64  // the most that one operator had at once, in all lines
	Queue                                    Spread // from coming into the queue to being taken
	First                                    Spread // from coming into the queue to the first answer
	Further                                  Spread // from the client's message to a later answer
}

// dest is where the measures are read into, in their order.
func (t *Tally) dest() []any {
	out := []any{
		&t.Began, &t.Answered, &t.Missed, &t.Silence, &t.Spam, &t.Alone, &t.Likes, &t.Dislikes, &t.Heads, &t.HeadSum,
		&t.FirstIn, &t.FirstOut, &t.FurtherIn, &t.FurtherOut, &t.Busy, &t.Peak,
	}
	for _, s := range []*Spread{&t.Queue, &t.First, &t.Further} {
		for i := range s {
			out = append(out, &s[i])
		}
	}
	return out
}

func (t *Tally) add(o Tally) {
	peak := max(t.Peak, o.Peak)
	from := o.dest()
	for i, d := range t.dest() {
		*d.(*int64) += *from[i].(*int64)
	}
	t.Peak = peak
}

// Row is the tally of an operator, or of a channel in a line.
type Row struct {
	OperatorID int64 // 0: what nobody took
	LineID     int64
	Connector  string
	Tally
}

// Hour is what began and was done in an hour.
type Hour struct {
	At                      time.Time // its beginning, UTC
	Began, Answered, Missed int64
	Busy                    int64 // minutes of conversations
}

// Report is what a page shows.
type Report struct {
	All       Tally
	Lines     []Row // by line and channel
	Operators []Row // who has most first
	Topics    []Topic
	Hours     []Hour
}

// Report counts. Hours are those of UTC: in a zone that is half an hour off, the first and the last of a day are shared with its
// neighbours.
func (s *Service) Report(ctx context.Context, f Filter) (r Report, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r = Report{}
		until, err := tallied(ctx, tx)
		if err != nil {
			return err
		}
		if r.Lines, err = rowsOf(ctx, tx, f, until, "line_id, connector"); err != nil {
			return fmt.Errorf("count lines: %w", err)
		}
		if r.Operators, err = rowsOf(ctx, tx, f, until, "operator_id"); err != nil {
			return fmt.Errorf("count operators: %w", err)
		}
		if r.Topics, err = topicsOf(ctx, tx, f, until); err != nil {
			return fmt.Errorf("count categories: %w", err)
		}
		if r.Hours, err = hoursOf(ctx, tx, f, until); err != nil {
			return fmt.Errorf("count hours: %w", err)
		}
		return nil
	})
	for _, l := range r.Lines {
		r.All.add(l.Tally)
	}
	slices.SortStableFunc(r.Operators, func(a, b Row) int { return int(b.Began - a.Began) })
	return r, err
}

// cut divides a time into the days that are summed up, and what is before and after them.
func (f Filter) cut(until time.Time) (first, last time.Time) {
	first = f.From.UTC().Truncate(day)
	if first.Before(f.From) {
		first = first.Add(day)
	}
	last = f.To.UTC().Truncate(day)
	if until.Before(last) {
		last = until
	}
	if !first.Before(last) {
		return f.To, f.To // all of it is counted where it stands
	}
	return first, last
}

// rowsOf counts by the columns of group.
func rowsOf(ctx context.Context, tx *db.Tx, f Filter, until time.Time, group string) (out []Row, err error) {
	where, more := f.where()
	first, last := f.cut(until)
	var parts []string
	var args []any
	add := func(q string, a ...any) { parts, args = append(parts, q), append(args, a...) }
	if f.From.Before(first) {
		q, a := rawRows(f.From, first, where, more)
		add(q, a...)
	}
	if first.Before(last) {
		who := " AND operator_id >= 0"
		if group != "operator_id" && f.operators() == nil {
			who = " AND operator_id = -1"
		}
		q := "SELECT line_id, connector, operator_id, " + strings.Join(measures, ", ") + " FROM openline_tally WHERE day >= ? AND day < ?" + who + where
		add(q, append([]any{db.Micro(first), db.Micro(last)}, more...)...)
	}
	if last.Before(f.To) {
		q, a := rawRows(last, f.To, where, more)
		add(q, a...)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	q := "SELECT " + group + ", " + sums() + " FROM (" + strings.Join(parts, " UNION ALL ") + ") r GROUP BY " + group + " ORDER BY " + group
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Row
		key := []any{&r.LineID, &r.Connector}
		if group == "operator_id" {
			key = []any{&r.OperatorID}
		}
		if err := rows.Scan(append(key, r.dest()...)...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// hoursOf counts by the hour. Of some operators alone it looks at what they had, which is little.
func hoursOf(ctx context.Context, tx *db.Tx, f Filter, until time.Time) (out []Hour, err error) {
	where, more := f.where()
	first, last := f.cut(until)
	if f.operators() != nil {
		first, last = f.To, f.To
	}
	var parts []string
	var args []any
	raw := func(from, to time.Time) {
		if from.Before(to) {
			parts = append(parts, hourRows(where))
			for range 2 {
				args = append(append(args, db.Micro(from), db.Micro(to)), more...)
			}
		}
	}
	raw(f.From, first)
	if first.Before(last) {
		parts = append(parts, "SELECT hour, line_id, connector, began, answered, missed, busy FROM openline_hour WHERE hour >= ? AND hour < ?"+where)
		args = append(append(args, db.Micro(first), db.Micro(last)), more...)
	}
	raw(last, f.To)
	if len(parts) == 0 {
		return nil, nil
	}
	q := "SELECT hour, SUM(began), SUM(answered), SUM(missed), SUM(busy) FROM (" + strings.Join(parts, " UNION ALL ") + ") r GROUP BY hour ORDER BY hour"
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var h Hour
		var at int64
		if err := rows.Scan(&at, &h.Began, &h.Answered, &h.Missed, &h.Busy); err != nil {
			return nil, err
		}
		h.At = db.Time(at).UTC()
		out = append(out, h)
	}
	return out, rows.Err()
}
