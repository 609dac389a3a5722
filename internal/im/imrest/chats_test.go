package imrest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// step is a call of a user and its whole answer.
type step struct {
	as     int64
	method string
	body   string
	want   string // the result; of a fault its status, code and text
}

// run makes the calls in their order. "$chat" and "$message" stand for what calls of im.chat.add and im.message.add answered last.
func (b *bundle) run(t *testing.T, steps []step) {
	t.Helper()
	known := map[string]string{"im.chat.add": "0", "im.message.add": "0"}
	for _, s := range steps {
		fill := strings.NewReplacer("$chat", known["im.chat.add"], "$message", known["im.message.add"])
		status, got := b.call(t, s.as, s.method, fill.Replace(s.body))
		if status != http.StatusOK {
			got = strconv.Itoa(status) + " " + got
		}
		if _, keeps := known[s.method]; keeps && status == http.StatusOK {
			known[s.method] = got
		}
		if want := fill.Replace(s.want); want != "*" && got != want {
			t.Errorf("%s %s as %d:\n got %s\nwant %s", s.method, fill.Replace(s.body), s.as, got, want)
		}
	}
}

func fault(status int, code, text string) string {
	return strconv.Itoa(status) + ` "` + code + `" "` + text + `"`
}

func TestChatsAreMadeChangedAndLeft(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		unavailable := fault(403, "ACCESS_ERROR", "Action unavailable")
		noChat, noDialog := fault(400, "CHAT_ID_EMPTY", "Chat ID can't be empty"), fault(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
		boris, clara := id(b.boris), id(b.clara)
		b.run(t, []step{
			{b.anna, "im.chat.add", `{"TITLE":"Deal","USERS":[` + boris + `],"COLOR":"mint","DESCRIPTION":"About it","MESSAGE":"Welcome","ENTITY_TYPE":"CRM","ENTITY_ID":"DEAL|7"}`, "*"},
			{b.anna, "im.chat.get", `{"ENTITY_TYPE":"crm","ENTITY_ID":"DEAL|7"}`, `{"ID":$chat}`},
			{b.clara, "im.chat.get", `{"ENTITY_TYPE":"CRM","ENTITY_ID":"DEAL|7"}`, `null`},
			{b.anna, "im.chat.get", `{"ENTITY_TYPE":"CRM"}`, `null`},
			{b.anna, "im.chat.add", `{"TYPE":"CHANNEL"}`, fault(400, "ERROR_ARGUMENT", "Argument 'TYPE' must be OPEN or CHAT")},
			{b.anna, "im.chat.add", `{"AVATAR":"!"}`, fault(400, "AVATAR_ERROR", "Avatar incorrect type")},
			{b.boris, "im.chat.user.list", `{"CHAT_ID":$chat}`, `[` + id(b.anna) + `,` + boris + `]`},
			{b.clara, "im.chat.user.list", `{"CHAT_ID":$chat}`, unavailable},
			{b.boris, "im.chat.user.list", `{"CHAT_ID":"chat$chat"}`, noChat},
			{b.boris, "im.chat.updateTitle", `{"DIALOG_ID":"chat$chat","TITLE":" Closed deal\n"}`, `true`},
			{b.boris, "im.chat.updateTitle", `{"CHAT_ID":$chat,"TITLE":" "}`, fault(400, "TITLE_EMPTY", "Title can't be empty")},
			{b.boris, "im.chat.updateTitle", `{"DIALOG_ID":"` + clara + `","TITLE":"x"}`, noDialog},
			{b.clara, "im.chat.updateTitle", `{"CHAT_ID":$chat,"TITLE":"x"}`, unavailable},
			{b.boris, "im.chat.updateColor", `{"CHAT_ID":$chat,"COLOR":"MINT"}`, fault(400, "WRONG_REQUEST", "This color currently set or chat doesn't exist")},
			{b.boris, "im.chat.updateColor", `{"CHAT_ID":4711,"COLOR":"MINT"}`, fault(400, "WRONG_REQUEST", "This color currently set or chat doesn't exist")},
			{b.boris, "im.chat.updateColor", `{"CHAT_ID":$chat,"COLOR":"beige"}`, fault(400, "WRONG_COLOR", "This color currently unavailable")},
			{b.boris, "im.chat.updateColor", `{"CHAT_ID":$chat,"COLOR":"RED"}`, `true`},
			{b.boris, "im.chat.setOwner", `{"CHAT_ID":$chat,"USER_ID":` + boris + `}`, fault(403, "WRONG_REQUEST", "Change owner can only owner and user must be member in chat")},
			{b.anna, "im.chat.setOwner", `{"CHAT_ID":$chat}`, fault(400, "USER_ID_EMPTY", "User ID can't be empty")},
			{b.clara, "im.chat.setOwner", `{"CHAT_ID":$chat,"USER_ID":` + boris + `}`, unavailable},
			{b.anna, "im.chat.user.add", `{"CHAT_ID":$chat,"USERS":[` + clara + `]}`, `true`},
			{b.clara, "im.dialog.messages.get", `{"DIALOG_ID":"chat$chat","FIRST_ID":0}`, "*"},
			{b.clara, "im.chat.user.delete", `{"CHAT_ID":$chat,"USER_ID":` + boris + `}`, fault(403, "ACCESS_DENIED_KICK", "Insufficient rights to exclude participants from the chat")},
			{b.anna, "im.chat.user.delete", `{"CHAT_ID":$chat,"USER_ID":` + clara + `}`, `true`},
			{b.anna, "im.chat.user.delete", `{"CHAT_ID":$chat,"USER_ID":` + clara + `}`, fault(400, "USER_NOT_FOUND", "The specified user is not in the chat")},
			{b.anna, "im.chat.setOwner", `{"CHAT_ID":$chat,"USER_ID":` + boris + `}`, `true`},
			{b.clara, "im.chat.leave", `{"CHAT_ID":$chat}`, fault(403, "ACCESS_DENIED_KICK", "Access denied to kick user from chat")},
			{b.anna, "im.chat.leave", `{"CHAT_ID":$chat}`, `true`},
			{b.anna, "im.chat.leave", `{}`, noChat},
			{b.anna, "im.chat.leave", `{"CHAT_ID":4711}`, unavailable},
			{b.boris, "im.chat.user.list", `{"CHAT_ID":$chat}`, `[` + boris + `]`},
			{b.boris, "im.chat.mute", `{"CHAT_ID":$chat}`, `true`},
			{b.anna, "im.chat.mute", `{"DIALOG_ID":"chat$chat","MUTE":"N"}`, fault(403, "ACCESS_ERROR", "This chat cannot be muted")},
			{b.anna, "im.chat.mute", `{}`, noChat},
			{b.anna, "im.chat.mute", `{"DIALOG_ID":"x"}`, noDialog},
		})
	})
}

func TestChatsWithoutATitleGetOne(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		title := func(body string) string {
			t.Helper()
			chat := b.result(t, b.anna, "im.chat.add", body)
			return field(t, b.result(t, b.anna, "im.dialog.get", `{"DIALOG_ID":"chat`+chat+`"}`), "name")
		}
		for body, want := range map[string]string{
			`{"USERS":[` + id(b.boris) + `,` + id(b.clara) + `]}`: `"Chat with Boris, Clara"`,
			`{"COLOR":"LIGHT_BLUE"}`:                              `"Light blue chat №1"`,
		} {
			if got := title(body); got != want {
				t.Errorf("%s: title %s, want %s", body, got, want)
			}
		}
	})
}

func TestAChatsPicture(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		var raw bytes.Buffer
		must(t, png.Encode(&raw, image.NewRGBA(image.Rect(0, 0, 4, 4))))
		good := base64.StdEncoding.EncodeToString(raw.Bytes())
		b.run(t, []step{
			{b.anna, "im.chat.add", `{"TITLE":"Pictures","USERS":[` + id(b.boris) + `]}`, "*"},
			{b.boris, "im.chat.updateAvatar", `{"CHAT_ID":$chat,"AVATAR":"` + good + `"}`, `true`},
			{b.boris, "im.chat.updateAvatar", `{"CHAT_ID":$chat,"AVATAR":"PHN2Zz4="}`, fault(400, "AVATAR_ERROR", "Avatar incorrect type")},
			{b.boris, "im.chat.updateAvatar", `{"CHAT_ID":4711,"AVATAR":"` + good + `"}`, fault(400, "WRONG_REQUEST", "Chat doesn't exist")},
			{b.clara, "im.chat.updateAvatar", `{"CHAT_ID":$chat,"AVATAR":"` + good + `"}`, fault(403, "ACCESS_ERROR", "Action unavailable")},
			{b.anna, "im.chat.updateAvatar", `{"AVATAR":"` + good + `"}`, fault(400, "CHAT_ID_EMPTY", "Chat ID can't be empty")},
		})
		list := b.result(t, b.anna, "im.recent.get", `{}`)
		if !strings.Contains(list, `"avatar":{"url":"https://portal.example.com/online/avatar/`) {
			t.Errorf("the list has no picture: %s", list)
		}
	})
}

func TestTheChatOfAllStaysAsTheAdministratorsMadeIt(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		general, err := b.im.General(t.Context())
		must(t, err)
		must(t, b.db.Write(t.Context(), func(tx *db.Tx) error { return b.im.JoinGeneralTx(t.Context(), tx, b.boris) }))
		chat := `{"CHAT_ID":` + id(general.ID)
		const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
		b.run(t, []step{
			{b.boris, "im.chat.updateTitle", chat + `,"TITLE":"x"}`, fault(403, "ACCESS_ERROR", "This chat cannot be renamed")},
			{b.boris, "im.chat.updateColor", chat + `,"COLOR":"RED"}`, fault(403, "ACCESS_ERROR", "Action unavailable")},
			{b.boris, "im.chat.updateAvatar", chat + `,"AVATAR":"` + picture + `"}`, fault(403, "ACCESS_ERROR", "The avatar of this chat cannot be changed")},
		})
	})
}

func TestMembersWhoMayNotAreToldSo(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c, err := b.im.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna, Title: "Strict", MemberIDs: []int64{b.boris}})
		must(t, err)
		owner := im.RightOwner
		must(t, b.im.UpdateChat(t.Context(), b.anna, c.ID, im.ChatChange{CanAdd: &owner, CanDress: &owner}))
		const picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
		b.run(t, []step{
			{b.boris, "im.chat.user.add", `{"CHAT_ID":` + id(c.ID) + `,"USERS":[` + id(b.clara) + `]}`, fault(403, "ACCESS_DENIED_EXTEND", "Insufficient permissions to add participants to the chat")},
			{b.boris, "im.chat.updateAvatar", `{"CHAT_ID":` + id(c.ID) + `,"AVATAR":"` + picture + `"}`, fault(403, "ACCESS_DENIED", "Access denied")},
			{b.boris, "im.chat.updateTitle", `{"CHAT_ID":` + id(c.ID) + `,"TITLE":"x"}`, fault(403, "ACCESS_ERROR", "Action unavailable")},
		})
	})
}

func TestDialogGetTellsAllOfAChat(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		b.run(t, []step{
			{b.anna, "im.chat.add", `{"TITLE":"Deal","USERS":[` + id(b.boris) + `],"COLOR":"MINT","DESCRIPTION":"About it","ENTITY_TYPE":"CRM","ENTITY_ID":"DEAL|7"}`, "*"},
			{b.anna, "im.message.add", `{"DIALOG_ID":"chat$chat","MESSAGE":"Welcome"}`, "*"},
			{b.boris, "im.dialog.get", `{"DIALOG_ID":"chat$chat"}`, `{"id":$chat,"parent_chat_id":0,"parent_message_id":0,"name":"Deal","description":"About it","owner":` + id(b.anna) +
				`,"extranet":false,"avatar":"","color":"#4ba984","type":"crm","counter":1,"user_counter":2,"message_count":1,"unread_id":$message,` +
				`"restrictions":{"avatar":true,"rename":true,"extend":true,"call":false,"mute":true,"leave":true,"leave_owner":true,"send":true,"user_list":true,"path":"","path_title":""},` +
				`"last_message_id":$message,"last_id":0,"marked_id":0,"disk_folder_id":0,"entity_type":"CRM","entity_id":"DEAL|7","entity_data_1":"","entity_data_2":"","entity_data_3":"",` +
				`"mute_list":[],"date_create":"2026-11-23T09:00:00+01:00","message_type":"C","public":"","role":"member","entity_link":{"type":"DEAL","url":"","id":"DEAL|7"},` +
				`"text_field_enabled":true,"background_id":null,"permissions":{"manage_users_add":"member","manage_users_delete":"manager","manage_ui":"member","manage_settings":"owner",` +
				`"manage_messages":"member","can_post":"member"},"is_new":false,"readed_list":[{"user_id":` + id(b.anna) + `,"user_name":"Anna Weber","message_id":$message,"date":null}],` +
				`"manager_list":[` + id(b.anna) + `],"last_message_views":{"message_id":$message,"first_viewers":[],"count_of_viewers":0},"dialog_id":"chat$chat"}`},
			{b.boris, "im.dialog.read", `{"DIALOG_ID":"CHAT$chat"}`, `{"dialogId":"chat$chat","chatId":$chat,"lastId":$message,"counter":0}`},
			{b.clara, "im.dialog.read", `{"DIALOG_ID":"chat$chat"}`, `false`},
			{b.clara, "im.dialog.get", `{"DIALOG_ID":"chat$chat"}`, fault(403, "ACCESS_ERROR", "You do not have access to the specified dialog")},
			{b.clara, "im.dialog.get", `{}`, fault(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")},
			{b.boris, "im.dialog.unread", `{"DIALOG_ID":"chat$chat","MESSAGE_ID":$message}`, `true`},
			{b.boris, "im.dialog.unread", `{"DIALOG_ID":"chat$chat","MESSAGE_ID":4711}`, `false`},
			{b.boris, "im.dialog.unread", `{"DIALOG_ID":"chat$chat"}`, fault(400, "MESSAGE_ID_ERROR", "First unread message id can't be empty")},
			{b.boris, "im.counters.get", `{}`, `{"TYPE":{"ALL":1,"NOTIFY":0,"CHAT":1,"LINES":0,"DIALOG":0,"MESSENGER":1},"CHAT":{"$chat":1},"CHAT_MUTED":[],"CHAT_UNREAD":[],"LINES":[],"DIALOG":[],"DIALOG_UNREAD":[]}`},
			{b.anna, "im.message.add", `{"DIALOG_ID":"` + id(b.boris) + `","MESSAGE":"Hello"}`, "*"},
			{b.boris, "im.chat.mute", `{"CHAT_ID":$chat}`, `true`},
			{b.boris, "im.recent.unread", `{"DIALOG_ID":"chat$chat"}`, `true`},
			{b.boris, "im.counters.get", `{}`, `{"TYPE":{"ALL":1,"NOTIFY":0,"CHAT":0,"LINES":0,"DIALOG":1,"MESSENGER":1},"CHAT":[],"CHAT_MUTED":{"$chat":1},"CHAT_UNREAD":[$chat],"LINES":[],"DIALOG":{"` + id(b.anna) + `":1},"DIALOG_UNREAD":[]}`},
			{b.boris, "im.dialog.read.all", `{}`, `true`},
			{b.boris, "im.counters.get", `{}`, `{"TYPE":{"ALL":0,"NOTIFY":0,"CHAT":0,"LINES":0,"DIALOG":0,"MESSENGER":0},"CHAT":[],"CHAT_MUTED":[],"CHAT_UNREAD":[],"LINES":[],"DIALOG":[],"DIALOG_UNREAD":[]}`},
			{b.boris, "im.recent.unread", `{"DIALOG_ID":"chat4711"}`, `false`},
			{b.boris, "im.dialog.writing", `{"DIALOG_ID":"chat$chat"}`, `true`},
			{b.clara, "im.dialog.writing", `{"DIALOG_ID":"chat$chat"}`, fault(403, "ACCESS_ERROR", "Action unavailable")},
			{b.boris, "im.recent.pin", `{"DIALOG_ID":"chat$chat"}`, `true`},
			{b.clara, "im.recent.pin", `{"DIALOG_ID":"chat$chat"}`, fault(400, "ACCESS_ERROR", "You don't have permission to pin this chat")},
			{b.boris, "im.recent.hide", `{"DIALOG_ID":"chat$chat"}`, `true`},
			{b.boris, "im.recent.hide", `{"DIALOG_ID":"?"}`, fault(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")},
			{b.boris, "im.revision.get", `{}`, `{"rest":32,"web":130,"mobile":22,"desktop":6,"im_revision_mobile":22}`},
		})
		if list := b.result(t, b.boris, "im.recent.get", `{"SKIP_DIALOG":"Y"}`); list != "[]" {
			t.Errorf("a hidden chat is in the list: %s", list)
		}
		if list := b.result(t, b.boris, "im.recent.get", `{"LAST_UPDATE":"2026-11-24T00:00:00+01:00"}`); list != "[]" {
			t.Errorf("what did not change is in the list: %s", list)
		}
	})
}

func id(n int64) string { return strconv.FormatInt(n, 10) }

// field returns a field of an object as it was answered.
func field(t *testing.T, object, name string) string {
	t.Helper()
	return string(into[map[string]json.RawMessage](t, object)[name])
}
