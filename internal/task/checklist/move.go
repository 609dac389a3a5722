package checklist

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

// MoveAfter puts an item behind another one of the same owner, below the same parent. Faults: ErrDenied, ErrNotFound,
// ErrCycle, ErrDepth.
func (s *Service) MoveAfter(ctx context.Context, actor user.Ref, ownerID, id, after int64) (Item, error) {
	return s.move(ctx, actor, ownerID, id, after, 1)
}

// MoveBefore puts an item before another one of the same owner, below the same parent. Faults as MoveAfter.
func (s *Service) MoveBefore(ctx context.Context, actor user.Ref, ownerID, id, before int64) (Item, error) {
	return s.move(ctx, actor, ownerID, id, before, -1)
}

func (s *Service) move(ctx context.Context, actor user.Ref, ownerID, id, beside int64, side int64) (out Item, err error) {
	err = s.edit(ctx, actor, ownerID, func(tx *db.Tx) error {
		i, err := s.itemTx(ctx, tx, ownerID, id)
		if err != nil {
			return err
		}
		other, err := s.itemTx(ctx, tx, ownerID, beside)
		if err != nil {
			return err
		}
		out = i
		if id == beside {
			return nil
		}
		if i.ParentID != other.ParentID {
			if err := s.fitTx(ctx, tx, &i, other.ParentID); err != nil {
				return err
			}
		}
		i.Sort = other.Sort
		if err := s.updateTx(ctx, tx, i, i); err != nil {
			return err
		}
		if err := s.renumber(ctx, tx, i, other.ID, side); err != nil {
			return err
		}
		if out, err = s.itemTx(ctx, tx, ownerID, id); err != nil {
			return err
		}
		return s.owners.ChangedTx(ctx, tx, actor, ownerID)
	})
	return out, err
}

// renumber counts the parts of i's parent anew from 0; i, which has the sort index of beside, comes before (-1) or after (1) it.
func (s *Service) renumber(ctx context.Context, tx *db.Tx, i Item, beside, side int64) error {
	const q = `UPDATE task_checklist SET sort = r.n FROM (
			SELECT id, ROW_NUMBER() OVER (ORDER BY sort, CASE WHEN id = ? THEN ? ELSE id END, CASE WHEN id = ? THEN ? ELSE 0 END) - 1 AS n
			FROM task_checklist WHERE kind = ? AND owner_id = ? AND parent_id = ?
		) r WHERE task_checklist.id = r.id AND task_checklist.sort <> r.n`
	if _, err := tx.Exec(ctx, q, i.ID, beside, i.ID, side, string(s.kind), i.OwnerID, i.ParentID); err != nil {
		return fmt.Errorf("renumber checklist: %w", err)
	}
	return nil
}

// Delete removes an item with all that is below it. Faults: ErrDenied, ErrNotFound.
func (s *Service) Delete(ctx context.Context, actor user.Ref, ownerID, id int64) error {
	return s.edit(ctx, actor, ownerID, func(tx *db.Tx) error {
		i, err := s.itemTx(ctx, tx, ownerID, id)
		if err != nil {
			return err
		}
		ids, _, err := s.belowTx(ctx, tx, i)
		if err != nil {
			return err
		}
		if err := s.dropFilesTx(ctx, tx, ids); err != nil {
			return err
		}
		if err := erase(ctx, tx, ids); err != nil {
			return err
		}
		return s.owners.ChangedTx(ctx, tx, actor, ownerID, task.Note{Field: task.NoteChecklistGone, From: i.Title})
	})
}

func erase(ctx context.Context, tx *db.Tx, ids []int64) error {
	for len(ids) > 0 {
		n := min(len(ids), chunk)
		for _, q := range [...]string{"DELETE FROM task_checklist_member WHERE item_id IN ", "DELETE FROM task_checklist WHERE id IN "} {
			if _, err := tx.Exec(ctx, q+part.Marks(n), db.Args(ids[:n])...); err != nil {
				return fmt.Errorf("delete items of checklist: %w", err)
			}
		}
		ids = ids[n:]
	}
	return nil
}

// EraseTx removes all checklists of an owner that is gone.
func (s *Service) EraseTx(ctx context.Context, tx *db.Tx, ownerID int64) error {
	if err := s.dropAllFilesTx(ctx, tx, ownerID); err != nil {
		return err
	}
	for _, q := range [...]string{
		"DELETE FROM task_checklist_member WHERE item_id IN (SELECT id FROM task_checklist WHERE kind = ? AND owner_id = ?)",
		"DELETE FROM task_checklist WHERE kind = ? AND owner_id = ?",
	} {
		if _, err := tx.Exec(ctx, q, string(s.kind), ownerID); err != nil {
			return fmt.Errorf("delete checklists: %w", err)
		}
	}
	return nil
}

// CopyTx adds the checklists items, as AllTx of another service returns them for its kind from, to an owner: nothing of them is done yet. They are
// actor's, who may do it by whatever led here; their people get roles in the owner.
func (s *Service) CopyTx(ctx context.Context, tx *db.Tx, actor user.Ref, ownerID int64, from Kind, items []Item) error {
	ids := make(map[int64]int64, len(items)) // of the copies, by the originals'
	for _, root := range grow(items) {
		if err := s.copyNode(ctx, tx, actor, ownerID, from, root, ids); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) copyNode(ctx context.Context, tx *db.Tx, actor user.Ref, ownerID int64, from Kind, n *Node, ids map[int64]int64) error {
	i := Item{
		OwnerID: ownerID, ParentID: ids[n.ParentID], Title: n.Title, Sort: n.Sort, Important: n.Important, CreatedBy: actor.ID, Members: n.Members,
	}
	if err := s.insertTx(ctx, tx, &i); err != nil {
		return err
	}
	ids[n.ID] = i.ID
	if s.files != nil && len(n.Files) > 0 {
		if err := s.files.CopyTx(ctx, tx, actor.ID, from, n.ID, s.kind, i.ID); err != nil {
			return err
		}
	}
	if err := s.tellTx(ctx, tx, actor, ownerID, i.Members, task.Note{Field: task.NoteChecklistAdd, To: i.Title}); err != nil {
		return err
	}
	for _, p := range n.Parts {
		if err := s.copyNode(ctx, tx, actor, ownerID, from, p, ids); err != nil {
			return err
		}
	}
	return nil
}
