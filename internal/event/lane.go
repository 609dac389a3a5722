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
	id, appID, hookID int64
	url               string
	failures          int64     // attempts in a row that failed
	failingSince      time.Time // the first of them
	notBefore         time.Time
	paused            pauseKind
}

// pending is a delivery that is to be sent.
type pending struct {
	id, bindingID, userID, botID int64
	attempts, tries              int64 // made ever, and since it was recorded or put back
	noAuth                       bool
	token, name, data            string
}

// result is what became of an attempt.
type result struct {
	delivery int64
	name     string // of the event
	state    State
	tries    int64
	at       time.Time
	took     time.Duration
	answer
	kept kept
}

// outcomes are what an attempt came to, by the state that its delivery has then.
var outcomes = map[State]string{Sent: "sent", Pending: "failed", Dead: "dead"}

// work sends what the lane has, in order, until nothing is left or an attempt fails. It returns how long to wait before
// more work: 0 when nothing is left.
func (d *Dispatcher) work(id int64) (wait time.Duration, err error) {
	if ok, err := d.lease(); err != nil || !ok {
		return leaseWait, err
	}
	d.unhalt(id)
	l, err := d.loadLane(id)
	if err != nil {
		return 0, err
	}
	if l.paused == pausedByPerson {
		return 0, nil // who resumes it wakes it
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
		if err := errors.Join(err, before); err != nil || wait > 0 || d.halted(l.id) {
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
		if d.ctx.Err() != nil || d.halted(l.id) {
			break
		}
		if m.err != nil {
			switch fault.KindOf(m.err) {
			case fault.Unavailable:
				return results, holdTime, nil
			case fault.NotFound: // the receiver is gone, and there is nobody to sign for
				results = append(results, d.unsendable(m))
				continue
			default:
				return results, 0, m.err
			}
		}
		r := d.attempt(l, m)
		if r.state != Sent && d.ctx.Err() != nil {
			break // given up because the server stops: no fault of the handler
		}
		results = append(results, r)
		if r.state == Pending { // its turn comes again before that of the next one
			wait = l.notBefore.Sub(r.at)
			break
		}
	}
	return results, wait, nil
}

// unsendable puts aside a delivery whose receiver is gone.
func (d *Dispatcher) unsendable(m message) result {
	return result{
		delivery: m.id, name: m.name, state: Dead, tries: m.tries, at: d.service.clock.Now(), kept: kept{number: m.attempts},
		answer: answer{problem: fault.Of(m.err).Text},
	}
}

// message is a delivery with the form that is sent, or why there is none.
type message struct {
	pending

	head, tail    []byte // of the form; the time of sending stands between them
	auth, botAuth string // the masked blocks, JSON
	secrets       []string
	keys          []string // that the request is signed with
	err           error
}

// form returns what is posted at a moment.
func (m *message) form(now time.Time) []byte {
	b := append(make([]byte, 0, len(m.head)+len(m.tail)+24), m.head...)
	b = strconv.AppendInt(append(b, "&ts="...), now.Unix(), 10)
	if len(m.tail) == 0 {
		return b
	}
	return append(append(b, '&'), m.tail...)
}

// messagesAhead is how many deliveries are made ready while one is under way.
const messagesAhead = 4

// messages makes deliveries ready, in their order, ahead of being asked for them.
func (d *Dispatcher) messages(ctx context.Context, l *lane, next []pending) <-chan message {
	out := make(chan message, messagesAhead)
	of := *l
	go func() {
		defer close(out)
		for _, p := range next {
			m := d.prepare(of, p)
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// attempt posts one delivery and notes in l how the lane is doing.
func (d *Dispatcher) attempt(l *lane, m message) result {
	r := result{delivery: m.id, name: m.name, at: d.service.clock.Now(), state: Sent, tries: m.tries}
	req := d.request(l, &m, r.at)
	r.answer = d.post(l.appID, req)
	r.took = d.service.clock.Now().Sub(r.at)
	r.text, r.headers = hide(r.text, m.secrets), hide(r.headers, m.secrets)
	r.kept = kept{number: m.attempts, sent: req.text(), auth: m.auth, botAuth: m.botAuth}
	if r.ok() {
		l.succeeded()
	} else {
		r.tries++
		d.failed(l, m, &r)
	}
	if d.observe != nil {
		d.observe(outcomes[r.state], r.took)
	}
	return r
}

// succeeded notes an attempt that succeeded.
func (l *lane) succeeded() {
	l.failures, l.failingSince, l.notBefore = 0, time.Time{}, time.Time{}
	l.paused = notPaused
}

// failed notes an attempt that failed: it will be made again later, or the delivery is put aside. A lane in which nothing
// has gone well for long is paused, and then asks only now and then; that costs its deliveries no attempt.
func (d *Dispatcher) failed(l *lane, m message, r *result) {
	l.failures++
	if l.failingSince.IsZero() {
		l.failingSince = r.at
	}
	r.state = Pending
	switch {
	case l.paused == pausedByItself:
		r.tries--
		l.notBefore = r.at.Add(probeEvery)
	case l.failures >= pauseFailures && r.at.Sub(l.failingSince) >= pauseAfter:
		l.paused = pausedByItself
		l.notBefore = r.at.Add(probeEvery)
		d.log.Warn("handler paused: it has failed for long", "lane", l.id, "app", l.appID, "webhook", l.hookID, "since", l.failingSince)
	case r.tries >= maxFailures:
		r.state = Dead
		l.notBefore = time.Time{}
		d.log.Warn("delivery put aside after the last attempt", "event", m.name, "delivery", m.id, "status", r.status)
	default:
		l.notBefore = r.at.Add(backOff(r.tries))
	}
}

// backOff is how long to wait after a number of failures: their fourth power in seconds, give or take a tenth, so that
// handlers that failed together do not come back together.
func backOff(failures int64) time.Duration {
	n := time.Duration(failures)
	d := min(n*n*n*n*time.Second, maxFirstWait)
	return d + time.Duration((rand.Float64()-0.5)/5*float64(d)) //nolint:gosec // jitter, not a secret
}

// prepare makes a delivery ready to be sent.
func (d *Dispatcher) prepare(l lane, p pending) message {
	m := message{pending: p}
	data, err := parse(p.data)
	if err != nil {
		m.err = fmt.Errorf("data of delivery %d: %w", p.id, err)
		return m
	}
	auth, err := d.sign(l, p)
	if err != nil {
		m.err = fmt.Errorf("sign for application %d: %w", l.appID, err)
		return m
	}
	if m.keys, err = d.signer.SigningKeys(d.ctx, l.appID, l.hookID); err != nil {
		m.err = fmt.Errorf("signing keys of application %d: %w", l.appID, err)
		return m
	}
	m.auth, m.secrets = string(phpform.AppendJSON(nil, masked(auth))), append(secretsIn(auth), m.keys...)
	if p.botID != 0 && l.appID != 0 {
		bot, err := d.signer.Auth(d.ctx, l.appID, p.botID)
		if err != nil {
			m.err = fmt.Errorf("sign for bot %d: %w", p.botID, err)
			return m
		}
		data = withBot(data, p.botID, bot)
		m.botAuth, m.secrets = string(phpform.AppendJSON(nil, masked(bot))), append(m.secrets, secretsIn(bot)...)
	}
	m.head, m.tail = head(p, l.id, data), tail(auth)
	return m
}

// head writes what stands in the form before the time of sending.
func head(p pending, laneID int64, data phpform.Value) []byte {
	handlerID := p.bindingID
	if handlerID == 0 {
		handlerID = laneID
	}
	return phpform.AppendForm(nil, phpform.ArrayOf(
		phpform.Entry{Key: "event", Value: phpform.StringOf(p.name)},
		phpform.Entry{Key: "event_handler_id", Value: phpform.IntOf(handlerID)},
		phpform.Entry{Key: "data", Value: data},
	))
}

// tail writes what stands in the form behind the time of sending.
func tail(auth phpform.Value) []byte {
	return phpform.AppendForm(nil, phpform.ArrayOf(phpform.Entry{Key: "auth", Value: auth}))
}

// sign returns the block "auth" of a delivery.
func (d *Dispatcher) sign(l lane, p pending) (phpform.Value, error) {
	switch {
	case l.hookID != 0:
		return d.signer.Hook(d.ctx, l.hookID)
	case l.appID == 0:
		return d.signer.Portal(d.ctx, p.token)
	case p.noAuth:
		return d.signer.Auth(d.ctx, l.appID, 0)
	}
	return d.signer.Auth(d.ctx, l.appID, p.userID)
}

// withBot puts the bot's own access into data[BOT][id], or into each of data[COMMAND]: its fields, and once more under AUTH. In the
// events of the second generation of bots it is data[bot][auth].
func withBot(data phpform.Value, botID int64, auth phpform.Value) phpform.Value {
	if about, ok := data.Get("bot"); ok {
		return replace(data, "bot", replace(about, "auth", auth))
	}
	signed := func(about phpform.Value) phpform.Value {
		entries := append([]phpform.Entry{}, auth.Entries()...)
		again := auth
		if id, ok := about.Get("client_id"); ok {
			again = replace(auth, "client_id", id)
		}
		entries = append(entries, phpform.Entry{Key: "AUTH", Value: again})
		return phpform.ArrayOf(append(entries, about.Entries()...)...)
	}
	if commands, ok := data.Get("COMMAND"); ok {
		list := append([]phpform.Entry{}, commands.Entries()...)
		for i := range list {
			list[i].Value = signed(list[i].Value)
		}
		return replace(data, "COMMAND", phpform.ArrayOf(list...))
	}
	key := strconv.FormatInt(botID, 10)
	bots, _ := data.Get("BOT")
	about, _ := bots.Get(key)
	return replace(data, "BOT", replace(bots, key, signed(about)))
}

// replace returns v with the value at key replaced, in its place.
func replace(v phpform.Value, key string, value phpform.Value) phpform.Value {
	return phpform.ArrayOf(append(append([]phpform.Entry{}, v.Entries()...), phpform.Entry{Key: key, Value: value})...)
}

func (d *Dispatcher) loadLane(id int64) (*lane, error) {
	l, notBefore, since := &lane{id: id}, int64(0), int64(0)
	err := d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		return tx.QueryRow(d.ctx, `SELECT app_id, hook_id, url, failures, failing_since, not_before, paused_how FROM event_lane
			WHERE id = ?`, id).Scan(&l.appID, &l.hookID, &l.url, &l.failures, &since, &notBefore, &l.paused)
	})
	l.notBefore, l.failingSince = db.Time(notBefore), db.Time(since)
	return l, err
}

// fetch returns the next deliveries of a lane that have not been sent, behind the one called last.
func (d *Dispatcher) fetch(lane, last int64) (out []pending, err error) {
	err = d.service.db.Read(d.ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(d.ctx, `SELECT id, binding_id, name, user_id, bot_id, no_auth, token, data, attempts, tries FROM event_delivery
			WHERE lane_id = ? AND state = 0 AND id > ? ORDER BY id LIMIT ?`, lane, last, int64(fetchSize))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var p pending
			err := rows.Scan(&p.id, &p.bindingID, &p.name, &p.userID, &p.botID, &p.noAuth, &p.token, &p.data, &p.attempts, &p.tries)
			if err != nil {
				return err
			}
			out = append(out, p)
		}
		return rows.Err()
	})
	return out, err
}

// record writes down the attempts, what became of them and how the lane is doing, all at once. It does so even while the
// server stops, so that what was sent is not sent again.
func (d *Dispatcher) record(l lane, results []result) error {
	ctx := context.WithoutCancel(d.ctx)
	return d.service.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertAttemptsTx(ctx, tx, results); err != nil {
			return err
		}
		for _, r := range results {
			err := tx.Later(ctx, `UPDATE event_delivery SET state = ?, attempts = attempts + 1, tries = ?, sent_at = ?, took_us = ?,
				status = ?, answer = ? WHERE id = ?`, int64(r.state), r.tries, db.Micro(r.at), r.took.Microseconds(),
				int64(r.status), r.brief(), r.delivery)
			if err != nil {
				return fmt.Errorf("record delivery %d: %w", r.delivery, err)
			}
		}
		tx.AfterCommit(d.service.changed)
		if err := d.service.tellOutcomesTx(ctx, tx, results); err != nil {
			return err
		}
		return l.storeTx(ctx, tx, results)
	})
}

// storeTx writes down how the lane is doing. A pause by a person is theirs to end.
func (l lane) storeTx(ctx context.Context, tx *db.Tx, results []result) error {
	var ok, failed int64
	for _, r := range results {
		if r.state == Sent {
			ok = db.Micro(r.at)
		} else {
			failed = db.Micro(r.at)
		}
	}
	err := tx.Later(ctx, `UPDATE event_lane SET failures = ?, failing_since = ?, not_before = ?,
		last_ok_at = CASE WHEN last_ok_at < ? THEN ? ELSE last_ok_at END,
		last_failed_at = CASE WHEN last_failed_at < ? THEN ? ELSE last_failed_at END WHERE id = ?`,
		l.failures, db.Micro(l.failingSince), db.Micro(l.notBefore), ok, ok, failed, failed, l.id)
	if err != nil {
		return err
	}
	switch {
	case l.paused == pausedByItself:
		err = tx.Later(ctx, "UPDATE event_lane SET paused_at = ?, paused_how = ? WHERE id = ? AND paused_how = ''", failed, string(l.paused), l.id)
	case ok != 0:
		err = tx.Later(ctx, "UPDATE event_lane SET paused_at = 0, paused_how = '' WHERE id = ? AND paused_how = ?", l.id, string(pausedByItself))
	}
	return err
}
