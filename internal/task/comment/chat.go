package comment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// ChatIDs returns the chats of those of the tasks ids that exist, and makes those that are missing. Whether somebody sees the tasks
// is not looked at.
func (s *Service) ChatIDs(ctx context.Context, ids []int64) (out map[int64]int64, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids))) // everybody takes the locks in one order
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		out = make(map[int64]int64, len(ids))
		for _, id := range ids {
			t, err := s.Tasks.AnyTx(ctx, tx, id)
			if errors.Is(err, task.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if out[id], err = s.chatTx(ctx, tx, t); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// ChatFor returns the chat of a task, and makes it where there is none and the user has a role in the task; 0 where they have none, or
// there is no such task.
func (s *Service) ChatFor(ctx context.Context, userID, taskID int64) (int64, error) {
	var t task.Task
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		t, err = s.Tasks.AnyTx(ctx, tx, taskID)
		return err
	})
	if errors.Is(err, task.ErrNotFound) {
		return 0, nil
	}
	if err != nil || t.ChatID != 0 || !slices.Contains(t.Members(), userID) {
		return t.ChatID, err
	}
	made, err := s.ChatIDs(ctx, []int64{taskID})
	return made[taskID], err
}

// ChatID returns the chat of a task that actor sees, and makes it where there is none. task.ErrNotFound.
func (s *Service) ChatID(ctx context.Context, actor user.Ref, taskID int64) (id int64, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		t, err := s.Tasks.GetTx(ctx, tx, actor, taskID)
		id = t.ChatID
		return err
	})
	if id != 0 || err != nil {
		return id, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.Tasks.GetTx(ctx, tx, actor, taskID)
		if err != nil {
			return err
		}
		id, err = s.chatTx(ctx, tx, t)
		return err
	})
	return id, err
}

// chatTx returns the chat of a task, and makes it where there is none.
func (s *Service) chatTx(ctx context.Context, tx *db.Tx, t task.Task) (int64, error) {
	if t.ChatID != 0 {
		return t.ChatID, nil
	}
	if err := s.Tasks.LockTx(ctx, tx, t.ID); err != nil {
		return 0, err
	}
	t, err := s.Tasks.AnyTx(ctx, tx, t.ID) // as it is under the lock
	if t.ChatID != 0 || err != nil {
		return t.ChatID, err
	}
	members, err := s.activeTx(ctx, tx, t.Members())
	if err != nil {
		return 0, err
	}
	owner := int64(0)
	if slices.Contains(members, t.CreatedBy) {
		owner = t.CreatedBy
	}
	id, err := s.Chats.CreateTx(ctx, tx, Chat{TaskID: t.ID, Title: t.Title, OwnerID: owner, MemberIDs: members})
	if err != nil {
		return 0, fmt.Errorf("make chat of task: %w", err)
	}
	return id, s.Tasks.SetChatTx(ctx, tx, t.ID, id)
}

// activeTx returns those of ids who are not dismissed.
func (s *Service) activeTx(ctx context.Context, tx *db.Tx, ids []int64) ([]int64, error) {
	users, err := s.Users.ManyTx(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("look up people: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { u, ok := users[id]; return !ok || !u.Active }), nil
}

var _ task.Part = (*Service)(nil)

// TaskChangedTx lets the chat of a task follow its title and its people.
func (s *Service) TaskChangedTx(ctx context.Context, tx *db.Tx, _ user.Ref, before, after task.Task) error {
	was, is := before.Members(), after.Members()
	chatID := after.ChatID
	if chatID == 0 || before.Title == after.Title && slices.Equal(was, is) {
		return nil
	}
	if before.Title != after.Title {
		if err := s.Chats.RetitleTx(ctx, tx, chatID, after.Title); err != nil {
			return fmt.Errorf("rename chat of task: %w", err)
		}
	}
	lacks := func(list []int64) func(int64) bool { return func(id int64) bool { return slices.Contains(list, id) } }
	came, went := slices.DeleteFunc(slices.Clone(is), lacks(was)), slices.DeleteFunc(slices.Clone(was), lacks(is))
	return s.Chats.SetMembersTx(ctx, tx, chatID, came, went)
}

// TaskDeletedTx removes the chat of a task with all comments.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	if t.ChatID == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "DELETE FROM task_comment WHERE task_id = ?", t.ID); err != nil {
		return fmt.Errorf("delete comments of task: %w", err)
	}
	return s.Chats.DropTx(ctx, tx, t.ChatID)
}
