package user_test

import (
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

func TestMembersAreActiveEmployees(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		must := func(d user.Department) int64 {
			b.Helper()
			made, err := b.users.CreateDepartment(b.Context(), d)
			if err != nil {
				b.Fatal(err)
			}
			return made.ID
		}
		lead := b.create(user.NewUser{Email: "lead@x.org"}).ID
		sales := must(user.Department{Name: "Sales"})
		north := must(user.Department{Name: "North", ParentID: sales, HeadID: lead})
		in := func(name string, departments ...int64) int64 {
			return b.create(user.NewUser{Email: name + "@x.org", DepartmentIDs: departments}).ID
		}
		ann, bob, gone := in("ann", north, sales), in("bob", sales), in("gone", north)
		cem := in("cem", north)
		inactive := false
		if _, err := b.users.Update(b.Context(), gone, user.Change{Active: &inactive}); err != nil {
			b.Fatal(err)
		}
		err := b.db.Read(b.Context(), func(tx *db.Tx) error {
			for department, want := range map[int64][]int64{sales: {ann, bob, cem}, north: {ann, cem}, 999: nil} {
				got, err := b.users.MembersTx(b.Context(), tx, department)
				if err != nil || !slices.Equal(got, want) {
					b.Errorf("in %d are %v, want %v (%v)", department, got, want, err)
				}
			}
			for who, want := range map[int64][]int64{ann: {sales, north}, lead: {north}, 999: nil} {
				got, err := b.users.DepartmentsTx(b.Context(), tx, who)
				if err != nil || !slices.Equal(got, want) {
					b.Errorf("%d is in %v, want %v (%v)", who, got, want, err)
				}
			}
			path, err := b.users.DepartmentPathTx(b.Context(), tx, cem)
			if err != nil || !slices.Equal(path, []int64{sales, north}) {
				b.Errorf("the path is %v, %v", path, err)
			}
			there, err := b.users.DepartmentExistsTx(b.Context(), tx, north)
			none, err2 := b.users.DepartmentExistsTx(b.Context(), tx, 999)
			if !there || none || err != nil || err2 != nil {
				b.Errorf("exists: %t, %t", there, none)
			}
			return nil
		})
		if err != nil {
			b.Error(err)
		}
	})
}

func TestWhoMay(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		boss := b.create(user.NewUser{Email: "boss@x.org", Admin: true})
		sales, err := b.users.CreateDepartment(b.Context(), user.Department{Name: "Sales"})
		b.ok(err)
		north, err := b.users.CreateDepartment(b.Context(), user.Department{Name: "North", ParentID: sales.ID})
		b.ok(err)
		ann, bob := b.create(user.NewUser{Email: "ann@x.org", DepartmentIDs: []int64{north.ID}}), b.create(user.NewUser{Email: "bob@x.org"})
		gone := b.create(user.NewUser{Email: "gone@x.org"})
		b.create(user.NewUser{Email: "cem@x.org"})
		lines, err := b.users.SaveRole(b.Context(), boss.Ref(), user.Role{Name: "Lines", Access: access.ManageLines | access.ViewAudit})
		b.ok(err)
		is := func(p access.Set, limit int64, want ...int64) {
			b.Helper()
			b.ok(b.db.Read(b.Context(), func(tx *db.Tx) error {
				got, err := b.users.WhoMayTx(b.Context(), tx, p, limit)
				if !slices.Equal(got, want) {
					b.Errorf("%v may, want %v", got, want)
				}
				return err
			}))
		}
		is(access.ManageLines, 9, boss.ID)
		b.ok(b.users.GiveRole(b.Context(), boss.Ref(), lines.ID, bob.ID, true))
		b.ok(b.users.GiveRole(b.Context(), boss.Ref(), lines.ID, gone.ID, true))
		b.ok(b.users.GiveDepartmentRole(b.Context(), boss.Ref(), lines.ID, sales.ID, true))
		off := false
		_, err = b.users.Update(b.Context(), gone.ID, user.Change{Active: &off})
		b.ok(err)
		is(access.ManageLines, 9, boss.ID, ann.ID, bob.ID)
		is(access.ManageLines, 2, boss.ID, ann.ID)
		is(access.ManageConnectors, 9, boss.ID)
	})
}
