package notify

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// Keys are the pair of keys by which push services know the portal.
type Keys struct{ Public, Private string }

// Pusher sends pushes; package webpush has one.
type Pusher interface {
	NewKeys() (Keys, error)
	Post(ctx context.Context, k Keys, o Outgoing) Outcome
}

// Outgoing is a push on its way to a device.
type Outgoing struct {
	Subscription

	Payload string // JSON of a Push
	Topic   string // a later push with the same one takes the place of this while it waits at the service
	Urgent  bool
	Life    time.Duration // for which the service keeps it
}

// Outcome is what a push service said.
type Outcome struct {
	Sent    bool
	Gone    bool          // the browser will never take a push again
	Refused bool          // this push will never be taken
	Problem string        // why it was not sent; holds no secret
	Wait    time.Duration // that the service asks for
}

// send sends what is in the outbox until ctx ends.
func (s *Service) send(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := s.sendSome(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("pushes not sent", "error", err)
			pause(ctx, firstWait)
			continue
		}
		if n == atOnce {
			continue
		}
		clock.Wait(ctx, s.clock, s.nextDue(ctx), s.wake)
	}
}

// pause waits for the machine's time: what failed is the machine's.
func pause(ctx context.Context, d time.Duration) {
	clock.Wait(ctx, clock.System{}, d, nil)
}

// sendSome sends up to atOnce pushes that are due and returns how many there were.
func (s *Service) sendSome(ctx context.Context) (int, error) {
	due, err := s.claim(ctx)
	if err != nil || len(due) == 0 {
		return 0, err
	}
	keys, err := s.pushKeys(ctx)
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	outcomes := make([]Outcome, len(due))
	for i, o := range due {
		all.Go(func() { outcomes[i] = s.cfg.Pusher.Post(ctx, keys, o.Outgoing) })
	}
	all.Wait()
	return len(due), s.record(context.WithoutCancel(ctx), due, outcomes)
}

// record writes down what became of pushes.
func (s *Service) record(ctx context.Context, sent []queued, outcomes []Outcome) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for i, q := range sent {
			if err := s.recordTx(ctx, tx, q, outcomes[i]); err != nil {
				return fmt.Errorf("record push %d: %w", q.id, err)
			}
		}
		return nil
	})
}

func (s *Service) recordTx(ctx context.Context, tx *db.Tx, q queued, r Outcome) error {
	now := s.clock.Now()
	if r.Gone {
		return s.dropDeviceTx(ctx, tx, q.device)
	}
	if r.Sent {
		if err := tx.Later(ctx, "UPDATE notify_device SET sent_at = ?, problem = '' WHERE id = ?", db.Micro(now), q.device); err != nil {
			return err
		}
		err := tx.Later(ctx, "DELETE FROM notify_push WHERE id = ?", q.id)
		return err
	}
	if err := tx.Later(ctx, "UPDATE notify_device SET problem = ? WHERE id = ?", cutBytes(r.Problem, maxProblem), q.device); err != nil {
		return err
	}
	next := now.Add(max(waitAfter(q.tries+1), r.Wait))
	if r.Refused || q.tries+1 >= maxTries || next.Sub(q.created) > pushLife {
		s.log.Warn("push given up", "device", q.device, "problem", r.Problem)
		err := tx.Later(ctx, "DELETE FROM notify_push WHERE id = ?", q.id)
		return err
	}
	err := tx.Later(ctx, "UPDATE notify_push SET tries = tries + 1, not_before = ? WHERE id = ?", db.Micro(next), q.id)
	return err
}
