package user_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

func TestDepartmentsAboveAndBelow(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		must := func(name string, parent int64) int64 {
			b.Helper()
			made, err := b.users.CreateDepartment(b.Context(), user.Department{Name: name, ParentID: parent})
			if err != nil {
				b.Fatal(err)
			}
			return made.ID
		}
		company := must("Company", 0)
		sales := must("Sales", company)
		north, south := must("North", sales), must("South", sales)
		other := must("Other", company)
		for _, c := range []struct{ ids, above, below []int64 }{
			{nil, nil, nil},
			{[]int64{4711}, nil, nil},
			{[]int64{north}, []int64{company, sales, north}, []int64{north}},
			{[]int64{sales}, []int64{company, sales}, []int64{sales, north, south}},
			{[]int64{north, sales, other, 4711}, []int64{company, sales, north, other}, []int64{sales, north, south, other}},
			{[]int64{company}, []int64{company}, []int64{company, sales, north, south, other}},
		} {
			for _, look := range []struct {
				find func(context.Context, []int64) ([]user.Department, error)
				want []int64
			}{{b.users.DepartmentsAbove, c.above}, {b.users.DepartmentsBelow, c.below}} {
				list, err := look.find(b.Context(), c.ids)
				var got []int64
				for _, d := range list {
					if got = append(got, d.ID); d.Name == "" {
						b.Errorf("%+v has no name", d)
					}
				}
				if err != nil || !slices.Equal(got, look.want) {
					b.Errorf("of %v: %v, %v; want %v", c.ids, got, err, look.want)
				}
			}
		}
		in := func(name string, departments ...int64) int64 {
			return b.create(user.NewUser{Email: name + "@x.org", DepartmentIDs: departments}).ID
		}
		ann, bob := in("ann", north, sales), in("bob", sales)
		gone := in("gone", sales)
		off := false
		if _, err := b.users.Update(b.Context(), gone, user.Change{Active: &off}); err != nil {
			b.Fatal(err)
		}
		got, err := b.users.EmployeesOf(b.Context(), []int64{north, sales, south, 4711})
		if err != nil || len(got) != 2 || !slices.Equal(got[north], []int64{ann}) || !slices.Equal(got[sales], []int64{ann, bob}) {
			b.Errorf("people are %v, %v", got, err)
		}
	})
}

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

// TestHeadsAreFoundByTheirIndex looks at how the databases find the departments that somebody heads among three thousand.
func TestHeadsAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		err := b.db.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(b.Context(), `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
				INSERT INTO department (name, folded, parent_id, head_id, sort) SELECT 'Department', 'department', 0, i, 500 FROM n`)
			if err == nil {
				_, err = tx.Exec(b.Context(), "ANALYZE department")
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		plan := b.plan("SELECT COUNT(*) FROM department WHERE head_id = ?", int64(7))
		if !strings.Contains(plan, "department_head") || strings.Contains(plan, "Seq Scan") {
			b.Errorf("the departments of a head are read so:\n%s", plan)
		}
		err = b.db.Read(b.Context(), func(tx *db.Tx) error {
			list, err := b.users.SubordinatesTx(b.Context(), tx, 7)
			if len(list) != 0 {
				b.Errorf("%v", list)
			}
			return err
		})
		if err != nil {
			b.Error(err)
		}
	})
}

// plan is how the database reads what a statement asks for.
func (b *bench) plan(text string, args ...any) string {
	b.Helper()
	prefix, columns := "EXPLAIN QUERY PLAN ", 4
	if b.db.Dialect() == db.Postgres {
		prefix, columns = "EXPLAIN ", 1
	}
	var out []string
	err := b.db.Write(b.Context(), func(tx *db.Tx) error { // a reader takes only what it knows to change nothing
		out = nil
		rows, err := tx.Query(b.Context(), prefix+text, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, parent, unused int64
			var detail string
			if err := rows.Scan([]any{&id, &parent, &unused, &detail}[4-columns:]...); err != nil {
				return err
			}
			out = append(out, detail)
		}
		return rows.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	return strings.Join(out, "\n")
}
