package task_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

var today = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)

// The people of the tests: anna hands out, ben does, cleo takes part, dan watches, eve has nothing to do with it, root may all.
var (
	anna, ben, cleo, dan, eve = user.Ref{ID: 1}, user.Ref{ID: 2}, user.Ref{ID: 3}, user.Ref{ID: 4}, user.Ref{ID: 5}
	root                      = user.Ref{ID: 9, Admin: true}
)

// bench is a service with everything around it recorded.
type bench struct {
	*task.Service
	db    *db.DB
	clock *clock.Manual

	mu     sync.Mutex
	events []string // name, user and data
	hints  []hint
}

type hint struct {
	people []int64
	event  string
	data   any
}

func (b *bench) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if id >= 1 && id <= 9 {
			out[id] = user.User{ID: id}
		}
	}
	return out, nil
}

func (b *bench) EmitTx(_ context.Context, tx *db.Tx, name string, userID int64, data phpform.Value) error {
	line := name + " " + phpform.IntOf(userID).Text() + " " + string(phpform.AppendJSON(nil, data))
	tx.AfterCommit(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.events = append(b.events, line)
	})
	return nil
}

func (b *bench) Publish(people []int64, event string, data any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hints = append(b.hints, hint{people, event, data})
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) { test(t, newBench(d)) })
}

func newBench(d *db.DB) *bench {
	b := &bench{db: d, clock: clock.NewManual(today)}
	b.Service = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b, Events: b, Live: b})
	return b
}

func (b *bench) add(t *testing.T, x task.Task) task.Task {
	t.Helper()
	if x.ResponsibleID == 0 {
		x.ResponsibleID = ben.ID
	}
	created, err := b.Create(t.Context(), anna, x)
	if err != nil {
		t.Fatal(err)
	}
	return created
}

// is checks that err is a fault with code; "" is no error.
func is(t *testing.T, err error, code string) {
	t.Helper()
	got := ""
	if err != nil {
		got = fault.Of(err).Code
	}
	if got != code {
		t.Errorf("error %v, want code %q", err, code)
	}
}

func TestCreateKeepsEverything(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		want := task.Task{
			Title: "  Offer for Northwind ", Description: "[B]today[/B]", Priority: task.High, Mark: "P", ResponsibleID: ben.ID,
			Accomplices: []int64{cleo.ID, cleo.ID}, Auditors: []int64{dan.ID}, Tags: []string{"Sales", "sales", " ", "Äpfel"},
			Deadline: today.Add(time.Hour), StartPlan: today, EndPlan: today.Add(2 * time.Hour), TimeEstimate: 90 * time.Minute,
			GroupID: 3, XMLID: "x-1", TaskControl: true, AllowChangeDeadline: true,
		}
		id := b.add(t, want).ID
		got, err := b.Get(t.Context(), dan, id)
		if err != nil {
			t.Fatal(err)
		}
		if got.Title != "Offer for Northwind" || got.Description != want.Description || got.Status != task.Pending ||
			got.CreatedBy != anna.ID || !got.Created.Equal(today) || !got.Deadline.Equal(want.Deadline) ||
			!got.EndPlan.Equal(want.EndPlan) || got.TimeEstimate != want.TimeEstimate || got.Mark != "P" || got.GroupID != 3 ||
			got.XMLID != "x-1" || !got.TaskControl || !got.AllowChangeDeadline || got.AddInReport || len(got.GUID) != 38 {
			t.Errorf("read back %+v", got)
		}
		if !slices.Equal(got.Accomplices, []int64{cleo.ID}) || !slices.Equal(got.Auditors, []int64{dan.ID}) ||
			!slices.Equal(got.Tags, []string{"Sales", "Äpfel"}) {
			t.Errorf("lists %v %v %q", got.Accomplices, got.Auditors, got.Tags)
		}
		wantEvent := `ONTASKADD 1 {"FIELDS_BEFORE":"undefined","FIELDS_AFTER":{"ID":1},"IS_ACCESSIBLE_BEFORE":"N","IS_ACCESSIBLE_AFTER":"undefined"}`
		if !slices.Equal(b.events, []string{wantEvent}) {
			t.Errorf("events %q", b.events)
		}
		if len(b.hints) != 1 || b.hints[0].event != "task:changed" || b.hints[0].data != (task.Hint{ID: id}) ||
			!slices.Equal(b.hints[0].people, []int64{1, 2, 3, 4}) {
			t.Errorf("hints %+v", b.hints)
		}
	})
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		secret := b.add(t, task.Task{Title: "Secret"})
		cases := map[string]struct {
			task  task.Task
			field string
		}{
			"no title":             {task.Task{Title: "  ", ResponsibleID: 2}, "title"},
			"long title":           {task.Task{Title: string(make([]rune, 251)), ResponsibleID: 2}, "title"},
			"nobody":               {task.Task{Title: "x"}, "responsible"},
			"unknown person":       {task.Task{Title: "x", ResponsibleID: 77}, "responsible"},
			"unknown observer":     {task.Task{Title: "x", ResponsibleID: 2, Auditors: []int64{78}}, "people"},
			"priority":             {task.Task{Title: "x", ResponsibleID: 2, Priority: 3}, "priority"},
			"plan":                 {task.Task{Title: "x", ResponsibleID: 2, StartPlan: today, EndPlan: today.Add(-1)}, "end"},
			"a parent unseen":      {task.Task{Title: "x", ResponsibleID: 2, ParentID: secret.ID}, "parent"},
			"a parent that is not": {task.Task{Title: "x", ResponsibleID: 2, ParentID: 99}, "parent"},
		}
		for name, c := range cases {
			_, err := b.Create(t.Context(), eve, c.task)
			if f := fault.Of(err); f.Code != "TASK_INVALID" || f.Field != c.field {
				t.Errorf("%s: %v at %q, want field %q", name, err, f.Field, c.field)
			}
		}
		if len(b.events) != 1 {
			t.Errorf("%d events, want that of the one task that was stored", len(b.events))
		}
	})
}

func TestOnlyRolesAndAdministratorsSee(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x", Accomplices: []int64{cleo.ID}, Auditors: []int64{dan.ID}}).ID
		for _, who := range []user.Ref{anna, ben, cleo, dan, root} {
			if _, err := b.Get(t.Context(), who, id); err != nil {
				t.Errorf("user %d: %v", who.ID, err)
			}
			if l, err := b.List(t.Context(), who, record.Query{}); err != nil || l.Total != 1 {
				t.Errorf("user %d lists %d, %v", who.ID, l.Total, err)
			}
		}
		_, err := b.Get(t.Context(), eve, id)
		is(t, err, "TASK_NOT_FOUND")
		_, err = b.Complete(t.Context(), eve, id)
		is(t, err, "TASK_NOT_FOUND")
		is(t, b.Delete(t.Context(), eve, id), "TASK_NOT_FOUND")
		is(t, b.See(t.Context(), eve, id), "TASK_NOT_FOUND")
		_, err = b.Get(t.Context(), root, id+1)
		is(t, err, "TASK_NOT_FOUND")
		filter := b.Records().Entity().Where("CREATED_BY", record.Equal, anna.ID)
		if l, err := b.List(t.Context(), eve, record.Query{Filter: filter}); err != nil || l.Total != 0 || len(l.Rows) != 0 {
			t.Errorf("a stranger lists %d, %v", l.Total, err)
		}
	})
}

func TestCompleteAndResume(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x", Auditors: []int64{dan.ID}, Deadline: today.Add(-time.Hour)}).ID
		_, err := b.Complete(t.Context(), dan, id)
		is(t, err, "ACCESS_DENIED")
		b.clock.Advance(time.Minute)
		done, err := b.Complete(t.Context(), ben, id)
		if err != nil || done.Status != task.Completed || !done.Closed.Equal(today.Add(time.Minute)) || done.ClosedBy != ben.ID ||
			done.StatusChangedBy != ben.ID || done.Overdue(b.clock.Now()) {
			t.Errorf("completed %+v, %v", done, err)
		}
		_, err = b.Complete(t.Context(), ben, id)
		is(t, err, "TASK_STATE")
		again, err := b.Resume(t.Context(), ben, id)
		if err != nil || again.Status != task.Pending || !again.Closed.IsZero() || again.ClosedBy != 0 || !again.Overdue(b.clock.Now()) {
			t.Errorf("resumed %+v, %v", again, err)
		}
		if n := len(b.events); n != 3 || b.events[2] != `ONTASKUPDATE 2 {"FIELDS_BEFORE":{"ID":1},"FIELDS_AFTER":{"ID":1},"IS_ACCESSIBLE_BEFORE":"undefined","IS_ACCESSIBLE_AFTER":"undefined"}` {
			t.Errorf("events %q", b.events)
		}
	})
}

func TestControlledTaskWaitsForItsCreator(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x", TaskControl: true}).ID
		waiting, err := b.Complete(t.Context(), ben, id)
		if err != nil || waiting.Status != task.Awaiting {
			t.Fatalf("status %d, %v", waiting.Status, err)
		}
		_, err = b.Complete(t.Context(), ben, id)
		is(t, err, "TASK_STATE")
		accepted, err := b.Complete(t.Context(), anna, id)
		if err != nil || accepted.Status != task.Completed {
			t.Errorf("status %d, %v", accepted.Status, err)
		}
	})
}

func TestUpdateRights(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		id := b.add(t, task.Task{Title: "x"}).ID
		later, title := today.Add(48*time.Hour), "y"
		_, err := b.Update(t.Context(), ben, id, task.Change{Deadline: &later})
		is(t, err, "ACCESS_DENIED")
		yes, people := true, []int64{cleo.ID}
		if _, err = b.Update(t.Context(), anna, id, task.Change{AllowChangeDeadline: &yes, Accomplices: &people}); err != nil {
			t.Fatal(err)
		}
		if u, err := b.Update(t.Context(), ben, id, task.Change{Deadline: &later}); err != nil || !u.Deadline.Equal(later) {
			t.Errorf("deadline %v, %v", u.Deadline, err)
		}
		_, err = b.Update(t.Context(), ben, id, task.Change{Deadline: &later, Title: &title})
		is(t, err, "ACCESS_DENIED")
		if got, err := b.Get(t.Context(), cleo, id); err != nil || got.Title != "x" || got.ChangedBy != ben.ID {
			t.Errorf("%+v, %v", got, err)
		}
		_, err = b.Update(t.Context(), anna, id, task.Change{ParentID: &id})
		is(t, err, "TASK_INVALID")
		child := b.add(t, task.Task{Title: "child", ParentID: id})
		_, err = b.Update(t.Context(), anna, id, task.Change{ParentID: &child.ID})
		is(t, err, "TASK_INVALID")
	})
}

func TestDeleteLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		top := b.add(t, task.Task{Title: "top"})
		mid := b.add(t, task.Task{Title: "mid", ParentID: top.ID, Tags: []string{"a"}, DependsOn: []int64{top.ID}})
		leaf := b.add(t, task.Task{Title: "leaf", ParentID: mid.ID, DependsOn: []int64{mid.ID}})
		is(t, b.Delete(t.Context(), ben, mid.ID), "ACCESS_DENIED")
		if err := b.Delete(t.Context(), anna, mid.ID); err != nil {
			t.Fatal(err)
		}
		_, err := b.Get(t.Context(), anna, mid.ID)
		is(t, err, "TASK_NOT_FOUND")
		got, err := b.Get(t.Context(), anna, leaf.ID)
		if err != nil || got.ParentID != top.ID || len(got.DependsOn) != 0 {
			t.Errorf("the leaf is below %d and depends on %v, %v", got.ParentID, got.DependsOn, err)
		}
		want := `ONTASKDELETE 1 {"FIELDS_BEFORE":{"ID":2},"FIELDS_AFTER":"undefined","IS_ACCESSIBLE_BEFORE":"undefined","IS_ACCESSIBLE_AFTER":"N"}`
		if b.events[3] != want || len(b.events) != 4 {
			t.Errorf("events %q", b.events)
		}
	})
}

func TestOverviewPagesByKey(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for i := range 25 {
			x := task.Task{Title: string(rune('a' + i%7)), Priority: task.Priority(i % 3), Created: today.Add(time.Duration(i%4) * time.Hour)}
			if i%3 > 0 {
				x.Deadline = today.Add(time.Duration(i-12) * time.Hour)
			}
			if i%5 == 0 {
				x.Status = task.Completed
			}
			b.add(t, x)
		}
		b.add(t, task.Task{Title: "not ben's", ResponsibleID: cleo.ID})
		for _, sort := range []task.Sort{task.SortDeadline, task.SortChanged, task.SortCreated, task.SortTitle, task.SortPriority} {
			whole := pages(t, b, sort, 100)
			if len(whole) != 25 {
				t.Errorf("%s: %d tasks, want 25", sort, len(whole))
			}
			if parts := pages(t, b, sort, 4); !slices.Equal(parts, whole) {
				t.Errorf("%s: in pages %v, at once %v", sort, parts, whole)
			}
		}
		c, err := b.Counts(t.Context(), ben, ben.ID)
		if err != nil || c != (task.Counts{All: 25, Mine: 20, Overdue: 6, Done: 5}) {
			t.Errorf("counts %+v, %v", c, err)
		}
		if c, err = b.Counts(t.Context(), eve, ben.ID); err != nil || c != (task.Counts{}) {
			t.Errorf("a stranger counts %+v, %v", c, err)
		}
		for _, cursor := range []string{"x", "W10", "WyJhIl0", "WzEsMiwzXQ", "WzEsIngiLDNd"} {
			_, err := b.Overview(t.Context(), ben, task.Overview{OwnerID: 2, View: task.ViewAll, Sort: task.SortTitle, Limit: 4, After: cursor})
			is(t, err, "BAD_CURSOR")
		}
	})
}

// pages walks through ben's tasks and returns their ids.
func pages(t *testing.T, b *bench, sort task.Sort, limit int) (ids []int64) {
	t.Helper()
	o := task.Overview{OwnerID: ben.ID, View: task.ViewAll, Sort: sort, Limit: limit}
	for {
		p, err := b.Overview(t.Context(), ben, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Tasks {
			ids = append(ids, x.ID)
		}
		if o.After = p.Next; p.Next == "" {
			return ids
		}
	}
}

func TestOverviewViews(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(t, task.Task{Title: "late", Deadline: today.Add(-time.Hour)})
		b.add(t, task.Task{Title: "none"})
		b.add(t, task.Task{Title: "soon", Deadline: today.Add(time.Hour)})
		b.add(t, task.Task{Title: "done", Deadline: today.Add(-2 * time.Hour), Status: task.Completed})
		b.add(t, task.Task{Title: "cleo's", ResponsibleID: cleo.ID, Auditors: []int64{ben.ID}, Deadline: today.Add(2 * time.Hour)})
		want := map[task.View][]string{
			task.ViewAll: {"late", "soon", "cleo's", "none", "done"}, task.ViewMine: {"late", "soon", "none"},
			task.ViewOverdue: {"late"}, task.ViewDone: {"done"},
		}
		for view, titles := range want {
			p, err := b.Overview(t.Context(), ben, task.Overview{OwnerID: ben.ID, View: view, Sort: task.SortDeadline, Limit: 10})
			var got []string
			for _, x := range p.Tasks {
				got = append(got, x.Title)
			}
			if err != nil || !slices.Equal(got, titles) {
				t.Errorf("%s: %q, %v; want %q", view, got, err, titles)
			}
		}
	})
}
