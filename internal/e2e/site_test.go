package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const (
	// password is everybody's.
	password = "correct horse battery"
	// patience bounds every wait for something that happens elsewhere.
	patience = 60 * time.Second
)

// noon is when the portals under a clock of their own stand still: a Monday.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// site is a portal that answers at an address of its own over TLS.
type site struct {
	t      *testing.T
	portal *portal.Portal
	clock  *clock.Manual
	url    string // https://127.0.0.1:port
	http   *http.Client
	admin  user.User // has the id 1
	bob    user.User // an employee
	carol  user.User // another one
}

// run runs test on a portal over SQLite and on one over PostgreSQL.
func run(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newSite(t, dbtest.PostgresConfig(t, portal.Schemas()...)))
	})
}

func newSite(t *testing.T, c db.Config, more ...func(*portal.Config)) *site {
	t.Helper()
	var handler http.Handler
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	s := &site{t: t, clock: clock.NewManual(noon), url: "https://" + server.Listener.Addr().String()}
	config := portal.Config{DB: c, PublicURL: func() string { return s.url }, Clock: s.clock, Log: strictLog(t)}
	for _, change := range more {
		change(&config)
	}
	p, err := portal.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	s.portal, handler = p, p.Handler()
	server.StartTLS()
	s.http = server.Client()
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		server.Close()
		if err := p.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s.admin = s.person(user.NewUser{Login: "admin", FirstName: "Ann", LastName: "Archer", Admin: true, Password: password})
	s.bob = s.person(user.NewUser{Login: "bob", FirstName: "Bob", LastName: "Brown", Password: password, TimeZone: "UTC"})
	s.carol = s.person(user.NewUser{Login: "carol", FirstName: "Carol", LastName: "Clark", Password: password})
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) person(n user.NewUser) user.User {
	s.t.Helper()
	u, err := s.portal.CreateUser(s.t.Context(), n)
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

// strictLog fails the test at the first error that is logged: no request may cause one.
func strictLog(t *testing.T) *slog.Logger {
	t.Helper()
	w := &strictWriter{t: t}
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.t = nil // a test must not be failed after its end
	})
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelError}))
}

type strictWriter struct {
	mu sync.Mutex
	t  *testing.T
}

func (w *strictWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.t != nil {
		w.t.Errorf("the portal logged: %s", line)
	}
	return len(line), nil
}

// everything is all scopes that applications ask for in these tests.
var everything = []string{"im", "imbot", "task", "task_extended", "user", "user_basic", "user_brief", "department"}

// application adds an installed application without anybody being told.
func (s *site) application(name string, scopes ...string) app.Created {
	s.t.Helper()
	c, err := s.portal.Apps.Create(s.t.Context(), s.admin.Ref(), app.Form{
		Name: name, APIOnly: true, HandlerURL: "http://127.0.0.1:9/", Scopes: scopes,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// token makes an access token with which an application acts for somebody.
func (s *site) token(appID, userID int64) string {
	s.t.Helper()
	g, err := s.portal.Apps.Issue(s.t.Context(), appID, userID)
	if err != nil {
		s.t.Fatal(err)
	}
	return g.AccessToken
}

// webhook makes an inbound webhook of somebody.
func (s *site) webhook(u user.User, scopes ...string) caller {
	s.t.Helper()
	w, code, err := s.portal.Apps.CreateWebhook(s.t.Context(), user.Ref{ID: u.ID, Admin: u.Admin, Access: access.OwnWebhooks}, app.WebhookForm{Scopes: scopes})
	if err != nil {
		s.t.Fatal(err)
	}
	return caller{t: s.t, http: s.http, base: s.url + "/rest/" + strconv.FormatInt(w.UserID, 10) + "/" + code + "/"}
}

// as calls with an access token; "" calls without one.
func (s *site) as(token string) caller {
	return caller{t: s.t, http: s.http, base: s.url + "/rest/", token: token}
}

// caller calls REST methods as somebody.
type caller struct {
	t     testing.TB
	http  *http.Client
	base  string // what the name of a method follows
	token string
	host  string // the name of the portal, where it is not that of the address
}

// params are the parameters of a call.
type params = map[string]any

// answer is what a call answered.
type answer struct {
	Status int             `json:"-"`
	Raw    string          `json:"-"`
	Result json.RawMessage `json:"result"`
	Total  *int64          `json:"total"`
	Error  string          `json:"error"`
	Text   string          `json:"error_description"`
}

// call sends the parameters as JSON.
func (c caller) call(method string, p params) answer {
	c.t.Helper()
	all := params{}
	maps.Copy(all, p)
	if c.token != "" {
		all["auth"] = c.token
	}
	body, err := json.Marshal(all)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.send(method, "application/json", strings.NewReader(string(body)))
}

// must is call for what has to succeed; out takes the result, unless it is nil.
func (c caller) must(method string, p params, out any) {
	c.t.Helper()
	a := c.call(method, p)
	if a.Error != "" || a.Status != http.StatusOK {
		c.t.Fatalf("%s: %d %s", method, a.Status, a.Raw)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(a.Result, out); err != nil {
		c.t.Fatalf("%s: %v in %s", method, err, a.Raw)
	}
}

// send posts a body as it is.
func (c caller) send(method, contentType string, body io.Reader) answer {
	c.t.Helper()
	a, err := c.trySend(method, contentType, body)
	if err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
	return a
}

func (c caller) trySend(method, contentType string, body io.Reader) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, c.base+method, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	if c.host != "" {
		req.Host = c.host
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{Status: res.StatusCode, Raw: string(raw)}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("%d, not JSON: %q", res.StatusCode, raw)
	}
	if (a.Error == "") != (a.Status == http.StatusOK) {
		return a, fmt.Errorf("status %d with %s", a.Status, raw)
	}
	return a, nil
}

// message is a message as im.dialog.messages.get answers it.
type message struct {
	ID     int64           `json:"id"`
	ChatID int64           `json:"chat_id"`
	Author int64           `json:"author_id"`
	Text   string          `json:"text"`
	Params json.RawMessage `json:"params"`
}

// messages returns the newest messages of a dialog, the newest first.
func (c caller) messages(dialog string) []message {
	c.t.Helper()
	var out struct {
		Messages []message `json:"messages"`
	}
	c.must("im.dialog.messages.get", params{"DIALOG_ID": dialog, "LIMIT": 50}, &out)
	return out.Messages
}

// attach returns the attachment of a message.
func (m message) attach(t testing.TB) string {
	t.Helper()
	var p struct {
		Attach json.RawMessage `json:"ATTACH"`
	}
	if string(m.Params) == "[]" {
		return ""
	}
	if err := json.Unmarshal(m.Params, &p); err != nil {
		t.Fatalf("%v in %s", err, m.Params)
	}
	return string(p.Attach)
}

// dialogOf is how somebody's private chat is called.
func dialogOf(id int64) string { return strconv.FormatInt(id, 10) }

// eventually waits until what an outside process does has come true.
func eventually(t testing.TB, what string, check func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !check() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %s in vain for: %s", patience, what)
		}
	}
}
