package e2e

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// TestWrongCalls makes every documented mistake and finds the documented error, and the portal as it was.
func TestWrongCalls(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		f := newField(t, s)
		var all []wrong
		for _, part := range [][]wrong{f.wrongCallers(), f.wrongMessages(), f.wrongDialogs(), f.wrongBots(), f.wrongBotMessages(), f.wrongLists(), f.wrongEvents(), f.wrongBatches()} {
			all = append(all, part...)
		}
		for _, w := range all {
			what := w.method + ", " + w.what
			f.untouched(what, func() { f.check(what, w.caller.call(w.method, w.params), w.code, w.status) })
		}
	})
}

func (f *field) wrongCallers() []wrong {
	const m = "im.message.add"
	p := params{"DIALOG_ID": dialogOf(f.admin.ID), "MESSAGE": "x"}
	badHook := f.hook
	badHook.base = f.url + "/rest/2/nosuchcode/"
	otherUser := f.hook
	otherUser.base = strings.Replace(f.hook.base, "/rest/2/", "/rest/1/", 1)
	return []wrong{
		{"no token", f.as(""), m, p, "NO_AUTH_FOUND", 401},
		{"expired token", f.as(f.expired), m, p, "expired_token", 401},
		{"revoked token", f.as(f.revoked), m, p, "invalid_token", 401},
		{"foreign token", f.as("ffffffffffffffffffffffffffffffff"), m, p, "invalid_token", 401},
		{"a token that is an attack", f.as("' OR 1=1 --"), m, p, "invalid_token", 401},
		{"missing scope", f.as(f.unscoped), m, p, "insufficient_scope", 403},
		{"unknown webhook", badHook, m, p, "INVALID_CREDENTIALS", 401},
		{"webhook of somebody else", otherUser, m, p, "INVALID_CREDENTIALS", 401},
		{"unknown method", f.bob, "im.message.explode", p, "ERROR_METHOD_NOT_FOUND", 404},
		{"no method", f.bob, "", p, "ERROR_METHOD_NOT_FOUND", 404},
		{"a path as method", f.bob, "a/b/c/d/e", p, "ERROR_METHOD_NOT_FOUND", 404},
	}
}

func (f *field) wrongMessages() []wrong {
	const m = "im.message.add"
	to := func(more params) params {
		p := params{"DIALOG_ID": dialogOf(f.admin.ID), "MESSAGE": "x"}
		maps.Copy(p, more)
		return p
	}
	huge := strings.Repeat("x", 40_000)
	return []wrong{
		{"no parameters", f.bob, m, nil, "USER_ID_EMPTY", 400},
		{"a dialog that is none", f.bob, m, to(params{"DIALOG_ID": "somebody"}), "USER_ID_EMPTY", 400},
		{"a negative dialog", f.bob, m, to(params{"DIALOG_ID": "-1"}), "USER_ID_EMPTY", 400},
		{"a dialog beyond all numbers", f.bob, m, to(params{"DIALOG_ID": "99999999999999999999"}), "USER_ID_EMPTY", 400},
		{"a dialog that is an attack", f.bob, m, to(params{"DIALOG_ID": "1; DROP TABLE message"}), "USER_ID_EMPTY", 400},
		{"a list as dialog", f.bob, m, to(params{"DIALOG_ID": []int{1}}), "ERROR_ARGUMENT", 400},
		{"nobody", f.bob, m, to(params{"DIALOG_ID": "987654"}), "USER_NOT_FOUND", 400},
		{"no chat", f.bob, m, to(params{"DIALOG_ID": "chat987654"}), "CHAT_ID", 400},
		{"a foreign chat", f.bob, m, to(params{"DIALOG_ID": f.theirChat}), "ACCESS_ERROR", 400},
		{"no text", f.bob, m, to(params{"MESSAGE": ""}), "MESSAGE_EMPTY", 400},
		{"a text of blanks", f.bob, m, to(params{"MESSAGE": " \n\t "}), "MESSAGE_EMPTY", 400},
		{"a list as text", f.bob, m, to(params{"MESSAGE": []string{"a", "b"}}), "ERROR_ARGUMENT", 400},
		{"a word as SYSTEM", f.bob, m, to(params{"SYSTEM": "perhaps"}), "PARAMS_ERROR", 400},
		{"a word as REPLY_ID", f.bob, m, to(params{"REPLY_ID": "abc"}), "PARAMS_ERROR", 400},
		{"an answer to nothing", f.bob, m, to(params{"REPLY_ID": 987654}), "REPLY_ACCESS_ERROR", 400},
		{"an answer to a hidden message", f.bob, m, to(params{"REPLY_ID": f.theirs}), "REPLY_ACCESS_ERROR", 400},
		{"an answer in another chat", f.bob, m, params{"DIALOG_ID": dialogOf(f.carol.ID), "MESSAGE": "x", "REPLY_ID": f.mine}, "REPLY_FROM_OTHER_CHAT_ERROR", 400},
		{"an attachment that is a word", f.bob, m, to(params{"ATTACH": "word"}), "ATTACH_ERROR", 400},
		{"an attachment of an unknown block", f.bob, m, to(params{"ATTACH": []params{{"BOMB": "x"}}}), "ATTACH_ERROR", 400},
		{"an attachment too large", f.bob, m, to(params{"ATTACH": []params{{"MESSAGE": huge}}}), "ATTACH_OVERSIZE", 400},
		{"a keyboard that is a word", f.bob, m, to(params{"KEYBOARD": "word"}), "KEYBOARD_ERROR", 400},
		{"a menu that is a word", f.bob, m, to(params{"MENU": "word"}), "MENU_ERROR", 400},
	}
}

func (f *field) wrongDialogs() []wrong {
	const m = "im.dialog.messages.get"
	mine := dialogOf(f.admin.ID)
	return []wrong{
		{"no parameters", f.bob, m, nil, "DIALOG_ID_EMPTY", 400},
		{"a dialog that is none", f.bob, m, params{"DIALOG_ID": "chat"}, "DIALOG_ID_EMPTY", 400},
		{"a foreign chat", f.bob, m, params{"DIALOG_ID": f.theirChat}, "ACCESS_ERROR", 403},
		{"no chat", f.bob, m, params{"DIALOG_ID": "chat987654"}, "ACCESS_ERROR", 403},
		{"nobody", f.bob, m, params{"DIALOG_ID": "987654"}, "ACCESS_ERROR", 403},
		{"a word as FIRST_ID", f.bob, m, params{"DIALOG_ID": mine, "FIRST_ID": "first"}, "FIRST_ID_STRING", 400},
		{"a word as LAST_ID", f.bob, m, params{"DIALOG_ID": mine, "LAST_ID": "last"}, "LAST_ID_STRING", 400},
		{"a word as LIMIT", f.bob, m, params{"DIALOG_ID": mine, "LIMIT": "many"}, "ERROR_ARGUMENT", 400},
		{"a date that is none", f.bob, "im.recent.list", params{"LAST_MESSAGE_DATE": "yesterday"}, "ERROR_ARGUMENT", 400},
		{"a word as OFFSET", f.bob, "im.recent.list", params{"OFFSET": "far"}, "ERROR_ARGUMENT", 400},
		{"a word as SKIP_CHAT", f.bob, "im.recent.list", params{"SKIP_CHAT": "perhaps"}, "ERROR_ARGUMENT", 400},
	}
}

func (f *field) wrongBots() []wrong {
	const m, u = "imbot.register", "imbot.update"
	with := func(key string, value any) params {
		p := params{
			"CODE": "new", "EVENT_MESSAGE_ADD": nowhere, "EVENT_WELCOME_MESSAGE": nowhere, "EVENT_BOT_DELETE": nowhere,
			"PROPERTIES": params{"NAME": "New"},
		}
		p[key] = value
		return p
	}
	change := func(id int64, fields params) params { return params{"BOT_ID": id, "FIELDS": fields} }
	return []wrong{
		{"no parameters", f.bob, m, nil, "EVENT_MESSAGE_ADD_ERROR", 400},
		{"no code", f.bob, m, with("CODE", ""), "CODE_ERROR", 400},
		{"no handler of messages", f.bob, m, with("EVENT_MESSAGE_ADD", ""), "EVENT_MESSAGE_ADD_ERROR", 400},
		{"a handler that is a file", f.bob, m, with("EVENT_MESSAGE_ADD", "file:///etc/passwd"), "EVENT_MESSAGE_ADD_ERROR", 400},
		{"no handler of joins", f.bob, m, with("EVENT_WELCOME_MESSAGE", nil), "EVENT_WELCOME_MESSAGE_ERROR", 400},
		{"no handler of the end", f.bob, m, with("EVENT_BOT_DELETE", ""), "EVENT_BOT_DELETE_ERROR", 400},
		{"a handler that is a script", f.bob, m, with("EVENT_BOT_DELETE", "javascript:alert(1)"), "EVENT_BOT_DELETE_ERROR", 400},
		{"no name", f.bob, m, with("PROPERTIES", params{"COLOR": "RED"}), "NAME_ERROR", 400},
		{"properties that are a word", f.bob, m, with("PROPERTIES", "New"), "ERROR_ARGUMENT", 400},
		{"an unknown type", f.bob, m, with("TYPE", "Z"), "WRONG_REQUEST", 400},
		{"a picture that is none", f.bob, m, with("PROPERTIES", params{"NAME": "N", "PERSONAL_PHOTO": "bm90IGEgcGljdHVyZQ=="}), "WRONG_REQUEST", 400},
		{"a picture that is not base64", f.bob, m, with("PROPERTIES", params{"NAME": "N", "PERSONAL_PHOTO": "%%%"}), "WRONG_REQUEST", 400},
		{"a birthday that is none", f.bob, m, with("PROPERTIES", params{"NAME": "N", "PERSONAL_BIRTHDAY": "2016-13-45"}), "WRONG_REQUEST", 400},
		{"a webhook without CLIENT_ID", f.hook, m, with("CODE", "x"), "ACCESS_DENIED", 403},

		{"no bot", f.bob, u, nil, "BOT_ID_ERROR", 400},
		{"an unknown bot", f.bob, u, change(987654, params{"CODE": "x"}), "BOT_ID_ERROR", 400},
		{"a person", f.bob, u, change(f.admin.ID, params{"CODE": "x"}), "BOT_ID_ERROR", 400},
		{"another's bot", f.bob, u, change(f.foreignBot, params{"CODE": "x"}), "APP_ID_ERROR", 400},
		{"nothing to change", f.bob, u, change(f.bot, nil), "WRONG_REQUEST", 400},
		{"an empty name", f.bob, u, change(f.bot, params{"PROPERTIES": params{"NAME": "", "LAST_NAME": ""}}), "NAME_ERROR", 400},
		{"a wrong handler", f.bob, u, change(f.bot, params{"EVENT_MESSAGE_UPDATE": "word"}), "EVENT_MESSAGE_UPDATE_ERROR", 400},
		{"a word as bot", f.bob, u, params{"BOT_ID": "first", "FIELDS": params{"CODE": "x"}}, "ERROR_ARGUMENT", 400},

		{"no bot", f.bob, "imbot.unregister", nil, "BOT_ID_ERROR", 400},
		{"another's bot", f.bob, "imbot.unregister", params{"BOT_ID": f.foreignBot}, "APP_ID_ERROR", 400},
		{"a webhook without CLIENT_ID", f.hook, "imbot.unregister", params{"BOT_ID": f.bot}, "ACCESS_DENIED", 403},
		{"a webhook with a foreign CLIENT_ID", f.hook, "imbot.unregister", params{"BOT_ID": f.bot, "CLIENT_ID": "x"}, "APP_ID_ERROR", 400},
		{"no dialog", f.bob, "imbot.chat.sendTyping", params{"BOT_ID": f.bot}, "DIALOG_ID_EMPTY", 400},
		{"another's bot", f.bob, "imbot.chat.sendTyping", params{"BOT_ID": f.foreignBot, "DIALOG_ID": "1"}, "APP_ID_ERROR", 400},
	}
}

func (f *field) wrongBotMessages() []wrong {
	const m, u, d = "imbot.message.add", "imbot.message.update", "imbot.message.delete"
	to := func(more params) params {
		p := params{"BOT_ID": f.bot, "DIALOG_ID": dialogOf(f.admin.ID), "MESSAGE": "x"}
		maps.Copy(p, more)
		return p
	}
	huge := strings.Repeat("x", 40_000)
	return []wrong{
		{"no dialog", f.bob, m, to(params{"DIALOG_ID": ""}), "DIALOG_ID_EMPTY", 400},
		{"a dialog that is none", f.bob, m, to(params{"DIALOG_ID": "x1"}), "DIALOG_ID_EMPTY", 400},
		{"an unknown bot", f.bob, m, to(params{"BOT_ID": 987654}), "BOT_ID_ERROR", 400},
		{"another's bot", f.bob, m, to(params{"BOT_ID": f.foreignBot}), "APP_ID_ERROR", 400},
		{"no text", f.bob, m, to(params{"MESSAGE": ""}), "MESSAGE_EMPTY", 400},
		{"nobody", f.bob, m, to(params{"DIALOG_ID": "987654"}), "WRONG_REQUEST", 400},
		{"a chat without the bot", f.bob, m, to(params{"DIALOG_ID": f.theirChat}), "WRONG_REQUEST", 400},
		{"an attachment that is a word", f.bob, m, to(params{"ATTACH": "word"}), "ATTACH_ERROR", 400},
		{"an attachment too large", f.bob, m, to(params{"ATTACH": []params{{"MESSAGE": huge}}}), "ATTACH_OVERSIZE", 400},
		{"a keyboard that is a word", f.bob, m, to(params{"KEYBOARD": "word"}), "KEYBOARD_ERROR", 400},
		{"a keyboard too large", f.bob, m, to(params{"KEYBOARD": []params{{"TEXT": huge, "LINK": "https://a.test"}}}), "KEYBOARD_OVERSIZE", 400},
		{"a menu too large", f.bob, m, to(params{"MENU": []params{{"TEXT": huge, "LINK": "https://a.test"}}}), "MENU_OVERSIZE", 400},

		{"no message", f.bob, u, params{"BOT_ID": f.bot, "MESSAGE": "x"}, "MESSAGE_ID_ERROR", 400},
		{"an unknown message", f.bob, u, params{"BOT_ID": f.bot, "MESSAGE_ID": 987654, "MESSAGE": "x"}, "CANT_EDIT_MESSAGE", 403},
		{"somebody's message", f.bob, u, params{"BOT_ID": f.bot, "MESSAGE_ID": f.mine, "MESSAGE": "x"}, "CANT_EDIT_MESSAGE", 403},
		{"another's bot", f.bob, u, params{"BOT_ID": f.foreignBot, "MESSAGE_ID": f.mine, "MESSAGE": "x"}, "APP_ID_ERROR", 400},
		{"no message", f.bob, d, params{"BOT_ID": f.bot}, "MESSAGE_ID_ERROR", 400},
		{"somebody's message", f.bob, d, params{"BOT_ID": f.bot, "MESSAGE_ID": f.mine}, "CANT_EDIT_MESSAGE", 403},
		{"a word as message", f.bob, d, params{"BOT_ID": f.bot, "MESSAGE_ID": "last"}, "ERROR_ARGUMENT", 400},
	}
}

func (f *field) wrongLists() []wrong {
	const m = "task.item.list"
	many := map[string]any{}
	for i := range 101 {
		many[fmt.Sprintf("ID%d", i)] = 1
	}
	return []wrong{
		{"a word as filter", f.bob, m, params{"ORDER": params{}, "FILTER": "all"}, "ERROR_CORE", 400},
		{"an unknown field", f.bob, m, params{"ORDER": params{"ID": "asc"}, "FILTER": params{"BOMB": 1}}, "ERROR_CORE", 400},
		{"a filter that is an attack", f.bob, m, params{"ORDER": params{"ID": "asc"}, "FILTER": params{"ID) OR 1=1 --": 1}}, "ERROR_CORE", 400},
		{"an order that is an attack", f.bob, m, params{"ORDER": params{"ID": "asc; DROP TABLE task"}}, "ERROR_CORE", 400},
		{"a date that is none", f.bob, m, params{"ORDER": params{"ID": "asc"}, "FILTER": params{"<DEADLINE": "soon"}}, "ERROR_CORE", 400},
		{"a word as number", f.bob, m, params{"ORDER": params{"ID": "asc"}, "FILTER": params{"RESPONSIBLE_ID": "me"}}, "ERROR_CORE", 400},
		{"a filter of a hundred fields and one", f.bob, m, params{"ORDER": params{"ID": "asc"}, "FILTER": many}, "ERROR_CORE", 400},
		{"an unknown order", f.bob, m, params{"ORDER": params{"BOMB": "asc"}}, "ERROR_CORE", 400},
		{"a word as number", f.bob, "department.get", params{"START": "far"}, "ERROR_ARGUMENT", 400},
		{"a word as start", f.bob, "user.get", params{"start": "far"}, "ERROR_ARGUMENT", 400},
	}
}

func (f *field) wrongEvents() []wrong {
	const m = "event.bind"
	return []wrong{
		{"no event", f.bob, m, params{"handler": nowhere}, "ERROR_ARGUMENT", 400},
		{"no handler", f.bob, m, params{"event": "ONTASKADD"}, "ERROR_ARGUMENT", 400},
		{"an unknown event", f.bob, m, params{"event": "ONBOMB", "handler": nowhere}, "ERROR_EVENT_NOT_FOUND", 400},
		{"an event out of scope", f.as(f.unscoped), m, params{"event": "ONTASKADD", "handler": nowhere}, "ERROR_EVENT_NOT_FOUND", 400},
		{"a handler that is a script", f.bob, m, params{"event": "ONTASKADD", "handler": "javascript:alert(1)"}, "ERROR_ARGUMENT", 400},
		{"another user", f.bob, m, params{"event": "ONTASKADD", "handler": nowhere, "auth_type": f.admin.ID}, "ACCESS_DENIED", 403},
		{"by webhook", f.hook, m, params{"event": "ONTASKADD", "handler": nowhere}, "WRONG_AUTH_TYPE", 403},
	}
}

func (f *field) wrongBatches() []wrong {
	return []wrong{
		{"no calls", f.bob, "batch", nil, "ERROR_ARGUMENT", 400},
		{"a word as calls", f.bob, "batch", params{"cmd": "profile"}, "ERROR_ARGUMENT", 400},
		{"a word as halt", f.bob, "batch", params{"halt": "perhaps", "cmd": params{"a": "profile"}}, "ERROR_ARGUMENT", 400},
	}
}
