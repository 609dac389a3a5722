package event

import (
	"context"
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
	for d.ctx.Err() == nil {
		next, err := d.fetch(id)
		if err != nil || len(next) == 0 {
			return 0, err
		}
		wait, err := d.send(l, next)
		if err != nil || wait > 0 {
			return wait, err
		}
		if ok, err := d.lease(); err != nil || !ok {
			return leaseWait, err
		}
	}
	return 0, nil
}

// send posts deliveries one after another and records all of it in one write.
func (d *Dispatcher) send(l *lane, next []pending) (wait time.Duration, err error) {
	var results []result
	for _, p := range next {
		if d.ctx.Err() != nil {
			break
		}
		r, err := d.attempt(l, p)
		if fault.KindOf(err) == fault.Unavailable && err != nil {
			wait = holdTime
			break
		}
		if err != nil {
			return 0, err
		}
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
	return wait, d.record(l, results)
}

// attempt posts one delivery.
func (d *Dispatcher) attempt(l *lane, p pending) (result, error) {
	r := result{delivery: p.id, at: d.service.clock.Now(), state: stateSent}
	body, err := d.body(l, p, r.at)
	if err != nil {
		return r, err
	}
	r.answer = d.post(l.url, body)
	r.took = d.service.clock.Now().Sub(r.at)
	if r.ok() {
		l.failures = 0
		return r, nil
	}
	l.failures++
	r.state = statePending
	if l.failures >= maxFailures {
		l.failures, r.state = 0, stateDead
		d.log.Warn("delivery put aside after the last attempt", "event", p.name, "delivery", p.id, "status", r.status)
	}
	return r, nil
}

// backOff is how long to wait after a number of failures: their fourth power in seconds, give or take a tenth, so that
// handlers that failed together do not come back together.
func backOff(failures int64) time.Duration {
	n := time.Duration(failures)
	d := min(n*n*n*n*time.Second, maxFirstWait)
	return d + time.Duration((rand.Float64()-0.5)/5*float64(d)) //nolint:gosec // jitter, not a secret
}

// body writes the form that the handler gets.
func (d *Dispatcher) body(l *lane, p pending, now time.Time) ([]byte, error) {
	var data phpform.Value
	if err := data.UnmarshalJSON([]byte(p.data)); err != nil {
		return nil, fmt.Errorf("data of delivery %d: %w", p.id, err)
	}
	auth, err := d.sign(l, p)
	if err != nil {
		return nil, fmt.Errorf("sign for application %d: %w", l.appID, err)
	}
	if p.botID != 0 && l.appID != 0 {
		if data, err = d.withBot(l, p, data); err != nil {
			return nil, err
		}
	}
	handlerID := p.bindingID
	if handlerID == 0 {
		handlerID = l.id
	}
	return phpform.AppendForm(nil, phpform.ArrayOf(
		phpform.Entry{Key: "event", Value: phpform.StringOf(p.name)},
		phpform.Entry{Key: "event_handler_id", Value: phpform.IntOf(handlerID)},
		phpform.Entry{Key: "data", Value: data},
		phpform.Entry{Key: "ts", Value: phpform.IntOf(now.Unix())},
		phpform.Entry{Key: "auth", Value: auth},
	)), nil
}

// sign returns the block "auth" of a delivery.
func (d *Dispatcher) sign(l *lane, p pending) (phpform.Value, error) {
	switch {
	case l.appID == 0:
		return d.signer.Portal(d.ctx, p.token)
	case p.noAuth:
		return d.signer.Auth(d.ctx, l.appID, 0)
	}
	return d.signer.Auth(d.ctx, l.appID, p.userID)
}

// withBot puts the bot's own access into data[BOT][id]: its fields, and once more under AUTH.
func (d *Dispatcher) withBot(l *lane, p pending, data phpform.Value) (phpform.Value, error) {
	auth, err := d.signer.Auth(d.ctx, l.appID, p.botID)
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

func (d *Dispatcher) fetch(lane int64) (out []pending, err error) {
	err = d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(d.ctx, `SELECT id, binding_id, name, user_id, bot_id, no_auth, token, data FROM event_delivery
			WHERE lane_id = ? AND state = 0 ORDER BY id LIMIT ?`, lane, int64(fetchSize))
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
func (d *Dispatcher) record(l *lane, results []result) error {
	if len(results) == 0 {
		return nil
	}
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
