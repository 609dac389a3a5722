// Package taskfile ties files to tasks: who sees a task may see them.
// Pages: api-reference/tasks/tasks-task-files-attach.md, tasks-task-file-attach.md.
package taskfile

import (
	"context"
	"errors"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

// Entity is what tasks are called among the things that files are attached to.
const Entity = "task"

// MaxFiles is how many files one call attaches at most.
const MaxFiles = 100

// The faults of files at tasks.
var (
	ErrDenied  = fault.New(fault.Denied, "TASK_FILE_DENIED", "You may not attach files to this task.")
	ErrFile    = fault.New(fault.Denied, "TASK_FILE_FOREIGN", "A file does not exist or is not yours to show.")
	ErrTooMany = fault.Newf(fault.TooLarge, "TASK_FILES", "%d files can be attached at once.", MaxFiles)
)

// Files are the file area. Its faults for files that the user may not read come back as ErrFile.
type Files interface {
	// AttachTx ties files to a task and returns the ties' numbers in the order of ids.
	AttachTx(ctx context.Context, tx *db.Tx, userID, taskID int64, ids []int64) ([]int64, error)
	DetachAllTx(ctx context.Context, tx *db.Tx, taskID int64) error
}

// Service ties files to tasks. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	tasks part.Tasks
	files Files
}

// NewService returns the service of the portal whose tables are in d.
func NewService(d *db.DB, tasks part.Tasks, files Files) *Service { return &Service{d, tasks, files} }

// Attach ties files that actor may read to a task that they may edit, and returns the ties' numbers. It is a change of the task, which
// is emitted. Faults: task.ErrNotFound, ErrDenied, ErrFile, ErrTooMany.
func (s *Service) Attach(ctx context.Context, actor user.Ref, taskID int64, ids []int64) (ties []int64, err error) {
	if len(ids) > MaxFiles {
		return nil, ErrTooMany
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := s.tasks.GetTx(ctx, tx, actor, taskID)
		if err != nil {
			return err
		}
		if !task.RightsOf(actor, t).Edit {
			return ErrDenied
		}
		if ties, err = s.files.AttachTx(ctx, tx, actor.ID, taskID, ids); err != nil {
			return err
		}
		var notes []task.Note
		for _, id := range ids {
			notes = append(notes, task.Note{Field: task.NoteFiles, To: strconv.FormatInt(id, 10)})
		}
		if err := s.tasks.NoteTx(ctx, tx, actor, t, notes...); err != nil {
			return err
		}
		_, err = s.tasks.ChangeTx(ctx, tx, actor, taskID, func(*task.Task) {})
		return err
	})
	return ties, err
}

// MayReadTx reports whether a user sees a task, and hence its files.
func (s *Service) MayReadTx(ctx context.Context, tx *db.Tx, actor user.Ref, taskID int64) (bool, error) {
	_, err := s.tasks.GetTx(ctx, tx, actor, taskID)
	if errors.Is(err, task.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

var _ task.Part = (*Service)(nil)

// TaskChangedTx does nothing: the files of a task stay.
func (s *Service) TaskChangedTx(context.Context, *db.Tx, user.Ref, task.Task, task.Task) error {
	return nil
}

// TaskDeletedTx takes the files off a task.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	return s.files.DetachAllTx(ctx, tx, t.ID)
}
