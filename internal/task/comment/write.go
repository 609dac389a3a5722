package comment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// Add writes a comment and returns its number. Somebody else may be its author who sees the task too. Faults: task.ErrNotFound,
// ErrEmpty, ErrFile, ErrAuthor.
func (s *Service) Add(ctx context.Context, actor user.Ref, n New) (id int64, err error) {
	if n.AuthorID == 0 {
		n.AuthorID = actor.ID
	}
	if strings.TrimSpace(n.Text) == "" && len(n.Files) == 0 {
		return 0, ErrEmpty
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.Tasks.GetTx(ctx, tx, actor, n.TaskID)
		if err != nil {
			return err
		}
		if err := s.authorTx(ctx, tx, actor, n.AuthorID, t); err != nil {
			return err
		}
		chatID, err := s.chatTx(ctx, tx, t)
		if err != nil {
			return err
		}
		if err := s.Chats.SetMembersTx(ctx, tx, chatID, []int64{n.AuthorID}, nil); err != nil { // who left the chat still sees the task
			return err
		}
		if id, err = s.Chats.SendTx(ctx, tx, chatID, n.AuthorID, n.Text, n.Files); err != nil || n.Posted.IsZero() {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE task_comment SET posted = ? WHERE id = ?", db.Micro(n.Posted), id); err != nil {
			return fmt.Errorf("date comment: %w", err)
		}
		return nil
	})
	return id, err
}

// authorTx makes sure that the author, where it is not actor, is somebody who sees the task.
func (s *Service) authorTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, t task.Task) error {
	if id == actor.ID {
		return nil
	}
	users, err := s.Users.ManyTx(ctx, tx, []int64{id})
	if err != nil {
		return fmt.Errorf("look up author: %w", err)
	}
	u, ok := users[id]
	if !ok || !u.Active || !u.Admin && !slices.Contains(t.Members(), id) {
		return ErrAuthor
	}
	return nil
}

// Update changes the text of a comment: its author may, and an administrator. Files, where given, replace those that it carries.
// Faults: task.ErrNotFound, ErrNotFound, ErrDenied, ErrEmpty, ErrFile.
func (s *Service) Update(ctx context.Context, actor user.Ref, taskID, id int64, text string, files *[]int64) error {
	if strings.TrimSpace(text) == "" {
		return ErrEmpty
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.ownTx(ctx, tx, actor, taskID, id); err != nil {
			return err
		}
		return s.Chats.RewriteTx(ctx, tx, actor.ID, id, text, files)
	})
}

// Delete removes a comment: its author may, and an administrator. Faults: task.ErrNotFound, ErrNotFound, ErrDenied.
func (s *Service) Delete(ctx context.Context, actor user.Ref, taskID, id int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.ownTx(ctx, tx, actor, taskID, id); err != nil {
			return err
		}
		return s.Chats.RemoveTx(ctx, tx, actor.ID, id)
	})
}

// ownTx makes sure that actor may change a comment of a task.
func (s *Service) ownTx(ctx context.Context, tx *db.Tx, actor user.Ref, taskID, id int64) error {
	if _, err := s.Tasks.GetTx(ctx, tx, actor, taskID); err != nil {
		return err
	}
	r, err := rowTx(ctx, tx, id)
	switch {
	case err != nil:
		return err
	case r.TaskID != taskID:
		return ErrNotFound
	case r.AuthorID != actor.ID && !actor.Admin:
		return ErrDenied
	}
	return nil
}

// rowTx returns a comment without what the messenger knows of it.
func rowTx(ctx context.Context, tx *db.Tx, id int64) (Comment, error) {
	c := Comment{ID: id}
	var posted int64
	err := tx.QueryRow(ctx, "SELECT task_id, author_id, posted FROM task_comment WHERE id = ?", id).Scan(&c.TaskID, &c.AuthorID, &posted)
	if errors.Is(err, db.ErrNoRows) {
		return Comment{}, ErrNotFound
	}
	if err != nil {
		return Comment{}, fmt.Errorf("read comment: %w", err)
	}
	c.Posted = db.Time(posted)
	return c, nil
}

// Action is something that may be done with a comment.
type Action int64

// The actions, as api-reference/tasks/comment-item/task-comment-item-is-action-allowed.md numbers them.
const (
	ToAdd Action = iota + 1
	Modify
	Remove
)

// May reports whether actor may do something; false too where there is no such task, comment or action.
func (s *Service) May(ctx context.Context, actor user.Ref, taskID, id int64, a Action) (ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if a == ToAdd {
			_, err := s.Tasks.GetTx(ctx, tx, actor, taskID)
			ok = err == nil
			return err
		}
		err := s.ownTx(ctx, tx, actor, taskID, id)
		ok = err == nil && (a == Modify || a == Remove)
		return err
	})
	if errors.Is(err, task.ErrNotFound) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrDenied) {
		return false, nil
	}
	return ok, err
}

// Happened is what became of a message.
type Happened uint8

// What can become of a message.
const (
	Written Happened = iota + 1
	Rewritten
	Removed
)

// Event is what somebody did in the chat of a task.
type Event struct {
	Happened  Happened
	TaskID    int64
	ChatID    int64
	MessageID int64
	AuthorID  int64
	Date      time.Time
	Mentioned []int64
	ActorID   int64 // who did it
}

// MessageTx follows what happens in the chat of a task, wherever it was done: it counts comments, writes the history, emits
// events, and lets who is mentioned watch the task.
func (s *Service) MessageTx(ctx context.Context, tx *db.Tx, e Event) error {
	t, err := s.Tasks.AnyTx(ctx, tx, e.TaskID)
	if errors.Is(err, task.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.ChatID != e.ChatID {
		return nil // an application may call a chat of its own so
	}
	actor := user.Ref{ID: e.ActorID}
	switch e.Happened {
	case Written:
		return s.writtenTx(ctx, tx, actor, t, e)
	case Rewritten:
		return s.rewrittenTx(ctx, tx, actor, t, e)
	default:
		return s.removedTx(ctx, tx, actor, t, e)
	}
}

// Reading is how far somebody has read in the chat of a task.
type Reading struct {
	TaskID, ChatID int64
	UserID         int64
	UpTo           int64 // the last message that they have read
	Back           bool  // they made messages unread again
}

// ReadTx lets the new comments of a task be those that somebody has not read in its chat.
func (s *Service) ReadTx(ctx context.Context, tx *db.Tx, e Reading) error {
	t, err := s.Tasks.AnyTx(ctx, tx, e.TaskID)
	if errors.Is(err, task.ErrNotFound) || err == nil && t.ChatID != e.ChatID {
		return nil
	}
	if err != nil {
		return err
	}
	const left = "SELECT COUNT(*) FROM task_comment WHERE task_id = ? AND id > ? AND author_id <> ?"
	var n int64
	if err := tx.QueryRow(ctx, left, e.TaskID, e.UpTo, e.UserID).Scan(&n); err != nil {
		return fmt.Errorf("count unread comments: %w", err)
	}
	return s.Tasks.CommentsReadTx(ctx, tx, e.TaskID, e.UserID, n, e.Back)
}

func (s *Service) writtenTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, e Event) error {
	const add = "INSERT INTO task_comment (id, task_id, author_id, posted) VALUES (?, ?, ?, ?)"
	if _, err := tx.Exec(ctx, add, e.MessageID, t.ID, e.AuthorID, db.Micro(e.Date)); err != nil {
		return fmt.Errorf("insert comment: %w", err)
	}
	if err := s.mentionedTx(ctx, tx, actor, t, e.Mentioned); err != nil {
		return err
	}
	if err := s.Tasks.CommentedTx(ctx, tx, t.ID, e.AuthorID, false); err != nil {
		return err
	}
	// Who answers has read what was there: the messenger says so too, but moves its mark as it stores the message.
	if err := s.ReadTx(ctx, tx, Reading{TaskID: t.ID, ChatID: e.ChatID, UserID: e.AuthorID, UpTo: e.MessageID}); err != nil {
		return err
	}
	if err := s.Tasks.NoteTx(ctx, tx, actor, t, task.Note{Field: task.NoteComment, To: strconv.FormatInt(e.MessageID, 10)}); err != nil {
		return err
	}
	return s.Events.EmitTx(ctx, tx, added, actor.ID, addedData(t.ID, e.MessageID))
}

// mentionedTx lets who is mentioned and does not see the task yet watch it.
func (s *Service) mentionedTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, ids []int64) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return slices.Contains(t.Members(), id) })
	if len(ids) == 0 {
		return nil
	}
	ids, err := s.activeTx(ctx, tx, ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	return s.Tasks.ShareTx(ctx, tx, actor, t.ID, nil, ids)
}

func (s *Service) rewrittenTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, e Event) error {
	if _, err := rowTx(ctx, tx, e.MessageID); err != nil {
		return ignore(err)
	}
	if err := s.mentionedTx(ctx, tx, actor, t, e.Mentioned); err != nil {
		return err
	}
	if err := s.Tasks.NoteTx(ctx, tx, actor, t); err != nil {
		return err
	}
	return s.Events.EmitTx(ctx, tx, changed, actor.ID, changedData(t.ID, e.MessageID, "EDIT"))
}

// ignore passes over messages that are no comments.
func ignore(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (s *Service) removedTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, e Event) error {
	n, err := tx.Exec(ctx, "DELETE FROM task_comment WHERE id = ?", e.MessageID)
	if err != nil {
		return fmt.Errorf("delete comment: %w", err)
	}
	if n == 0 {
		return nil
	}
	if s.Follower != nil {
		if err := s.Follower.CommentDeletedTx(ctx, tx, e.MessageID); err != nil {
			return err
		}
	}
	if err := s.Tasks.UncommentedTx(ctx, tx, t.ID); err != nil {
		return err
	}
	if err := s.Tasks.NoteTx(ctx, tx, actor, t); err != nil {
		return err
	}
	return s.Events.EmitTx(ctx, tx, deleted, actor.ID, changedData(t.ID, e.MessageID, "DEL"))
}

// addedData is the data of ONTASKCOMMENTADD in the form of tasks with a chat: the comment is known by its message.
func addedData(taskID, messageID int64) phpform.Value {
	return data(phpform.StringOf("undefined"), phpform.ArrayOf(
		phpform.Entry{Key: "ID", Value: phpform.IntOf(0)},
		phpform.Entry{Key: "TASK_ID", Value: phpform.IntOf(taskID)},
		phpform.Entry{Key: "MESSAGE_ID", Value: phpform.IntOf(messageID)},
	))
}

// changedData is the data of the other events.
func changedData(taskID, id int64, action string) phpform.Value {
	fields := []phpform.Entry{{Key: "ID", Value: phpform.IntOf(id)}, {Key: "TASK_ID", Value: phpform.IntOf(taskID)}}
	return data(phpform.ArrayOf(fields...), phpform.ArrayOf(append(fields, phpform.Entry{Key: "ACTION", Value: phpform.StringOf(action)})...))
}

func data(before, after phpform.Value) phpform.Value {
	undefined := phpform.StringOf("undefined")
	return phpform.ArrayOf(
		phpform.Entry{Key: "FIELDS_BEFORE", Value: before},
		phpform.Entry{Key: "FIELDS_AFTER", Value: after},
		phpform.Entry{Key: "IS_ACCESSIBLE_BEFORE", Value: undefined},
		phpform.Entry{Key: "IS_ACCESSIBLE_AFTER", Value: undefined},
	)
}
