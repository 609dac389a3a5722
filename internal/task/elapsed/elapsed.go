// Package elapsed keeps the time that people spent on tasks: records that they write, and a timer of each that writes one when it
// stops. A timer is a row, so it runs on while no program does.
// Pages: api-reference/tasks/elapsed-item/.
package elapsed

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of time records and timers.
func Schema() db.Schema { return db.EmbeddedSchema("task_elapsed", schemaFiles) }

// Source is where a record comes from.
type Source int64

// The sources.
const (
	Unknown Source = 1
	ByHand  Source = 2
	ByTimer Source = 3
)

// The limits of a record.
const (
	MaxComment = 4_000              // characters
	MaxSpent   = 10_000 * time.Hour // more is a mistake
)

// Record is time that somebody spent on a task.
type Record struct {
	ID      int64
	TaskID  int64
	UserID  int64
	Comment string
	Spent   time.Duration // whole seconds
	Source  Source
	Created time.Time // the time for which it is, where it was written later
	Started time.Time
	Stopped time.Time
}

// Change says what of a record to change; nil leaves a field as it is.
type Change struct {
	UserID                    *int64
	Comment                   *string
	Spent                     *time.Duration
	Source                    *Source
	Created, Started, Stopped *time.Time
}

// The faults of time records.
var (
	ErrNotFound = fault.New(fault.NotFound, "ELAPSED_NOT_FOUND", "There is no such time record at this task.")
	ErrDenied   = fault.New(fault.Denied, "ELAPSED_DENIED", "You may not do this with the time record.")
	ErrSpent    = fault.New(fault.Invalid, "ELAPSED_TIME", "Say how much time was spent: from a second to 10,000 hours.").At("seconds")
	ErrComment  = fault.Newf(fault.TooLarge, "ELAPSED_COMMENT", "A comment can have %d characters at most.", MaxComment).At("comment")
	ErrSource   = fault.New(fault.Invalid, "ELAPSED_SOURCE", "The source is 1, 2 or 3.").At("source")
	ErrUser     = fault.New(fault.Invalid, "ELAPSED_USER", "There is no such user.").At("user")
	ErrNoTimer  = fault.New(fault.Conflict, "TIMER_NONE", "Your timer is not running.")
)

// Config is what a Service needs. All of it is required.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Tasks part.Tasks
	Users task.Users
}

// Service keeps the time records of a portal. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	clock clock.Clock
	tasks part.Tasks
	users task.Users
}

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service {
	return &Service{db: c.DB, clock: c.Clock, tasks: c.Tasks, users: c.Users}
}

// columns are what lists are filtered and sorted by.
var columns = part.Columns{
	"ID":           {SQL: "e.id", Type: part.Int, Filter: true, Sort: true},
	"TASK_ID":      {SQL: "e.task_id", Type: part.Int, Filter: true, Sort: true},
	"USER_ID":      {SQL: "e.user_id", Type: part.Int, Filter: true, Sort: true},
	"SECONDS":      {SQL: "e.seconds", Type: part.Int, Sort: true},
	"MINUTES":      {SQL: "e.seconds", Type: part.Int, Sort: true},
	"CREATED_DATE": {SQL: "e.created", Type: part.Moment, Filter: true, Sort: true},
	"DATE_START":   {SQL: "e.started", Type: part.Moment, Sort: true},
	"DATE_STOP":    {SQL: "e.stopped", Type: part.Moment, Sort: true},
}

// Columns returns what lists of records are filtered and sorted by.
func Columns() part.Columns { return columns }

// may reports whether actor may change records of userID at t: their own, and all where they may edit the task.
func may(actor user.Ref, t task.Task, userID int64) bool {
	return actor.ID == userID || task.RightsOf(actor, t).Edit
}

// Add stores a record of actor's, or of r.UserID's where actor may edit the task. Faults: ErrDenied, ErrSpent, ErrComment,
// ErrSource, ErrUser, task.ErrNotFound.
func (s *Service) Add(ctx context.Context, actor user.Ref, r Record) (Record, error) {
	now := s.clock.Now().UTC().Truncate(time.Microsecond)
	if r.UserID == 0 {
		r.UserID = actor.ID
	}
	if r.Source == 0 {
		r.Source = ByHand
	}
	for _, t := range []*time.Time{&r.Created, &r.Started, &r.Stopped} {
		if t.IsZero() {
			*t = now
		}
	}
	r.Comment = strings.TrimSpace(r.Comment)
	if err := r.validate(); err != nil {
		return Record{}, err
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := s.openTx(ctx, tx, actor, r.TaskID)
		if err != nil {
			return err
		}
		if !may(actor, t, r.UserID) {
			return ErrDenied
		}
		if err := s.knownTx(ctx, tx, r.UserID); err != nil {
			return err
		}
		return s.insertTx(ctx, tx, actor, t, &r)
	})
	return r, err
}

// openTx returns a task that actor sees, locked.
func (s *Service) openTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (task.Task, error) {
	if err := s.tasks.LockTx(ctx, tx, id); err != nil {
		return task.Task{}, err
	}
	return s.tasks.GetTx(ctx, tx, actor, id)
}

func (s *Service) knownTx(ctx context.Context, tx *db.Tx, userID int64) error {
	known, err := s.users.ManyTx(ctx, tx, []int64{userID})
	if err != nil {
		return fmt.Errorf("look up user: %w", err)
	}
	if len(known) == 0 {
		return ErrUser
	}
	return nil
}

func (r Record) validate() error {
	switch {
	case r.Spent < time.Second || r.Spent > MaxSpent:
		return ErrSpent
	case utf8.RuneCountInString(r.Comment) > MaxComment:
		return ErrComment
	case r.Source < Unknown || r.Source > ByTimer:
		return ErrSource
	}
	return nil
}

func (s *Service) insertTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, r *Record) (err error) {
	r.ID, err = tx.Insert(ctx, `INSERT INTO task_elapsed (task_id, user_id, comment, seconds, source, created, started, stopped)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, r.TaskID, r.UserID, r.Comment, int64(r.Spent/time.Second), int64(r.Source),
		db.Micro(r.Created), db.Micro(r.Started), db.Micro(r.Stopped))
	if err != nil {
		return fmt.Errorf("insert time record: %w", err)
	}
	return s.summedTx(ctx, tx, actor, t, r.Spent)
}

// summedTx tells the task how much time was spent on it now that more was, or less.
func (s *Service) summedTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, more time.Duration) error {
	total, err := SpentTx(ctx, tx, t.ID)
	if err != nil {
		return err
	}
	if err := s.tasks.SetSpentTx(ctx, tx, t.ID, total); err != nil {
		return err
	}
	var notes []task.Note
	if more != 0 {
		notes = append(notes, task.Note{Field: task.NoteTimeSpent, From: seconds(total - more), To: seconds(total)})
	}
	return s.tasks.NoteTx(ctx, tx, actor, t, notes...)
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// SpentTx returns how much time was spent on a task, without timers that run.
func SpentTx(ctx context.Context, tx *db.Tx, taskID int64) (time.Duration, error) {
	var sum int64
	err := tx.QueryRow(ctx, "SELECT COALESCE(SUM(seconds), 0) FROM task_elapsed WHERE task_id = ?", taskID).Scan(&sum)
	if err != nil {
		return 0, fmt.Errorf("sum time records: %w", err)
	}
	return time.Duration(sum) * time.Second, nil
}

// Update changes a record: one's own, or anybody's where actor may edit the task. Faults as Add, and ErrNotFound.
func (s *Service) Update(ctx context.Context, actor user.Ref, taskID, id int64, c Change) (out Record, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		t, r, err := s.mineTx(ctx, tx, actor, taskID, id)
		if err != nil {
			return err
		}
		before := r
		c.apply(&r)
		if err := r.validate(); err != nil {
			return err
		}
		if r.UserID != before.UserID {
			if !may(actor, t, r.UserID) {
				return ErrDenied
			}
			if err := s.knownTx(ctx, tx, r.UserID); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE task_elapsed SET user_id = ?, comment = ?, seconds = ?, source = ?, created = ?, started = ?, stopped = ?
			WHERE id = ?`, r.UserID, r.Comment, int64(r.Spent/time.Second), int64(r.Source), db.Micro(r.Created), db.Micro(r.Started),
			db.Micro(r.Stopped), r.ID)
		if err != nil {
			return fmt.Errorf("update time record: %w", err)
		}
		out = r
		return s.summedTx(ctx, tx, actor, t, r.Spent-before.Spent)
	})
	return out, err
}

func (c Change) apply(r *Record) {
	set(&r.UserID, c.UserID)
	set(&r.Comment, c.Comment)
	set(&r.Spent, c.Spent)
	set(&r.Source, c.Source)
	set(&r.Created, c.Created)
	set(&r.Started, c.Started)
	set(&r.Stopped, c.Stopped)
	r.Comment = strings.TrimSpace(r.Comment)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// mineTx returns a record that actor may change, with its task.
func (s *Service) mineTx(ctx context.Context, tx *db.Tx, actor user.Ref, taskID, id int64) (task.Task, Record, error) {
	t, err := s.openTx(ctx, tx, actor, taskID)
	if err != nil {
		return t, Record{}, err
	}
	r, err := recordTx(ctx, tx, taskID, id)
	if err == nil && !may(actor, t, r.UserID) {
		err = ErrDenied
	}
	return t, r, err
}

// Delete removes a record. Faults: ErrDenied, ErrNotFound, task.ErrNotFound.
func (s *Service) Delete(ctx context.Context, actor user.Ref, taskID, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, r, err := s.mineTx(ctx, tx, actor, taskID, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_elapsed WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete time record: %w", err)
		}
		return s.summedTx(ctx, tx, actor, t, -r.Spent)
	})
}

// Action is something that may be done with a record.
type Action int64

// The actions, as api-reference/tasks/elapsed-item/task-elapsed-item-is-action-allowed.md numbers them.
const (
	Add Action = iota + 1
	Modify
	Remove
)

// May reports whether actor may do something; false too where there is no such task or record. To add asks for no record.
func (s *Service) May(ctx context.Context, actor user.Ref, taskID, id int64, a Action) (ok bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err := s.tasks.GetTx(ctx, tx, actor, taskID)
		if err != nil || a == Add {
			ok = err == nil
			return err
		}
		r, err := recordTx(ctx, tx, taskID, id)
		if err != nil {
			return err
		}
		ok = (a == Modify || a == Remove) && may(actor, t, r.UserID)
		return nil
	})
	if errors.Is(err, task.ErrNotFound) || errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return ok, err
}
