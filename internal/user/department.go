package user

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Department is a part of the company.
type Department struct {
	ID       int64
	Name     string
	ParentID int64 // 0: the top
	HeadID   int64 // 0: nobody
	Sort     int64 // smaller comes first; 0 is stored as 500
}

// DepartmentQuery says which departments a list holds. Zero values and nil mean any.
type DepartmentQuery struct {
	IDs, Sorts, ParentIDs, HeadIDs []int64
	Names                          []string // whole names, in any case
	Search                         string   // words that begin a word of the name

	OrderBy    string // "id", "name", "sort", "parent" or "head"; empty: sort, then name
	Descending bool
	Offset     int64
	Limit      int64 // 0: all
}

// ErrNoDepartment is returned for a department that does not exist.
var ErrNoDepartment = fault.New(fault.NotFound, "DEPARTMENT_NOT_FOUND", "Department not found").At("department")

// CreateDepartment stores a department and returns it with its id, which is taken as given unless it is 0.
func (s *Service) CreateDepartment(ctx context.Context, d Department) (Department, error) {
	if err := d.validate(); err != nil {
		return Department{}, err
	}
	if d.Sort == 0 {
		d.Sort = 500
	}
	var stored Department
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, structureLock); err != nil {
			return err
		}
		if d.ParentID != 0 {
			if err := departmentsExist(ctx, tx, []int64{d.ParentID}); err != nil {
				return err
			}
		}
		stored = d // the transaction may run again
		if err := insertDepartment(ctx, tx, &stored); err != nil {
			return err
		}
		s.accessChangedTx(tx)
		return s.noteTx(ctx, tx, "DEPARTMENT_ADDED", stored.ID, "Added the department "+d.Name+".")
	})
	return stored, err
}

// validate cleans d and checks what can be checked without the database.
func (d *Department) validate() error {
	d.Name = strings.TrimSpace(clean(d.Name))
	if d.Name == "" || utf8.RuneCountInString(d.Name) > maxText {
		return invalid("name", "Enter a name of at most "+strconv.Itoa(maxText)+" characters.")
	}
	return nil
}

func insertDepartment(ctx context.Context, tx *db.Tx, d *Department) (err error) {
	args := []any{d.Name, fold(d.Name), d.ParentID, d.HeadID, d.Sort}
	if d.ID == 0 {
		d.ID, err = tx.Insert(ctx, "INSERT INTO department (name, folded, parent_id, head_id, sort) VALUES (?, ?, ?, ?, ?)", args...)
		if err != nil {
			return fmt.Errorf("insert department: %w", err)
		}
		return nil
	}
	n, err := tx.Exec(ctx, `INSERT INTO department (name, folded, parent_id, head_id, sort, id) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`, append(args, d.ID)...)
	if err != nil {
		return fmt.Errorf("insert department: %w", err)
	}
	if n == 0 {
		return fault.New(fault.Conflict, "ID_BUSY", "A department with this number exists.").At("id")
	}
	return countOn(ctx, tx, "department")
}

// SetHead makes the user headID the head of the department id; 0 leaves it without one.
func (s *Service) SetHead(ctx context.Context, id, headID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if headID != 0 {
			if _, err := s.GetTx(ctx, tx, headID); err != nil {
				return err
			}
		}
		n, err := tx.Exec(ctx, "UPDATE department SET head_id = ? WHERE id = ?", headID, id)
		if err != nil {
			return fmt.Errorf("set head: %w", err)
		}
		if n == 0 {
			return ErrNoDepartment
		}
		return nil
	})
}

func departmentsExist(ctx context.Context, tx *db.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > maxIn {
		return ErrNoDepartment
	}
	var n int
	list, args := in(db.Args(ids))
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM department WHERE id IN "+list, args...).Scan(&n); err != nil {
		return fmt.Errorf("look for departments: %w", err)
	}
	if n != len(ids) {
		return ErrNoDepartment
	}
	return nil
}

// Departments returns the departments of q, and how many there would be without Offset and Limit.
func (s *Service) Departments(ctx context.Context, q DepartmentQuery) (list []Department, total int64, err error) {
	where := q.where()
	text := "SELECT id, name, parent_id, head_id, sort FROM department" + where.String() + q.order()
	args := where.args
	if q.Limit > 0 || q.Offset > 0 {
		limit := q.Limit
		if limit <= 0 {
			limit = 1 << 62
		}
		text, args = text+" LIMIT ? OFFSET ?", append(slices.Clip(args), limit, q.Offset)
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		err := each(ctx, tx, text, args, func(rows *sql.Rows) error {
			var d Department
			err := rows.Scan(&d.ID, &d.Name, &d.ParentID, &d.HeadID, &d.Sort)
			list = append(list, d)
			return err
		})
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT COUNT(*) FROM department"+where.String(), where.args...).Scan(&total)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read departments: %w", err)
	}
	return list, total, nil
}

func (q DepartmentQuery) where() *clause {
	c := &clause{}
	for _, f := range []struct {
		column string
		ids    []int64
	}{{"id", q.IDs}, {"sort", q.Sorts}, {"parent_id", q.ParentIDs}, {"head_id", q.HeadIDs}} {
		if f.ids != nil {
			c.addIn(f.column, db.Args(f.ids))
		}
	}
	if q.Names != nil {
		c.addIn("folded", db.Args(foldAll(q.Names)))
	}
	for _, word := range words(q.Search) {
		c.add(`' ' || folded LIKE ? ESCAPE '\'`, "% "+db.Like(word)+"%")
	}
	return c
}

func (q DepartmentQuery) order() string {
	column, ok := map[string]string{
		"id": "id", "name": "folded", "sort": "sort", "parent": "parent_id", "head": "head_id",
	}[q.OrderBy]
	if !ok {
		return " ORDER BY sort, folded, id"
	}
	if q.Descending {
		return " ORDER BY " + column + " DESC, id DESC"
	}
	return " ORDER BY " + column + ", id"
}

// DepartmentSizes returns how many active employees each department has.
func (s *Service) DepartmentSizes(ctx context.Context) (map[int64]int64, error) {
	sizes := map[int64]int64{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		const text = `SELECT d.department_id, COUNT(*) FROM user_department d JOIN portal_user u ON u.id = d.user_id
			WHERE u.active = 1 AND u.kind = 'employee' GROUP BY d.department_id`
		return each(ctx, tx, text, nil, func(rows *sql.Rows) error {
			var id, n int64
			err := rows.Scan(&id, &n)
			sizes[id] = n
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("count people: %w", err)
	}
	return sizes, nil
}

// Department returns the department id. ErrNoDepartment when there is none.
func (s *Service) Department(ctx context.Context, id int64) (Department, error) {
	list, _, err := s.Departments(ctx, DepartmentQuery{IDs: []int64{id}})
	if err != nil {
		return Department{}, err
	}
	if len(list) == 0 {
		return Department{}, ErrNoDepartment
	}
	return list[0], nil
}
