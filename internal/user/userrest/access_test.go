package userrest_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestAccessCodes(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		steps(t, h, []step{
			{"user.admin", "1 im", `{}`, `{"result":true}`},
			{"user.admin", "2 im", `{}`, `{"result":false}`},
			{"user.access", "1 im", `{"ACCESS":["U77"]}`, `{"result":true}`},
			{"user.access", "1 im", `{}`, `{"result":true}`},
			{"user.access", "2 im", `{}`, `{"result":false}`},
			{"user.access", "2 im", `{"ACCESS":["U1","U02","G1","XX"]}`, `{"result":false}`},
			{"user.access", "2 im", `{"ACCESS":["U1","U2"]}`, `{"result":true}`},
			{"user.access", "2 im", `{"ACCESS":["AU"]}`, `{"result":true}`},
			{"user.access", "2 im", `{"ACCESS":"G2"}`, `{"result":true}`},
			{"user.access", "2 im", `{"ACCESS":[["U2"]]}`, argument("ACCESS", "Argument 'ACCESS' must be a list of access codes")},
			{"access.name", "2 im", `{}`, `{"result":false}`},
			{"access.name", "2 im", `{"ACCESS":[]}`, `{"result":false}`},
			{"access.name", "2 im", `{"ACCESS":["U1","U77","G1","G2","G9","AU"]}`, `{"result":{` +
				`"AU":{"provider":"","name":"All authorized users","provider_id":"other"},` +
				`"G1":{"provider":"","name":"Administrators","provider_id":"other"},` +
				`"G2":{"provider":"","name":"All visitors","provider_id":"other"},` +
				`"U1":{"provider":"Users","name":"Anna Berg","provider_id":"user"}}}`},
			{"access.name", "2 im", `{"ACCESS":["none"]}`, `{"result":{}}`},
		})
	})
}

func TestRolesOpenWhatTheyAllow(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		const people, departments = "3 user,+people.manage,+webhooks.own", "3 department,+departments.manage"
		steps(t, h, []step{
			{"user.update", "3 user", `{"ID":2,"NAME":"Bernd"}`, refusal("ERROR_CORE", "access_denied")},
			{"user.update", people, `{"ID":2,"NAME":"Bernd"}`, `{"result":true}`},
			{"user.update", people, `{"ID":1,"EMAIL":"mine@example.com"}`, refusal("ERROR_CORE", "access_denied")}, // an administrator
			{"user.add", people, `{"EMAIL":"mail@example.org","UF_DEPARTMENT":[4]}`, `{"result":6}`},
			{"department.add", "3 department,+people.manage", `{"NAME":"New","PARENT":1}`, refusal("ERROR_CORE", "Access denied")},
			{"department.add", departments, `{"NAME":"New","PARENT":1}`, `{"result":5}`},
			{"department.update", departments, `{"ID":5,"NAME":"Newer"}`, `{"result":true}`},
			{"department.delete", departments, `{"ID":5}`, `{"result":true}`},
		})
	})
}

// TestNobodyCallsBeyondTheirRoles keeps who manages people from giving themselves, or others, what a department's role allows.
func TestNobodyCallsBeyondTheirRoles(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{user.Schema()}, func(t *testing.T, d *db.DB) {
		h := newHandler(t, d)
		users := user.New(d, clock.System{})
		role, err := users.RoleByName(t.Context(), user.RoleDeveloper)
		if err == nil {
			err = users.GiveDepartmentRole(t.Context(), user.Ref{ID: 1, Admin: true}, role.ID, 4, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		const people, departments = "3 user,+people.manage,+webhooks.own", "3 department,+departments.manage"
		steps(t, h, []step{
			{"user.update", people, `{"ID":3,"UF_DEPARTMENT":[4]}`, refusal("ERROR_CORE", "access_denied")},
			{"user.add", people, `{"EMAIL":"mail@example.org","UF_DEPARTMENT":[4]}`, refusal("ERROR_CORE", "access_denied")},
			{"department.update", departments, `{"ID":2,"PARENT":4}`, refusal("ERROR_CORE", "Access denied")},
			{"user.update", "1 user", `{"ID":3,"UF_DEPARTMENT":[4]}`, `{"result":true}`},
		})
	})
}
