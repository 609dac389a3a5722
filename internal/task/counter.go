package task

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Role is what a person has to do with a task.
type Role string

// The roles, as they are kept.
const (
	AnyRole     Role = ""
	Responsible Role = "R"
	Accomplice  Role = "A"
	Auditor     Role = "U"
	Originator  Role = "O"
)

// Counters are what waits for a person in their tasks (api-reference/tasks/tasks-task-counters-get.md). Muted tasks count for
// nothing.
type Counters struct {
	Expired     int64 // tasks whose deadline has passed, in which the person does something or waits for it
	NewComments int64 // comments that they have not seen
}

// Counters counts for the user in the tasks in which they have role, of the group or, with 0, of all.
func (s *Service) Counters(ctx context.Context, userID, groupID int64, role Role) (c Counters, err error) {
	now := db.Micro(s.clock.Now())
	where, args := "m.user_id = ?", []any{userID}
	if role != AnyRole {
		where, args = where+" AND m.role = ?", append(args, string(role))
	}
	group := ""
	if groupID != 0 {
		group = " AND t.group_id = ?"
	}
	tasks := " FROM task t LEFT JOIN task_view v ON v.task_id = t.id AND v.user_id = ? WHERE COALESCE(v.muted, 0) = 0" + group +
		" AND t.id IN (SELECT m.task_id FROM task_member m WHERE " + where + ")"
	all := []any{userID}
	if groupID != 0 {
		all = append(all, groupID)
	}
	all = append(all, args...)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT COUNT(*)"+tasks+" AND t.deadline > 0 AND t.deadline < ? AND t.status NOT IN (4, 5, 6)", append(all, now)...).Scan(&c.Expired)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT CAST(COALESCE(SUM(v.new_comments), 0) AS BIGINT)"+tasks+" AND v.new_comments > 0", all...).Scan(&c.NewComments)
	})
	if err != nil {
		return c, fmt.Errorf("counters of tasks: %w", err)
	}
	return c, nil
}

// MayCount reports whether actor may know the counters of the user: their own, those of people below them, or all.
func (s *Service) MayCount(ctx context.Context, actor user.Ref, userID int64) (ok bool, err error) {
	if actor.ID == userID {
		return true, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		known, err := s.users.ManyTx(ctx, tx, []int64{userID})
		if err != nil || len(known) == 0 {
			return err
		}
		ok, err = s.sees(ctx, tx, actor, Task{ResponsibleID: userID, CreatedBy: userID})
		return err
	})
	return ok, err
}
