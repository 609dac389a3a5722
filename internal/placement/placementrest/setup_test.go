package placementrest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/placement/placementrest"
	"github.com/portico-hq/portico/internal/rest"
)

// callers are the tokens of a test.
type callers map[string]rest.Principal

func (c callers) Authorize(_ context.Context, given rest.Credentials) (rest.Principal, error) {
	p, ok := c[given.Token+given.WebhookCode]
	if !ok {
		return p, rest.ErrNoAuth
	}
	return p, nil
}

var who = callers{
	"admin":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3, Scopes: []string{"placement", "task"}},
	"other":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 4, Scopes: []string{"placement", "crm"}},
	"person":  {Kind: rest.ByToken, UserID: 5, AppID: 3, Scopes: []string{"placement", "task"}},
	"narrow":  {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3, Scopes: []string{"task"}},
	"webhook": {Kind: rest.ByWebhook, UserID: 1, Admin: true, Scopes: []string{"*"}},
}

// apps are the installed applications of a test.
type apps map[int64]placement.App

// Usable returns them to everybody.
func (a apps) Usable(context.Context, int64) (map[int64]placement.App, error) { return a, nil }

// URL returns the address of the page of application 3; the others have none.
func (a apps) URL(_ context.Context, appID int64) (string, error) {
	return map[int64]string{3: "https://app.example/"}[appID], nil
}

// users exist from 1 to 9.
type users struct{}

// Exists reports whether id is one of them.
func (users) Exists(_ context.Context, id int64) (bool, error) { return id > 0 && id < 10, nil }

// bench is a portal that has nothing but places.
type bench struct {
	t      *testing.T
	db     *db.DB
	places *placement.Service
	rest   http.Handler
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{audit.Schema(), placement.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		b := &bench{t: t, db: d, places: placement.New(placement.Config{
			DB: d, Clock: clk, Users: users{}, Audit: audit.New(d, clk), Apps: apps{
				3: {ID: 3, ClientID: "local.three", Name: "Three", Scopes: []string{"placement", "task"}},
				4: {ID: 4, ClientID: "local.four", Name: "Four", Scopes: []string{"placement", "crm"}},
			},
		})}
		registry := rest.NewRegistry()
		placementrest.Register(registry, b.places)
		b.rest = rest.NewHandler(registry, who, clk, slog.New(slog.DiscardHandler))
		test(t, b)
	})
}

// call sends JSON parameters and returns the status with the answer up to its time.
func (b *bench) call(caller, method, params string) string {
	b.t.Helper()
	target := "/rest/" + method + "?auth=" + url.QueryEscape(caller)
	if caller == "webhook" {
		target = "/rest/1/webhook/" + method
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, target, strings.NewReader(params))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.rest.ServeHTTP(w, r)
	answer, _, _ := strings.Cut(w.Body.String(), `,"time":`)
	return fmt.Sprintf("%d %s", w.Code, answer)
}

// step is a call and its whole answer.
type step struct{ caller, method, params, want string }

func (b *bench) steps(steps []step) {
	b.t.Helper()
	for _, s := range steps {
		if got := b.call(s.caller, s.method, s.params); got != s.want {
			b.t.Errorf("%s, %s %s:\n got %s\nwant %s", s.caller, s.method, s.params, got, s.want)
		}
	}
}
