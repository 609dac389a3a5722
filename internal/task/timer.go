package task

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// Notices tells people what concerns them. People who muted a task are not told of it.
type Notices interface {
	// DeadlineTx is called once when a deadline has passed and there is still something to do.
	DeadlineTx(ctx context.Context, tx *db.Tx, t Task, to []int64) error
	// RemindTx is called once when the time came at which somebody wanted to be reminded.
	RemindTx(ctx context.Context, tx *db.Tx, t Task, userID int64) error
	// AssignedTx is called when actor made somebody else responsible.
	AssignedTx(ctx context.Context, tx *db.Tx, actorID int64, t Task) error
	// StatusTx is called when actor moved a task of others to another status.
	StatusTx(ctx context.Context, tx *db.Tx, actorID int64, t Task, to []int64) error
}

// noticesTx tells of a change, or with an empty before of a new task.
func (s *Service) noticesTx(ctx context.Context, tx *db.Tx, actor user.Ref, before, after Task) error {
	if s.notices == nil {
		return nil
	}
	if after.ResponsibleID != before.ResponsibleID && after.ResponsibleID != actor.ID {
		if err := s.notices.AssignedTx(ctx, tx, actor.ID, after); err != nil {
			return fmt.Errorf("tell who is responsible: %w", err)
		}
	}
	if before.ID == 0 || before.Status == after.Status {
		return nil
	}
	to, err := s.hearTx(ctx, tx, after.ID, actor.ID, after.CreatedBy, after.ResponsibleID)
	if err != nil || len(to) == 0 {
		return err
	}
	if err := s.notices.StatusTx(ctx, tx, actor.ID, after, to); err != nil {
		return fmt.Errorf("tell of a status: %w", err)
	}
	return nil
}

// hearTx returns those of people who want to hear of the task id, each once, without the one called except.
func (s *Service) hearTx(ctx context.Context, tx *db.Tx, id, except int64, people ...int64) ([]int64, error) {
	rows, err := tx.Query(ctx, "SELECT user_id FROM task_view WHERE task_id = ? AND muted = 1", id)
	if err != nil {
		return nil, fmt.Errorf("who muted task: %w", err)
	}
	defer func() { _ = rows.Close() }()
	deaf := map[int64]bool{except: true, 0: true}
	for rows.Next() {
		var userID int64
		if err := rows.Scan(&userID); err != nil {
			return nil, fmt.Errorf("who muted task: %w", err)
		}
		deaf[userID] = true
	}
	people = slices.Compact(slices.Sorted(slices.Values(people)))
	return slices.DeleteFunc(people, func(id int64) bool { return deaf[id] }), rows.Err()
}

// The kinds of timers.
const (
	timerDeadline = "deadline" // of the task, once it passes
	timerReminder = "reminder" // of one person
)

// maxReminders is how many reminders a person has of a task.
const maxReminders = 20

// batchOfTimers is how many timers one transaction looks at.
const batchOfTimers = 100

// timersTx keeps the timer of the deadline: there is one as long as there is something to do.
func (s *Service) timersTx(ctx context.Context, tx *db.Tx, before, after Task) error {
	was, is := before.timed(), after.timed()
	if was == is && before.Deadline.Equal(after.Deadline) {
		return nil
	}
	if was {
		if _, err := tx.Exec(ctx, "DELETE FROM task_reminder WHERE task_id = ? AND user_id = 0", after.ID); err != nil {
			return fmt.Errorf("drop timer of task: %w", err)
		}
	}
	if !is {
		return nil
	}
	return s.setTimerTx(ctx, tx, after.ID, 0, timerDeadline, after.Deadline)
}

// timed reports whether the passing of the deadline means something.
func (t Task) timed() bool { return t.ID != 0 && !t.Deadline.IsZero() && !t.Status.Closed() }

func (s *Service) setTimerTx(ctx context.Context, tx *db.Tx, id, userID int64, kind string, at time.Time) error {
	const sql = "INSERT INTO task_reminder (task_id, user_id, kind, at) VALUES (?, ?, ?, ?)"
	if _, err := tx.Insert(ctx, sql, id, userID, kind, db.Micro(at)); err != nil {
		return fmt.Errorf("set timer of task: %w", err)
	}
	tx.AfterCommit(s.wakeUp)
	return nil
}

// Reminders returns when actor is reminded of the task id, the soonest first.
func (s *Service) Reminders(ctx context.Context, actor user.Ref, id int64) (out []time.Time, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT at FROM task_reminder WHERE task_id = ? AND user_id = ? ORDER BY at", id, actor.ID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		out = nil
		for rows.Next() {
			var at int64
			if err := rows.Scan(&at); err != nil {
				return err
			}
			out = append(out, db.Time(at))
		}
		return rows.Err()
	})
	return out, err
}

// SetReminders puts the times at which actor is reminded of the task id in the place of those that are set. Times that have
// passed, and too many, are a fault.
func (s *Service) SetReminders(ctx context.Context, actor user.Ref, id int64, at []time.Time) error {
	if len(at) > maxReminders {
		return invalid("reminder", fmt.Sprintf("There may be %d reminders.", maxReminders))
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_reminder WHERE task_id = ? AND user_id = ?", id, actor.ID); err != nil {
			return fmt.Errorf("drop reminders: %w", err)
		}
		for _, t := range at {
			if !t.After(s.now()) {
				return invalid("reminder", "Choose a time that is still to come.")
			}
			if err := s.setTimerTx(ctx, tx, id, actor.ID, timerReminder, t); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// pollTimers is how often timers are looked for that another process set.
const pollTimers = time.Minute

// Run fires timers at their time until ctx ends: those that came while nobody ran, at once. Several processes may run; a timer
// fires once.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	for {
		next, err := s.FireDue(ctx)
		if ctx.Err() != nil {
			return
		}
		wait := pollTimers
		if err != nil {
			failed(err)
		} else if !next.IsZero() {
			wait = min(wait, max(next.Sub(s.clock.Now()), 0))
		}
		if !clock.Wait(ctx, s.clock, wait, s.wake) {
			return
		}
	}
}

// FireDue tells of every timer whose time has come, each once, and returns when the next one comes; zero: never.
func (s *Service) FireDue(ctx context.Context) (next time.Time, err error) {
	for {
		var more bool
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			next, more, err = s.fireTx(ctx, tx)
			return err
		})
		if err != nil || !more {
			return next, err
		}
	}
}

// timer is a row of task_reminder.
type timer struct {
	id, taskID, userID, at int64
	kind                   string
}

func (s *Service) fireTx(ctx context.Context, tx *db.Tx) (next time.Time, more bool, err error) {
	if err := tx.Lock(ctx, "task timers"); err != nil {
		return next, false, err
	}
	timers, err := readTimers(ctx, tx)
	if err != nil {
		return next, false, fmt.Errorf("read timers: %w", err)
	}
	now := db.Micro(s.clock.Now())
	for _, t := range timers {
		if t.at > now {
			return db.Time(t.at), false, nil
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_reminder WHERE id = ?", t.id); err != nil {
			return next, false, fmt.Errorf("drop timer: %w", err)
		}
		if err := s.fireOneTx(ctx, tx, t); err != nil {
			return next, false, err
		}
	}
	return next, len(timers) == batchOfTimers, nil
}

func readTimers(ctx context.Context, tx *db.Tx) (out []timer, err error) {
	rows, err := tx.Query(ctx, "SELECT id, task_id, user_id, kind, at FROM task_reminder ORDER BY at, id LIMIT ?", int64(batchOfTimers))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var t timer
		if err := rows.Scan(&t.id, &t.taskID, &t.userID, &t.kind, &t.at); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// fireOneTx tells of one timer. Counters and open pages change with a deadline even where nobody is told.
func (s *Service) fireOneTx(ctx context.Context, tx *db.Tx, f timer) error {
	t, err := s.AnyTx(ctx, tx, f.taskID)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		return err
	}
	if f.kind == timerDeadline {
		tx.AfterCommit(func() { s.live.Publish(t.Members(), "task:changed", Hint{ID: t.ID}) })
	}
	switch {
	case s.notices == nil:
		return nil
	case f.kind == timerReminder:
		return s.notices.RemindTx(ctx, tx, t, f.userID)
	}
	to, err := s.hearTx(ctx, tx, t.ID, 0, t.CreatedBy, t.ResponsibleID)
	if err != nil || len(to) == 0 {
		return err
	}
	return s.notices.DeadlineTx(ctx, tx, t, to)
}
