package task

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Part keeps something that belongs to tasks, such as their checklists or comments, and follows what becomes of them, in the
// transaction of the change.
type Part interface {
	// TaskChangedTx is called after a change that actor made. It does not change the task again.
	TaskChangedTx(ctx context.Context, tx *db.Tx, actor user.Ref, before, after Task) error
	// TaskDeletedTx is called before a task and all that belongs to it is gone.
	TaskDeletedTx(ctx context.Context, tx *db.Tx, t Task) error
}

// SetParts names those who keep what belongs to tasks. It must be called before the service is used.
func (s *Service) SetParts(parts ...Part) { s.parts = parts }

// FileRef names a file that a task shall have: one of a drive, or one that the task has, by its tie.
type FileRef struct {
	FileID int64 // 0: Tie counts
	Tie    int64
}

// Files ties files to tasks.
type Files interface {
	// SetFilesTx makes refs the files of t; a fault of the kind Denied where actor may not show one of them.
	SetFilesTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Task, refs []FileRef) error
}

// SetFiles names who ties files to tasks. It must be called before the service is used.
func (s *Service) SetFiles(f Files) { s.files = f }

func (s *Service) partsChangedTx(ctx context.Context, tx *db.Tx, actor user.Ref, before, after Task) error {
	for _, p := range s.parts {
		if err := p.TaskChangedTx(ctx, tx, actor, before, after); err != nil {
			return fmt.Errorf("change what belongs to task: %w", err)
		}
	}
	return nil
}

func (s *Service) partsDeletedTx(ctx context.Context, tx *db.Tx, t Task) error {
	for _, p := range s.parts {
		if err := p.TaskDeletedTx(ctx, tx, t); err != nil {
			return fmt.Errorf("delete what belongs to task: %w", err)
		}
	}
	return nil
}

// GetTx returns the task id in a transaction. ErrNotFound where it does not exist or actor does not see it.
func (s *Service) GetTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Task, error) {
	return s.getTx(ctx, tx, actor, id)
}

// AnyTx returns the task id, whoever asks. ErrNotFound where it does not exist.
func (s *Service) AnyTx(ctx context.Context, tx *db.Tx, id int64) (Task, error) {
	return s.getTx(ctx, tx, user.Ref{Admin: true}, id)
}

// LockTx keeps others from changing the task id, and what belongs to it, until the transaction's end.
func (s *Service) LockTx(ctx context.Context, tx *db.Tx, id int64) error {
	return tx.Lock(ctx, fmt.Sprintf("task %d", id))
}

// NoteTx says that actor changed something that belongs to t: it writes the history, moves the task's last activity and tells
// the open pages. It emits no event.
func (s *Service) NoteTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Task, notes ...Note) error {
	now := s.now()
	if err := writeNotes(ctx, tx, actor, t.ID, now, notes); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE task SET activity_date = ? WHERE id = ?", db.Micro(now), t.ID); err != nil {
		return fmt.Errorf("update activity of task: %w", err)
	}
	tx.AfterCommit(func() { s.live.Publish(t.Members(), "task:changed", Hint{ID: t.ID}) })
	return nil
}

// ChangeTx changes the task id as edit says, in a transaction: it is for what belongs to tasks and has checked the right to
// do it. The change goes into the history, is emitted as an event and told to the open pages.
func (s *Service) ChangeTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, edit func(t *Task)) (Task, error) {
	return s.changeTx(ctx, tx, actor, id, s.getAnyTx, func(_ context.Context, _ *db.Tx, t *Task) error {
		edit(t)
		t.normalize()
		return nil
	})
}

// SetSpentTx says how much time was spent on the task id.
func (s *Service) SetSpentTx(ctx context.Context, tx *db.Tx, id int64, spent time.Duration) error {
	if _, err := tx.Exec(ctx, "UPDATE task SET time_spent_in_logs = ? WHERE id = ?", int64(spent/time.Second), id); err != nil {
		return fmt.Errorf("update time spent on task: %w", err)
	}
	return nil
}

// UncommentedTx says that a comment of the task id is gone.
func (s *Service) UncommentedTx(ctx context.Context, tx *db.Tx, id int64) error {
	if _, err := tx.Exec(ctx, "UPDATE task SET comments_count = comments_count - 1 WHERE id = ? AND comments_count > 0", id); err != nil {
		return fmt.Errorf("count comments of task: %w", err)
	}
	return nil
}

// LeaveStageTx takes the tasks of a stage of a group that is gone out of it.
func (s *Service) LeaveStageTx(ctx context.Context, tx *db.Tx, groupID, stageID int64) error {
	if _, err := tx.Exec(ctx, "UPDATE task SET stage_id = 0 WHERE group_id = ? AND stage_id = ?", groupID, stageID); err != nil {
		return fmt.Errorf("leave stage: %w", err)
	}
	return nil
}

// SetChatTx says in which chat the task id is talked about.
func (s *Service) SetChatTx(ctx context.Context, tx *db.Tx, id, chatID int64) error {
	if _, err := tx.Exec(ctx, "UPDATE task SET chat_id = ? WHERE id = ?", chatID, id); err != nil {
		return fmt.Errorf("keep chat of task: %w", err)
	}
	return nil
}

func (s *Service) getAnyTx(ctx context.Context, tx *db.Tx, _ user.Ref, id int64) (Task, error) {
	return s.getTx(ctx, tx, user.Ref{Admin: true}, id)
}

// ShareTx gives people roles in the task id, beside those they have: accomplices take part, auditors watch. Who has a role
// already gets no second one that says less. People who do not exist are a fault.
func (s *Service) ShareTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, accomplices, auditors []int64) error {
	t, err := s.AnyTx(ctx, tx, id)
	if err != nil {
		return err
	}
	works := append([]int64{t.ResponsibleID}, t.Accomplices...)
	accomplices = slices.DeleteFunc(slices.Clone(accomplices), func(id int64) bool { return slices.Contains(works, id) })
	known := append(t.Members(), accomplices...)
	auditors = slices.DeleteFunc(slices.Clone(auditors), func(id int64) bool { return slices.Contains(known, id) })
	if len(accomplices) == 0 && len(auditors) == 0 {
		return nil
	}
	_, err = s.changeTx(ctx, tx, actor, id, s.getAnyTx, func(ctx context.Context, tx *db.Tx, t *Task) error {
		before := *t
		t.Accomplices = append(slices.Clone(t.Accomplices), accomplices...)
		t.Auditors = append(slices.Clone(t.Auditors), auditors...)
		t.normalize()
		if err := t.validate(); err != nil {
			return err
		}
		return s.checkPeople(ctx, tx, *t, newcomers(before, *t))
	})
	return err
}
