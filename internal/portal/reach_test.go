package portal_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// TestReachHoldsForApplications keeps the policy of the configuration wired to what posts the events.
func TestReachHoldsForApplications(t *testing.T) {
	t.Parallel()
	handler := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler was reached") }))
	t.Cleanup(handler.Close)
	p, err := portal.Open(t.Context(), portal.Config{
		DB:        dbtest.SQLiteConfig(t, portal.Schemas()...),
		PublicURL: func() string { return "https://portal.test" },
		Clock:     clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		Log:       slog.New(slog.DiscardHandler),
		Reach:     event.Policy{Deny: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = p.Apps.Create(t.Context(), user.Ref{ID: 1, Admin: true}, app.Form{
		Name: "Local", Kind: app.Server, APIOnly: true, HandlerURL: handler.URL, InstallURL: handler.URL, Scopes: []string{"task"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var attempts int64
	var why string
	for attempts == 0 && t.Context().Err() == nil {
		err := p.DB.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT attempts, answer FROM event_delivery").Scan(&attempts, &why)
		})
		if err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	if !strings.Contains(why, "policy") {
		t.Errorf("the attempt ended with %q", why)
	}
}
