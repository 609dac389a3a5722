package event

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// Header is a line of a request or an answer.
type Header struct{ Name, Value string }

// Attempt is one request to a handler, with the answer. Its secrets are masked.
type Attempt struct {
	Number int64 // 1 for the first
	At     time.Time
	Took   time.Duration

	URL     string // where it went
	Request []Header
	Body    string // the form that was posted

	Status  int      // of the answer; 0 when there was none
	Problem string   // why there is no whole answer; empty when there is one
	Answer  []Header // the beginning of the headers
	Text    string   // the beginning of the body
}

// OK reports whether the handler took the event.
func (a Attempt) OK() bool { return a.Problem == "" && a.Status >= 200 && a.Status < 300 }

// maxAttempts is how many attempts of a delivery are kept; of more, the last one.
const maxAttempts = 1 << attemptBits

// attemptBits is how much of the key of an attempt is its number, which begins with 0; the rest is the delivery. One key for
// both lets an attempt cost a single row without an index beside it.
const attemptBits = 8

// attemptKey returns the key of the attempt with a number, which begins with 0.
func attemptKey(delivery, number int64) int64 {
	return delivery<<attemptBits | min(number, maxAttempts-1)
}

// kept is what is kept of an attempt besides its answer. The form is not: it is written anew from the delivery's data, which
// never change.
type kept struct {
	number        int64 // begins with 0
	sent          string
	auth, botAuth string // masked blocks, JSON; empty for none
}

// attemptsAtOnce are the sizes of the statements that record attempts. A few sizes make few statements to prepare.
var attemptsAtOnce = []int{64, 8, 1}

// insertAttemptsTx records attempts, many in a statement.
func insertAttemptsTx(ctx context.Context, tx *db.Tx, results []result) error {
	for len(results) > 0 {
		n := 1
		for _, size := range attemptsAtOnce {
			if size <= len(results) {
				n = size
				break
			}
		}
		args := make([]any, 0, n*10)
		for _, r := range results[:n] {
			args = append(args, attemptKey(r.delivery, r.kept.number), db.Micro(r.at), r.took.Microseconds(), r.kept.sent, r.kept.auth,
				r.kept.botAuth, int64(r.status), r.problem, r.headers, r.text)
		}
		// A key that is there belongs to the last attempt that is kept.
		err := tx.Later(ctx, `INSERT INTO event_attempt (id, at, took_us, sent, auth, bot_auth, status, problem, headers, answer) VALUES `+
			attemptRows[n]+` ON CONFLICT (id) DO UPDATE SET at = excluded.at, took_us = excluded.took_us, sent = excluded.sent,
			auth = excluded.auth, bot_auth = excluded.bot_auth, status = excluded.status, problem = excluded.problem,
			headers = excluded.headers, answer = excluded.answer`, args...)
		if err != nil {
			return fmt.Errorf("record attempts: %w", err)
		}
		results = results[n:]
	}
	return nil
}

// attemptRows are the places for the values of so many attempts.
var attemptRows = func() map[int]string {
	out := map[int]string{}
	for _, n := range attemptsAtOnce {
		out[n] = strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?), ", n), ", ")
	}
	return out
}()

// attemptsTx returns the attempts of a delivery, the first one first.
func attemptsTx(ctx context.Context, tx *db.Tx, p pending, laneID int64) (out []Attempt, err error) {
	rows, err := tx.Query(ctx, `SELECT id, at, took_us, sent, auth, bot_auth, status, problem, headers, answer FROM event_attempt
		WHERE id >= ? AND id < ? ORDER BY id`, attemptKey(p.id, 0), attemptKey(p.id+1, 0))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a Attempt
		var key, at, took int64
		var k kept
		var headers string
		if err := rows.Scan(&key, &at, &took, &k.sent, &k.auth, &k.botAuth, &a.Status, &a.Problem, &headers, &a.Text); err != nil {
			return nil, err
		}
		a.Number, a.At, a.Took = key&(maxAttempts-1)+1, db.Time(at), time.Duration(took)*time.Microsecond
		a.URL, a.Request = splitSent(k.sent)
		a.Answer = splitHeaders(headers)
		if a.Body, err = keptBody(p, laneID, a.At, k); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

func splitSent(sent string) (url string, headers []Header) {
	first, rest, _ := strings.Cut(sent, "\n")
	return strings.TrimPrefix(first, "POST "), splitHeaders(rest)
}

func splitHeaders(text string) (out []Header) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		out = append(out, Header{name, value})
	}
	return out
}

// keptBody writes the form of an attempt with its secrets masked.
func keptBody(p pending, laneID int64, at time.Time, k kept) (string, error) {
	data, err := parse(p.data)
	if err != nil {
		return "", fmt.Errorf("data of delivery %d: %w", p.id, err)
	}
	auth, err := parse(k.auth)
	if err != nil {
		return "", fmt.Errorf("signature of delivery %d: %w", p.id, err)
	}
	data = masked(data)
	if k.botAuth != "" {
		bot, err := parse(k.botAuth)
		if err != nil {
			return "", fmt.Errorf("signature of delivery %d: %w", p.id, err)
		}
		data = withBot(data, p.botID, bot)
	}
	m := message{head: head(p, laneID, data), tail: tail(auth)}
	return string(m.form(at)), nil
}

// parse reads a value that this package stored.
func parse(text string) (v phpform.Value, err error) {
	if text == "" {
		return phpform.ListOf(), nil
	}
	err = v.UnmarshalJSON([]byte(text))
	return v, err
}
