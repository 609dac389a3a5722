package task

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/user"
)

// Get returns the task id. ErrNotFound where it does not exist or actor has no role in it.
func (s *Service) Get(ctx context.Context, actor user.Ref, id int64) (t Task, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		t, err = s.getTx(ctx, tx, actor, id)
		return err
	})
	return t, err
}

// getTx reads the task id with everything that belongs to it.
func (s *Service) getTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Task, error) {
	tasks, err := query(ctx, tx, "WHERE t.id = ?", id)
	if err != nil {
		return Task{}, fmt.Errorf("read task %d: %w", id, err)
	}
	if len(tasks) == 0 {
		return Task{}, ErrNotFound
	}
	t := tasks[0]
	if err := s.readLists(ctx, tx, &t); err != nil {
		return Task{}, fmt.Errorf("read task %d: %w", id, err)
	}
	if seen, err := s.sees(ctx, tx, actor, t); err != nil || !seen {
		return Task{}, cmp.Or(err, error(ErrNotFound))
	}
	return t, nil
}

const selectTask = `SELECT t.id, t.parent_id, t.title, t.description, t.mark, t.priority, t.status, t.responsible_id, t.created_by,
	t.group_id, t.stage_id, t.deadline, t.date_start, t.start_date_plan, t.end_date_plan, t.duration_plan, t.duration_type,
	t.time_estimate, t.allow_change_deadline, t.allow_time_tracking, t.task_control, t.add_in_report, t.match_work_time,
	t.xml_id, t.guid, t.deadline_by_parts, t.complete_by_parts, t.result_required, t.allow_change_plan, t.forked_by_template_id, t.chat_id, t.created_date, t.changed_date, t.status_changed_date, t.closed_date, t.activity_date, t.changed_by,
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
	var flags [9]int64
	err = rows.Scan(&t.ID, &t.ParentID, &t.Title, &t.Description, &t.Mark, &t.Priority, &t.Status, &t.ResponsibleID, &t.CreatedBy,
		&t.GroupID, &t.StageID, &moments[0], &moments[1], &moments[2], &moments[3], &t.DurationPlan, &t.DurationType,
		&estimate, &flags[0], &flags[1], &flags[2], &flags[3], &flags[4],
		&t.XMLID, &t.GUID, &flags[5], &flags[6], &flags[7], &flags[8], &t.TemplateID, &t.ChatID, &moments[4], &moments[5], &moments[6], &moments[7], &moments[8], &t.ChangedBy,
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
	for i, flag := range []*bool{
		&t.AllowChangeDeadline, &t.AllowTimeTracking, &t.TaskControl, &t.AddInReport, &t.MatchWorkTime,
		&t.DeadlineByParts, &t.CompleteByParts, &t.ResultRequired, &t.AllowChangePlan,
	} {
		*flag = flags[i] != 0
	}
	return t, nil
}

// listFields are the fields of a task that are in tables of their own.
func (s *Service) listFields() []*record.Field {
	e := s.records.Entity()
	return []*record.Field{e.Field("ACCOMPLICES"), e.Field("AUDITORS"), e.Field("TAGS"), e.Field("DEPENDS_ON"), e.Field("UF_CRM_TASK")}
}

// readLists fills in what is in tables of its own.
func (s *Service) readLists(ctx context.Context, tx *db.Tx, t *Task) error {
	rows, err := s.records.RowsTx(ctx, tx, 0, s.listFields(), []int64{t.ID})
	if err != nil {
		return err
	}
	t.setLists(rows[0])
	return nil
}

// setLists puts a row of listFields into t.
func (t *Task) setLists(row []any) {
	t.Accomplices, _ = row[0].([]int64)
	t.Auditors, _ = row[1].([]int64)
	t.Tags, _ = row[2].([]string)
	t.DependsOn, _ = row[3].([]int64)
	t.CRM, _ = row[4].([]string)
}

// Many returns the tasks ids with their lists of people, tags and predecessors, by their numbers. Whether somebody may see them is
// not looked at: ids come from a List.
func (s *Service) Many(ctx context.Context, ids []int64) (map[int64]Task, error) {
	out := make(map[int64]Task, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		b := &builder{}
		b.add("WHERE t.id IN ")
		args := db.Args(ids)
		b.in(args)
		tasks, err := query(ctx, tx, b.sql.String(), b.args...)
		if err != nil {
			return fmt.Errorf("read tasks: %w", err)
		}
		rows, err := s.records.RowsTx(ctx, tx, 0, s.listFields(), ids)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			out[t.ID] = t
		}
		for i, id := range ids {
			if t, ok := out[id]; ok {
				t.setLists(rows[i])
				out[id] = t
			}
		}
		return nil
	})
	return out, err
}

// ReminderCounts returns how many reminders the user has of each of the tasks ids.
func (s *Service) ReminderCounts(ctx context.Context, userID int64, ids []int64) (map[int64]int64, error) {
	out := map[int64]int64{}
	if len(ids) == 0 {
		return out, nil
	}
	b := &builder{}
	args := db.Args(ids)
	b.add("SELECT task_id, COUNT(*) FROM task_reminder WHERE user_id = ? AND task_id IN ", userID)
	b.in(args)
	b.add(" GROUP BY task_id")
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, b.sql.String(), b.args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, n int64
			if err := rows.Scan(&id, &n); err != nil {
				return err
			}
			out[id] = n
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("count reminders: %w", err)
	}
	return out, nil
}

// See remembers that actor has looked at the task: it is no longer new to them, nor are its comments.
func (s *Service) See(ctx context.Context, actor user.Ref, id int64) error {
	var seen, comments int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT viewed_date, new_comments FROM task_view WHERE task_id = ? AND user_id = ?", id, actor.ID).Scan(&seen, &comments)
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) || seen > 0 && comments == 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.getTx(ctx, tx, actor, id); err != nil {
			return err
		}
		if comments > 0 {
			tx.AfterCommit(func() { s.live.Publish([]int64{actor.ID}, "task:changed", Hint{ID: id, Counters: true}) })
		}
		return seeTx(ctx, tx, id, actor.ID, s.clock.Now())
	})
}

// CommentedTx counts a new comment of author's for everybody else who has a role in the task id. service is for what the portal
// wrote by itself.
func (s *Service) CommentedTx(ctx context.Context, tx *db.Tx, id, author int64, service bool) error {
	t, err := s.AnyTx(ctx, tx, id)
	if err != nil {
		return err
	}
	own := db.Bit(service)
	_, err = tx.Exec(ctx, "UPDATE task SET comments_count = comments_count + 1, service_comments_count = service_comments_count + ?, activity_date = ? WHERE id = ?",
		own, db.Micro(s.now()), id)
	if err != nil {
		return fmt.Errorf("count comment: %w", err)
	}
	var rows []any
	for _, userID := range t.Members() {
		if userID != author {
			rows = append(rows, id, userID, 1)
		}
	}
	if service || len(rows) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, "INSERT INTO task_view (task_id, user_id, new_comments) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(rows)/3), ", ")+
		" ON CONFLICT (task_id, user_id) DO UPDATE SET new_comments = task_view.new_comments + 1", rows...)
	if err != nil {
		return fmt.Errorf("count comment: %w", err)
	}
	return nil
}

// CommentsReadTx says that the user has n comments of the task id left to read, at most, or with back exactly: what they saw on the card
// does not count again because the messenger does not know of it. Their open pages are told where that changes something.
func (s *Service) CommentsReadTx(ctx context.Context, tx *db.Tx, id, userID, n int64, back bool) error {
	q, args := "UPDATE task_view SET new_comments = ? WHERE task_id = ? AND user_id = ? AND new_comments > ?", []any{n, id, userID, n}
	if back {
		q = `INSERT INTO task_view (new_comments, task_id, user_id) VALUES (?, ?, ?)
			ON CONFLICT (task_id, user_id) DO UPDATE SET new_comments = excluded.new_comments WHERE task_view.new_comments <> ?`
	}
	changed, err := tx.Exec(ctx, q, args...)
	if err != nil {
		return fmt.Errorf("count comments to read: %w", err)
	}
	if changed > 0 {
		tx.AfterCommit(func() { s.live.Publish([]int64{userID}, "task:changed", Hint{ID: id, Counters: true}) })
	}
	return nil
}

func seeTx(ctx context.Context, tx *db.Tx, id, userID int64, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO task_view (task_id, user_id, viewed_date) VALUES (?, ?, ?)
		ON CONFLICT (task_id, user_id) DO UPDATE SET viewed_date = excluded.viewed_date, new_comments = 0`, id, userID, db.Micro(now))
	return err
}
