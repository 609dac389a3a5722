package task_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

// TestRights holds the table of who may do what in which status against that of the documentation's examples.
func TestRights(t *testing.T) {
	t.Parallel()
	x := task.Task{ID: 1, CreatedBy: anna.ID, ResponsibleID: ben.ID, Accomplices: []int64{cleo.ID}, Auditors: []int64{dan.ID}, AllowTimeTracking: true}
	keeps := " CREATE CHECKLIST_ADD_ITEMS CHECKLIST.REORDER ELAPSEDTIME.ADD CHECKLIST.ADD"
	owns := " REMOVE EDIT CHANGE_DEADLINE RATE EDIT.PLAN" + keeps
	for status, want := range map[task.Status]map[int64]string{
		task.Pending: {
			anna.ID: "COMPLETE START DELEGATE DEFER DAYPLAN.TIMER.TOGGLE" + owns, ben.ID: "COMPLETE START DELEGATE DEFER DAYPLAN.TIMER.TOGGLE" + keeps,
			cleo.ID: "COMPLETE START DEFER DAYPLAN.TIMER.TOGGLE" + keeps, dan.ID: "", eve.ID: "", root.ID: "COMPLETE START DELEGATE DEFER DAYPLAN.TIMER.TOGGLE" + owns,
		},
		task.InProgress: {anna.ID: "COMPLETE PAUSE DELEGATE DAYPLAN.TIMER.TOGGLE" + owns, cleo.ID: "COMPLETE PAUSE DAYPLAN.TIMER.TOGGLE" + keeps},
		task.Deferred:   {anna.ID: "COMPLETE DELEGATE RENEW DAYPLAN.TIMER.TOGGLE" + owns, cleo.ID: "COMPLETE RENEW DAYPLAN.TIMER.TOGGLE" + keeps},
		task.Awaiting:   {anna.ID: "APPROVE DISAPPROVE RENEW" + owns, ben.ID: "RENEW" + keeps},
		task.Completed:  {anna.ID: "RENEW" + owns, ben.ID: "RENEW" + keeps, dan.ID: ""},
	} {
		x.Status = status
		for id, want := range want {
			actor := user.Ref{ID: id, Admin: id == root.ID}
			for _, a := range []task.Action{
				task.ActAccept, task.ActDecline, task.ActComplete, task.ActApprove, task.ActDisapprove, task.ActStart, task.ActPause, task.ActDelegate, task.ActRemove, task.ActEdit,
				task.ActDefer, task.ActRenew, task.ActCreate, task.ActDeadline, task.ActChecklistItem, task.ActRate, task.ActTake, task.ActOriginator, task.ActReorder, task.ActElapsed,
				task.ActTimer, task.ActPlan, task.ActChecklist,
			} {
				if got, want := task.May(actor, x, a), slices.Contains(strings.Fields(want), string(a)); got != want {
					t.Errorf("status %d: user %d may %s: %v, want %v", status, id, a, got, want)
				}
			}
		}
	}
	x.Status, x.AllowChangeDeadline = task.Pending, true
	if !task.May(ben, x, task.ActDeadline) || task.May(cleo, x, task.ActDeadline) {
		t.Error("the responsible person alone moves the deadline where that is allowed")
	}
	x.AllowChangePlan = true
	if !task.May(ben, x, task.ActPlan) || task.May(cleo, x, task.ActPlan) {
		t.Error("the responsible person alone moves the planned dates where that is allowed")
	}
}

func TestStatusMoves(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x", TaskControl: true, Auditors: []int64{dan.ID}}).ID
		step := func(do func(context.Context, user.Ref, int64) (task.Task, error), who user.Ref, want task.Status, code string) {
			t.Helper()
			got, err := do(t.Context(), who, id)
			is(t, err, code)
			if err == nil && got.Status != want {
				t.Errorf("status %d, want %d", got.Status, want)
			}
		}
		step(b.Pause, ben, 0, "ACCESS_DENIED")
		step(b.Start, ben, task.InProgress, "")
		step(b.Defer, ben, 0, "ACCESS_DENIED")
		step(b.Pause, ben, task.Pending, "")
		step(b.Defer, ben, task.Deferred, "")
		step(b.Start, ben, 0, "ACCESS_DENIED")
		step(b.Resume, ben, task.Pending, "")
		step(b.Approve, anna, 0, "ACCESS_DENIED")
		step(b.Complete, ben, task.Awaiting, "")
		step(b.Approve, ben, 0, "TASK_STATE")
		step(b.Disapprove, anna, task.Pending, "")
		step(b.Complete, ben, task.Awaiting, "")
		b.clock.Advance(time.Hour)
		step(b.Approve, anna, task.Completed, "")
		got, err := b.Get(t.Context(), dan, id)
		if err != nil || !got.Closed.Equal(today.Add(time.Hour)) || got.ClosedBy != anna.ID || got.StatusChangedBy != anna.ID {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestStatusAloneMovesByRights(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x", TaskControl: true}).ID
		done, deferred, title := task.Completed, task.Deferred, "y"
		_, err := b.Update(t.Context(), ben, id, task.Change{Status: &done, Title: &title})
		is(t, err, "ACCESS_DENIED")
		got, err := b.Update(t.Context(), ben, id, task.Change{Status: &done})
		if err != nil || got.Status != task.Awaiting || got.Closed.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
		_, err = b.Update(t.Context(), ben, id, task.Change{Status: &deferred})
		is(t, err, "ACCESS_DENIED")
		if got, err = b.Update(t.Context(), anna, id, task.Change{Status: &deferred, Title: &title}); err != nil || got.Status != task.Deferred || !got.Closed.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
		_, err = b.Update(t.Context(), anna, id, task.Change{CreatedBy: &ben.ID})
		is(t, err, "ACCESS_DENIED")
		if got, err = b.Update(t.Context(), root, id, task.Change{CreatedBy: &cleo.ID}); err != nil || got.CreatedBy != cleo.ID {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestDelegateKeepsWhoHandsOnWatching(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x", Accomplices: []int64{cleo.ID}}).ID
		_, err := b.Delegate(t.Context(), cleo, id, dan.ID)
		is(t, err, "ACCESS_DENIED")
		_, err = b.Delegate(t.Context(), ben, id, 77)
		is(t, err, "TASK_INVALID")
		got, err := b.Delegate(t.Context(), ben, id, cleo.ID)
		if err != nil || got.ResponsibleID != cleo.ID || len(got.Accomplices) != 0 || !slices.Equal(got.Auditors, []int64{ben.ID}) {
			t.Errorf("%+v, %v", got, err)
		}
		own := b.add(t, task.Task{Title: "y", CreatedBy: ben.ID, ResponsibleID: ben.ID}).ID
		if got, err = b.Delegate(t.Context(), ben, own, cleo.ID); err != nil || got.CreatedBy != ben.ID || !slices.Equal(got.Auditors, []int64{ben.ID}) {
			t.Errorf("what its creator hands on is %+v, %v", got, err)
		}
	})
}

// below makes dan the head of ben.
type below struct{}

func (below) SubordinatesTx(_ context.Context, _ *db.Tx, id int64) ([]int64, error) {
	if id == dan.ID {
		return []int64{ben.ID}, nil
	}
	return nil, nil
}

// DepartmentMembersTx puts ben and cleo into the department 7.
func (below) DepartmentMembersTx(_ context.Context, _ *db.Tx, departments []int64) ([]int64, error) {
	if slices.Contains(departments, 7) {
		return []int64{ben.ID, cleo.ID}, nil
	}
	return nil, nil
}

func TestHeadsSeeAndDoNotTouch(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) {
		b := newBench(d)
		b.Service = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b, Events: b, Live: b, Structure: below{}})
		id := b.add(t, task.Task{Title: "ben's"}).ID
		b.add(t, task.Task{Title: "cleo's", ResponsibleID: cleo.ID})
		if _, err := b.Get(t.Context(), dan, id); err != nil {
			t.Error(err)
		}
		page, err := b.List(t.Context(), dan, record.Query{})
		if err != nil || !slices.Equal(page.IDs, []int64{id}) || page.Total != 1 {
			t.Errorf("dan lists %v, %v", page.IDs, err)
		}
		e := b.Records().Entity()
		for name, c := range map[string]struct {
			actor  user.Ref
			filter record.Filter
			want   int64
		}{
			"the head's own and those below":       {dan, e.Where("SUBORDINATE_TASKS", record.Equal, int64(1)), 1},
			"an administrator heads nobody":        {user.Ref{ID: 9, Admin: true}, e.Where("SUBORDINATE_TASKS", record.Equal, int64(1)), 0},
			"N asks for nothing":                   {user.Ref{ID: 9, Admin: true}, e.Where("SUBORDINATE_TASKS", record.Equal, int64(0)), 2},
			"who is in the department":             {user.Ref{ID: 9, Admin: true}, e.Where("DEPARTMENT_ID", record.Equal, int64(7)), 2},
			"of the department, as far as seen":    {dan, e.Where("DEPARTMENT_ID", record.Equal, int64(7)), 1},
			"nobody is in a department unheard of": {user.Ref{ID: 9, Admin: true}, e.Where("DEPARTMENT_ID", record.Equal, int64(8)), 0},
		} {
			page, err := b.List(t.Context(), c.actor, record.Query{Filter: c.filter})
			if err != nil || page.Total != c.want {
				t.Errorf("%s: %d tasks, %v", name, page.Total, err)
			}
		}
		_, err = b.Complete(t.Context(), dan, id)
		is(t, err, "ACCESS_DENIED")
		if c, err := b.Counts(t.Context(), dan, ben.ID); err != nil || c.All != 1 {
			t.Errorf("counts %+v, %v", c, err)
		}
		if ok, err := b.MayCount(t.Context(), dan, ben.ID); err != nil || !ok {
			t.Error("the head may count", err)
		}
		if ok, err := b.MayCount(t.Context(), eve, ben.ID); err != nil || ok {
			t.Error("a stranger may count", err)
		}
	})
}

func TestMarksAndCounters(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		late := b.add(t, task.Task{Title: "late", Deadline: today.Add(-time.Hour), Auditors: []int64{dan.ID}, GroupID: 3}).ID
		b.add(t, task.Task{Title: "done", Deadline: today.Add(-time.Hour), Status: task.Completed})
		comment := func(author int64, service bool) {
			t.Helper()
			if err := b.write(t, func(tx *db.Tx) error { return b.CommentedTx(t.Context(), tx, late, author, service) }); err != nil {
				t.Fatal(err)
			}
		}
		comment(anna.ID, false)
		comment(anna.ID, false)
		comment(anna.ID, true)
		count := func(who, group int64, role task.Role) task.Counters {
			t.Helper()
			c, err := b.Counters(t.Context(), who, group, role)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		both := task.Counters{Expired: 1, NewComments: 2}
		for _, c := range []struct {
			who, group int64
			role       task.Role
			want       task.Counters
		}{
			{ben.ID, 0, task.AnyRole, both},
			{ben.ID, 3, task.Responsible, both},
			{ben.ID, 4, task.AnyRole, task.Counters{}},
			{ben.ID, 0, task.Auditor, task.Counters{}},
			{dan.ID, 0, task.Auditor, both},
			{anna.ID, 0, task.Originator, task.Counters{Expired: 1}},
			{eve.ID, 0, task.AnyRole, task.Counters{}},
		} {
			if got := count(c.who, c.group, c.role); got != c.want {
				t.Errorf("%+v: %+v", c, got)
			}
		}
		if err := b.See(t.Context(), ben, late); err != nil {
			t.Fatal(err)
		}
		if got := count(ben.ID, 0, task.AnyRole); got != (task.Counters{Expired: 1}) {
			t.Errorf("seen: %+v", got)
		}
		if err := b.SetMark(t.Context(), dan, late, task.Muted, true); err != nil {
			t.Fatal(err)
		}
		if got := count(dan.ID, 0, task.AnyRole); got != (task.Counters{}) {
			t.Errorf("muted: %+v", got)
		}
		is(t, b.SetMark(t.Context(), eve, late, task.Pinned, true), "TASK_NOT_FOUND")
		e := b.Records().Entity()
		row, err := b.Row(t.Context(), dan, late, []*record.Field{e.Field("IS_MUTED"), e.Field("IS_PINNED"), e.Field("NEW_COMMENTS_COUNT"), e.Field("COMMENTS_COUNT"), e.Field("SERVICE_COMMENTS_COUNT")})
		if err != nil || !slices.Equal(row, []any{int64(1), int64(0), int64(2), int64(3), int64(1)}) {
			t.Errorf("%v, %v", row, err)
		}
	})
}

func TestFamily(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		top := b.add(t, task.Task{Title: "top", DeadlineByParts: true, CompleteByParts: true}).ID
		one := b.add(t, task.Task{Title: "one", ParentID: top, Deadline: today.Add(time.Hour)}).ID
		two := b.add(t, task.Task{Title: "two", ParentID: top, Deadline: today.Add(3 * time.Hour)}).ID
		get := func() task.Task {
			t.Helper()
			x, err := b.Get(t.Context(), anna, top)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		if got := get(); !got.Deadline.Equal(today.Add(3 * time.Hour)) {
			t.Errorf("the deadline is %v", got.Deadline)
		}
		if _, err := b.Complete(t.Context(), ben, one); err != nil || get().Status != task.Pending {
			t.Errorf("completed with one of two, %v", err)
		}
		if _, err := b.Complete(t.Context(), ben, two); err != nil || get().Status != task.Completed {
			t.Errorf("not completed with the last, %v", err)
		}
		if _, err := b.Resume(t.Context(), ben, top); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Resume(t.Context(), ben, two); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Complete(t.Context(), anna, top); err != nil {
			t.Fatal(err)
		}
		if x, err := b.Get(t.Context(), anna, two); err != nil || x.Status != task.Completed {
			t.Errorf("the part is %d, %v", x.Status, err)
		}
	})
}

func TestAddedFields(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), userfield.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) {
		b := newBench(d)
		fields := userfield.New(userfield.Config{DB: d, Clock: b.clock})
		b.Service = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b, Events: b, Live: b, Added: fields})
		if _, err := fields.Add(t.Context(), userfield.Field{Entity: task.EntityName, Name: "UF_COLOR", Type: userfield.String, Mandatory: true}, 0); err != nil {
			t.Fatal(err)
		}
		_, err := b.Create(t.Context(), anna, task.Task{Title: "x", ResponsibleID: ben.ID, Added: userfield.Values{}})
		is(t, err, "FIELD_VALUE_REQUIRED")
		id := b.add(t, task.Task{Title: "x", Added: userfield.Values{"UF_COLOR": {"red"}}, CRM: []string{"D_10", "C_3", "C_3"}}).ID
		_, err = b.Create(t.Context(), anna, task.Task{Title: "x", ResponsibleID: ben.ID, CRM: []string{"deal 10"}, Added: userfield.Values{"UF_COLOR": {"red"}}})
		is(t, err, "TASK_INVALID")
		blue := userfield.Values{"UF_COLOR": {"blue"}}
		if _, err := b.Update(t.Context(), anna, id, task.Change{Added: &blue}); err != nil {
			t.Fatal(err)
		}
		view, err := b.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		row, err := b.Row(t.Context(), ben, id, view.Selected([]string{"UF_COLOR", "UF_CRM_TASK"}))
		if err != nil || !slices.Equal(row[0].([]string), []string{"C_3", "D_10"}) || !slices.Equal(row[1].([]string), []string{"blue"}) {
			t.Errorf("%v, %v", row, err)
		}
	})
}

// write runs fn in a transaction of the service's database.
func (b *bench) write(t *testing.T, fn func(tx *db.Tx) error) error {
	t.Helper()
	return b.db.Write(t.Context(), fn)
}
