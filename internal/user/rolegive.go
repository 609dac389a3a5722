package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
)

// GiveRole gives the role to a person or, with give false, takes it away. Who acts needs access.ManagePeople and every
// permission of the role. It is no fault when there is nothing to change.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, ROLE_NOT_FOUND, ROLE_EMPLOYEE, ROLE_KIND, USER_NOT_FOUND.
func (s *Service) GiveRole(ctx context.Context, actor Ref, roleID, userID int64, give bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.giveRoleTx(ctx, tx, actor, roleID, userID, give) })
}

func (s *Service) giveRoleTx(ctx context.Context, tx *db.Tx, actor Ref, roleID, userID int64, give bool) error {
	r, err := s.givableTx(ctx, tx, actor, access.ManagePeople, roleID)
	if err != nil {
		return err
	}
	u, err := s.GetTx(ctx, tx, userID)
	switch {
	case err != nil:
		return err
	case u.Kind != Employee:
		return ErrRoleKind
	case u.Admin && !actor.Admin:
		return ErrBeyond
	}
	text := "DELETE FROM role_person WHERE role_id = ? AND user_id = ?"
	if give {
		text = "INSERT INTO role_person (role_id, user_id) VALUES (?, ?) ON CONFLICT (role_id, user_id) DO NOTHING"
	}
	n, err := tx.Exec(ctx, text, roleID, userID)
	if err != nil {
		return fmt.Errorf("give role: %w", err)
	}
	if n == 0 {
		return nil
	}
	s.accessChangedTx(tx)
	if err := renewTx(ctx, tx, u.ID); err != nil {
		return err
	}
	return s.noteTx(ctx, tx, given(give, "USER_ROLE_GIVEN", "USER_ROLE_TAKEN"), u.ID,
		given(give, "Gave the role "+r.Name+" to "+u.DisplayName()+".", "Took the role "+r.Name+" from "+u.DisplayName()+"."))
}

// given returns yes or no.
func given(give bool, yes, no string) string {
	if give {
		return yes
	}
	return no
}

// GiveDepartmentRole is GiveRole for everybody in a department and those below it. Who acts needs access.ManagePeople and
// access.ManageDepartments.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, ROLE_NOT_FOUND, ROLE_EMPLOYEE, DEPARTMENT_NOT_FOUND.
func (s *Service) GiveDepartmentRole(ctx context.Context, actor Ref, roleID, departmentID int64, give bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		r, err := s.givableTx(ctx, tx, actor, access.ManagePeople|access.ManageDepartments, roleID)
		if err != nil {
			return err
		}
		d, err := departmentTx(ctx, tx, departmentID)
		if err != nil {
			return err
		}
		text := "DELETE FROM role_department WHERE role_id = ? AND department_id = ?"
		if give {
			text = "INSERT INTO role_department (role_id, department_id) VALUES (?, ?) ON CONFLICT (role_id, department_id) DO NOTHING"
		}
		n, err := tx.Exec(ctx, text, roleID, departmentID)
		if err != nil {
			return fmt.Errorf("give role: %w", err)
		}
		if n == 0 {
			return nil
		}
		s.accessChangedTx(tx)
		return s.noteTx(ctx, tx, given(give, "DEPARTMENT_ROLE_GIVEN", "DEPARTMENT_ROLE_TAKEN"), d.ID, given(give,
			"Gave the role "+r.Name+" to the department "+d.Name+".", "Took the role "+r.Name+" from the department "+d.Name+"."))
	})
}

// givableTx returns the role id where actor may give it.
func (s *Service) givableTx(ctx context.Context, tx *db.Tx, actor Ref, needs access.Set, id int64) (Role, error) {
	if !actor.May(needs) {
		return Role{}, ErrMayNot
	}
	r, err := roleTx(ctx, tx, "id = ?", id)
	switch {
	case err != nil:
		return r, err
	case r.Code == RoleEmployee:
		return r, ErrRoleEmployee
	case !actor.May(r.Access):
		return r, ErrBeyond
	}
	return r, nil
}

// RoleMembers returns to whom the role id was given.
func (s *Service) RoleMembers(ctx context.Context, id int64) (users, departments []int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		users, departments = nil, nil
		err := each(ctx, tx, "SELECT user_id FROM role_person WHERE role_id = ? ORDER BY user_id", []any{id}, into(&users))
		if err != nil {
			return err
		}
		return each(ctx, tx, "SELECT department_id FROM role_department WHERE role_id = ? ORDER BY department_id", []any{id}, into(&departments))
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read members of a role: %w", err)
	}
	return users, departments, nil
}

func into(ids *[]int64) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		*ids = append(*ids, id)
		return err
	}
}

// Held is a role that somebody has.
type Held struct {
	RoleID       int64
	DepartmentID int64 // through which they have it; 0: it was given to them
}

// RolesOf returns the roles that were given to people or to their departments, by the id of the person. Nobody is told to
// be an employee or an administrator.
func (s *Service) RolesOf(ctx context.Context, users []User) (map[int64][]Held, error) {
	snap, err := s.grants(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]Held, len(users))
	for _, u := range users {
		for _, id := range snap.people[u.ID] {
			out[u.ID] = append(out[u.ID], Held{RoleID: id})
		}
		for _, d := range u.DepartmentIDs {
			for _, id := range snap.rolesAbove(d) {
				out[u.ID] = append(out[u.ID], Held{RoleID: id, DepartmentID: d})
			}
		}
	}
	return out, nil
}

// AccessOf returns what u may do. Administrators may everything; who was dismissed or is no employee, nothing.
func (s *Service) AccessOf(ctx context.Context, u User) (access.Set, error) {
	switch {
	case !u.Active || u.Kind != Employee:
		return 0, nil
	case u.Admin:
		return access.Everything, nil
	}
	snap, err := s.grants(ctx)
	if err != nil {
		return 0, err
	}
	return snap.of(u), nil
}

// RefOf returns u as an actor with what their roles allow.
func (s *Service) RefOf(ctx context.Context, u User) (Ref, error) {
	set, err := s.AccessOf(ctx, u)
	return Ref{ID: u.ID, Admin: u.Admin, Access: set}, err
}

// grants are all roles and to whom they were given. They are few, are asked for by every page and every call, and change
// seldom, so they are remembered whole.
type grants struct {
	generation  uint64
	employee    access.Set
	roles       map[int64]access.Set
	people      map[int64][]int64 // roles by person
	departments map[int64][]int64 // roles by department
	parents     map[int64]int64   // of departments
}

// rolesAbove returns the roles of a department and of those above it.
func (g *grants) rolesAbove(department int64) (ids []int64) {
	for n := 0; department != 0 && n < maxDepth; n++ {
		ids = append(ids, g.departments[department]...)
		department = g.parents[department]
	}
	return ids
}

// maxDepth ends a walk up the structure of the company, whatever is stored.
const maxDepth = 100

func (g *grants) of(u User) access.Set {
	set := g.employee
	for _, id := range g.people[u.ID] {
		set |= g.roles[id]
	}
	for _, d := range u.DepartmentIDs {
		set |= g.above(d)
	}
	return set
}

// above returns what the roles of a department, and of those above it, allow.
func (g *grants) above(department int64) (set access.Set) {
	for _, id := range g.rolesAbove(department) {
		set |= g.roles[id]
	}
	return set
}

// grants returns the remembered grants, read anew where something has changed.
func (s *Service) grants(ctx context.Context) (*grants, error) {
	generation := s.granting.Load() // before the read: a change after it makes the next caller look again
	if g := s.granted.Load(); g != nil && g.generation == generation {
		return g, nil
	}
	var g *grants
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		g, err = readGrants(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	g.generation = generation
	s.granted.Store(g)
	return g, nil
}

func readGrants(ctx context.Context, tx *db.Tx) (*grants, error) {
	g := &grants{roles: map[int64]access.Set{}, people: map[int64][]int64{}, departments: map[int64][]int64{}, parents: map[int64]int64{}}
	err := each(ctx, tx, "SELECT id, code, permissions FROM role", nil, func(rows *sql.Rows) error {
		var id int64
		var code, permissions string
		err := rows.Scan(&id, &code, &permissions)
		g.roles[id] = access.Parse(permissions)
		if code == RoleEmployee {
			g.employee = g.roles[id]
		}
		return err
	})
	pairs := func(m map[int64][]int64) func(*sql.Rows) error {
		return func(rows *sql.Rows) error {
			var role, subject int64
			err := rows.Scan(&role, &subject)
			m[subject] = append(m[subject], role)
			return err
		}
	}
	return g, errors.Join(
		err,
		each(ctx, tx, "SELECT role_id, user_id FROM role_person ORDER BY role_id", nil, pairs(g.people)),
		each(ctx, tx, "SELECT role_id, department_id FROM role_department ORDER BY role_id", nil, pairs(g.departments)),
		each(ctx, tx, "SELECT id, parent_id FROM department", nil, func(rows *sql.Rows) error {
			var id, parent int64
			err := rows.Scan(&id, &parent)
			g.parents[id] = parent
			return err
		}),
	)
}

// accessChangedTx makes what people may do be read again once a change of roles or departments is durable.
func (s *Service) accessChangedTx(tx *db.Tx) {
	tx.OnCommit(func() { s.granting.Add(1) })
}
