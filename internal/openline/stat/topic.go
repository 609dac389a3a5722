package stat

import (
	"context"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Topic is how many conversations were about something: those of a category.
type Topic struct {
	CategoryID                               int64
	Began, Answered, Missed, Likes, Dislikes int64
}

// topicSums are the numbers of a Topic over many rows.
const topicSums = "SUM(began), SUM(answered), SUM(missed), SUM(likes), SUM(dislikes)"

// topicRows is the query of the conversations that have a category; it takes the bounds of the time and the arguments of where.
func topicRows(where string) string {
	return `SELECT operator_id, line_id, connector, category_id, 1 AS began, CASE WHEN answered > 0 THEN 1 ELSE 0 END AS answered, ` + missedCase +
		` AS missed, CASE WHEN vote = 1 THEN 1 ELSE 0 END AS likes, CASE WHEN vote = 2 THEN 1 ELSE 0 END AS dislikes
		FROM openline_session WHERE created >= ? AND created < ? AND category_id > 0` + where
}

// topicsOf counts by the category, the one with the most conversations first.
func topicsOf(ctx context.Context, tx *db.Tx, f Filter, until time.Time) (out []Topic, err error) {
	where, more := f.where()
	first, last := f.cut(until)
	var parts []string
	var args []any
	add := func(q string, from, to time.Time) {
		if from.Before(to) {
			parts, args = append(parts, q), append(append(args, db.Micro(from), db.Micro(to)), more...)
		}
	}
	add(topicRows(where), f.From, first)
	add("SELECT operator_id, line_id, connector, category_id, began, answered, missed, likes, dislikes FROM openline_topic WHERE day >= ? AND day < ?"+where, first, last)
	add(topicRows(where), last, f.To)
	if len(parts) == 0 {
		return nil, nil
	}
	q := "SELECT category_id, " + topicSums + " FROM (" + strings.Join(parts, " UNION ALL ") + ") r GROUP BY category_id ORDER BY SUM(began) DESC, category_id"
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t Topic
		if err := rows.Scan(&t.CategoryID, &t.Began, &t.Answered, &t.Missed, &t.Likes, &t.Dislikes); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}
