package eventweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/event/eventweb"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/web"
)

type apps struct{}

func (apps) Apps(context.Context) ([]eventweb.App, error) {
	return []eventweb.App{{ID: 3, Name: "ReportBot"}, {ID: 4, Name: "Shop <b>"}}, nil
}

// sessions knows Anna, an administrator, and Ben by their names as tokens.
type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	return web.Viewer{ID: 1, Name: token, Admin: token == "anna"}, nil
}

type bench struct {
	t      *testing.T
	events *event.Service
	shell  http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := dbtest.SQLite(t, event.Schema(), setting.Schema(), audit.Schema())
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	b := &bench{t: t, events: event.New(d, clk, nil)}
	b.events.SetSettings(setting.New(d, clk))
	b.events.SetAudit(audit.New(d, clk))
	shell := web.New(web.Config{
		PortalName: "Northwind", Sessions: sessions{}, Clock: clk, Log: slog.New(slog.DiscardHandler),
		Navigation: func(context.Context, web.Viewer) ([]web.NavItem, error) { return nil, nil },
	})
	eventweb.Register(shell, b.events, apps{})
	b.shell = shell.Handler()
	return b
}

// do sends a request as somebody and returns the answer; a form makes it a POST.
func (b *bench) do(as string, form url.Values, status int, want ...string) string {
	b.t.Helper()
	method, target := http.MethodGet, "/settings/deliveries/"
	if form != nil {
		method, target = http.MethodPost, target+"save"
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
	w := httptest.NewRecorder()
	b.shell.ServeHTTP(w, r)
	if w.Code != status {
		b.t.Errorf("%s, %v: %d, want %d: %s", as, form, w.Code, status, w.Body)
	}
	for _, s := range want {
		if !strings.Contains(w.Body.String(), s) {
			b.t.Errorf("%s, %v: no %q in %s", as, form, s, w.Body)
		}
	}
	return w.Body.String()
}

func TestSettingsOfDeliveries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.do("ben", nil, 403)
	b.do("ben", url.Values{"keep_sent": {"1"}, "keep_dead": {"1"}}, 403)
	b.do("anna", nil, 200, `value="72"`, `value="30"`, "Refuse private addresses", "Shop &lt;b&gt;")
	f := url.Values{
		"refuse_private": {"1"}, "allow": {"10.1.0.0/16\r\napp, *.corp.example\n"}, "deny": {"evil.example"}, "keep_sent": {"24"}, "keep_dead": {"7"},
		"add_app": {"4"}, "add_entries": {"127.0.0.1"},
	}
	b.do("anna", f, 303)
	s, err := b.events.Settings(t.Context())
	if err != nil || !s.RefusePrivate || !slices.Equal(s.Allow, []string{"10.1.0.0/16", "app", "*.corp.example"}) ||
		!slices.Equal(s.Deny, []string{"evil.example"}) || !slices.Equal(s.Apps[4], []string{"127.0.0.1"}) || s.KeepSent != 24 || s.KeepDead != 7 {
		t.Fatalf("stored %+v, %v", s, err)
	}
	b.do("anna", nil, 200, `name="app-4"`, "127.0.0.1</textarea>", `value="3"`, "checked")
	f = url.Values{"allow": {"http://x"}, "deny": {""}, "keep_sent": {"many"}, "keep_dead": {"7"}, "app-4": {"127.0.0.1"}}
	b.do("anna", f, 422, "Enter a whole number.", "http://x</textarea>", `value="many"`, `name="app-4"`)
	f.Set("keep_sent", "24")
	b.do("anna", f, 422, "is no address (10.1.2.3), network (10.1.0.0/16) or name of a host")
	f.Set("allow", "")
	f.Set("app-4", "nonsense here")
	b.do("anna", f, 422, "&#34;nonsense here&#34; is no address")
	f.Set("app-4", "")
	f.Set("add_app", "0")
	f.Set("add_entries", "10.0.0.1")
	b.do("anna", f, 422, "Choose the application that may reach them.")
	f.Set("add_entries", "")
	b.do("anna", f, 303)
	if s, err := b.events.Settings(t.Context()); err != nil || len(s.Apps) != 0 || s.RefusePrivate {
		t.Errorf("stored %+v, %v", s, err)
	}
}
