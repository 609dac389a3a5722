package task

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/user"
)

// Structure tells who works below whom.
type Structure interface {
	// SubordinatesTx returns those in the departments that the user heads, and in all below these, without the user.
	SubordinatesTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error)
	// DepartmentMembersTx returns those who are in one of the departments themselves.
	DepartmentMembersTx(ctx context.Context, tx *db.Tx, departments []int64) ([]int64, error)
}

// subordinates are the people whose tasks actor sees because they work below them.
func (s *Service) subordinates(ctx context.Context, tx *db.Tx, actor user.Ref) ([]int64, error) {
	if s.structure == nil || actor.May(access.AllTasks) {
		return nil, nil
	}
	ids, err := s.structure.SubordinatesTx(ctx, tx, actor.ID)
	if err != nil {
		return nil, fmt.Errorf("people below %d: %w", actor.ID, err)
	}
	return ids, nil
}

// SeenTx returns the condition that actor sees the task whose id is column, an expression: they have a role in it, or head a
// department of somebody who has. Empty for those who see all.
func (s *Service) SeenTx(ctx context.Context, tx *db.Tx, actor user.Ref, column string) (record.SQL, error) {
	if actor.May(access.AllTasks) {
		return record.SQL{}, nil
	}
	below, err := s.subordinates(ctx, tx, actor)
	if err != nil {
		return record.SQL{}, err
	}
	args := append([]any{actor.ID}, db.Args(below)...)
	people := "user_id = ?"
	if len(args) > 1 {
		people = "user_id IN (" + db.Marks(len(args)) + ")"
	}
	return record.SQL{Text: column + " IN (SELECT task_id FROM task_member WHERE " + people + ")", Args: args}, nil
}

// sees reports whether actor sees t.
func (s *Service) sees(ctx context.Context, tx *db.Tx, actor user.Ref, t Task) (bool, error) {
	if actor.May(access.AllTasks) || t.has(actor.ID) {
		return true, nil
	}
	below, err := s.subordinates(ctx, tx, actor)
	return slices.ContainsFunc(below, t.has), err
}

// has reports whether the user has a role in the task.
func (t Task) has(id int64) bool { return slices.Contains(t.Members(), id) }
