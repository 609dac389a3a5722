package fileweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// bench is a portal with three people; Anna and Ben share a chat.
type bench struct {
	t      testing.TB
	portal *portal.Portal
	clock  *clock.Manual
	server *httptest.Server
	chat   int64

	anna, ben, cleo person
}

type person struct {
	b     *bench
	id    int64
	token string
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewManual(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	var handler http.Handler
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	p, err := portal.Open(t.Context(), portal.Config{
		DB:        dbtest.SQLiteConfig(t, portal.Schemas()...),
		PublicURL: func() string { return b.server.URL }, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Key: bytes.Repeat([]byte("k"), 32),
	})
	must(t, err)
	b.portal, handler = p, p.Handler()
	t.Cleanup(func() {
		b.server.Close()
		must(t, p.Close(context.WithoutCancel(t.Context())))
	})
	b.anna, b.ben, b.cleo = b.person("anna"), b.person("ben"), b.person("cleo")
	c, err := p.IM.CreateGroup(t.Context(), im.NewGroup{OwnerID: b.anna.id, Title: "Project", MemberIDs: []int64{b.ben.id}})
	must(t, err)
	b.chat = c.ID
	return b
}

func (b *bench) person(login string) person {
	b.t.Helper()
	u, err := b.portal.CreateUser(b.t.Context(), user.NewUser{Login: login, FirstName: strings.ToUpper(login[:1]) + login[1:]})
	must(b.t, err)
	token, err := b.portal.Users.OpenSession(b.t.Context(), user.NewSession{UserID: u.ID, Method: user.ByPassword, UserAgent: "test", Address: "127.0.0.1"})
	must(b.t, err)
	return person{b, u.ID, token}
}

func (b *bench) dialog() string { return "chat" + strconv.FormatInt(b.chat, 10) }

// answer is what the portal said.
type answer struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	body   string
}

func (p person) do(method, path string, body io.Reader, headers ...string) answer {
	p.b.t.Helper()
	r, err := http.NewRequestWithContext(p.b.t.Context(), method, p.b.server.URL+path, body)
	must(p.b.t, err)
	r.Header.Set("Portico-Fetch", "1")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if p.token != "" {
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: p.token})
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	must(p.b.t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	must(p.b.t, err)
	return answer{p.b.t, method + " " + path, res.StatusCode, res.Header, string(raw)}
}

func (p person) get(path string, headers ...string) answer {
	p.b.t.Helper()
	return p.do(http.MethodGet, path, nil, headers...)
}

// send uploads files, names and contents in turn, as a form does.
func (p person) send(dialog string, files ...string) answer {
	p.b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(p.b.t, form.WriteField("dialog", dialog))
	for i := 0; i < len(files); i += 2 {
		w, err := form.CreateFormFile("file", files[i])
		must(p.b.t, err)
		_, err = io.WriteString(w, files[i+1])
		must(p.b.t, err)
	}
	must(p.b.t, form.Close())
	return p.do(http.MethodPost, "/upload", &body, "Content-Type", form.FormDataContentType())
}

// described is what the pages learn of a file.
type described struct {
	ID       int64
	Name     string
	Kind     string
	Type     string
	URL      string
	Show     string
	Download string
	Preview  string
	Width    int64
	Height   int64
	Lies     bool
}

// sent uploads one file and returns what the pages learn of it.
func (p person) sent(name, content string) described {
	p.b.t.Helper()
	var v struct{ Files []described }
	p.send(p.b.dialog(), name, content).is(http.StatusOK).json(&v)
	if len(v.Files) != 1 {
		p.b.t.Fatalf("%d files", len(v.Files))
	}
	return v.Files[0]
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: %d, want %d: %.300s", a.what, a.status, status, a.body)
	}
	return a
}

// fails checks the fault that a module gets.
func (a answer) fails(status int, code string) {
	a.t.Helper()
	var v struct{ Error struct{ Code string } }
	a.is(status).json(&v)
	if v.Error.Code != code {
		a.t.Errorf("%s: code %q, want %q", a.what, v.Error.Code, code)
	}
}

func (a answer) json(v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%s: %v in %.300s", a.what, err, a.body)
	}
}

// header checks headers, names and values in turn.
func (a answer) headers(want ...string) answer {
	a.t.Helper()
	for i := 0; i < len(want); i += 2 {
		if got := a.header.Get(want[i]); got != want[i+1] {
			a.t.Errorf("%s: %s is %q, want %q", a.what, want[i], got, want[i+1])
		}
	}
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func actor(p person) file.Actor { return file.Actor{UserID: p.id} }
