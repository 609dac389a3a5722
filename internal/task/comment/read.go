package comment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

// columns are what lists are filtered and sorted by. What is known of authors by their names is worked out for each list.
var columns = part.Columns{
	"ID":           {SQL: "c.id", Type: part.Int, Filter: true, Sort: true},
	"AUTHOR_ID":    {SQL: "c.author_id", Type: part.Int, Filter: true, Sort: true},
	"AUTHOR_NAME":  {SQL: "c.author_id", Type: part.Text, Filter: true, Sort: true},
	"AUTHOR_EMAIL": {SQL: "c.author_id", Type: part.Text, Sort: true},
	"POST_DATE":    {SQL: "c.posted", Type: part.Moment, Filter: true, Sort: true},
}

// Columns returns what lists of comments are filtered and sorted by.
func Columns() part.Columns { return columns }

// Query says which comments to list, in which order; none is the newest first.
type Query struct {
	Filter []part.Condition
	Order  []part.Order
}

// List returns the comments of a task that actor sees, 5,000 at most. task.ErrNotFound.
func (s *Service) List(ctx context.Context, actor user.Ref, taskID int64, q Query) (out []Comment, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.Tasks.GetTx(ctx, tx, actor, taskID); err != nil {
			return err
		}
		out, err = s.listTx(ctx, tx, taskID, q)
		return err
	})
	return out, err
}

func (s *Service) listTx(ctx context.Context, tx *db.Tx, taskID int64, q Query) ([]Comment, error) {
	cols, filter := columns, q.Filter
	if namesAuthors(q) {
		authors, err := s.authorsTx(ctx, tx, taskID)
		if err != nil {
			return nil, err
		}
		cols, filter = ranked(authors), byID(q.Filter, authors)
	}
	where, args := cols.Where(filter)
	return s.readTx(ctx, tx, "c.task_id = ?"+where+cols.OrderBy(q.Order, "c.id DESC")+" LIMIT ?",
		append(append([]any{taskID}, args...), int64(MaxList))...)
}

func namesAuthors(q Query) bool {
	return slices.ContainsFunc(q.Filter, func(c part.Condition) bool { return c.Name == "AUTHOR_NAME" }) ||
		slices.ContainsFunc(q.Order, func(o part.Order) bool { return o.Name == "AUTHOR_NAME" || o.Name == "AUTHOR_EMAIL" })
}

// authorsTx returns who has written comments of a task.
func (s *Service) authorsTx(ctx context.Context, tx *db.Tx, taskID int64) ([]user.User, error) {
	rows, err := tx.Query(ctx, "SELECT DISTINCT author_id FROM task_comment WHERE task_id = ?", taskID)
	if err != nil {
		return nil, fmt.Errorf("read authors of comments: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read authors of comments: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read authors of comments: %w", err)
	}
	users, err := s.Users.ManyTx(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("look up authors: %w", err)
	}
	out := make([]user.User, 0, len(users))
	for _, u := range users {
		out = append(out, u)
	}
	return out, nil
}

// ranked returns columns that sort by what authors are called.
func ranked(authors []user.User) part.Columns {
	cols := maps.Clone(columns)
	for name, of := range map[string]func(user.User) string{"AUTHOR_NAME": user.User.DisplayName, "AUTHOR_EMAIL": email} {
		sorted := slices.SortedFunc(slices.Values(authors), func(a, b user.User) int { return cmp.Compare(of(a), of(b)) })
		var b strings.Builder
		b.WriteString("CASE c.author_id")
		for rank, u := range sorted { // numbers of ours, no text of anybody's
			b.WriteString(" WHEN " + strconv.FormatInt(u.ID, 10) + " THEN " + strconv.Itoa(rank))
		}
		c := cols[name]
		c.SQL = b.String() + " ELSE -1 END"
		if len(authors) == 0 {
			c.SQL = "c.author_id"
		}
		cols[name] = c
	}
	return cols
}

func email(u user.User) string { return u.Email }

// byID turns conditions over the names of authors into such over their ids.
func byID(filter []part.Condition, authors []user.User) []part.Condition {
	out := slices.Clone(filter)
	for i, c := range out {
		if c.Name != "AUTHOR_NAME" {
			continue
		}
		fits := part.Condition{Name: "AUTHOR_ID", Not: c.Not}
		for _, u := range authors {
			if slices.ContainsFunc(c.Values, func(v any) bool { text, _ := v.(string); return holds(c.Op, u.DisplayName(), text) }) {
				fits.Values = append(fits.Values, u.ID)
			}
		}
		out[i] = fits
	}
	return out
}

func holds(op part.Op, name, text string) bool {
	n := cmp.Compare(name, text)
	switch op {
	case part.Less:
		return n < 0
	case part.LessEqual:
		return n <= 0
	case part.Greater:
		return n > 0
	case part.GreaterEqual:
		return n >= 0
	}
	return n == 0
}

// Get returns a comment of a task. Faults: task.ErrNotFound, ErrNotFound.
func (s *Service) Get(ctx context.Context, actor user.Ref, taskID, id int64) (c Comment, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.Tasks.GetTx(ctx, tx, actor, taskID); err != nil {
			return err
		}
		list, err := s.readTx(ctx, tx, "c.id = ? AND c.task_id = ?", id, taskID)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		c = list[0]
		return nil
	})
	return c, err
}

// MayReadTx reports whether actor sees a comment, and hence its files: whoever sees its task does. False too where there is no such comment.
func (s *Service) MayReadTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (bool, error) {
	c, err := rowTx(ctx, tx, id)
	if err == nil {
		_, err = s.Tasks.GetTx(ctx, tx, actor, c.TaskID)
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, task.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// FindTx returns a comment of any task, whoever asks. ErrNotFound.
func (s *Service) FindTx(ctx context.Context, tx *db.Tx, id int64) (Comment, error) {
	list, err := s.readTx(ctx, tx, "c.id = ?", id)
	if err != nil {
		return Comment{}, err
	}
	if len(list) == 0 {
		return Comment{}, ErrNotFound
	}
	return list[0], nil
}

// readTx reads comments with their texts.
func (s *Service) readTx(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Comment, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.task_id, t.chat_id, c.author_id, c.posted FROM task_comment c
		JOIN task t ON t.id = c.task_id WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Comment
	var ids []int64
	for rows.Next() {
		var c Comment
		var posted int64
		if err := rows.Scan(&c.ID, &c.TaskID, &c.ChatID, &c.AuthorID, &posted); err != nil {
			return nil, fmt.Errorf("read comments: %w", err)
		}
		c.Posted = db.Time(posted)
		out, ids = append(out, c), append(ids, c.ID)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	texts, err := s.Chats.TextsTx(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("read texts of comments: %w", err)
	}
	for i := range out {
		m := texts[out[i].ID]
		out[i].Text, out[i].Files = m.Text, m.Files
	}
	return out, nil
}
