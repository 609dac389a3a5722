package checklist

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

// TasksOf returns tasks as the owners of checklists. Who sees a task may tick its items off; who does it, handed it out or may
// edit it changes them.
func TasksOf(tasks part.Tasks) Owners { return taskOwners{tasks} }

type taskOwners struct{ tasks part.Tasks }

func (o taskOwners) OpenTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, lock bool) (Rights, error) {
	if lock {
		if err := o.tasks.LockTx(ctx, tx, id); err != nil {
			return Rights{}, err
		}
	}
	t, err := o.tasks.GetTx(ctx, tx, actor, id)
	if err != nil {
		return Rights{}, err
	}
	return Rights{Edit: part.Works(actor, t), Toggle: true}, nil
}

func (o taskOwners) ChangedTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, notes ...task.Note) error {
	t, err := o.tasks.AnyTx(ctx, tx, id)
	if err != nil {
		return err
	}
	return o.tasks.NoteTx(ctx, tx, actor, t, notes...)
}

func (o taskOwners) ShareTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, accomplices, auditors []int64) error {
	return o.tasks.ShareTx(ctx, tx, actor, id, accomplices, auditors)
}

var _ task.Part = (*Service)(nil)

// TaskChangedTx does nothing: the checklists of a task stay as they are.
func (s *Service) TaskChangedTx(context.Context, *db.Tx, user.Ref, task.Task, task.Task) error {
	return nil
}

// TaskDeletedTx removes the checklists of a task.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	return s.EraseTx(ctx, tx, t.ID)
}
