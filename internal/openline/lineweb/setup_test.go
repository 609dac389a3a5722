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
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// viewers are Anna, who manages open channels, and Ben.
var viewers = openlinetest.Viewers{By: map[string]web.Viewer{
	"anna": {ID: 1, Name: "Anna Berg", Access: access.ManageLines}, "ben": {ID: 2, Name: "Ben Ode"},
}}

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
	d := dbtest.SQLite(t, setting.Schema(), audit.Schema(), user.Schema(), line.Schema(), answer.Schema(), category.Schema())
	clk := clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	users, log := user.New(d, clk), audit.New(d, clk)
	openlinetest.People(t, users, "Service", []string{"Anna", "Ben", "Cem"}, func(i int, n *user.NewUser) {
		if i == 2 {
			n.DepartmentIDs = []int64{1}
		}
	})
	b := &bench{T: t, users: users, answers: answer.New(answer.Config{DB: d, Clock: clk, Audit: log})}
	kept := category.New(category.Config{DB: d, Audit: log})
	b.lines = line.New(line.Config{DB: d, Clock: clk, Users: users, Bots: openlinetest.Bots{77: true}, Answers: b.answers, Agreements: agreements{}, Categories: kept, Audit: log})
	shell := web.New(web.Config{PortalName: "Test", Sessions: viewers, Clock: clk, Log: slog.New(slog.DiscardHandler), Home: lineweb.URL})
	lineweb.Register(shell, lineweb.Config{
		Lines: b.lines, Answers: b.answers, Categories: kept, Users: users, Nav: "center",
		Agreements: func(context.Context) ([]ui.Option, error) {
			return []ui.Option{{Value: "5", Title: "House rules"}}, nil
		},
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
	return openlinetest.Send(b, b.handler, method, who, target, form)
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

// agreements are those that are switched on: number 5.
type agreements struct{}

func (agreements) ActiveTx(_ context.Context, _ *db.Tx, id int64) (bool, error) { return id == 5, nil }
