package connectorrest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/connector/connectorrest"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// who are the tokens of the tests.
var who = openlinetest.Callers{
	"admin":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3, Scopes: []string{"imopenlines", "imconnector"}},
	"other":   {Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 4, Scopes: []string{"imopenlines", "imconnector"}},
	"person":  {Kind: rest.ByToken, UserID: 5, AppID: 3, Scopes: []string{"imopenlines", "imconnector"}},
	"narrow":  {Kind: rest.ByToken, UserID: 5, AppID: 3, Scopes: []string{"im"}},
	"webhook": {Kind: rest.ByWebhook, UserID: 1, Admin: true, Scopes: []string{"*"}},
}

// lines are the open lines of a test.
type lines map[int64]connector.Line

func (l lines) LineTx(_ context.Context, _ *db.Tx, id int64) (connector.Line, bool, error) {
	one, ok := l[id]
	return one, ok, nil
}

func (l lines) Lines(context.Context) (out []connector.Line, _ error) {
	for id := range int64(20) {
		if one, ok := l[id]; ok {
			out = append(out, one)
		}
	}
	return out, nil
}

// places note what is bound.
type places map[string]int

func (p places) BindSettingsTx(_ context.Context, _ *db.Tx, c connector.Connector, _ int64) error {
	p[c.Code+" "+c.Handler]++
	return nil
}

func (p places) UnbindSettingsTx(_ context.Context, _ *db.Tx, c connector.Connector) error {
	delete(p, c.Code+" "+c.Handler)
	return nil
}

// bench is a portal that has nothing but connectors.
type bench struct {
	t          *testing.T
	db         *db.DB
	clock      *clock.Manual
	events     *event.Service
	connectors *connector.Service
	places     places
	talks      *talks
	outside    *outside
	states     []string
	rest       http.Handler
}

var admin = user.Ref{ID: 1, Admin: true}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{audit.Schema(), setting.Schema(), event.Schema(), connector.Schema(), talkSchema}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
		b := &bench{t: t, db: d, clock: clk, places: places{}, talks: &talks{}, outside: &outside{asked: map[string]int{}}, events: event.New(d, clk, connector.Events())}
		b.connectors = connector.New(connector.Config{
			DB: d, Clock: clk, Events: b.events, Audit: audit.New(d, clk), Places: b.places,
			Lines: lines{2: {ID: 2, Name: "Sales", Active: true, AutoClose: time.Hour}, 7: {ID: 7, Name: "Support", Active: true}, 9: {ID: 9, Name: "Closed"}},
			Talks: b.talks, Outside: b.outside, OnState: func(chatID, messageID int64) { b.states = append(b.states, fmt.Sprint(chatID, messageID)) },
			Builtin: []connector.Builtin{{Code: "livechat", Name: "Live chat"}},
		})
		b.events.SetOutcomes(b.connectors.OutcomesTx)
		registry := rest.NewRegistry()
		connectorrest.Register(registry, b.connectors)
		b.rest = rest.NewHandler(registry, who, clk, slog.New(slog.DiscardHandler))
		test(t, b)
	})
}

// bind binds handlers of applications 3 and 4 to events.
func (b *bench) bind(names ...string) {
	b.t.Helper()
	all := func(string) bool { return true }
	for app, handler := range map[int64]string{3: "http://127.0.0.1:9/three", 4: "http://127.0.0.1:9/four"} {
		for _, name := range names {
			if err := b.events.Bind(b.t.Context(), admin, event.Binding{AppID: app, Event: name, Handler: handler}, all); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// sent returns the deliveries so far, in their order: the application, the event and its data.
func (b *bench) sent() string {
	b.t.Helper()
	var out []string
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(b.t.Context(), `SELECT l.app_id, d.name, d.data, d.no_auth FROM event_delivery d JOIN event_lane l ON l.id = d.lane_id ORDER BY d.id`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var app, bare int64
			var name, data string
			if err := rows.Scan(&app, &name, &data, &bare); err != nil {
				return err
			}
			if bare == 1 {
				name += " without tokens"
			}
			out = append(out, fmt.Sprintf("%d %s %s", app, name, data))
		}
		return rows.Err()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

// audited counts the entries of the audit log by their type.
func (b *bench) audited() string {
	b.t.Helper()
	var out []string
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(b.t.Context(), "SELECT type, COUNT(*) FROM audit_entry GROUP BY type ORDER BY type")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var name string
			var n int64
			if err := rows.Scan(&name, &n); err != nil {
				return err
			}
			out = append(out, fmt.Sprintf("%s %d", name, n))
		}
		return rows.Err()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(out, ", ")
}

// call sends parameters and returns the status with the answer up to its time.
func (b *bench) call(caller, method, params string) string {
	b.t.Helper()
	return openlinetest.Call(b.t, b.rest, caller, method, params)
}

// step is a call and its whole answer.
type step struct{ caller, method, params, want string }

func (b *bench) steps(steps []step) {
	b.t.Helper()
	for _, s := range steps {
		if got := b.call(s.caller, s.method, s.params); got != s.want {
			b.t.Errorf("%s, %s %.200s:\n got %s\nwant %s", s.caller, s.method, s.params, got, s.want)
		}
	}
}
