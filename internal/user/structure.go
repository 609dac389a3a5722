package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// structureLock keeps two writers from putting departments below each other.
const structureLock = "departments"

// Faults of changes to the structure of the company.
var (
	ErrDepartmentLoop = fault.New(fault.Conflict, "DEPARTMENT_LOOP", "A department cannot be below itself.").At("parent")
	ErrDepartmentUsed = fault.New(fault.Conflict, "DEPARTMENT_USED",
		"The department still has people or departments in it. Move them first.")
)

// DepartmentChange says what of a department to change; nil leaves a field as it is.
type DepartmentChange struct {
	Name                   *string
	ParentID, HeadID, Sort *int64
}

// UpdateDepartment changes the department id. Faults: DEPARTMENT_NOT_FOUND (of it or its new parent), DEPARTMENT_LOOP,
// USER_NOT_FOUND of the head, INVALID_NAME.
func (s *Service) UpdateDepartment(ctx context.Context, id int64, c DepartmentChange) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, structureLock); err != nil {
			return err
		}
		d, err := departmentTx(ctx, tx, id)
		if err != nil {
			return err
		}
		set(&d.Name, c.Name)
		set(&d.ParentID, c.ParentID)
		set(&d.HeadID, c.HeadID)
		set(&d.Sort, c.Sort)
		if err := d.validate(); err != nil {
			return err
		}
		if err := s.checkPlaceTx(ctx, tx, d, c); err != nil {
			return err
		}
		err = tx.Later(ctx, "UPDATE department SET name = ?, folded = ?, parent_id = ?, head_id = ?, sort = ? WHERE id = ?",
			d.Name, fold(d.Name), d.ParentID, d.HeadID, d.Sort, id)
		if err != nil {
			return fmt.Errorf("update department: %w", err)
		}
		s.accessChangedTx(tx)
		return s.noteTx(ctx, tx, "DEPARTMENT_CHANGED", id, "Changed the department "+d.Name+".")
	})
}

// checkPlaceTx checks the head and the parent that a change gives to d.
func (s *Service) checkPlaceTx(ctx context.Context, tx *db.Tx, d Department, c DepartmentChange) error {
	if c.HeadID != nil && d.HeadID != 0 {
		if _, err := s.GetTx(ctx, tx, d.HeadID); err != nil {
			return err
		}
	}
	if c.ParentID == nil || d.ParentID == 0 {
		return nil
	}
	if err := departmentsExist(ctx, tx, []int64{d.ParentID}); err != nil {
		return err
	}
	const above = `WITH RECURSIVE up (id) AS (SELECT CAST(? AS BIGINT)
		UNION SELECT d.parent_id FROM department d JOIN up ON d.id = up.id) SELECT COUNT(*) FROM up WHERE id = ?`
	var n int64
	err := each(ctx, tx, above, []any{d.ParentID, d.ID}, func(rows *sql.Rows) error { return rows.Scan(&n) })
	if err != nil {
		return fmt.Errorf("look above department: %w", err)
	}
	if n > 0 {
		return ErrDepartmentLoop
	}
	return nil
}

// DeleteDepartment removes the department id, in which there must be nobody and no other department; dismissed people do
// not count and lose it. Faults: DEPARTMENT_NOT_FOUND, DEPARTMENT_USED.
func (s *Service) DeleteDepartment(ctx context.Context, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, structureLock); err != nil {
			return err
		}
		d, err := departmentTx(ctx, tx, id)
		if err != nil {
			return err
		}
		var n int64
		err = tx.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM department WHERE parent_id = ?) +
			(SELECT COUNT(*) FROM user_department d JOIN portal_user u ON u.id = d.user_id WHERE d.department_id = ? AND u.active = 1)`,
			id, id).Scan(&n)
		if err != nil {
			return fmt.Errorf("look into department: %w", err)
		}
		if n > 0 {
			return ErrDepartmentUsed
		}
		if err := s.emptyTx(ctx, tx, id, 0); err != nil {
			return err
		}
		return s.dropDepartmentTx(ctx, tx, d)
	})
}

// dropDepartmentTx deletes a department in which nobody and nothing is left.
func (s *Service) dropDepartmentTx(ctx context.Context, tx *db.Tx, d Department) error {
	if err := tx.Later(ctx, "DELETE FROM role_department WHERE department_id = ?", d.ID); err != nil {
		return fmt.Errorf("take roles from department: %w", err)
	}
	if err := tx.Later(ctx, "DELETE FROM department WHERE id = ?", d.ID); err != nil {
		return fmt.Errorf("delete department: %w", err)
	}
	s.accessChangedTx(tx)
	return s.noteTx(ctx, tx, "DEPARTMENT_DELETED", d.ID, "Deleted the department "+d.Name+".")
}

// emptyTx takes those who are in a department out of it and, unless it is 0, into another.
func (s *Service) emptyTx(ctx context.Context, tx *db.Tx, id, into int64) error {
	users, err := s.list(ctx, tx, Query{DepartmentID: id})
	if err != nil {
		return err
	}
	for _, u := range users {
		var stay []int64
		for _, d := range u.DepartmentIDs {
			if d == id {
				d = into
			}
			if d != 0 && !slices.Contains(stay, d) {
				stay = append(stay, d)
			}
		}
		s.changedTx(tx, u.ID)
		if err := tx.Later(ctx, "UPDATE portal_user SET departments = ? WHERE id = ?", joinIDs(stay), u.ID); err != nil {
			return fmt.Errorf("leave department: %w", err)
		}
		if err := storeDepartments(ctx, tx, u.ID, stay); err != nil {
			return err
		}
	}
	return nil
}

func departmentTx(ctx context.Context, tx *db.Tx, id int64) (d Department, err error) {
	err = tx.QueryRow(ctx, "SELECT id, name, parent_id, head_id, sort FROM department WHERE id = ?", id).Scan(&d.ID, &d.Name,
		&d.ParentID, &d.HeadID, &d.Sort)
	if errors.Is(err, db.ErrNoRows) {
		return d, ErrNoDepartment
	}
	if err != nil {
		return d, fmt.Errorf("read department: %w", err)
	}
	return d, nil
}
