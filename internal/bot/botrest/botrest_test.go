package botrest_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botrest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// doors lets in applications 3 and 4 as user 7, a session, and a webhook.
type doors struct{}

func (doors) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	scopes := []string{"imbot"}
	switch {
	case c.Token == "app3":
		return rest.Principal{Kind: rest.ByToken, UserID: 7, AppID: 3, ClientID: "local.3", Scopes: scopes}, nil
	case c.Token == "app4":
		return rest.Principal{Kind: rest.ByToken, UserID: 7, AppID: 4, ClientID: "local.4", Scopes: scopes}, nil
	case c.Token == "im":
		return rest.Principal{Kind: rest.ByToken, UserID: 7, AppID: 3, ClientID: "local.3", Scopes: []string{"im"}}, nil
	case c.Token == "session":
		return rest.Principal{Kind: rest.BySession, UserID: 7, Scopes: []string{"*"}}, nil
	case c.WebhookCode == "secret":
		return rest.Principal{Kind: rest.ByWebhook, UserID: 7, ClientID: "hook", Scopes: scopes}, nil
	}
	return rest.Principal{}, rest.ErrNoAuth
}

// messenger keeps the last thing that it is asked for.
type messenger struct {
	sent   bot.NewMessage
	change bot.Change
	last   string
	bots   []int64 // in the chat
}

func (m *messenger) Chat(context.Context, string, int64) (int64, error)       { return 50, nil }
func (m *messenger) OpenChat(context.Context, string, int64) (int64, error)   { return 50, nil }
func (m *messenger) OpenPrivate(context.Context, int64, int64) (int64, error) { return 51, nil }
func (m *messenger) AnnounceTx(context.Context, *db.Tx, string) error         { return nil }
func (m *messenger) RemoveBotTx(context.Context, *db.Tx, int64) error         { return nil }
func (m *messenger) SendTx(_ context.Context, _ *db.Tx, n bot.NewMessage) (int64, error) {
	m.sent = n
	return 19880118, nil
}

func (m *messenger) Message(_ context.Context, viewer, id int64) (bot.MessageEvent, error) {
	if id != 33 {
		return bot.MessageEvent{}, fault.New(fault.NotFound, "MESSAGE_ID_ERROR", "Message not found")
	}
	return bot.MessageEvent{
		Chat: bot.Chat{ID: 50, Type: "C"}, Message: bot.Message{ID: id, AuthorID: viewer, SenderID: viewer}, BotIDs: m.bots,
	}, nil
}

func (m *messenger) BotsOf(context.Context, int64) ([]int64, error) { return m.bots, nil }

// events forgets what is recorded.
type events struct{}

func (events) SendTx(context.Context, *db.Tx, event.Delivery) error { return nil }

func (m *messenger) Send(_ context.Context, n bot.NewMessage) (int64, error) {
	m.sent = n
	return 19880117, nil
}

func (m *messenger) Update(_ context.Context, _, id int64, c bot.Change) error {
	m.change, m.last = c, fmt.Sprint("update ", id)
	return nil
}

func (m *messenger) Delete(_ context.Context, _, id int64, complete bool) error {
	m.last = fmt.Sprint("delete ", id, complete)
	return nil
}

func (m *messenger) Typing(_ context.Context, id, chat int64) error {
	m.last = fmt.Sprint("typing ", id, chat)
	return nil
}

type bench struct {
	http.Handler
	*messenger
	users *user.Service
	bots  *bot.Service
}

func setup(t *testing.T) *bench {
	t.Helper()
	d := dbtest.SQLite(t, user.Schema(), bot.Schema())
	clk := clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	b := &bench{messenger: &messenger{}, users: user.New(d, clk)}
	b.bots = bot.New(bot.Config{DB: d, Clock: clk, Users: b.users, Messenger: b.messenger, Events: events{}, Language: "en"})
	r := rest.NewRegistry()
	botrest.Register(r, b.bots, b.users)
	b.Handler = rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler))
	return b
}

// answer is what came back.
type answer struct {
	status int
	Result json.RawMessage `json:"result"`
	Code   string          `json:"error"`
	Text   string          `json:"error_description"`
	Field  string          `json:"argument"`
}

// call posts a form, pairs of "key=value" that are not encoded yet, with a token or to a webhook.
func (b *bench) call(t *testing.T, who, method string, pairs ...string) answer {
	t.Helper()
	form, path := url.Values{}, "/rest/"+method
	if who == "hook" {
		path = "/rest/7/secret/" + method
	} else {
		form.Set("auth", who)
	}
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		form.Set(key, value)
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, req)
	a := answer{status: w.Code}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s: %v in %s", method, err, w.Body)
	}
	return a
}

const (
	hook = "http://127.0.0.1:9100/reportbot/bot.php"
	dot  = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

// reportBot is what the tutorial's bot sends.
var reportBot = []string{
	"CODE=ReportBot", "TYPE=B", "EVENT_MESSAGE_ADD=" + hook, "EVENT_WELCOME_MESSAGE=" + hook, "EVENT_BOT_DELETE=" + hook,
	"PROPERTIES[NAME]=ReportBot", "PROPERTIES[LAST_NAME]=", "PROPERTIES[COLOR]=AQUA", "PROPERTIES[EMAIL]=no@mail.com",
	"PROPERTIES[PERSONAL_BIRTHDAY]=2016-03-23", "PROPERTIES[WORK_POSITION]=Reporting on tasks", "PROPERTIES[PERSONAL_WWW]=",
	"PROPERTIES[PERSONAL_GENDER]=M", "PROPERTIES[PERSONAL_PHOTO]=" + dot,
}

func (b *bench) register(t *testing.T) string {
	t.Helper()
	a := b.call(t, "app3", "imbot.register", reportBot...)
	if a.status != http.StatusOK {
		t.Fatalf("%+v", a)
	}
	if _, err := b.users.Get(t.Context(), 7); err != nil { // who presses buttons
		for {
			u, err := b.users.Create(t.Context(), user.NewUser{Login: rand.Text(), FirstName: "Ann"})
			if err != nil {
				t.Fatal(err)
			}
			if u.ID >= 7 {
				break
			}
		}
	}
	return string(a.Result)
}

func TestRegister(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(t)
	list, err := b.bots.List(t.Context())
	if err != nil || len(list) != 1 || strconv.FormatInt(list[0].ID, 10) != id {
		t.Fatalf("registered as %s: %+v, %v", id, list, err)
	}
	u, err := b.users.Get(t.Context(), list[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if u.Kind != user.Bot || u.FirstName != "ReportBot" || u.LastName != "" || u.ColorCode != "AQUA" || u.Email != "no@mail.com" ||
		u.Birthday != "2016-03-23" || u.Position != "Reporting on tasks" || u.Gender != "M" {
		t.Errorf("profile %+v", u)
	}
	picture, err := b.users.Avatar(t.Context(), u.ID, u.AvatarHash, 0)
	want, _ := base64.StdEncoding.DecodeString(dot)
	if err != nil || string(picture.Data) != string(want) || picture.Type != "image/png" {
		t.Errorf("picture %+v, %v", picture, err)
	}
	if again := b.register(t); again != id {
		t.Errorf("registered again as %s, was %s", again, id)
	}
}

func TestEventHandler(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.call(t, "app3", "imbot.register", "CODE=s", "TYPE=s", "EVENT_HANDLER="+hook, "PROPERTIES[LAST_NAME]=Boss",
		"EVENT_MESSAGE_ADD=http://other.test/", "PROPERTIES[PERSONAL_PHOTO][0]=a.png",
		"PROPERTIES[PERSONAL_PHOTO][1]=data:image/png;base64,"+dot[:40]+"\r\n "+dot[40:])
	list, err := b.bots.List(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v, %v", a, list, err)
	}
	want := bot.Handlers{MessageAdd: hook, MessageUpdate: hook, MessageDelete: hook, Join: hook, Delete: hook}
	if list[0].Handlers != want || list[0].Type != bot.Supervisor {
		t.Errorf("bot %+v", list[0])
	}
	if u, err := b.users.Get(t.Context(), list[0].ID); err != nil || u.AvatarHash == "" {
		t.Errorf("no picture: %+v, %v", u, err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(t)
	with := func(more ...string) []string { return append(append([]string{}, reportBot...), more...) }
	for _, c := range []struct {
		who, method string
		params      []string
		status      int
		code, text  string
	}{
		{"session", "imbot.register", reportBot, 403, "WRONG_AUTH_TYPE", "Access for this method not allowed by session authorization."},
		{"session", "imbot.bot.list", nil, 403, "WRONG_AUTH_TYPE", "Access for this method not allowed by session authorization."},
		{"hook", "imbot.register", reportBot, 403, "ACCESS_DENIED", "Access denied! Client ID not specified"},
		{"hook", "imbot.update", []string{"BOT_ID=" + id}, 403, "ACCESS_DENIED", "Access denied! Client ID not specified"},
		{"hook", "imbot.unregister", []string{"BOT_ID=" + id}, 403, "ACCESS_DENIED", "Access denied! Client ID not specified"},
		{"hook", "imbot.message.add", []string{"CLIENT_ID=local.3", "DIALOG_ID=7", "MESSAGE=x"}, 400, "BOT_ID_ERROR", "Bot not found"},
		{"hook", "imbot.unregister", []string{"CLIENT_ID=local.3", "BOT_ID=" + id}, 400, "APP_ID_ERROR", "Bot was installed by another REST application"},
		{"app3", "imbot.register", nil, 400, "EVENT_MESSAGE_ADD_ERROR", `Handler for "Message add" event isn't specified`},
		{"app3", "imbot.register", []string{"EVENT_HANDLER=x"}, 400, "EVENT_MESSAGE_ADD_ERROR", "Wrong handler URL"},
		{"app3", "imbot.register", []string{"EVENT_HANDLER=" + hook}, 400, "CODE_ERROR", "Bot code isn't specified"},
		{"app3", "imbot.register", []string{"EVENT_HANDLER=" + hook, "CODE=x"}, 400, "NAME_ERROR", "Bot name isn't specified"},
		{"app3", "imbot.register", with("CODE=y", "PROPERTIES[PERSONAL_PHOTO]=%%%"), 400, "WRONG_REQUEST", "Bot can't be created"},
		{"app3", "imbot.register", with("CODE=y", "PROPERTIES[PERSONAL_PHOTO]=SGVsbG8="), 400, "WRONG_REQUEST", "Bot can't be created"},
		{"app3", "imbot.register", with("CODE=y", "PROPERTIES[PERSONAL_BIRTHDAY]=soon"), 400, "WRONG_REQUEST", "Bot can't be created"},
		{"app3", "imbot.register", with("CODE=y", "TYPE=Z"), 400, "WRONG_REQUEST", "Bot can't be created"},
		{"app3", "imbot.register", []string{"PROPERTIES=x"}, 400, "ERROR_ARGUMENT", "Argument 'PROPERTIES' must be an object"},
		{"app3", "imbot.update", []string{"BOT_ID=" + id}, 400, "WRONG_REQUEST", "Update fields can't be empty"},
		{"app3", "imbot.update", []string{"BOT_ID=" + id, "FIELDS[PROPERTIES][PERSONAL_GENDER]=X"}, 400, "WRONG_REQUEST", "Bot can't be updated"},
		{"app3", "imbot.update", []string{"BOT_ID=" + id, "FIELDS[PROPERTIES][NAME]="}, 400, "NAME_ERROR", "Bot name isn't specified"},
		{"app3", "imbot.update", []string{"FIELDS[CODE]=z"}, 400, "BOT_ID_ERROR", "Bot not found"},
		{"app4", "imbot.update", []string{"BOT_ID=" + id, "FIELDS[CODE]=z"}, 400, "APP_ID_ERROR", "Bot was installed by another REST application"},
		{"app4", "imbot.unregister", []string{"BOT_ID=" + id}, 400, "APP_ID_ERROR", "Bot was installed by another REST application"},
		{"app4", "imbot.message.add", []string{"BOT_ID=" + id, "DIALOG_ID=7", "MESSAGE=x"}, 400, "APP_ID_ERROR", "Bot was installed by another REST application"},
		{"app4", "imbot.message.add", []string{"DIALOG_ID=7", "MESSAGE=x"}, 400, "BOT_ID_ERROR", "Bot not found"},
		{"app3", "imbot.message.add", []string{"MESSAGE=x"}, 400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty"},
		{"app3", "imbot.message.add", []string{"DIALOG_ID=7", "MESSAGE=x", "ATTACH=broken"}, 400, "ATTACH_ERROR", "Incorrect attach params"},
		{"app3", "imbot.message.add", []string{"DIALOG_ID=7", "MESSAGE=x", "KEYBOARD[BUTTONS][0][TEXT]="}, 400, "KEYBOARD_ERROR", "Incorrect keyboard params"},
		{"app3", "imbot.message.add", []string{"DIALOG_ID=7", "MESSAGE=x", "MENU[ITEMS][0][TEXT]="}, 400, "MENU_ERROR", "Incorrect menu params"},
		{"app3", "imbot.message.update", []string{"MESSAGE=x"}, 400, "MESSAGE_ID_ERROR", "Message ID can't be empty"},
		{"app3", "imbot.message.delete", []string{"MESSAGE_ID=0"}, 400, "MESSAGE_ID_ERROR", "Message ID can't be empty"},
		{"app3", "imbot.message.like", []string{"MESSAGE_ID=33", "ACTION=maybe"}, 400, "ERROR_ARGUMENT", "Argument 'ACTION' must be auto, plus or minus"},
		{"app3", "imbot.chat.add", []string{"TITLE=x", "TYPE=SECRET"}, 400, "WRONG_REQUEST", "Chat can't be created"},
		{"app3", "imbot.chat.sendTyping", nil, 400, "DIALOG_ID_EMPTY", "Dialog ID can't be empty"},
	} {
		a := b.call(t, c.who, c.method, c.params...)
		if a.status != c.status || a.Code != c.code || a.Text != c.text {
			t.Errorf("%s as %s %v:\n%d %s: %s, want\n%d %s: %s", c.method, c.who, c.params, a.status, a.Code, a.Text, c.status, c.code, c.text)
		}
	}
	a := b.call(t, "app3", "imbot.register", with("CODE=y", "PROPERTIES[PERSONAL_PHOTO]=SGVsbG8=")...)
	if a.Field != "PROPERTIES.PERSONAL_PHOTO" {
		t.Errorf("the fault names %q", a.Field)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if a := b.call(t, "hook", "imbot.bot.list"); string(a.Result) != "[]" {
		t.Errorf("without bots: %s", a.Result)
	}
	id := b.register(t)
	line := b.call(t, "app4", "imbot.register", "CODE=itrbot", "TYPE=O", "EVENT_HANDLER="+hook, "PROPERTIES[NAME]=The",
		"PROPERTIES[LAST_NAME]=Bot")
	want := fmt.Sprintf(`{"%[1]s":{"ID":%[1]s,"NAME":"ReportBot","CODE":"ReportBot","OPENLINE":"N"},`+
		`"%[2]s":{"ID":%[2]s,"NAME":"The Bot","CODE":"itrbot","OPENLINE":"Y"}}`, id, line.Result)
	if a := b.call(t, "app3", "imbot.bot.list"); string(a.Result) != want {
		t.Errorf("list %s\nwant %s", a.Result, want)
	}
}

func TestUpdateAndUnregister(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.register(t)
	a := b.call(t, "app3", "imbot.update", "BOT_ID="+id, "FIELDS[CODE]=v2", "FIELDS[EVENT_HANDLER]="+hook+"?all=1",
		"FIELDS[PROPERTIES][LAST_NAME]=Jr", "FIELDS[PROPERTIES][WORK_POSITION]=", "FIELDS[PROPERTIES][PERSONAL_PHOTO]=")
	list, err := b.bots.List(t.Context())
	if err != nil || string(a.Result) != "true" || list[0].Code != "v2" || list[0].Handlers.MessageUpdate != hook+"?all=1" {
		t.Fatalf("%+v, %+v, %v", a, list, err)
	}
	u, err := b.users.Get(t.Context(), list[0].ID)
	if err != nil || u.DisplayName() != "ReportBot Jr" || u.Position != "" || u.AvatarHash != "" || u.ColorCode != "AQUA" {
		t.Errorf("profile %+v, %v", u, err)
	}
	if a := b.call(t, "app3", "imbot.unregister", "BOT_ID="+id); string(a.Result) != "true" {
		t.Errorf("%+v", a)
	}
	if a := b.call(t, "app3", "imbot.bot.list"); string(a.Result) != "[]" {
		t.Errorf("after it the list is %s", a.Result)
	}
}

func TestMessageAdd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.register(t)
	a := b.call(t, "app3", "imbot.message.add", "DIALOG_ID=7", "MESSAGE=Yes:\n\n", "ATTACH[0][LINK][NAME]=Task",
		"ATTACH[0][LINK][LINK]=https://portal.test/t/1/", "ATTACH[1][DELIMITER][SIZE]=400", "ATTACH[1][DELIMITER][COLOR]=#c6c6c6",
		"ATTACH[2][MESSAGE]=[send=what is burning]What's burning?[/send]", "URL_PREVIEW=N", "SYSTEM=Y", "SKIP_CONNECTOR=Y",
		`KEYBOARD={"BUTTONS":[{"TEXT":"Help","COMMAND":"help"}]}`, "MENU[ITEMS][0][TEXT]=Site", "MENU[ITEMS][0][LINK]=https://a.test/")
	if string(a.Result) != "19880117" {
		t.Fatalf("%+v", a)
	}
	m := b.sent
	if m.Text != "Yes:" || m.ChatID != 50 || !m.NoPreview || !m.System || !m.SkipConnector || len(m.Keyboard) != 1 || len(m.Menu) != 1 {
		t.Errorf("sent %+v", m)
	}
	if len(m.Attach) != 1 || len(m.Attach[0].Blocks) != 3 || m.Attach[0].Blocks[0].Link[0].Name != "Task" {
		t.Errorf("attachment %+v", m.Attach)
	}
	b.call(t, "app3", "imbot.message.add", "DIALOG_ID=7", "MESSAGE=x")
	if m := b.sent; m.NoPreview || m.System || m.SkipConnector || m.Attach != nil || m.Keyboard != nil || m.Menu != nil {
		t.Errorf("by default %+v", m)
	}
	b.call(t, "app3", "imbot.message.add", "FROM_USER_ID=7", "TO_USER_ID=8", "MESSAGE=x", "DIALOG_ID=chat1")
	if m := b.sent; !m.System || m.ChatID != 51 || m.AuthorID != 7 {
		t.Errorf("between two users %+v", m)
	}
}

func TestMessageUpdate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.register(t)
	if a := b.call(t, "app3", "imbot.message.update", "MESSAGE_ID=5", "MESSAGE=new", "ATTACH=N", "KEYBOARD="); string(a.Result) != "true" {
		t.Fatalf("%+v", a)
	}
	c := b.change
	if *c.Text != "new" || c.Attach == nil || len(*c.Attach) != 0 || c.Keyboard == nil || len(*c.Keyboard) != 0 || c.Menu != nil ||
		c.NoPreview == nil || *c.NoPreview || b.last != "update 5" {
		t.Errorf("changed %+v", c)
	}
	b.call(t, "app3", "imbot.message.update", "MESSAGE_ID=5", "MENU[0][TEXT]=Site", "MENU[0][LINK]=https://a.test/")
	if c := b.change; c.Text != nil || c.Attach != nil || c.NoPreview != nil || len(*c.Menu) != 1 || (*c.Menu)[0].Link != "https://a.test/" {
		t.Errorf("changed %+v", c)
	}
	b.call(t, "app3", "imbot.message.update", "MESSAGE_ID=5", "MESSAGE=", "URL_PREVIEW=N", "SKIP_CONNECTOR=Y")
	if c := b.change; c.Text == nil || *c.Text != "" || !*c.NoPreview || !c.SkipConnector {
		t.Errorf("changed %+v", c)
	}
	b.call(t, "app3", "imbot.message.delete", "MESSAGE_ID=6", "COMPLETE=Y")
	if b.last != "delete 6true" && b.last != "delete 6 true" {
		t.Errorf("%s", b.last)
	}
	if a := b.call(t, "app3", "imbot.chat.sendTyping", "DIALOG_ID=chat50"); string(a.Result) != "true" || !strings.HasPrefix(b.last, "typing ") {
		t.Errorf("%+v, %s", a, b.last)
	}
}
