package template

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/user"
)

// Files tie files to templates: who sees a template may see them, and the tasks that are made of it have them too.
type Files interface {
	// TiesTx returns the ties of templates, by template, each in the order in which they were made.
	TiesTx(ctx context.Context, tx *db.Tx, templates []int64) (map[int64][]taskfile.Tie, error)
	// AttachTx ties files that the user may read to a template; taskfile.ErrFile where one is none of these.
	AttachTx(ctx context.Context, tx *db.Tx, userID, id int64, files []int64) error
	DetachTx(ctx context.Context, tx *db.Tx, id int64, files []int64) error
	// DetachAllTx takes the files off a template that is removed.
	DetachAllTx(ctx context.Context, tx *db.Tx, id int64) error
	// CopyTx ties the files of a template to a task that is made of it, in the name of a user, whoever may read them.
	CopyTx(ctx context.Context, tx *db.Tx, userID, id, taskID int64) error
}

// ListFiles returns the files of a template that actor sees. ErrNotFound.
func (s *Service) ListFiles(ctx context.Context, actor user.Ref, id int64) (out []taskfile.Tie, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := seenTx(ctx, tx, actor, id); err != nil || s.c.Attached == nil {
			return err
		}
		ties, err := s.c.Attached.TiesTx(ctx, tx, []int64{id})
		out = ties[id]
		return err
	})
	return out, err
}

// MayAttach reports by its fault whether actor may change the files of a template. Faults: ErrNotFound, ErrDenied.
func (s *Service) MayAttach(ctx context.Context, actor user.Ref, id int64) error {
	t, err := s.Get(ctx, actor, id)
	if err == nil && !t.edits(actor) {
		err = ErrDenied
	}
	return err
}

// Attach ties files that actor may read to a template that they may change. Faults: ErrNotFound, ErrDenied, taskfile.ErrFile,
// taskfile.ErrTooMany.
func (s *Service) Attach(ctx context.Context, actor user.Ref, id int64, files []int64) error {
	return s.Update(ctx, actor, id, func(t *Template) error {
		refs := make([]task.FileRef, len(files))
		for i, f := range files {
			refs[i] = task.FileRef{FileID: f}
		}
		t.more = refs
		return nil
	})
}

// Detach takes a file off a template that actor may change, by the number of its tie; the file itself stays. Faults: ErrNotFound,
// ErrDenied, taskfile.ErrNoTie.
func (s *Service) Detach(ctx context.Context, actor user.Ref, id, tie int64) error {
	if s.c.Attached == nil {
		return taskfile.ErrNoTie
	}
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.mineTx(ctx, tx, actor, id); err != nil {
			return err
		}
		had, err := s.c.Attached.TiesTx(ctx, tx, []int64{id})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(had[id], func(x taskfile.Tie) bool { return x.ID == tie })
		if i < 0 {
			return taskfile.ErrNoTie
		}
		return s.c.Attached.DetachTx(ctx, tx, id, []int64{had[id][i].FileID})
	})
}

// filesTx gives a stored template the files that it shall have.
func (s *Service) filesTx(ctx context.Context, tx *db.Tx, actor user.Ref, t *Template) error {
	if t.NewFiles == nil && len(t.more) == 0 {
		return nil
	}
	if s.c.Attached == nil {
		return taskfile.ErrFile
	}
	had, err := s.c.Attached.TiesTx(ctx, tx, []int64{t.ID})
	if err != nil {
		return err
	}
	refs := t.more
	if t.NewFiles != nil {
		refs = append(slices.Clone(*t.NewFiles), refs...)
	}
	gone, come, err := taskfile.Compare(had[t.ID], refs)
	switch {
	case err != nil:
		return err
	case t.NewFiles == nil:
		gone = nil
	}
	if len(had[t.ID])-len(gone)+len(come) > taskfile.MaxFiles {
		return taskfile.ErrTooMany
	}
	var off []int64
	for _, x := range gone {
		off = append(off, x.FileID)
	}
	if err := s.c.Attached.AttachTx(ctx, tx, actor.ID, t.ID, come); err != nil {
		return err
	}
	return s.c.Attached.DetachTx(ctx, tx, t.ID, off)
}

// MayReadTx reports whether a user sees a template, and hence its files.
func (s *Service) MayReadTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (bool, error) {
	_, err := seenTx(ctx, tx, actor, id)
	if err != nil && fault.KindOf(err) != fault.Internal {
		return false, nil
	}
	return err == nil, err
}
