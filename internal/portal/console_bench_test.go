package portal_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// BenchmarkLoggedCalls measures calls of two methods with the log of requests and without it.
func BenchmarkLoggedCalls(b *testing.B) {
	for _, method := range []string{"user.current", "im.message.add"} {
		for _, on := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/log=%t", method, on), func(b *testing.B) { benchCalls(b, method, on) })
		}
	}
}

func benchCalls(b *testing.B, method string, on bool) {
	p, err := portal.Open(b.Context(), portal.Config{
		DB: db.Config{Path: filepath.Join(b.TempDir(), "portal.db")}, PublicURL: func() string { return "http://portal.example" },
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close(context.WithoutCancel(b.Context())) }()
	if err := p.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	anna, _, err := p.EnsureAdmin(b.Context(), user.NewUser{Login: "anna", Password: "correct horse battery"})
	if err != nil {
		b.Fatal(err)
	}
	admin := user.Ref{ID: anna.ID, Admin: true}
	_, code, err := p.Apps.CreateWebhook(b.Context(), admin, app.WebhookForm{Title: "bench", Scopes: []string{app.AllScopes}})
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Console.SaveSettings(b.Context(), console.Settings{On: on, Days: 14, Calls: 200_000}); err != nil {
		b.Fatal(err)
	}
	address := fmt.Sprintf("/rest/%d/%s/%s", anna.ID, code, method)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, address, strings.NewReader("DIALOG_ID=1&MESSAGE=Hello+from+the+bench"))
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
