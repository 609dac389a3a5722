package statweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const password = "correct horse battery"

// bench is a portal with an administrator, Anna, two operators, Ben and Cora, and a line that they answer in.
type bench struct {
	*portal.Portal

	t               *testing.T
	clock           *clock.Manual
	server          *httptest.Server
	anna, ben, cora person
	support         line.Line
}

// person is somebody with a browser.
type person struct {
	b      *bench
	id     int64
	client *http.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB: dbtest.SQLiteConfig(t, portal.Schemas()...), PublicURL: func() string { return b.server.URL },
		Clock: b.clock, Log: slog.New(slog.DiscardHandler),
	})
	b.must(err)
	b.Portal = p
	t.Cleanup(func() {
		b.server.Close()
		_ = p.Close(context.WithoutCancel(t.Context()))
	})
	anna, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berger", Password: password})
	b.must(err)
	b.anna = b.signIn(anna.ID, "anna")
	b.ben, b.cora = b.employee("ben", "Ben"), b.employee("cora", "Cora")
	b.support, err = p.Lines.Add(t.Context(), user.Ref{ID: anna.ID, Admin: true}, func(l *line.Line) error {
		l.Name, l.Active, l.CheckAvailable, l.Welcome, l.Vote.Enabled, l.WorkTime.Enabled = "Support", true, false, false, false, false
		l.FullClose, l.QueueTime = 0, time.Hour
		l.FirstAnswer.Time = time.Minute
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: b.ben.id}, {Kind: line.EntryUser, ID: b.cora.id}}
		return nil
	})
	b.must(err)
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) employee(login, name string) person {
	b.t.Helper()
	u, err := b.CreateUser(b.t.Context(), user.NewUser{Login: login, FirstName: name, LastName: "Ode", Password: password})
	b.must(err)
	return b.signIn(u.ID, login)
}

func (b *bench) signIn(id int64, login string) person {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	b.must(err)
	p := person{b, id, &http.Client{Jar: jar}}
	res, err := p.client.PostForm(b.server.URL+"/login", url.Values{"login": {login}, "password": {password}})
	b.must(err)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("sign in of %s: %s", login, res.Status)
	}
	return p
}

// client is a message of a client.
func (b *bench) client(name, text string) openline.Received {
	b.t.Helper()
	r, err := b.Conversations.Receive(b.t.Context(), openline.Incoming{
		Connector: "site", LineID: b.support.ID, ChatID: "chat-" + name, Client: openline.Client{ID: name, FirstName: name}, Text: text,
	})
	b.must(err)
	return r
}

// say is a message of an operator.
func (p person) say(chat int64, text string) {
	p.b.t.Helper()
	_, err := p.b.IM.Send(p.b.t.Context(), im.NewMessage{ChatID: chat, AuthorID: p.id, Text: text})
	p.b.must(err)
}

// get asks for a page and returns its text.
func (p person) get(path string, status int) string {
	p.b.t.Helper()
	req, err := http.NewRequestWithContext(p.b.t.Context(), http.MethodGet, p.b.server.URL+path, http.NoBody)
	p.b.must(err)
	res, err := p.client.Do(req)
	p.b.must(err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	p.b.must(err)
	if res.StatusCode != status {
		p.b.t.Fatalf("%s: %s, want %d: %.300s", path, res.Status, status, raw)
	}
	return string(raw)
}

func shows(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Errorf("the page does not show %q", w)
		}
	}
}

func hides(t *testing.T, body string, not ...string) {
	t.Helper()
	for _, w := range not {
		if strings.Contains(body, w) {
			t.Errorf("the page shows %q", w)
		}
	}
}
