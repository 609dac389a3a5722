package botweb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const password = "correct horse battery"

// bench is a portal that serves, with an administrator, Anna, an employee, Ben, and a bot of Anna's.
type bench struct {
	*portal.Portal
	t         *testing.T
	server    *httptest.Server
	anna, ben person
	bot       int64
	hook      string // the address of Anna's webhook, ends in a slash

	mu     sync.Mutex
	answer func(b *bench, event url.Values) (status int, body string) // what the bot's handler does
	events []url.Values
}

// person is somebody with a browser.
type person struct {
	b      *bench
	id     int64
	client *http.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return b.server.URL },
		Clock: clock.System{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Portal = p
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.server.Close()
		_ = p.Close(context.WithoutCancel(t.Context()))
	})
	anna, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berger", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	ben, err := p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben", LastName: "Ode", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	b.anna, b.ben = b.signIn(anna.ID, "anna"), b.signIn(ben.ID, "ben")
	b.register()
	return b
}

// register makes the bot, whose handler asks b.answer.
func (b *bench) register() {
	b.t.Helper()
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(raw))
		if err != nil {
			b.t.Errorf("a delivery is no form: %v", err)
		}
		b.mu.Lock()
		b.events = append(b.events, form)
		f := b.answer
		b.mu.Unlock()
		if f == nil {
			return
		}
		status, body := f(b, form)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	b.t.Cleanup(handler.Close)
	_, code, err := b.Apps.CreateWebhook(b.t.Context(), user.Ref{ID: b.anna.id, Access: access.OwnWebhooks}, app.WebhookForm{
		Title: "Bot", Scopes: []string{"imbot", "im"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	b.hook = fmt.Sprintf("/rest/%d/%s/", b.anna.id, code)
	b.call("imbot.register", &b.bot, "CLIENT_ID", "mine", "CODE", "echo", "TYPE", "B", "EVENT_HANDLER", handler.URL, "PROPERTIES[NAME]", "Echo")
	b.call("imbot.command.register", nil, "CLIENT_ID", "mine", "BOT_ID", id(b.bot), "COMMAND", "help", "EVENT_COMMAND_ADD", handler.URL,
		"LANG[0][LANGUAGE_ID]", "en", "LANG[0][TITLE]", "Tells what it can", "LANG[0][PARAMS]", "topic")
}

// call calls a method through the webhook; result nil is not looked at.
func (b *bench) call(method string, result any, pairs ...string) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	res, err := http.PostForm(b.server.URL+b.hook+method, form)
	if err != nil {
		b.t.Error(err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(res.Body)
	var envelope struct {
		Result json.RawMessage `json:"result"`
		Error  string          `json:"error"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil || envelope.Error != "" {
		b.t.Errorf("%s: %s", method, raw)
		return
	}
	if result != nil {
		if err := json.Unmarshal(envelope.Result, result); err != nil {
			b.t.Errorf("%s: %v in %s", method, err, raw)
		}
	}
}

// handle sets what the bot's handler does.
func (b *bench) handle(f func(b *bench, event url.Values) (int, string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = f
}

// echo is a bot that says again what it hears.
func echo(b *bench, e url.Values) (int, string) {
	dialog := e.Get("data[PARAMS][DIALOG_ID]")
	switch e.Get("event") {
	case "ONIMBOTJOINCHAT":
		b.call("imbot.message.add", nil, "CLIENT_ID", "mine", "DIALOG_ID", dialog, "MESSAGE", "Hello, I am Echo.",
			"KEYBOARD[0][TEXT]", "Help me", "KEYBOARD[0][COMMAND]", "help", "KEYBOARD[0][COMMAND_PARAMS]", "echo")
	case "ONIMBOTMESSAGEADD":
		b.call("imbot.message.add", nil, "CLIENT_ID", "mine", "DIALOG_ID", dialog, "MESSAGE", "You said: "+e.Get("data[PARAMS][MESSAGE]"),
			"ATTACH[0][MESSAGE]", "heard in "+dialog)
	case "ONIMCOMMANDADD":
		b.call("imbot.message.add", nil, "CLIENT_ID", "mine", "DIALOG_ID", dialog, "MESSAGE", "I repeat what you write.")
	}
	return http.StatusOK, "ok"
}

func (b *bench) signIn(id int64, login string) person {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	p := person{b: b, id: id, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if a := p.post("/login", "login", login, "password", password); a.status != http.StatusSeeOther {
		b.t.Fatalf("%s cannot sign in: %d", login, a.status)
	}
	return p
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	what   string
	status int
	to     string // of a redirect
	body   string
}

func (p person) do(method, path, form string) answer {
	p.b.t.Helper()
	req, err := http.NewRequestWithContext(p.b.t.Context(), method, p.b.server.URL+path, strings.NewReader(form))
	if err != nil {
		p.b.t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := p.client.Do(req)
	if err != nil {
		p.b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.b.t.Fatal(err)
	}
	return answer{p.b.t, method + " " + path, res.StatusCode, res.Header.Get("Location"), string(body)}
}

func (p person) get(path string) answer {
	p.b.t.Helper()
	return p.do(http.MethodGet, path, "")
}

func (p person) post(path string, pairs ...string) answer {
	p.b.t.Helper()
	form := url.Values{"_": {""}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.do(http.MethodPost, path, form.Encode())
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, want %d: %.400s", a.what, a.status, status, a.body)
	}
	return a
}

func (a answer) has(parts ...string) answer {
	a.t.Helper()
	for _, s := range parts {
		if !strings.Contains(a.body, s) {
			body := a.body
			if i := strings.Index(body, "<main"); i >= 0 {
				body = body[i:]
			}
			a.t.Errorf("%s lacks %q in %.6000s", a.what, s, body)
		}
	}
	return a
}

func (a answer) lacks(parts ...string) answer {
	a.t.Helper()
	for _, s := range parts {
		if strings.Contains(a.body, s) {
			a.t.Errorf("%s has %q", a.what, s)
		}
	}
	return a
}

// eventually waits for what another goroutine is about to do.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(60 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatal("never: " + what)
		case <-tick.C:
		}
	}
}

func id(n int64) string { return strconv.FormatInt(n, 10) }
