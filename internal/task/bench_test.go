package task_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/record"
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
		_, err := tx.Exec(b.Context(), "INSERT INTO record_total (name, shard, n) VALUES (?, 0, ?) ON CONFLICT (name, shard) DO UPDATE SET n = excluded.n", task.EntityName, int64(benchTasks))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkList(b *testing.B) {
	d := dbtest.SQLite(b, record.Schema(), task.Schema())
	fill(b, d)
	s := newBench(d)
	e := s.Records().Entity()
	overdue, byDeadline := e.Where("DEADLINE", record.Less, db.Micro(today)), []record.Order{{Field: e.Field("DEADLINE"), Desc: true}}
	mine := e.Where("RESPONSIBLE_ID", record.Equal, int64(7))
	for _, c := range []struct {
		name string
		as   user.Ref
		q    record.Query
	}{
		{"overdue_of_one", user.Ref{ID: 7}, record.Query{Filter: record.And(mine, overdue), Order: byDeadline}},
		{"roles_of_one", user.Ref{ID: 7}, record.Query{Filter: overdue, Order: byDeadline}},
		{"admin_by_deadline", root, record.Query{Filter: overdue, Order: byDeadline}},
		{"admin_deep", root, record.Query{Order: []record.Order{{Field: e.Field("ID")}}, Offset: 190_000}},
		{"admin_title", root, record.Query{Filter: e.Where("TITLE", record.Contains, "99"), Order: byDeadline}},
	} {
		view, err := s.View(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		c.q.Fields = view.Selected(e.Default)
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
