package portal_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkMessageAdd measures im.message.add of 64 callers at once, without the connections of HTTP: to a bot, with the row of
// its event, and to a group. It is the place for a profile; the figures are those of internal/bench. With the PostgreSQL of the
// tests it measures that too.
func BenchmarkMessageAdd(b *testing.B) {
	databases := map[string]func(b *testing.B) db.Config{
		"sqlite": func(b *testing.B) db.Config { return db.Config{Path: filepath.Join(b.TempDir(), "portal.db")} },
	}
	if url := os.Getenv(dbtest.PostgresEnv); url != "" {
		databases["postgres"] = func(b *testing.B) db.Config { return postgresConfig(b, url) }
	}
	for name, config := range databases {
		b.Run(name, func(b *testing.B) {
			p, token, dialogs := messageBed(b, config(b))
			for what, dialog := range dialogs {
				b.Run(what, func(b *testing.B) { sendAll(b, p, token, dialog) })
			}
		})
	}
}

func postgresConfig(b *testing.B, url string) db.Config {
	c := db.Config{URL: url, Schema: "portico_bench_message"}
	if err := db.DropSchema(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.DropSchema(context.WithoutCancel(b.Context()), c) })
	return c
}

// messageBed opens a portal with a person, an application's bot that nobody answers for, and a group.
func messageBed(b *testing.B, c db.Config) (p *portal.Portal, token string, dialogs map[string]string) {
	b.Helper()
	p, err := portal.Open(b.Context(), portal.Config{DB: c, PublicURL: func() string { return "http://portal.example" }, Log: slog.New(slog.DiscardHandler)})
	ok := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ok(err)
	b.Cleanup(func() { _ = p.Close(context.WithoutCancel(b.Context())) })
	ok(p.Start(b.Context()))
	ok(setting.Save(b.Context(), p.Settings, setting.APIKey, setting.API{Unprotected: true}))
	anna, _, err := p.EnsureAdmin(b.Context(), user.NewUser{Login: "anna", Password: "correct horse battery"})
	ok(err)
	const dead = "http://127.0.0.1:9/"
	a, err := p.Apps.Create(b.Context(), user.Ref{ID: anna.ID, Admin: true}, app.Form{
		Name: "Bench", Kind: app.Server, APIOnly: true, HandlerURL: dead, InstallURL: dead, Scopes: []string{"im", "imbot", "user"},
	})
	ok(err)
	grant, err := p.Apps.Issue(b.Context(), a.ID, anna.ID)
	ok(err)
	name := "Bench bot"
	botID, err := p.Bots.Register(b.Context(), bot.Registration{
		Owner: bot.Owner{AppID: a.ID, ClientID: a.ClientID}, Code: "bench", Handlers: bot.Handlers{MessageAdd: dead, Join: dead, Delete: dead},
		Profile: user.BotChange{FirstName: &name},
	})
	ok(err)
	g, err := p.IM.CreateGroup(b.Context(), im.NewGroup{OwnerID: anna.ID, Title: "Bench"})
	ok(err)
	return p, grant.AccessToken, map[string]string{"bot": strconv.FormatInt(botID, 10), "group": "chat" + strconv.FormatInt(g.ID, 10)}
}

func sendAll(b *testing.B, p *portal.Portal, token, dialog string) {
	body := "DIALOG_ID=" + dialog + "&MESSAGE=what+is+burning&auth=" + token
	b.ReportAllocs()
	b.SetParallelism(32) // of each core
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/rest/im.message.add", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Errorf("%d %s", w.Code, w.Body)
				return
			}
		}
	})
}
