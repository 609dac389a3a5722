package openlinerest_test

import (
	"fmt"
	"testing"
)

func TestNoChatBelongsToTheCRM(t *testing.T) {
	d := openDesk(t, nil)
	r := d.client("Vera", "Hello")
	deal := `"CRM_ENTITY_TYPE":"deal","CRM_ENTITY":5`
	person := fmt.Sprintf(`,"USER_ID":%d`, d.ann)
	chat := fmt.Sprintf(`,"CHAT_ID":%d`, r.ChatID)
	type want struct {
		status     int
		code, text string
	}
	absent := func(name string) want { return want{400, "ERROR_ARGUMENT", "Argument '" + name + "' is null or empty"} }
	empty := want{400, "CRM_CHAT_EMPTY_CRM_DATA", "Empty CRM data"}
	wrong := want{400, "ERROR_ARGUMENT", "The value of an argument 'CRM_ENTITY' has an invalid type"}
	join := want{403, "ACCESS_DENIED", "Access denied! You don't have access to join user to chat"}
	for _, test := range []struct {
		method, params string
		want           want
	}{
		{"chat.get", ``, absent("CRM_ENTITY_TYPE")},
		{"chat.get", `"CRM_ENTITY_TYPE":"deal"`, absent("CRM_ENTITY")},
		{"chat.get", `"CRM_ENTITY_TYPE":"deal","CRM_ENTITY":"x"`, wrong},
		{"chat.get", `"CRM_ENTITY_TYPE":"ship","CRM_ENTITY":5`, want{403, "ACCESS_DENIED", "Access denied! You don't have access to this action"}},
		{"chat.getLastId", ``, empty},
		{"chat.getLastId", `"CRM_ENTITY_TYPE":"deal"`, empty},
		{"chat.getLastId", `"CRM_ENTITY_TYPE":"deal","CRM_ENTITY":"x"`, want{400, "ERROR_ARGUMENT", "The value of an argument CRM_ENTITY has an invalid type"}},
		{"chat.getLastId", deal, want{400, "CRM_CHAT_EMPTY_CRM_DATA", "Could not find CRM object"}},
		{"chat.user.add", ``, absent("CRM_ENTITY_TYPE")},
		{"chat.user.add", `"CRM_ENTITY_TYPE":"deal"`, absent("CRM_ENTITY")},
		{"chat.user.add", `"CRM_ENTITY_TYPE":"deal","CRM_ENTITY":"x"`, wrong},
		{"chat.user.add", deal, absent("Empty USER_ID")},
		{"chat.user.add", deal + `,"USER_ID":4711`, want{400, "CRM_CHAT_USER_NOT_ACTIVE", "User not active"}},
		{"chat.user.add", `"CRM_ENTITY_TYPE":"ship","CRM_ENTITY":5` + person, join},
		{"chat.user.add", deal + person + chat, want{400, "CHAT_NOT_IN_CRM", "Chat does not belong to the CRM object being checked"}},
		{"chat.user.delete", deal, want{400, "CRM_CHAT_EMPTY_USER", "Empty User ID"}},
		{"chat.user.delete", `"USER_ID":1`, empty},
		{"chat.user.delete", `"CRM_ENTITY_TYPE":"deal","CRM_ENTITY":"x"` + person, wrong},
		{"chat.user.delete", `"CRM_ENTITY_TYPE":"ship","CRM_ENTITY":5` + person, join},
		{"chat.user.delete", deal + `,"USER_ID":4711`, want{400, "CRM_CHAT_USER_NOT_ACTIVE", "User not active"}},
		{"chat.user.delete", deal + person + chat, want{400, "CHAT_NOT_IN_CRM", "Chat does not belong to the CRM object being checked"}},
		{"message.add", `"CRM_ENTITY_TYPE":"ship"`, absent("CRM_ENTITY_TYPE")},
		{"message.add", `"CRM_ENTITY_TYPE":"lead"`, absent("CRM_ENTITY")},
		{"message.add", deal, absent("USER_ID")},
		{"message.add", deal + person, absent("CHAT_ID")},
		{"message.add", deal + person + chat, absent("MESSAGE")},
		{"message.add", deal + person + chat + `,"MESSAGE":"x"`, want{400, "CHAT_NOT_IN_CRM", "Chat does not belong to the CRM entity being checked"}},
	} {
		got := d.call("boss", "imopenlines.crm."+test.method, "{"+test.params+"}")
		head := fmt.Sprintf(`%d {"error":"%s","error_description":"%s"`, test.want.status, test.want.code, test.want.text)
		if len(got) < len(head) || got[:len(head)] != head {
			t.Errorf("%s {%s}:\n got %s\nwant %s", test.method, test.params, got, head)
		}
	}
	d.want("boss", "imopenlines.crm.chat.get", "{"+deal+`,"ACTIVE_ONLY":"N"}`, `200 {"result":[]`)
	d.want("boss", "imopenlines.crm.chat.user.add", "{"+deal+person+"}", `200 {"result":0`)
	d.want("boss", "imopenlines.crm.chat.user.delete", "{"+deal+person+"}", `200 {"result":0`)
}
