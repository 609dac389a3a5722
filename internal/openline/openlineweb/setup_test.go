package openlineweb_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

const inboxPassword = "correct horse battery"

// desk is a portal with an open channel, which an application connects to a chat outside: Anna (administrator) supervises, Ben and then
// Dora answer its clients, Cleo has nothing to do with it.
type desk struct {
	*portal.Portal
	t               *testing.T
	app             app.Created
	clock           *clock.Manual
	anna, ben, cleo user.User
	dora            user.User
	line            line.Line
	messages        int64
	mu              sync.Mutex
	tokens          map[string]string
	chat            int64 // with Vera, whom Ben answers
}

func newDesk(t *testing.T, database db.Config) *desk {
	t.Helper()
	d := &desk{t: t, tokens: map[string]string{}, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))}
	ctx := t.Context()
	var err error
	d.Portal, err = portal.Open(ctx, portal.Config{
		DB: database, PublicURL: func() string { return "https://portal.test" }, Log: slog.New(slog.DiscardHandler),
		Clock: d.clock, Blobs: blob.NewFolder(t.TempDir()),
	})
	d.must(err)
	t.Cleanup(func() { _ = d.Close(context.WithoutCancel(ctx)) })
	d.anna, _, err = d.EnsureAdmin(ctx, user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Berg", Password: inboxPassword, Admin: true})
	d.must(err)
	d.ben, err = d.CreateUser(ctx, user.NewUser{Login: "ben", FirstName: "Ben", LastName: "Ode", Password: inboxPassword})
	d.must(err)
	d.cleo, err = d.CreateUser(ctx, user.NewUser{Login: "cleo", FirstName: "Cleo", LastName: "Marsh", Password: inboxPassword})
	d.must(err)
	d.dora, err = d.CreateUser(ctx, user.NewUser{Login: "dora", FirstName: "Dora", LastName: "Quist", Password: inboxPassword})
	d.must(err)
	d.app, err = d.Apps.Create(ctx, d.boss(), app.Form{
		Name: "Chat", Kind: app.Server, APIOnly: true, HandlerURL: "http://127.0.0.1:9/", InstallURL: "http://127.0.0.1:9/", Scopes: []string{"imopenlines", "imconnector"},
	})
	d.must(err)
	d.line = d.addLine("Sales", d.ben.ID, d.dora.ID)
	d.must(d.Connectors.Register(ctx, d.anna.ID, connector.Connector{
		AppID: d.app.ID, Code: "chat", Name: "Chat", Handler: "http://127.0.0.1:9/", Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"},
		SystemMessages: true,
	}))
	d.must(d.Connectors.Connect(ctx, d.boss(), "chat", d.line.ID))
	d.chat = d.writes("Vera", "Are you there?").ChatID
	d.must(d.Conversations.Answer(ctx, d.ben.ID, d.chat))
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) boss() user.Ref { return user.Ref{ID: d.anna.ID, Admin: true} }

// shown is what came back.
type shown struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	raw    string // as it came
}

// as sends a request of somebody; a form, where there is one, as a module does or as a browser without scripts does.
func (d *desk) as(login, path string, fetched bool, form ...string) shown {
	d.t.Helper()
	token := d.token(login)
	method, values := http.MethodGet, url.Values{}
	for i := 0; i < len(form); i += 2 {
		method = http.MethodPost
		values.Add(form[i], form[i+1])
	}
	r := httptest.NewRequestWithContext(d.t.Context(), method, "https://portal.test"+path, strings.NewReader(values.Encode()))
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: token})
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if fetched {
		r.Header.Set("Portico-Fetch", "1")
	}
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, r)
	body := w.Body.String()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		var part struct{ HTML, Main string }
		if json.Unmarshal(w.Body.Bytes(), &part) == nil && part.HTML+part.Main != "" {
			body = part.HTML + part.Main
		}
	}
	return shown{d.t, w.Code, w.Header(), body, w.Body.String()}
}

func (s shown) is(status int) shown {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("answered %d, want %d:\n%s", s.status, status, s.part())
	}
	return s
}

// part is what a failure shows of a page: the panes of the inbox, or as much as fits a screen.
func (s shown) part() string {
	_, body, found := strings.Cut(s.body, "<main")
	if !found {
		body = s.body
	}
	body, _, _ = strings.Cut(body, `<template id="im-nothing">`)
	if _, bar, ok := strings.Cut(body, "data-line-bar"); ok {
		body = bar
	}
	return body[:min(len(body), 6000)]
}

func (s shown) has(parts ...string) shown {
	s.t.Helper()
	for _, p := range parts {
		if !strings.Contains(s.body, p) {
			s.t.Errorf("lacks %q:\n%s", p, s.part())
		}
	}
	return s
}

func (s shown) lacks(parts ...string) shown {
	s.t.Helper()
	for _, p := range parts {
		if strings.Contains(s.body, p) {
			s.t.Errorf("has %q:\n%s", p, s.part())
		}
	}
	return s
}

// say is a message of Ben to the client.
func (d *desk) say(text string) im.Message {
	d.t.Helper()
	m, err := d.IM.Send(d.t.Context(), im.NewMessage{ChatID: d.chat, AuthorID: d.ben.ID, Text: text})
	d.must(err)
	return m
}

// addLine adds a line in which people are asked in their order, and nothing happens of itself but that the client is told good-bye.
func (d *desk) addLine(name string, operators ...int64) line.Line {
	d.t.Helper()
	l, err := d.Lines.Add(d.t.Context(), d.boss(), func(l *line.Line) error {
		l.Name, l.Active, l.Distribution, l.CheckAvailable, l.Welcome, l.QueueTime = name, true, line.Strictly, false, false, time.Hour
		l.NoAnswerTime, l.FullClose, l.AutoCloseTime, l.WorkTime.Enabled, l.Vote.Enabled, l.Bot.Enabled = 0, 0, 0, false, false, false
		l.Close, l.AutoClose.Rule, l.NoAnswer.Rule = line.Scenario{Rule: line.RuleText, Text: "Good-bye!"}, line.RuleNone, line.RuleNone
		l.Queue = nil
		for _, id := range operators {
			l.Queue = append(l.Queue, line.Entry{Kind: line.EntryUser, ID: id})
		}
		return nil
	})
	d.must(err)
	return l
}

// writes is a message of a client, a second later.
func (d *desk) writes(client, text string) connector.Result {
	d.t.Helper()
	d.clock.Advance(time.Second)
	d.messages++
	all, err := d.Connectors.Receive(d.t.Context(), d.app.ID, "chat", d.line.ID, []connector.Message{
		{User: connector.Person{ID: client, FirstName: client}, ID: decimal(d.messages), Text: text, ChatID: client},
	})
	d.must(err)
	if len(all) != 1 {
		d.t.Fatalf("received %+v", all)
	}
	return all[0]
}

// token signs somebody in, once.
func (d *desk) token(login string) string {
	d.t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tokens[login] == "" {
		token, err := d.Users.SignIn(d.t.Context(), login, inboxPassword, "test", "127.0.0.1")
		d.must(err)
		d.tokens[login] = token
	}
	return d.tokens[login]
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// bothDatabases runs test with the configurations of either database.
func bothDatabases(t *testing.T, test func(t *testing.T, database func(name string) db.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, func(string) db.Config { return dbtest.SQLiteConfig(t, portal.Schemas()...) })
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, func(string) db.Config { return dbtest.PostgresConfig(t, portal.Schemas()...) })
	})
}
