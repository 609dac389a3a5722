package telegram

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
	leaseTime   = 5 * time.Minute // after which another process takes up a job whose process died
	longestWait = time.Minute     // between two attempts
	keepTrying  = 24 * time.Hour
	atOnce      = 16 // jobs under way
	sweepEvery  = time.Hour
)

// What is done at Telegram.
const (
	jobSend   = "send"   // a part of a message goes out
	jobEdit   = "edit"   // a message reads otherwise
	jobRemove = "remove" // it is gone
	jobPress  = "press"  // a button was pressed
	jobLeave  = "leave"  // the bot leaves a group
)

// The states of jobs. What is done is deleted.
const (
	stateWaits  = 0
	stateFailed = 1
)

// job is a row of the outbox.
type job struct {
	id, bot   int64
	chat      int64 // at Telegram
	chatID    int64 // of the portal
	messageID int64
	part      int64
	kind      string
	body      string
	attempts  int64
	created   time.Time
}

// queueTx keeps a job until it is done.
func (s *Service) queueTx(ctx context.Context, tx *db.Tx, j job, body any) error {
	return s.insertTx(ctx, tx, j, body, stateWaits, "")
}

func (s *Service) insertTx(ctx context.Context, tx *db.Tx, j job, body any, state int64, why string) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	now := db.Micro(s.now())
	const add = `INSERT INTO telegram_out (bot_id, chat, chat_id, message_id, part, kind, body, state, why, created, next_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	if _, err := tx.Exec(ctx, add, j.bot, j.chat, j.chatID, j.messageID, j.part, j.kind, string(raw), state, why, now, now); err != nil {
		return fmt.Errorf("keep job: %w", err)
	}
	tx.AfterCommit(func() { wake(s.sends) })
	return nil
}

// claim returns jobs whose time has come, each the first of its chat, and keeps them from other processes for a while.
func (s *Service) claim(ctx context.Context, limit int) (out []job, err error) {
	if limit == 0 {
		return nil, nil
	}
	due, err := s.due(ctx)
	if err != nil || due.IsZero() || due.After(s.now()) {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = nil
		if err := tx.Lock(ctx, "telegram outbox"); err != nil {
			return err
		}
		now := s.now()
		if out, err = dueTx(ctx, tx, now, limit); err != nil {
			return err
		}
		for _, j := range out {
			if _, err := tx.Exec(ctx, "UPDATE telegram_out SET next_at = ?, held = 1 WHERE id = ?", db.Micro(now.Add(leaseTime)), j.id); err != nil {
				return fmt.Errorf("claim job: %w", err)
			}
		}
		return nil
	})
	return out, err
}

func dueTx(ctx context.Context, tx *db.Tx, now time.Time, limit int) (out []job, err error) {
	rows, err := tx.Query(ctx, `SELECT o.id, o.bot_id, o.chat, o.chat_id, o.message_id, o.part, o.kind, o.body, o.attempts, o.created FROM telegram_out o
		WHERE o.state = 0 AND o.next_at <= ? AND NOT EXISTS (SELECT 1 FROM telegram_out p WHERE p.state = 0 AND p.bot_id = o.bot_id AND p.chat = o.chat AND p.id < o.id)
		AND NOT EXISTS (SELECT 1 FROM telegram_bot b WHERE b.id = o.bot_id AND b.quiet_until > ?)
		ORDER BY o.next_at, o.id LIMIT ?`, db.Micro(now), db.Micro(now), limit)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var j job
		var created int64
		if err := rows.Scan(&j.id, &j.bot, &j.chat, &j.chatID, &j.messageID, &j.part, &j.kind, &j.body, &j.attempts, &created); err != nil {
			return nil, err
		}
		j.created = db.Time(created)
		out = append(out, j)
	}
	return out, rows.Err()
}

// due returns when something is to be sent; zero: nothing waits.
func (s *Service) due(ctx context.Context) (at time.Time, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var next int64
		err := tx.QueryRow(ctx, `SELECT COALESCE(MIN(CASE WHEN b.quiet_until > o.next_at THEN b.quiet_until ELSE o.next_at END), 0)
			FROM telegram_out o JOIN telegram_bot b ON b.id = o.bot_id WHERE o.state = 0
			AND NOT EXISTS (SELECT 1 FROM telegram_out p WHERE p.state = 0 AND p.bot_id = o.bot_id AND p.chat = o.chat AND p.id < o.id)`).Scan(&next)
		at = db.Time(next)
		return err
	})
	return at, err
}

// Deliver does what is due until nothing is. It returns how many jobs are done.
func (s *Service) Deliver(ctx context.Context) (done int, err error) {
	for {
		due, err := s.claim(ctx, atOnce)
		if err != nil || len(due) == 0 {
			return done, err
		}
		var all sync.WaitGroup
		oks, errs := make([]bool, len(due)), make([]error, len(due))
		for i, j := range due {
			all.Go(func() { oks[i], errs[i] = s.do(ctx, j) })
		}
		all.Wait()
		for _, ok := range oks {
			if ok {
				done++
			}
		}
		if err := errors.Join(errs...); err != nil {
			return done, err
		}
	}
}

// runSends does what is due until ctx ends. A chat that waits keeps no other waiting.
func (s *Service) runSends(ctx context.Context) {
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		due, err := s.claim(ctx, atOnce-len(slots))
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "read the outbox of Telegram", "error", err)
		}
		for _, j := range due {
			slots <- struct{}{}
			all.Go(func() {
				defer wake(s.sends) // what waits behind it in its chat
				defer func() { <-slots }()
				if _, err := s.do(ctx, j); err != nil && ctx.Err() == nil {
					s.Log.ErrorContext(ctx, "note a delivery to Telegram", "error", err)
				}
			})
		}
		pause := sweepEvery
		if at, err := s.due(ctx); err == nil && !at.IsZero() {
			pause = min(max(at.Sub(s.now()), 100*time.Millisecond), longestWait)
		}
		if len(slots) == atOnce {
			pause = longestWait
		}
		clock.Wait(ctx, s.Clock, pause, s.sends)
	}
}

// do makes one attempt at a job. It reports whether it is done.
func (s *Service) do(ctx context.Context, j job) (bool, error) {
	err := s.attempt(ctx, j)
	if ctx.Err() != nil {
		return false, errors.Join(ctx.Err(), s.putBack(context.WithoutCancel(ctx), j))
	}
	r, refused := errors.AsType[*Refusal](err)
	switch {
	case err == nil:
		return true, nil
	case refused && r.Code == 429:
		return false, s.quiet(ctx, j, r.RetryAfter)
	case refused && r.Code < 500:
		return false, s.giveUp(ctx, j, err)
	case s.now().Sub(j.created) >= keepTrying:
		return false, s.giveUp(ctx, j, err)
	case fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable:
		if fault.KindOf(err) == fault.Internal && !refused {
			s.Log.ErrorContext(ctx, "send to Telegram", "job", j.kind, "error", err)
		}
		return false, s.later(ctx, j)
	}
	return false, s.giveUp(ctx, j, err)
}

// done drops a job.
func (s *Service) done(ctx context.Context, j job) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return dropTx(ctx, tx, j.id) })
}

func dropTx(ctx context.Context, tx *db.Tx, id int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM telegram_out WHERE id = ?", id); err != nil {
		return fmt.Errorf("drop job: %w", err)
	}
	return nil
}

// putBack lets a job be done at once by who comes next: the process ends. One that cannot be put back waits until the lease ends.
func (s *Service) putBack(ctx context.Context, j job) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_out SET next_at = ?, held = 0 WHERE id = ? AND state = 0", db.Micro(s.now()), j.id)
		return err
	})
}

// later has a job tried again, after a wait that grows.
func (s *Service) later(ctx context.Context, j job) error {
	n := j.attempts + 1
	wait := min(time.Duration(min(n*n*n*n, 1e6))*time.Second, longestWait)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_out SET attempts = ?, next_at = ?, held = 0 WHERE id = ?", n, db.Micro(s.now().Add(wait)), j.id)
		if err != nil {
			return fmt.Errorf("put job off: %w", err)
		}
		return nil
	})
}

// longestQuiet bounds for how long a server may ask a bot to be quiet.
const longestQuiet = time.Hour

// quiet lets a bot send nothing for as long as Telegram wants.
func (s *Service) quiet(ctx context.Context, j job, wait time.Duration) error {
	until := db.Micro(s.now().Add(min(max(wait, time.Second), longestQuiet)))
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE telegram_out SET next_at = ?, held = 0 WHERE id = ?", until, j.id); err != nil {
			return fmt.Errorf("put job off: %w", err)
		}
		if _, err := tx.Exec(ctx, "UPDATE telegram_bot SET quiet_until = ? WHERE id = ? AND quiet_until < ?", until, j.bot, until); err != nil {
			return fmt.Errorf("let bot be quiet: %w", err)
		}
		return nil
	})
}

// giveUp ends a job that cannot be done. A message stays, to be sent again; of the rest the people in the chat are told.
func (s *Service) giveUp(ctx context.Context, j job, cause error) error {
	why := whyNot(cause)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if r, ok := errors.AsType[*Refusal](cause); ok && (r.Code == 401 || r.Code == 404 && r.Text == "Not Found") {
			text := problemOf(cause)
			if _, err := tx.Exec(ctx, "UPDATE telegram_bot SET problem = ?, problem_at = ? WHERE id = ? AND problem <> ?", text, db.Micro(s.now()), j.bot, text); err != nil {
				return fmt.Errorf("note problem of bot: %w", err)
			}
		}
		if j.kind == jobSend {
			s.changedTx(tx, j)
			if _, err := tx.Exec(ctx, "UPDATE telegram_out SET state = ?, why = ?, held = 0 WHERE id = ?", stateFailed, why, j.id); err != nil {
				return fmt.Errorf("give job up: %w", err)
			}
			return nil
		}
		if err := dropTx(ctx, tx, j.id); err != nil || j.chatID == 0 {
			return err
		}
		switch j.kind {
		case jobEdit:
			return s.Messenger.NoteTx(ctx, tx, j.chatID, "The client still sees a message as it was before it was changed. "+why)
		case jobRemove:
			return s.Messenger.NoteTx(ctx, tx, j.chatID, "The client still sees a message that was removed here. "+why)
		}
		return nil
	})
}

// changedTx tells that something else has become of a message.
func (s *Service) changedTx(tx *db.Tx, j job) {
	if s.OnState != nil && j.messageID != 0 {
		tx.AfterCommit(func() { s.OnState(j.chatID, j.messageID) })
	}
}
