package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// lane is a handler and how it has been doing.
type lane struct {
	id        int64
	appID     int64
	url       string
	failures  int64 // of the delivery that is next
	notBefore time.Time
}

// pending is a delivery that is to be sent.
type pending struct {
	id, bindingID, userID, botID int64
	noAuth                       bool
	token, name, data            string
}

// result is what became of an attempt.
type result struct {
	delivery int64
	state    int
	at       time.Time
	took     time.Duration
	answer
}

// work sends what the lane has, in order, until nothing is left or an attempt fails. It returns how long to wait before
// more work: 0 when nothing is left.
func (d *Dispatcher) work(id int64) (wait time.Duration, err error) {
	if ok, err := d.lease(); err != nil || !ok {
		return leaseWait, err
	}
	l, err := d.loadLane(id)
	if err != nil {
		return 0, err
	}
	if wait := l.notBefore.Sub(d.service.clock.Now()); wait > 0 {
		return wait, nil
	}
	return d.drain(l)
}

// drain sends what a lane has. What was sent is recorded while more is being sent, so that the lane does not wait for the
// disk; a crash in between sends that part again.
func (d *Dispatcher) drain(l *lane) (wait time.Duration, err error) {
	recorded := make(chan error, 1)
	recorded <- nil // nothing is being recorded yet
	defer func() { err = errors.Join(err, <-recorded) }()
	for last := int64(0); d.ctx.Err() == nil; {
		next, err := d.fetch(l.id, last)
		if err != nil || len(next) == 0 {
			return 0, err
		}
		last = next[len(next)-1].id
		results, wait, err := d.send(l, next)
		before := <-recorded
		if len(results) > 0 {
			go func(l lane) { recorded <- d.record(l, results) }(*l)
		} else {
			recorded <- nil
		}
		if err := errors.Join(err, before); err != nil || wait > 0 {
			return wait, err
		}
		if ok, err := d.lease(); err != nil || !ok {
			return leaseWait, err
		}
	}
	return 0, nil
}

// send posts deliveries one after another and returns what became of them, and how long to leave the lane alone.
func (d *Dispatcher) send(l *lane, next []pending) (results []result, wait time.Duration, err error) {
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	for m := range d.messages(ctx, l, next) {
		if d.ctx.Err() != nil {
			break
		}
		if m.err != nil {
			if fault.KindOf(m.err) == fault.Unavailable {
				return results, holdTime, nil
			}
			return results, 0, m.err
		}
		r := d.attempt(l, m)
		if r.state != stateSent && d.ctx.Err() != nil {
			break // given up because the server stops: no fault of the handler
		}
		results = append(results, r)
		if r.state == statePending {
			wait = backOff(l.failures)
			l.notBefore = r.at.Add(wait)
			break
		}
	}
	return results, wait, nil
}

// message is a delivery with the form that is sent, or why there is none.
type message struct {
	pending

	head, tail []byte // of the form; the time of sending stands between them
	err        error
}

// form returns what is posted at a moment.
func (m message) form(now time.Time) []byte {
	b := append(make([]byte, 0, len(m.head)+len(m.tail)+24), m.head...)
	b = strconv.AppendInt(append(b, "&ts="...), now.Unix(), 10)
	return append(append(b, '&'), m.tail...)
}

// messagesAhead is how many deliveries are made ready while one is under way.
const messagesAhead = 4

// messages makes deliveries ready, in their order, ahead of being asked for them.
func (d *Dispatcher) messages(ctx context.Context, l *lane, next []pending) <-chan message {
	out := make(chan message, messagesAhead)
	appID, laneID := l.appID, l.id
	go func() {
		defer close(out)
		for _, p := range next {
			m := message{pending: p}
			m.head, m.tail, m.err = d.body(laneID, appID, p)
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// attempt posts one delivery.
func (d *Dispatcher) attempt(l *lane, m message) result {
	r := result{delivery: m.id, at: d.service.clock.Now(), state: stateSent}
	r.answer = d.post(l.url, m.form(r.at))
	r.took = d.service.clock.Now().Sub(r.at)
	if r.ok() {
		l.failures = 0
		return r
	}
	l.failures++
	r.state = statePending
	if l.failures >= maxFailures {
		l.failures, r.state = 0, stateDead
		d.log.Warn("delivery put aside after the last attempt", "event", m.name, "delivery", m.id, "status", r.status)
	}
	return r
}

// backOff is how long to wait after a number of failures: their fourth power in seconds, give or take a tenth, so that
// handlers that failed together do not come back together.
func backOff(failures int64) time.Duration {
	n := time.Duration(failures)
	d := min(n*n*n*n*time.Second, maxFirstWait)
	return d + time.Duration((rand.Float64()-0.5)/5*float64(d)) //nolint:gosec // jitter, not a secret
}

// body writes the form that the handler gets, apart from the time.
func (d *Dispatcher) body(laneID, appID int64, p pending) (head, tail []byte, err error) {
	var data phpform.Value
	if err := data.UnmarshalJSON([]byte(p.data)); err != nil {
		return nil, nil, fmt.Errorf("data of delivery %d: %w", p.id, err)
	}
	auth, err := d.sign(appID, p)
	if err != nil {
		return nil, nil, fmt.Errorf("sign for application %d: %w", appID, err)
	}
	if p.botID != 0 && appID != 0 {
		if data, err = d.withBot(appID, p, data); err != nil {
			return nil, nil, err
		}
	}
	handlerID := p.bindingID
	if handlerID == 0 {
		handlerID = laneID
	}
	head = phpform.AppendForm(nil, phpform.ArrayOf(
		phpform.Entry{Key: "event", Value: phpform.StringOf(p.name)},
		phpform.Entry{Key: "event_handler_id", Value: phpform.IntOf(handlerID)},
		phpform.Entry{Key: "data", Value: data},
	))
	return head, phpform.AppendForm(nil, phpform.ArrayOf(phpform.Entry{Key: "auth", Value: auth})), nil
}

// sign returns the block "auth" of a delivery.
func (d *Dispatcher) sign(appID int64, p pending) (phpform.Value, error) {
	switch {
	case appID == 0:
		return d.signer.Portal(d.ctx, p.token)
	case p.noAuth:
		return d.signer.Auth(d.ctx, appID, 0)
	}
	return d.signer.Auth(d.ctx, appID, p.userID)
}

// withBot puts the bot's own access into data[BOT][id]: its fields, and once more under AUTH.
func (d *Dispatcher) withBot(appID int64, p pending, data phpform.Value) (phpform.Value, error) {
	auth, err := d.signer.Auth(d.ctx, appID, p.botID)
	if err != nil {
		return data, fmt.Errorf("sign for bot %d: %w", p.botID, err)
	}
	key := strconv.FormatInt(p.botID, 10)
	bots, _ := data.Get("BOT")
	about, _ := bots.Get(key)
	entries := append([]phpform.Entry{}, auth.Entries()...)
	entries = append(entries, phpform.Entry{Key: "AUTH", Value: auth})
	entries = append(entries, about.Entries()...)
	return replace(data, "BOT", replace(bots, key, phpform.ArrayOf(entries...))), nil
}

// replace returns v with the value at key replaced, in its place.
func replace(v phpform.Value, key string, value phpform.Value) phpform.Value {
	return phpform.ArrayOf(append(append([]phpform.Entry{}, v.Entries()...), phpform.Entry{Key: key, Value: value})...)
}

func (d *Dispatcher) loadLane(id int64) (*lane, error) {
	l, notBefore := &lane{id: id}, int64(0)
	err := d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		return tx.QueryRow(d.ctx, "SELECT app_id, url, failures, not_before FROM event_lane WHERE id = ?", id).
			Scan(&l.appID, &l.url, &l.failures, &notBefore)
	})
	l.notBefore = db.Time(notBefore)
	return l, err
}

// fetch returns the next deliveries of a lane that have not been sent, behind the one called last.
func (d *Dispatcher) fetch(lane, last int64) (out []pending, err error) {
	err = d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(d.ctx, `SELECT id, binding_id, name, user_id, bot_id, no_auth, token, data FROM event_delivery
			WHERE lane_id = ? AND state = 0 AND id > ? ORDER BY id LIMIT ?`, lane, last, int64(fetchSize))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var p pending
			if err := rows.Scan(&p.id, &p.bindingID, &p.name, &p.userID, &p.botID, &p.noAuth, &p.token, &p.data); err != nil {
				return err
			}
			out = append(out, p)
		}
		return rows.Err()
	})
	return out, err
}

// record writes down what became of the attempts and how the lane is doing. It does so even while the server stops, so
// that what was sent is not sent again.
func (d *Dispatcher) record(l lane, results []result) error {
	ctx := context.WithoutCancel(d.ctx)
	return d.service.db.Write(ctx, func(tx *db.Tx) error {
		for _, r := range results {
			_, err := tx.Exec(ctx, `UPDATE event_delivery SET state = ?, attempts = attempts + 1, sent_at = ?, took_us = ?,
				status = ?, answer = ? WHERE id = ?`,
				int64(r.state), db.Micro(r.at), r.took.Microseconds(), int64(r.status), r.text, r.delivery)
			if err != nil {
				return fmt.Errorf("record delivery %d: %w", r.delivery, err)
			}
		}
		_, err := tx.Exec(ctx, "UPDATE event_lane SET failures = ?, not_before = ? WHERE id = ?",
			l.failures, db.Micro(l.notBefore), l.id)
		return err
	})
}
