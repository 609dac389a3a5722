package checklist_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

var today = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)

// The people of the tests: anna hands out, ben does, dan watches, eve has nothing to do with it.
var anna, ben, cleo, dan, eve = user.Ref{ID: 1}, user.Ref{ID: 2}, user.Ref{ID: 3}, user.Ref{ID: 4}, user.Ref{ID: 5}

// world stands in for what surrounds tasks: users 1 to 9.
type world struct{}

func (world) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if id >= 1 && id <= 9 {
			out[id] = user.User{ID: id}
		}
	}
	return out, nil
}
func (world) EmitTx(context.Context, *db.Tx, string, int64, phpform.Value) error { return nil }
func (world) Publish([]int64, string, any)                                       {}

type bench struct {
	*checklist.Service
	t     *testing.T
	db    *db.DB
	tasks *task.Service
	clock *clock.Manual
	task  int64 // of anna for ben, watched by dan
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema(), checklist.Schema()}, func(t *testing.T, d *db.DB) {
		b := &bench{t: t, db: d, clock: clock.NewManual(today)}
		b.tasks = task.NewService(task.Config{DB: d, Clock: b.clock, Users: world{}, Events: world{}, Live: world{}})
		b.Service = checklist.NewService(checklist.Config{DB: d, Clock: b.clock, Kind: checklist.OfTask, Owners: checklist.TasksOf(b.tasks)})
		b.tasks.SetParts(b.Service)
		b.task = b.newTask("Move house")
		test(t, b)
	})
}

func (b *bench) newTask(title string) int64 {
	b.t.Helper()
	x, err := b.tasks.Create(b.t.Context(), anna, task.Task{Title: title, ResponsibleID: ben.ID, Auditors: []int64{dan.ID}})
	if err != nil {
		b.t.Fatal(err)
	}
	return x.ID
}

func (b *bench) add(title string, parent ...int64) int64 {
	b.t.Helper()
	n := checklist.New{Title: title}
	if len(parent) > 0 {
		n.ParentID = &parent[0]
	}
	i, err := b.Add(b.t.Context(), ben, b.task, n)
	if err != nil {
		b.t.Fatal(err)
	}
	return i.ID
}

// tree writes the checklists of the task, an item on a line, "x" for what is done.
func (b *bench) tree() string {
	b.t.Helper()
	roots, _, err := b.Trees(b.t.Context(), dan, b.task)
	if err != nil {
		b.t.Fatal(err)
	}
	var out strings.Builder
	var write func(nodes []*checklist.Node, indent string)
	write = func(nodes []*checklist.Node, indent string) {
		for _, n := range nodes {
			mark := ""
			if n.Complete {
				mark = " x"
			}
			fmt.Fprintf(&out, "%s%s%s %d/%d\n", indent, n.Title, mark, n.Done, n.Total)
			write(n.Parts, indent+" ")
		}
	}
	write(roots, "")
	return out.String()
}

func (b *bench) want(tree string) {
	b.t.Helper()
	if got := b.tree(); got != tree {
		b.t.Errorf("got\n%s\nwant\n%s", got, tree)
	}
}

func is(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error %v, want %v", got, want)
	}
}

func TestItemsFindTheirPlace(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.add("Rent a van")
		boxes := b.add(" Buy boxes ")
		b.add("of cardboard", boxes)
		b.add("Papers", 0)
		b.add("Nowhere", 4711)
		if _, found, err := b.SetComplete(ctx, dan, boxes, true); err != nil || !found {
			t.Fatal(found, err)
		}
		b.want("Checklist 1 1/3\n Rent a van 0/0\n Buy boxes x 0/1\n  of cardboard 0/0\nPapers 0/0\nNowhere 0/0\n")
		var progress map[int64]checklist.Progress
		err := b.db.Read(ctx, func(tx *db.Tx) (err error) {
			progress, err = b.ProgressTx(ctx, tx, []int64{b.task, 99})
			return err
		})
		if err != nil || len(progress) != 1 || progress[b.task] != (checklist.Progress{Done: 1, Total: 3}) {
			t.Errorf("progress %v %v", progress, err)
		}
		notes, err := b.tasks.History(ctx, anna, b.task, task.HistoryQuery{})
		if err != nil || len(notes) != 8 || notes[0].Field != task.NoteChecklistDone || notes[0].To != "Buy boxes" || notes[0].UserID != dan.ID {
			t.Errorf("%+v %v", notes, err)
		}
	})
}

func TestMoving(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		list := b.add("List", 0)
		first := b.add("first", list)
		b.add("one", first)
		b.add("two", first)
		three := b.add("three", first)
		second := b.add("second", list)
		third := b.add("third", list)
		move := func(f func(context.Context, user.Ref, int64, int64, int64) (checklist.Item, error), id, beside int64) error {
			_, err := f(ctx, ben, b.task, id, beside)
			return err
		}
		is(t, move(b.MoveAfter, three, second), nil)
		b.want("List 0/6\n first 0/2\n  one 0/0\n  two 0/0\n second 0/0\n three 0/0\n third 0/0\n")
		is(t, move(b.MoveBefore, third, first), nil)
		is(t, move(b.MoveAfter, third, third), nil)
		b.want("List 0/6\n third 0/0\n first 0/2\n  one 0/0\n  two 0/0\n second 0/0\n three 0/0\n")
		is(t, move(b.MoveAfter, list, first), checklist.ErrCycle)
		other := b.add("Other", 0)
		if _, err := b.Update(ctx, ben, b.task, list, checklist.Change{ParentID: &other}); err != nil {
			t.Fatal(err)
		}
		b.want("Other 0/7\n List 0/6\n  third 0/0\n  first 0/2\n   one 0/0\n   two 0/0\n  second 0/0\n  three 0/0\n")
		_, err := b.Update(ctx, ben, b.task, other, checklist.Change{ParentID: &first})
		is(t, err, checklist.ErrCycle)
		is(t, b.Delete(ctx, ben, b.task, first), nil)
		b.want("Other 0/4\n List 0/3\n  third 0/0\n  second 0/0\n  three 0/0\n")
	})
}

func TestItemsAreNestedOnlySoDeep(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		at := b.add("root", 0)
		for range checklist.MaxDepth {
			at = b.add("deeper", at)
		}
		_, err := b.Add(t.Context(), ben, b.task, checklist.New{Title: "too deep", ParentID: &at})
		is(t, err, checklist.ErrDepth)
		side := b.add("side", 0)
		b.add("below", side)
		_, err = b.Update(t.Context(), ben, b.task, side, checklist.Change{ParentID: &at})
		is(t, err, checklist.ErrDepth)
	})
}

func TestPeopleOfItemsTakePartInTheTask(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		add := func(members ...checklist.Member) (checklist.Item, error) {
			return b.Add(ctx, ben, b.task, checklist.New{Title: "Call", Members: members})
		}
		i, err := add(checklist.Member{UserID: cleo.ID, Role: "A"}, checklist.Member{UserID: 6, Role: "U"}, checklist.Member{UserID: cleo.ID, Role: "U"})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := b.tasks.Get(ctx, cleo, b.task)
		if !slices.Equal(got.Accomplices, []int64{3}) || !slices.Equal(got.Auditors, []int64{4, 6}) {
			t.Errorf("%v %v", got.Accomplices, got.Auditors)
		}
		if _, err := add(checklist.Member{UserID: 77, Role: "A"}); err == nil {
			t.Error("nobody takes part")
		}
		members := []checklist.Member{{UserID: dan.ID, Role: "U"}}
		if _, err := b.Update(ctx, cleo, b.task, i.ID, checklist.Change{Members: &members}); err != nil {
			t.Fatal(err)
		}
		if i, err = b.Get(ctx, dan, b.task, i.ID); err != nil || !slices.Equal(i.Members, members) {
			t.Errorf("%+v %v", i, err)
		}
		items, err := b.List(ctx, dan, b.task, checklist.Query{Order: []part.Order{{Name: "TITLE"}}})
		if err != nil || len(items) != 2 || items[0].Title != "Call" || len(items[0].Members) != 1 {
			t.Errorf("%+v %v", items, err)
		}
	})
}

func TestWhoMayWhat(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.add("Pack")
		other := b.newTask("Another")
		_, err := b.Add(ctx, dan, b.task, checklist.New{Title: "No"})
		is(t, err, checklist.ErrDenied)
		_, err = b.Add(ctx, eve, b.task, checklist.New{Title: "No"})
		is(t, err, task.ErrNotFound)
		_, err = b.Get(ctx, ben, other, id)
		is(t, err, checklist.ErrNotFound)
		is(t, b.Delete(ctx, ben, other, id), checklist.ErrNotFound)
		_, err = b.MoveAfter(ctx, ben, other, id, id)
		is(t, err, checklist.ErrNotFound)
		if _, found, err := b.SetComplete(ctx, eve, id, true); found || err != nil {
			t.Error(found, err)
		}
		for _, c := range []struct {
			actor  user.Ref
			action checklist.Action
			want   bool
		}{
			{ben, checklist.Add, true},
			{ben, checklist.Reorder, true},
			{dan, checklist.Modify, false},
			{dan, checklist.Toggle, true},
			{user.Ref{ID: 9, Admin: true}, checklist.Remove, true},
			{ben, 6, false},
			{ben, 0, false},
		} {
			if may, err := b.May(ctx, c.actor, b.task, id, c.action); may != c.want || err != nil {
				t.Errorf("%+v: %v %v", c, may, err)
			}
		}
		if err := b.tasks.Delete(ctx, anna, b.task); err != nil {
			t.Fatal(err)
		}
		var left int64
		err = b.db.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_checklist").Scan(&left)
		})
		if err != nil || left != 0 {
			t.Errorf("%d items of a deleted task are left, %v", left, err)
		}
	})
}

func TestTextsHaveLimits(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		for title, want := range map[string]error{
			"  ": checklist.ErrTitle, strings.Repeat("ä", checklist.MaxTitle): nil, strings.Repeat("ä", checklist.MaxTitle+1): checklist.ErrLong,
		} {
			_, err := b.Add(t.Context(), ben, b.task, checklist.New{Title: title})
			is(t, err, want)
		}
	})
}

// TestTenThousandItems fills a task by hand, and finds that it holds no more.
func TestTenThousandItems(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		root := b.add("Many", 0)
		err := b.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 10000)
				INSERT INTO task_checklist (kind, owner_id, parent_id, title, sort, created_by) SELECT 'T', ?, ?, 'x', n, 1 FROM n`, b.task, root)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Add(ctx, ben, b.task, checklist.New{Title: "one more"})
		is(t, err, checklist.ErrFull)
		items, err := b.List(ctx, dan, b.task, checklist.Query{})
		if err != nil || len(items) != checklist.MaxItems {
			t.Fatal(len(items), err)
		}
		if _, err := b.MoveBefore(ctx, ben, b.task, items[0].ID, items[len(items)-2].ID); err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(ctx, ben, b.task, root); err != nil {
			t.Fatal(err)
		}
		b.want("")
	})
}
