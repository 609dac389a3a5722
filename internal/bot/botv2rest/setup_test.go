package botv2rest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botim"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/bot/botv2rest"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{user.Schema(), im.Schema(), bot.Schema(), botv2.Schema()}

// doors lets in two applications and a webhook as anna, and a webhook without the scope of the messenger.
type doors struct{ anna int64 }

func (d doors) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	switch {
	case c.Token == "app3":
		return rest.Principal{Kind: rest.ByToken, UserID: d.anna, AppID: 3, ClientID: "local.3", Scopes: []string{"im", "imbot"}}, nil
	case c.Token == "app4":
		return rest.Principal{Kind: rest.ByToken, UserID: d.anna, AppID: 4, ClientID: "local.4", Scopes: []string{"im", "imbot"}}, nil
	case c.WebhookCode == "hook":
		return rest.Principal{Kind: rest.ByWebhook, UserID: d.anna, Scopes: []string{"im", "imbot"}}, nil
	case c.WebhookCode == "botsonly":
		return rest.Principal{Kind: rest.ByWebhook, UserID: d.anna, Scopes: []string{"imbot"}}, nil
	}
	return rest.Principal{}, rest.ErrNoAuth
}

// posted keeps the deliveries that were recorded.
type posted struct {
	mu   sync.Mutex
	list []event.Delivery
}

func (p *posted) SendTx(_ context.Context, tx *db.Tx, d event.Delivery) error {
	tx.AfterCommit(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.list = append(p.list, d)
	})
	return nil
}

func (p *posted) take() []event.Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.list
	p.list = nil
	return out
}

// hints keeps what open pages are told.
type hints struct {
	mu   sync.Mutex
	list []any
}

func (h *hints) Publish(_ []int64, _ string, data any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, data)
}

func (h *hints) take() []any {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.list
}

type bench struct {
	*testing.T
	http.Handler

	clock       *clock.Manual
	users       *user.Service
	im          *im.Service
	bots        *bot.Service
	posted      *posted
	live        *hints
	anna, boris int64
	body        string // of the last answer
}

// run runs f on both databases, in a portal of two people.
func run(t *testing.T, f func(b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) {
		b := &bench{T: t, clock: clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), posted: &posted{}, live: &hints{}}
		b.users = user.New(d, b.clock)
		b.im = im.New(im.Config{DB: d, Clock: b.clock, Users: b.users, Live: b.live, GeneralTitle: "General"})
		b.bots = bot.New(bot.Config{DB: d, Clock: b.clock, Users: b.users, Messenger: botim.Messenger{IM: b.im}, Events: b.posted, Language: "en"})
		address := func() string { return "https://portal.example" }
		second := botv2.New(botv2.Config{DB: d, Clock: b.clock, Users: b.users, Events: b.posted, IM: b.im, Language: "en", BaseURL: address})
		b.bots.SetSecondListener(second)
		b.im.SetListener(botim.Listener{Bots: b.bots, Second: second})
		b.anna, b.boris = b.person("Anna"), b.person("Boris")
		r := rest.NewRegistry()
		botv2rest.Register(r, botv2rest.Config{Bots: b.bots, Second: second, IM: b.im, Users: b.users, Language: "en", BaseURL: address})
		b.Handler = rest.NewHandler(r, doors{b.anna}, b.clock, slog.New(slog.DiscardHandler))
		f(b)
	})
}

func (b *bench) person(name string) int64 {
	b.Helper()
	u, err := b.users.Create(b.Context(), user.NewUser{Login: strings.ToLower(name), FirstName: name, LastName: "Bird", Password: "correct horse battery"})
	b.must(err)
	return u.ID
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// call calls a method with parameters in JSON and returns the answer: its result, or its code.
func (b *bench) call(who, method, params string) (phpform.Value, string) {
	b.Helper()
	path := "/rest/" + method + "?auth=" + who
	if who == "hook" || who == "botsonly" {
		path = "/rest/" + strconv.FormatInt(b.anna, 10) + "/" + who + "/" + method
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, strings.NewReader(params))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	b.body = w.Body.String()
	var out struct {
		Result phpform.Value
		Error  string
	}
	b.must(json.Unmarshal(w.Body.Bytes(), &out))
	if (w.Code == http.StatusOK) != (out.Error == "") || w.Code >= 500 {
		b.Fatalf("%s %s: %d %s", method, params, w.Code, w.Body)
	}
	return out.Result, out.Error
}

// ok calls a method that must succeed.
func (b *bench) ok(who, method, params string) phpform.Value {
	b.Helper()
	v, code := b.call(who, method, params)
	if code != "" {
		b.Fatalf("%s %s: %s", method, params, code)
	}
	return v
}

// refused calls a method that must fail with a code.
func (b *bench) refused(who, method, params, code string) {
	b.Helper()
	if v, got := b.call(who, method, params); got != code {
		b.Errorf("%s %s: %q %s, want %s", method, params, got, phpform.AppendJSON(nil, v), code)
	}
}

// at returns what is in a tree under keys with dots between them.
func at(v phpform.Value, path string) phpform.Value {
	for key := range strings.SplitSeq(path, ".") {
		v, _ = v.Get(key)
	}
	return v
}

// want compares what is in a tree at a path with a text of JSON.
func (b *bench) want(v phpform.Value, path, wanted string) {
	b.Helper()
	if path != "" {
		v = at(v, path)
	}
	if got := string(phpform.AppendJSON(nil, v)); got != wanted {
		b.Errorf("%s is %s, want %s", path, got, wanted)
	}
}

// register registers a bot of app3 and returns its id.
func (b *bench) register(code, more string) int64 {
	b.Helper()
	v := b.ok("app3", "imbot.v2.Bot.register", `{"fields":{"code":"`+code+`","properties":{"name":"Ada","lastName":"Bot","color":"lightBlue"}`+more+`}}`)
	id, ok := at(v, "bot.id").Int()
	if !ok {
		b.Fatalf("registered %s", phpform.AppendJSON(nil, v))
	}
	return id
}

// names returns the names of fetched events.
func names(v phpform.Value) (out []string) {
	for _, e := range at(v, "events").Entries() {
		out = append(out, at(e.Value, "type").Text())
	}
	return out
}

func (b *bench) same(got []string, want ...string) {
	b.Helper()
	if !slices.Equal(got, want) {
		b.Errorf("got %q, want %q", got, want)
	}
}
