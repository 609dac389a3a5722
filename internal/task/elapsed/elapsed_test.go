package elapsed_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/user"
)

var (
	today          = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	anna, ben, dan = user.Ref{ID: 1}, user.Ref{ID: 2}, user.Ref{ID: 4}
)

type world struct{}

func (world) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		out[id] = user.User{ID: id}
	}
	return out, nil
}
func (world) EmitTx(context.Context, *db.Tx, string, int64, phpform.Value) error { return nil }
func (world) Publish([]int64, string, any)                                       {}

type bench struct {
	*elapsed.Service
	t     *testing.T
	db    *db.DB
	clock *clock.Manual
	tasks *task.Service
}

func open(t *testing.T, d *db.DB, clk *clock.Manual) *bench {
	b := &bench{t: t, db: d, clock: clk}
	b.tasks = task.NewService(task.Config{DB: d, Clock: clk, Users: world{}, Events: world{}, Live: world{}})
	b.Service = elapsed.NewService(elapsed.Config{DB: d, Clock: clk, Tasks: b.tasks, Users: world{}})
	b.tasks.SetParts(b.Service)
	return b
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema(), elapsed.Schema()}, func(t *testing.T, d *db.DB) { test(t, open(t, d, clock.NewManual(today))) })
}

func (b *bench) newTask(title string) int64 {
	b.t.Helper()
	x, err := b.tasks.Create(b.t.Context(), anna, task.Task{Title: title, ResponsibleID: ben.ID, Auditors: []int64{dan.ID}})
	if err != nil {
		b.t.Fatal(err)
	}
	return x.ID
}

// spent returns what the task says was spent on it, and its records.
func (b *bench) spent(id int64) (int64, []elapsed.Record) {
	b.t.Helper()
	e := b.tasks.Records().Entity()
	list, err := b.tasks.List(b.t.Context(), anna, record.Query{
		Fields: []*record.Field{e.Field("ID"), e.Field("TIME_SPENT_IN_LOGS")}, Filter: e.Where("ID", record.Equal, id),
	})
	if err != nil || len(list.Rows) != 1 {
		b.t.Fatal(list, err)
	}
	records, _, err := b.List(b.t.Context(), anna, elapsed.Query{TaskID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	return list.Rows[0][1].(int64), records
}

func TestATimerRunsOnWhileNoProgramDoes(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		move, paint := b.newTask("Move"), b.newTask("Paint")
		if _, err := b.Start(ctx, ben, move); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(90 * time.Second)
		again := open(t, b.db, b.clock) // as after a restart
		if running, ok, err := again.Running(ctx, ben.ID); !ok || err != nil || running.TaskID != move || !running.Started.Equal(today) {
			t.Errorf("%+v %v %v", running, ok, err)
		}
		if running, err := again.Start(ctx, ben, move); err != nil || !running.Started.Equal(today) {
			t.Errorf("a second start: %+v %v", running, err)
		}
		b.clock.Advance(30*time.Second + 400*time.Millisecond)
		if _, err := again.Start(ctx, ben, paint); err != nil { // the other one stops
			t.Fatal(err)
		}
		total, records := b.spent(move)
		if total != 120 || len(records) != 1 || records[0].Spent != 2*time.Minute || records[0].Source != elapsed.ByTimer ||
			!records[0].Started.Equal(today) || records[0].UserID != ben.ID {
			t.Errorf("%d %+v", total, records)
		}
		x, _ := b.tasks.Get(ctx, ben, move)
		if x.Status != task.InProgress || !x.Started.Equal(today) {
			t.Errorf("%+v", x)
		}
		b.clock.Advance(time.Minute)
		if timers, err := b.RunningAt(ctx, dan, paint); err != nil || len(timers) != 1 || timers[0].UserID != ben.ID {
			t.Errorf("%v %v", timers, err)
		}
		if _, err := b.tasks.Complete(ctx, anna, paint); err != nil {
			t.Fatal(err)
		}
		if total, _ := b.spent(paint); total != 60 {
			t.Errorf("a completed task has %d seconds", total)
		}
		if _, err := b.Stop(ctx, ben); !errors.Is(err, elapsed.ErrNoTimer) {
			t.Errorf("%v", err)
		}
	})
}

func TestTimersAreForThoseWhoWork(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.newTask("Move")
		for _, actor := range []user.Ref{anna, dan} {
			if _, err := b.Start(ctx, actor, id); !errors.Is(err, elapsed.ErrDenied) {
				t.Errorf("%d: %v", actor.ID, err)
			}
		}
		if _, err := b.tasks.Complete(ctx, ben, id); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Start(ctx, ben, id); !errors.Is(err, elapsed.ErrDenied) {
			t.Errorf("a completed task: %v", err)
		}
	})
}

func TestTimeGoesWithItsTask(t *testing.T) {
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.newTask("Move")
		r, err := b.Add(ctx, dan, elapsed.Record{TaskID: id, Spent: time.Hour, Comment: " looked on "})
		if err != nil || r.UserID != dan.ID || r.Comment != "looked on" {
			t.Fatal(r, err)
		}
		minute := time.Minute
		if _, err := b.Update(ctx, dan, id, r.ID, elapsed.Change{Spent: &minute}); err != nil {
			t.Fatal(err)
		}
		notes, _ := b.tasks.History(ctx, anna, id, task.HistoryQuery{Fields: []string{task.NoteTimeSpent}})
		if len(notes) != 2 || notes[0].From != "3600" || notes[0].To != "60" || notes[1].From != "0" {
			t.Errorf("%+v", notes)
		}
		if _, err := b.Start(ctx, ben, id); err != nil {
			t.Fatal(err)
		}
		if err := b.tasks.Delete(ctx, anna, id); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := b.Running(ctx, ben.ID); ok || err != nil {
			t.Error("the timer of a deleted task runs", err)
		}
		list, total, err := b.List(ctx, user.Ref{Admin: true}, elapsed.Query{})
		if err != nil || total != 0 || len(list) != 0 {
			t.Error(list, total, err)
		}
	})
}
