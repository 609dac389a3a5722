// Package stage keeps boards: the stages through which the tasks of a group go, and those of everybody's own plan, with the order of
// the tasks in each. A task that nobody moved is in the first stage.
// Pages: api-reference/tasks/stages/.
package stage

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the boards.
func Schema() db.Schema { return db.EmbeddedSchema("task_stage", schemaFiles) }

// Kind is what a board belongs to.
type Kind string

// The kinds of boards.
const (
	OfUser  Kind = "U" // somebody's own plan
	OfGroup Kind = "G"
)

// The limits of boards.
const (
	MaxStages = 100
	MaxTitle  = 255 // characters
)

// Board is a board by what it belongs to.
type Board struct {
	Kind    Kind
	OwnerID int64
}

// Stage is a column of a board.
type Stage struct {
	ID    int64
	Board Board
	Title string
	Sort  int64
	Color string // six digits in hex
	// System is what a stage means that the portal made, e.g. "NEW" of the first one; mostly empty.
	System string
}

// Change says what of a stage to change; nil leaves a field as it is.
type Change struct {
	Title, Color *string
	After        *int64 // the stage behind which it comes; 0: it becomes the first
}

// The faults of boards, with the codes of their methods.
var (
	ErrTitle  = fault.New(fault.Invalid, "EMPTY_TITLE", "Stage title is not specified")
	ErrLong   = fault.Newf(fault.TooLarge, "ERROR_ARGUMENT", "A stage's title can have %d characters at most", MaxTitle)
	ErrColor  = fault.New(fault.Invalid, "ERROR_ARGUMENT", "A colour is six digits in hex")
	ErrFull   = fault.Newf(fault.TooLarge, "ERROR_ARGUMENT", "A board can have %d stages at most", MaxStages)
	ErrManage = fault.New(fault.Invalid, "ACCESS_DENIED", "You do not have permission to manage stages")
	ErrView   = fault.New(fault.Invalid, "ACCESS_DENIED", "You cannot view stages in this group")
	ErrMove   = fault.New(fault.Invalid, "ACCESS_DENIED_MOVE", "You cannot move this task")
	ErrTask   = fault.New(fault.Invalid, "TASK_NOT_FOUND", "Task not found or access to it is denied")
	ErrStage  = fault.New(fault.Invalid, "NOT_FOUND", "Stage not found")
	ErrFirst  = fault.New(fault.Invalid, "CANT_DELETE_FIRST", "Cannot delete the first stage. Move the stage to delete it")
	ErrSystem = fault.New(fault.Invalid, "IS_SYSTEM", "The default stage cannot be deleted")
)

// Config is what a Service needs. All of it is required.
type Config struct {
	DB    *db.DB
	Tasks part.Tasks
}

// Service keeps the boards of a portal. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	tasks part.Tasks
}

// NewService returns the service of the portal whose tables are in c.DB.
func NewService(c Config) *Service { return &Service{c.DB, c.Tasks} }

// initial are the stages that a board begins with.
func (b Board) initial() []Stage {
	if b.Kind == OfUser {
		return []Stage{{Title: "Not planned", Color: "00C4FB", System: "NEW"}, {Title: "I will do it this week", Color: "47D1E2"}}
	}
	return []Stage{
		{Title: "New", Color: "00C4FB", System: "NEW"},
		{Title: "In progress", Color: "47D1E2", System: "PROGRESS"},
		{Title: "Done", Color: "75D900", System: "FINISH"},
	}
}

// mayTx reports whether actor may use a board: their own plan, and the boards of groups in which they see a task. Administrators
// may use those of all groups.
func (s *Service) mayTx(ctx context.Context, tx *db.Tx, actor user.Ref, b Board) (bool, error) {
	if b.Kind == OfUser {
		return b.OwnerID == actor.ID, nil
	}
	if actor.Admin {
		return true, nil
	}
	seen, err := s.tasks.SeenTx(ctx, tx, actor, "t.id")
	if err != nil {
		return false, err
	}
	q, args := "SELECT COUNT(*) FROM (SELECT 1 AS one FROM task t WHERE t.group_id = ?", []any{b.OwnerID}
	if seen.Text != "" {
		q, args = q+" AND "+seen.Text, append(args, seen.Args...)
	}
	var n int64
	if err := tx.QueryRow(ctx, q+" LIMIT 1) x", args...).Scan(&n); err != nil {
		return false, fmt.Errorf("look for tasks of group: %w", err)
	}
	return n > 0, nil
}

// May reports whether actor may move tasks on a board.
func (s *Service) May(ctx context.Context, actor user.Ref, b Board) (ok bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		ok, err = s.mayTx(ctx, tx, actor, b)
		return err
	})
	return ok, err
}

// Stages returns the stages of a board in their order, and makes those that a board begins with. ErrView.
func (s *Service) Stages(ctx context.Context, actor user.Ref, b Board) (out []Stage, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = s.openTx(ctx, tx, actor, b, ErrView)
		return err
	})
	if len(out) > 0 || err != nil {
		return out, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out, err = s.lockedTx(ctx, tx, actor, b, ErrView)
		return err
	})
	return out, err
}

func (s *Service) openTx(ctx context.Context, tx *db.Tx, actor user.Ref, b Board, denied error) ([]Stage, error) {
	if ok, err := s.mayTx(ctx, tx, actor, b); err != nil || !ok {
		if err == nil {
			err = denied
		}
		return nil, err
	}
	return stagesTx(ctx, tx, b)
}

// lockedTx returns the stages of a board that nobody else changes until the transaction's end.
func (s *Service) lockedTx(ctx context.Context, tx *db.Tx, actor user.Ref, b Board, denied error) ([]Stage, error) {
	if err := tx.Lock(ctx, fmt.Sprintf("task board %s%d", b.Kind, b.OwnerID)); err != nil {
		return nil, err
	}
	list, err := s.openTx(ctx, tx, actor, b, denied)
	if err != nil || len(list) > 0 {
		return list, err
	}
	for i, st := range b.initial() {
		st.Board, st.Sort = b, int64(i+1)*100
		if err := insert(ctx, tx, &st); err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}

func insert(ctx context.Context, tx *db.Tx, st *Stage) (err error) {
	st.ID, err = tx.Insert(ctx, "INSERT INTO task_stage (kind, owner_id, title, sort, color, system_type) VALUES (?, ?, ?, ?, ?, ?)",
		string(st.Board.Kind), st.Board.OwnerID, st.Title, st.Sort, st.Color, st.System)
	if err != nil {
		return fmt.Errorf("insert stage: %w", err)
	}
	return nil
}

const stageColumns = "SELECT id, kind, owner_id, title, sort, color, system_type FROM task_stage WHERE "

func stagesTx(ctx context.Context, tx *db.Tx, b Board) (out []Stage, err error) {
	rows, err := tx.Query(ctx, stageColumns+"kind = ? AND owner_id = ? ORDER BY sort, id", string(b.Kind), b.OwnerID)
	if err != nil {
		return nil, fmt.Errorf("read stages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var st Stage
		if err := rows.Scan(&st.ID, &st.Board.Kind, &st.Board.OwnerID, &st.Title, &st.Sort, &st.Color, &st.System); err != nil {
			return nil, fmt.Errorf("read stages: %w", err)
		}
		out = append(out, st)
	}
	return out, rows.Err()
}

func stageTx(ctx context.Context, tx *db.Tx, id int64) (st Stage, err error) {
	err = tx.QueryRow(ctx, stageColumns+"id = ?", id).Scan(&st.ID, &st.Board.Kind, &st.Board.OwnerID, &st.Title, &st.Sort, &st.Color, &st.System)
	if errors.Is(err, db.ErrNoRows) {
		return st, ErrStage
	}
	if err != nil {
		return st, fmt.Errorf("read stage: %w", err)
	}
	return st, nil
}

// Many returns those of the stages ids that there are, by their numbers. It is for tasks in them that the caller may see.
func (s *Service) Many(ctx context.Context, ids []int64) (map[int64]Stage, error) {
	out := map[int64]Stage{}
	if len(ids) == 0 {
		return out, nil
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, stageColumns+"id IN ("+db.Marks(len(ids))+")", db.Args(ids)...)
		if err != nil {
			return fmt.Errorf("read stages: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var st Stage
			if err := rows.Scan(&st.ID, &st.Board.Kind, &st.Board.OwnerID, &st.Title, &st.Sort, &st.Color, &st.System); err != nil {
				return fmt.Errorf("read stages: %w", err)
			}
			out[st.ID] = st
		}
		return rows.Err()
	})
	return out, err
}

var hexColor = regexp.MustCompile(`^[0-9A-F]{6}$`)

// clean checks title and colour.
func (st *Stage) clean() error {
	st.Title = strings.TrimSpace(st.Title)
	st.Color = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(st.Color), "#"))
	switch {
	case st.Title == "":
		return ErrTitle
	case utf8.RuneCountInString(st.Title) > MaxTitle:
		return ErrLong
	case !hexColor.MatchString(st.Color):
		return ErrColor
	}
	return nil
}

// Add adds a stage behind another one, or with after 0 as the first. A stage without a colour gets a quiet one. Faults: ErrTitle,
// ErrLong, ErrColor, ErrFull, ErrManage, ErrStage where after is of another board.
func (s *Service) Add(ctx context.Context, actor user.Ref, st Stage, after int64) (Stage, error) {
	if st.Color == "" {
		st.Color = "ACE9FB"
	}
	if err := st.clean(); err != nil {
		return Stage{}, err
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		list, err := s.lockedTx(ctx, tx, actor, st.Board, ErrManage)
		if err != nil {
			return err
		}
		if len(list) >= MaxStages {
			return ErrFull
		}
		if err := insert(ctx, tx, &st); err != nil {
			return err
		}
		return orderTx(ctx, tx, list, st.ID, after)
	})
	return st, err
}

// orderTx puts the stage id behind another one of list, or first, and counts all anew.
func orderTx(ctx context.Context, tx *db.Tx, list []Stage, id, after int64) error {
	ids := []int64{}
	if after == 0 {
		ids = append(ids, id)
	}
	found := after == 0
	for _, st := range list {
		if st.ID != id {
			ids = append(ids, st.ID)
		}
		if st.ID == after && after != id {
			ids, found = append(ids, id), true
		}
	}
	if !found {
		return ErrStage
	}
	for i, id := range ids {
		if _, err := tx.Exec(ctx, "UPDATE task_stage SET sort = ? WHERE id = ? AND sort <> ?", int64(i+1)*100, id, int64(i+1)*100); err != nil {
			return fmt.Errorf("order stages: %w", err)
		}
	}
	return nil
}

// Update changes a stage, and its place where c says so. Faults as Add, and ErrStage.
func (s *Service) Update(ctx context.Context, actor user.Ref, id int64, c Change) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, list, err := s.ownTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if c.Title != nil {
			st.Title = *c.Title
		}
		if c.Color != nil {
			st.Color = *c.Color
		}
		if err := st.clean(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE task_stage SET title = ?, color = ? WHERE id = ?", st.Title, st.Color, id); err != nil {
			return fmt.Errorf("update stage: %w", err)
		}
		if c.After == nil || *c.After == id {
			return nil
		}
		return orderTx(ctx, tx, list, id, *c.After)
	})
}

// ownTx returns a stage that actor may change, with all of its board.
func (s *Service) ownTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Stage, []Stage, error) {
	st, err := stageTx(ctx, tx, id)
	if err != nil {
		return st, nil, err
	}
	list, err := s.lockedTx(ctx, tx, actor, st.Board, ErrManage)
	return st, list, err
}

// Delete removes a stage; its tasks go to the first one. Faults: ErrStage, ErrManage, ErrFirst, ErrSystem.
func (s *Service) Delete(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		st, list, err := s.ownTx(ctx, tx, actor, id)
		switch {
		case err != nil:
			return err
		case list[0].ID == id:
			return ErrFirst
		case st.System != "":
			return ErrSystem
		}
		for _, q := range [...]string{"DELETE FROM task_stage_place WHERE stage_id = ?", "DELETE FROM task_stage WHERE id = ?"} {
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return fmt.Errorf("delete stage: %w", err)
			}
		}
		if st.Board.Kind == OfUser {
			return nil
		}
		return s.tasks.LeaveStageTx(ctx, tx, st.Board.OwnerID, id)
	})
}

var _ task.Part = (*Service)(nil)

// TaskChangedTx takes a task off the board of the group that it has left.
func (s *Service) TaskChangedTx(ctx context.Context, tx *db.Tx, _ user.Ref, before, after task.Task) error {
	if before.GroupID == after.GroupID {
		return nil
	}
	const q = "DELETE FROM task_stage_place WHERE task_id = ? AND kind = 'G' AND owner_id <> ?"
	if _, err := tx.Exec(ctx, q, after.ID, after.GroupID); err != nil {
		return fmt.Errorf("take task off board: %w", err)
	}
	return nil
}

// TaskDeletedTx takes a task off all boards.
func (s *Service) TaskDeletedTx(ctx context.Context, tx *db.Tx, t task.Task) error {
	if _, err := tx.Exec(ctx, "DELETE FROM task_stage_place WHERE task_id = ?", t.ID); err != nil {
		return fmt.Errorf("take task off boards: %w", err)
	}
	return nil
}
