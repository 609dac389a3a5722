package user_test

import (
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

func TestSubordinatesAreThoseBelow(t *testing.T) {
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
		boss, lead := b.create(user.NewUser{Email: "boss@x.org"}).ID, b.create(user.NewUser{Email: "lead@x.org"}).ID
		company := must(user.Department{Name: "Company", HeadID: boss})
		sales := must(user.Department{Name: "Sales", ParentID: company, HeadID: lead})
		north := must(user.Department{Name: "North", ParentID: sales})
		in := func(name string, department int64) int64 {
			return b.create(user.NewUser{Email: name + "@x.org", DepartmentIDs: []int64{department}}).ID
		}
		ann, bob, other := in("ann", north), in("bob", sales), in("other", must(user.Department{Name: "Other"}))
		for who, want := range map[int64][]int64{boss: {ann, bob}, lead: {ann, bob}, ann: nil, other: nil} {
			err := b.db.Read(b.Context(), func(tx *db.Tx) error {
				got, err := b.users.SubordinatesTx(b.Context(), tx, who)
				if !slices.Equal(got, want) {
					b.Errorf("below %d are %v, want %v", who, got, want)
				}
				return err
			})
			if err != nil {
				b.Error(err)
			}
		}
		err := b.db.Read(b.Context(), func(tx *db.Tx) error {
			got, err := b.users.DepartmentMembersTx(b.Context(), tx, []int64{north, sales, 4711})
			if !slices.Equal(got, []int64{ann, bob}) {
				b.Errorf("in the departments are %v", got)
			}
			return err
		})
		if err != nil {
			b.Error(err)
		}
	})
}
