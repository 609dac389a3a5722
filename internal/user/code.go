package user

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
)

// DepartmentCodesTx returns the access codes that mean a user by their departments: "D5" for a department that they are in, "DR5" and
// "DR1" for it and those above, each with all below.
func (s *Service) DepartmentCodesTx(ctx context.Context, tx *db.Tx, id int64) (codes []string, err error) {
	const q = `WITH RECURSIVE up (id, direct) AS (
			SELECT department_id, 1 FROM user_department WHERE user_id = ?
			UNION SELECT d.parent_id, 0 FROM department d JOIN up ON d.id = up.id WHERE d.parent_id <> 0
		) SELECT id, MAX(direct) FROM up GROUP BY id ORDER BY id`
	err = each(ctx, tx, q, []any{id}, func(rows *sql.Rows) error {
		var department, direct int64
		if err := rows.Scan(&department, &direct); err != nil {
			return err
		}
		n := strconv.FormatInt(department, 10)
		if direct != 0 {
			codes = append(codes, "D"+n)
		}
		codes = append(codes, "DR"+n)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read departments: %w", err)
	}
	return codes, nil
}
