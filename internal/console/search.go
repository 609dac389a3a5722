package console

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// ErrNotFound is answered for a call that is not there, is not kept any more, or is none of the viewer's.
var ErrNotFound = fault.New(fault.NotFound, "CALL_NOT_FOUND", "There is no such call. It may have been forgotten: see how long calls are kept.")

// Filter says which calls are looked for. Its zero value is all of them.
type Filter struct {
	Text      string // words of the parameters, the answer or the error: all of them must be there, whole
	Method    string // a method, or the beginning of methods' names that ends before a dot, in any case
	AppID     int64
	WebhookID int64
	UserID    int64
	Kind      Kind          // Nobody is every kind
	Status    int           // the first digit of the status: 2, 4, 5
	Failed    bool          // only those that were answered with an error
	Error     string        // the code of the error, in any case
	Slow      time.Duration // one of SlowSteps: only those that took so long
	RequestID string        // of the portal or of the client
	MadeID    int64         // only those whose whole result is this number
	Warned    bool          // only those that depart from the documentation

	From, Until time.Time // when they were answered: from, and before; zero is open

	// After and Before are ids: only calls behind and before them. 0 is open.
	After, Before int64
}

// marks returns the words that a call must have in the index.
func (f Filter) marks() []string {
	var out []string
	add := func(key, value string) {
		if value != "" && value != "0" {
			out = append(out, key+"="+value)
		}
	}
	add("a", strconv.FormatInt(f.AppID, 10))
	add("w", strconv.FormatInt(f.WebhookID, 10))
	add("u", strconv.FormatInt(f.UserID, 10))
	add("k", strconv.FormatInt(int64(f.Kind), 10))
	add("s", strconv.Itoa(f.Status))
	add("t", strconv.FormatInt(f.Slow.Milliseconds(), 10))
	add("o", strconv.FormatInt(f.MadeID, 10))
	add("m", mark(strings.Trim(strings.TrimSpace(f.Method), ".*")))
	add("e", mark(strings.TrimSpace(f.Error)))
	add("r", mark(strings.TrimSpace(f.RequestID)))
	if f.Failed {
		add("f", "1")
	}
	if f.Warned {
		add("d", "1")
	}
	return append(out, textWords(f.Text, maxQuery)...)
}

// bounds returns the ids between which calls are looked for, both exclusive.
func (f Filter) bounds() (after, before int64) {
	after, before = f.After, f.Before
	if before == 0 {
		before = 1<<63 - 1
	}
	if !f.From.IsZero() {
		after = max(after, idAt(f.From)-1)
	}
	if !f.Until.IsZero() {
		before = min(before, idAt(f.Until))
	}
	return after, before
}

// Order says at which end of the matching calls the list begins.
type Order bool

// The orders.
const (
	Newest Order = false // from the newest back
	Oldest Order = true  // from the oldest on
)

// Calls returns up to limit calls that f describes and viewer may see, the newest first: who has the permission
// access.ViewConsole sees all, others those that were made as themselves.
func (s *Service) Calls(ctx context.Context, viewer user.Ref, f Filter, limit int) ([]Call, error) {
	return s.list(ctx, viewer, f, Newest, limit)
}

// CallsFrom is Calls from the oldest on.
func (s *Service) CallsFrom(ctx context.Context, viewer user.Ref, f Filter, limit int) ([]Call, error) {
	return s.list(ctx, viewer, f, Oldest, limit)
}

// MaxCount is how far Count counts.
const MaxCount = 1000

// Count returns how many calls f describes and viewer may see, MaxCount where they are more.
func (s *Service) Count(ctx context.Context, viewer user.Ref, f Filter) (n int64, err error) {
	f, ok := f.of(viewer)
	if !ok {
		return 0, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		for _, q := range f.queries(s.db.Dialect(), "id", Newest, MaxCount) {
			err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM ("+q.text+") counted", q.args...).Scan(&n)
			if err != nil || n == MaxCount {
				return err
			}
		}
		return nil
	})
	return n, err
}

// of narrows f to what viewer may see. It reports false where that is nothing.
func (f Filter) of(viewer user.Ref) (Filter, bool) {
	if viewer.May(access.ViewConsole) {
		return f, true
	}
	if f.UserID != 0 && f.UserID != viewer.ID {
		return f, false
	}
	f.UserID = viewer.ID
	return f, true
}

func (s *Service) list(ctx context.Context, viewer user.Ref, f Filter, order Order, limit int) (out []Call, err error) {
	f, ok := f.of(viewer)
	if !ok {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		for _, q := range f.queries(s.db.Dialect(), callColumns, order, limit) {
			if out, err = selectTx(ctx, tx, q); err != nil || len(out) == limit {
				return err
			}
			if whole, err := q.sawAll(ctx, tx); err != nil || whole {
				return err
			}
		}
		return nil
	})
	return out, err
}

func selectTx(ctx context.Context, tx *db.Tx, q query) ([]Call, error) {
	rows, err := tx.Query(ctx, q.text, q.args...)
	if err != nil {
		return nil, err
	}
	return scanCalls(rows)
}

// query is a statement with its arguments.
type query struct {
	text string
	args []any
	// more finds a row where calls are left that the statement did not look at; empty: it looks at all of them.
	more     string
	moreArgs []any
}

// sawAll reports whether the statement looked at every call there is for it.
func (q query) sawAll(ctx context.Context, tx *db.Tx) (bool, error) {
	if q.more == "" {
		return true, nil
	}
	var id int64
	err := tx.QueryRow(ctx, q.more, q.moreArgs...).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return true, nil
	}
	return false, err
}

// nearCalls is how many calls PostgreSQL looks through one by one before it asks its index.
const nearCalls = 4000

// queries are the statements that find the calls, of which the first counts that finds enough or looked at all. Without
// marks the key is enough; with them the index of words says which calls, and the rest of the statement fetches these.
func (f Filter) queries(dialect db.Dialect, columns string, order Order, limit int) []query {
	after, before := f.bounds()
	marks := f.marks()
	by := " ORDER BY id DESC LIMIT ?"
	if order == Oldest {
		by = " ORDER BY id LIMIT ?"
	}
	fetch := "SELECT " + columns + " FROM console_call WHERE id "
	switch {
	case len(marks) == 0:
		return []query{{text: fetch + "> ? AND id < ?" + by, args: []any{after, before, limit}}}
	case dialect == db.Postgres:
		// What is frequent is near; what is rare has few entries in the index, which does not know the order. Left to itself,
		// PostgreSQL would walk the whole key for what is rare. The sums keep it from that.
		q := tsquery(marks)
		return []query{
			{
				text: fetch + "IN (SELECT id FROM (SELECT id, words FROM console_word WHERE id > ? AND id < ?" + by +
					") near WHERE words @@ ?::tsquery" + by + ")" + by, args: []any{after, before, nearCalls, q, limit, limit},
				more: "SELECT id FROM console_word WHERE id > ? AND id < ?" + by + " OFFSET ?", moreArgs: []any{after, before, 1, nearCalls},
			},
			{
				text: fetch + "IN (SELECT id FROM console_word WHERE words @@ ?::tsquery AND id + 0 > ? AND id + 0 < ?" +
					strings.Replace(by, "BY id", "BY id + 0", 1) + ")" + by, args: []any{q, after, before, limit, limit},
			},
		}
	}
	// FTS5 keeps the order of the key, and so does the table of what is not in it yet.
	waiting, args := "SELECT id FROM console_word_new WHERE id > ? AND id < ?", []any{match(marks), after, before, limit, after, before}
	waiting += strings.Repeat(" AND instr(words, ?) > 0", len(marks))
	for _, m := range marks {
		args = append(args, " "+m+" ")
	}
	return []query{{
		text: fetch + `IN (
		SELECT id FROM (SELECT rowid AS id FROM console_word WHERE console_word MATCH ? AND rowid > ? AND rowid < ?` +
			strings.Replace(by, "BY id", "BY rowid", 1) + `)
		UNION ALL SELECT id FROM (` + waiting + by + ")" + by + ")" + by, args: append(args, limit, limit, limit),
	}}
}

// match is a query of FTS5: all of words, which hold neither quotes nor anything that the tokenizer would part.
func match(words []string) string { return `"` + strings.Join(words, `" AND "`) + `"` }

// tsquery is a query of PostgreSQL's text search: all of words, which hold neither quotes nor backslashes.
func tsquery(words []string) string { return "'" + strings.Join(words, "' & '") + "'" }

// Call returns one call that viewer may see. Fault: CALL_NOT_FOUND.
func (s *Service) Call(ctx context.Context, viewer user.Ref, id int64) (Call, error) {
	var out []Call
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+callColumns+" FROM console_call WHERE id = ?", id)
		if err != nil {
			return err
		}
		out, err = scanCalls(rows)
		return err
	})
	switch {
	case err != nil:
		return Call{}, err
	case len(out) == 0 || !viewer.May(access.ViewConsole) && out[0].UserID != viewer.ID:
		return Call{}, ErrNotFound
	}
	return out[0], nil
}

// Request returns the calls of one request, in the order in which they were answered: the calls of a batch, then the batch.
func (s *Service) Request(ctx context.Context, viewer user.Ref, requestID string) (out []Call, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+callColumns+" FROM console_call WHERE request_id = ? ORDER BY id LIMIT 100", requestID)
		if err != nil {
			return err
		}
		out, err = scanCalls(rows)
		return err
	})
	return slices.DeleteFunc(out, func(c Call) bool { return !viewer.May(access.ViewConsole) && c.UserID != viewer.ID }), err
}

func scanCalls(rows *sql.Rows) ([]Call, error) {
	defer func() { _ = rows.Close() }()
	var out []Call
	for rows.Next() {
		var c Call
		var took int64
		err := rows.Scan(&c.ID, &took, &c.RequestID, &c.Command, &c.Trace, &c.Verb, &c.Agent, &c.Name, &c.Method, &c.Kind, &c.AppID,
			&c.WebhookID, &c.UserID, &c.Remote, &c.Status, &c.Error, &c.Scope, &c.Params, &c.ParamsSize, &c.Masked, &c.Answer,
			&c.AnswerSize, &c.Warnings)
		if err != nil {
			return nil, err
		}
		c.Took = time.Duration(took) * time.Microsecond
		c.Start = timeOf(c.ID).Add(-c.Took)
		out = append(out, c)
	}
	return out, rows.Err()
}
