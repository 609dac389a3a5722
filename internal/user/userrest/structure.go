package userrest

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// The documented faults of department.add, department.update and department.delete.
var (
	errStructure    = fault.New(fault.Invalid, "ERROR_CORE", "Access denied")
	errNoName       = fault.New(fault.Invalid, "ERROR_CORE", "Department name not provided.<br>")
	errOneTop       = fault.New(fault.Invalid, "ERROR_CORE", "There can only be one top-level department in the company structure")
	errNoDepartment = fault.New(fault.Invalid, "ERROR_CORE", "Department not found")
)

// coreFault returns a mistake of the caller as these methods word all of theirs: ERROR_CORE with a text.
func coreFault(err error) error {
	f := fault.Of(err)
	switch f.Kind {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.TooLarge:
		return fault.New(fault.Invalid, "ERROR_CORE", f.Text).Because(err)
	}
	return err
}

// departmentFields answers the fields of a department with their titles.
func (h handlers) departmentFields(context.Context, *rest.Call, rest.None) (phpform.Value, error) {
	var b phpform.Builder
	for _, f := range [][2]string{
		{"ID", "ID"}, {"NAME", "Department Name"}, {"SORT", "Sort Order"}, {"PARENT", "Parent Department"}, {"UF_HEAD", "Manager"},
	} {
		b.Set(f[0], phpform.StringOf(f[1]))
	}
	return b.Value(), nil
}

// departmentAddParams are the parameters of department.add. Without PARENT only the first department can be added.
type departmentAddParams struct {
	Name   string `b24:"NAME,needed"`
	Sort   int64  `b24:"SORT"`
	Parent int64  `b24:"PARENT"`
	Head   int64  `b24:"UF_HEAD"`
}

func (h handlers) departmentAdd(ctx context.Context, c *rest.Call, p departmentAddParams) (int64, error) {
	if !c.May(access.ManageDepartments) {
		return 0, errStructure
	}
	if p.Name == "" {
		return 0, errNoName
	}
	if p.Head != 0 {
		if _, err := h.users.Get(ctx, p.Head); err != nil {
			return 0, coreFault(err)
		}
	}
	if p.Parent <= 0 {
		_, total, err := h.users.Departments(ctx, user.DepartmentQuery{Limit: 1})
		if err != nil {
			return 0, err
		}
		if total > 0 {
			return 0, errOneTop
		}
	}
	d, err := h.users.CreateDepartment(ctx, user.Department{Name: p.Name, Sort: p.Sort, ParentID: max(0, p.Parent), HeadID: p.Head})
	if errors.Is(err, user.ErrNoDepartment) {
		return 0, errOneTop
	}
	return d.ID, coreFaultOrNil(err)
}

func coreFaultOrNil(err error) error {
	if err == nil {
		return nil
	}
	return coreFault(err)
}

// departmentUpdateParams are the parameters of department.update. UF_HEAD 0 leaves the department without a head.
type departmentUpdateParams struct {
	ID     int64   `b24:"ID,needed"`
	Name   *string `b24:"NAME"`
	Sort   *int64  `b24:"SORT"`
	Parent *int64  `b24:"PARENT"`
	Head   *int64  `b24:"UF_HEAD"`
}

func (h handlers) departmentUpdate(ctx context.Context, c *rest.Call, p departmentUpdateParams) (bool, error) {
	if !c.May(access.ManageDepartments) {
		return false, errStructure
	}
	d, err := h.users.Department(ctx, p.ID)
	if errors.Is(err, user.ErrNoDepartment) {
		return false, errNoDepartment
	}
	if err != nil {
		return false, err
	}
	if p.Parent != nil && *p.Parent <= 0 && d.ParentID != 0 {
		return false, errOneTop
	}
	if p.Parent != nil && *p.Parent < 0 {
		p.Parent = nil // it stands at the top already
	}
	if p.Parent != nil && *p.Parent != d.ParentID {
		if err := h.users.MayMoveBelow(ctx, actor(c), *p.Parent); errors.Is(err, user.ErrBeyond) {
			return false, errStructure
		} else if err != nil {
			return false, err
		}
	}
	err = h.users.UpdateDepartment(ctx, p.ID, user.DepartmentChange{Name: p.Name, Sort: p.Sort, ParentID: p.Parent, HeadID: p.Head})
	return err == nil, coreFaultOrNil(err)
}

// departmentDeleteParams are the parameters of department.delete.
type departmentDeleteParams struct {
	ID int64 `b24:"ID,needed"`
}

func (h handlers) departmentDelete(ctx context.Context, c *rest.Call, p departmentDeleteParams) (bool, error) {
	if !c.May(access.ManageDepartments) {
		return false, errStructure
	}
	err := h.users.DeleteDepartment(ctx, p.ID)
	return err == nil, coreFaultOrNil(err)
}
