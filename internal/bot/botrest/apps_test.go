package botrest_test

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bot"
)

// tiny is a PNG of one point.
var tiny, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

func TestApps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(t)
	mine := bot.Owner{AppID: 3}
	get := func(app int64) bot.ChatApp {
		t.Helper()
		a, err := b.bots.OwnedChatApp(t.Context(), mine, app)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	// As the documentation's example, in a form.
	a := b.call(t, "app3", "imbot.app.register", "BOT_ID="+id, "CODE=echo", "IFRAME=https://marta.example/iframe/echo.php", "IFRAME_WIDTH=350",
		"IFRAME_HEIGHT=150", "HASH=d1ab17949a572b0979d8db0d5b349cd2", "ICON_FILE="+base64.StdEncoding.EncodeToString(tiny), "CONTEXT=BOT",
		"HIDDEN=N", "EXTRANET_SUPPORT=N", "LIVECHAT_SUPPORT=N", "IFRAME_POPUP=Y", "LANG[0][LANGUAGE_ID]=en",
		"LANG[0][TITLE]=Echobot IFRAME", "LANG[0][DESCRIPTION]=Open Echobot", "LANG[0][COPYRIGHT]=Example")
	if a.status != http.StatusOK || string(a.Result) != "1" {
		t.Fatalf("%+v", a)
	}
	first := get(1)
	if first.Code != "echo" || first.Width != 350 || first.Height != 150 || !first.Popup || first.Hidden || first.Place != bot.AppWithBot ||
		first.Icon == "" || first.In("en") != (bot.AppWords{Language: "en", Title: "Echobot IFRAME", Description: "Open Echobot", Copyright: "Example"}) {
		t.Errorf("registered %+v", first)
	}
	if a := b.call(t, "app3", "imbot.app.register", "BOT_ID="+id, "CODE=button", "JS_METHOD=send", "JS_PARAM=/help", "CONTEXT=chat-admin", "LANG[en]=Help"); string(a.Result) != "2" {
		t.Fatalf("%+v", a)
	}
	if got := get(2); got.Method != bot.AppSend || got.Param != "/help" || got.Place != bot.AppInGroups || !got.Admins || got.In("en").Title != "Help" {
		t.Errorf("registered %+v", got)
	}
	// Fields in FIELDS as in the example, and beside APP_ID as in the table; of a command and a page the command is taken.
	for _, prefix := range []string{"FIELDS[%]", "%"} {
		field := func(name, value string) string { return strings.Replace(prefix, "%", name, 1) + "=" + value }
		if a := b.call(t, "app3", "imbot.app.update", "APP_ID=1", field("IFRAME_WIDTH", "400"), field("IFRAME_POPUP", "N"), field("ICON_FILE", "")); string(a.Result) != "true" {
			t.Errorf("%+v", a)
		}
		if got := get(1); got.Width != 400 || got.Popup || got.Icon != "" || got.URL == "" {
			t.Errorf("changed to %+v", got)
		}
		if a := b.call(t, "app3", "imbot.app.update", "APP_ID=1", field("JS_METHOD", "PUT"), field("JS_PARAM", "/say"), field("IFRAME", "https://x.example/")); string(a.Result) != "true" {
			t.Errorf("%+v", a)
		}
		if got := get(1); got.Method != bot.AppPut || got.URL != "" {
			t.Errorf("changed to %+v", got)
		}
		if a := b.call(t, "app3", "imbot.app.update", "APP_ID=1", field("IFRAME", "https://x.example/"), field("IFRAME_POPUP", "Y")); string(a.Result) != "true" {
			t.Errorf("%+v", a)
		}
	}
	for i, c := range []struct{ who, method, params, code string }{
		{"hook", "register", "BOT_ID=" + id + "&CODE=x&JS_METHOD=PUT&JS_PARAM=/x&LANG[en]=X", "ACCESS_DENIED"},
		{"app3", "register", "CODE=x&JS_METHOD=PUT&JS_PARAM=/x&LANG[en]=X", "BOT_ID_ERROR"},
		{"app4", "register", "BOT_ID=" + id + "&CODE=x&JS_METHOD=PUT&JS_PARAM=/x&LANG[en]=X", "APP_ID_ERROR"},
		{"app3", "register", "BOT_ID=" + id + "&CODE=x&JS_METHOD=PUT&JS_PARAM=/x&LANG=text", "LANG_ERROR"},
		{"app3", "register", "BOT_ID=" + id + "&CODE=x&JS_METHOD=PUT&JS_PARAM=/x&LANG[en]=X&ICON_FILE=*", "PARAMS_ERROR"},
		{"app3", "update", "APP_ID=1", "WRONG_REQUEST"},
		{"app3", "update", "APP_ID=1&FIELDS[ICON_FILE]=*", "WRONG_REQUEST"},
		{"app3", "update", "APP_ID=1&LANG=text", "WRONG_REQUEST"},
		{"app3", "unregister", "", "CHAT_APP_ID_ERROR"},
		{"app4", "unregister", "APP_ID=1", "APP_ID_ERROR"},
	} {
		if a := b.call(t, c.who, "imbot.app."+c.method, strings.Split(c.params, "&")...); a.Code != c.code || a.status < 400 || a.status > 403 {
			t.Errorf("%d: %s %s: %+v, want %s", i, c.method, c.params, a, c.code)
		}
	}
	for app := range 2 {
		if a := b.call(t, "app3", "imbot.app.unregister", "APP_ID="+strconv.Itoa(app+1)); string(a.Result) != "true" {
			t.Errorf("%+v", a)
		}
	}
}
