// Package link keeps how tasks depend on each other: which end of the one waits for which end of the other. That a task depends on
// another one at all is in the task itself; here is the kind, and that no task waits for itself, over however many others.
// Pages: api-reference/tasks/task-dependence-add.md and task-dependence-delete.md.
package link

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the links.
func Schema() db.Schema { return db.EmbeddedSchema("task_link", schemaFiles) }

// Kind is which ends of two tasks belong together.
type Kind int64

// The kinds.
const (
	StartStart Kind = iota
	StartFinish
	FinishStart
	FinishFinish
)

// The faults of links, with the codes of their methods.
var (
	ErrExists  = fault.New(fault.Invalid, "ILLEGAL_NEW_LINK", "A link between tasks already exists")
	ErrCycle   = fault.New(fault.Invalid, "ILLEGAL_NEW_LINK", "A task cannot depend on itself, over other tasks neither")
	ErrNone    = fault.New(fault.Invalid, "ILLEGAL_NEW_LINK", "The dependency between tasks does not exist")
	ErrDenied  = fault.New(fault.Invalid, "ACTION_NOT_ALLOWED", "Unable to add a link between tasks")
	ErrDelete  = fault.New(fault.Invalid, "ACTION_NOT_ALLOWED", "It is not possible to delete the dependency between tasks")
	ErrUnknown = fault.Argument("linkType", "Argument 'linkType' must be 0, 1, 2 or 3")
)

// Service keeps the links of a portal. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	tasks part.Tasks
}

// NewService returns the service of the portal whose tables are in d.
func NewService(d *db.DB, tasks part.Tasks) *Service { return &Service{d, tasks} }

// Add makes the task to depend on the task from. Actor has to see both and to edit the second. Faults: ErrUnknown, ErrDenied,
// ErrExists, ErrCycle.
func (s *Service) Add(ctx context.Context, actor user.Ref, from, to int64, k Kind) error {
	if k < StartStart || k > FinishFinish {
		return ErrUnknown
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := s.openTx(ctx, tx, actor, from, to, ErrDenied)
		switch {
		case err != nil:
			return err
		case from == to:
			return ErrCycle
		case slices.Contains(t.DependsOn, from):
			return ErrExists
		}
		if _, err := tx.Exec(ctx, "INSERT INTO task_link (from_id, to_id, kind) VALUES (?, ?, ?)", from, to, int64(k)); err != nil {
			return fmt.Errorf("insert link: %w", err)
		}
		_, err = s.tasks.ChangeTx(ctx, tx, actor, to, func(t *task.Task) { t.DependsOn = append(slices.Clone(t.DependsOn), from) })
		return err
	})
}

// openTx returns the task to, locked; denied where actor may not link it with from.
func (s *Service) openTx(ctx context.Context, tx *db.Tx, actor user.Ref, from, to int64, denied error) (task.Task, error) {
	if err := tx.Lock(ctx, "task links"); err != nil { // two changes at once could close a circle
		return task.Task{}, err
	}
	if err := s.tasks.LockTx(ctx, tx, to); err != nil {
		return task.Task{}, err
	}
	_, err := s.tasks.GetTx(ctx, tx, actor, from)
	var t task.Task
	if err == nil {
		t, err = s.tasks.GetTx(ctx, tx, actor, to)
	}
	if errors.Is(err, task.ErrNotFound) || err == nil && !task.RightsOf(actor, t).Edit {
		err = denied
	}
	return t, err
}

// Delete ends that the task to depends on the task from. Faults: ErrDelete, ErrNone.
func (s *Service) Delete(ctx context.Context, actor user.Ref, from, to int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := s.openTx(ctx, tx, actor, from, to, ErrDelete)
		if err != nil {
			return err
		}
		if !slices.Contains(t.DependsOn, from) {
			return ErrNone
		}
		_, err = s.tasks.ChangeTx(ctx, tx, actor, to, func(t *task.Task) {
			t.DependsOn = slices.DeleteFunc(slices.Clone(t.DependsOn), func(id int64) bool { return id == from })
		})
		return err
	})
}

// Kinds returns how a task depends on others, by their ids: as it was said, else on their finish.
func (s *Service) Kinds(ctx context.Context, actor user.Ref, id int64) (out map[int64]Kind, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err := s.tasks.GetTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		out = map[int64]Kind{}
		for _, from := range t.DependsOn {
			out[from] = FinishStart
		}
		rows, err := tx.Query(ctx, "SELECT from_id, kind FROM task_link WHERE to_id = ?", id)
		if err != nil {
			return fmt.Errorf("read links: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var from int64
			var k Kind
			if err := rows.Scan(&from, &k); err != nil {
				return fmt.Errorf("read links: %w", err)
			}
			out[from] = k
		}
		return rows.Err()
	})
	return out, err
}

// Linked returns those of the tasks ids that are linked with others, in either direction. Whether somebody may see them is not looked at.
func (s *Service) Linked(ctx context.Context, ids []int64) (out map[int64]bool, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := db.Marks(len(ids)), db.Args(ids)
	q := "SELECT to_id FROM task_link WHERE to_id IN (" + in + ") UNION SELECT from_id FROM task_link WHERE from_id IN (" + in + ")"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = map[int64]bool{}
		rows, err := tx.Query(ctx, q, append(args, args...)...)
		if err != nil {
			return fmt.Errorf("look for links: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return fmt.Errorf("look for links: %w", err)
			}
			out[id] = true
		}
		return rows.Err()
	})
	return out, err
}

var _ task.Part = (*Service)(nil)

// TaskChangedTx refuses a change by which a task would wait for itself, and forgets the kinds of dependences that are gone.
func (s *Service) TaskChangedTx(ctx context.Context, tx *db.Tx, _ user.Ref, before, after task.Task) error {
	if slices.Equal(before.DependsOn, after.DependsOn) {
		return nil
	}
	for _, from := range before.DependsOn {
		if slices.Contains(after.DependsOn, from) {
			continue
		}
		if _, err := tx.Exec(ctx, "DELETE FROM task_link WHERE to_id = ? AND from_id = ?", after.ID, from); err != nil {
			return fmt.Errorf("delete link: %w", err)
		}
	}
	const circle = `WITH RECURSIVE needed(id) AS (
			SELECT depends_on_id FROM task_dependence WHERE task_id = ?
			UNION SELECT d.depends_on_id FROM task_dependence d JOIN needed n ON d.task_id = n.id
		) SELECT COUNT(*) FROM needed WHERE id = ?`
	var n int64
	if err := tx.QueryRow(ctx, circle, after.ID, after.ID).Scan(&n); err != nil {
		return fmt.Errorf("look for a circle of tasks: %w", err)
	}
	if n > 0 {
		return ErrCycle
	}
	return nil
}

// TaskDeletedTx forgets the links of a task.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	for _, q := range [...]string{"DELETE FROM task_link WHERE to_id = ?", "DELETE FROM task_link WHERE from_id = ?"} {
		if _, err := tx.Exec(ctx, q, t.ID); err != nil {
			return fmt.Errorf("delete links: %w", err)
		}
	}
	return nil
}
