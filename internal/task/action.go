package task

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// ErrResult is the fault of completing a task that needs a result without one.
var ErrResult = fault.New(fault.Conflict, "TASK_RESULT_REQUIRED", "This task cannot be completed without a result.")

// Results tell whether a task has a result.
type Results interface {
	HasResultTx(ctx context.Context, tx *db.Tx, taskID int64) (bool, error)
}

// SetResults names who keeps the results of tasks. It must be called before the service is used.
func (s *Service) SetResults(r Results) { s.results = r }

// act changes the task id where actor may do a with it.
func (s *Service) act(ctx context.Context, actor user.Ref, id int64, a Action, do func(t *Task)) (Task, error) {
	return s.change(ctx, actor, id, func(_ context.Context, _ *db.Tx, t *Task) error {
		if !May(actor, *t, a) {
			return refused(*t)
		}
		do(t)
		return nil
	})
}

// Start says that somebody works on the task now. It fails with ErrDenied, or the fault Conflict where the task is closed; so do
// the other actions.
func (s *Service) Start(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.act(ctx, actor, id, ActStart, func(t *Task) { s.move(actor, t, InProgress) })
}

// Pause says that nobody works on the task for now.
func (s *Service) Pause(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.act(ctx, actor, id, ActPause, func(t *Task) { s.move(actor, t, Pending) })
}

// Defer puts the task off.
func (s *Service) Defer(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.act(ctx, actor, id, ActDefer, func(t *Task) { s.move(actor, t, Deferred) })
}

// Resume opens a task again that was completed, put off or declined.
func (s *Service) Resume(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.act(ctx, actor, id, ActRenew, func(t *Task) { s.move(actor, t, Pending) })
}

// Approve accepts the result of a task that waits for it.
func (s *Service) Approve(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.act(ctx, actor, id, ActApprove, func(t *Task) { s.move(actor, t, Completed) })
}

// Disapprove sends a task back whose result waits to be accepted.
func (s *Service) Disapprove(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.act(ctx, actor, id, ActDisapprove, func(t *Task) { s.move(actor, t, Pending) })
}

// Delegate makes somebody else responsible. Who was until then becomes an observer, also where they made the task.
func (s *Service) Delegate(ctx context.Context, actor user.Ref, id, to int64) (Task, error) {
	return s.change(ctx, actor, id, func(ctx context.Context, tx *db.Tx, t *Task) error {
		if !May(actor, *t, ActDelegate) {
			return refused(*t)
		}
		if to == t.ResponsibleID {
			return nil
		}
		before := *t
		t.Auditors = append(slices.Clone(t.Auditors), t.ResponsibleID)
		t.ResponsibleID = to
		t.Auditors = slices.DeleteFunc(t.Auditors, func(id int64) bool { return id == to })
		t.Accomplices = slices.DeleteFunc(slices.Clone(t.Accomplices), func(id int64) bool { return id == to })
		s.move(actor, t, Pending)
		t.normalize()
		return s.checkPeople(ctx, tx, *t, newcomers(before, *t))
	})
}

// Complete says that the task is done. Where the creator controls it, what others did waits for the creator, who accepts
// it by completing it too. The fault Conflict says that there is nothing to complete, ErrResult that a result is missing.
func (s *Service) Complete(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.change(ctx, actor, id, func(ctx context.Context, tx *db.Tx, t *Task) error {
		if !May(actor, *t, ActComplete) && !May(actor, *t, ActApprove) {
			return refused(*t)
		}
		if t.ResultRequired && s.results != nil && t.Status != Awaiting {
			if has, err := s.results.HasResultTx(ctx, tx, id); err != nil || !has {
				if err == nil {
					err = ErrResult
				}
				return err
			}
		}
		s.move(actor, t, Completed)
		if t.TaskControl && actor.ID != t.CreatedBy && !actor.May(access.AllTasks) {
			t.Status = Awaiting
		}
		return nil
	})
}

// move sets a status with the dates that belong to it.
func (s *Service) move(actor user.Ref, t *Task, to Status) {
	if to == InProgress && t.Started.IsZero() {
		t.Started = s.now()
	}
	switch {
	case !to.Closed():
		t.Closed, t.ClosedBy = time.Time{}, 0
	case !t.Status.Closed() || t.Closed.IsZero() || to == Completed:
		t.Closed, t.ClosedBy = s.now(), actor.ID
	}
	t.Status = to
}

// moveStatus gives a status that was set together with other fields the dates that belong to it.
func (s *Service) moveStatus(actor user.Ref, before Task, t *Task) {
	if to := t.Status; to != before.Status {
		t.Status = before.Status
		s.move(actor, t, to)
	}
}

// Watch makes actor, who sees the task id, one of its observers, or ends that.
func (s *Service) Watch(ctx context.Context, actor user.Ref, id int64, watch bool) (Task, error) {
	return s.change(ctx, actor, id, func(_ context.Context, _ *db.Tx, t *Task) error {
		t.Auditors = slices.DeleteFunc(slices.Clone(t.Auditors), func(id int64) bool { return id == actor.ID })
		if watch {
			t.Auditors = append(t.Auditors, actor.ID)
		}
		t.normalize()
		if len(t.Auditors) > maxPeople {
			return invalid("people", fmt.Sprintf("A list can have %d entries at most.", maxPeople))
		}
		return nil
	})
}

// Mark is something that a person has made of a task for themselves.
type Mark string

// The marks; each is a column.
const (
	Favorite Mark = "favorite"
	Pinned   Mark = "pinned"
	Muted    Mark = "muted"
)

// SetMark sets a mark on the task id for actor, or takes it away. ErrNotFound where they may not see it.
func (s *Service) SetMark(ctx context.Context, actor user.Ref, id int64, m Mark, on bool) error {
	if m != Favorite && m != Pinned && m != Muted {
		return fmt.Errorf("mark of task: no %q", m)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		s.records.TouchTx(tx)
		column := string(m)
		_, err := tx.Exec(ctx, `INSERT INTO task_view (task_id, user_id, `+column+`) VALUES (?, ?, ?)
			ON CONFLICT (task_id, user_id) DO UPDATE SET `+column+` = excluded.`+column, id, actor.ID, db.Bit(on))
		if err != nil {
			return fmt.Errorf("mark task: %w", err)
		}
		tx.AfterCommit(func() { s.live.Publish([]int64{actor.ID}, "task:changed", Hint{ID: id}) })
		return nil
	})
}

// SetFavorite puts the task among the favourites of actor, or takes it out. ErrNotFound where they may not see it.
func (s *Service) SetFavorite(ctx context.Context, actor user.Ref, id int64, favorite bool) error {
	return s.SetMark(ctx, actor, id, Favorite, favorite)
}

// SetFavorites is SetFavorite for the task id and, with below, for every task below it.
func (s *Service) SetFavorites(ctx context.Context, actor user.Ref, id int64, favorite, below bool) error {
	if !below {
		return s.SetFavorite(ctx, actor, id, favorite)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		s.records.TouchTx(tx)
		seen, err := s.SeenTx(ctx, tx, actor, "b.id")
		if err != nil {
			return err
		}
		if seen.Text == "" {
			seen.Text = "1 = 1"
		}
		_, err = tx.Exec(ctx, `INSERT INTO task_view (task_id, user_id, favorite)
			WITH RECURSIVE b (id) AS (SELECT CAST(? AS BIGINT) UNION SELECT c.id FROM task c JOIN b ON c.parent_id = b.id)
			SELECT b.id, CAST(? AS BIGINT), CAST(? AS BIGINT) FROM b WHERE `+seen.Text+`
			ON CONFLICT (task_id, user_id) DO UPDATE SET favorite = excluded.favorite`, append([]any{id, actor.ID, db.Bit(favorite)}, seen.Args...)...)
		if err != nil {
			return fmt.Errorf("favourites: %w", err)
		}
		return nil
	})
}
