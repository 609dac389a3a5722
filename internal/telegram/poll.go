package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

const (
	pollTime  = 25 * time.Second // for which Telegram keeps a request for updates open
	pollLease = 90 * time.Second // for which a process has the bot to itself
	pollPause = 30 * time.Second // between looks at which bots there are
	pollSize  = 100              // updates in an answer, at most
)

// Run sends, fetches and polls until ctx ends.
func (s *Service) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { s.runSends(ctx) })
	all.Go(func() { s.runFetches(ctx) })
	all.Go(func() { s.runPolls(ctx) })
	all.Go(func() { s.runSweep(ctx) })
	all.Wait()
}

// runSweep forgets now and then what came in long ago.
func (s *Service) runSweep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "forget old updates of Telegram", "error", err)
		}
		clock.Wait(ctx, s.Clock, 6*sweepEvery, nil)
	}
}

func (s *Service) sweep(ctx context.Context) error {
	oldest, n := db.Micro(s.now().AddDate(0, 0, -updateDays)), int64(0)
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM telegram_update WHERE at < ?", oldest).Scan(&n)
	})
	if err != nil || n == 0 {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM telegram_update WHERE at < ?", oldest)
		return err
	})
}

// runPolls keeps a poll for each bot that is polled, and ends those of the others.
func (s *Service) runPolls(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		var bots []Bot
		err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
			bots, err = queryBots(ctx, tx, "WHERE token <> '' AND way = ? ORDER BY id", string(Poll))
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "look for bots of Telegram", "error", err)
		}
		for _, b := range bots {
			if within, ok := s.begin(ctx, b.ID); ok {
				all.Go(func() {
					defer s.end(b.ID)
					s.pollBot(within, b.ID)
				})
			}
		}
		if err := s.Route(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "tell Telegram where messages go", "error", err)
		}
		clock.Wait(ctx, s.Clock, pollPause, s.bots)
	}
}

// begin notes that a bot is polled. It is false where it is already.
func (s *Service) begin(ctx context.Context, botID int64) (context.Context, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polls[botID] != nil {
		return nil, false
	}
	within, cancel := context.WithCancel(ctx)
	s.polls[botID] = cancel
	return within, true
}

func (s *Service) end(botID int64) {
	s.mu.Lock()
	cancel := s.polls[botID]
	delete(s.polls, botID)
	s.mu.Unlock()
	cancel()
	wake(s.bots)
}

// restart has the poll of a bot begin anew: it was changed.
func (s *Service) restart(botID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel := s.polls[botID]; cancel != nil {
		cancel()
	}
	wake(s.bots)
}

// pollBot fetches the updates of a bot until ctx ends or it is not to be polled any more.
func (s *Service) pollBot(ctx context.Context, botID int64) {
	defer s.release(context.WithoutCancel(ctx), botID)
	failures := 0
	for ctx.Err() == nil {
		began := s.now()
		n, err := s.Poll(ctx, botID, pollTime)
		pause := time.Duration(0)
		r, refused := errors.AsType[*Refusal](err)
		switch {
		case err == nil:
			if failures = 0; n == 0 && s.now().Sub(began) < time.Second {
				pause = time.Second // a server that does not wait is not asked without end
			}
		case ctx.Err() != nil || errors.Is(err, ErrNoBot) || errors.Is(err, errNotPolled):
			return
		case errors.Is(err, errHeld):
			pause = pollLease / 3
		case errors.Is(err, errClosed):
			pause = pollPause
		case refused && r.Code == 429:
			pause = min(max(r.RetryAfter, time.Second), longestQuiet)
		default:
			failures++
			pause = min(time.Duration(min(failures*failures, 100))*time.Second, longestWait)
			s.Log.WarnContext(ctx, "fetch updates of Telegram", "bot", botID, "error", err)
		}
		if pause > 0 {
			clock.Wait(ctx, s.Clock, pause, nil)
		}
	}
}

// Why a bot is not polled here and now.
var (
	errNotPolled = errors.New("the bot is not polled")
	errHeld      = errors.New("another process polls the bot")
)

// Poll fetches the updates of a bot once and takes them in, in order. Telegram waits so long for the first one. It returns how many there
// were.
func (s *Service) Poll(ctx context.Context, botID int64, wait time.Duration) (n int, err error) {
	b, err := s.hold(ctx, botID)
	if err != nil {
		return 0, err
	}
	a, err := s.account(ctx, b)
	if err != nil {
		return 0, err
	}
	var updates []json.RawMessage
	within, cancel := context.WithTimeout(ctx, wait+15*time.Second)
	defer cancel()
	err = a.call(within, "getUpdates", map[string]any{
		"offset": b.offset(s.now()), "timeout": int64(wait / time.Second), "limit": pollSize, "allowed_updates": allowed,
	}, &updates)
	if r, ok := errors.AsType[*Refusal](err); ok && r.Code == 409 && strings.Contains(r.Text, "webhook") { // it was set behind our back
		return 0, errors.Join(a.call(ctx, "deleteWebhook", nil, nil), s.problem(ctx, botID, ""))
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if noted := s.problem(ctx, botID, problemOf(err)); noted != nil || err != nil {
		return 0, errors.Join(err, noted)
	}
	for _, raw := range updates {
		if err := s.take(ctx, botID, raw); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// newNumbers is how long nothing has to happen until the numbers of updates begin anywhere; Telegram says a week.
const newNumbers = 6 * 24 * time.Hour

// offset is the number of the first update to ask for: all before it are forgotten by Telegram. It is 0 where numbers may have begun anew:
// what is known already is passed over.
func (b Bot) offset(now time.Time) int64 {
	if now.Sub(b.heard) > newNumbers {
		return 0
	}
	return b.next
}

// hold returns a bot, which nobody else polls for some time. errNotPolled, errHeld, errClosed, ErrNoBot.
func (s *Service) hold(ctx context.Context, botID int64) (b Bot, err error) {
	now := s.now()
	mine := false
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if b, err = connectedTx(ctx, tx, botID); err != nil {
			return err
		}
		if b.Way != Poll {
			return errNotPolled
		}
		l, err := s.Lines.GetTx(ctx, tx, b.LineID)
		if err != nil {
			return err
		}
		if !l.Active {
			return errClosed
		}
		var holder string
		var until int64
		err = tx.QueryRow(ctx, "SELECT holder, held_until FROM telegram_bot WHERE id = ?", botID).Scan(&holder, &until)
		mine = holder == s.holder && until > db.Micro(now.Add(pollLease/2))
		return err
	})
	if err != nil || mine {
		return b, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		err := s.leaseTx(ctx, tx, botID)
		if err == nil { // what another process took in meanwhile is not asked for again
			b, err = connectedTx(ctx, tx, botID)
		}
		return err
	})
	return b, err
}

// leaseTx gives a bot to this process for some time. errHeld: another has it.
func (s *Service) leaseTx(ctx context.Context, tx *db.Tx, botID int64) error {
	now := s.now()
	n, err := tx.Exec(ctx, "UPDATE telegram_bot SET holder = ?, held_until = ? WHERE id = ? AND (holder = ? OR held_until < ?)",
		s.holder, db.Micro(now.Add(pollLease)), botID, s.holder, db.Micro(now))
	if err != nil {
		return fmt.Errorf("take the lease of a bot: %w", err)
	}
	if n == 0 {
		return errHeld
	}
	return nil
}

// release lets another process poll a bot at once. A lease that cannot be given up ends by itself.
func (s *Service) release(ctx context.Context, botID int64) {
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET held_until = 0 WHERE id = ? AND holder = ?", botID, s.holder)
		return err
	})
	if err != nil {
		s.Log.WarnContext(ctx, "give up the lease of a bot", "error", fmt.Errorf("bot %d: %w", botID, err))
	}
}
