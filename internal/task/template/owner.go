package template

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/user"
)

// owners are templates as what checklists belong to.
type owners struct{ s *Service }

func (o owners) OpenTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, lock bool) (checklist.Rights, error) {
	if lock {
		if err := lockTx(ctx, tx, id); err != nil {
			return checklist.Rights{}, err
		}
	}
	t, err := seenTx(ctx, tx, actor, id)
	if err != nil {
		return checklist.Rights{}, err
	}
	return checklist.Rights{Edit: t.edits(actor), Toggle: t.edits(actor)}, nil
}

func (owners) ChangedTx(context.Context, *db.Tx, user.Ref, int64, ...task.Note) error { return nil }

// ShareTx lets the people of an item see the template, as they will see the tasks.
func (o owners) ShareTx(ctx context.Context, tx *db.Tx, _ user.Ref, id int64, accomplices, auditors []int64) error {
	t, err := readTx(ctx, tx, id)
	if err != nil {
		return err
	}
	add := func(to *[]int64, ids []int64) {
		for _, id := range ids {
			if !slices.Contains(*to, id) {
				*to = append(*to, id)
			}
		}
	}
	add(&t.Accomplices, accomplices)
	add(&t.Auditors, auditors)
	if err := t.clean(); err != nil {
		return err
	}
	return o.s.storeTx(ctx, tx, &t)
}
