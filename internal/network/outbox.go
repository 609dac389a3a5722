package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

const (
	leaseTime   = 5 * time.Minute  // after which another process takes up a delivery whose process died
	longestWait = 10 * time.Minute // between two attempts
	keepTrying  = 7 * 24 * time.Hour
	atOnce      = 16 // deliveries under way
	sweepEvery  = time.Hour
)

// queueTx keeps a packet until the other side has it. chatID is told where that cannot be.
func (s *Service) queueTx(ctx context.Context, tx *db.Tx, peer string, kind Kind, p packet, chatID int64) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode packet: %w", err)
	}
	now := db.Micro(s.now())
	const add = "INSERT INTO network_outbox (peer, lane, kind, body, chat_id, created, next_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
	if _, err := tx.Exec(ctx, add, peer, p.lane(peer), string(kind), string(body), chatID, now, now); err != nil {
		return fmt.Errorf("keep packet: %w", err)
	}
	tx.AfterCommit(s.hurry)
	return nil
}

// parcel is a row of the outbox.
type parcel struct {
	id       int64
	peer     string
	kind     Kind
	body     string
	chatID   int64
	attempts int64
	created  time.Time
}

// claim returns parcels whose time has come, each the first of its conversation, and keeps them from other processes for a while.
func (s *Service) claim(ctx context.Context, limit int) (out []parcel, err error) {
	if limit <= 0 {
		return nil, nil
	}
	due, err := s.Due(ctx)
	if err != nil || due.IsZero() || due.After(s.now()) {
		return nil, err // most often: what was woken for waits behind something
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		if err := tx.Lock(ctx, "network outbox"); err != nil {
			return err
		}
		now := s.now()
		if out, err = dueTx(ctx, tx, now, limit); err != nil {
			return err
		}
		for _, p := range out {
			if _, err := tx.Exec(ctx, "UPDATE network_outbox SET next_at = ?, problem = '' WHERE id = ?", db.Micro(now.Add(leaseTime)), p.id); err != nil {
				return fmt.Errorf("claim parcel: %w", err)
			}
		}
		return nil
	})
	return out, err
}

func dueTx(ctx context.Context, tx *db.Tx, now time.Time, limit int) (out []parcel, err error) {
	rows, err := tx.Query(ctx, `SELECT o.id, o.peer, o.kind, o.body, o.chat_id, o.attempts, o.created FROM network_outbox o
		WHERE o.next_at <= ? AND NOT EXISTS (SELECT 1 FROM network_outbox p WHERE p.lane = o.lane AND p.id < o.id)
		ORDER BY o.next_at, o.id LIMIT ?`, db.Micro(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p parcel
		var created int64
		if err := rows.Scan(&p.id, &p.peer, &p.kind, &p.body, &p.chatID, &p.attempts, &created); err != nil {
			return nil, err
		}
		p.created = db.Time(created)
		out = append(out, p)
	}
	return out, rows.Err()
}

// Deliver sends what is due until nothing is, and returns how much the other sides took.
func (s *Service) Deliver(ctx context.Context) (taken int, err error) {
	for {
		due, err := s.claim(ctx, atOnce)
		if err != nil || len(due) == 0 {
			return taken, err
		}
		var all sync.WaitGroup
		done := make([]bool, len(due))
		errs := make([]error, len(due))
		for i, p := range due {
			all.Go(func() { done[i], errs[i] = s.send(ctx, p) })
		}
		all.Wait()
		for i := range due {
			if done[i] {
				taken++
			}
		}
		if err := errors.Join(errs...); err != nil {
			return taken, err
		}
	}
}

// Run delivers until ctx ends. Who does not answer keeps nobody waiting but themselves.
func (s *Service) Run(ctx context.Context) {
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { s.runHints(ctx) })
	var swept time.Time
	for ctx.Err() == nil {
		due, err := s.claim(ctx, atOnce-len(slots))
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "read the outbox of the network", "error", err)
		}
		for _, p := range due {
			slots <- struct{}{}
			all.Go(func() {
				defer s.hurry() // what waits behind it in its conversation
				defer func() { <-slots }()
				if _, err := s.send(ctx, p); err != nil && ctx.Err() == nil {
					s.Log.ErrorContext(ctx, "note a delivery of the network", "error", err)
				}
			})
		}
		s.wait(ctx, len(slots) == atOnce)
		if now := s.now(); now.Sub(swept) >= sweepEvery && ctx.Err() == nil {
			swept = now
			if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "sweep the network", "error", err)
			}
		}
	}
}

// wait returns when something may be due, or ctx ends. Where all slots are taken nothing is until one is free, which wakes.
func (s *Service) wait(ctx context.Context, full bool) {
	pause := sweepEvery
	if due, err := s.Due(ctx); err == nil && !due.IsZero() {
		pause = min(max(due.Sub(s.now()), 100*time.Millisecond), time.Minute)
	}
	if full {
		pause = time.Minute
	}
	clock.Wait(ctx, s.Clock, pause, s.wake)
}

// Due returns when something has to be sent again; zero: nothing waits. What stands behind something else of its conversation is not due
// before that is gone.
func (s *Service) Due(ctx context.Context) (at time.Time, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var next int64
		err := tx.QueryRow(ctx, `SELECT COALESCE(MIN(o.next_at), 0) FROM network_outbox o
			WHERE NOT EXISTS (SELECT 1 FROM network_outbox p WHERE p.lane = o.lane AND p.id < o.id)`).Scan(&next)
		at = db.Time(next)
		return err
	})
	return at, err
}

// send makes one attempt. It reports whether the other side has the parcel now.
func (s *Service) send(ctx context.Context, p parcel) (bool, error) {
	err := s.attempt(ctx, p)
	if ctx.Err() != nil {
		return false, ctx.Err() // the lease ends
	}
	switch kind := fault.KindOf(err); {
	case err == nil:
		return true, s.DB.Write(ctx, func(tx *db.Tx) error {
			if err := dropTx(ctx, tx, p.id); err != nil {
				return err
			}
			return s.backTx(ctx, tx, p.peer)
		})
	case (kind == fault.Internal || kind == fault.Unavailable) && s.now().Sub(p.created) < keepTrying:
		if kind == fault.Internal {
			s.Log.ErrorContext(ctx, "send to the network", "peer", p.peer, "error", err)
		}
		return false, s.DB.Write(ctx, func(tx *db.Tx) error { return s.laterTx(ctx, tx, p, err) })
	}
	return false, s.DB.Write(ctx, func(tx *db.Tx) error { return s.refusedTx(ctx, tx, p, err) })
}

func dropTx(ctx context.Context, tx *db.Tx, id int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM network_outbox WHERE id = ?", id); err != nil {
		return fmt.Errorf("drop parcel: %w", err)
	}
	return nil
}

// backTx has what was put off for a peer tried again at once: it is there. What is under way has no problem yet, and is left alone.
func (s *Service) backTx(ctx context.Context, tx *db.Tx, peer string) error {
	now := db.Micro(s.now())
	n, err := tx.Exec(ctx, "UPDATE network_outbox SET next_at = ? WHERE peer = ? AND problem <> '' AND next_at > ?", now, peer, now)
	if err != nil {
		return fmt.Errorf("hurry what was put off: %w", err)
	}
	if n > 0 {
		tx.AfterCommit(s.hurry)
	}
	return nil
}

// laterTx has a parcel tried again, after a wait that grows.
func (s *Service) laterTx(ctx context.Context, tx *db.Tx, p parcel, cause error) error {
	n := p.attempts + 1
	wait := min(time.Duration(min(n*n*n*n, 1e6))*time.Second, longestWait)
	text := ErrAway.Text
	if f := fault.Of(cause); f.Kind == fault.Unavailable {
		text = f.Text
	}
	_, err := tx.Exec(ctx, "UPDATE network_outbox SET attempts = ?, problem = ?, next_at = ? WHERE id = ?", n, text, db.Micro(s.now().Add(wait)), p.id)
	if err != nil {
		return fmt.Errorf("put parcel off: %w", err)
	}
	return nil
}

// refusedTx gives a parcel up and says so in its chat.
func (s *Service) refusedTx(ctx context.Context, tx *db.Tx, p parcel, cause error) error {
	if err := dropTx(ctx, tx, p.id); err != nil {
		return err
	}
	if p.kind != KindMessage {
		return nil
	}
	return s.Messenger.NoteTx(ctx, tx, p.chatID, "The message was not delivered. "+why(cause))
}

// why says in words why a message was not taken.
func why(err error) string {
	switch {
	case errors.Is(err, ErrInactive):
		return "The channel is switched off at the moment."
	case errors.Is(err, ErrNotFound):
		return "The channel does not exist any more."
	case errors.Is(err, errNoTalk):
		return "The client has left."
	case fault.KindOf(err) == fault.Unavailable, fault.KindOf(err) == fault.Internal:
		return "The other side could not be reached for a week."
	}
	return fault.Of(err).Text
}

// attempt sends a parcel, with the files that it carries first.
func (s *Service) attempt(ctx context.Context, p parcel) error {
	var k packet
	if err := json.Unmarshal([]byte(p.body), &k); err != nil {
		return fmt.Errorf("parcel %d: %w", p.id, err)
	}
	if k.Side == byClient {
		who, err := s.personOf(ctx, k.User.ID)
		if err != nil {
			return err
		}
		k.User = who
	}
	if err := s.sendFiles(ctx, p, &k); err != nil {
		return err
	}
	k.Age = max(int64(s.now().Sub(p.created)/time.Second), 0)
	r, err := requestOf(p.kind, k)
	if err != nil {
		return err
	}
	answer, err := s.call(ctx, p.peer, r)
	if err != nil || k.Side != byClient {
		return err
	}
	var taken struct{ Version int64 }
	if err := json.Unmarshal(answer, &taken); err == nil && taken.Version != 0 {
		if err := s.refresh(ctx, k.Code, taken.Version); err != nil && fault.KindOf(err) == fault.Internal {
			s.Log.WarnContext(ctx, "refresh a line of the network", "error", err)
		}
	}
	return nil
}

// sendFiles sends the contents of the files of a message. One that is refused, or gone, is named in the text instead.
func (s *Service) sendFiles(ctx context.Context, p parcel, k *packet) error {
	var sent []int64
	for _, id := range k.Files {
		f, ok, err := s.Files.Open(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		err = s.sendFile(ctx, p.peer, k, id, f)
		kind := fault.KindOf(err)
		switch {
		case err == nil:
			sent = append(sent, id)
		case kind == fault.Internal, kind == fault.Unavailable, errors.Is(err, ErrInactive), errors.Is(err, ErrNotFound), errors.Is(err, errNoTalk), errors.Is(err, ErrStranger):
			return err
		default:
			k.Text += "\n[i]The file " + f.Name + " was not passed on: " + fault.Of(err).Text + "[/i]"
		}
	}
	k.Files = sent
	return nil
}

func (s *Service) sendFile(ctx context.Context, peer string, k *packet, id int64, f File) error {
	defer func() { _ = f.Body.Close() }()
	meta, err := json.Marshal(fileMeta{Code: k.Code, Side: k.Side, User: person{ID: k.User.ID, FirstName: k.User.FirstName, LastName: k.User.LastName}, ID: id, Name: f.Name})
	if err != nil {
		return err
	}
	_, err = s.call(ctx, peer, Request{Kind: KindFile, Meta: string(meta), Body: f.Body, Size: f.Size, SHA256: f.SHA256})
	return err
}

// Leave forgets what has not reached the other sides. It is for a copy of a portal: the original sends it.
func (s *Service) Leave(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM network_outbox"); err != nil {
			return fmt.Errorf("leave parcels to the original: %w", err)
		}
		return nil
	})
}

// Waiting is what has not reached a peer.
type Waiting struct {
	Count   int64
	Since   time.Time // the oldest
	Problem string    // of the last attempt; empty: there was none yet
}

// waitingTx returns what waits for a peer.
func waitingTx(ctx context.Context, tx *db.Tx, peer string) (w Waiting, err error) {
	var since int64
	err = tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(MIN(created), 0), COALESCE(MAX(problem), '') FROM network_outbox WHERE peer = ?", peer).
		Scan(&w.Count, &since, &w.Problem)
	w.Since = db.Time(since)
	return w, err
}
