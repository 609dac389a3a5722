// Package result keeps what came out of tasks: texts, written for it or taken from comments. A result is open until its task is
// completed, and stays closed when the task is opened again.
// Pages: api-reference/tasks/result/.
package result

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the results.
func Schema() db.Schema { return db.EmbeddedSchema("task_result", schemaFiles) }

// MaxText is how long the text of a result can be, in bytes.
const MaxText = 64 << 10

// Status is whether a result belongs to work that still goes on.
type Status string

// The statuses.
const (
	Open   Status = "open"
	Closed Status = "closed"
)

// Result is what came out of a task.
type Result struct {
	ID        int64
	TaskID    int64
	AuthorID  int64
	Text      string // BB code
	Created   time.Time
	Updated   time.Time // zero: never
	Status    Status
	MessageID int64   // the comment from which it was made; 0: none
	Files     []int64 // of that comment
}

// The faults of results.
var (
	ErrNotFound  = fault.New(fault.NotFound, "RESULT_NOT_FOUND", "There is no such result.")
	ErrDenied    = fault.New(fault.Denied, "RESULT_DENIED", "You may not do this with the result.")
	ErrNoComment = fault.New(fault.NotFound, "RESULT_NO_COMMENT", "There is no such comment.")
	ErrExists    = fault.New(fault.Conflict, "RESULT_EXISTS", "The comment is a result already.")
	ErrText      = fault.Newf(fault.Invalid, "RESULT_TEXT", "A result needs a text, of %d bytes at most.", MaxText).At("text")
)

// Author is who wrote a result, as REST 3.0 answers it.
var Author = &dto.Entity{Name: "UserDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int},
	{Name: "name", Type: dto.String},
	{Name: "image", Type: dto.String},
	{Name: "gender", Type: dto.String},
	{Name: "email", Type: dto.String},
}}

// RightsEntity is what the caller may do with a result.
var RightsEntity = &dto.Entity{Name: "RightsDto", Fields: []dto.Field{{Name: "edit", Type: dto.Bool}, {Name: "remove", Type: dto.Bool}}}

// Entity declares the results for REST 3.0.
var Entity = &dto.Entity{
	Name: "ResultDto", StrictSelect: true,
	Default: []string{"id", "taskId", "text", "authorId", "createdAt", "updatedAt", "status", "fileIds", "rights", "messageId"},
	Fields: []dto.Field{
		{Name: "id", Type: dto.Int, Column: "r.id", Filterable: true, Sortable: true},
		{Name: "taskId", Type: dto.Int, Column: "r.task_id", Filterable: true},
		{Name: "text", Type: dto.String, Editable: true},
		{Name: "authorId", Type: dto.Int, Column: "r.author_id", Filterable: true, Sortable: true},
		{Name: "author", Type: dto.Related, Related: Author},
		{Name: "createdAt", Type: dto.Time, Column: "r.created", Sortable: true},
		{Name: "updatedAt", Type: dto.Time, Column: "r.updated", Sortable: true},
		{Name: "status", Type: dto.String, Column: "r.status", Filterable: true, Sortable: true},
		{Name: "fileIds", Type: dto.List, Multiple: true, ElementType: "int"},
		{Name: "rights", Type: dto.Related, Related: RightsEntity},
		{Name: "messageId", Type: dto.Int, Column: "NULLIF(r.message_id, 0)", Filterable: true, Sortable: true},
	},
}

// Comments are where results may come from; *comment.Service is one.
type Comments interface {
	// FindTx returns a comment of any task, whoever asks; comment.ErrNotFound.
	FindTx(ctx context.Context, tx *db.Tx, id int64) (comment.Comment, error)
}

// Config is what a Service needs. All of it is required.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Tasks    part.Tasks
	Comments Comments
}

// Service keeps the results of a portal. It is safe for use by several goroutines.
type Service struct{ c Config }

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service { return &Service{c} }

// SetComments names where results may come from. It must be called before the service is used.
func (s *Service) SetComments(c Comments) { s.c.Comments = c }

func (s *Service) now() time.Time { return s.c.Clock.Now().UTC().Truncate(time.Microsecond) }

// openTx returns a task that actor sees; ErrDenied where it is there and they do not.
func (s *Service) openTx(ctx context.Context, tx *db.Tx, actor user.Ref, taskID int64) (task.Task, error) {
	t, err := s.c.Tasks.GetTx(ctx, tx, actor, taskID)
	if !errors.Is(err, task.ErrNotFound) {
		return t, err
	}
	if _, err := s.c.Tasks.AnyTx(ctx, tx, taskID); err != nil {
		return t, err
	}
	return t, ErrDenied
}

// Add writes a result of a task. Faults: ErrText, ErrDenied for who does not see the task, task.ErrNotFound.
func (s *Service) Add(ctx context.Context, actor user.Ref, taskID int64, text string) (r Result, err error) {
	if err := check(text); err != nil {
		return r, err
	}
	err = s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.openTx(ctx, tx, actor, taskID)
		if err != nil {
			return err
		}
		r = Result{TaskID: taskID, AuthorID: actor.ID, Text: text}
		return s.insertTx(ctx, tx, actor, t, &r)
	})
	return r, err
}

func check(text string) error {
	if strings.TrimSpace(text) == "" || len(text) > MaxText || !utf8.ValidString(text) {
		return ErrText
	}
	return nil
}

func (s *Service) insertTx(ctx context.Context, tx *db.Tx, actor user.Ref, t task.Task, r *Result) (err error) {
	r.Created, r.Status = s.now(), Open
	r.ID, err = tx.Insert(ctx, "INSERT INTO task_result (task_id, author_id, text, created, status, message_id, files) VALUES (?, ?, ?, ?, ?, ?, ?)",
		r.TaskID, r.AuthorID, r.Text, db.Micro(r.Created), string(r.Status), r.MessageID, joined(r.Files))
	if err != nil {
		return fmt.Errorf("insert result: %w", err)
	}
	return s.c.Tasks.NoteTx(ctx, tx, actor, t)
}

func joined(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(texts, ",")
}

// AddFromComment makes a result of a comment: its author may, and an administrator. What is a result already can become one again
// once that is closed. Faults: ErrNoComment, ErrDenied, ErrExists.
func (s *Service) AddFromComment(ctx context.Context, actor user.Ref, id int64) (r Result, err error) {
	err = s.c.DB.Write(ctx, func(tx *db.Tx) error {
		c, t, err := s.commentTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		var n int64
		err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_result WHERE message_id = ? AND status = 'open'", id).Scan(&n)
		if err != nil {
			return fmt.Errorf("look for result: %w", err)
		}
		if n > 0 {
			return ErrExists
		}
		r = Result{TaskID: c.TaskID, AuthorID: actor.ID, Text: c.Text, MessageID: id, Files: c.Files}
		return s.insertTx(ctx, tx, actor, t, &r)
	})
	return r, err
}

// commentTx returns a comment that actor may make a result of, with its task, locked.
func (s *Service) commentTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (comment.Comment, task.Task, error) {
	c, err := s.c.Comments.FindTx(ctx, tx, id)
	if errors.Is(err, comment.ErrNotFound) {
		return c, task.Task{}, ErrNoComment
	}
	if err != nil {
		return c, task.Task{}, err
	}
	if err := s.c.Tasks.LockTx(ctx, tx, c.TaskID); err != nil {
		return c, task.Task{}, err
	}
	t, err := s.openTx(ctx, tx, actor, c.TaskID)
	if err == nil && c.AuthorID != actor.ID && !actor.Admin {
		err = ErrDenied
	}
	return c, t, err
}

// DeleteFromComment takes the results of a comment away; the comment stays. Its author may, and an administrator. Faults:
// ErrNoComment, ErrDenied.
func (s *Service) DeleteFromComment(ctx context.Context, actor user.Ref, id int64) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		_, t, err := s.commentTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := s.CommentDeletedTx(ctx, tx, id); err != nil {
			return err
		}
		return s.c.Tasks.NoteTx(ctx, tx, actor, t)
	})
}

var _ comment.Follower = (*Service)(nil)

// CommentDeletedTx removes the results of a comment that is gone.
func (s *Service) CommentDeletedTx(ctx context.Context, tx *db.Tx, id int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM task_result WHERE message_id = ?", id); err != nil {
		return fmt.Errorf("delete results of comment: %w", err)
	}
	return nil
}

// Update changes the text of a result; only its author may. Faults: ErrText, ErrNotFound, ErrDenied.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, text string) (r Result, err error) {
	if err := check(text); err != nil {
		return r, err
	}
	err = s.c.DB.Write(ctx, func(tx *db.Tx) error {
		var t task.Task
		if r, t, err = s.mineTx(ctx, tx, actor, id); err != nil {
			return err
		}
		r.Text, r.Updated = text, s.now()
		if _, err := tx.Exec(ctx, "UPDATE task_result SET text = ?, updated = ? WHERE id = ?", text, db.Micro(r.Updated), id); err != nil {
			return fmt.Errorf("update result: %w", err)
		}
		return s.c.Tasks.NoteTx(ctx, tx, actor, t)
	})
	return r, err
}

// Delete removes a result; only its author may. Faults: ErrNotFound, ErrDenied.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.c.DB.Write(ctx, func(tx *db.Tx) error {
		_, t, err := s.mineTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_result WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete result: %w", err)
		}
		return s.c.Tasks.NoteTx(ctx, tx, actor, t)
	})
}

// mineTx returns a result that actor wrote, with its task.
func (s *Service) mineTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Result, task.Task, error) {
	list, err := query(ctx, tx, "r.id = ?", id)
	if err != nil {
		return Result{}, task.Task{}, err
	}
	if len(list) == 0 {
		return Result{}, task.Task{}, ErrNotFound
	}
	t, err := s.openTx(ctx, tx, actor, list[0].TaskID)
	if err == nil && list[0].AuthorID != actor.ID {
		err = ErrDenied
	}
	return list[0], t, err
}

// Query says which results of a task to list.
type Query struct {
	TaskID int64
	Filter dto.Filter
	Orders dto.Orders // none: the newest first
	Page   dto.Pagination
}

// List returns results of a task. Faults: ErrDenied for who does not see the task, task.ErrNotFound.
func (s *Service) List(ctx context.Context, actor user.Ref, q Query) (out []Result, err error) {
	err = s.c.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.openTx(ctx, tx, actor, q.TaskID); err != nil {
			return err
		}
		where, args := "r.task_id = ?", []any{q.TaskID}
		if more, values := q.Filter.SQL(); more != "" {
			where, args = where+" AND "+more, append(args, values...)
		}
		order := " ORDER BY r.id DESC"
		if len(q.Orders) > 0 {
			order = q.Orders.SQL("r.id")
		}
		limit := q.Page.Limit
		if limit <= 0 {
			limit = maxList
		}
		out, err = query(ctx, tx, where+order+" LIMIT ? OFFSET ?", append(args, limit, q.Page.Offset)...)
		return err
	})
	return out, err
}

// maxList is how many results a list holds at most.
const maxList = 1_000

func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Result, error) {
	rows, err := tx.Query(ctx, `SELECT r.id, r.task_id, r.author_id, r.text, r.created, r.updated, r.status, r.message_id, r.files
		FROM task_result r WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Result
	for rows.Next() {
		var r Result
		var created, updated int64
		var files string
		if err := rows.Scan(&r.ID, &r.TaskID, &r.AuthorID, &r.Text, &created, &updated, &r.Status, &r.MessageID, &files); err != nil {
			return nil, fmt.Errorf("read results: %w", err)
		}
		r.Created, r.Updated = db.Time(created), db.Time(updated)
		for text := range strings.SplitSeq(files, ",") {
			if id, err := strconv.ParseInt(text, 10, 64); err == nil {
				r.Files = append(r.Files, id)
			}
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

var (
	_ task.Part    = (*Service)(nil)
	_ task.Results = (*Service)(nil)
)

// HasResultTx reports whether a task has a result of the work that still goes on.
func (s *Service) HasResultTx(ctx context.Context, tx *db.Tx, taskID int64) (bool, error) {
	var n int64
	err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_result WHERE task_id = ? AND status = 'open'", taskID).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for results: %w", err)
	}
	return n > 0, nil
}

// TaskChangedTx closes the results of a task that is completed.
func (s *Service) TaskChangedTx(ctx context.Context, tx *db.Tx, _ user.Ref, before, after task.Task) error {
	if before.Status == after.Status || after.Status != task.Completed {
		return nil
	}
	if _, err := tx.Exec(ctx, "UPDATE task_result SET status = 'closed' WHERE task_id = ? AND status = 'open'", after.ID); err != nil {
		return fmt.Errorf("close results: %w", err)
	}
	return nil
}

// TaskDeletedTx removes the results of a task.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	if _, err := tx.Exec(ctx, "DELETE FROM task_result WHERE task_id = ?", t.ID); err != nil {
		return fmt.Errorf("delete results: %w", err)
	}
	return nil
}
