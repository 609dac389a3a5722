package imrest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/im"
)

func TestMessageAdd(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		id := into[int64](t, b.result(t, b.anna, "im.message.add", fmt.Sprintf(`{"DIALOG_ID": %d, "MESSAGE": " [b]Hi[/b] <i>",
			"URL_PREVIEW": "N", "TEMPLATE_ID": "0C42A08F-4235-49fc-994f-c9bccd499ac1",
			"ATTACH": [{"LINK": {"NAME": "Report", "LINK": "https://example.com/r"}}], "KEYBOARD": [{"TEXT": "Go", "LINK": "https://example.com"}],
			"MENU": [{"TEXT": "More", "LINK": "https://example.com"}]}`, b.boris)))
		m, c, err := b.im.Message(t.Context(), b.boris, id)
		must(t, err)
		if m.Text != "[b]Hi[/b] <i>" || m.AuthorID != b.anna || !m.NoPreview || m.UUID != "0c42a08f-4235-49fc-994f-c9bccd499ac1" {
			t.Errorf("stored %+v", m)
		}
		if len(m.Extra.Cards()) != 1 || len(m.Extra.Buttons()) != 1 || len(m.Extra.MenuItems()) != 1 {
			t.Errorf("parts %+v", m.Extra)
		}
		reply := into[int64](t, b.result(t, b.boris, "im.message.add",
			fmt.Sprintf(`{"DIALOG_ID": "chat%d", "MESSAGE": "yes", "REPLY_ID": "%d", "SYSTEM": "Y"}`, c.ID, id)))
		m, _, err = b.im.Message(t.Context(), b.anna, reply)
		must(t, err)
		if m.ReplyID != id || !m.System || m.AuthorID != 0 || m.SenderID != b.boris {
			t.Errorf("stored %+v", m)
		}
	})
}

// A hundred messages with keyboards keep every button, the last one with a hundred of them; a keyboard that is too large is refused, and
// the chat stays as it was.
func TestAHundredKeyboards(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		keyboard := func(message, size int) string {
			buttons := make([]string, size)
			for i := range buttons {
				buttons[i] = fmt.Sprintf(`{"TEXT":"B%d-%d","ACTION":"SEND","ACTION_VALUE":"chose %d"}`, message, i, i)
			}
			return "[" + strings.Join(buttons, ",") + "]"
		}
		sized := func(n int) int {
			if n == 99 {
				return 100
			}
			return 3
		}
		for n := range 100 {
			b.result(t, b.anna, "im.message.add", fmt.Sprintf(`{"DIALOG_ID":%d,"MESSAGE":"Pick %d","KEYBOARD":%s}`, b.boris, n, keyboard(n, sized(n))))
		}
		status, answer := b.call(t, b.anna, "im.message.add", fmt.Sprintf(`{"DIALOG_ID":%d,"MESSAGE":"x","KEYBOARD":%s}`, b.boris, keyboard(0, 1000)))
		if status != http.StatusBadRequest || !strings.HasPrefix(answer, `"KEYBOARD_OVERSIZE"`) {
			t.Errorf("a keyboard of a thousand buttons: %d %s", status, answer)
		}
		type page struct {
			Messages []struct {
				ID     int64
				Text   string
				Params struct{ Keyboard []struct{ Text string } }
			}
		}
		before, n := "", 99
		for range 2 {
			p := into[page](t, b.result(t, b.boris, "im.dialog.messages.get", fmt.Sprintf(`{"DIALOG_ID":%d,"LIMIT":50%s}`, b.anna, before)))
			for _, m := range p.Messages {
				var labels []string
				for _, button := range m.Params.Keyboard {
					if button.Text != "" {
						labels = append(labels, button.Text)
					}
				}
				last := fmt.Sprintf("B%d-%d", n, sized(n)-1)
				if m.Text != fmt.Sprintf("Pick %d", n) || len(labels) != sized(n) || labels[len(labels)-1] != last {
					t.Errorf("message %d is %q with %d buttons, want the last to be %s", m.ID, m.Text, len(labels), last)
				}
				before, n = fmt.Sprintf(`,"LAST_ID":%d`, m.ID), n-1
			}
		}
		if n != -1 {
			t.Errorf("%d messages were not told", n+1)
		}
	})
}

func TestMessageAddFaults(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		other, err := b.im.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.clara, Title: "Other"})
		must(t, err)
		hidden, err := b.im.Send(t.Context(), im.NewMessage{ChatID: other.ID, AuthorID: b.clara, Text: "x"})
		must(t, err)
		own, err := b.im.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna, Title: "Own"})
		must(t, err)
		foreign, err := b.im.Send(t.Context(), im.NewMessage{ChatID: own.ID, AuthorID: b.anna, Text: "x"})
		must(t, err)
		dialog := fmt.Sprintf(`"DIALOG_ID": "%d"`, b.boris)
		for body, want := range map[string]string{
			`{"MESSAGE": "x"}`:                                                     `400 "USER_ID_EMPTY" "User ID can't be empty"`,
			`{"DIALOG_ID": "abc", "MESSAGE": "x"}`:                                 `400 "USER_ID_EMPTY" "User ID can't be empty"`,
			`{"DIALOG_ID": "chat-1", "MESSAGE": "x"}`:                              `400 "USER_ID_EMPTY" "User ID can't be empty"`,
			`{"DIALOG_ID": "9999", "MESSAGE": "x"}`:                                `400 "USER_NOT_FOUND" "User not found"`,
			`{"DIALOG_ID": "chat9999", "MESSAGE": "x"}`:                            `400 "CHAT_ID" "Error creating message"`,
			`{"DIALOG_ID": "sg1", "MESSAGE": "x"}`:                                 `400 "CHAT_ID" "Error creating message"`,
			fmt.Sprintf(`{"DIALOG_ID":"chat%d","MESSAGE":"x"}`, other.ID):          `400 "ACCESS_ERROR" "Action unavailable"`,
			`{` + dialog + `}`:                                                     `400 "MESSAGE_EMPTY" "Message can't be empty"`,
			`{` + dialog + `, "MESSAGE": " \n"}`:                                   `400 "MESSAGE_EMPTY" "Message can't be empty"`,
			`{` + dialog + `, "MESSAGE": "x", "SYSTEM": "perhaps"}`:                `400 "PARAMS_ERROR" "Incorrect params"`,
			`{` + dialog + `, "MESSAGE": "x", "REPLY_ID": "first"}`:                `400 "PARAMS_ERROR" "Incorrect params"`,
			`{` + dialog + `, "MESSAGE": "x", "TEMPLATE_ID": "1"}`:                 `400 "PARAMS_ERROR" "Incorrect params"`,
			`{` + dialog + `, "MESSAGE": "x", "REPLY_ID": 9999}`:                   `400 "REPLY_ACCESS_ERROR" "Action unavailable"`,
			fmt.Sprintf(`{%s, "MESSAGE": "x", "REPLY_ID": %d}`, dialog, hidden.ID): `400 "REPLY_ACCESS_ERROR" "Action unavailable"`,
			fmt.Sprintf(`{%s, "MESSAGE": "x", "REPLY_ID": %d}`, dialog, foreign.ID): `400 "REPLY_FROM_OTHER_CHAT_ERROR" ` +
				`"You can only reply to a message within the same chat"`,
			`{` + dialog + `, "MESSAGE": "x", "ATTACH": [{"SURPRISE": 1}]}`: `400 "ATTACH_ERROR" "Incorrect attach params"`,
			`{` + dialog + `, "MESSAGE": "x", "ATTACH": [{"MESSAGE": "` + strings.Repeat("y", 40_000) + `"}]}`: `400 "ATTACH_OVERSIZE" ` +
				`"You have exceeded the maximum allowable size of attach"`,
			`{` + dialog + `, "MESSAGE": "x", "KEYBOARD": [{"TEXT": "Go"}]}`: `400 "KEYBOARD_ERROR" "Incorrect keyboard params"`,
			`{` + dialog + `, "MESSAGE": "x", "MENU": [{"TEXT": "Go"}]}`:     `400 "MENU_ERROR" "Incorrect menu params"`,
			`{` + dialog + `, "MESSAGE": {"a": "b"}}`:                        `400 "ERROR_ARGUMENT" "Argument 'MESSAGE' must be a single value"`,
		} {
			status, got := b.call(t, b.anna, "im.message.add", body)
			if got = fmt.Sprint(status, " ", got); got != want {
				t.Errorf("%.120s\n got %s\nwant %s", body, got, want)
			}
		}
		if c, err := b.im.Resolve(t.Context(), strconv.FormatInt(b.boris, 10), b.anna); err != nil || c.ID != 0 {
			t.Errorf("a refused message opened chat %d, %v", c.ID, err)
		}
		items, _, err := b.im.Recent(t.Context(), b.boris, im.RecentQuery{})
		must(t, err)
		if len(items) != 0 {
			t.Errorf("refused messages arrived: %+v", items)
		}
	})
}

func TestDialogMessagesGet(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		empty := b.result(t, b.anna, "im.dialog.messages.get", fmt.Sprintf(`{"DIALOG_ID": %d}`, b.boris))
		if empty != `{"chat_id":0,"messages":[],"users":[],"files":[]}` {
			t.Errorf("nobody has written: %s", empty)
		}
		c, err := b.im.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna, Title: "Project", MemberIDs: []int64{b.boris}})
		must(t, err)
		must(t, b.im.AddMembers(t.Context(), b.anna, c.ID, []int64{b.bot}, false))
		b.clock.Advance(time.Second)
		m, err := b.im.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.anna, Text: "\"Hi\" <b>"})
		must(t, err)
		got := b.result(t, b.boris, "im.dialog.messages.get", fmt.Sprintf(`{"DIALOG_ID": "chat%d"}`, c.ID))
		want := fmt.Sprintf(`{"chat_id":%d,"messages":[{"id":%d,"chat_id":%[1]d,"author_id":%[3]d,"date":"2026-11-23T09:00:01+01:00",`+
			`"text":"\"Hi\" <b>","unread":true,"uuid":"%[4]s","replaces":[],"params":[],"disappearing_date":null},`+
			`{"id":%[5]d,"chat_id":%[1]d,"author_id":0,"date":"2026-11-23T09:00:00+01:00","text":"[USER=%[3]d REPLACE]Anna Weber[/USER] invited `+
			`[USER=%[6]d REPLACE]ReportBot[/USER] to the chat","unread":false,"uuid":null,"replaces":[],`+
			`"params":{"CODE":["CHAT_JOIN"],"NOTIFY":"N"},"disappearing_date":null}],"users":[`+
			`{"id":%[3]d,"active":true,"name":"Anna Weber","first_name":"Anna","last_name":"Weber","work_position":"Manager",`+
			`"color":"#29619b","avatar":"","avatar_hr":"","gender":"F","birthday":"28-02","extranet":false,"network":false,"bot":false,`+
			`"connector":false,"external_auth_id":"default","status":"online","idle":false,"last_activity_date":false,`+
			`"mobile_last_date":false,"desktop_last_date":false,"absent":false,"departments":[],`+
			`"phones":{"work_phone":"+49 30 1","inner_phone":"21"},"bot_data":null,"type":"user","website":"https://example.com",`+
			`"email":"Anna@example.com"},`+
			`{"id":%[6]d,"active":true,"name":"ReportBot","first_name":"ReportBot","last_name":"","work_position":"","color":"#64a513",`+
			`"avatar":"","avatar_hr":"","gender":"","birthday":"","extranet":false,"network":false,"bot":true,"connector":false,`+
			`"external_auth_id":"bot","status":"online","idle":false,"last_activity_date":false,"mobile_last_date":false,`+
			`"desktop_last_date":false,"absent":false,"departments":[],"phones":false,"bot_data":{"code":"ReportBot","type":"bot",`+
			`"app_id":"local.1","is_support_openline":false,"is_hidden":false},"type":"bot","website":"","email":""}],"files":[]}`,
			c.ID, m.ID, b.anna, m.UUID, m.ID-1, b.bot)
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestDialogMessagesGetPages(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		c, err := b.im.OpenPrivate(t.Context(), b.anna, b.boris)
		must(t, err)
		var ids []int64
		for i := range 60 {
			m, err := b.im.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: b.anna, Text: strconv.Itoa(i)})
			must(t, err)
			ids = append(ids, m.ID)
		}
		for params, want := range map[string]string{
			``:                              "20: 59–40",
			`, "LIMIT": 500`:                "50: 59–10",
			`, "LIMIT": 2`:                  "2: 59–58",
			`, "LAST_ID": "%d", "LIMIT": 3`: "3: 29–27",
			`, "FIRST_ID": %d, "LIMIT": 3`:  "3: 31–33",
			`, "LAST_ID": 999999999`:        "0",
			`, "FIRST_ID": 999999999`:       "0",
			`, "FIRST_ID": 0, "LIMIT": 2`:   "2: 0–1",
			`, "FIRST_ID": "x"`:             `400 "FIRST_ID_STRING" "First ID can't be string"`,
			`, "LAST_ID": "x"`:              `400 "LAST_ID_STRING" "Last ID can't be string"`,
			`, "DIALOG_ID": ""`:             `400 "DIALOG_ID_EMPTY" "Dialog ID can't be empty"`,
			`, "DIALOG_ID": "chatx"`:        `400 "DIALOG_ID_EMPTY" "Dialog ID can't be empty"`,
			`, "DIALOG_ID": "chat99"`:       `403 "ACCESS_ERROR" "You do not have access to the specified dialog"`,
			`, "DIALOG_ID": "sg9"`:          `403 "ACCESS_ERROR" "You do not have access to the specified dialog"`,
			`, "DIALOG_ID": 9999`:           `403 "ACCESS_ERROR" "You do not have access to the specified dialog"`,
		} {
			if strings.Contains(params, "%d") {
				params = fmt.Sprintf(params, ids[30])
			}
			if !strings.Contains(params, "DIALOG_ID") {
				params += fmt.Sprintf(`, "DIALOG_ID": %d`, b.anna)
			}
			status, answer := b.call(t, b.boris, "im.dialog.messages.get", `{"x": 1`+params+`}`)
			got := fmt.Sprint(status, " ", answer)
			if status == http.StatusOK {
				got = span(t, answer)
			}
			if got != want {
				t.Errorf("%s: got %s, want %s", params, got, want)
			}
		}
		status, _ := b.call(t, b.clara, "im.dialog.messages.get", fmt.Sprintf(`{"DIALOG_ID": "chat%d"}`, c.ID))
		if status != http.StatusForbidden {
			t.Errorf("a stranger gets %d", status)
		}
	})
}

// span tells how many messages an answer has, the first and the last.
func span(t *testing.T, answer string) string {
	t.Helper()
	v := into[struct{ Messages []struct{ Text string } }](t, answer)
	n := len(v.Messages)
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%d: %s–%s", n, v.Messages[0].Text, v.Messages[n-1].Text)
}

func TestRecentList(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		if got := b.result(t, b.anna, "im.recent.list", ``); got !=
			`{"items":[],"hasMorePages":false,"hasMore":false,"copilot":{"chats":null,"messages":null,"roles":{},"recommendedRoles":[]},"messagesAutoDeleteConfigs":[]}` {
			t.Errorf("nothing yet: %s", got)
		}
		if got := b.envelope(t, b.anna, "im.recent.list", ``)["total"]; string(got) != "-1" { // the page's: chats are not counted
			t.Errorf("total %s", got)
		}
		p, err := b.im.OpenPrivate(t.Context(), b.anna, b.boris)
		must(t, err)
		g, err := b.im.CreateGroup(t.Context(), im.NewGroup{
			OwnerID: b.boris, Title: "Project", Type: im.Open, MemberIDs: []int64{b.anna}, ColorCode: "mint",
		})
		must(t, err)
		b.clock.Advance(time.Second)
		m, err := b.im.Send(t.Context(), im.NewMessage{ChatID: g.ID, AuthorID: b.boris, Text: "[b]bold[/b]\n<i>"})
		must(t, err)
		b.clock.Advance(time.Second)
		own, err := b.im.Send(t.Context(), im.NewMessage{ChatID: p.ID, AuthorID: b.anna, Text: "mine"})
		must(t, err)
		_, err = b.im.Read(t.Context(), b.boris, p.ID, 0)
		must(t, err)
		must(t, b.im.Mute(t.Context(), b.anna, g.ID, true))

		items := into[struct{ Items []map[string]json.RawMessage }](t, b.result(t, b.anna, "im.recent.list", ``)).Items
		if len(items) != 2 {
			t.Fatalf("%d items", len(items))
		}
		check := func(item map[string]json.RawMessage, want map[string]string) {
			t.Helper()
			for key, value := range want {
				if string(item[key]) != value {
					t.Errorf("%s: got %s, want %s", key, item[key], value)
				}
			}
		}
		check(items[0], map[string]string{
			"id": strconv.FormatInt(b.boris, 10), "chat_id": strconv.FormatInt(p.ID, 10), "type": `"user"`, "title": `"Boris"`,
			"avatar": `{"url":"","color":"#df532d"}`, "counter": "0", "last_id": strconv.FormatInt(own.ID, 10), "options": "[]",
			"chat": `{"text_field_enabled":true,"background_id":null,"mute_list":[]}`, "date_update": `"2026-11-23T09:00:02+01:00"`,
			"message": fmt.Sprintf(`{"id":%d,"text":"mine","file":false,"author_id":%d,"attach":false,"sticker":null,`+
				`"date":"2026-11-23T09:00:02+01:00","status":"delivered","uuid":"%s"}`, own.ID, b.anna, own.UUID),
		})
		check(items[1], map[string]string{
			"id": fmt.Sprintf(`"chat%d"`, g.ID), "type": `"chat"`, "title": `"Project"`, "counter": "1", "last_id": "0", "unread": "false",
			"message": fmt.Sprintf(`{"id":%d,"text":"bold <i>","file":false,"author_id":%d,"attach":false,"sticker":null,`+
				`"date":"2026-11-23T09:00:01+01:00","status":"received","uuid":"%s"}`, m.ID, b.boris, m.UUID),
			"chat": fmt.Sprintf(`{"id":%d,"parent_chat_id":0,"parent_message_id":0,"name":"Project","owner":%d,"extranet":false,`+
				`"contains_collaber":false,"avatar":"","color":"#4ba984","type":"open","entity_type":"","entity_id":"","entity_data_1":"",`+
				`"entity_data_2":"","entity_data_3":"","mute_list":{"%d":true},"manager_list":[2],"date_create":"2026-11-23T09:00:00+01:00",`+
				`"message_type":"O","user_counter":2,"restrictions":{"avatar":true,"rename":true,"extend":true,"call":false,"mute":true,`+
				`"leave":true,"leave_owner":true,"send":true,"user_list":true},"role":"MEMBER","text_field_enabled":true,`+
				`"background_id":null,"entity_link":{"type":"","url":"","id":""},"permissions":{"manage_users_add":"member",`+
				`"manage_users_delete":"manager","manage_ui":"member","manage_settings":"owner","manage_messages":"member",`+
				`"can_post":"member"},"public":""}`, g.ID, b.boris, b.anna),
		})
		for body, want := range map[string]string{
			`{"SKIP_DIALOG": "Y"}`:      "chat: bold <i>",
			`{"SKIP_CHAT": "Y"}`:        "user: mine",
			`{"UNREAD_ONLY": "Y"}`:      "chat: bold <i>",
			`{"LIMIT": 1}`:              "user: mine, more",
			`{"OFFSET": 1, "LIMIT": 1}`: "chat: bold <i>",
			`{"LAST_MESSAGE_DATE": "2026-11-23T09:00:02+01:00"}`:           "chat: bold <i>",
			`{"LAST_MESSAGE_DATE": "2026-11-23T09:00:02 01:00"}`:           "chat: bold <i>",
			`{"ONLY_COPILOT": "Y"}`:                                        "",
			`{"ONLY_CHANNEL": "Y"}`:                                        "",
			`{"SKIP_DIALOG": "Y", "GET_ORIGINAL_TEXT": "Y"}`:               "chat: [b]bold[/b]\n<i>",
			`{"SKIP_DIALOG": "Y", "PARSE_TEXT": "Y"}`:                      "chat: <b>bold</b><br>&lt;i&gt;",
			`{"SKIP_OPENLINES": "Y", "SKIP_UNDISTRIBUTED_OPENLINES": "Y"}`: "user: mine, chat: bold <i>",
			`{"SKIP_DIALOG": "Y", "CAN_MANAGE_MESSAGES": "Y"}`:             "chat: bold <i>",
		} {
			if got := summary(t, b.result(t, b.anna, "im.recent.list", body)); got != want {
				t.Errorf("%s: got %q, want %q", body, got, want)
			}
		}
		status, got := b.call(t, b.anna, "im.recent.list", `{"LAST_MESSAGE_DATE": "yesterday"}`)
		if status != http.StatusBadRequest || !strings.HasPrefix(got, `"ERROR_ARGUMENT"`) {
			t.Errorf("a wrong date: %d %s", status, got)
		}
	})
}

func summary(t *testing.T, answer string) string {
	t.Helper()
	v := into[struct {
		Items []struct {
			Type    string
			Message struct{ Text string }
		}
		HasMore bool
	}](t, answer)
	var parts []string
	for _, it := range v.Items {
		parts = append(parts, it.Type+": "+it.Message.Text)
	}
	if v.HasMore {
		parts = append(parts, "more")
	}
	return strings.Join(parts, ", ")
}
