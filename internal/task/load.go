package task

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Get returns the task id. ErrNotFound where it does not exist or actor has no role in it.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (t Task, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err = getTx(ctx, tx, actor, id)
		return err
	})
	return t, err
}

// getTx reads the task id with everything that belongs to it.
func getTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Task, error) {
	tasks, err := query(ctx, tx, "WHERE t.id = ?", id)
	if err != nil {
		return Task{}, fmt.Errorf("read task %d: %w", id, err)
	}
	if len(tasks) == 0 {
		return Task{}, ErrNotFound
	}
	t := tasks[0]
	if err := readLists(ctx, tx, &t); err != nil {
		return Task{}, fmt.Errorf("read task %d: %w", id, err)
	}
	if !actor.May(access.AllTasks) && !t.has(actor.ID) {
		return Task{}, ErrNotFound
	}
	return t, nil
}

// has reports whether the user has a role in the task.
func (t Task) has(id int64) bool { return slices.Contains(t.Members(), id) }

const selectTask = `SELECT t.id, t.parent_id, t.title, t.description, t.mark, t.priority, t.status, t.responsible_id, t.created_by,
	t.group_id, t.stage_id, t.deadline, t.date_start, t.start_date_plan, t.end_date_plan, t.duration_plan, t.duration_type,
	t.time_estimate, t.allow_change_deadline, t.allow_time_tracking, t.task_control, t.add_in_report, t.match_work_time,
	t.xml_id, t.guid, t.created_date, t.changed_date, t.status_changed_date, t.closed_date, t.activity_date, t.changed_by,
	t.status_changed_by, t.closed_by FROM task t `

// query reads tasks without their lists.
func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Task, error) {
	rows, err := tx.Query(ctx, selectTask+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Task
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

func scan(rows *sql.Rows) (t Task, err error) {
	var moments [9]int64 // in the order of targets
	var estimate int64
	var flags [5]int64
	err = rows.Scan(&t.ID, &t.ParentID, &t.Title, &t.Description, &t.Mark, &t.Priority, &t.Status, &t.ResponsibleID, &t.CreatedBy,
		&t.GroupID, &t.StageID, &moments[0], &moments[1], &moments[2], &moments[3], &t.DurationPlan, &t.DurationType,
		&estimate, &flags[0], &flags[1], &flags[2], &flags[3], &flags[4],
		&t.XMLID, &t.GUID, &moments[4], &moments[5], &moments[6], &moments[7], &moments[8], &t.ChangedBy,
		&t.StatusChangedBy, &t.ClosedBy)
	if err != nil {
		return t, err
	}
	targets := []*time.Time{
		&t.Deadline, &t.Started, &t.StartPlan, &t.EndPlan, &t.Created, &t.Changed, &t.StatusChanged, &t.Closed, &t.Activity,
	}
	for i, target := range targets {
		*target = db.Time(moments[i])
	}
	t.TimeEstimate = time.Duration(estimate) * time.Second
	for i, flag := range []*bool{&t.AllowChangeDeadline, &t.AllowTimeTracking, &t.TaskControl, &t.AddInReport, &t.MatchWorkTime} {
		*flag = flags[i] != 0
	}
	return t, nil
}

// readLists fills in what is in tables of its own.
func readLists(ctx context.Context, tx *db.Tx, t *Task) error {
	at := map[int64]int{t.ID: 0}
	fields := []*Field{FieldOf("ACCOMPLICES"), FieldOf("AUDITORS"), FieldOf("TAGS"), FieldOf("DEPENDS_ON")}
	row := [][]any{values(fields, nil)}
	for i, f := range fields {
		if err := readList(ctx, tx, f, i, at, row); err != nil {
			return err
		}
	}
	t.Accomplices, _ = row[0][0].([]int64)
	t.Auditors, _ = row[0][1].([]int64)
	t.Tags, _ = row[0][2].([]string)
	t.DependsOn, _ = row[0][3].([]int64)
	return nil
}

// See remembers that actor has looked at the task: it is no longer new to them. The first look is what counts.
func (s *Service) See(ctx context.Context, actor user.Ref, id int64) error {
	var seen int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT viewed_date FROM task_view WHERE task_id = ? AND user_id = ?", id, actor.ID).Scan(&seen)
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) || seen > 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		return seeTx(ctx, tx, id, actor.ID, s.clock.Now())
	})
}

func seeTx(ctx context.Context, tx *db.Tx, id, userID int64, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO task_view (task_id, user_id, viewed_date) VALUES (?, ?, ?)
		ON CONFLICT (task_id, user_id) DO UPDATE SET viewed_date = excluded.viewed_date`, id, userID, db.Micro(now))
	return err
}

// SetFavorite puts the task among the favourites of actor, or takes it out. ErrNotFound where they may not see it.
func (s *Service) SetFavorite(ctx context.Context, actor user.Ref, id int64, favorite bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO task_view (task_id, user_id, favorite) VALUES (?, ?, ?)
			ON CONFLICT (task_id, user_id) DO UPDATE SET favorite = excluded.favorite`, id, actor.ID, number(favorite))
		return err
	})
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
