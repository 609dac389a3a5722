package auditweb_test

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/audit/auditweb"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/web"
)

// sessions are those of an administrator, of one who may only look, and of one who may nothing.
type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	v := map[string]web.Viewer{
		"admin": {ID: 1, Name: "Anna Admin", Admin: true},
		"looks": {ID: 2, Name: "Ben Looks", Access: access.ViewAudit},
		"other": {ID: 3, Name: "Carl Other"},
	}[token]
	return v, nil
}

type people struct{}

func (people) People(_ context.Context, ids []int64) (map[int64]web.Person, error) {
	out := map[int64]web.Person{}
	for _, id := range ids {
		if id == 1 {
			out[id] = web.Person{Name: "Anna Admin", URL: "/company/personal/user/1/"}
		}
	}
	return out, nil
}

type bench struct {
	t     *testing.T
	log   *audit.Service
	clock *clock.Manual
	shell http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	d := dbtest.SQLite(t, audit.Schema(), setting.Schema())
	b := &bench{t: t, clock: clock.NewManual(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))}
	b.log = audit.New(d, b.clock)
	shell := web.New(web.Config{PortalName: "Northwind", Sessions: sessions{}, Clock: b.clock})
	auditweb.Register(shell, auditweb.Config{Log: b.log, Settings: setting.New(d, b.clock), People: people{}})
	b.shell = shell.Handler()
	return b
}

func (b *bench) record(addr string, e audit.Entry) {
	b.t.Helper()
	ctx := audit.WithSource(b.t.Context(), audit.Source{Addr: addr, Agent: "=Browser", URI: "/x"})
	if err := b.log.Record(ctx, e); err != nil {
		b.t.Fatal(err)
	}
	b.clock.Advance(time.Hour)
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

// want asks for a page; parts that begin with ! must not be on it.
func (b *bench) want(as, target string, status int, parts ...string) string {
	b.t.Helper()
	got, body := b.do(as, target, nil)
	if got != status {
		b.t.Errorf("%s as %s: %d, want %d", target, as, got, status)
	}
	for _, p := range parts {
		text, absent := strings.CutPrefix(p, "!")
		if strings.Contains(body, text) == absent {
			b.t.Errorf("%s as %s: %q there: %t", target, as, text, absent)
		}
	}
	return body
}

func TestTheListIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("admin", "/settings/audit/", 200, "Nothing has happened yet")
	b.record("10.0.0.9", audit.Entry{Severity: audit.Security, Type: "USER_AUTHORIZE", UserID: 1, Description: "Anna signed in."})
	b.record("cli", audit.Entry{Type: "APP_ADDED", Description: "Added <b>ReportBot</b>."})
	body := b.want("admin", "/settings/audit/", 200, "Signed in", "Anna signed in.", "Command line", "for ever", "/settings/audit/keep")
	if !strings.Contains(body, "Added <b>ReportBot</b>.") || strings.Count(body, "<b>") != 1 { // unescaped once by the test itself
		t.Error("the description is missing")
	}
	b.want("looks", "/settings/audit/", 200, "Anna signed in.", "!/settings/audit/keep")
	b.want("other", "/settings/audit/", 403, "!Anna signed in.")
	b.want("admin", "/settings/audit/?type=APP_ADDED", 200, "ReportBot", "!Anna signed in.")
	b.want("admin", "/settings/audit/?user=1", 200, "!ReportBot", "Anna signed in.")
	b.want("admin", "/settings/audit/?from=2026-11-26&to=2026-11-26&q=SIGNED", 200, "!ReportBot", "Anna signed in.")
	b.want("admin", "/settings/audit/?to=2026-11-25", 200, "Nothing found")
	b.want("admin", "/settings/audit/?from=yesterday", 422, "Enter a day as", "Anna signed in.")
	b.want("admin", "/settings/audit/1/", 200, "Anna signed in.", "USER_AUTHORIZE", "=Browser", "10.0.0.9", "/company/personal/user/1/")
	b.want("admin", "/settings/audit/9/", 404)
	b.want("other", "/settings/audit/1/", 403)
	for range 60 {
		b.record("", audit.Entry{Type: "LATER", Description: "Later."})
	}
	first := b.want("admin", "/settings/audit/", 200, "The portal", "!Anna signed in.")
	older := regexp.MustCompile(`href="([^"]*after=[^"]*)"`).FindStringSubmatch(first)
	if older == nil {
		t.Fatal("the list does not lead to older entries")
	}
	b.want("admin", older[1], 200, "Anna signed in.", "Newest")
}

func TestTheExportHoldsWhatTheFiltersLetThrough(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.record("10.0.0.9", audit.Entry{Severity: audit.Security, Type: "A", Module: "m", Item: "-5", UserID: 1, Description: `Said "no", twice.`})
	b.record("10.0.0.9", audit.Entry{Type: "B", Description: "Not asked for."})
	const table = "id,time,severity,type,module,item,user_id,address,user_agent,request,description\n" +
		"1,2026-11-26T09:00:00Z,SECURITY,A,m,'-5,1,10.0.0.9,'=Browser,/x,\"Said \"\"no\"\", twice.\"\n"
	if code, body := b.do("looks", "/settings/audit/export?format=csv&type=A", nil); code != 200 || body != table {
		t.Errorf("%d\n%s, want\n%s", code, body, table)
	}
	const lines = `{"id":1,"time":"2026-11-26T09:00:00Z","severity":"SECURITY","type":"A","module":"m","item":"-5","user_id":1,` +
		`"address":"10.0.0.9","user_agent":"=Browser","request":"/x","description":"Said \"no\", twice."}` + "\n"
	if code, body := b.do("looks", "/settings/audit/export?format=jsonl&type=A", nil); code != 200 || body != lines {
		t.Errorf("%d\n%s, want\n%s", code, body, lines)
	}
	b.want("looks", "/settings/audit/export?format=xls", 422)
	b.want("other", "/settings/audit/export?format=csv", 403)
}

func TestTheRetentionIsSet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	save := func(as, days, forever string) (int, string) {
		form := url.Values{"days": {days}}
		if forever != "" {
			form.Set("forever", forever)
		}
		return b.do(as, "/settings/audit/keep", form)
	}
	if code, body := save("admin", "5", ""); code != 422 || !strings.Contains(body, "30 to 3650 days") || !strings.Contains(body, `value="5"`) {
		t.Errorf("too few days: %d", code)
	}
	if code, body := save("admin", "many", ""); code != 422 || !strings.Contains(body, "Enter a number of days.") {
		t.Errorf("no number: %d", code)
	}
	if code, _ := save("looks", "90", ""); code != 403 {
		t.Errorf("who may only look: %d", code)
	}
	if code, _ := save("admin", "90", ""); code != 303 {
		t.Errorf("90 days: %d", code)
	}
	b.want("admin", "/settings/audit/", 200, "Entries are kept for 90 days.", "Setting changed")
	if code, _ := save("admin", "90", "1"); code != 303 {
		t.Errorf("for ever: %d", code)
	}
	b.want("admin", "/settings/audit/", 200, "Entries are kept for ever.")
}
