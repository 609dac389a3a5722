package elapsed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// Timer counts the time that somebody works on a task. Everybody has one.
type Timer struct {
	UserID  int64
	TaskID  int64
	Started time.Time
}

// Start starts the timer of actor for a task that they do. One that runs for another task stops and leaves its record; one that
// runs for this task runs on. A task that waits is begun. Faults: ErrDenied, task.ErrNotFound.
func (s *Service) Start(ctx context.Context, actor user.Ref, taskID int64) (t Timer, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockTimer(ctx, tx, actor.ID); err != nil {
			return err
		}
		x, err := s.openTx(ctx, tx, actor, taskID)
		if err != nil {
			return err
		}
		r := task.RightsOf(actor, x)
		if !r.Start && x.Status != task.InProgress || !mine(actor, x) {
			return ErrDenied
		}
		running, ok, err := timerTx(ctx, tx, actor.ID)
		if err != nil || ok && running.TaskID == taskID {
			t = running
			return err
		}
		if ok {
			if _, err := s.stopTx(ctx, tx, actor, running); err != nil {
				return err
			}
		}
		t = Timer{UserID: actor.ID, TaskID: taskID, Started: s.now()}
		const add = "INSERT INTO task_timer (user_id, task_id, started) VALUES (?, ?, ?)"
		if _, err := tx.Exec(ctx, add, t.UserID, t.TaskID, db.Micro(t.Started)); err != nil {
			return fmt.Errorf("start timer: %w", err)
		}
		return s.begunTx(ctx, tx, actor, x)
	})
	return t, err
}

func lockTimer(ctx context.Context, tx *db.Tx, userID int64) error {
	return tx.Lock(ctx, fmt.Sprintf("timer %d", userID))
}

// mine reports whether the task is one that the user does.
func mine(actor user.Ref, t task.Task) bool {
	return actor.ID == t.ResponsibleID || slices.Contains(t.Accomplices, actor.ID)
}

// begunTx says that somebody works on x now.
func (s *Service) begunTx(ctx context.Context, tx *db.Tx, actor user.Ref, x task.Task) error {
	if x.Status == task.InProgress {
		return s.tasks.NoteTx(ctx, tx, actor, x)
	}
	_, err := s.tasks.ChangeTx(ctx, tx, actor, x.ID, func(t *task.Task) {
		if t.Started.IsZero() {
			t.Started = s.now()
		}
		t.Status = task.InProgress
	})
	return err
}

func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// Stop stops the timer of actor and writes the time that it counted; less than a second leaves no record. ErrNoTimer where it
// does not run.
func (s *Service) Stop(ctx context.Context, actor user.Ref) (r Record, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := lockTimer(ctx, tx, actor.ID); err != nil {
			return err
		}
		running, ok, err := timerTx(ctx, tx, actor.ID)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoTimer
		}
		r, err = s.stopTx(ctx, tx, actor, running)
		return err
	})
	return r, err
}

// stopTx ends a timer, whoever may see its task by now.
func (s *Service) stopTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Timer) (Record, error) {
	r := t.record(s.now())
	if err := s.tasks.LockTx(ctx, tx, t.TaskID); err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM task_timer WHERE user_id = ?", t.UserID); err != nil {
		return r, fmt.Errorf("stop timer: %w", err)
	}
	x, err := s.tasks.AnyTx(ctx, tx, t.TaskID)
	if errors.Is(err, task.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if r.Spent < time.Second {
		return r, s.tasks.NoteTx(ctx, tx, actor, x)
	}
	return r, s.insertTx(ctx, tx, actor, x, &r)
}

// record is what t has counted until now.
func (t Timer) record(now time.Time) Record {
	spent := min(max(now.Sub(t.Started), 0).Truncate(time.Second), MaxSpent)
	return Record{
		TaskID: t.TaskID, UserID: t.UserID, Spent: spent, Source: ByTimer, Created: now, Started: t.Started, Stopped: now,
	}
}

// Running returns the timer of a user, and false where it does not run.
func (s *Service) Running(ctx context.Context, userID int64) (t Timer, ok bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, ok, err = timerTx(ctx, tx, userID)
		return err
	})
	return t, ok, err
}

func timerTx(ctx context.Context, tx *db.Tx, userID int64) (Timer, bool, error) {
	t := Timer{UserID: userID}
	var started int64
	err := tx.QueryRow(ctx, "SELECT task_id, started FROM task_timer WHERE user_id = ?", userID).Scan(&t.TaskID, &started)
	if errors.Is(err, db.ErrNoRows) {
		return Timer{}, false, nil
	}
	if err != nil {
		return Timer{}, false, fmt.Errorf("read timer: %w", err)
	}
	t.Started = db.Time(started)
	return t, true, nil
}

// RunningAt returns the timers that run for a task that actor sees.
func (s *Service) RunningAt(ctx context.Context, actor user.Ref, taskID int64) (out []Timer, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.tasks.GetTx(ctx, tx, actor, taskID); err != nil {
			return err
		}
		out, err = timersAt(ctx, tx, taskID)
		return err
	})
	return out, err
}

func timersAt(ctx context.Context, tx *db.Tx, taskID int64) (out []Timer, err error) {
	rows, err := tx.Query(ctx, "SELECT user_id, started FROM task_timer WHERE task_id = ? ORDER BY user_id", taskID)
	if err != nil {
		return nil, fmt.Errorf("read timers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		t := Timer{TaskID: taskID}
		var started int64
		if err := rows.Scan(&t.UserID, &started); err != nil {
			return nil, fmt.Errorf("read timers: %w", err)
		}
		t.Started = db.Time(started)
		out = append(out, t)
	}
	return out, rows.Err()
}

var _ task.Part = (*Service)(nil)

// TaskChangedTx stops the timers of a task that is done, put off or declined.
func (s *Service) TaskChangedTx(ctx context.Context, tx *db.Tx, _ user.Ref, before, after task.Task) error {
	idle := after.Status.Closed() || after.Status == task.Deferred || after.Status == task.Declined || after.Status == task.Pending
	if before.Status == after.Status || !idle {
		return nil
	}
	timers, err := timersAt(ctx, tx, after.ID)
	if err != nil {
		return err
	}
	for _, t := range timers {
		if _, err := s.stopTx(ctx, tx, user.Ref{ID: t.UserID}, t); err != nil {
			return err
		}
	}
	return nil
}

// TaskDeletedTx removes the records and timers of a task.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	for _, q := range [...]string{"DELETE FROM task_elapsed WHERE task_id = ?", "DELETE FROM task_timer WHERE task_id = ?"} {
		if _, err := tx.Exec(ctx, q, t.ID); err != nil {
			return fmt.Errorf("delete time of task: %w", err)
		}
	}
	return nil
}
