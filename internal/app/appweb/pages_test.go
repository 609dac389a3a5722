package appweb_test

import (
	"context"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/app/appweb"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// sessions knows Anna, an administrator, and Ben, by their names as tokens.
type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	switch token {
	case "anna":
		return web.Viewer{ID: 1, Name: "Anna Berg", Admin: true}, nil
	case "ben":
		return web.Viewer{ID: 2, Name: "Ben Ode", Access: access.OwnWebhooks}, nil
	}
	return web.Viewer{}, fault.New(fault.Unauthorized, "NO_SESSION", "The session is over.")
}

type people struct{}

func (p people) Access(ctx context.Context, id int64) (app.UserAccess, error) {
	return p.AccessTx(ctx, nil, id)
}

func (people) AccessTx(_ context.Context, _ *db.Tx, id int64) (app.UserAccess, error) {
	return app.UserAccess{Active: id <= 2, Admin: id == 1}, nil
}

func (people) People(_ context.Context, ids []int64) (map[int64]web.Person, error) {
	all := map[int64]web.Person{1: {Name: "Anna Berg"}, 2: {Name: "Ben Ode"}}
	out := map[int64]web.Person{}
	for _, id := range ids {
		out[id] = all[id]
	}
	return out, nil
}

// outbox counts events by name.
type outbox map[string]int

func (o outbox) SendTx(_ context.Context, tx *db.Tx, d app.Delivery) error {
	tx.AfterCommit(func() { o[d.Name]++ })
	return nil
}

func (outbox) HandlersTx(context.Context, *db.Tx, int64, string) ([]string, error) { return nil, nil }

// belongings has one of each for every application, and a method for every scope.
type belongings struct{}

func (belongings) Belonging(context.Context, user.Ref, int64) (appweb.Belonging, error) {
	return appweb.Belonging{
		Events: []appweb.BoundEvent{{Name: "ONTASKADD", Handler: "http://h/events", As: "Ben Ode"}},
		Bots:   []appweb.BotLine{{ID: 7, Code: "echo", Person: web.Person{Name: "Echo Bot"}}},
		Places: []appweb.Place{{Code: "LEFT_MENU", Title: "Reports", Handler: "http://h/menu"}},
	}, nil
}

func (belongings) Methods(scopes []string) []string {
	out := []string{"profile"}
	for _, s := range scopes {
		out = append(out, s+".do")
	}
	return out
}

type bench struct {
	t      *testing.T
	apps   *app.Service
	clock  *clock.Manual
	outbox outbox
	board  *board
	shell  http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, outbox: outbox{}, board: &board{bound: map[int64]app.Hook{}}}
	clk := clock.NewManual(morning)
	d := dbtest.SQLite(t, app.Schema(), audit.Schema())
	b.clock = clk
	b.apps = app.New(app.Config{
		DB: d, Audit: audit.New(d, clk), Clock: clk, Users: people{}, Events: b.outbox, Hooks: b.board,
		Endpoints: func() app.Endpoints {
			return app.Endpoints{
				Domain: "portal.example.com", ClientEndpoint: "https://portal.example.com/rest/", ServerEndpoint: "https://oauth.bitrix.info/rest/",
			}
		},
	})
	shell := web.New(web.Config{PortalName: "Northwind", Navigation: func(context.Context, web.Viewer) ([]web.NavItem, error) { return []web.NavItem{appweb.NavItem()}, nil }, Sessions: sessions{}, Clock: clk, Log: slog.New(slog.DiscardHandler)})
	appweb.Register(shell, b.apps, people{}, belongings{})
	b.shell = shell.Handler()
	return b
}

func TestHomeShowsLinesForThisPortal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	anna := b.want("anna", "/devops/", nil, 200, "Local application", "curl_init('https://portal.example.com/rest/' . $method)",
		"portico app add --name EchoBot", "https://portal.example.com/rest/1/SECRET/profile.json")
	if strings.Contains(anna, "PORTAL") {
		t.Error("a placeholder was left")
	}
	ben := b.want("ben", "/devops/", nil, 200, "Inbound webhook", "curl https://portal.example.com/rest/2/SECRET/profile.json")
	if strings.Contains(ben, "/devops/app/new") || strings.Contains(ben, "portico app add") {
		t.Error("who may not add applications is told how to")
	}
}

// do sends a request as somebody; a form makes it a POST. fetched says that a module asks.
func (b *bench) do(as, target string, form url.Values, fetched bool) (status int, body string) {
	b.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
	if fetched {
		r.Header.Set("Portico-Fetch", "1")
	}
	w := httptest.NewRecorder()
	b.shell.ServeHTTP(w, r)
	return w.Code, html.UnescapeString(w.Body.String())
}

func (b *bench) want(as, target string, form url.Values, status int, parts ...string) string {
	b.t.Helper()
	got, body := b.do(as, target, form, false)
	if got != status {
		b.t.Errorf("%s as %s: %d, want %d\n%.600s", target, as, got, status, body)
	}
	for _, p := range parts {
		if !strings.Contains(body, p) {
			b.t.Errorf("%s as %s has no %q", target, as, p)
		}
	}
	return body
}

func botForm() url.Values {
	return url.Values{
		"name": {"ReportBot"}, "kind": {"server"}, "api_only": {"1"}, "handler_url": {"http://127.0.0.1:9100/bot.php"},
		"install_url": {"http://127.0.0.1:9100/bot.php"}, "scopes": {"im", "imbot", "task", "task_extended"},
	}
}

// field returns the value of the read-only input under a label.
func field(body, label string) string {
	_, rest, _ := strings.Cut(body, ">"+label+"<")
	m := regexp.MustCompile(`value="([^"]*)"`).FindStringSubmatch(rest)
	if m == nil {
		return ""
	}
	return m[1]
}

func TestAddingAnApplicationShowsItsKeysOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("anna", "/devops/", nil, 200, "Local application", "Inbound webhook", `href="/devops/app/new"`)
	b.want("anna", "/devops/app/new", nil, 200, "Web messenger (im)", "Tasks (extended rights) (task_extended)", "Uses only API", `value="imbot"`)

	shown := b.want("anna", "/devops/app/add", botForm(), 200, "ReportBot is installed", "ONAPPINSTALL", "curl https://portal.example.com/rest/app.info -d auth=")
	apps, err := b.apps.List(t.Context(), user.Ref{ID: 1, Admin: true})
	if err != nil || len(apps) != 1 || !apps[0].APIOnly || !apps[0].Installed || len(apps[0].Scopes) != 4 || b.outbox["ONAPPINSTALL"] != 1 {
		t.Fatalf("%+v, %v, events %v", apps, err, b.outbox)
	}
	a, secret := apps[0], field(shown, "Application key (client_secret)")
	if field(shown, "Application ID (client_id)") != a.ClientID || field(shown, "Application token (application_token)") != a.Token {
		t.Error("the keys are not shown")
	}
	auth, err := b.apps.Auth(t.Context(), a.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	refresh, _ := auth.Get("refresh_token")
	if _, err := b.apps.Refresh(t.Context(), a.ClientID, secret, refresh.Text()); err != nil {
		t.Errorf("refresh with the secret that was shown: %v", err)
	}
	token := regexp.MustCompile(`app\.info -d auth=([a-z0-9]+)`).FindStringSubmatch(shown)[1]
	if _, err := b.apps.Authorize(t.Context(), app.Credentials{Token: token}); err != nil {
		t.Errorf("the test call: %v", err)
	}
	later := b.want("anna", "/devops/app/1/", nil, 200, a.ClientID, a.Token, "Anna Berg", "Reinstall", "••••")
	if strings.Contains(later, secret) {
		t.Error("the secret is shown a second time")
	}
	b.want("anna", "/devops/integrations/", nil, 200, "ReportBot", "Server application, API only", "Web messenger", "Anna Berg", "just now")
}

func TestAModuleGetsTheKeysAsAPartOfThePage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	status, body := b.do("anna", "/devops/app/add", botForm(), true)
	if status != 200 || !strings.Contains(body, `data-url="/devops/app/1/"`) || strings.Contains(body, "<html") {
		t.Errorf("%d %.200s", status, body)
	}
	bad := botForm()
	bad.Set("handler_url", "bot.php")
	status, body = b.do("anna", "/devops/app/add", bad, true)
	if want := `{"error":{"code":"INVALID_FIELD","field":"handler_url","text":"Begin the address with http:// or https://."}}`; status != 422 || body != want {
		t.Errorf("%d %s, want %s", status, body, want)
	}
}

func TestMistakesAreShownAtTheirFieldsAndNothingIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := botForm()
	f.Set("name", " ")
	f.Set("handler_url", "ftp://bot")
	f.Del("api_only")
	f.Set("menu_title", `Reports "daily"`)
	b.want("anna", "/devops/app/add", f, 422,
		"Enter a name.", "Begin the address with http:// or https://.", `value="ftp://bot"`, `value="Reports "daily""`,
		`value="http://127.0.0.1:9100/bot.php"`, `name="scopes" value="task_extended" checked`)
	if apps, err := b.apps.List(t.Context(), user.Ref{ID: 1, Admin: true}); err != nil || len(apps) != 0 || len(b.outbox) != 0 {
		t.Errorf("%d applications, %v, events %v; want none", len(apps), err, b.outbox)
	}
	b.want("anna", "/devops/app/add", botForm(), 200)
	b.want("anna", "/devops/app/1/save", f, 422, "Enter a name.", `value="ftp://bot"`)
}

func TestEditReinstallNewSecretAndDelete(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := field(b.want("anna", "/devops/app/add", botForm(), 200), "Application key (client_secret)")
	f := botForm()
	f.Set("name", "Reports")
	f["scopes"] = []string{"task"}
	b.want("anna", "/devops/app/1/save", f, 200, "ReportBot loses permissions", "<code>im.do</code>, <code>imbot.do</code>", `name="scopes" value="task"`,
		"Save anyway", `name="name" value="Reports"`)
	if a, err := b.apps.Find(t.Context(), 1); err != nil || a.Name != "ReportBot" || len(a.Scopes) != 4 {
		t.Errorf("%+v, %v: nothing may change before the person is sure", a, err)
	}
	f.Set("sure", "1")
	b.want("anna", "/devops/app/1/save", f, 303)
	a, err := b.apps.Find(t.Context(), 1)
	if err != nil || a.Name != "Reports" || len(a.Scopes) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	b.want("anna", "/devops/app/1/install", url.Values{}, 303)
	if b.outbox["ONAPPINSTALL"] != 2 {
		t.Errorf("events %v, want a second ONAPPINSTALL", b.outbox)
	}
	second := field(b.want("anna", "/devops/app/1/secret", url.Values{}, 200), "Application key (client_secret)")
	if len(second) != 50 || second == first {
		t.Errorf("secrets %q and %q", first, second)
	}
	b.want("anna", "/devops/app/1/", nil, 200, "ONTASKADD", "http://h/events, as Ben Ode", "Echo Bot", "LEFT_MENU", "Anna Berg")
	third := field(b.want("anna", "/devops/app/1/secret", url.Values{"old": {"keep"}}, 200, "The old one works for 24 hours more."), "Application key (client_secret)")
	b.want("anna", "/devops/app/1/", nil, 200, "The secret before this one works until")
	if _, err := b.apps.Refresh(t.Context(), a.ClientID, second, "x"); !errors.Is(err, app.ErrGrant) || third == second {
		t.Errorf("the old secret: %v", err)
	}
	b.want("anna", "/devops/app/1/token", url.Values{}, 303)
	if again, err := b.apps.Find(t.Context(), 1); err != nil || again.Token == a.Token {
		t.Errorf("application_token %q, %v", again.Token, err)
	}
	b.want("anna", "/devops/app/1/remove", url.Values{"clean": {"1"}}, 303)
	b.want("anna", "/devops/app/1/", nil, 404)
	b.want("anna", "/devops/integrations/", nil, 200, "No integrations yet")
	if b.outbox["ONAPPUNINSTALL"] != 1 {
		t.Errorf("events %v, want ONAPPUNINSTALL", b.outbox)
	}
}

func TestAnEmployeeHasWebhooksOfTheirOwnOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("anna", "/devops/app/add", botForm(), 200)
	b.want("anna", "/devops/webhook/add", url.Values{"title": {"Anna's"}}, 200)
	home := b.want("ben", "/devops/", nil, 200, "Inbound webhook")
	if strings.Contains(home, "/devops/app/new") {
		t.Error("Ben is offered a local application")
	}
	for _, target := range []string{"/devops/app/new", "/devops/app/1/"} {
		b.want("ben", target, nil, 403)
	}
	for _, target := range []string{"/devops/app/add", "/devops/app/1/save", "/devops/app/1/install", "/devops/app/1/secret", "/devops/app/1/remove"} {
		b.want("ben", target, botForm(), 403)
	}
	b.want("ben", "/devops/webhook/1/", nil, 404)
	b.want("ben", "/devops/webhook/1/remove", url.Values{}, 404)

	shown := b.want("ben", "/devops/webhook/add", url.Values{"title": {"Nightly report"}, "scopes": {"task"}}, 200, "Nightly report is ready", "scope.json")
	address := field(shown, "Address of the webhook")
	code := regexp.MustCompile(`^https://portal\.example\.com/rest/2/([a-zA-Z0-9]{16,32})/$`).FindStringSubmatch(address)
	if code == nil {
		t.Fatalf("address %q", address)
	}
	p, err := b.apps.Authorize(t.Context(), app.Credentials{WebhookUserID: 2, WebhookCode: code[1]})
	if err != nil || p.UserID != 2 || len(p.Scopes) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	list := b.want("ben", "/devops/integrations/", nil, 200, "Nightly report", "Ben Ode")
	if strings.Contains(list, "Anna's") || strings.Contains(list, "ReportBot") {
		t.Error("Ben sees what is not his")
	}
	if later := b.want("ben", "/devops/webhook/2/", nil, 200, "Nightly report"); strings.Contains(later, code[1]) {
		t.Error("the code is shown a second time")
	}
	b.want("ben", "/devops/webhook/2/save", url.Values{"title": {"Weekly"}, "scopes": {"task", "crm"}}, 303)
	b.want("ben", "/devops/webhook/2/save", url.Values{"scopes": {"secrets"}}, 422, "There is no permission “secrets”.")

	b.want("anna", "/devops/webhook/2/", nil, 200, "belongs to somebody else", "Ben Ode")
	taken := b.want("anna", "/devops/webhook/2/save", url.Values{"title": {"Weekly"}}, 200)
	if got := field(taken, "Address of the webhook"); !strings.HasPrefix(got, "https://portal.example.com/rest/1/") {
		t.Errorf("taken over to %q", got)
	}
	b.want("anna", "/devops/webhook/2/remove", url.Values{}, 303)
	b.want("ben", "/devops/integrations/", nil, 200, "No integrations yet")
}

func TestPageTextIsEscaped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := botForm()
	f.Set("name", `<script>alert(1)</script>`)
	b.want("anna", "/devops/app/add", f, 200)
	for _, target := range []string{"/devops/integrations/", "/devops/app/1/"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: "anna"})
		w := httptest.NewRecorder()
		b.shell.ServeHTTP(w, r)
		if strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%s holds the name as markup", target)
		}
	}
}

func TestAppPageTellsWhomItActsForAndOfRaces(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	secret := field(b.want("anna", "/devops/app/add", botForm(), 200), "Application key (client_secret)")
	a, err := b.apps.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	g, err := b.apps.Issue(t.Context(), 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := b.apps.Refresh(t.Context(), a.ClientID, secret, g.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	b.clock.Advance(2 * time.Minute)
	if _, err := b.apps.Refresh(t.Context(), a.ClientID, secret, g.RefreshToken); !errors.Is(err, app.ErrGrant) {
		t.Fatal(err)
	}
	if _, err := b.apps.Authorize(t.Context(), app.Credentials{Token: g.AccessToken, Remote: "10.1.2.3"}); err != nil {
		t.Fatal(err)
	}
	b.want("anna", "/devops/app/1/", nil, 200, "Ben Ode", "2 for access, 1 to renew", "from 10.1.2.3", "/devops/app/1/revoke/2",
		"ReportBot refreshes one token several times at once.", "2 repeats for Ben Ode", "A part of ReportBot works with old tokens.", "It came once")
	b.want("anna", "/devops/app/1/revoke/2", url.Values{}, 303)
	if body := b.want("anna", "/devops/app/1/", nil, 200); strings.Contains(body, "/devops/app/1/revoke/2") {
		t.Error("Ben's tokens are still there")
	}
	b.want("ben", "/devops/app/1/revoke/1", url.Values{}, 403)
}

func TestListOfIntegrationsIsFiltered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want("anna", "/devops/app/add", botForm(), 200)
	b.want("ben", "/devops/webhook/add", url.Values{"title": {"Import"}, "scopes": {"task"}}, 200)
	b.want("anna", "/devops/integrations/?q=REPORT", nil, 200, "ReportBot", `value="REPORT"`)
	if body := b.want("anna", "/devops/integrations/list?what=app", nil, 200, "ReportBot"); strings.Contains(body, "<html") || strings.Contains(body, "Import") {
		t.Errorf("the fragment is %.300s", body)
	}
	b.want("anna", "/devops/integrations/?state=disabled", nil, 200, "Nothing found", `value="disabled" selected`)
	if body := b.want("ben", "/devops/integrations/", nil, 200, "Import"); strings.Contains(body, "ReportBot") {
		t.Error("Ben sees an application")
	}
}

func TestWebhookEndsAndIsSwitchedOffOnItsPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := url.Values{"title": {"Import"}, "scopes": {"task"}, "expires": {"2026-11-22"}}
	b.want("ben", "/devops/webhook/add", f, 422, "Choose a day that is not over yet.", `value="2026-11-22"`)
	f.Set("expires", "soon")
	b.want("ben", "/devops/webhook/add", f, 422, "Choose a day that is not over yet.")
	f.Set("expires", "2026-11-23")
	first := field(b.want("ben", "/devops/webhook/add", f, 200), "Address of the webhook")
	w, err := b.apps.Webhook(t.Context(), user.Ref{ID: 2}, 1)
	if want := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC); err != nil || !w.Expires.Equal(want) {
		t.Errorf("it ends at %v, %v; want the end of the day", w.Expires, err)
	}
	b.want("ben", "/devops/webhook/1/", nil, 200, `value="2026-11-23"`, "Good until", "New address", "Switch off")
	second := field(b.want("ben", "/devops/webhook/1/code", url.Values{}, 200), "Address of the webhook")
	if first == second || !strings.HasPrefix(second, "https://portal.example.com/rest/2/") {
		t.Errorf("%q after %q", second, first)
	}
	if body := b.want("anna", "/devops/webhook/1/", nil, 200); strings.Contains(body, "New address") {
		t.Error("somebody else may have a new address shown")
	}
	b.want("anna", "/devops/webhook/1/code", url.Values{}, 404)
	b.want("anna", "/devops/webhook/1/switch", url.Values{}, 303)
	b.want("ben", "/devops/webhook/1/", nil, 200, "Switched off", "Switch on")
	b.want("ben", "/devops/webhook/1/switch", url.Values{"on": {"1"}}, 303)
	b.clock.Advance(24 * time.Hour)
	b.want("ben", "/devops/webhook/1/", nil, 200, "Expired")
}

func (outbox) QueueTx(context.Context, *db.Tx, app.Delivery) error { return nil }
