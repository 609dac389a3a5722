package user_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/user"
)

// people are five: 1 Anna Berg, 2 Boris Ode (dismissed), 3 Ünal Straße (outsider), 4 without anything, 5 a mail user.
func (b *bench) people() {
	b.Helper()
	if _, err := b.users.CreateDepartment(b.Context(), user.Department{Name: "Sales"}); err != nil {
		b.Fatal(err)
	}
	b.create(user.NewUser{
		Login: "anna", Email: "anna@example.com", FirstName: "Anna", LastName: "Berg", Position: "Head of sales", Admin: true,
		City: "Kiel", Birthday: "1990-12-31", InnerPhone: "101", DepartmentIDs: []int64{1}, Password: password,
	})
	b.clock.Advance(24 * time.Hour)
	ode := b.create(user.NewUser{Login: "ode", FirstName: "Boris", LastName: "Ode_100%", City: "Rome", Birthday: "1985-01-01"})
	if _, err := b.users.Update(b.Context(), ode.ID, user.Change{Active: new(false)}); err != nil {
		b.Fatal(err)
	}
	b.clock.Advance(24 * time.Hour)
	b.create(user.NewUser{Login: "unal", Kind: user.Extranet, FirstName: "Ünal", LastName: "Straße", City: "Kiel"})
	b.create(user.NewUser{Login: "empty"})
	b.create(user.NewUser{Login: "mail", Kind: user.Email, Email: "mail@example.com"})
	if _, err := b.users.SignIn(b.Context(), "anna", password, "", ""); err != nil {
		b.Fatal(err)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		b.people()
		v := func(values ...string) []string { return values }
		for _, c := range []struct {
			cond user.Condition
			want []int64
		}{
			{user.Condition{Field: "id", Values: v("1", "3", "x")}, []int64{1, 3}},
			{user.Condition{Field: "id", Not: true, Values: v("1", "3")}, []int64{2, 4, 5}},
			{user.Condition{Field: "id", Op: user.Greater, Values: v("3")}, []int64{4, 5}},
			{user.Condition{Field: "id", Op: user.LessOrEqual, Values: v("2")}, []int64{1, 2}},
			{user.Condition{Field: "id", Values: v("x")}, nil},
			{user.Condition{Field: "id", Values: nil}, nil},
			{user.Condition{Field: "name", Values: v("ANNA")}, []int64{1}},
			{user.Condition{Field: "name", Values: v("ÜNAL", "boris")}, []int64{2, 3}},
			{user.Condition{Field: "name", Values: v("")}, []int64{4, 5}},
			{user.Condition{Field: "name", Not: true, Values: v("")}, []int64{1, 2, 3}},
			{user.Condition{Field: "name", Not: true, Values: v("Anna")}, []int64{2, 3, 4, 5}},
			{user.Condition{Field: "name", Op: user.Like, Values: v("an%")}, []int64{1}},
			{user.Condition{Field: "name", Op: user.Like, Values: v("%is")}, []int64{2}},
			{user.Condition{Field: "name", Op: user.Like, Not: true, Values: v("an%")}, []int64{2, 3, 4, 5}},
			{user.Condition{Field: "name", Op: user.Greater, Values: v("b")}, []int64{2, 3}},
			{user.Condition{Field: "last_name", Op: user.Contains, Values: v("0%")}, []int64{2}},
			{user.Condition{Field: "last_name", Op: user.Contains, Values: v("_")}, []int64{2}},
			{user.Condition{Field: "last_name", Op: user.Like, Values: v("b_rg")}, nil},
			{user.Condition{Field: "last_name", Op: user.Contains, Values: v(`'"\`)}, nil},
			{user.Condition{Field: "personal_city", Values: v("Kiel", "Rome")}, []int64{1, 2, 3}},
			{user.Condition{Field: "active", Values: v("true")}, []int64{1, 3, 4, 5}},
			{user.Condition{Field: "active", Values: v("N")}, []int64{2}},
			{user.Condition{Field: "active", Values: v("perhaps")}, nil},
			{user.Condition{Field: "is_online", Values: v("Y")}, []int64{1}},
			{user.Condition{Field: "is_online", Values: v("N")}, []int64{2, 3, 4, 5}},
			{user.Condition{Field: "user_type", Values: v("extranet", "EMAIL")}, []int64{3, 5}},
			{user.Condition{Field: "uf_department", Values: v("1")}, []int64{1}},
			{user.Condition{Field: "uf_department", Not: true, Values: v("1")}, []int64{2, 3, 4, 5}},
			{user.Condition{Field: "uf_department_name", Op: user.Like, Values: v("sal%")}, []int64{1}},
			{user.Condition{Field: "uf_phone_inner", Values: v("101")}, []int64{1}},
			{user.Condition{Field: "name_search", Values: v("sal ann")}, []int64{1}},
			{user.Condition{Field: "name_search", Values: v("nna")}, nil},
			{user.Condition{Field: "date_register", Values: v("2026-03-10T00:00:00+00:00")}, []int64{1}},
			{user.Condition{Field: "date_register", Op: user.Greater, Values: v("2026-03-10")}, []int64{2, 3, 4, 5}},
			{user.Condition{Field: "date_register", Op: user.LessOrEqual, Values: v("11.03.2026")}, []int64{1, 2}},
			{user.Condition{Field: "last_login", Values: v("2026-03-12T14:00:00+02:00")}, []int64{1}},
			{user.Condition{Field: "last_login", Values: v("")}, []int64{2, 3, 4, 5}},
			{user.Condition{Field: "last_login", Op: user.Greater, Values: v("2026-03-12T12:00:00+00:00")}, nil},
			{user.Condition{Field: "last_login", Not: true, Values: v("no date")}, nil},
			{user.Condition{Field: "personal_birthday", Op: user.Less, Values: v("1986-06-01T00:00:00+02:00")}, []int64{2}},
			{user.Condition{Field: "personal_birthday", Values: v("12/31/1990")}, []int64{1}},
			{user.Condition{Field: "personal_birthday", Values: v("soon")}, nil},
			{user.Condition{Field: "personal_birthday", Op: user.Like, Values: v("%-12-31")}, []int64{1}},
			{user.Condition{Field: "password", Values: v("")}, nil},
		} {
			if got := b.ids(user.Query{Conditions: []user.Condition{c.cond}}); !slices.Equal(got, c.want) {
				b.Errorf("%+v finds %v, want %v", c.cond, got, c.want)
			}
		}
	})
}

func TestListSortsAndPages(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		b.people()
		for _, c := range []struct {
			q    user.Query
			want []int64
		}{
			{user.Query{Descending: true}, []int64{5, 4, 3, 2, 1}},
			{user.Query{Sort: "name", Kinds: []user.Kind{user.Employee}}, []int64{4, 1, 2}},
			{user.Query{Sort: "personal_birthday", Descending: true, Limit: 2}, []int64{1, 2}},
			{user.Query{Sort: "date_register", Descending: true, Limit: 1, Offset: 3}, []int64{2}},
			{user.Query{Sort: "last_login", Descending: true, Limit: 1}, []int64{1}},
			{user.Query{Sort: "nonsense'", Offset: 3}, []int64{4, 5}},
			{user.Query{Search: "ANNA@ex"}, []int64{1}},
			{user.Query{Search: "berg head"}, []int64{1}},
			{user.Query{Search: "%"}, nil},
			{user.Query{Search: strings.Repeat("anna", 20_000)}, nil}, // longer than SQLite takes a pattern
			{user.Query{Search: "strasse", ActiveOnly: true}, nil},
			{user.Query{Search: "stra", ActiveOnly: true}, []int64{3}},
			{user.Query{IDs: []int64{}}, nil},
			{user.Query{IDs: []int64{4, 2, 9}}, []int64{2, 4}},
		} {
			if got := b.ids(c.q); !slices.Equal(got, c.want) {
				b.Errorf("%+v lists %v, want %v", c.q, got, c.want)
			}
		}
		_, err := b.users.List(b.Context(), user.Query{Conditions: make([]user.Condition, 101)})
		b.want(err, "ERROR_ARGUMENT")
		many := slices.Repeat([]string{"1"}, 3000)
		if got := b.ids(user.Query{Conditions: []user.Condition{{Field: "id", Values: many}}}); !slices.Equal(got, []int64{1}) {
			b.Errorf("3000 values find %v", got)
		}
		ids := make([]int64, 2000)
		for i := range ids {
			ids[i] = int64(i)
		}
		if all, err := b.users.Many(b.Context(), ids); err != nil || len(all) != 5 {
			b.Errorf("%d of 2000 ids, %v", len(all), err)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2020-01-01T00:00:00+02:00", "31.12.2026", "12/31/2026 03:04:05 pm", "", "0000-00-00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := user.ParseTime(s)
		if !ok {
			return
		}
		again, ok := user.ParseTime(v.Format(time.RFC3339))
		if !ok || !again.Equal(v.Truncate(time.Second)) && !strings.Contains(s, ".") && !strings.Contains(s, ",") {
			t.Errorf("%q is %v, which reads back as %v", s, v, again)
		}
	})
}
