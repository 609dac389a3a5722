package task

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// familyTx does for the tasks above and below what a change of after means to them: a parent may take its deadline from its
// subtasks, complete with the last of them, and complete them with itself (SE_PARAMETER in api-reference/tasks/tasks-task-add.md).
func (s *Service) familyTx(ctx context.Context, tx *db.Tx, actor user.Ref, before, after Task) error {
	if after.Status == Completed && before.Status != Completed && after.CompleteByParts {
		if err := s.completePartsTx(ctx, tx, actor, after.ID); err != nil {
			return err
		}
	}
	if after.DeadlineByParts && !before.DeadlineByParts {
		if err := s.parentTx(ctx, tx, actor, after.ID); err != nil {
			return err
		}
	}
	same := before.Status == after.Status && before.Deadline.Equal(after.Deadline) && before.ParentID == after.ParentID
	if same || after.ParentID == 0 {
		return nil
	}
	return s.parentTx(ctx, tx, actor, after.ParentID)
}

// completePartsTx completes what is still to do below the task id.
func (s *Service) completePartsTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) error {
	open, err := query(ctx, tx, "WHERE t.parent_id = ? AND t.status <> 5 ORDER BY t.id", id)
	if err != nil {
		return fmt.Errorf("read subtasks: %w", err)
	}
	for _, t := range open {
		if _, err := s.ChangeTx(ctx, tx, actor, t.ID, func(t *Task) { s.move(actor, t, Completed) }); err != nil {
			return err
		}
	}
	return nil
}

// parentTx brings the task id, which has subtasks, in line with them.
func (s *Service) parentTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) error {
	parents, err := query(ctx, tx, "WHERE t.id = ? AND (t.deadline_by_parts = 1 OR t.complete_by_parts = 1)", id)
	if err != nil || len(parents) == 0 {
		return err
	}
	var all, done, last int64
	err = tx.QueryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(CASE WHEN status = 5 THEN 1 ELSE 0 END), 0), COALESCE(MAX(deadline), 0) FROM task WHERE parent_id = ?", id).
		Scan(&all, &done, &last)
	if err != nil {
		return fmt.Errorf("count subtasks: %w", err)
	}
	p := parents[0]
	completes := p.CompleteByParts && all > 0 && done == all && p.Status != Completed
	deadline := p.Deadline
	if p.DeadlineByParts && all > 0 {
		deadline = db.Time(last)
	}
	if !completes && deadline.Equal(p.Deadline) {
		return nil
	}
	_, err = s.ChangeTx(ctx, tx, actor, id, func(t *Task) {
		t.Deadline = deadline.Truncate(time.Microsecond)
		if completes {
			s.move(actor, t, Completed)
		}
	})
	return err
}
