package portal_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting"
)

func open(t *testing.T, behindProxy bool) *portal.Portal {
	t.Helper()
	p, err := portal.Open(t.Context(), portal.Config{
		DB:        dbtest.SQLiteConfig(t, portal.Schemas()...),
		PublicURL: func() string { return "https://portal.test" }, TrustProxy: behindProxy,
		Clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		Log:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	return p
}

// ask sends a request as the proxy at 10.0.0.1 does for a client.
func ask(t *testing.T, p *portal.Portal, path, client string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.RemoteAddr = "10.0.0.1:1234"
	if client != "" {
		r.Header.Set("X-Forwarded-For", "1.2.3.4, "+client)
	}
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, r)
	return w
}

func TestASettingTakesEffectAtOnce(t *testing.T) {
	t.Parallel()
	p := open(t, false)
	if w := ask(t, p, "/login", ""); !strings.Contains(w.Body.String(), "Sign in to "+portal.DefaultName) {
		t.Error("the portal has no name")
	}
	if err := setting.Save(t.Context(), p.Settings, setting.GeneralKey, setting.General{Name: "Northwind & Co"}); err != nil {
		t.Fatal(err)
	}
	if w := ask(t, p, "/login", ""); !strings.Contains(w.Body.String(), "Sign in to Northwind &amp; Co") {
		t.Error("the portal kept its name")
	}
	if w := ask(t, p, "/rest/profile", ""); w.Code != http.StatusUnauthorized || w.Header().Get("X-RateLimit-Limit") != "" {
		t.Errorf("without limits: %d %v", w.Code, w.Header())
	}
	if err := setting.Save(t.Context(), p.Settings, setting.APIKey, setting.API{Burst: 1, PerSecond: 1}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{401, 401, 503} {
		if w := ask(t, p, "/rest/profile", ""); w.Code != want || w.Header().Get("X-RateLimit-Limit") != "1" {
			t.Errorf("request %d: %d %v, want %d", i, w.Code, w.Header(), want)
		}
	}
}

func TestClientsBehindATrustedProxyAreCountedApart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trusted bool
		clients [2]string
		second  int // the status of a request of the second client when the first has used up its own
	}{
		"trusted":     {true, [2]string{"10.1.0.1", "10.1.0.2"}, 401},
		"IPv6":        {true, [2]string{"2001:db8::1", "2001:db8::2"}, 401},
		"not trusted": {false, [2]string{"10.1.0.1", "10.1.0.2"}, 503},
		"no header":   {true, [2]string{"", ""}, 503},
		"nonsense":    {true, [2]string{"unknown", "hidden"}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, c.trusted)
			if err := setting.Save(t.Context(), p.Settings, setting.APIKey, setting.API{Burst: 1, PerSecond: 1}); err != nil {
				t.Fatal(err)
			}
			for i, want := range []int{401, 401, 503} {
				if w := ask(t, p, "/rest/profile", c.clients[0]); w.Code != want {
					t.Errorf("request %d of the first client: %d, want %d", i, w.Code, want)
				}
			}
			if w := ask(t, p, "/rest/profile", c.clients[1]); w.Code != c.second {
				t.Errorf("the second client: %d, want %d", w.Code, c.second)
			}
		})
	}
}
