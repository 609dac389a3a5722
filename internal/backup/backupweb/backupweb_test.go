package backupweb_test

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/backup"
	"github.com/portico-hq/portico/internal/backup/backupweb"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/web"
)

type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	return map[string]web.Viewer{"admin": {ID: 1, Name: "Anna", Admin: true}, "looks": {ID: 3, Name: "Carl", Access: access.ViewAudit}}[token], nil
}

func TestPageOfBackups(t *testing.T) {
	t.Parallel()
	d, clk := dbtest.SQLite(t, audit.Schema(), setting.Schema()), clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	settings, log := setting.New(d, clk), audit.New(d, clk)
	s := backup.NewScheduler(backup.SchedulerConfig{
		DB: d, Settings: settings, Audit: log, Clock: clk, Log: slog.New(slog.DiscardHandler), // not started: what is asked for stays so
		List: func(context.Context) ([]backup.Made, error) {
			return []backup.Made{{Name: "before-upgrade_a.tar.gz", Created: clk.Now(), Size: 12_345_678, Upgrade: true}}, nil
		},
	})
	shell := web.New(web.Config{PortalName: "Portico", Sessions: sessions{}, Clock: clk})
	backupweb.Register(shell, s, settings, log)
	handler := shell.Handler()
	want := func(as, target string, form url.Values, status int, parts ...string) {
		t.Helper()
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s as %s: %d, want %d", target, as, w.Code, status)
		}
		body := html.UnescapeString(w.Body.String())
		for _, p := range parts {
			if !strings.Contains(body, p) {
				t.Errorf("%s as %s: no %q in %s", target, as, p, body)
			}
		}
	}
	want("looks", "/settings/backups/", nil, http.StatusForbidden)
	want("admin", "/settings/backups/", nil, http.StatusOK, "before-upgrade_a.tar.gz", "12.3 MB", "Before an upgrade")
	want("admin", "/settings/backups/save", url.Values{"every": {"often"}, "keep": {"3"}}, http.StatusUnprocessableEntity, "Enter a whole number.", `value="often"`)
	want("admin", "/settings/backups/save", url.Values{"every": {"24"}, "keep": {"0"}}, http.StatusUnprocessableEntity, "Enter 1 to 365 backups.")
	want("looks", "/settings/backups/save", url.Values{"every": {"24"}, "keep": {"3"}}, http.StatusForbidden)
	want("admin", "/settings/backups/save", url.Values{"every": {"24"}, "keep": {"3"}}, http.StatusSeeOther)
	if got, err := setting.Load(t.Context(), settings, backup.ScheduleKey); err != nil || got != (backup.Schedule{EveryHours: 24, Keep: 3}) {
		t.Errorf("stored %+v, %v", got, err)
	}
	want("admin", "/settings/backups/now", url.Values{}, http.StatusSeeOther)
	want("admin", "/settings/backups/", nil, http.StatusOK, "One is being made.")
	rows, _, err := log.Search(t.Context(), audit.Query{})
	if err != nil || len(rows) != 2 || rows[0].Type != "BACKUP_ASKED" || rows[1].Description != "A backup is made every 24 hours; 3 are kept." {
		t.Errorf("the audit log has %+v, %v", rows, err)
	}
}
