package elapsed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

const recordColumns = "e.id, e.task_id, e.user_id, e.comment, e.seconds, e.source, e.created, e.started, e.stopped"

// MaxPage is how many records a page of a list holds at most.
const MaxPage = 50

// Query says which records to list.
type Query struct {
	TaskID int64 // 0: of all tasks that the reader sees
	Filter []part.Condition
	Order  []part.Order // none is the oldest first
	Limit  int64        // at most MaxPage; 0 is that
	Offset int64
}

// List returns a page of records at tasks that actor sees, and how many there are on all pages. task.ErrNotFound where they do
// not see the task that q names.
func (s *Service) List(ctx context.Context, actor user.Ref, q Query) (out []Record, total int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var where string
		var args []any
		if q.TaskID != 0 {
			if _, err := s.tasks.GetTx(ctx, tx, actor, q.TaskID); err != nil {
				return err
			}
			where, args = "e.task_id = ?", []any{q.TaskID}
		} else {
			seen, err := s.tasks.SeenTx(ctx, tx, actor, "e.task_id")
			if err != nil {
				return err
			}
			if where, args = "1 = 1", nil; seen.Text != "" {
				where, args = seen.Text, seen.Args
			}
		}
		more, values := columns.Where(q.Filter)
		where, args = where+more, append(args, values...)
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM task_elapsed e WHERE "+where, args...).Scan(&total); err != nil {
			return fmt.Errorf("count time records: %w", err)
		}
		if q.Limit <= 0 || q.Limit > MaxPage {
			q.Limit = MaxPage
		}
		out, err = query(ctx, tx, where+columns.OrderBy(q.Order, "e.id")+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
		return err
	})
	return out, total, err
}

// Latest returns the newest record of each of several tasks, by task. It asks nobody's leave: it is for tasks that the caller sees.
func (s *Service) Latest(ctx context.Context, tasks []int64) (map[int64]Record, error) {
	out := map[int64]Record{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		for ids := range slices.Chunk(tasks, 500) {
			list, err := query(ctx, tx, "e.id IN (SELECT MAX(id) FROM task_elapsed WHERE task_id IN ("+db.Marks(len(ids))+") GROUP BY task_id)", db.Args(ids)...)
			if err != nil {
				return err
			}
			for _, r := range list {
				out[r.TaskID] = r
			}
		}
		return nil
	})
	return out, err
}

// Spent returns how long people worked on a task that actor sees. Fault: task.ErrNotFound.
func (s *Service) Spent(ctx context.Context, actor user.Ref, taskID int64) (d time.Duration, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.tasks.GetTx(ctx, tx, actor, taskID); err != nil {
			return err
		}
		d, err = SpentTx(ctx, tx, taskID)
		return err
	})
	return d, err
}

// Get returns a record of a task. Faults: ErrNotFound, task.ErrNotFound.
func (s *Service) Get(ctx context.Context, actor user.Ref, taskID, id int64) (r Record, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.tasks.GetTx(ctx, tx, actor, taskID); err != nil {
			return err
		}
		r, err = recordTx(ctx, tx, taskID, id)
		return err
	})
	return r, err
}

func recordTx(ctx context.Context, tx *db.Tx, taskID, id int64) (Record, error) {
	list, err := query(ctx, tx, "e.id = ? AND e.task_id = ?", id, taskID)
	if err != nil {
		return Record{}, err
	}
	if len(list) == 0 {
		return Record{}, ErrNotFound
	}
	return list[0], nil
}

func query(ctx context.Context, tx *db.Tx, where string, args ...any) ([]Record, error) {
	rows, err := tx.Query(ctx, "SELECT "+recordColumns+" FROM task_elapsed e WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read time records: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Record
	for rows.Next() {
		var r Record
		var spent, created, started, stopped int64
		err := rows.Scan(&r.ID, &r.TaskID, &r.UserID, &r.Comment, &spent, &r.Source, &created, &started, &stopped)
		if err != nil {
			return nil, fmt.Errorf("read time records: %w", err)
		}
		r.Spent = time.Duration(spent) * time.Second
		r.Created, r.Started, r.Stopped = db.Time(created), db.Time(started), db.Time(stopped)
		out = append(out, r)
	}
	return out, rows.Err()
}
