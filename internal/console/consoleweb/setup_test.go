package consoleweb_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const password = "correct horse battery"

// bench is a portal that serves, with an administrator, Anna, and an employee, Ben.
type bench struct {
	*portal.Portal
	t         *testing.T
	server    *httptest.Server
	anna, ben person
}

// person is somebody with a browser.
type person struct {
	b      *bench
	id     int64
	client *http.Client
	hook   string // the address of a webhook of theirs, ends in a slash
	hookID int64
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
	admin, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berger", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	ben, err := p.CreateUser(t.Context(), user.NewUser{Login: "ben", FirstName: "Ben", LastName: "Ode", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	b.anna, b.ben = b.signIn(admin.ID, "anna", "*"), b.signIn(ben.ID, "ben", "user")
	return b
}

// signIn signs somebody in and makes a webhook of theirs.
func (b *bench) signIn(id int64, login, scope string) person {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	p := person{b: b, id: id, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if a := p.post("/login", "login", login, "password", password); a.status != http.StatusSeeOther {
		b.t.Fatalf("%s cannot sign in: %d %s", login, a.status, a.body)
	}
	w, code, err := b.Apps.CreateWebhook(b.t.Context(), user.Ref{ID: id, Access: access.OwnWebhooks}, app.WebhookForm{Title: login + "'s script", Scopes: []string{scope}})
	if err != nil {
		b.t.Fatal(err)
	}
	p.hook, p.hookID = fmt.Sprintf("/rest/%d/%s/", id, code), w.ID
	return p
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (p person) do(method, path, form string, header ...string) answer {
	p.b.t.Helper()
	req, err := http.NewRequestWithContext(p.b.t.Context(), method, p.b.server.URL+path, strings.NewReader(form))
	if err != nil {
		p.b.t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
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
	return answer{p.b.t, method + " " + path, res.StatusCode, res.Header, string(body)}
}

func (p person) get(path string) answer {
	p.b.t.Helper()
	return p.do(http.MethodGet, path, "")
}

func (p person) post(path string, pairs ...string) answer {
	p.b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.do(http.MethodPost, path, form.Encode())
}

// call calls a method through the webhook of p and waits until the call is stored.
func (p person) call(method string, pairs ...string) answer {
	p.b.t.Helper()
	a := p.post(p.hook+method, pairs...)
	p.b.Console.Flush()
	return a
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
			a.t.Errorf("%s lacks %q in %s", a.what, s, main(a.body))
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

// main returns the part of a page that differs from others.
func main(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		body = body[i:]
	}
	return body[:min(len(body), 6000)]
}

// last returns the newest call.
func (b *bench) last() console.Call {
	b.t.Helper()
	b.Console.Flush()
	calls, err := b.Console.Calls(b.t.Context(), user.Ref{Admin: true}, console.Filter{}, 1)
	if err != nil || len(calls) == 0 {
		b.t.Fatalf("no call is stored: %v", err)
	}
	return calls[0]
}

func ref(p person) user.Ref { return user.Ref{ID: p.id, Access: access.OwnWebhooks} }
