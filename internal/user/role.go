package user

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// The codes of the roles that every portal has. Administrators are no row: they are whom User.Admin says, and may
// everything.
const (
	RoleAdministrator = "administrator"
	RoleManager       = "manager"
	RoleOperator      = "operator"
	RoleSupervisor    = "supervisor"
	RoleDeveloper     = "developer"
	RoleEmployee      = "employee" // every active employee has it, without being given it
)

// maxRoles is how many roles of its own a portal may have.
const maxRoles = 100

// Role is a set of permissions with a name, given to people and to departments; who is in a department, or in one below
// it, has its roles.
type Role struct {
	ID     int64
	Code   string // of a built-in role; empty for one of the portal's own
	Name   string
	About  string // who has it, in a sentence
	Access access.Set

	People, Departments int64 // how many it was given to; set by Roles
}

// BuiltIn reports whether every portal has the role, so that it cannot be renamed or deleted.
func (r Role) BuiltIn() bool { return r.Code != "" }

// Faults of roles.
var (
	ErrNoRole       = fault.New(fault.NotFound, "ROLE_NOT_FOUND", "There is no such role.").At("role")
	ErrRoleBusy     = fault.New(fault.Conflict, "ROLE_BUSY", "Another role has this name.").At("name")
	ErrRoleBuiltIn  = fault.New(fault.Conflict, "ROLE_BUILT_IN", "A built-in role keeps its name and cannot be deleted.")
	ErrRoleEmployee = fault.New(fault.Conflict, "ROLE_EMPLOYEE", "Every employee has this role; it is given to nobody by hand.").At("role")
	ErrRoleKind     = fault.New(fault.Conflict, "ROLE_KIND", "Only employees have roles.").At("role")
	ErrTooManyRoles = fault.New(fault.TooLarge, "TOO_MANY_ROLES", "A portal has at most "+strconv.Itoa(maxRoles)+" roles of its own.")
	// ErrBeyond is returned where who acts would give, or lay hands on, more than they may themselves.
	ErrBeyond = fault.New(fault.Denied, "BEYOND_OWN_ACCESS", "This goes beyond what your own roles allow.")
	// ErrMayNot is returned where who acts lacks the permission.
	ErrMayNot = fault.New(fault.Denied, "ACCESS_DENIED", "None of your roles allows this.")
)

// Roles returns all roles, the built-in ones first, then by name.
func (s *Service) Roles(ctx context.Context) (roles []Role, err error) {
	const text = `SELECT r.id, r.code, r.name, r.about, r.permissions,
		(SELECT COUNT(*) FROM role_person p WHERE p.role_id = r.id),
		(SELECT COUNT(*) FROM role_department d WHERE d.role_id = r.id)
		FROM role r ORDER BY CASE WHEN r.code = '' THEN 1 ELSE 0 END, CASE WHEN r.code = '' THEN r.folded ELSE '' END, r.id`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		roles = nil
		return each(ctx, tx, text, nil, func(rows *sql.Rows) error {
			var r Role
			var permissions string
			err := rows.Scan(&r.ID, &r.Code, &r.Name, &r.About, &permissions, &r.People, &r.Departments)
			r.Access = access.Parse(permissions)
			roles = append(roles, r)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	return roles, nil
}

// Role returns the role id. Fault: ROLE_NOT_FOUND.
func (s *Service) Role(ctx context.Context, id int64) (r Role, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err = roleTx(ctx, tx, "id = ?", id)
		return err
	})
	return r, err
}

// RoleByName returns the role with the code or name. Fault: ROLE_NOT_FOUND.
func (s *Service) RoleByName(ctx context.Context, name string) (r Role, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r, err = roleTx(ctx, tx, "folded = ? OR code <> '' AND code = ?", fold(name), fold(name))
		return err
	})
	return r, err
}

func roleTx(ctx context.Context, tx *db.Tx, where string, args ...any) (r Role, err error) {
	var permissions string
	err = tx.QueryRow(ctx, "SELECT id, code, name, about, permissions FROM role WHERE "+where, args...).
		Scan(&r.ID, &r.Code, &r.Name, &r.About, &permissions)
	if errors.Is(err, db.ErrNoRows) {
		return r, ErrNoRole
	}
	if err != nil {
		return r, fmt.Errorf("read role: %w", err)
	}
	r.Access = access.Parse(permissions)
	return r, nil
}

// SaveRole stores r, a new one where its ID is 0. Only administrators change roles: whoever may write what a role allows
// could allow themselves everything. Of a built-in role the permissions alone change.
// Faults: ACCESS_DENIED, ROLE_NOT_FOUND, ROLE_BUSY, ROLE_BUILT_IN, TOO_MANY_ROLES, INVALID_NAME, INVALID_ABOUT.
func (s *Service) SaveRole(ctx context.Context, actor Ref, r Role) (Role, error) {
	if !actor.Admin {
		return Role{}, ErrMayNot
	}
	if err := r.validate(); err != nil {
		return Role{}, err
	}
	var saved Role
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		saved = r
		if err := tx.Lock(ctx, "roles"); err != nil {
			return err
		}
		var old Role
		if r.ID != 0 {
			var err error
			if old, err = roleTx(ctx, tx, "id = ?", r.ID); err != nil {
				return err
			}
			if old.BuiltIn() && r.Name != old.Name {
				return ErrRoleBuiltIn
			}
			saved.Code = old.Code
		}
		if err := s.storeRoleTx(ctx, tx, &saved); err != nil {
			return err
		}
		s.accessChangedTx(tx)
		return s.noteRoleTx(ctx, tx, old, saved)
	})
	return saved, err
}

func (r *Role) validate() error {
	r.Name, r.About = strings.TrimSpace(clean(r.Name)), strings.TrimSpace(clean(r.About))
	if r.Name == "" || utf8.RuneCountInString(r.Name) > maxText {
		return invalid("name", "Enter a name of at most "+strconv.Itoa(maxText)+" characters.")
	}
	if f := fold(r.Name); f == RoleAdministrator {
		return ErrRoleBusy
	}
	if utf8.RuneCountInString(r.About) > maxText {
		return invalid("about", "This is longer than "+strconv.Itoa(maxText)+" characters.")
	}
	return nil
}

func (s *Service) storeRoleTx(ctx context.Context, tx *db.Tx, r *Role) (err error) {
	var busy, own int64
	err = tx.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM role WHERE folded = ? AND id <> ?),
		(SELECT COUNT(*) FROM role WHERE code = '')`, fold(r.Name), r.ID).Scan(&busy, &own)
	switch {
	case err != nil:
		return fmt.Errorf("look for the name of a role: %w", err)
	case busy > 0:
		return ErrRoleBusy
	case r.ID == 0 && own >= maxRoles:
		return ErrTooManyRoles
	}
	args := []any{r.Name, fold(r.Name), r.About, r.Access.String(), db.Micro(s.now())}
	if r.ID == 0 {
		r.ID, err = tx.Insert(ctx, "INSERT INTO role (name, folded, about, permissions, updated) VALUES (?, ?, ?, ?, ?)", args...)
	} else {
		err = tx.Later(ctx, "UPDATE role SET name = ?, folded = ?, about = ?, permissions = ?, updated = ? WHERE id = ?", append(args, r.ID)...)
	}
	if err != nil {
		return fmt.Errorf("store role: %w", err)
	}
	return nil
}

// DeleteRole removes a role of the portal's own; who had it loses what it allowed at once.
// Faults: ACCESS_DENIED, ROLE_NOT_FOUND, ROLE_BUILT_IN.
func (s *Service) DeleteRole(ctx context.Context, actor Ref, id int64) error {
	if !actor.Admin {
		return ErrMayNot
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		r, err := roleTx(ctx, tx, "id = ?", id)
		if err != nil {
			return err
		}
		if r.BuiltIn() {
			return ErrRoleBuiltIn
		}
		for _, text := range []string{
			"DELETE FROM role_person WHERE role_id = ?", "DELETE FROM role_department WHERE role_id = ?", "DELETE FROM role WHERE id = ?",
		} {
			if err := tx.Later(ctx, text, id); err != nil {
				return fmt.Errorf("delete role: %w", err)
			}
		}
		s.accessChangedTx(tx)
		return s.noteRoleTx(ctx, tx, r, Role{})
	})
}
