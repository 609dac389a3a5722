package task

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Narrow narrows an Overview; its zero value leaves everything.
type Narrow struct {
	Role        Role   // of the owner
	Text        string // a part of the title, or the number
	Responsible int64
	Creator     int64
	Tag         string
	Statuses    []Status
	Priorities  []Priority
	DueFrom     time.Time // the deadline is then or later
	DueBefore   time.Time // and before then
	NoDeadline  bool
	Open        bool // there is something left to do
	Favorite    bool // of who looks
}

// narrow appends the conditions of n on t (task).
func (b *builder) narrow(n Narrow) {
	if n.Role != "" {
		b.add(" AND t.id IN (SELECT task_id FROM task_member WHERE user_id = :owner AND role = ?)", string(n.Role))
	}
	if text := strings.ToLower(strings.TrimSpace(n.Text)); text != "" {
		b.add(` AND (t.title_lower LIKE ? ESCAPE '\'`, "%"+db.Like(text)+"%")
		if id, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); err == nil {
			b.add(" OR t.id = ?", id)
		}
		b.add(")")
	}
	for column, id := range map[string]int64{"t.responsible_id": n.Responsible, "t.created_by": n.Creator} {
		if id != 0 {
			b.add(" AND "+column+" = ?", id)
		}
	}
	if tag := strings.ToLower(strings.TrimSpace(n.Tag)); tag != "" {
		b.add(" AND t.id IN (SELECT task_id FROM task_tag WHERE tag_lower = ?)", tag)
	}
	b.oneOf("t.status", n.Statuses)
	b.oneOf("t.priority", n.Priorities)
	if !n.DueFrom.IsZero() {
		b.add(" AND t.deadline >= ?", db.Micro(n.DueFrom))
	}
	if !n.DueBefore.IsZero() {
		b.add(" AND t.deadline > 0 AND t.deadline < ?", db.Micro(n.DueBefore))
	}
	if n.NoDeadline {
		b.add(" AND t.deadline = 0")
	}
	if n.Open {
		b.add(" AND t.status NOT IN (4, 5)")
	}
	if n.Favorite {
		b.add(" AND t.id IN (SELECT task_id FROM task_view WHERE user_id = :viewer AND favorite = 1)")
	}
}

// oneOf appends that column has one of values, where there are some.
func (b *builder) oneOf(column string, values any) {
	var args []any
	switch v := values.(type) {
	case []Status:
		for _, s := range v {
			args = append(args, int64(s))
		}
	case []Priority:
		for _, p := range v {
			args = append(args, int64(p))
		}
	}
	if len(args) > 0 {
		b.add(" AND " + column + " IN ")
		b.in(args)
	}
}

// Total returns how many tasks there are on all pages of o.
func (s *Service) Total(ctx context.Context, actor user.Ref, o Overview) (n int64, err error) {
	b, err := s.owned(ctx, actor, o.OwnerID, "SELECT COUNT(*) FROM task t ")
	if err != nil {
		return 0, err
	}
	b.add(o.View.condition())
	b.narrow(o.Narrow)
	err = s.db.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, b.sql.String(), b.args...).Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count tasks: %w", err)
	}
	return n, nil
}

// TagsOf returns the tags of tasks; the caller may see them.
func (s *Service) TagsOf(ctx context.Context, ids []int64) (map[int64][]string, error) {
	out := map[int64][]string{}
	if len(ids) == 0 {
		return out, nil
	}
	b := &builder{}
	b.add("SELECT task_id, tag FROM task_tag WHERE task_id IN ")
	b.in(db.Args(ids))
	b.add(" ORDER BY task_id, tag_lower")
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, b.sql.String(), b.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var tag string
			if err := rows.Scan(&id, &tag); err != nil {
				return err
			}
			out[id] = append(out[id], tag)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("tags of tasks: %w", err)
	}
	return out, nil
}

// Marks are what a person has made of a task for themselves, and what is new to them in it.
type Marks struct {
	Favorite, Muted bool
	NewComments     int64
}

// MarksOf returns the marks of actor on tasks; one without any is missing.
func (s *Service) MarksOf(ctx context.Context, actor user.Ref, ids []int64) (map[int64]Marks, error) {
	out := map[int64]Marks{}
	if len(ids) == 0 {
		return out, nil
	}
	b := &builder{viewer: actor}
	b.add("SELECT task_id, favorite, muted, new_comments FROM task_view WHERE user_id = :viewer AND task_id IN ")
	b.in(db.Args(ids))
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, b.sql.String(), b.args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var m Marks
			if err := rows.Scan(&id, &m.Favorite, &m.Muted, &m.NewComments); err != nil {
				return err
			}
			out[id] = m
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("marks of tasks: %w", err)
	}
	return out, nil
}

// Several returns those of tasks that actor sees, in no order.
func (s *Service) Several(ctx context.Context, actor user.Ref, ids []int64) (out []Task, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		seen, err := s.SeenTx(ctx, tx, actor, "t.id")
		if err != nil {
			return err
		}
		b := &builder{viewer: actor, now: s.clock.Now()}
		b.add("WHERE t.id IN ")
		b.in(db.Args(ids))
		if seen.Text != "" {
			b.add(" AND "+seen.Text, seen.Args...)
		}
		out, err = query(ctx, tx, b.sql.String(), b.args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	return out, nil
}

// Near are the tasks around one, of those that actor sees.
type Near struct {
	Subtasks []Task
	Needs    []Task // it depends on them
	NeededBy []Task // they depend on it
}

// maxNear bounds each list of Near.
const maxNear = 200

// Around returns the tasks around the task id.
func (s *Service) Around(ctx context.Context, actor user.Ref, id int64) (n Near, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		seen, err := s.SeenTx(ctx, tx, actor, "t.id")
		if err != nil {
			return err
		}
		for _, part := range []struct {
			dst   *[]Task
			where string
		}{
			{&n.Subtasks, "t.parent_id = ?"},
			{&n.Needs, "t.id IN (SELECT depends_on_id FROM task_dependence WHERE task_id = ?)"},
			{&n.NeededBy, "t.id IN (SELECT task_id FROM task_dependence WHERE depends_on_id = ?)"},
		} {
			b := &builder{viewer: actor, now: s.clock.Now()}
			b.add("WHERE "+part.where, id)
			if seen.Text != "" {
				b.add(" AND "+seen.Text, seen.Args...)
			}
			b.add(" ORDER BY "+doneSQL+", "+endless+", t.id LIMIT ?", int64(maxNear))
			if *part.dst, err = query(ctx, tx, b.sql.String(), b.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, fmt.Errorf("tasks around %d: %w", id, err)
	}
	return n, nil
}
