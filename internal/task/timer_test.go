package task_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
)

// told records what reminders are told of.
type told struct{ lines []string }

func (r *told) say(tx *db.Tx, format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	tx.AfterCommit(func() { r.lines = append(r.lines, line) })
	return nil
}

func (r *told) DeadlineTx(_ context.Context, tx *db.Tx, t task.Task, to []int64) error {
	return r.say(tx, "deadline of %s for %v", t.Title, to)
}

func (r *told) RemindTx(_ context.Context, tx *db.Tx, t task.Task, userID int64) error {
	return r.say(tx, "reminder of %s for %d", t.Title, userID)
}

func (r *told) AssignedTx(_ context.Context, tx *db.Tx, actorID int64, t task.Task) error {
	return r.say(tx, "%d gave %s to %d", actorID, t.Title, t.ResponsibleID)
}

func (r *told) StatusTx(_ context.Context, tx *db.Tx, actorID int64, t task.Task, to []int64) error {
	return r.say(tx, "%d moved %s to %d for %v", actorID, t.Title, t.Status, to)
}

func TestPeopleAreToldWhatConcernsThem(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) {
		b, r := newBench(d), &told{}
		b.Service = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b, Events: b, Live: b, Notices: r})
		id := b.add(t, task.Task{Title: "x"}).ID
		b.add(t, task.Task{Title: "own", ResponsibleID: anna.ID})
		if _, err := b.Start(t.Context(), ben, id); err != nil {
			t.Fatal(err)
		}
		if err := b.SetMark(t.Context(), anna, id, task.Muted, true); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Pause(t.Context(), ben, id); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Delegate(t.Context(), ben, id, cleo.ID); err != nil {
			t.Fatal(err)
		}
		if want := []string{"1 gave x to 2", "2 moved x to 3 for [1]", "2 gave x to 3"}; !slices.Equal(r.lines, want) {
			t.Errorf("told %q, want %q", r.lines, want)
		}
	})
}

func TestTimersFireOnceAlsoAfterRestart(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) {
		b, r := newBench(d), &told{}
		start := func() {
			b.Service = task.NewService(task.Config{DB: d, Clock: b.clock, Users: b, Events: b, Live: b, Notices: r})
		}
		start()
		fire := func() time.Time {
			t.Helper()
			next, err := b.FireDue(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return next
		}
		x := b.add(t, task.Task{Title: "x", Deadline: today.Add(2 * time.Hour)})
		y := b.add(t, task.Task{Title: "y", Deadline: today.Add(2 * time.Hour)})
		r.lines = nil
		if err := b.SetReminders(t.Context(), ben, x.ID, []time.Time{today.Add(time.Hour), today.Add(5 * time.Hour)}); err != nil {
			t.Fatal(err)
		}
		is(t, b.SetReminders(t.Context(), ben, x.ID, []time.Time{today.Add(-time.Hour)}), "TASK_INVALID")
		is(t, b.SetReminders(t.Context(), eve, x.ID, nil), "TASK_NOT_FOUND")
		if at, err := b.Reminders(t.Context(), ben, x.ID); err != nil || len(at) != 2 || !at[0].Equal(today.Add(time.Hour)) {
			t.Errorf("reminders %v, %v", at, err)
		}
		if next := fire(); len(r.lines) != 0 || !next.Equal(today.Add(time.Hour)) {
			t.Errorf("too early: %q, next %v", r.lines, next)
		}
		if _, err := b.Complete(t.Context(), ben, y.ID); err != nil {
			t.Fatal(err)
		}
		r.lines = nil
		start() // nobody ran for three hours
		b.clock.Advance(3 * time.Hour)
		if next := fire(); !slices.Equal(r.lines, []string{"reminder of x for 2", "deadline of x for [1 2]"}) || !next.Equal(today.Add(5*time.Hour)) {
			t.Errorf("told %q, next %v", r.lines, next)
		}
		fire()
		later := today.Add(4 * time.Hour)
		if _, err := b.Update(t.Context(), anna, x.ID, task.Change{Deadline: &later}); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(time.Hour + time.Second)
		fire()
		if !slices.Equal(r.lines[2:], []string{"deadline of x for [1 2]"}) {
			t.Errorf("a new deadline: %q", r.lines)
		}
		if err := b.Delete(t.Context(), anna, x.ID); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(24 * time.Hour)
		if next := fire(); !next.IsZero() || len(r.lines) != 3 {
			t.Errorf("of a task that is gone: %q, next %v", r.lines, next)
		}
	})
}
