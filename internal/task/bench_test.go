package task_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

const benchTasks = 200_000

// fill stores benchTasks tasks of 1,000 people.
func fill(b *testing.B, d *db.DB) {
	b.Helper()
	err := d.Write(b.Context(), func(tx *db.Tx) error {
		for i := int64(1); i <= benchTasks; i++ {
			responsible, creator := i*7919%1000+1, i%1000+1
			deadline := db.Micro(today.Add(time.Duration(i%400-300) * time.Hour))
			if i%5 == 0 {
				deadline = 0
			}
			title := fmt.Sprintf("task %d", i)
			_, err := tx.Exec(b.Context(), `INSERT INTO task (title, title_lower, responsible_id, created_by, created_date, changed_by, changed_date,
				status_changed_by, status_changed_date, activity_date, deadline, guid, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				title, title, responsible, creator, i, creator, i, creator, i, i, deadline, "{}", 2+i%4)
			if err != nil {
				return err
			}
			_, err = tx.Exec(b.Context(), "INSERT INTO task_member (task_id, user_id, role) VALUES (?, ?, 'R'), (?, ?, 'O')", i, responsible, i, creator)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkList(b *testing.B) {
	d := dbtest.SQLite(b, task.Schema())
	fill(b, d)
	s := newBench(d)
	eq := func(field string, n int64) task.Condition {
		return task.Condition{Field: field, Values: []task.Value{{Int: n}}}
	}
	before := task.Condition{Field: "DEADLINE", Op: task.Less, Values: []task.Value{{Time: today}}}
	byDeadline := []task.Order{{Field: "DEADLINE", Desc: true}}
	for _, c := range []struct {
		name string
		as   user.Ref
		q    task.Query
	}{
		{"overdue_of_one", user.Ref{ID: 7}, task.Query{Filter: []task.Condition{eq("RESPONSIBLE_ID", 7), before}, Order: byDeadline}},
		{"roles_of_one", user.Ref{ID: 7}, task.Query{Filter: []task.Condition{before}, Order: byDeadline}},
		{"admin_by_deadline", root, task.Query{Filter: []task.Condition{before}, Order: byDeadline}},
		{"admin_deep", root, task.Query{Order: []task.Order{{Field: "ID"}}, Offset: 190_000}},
		{"admin_title", root, task.Query{Filter: []task.Condition{{Field: "TITLE", Op: task.Contains, Values: []task.Value{{Text: "99"}}}}, Order: byDeadline}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if l, err := s.List(b.Context(), c.as, c.q); err != nil || len(l.Rows) == 0 {
					b.Fatal(len(l.Rows), err)
				}
			}
		})
	}
	for _, sort := range []task.Sort{task.SortDeadline, task.SortChanged} {
		b.Run("overview_"+string(sort), func(b *testing.B) {
			for b.Loop() {
				p, err := s.Overview(context.Background(), user.Ref{ID: 7}, task.Overview{OwnerID: 7, View: task.ViewAll, Sort: sort, Limit: 50})
				if err != nil || len(p.Tasks) != 50 {
					b.Fatal(len(p.Tasks), err)
				}
			}
		})
	}
}
