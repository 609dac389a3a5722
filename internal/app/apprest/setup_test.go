package apprest_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/app/apprest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

var (
	morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	anna    = user.Ref{ID: 1, Admin: true}
)

// people are the users of a test: 1 is an administrator, 2 is not, nobody else may act.
type people struct{ dismissed map[int64]bool }

func (p people) Access(ctx context.Context, id int64) (app.UserAccess, error) {
	return p.AccessTx(ctx, nil, id)
}

func (p people) AccessTx(_ context.Context, _ *db.Tx, id int64) (app.UserAccess, error) {
	return app.UserAccess{Active: id <= 2 && !p.dismissed[id], Admin: id == 1}, nil
}

type noEvents struct{}

func (noEvents) SendTx(context.Context, *db.Tx, app.Delivery) error { return nil }

func (noEvents) HandlersTx(context.Context, *db.Tx, int64, string) ([]string, error) { return nil, nil }

type bench struct {
	t      *testing.T
	apps   *app.Service
	clock  *clock.Manual
	people people
	rest   http.Handler
	oauth  http.Handler
	app    app.Created
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{app.Schema()}, func(t *testing.T, d *db.DB) {
		b := &bench{t: t, clock: clock.NewManual(morning), people: people{map[int64]bool{}}}
		b.apps = app.New(app.Config{
			DB: d, Clock: b.clock, Users: b.people, Events: noEvents{}, Language: "de",
			Endpoints: func() app.Endpoints {
				return app.Endpoints{
					Domain: "portal.example.com", ClientEndpoint: "https://portal.example.com/rest/",
					ServerEndpoint: "https://oauth.bitrix.info/rest/",
				}
			},
		})
		log := slog.New(slog.DiscardHandler)
		registry := rest.NewRegistry()
		apprest.Register(registry, b.apps)
		registry.Add(rest.M("task.ping", "task", rest.Everyone, "Answers.", func(context.Context, *rest.Call, rest.None) (string, error) {
			return "pong", nil
		}))
		b.rest = rest.NewHandler(registry, apprest.NewAuthorizer(b.apps), b.clock, log)
		b.oauth = apprest.NewOAuth(b.apps, log)
		var err error
		b.app, err = b.apps.Create(t.Context(), anna, app.Form{
			Name: "Bot", APIOnly: true, HandlerURL: "http://127.0.0.1/bot", Scopes: []string{"im", "task"},
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, b)
	})
}

func (b *bench) issue(userID int64) app.Grant {
	b.t.Helper()
	g, err := b.apps.Issue(b.t.Context(), b.app.ID, userID)
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

// do sends a request; a body makes it a POST of a form unless contentType says otherwise.
func (b *bench) do(h http.Handler, target, body, contentType string) (status int, answer string) {
	b.t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, "https://oauth.bitrix.info/", strings.NewReader(body))
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?") // as the server sees it: httptest would read // as a host
	if contentType == "" {
		contentType = "application/x-www-form-urlencoded"
	}
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func (noEvents) QueueTx(context.Context, *db.Tx, app.Delivery) error { return nil }
