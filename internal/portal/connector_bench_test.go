package portal_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkClientMessages has the clients of 2,000 conversations write through a connector, one message in a call of REST, many calls at
// once. The conversations are open before it is measured.
func BenchmarkClientMessages(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		sendAsClients(b, db.Config{Path: filepath.Join(b.TempDir(), "portal.db")})
	})
	b.Run("postgres", func(b *testing.B) {
		url := os.Getenv(dbtest.PostgresEnv)
		if url == "" {
			b.Skip("set " + dbtest.PostgresEnv + " to the URL of a PostgreSQL server to run this benchmark")
		}
		sendAsClients(b, postgresConfig(b, url))
	})
}

const benchClients = 2000

func sendAsClients(b *testing.B, c db.Config) {
	ctx := b.Context()
	p, err := portal.Open(ctx, portal.Config{DB: c, PublicURL: func() string { return "http://portal.example" }, Log: slog.New(slog.DiscardHandler)})
	ok := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	ok(err)
	b.Cleanup(func() { _ = p.Close(context.WithoutCancel(ctx)) })
	ok(p.Start(ctx))
	ok(setting.Save(ctx, p.Settings, setting.APIKey, setting.API{Unprotected: true}))
	anna, _, err := p.EnsureAdmin(ctx, user.NewUser{Login: "anna", Password: "correct horse battery"})
	ok(err)
	admin := user.Ref{ID: anna.ID, Admin: true}
	a, err := p.Apps.Create(ctx, admin, app.Form{
		Name: "Bench", Kind: app.Server, APIOnly: true, HandlerURL: "http://127.0.0.1:9/", InstallURL: "http://127.0.0.1:9/", Scopes: []string{"imopenlines", "imconnector"},
	})
	ok(err)
	grant, err := p.Apps.Issue(ctx, a.ID, anna.ID)
	ok(err)
	l, err := p.Lines.Add(ctx, admin, func(l *line.Line) error {
		l.Name, l.Queue, l.CheckAvailable = "Bench", []line.Entry{{Kind: line.EntryUser, ID: anna.ID}}, false
		return nil
	})
	ok(err)
	ok(p.Connectors.Register(ctx, anna.ID, connector.Connector{
		AppID: a.ID, Code: "bench", Name: "Bench", Handler: "http://127.0.0.1:9/", Icon: connector.Icon{Image: "data:image/svg+xml,<svg/>"},
	}))
	ok(p.Connectors.Connect(ctx, admin, "bench", l.ID))
	var next atomic.Int64
	message := func(n int64) connector.Message {
		id := fmt.Sprint("c", n%benchClients)
		return connector.Message{User: connector.Person{ID: id, FirstName: "Client"}, ID: strconv.FormatInt(n, 10), Text: "what is burning", ChatID: id}
	}
	for range benchClients / connector.MaxMessages {
		batch := make([]connector.Message, connector.MaxMessages)
		for i := range batch {
			batch[i] = message(next.Add(1))
		}
		_, err := p.Connectors.Receive(ctx, a.ID, "bench", l.ID, batch)
		ok(err)
	}
	b.SetParallelism(32) // of each core
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m := message(next.Add(1))
			body := fmt.Sprintf("auth=%s&CONNECTOR=bench&LINE=%d&MESSAGES[0][user][id]=%s&MESSAGES[0][message][id]=%s&MESSAGES[0][message][text]=%s&MESSAGES[0][chat][id]=%s",
				grant.AccessToken, l.ID, m.User.ID, m.ID, "what+is+burning", m.ChatID)
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/rest/imconnector.send.messages", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"SUCCESS":true`) {
				b.Errorf("%d %s", w.Code, w.Body)
				return
			}
		}
	})
}
