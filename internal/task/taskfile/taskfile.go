// Package taskfile ties files to tasks: who sees a task may see them.
// Pages: api-reference/tasks/tasks-task-files-attach.md, tasks-task-file-attach.md.
package taskfile

import (
	"context"
	"errors"
	"slices"
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
	ErrNoTie   = fault.New(fault.NotFound, "TASK_FILE_NOT_FOUND", "There is no such file at the task.")
	ErrTooMany = fault.Newf(fault.TooLarge, "TASK_FILES", "%d files can be attached at once.", MaxFiles)
)

// Tie is the tie between a task and a file.
type Tie struct {
	ID     int64 // of the tie
	FileID int64
}

// Files are the file area. Its faults for files that the user may not read come back as ErrFile.
type Files interface {
	// AttachTx ties files to a task and returns the ties' numbers in the order of ids.
	AttachTx(ctx context.Context, tx *db.Tx, userID, taskID int64, ids []int64) ([]int64, error)
	DetachAllTx(ctx context.Context, tx *db.Tx, taskID int64) error
	// TiesTx returns the ties of tasks, by task, each in the order in which they were made.
	TiesTx(ctx context.Context, tx *db.Tx, tasks []int64) (map[int64][]Tie, error)
	// DetachTx takes files off a task; the files themselves stay.
	DetachTx(ctx context.Context, tx *db.Tx, taskID int64, ids []int64) error
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
	err = s.editTx(ctx, actor, taskID, func(tx *db.Tx, t task.Task) (err error) {
		ties, err = s.attachTx(ctx, tx, actor, t, ids)
		return err
	})
	return ties, err
}

// editTx changes the files of a task that actor may edit, and emits that.
func (s *Service) editTx(ctx context.Context, actor user.Ref, taskID int64, edit func(tx *db.Tx, t task.Task) error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.tasks.LockTx(ctx, tx, taskID); err != nil {
			return err
		}
		t, err := s.tasks.GetTx(ctx, tx, actor, taskID)
		if err != nil {
			return err
		}
		if !task.RightsOf(actor, t).Edit {
			return ErrDenied
		}
		if err := edit(tx, t); err != nil {
			return err
		}
		_, err = s.tasks.ChangeTx(ctx, tx, actor, taskID, func(*task.Task) {})
		return err
	})
}

func (s *Service) attachTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, ids []int64) ([]int64, error) {
	had, err := s.files.TiesTx(ctx, tx, []int64{t.ID})
	if err != nil {
		return nil, err
	}
	ties, err := s.files.AttachTx(ctx, tx, actor.ID, t.ID, ids)
	if err != nil {
		return nil, err
	}
	var notes []task.Note
	for i, id := range ids {
		known := slices.ContainsFunc(had[t.ID], func(x Tie) bool { return x.ID == ties[i] })
		if !known {
			notes = append(notes, task.Note{Field: task.NoteFiles, To: strconv.FormatInt(id, 10)})
		}
	}
	return ties, s.tasks.NoteTx(ctx, tx, actor, t, notes...)
}

// MayAttach reports by its fault whether actor may change the files of a task. Faults: task.ErrNotFound, ErrDenied.
func (s *Service) MayAttach(ctx context.Context, actor user.Ref, taskID int64) error {
	return s.db.Read(ctx, func(tx *db.Tx) error {
		t, err := s.tasks.GetTx(ctx, tx, actor, taskID)
		if err == nil && !task.RightsOf(actor, t).Edit {
			err = ErrDenied
		}
		return err
	})
}

// Detach takes a file off a task that actor may edit, by the number of its tie; the file itself stays. Faults: task.ErrNotFound,
// ErrDenied, ErrNoTie.
func (s *Service) Detach(ctx context.Context, actor user.Ref, taskID, tie int64) error {
	return s.editTx(ctx, actor, taskID, func(tx *db.Tx, t task.Task) error {
		had, err := s.files.TiesTx(ctx, tx, []int64{taskID})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(had[taskID], func(x Tie) bool { return x.ID == tie })
		if i < 0 {
			return ErrNoTie
		}
		return s.detachTx(ctx, tx, actor, t, had[taskID][i:i+1])
	})
}

func (s *Service) detachTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, ties []Tie) error {
	if len(ties) == 0 {
		return nil
	}
	var files []int64
	var notes []task.Note
	for _, x := range ties {
		files = append(files, x.FileID)
		notes = append(notes, task.Note{Field: task.NoteFiles, From: strconv.FormatInt(x.FileID, 10)})
	}
	if err := s.files.DetachTx(ctx, tx, t.ID, files); err != nil {
		return err
	}
	return s.tasks.NoteTx(ctx, tx, actor, t, notes...)
}

// Compare returns which of the ties that something has go, and which files come, where it shall have refs. ErrFile where one names a tie
// that is not there.
func Compare(had []Tie, refs []task.FileRef) (gone []Tie, come []int64, err error) {
	keep := map[int64]bool{} // by tie
	for _, r := range refs {
		known := slices.IndexFunc(had, func(x Tie) bool { return x.ID == r.Tie || r.FileID != 0 && x.FileID == r.FileID })
		switch {
		case known >= 0:
			keep[had[known].ID] = true
		case r.FileID == 0:
			return nil, nil, ErrFile
		default:
			come = append(come, r.FileID)
		}
	}
	return slices.DeleteFunc(slices.Clone(had), func(x Tie) bool { return keep[x.ID] }), come, nil
}

var _ task.Files = (*Service)(nil)

// SetFilesTx makes refs the files of a task; those that it has besides are taken off. Faults: ErrFile, ErrTooMany.
func (s *Service) SetFilesTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, refs []task.FileRef) error {
	if len(refs) > MaxFiles {
		return ErrTooMany
	}
	had, err := s.files.TiesTx(ctx, tx, []int64{t.ID})
	if err != nil {
		return err
	}
	gone, ids, err := Compare(had[t.ID], refs)
	if err != nil {
		return err
	}
	if err := s.detachTx(ctx, tx, actor, t, gone); err != nil || len(ids) == 0 {
		return err
	}
	_, err = s.attachTx(ctx, tx, actor, t, ids)
	return err
}

// List returns the files of a task that actor sees. task.ErrNotFound.
func (s *Service) List(ctx context.Context, actor user.Ref, taskID int64) (out []Tie, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.tasks.GetTx(ctx, tx, actor, taskID); err != nil {
			return err
		}
		ties, err := s.files.TiesTx(ctx, tx, []int64{taskID})
		out = ties[taskID]
		return err
	})
	return out, err
}

// Of returns the files of tasks, by task, whoever asks: it is for tasks that the caller may see.
func (s *Service) Of(ctx context.Context, tasks []int64) (out map[int64][]Tie, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = s.files.TiesTx(ctx, tx, tasks)
		return err
	})
	return out, err
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
