package user

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
)

// ChangeAs is Update by actor, who manages people: see Managed. Only administrators make administrators, and nobody is put
// into a department whose roles allow more than actor may.
// Faults: those of Managed and Update.
func (s *Service) ChangeAs(ctx context.Context, actor Ref, id int64, c Change) (User, error) {
	u, err := s.Managed(ctx, actor, id)
	if err != nil {
		return User{}, err
	}
	if u.Kind == Bot || u.Kind == Visitor {
		return User{}, ErrNotFound
	}
	if c.Admin != nil && *c.Admin != u.Admin && !actor.Admin {
		return User{}, ErrBeyond
	}
	if c.DepartmentIDs != nil {
		if err := s.mayPlace(ctx, actor, u.DepartmentIDs, *c.DepartmentIDs); err != nil {
			return User{}, err
		}
	}
	return s.Update(ctx, id, c)
}

// CreateAs is Create by actor, who manages people: see ChangeAs. Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, and those of Create.
func (s *Service) CreateAs(ctx context.Context, actor Ref, n NewUser) (User, error) {
	if !actor.May(access.ManagePeople) {
		return User{}, ErrMayNot
	}
	if n.Admin && !actor.Admin {
		return User{}, ErrBeyond
	}
	if err := s.mayPlace(ctx, actor, nil, n.DepartmentIDs); err != nil {
		return User{}, err
	}
	return s.Create(ctx, n)
}

// MayMoveBelow returns BEYOND_OWN_ACCESS where a department must not be put below parent by actor: its people would get the
// roles there.
func (s *Service) MayMoveBelow(ctx context.Context, actor Ref, parent int64) error {
	return s.mayPlace(ctx, actor, nil, []int64{parent})
}

// mayPlace checks that actor may put somebody who is in the departments before into those of after.
func (s *Service) mayPlace(ctx context.Context, actor Ref, before, after []int64) error {
	if actor.Admin {
		return nil
	}
	g, err := s.grants(ctx)
	if err != nil {
		return err
	}
	for _, d := range after {
		if !slices.Contains(before, d) && !actor.May(g.above(d)) {
			return ErrBeyond
		}
	}
	return nil
}

// NewLinkAs is NewLink by actor, who manages people. Faults: those of Managed and NewLink.
func (s *Service) NewLinkAs(ctx context.Context, actor Ref, id int64) (string, error) {
	if _, err := s.Managed(ctx, actor, id); err != nil {
		return "", err
	}
	return s.NewLink(ctx, id)
}

// RevokeLinkAs takes back the link of the user id. Where it was an invitation, they cannot join until they get another.
// Faults: those of Managed.
func (s *Service) RevokeLinkAs(ctx context.Context, actor Ref, id int64) error {
	u, err := s.Managed(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := dropLink(ctx, tx, id); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "USER_LINK_REVOKED", id, "Took back the link of "+u.DisplayName()+".")
	})
}

// SetMember puts a person into a department or takes them out of it for actor, who needs access.ManageDepartments. It is no
// fault when there is nothing to change. Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, USER_NOT_FOUND, DEPARTMENT_NOT_FOUND.
func (s *Service) SetMember(ctx context.Context, actor Ref, departmentID, userID int64, member bool) error {
	if !actor.May(access.ManageDepartments) {
		return ErrMayNot
	}
	u, err := s.Get(ctx, userID)
	switch {
	case err != nil:
		return err
	case u.Kind != Employee:
		return ErrNotFound
	case slices.Contains(u.DepartmentIDs, departmentID) == member:
		return nil
	}
	if _, err := s.Department(ctx, departmentID); err != nil {
		return err
	}
	ids := slices.DeleteFunc(slices.Clone(u.DepartmentIDs), func(d int64) bool { return d == departmentID })
	if member {
		ids = append(ids, departmentID)
	}
	if err := s.mayPlace(ctx, actor, u.DepartmentIDs, ids); err != nil {
		return err
	}
	_, err = s.Update(ctx, userID, Change{DepartmentIDs: &ids})
	return err
}

// SaveDepartmentAs creates a department, where d has no ID, or changes one, for actor, who needs access.ManageDepartments.
// Nobody puts a department below one whose roles allow more than they may: that would give them to its people.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, and those of CreateDepartment and UpdateDepartment.
func (s *Service) SaveDepartmentAs(ctx context.Context, actor Ref, d Department) (Department, error) {
	if !actor.May(access.ManageDepartments) {
		return Department{}, ErrMayNot
	}
	var before []int64
	if d.ID != 0 {
		old, err := s.Department(ctx, d.ID)
		if err != nil {
			return Department{}, err
		}
		before = []int64{old.ParentID}
	}
	if err := s.mayPlace(ctx, actor, before, []int64{d.ParentID}); err != nil {
		return Department{}, err
	}
	if d.ID == 0 {
		return s.CreateDepartment(ctx, d)
	}
	c := DepartmentChange{Name: &d.Name, ParentID: &d.ParentID, HeadID: &d.HeadID}
	if d.Sort != 0 {
		c.Sort = &d.Sort
	}
	return d, s.UpdateDepartment(ctx, d.ID, c)
}

// DissolveDepartment deletes the department id for actor, who needs access.ManageDepartments, and puts its people and the
// departments below it into the department into; 0 leaves the people without it and the departments at the top.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, DEPARTMENT_NOT_FOUND, DEPARTMENT_LOOP where into is below it.
func (s *Service) DissolveDepartment(ctx context.Context, actor Ref, id, into int64) error {
	if !actor.May(access.ManageDepartments) {
		return ErrMayNot
	}
	if into != 0 {
		if err := s.mayPlace(ctx, actor, nil, []int64{into}); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, structureLock); err != nil {
			return err
		}
		d, err := departmentTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if into != 0 {
			probe := d
			probe.ParentID = into
			if err := s.checkPlaceTx(ctx, tx, probe, DepartmentChange{ParentID: &into}); err != nil {
				return err
			}
		}
		if err := s.emptyTx(ctx, tx, id, into); err != nil {
			return err
		}
		if err := tx.Later(ctx, "UPDATE department SET parent_id = ? WHERE parent_id = ?", into, id); err != nil {
			return fmt.Errorf("move departments: %w", err)
		}
		return s.dropDepartmentTx(ctx, tx, d)
	})
}
