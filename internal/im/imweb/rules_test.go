package imweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// ruleSessions know who may change settings and who may not.
type ruleSessions struct{ web.Sessions }

func (ruleSessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	return map[string]web.Viewer{
		"may": {ID: 2, Name: "Ben May", Access: access.ChangeSettings}, "not": {ID: 3, Name: "Carl Not"},
	}[token], nil
}

func TestTheRulesForMessagesAreChangedAndRecorded(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, audit.Schema(), setting.Schema(), user.Schema(), im.Schema())
	clk := clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	settings, log := setting.New(d, clk), audit.New(d, clk)
	users := user.New(d, clk)
	shell := web.New(web.Config{PortalName: "Portico", Sessions: ruleSessions{}, Clock: clk})
	shell.Area("file", fstest.MapFS{"upload.js": {Data: []byte("export const upload = null\n")}}) // which the composer imports
	imweb.Register(shell, im.New(im.Config{DB: d, Clock: clk, Users: users}), imweb.Config{Users: users})
	imweb.RegisterRules(shell, settings, log)
	handler := shell.Handler()
	do := func(as, method, target, edit, links string) (int, string) {
		form := url.Values{"edit": {edit}}
		if links != "" {
			form.Set("links", links)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, test := range []struct {
		as, method, target, edit, links string
		status                          int
		part                            string
	}{
		{"may", http.MethodGet, "/settings/messages/", "", "", 200, `value="4320"`},
		{"may", http.MethodGet, "/settings/messages/", "", "", 200, "asks each linked site"},
		{"not", http.MethodGet, "/settings/messages/", "", "", 403, ""},
		{"not", http.MethodPost, "/settings/messages/save", "5", "1", 403, ""},
		{"may", http.MethodPost, "/settings/messages/save", "soon", "1", 422, "between 0 and 3,650 days"},
		{"may", http.MethodPost, "/settings/messages/save", "-1", "1", 422, "between 0 and 3,650 days"},
		{"may", http.MethodPost, "/settings/messages/save", " 15 ", "1", 303, ""},
		{"may", http.MethodGet, "/settings/messages/", "", "", 200, `value="15"`},
		{"may", http.MethodPost, "/settings/messages/save", "15", "1", 303, ""},
		{"may", http.MethodPost, "/settings/messages/save", "15", "", 303, ""},
		{"may", http.MethodPost, "/settings/messages/save", "0", "1", 303, ""},
	} {
		if status, body := do(test.as, test.method, test.target, test.edit, test.links); status != test.status || !strings.Contains(body, test.part) {
			t.Errorf("%+v: %d", test, status)
		}
	}
	rows, _, err := log.Search(t.Context(), audit.Query{})
	if err != nil {
		t.Fatal(err)
	}
	said := []string{}
	for _, r := range slices.Backward(rows) {
		said = append(said, r.Description)
	}
	want := []string{
		"Messages could be changed by who sent them for 4320 minutes; now for 15 minutes.",
		"Links in messages are not previewed any more.",
		"Messages could be changed by who sent them for 15 minutes; now for ever. Links in messages are previewed now.",
	}
	if !slices.Equal(said, want) {
		t.Errorf("recorded %q", said)
	}
}
