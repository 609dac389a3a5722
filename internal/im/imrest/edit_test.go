package imrest_test

import (
	"strings"
	"testing"
	"time"
)

func TestMessagesAreChangedLikedAndShared(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		late := fault(403, "CANT_EDIT_MESSAGE", "Time has expired for modification or you don't have access")
		empty := fault(400, "MESSAGE_ID_ERROR", "Message ID can't be empty")
		boris := id(b.boris)
		b.run(t, []step{
			{b.anna, "im.message.add", `{"DIALOG_ID":"` + boris + `","MESSAGE":"Hello","KEYBOARD":[{"TEXT":"Go","LINK":"https://example.com"}]}`, "*"},
			{b.anna, "im.message.update", `{"MESSAGE_ID":$message,"MESSAGE":"Hello all","KEYBOARD":"N"}`, `true`},
			{b.boris, "im.message.update", `{"MESSAGE_ID":$message,"MESSAGE":"mine"}`, late},
			{b.anna, "im.message.update", `{"MESSAGE_ID":4711,"MESSAGE":"x"}`, late},
			{b.anna, "im.message.update", `{"MESSAGE":"x"}`, empty},
			{b.anna, "im.message.update", `{"MESSAGE_ID":$message,"ATTACH":[{"NOTHING":"x"}]}`, fault(400, "ATTACH_ERROR", "Incorrect attach params")},
			{b.anna, "im.message.update", `{"MESSAGE_ID":$message,"ATTACH":[{"MESSAGE":"` + strings.Repeat("x", 31_000) + `"}]}`, fault(400, "ATTACH_OVERSIZE", "You have exceeded the maximum allowable size of attach")},
			{b.boris, "im.message.like", `{"MESSAGE_ID":$message}`, `true`},
			{b.boris, "im.message.like", `{"MESSAGE_ID":$message,"ACTION":"plus"}`, fault(400, "WITHOUT_CHANGES", "Action completed without changes")},
			{b.anna, "im.message.like", `{"MESSAGE_ID":$message,"ACTION":"plus"}`, `true`},
			{b.anna, "im.dialog.messages.get", `{"DIALOG_ID":"` + boris + `","LIMIT":1}`, "*"},
			{b.boris, "im.message.like", `{"MESSAGE_ID":$message,"ACTION":"auto"}`, `true`},
			{b.boris, "im.message.like", `{"MESSAGE_ID":$message,"ACTION":"minus"}`, fault(400, "WITHOUT_CHANGES", "Action completed without changes")},
			{b.clara, "im.message.like", `{"MESSAGE_ID":$message}`, empty},
			{b.boris, "im.message.share", `{"MESSAGE_ID":$message,"DIALOG_ID":"` + id(b.anna) + `","TYPE":"CHAT"}`, `true`},
			{b.boris, "im.message.share", `{"MESSAGE_ID":$message,"DIALOG_ID":"` + id(b.anna) + `","TYPE":"POST"}`, fault(400, "PARAMS_ERROR", "Incorrect params")},
			{b.clara, "im.message.share", `{"MESSAGE_ID":$message,"DIALOG_ID":"` + id(b.anna) + `","TYPE":"CHAT"}`, fault(403, "ACCESS_ERROR", "You do not have access to the specified dialog")},
			{b.clara, "im.message.share", `{"MESSAGE_ID":$message,"DIALOG_ID":"","TYPE":"CHAT"}`, fault(400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")},
			{b.clara, "im.message.share", `{"DIALOG_ID":"1","TYPE":"CHAT"}`, empty},
		})
		params := b.result(t, b.boris, "im.dialog.messages.get", `{"DIALOG_ID":"`+id(b.anna)+`"}`)
		if want := `"text":"Hello all","unread":true,`; !strings.Contains(params, want) {
			t.Errorf("no %s in %s", want, params)
		}
		if want := `"params":{"IS_EDITED":"Y","LIKE":[` + id(b.anna) + `]}`; !strings.Contains(params, want) {
			t.Errorf("no %s in %s", want, params)
		}
		list := b.result(t, b.anna, "im.recent.get", `{"SKIP_DIALOG":"Y"}`)
		if want := `"title":"Hello all","message":{"id":`; !strings.Contains(list, want) {
			t.Errorf("no chat of the message: %s", list)
		}
		b.clock.Advance(80 * time.Hour)
		b.run(t, []step{
			{b.anna, "im.message.add", `{"DIALOG_ID":"` + boris + `","MESSAGE":"second"}`, "*"},
			{b.boris, "im.message.delete", `{"MESSAGE_ID":$message}`, late},
			{b.anna, "im.message.delete", `{"MESSAGE_ID":$message}`, `true`},
			{b.anna, "im.message.delete", `{"MESSAGE_ID":$message}`, late},
			{b.anna, "im.message.delete", `{"MESSAGE_ID":"x"}`, empty},
			{b.anna, "im.message.update", `{"MESSAGE_ID":1,"MESSAGE":"too late"}`, late},
		})
	})
}

func TestDialogMessagesSearch(t *testing.T) {
	both(t, func(t *testing.T, b *bundle) {
		b.run(t, []step{
			{b.anna, "im.chat.add", `{"TITLE":"Plans","USERS":[` + id(b.boris) + `]}`, "*"},
			{b.anna, "im.message.add", `{"DIALOG_ID":"chat$chat","MESSAGE":"a budget","TEMPLATE_ID":"0c42a08f-4235-49fc-994f-c9bccd499ac1"}`, "*"},
			{b.anna, "im.message.like", `{"MESSAGE_ID":$message}`, `true`},
			{b.boris, "im.dialog.messages.search", `{"CHAT_ID":$chat,"SEARCH_MESSAGE":"BUDG"}`, "*"},
			{b.clara, "im.dialog.messages.search", `{"CHAT_ID":$chat}`, fault(403, "ACCESS_ERROR", "You do not have access to the specified dialog")},
			{b.boris, "im.dialog.messages.search", `{}`, fault(400, "CHAT_ID_EMPTY", "Chat ID can't be empty")},
			{b.boris, "im.dialog.messages.search", `{"CHAT_ID":$chat,"DATE":"today"}`, fault(400, "ERROR_ARGUMENT", "Argument 'DATE' must be a date")},
			{b.boris, "im.dialog.messages.search", `{"CHAT_ID":$chat,"ORDER":"ASC"}`, fault(400, "ERROR_ARGUMENT", "Argument 'ORDER[ID]' must be ASC or DESC")},
			{b.boris, "im.dialog.messages.search", `{"CHAT_ID":$chat,"ORDER":{"DATE":"ASC"}}`, fault(400, "ERROR_ARGUMENT", "Argument 'ORDER[ID]' must be ASC or DESC")},
			{b.boris, "im.dialog.messages.search", `{"CHAT_ID":$chat,"ORDER":{"ID":["ASC"]}}`, fault(400, "ERROR_ARGUMENT", "Argument 'ORDER[ID]' must be ASC or DESC")},
			{b.boris, "im.dialog.messages.search", `{"CHAT_ID":$chat,"DATE":"2026-11-24T00:00:00+01:00"}`, `{"users":[],"files":[],"additionalMessages":[],"copilot":null,"stickers":[],"reactions":[],"tariffRestrictions":{"isHistoryLimitExceeded":false},"usersShort":[],"messages":[]}`},
		})
		chat := strings.TrimPrefix(b.result(t, b.boris, "im.recent.get", `{}`), `[{"id":"chat`)
		chat, _, _ = strings.Cut(chat, `"`)
		got := b.result(t, b.boris, "im.dialog.messages.search", `{"CHAT_ID":`+chat+`,"SEARCH_MESSAGE":"budg","ORDER":{"ID":"ASC"}}`)
		m := field(t, got, "messages")
		message := strings.TrimPrefix(m, `[{"id":`)
		message, _, _ = strings.Cut(message, ",")
		want := `[{"id":` + message + `,"chatId":` + chat + `,"chat_id":` + chat + `,"authorId":` + id(b.anna) + `,"author_id":` + id(b.anna) +
			`,"date":"2026-11-23T09:00:00+01:00","text":"a budget","isSystem":false,"uuid":"0c42a08f-4235-49fc-994f-c9bccd499ac1","forward":null,"params":[],` +
			`"viewedByOthers":false,"block":null,"unread":true,"viewed":false,"viewedCount":0}]`
		if m != want {
			t.Errorf("messages\n got %s\nwant %s", m, want)
		}
		if r := field(t, got, "reactions"); r != `[{"messageId":`+message+`,"reactionCounters":{"like":1},"reactionUsers":{"like":[`+id(b.anna)+`]},"ownReactions":[]}]` {
			t.Errorf("reactions %s", r)
		}
		if u := field(t, got, "usersShort"); u != `[{"id":`+id(b.anna)+`,"name":"Anna Weber","avatar":""}]` {
			t.Errorf("short users %s", u)
		}
	})
}
