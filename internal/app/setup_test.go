package app_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

var (
	morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	anna    = user.Ref{ID: 1, Admin: true}
	ben     = user.Ref{ID: 2, Access: access.OwnWebhooks}
	carla   = user.Ref{ID: 3, Admin: true}
)

// people are the users of a test.
type people struct {
	mu sync.Mutex
	of map[int64]app.UserAccess
}

func (p *people) Access(ctx context.Context, id int64) (app.UserAccess, error) {
	return p.AccessTx(ctx, nil, id)
}

func (p *people) AccessTx(_ context.Context, _ *db.Tx, id int64) (app.UserAccess, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of[id], nil
}

func (p *people) hire(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.of[id] = app.UserAccess{Active: true}
}

func (p *people) dismiss(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, id)
}

// outbox keeps what was committed to be sent.
type outbox struct {
	mu    sync.Mutex
	sent  []app.Delivery
	bound map[string][]string // the handlers of every application by event; set before the service is used
}

func (o *outbox) HandlersTx(_ context.Context, _ *db.Tx, _ int64, name string) ([]string, error) {
	return o.bound[name], nil
}

func (o *outbox) QueueTx(context.Context, *db.Tx, app.Delivery) error { return nil }

func (o *outbox) SendTx(_ context.Context, tx *db.Tx, d app.Delivery) error {
	tx.AfterCommit(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.sent = append(o.sent, d)
	})
	return nil
}

// take returns what was sent since the last call.
func (o *outbox) take() []app.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	sent := o.sent
	o.sent = nil
	return sent
}

// bench is a service with what it needs.
type bench struct {
	*app.Service
	t      *testing.T
	db     *db.DB
	clock  *clock.Manual
	people *people
	outbox *outbox
	hook   func(context.Context, *db.Tx, int64) error
}

func (b *bench) config() app.Config {
	return app.Config{
		DB: b.db, Clock: b.clock, Users: b.people, Events: b.outbox, Audit: audit.New(b.db, b.clock),
		Endpoints: func() app.Endpoints {
			return app.Endpoints{
				Domain:         "portal.example.com:8443",
				ClientEndpoint: "https://portal.example.com:8443/rest/",
				ServerEndpoint: "https://oauth.bitrix.info/rest/",
			}
		},
		OnRemoveTx: []func(context.Context, *db.Tx, int64) error{func(ctx context.Context, tx *db.Tx, id int64) error {
			if b.hook == nil {
				return nil
			}
			return b.hook(ctx, tx, id)
		}},
	}
}

// run runs test on both databases.
func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{app.Schema(), audit.Schema()}, func(t *testing.T, d *db.DB) { test(t, newBench(t, d)) })
}

func newBench(t *testing.T, d *db.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: d, clock: clock.NewManual(morning), outbox: &outbox{}, people: &people{of: map[int64]app.UserAccess{
		1: {Active: true, Admin: true}, 2: {Active: true}, 3: {Active: true, Admin: true},
	}}}
	b.Service = app.New(b.config())
	return b
}

func botForm() app.Form {
	return app.Form{
		Name: "ReportBot", Kind: app.Server, APIOnly: true, Scopes: []string{"im", "imbot", "task"},
		HandlerURL: "http://127.0.0.1:9100/bot.php?x=1", InstallURL: "http://127.0.0.1:9100/bot.php",
	}
}

func pageForm() app.Form {
	f := botForm()
	f.APIOnly, f.MenuTitle = false, "Reports"
	return f
}

// create adds an application as Anna and forgets its ONAPPINSTALL.
func (b *bench) create(f app.Form) app.Created {
	b.t.Helper()
	c, err := b.Create(b.t.Context(), anna, f)
	if err != nil {
		b.t.Fatal(err)
	}
	b.outbox.take()
	return c
}

func (b *bench) issue(appID, userID int64) app.Grant {
	b.t.Helper()
	g, err := b.Issue(b.t.Context(), appID, userID)
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

func (b *bench) auth(appID, userID int64) map[string]string {
	b.t.Helper()
	v, err := b.Auth(b.t.Context(), appID, userID)
	if err != nil {
		b.t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range v.Entries() {
		out[e.Key] = e.Value.Text()
	}
	return out
}

func (b *bench) byToken(token string) (app.Principal, error) {
	return b.Authorize(b.t.Context(), app.Credentials{Token: token})
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func wantField(t *testing.T, err error, field string) {
	t.Helper()
	if f := fault.Of(err); f.Kind != fault.Invalid || f.Field != field || f.Text == "" {
		t.Errorf("%v at %q, want a fault at %q", err, f.Field, field)
	}
}
