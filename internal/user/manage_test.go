package user_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/user"
)

// manager is Ben of company, who manages people and departments.
var manager = user.Ref{ID: 2, Access: access.ManagePeople | access.ManageDepartments | access.OwnWebhooks}

// company makes All (1) over IT (2), whose people are developers, and Sales (3); Anna (1, administrator), Ben (2, manager),
// Cleo (3, in IT) and Dan (4, in Sales).
func (b *bench) company() {
	b.Helper()
	ctx := b.Context()
	for _, d := range []user.Department{{Name: "All"}, {Name: "IT", ParentID: 1}, {Name: "Sales", ParentID: 1}} {
		_, err := b.users.CreateDepartment(ctx, d)
		b.ok(err)
	}
	b.create(user.NewUser{Login: "anna", Admin: true, Password: password})
	b.create(user.NewUser{Login: "ben", Password: password})
	b.create(user.NewUser{Login: "cleo", DepartmentIDs: []int64{2}})
	b.create(user.NewUser{Login: "dan", DepartmentIDs: []int64{3}, Password: password})
	b.ok(b.users.GiveRole(ctx, boss, b.role(user.RoleManager).ID, 2, true))
	b.ok(b.users.GiveDepartmentRole(ctx, boss, b.role(user.RoleDeveloper).ID, 2, true))
}

func TestWhoManagesPeopleStaysWithinTheirOwnAccess(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.company()
		change := func(id int64, c user.Change) error {
			_, err := b.users.ChangeAs(ctx, manager, id, c)
			return err
		}
		b.ok(change(4, user.Change{FirstName: new("Dan")}))
		b.want(change(1, user.Change{FirstName: new("x")}), "BEYOND_OWN_ACCESS")
		b.want(change(3, user.Change{Active: new(false)}), "BEYOND_OWN_ACCESS") // may more than Ben
		b.want(change(4, user.Change{Admin: new(true)}), "BEYOND_OWN_ACCESS")
		b.want(change(4, user.Change{DepartmentIDs: &[]int64{2}}), "BEYOND_OWN_ACCESS")
		b.ok(change(4, user.Change{DepartmentIDs: &[]int64{3, 1}}))
		b.want(change(99, user.Change{}), "USER_NOT_FOUND")
		_, err := b.users.ChangeAs(ctx, user.Ref{ID: 4}, 2, user.Change{})
		b.want(err, "ACCESS_DENIED")
		_, err = b.users.NewLinkAs(ctx, manager, 1)
		b.want(err, "BEYOND_OWN_ACCESS")
		b.want(b.users.SetMember(ctx, manager, 2, 2, true), "BEYOND_OWN_ACCESS")
		_, err = b.users.SaveDepartmentAs(ctx, manager, user.Department{ID: 3, Name: "Sales", ParentID: 2})
		b.want(err, "BEYOND_OWN_ACCESS")
		b.want(b.users.DissolveDepartment(ctx, manager, 3, 2), "BEYOND_OWN_ACCESS")
		b.want(b.users.SetMember(ctx, user.Ref{ID: 4}, 3, 2, true), "ACCESS_DENIED")
		_, err = b.users.EndAllAs(ctx, manager, 1)
		b.want(err, "BEYOND_OWN_ACCESS")
		// The roles of who was dismissed wait for them, so the guard does too.
		_, err = b.users.ChangeAs(ctx, boss, 3, user.Change{Active: new(false)})
		b.ok(err)
		b.want(change(3, user.Change{Active: new(true)}), "BEYOND_OWN_ACCESS")
	})
}

func TestADepartmentIsDissolvedIntoAnother(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.company()
		_, err := b.users.SaveDepartmentAs(ctx, boss, user.Department{Name: "Web", ParentID: 2})
		b.ok(err)
		_, err = b.users.Update(ctx, 4, user.Change{DepartmentIDs: &[]int64{2, 3}})
		b.ok(err)
		b.want(b.users.DissolveDepartment(ctx, boss, 2, 4), "DEPARTMENT_LOOP")
		b.want(b.users.DissolveDepartment(ctx, boss, 2, 2), "DEPARTMENT_LOOP")
		b.want(b.users.DissolveDepartment(ctx, boss, 2, 99), "DEPARTMENT_NOT_FOUND")
		b.ok(b.users.DissolveDepartment(ctx, boss, 2, 3))
		cleo, _ := b.users.Get(ctx, 3)
		dan, _ := b.users.Get(ctx, 4)
		web, err := b.users.Department(ctx, 4)
		if err != nil || !slices.Equal(cleo.DepartmentIDs, []int64{3}) || !slices.Equal(dan.DepartmentIDs, []int64{3}) || web.ParentID != 3 {
			b.Errorf("Cleo in %v, Dan in %v, Web below %d, %v", cleo.DepartmentIDs, dan.DepartmentIDs, web.ParentID, err)
		}
		b.equal(b.may(3), "webhooks.own") // the roles of the department went with it
		if got := b.ids(user.Query{DepartmentID: 3}); !slices.Equal(got, []int64{3, 4}) {
			b.Errorf("people of Sales: %v", got)
		}
		b.ok(b.users.DissolveDepartment(ctx, boss, 3, 0))
		if cleo, _ = b.users.Get(ctx, 3); len(cleo.DepartmentIDs) != 0 {
			b.Errorf("Cleo in %v", cleo.DepartmentIDs)
		}
	})
}

func TestPeopleAreInvitedTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.company()
		list := []user.NewUser{{Email: "eve@example.com"}, {Email: "nobody@"}, {Email: "fay@example.com"}, {Email: "EVE@example.com"}}
		_, err := b.users.Invite(ctx, manager, list, 0)
		var wrong user.InviteFaults
		if !errors.As(err, &wrong) || len(wrong) != 2 || wrong[1].Code != "INVALID_EMAIL" || wrong[3].Code != "LOGIN_BUSY" {
			b.Fatalf("%v", err)
		}
		b.equal(err.Error(), "line 2: This is not an e-mail address.")
		if got := b.ids(user.Query{Search: "eve@example.com"}); got != nil {
			b.Errorf("somebody of a refused list is there: %v", got)
		}
		_, err = b.users.Invite(ctx, manager, []user.NewUser{{Email: "x@example.com", Admin: true}}, 0)
		b.want(err, "BEYOND_OWN_ACCESS")
		_, err = b.users.Invite(ctx, manager, []user.NewUser{{Email: "x@example.com", DepartmentIDs: []int64{2}}}, 0)
		b.want(err, "BEYOND_OWN_ACCESS")
		_, err = b.users.Invite(ctx, manager, []user.NewUser{{Email: "x@example.com"}}, b.role(user.RoleDeveloper).ID)
		b.want(err, "BEYOND_OWN_ACCESS")
		_, err = b.users.Invite(ctx, user.Ref{ID: 4}, nil, 0)
		b.want(err, "ACCESS_DENIED")
		_, err = b.users.Invite(ctx, boss, make([]user.NewUser, user.MaxInvited+1), 0)
		b.want(err, "TOO_MANY_PEOPLE")

		made, err := b.users.Invite(ctx, manager, []user.NewUser{{Email: "eve@example.com"}, {Email: "fay@example.com"}}, b.role(user.RoleManager).ID)
		if err != nil || len(made) != 2 {
			b.Fatalf("%+v, %v", made, err)
		}
		eve, fay := made[0].User.ID, made[1].User.ID
		b.equal(b.may(fay), "people.manage departments.manage webhooks.own")
		states := func(l user.Link) string {
			var s strings.Builder
			for _, id := range b.ids(user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Invited: true, Link: l}) {
				s.WriteString(strconv.FormatInt(id, 10) + " ")
			}
			return s.String()
		}
		b.equal(states(user.LinkOpen), fmt.Sprintf("%d %d ", eve, fay))
		b.ok(b.users.RevokeLinkAs(ctx, manager, fay))
		_, err = b.users.LinkOf(ctx, made[1].Token)
		b.want(err, "LINK_OVER")
		b.equal(states(user.LinkOpen), fmt.Sprintf("%d ", eve))
		_, err = b.users.UseLink(ctx, made[0].Token, password)
		b.ok(err)
		_, err = b.users.SignIn(ctx, "eve@example.com", password, "", "")
		b.ok(err)
		again, err := b.users.NewLinkAs(ctx, manager, fay)
		b.ok(err)
		b.equal(states(user.LinkOpen), fmt.Sprintf("%d ", fay))
		if links, err := b.users.Links(ctx, []int64{eve, fay}); err != nil || len(links) != 1 || !links[fay].Expires.Equal(noon.Add(7*24*time.Hour)) {
			b.Errorf("%+v, %v", links, err)
		}
		b.clock.Advance(8 * 24 * time.Hour)
		_, err = b.users.LinkOf(ctx, again)
		b.want(err, "LINK_OVER")
		b.equal(states(user.LinkOpen), "")
		b.equal(states(user.LinkOver), fmt.Sprintf("1 2 3 4 %d ", fay)) // nobody else ever had a link, or signed in
	})
}
