package task_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// lines writes notes as "field from to by", each on a line.
func lines(notes []task.Note) string {
	var b strings.Builder
	for _, n := range notes {
		fmt.Fprintf(&b, "%s %q %q %d\n", n.Field, n.From, n.To, n.UserID)
	}
	return b.String()
}

func TestHistory(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		id := b.add(t, task.Task{Title: "Offer"}).ID
		b.clock.Advance(time.Minute)
		title, tags, auditors, due := "Contract", []string{"law"}, []int64{dan.ID, cleo.ID}, today.Add(time.Hour)
		if _, err := b.Update(ctx, anna, id, task.Change{Title: &title, Tags: &tags, Auditors: &auditors, Deadline: &due}); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(time.Minute)
		if _, err := b.Complete(ctx, ben, id); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("NEW \"\" \"\" 1\nTITLE \"Offer\" \"Contract\" 1\nAUDITORS \"\" \"3,4\" 1\nTAGS \"\" \"law\" 1\nDEADLINE \"\" \"%d\" 1\nSTATUS \"2\" \"5\" 2\n", due.Unix())
		notes, err := b.History(ctx, dan, id, task.HistoryQuery{Oldest: true})
		if err != nil || lines(notes) != want {
			t.Errorf("%v\n%s\nwant\n%s", err, lines(notes), want)
		}
		notes, err = b.History(ctx, dan, id, task.HistoryQuery{Fields: []string{"STATUS", "NEW"}})
		if err != nil || lines(notes) != "STATUS \"2\" \"5\" 2\nNEW \"\" \"\" 1\n" {
			t.Errorf("%v\n%s", err, lines(notes))
		}
		_, err = b.History(ctx, eve, id, task.HistoryQuery{})
		is(t, err, "TASK_NOT_FOUND")
	})
}

// follower writes down what it is told, as a part of tasks is.
type follower struct{ told []string }

func (f *follower) TaskChangedTx(_ context.Context, _ *db.Tx, actor user.Ref, before, after task.Task) error {
	f.told = append(f.told, fmt.Sprintf("%d %v→%v", actor.ID, before.Members(), after.Members()))
	return nil
}

func (f *follower) TaskDeletedTx(_ context.Context, _ *db.Tx, t task.Task) error {
	f.told = append(f.told, "gone "+t.Title)
	return nil
}

func TestPartsFollow(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) {
		ctx, b, f := t.Context(), newBench(d), &follower{}
		b.SetParts(f)
		id := b.add(t, task.Task{Title: "Offer"}).ID
		b.events, b.hints = nil, nil
		share := func(accomplices, auditors []int64) error {
			return d.Write(ctx, func(tx *db.Tx) error { return b.ShareTx(ctx, tx, eve, id, accomplices, auditors) })
		}
		if err := share([]int64{cleo.ID, ben.ID}, []int64{cleo.ID, dan.ID}); err != nil {
			t.Fatal(err)
		}
		if err := share([]int64{cleo.ID}, []int64{anna.ID}); err != nil { // nothing new
			t.Fatal(err)
		}
		is(t, share([]int64{77}, nil), "TASK_INVALID")
		note := func(tx *db.Tx) error {
			found, err := b.GetTx(ctx, tx, dan, id)
			if err != nil {
				return err
			}
			return b.NoteTx(ctx, tx, dan, found, task.Note{Field: task.NoteChecklistAdd, To: strings.Repeat("ä", 2000)})
		}
		if err := d.Write(ctx, note); err != nil {
			t.Fatal(err)
		}
		got, err := b.Get(ctx, anna, id)
		if err != nil || !slices.Equal(got.Accomplices, []int64{cleo.ID}) || !slices.Equal(got.Auditors, []int64{dan.ID}) {
			t.Errorf("%+v %v", got, err)
		}
		notes, _ := b.History(ctx, anna, id, task.HistoryQuery{Fields: []string{task.NoteChecklistAdd}})
		if len(notes) != 1 || notes[0].To != strings.Repeat("ä", 1000) {
			t.Errorf("%+v", notes)
		}
		if len(b.events) != 1 || len(b.hints) != 2 {
			t.Errorf("events %v, hints %v", b.events, b.hints)
		}
		if err := b.Delete(ctx, anna, id); err != nil {
			t.Fatal(err)
		}
		if want := []string{"5 [1 2]→[1 2 3 4]", "gone Offer"}; !slices.Equal(f.told, want) {
			t.Errorf("told %q", f.told)
		}
	})
}
