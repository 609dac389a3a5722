package stat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// counters are the columns of openline_tally that are summed up, in the order of Tally.
var counters = []string{
	"began", "answered", "missed", "silence", "spam", "alone", "likes", "dislikes", "heads", "head_sum", "first_in", "first_out",
	"further_in", "further_out", "busy",
}

var (
	queueColumns   = spreadColumns("q")
	firstColumns   = spreadColumns("f")
	furtherColumns = spreadColumns("a")
)

// measures are all columns that are numbers.
var measures = slices.Concat(counters, []string{"peak"}, queueColumns, firstColumns, furtherColumns)

const (
	overCases = "state IN ('closed', 'spam')"
	anyone    = -1 // the operator under whose number a day stands for everybody together
)

// A conversation is missed that came into the queue and ended without the answer of a person; one that a bot led to its end is not.
const missedCase = "CASE WHEN " + overCases + " AND reason <> 'spam' AND queued > 0 AND answered = 0 THEN 1 ELSE 0 END"

// aloneCase is that of one that a bot led to its end: nobody was asked for it, and nobody took it, as those do who begin one themselves.
const aloneCase = "CASE WHEN " + overCases + " AND reason <> 'spam' AND queued = 0 AND taken = 0 AND answered = 0 THEN 1 ELSE 0 END"

// ofSessions are the measures of a conversation.
var ofSessions = slices.Concat(
	[]string{
		"1", "CASE WHEN answered > 0 THEN 1 ELSE 0 END", missedCase,
		"CASE WHEN reason = 'silence' THEN 1 ELSE 0 END", "CASE WHEN state = 'spam' THEN 1 ELSE 0 END",
		aloneCase,
		"CASE WHEN vote = 1 THEN 1 ELSE 0 END", "CASE WHEN vote = 2 THEN 1 ELSE 0 END", "CASE WHEN head_vote > 0 THEN 1 ELSE 0 END", "head_vote",
		"0", "0", "0", "0", "0", "0",
	},
	spreadCases("taken > 0 AND queued > 0", "taken - queued"), zeros(2*classes),
)

// ofAnswers are the measures of an answer.
var ofAnswers = slices.Concat(
	zeros(10),
	[]string{
		"CASE WHEN first = 1 AND wanted > 0 AND took <= wanted THEN 1 ELSE 0 END", "CASE WHEN first = 1 AND wanted > 0 AND took > wanted THEN 1 ELSE 0 END",
		"CASE WHEN first = 0 AND wanted > 0 AND took <= wanted THEN 1 ELSE 0 END", "CASE WHEN first = 0 AND wanted > 0 AND took > wanted THEN 1 ELSE 0 END",
		"0", "0",
	},
	zeros(classes), spreadCases("first = 1", "took"), spreadCases("first = 0", "took"),
)

// ofLoad are the measures of a row of openline_load.
var ofLoad = slices.Concat(zeros(14), []string{"busy", "peak"}, zeros(3*classes))

// named gives expressions the names of the measures.
func named(exprs []string) string {
	out := make([]string, len(exprs))
	for i, e := range exprs {
		out[i] = e + " AS " + measures[i]
	}
	return strings.Join(out, ", ")
}

// sums returns the measures of many rows as those of one.
func sums() string {
	out := make([]string, len(measures))
	for i, m := range measures {
		out[i] = "SUM(" + m + ")"
		if m == "peak" {
			out[i] = "MAX(peak)"
		}
	}
	return strings.Join(out, ", ")
}

// rawRows is the query of the measures as they stand in a time, for the conditions of where.
func rawRows(from, to time.Time, where string, args []any) (string, []any) {
	a, b := db.Micro(from), db.Micro(to)
	q := "SELECT line_id, connector, operator_id, " + named(ofSessions) + " FROM openline_session WHERE created >= ? AND created < ?" + where +
		" UNION ALL SELECT line_id, connector, operator_id, " + named(ofAnswers) + " FROM openline_answer WHERE at >= ? AND at < ?" + where +
		" UNION ALL SELECT line_id, connector, operator_id, " + named(ofLoad) + " FROM openline_load WHERE hour >= ? AND hour < ?" + where
	var all []any
	for range 3 {
		all = append(append(all, a, b), args...)
	}
	return q, all
}

// settle is how long after its end a day is summed up: what was written at its end is committed by then.
const settle = 10 * time.Minute

// Refresh sums up the days that are over, and again those in which something changed since.
func (s *Service) Refresh(ctx context.Context) error {
	end := s.clock.Now().UTC().Add(-settle).Truncate(day)
	for {
		more, err := s.nextDay(ctx, end)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	var stale []int64
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		until, err := tallied(ctx, tx)
		if err != nil {
			return err
		}
		stale, err = numbers(ctx, tx, "SELECT DISTINCT day FROM openline_stale WHERE day < ? ORDER BY day", db.Micro(until))
		return err
	})
	if err != nil {
		return fmt.Errorf("read days to count anew: %w", err)
	}
	for _, d := range stale {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return sumUp(ctx, tx, db.Time(d)) }); err != nil {
			return err
		}
	}
	return nil
}

// nextDay sums up the first day that is not, unless it is end.
func (s *Service) nextDay(ctx context.Context, end time.Time) (more bool, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		more = false
		if err := tx.Lock(ctx, "openline numbers"); err != nil {
			return err
		}
		next, err := tallied(ctx, tx)
		if err != nil {
			return err
		}
		if next.IsZero() {
			if next, err = firstDay(ctx, tx, end); err != nil {
				return err
			}
		}
		if next.Before(end) {
			more = true
			if err := sumUp(ctx, tx, next); err != nil {
				return err
			}
			next = next.Add(day)
		}
		const q = "INSERT INTO openline_mark (name, at) VALUES ('tallied', ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at"
		if err := tx.Later(ctx, q, db.Micro(next)); err != nil {
			return fmt.Errorf("note day: %w", err)
		}
		return nil
	})
	return more, err
}

// firstDay returns the day in which the first conversation began; end where there is none.
func firstDay(ctx context.Context, tx *db.Tx, end time.Time) (time.Time, error) {
	var at int64
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(created), 0) FROM openline_session").Scan(&at); err != nil {
		return end, fmt.Errorf("find first conversation: %w", err)
	}
	if at == 0 {
		return end, nil
	}
	return db.Time(at).UTC().Truncate(day), nil
}

// tallied returns the day up to which days are summed up, itself not; zero: none is.
func tallied(ctx context.Context, tx *db.Tx) (time.Time, error) {
	var at int64
	err := tx.QueryRow(ctx, "SELECT at FROM openline_mark WHERE name = 'tallied'").Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read summed days: %w", err)
	}
	return db.Time(at).UTC(), nil
}

// sumUp counts a day.
func sumUp(ctx context.Context, tx *db.Tx, d time.Time) error {
	at, next := db.Micro(d), db.Micro(d.Add(day))
	for _, q := range []string{"DELETE FROM openline_stale WHERE day = ?", "DELETE FROM openline_tally WHERE day = ?", "DELETE FROM openline_topic WHERE day = ?"} {
		if err := tx.Later(ctx, q, at); err != nil {
			return fmt.Errorf("count day: %w", err)
		}
	}
	if err := tx.Later(ctx, "DELETE FROM openline_hour WHERE hour >= ? AND hour < ?", at, next); err != nil {
		return fmt.Errorf("count day: %w", err)
	}
	raw, args := rawRows(d, d.Add(day), "", nil)
	columns := " (day, operator_id, line_id, connector, " + strings.Join(measures, ", ") + ") "
	each := "INSERT INTO openline_tally" + columns + "SELECT ?, operator_id, line_id, connector, " + sums() + " FROM (" + raw + ") r GROUP BY operator_id, line_id, connector"
	if err := tx.Later(ctx, each, append([]any{at}, args...)...); err != nil {
		return fmt.Errorf("count day of operators: %w", err)
	}
	all := "INSERT INTO openline_tally" + columns + "SELECT day, -1, line_id, connector, " + sums() + " FROM openline_tally WHERE day = ? GROUP BY day, line_id, connector"
	if err := tx.Later(ctx, all, at); err != nil {
		return fmt.Errorf("count day of all: %w", err)
	}
	topics := "INSERT INTO openline_topic (day, operator_id, line_id, connector, category_id, began, answered, missed, likes, dislikes) " +
		"SELECT ?, operator_id, line_id, connector, category_id, " + topicSums + " FROM (" + topicRows("") + ") r GROUP BY operator_id, line_id, connector, category_id"
	if err := tx.Later(ctx, topics, at, at, next); err != nil {
		return fmt.Errorf("count categories: %w", err)
	}
	hours := `INSERT INTO openline_hour (hour, line_id, connector, began, answered, missed, busy)
		SELECT hour, line_id, connector, SUM(began), SUM(answered), SUM(missed), SUM(busy) FROM (` + hourRows("") + `) r GROUP BY hour, line_id, connector`
	if err := tx.Later(ctx, hours, at, next, at, next); err != nil {
		return fmt.Errorf("count hours: %w", err)
	}
	return nil
}

// hourRows is the query of what happened in each hour; it takes the bounds of the time and the arguments of where, twice.
func hourRows(where string) string {
	return `SELECT created - created % 3600000000 AS hour, line_id, connector, 1 AS began, CASE WHEN answered > 0 THEN 1 ELSE 0 END AS answered, ` +
		missedCase + ` AS missed, 0 AS busy FROM openline_session WHERE created >= ? AND created < ?` + where +
		` UNION ALL SELECT hour, line_id, connector, 0, 0, 0, busy FROM openline_load WHERE hour >= ? AND hour < ?` + where
}

func numbers(ctx context.Context, tx *db.Tx, q string, args ...any) (out []int64, err error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}
