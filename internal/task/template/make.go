package template

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// Use makes tasks of a template that actor sees, one for each of its responsible people, with its checklists. Faults: ErrNotFound,
// and those of tasks.
func (s *Service) Use(ctx context.Context, actor user.Ref, id int64) (made []task.Task, err error) {
	err = s.c.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := seenTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		t.CreatedBy = actor.ID
		made, err = s.makeTx(ctx, tx, actor, t, s.c.Clock.Now().UTC(), 0)
		return err
	})
	return made, err
}

// makeTx makes the tasks of a template at a moment. A deadline that is not 0 counts instead of the template's.
func (s *Service) makeTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Template, at time.Time, deadline time.Duration) (made []task.Task, err error) {
	items, err := s.lists.AllTx(ctx, tx, t.ID)
	if err != nil {
		return nil, err
	}
	who := t.Responsibles
	if !t.Multitask {
		who = who[:1]
	}
	for _, id := range who {
		x, err := s.c.Tasks.CreateTx(ctx, tx, actor, t.task(id, at, deadline))
		if err != nil {
			return nil, err
		}
		if err := s.c.Checklists.CopyTx(ctx, tx, actor, x.ID, items); err != nil {
			return nil, err
		}
		made = append(made, x)
	}
	return made, nil
}

// task is what the template makes for a responsible person.
func (t Template) task(responsible int64, at time.Time, deadline time.Duration) task.Task {
	x := task.Task{
		Title: t.Title, Description: t.Description, Priority: t.Priority, CreatedBy: t.CreatedBy, ResponsibleID: responsible,
		Accomplices: slices.Clone(t.Accomplices), Auditors: slices.Clone(t.Auditors), Tags: t.Tags, GroupID: t.GroupID, StageID: t.StageID,
		ParentID: t.ParentID, TaskControl: t.TaskControl, AddInReport: t.AddInReport, AllowChangeDeadline: t.AllowChangeDeadline,
		AllowTimeTracking: t.AllowTimeTracking, MatchWorkTime: t.MatchWorkTime, XMLID: t.XMLID, CRM: t.CRM,
	}
	set := func(to *time.Time, after *time.Duration) {
		if after != nil {
			*to = at.Add(*after)
		}
	}
	set(&x.Deadline, t.DeadlineAfter)
	set(&x.StartPlan, t.StartAfter)
	set(&x.EndPlan, t.EndAfter)
	if deadline > 0 {
		x.Deadline = at.Add(deadline)
	}
	return x
}
