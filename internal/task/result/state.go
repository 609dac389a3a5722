package result

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// State says whether a task has results, whether one of them is of the work that still goes on, and whether one is the viewer's.
type State struct{ Any, Open, Mine bool }

// States returns the states of those of the tasks ids that have results, for a viewer. Whether they may see them is not looked at.
func (s *Service) States(ctx context.Context, viewer int64, ids []int64) (map[int64]State, error) {
	out := map[int64]State{}
	if len(ids) == 0 {
		return out, nil
	}
	args := append([]any{viewer}, db.Args(ids)...)
	sql := "SELECT task_id, MAX(CASE WHEN status = 'open' THEN 1 ELSE 0 END), MAX(CASE WHEN author_id = ? THEN 1 ELSE 0 END) FROM task_result WHERE task_id IN (" + db.Marks(len(ids)) + ") GROUP BY task_id"
	err := s.c.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, open, mine int64
			if err := rows.Scan(&id, &open, &mine); err != nil {
				return err
			}
			out[id] = State{Any: true, Open: open == 1, Mine: mine == 1}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("states of results: %w", err)
	}
	return out, nil
}
