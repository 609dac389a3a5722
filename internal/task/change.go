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
	"github.com/portico-hq/portico/internal/userfield"
)

// Change says what of a task to change; nil leaves a field as it is.
type Change struct {
	Title, Description  *string
	CreatedBy           *int64 // for those who may change all tasks
	ResponsibleID       *int64
	Deadline            *time.Time // the zero time takes it away
	Priority            *Priority
	Mark                *string
	Status              *Status // for those who may edit the task
	Accomplices         *[]int64
	Auditors            *[]int64
	Tags                *[]string
	DependsOn           *[]int64
	ParentID            *int64
	GroupID             *int64
	StageID             *int64
	StartPlan, EndPlan  *time.Time
	DurationPlan        *int64
	DurationType        *string
	TimeEstimate        *time.Duration
	AllowChangeDeadline *bool
	AllowChangePlan     *bool
	AllowTimeTracking   *bool
	TaskControl         *bool
	AddInReport         *bool
	MatchWorkTime       *bool
	DeadlineByParts     *bool
	CompleteByParts     *bool
	ResultRequired      *bool
	XMLID               *string
	CRM                 *[]string
	Added               *userfield.Values // of the fields that were added, those to be changed
	Files               *[]FileRef        // all that are attached to the task
}

// onlyDeadline reports whether the deadline is all that c changes.
func (c Change) onlyDeadline() bool {
	if c.Deadline == nil {
		return false
	}
	c.Deadline = nil
	return c == Change{}
}

// onlyPlan reports whether the planned dates are all that c changes.
func (c Change) onlyPlan() bool {
	if c.StartPlan == nil && c.EndPlan == nil && c.DurationPlan == nil && c.DurationType == nil {
		return false
	}
	c.StartPlan, c.EndPlan, c.DurationPlan, c.DurationType = nil, nil, nil, nil
	return c == Change{}
}

// allowed reports whether actor may change t so: who may not edit it may still move its deadline, its plan, or its status, alone.
func (c Change) allowed(actor user.Ref, t Task) bool {
	switch {
	case May(actor, t, ActEdit):
		return true
	case c.onlyDeadline():
		return May(actor, t, ActDeadline)
	case c.onlyPlan():
		return May(actor, t, ActPlan)
	case c.Status == nil:
		return false
	}
	to := *c.Status
	c.Status = nil
	acts := map[Status]Action{Pending: ActRenew, InProgress: ActStart, Completed: ActComplete, Awaiting: ActComplete, Deferred: ActDefer}
	return c == Change{} && (May(actor, t, acts[to]) || to == Pending && May(actor, t, ActPause))
}

// Fill puts what c names into a new task.
func (c Change) Fill(t *Task) {
	c.apply(t)
	if c.Added != nil {
		t.Added = *c.Added
	}
	if c.Files != nil {
		t.NewFiles = *c.Files
	}
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
	set(&t.AllowChangePlan, c.AllowChangePlan)
	set(&t.TaskControl, c.TaskControl)
	set(&t.AddInReport, c.AddInReport)
	set(&t.CreatedBy, c.CreatedBy)
	set(&t.Status, c.Status)
	set(&t.StageID, c.StageID)
	set(&t.DurationPlan, c.DurationPlan)
	set(&t.DurationType, c.DurationType)
	set(&t.AllowTimeTracking, c.AllowTimeTracking)
	set(&t.MatchWorkTime, c.MatchWorkTime)
	set(&t.DeadlineByParts, c.DeadlineByParts)
	set(&t.CompleteByParts, c.CompleteByParts)
	set(&t.ResultRequired, c.ResultRequired)
	set(&t.XMLID, c.XMLID)
	set(&t.CRM, c.CRM)
	t.Title = strings.TrimSpace(t.Title)
	t.normalize()
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// Update changes the task id. The creator and administrators may change everything, the responsible person the deadline
// where the task allows it; ErrDenied otherwise, ErrNotFound for a task that actor does not see.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, c Change) (Task, error) {
	return s.change(ctx, actor, id, func(ctx context.Context, tx *db.Tx, t *Task) error {
		if !c.allowed(actor, *t) {
			return ErrDenied
		}
		if c.CreatedBy != nil && *c.CreatedBy != t.CreatedBy && !actor.May(access.AllTasks) {
			return ErrDenied
		}
		before := *t
		c.apply(t)
		if t.Status == Completed && before.Status != Completed && t.TaskControl && !May(actor, before, ActEdit) {
			t.Status = Awaiting
		}
		s.moveStatus(actor, before, t)
		if err := t.validate(); err != nil {
			return err
		}
		if c.Added != nil && s.added != nil {
			if err := s.added.SetTx(ctx, tx, EntityName, t.ID, *c.Added, false); err != nil {
				return err
			}
		}
		if err := s.checkPeople(ctx, tx, *t, newcomers(before, *t)); err != nil {
			return err
		}
		if c.Files != nil && s.files != nil {
			if err := s.files.SetFilesTx(ctx, tx, actor, *t, *c.Files); err != nil {
				return err
			}
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
			return invalid("parent", TextLoop)
		}
		if err := tx.QueryRow(ctx, "SELECT parent_id FROM task WHERE id = ?", parent).Scan(&parent); err != nil {
			return fmt.Errorf("read parent: %w", err)
		}
	}
	return nil
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
		after, err = s.changeTx(ctx, tx, actor, id, s.getTx, edit)
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
	s.records.TouchTx(tx)
	if err := s.timersTx(ctx, tx, before, after); err != nil {
		return Task{}, err
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
	if err := s.familyTx(ctx, tx, actor, before, after); err != nil {
		return Task{}, err
	}
	if err := s.noticesTx(ctx, tx, actor, before, after); err != nil {
		return Task{}, err
	}
	return after, s.tellTx(ctx, tx, actor, changed, id, append(before.Members(), after.Members()...))
}

// sameLists reports whether a and b have the same people, tags and predecessors.
func sameLists(a, b Task) bool {
	return a.ResponsibleID == b.ResponsibleID && a.CreatedBy == b.CreatedBy && slices.Equal(a.Accomplices, b.Accomplices) &&
		slices.Equal(a.Auditors, b.Auditors) && slices.Equal(a.Tags, b.Tags) && slices.Equal(a.DependsOn, b.DependsOn) &&
		slices.Equal(a.CRM, b.CRM)
}

// Delete removes the task id for ever. Its subtasks move up to its parent. ErrDenied for all but the creator and
// administrators.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := s.getTx(ctx, tx, actor, id)
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
			"DELETE FROM task_dependence WHERE depends_on_id = ?", "DELETE FROM task_view WHERE task_id = ?", "DELETE FROM task_history WHERE task_id = ?",
			"DELETE FROM task_reminder WHERE task_id = ?", "DELETE FROM task WHERE id = ?",
		} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return fmt.Errorf("delete task: %w", err)
			}
		}
		if err := s.fieldsGoneTx(ctx, tx, id); err != nil {
			return err
		}
		return s.tellTx(ctx, tx, actor, deleted, id, t.Members())
	})
}
