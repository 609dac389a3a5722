package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

// notified is a portal with an administrator, Anna, and an employee, Ben, who is signed in.
type notified struct {
	*portal.Portal
	t         *testing.T
	server    *httptest.Server
	anna, ben user.User
	browser   *http.Client
	hook      string // Anna's webhook
}

func newNotified(t *testing.T) *notified {
	t.Helper()
	n := &notified{t: t}
	n.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return n.server.URL }, Key: make([]byte, seal.KeySize),
	})
	if err != nil {
		t.Fatal(err)
	}
	n.Portal = p
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.server.Close()
		_ = p.Close(context.WithoutCancel(t.Context()))
	})
	const password = "correct horse battery"
	if n.anna, _, err = p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", Password: password}); err != nil {
		t.Fatal(err)
	}
	if n.ben, err = p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben", Password: password}); err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	n.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	n.post("/login", http.StatusSeeOther, "login", "ben", "password", password)
	w, code, err := p.Apps.CreateWebhook(t.Context(), n.anna.Ref(), app.WebhookForm{Title: "Script", Scopes: []string{app.AllScopes}})
	if err != nil || w.ID == 0 {
		t.Fatal(err)
	}
	n.hook = fmt.Sprintf("/rest/%d/%s/", n.anna.ID, code)
	return n
}

func (n *notified) read(res *http.Response, err error, want int) string {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	if res.StatusCode != want {
		n.t.Fatalf("%s: %d, want %d: %.600s", res.Request.URL.Path, res.StatusCode, want, raw)
	}
	return string(raw)
}

func (n *notified) get(path string) string {
	n.t.Helper()
	res, err := n.browser.Get(n.server.URL + path)
	return n.read(res, err, http.StatusOK)
}

func (n *notified) post(path string, want int, pairs ...string) string {
	n.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	res, err := n.browser.PostForm(n.server.URL+path, form)
	return n.read(res, err, want)
}

// call calls a method through Anna's webhook and returns the result, or the error and its text.
func (n *notified) call(method, params string) string {
	n.t.Helper()
	res, err := http.Post(n.server.URL+n.hook+method, "application/json", strings.NewReader(params))
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var a struct {
		Result json.RawMessage
		Error  string
		Text   string `json:"error_description"`
	}
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		n.t.Fatal(err)
	}
	if a.Error != "" {
		return fmt.Sprint(res.StatusCode, " ", a.Error, " ", a.Text)
	}
	return string(a.Result)
}

func has(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("no %q in %.3000s", p, text)
		}
	}
}

func TestTheMethodsOfNotifications(t *testing.T) {
	t.Parallel()
	n := newNotified(t)
	self := func(params string) string { return strings.ReplaceAll(params, ":ME,", fmt.Sprintf(":%d,", n.anna.ID)) }
	for _, c := range []struct{ method, params, want string }{
		{"im.notify.get", `{}`, `{"notifications":[],"users":[]}`},
		{"im.notify.personal.add", `{"USER_ID":ME,"MESSAGE":" Hello [b]you[/b] ","TAG":"A","SUB_TAG":"S","CLIENT_ID":"mine"}`, `1`},
		{"im.notify.system.add", `{"USER_ID":ME,"MESSAGE":"The invoice","ATTACH":[{"MESSAGE":"42"}]}`, `2`},
		{"im.notify", `{"USER_ID":ME,"MESSAGE":"As system","TYPE":"SYSTEM"}`, `3`},
		{"im.notify", `{"USER_ID":ME,"MESSAGE":"x","TYPE":"OTHER"}`, `400 ERROR_ARGUMENT The type of a notification is USER or SYSTEM`},
		{"im.notify", `{"USER_ID":4711,"MESSAGE":"x"}`, `false`},
		{"im.notify.read.list", `{"IDS":[2,0,3]}`, `true`},
		{"im.notify.history.search", `{"SEARCH_TYPE":"rest","LIMIT":1,"LAST_ID":2}`, ""},
		{"im.notify.read", `{"ID":3,"ONLY_CURRENT":"Y"}`, `true`},
		{"im.notify.read", `{}`, `true`},
		{"im.notify.read", `{"ID":2,"ACTION":"N"}`, `true`},
		{"im.notify.read.all", `{}`, `{"result":true,"newCounter":0}`},
		{"im.notify.answer", `{"NOTIFY_ID":1,"ANSWER_TEXT":"x"}`, `{"result_message":false}`},
		{"im.notify.confirm", `{"NOTIFY_ID":99,"NOTIFY_VALUE":"Y"}`, `{"result_message":false}`},
		{"im.notify.delete", `{"TAG":"A"}`, `403 ACCESS_DENIED Access denied! Client ID not specified`},
		{"im.notify.delete", `{"TAG":"A","CLIENT_ID":"another"}`, `false`},
		{"im.notify.delete", `{"TAG":"A","CLIENT_ID":"mine"}`, `true`},
		{"im.notify.delete", `{"ID":3}`, `true`},
		{"im.notify.delete", `{"ID":3}`, `false`},
	} {
		got := n.call(c.method, self(c.params))
		if c.want != "" && got != c.want {
			t.Errorf("%s %s: %s, want %s", c.method, c.params, got, c.want)
		}
	}
	var page struct {
		Total, Unread int64
		ChatID        int64 `json:"chat_id"`
		Notifications []map[string]any
		Users         []any
	}
	raw := n.call("im.notify.get", `{"CONVERT_TEXT":"Y"}`)
	if err := json.Unmarshal([]byte(raw), &page); err != nil || len(page.Notifications) != 1 || page.ChatID == 0 || len(page.Users) != 0 {
		t.Fatalf("%s %v", raw, err)
	}
	has(t, raw, `"total_count":1,"total_unread_count":0,`, `"author_id":0`, `"notify_title":""`, `"notify_type":4,"notify_module":"rest","notify_event":"rest_notify","notify_tag":"",`,
		`"setting_name":"rest|rest_notify","text":"The invoice","notify_read":"Y","params":{"ATTACH":[{`)
	has(t, n.call("im.notify.schema.get", `{}`), `"rest":{"NAME":"Applications","MODULE_ID":"rest","LIST":[{"ID":"rest|rest_notify","NAME":"Notifications of applications"}]}`)
	n.call("im.notify.personal.add", self(`{"USER_ID":ME,"MESSAGE":"[i]Second[/i]"}`))
	raw = n.call("im.notify.history.search", `{"SEARCH_TEXT":"second"}`)
	has(t, raw, `"total_results":1`, `"text":"[i]Second[/i]"`, fmt.Sprintf(`"author_id":%d`, n.anna.ID), `"users":[{"id":`, `"first_name":"Anna"`)

	params := phpform.ArrayOf(phpform.Entry{Key: "USER_ID", Value: phpform.IntOf(1)}, phpform.Entry{Key: "MESSAGE", Value: phpform.StringOf("x")})
	for _, m := range []string{"im.notify", "im.notify.personal.add", "im.notify.system.add"} {
		a := portal.Execute(t.Context(), n.Portal, rest.Principal{Kind: rest.BySession, UserID: 1, Scopes: []string{"*"}}, m, params)
		if a.Status != http.StatusForbidden || !strings.Contains(string(a.Body), `"WRONG_AUTH_TYPE"`) {
			t.Errorf("%s by a page: %d %s", m, a.Status, a.Body)
		}
	}
}

func TestTheNotificationCentre(t *testing.T) {
	t.Parallel()
	n := newNotified(t)
	has(t, n.get("/notifications/"), "Nothing to tell you yet", `data-counter="notifications" hidden`)
	if got := n.call("im.notify.personal.add", fmt.Sprintf(`{"USER_ID":%d,"MESSAGE":"<Look> [b]here[/b]"}`, n.ben.ID)); got != "1" {
		t.Fatal(got)
	}
	has(t, n.get("/notifications/"), "&lt;Look&gt; <b>here</b>", `<span class="badge badge-neutral badge-count">1</span>`, "notice-unread", "Mark all as read", `/attach.css"`)
	has(t, n.get("/online/"), `href="/notifications/" data-slider`, `data-counter="notifications">1<`)
	n.post("/notifications/1/mark", http.StatusSeeOther, "read", "Y")
	has(t, n.get("/notifications/?unread=1"), "All read")
	n.post("/notifications/1/mark", http.StatusSeeOther, "read", "N")
	has(t, n.get("/notifications/count"), `{"unread":1}`)
	n.post("/notifications/read", http.StatusSeeOther)
	has(t, n.get("/notifications/count"), `{"unread":0}`)
	has(t, n.get("/notifications/?q=nothing"), "Nothing like that")
	has(t, n.get("/notifications/?q=look"), "notice-1")
	n.post("/notifications/1/delete", http.StatusSeeOther)
	n.post("/notifications/1/delete", http.StatusNotFound)
	n.post("/notifications/status", http.StatusSeeOther, "status", "dnd")
	has(t, n.get("/notifications/"), `<option value="dnd" selected>`)
	n.post("/notifications/seen", http.StatusNoContent)
	n.post("/notifications/status", http.StatusUnprocessableEntity, "status", "asleep")
}

func TestAMentionIsAnsweredFromTheCentre(t *testing.T) {
	t.Parallel()
	n := newNotified(t)
	chat, err := n.IM.General(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	general := chat.ID
	_, err = n.IM.Send(t.Context(), im.NewMessage{ChatID: general, AuthorID: n.anna.ID, Text: fmt.Sprintf("[user=%d]Ben[/user], when?", n.ben.ID)})
	if err != nil {
		t.Fatal(err)
	}
	var list []notify.Notification
	for late := time.After(60 * time.Second); len(list) == 0; {
		select {
		case <-late:
			t.Fatal("nobody told Ben")
		case <-time.After(5 * time.Millisecond):
		}
		if list, err = n.Notify.List(t.Context(), n.ben.ID, notify.Query{}); err != nil {
			t.Fatal(err)
		}
	}
	has(t, n.get("/notifications/"), "Anna mentioned you in General chat", "when?", `placeholder="Answer"`)
	path := fmt.Sprintf("/notifications/%d/", list[0].ID)
	n.post(path+"answer", http.StatusUnprocessableEntity, "text", " ")
	n.post(path+"answer", http.StatusSeeOther, "text", "At noon")
	has(t, n.get("/notifications/"), "Your answer was sent.")
	page, err := n.IM.Messages(t.Context(), n.anna.ID, im.History{ChatID: general})
	if err != nil || len(page.Messages) == 0 {
		t.Fatal(err)
	}
	found := false
	for _, m := range page.Messages {
		found = found || m.Text == "At noon" && m.AuthorID == n.ben.ID && m.ReplyID == list[0].Ref
	}
	if !found {
		t.Errorf("the answer is not in the chat: %+v", page.Messages)
	}
	res, err := n.browser.Get(n.server.URL + path + "open")
	n.read(res, err, http.StatusSeeOther)
	if to := res.Header.Get("Location"); to != list[0].URL {
		t.Errorf("leads to %q", to)
	}
}

// Whoever is told of a message without words reads what it carries.
func TestPeopleAreToldWhatAMessageCarries(t *testing.T) {
	t.Parallel()
	n := newNotified(t)
	c, err := n.IM.OpenPrivate(t.Context(), n.anna.ID, n.ben.ID)
	if err != nil {
		t.Fatal(err)
	}
	f, err := n.Files.Upload(t.Context(), file.Actor{UserID: n.anna.ID}, c.ID, "plan.txt", strings.NewReader("boxes"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"": "File: plan.txt", "[b]Mark:[/b]": "File: plan.txt", "The plan": ""} {
		m, err := n.IM.Send(t.Context(), im.NewMessage{ChatID: c.ID, AuthorID: n.anna.ID, Text: text, Files: []int64{f.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if told, err := n.Told(t.Context(), m); err != nil || told.Carries != want || !told.Attach {
			t.Errorf("%q: %+v, %v, want %q", text, told, err, want)
		}
	}
}

func TestSettingsAndDevices(t *testing.T) {
	t.Parallel()
	n := newNotified(t)
	page := n.get("/notifications/settings/")
	has(t, page, `name="push:im|message" value="1" checked`, `name="page:rest|rest_notify" value="1" checked`, "22:00")
	n.post("/notifications/settings/save", http.StatusUnprocessableEntity, "from", "late", "to", "07:00", "quiet", "1")
	n.post("/notifications/settings/save", http.StatusUnprocessableEntity, "from", "07:00", "to", "07:00", "quiet", "1")
	n.post("/notifications/settings/save", http.StatusSeeOther, "from", "21:30", "to", "07:00", "quiet", "1", "sound", "1", "page:im|mention", "1")
	s, err := n.Notify.Settings(t.Context(), n.ben.ID)
	if err != nil || !s.Quiet || !s.Sound || s.QuietFrom != 21*60+30 || s.QuietTo != 7*60 || !s.Way("im|mention").Page || s.Way("rest|rest_notify").Page || s.Way("im|message").Push {
		t.Errorf("%+v, %v", s, err)
	}
	has(t, n.get("/notifications/key"), `{"key":"B`)
	const p256dh = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
	device := []string{"endpoint", "https://push.example/abc", "p256dh", p256dh, "auth", "tBHItJI5svbpez7KI4CCXg"}
	n.post("/notifications/settings/device", http.StatusSeeOther, device...)
	n.post("/notifications/settings/device", http.StatusUnprocessableEntity, "endpoint", "http://push.example/abc", "p256dh", p256dh, "auth", "tBHItJI5svbpez7KI4CCXg")
	has(t, n.get("/notifications/settings/"), "Your devices")
	n.post("/notifications/settings/device/remove", http.StatusSeeOther, "endpoint", "https://push.example/abc")
	n.post("/notifications/settings/device/remove", http.StatusSeeOther, "endpoint", "https://push.example/abc")
	if d, err := n.Notify.Devices(t.Context(), n.ben.ID); err != nil || len(d) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
	res, err := http.Get(n.server.URL + "/notify-worker.js")
	has(t, n.read(res, err, http.StatusOK), `addEventListener("push"`)
	if kind := res.Header.Get("Content-Type"); kind != "text/javascript; charset=utf-8" {
		t.Errorf("type %q", kind)
	}
}
