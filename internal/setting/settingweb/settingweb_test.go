package settingweb_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	return map[string]web.Viewer{
		"admin": {ID: 1, Name: "Anna Admin", Admin: true},
		"may":   {ID: 2, Name: "Ben May", Access: access.ChangeSettings},
		"looks": {ID: 3, Name: "Carl Looks", Access: access.ViewAudit},
	}[token], nil
}

type bench struct {
	t        *testing.T
	settings *setting.Store
	log      *audit.Service
	shell    http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d, clk := dbtest.SQLite(t, audit.Schema(), setting.Schema()), clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	b := &bench{t: t, settings: setting.New(d, clk), log: audit.New(d, clk)}
	shell := web.New(web.Config{PortalName: "Portico", Sessions: sessions{}, Clock: clk, Banner: func(v web.Viewer) *web.Banner {
		return &web.Banner{Text: "Lenient & loud.", URL: settingweb.LimitsURL, Link: "API limits"}
	}})
	settingweb.Register(shell, settingweb.Config{Settings: b.settings, Audit: b.log, MeterURL: "/console/limits/", DefaultName: "Portico"})
	b.shell = shell.Handler()
	return b
}

func (b *bench) do(as, target string, form url.Values) (int, string) {
	b.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
	w := httptest.NewRecorder()
	b.shell.ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String())
}

// want sends a request; parts that begin with ! must not be in the answer.
func (b *bench) want(as, target string, form url.Values, status int, parts ...string) {
	b.t.Helper()
	got, body := b.do(as, target, form)
	if got != status {
		b.t.Errorf("%s as %s: %d, want %d", target, as, got, status)
	}
	for _, p := range parts {
		text, absent := strings.CutPrefix(p, "!")
		if strings.Contains(body, text) == absent {
			b.t.Errorf("%s as %s: %q there: %t", target, as, text, absent)
		}
	}
}

// entries are the descriptions in the audit log, the newest first.
func (b *bench) entries() (out []string) {
	b.t.Helper()
	rows, _, err := b.log.Search(b.t.Context(), audit.Query{})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range rows {
		out = append(out, r.Type+" "+r.Item+": "+r.Description)
	}
	return out
}

func TestTheNameIsChangedAndRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("may", "/settings/", nil, 200, `placeholder="Portico"`, "API limits", "Lenient & loud.", "!Backups")
	b.want("looks", "/settings/", nil, 403)
	b.want("may", "/settings/save", url.Values{"name": {" Northwind "}}, 303)
	b.want("may", "/settings/save", url.Values{"name": {"Northwind"}}, 303)
	b.want("may", "/settings/", nil, 200, `value="Northwind"`)
	b.want("may", "/settings/save", url.Values{"name": {strings.Repeat("x", 101)}}, 422, "longer than 100 characters", strings.Repeat("x", 101))
	b.want("looks", "/settings/save", url.Values{"name": {"Mine"}}, 403)
	const want = "SETTING_CHANGED portal.general: The portal was called Portico and is now called Northwind."
	if got := b.entries(); len(got) != 1 || got[0] != want {
		t.Errorf("recorded %q, want %q", got, want)
	}
}

func TestTheLimitsAreChangedAndRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const page, save = "/settings/limits/", "/settings/limits/save"
	b.want("may", page, nil, 200, `value="0,0" selected`, "!/console/limits/")
	b.want("admin", page, nil, 200, "/console/limits/")
	b.want("may", save, url.Values{"requests": {"50,2"}, "operating": {"480"}, "protected": {"1"}}, 303)
	b.want("may", page, nil, 200, `value="50,2" selected`, `value="480" selected`)
	b.want("may", save, url.Values{"requests": {"own"}, "burst": {"7"}, "per_second": {"3"}, "operating": {"own"}, "operating_seconds": {"90"}, "lenient": {"1"}}, 303)
	got, err := setting.Load(t.Context(), b.settings, setting.APIKey)
	if want := (setting.API{Burst: 7, PerSecond: 3, OperatingSeconds: 90, Lenient: true, Unprotected: true}); err != nil || got != want {
		t.Errorf("stored %+v, %v; want %+v", got, err, want)
	}
	for name, c := range map[string]struct {
		form url.Values
		text string
	}{
		"no number":  {url.Values{"requests": {"own"}, "burst": {"many"}, "operating": {"0"}}, "Enter a whole number."},
		"nothing":    {url.Values{"requests": {"own"}, "burst": {"0"}, "per_second": {"1"}, "operating": {"0"}}, "Enter at least 1"},
		"too many":   {url.Values{"requests": {"own"}, "burst": {"5000000"}, "per_second": {"1"}, "operating": {"0"}}, "Enter 1 to 1000000 requests"},
		"no falling": {url.Values{"requests": {"own"}, "burst": {"5"}, "per_second": {"0"}, "operating": {"0"}}, "Enter 1 to 100000 requests a second"},
		"too long":   {url.Values{"requests": {"0,0"}, "operating": {"own"}, "operating_seconds": {"99999"}}, "Enter 1 to 86400 seconds"},
	} {
		if code, body := b.do("may", save, c.form); code != 422 || !strings.Contains(body, c.text) {
			t.Errorf("%s: %d, without %q", name, code, c.text)
		}
	}
	want := []string{
		"SETTING_CHANGED portal.api: Requests are limited to 7, falling by 3 a second; operating time to 90 seconds; webhooks may call methods meant for applications; the protection of the server is off.",
		"SETTING_CHANGED portal.api: Requests are limited to 50, falling by 2 a second; operating time to 480 seconds.",
	}
	if got := b.entries(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("recorded %q", got)
	}
}

func TestThePagesAreAListBesideThePage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, body := b.do("may", settingweb.LimitsURL, nil)
	for _, want := range []string{
		`<div class="menu-head">Portal</div><a class="menu-item" href="/settings/">`, `<div class="menu-head">Applications</div><a class="menu-item" href="/settings/limits/" aria-current="page">`,
		`popovertarget="beside"`, `id="beside" popover data-menu aria-label="Settings"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
	for _, other := range []string{`class="tabs"`, "Backups", ">Safety<"} { // a group of which nothing is there
		if strings.Contains(body, other) {
			t.Errorf("the page holds %s", other)
		}
	}
}
