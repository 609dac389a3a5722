package user_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

var boss = user.Ref{ID: 1, Admin: true}

// role returns the built-in role with a code.
func (b *bench) role(code string) user.Role {
	b.Helper()
	r, err := b.users.RoleByName(b.Context(), code)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// may returns what a person may do, as it is remembered and as the database says: both must agree.
func (b *bench) may(id int64) string {
	b.Helper()
	u, err := b.users.Get(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	set, err := b.users.AccessOf(b.Context(), u)
	if err != nil {
		b.Fatal(err)
	}
	err = b.db.Read(b.Context(), func(tx *db.Tx) error {
		active, who, err := b.users.AccessTx(b.Context(), tx, id)
		if who.Access != set || active != u.Active || who.Admin != u.Admin {
			b.Errorf("remembered %q, stored %q", set, who.Access)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return set.String()
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Error(err)
	}
}

func (b *bench) equal(got, want string) {
	b.Helper()
	if got != want {
		b.Errorf("got %q, want %q", got, want)
	}
}

func TestRolesComeFromThePersonAndTheDepartmentsAbove(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		for _, d := range []user.Department{{Name: "All"}, {Name: "IT", ParentID: 1}, {Name: "Web", ParentID: 2}} {
			if _, err := b.users.CreateDepartment(ctx, d); err != nil {
				b.Fatal(err)
			}
		}
		b.create(user.NewUser{Login: "anna", Admin: true})
		ben := b.create(user.NewUser{Login: "ben", DepartmentIDs: []int64{3}})
		out := b.create(user.NewUser{Login: "out", Kind: user.Extranet})
		b.equal(b.may(1), access.Everything.String())
		b.equal(b.may(ben.ID), "webhooks.own")
		b.equal(b.may(out.ID), "")
		dev, manager := b.role(user.RoleDeveloper), b.role(user.RoleManager)
		b.ok(b.users.GiveDepartmentRole(ctx, boss, dev.ID, 2, true))
		b.ok(b.users.GiveRole(ctx, boss, manager.ID, ben.ID, true))
		b.ok(b.users.GiveRole(ctx, boss, manager.ID, ben.ID, true))
		b.equal(b.may(ben.ID), "people.manage departments.manage webhooks.own webhooks.all apps.manage console.view")
		held, err := b.users.RolesOf(ctx, []user.User{ben})
		if err != nil || !slices.Equal(held[ben.ID], []user.Held{{RoleID: manager.ID}, {RoleID: dev.ID, DepartmentID: 3}}) {
			b.Errorf("roles %+v, %v", held, err)
		}
		for _, q := range []user.Query{{RoleID: dev.ID}, {RoleID: manager.ID}} {
			if got := b.ids(q); !slices.Equal(got, []int64{ben.ID}) {
				b.Errorf("people of role %d: %v", q.RoleID, got)
			}
		}
		b.ok(b.users.UpdateDepartment(ctx, 3, user.DepartmentChange{ParentID: new(int64(1))}))
		b.equal(b.may(ben.ID), "people.manage departments.manage webhooks.own")
		b.ok(b.users.GiveRole(ctx, boss, manager.ID, ben.ID, false))
		b.equal(b.may(ben.ID), "webhooks.own")
		if _, err := b.users.Update(ctx, ben.ID, user.Change{Active: new(false)}); err != nil {
			b.Fatal(err)
		}
		b.equal(b.may(ben.ID), "")
	})
}

func TestRolesAreChangedByAdministratorsOnly(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.create(user.NewUser{Login: "anna", Admin: true})
		ben := b.create(user.NewUser{Login: "ben"})
		r, err := b.users.SaveRole(ctx, boss, user.Role{Name: " Auditor ", About: "Reads.", Access: access.ViewAudit})
		if err != nil || r.Name != "Auditor" || r.BuiltIn() {
			b.Fatalf("%+v, %v", r, err)
		}
		for code, try := range map[string]user.Role{
			"ROLE_BUSY": {Name: "AUDITOR"}, "INVALID_NAME": {Name: " "}, "ROLE_NOT_FOUND": {ID: 99, Name: "x"},
			"ROLE_BUILT_IN": {ID: b.role(user.RoleManager).ID, Name: "Chief"}, "INVALID_ABOUT": {Name: "y", About: strings.Repeat("x", 256)},
		} {
			_, err := b.users.SaveRole(ctx, boss, try)
			b.want(err, code)
		}
		_, err = b.users.SaveRole(ctx, boss, user.Role{Name: "administrator"})
		b.want(err, "ROLE_BUSY")
		_, err = b.users.SaveRole(ctx, user.Ref{ID: 2, Access: access.Everything}, user.Role{Name: "z"})
		b.want(err, "ACCESS_DENIED")
		b.want(b.users.DeleteRole(ctx, user.Ref{ID: 2, Access: access.Everything}, r.ID), "ACCESS_DENIED")
		b.want(b.users.DeleteRole(ctx, boss, b.role(user.RoleManager).ID), "ROLE_BUILT_IN")
		b.ok(b.users.GiveRole(ctx, boss, r.ID, ben.ID, true))
		b.equal(b.may(ben.ID), "webhooks.own audit.view")
		r.Access |= access.ViewConsole
		_, err = b.users.SaveRole(ctx, boss, r)
		b.ok(err)
		b.equal(b.may(ben.ID), "webhooks.own console.view audit.view")
		b.ok(b.users.DeleteRole(ctx, boss, r.ID))
		b.equal(b.may(ben.ID), "webhooks.own")
		employee := b.role(user.RoleEmployee)
		employee.Access = 0
		_, err = b.users.SaveRole(ctx, boss, employee)
		b.ok(err)
		b.equal(b.may(ben.ID), "")
	})
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.create(user.NewUser{Login: "anna", Admin: true})
		ben, cleo := b.create(user.NewUser{Login: "ben"}), b.create(user.NewUser{Login: "cleo"})
		out := b.create(user.NewUser{Login: "out", Kind: user.Extranet})
		d, err := b.users.CreateDepartment(ctx, user.Department{Name: "All"})
		b.ok(err)
		manager := user.Ref{ID: ben.ID, Access: access.ManagePeople | access.ManageDepartments}
		b.ok(b.users.GiveRole(ctx, manager, b.role(user.RoleManager).ID, cleo.ID, true))
		b.want(b.users.GiveRole(ctx, manager, b.role(user.RoleDeveloper).ID, cleo.ID, true), "BEYOND_OWN_ACCESS")
		b.want(b.users.GiveDepartmentRole(ctx, manager, b.role(user.RoleDeveloper).ID, d.ID, true), "BEYOND_OWN_ACCESS")
		b.want(b.users.GiveRole(ctx, manager, b.role(user.RoleManager).ID, 1, true), "BEYOND_OWN_ACCESS")
		b.want(b.users.GiveRole(ctx, boss, b.role(user.RoleEmployee).ID, cleo.ID, true), "ROLE_EMPLOYEE")
		b.want(b.users.GiveRole(ctx, boss, b.role(user.RoleManager).ID, out.ID, true), "ROLE_KIND")
		b.want(b.users.GiveRole(ctx, boss, 99, cleo.ID, true), "ROLE_NOT_FOUND")
		b.want(b.users.GiveRole(ctx, boss, b.role(user.RoleManager).ID, 99, true), "USER_NOT_FOUND")
		b.want(b.users.GiveRole(ctx, user.Ref{ID: cleo.ID}, b.role(user.RoleOperator).ID, cleo.ID, true), "ACCESS_DENIED")
		b.want(b.users.GiveDepartmentRole(ctx, boss, b.role(user.RoleManager).ID, 99, true), "DEPARTMENT_NOT_FOUND")
	})
}

func TestRolesOfAnotherProcessAreNoticed(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, []db.Schema{user.Schema()}, func(t *testing.T, here, there *db.DB) {
		ctx := t.Context()
		noticed := make(chan struct{}, 8)
		s, other := user.New(here, clock.NewManual(noon)), user.New(there, clock.NewManual(noon))
		here.Watch(func() {
			select {
			case noticed <- struct{}{}:
			default:
			}
		})
		u, err := s.Create(ctx, user.NewUser{Login: "ben"})
		if err != nil {
			t.Fatal(err)
		}
		if set, err := s.AccessOf(ctx, u); err != nil || set != access.OwnWebhooks {
			t.Fatal(set, err)
		}
		r, err := other.RoleByName(ctx, user.RoleManager)
		if err == nil {
			err = other.GiveRole(ctx, boss, r.ID, u.ID, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		<-noticed
		if set, err := s.AccessOf(ctx, u); err != nil || !set.Has(access.ManagePeople) {
			t.Errorf("after the other process gave a role: %q, %v", set, err)
		}
	})
}

// logged returns the texts of the audit log, the oldest first.
func logged(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT type || ' ' || item || ' ' || description FROM audit_entry ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			out = append(out, line)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// audited runs test on people whose changes are logged.
func audited(t *testing.T, test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{audit.Schema(), user.Schema()}, func(t *testing.T, d *db.DB) {
		c := clock.NewManual(noon)
		test(&bench{t, d, c, user.NewService(user.Config{DB: d, Clock: c, Audit: audit.New(d, c)})})
	})
}

func TestChangesOfRolesAreLogged(t *testing.T) {
	t.Parallel()
	audited(t, func(b *bench) {
		ctx := b.Context()
		r, err := b.users.SaveRole(ctx, boss, user.Role{Name: "Auditor", Access: access.ViewAudit})
		b.ok(err)
		r.Access = 0
		_, err = b.users.SaveRole(ctx, boss, r)
		b.ok(err)
		b.ok(b.users.DeleteRole(ctx, boss, r.ID))
		want := []string{
			"ROLE_ADDED 6 Added the role Auditor, which allows: audit.view.",
			"ROLE_CHANGED 6 Changed the role Auditor, which allowed: audit.view; and now: nothing.",
			"ROLE_DELETED 6 Deleted the role Auditor.",
		}
		if got := logged(b.T, b.db); !slices.Equal(got, want) {
			b.Errorf("logged %q", got)
		}
	})
}
