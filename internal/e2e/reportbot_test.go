package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// picture is the avatar of the bot, photo the same in base64.
var (
	picture = func() []byte {
		img := image.NewRGBA(image.Rect(0, 0, 58, 58))
		for y := range 58 {
			for x := range 58 {
				img.Set(x, y, color.RGBA{uint8(4 * x), uint8(4 * y), 160, 255})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			panic(err)
		}
		return b.Bytes()
	}()
	photo = base64.StdEncoding.EncodeToString(picture)
)

// reportScopes are the permissions that the tutorial has one choose.
var reportScopes = []string{"im", "imbot", "task", "task_extended"}

// story is a portal with the report bot.
type story struct {
	*site
	t     *testing.T
	bot   *reportBot
	app   app.Created
	botID int64
	me    caller // Bob's webhook
	boss  caller // the administrator's
	page  *browser
}

// TestReportBotInProcess follows the bot of the tutorial from its installation to its removal.
func TestReportBotInProcess(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		st := &story{site: s, t: t, me: s.webhook(s.bob, app.AllScopes), boss: s.webhook(s.admin, app.AllScopes)}
		st.bot = newReportBot(t, s.http, s.clock.Now)
		st.page = s.signIn("bob")
		st.install()
		st.registered()
		st.announced(1)
		st.opened()
		st.burning()
		st.nothingBurns()
		st.confused()
		st.reinstall()
		st.uninstall()
		st.bot.mu.Lock()
		defer st.bot.mu.Unlock()
		if st.bot.ignored != 0 {
			t.Errorf("%d events came with a token that the bot did not know", st.bot.ignored)
		}
	})
}

func (st *story) install() {
	st.t.Helper()
	var err error
	st.app, err = st.portal.Apps.Create(st.t.Context(), st.admin.Ref(), app.Form{
		Name: "ReportBot", APIOnly: true, HandlerURL: st.bot.url, InstallURL: st.bot.url, Scopes: reportScopes,
	})
	if err != nil {
		st.t.Fatal(err)
	}
	st.checkInstall(st.bot.event("ONAPPINSTALL", 1))
}

// checkInstall checks what the documentation says of ONAPPINSTALL.
func (st *story) checkInstall(e phpform.Value) {
	st.t.Helper()
	for _, c := range []struct {
		want string
		path []string
	}{
		{"1", []string{"data", "VERSION"}},
		{"Y", []string{"data", "ACTIVE"}},
		{"Y", []string{"data", "INSTALLED"}},
		{"en", []string{"data", "LANGUAGE_ID"}},
		{strconv.FormatInt(noon.Unix(), 10), []string{"ts"}},
		{strings.TrimPrefix(st.url, "https://"), []string{"auth", "domain"}},
		{st.url + "/rest/", []string{"auth", "client_endpoint"}},
		{"L", []string{"auth", "status"}},
		{"1", []string{"auth", "user_id"}},
		{"3600", []string{"auth", "expires_in"}},
		{st.app.Token, []string{"auth", "application_token"}},
	} {
		if got := at(e, c.path...); got != c.want {
			st.t.Errorf("ONAPPINSTALL: %v is %q, want %q", c.path, got, c.want)
		}
	}
	for _, key := range []string{"access_token", "refresh_token"} {
		if got := at(e, "auth", key); !regexp.MustCompile(`^[a-zA-Z0-9.]+$`).MatchString(got) {
			st.t.Errorf("ONAPPINSTALL: %s is %q", key, got)
		}
	}
}

// registered checks the bot that the installation made.
func (st *story) registered() {
	st.t.Helper()
	c := st.bot.lastCall("imbot.register")
	result := resultOf(st.t, c)
	id, err := strconv.ParseInt(result, 10, 64)
	if err != nil || id <= 0 {
		st.t.Fatalf("imbot.register answered %s, want a bare integer", result)
	}
	st.botID = id
	if head := withoutToken(st.t, c.body); !strings.HasPrefix(head, "CODE=ReportBot&TYPE=B&EVENT_MESSAGE_ADD=http%3A%2F%2F127.0.0.1%3A") ||
		!strings.Contains(head, "&PROPERTIES%5BNAME%5D=ReportBot&PROPERTIES%5BLAST_NAME%5D=&PROPERTIES%5BCOLOR%5D=AQUA&") {
		st.t.Errorf("the bot sent %.300s", head)
	}
	var bots map[string]struct {
		ID                   int64
		Name, Code, OpenLine string
	}
	st.boss.must("imbot.bot.list", nil, &bots)
	b := bots[result]
	if len(bots) != 1 || b.ID != id || b.Name != "ReportBot" || b.Code != "ReportBot" || b.OpenLine != "N" {
		st.t.Errorf("imbot.bot.list: %v", bots)
	}
	st.profile()
}

// profile checks that the bot looks as it said: name, post, colour and picture.
func (st *story) profile() {
	st.t.Helper()
	u, err := st.portal.Users.Get(st.t.Context(), st.botID)
	if err != nil {
		st.t.Fatal(err)
	}
	if u.Kind != user.Bot || u.DisplayName() != "ReportBot" || u.Position != "Reporting on tasks" || u.ColorCode != "AQUA" ||
		u.Birthday != "2016-03-23" || u.Gender != "M" || !u.Active {
		st.t.Errorf("the bot is %+v", u)
	}
	res := st.page.get(u.AvatarPath())
	if res.Header.Get("Content-Type") != "image/png" || res.body != string(picture) {
		st.t.Errorf("the picture at %q: %d %s, %d bytes, want the %d that were sent", u.AvatarPath(), res.StatusCode,
			res.Header.Get("Content-Type"), len(res.body), len(picture))
	}
}

// announced checks how often everybody was told of the bot.
func (st *story) announced(times int) {
	st.t.Helper()
	general, err := st.portal.IM.General(st.t.Context())
	if err != nil {
		st.t.Fatal(err)
	}
	n := 0
	for _, m := range st.me.messages("chat" + strconv.FormatInt(general.ID, 10)) {
		if strings.Contains(m.Text, fmt.Sprintf("[USER=%d]ReportBot[/USER]", st.botID)) && m.Author == 0 {
			n++
		}
	}
	if n != times {
		st.t.Errorf("the bot was announced %d times, want %d", n, times)
	}
}

// opened opens the conversation on the page, as a person does.
func (st *story) opened() {
	st.t.Helper()
	res := st.page.post("/online/start", "dialog", dialogOf(st.botID))
	if res.StatusCode != http.StatusSeeOther {
		st.t.Fatalf("open the chat: %d %s", res.StatusCode, res.body)
	}
	e := st.bot.event("ONIMBOTJOINCHAT", 1)
	st.sameToken(e)
	st.has(e, map[string]string{"DIALOG_ID": dialogOf(st.bob.ID), "CHAT_TYPE": "P", "BOT_ID": dialogOf(st.botID), "USER_ID": dialogOf(st.bob.ID)})
	c := st.bot.lastCall("imbot.message.add")
	want := "DIALOG_ID=" + dialogOf(st.bob.ID) + "&MESSAGE=Hello%21+I+am+ReportBot%2C+reporting+everything+as+it+is." +
		"&ATTACH%5B0%5D%5BMESSAGE%5D=%5Bsend%3Dwhat+is+burning%5DWhat%27s+burning%3F%5B%2Fsend%5D"
	if got := withoutToken(st.t, c.body); got != want {
		st.t.Errorf("the bot sent %s, want %s", got, want)
	}
	m := st.reply(c)
	if m.Text != "Hello! I am ReportBot, reporting everything as it is." ||
		!sameBlocks(st.t, m, `[{"MESSAGE":"[send=what is burning]What's burning?[/send]"}]`) {
		st.t.Errorf("the welcome is %q with %s", m.Text, m.Params)
	}
	st.shows(`data-send="what is burning">What's burning?</button>`)
}

// say writes to the bot on the page and returns the bot's answer.
func (st *story) say(words string) message {
	st.t.Helper()
	n := st.bot.count("ONIMBOTMESSAGEADD")
	res := st.page.post("/online/send", "dialog", dialogOf(st.botID), "text", words)
	if res.StatusCode != http.StatusSeeOther {
		st.t.Fatalf("send %q: %d %s", words, res.StatusCode, res.body)
	}
	e := st.bot.event("ONIMBOTMESSAGEADD", n+1)
	st.sameToken(e)
	st.has(e, map[string]string{
		"MESSAGE": words, "DIALOG_ID": dialogOf(st.bob.ID), "FROM_USER_ID": dialogOf(st.bob.ID), "TO_USER_ID": dialogOf(st.botID),
		"MESSAGE_TYPE": "P", "LANGUAGE": "en",
	})
	if got := at(e, "auth", "user_id"); got != dialogOf(st.bob.ID) {
		st.t.Errorf("the event acts for user %s, want the one who wrote", got)
	}
	if got := at(e, "data", "USER", "NAME"); got != "Bob Brown" {
		st.t.Errorf("data[USER][NAME] is %q", got)
	}
	return st.reply(st.bot.lastCall("imbot.message.add"))
}

// burning asks when tasks are overdue.
func (st *story) burning() {
	st.t.Helper()
	ctx, day := st.t.Context(), 24*time.Hour
	add := func(title string, who user.User, deadline time.Time) task.Task {
		x, err := st.portal.Tasks.Create(ctx, st.admin.Ref(), task.Task{Title: title, ResponsibleID: who.ID, Deadline: deadline})
		if err != nil {
			st.t.Fatal(err)
		}
		return x
	}
	old := add(`Fix "Q&A" <page>`, st.bob, noon.Add(-9*day))
	yesterday := add("Answer Ümit", st.bob, noon.Add(-13*time.Hour)) // 23:00 of the day before
	add("This morning", st.bob, noon.Add(-11*time.Hour))
	add("Tomorrow", st.bob, noon.Add(day))
	add("Carol's", st.carol, noon.Add(-day))
	add("Without an end", st.bob, time.Time{})

	m := st.say("What IS burning")
	link := func(x task.Task) string {
		return fmt.Sprintf("%s/company/personal/user/%d/tasks/task/view/%d/", st.url, st.bob.ID, x.ID)
	}
	const line = `{"DELIMITER":{"SIZE":400,"COLOR":"#c6c6c6"}}`
	want := fmt.Sprintf(`[{"LINK":[{"NAME":"Answer Ümit","LINK":%q}]},%s,{"LINK":[{"NAME":"Fix \"Q&A\" <page>","LINK":%q}]},%s,{"MESSAGE":%q}]`,
		link(yesterday), line, link(old), line,
		"Once you deal with these tasks, just ask again [send=what is burning]What's burning?[/send] and I will provide a new summary!")
	if m.Text != "Yes, some tasks are overdue, for example:" || !sameBlocks(st.t, m, want) {
		st.t.Errorf("the report is %q with %s, want %s", m.Text, m.Params, want)
	}
	list := st.bot.lastCall("task.item.list")
	if got, want := withoutToken(st.t, list.body), "ORDER%5BDEADLINE%5D=desc&FILTER%5BRESPONSIBLE_ID%5D="+dialogOf(st.bob.ID)+
		"&FILTER%5B%3CDEADLINE%5D=2026-11-23"; got != want {
		st.t.Errorf("the bot asked %s, want %s", got, want)
	}
	path := strings.TrimPrefix(link(old), st.url)
	st.shows(path, "Fix &#34;Q&amp;A&#34; &lt;page&gt;", "Answer Ümit")
	if res := st.page.get(path); res.StatusCode != http.StatusOK || !strings.Contains(res.body, "Fix &#34;Q&amp;A&#34; &lt;page&gt;") {
		st.t.Errorf("the task's card: %d without its title", res.StatusCode)
	}
	for _, x := range []task.Task{old, yesterday} {
		if err := st.portal.Tasks.Delete(ctx, st.admin.Ref(), x.ID); err != nil {
			st.t.Fatal(err)
		}
	}
}

func (st *story) nothingBurns() {
	st.t.Helper()
	m := st.say("what is burning")
	if m.Text != "You are doing great!\nNothing to worry about - no overdue tasks" {
		st.t.Errorf("without overdue tasks the bot says %q", m.Text)
	}
}

func (st *story) confused() {
	st.t.Helper()
	m := st.say("Good morning! 👋")
	if m.Text != "I'm confused\nI don't understand what you want to know. Or maybe I just can't..." {
		st.t.Errorf("to anything else the bot says %q", m.Text)
	}
}

// reinstall repeats the installation: the same bot goes on, under the same token.
func (st *story) reinstall() {
	st.t.Helper()
	if _, err := st.portal.Apps.Install(st.t.Context(), st.admin.Ref(), st.app.ID); err != nil {
		st.t.Fatal(err)
	}
	st.checkInstall(st.bot.event("ONAPPINSTALL", 2))
	if got := resultOf(st.t, st.bot.lastCall("imbot.register")); got != dialogOf(st.botID) {
		st.t.Errorf("registered again the bot is %s, want %d", got, st.botID)
	}
	st.announced(1)
	if !st.listed() {
		st.t.Error("the recent list does not show the conversation with the bot")
	}
	if m := st.say("what is burning"); !strings.HasPrefix(m.Text, "You are doing great!") {
		st.t.Errorf("after the second installation the bot says %q", m.Text)
	}
}

// uninstall deletes the application, and with it the bot.
func (st *story) uninstall() {
	st.t.Helper()
	token := st.as(st.token(st.app.ID, st.admin.ID))
	if err := st.portal.Apps.Remove(st.t.Context(), st.admin.Ref(), st.app.ID, false); err != nil {
		st.t.Fatal(err)
	}
	e := st.bot.event("ONIMBOTDELETE", 1)
	st.sameToken(e)
	if at(e, "data", "BOT_ID") != dialogOf(st.botID) || at(e, "data", "BOT_CODE") != "ReportBot" || at(e, "auth", "access_token") != "" {
		st.t.Errorf("ONIMBOTDELETE is %s", phpform.AppendJSON(nil, e))
	}
	st.sameToken(st.bot.event("ONAPPUNINSTALL", 1))
	st.bot.wait("the bot to forget the portal", func() bool { return len(st.bot.configs[configName(e)]) == 0 })
	if a := st.boss.call("imbot.bot.list", nil); string(a.Result) != "[]" {
		st.t.Errorf("bots after the removal: %s", a.Raw)
	}
	if st.listed() {
		st.t.Error("the recent list still shows the removed bot: its private chats go with it")
	}
	if u, err := st.portal.Users.Get(st.t.Context(), st.botID); err != nil || u.Active {
		st.t.Errorf("the bot after the removal: active %v, %v", u.Active, err)
	}
	if a := token.call("imbot.bot.list", nil); a.Error != "invalid_token" || a.Status != http.StatusUnauthorized {
		st.t.Errorf("the application's token after the removal: %s", a.Raw)
	}
	events := st.bot.count("")
	if a := st.me.call("im.message.add", params{"DIALOG_ID": dialogOf(st.botID), "MESSAGE": "anybody there?"}); a.Error == "" {
		st.t.Errorf("a removed bot can be written to: %s", a.Raw)
	}
	if st.bot.count("") != events {
		st.t.Error("a removed bot was told something")
	}
}

// listed reports whether Bob's recent list has the conversation with the bot.
func (st *story) listed() bool {
	st.t.Helper()
	var recent struct {
		Items []struct {
			ID any `json:"id"`
		} `json:"items"`
	}
	st.me.must("im.recent.list", nil, &recent)
	for _, it := range recent.Items {
		if fmt.Sprint(it.ID) == dialogOf(st.botID) {
			return true
		}
	}
	return false
}

// sameToken checks that an event carries the application_token of the installation, by which the bot knows the portal.
func (st *story) sameToken(e phpform.Value) {
	st.t.Helper()
	if got := at(e, "auth", "application_token"); got != st.app.Token {
		st.t.Errorf("%s has the application_token %q, the installation had %q", at(e, "event"), got, st.app.Token)
	}
	if got := at(e, "auth", "domain"); got != strings.TrimPrefix(st.url, "https://") {
		st.t.Errorf("%s has the domain %q", at(e, "event"), got)
	}
}

// has checks fields of data[PARAMS].
func (st *story) has(e phpform.Value, want map[string]string) {
	st.t.Helper()
	for key, v := range want {
		if got := at(e, "data", "PARAMS", key); got != v {
			st.t.Errorf("%s: data[PARAMS][%s] is %q, want %q", at(e, "event"), key, got, v)
		}
	}
}

// reply returns the message that a call of imbot.message.add made, as the person who got it reads it. It must be the newest.
func (st *story) reply(c restCall) message {
	st.t.Helper()
	id := resultOf(st.t, c)
	m := st.me.messages(dialogOf(st.botID))[0]
	if strconv.FormatInt(m.ID, 10) != id || m.Author != st.botID {
		st.t.Fatalf("the newest message is %d by %d, want %s by the bot %d", m.ID, m.Author, id, st.botID)
	}
	return m
}

// shows checks that the conversation's page contains texts.
func (st *story) shows(texts ...string) {
	st.t.Helper()
	res := st.page.get("/online/" + dialogOf(st.botID))
	for _, x := range texts {
		if !strings.Contains(res.body, x) {
			st.t.Errorf("the conversation's page (%d) does not show %q", res.StatusCode, x)
		}
	}
}

// sameBlocks reports whether a message has an attachment of one card with these blocks.
func sameBlocks(t testing.TB, m message, want string) bool {
	t.Helper()
	var cards []struct {
		Blocks []any `json:"BLOCKS"`
	}
	var blocks []any
	if err := json.Unmarshal([]byte(m.attach(t)), &cards); err != nil {
		t.Fatalf("%v in %s", err, m.Params)
	}
	if err := json.Unmarshal([]byte(want), &blocks); err != nil {
		t.Fatal(err)
	}
	return len(cards) == 1 && fmt.Sprint(cards[0].Blocks) == fmt.Sprint(blocks)
}
