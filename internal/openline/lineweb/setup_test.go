package lineweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// sessions knows Anna, who manages open channels, and Ben, by their names as tokens.
type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	switch token {
	case "anna":
		return web.Viewer{ID: 1, Name: "Anna Berg", Access: access.ManageLines}, nil
	case "ben":
		return web.Viewer{ID: 2, Name: "Ben Ode"}, nil
	}
	return web.Viewer{}, fault.New(fault.Unauthorized, "NO_SESSION", "The session is over.")
}

// bots has one that may speak.
type bots struct{}

func (bots) SpeaksInLinesTx(_ context.Context, _ *db.Tx, id int64) (bool, error) {
	return id == 77, nil
}

type bench struct {
	*testing.T

	users   *user.Service
	lines   *line.Service
	answers *answer.Service
	handler http.Handler
}

// open opens the pages on a Monday at ten. Anna is user 1, Ben 2, Cem 3; Cem is in the department 1.
func open(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	d := dbtest.SQLite(t, setting.Schema(), audit.Schema(), user.Schema(), line.Schema(), answer.Schema())
	clk := clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	users, log := user.New(d, clk), audit.New(d, clk)
	if _, err := users.CreateDepartment(t.Context(), user.Department{Name: "Service"}); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"Anna", "Ben", "Cem"} {
		n := user.NewUser{FirstName: name, Email: name + "@x.org"}
		if i == 2 {
			n.DepartmentIDs = []int64{1}
		}
		if _, err := users.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{T: t, users: users, answers: answer.New(answer.Config{DB: d, Clock: clk, Audit: log})}
	b.lines = line.New(line.Config{DB: d, Clock: clk, Users: users, Bots: bots{}, Answers: b.answers, Audit: log})
	shell := web.New(web.Config{PortalName: "Test", Sessions: sessions{}, Clock: clk, Log: slog.New(slog.DiscardHandler), Home: lineweb.URL})
	lineweb.Register(shell, lineweb.Config{
		Lines: b.lines, Answers: b.answers, Users: users, Nav: "center",
		Bots: func(context.Context) ([]ui.Option, error) {
			return []ui.Option{{Value: "77", Title: "Helper bot"}}, nil
		},
	})
	b.handler = shell.Handler()
	return b
}

// send makes a request and returns its answer.
func (b *bench) send(method, who, target string, form url.Values) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequestWithContext(b.Context(), method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: who})
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// page returns a page, which must have the status and the texts.
func (b *bench) page(w *httptest.ResponseRecorder, status int, want ...string) string {
	b.Helper()
	body := w.Body.String()
	if w.Code != status {
		b.Errorf("status %d, want %d: %.300s", w.Code, status, body)
	}
	for _, text := range want {
		if !strings.Contains(body, text) {
			b.Errorf("the page lacks %q", text)
		}
	}
	return body
}

func (b *bench) add(change func(l *line.Line)) int64 {
	b.Helper()
	l, err := b.lines.Add(b.Context(), user.Ref{ID: 1, Access: access.ManageLines}, func(l *line.Line) error {
		change(l)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return l.ID
}

func (b *bench) line(id int64) line.Line {
	b.Helper()
	l, err := b.lines.Get(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return l
}
