package im

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// PostgreSQL's index of words knows no order: asked for the newest messages with a word it finds all of them, reads each from the
// table, and sorts. So a search walks from where it begins through spans of ids: first the nearest messages one by one, where what is
// frequent is found, then wider and wider spans by the index, which is told the days of each.
const (
	nearMessages = 1_500 // are looked through one by one
	minSpan      = 4_000 // ids
	spanGrowth   = 8     // a span is at most so many times as wide as what was walked before it
	spanMatches  = 1_000 // are expected in a span at most
	// clockSlack is how far the clock may have gone back between two messages: their ids have an order, their dates nearly.
	clockSlack = time.Hour
)

// span is a range of ids of messages: lo, and those below hi.
type span struct{ lo, hi int64 }

func (s span) empty() bool { return s.lo >= s.hi }

// cut returns the part of a span with which a walk begins, and the rest.
func (g *searching) cut(s span, width int64) (part, rest span) {
	if g.Oldest {
		edge := min(s.lo+width, s.hi)
		return span{s.lo, edge}, span{edge, s.hi}
	}
	edge := max(s.hi-width, s.lo)
	return span{edge, s.hi}, span{s.lo, edge}
}

// walk reads a page, and reports whether it is whole.
func (g *searching) walk(ctx context.Context, tx *db.Tx) (f Found, all bool, err error) {
	left, err := g.wanted(ctx, tx)
	if err != nil || left.empty() {
		return f, true, err
	}
	if err := neverWhole(ctx, tx); err != nil {
		return f, false, err
	}
	looked, walked, width := int64(0), int64(0), int64(nearMessages)
	for !left.empty() {
		part, rest := g.cut(left, width)
		ids, err := g.matching(ctx, tx, part, walked == 0)
		if err != nil {
			return f, false, err
		}
		if len(ids) > maxCandidates && width > minSpan { // more than the messages before it let expect
			width = max(width/spanGrowth, minSpan)
			continue
		}
		if full, err := g.addAll(ctx, tx, &f, ids); err != nil || full {
			return f, true, err
		}
		looked, walked, left = looked+int64(len(ids)), walked+part.hi-part.lo, rest
		if looked >= maxCandidates && !left.empty() {
			f.More, f.Next = true, g.edge(part)
			return f, false, nil
		}
		width = g.nextWidth(walked, looked, int64(len(f.Messages)))
	}
	return f, true, nil
}

// edge is where the next page goes on behind a span.
func (g *searching) edge(s span) int64 {
	if g.Oldest {
		return s.hi - 1
	}
	return s.lo
}

// nextWidth returns how wide the next span is to be: so wide that it fills the page if it has as much as those before it, of which it is
// known how many messages they had with the words, and how many of these the viewer sees.
func (g *searching) nextWidth(walked, looked, found int64) int64 {
	width := walked * spanGrowth
	if looked > 0 {
		width = min(width, spanMatches*walked/looked)
	}
	if found > 0 {
		missing := int64(g.limit) + 1 - found
		width = min(width, (missing+missing/2)*walked/found)
	}
	return max(width, minSpan)
}

// neverWhole keeps PostgreSQL, for the rest of the transaction, from reading the whole table: it does so for a word that is frequent
// elsewhere, since it knows no words of a period.
func neverWhole(ctx context.Context, tx *db.Tx) error {
	var off string
	return wrap("set up search", tx.QueryRow(ctx, "SELECT set_config('enable_seqscan', 'off', true)").Scan(&off))
}

// wanted returns the ids of all messages that are looked through.
func (g *searching) wanted(ctx context.Context, tx *db.Tx) (s span, err error) {
	after, before := g.bounds()
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), -1) + 1 FROM message").Scan(&s.lo, &s.hi); err != nil {
		return s, wrap("find ids to search", err)
	}
	s = span{max(s.lo, after+1), min(s.hi, before)}
	if !g.From.IsZero() && !s.empty() {
		if s.lo, err = firstSince(ctx, tx, s, g.From.Add(-clockSlack)); err != nil {
			return s, err
		}
	}
	if !g.Until.IsZero() && !s.empty() {
		s.hi, err = firstSince(ctx, tx, s, g.Until.Add(clockSlack))
	}
	return s, err
}

// firstSince returns an id that parts a span: those of messages since a time are not below it. It halves the span until it is found.
func firstSince(ctx context.Context, tx *db.Tx, s span, t time.Time) (id int64, err error) {
	const halve = `WITH RECURSIVE s(lo, hi) AS (
			SELECT CAST(? AS BIGINT), CAST(? AS BIGINT)
			UNION ALL
			SELECT CASE WHEN p.created < CAST(? AS BIGINT) THEN p.id + 1 ELSE s.lo END, CASE WHEN p.created < CAST(? AS BIGINT) THEN s.hi ELSE (s.lo + s.hi) / 2 END
			FROM s LEFT JOIN LATERAL (SELECT id, created FROM message WHERE id >= (s.lo + s.hi) / 2 ORDER BY id LIMIT 1) p ON true
			WHERE s.lo < s.hi)
		SELECT lo FROM s WHERE lo >= hi LIMIT 1`
	at := db.Micro(t)
	err = tx.QueryRow(ctx, halve, s.lo, s.hi, at, at).Scan(&id)
	return min(id, s.hi), wrap("find message by date", err)
}

// matching returns the ids of messages of a span that hold the words, in the order of the search. Of a wide span it may stop at one more
// than maxCandidates, whichever these are.
func (g *searching) matching(ctx context.Context, tx *db.Tx, s span, near bool) ([]int64, error) {
	if near {
		const q = `SELECT id FROM (SELECT id, words FROM message_word WHERE id >= ? AND id < ? ORDER BY id DIR LIMIT ?) near
			WHERE words @@ CAST(? AS tsquery) ORDER BY id DIR`
		ids, err := queryIDs(ctx, tx, strings.ReplaceAll(q, "DIR", g.direction()), s.lo, s.hi, int64(nearMessages), expression(db.Postgres, g.terms))
		return ids, wrap("search near messages", err)
	}
	days, err := g.days(ctx, tx, s)
	if err != nil {
		return nil, err
	}
	limit := int64(maxCandidates + 1)
	if s.hi-s.lo <= minSpan {
		limit = minSpan
	}
	const q = "SELECT id FROM message_word WHERE words @@ CAST(? AS tsquery) AND id + 0 >= ? AND id + 0 < ? LIMIT ?"
	ids, err := queryIDs(ctx, tx, q, expression(db.Postgres, append(days, g.terms...)), s.lo, s.hi, limit)
	slices.Sort(ids)
	if !g.Oldest {
		slices.Reverse(ids)
	}
	return ids, wrap("search messages", err)
}

// days names to the index the days or months of a span.
func (g *searching) days(ctx context.Context, tx *db.Tx, s span) ([]term, error) {
	const q = `SELECT COALESCE((SELECT created FROM message WHERE id >= ? ORDER BY id LIMIT 1), 0),
		COALESCE((SELECT created FROM message WHERE id < ? ORDER BY id DESC LIMIT 1), 0)`
	var first, last int64
	if err := tx.QueryRow(ctx, q, s.lo, s.hi).Scan(&first, &last); err != nil {
		return nil, fmt.Errorf("read dates of messages: %w", err)
	}
	marks := period(db.Time(first).Add(-clockSlack), db.Time(last).Add(clockSlack))
	if len(marks) == 0 {
		return nil, nil
	}
	return []term{{any: marks}}, nil
}

// addAll adds to what is found those of the messages ids that the viewer may see; true: the page is full.
func (g *searching) addAll(ctx context.Context, tx *db.Tx, f *Found, ids []int64) (full bool, err error) {
	for chunk := range slices.Chunk(ids, g.step) {
		page, err := g.page(ctx, tx, "message m", "m.id IN ("+db.Marks(len(chunk))+")", db.Args(chunk))
		if err != nil {
			return false, err
		}
		if full, err = g.add(ctx, tx, f, page); err != nil || full {
			return full, err
		}
	}
	return false, nil
}
