package user

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
)

// MembersTx returns the active employees in the department and in all below it, by their ids.
func (s *Service) MembersTx(ctx context.Context, tx *db.Tx, departmentID int64) ([]int64, error) {
	const text = `WITH RECURSIVE below (id) AS (
			SELECT id FROM department WHERE id = ?
			UNION SELECT d.id FROM department d JOIN below b ON d.parent_id = b.id)
		SELECT DISTINCT m.user_id FROM user_department m JOIN portal_user u ON u.id = m.user_id
		WHERE m.department_id IN (SELECT id FROM below) AND u.active = 1 AND u.kind = 'employee' ORDER BY m.user_id`
	return idsTx(ctx, tx, text, departmentID)
}

// EmployedTx returns which of ids are active employees.
func (s *Service) EmployedTx(ctx context.Context, tx *db.Tx, ids []int64) (out []int64, err error) {
	for part := range slices.Chunk(ids, maxIn) {
		list, args := in(db.Args(part))
		found, err := idsTx(ctx, tx, "SELECT id FROM portal_user WHERE id IN "+list+" AND active = 1 AND kind = 'employee'", args...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// DepartmentsTx returns the departments that somebody is in or heads.
func (s *Service) DepartmentsTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error) {
	return idsTx(ctx, tx, `SELECT department_id FROM user_department WHERE user_id = ?
		UNION SELECT id FROM department WHERE head_id = ? ORDER BY 1`, userID, userID)
}

// DepartmentPathTx returns the departments that somebody is in, and all above them.
func (s *Service) DepartmentPathTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error) {
	return idsTx(ctx, tx, `WITH RECURSIVE up (id) AS (SELECT department_id FROM user_department WHERE user_id = ?
			UNION SELECT d.parent_id FROM department d JOIN up ON d.id = up.id WHERE d.parent_id <> 0)
		SELECT id FROM up ORDER BY id`, userID)
}

// DepartmentExistsTx reports whether there is a department id.
func (s *Service) DepartmentExistsTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	found, err := idsTx(ctx, tx, "SELECT id FROM department WHERE id = ?", id)
	return len(found) > 0, err
}

// WhoMayTx returns the active employees who have a permission of their own, at most limit of them: administrators, and those to whom a role
// with it was given, by name or with their department. What the role of every employee allows makes nobody one of them.
func (s *Service) WhoMayTx(ctx context.Context, tx *db.Tx, p access.Set, limit int64) ([]int64, error) {
	roles := []int64{0} // none, so that the list is never empty
	err := each(ctx, tx, "SELECT id, permissions FROM role WHERE code <> ?", []any{RoleEmployee}, func(rows *sql.Rows) error {
		var id int64
		var permissions string
		err := rows.Scan(&id, &permissions)
		if access.Parse(permissions).Has(p) {
			roles = append(roles, id)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("roles with a permission: %w", err)
	}
	list, ids := in(db.Args(roles))
	return idsTx(ctx, tx, `SELECT id FROM portal_user WHERE active = 1 AND kind = 'employee' AND (admin = 1
		OR id IN (SELECT user_id FROM role_person WHERE role_id IN `+list+`)
		OR id IN (SELECT d.user_id FROM user_department d WHERE d.department_id IN (
			WITH RECURSIVE down (id) AS (SELECT department_id FROM role_department WHERE role_id IN `+list+`
				UNION SELECT c.id FROM department c JOIN down ON c.parent_id = down.id) SELECT id FROM down)))
		ORDER BY id LIMIT ?`, slices.Concat(ids, ids, []any{limit})...)
}

func idsTx(ctx context.Context, tx *db.Tx, text string, args ...any) (out []int64, err error) {
	err = each(ctx, tx, text, args, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		out = append(out, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("departments and their people: %w", err)
	}
	return out, nil
}
