package frameweb

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/frame"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

func TestLooks(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]frameView{
		`{"bx24_width":450,"bx24_leftBoundary":40}`:                                               {Width: 450},
		`{"bx24_width":"450px"}`:                                                                  {Width: 450},
		`{"bx24_leftBoundary":"40"}`:                                                              {Left: 40},
		`{"bx24_width":-1,"bx24_leftBoundary":1e9}`:                                               {},
		`{"bx24_label":{"text":" my task ","bgColor":"pink","color":"#07ff0e"}}`:                  {Label: label{"my task", "pink", "#07ff0e"}},
		`{"bx24_label":{"text":"x","bgColor":"red;position:fixed","color":"url(https://evil/)"}}`: {Label: label{Text: "x"}},
		`{"bx24_label":"pink"}`:                                                                   {},
		`[1]`:                                                                                     {},
		`no JSON`:                                                                                 {},
	} {
		if got := openedWith(web.Page{Title: "Desk", Body: frameView{}}, options); got.Body != want || got.Title != "Desk" {
			t.Errorf("%s: %+v", options, got.Body)
		}
	}
	if p := openedWith(web.Page{Body: frameView{}}, `{"bx24_title":"my title"}`); p.Title != "my title" || !p.WideSlider {
		t.Errorf("%+v", p)
	}
}

func FuzzLooks(f *testing.F) {
	f.Add(`{"bx24_width":450,"bx24_label":{"text":"x","bgColor":"pink","color":"#07ff0e"},"bx24_title":"t"}`)
	f.Add(`{"bx24_label":{"color":"rgb(1,2,3)"}}`)
	f.Fuzz(func(t *testing.T, options string) {
		v := openedWith(web.Page{Body: frameView{}}, options).Body.(frameView)
		if v.Width < 0 || v.Width > 10_000 || v.Left < 0 || v.Left > 10_000 || strings.ContainsAny(v.Label.Back+v.Label.Color, ";:{}\"'<>") {
			t.Errorf("%+v", v)
		}
	})
}

func TestParams(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"params[docId]=42&params[test]=y&other=z": `{"docId":"42","test":"y"}`,
		"params%5Ba%5D%5Bb%5D=1":                  `{"a":{"b":"1"}}`,
		"params=1":                                "",
		"":                                        "",
	} {
		if got, err := paramsOf(query); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", query, got, err, want)
		}
	}
	for path, want := range map[string]string{
		"/company/?a=1": "/company/?a=1", "//evil.example/": "", "https://evil.example/": "", `/\evil`: "", "/a\nb": "", "": "",
	} {
		if got := cleanPath(path); got != want {
			t.Errorf("%q: %q", path, got)
		}
	}
}

// sessions knows Anna, an administrator, and Ben, by their names as tokens.
type sessions struct{ web.Sessions }

func (sessions) Lookup(_ context.Context, token string) (web.Viewer, error) {
	switch token {
	case "anna":
		return web.Viewer{ID: 1, Name: "Anna Berg", Admin: true}, nil
	case "ben":
		return web.Viewer{ID: 2, Name: "Ben Ode"}, nil
	}
	return web.Viewer{}, fault.New(fault.Unauthorized, "NO_SESSION", "The session is over.")
}

// apps has one application that waits for its installation, and one that is installed.
type apps struct{ frame.Apps }

func (apps) App(_ context.Context, id int64) (frame.App, error) {
	if id > 2 {
		return frame.App{}, fault.New(fault.NotFound, "APP_NOT_FOUND", "There is no such application.")
	}
	return frame.App{
		ID: id, Name: "Desk", HandlerURL: "https://app.example/x", HasPage: true, Installed: id == 2, Token: "t", Status: "L", Scopes: []string{"task"},
	}, nil
}

func (apps) WithPages(context.Context) ([]frame.App, error) { return nil, nil }

func (apps) PageTokens(_ context.Context, _, _ int64, renew bool) (frame.Tokens, error) {
	access := "first"
	if renew {
		access = "second"
	}
	return frame.Tokens{Access: access, Refresh: "again", ExpiresIn: time.Hour, MemberID: "m"}, nil
}

func (apps) Addresses() frame.Addresses {
	return frame.Addresses{Domain: "portal.test:8443", Secure: true, ServerEndpoint: "https://portal.test:8443/rest/"}
}

type bench struct {
	t     *testing.T
	shell http.Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, frame.Schema(), user.Schema(), audit.Schema(), placement.Schema())
	shell := web.New(web.Config{PortalName: "Northwind", Sessions: sessions{}, Clock: clk, Log: slog.New(slog.DiscardHandler)})
	Register(shell, Config{
		Frames: frame.New(frame.Config{DB: d, Clock: clk, Apps: apps{}}),
		Users:  user.NewService(user.Config{DB: d, Clock: clk}),
		Places: placement.New(placement.Config{DB: d, Clock: clk}),
	})
	return &bench{t, shell.Handler()}
}

func (b *bench) send(method, as, target, origin string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, nil)
	r.Header.Set("Portico-Fetch", "1")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	if as != "" {
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: as})
	}
	w := httptest.NewRecorder()
	b.shell.ServeHTTP(w, r)
	return w
}

func TestHostLetsInOneOrigin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.send(http.MethodGet, "anna", "/marketplace/frame/2/?options="+`%7B%22a%22%3A1%7D`, "")
	csp := w.Header().Get("Content-Security-Policy")
	for _, part := range []string{"frame-ancestors 'self'", "frame-src 'self' https://app.example;", "form-action 'self' https://app.example", "connect-src 'self'"} {
		if !strings.Contains(csp+";", part) {
			t.Errorf("the policy lacks %s: %s", part, csp)
		}
	}
	body := w.Body.String()
	for _, part := range []string{`name="AUTH_ID" value="first"`, `name="PLACEMENT_OPTIONS" value="{&#34;a&#34;:1}"`, `target="portal.test:8443|1|`, "data-host="} {
		if !strings.Contains(body, part) {
			t.Errorf("the document lacks %s", part)
		}
	}
	if strings.Contains(body, `class="rail"`) || strings.Contains(body, "frames.js") {
		t.Error("the document around a frame has the shell of a page")
	}
}

func TestHostSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for as, tc := range map[string]struct{ path, text string }{
		"":     {"/marketplace/frame/2/", "Your session is over"},
		"ben":  {"/marketplace/frame/1/", "not installed completely"},
		"anna": {"/marketplace/frame/2/?options=%7B", "no JSON object"},
	} {
		w := b.send(http.MethodGet, as, tc.path, "")
		if w.Code != 200 || !strings.Contains(w.Body.String(), tc.text) || strings.Contains(w.Body.String(), "AUTH_ID") {
			t.Errorf("%s as %q: %d %s", tc.path, as, w.Code, w.Body)
		}
	}
}

func TestTokensGoToThePortalsOwnPagesOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.send(http.MethodPost, "ben", "/marketplace/frame/2/auth", "http://example.com")
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got["AUTH_ID"] != "second" || got["AUTH_EXPIRES"] != 3600.0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, tc := range []struct {
		as, path, origin string
		code             int
	}{
		{"ben", "/marketplace/frame/2/auth", "https://app.example", 403},
		{"ben", "/marketplace/frame/2/auth", "null", 403},
		{"", "/marketplace/frame/2/auth", "", 401},
		{"ben", "/marketplace/frame/1/auth", "", 403},
		{"ben", "/marketplace/frame/9/auth", "", 404},
	} {
		if w := b.send(http.MethodPost, tc.as, tc.path, tc.origin); w.Code != tc.code || strings.Contains(w.Body.String(), "second") {
			t.Errorf("%+v: %d %s", tc, w.Code, w.Body)
		}
	}
}

func TestSiteFilesHaveNoOrigin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if w := b.send(http.MethodGet, "", "/marketplace/site/abc/index.html", ""); w.Code != 404 {
		t.Errorf("a site that is none: %d", w.Code)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/marketplace/site/abc/sw.js", nil)
	r.Header.Set("Service-Worker", "script")
	w := httptest.NewRecorder()
	b.shell.ServeHTTP(w, r)
	if w.Code != 403 {
		t.Errorf("a service worker: %d", w.Code)
	}
}

func TestJSONOfPairs(t *testing.T) {
	t.Parallel()
	if got := jsonOf([]string{"taskId", "31", "x", `a"b`}); got != `{"taskId":"31","x":"a\"b"}` {
		t.Error(got)
	}
	if v, err := phpform.ParseJSON([]byte(jsonOf([]string{"0", "a"})), phpform.Limits{}); err != nil || v.Len() != 1 {
		t.Errorf("%v, %v", v, err)
	}
}
