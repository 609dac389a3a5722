package template

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/user"
)

// MaxMade is how many tasks a template makes at once, with those of the templates below it.
const MaxMade = 100

// Use makes tasks of a template that actor sees, one for each of its responsible people, with its checklists and files; each has a subtask of
// every template below. The first of them is the one at the top. Faults: ErrNotFound, ErrMany, and those of tasks.
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
func (s *Service) makeTx(ctx context.Context, tx *db.Tx, actor user.Ref, t Template, at time.Time, deadline time.Duration) ([]task.Task, error) {
	m := &making{s: s, tx: tx, actor: actor, at: at, below: map[int64][]Template{}}
	if err := m.familyTx(ctx, t.ID); err != nil {
		return nil, err
	}
	err := m.makeTx(ctx, t, 0, map[int64][]int64{}, deadline)
	return m.made, err
}

// making is one use of a template.
type making struct {
	s     *Service
	tx    *db.Tx
	actor user.Ref
	at    time.Time
	below map[int64][]Template // the templates directly below one
	made  []task.Task
}

// familyTx reads what is below a template, level by level.
func (m *making) familyTx(ctx context.Context, id int64) error {
	for level, n := []any{id}, 0; len(level) > 0; {
		list, err := query(ctx, m.tx, "base_id IN ("+db.Marks(len(level))+") ORDER BY id LIMIT ?", append(level, MaxMade+1)...)
		if err != nil {
			return err
		}
		if n += len(list); n > MaxMade {
			return ErrMany
		}
		level = nil
		for _, t := range list {
			m.below[t.BaseID] = append(m.below[t.BaseID], t)
			level = append(level, t.ID)
		}
	}
	return nil
}

// makeTx makes the tasks of t below a task, 0 for none, and theirs below each. so are those that the use made above and beside of them,
// by template: a task waits for those among them of which its template says so.
func (m *making) makeTx(ctx context.Context, t Template, parent int64, so map[int64][]int64, deadline time.Duration) error {
	items, err := m.s.lists.AllTx(ctx, m.tx, t.ID)
	if err != nil {
		return err
	}
	who := t.Responsibles
	if !t.Multitask {
		who = who[:1]
	}
	var mine []int64
	for _, id := range who {
		x := t.task(id, m.at, deadline)
		if parent != 0 {
			x.ParentID = parent
		}
		for _, other := range t.DependsOn {
			x.DependsOn = append(x.DependsOn, so[other]...)
		}
		if len(m.made) >= MaxMade {
			return ErrMany
		}
		if x, err = m.s.c.Tasks.CreateTx(ctx, m.tx, m.actor, x); err != nil {
			return err
		}
		if err := m.s.c.Checklists.CopyTx(ctx, m.tx, m.actor, x.ID, checklist.OfTemplate, items); err != nil {
			return err
		}
		if m.s.c.Attached != nil {
			if err := m.s.c.Attached.CopyTx(ctx, m.tx, m.actor.ID, t.ID, x.ID); err != nil {
				return err
			}
		}
		m.made, mine = append(m.made, x), append(mine, x.ID)
		if err := m.childrenTx(ctx, t, x.ID, so); err != nil {
			return err
		}
	}
	so[t.ID] = mine
	return nil
}

// childrenTx makes the subtasks of a task, those first for which others wait.
func (m *making) childrenTx(ctx context.Context, t Template, parent int64, above map[int64][]int64) error {
	so := maps.Clone(above)
	for _, child := range inOrder(m.below[t.ID]) {
		child.CreatedBy = t.CreatedBy
		if err := m.makeTx(ctx, child, parent, so, 0); err != nil {
			return err
		}
	}
	return nil
}

// inOrder puts each template behind those on which it depends. Of a circle the one that is there first goes first.
func inOrder(list []Template) []Template {
	var out []Template
	seen := map[int64]bool{}
	var put func(t Template)
	put = func(t Template) {
		if seen[t.ID] {
			return
		}
		seen[t.ID] = true
		for _, other := range list {
			if slices.Contains(t.DependsOn, other.ID) {
				put(other)
			}
		}
		out = append(out, t)
	}
	for _, t := range list {
		put(t)
	}
	return out
}

// task is what the template makes for a responsible person.
func (t Template) task(responsible int64, at time.Time, deadline time.Duration) task.Task {
	x := task.Task{
		Title: t.Title, Description: t.Description, Priority: t.Priority, CreatedBy: t.CreatedBy, ResponsibleID: responsible,
		Accomplices: slices.Clone(t.Accomplices), Auditors: slices.Clone(t.Auditors), Tags: t.Tags, GroupID: t.GroupID, StageID: t.StageID,
		ParentID: t.ParentID, TaskControl: t.TaskControl, AddInReport: t.AddInReport, AllowChangeDeadline: t.AllowChangeDeadline,
		AllowTimeTracking: t.AllowTimeTracking, MatchWorkTime: t.MatchWorkTime, XMLID: t.XMLID, CRM: t.CRM, TemplateID: t.ID,
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
