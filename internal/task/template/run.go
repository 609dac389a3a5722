package template

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// poll is how often runs are looked for that another process set.
const poll = time.Minute

// Run makes the tasks of schedules at their times until ctx ends. Several processes may run; a run happens once.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	for {
		next, err := s.RunDue(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := poll
		if err != nil {
			failed(err)
		} else if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.c.Clock.Now()), 0))
		}
		if !clock.Wait(ctx, s.c.Clock, wait, s.wake) {
			return
		}
	}
}

// RunDue makes the tasks of every schedule whose time has come, each once, and returns when the next one comes; zero: never. A
// schedule whose tasks cannot be made goes on with its next time; why is returned.
func (s *Service) RunDue(ctx context.Context) (next time.Time, err error) {
	var problems error
	for {
		var more bool
		err := s.c.DB.Write(ctx, func(tx *db.Tx) error {
			next, more, err = s.runTx(ctx, tx)
			return err
		})
		if f, ok := errors.AsType[*runError](err); ok {
			problems = errors.Join(problems, f)
			if err = s.skip(ctx, f.id); err == nil {
				continue
			}
		}
		if err != nil || !more {
			return next, errors.Join(problems, err)
		}
	}
}

// runError is why the tasks of a template could not be made.
type runError struct {
	id    int64
	cause error
}

func (f *runError) Error() string { return fmt.Sprintf("repeat template %d: %v", f.id, f.cause) }
func (f *runError) Unwrap() error { return f.cause }

// runTx makes the tasks of the schedule that is due first.
func (s *Service) runTx(ctx context.Context, tx *db.Tx) (next time.Time, more bool, err error) {
	if err := tx.Lock(ctx, "task template runs"); err != nil {
		return next, false, err
	}
	list, err := query(ctx, tx, "next_run > 0 ORDER BY next_run, id LIMIT 1")
	if err != nil || len(list) == 0 {
		return next, false, err
	}
	t, now := list[0], s.c.Clock.Now()
	if t.Next.After(now) {
		return t.Next, false, nil
	}
	if _, err := s.makeTx(ctx, tx, user.Ref{ID: t.CreatedBy}, t, t.Next, t.Schedule.DeadlineOffset); err != nil {
		if fault.KindOf(err) != fault.Internal {
			err = &runError{t.ID, err}
		}
		return next, false, err
	}
	t.Count++
	return next, true, s.storeTx(ctx, tx, &t)
}

// skip leaves out a run that failed.
func (s *Service) skip(ctx context.Context, id int64) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := readTx(ctx, tx, id)
		if err != nil {
			return err
		}
		users, err := s.c.Users.ManyTx(ctx, tx, []int64{t.CreatedBy})
		if err != nil {
			return err
		}
		next := t.Schedule.Next(s.c.Clock.Now(), t.Count, zoneOf(users[t.CreatedBy]))
		_, err = tx.Exec(ctx, "UPDATE task_template SET next_run = ? WHERE id = ?", db.Micro(next), id)
		return err
	})
}
