package backup

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
)

// Schedule says how often a portal is backed up by itself.
type Schedule struct {
	EveryHours int64 // 0: never
	Keep       int64 // how many are kept
}

// The bounds of a schedule.
const (
	MaxEveryHours = 31 * 24
	MaxKeep       = 365
)

// ScheduleKey is the schedule of a portal.
var ScheduleKey = setting.Key[Schedule]{
	Name: "backup.schedule", Default: Schedule{Keep: 7},
	Check: func(s Schedule) error {
		if s.EveryHours < 0 || s.EveryHours > MaxEveryHours {
			return fault.Newf(fault.Invalid, "INVALID_SCHEDULE", "Enter 0 to %d hours.", MaxEveryHours).At("every")
		}
		if s.Keep < 1 || s.Keep > MaxKeep {
			return fault.Newf(fault.Invalid, "INVALID_SCHEDULE", "Enter 1 to %d backups.", MaxKeep).At("keep")
		}
		return nil
	},
}

// progress is how far the schedule has come.
type progress struct {
	Next     time.Time // of the next backup; zero: at once, when there is a schedule
	Asked    bool      // somebody wants one now
	Failed   string    // why the last one was not made; empty: it was
	FailedAt time.Time
}

var progressKey = setting.Key[progress]{Name: "backup.progress"}

// retryAfter is how long after a failure a backup is tried again.
const retryAfter = time.Hour

// Made is a backup that was made by itself.
type Made struct {
	Name    string // of the file
	Created time.Time
	Size    int64 // in bytes
	Upgrade bool  // made before an upgrade, not by the schedule
}

// SchedulerConfig is what a Scheduler needs.
type SchedulerConfig struct {
	DB       *db.DB
	Settings *setting.Store
	Audit    *audit.Service
	Clock    clock.Clock
	Log      *slog.Logger
	// Save writes a backup and deletes those beyond the newest keep.
	Save func(ctx context.Context, keep int) (Made, error)
	// List returns the backups that there are, the newest first.
	List func(ctx context.Context) ([]Made, error)
}

// Scheduler backs a portal up when its schedule says so. Of several servers on one database one does it.
type Scheduler struct {
	SchedulerConfig

	wake   chan struct{}
	ctx    context.Context //nolint:containedctx // ends with Close
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// NewScheduler returns a Scheduler that does nothing before Start.
func NewScheduler(c SchedulerConfig) *Scheduler {
	s := &Scheduler{SchedulerConfig: c, wake: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start begins to make backups.
func (s *Scheduler) Start() {
	s.Settings.OnChange(func() {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	})
	s.done.Go(s.run)
}

// Close stops; a backup that is being made is given up.
func (s *Scheduler) Close() {
	s.cancel()
	s.done.Wait()
}

// Status is what an administrator sees of the schedule.
type Status struct {
	Schedule

	Next     time.Time // zero: none is planned
	Asked    bool      // one is about to be made
	Failed   string
	FailedAt time.Time
	Made     []Made
}

// Status returns how the schedule is doing.
func (s *Scheduler) Status(ctx context.Context) (out Status, err error) {
	if out.Schedule, err = setting.Load(ctx, s.Settings, ScheduleKey); err != nil {
		return out, err
	}
	p, err := setting.Load(ctx, s.Settings, progressKey)
	if err != nil {
		return out, err
	}
	out.Asked, out.Failed, out.FailedAt = p.Asked, p.Failed, p.FailedAt
	out.Next = dueOf(out.Schedule, p, s.Clock.Now())
	out.Made, err = s.List(ctx)
	return out, err
}

// dueOf returns when the next backup is to be made; zero when none is.
func dueOf(plan Schedule, p progress, now time.Time) time.Time {
	switch {
	case p.Asked:
		return now
	case plan.EveryHours == 0:
		return time.Time{}
	case p.Next.IsZero():
		return now
	}
	// A schedule that was made closer, or a clock that was set back, must not wait for what was planned before.
	if soonest := now.Add(time.Duration(plan.EveryHours) * time.Hour); p.Next.After(soonest) {
		return soonest
	}
	return p.Next
}

// Due returns when the next backup is to be made; the zero time is never.
func (s *Scheduler) Due(ctx context.Context) (time.Time, error) {
	plan, err := setting.Load(ctx, s.Settings, ScheduleKey)
	if err != nil {
		return time.Time{}, err
	}
	p, err := setting.Load(ctx, s.Settings, progressKey)
	return dueOf(plan, p, s.Clock.Now()), err
}

// Ask makes a backup soon, whatever the schedule.
func (s *Scheduler) Ask(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := setting.LoadTx(ctx, tx, progressKey)
		if err != nil {
			return err
		}
		p.Asked = true
		return setting.SaveTx(ctx, tx, s.Settings, progressKey, p)
	})
}

func (s *Scheduler) run() {
	for {
		due, err := s.Due(s.ctx)
		now := s.Clock.Now()
		switch {
		case err != nil:
			s.Log.Error("look for the next backup", "error", err)
			due = now.Add(retryAfter)
		case !due.IsZero() && !due.After(now):
			s.make()
			continue
		}
		if !s.wait(due.Sub(now), due.IsZero()) {
			return
		}
	}
}

// wait waits until a setting changes, or for d unless there is nothing to wait for. It reports false at the end.
func (s *Scheduler) wait(d time.Duration, forever bool) bool {
	var fires <-chan time.Time
	if !forever {
		t := s.Clock.NewTimer(d)
		defer t.Stop()
		fires = t.C()
	}
	select {
	case <-fires:
	case <-s.wake:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// make makes a backup if it is still due, and notes what became of it.
func (s *Scheduler) make() {
	ctx := context.WithoutCancel(s.ctx)
	plan, mine, err := s.claim(ctx)
	if err != nil {
		s.Log.Error("claim a backup", "error", err)
		s.wait(retryAfter, false)
		return
	}
	if !mine || s.ctx.Err() != nil {
		return
	}
	made, err := s.Save(s.ctx, int(plan.Keep))
	if s.ctx.Err() != nil {
		err = fmt.Errorf("given up: %w", s.ctx.Err())
	}
	if err != nil {
		s.Log.Error("the backup was not made", "error", err)
	}
	if err := s.note(ctx, plan, made, err); err != nil {
		s.Log.Error("note a backup", "error", err)
	}
}

// claim moves the next backup ahead, so that no other server makes this one.
func (s *Scheduler) claim(ctx context.Context) (plan Schedule, mine bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		mine = false
		if err := tx.Lock(ctx, "backup"); err != nil {
			return err
		}
		var err error
		if plan, err = setting.LoadTx(ctx, tx, ScheduleKey); err != nil {
			return err
		}
		p, err := setting.LoadTx(ctx, tx, progressKey)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if due := dueOf(plan, p, now); due.IsZero() || due.After(now) {
			return nil
		}
		mine = true
		p.Asked, p.Next = false, now.Add(time.Duration(plan.EveryHours)*time.Hour)
		return setting.SaveTx(ctx, tx, s.Settings, progressKey, p)
	})
	return plan, mine, err
}

// note writes down what became of a backup.
func (s *Scheduler) note(ctx context.Context, plan Schedule, made Made, failed error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := setting.LoadTx(ctx, tx, progressKey)
		if err != nil {
			return err
		}
		e := audit.Entry{Type: "BACKUP_CREATED", Module: "backup", Item: made.Name, Description: "A backup was made by itself: " + made.Name + "."}
		p.Failed, p.FailedAt = "", time.Time{}
		if failed != nil {
			now := s.Clock.Now()
			p.Failed, p.FailedAt = failed.Error(), now
			if plan.EveryHours > 0 {
				p.Next = now.Add(min(retryAfter, time.Duration(plan.EveryHours)*time.Hour))
			}
			e = audit.Entry{Severity: audit.Error, Type: "BACKUP_FAILED", Module: "backup", Description: "A backup was not made: " + p.Failed}
		}
		if err := setting.SaveTx(ctx, tx, s.Settings, progressKey, p); err != nil {
			return err
		}
		return s.Audit.RecordTx(ctx, tx, e)
	})
}
