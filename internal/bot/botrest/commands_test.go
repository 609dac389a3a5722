package botrest_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(t)
	command := []string{
		"BOT_ID=" + id, "COMMAND=echo", "COMMON=Y", "HIDDEN=N", "EXTRANET_SUPPORT=N", "EVENT_COMMAND_ADD=" + hook,
		"LANG[0][LANGUAGE_ID]=en", "LANG[0][TITLE]=Get echo message", "LANG[0][PARAMS]=some text",
	}
	a := b.call(t, "app3", "imbot.command.register", command...)
	if a.status != http.StatusOK || string(a.Result) != "1" {
		t.Fatalf("%+v", a)
	}
	for _, lang := range [][]string{
		{"LANG[LANGUAGE_ID]=en", "LANG[TITLE]=One"},
		{"LANG[en]=By language"},
		{"LANG[en][TITLE]=By language"},
		{`LANG=[{"LANGUAGE_ID":"en","TITLE":"As JSON"}]`},
	} {
		a := b.call(t, "app3", "imbot.command.register", append([]string{"BOT_ID=" + id, "COMMAND=x", "EVENT_COMMAND_ADD=" + hook}, lang...)...)
		if a.status != http.StatusOK || string(a.Result) != "2" {
			t.Errorf("%v: %+v", lang, a)
		}
	}
	if a := b.call(t, "app3", "imbot.command.update", "COMMAND_ID=1", "FIELDS[HIDDEN]=Y", "FIELDS[COMMAND]=say"); string(a.Result) != "true" {
		t.Errorf("%+v", a)
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	b.messenger.bots = []int64{n}
	if a := b.call(t, "app3", "imbot.command.answer", "COMMAND_ID=1", "MESSAGE_ID=33", "MESSAGE=42", "URL_PREVIEW=N", "ATTACH[0][MESSAGE]=more", "KEYBOARD[0][TEXT]=Again", "KEYBOARD[0][COMMAND]=say"); string(a.Result) != "19880117" {
		t.Errorf("%+v", a)
	}
	if m := b.sent; m.ChatID != 50 || m.Text != "42" || !m.NoPreview || len(m.Attach) != 1 || len(m.Keyboard) != 1 || m.Keyboard[0].BotID != m.AuthorID {
		t.Errorf("answered %+v", m)
	}
	if a := b.call(t, "app3", "imbot.command.answer", "COMMAND=/say", "MESSAGE_ID=33", "MESSAGE=by name"); string(a.Result) != "19880117" || b.sent.Text != "by name" {
		t.Errorf("%+v", a)
	}
	if a := b.call(t, "im", "im.message.command", "MESSAGE_ID=33", "BOT_ID="+id, "COMMAND=say", "COMMAND_PARAMS=1"); string(a.Result) != "true" {
		t.Errorf("%+v", a)
	}
	if a := b.call(t, "app3", "imbot.command.unregister", "COMMAND_ID=1"); string(a.Result) != "true" {
		t.Errorf("%+v", a)
	}
}

func TestCommandFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(t)
	good := "BOT_ID=" + id + "&COMMAND=echo&EVENT_COMMAND_ADD=" + hook + "&LANG[0][LANGUAGE_ID]=en&LANG[0][TITLE]=Echo"
	if a := b.call(t, "app3", "imbot.command.register", strings.Split(good, "&")...); a.status != http.StatusOK {
		t.Fatalf("%+v", a)
	}
	for _, c := range []struct{ who, method, params, code, text string }{
		{"hook", "imbot.command.register", good, "ACCESS_DENIED", "Access denied! Client ID not specified"},
		{"app3", "imbot.command.register", strings.Replace(good, "BOT_ID="+id, "BOT_ID=0", 1), "BOT_ID_ERROR", "Bot not found"},
		{"app4", "imbot.command.register", good, "APP_ID_ERROR", "Bot was installed by another REST application"},
		{"app3", "imbot.command.register", strings.Replace(good, "LANG[0]", "X", 2), "LANG_ERROR", "Lang set can't be empty"},
		{"app3", "imbot.command.register", strings.Replace(good, "LANG[0][TITLE]", "X", 1), "WRONG_REQUEST", "Command can't be created"},
		{"app3", "imbot.command.register", "BOT_ID=" + id + "&COMMAND=echo&EVENT_COMMAND_ADD=" + hook + "&LANG=text", "WRONG_REQUEST", "Command can't be created"},
		{"app3", "imbot.command.update", "COMMAND_ID=9&FIELDS[HIDDEN]=Y", "COMMAND_ID_ERROR", "Command not found"},
		{"app4", "imbot.command.update", "COMMAND_ID=1&FIELDS[HIDDEN]=Y", "APP_ID_ERROR", "Command was installed by another rest application"},
		{"app4", "imbot.command.unregister", "COMMAND_ID=1", "APP_ID_ERROR", "Command was installed by another REST application"},
		{"app4", "imbot.command.answer", "COMMAND_ID=1&MESSAGE_ID=33&MESSAGE=x", "APP_ID_ERROR", "Command was installed by another rest application"},
		{"app3", "imbot.command.answer", "COMMAND_ID=1&MESSAGE=x", "MESSAGE_ID_EMPTY", "Message ID can't be empty"},
		{"app3", "imbot.command.answer", "COMMAND_ID=1&MESSAGE_ID=33", "MESSAGE_EMPTY", "Message can't be empty"},
		{"app3", "imbot.command.answer", "COMMAND_ID=1&MESSAGE_ID=34&MESSAGE=x", "WRONG_REQUEST", "Message isn't added"},
		{"app3", "imbot.command.answer", "COMMAND=none&MESSAGE_ID=33&MESSAGE=x", "COMMAND_ID_ERROR", "Command not found"},
		{"im", "im.message.command", "BOT_ID=" + id + "&COMMAND=echo", "MESSAGE_ID_ERROR", "Message ID can't be empty"},
		{"im", "im.message.command", "MESSAGE_ID=33&COMMAND=echo", "BOT_ID_ERROR", "Bot ID can't be empty"},
		{"im", "im.message.command", "MESSAGE_ID=33&BOT_ID=" + id, "COMMAND_ERROR", "Command can't be empty"},
		{"im", "im.message.command", "MESSAGE_ID=33&BOT_ID=" + id + "&COMMAND=echo&COMMAND_PARAMS[x]=1", "PARAMS_ERROR", "Incorrect params"},
		{"im", "im.message.command", "MESSAGE_ID=33&BOT_ID=" + id + "&COMMAND=foreign", "PARAMS_ERROR", "Incorrect params"},
	} {
		if a := b.call(t, c.who, c.method, strings.Split(c.params, "&")...); a.Code != c.code || a.Text != c.text || a.status < 400 || a.status > 403 {
			t.Errorf("%s %s by %s: %+v, want %s", c.method, c.params, c.who, a, c.code)
		}
	}
}
