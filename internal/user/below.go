package user

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// SubordinatesTx returns those in the departments that the user heads, and in all below these, without the user. For somebody
// who heads none it costs one look at the departments.
func (s *Service) SubordinatesTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error) {
	var heads int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM department WHERE head_id = ?", userID).Scan(&heads); err != nil {
		return nil, fmt.Errorf("departments of %d: %w", userID, err)
	}
	if heads == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `WITH RECURSIVE below (id) AS (
			SELECT id FROM department WHERE head_id = ?
			UNION SELECT d.id FROM department d JOIN below b ON d.parent_id = b.id)
		SELECT DISTINCT user_id FROM user_department WHERE department_id IN (SELECT id FROM below) AND user_id <> ? ORDER BY user_id`, userID, userID)
	if err != nil {
		return nil, fmt.Errorf("people below %d: %w", userID, err)
	}
	return readPeople(rows)
}

// DepartmentMembersTx returns those who are in one of the departments themselves, each once.
func (s *Service) DepartmentMembersTx(ctx context.Context, tx *db.Tx, departments []int64) ([]int64, error) {
	if len(departments) == 0 {
		return nil, nil
	}
	args := db.Args(departments)
	rows, err := tx.Query(ctx, "SELECT DISTINCT user_id FROM user_department WHERE department_id IN ("+db.Marks(len(args))+
		") ORDER BY user_id", args...)
	if err != nil {
		return nil, fmt.Errorf("people of departments: %w", err)
	}
	return readPeople(rows)
}

func readPeople(rows *sql.Rows) (out []int64, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read people: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}
