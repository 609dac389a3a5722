package user

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

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

// DepartmentsAbove returns those of the departments ids that exist, and all above them, by their ids.
func (s *Service) DepartmentsAbove(ctx context.Context, ids []int64) ([]Department, error) {
	return s.departmentsFrom(ctx, ids, "SELECT d.parent_id FROM department d JOIN reached r ON d.id = r.id WHERE d.parent_id <> 0")
}

// DepartmentsBelow returns those of the departments ids that exist, and all below them, by their ids.
func (s *Service) DepartmentsBelow(ctx context.Context, ids []int64) ([]Department, error) {
	return s.departmentsFrom(ctx, ids, "SELECT d.id FROM department d JOIN reached r ON d.parent_id = r.id")
}

// departmentsFrom returns the departments that a step, again and again, leads to.
func (s *Service) departmentsFrom(ctx context.Context, ids []int64, step string) (out []Department, err error) {
	known := map[int64]bool{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		clear(known)
		for part := range slices.Chunk(ids, maxIn) {
			list, args := in(db.Args(part))
			text := "WITH RECURSIVE reached (id) AS (SELECT id FROM department WHERE id IN " + list + " UNION " + step + `)
				SELECT id, name, parent_id, head_id, sort FROM department WHERE id IN (SELECT id FROM reached) ORDER BY id`
			err := each(ctx, tx, text, args, func(rows *sql.Rows) error {
				var d Department
				err := rows.Scan(&d.ID, &d.Name, &d.ParentID, &d.HeadID, &d.Sort)
				if !known[d.ID] {
					known[d.ID], out = true, append(out, d)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("read departments: %w", err)
			}
		}
		return nil
	})
	return out, err
}

// EmployeesOf returns the active employees who are in each of departments themselves, in the order of their ids. A department in which
// there is nobody is missing.
func (s *Service) EmployeesOf(ctx context.Context, departments []int64) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		for part := range slices.Chunk(departments, maxIn) {
			list, args := in(db.Args(part))
			text := `SELECT m.department_id, m.user_id FROM user_department m JOIN portal_user u ON u.id = m.user_id
				WHERE m.department_id IN ` + list + ` AND u.active = 1 AND u.kind = 'employee' ORDER BY m.department_id, m.user_id`
			err := each(ctx, tx, text, args, func(rows *sql.Rows) error {
				var department, id int64
				err := rows.Scan(&department, &id)
				out[department] = append(out[department], id)
				return err
			})
			if err != nil {
				return fmt.Errorf("people of departments: %w", err)
			}
		}
		return nil
	})
	return out, err
}
