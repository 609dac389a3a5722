package imweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/fileweb"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/push"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// noon is a Tuesday.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// bench is a portal of the messenger alone: Anna (1, administrator), Ben (2), Cleo (3) and the bot Report (4).
type bench struct {
	t      testing.TB
	d      *db.DB
	im     *im.Service
	users  *user.Service
	live   *push.Hub
	files  *file.Service
	server *httptest.Server
	anna   person
	ben    person
	cleo   person
	bot    int64
	apps   *fakeBotApps
	links  *fakeLinks

	widgets func(web.WidgetQuery) []web.Widget // what applications show; nil: nothing
}

// person is somebody who is signed in.
type person struct {
	b      *bench
	id     int64
	token  string
	client *http.Client
}

func newBench(t testing.TB, clk clock.Clock) *bench {
	t.Helper()
	return newBenchOn(t, clk, dbtest.SQLite(t, schemas...), nil)
}

// newBenchWith is newBench with the commands of bots.
func newBenchWith(t testing.TB, clk clock.Clock, c imweb.Commands) *bench {
	t.Helper()
	return newBenchOn(t, clk, dbtest.SQLite(t, schemas...), c)
}

var schemas = append([]db.Schema{user.Schema(), im.Schema()}, fileSchemas...)

func newBenchOn(t testing.TB, clk clock.Clock, d *db.DB, c imweb.Commands) *bench {
	t.Helper()
	b := &bench{t: t, d: d, users: user.New(d, clk), live: push.New()}
	b.im = im.New(im.Config{DB: d, Clock: clk, Users: b.users, Live: b.live, GeneralTitle: "General chat"})
	b.withFiles(t, clk)
	shell := web.New(web.Config{
		PortalName: "Northwind", Sessions: sessions{b.users}, Live: b.live, Clock: clk,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Navigation: func(ctx context.Context, v web.Viewer) ([]web.NavItem, error) {
			n, err := b.im.Unread(ctx, v.ID)
			return []web.NavItem{
				{ID: "messenger", Title: "Messenger", URL: "/online/", Icon: "messenger", Count: int(n)},
				{ID: "tasks", Title: "Tasks", URL: "/company/personal/user/1/tasks/", Icon: "tasks"},
			}, err
		},
	})
	shell.Area("tasktest", taskPages)
	shell.Page("/company/personal/user/{id}/tasks/task/view/{task}/", web.SignedIn, func(_ context.Context, r *web.Request) (web.Page, error) {
		return web.Page{Title: "Task", Template: "tasktest/task", Body: r.PathValue("task"), Slider: true, Behind: "/online/"}, nil
	})
	shell.Fragment("/avatar/{id}/{hash}", web.SignedIn, func(ctx context.Context, r *web.Request) (web.Result, error) {
		id, err := r.PathID("id")
		if err != nil {
			return nil, err
		}
		a, err := b.users.Avatar(ctx, id, r.PathValue("hash"), 0)
		return web.File{Content: bytes.NewReader(a.Data), Type: a.Type, Inline: true}, err
	})
	shell.Widgets(func(_ context.Context, _ web.Viewer, q web.WidgetQuery) ([]web.Widget, error) {
		if b.widgets == nil {
			return nil, nil
		}
		return b.widgets(q), nil
	})
	fileweb.Register(shell, b.files, fileweb.Config{Chats: chatFiles{b}, People: people{b.users}})
	b.apps, b.links = &fakeBotApps{}, &fakeLinks{known: map[string]imweb.Preview{}}
	imweb.Register(shell, b.im, imweb.Config{Users: b.users, Commands: c, BotApps: b.apps, Links: b.links, Files: true, Background: func(context.Context, int64) (string, error) { return "mint", nil }, Hosts: func() []string { return []string{"portal.example.com"} }})
	b.server = httptest.NewServer(shell.Handler())
	t.Cleanup(b.server.Close)
	b.anna = b.person(user.NewUser{ID: 1, Admin: true, Login: "anna", FirstName: "Anna", LastName: "Berg", Position: "Head of sales"})
	b.ben = b.person(user.NewUser{ID: 2, Login: "ben", FirstName: "Ben", LastName: "Ode", Position: "Support"})
	b.cleo = b.person(user.NewUser{ID: 3, Login: "cleo", FirstName: "Cleo", LastName: "Marsh", Position: "Designer"})
	b.write(func(ctx context.Context, tx *db.Tx) (err error) {
		b.bot, err = b.users.AddBotTx(ctx, tx, user.BotProfile{FirstName: "Report", LastName: "Bot", Position: "Tells what is late", ColorCode: "AZURE"})
		return err
	})
	return b
}

// sessions signs people in for the shell.
type sessions struct{ *user.Service }

func (s sessions) Lookup(ctx context.Context, token string) (web.Viewer, error) {
	u, err := s.Service.Lookup(ctx, token)
	return web.Viewer{ID: u.ID, Name: u.DisplayName(), Position: u.Position, Color: u.Color, Admin: u.Admin, Theme: u.Theme}, err
}

func (b *bench) write(f func(ctx context.Context, tx *db.Tx) error) {
	b.t.Helper()
	ctx := b.t.Context()
	if err := b.d.Write(ctx, func(tx *db.Tx) error { return f(ctx, tx) }); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) person(n user.NewUser) person {
	b.t.Helper()
	n.Password = "correct horse battery"
	u, err := b.users.Create(b.t.Context(), n)
	if err != nil {
		b.t.Fatal(err)
	}
	if u.Kind == user.Employee {
		b.write(func(ctx context.Context, tx *db.Tx) error { return b.im.JoinGeneralTx(ctx, tx, u.ID) })
	}
	token, err := b.users.SignIn(b.t.Context(), n.Login, n.Password, "test", "127.0.0.1")
	if err != nil {
		b.t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	base, err := url.Parse(b.server.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	jar.SetCookies(base, []*http.Cookie{{Name: "portico_session", Value: token}})
	return person{b: b, id: u.ID, token: token, client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// private opens the private chat of two people.
func (b *bench) private(x, y int64) im.Chat {
	b.t.Helper()
	c, err := b.im.OpenPrivate(b.t.Context(), x, y)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) group(title string, owner int64, members ...int64) im.Chat {
	b.t.Helper()
	c, err := b.im.CreateGroup(b.t.Context(), im.NewGroup{OwnerID: owner, Title: title, MemberIDs: members})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) say(chat, author int64, text string) im.Message {
	b.t.Helper()
	return b.send(im.NewMessage{ChatID: chat, AuthorID: author, Text: text})
}

func (b *bench) send(n im.NewMessage) im.Message {
	b.t.Helper()
	m, err := b.im.Send(b.t.Context(), n)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

func (p person) get(path string) answer {
	p.b.t.Helper()
	return p.do(http.MethodGet, path, nil, false)
}

// post sends a form as a browser without scripts does.
func (p person) post(path string, kv ...string) answer {
	p.b.t.Helper()
	return p.do(http.MethodPost, path, kv, false)
}

// fetch sends a form as a module does.
func (p person) fetch(path string, kv ...string) answer {
	p.b.t.Helper()
	return p.do(http.MethodPost, path, kv, true)
}

func (p person) do(method, path string, kv []string, fetched bool) answer {
	t := p.b.t
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		form.Add(kv[i], kv[i+1])
	}
	r, err := http.NewRequestWithContext(t.Context(), method, p.b.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if fetched {
		r.Header.Set("Portico-Fetch", "1")
	}
	return p.ask(r)
}

// send posts a body of a kind of its own.
func (p person) send(path, kind string, body io.Reader) answer {
	t := p.b.t
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.b.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	return p.ask(r)
}

func (p person) ask(r *http.Request) answer {
	t := p.b.t
	t.Helper()
	res, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return answer{t, res.StatusCode, res.Header, body.String()}
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d:\n%s", a.status, status, a.body)
	}
	return a
}

func (a answer) has(parts ...string) answer {
	a.t.Helper()
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			a.t.Errorf("the answer lacks %q:\n%s", p, a.body)
		}
	}
	return a
}

func (a answer) lacks(parts ...string) answer {
	a.t.Helper()
	for _, p := range parts {
		if strings.Contains(a.body, p) {
			a.t.Errorf("the answer has %q:\n%s", p, a.body)
		}
	}
	return a
}

func (a answer) json(v any) answer {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%v:\n%s", err, a.body)
	}
	return a
}

// part is the JSON of the answers that carry rows.
type part struct {
	HTML  string
	Count int
	Older bool
	Newer bool
	ID    int64
	Chat  int64
	Text  string
}

func (a answer) part() part {
	a.t.Helper()
	var p part
	a.is(http.StatusOK).json(&p)
	return p
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// last returns the newest message of a chat, as Anna sees it.
func (b *bench) last(chat int64) im.Message {
	b.t.Helper()
	p, err := b.im.Messages(b.t.Context(), 1, im.History{ChatID: chat, Limit: 1})
	if err != nil || len(p.Messages) != 1 {
		b.t.Fatalf("%d messages, %v", len(p.Messages), err)
	}
	return p.Messages[0]
}
