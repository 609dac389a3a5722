package stage

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// gap is between the positions of tasks in a column, so that one fits between two without touching others.
const gap = 1 << 16

// Move says where a task goes: into a stage, before or after another task that is there; at the top where both are 0.
type Move struct {
	TaskID, StageID int64
	Before, After   int64
}

// Move moves a task that actor sees. On the board of a group it is a change of the task, which is emitted. Faults: ErrTask,
// ErrStage, ErrMove where the board is not actor's to use, the task is not of its group, or Before and After are not in the stage.
func (s *Service) Move(ctx context.Context, actor user.Ref, m Move) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, err := stageTx(ctx, tx, m.StageID)
		if err != nil {
			return err
		}
		t, err := s.tasks.GetTx(ctx, tx, actor, m.TaskID)
		if errors.Is(err, task.ErrNotFound) {
			return ErrTask
		}
		if err != nil {
			return err
		}
		if st.Board.Kind == OfGroup && t.GroupID != st.Board.OwnerID {
			return ErrMove
		}
		list, err := s.lockedTx(ctx, tx, actor, st.Board, ErrMove)
		if err != nil {
			return err
		}
		if err := s.placeTx(ctx, tx, actor, st, list[0].ID == st.ID, m); err != nil {
			return err
		}
		if st.Board.Kind == OfUser {
			return s.tasks.NoteTx(ctx, tx, actor, t)
		}
		_, err = s.tasks.ChangeTx(ctx, tx, actor, t.ID, func(t *task.Task) { t.StageID = st.ID })
		return err
	})
}

// placeTx gives a task its position in a column.
func (s *Service) placeTx(ctx context.Context, tx *db.Tx, actor user.Ref, st Stage, first bool, m Move) error {
	if first {
		if err := s.settleTx(ctx, tx, actor, st); err != nil {
			return err
		}
	}
	pos, err := s.positionTx(ctx, tx, st, m)
	if err != nil {
		return err
	}
	const put = `INSERT INTO task_stage_place (kind, owner_id, task_id, stage_id, pos) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (kind, owner_id, task_id) DO UPDATE SET stage_id = excluded.stage_id, pos = excluded.pos`
	if _, err := tx.Exec(ctx, put, string(st.Board.Kind), st.Board.OwnerID, m.TaskID, st.ID, pos); err != nil {
		return fmt.Errorf("place task: %w", err)
	}
	return nil
}

// settleTx gives positions to the tasks that are in the first stage because nobody moved them: below the others, the newest first.
func (s *Service) settleTx(ctx context.Context, tx *db.Tx, actor user.Ref, st Stage) error {
	scope, args, err := s.scopeTx(ctx, tx, actor, st.Board)
	if err != nil {
		return err
	}
	q := `INSERT INTO task_stage_place (kind, owner_id, task_id, stage_id, pos)
		SELECT CAST(? AS TEXT), CAST(? AS BIGINT), t.id, CAST(? AS BIGINT), (SELECT COALESCE(MAX(pos), 0) FROM task_stage_place WHERE stage_id = ?) +
			ROW_NUMBER() OVER (ORDER BY t.id DESC) * CAST(? AS BIGINT)
		FROM task t WHERE ` + scope + ` AND NOT EXISTS (SELECT 1 FROM task_stage_place p WHERE p.kind = ? AND p.owner_id = ? AND p.task_id = t.id)`
	b := st.Board
	all := append([]any{string(b.Kind), b.OwnerID, st.ID, st.ID, int64(gap)}, args...)
	if _, err := tx.Exec(ctx, q, append(all, string(b.Kind), b.OwnerID)...); err != nil {
		return fmt.Errorf("settle tasks of board: %w", err)
	}
	return nil
}

// scopeTx returns the condition that the task t is on a board for actor. In one's own plan is what one has to do; on that of a
// group what one sees of it.
func (s *Service) scopeTx(ctx context.Context, tx *db.Tx, actor user.Ref, b Board) (string, []any, error) {
	if b.Kind == OfUser {
		return "t.id IN (SELECT task_id FROM task_member WHERE user_id = ? AND role IN ('R', 'A')) AND t.status NOT IN (4, 5)", []any{b.OwnerID}, nil
	}
	where, args := "t.group_id = ?", []any{b.OwnerID}
	seen, err := s.tasks.SeenTx(ctx, tx, actor, "t.id")
	if err == nil && seen.Text != "" {
		where, args = where+" AND "+seen.Text, append(args, seen.Args...)
	}
	return where, args, err
}

// positionTx finds the position that m asks for.
func (s *Service) positionTx(ctx context.Context, tx *db.Tx, st Stage, m Move) (int64, error) {
	beside := m.Before
	if beside == 0 {
		beside = m.After
	}
	if beside == 0 || beside == m.TaskID {
		var top int64
		err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(pos), 0) FROM task_stage_place WHERE stage_id = ?", st.ID).Scan(&top)
		if err != nil {
			return 0, fmt.Errorf("find top of stage: %w", err)
		}
		return top - gap, nil
	}
	for range 2 {
		pos, ok, err := betweenTx(ctx, tx, st, m.TaskID, beside, m.Before != 0)
		if err != nil || ok {
			return pos, err
		}
		if err := renumberTx(ctx, tx, st); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("no room in stage %d", st.ID)
}

// betweenTx returns a position before or after a task in a stage; false where there is no room.
func betweenTx(ctx context.Context, tx *db.Tx, st Stage, id, beside int64, before bool) (int64, bool, error) {
	var at int64
	err := tx.QueryRow(ctx, "SELECT pos FROM task_stage_place WHERE stage_id = ? AND task_id = ?", st.ID, beside).Scan(&at)
	if errors.Is(err, db.ErrNoRows) {
		return 0, false, ErrMove
	}
	if err != nil {
		return 0, false, fmt.Errorf("find place: %w", err)
	}
	q, step := "SELECT COALESCE(MIN(pos), ?) FROM task_stage_place WHERE stage_id = ? AND pos > ? AND task_id <> ?", int64(gap)
	if before {
		q, step = "SELECT COALESCE(MAX(pos), ?) FROM task_stage_place WHERE stage_id = ? AND pos < ? AND task_id <> ?", -gap
	}
	var other int64
	if err := tx.QueryRow(ctx, q, at+2*step, st.ID, at, id).Scan(&other); err != nil {
		return 0, false, fmt.Errorf("find place: %w", err)
	}
	middle := at + (other-at)/2
	return middle, middle != at && middle != other, nil
}

// renumberTx gives the tasks of a stage positions with room between them.
func renumberTx(ctx context.Context, tx *db.Tx, st Stage) error {
	const q = `UPDATE task_stage_place SET pos = r.n * ? FROM (
			SELECT task_id, ROW_NUMBER() OVER (ORDER BY pos, task_id DESC) AS n FROM task_stage_place WHERE stage_id = ?
		) r WHERE task_stage_place.task_id = r.task_id AND task_stage_place.stage_id = ?`
	if _, err := tx.Exec(ctx, q, int64(gap), st.ID, st.ID); err != nil {
		return fmt.Errorf("renumber stage: %w", err)
	}
	return nil
}

// Column is a stage with the tasks in it.
type Column struct {
	Stage

	TaskIDs []int64 // in their order, those of the page
	Total   int64
}

// MaxPage is how many tasks of a column are read at once.
const MaxPage = 100

// Columns returns the stages of a board, each with its first tasks, at most limit. ErrView.
func (s *Service) Columns(ctx context.Context, actor user.Ref, b Board, limit int64) ([]Column, error) {
	list, err := s.Stages(ctx, actor, b)
	if err != nil {
		return nil, err
	}
	out := make([]Column, len(list))
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		for i, st := range list {
			if out[i], err = s.columnTx(ctx, tx, actor, st, i == 0, 0, limit); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Column returns the tasks of a stage from an offset on. Faults: ErrStage, ErrView.
func (s *Service) Column(ctx context.Context, actor user.Ref, id, offset, limit int64) (c Column, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		st, err := stageTx(ctx, tx, id)
		if err != nil {
			return err
		}
		list, err := s.openTx(ctx, tx, actor, st.Board, ErrView)
		if err != nil {
			return err
		}
		c, err = s.columnTx(ctx, tx, actor, st, list[0].ID == id, offset, limit)
		return err
	})
	return c, err
}

func (s *Service) columnTx(ctx context.Context, tx *db.Tx, actor user.Ref, st Stage, first bool, offset, limit int64) (Column, error) {
	c := Column{Stage: st}
	scope, args, err := s.scopeTx(ctx, tx, actor, st.Board)
	if err != nil {
		return c, err
	}
	placed := "p.stage_id = ?"
	if first { // also those whose stage is gone, and those that nobody moved
		placed = "(p.stage_id = ? OR p.stage_id IS NULL)"
	}
	from := ` FROM task t LEFT JOIN task_stage_place p ON p.kind = ? AND p.owner_id = ? AND p.task_id = t.id WHERE ` + scope + " AND " + placed
	all := append(append([]any{string(st.Board.Kind), st.Board.OwnerID}, args...), st.ID)
	if err := tx.QueryRow(ctx, "SELECT COUNT(*)"+from, all...).Scan(&c.Total); err != nil {
		return c, fmt.Errorf("count tasks of stage: %w", err)
	}
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	rows, err := tx.Query(ctx, "SELECT t.id"+from+" ORDER BY CASE WHEN p.pos IS NULL THEN 1 ELSE 0 END, p.pos, t.id DESC LIMIT ? OFFSET ?",
		append(all, limit, offset)...)
	if err != nil {
		return c, fmt.Errorf("read tasks of stage: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return c, fmt.Errorf("read tasks of stage: %w", err)
		}
		c.TaskIDs = append(c.TaskIDs, id)
	}
	return c, rows.Err()
}

// Planned returns the tasks that somebody has planned: those of their own plan that they moved out of its first stage, in the order of
// stages and places (api-reference/tasks/planner/task-planner-get-list.md).
func (s *Service) Planned(ctx context.Context, actor user.Ref) (ids []int64, err error) {
	b := Board{OfUser, actor.ID}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		scope, args, err := s.scopeTx(ctx, tx, actor, b)
		if err != nil {
			return err
		}
		q := `SELECT t.id FROM task_stage_place p JOIN task_stage g ON g.id = p.stage_id JOIN task t ON t.id = p.task_id
			WHERE p.kind = 'U' AND p.owner_id = ? AND g.system_type <> 'NEW' AND ` + scope + " ORDER BY g.sort, g.id, p.pos, t.id DESC LIMIT 1000"
		rows, err := tx.Query(ctx, q, append([]any{actor.ID}, args...)...)
		if err != nil {
			return fmt.Errorf("read plan: %w", err)
		}
		defer func() { _ = rows.Close() }()
		ids = []int64{}
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return fmt.Errorf("read plan: %w", err)
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}
