package task

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// Change says what of a task to change; nil leaves a field as it is.
type Change struct {
	Title, Description  *string
	ResponsibleID       *int64
	Deadline            *time.Time // the zero time takes it away
	Priority            *Priority
	Mark                *string
	Accomplices         *[]int64
	Auditors            *[]int64
	Tags                *[]string
	DependsOn           *[]int64
	ParentID            *int64
	GroupID             *int64
	StartPlan, EndPlan  *time.Time
	TimeEstimate        *time.Duration
	AllowChangeDeadline *bool
	TaskControl         *bool
	AddInReport         *bool
}

// onlyDeadline reports whether the deadline is all that c changes.
func (c Change) onlyDeadline() bool {
	if c.Deadline == nil {
		return false
	}
	c.Deadline = nil
	return c == Change{}
}

// apply changes t.
func (c Change) apply(t *Task) {
	set(&t.Title, c.Title)
	set(&t.Description, c.Description)
	set(&t.ResponsibleID, c.ResponsibleID)
	set(&t.Deadline, c.Deadline)
	set(&t.Priority, c.Priority)
	set(&t.Mark, c.Mark)
	set(&t.Accomplices, c.Accomplices)
	set(&t.Auditors, c.Auditors)
	set(&t.Tags, c.Tags)
	set(&t.DependsOn, c.DependsOn)
	set(&t.ParentID, c.ParentID)
	set(&t.GroupID, c.GroupID)
	set(&t.StartPlan, c.StartPlan)
	set(&t.EndPlan, c.EndPlan)
	set(&t.TimeEstimate, c.TimeEstimate)
	set(&t.AllowChangeDeadline, c.AllowChangeDeadline)
	set(&t.TaskControl, c.TaskControl)
	set(&t.AddInReport, c.AddInReport)
	t.Title = strings.TrimSpace(t.Title)
	t.normalize()
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Rights say what somebody may do with a task that they see.
type Rights struct {
	Edit, Delete     bool
	MoveDeadline     bool
	Start            bool // begin to work on it
	Complete, Resume bool
	Accept           bool // Complete accepts a result that waits for it
}

// RightsOf returns what actor may do with t.
func RightsOf(actor user.Ref, t Task) Rights {
	owner := actor.May(access.AllTasks) || actor.ID == t.CreatedBy
	works := actor.May(access.AllTasks) || t.works(actor.ID)
	return Rights{
		Edit: owner, Delete: owner,
		MoveDeadline: owner || actor.ID == t.ResponsibleID && t.AllowChangeDeadline,
		Start:        works && (t.Status == New || t.Status == Pending || t.Status == Deferred),
		Complete:     works && !t.Status.Closed() || owner && t.Status == Awaiting,
		Resume:       works && (t.Status.Closed() || t.Status == Deferred || t.Status == Declined),
		Accept:       owner && t.Status == Awaiting,
	}
}

// Update changes the task id. The creator and administrators may change everything, the responsible person the deadline
// where the task allows it; ErrDenied otherwise, ErrNotFound for a task that actor does not see.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, c Change) (Task, error) {
	return s.change(ctx, actor, id, func(ctx context.Context, tx *db.Tx, t *Task) error {
		r := RightsOf(actor, *t)
		if !r.Edit && (!c.onlyDeadline() || !r.MoveDeadline) {
			return ErrDenied
		}
		before := *t
		c.apply(t)
		if err := t.validate(); err != nil {
			return err
		}
		if err := s.checkPeople(ctx, tx, newcomers(before, *t)); err != nil {
			return err
		}
		return s.checkMoved(ctx, tx, actor, before, *t)
	})
}

// newcomers are the people whom a change gave a role: those who had one may have left since.
func newcomers(before, after Task) []int64 {
	had := before.Members()
	return slices.DeleteFunc(after.Members(), func(id int64) bool { return slices.Contains(had, id) })
}

// checkMoved checks the related tasks of after where they are others than before. A task cannot be below itself.
func (s *Service) checkMoved(ctx context.Context, tx *db.Tx, actor user.Ref, before, after Task) error {
	parent, depends := after.ParentID, slices.Equal(before.DependsOn, after.DependsOn)
	if before.ParentID == parent && depends {
		return nil
	}
	if err := s.checkRelated(ctx, tx, actor, after); err != nil {
		return err
	}
	for parent != 0 {
		if parent == after.ID {
			return invalid("parent", "A task cannot be a part of its own subtask.")
		}
		if err := tx.QueryRow(ctx, "SELECT parent_id FROM task WHERE id = ?", parent).Scan(&parent); err != nil {
			return fmt.Errorf("read parent: %w", err)
		}
	}
	return nil
}

// Start says that somebody works on the task now.
func (s *Service) Start(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.change(ctx, actor, id, func(_ context.Context, _ *db.Tx, t *Task) error {
		if !RightsOf(actor, *t).Start {
			return refused(*t)
		}
		if t.Started.IsZero() {
			t.Started = s.now()
		}
		t.Status = InProgress
		return nil
	})
}

// Complete says that the task is done. Where the creator controls it, what others did waits for the creator, who accepts
// it by completing it too. The fault Conflict says that there is nothing to complete.
func (s *Service) Complete(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.change(ctx, actor, id, func(_ context.Context, _ *db.Tx, t *Task) error {
		if !RightsOf(actor, *t).Complete {
			return refused(*t)
		}
		t.Status = Completed
		if t.TaskControl && actor.ID != t.CreatedBy && !actor.May(access.AllTasks) {
			t.Status = Awaiting
		}
		t.Closed, t.ClosedBy = s.now(), actor.ID
		return nil
	})
}

// Resume opens a task again that was completed, put off or declined.
func (s *Service) Resume(ctx context.Context, actor user.Ref, id int64) (Task, error) {
	return s.change(ctx, actor, id, func(_ context.Context, _ *db.Tx, t *Task) error {
		if !RightsOf(actor, *t).Resume {
			return refused(*t)
		}
		t.Status, t.Closed, t.ClosedBy = Pending, time.Time{}, 0
		return nil
	})
}

// refused is why an action cannot be done: it has been done before, or it is not for this person.
func refused(t Task) error {
	if t.Status.Closed() {
		return fault.New(fault.Conflict, "TASK_STATE", "The task is completed already.")
	}
	return ErrDenied
}

func (s *Service) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }

// change reads the task id, lets edit change it, and stores and tells what became of it.
func (s *Service) change(ctx context.Context, actor user.Ref, id int64, edit edit) (after Task, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		after, err = s.changeTx(ctx, tx, actor, id, getTx, edit)
		return err
	})
	return after, err
}

// edit changes t, or returns why it must not be changed.
type edit func(ctx context.Context, tx *db.Tx, t *Task) error

// changeTx is change as part of a transaction. read returns the task as it is.
func (s *Service) changeTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64,
	read func(context.Context, *db.Tx, user.Ref, int64) (Task, error), edit edit,
) (Task, error) {
	if err := s.LockTx(ctx, tx, id); err != nil {
		return Task{}, err
	}
	before, err := read(ctx, tx, actor, id)
	if err != nil {
		return Task{}, err
	}
	after := before
	if err := edit(ctx, tx, &after); err != nil {
		return Task{}, err
	}
	after.Changed, after.Activity, after.ChangedBy = s.now(), s.now(), actor.ID
	if after.Status != before.Status {
		after.StatusChanged, after.StatusChangedBy = after.Changed, actor.ID
	}
	if err := update(ctx, tx, &after); err != nil {
		return Task{}, fmt.Errorf("update task: %w", err)
	}
	if !sameLists(before, after) {
		if err := replaceLists(ctx, tx, &after); err != nil {
			return Task{}, fmt.Errorf("update lists of task: %w", err)
		}
	}
	if err := writeNotes(ctx, tx, actor, id, after.Changed, differences(before, after)); err != nil {
		return Task{}, err
	}
	if err := s.partsChangedTx(ctx, tx, actor, before, after); err != nil {
		return Task{}, err
	}
	return after, s.tellTx(ctx, tx, actor, changed, id, append(before.Members(), after.Members()...))
}

// sameLists reports whether a and b have the same people, tags and predecessors.
func sameLists(a, b Task) bool {
	return a.ResponsibleID == b.ResponsibleID && a.CreatedBy == b.CreatedBy && slices.Equal(a.Accomplices, b.Accomplices) &&
		slices.Equal(a.Auditors, b.Auditors) && slices.Equal(a.Tags, b.Tags) && slices.Equal(a.DependsOn, b.DependsOn)
}

// Delete removes the task id for ever. Its subtasks move up to its parent. ErrDenied for all but the creator and
// administrators.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := getTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if !RightsOf(actor, t).Delete {
			return ErrDenied
		}
		if err := s.partsDeletedTx(ctx, tx, t); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE task SET parent_id = ? WHERE parent_id = ?", t.ParentID, id); err != nil {
			return fmt.Errorf("move subtasks: %w", err)
		}
		if err := deleteLists(ctx, tx, id); err != nil {
			return fmt.Errorf("delete lists of task: %w", err)
		}
		for _, sql := range []string{
			"DELETE FROM task_dependence WHERE depends_on_id = ?", "DELETE FROM task_view WHERE task_id = ?", "DELETE FROM task_history WHERE task_id = ?", "DELETE FROM task WHERE id = ?",
		} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return fmt.Errorf("delete task: %w", err)
			}
		}
		return s.tellTx(ctx, tx, actor, deleted, id, t.Members())
	})
}
