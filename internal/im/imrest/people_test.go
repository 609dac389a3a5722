package imrest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/user"
)

func TestUsersAndTheirStatus(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		b.run(t, []step{
			{b.anna, "im.user.status.get", `{}`, `"online"`},
			{b.anna, "im.user.status.set", `{"STATUS":"dnd"}`, `true`},
			{b.anna, "im.user.status.set", `{"STATUS":"DND"}`, fault(400, "STATUS_ERROR", "Status is not available")},
			{b.anna, "im.user.status.get", `{}`, `"dnd"`},
			{b.anna, "im.user.status.idle.start", `{"AGO":15}`, `true`},
			{b.boris, "im.user.get", `{"ID":0}`, fault(400, "ID_EMPTY", "User ID can't be empty")},
			{b.boris, "im.user.get", `{"ID":4711}`, fault(400, "USER_NOT_EXISTS", "User does not exist")},
			{b.boris, "im.user.list.get", `{"ID":"x"}`, fault(400, "INVALID_FORMAT", "A wrong format for the ID field is passed")},
		})
		anna := b.result(t, b.boris, "im.user.get", `{"ID":`+id(b.anna)+`}`)
		if field(t, anna, "status") != `"dnd"` || field(t, anna, "idle") != `"2026-11-23T08:45:00+01:00"` || field(t, anna, "name") != `"Anna Weber"` {
			t.Errorf("user %s", anna)
		}
		b.run(t, []step{{b.anna, "im.user.status.idle.end", `{}`, `true`}})
		own := b.result(t, b.anna, "im.user.get", `{}`)
		if field(t, own, "idle") != "false" {
			t.Errorf("user %s", own)
		}
		if got := b.result(t, b.boris, "im.user.list.get", `{"ID":"[`+id(b.anna)+`,4711]","RESULT_TYPE":"array"}`); got != "["+own+"]" {
			t.Errorf("list %s", got)
		}
		if got := b.result(t, b.boris, "im.user.list.get", `{"ID":[`+id(b.anna)+`]}`); got != `{"`+id(b.anna)+`":`+own+`}` {
			t.Errorf("table %s", got)
		}
	})
}

func TestDepartmentsAndColleagues(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		department := func(name string, parent, head int64) int64 {
			d, err := b.users.CreateDepartment(t.Context(), user.Department{Name: name, ParentID: parent, HeadID: head})
			must(t, err)
			return d.ID
		}
		top := department("Company", 0, b.clara)
		dev := department("Development", top, b.anna)
		for _, id := range []int64{b.anna, b.boris} {
			_, err := b.users.Update(t.Context(), id, user.Change{DepartmentIDs: &[]int64{dev}})
			must(t, err)
		}
		d := id(dev)
		b.run(t, []step{
			{b.boris, "im.department.get", `{"ID":[` + d + `,4711]}`, `[{"id":` + d + `,"name":"Development","full_name":"Development / Company","manager_user_id":` + id(b.anna) + `}]`},
			{b.boris, "im.department.get", `{}`, fault(400, "INVALID_FORMAT", "A wrong format for the ID field is passed")},
			{b.boris, "im.department.employees.get", `{"ID":"[` + d + `]"}`, `{"` + d + `":[` + id(b.anna) + `,` + id(b.boris) + `]}`},
			{b.boris, "im.department.employees.get", `{}`, fault(400, "ID_EMPTY", "Department ID can't be empty")},
			{b.boris, "im.department.managers.get", `{"ID":[` + d + `]}`, `{"` + d + `":[` + id(b.anna) + `]}`},
			{b.boris, "im.department.managers.get", `{"ID":[]}`, fault(400, "ID_EMPTY", "Department ID can't be empty")},
			{b.boris, "im.department.colleagues.list", `{}`, `[` + id(b.anna) + `]`},
			{b.anna, "im.department.colleagues.list", `{"LIMIT":1}`, `[` + id(b.boris) + `]`},
			{b.anna, "im.department.colleagues.list", `{"OFFSET":1}`, `[` + id(b.clara) + `]`},
			{b.anna, "im.department.colleagues.list", `{"OFFSET":9223372036854775807}`, `[]`},
			{b.anna, "im.department.colleagues.list", `{"OFFSET":-9223372036854775808,"LIMIT":9223372036854775807}`, `[` + id(b.boris) + `,` + id(b.clara) + `]`},
			{b.clara, "im.department.colleagues.list", `{}`, `[` + id(b.anna) + `,` + id(b.boris) + `]`},
			{b.boris, "im.department.employees.get", `{"ID":[` + id(top) + `,` + d + `]}`, `{"` + id(top) + `":[],"` + d + `":[` + id(b.anna) + `,` + id(b.boris) + `]}`},
			{b.boris, "im.department.employees.get", `{"ID":[` + id(top) + `],"USER_DATA":"Y"}`, `{"` + id(top) + `":[]}`},
			{b.boris, "im.department.employees.get", `{"ID":[4711]}`, `[]`},
			{b.bot, "im.department.get", `{"ID":[` + d + `]}`, fault(403, "ACCESS_ERROR", "Only intranet users have access to this method.")},
			{b.boris, "im.search.department.list", `{"FIND":"dev"}`, `[{"id":` + d + `,"name":"Development","full_name":"Development / Company","manager_user_id":` + id(b.anna) + `}]`},
			{b.boris, "im.search.department.list", `{}`, fault(400, "FIND_SHORT", "Too short a search phrase.")},
		})
		described := b.result(t, b.boris, "im.department.managers.get", `{"ID":`+d+`,"USER_DATA":"Y"}`)
		if want := `{"` + d + `":[` + b.result(t, b.boris, "im.user.get", `{"ID":`+id(b.anna)+`}`) + `]}`; described != want {
			t.Errorf("managers %s, want %s", described, want)
		}
	})
}

func TestSearchOfPeopleAndChats(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		b.run(t, []step{
			{b.anna, "im.chat.add", `{"TITLE":"Project X","USERS":[` + id(b.boris) + `]}`, "*"},
			{b.anna, "im.search.chat.list", `{"FIND":"p"}`, fault(400, "FIND_SHORT", "Too short a search phrase.")},
			{b.anna, "im.search.chat.list", `{"FIND":"nothing"}`, `[]`},
			{b.clara, "im.search.chat.list", `{"FIND":"project"}`, `[]`},
			{b.anna, "im.search.chat.list", `{"FIND_LINES":"project"}`, `[]`},
			{b.anna, "im.search.user.list", `{"FIND":"b"}`, fault(400, "FIND_SHORT", "Too short a search phrase.")},
			{b.anna, "im.search.user.list", `{"FIND":"nobody"}`, `[]`},
			{b.anna, "im.search.last.add", `{"DIALOG_ID":"` + id(b.boris) + `"}`, `true`},
			{b.anna, "im.search.last.add", `{"DIALOG_ID":"chat$chat"}`, `true`},
			{b.clara, "im.search.last.add", `{"DIALOG_ID":"chat$chat"}`, `false`},
			{b.clara, "im.search.last.add", `{"DIALOG_ID":"x"}`, fault(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")},
			{b.anna, "im.search.last.delete", `{"DIALOG_ID":"chat$chat"}`, `true`},
			{b.anna, "im.search.last.delete", `{"DIALOG_ID":"chat$chat"}`, `false`},
			{b.anna, "im.search.last.delete", `{}`, fault(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")},
		})
		for _, find := range []string{"ject", "boris"} {
			var chats []map[string]any
			must(t, json.Unmarshal([]byte(b.result(t, b.anna, "im.search.chat.list", `{"FIND":"`+find+`"}`)), &chats))
			if len(chats) != 1 || chats[0]["name"] != "Project X" || chats[0]["role"] != "owner" {
				t.Errorf("%s finds %v", find, chats)
			}
		}
		boris := b.result(t, b.anna, "im.user.get", `{"ID":`+id(b.boris)+`}`)
		if got := b.result(t, b.anna, "im.search.user.list", `{"FIND":"bor"}`); got != `{"`+id(b.boris)+`":`+boris+`}` {
			t.Errorf("found %s", got)
		}
		last := b.result(t, b.anna, "im.search.last.get", `{}`)
		if want := `[{"id":` + id(b.boris) + `,"type":"user","avatar":{"url":"","color":"#df532d"},"title":"Boris","user":` + boris + `}]`; last != want {
			t.Errorf("last searched\n got %s\nwant %s", last, want)
		}
		if got := b.result(t, b.anna, "im.search.last.get", `{"SKIP_DIALOG":"Y"}`); got != "[]" {
			t.Errorf("skipped dialogs %s", got)
		}
		users := b.result(t, b.anna, "im.dialog.users.list", `{"DIALOG_ID":"`+id(b.bot)+`","SKIP_EXTERNAL":"Y"}`)
		if users != "["+b.result(t, b.anna, "im.user.get", `{}`)+"]" {
			t.Errorf("participants without bots %s", users)
		}
		users = b.result(t, b.anna, "im.dialog.users.list", `{"DIALOG_ID":"`+id(b.bot)+`","SKIP_EXTERNAL":"Y","SKIP_EXTERNAL_EXCEPT_TYPES":"email, bot","OFFSET":1}`)
		if !strings.Contains(users, `"bot":true`) || strings.Contains(users, "Weber") {
			t.Errorf("second participant %s", users)
		}
	})
}
