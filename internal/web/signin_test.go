package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/web"
)

func TestSignInIsAskedForAndLeadsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.get("/notes/2/?tab=a%26b", "")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/login?next=%2Fnotes%2F2%2F%3Ftab%3Da%2526b" {
		t.Fatalf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	next, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"login": {"anna"}, "password": {"secret"}, "next": {next.Query().Get("next")}}
	w = b.do(http.MethodPost, "/login", "", form.Encode())
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/notes/2/?tab=a%26b" {
		t.Errorf("after signing in: %d to %q", w.Code, w.Header().Get("Location"))
	}
	c := w.Result().Cookies()[0]
	if c.Value != "anna" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie is %v", c)
	}
	if w := b.get("/notes/data", ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `"code":"SIGN_IN"`) {
		t.Errorf("a fragment answered %d %s", w.Code, w.Body)
	}
}

func TestSessionCookieIsRenewedNowAndThen(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sent := map[string]*http.Cookie{}
	for _, c := range b.get("/notes/2/", "anna").Result().Cookies() { // two pages, one over the other: one renewal
		if sent[c.Name] != nil {
			t.Errorf("%s is set twice", c.Name)
		}
		sent[c.Name] = c
	}
	session, renewed := sent["portico_session"], sent["portico_renewed"]
	if session == nil || session.Value != "anna" || session.MaxAge != 30*24*3600 || !session.HttpOnly {
		t.Fatalf("session %v, want another 30 days", session)
	}
	if renewed == nil || renewed.MaxAge != 24*3600 {
		t.Fatalf("renewed %v, want a day of rest", renewed)
	}
	if c := b.get("/notes/", "", "Cookie", "portico_session=anna; portico_renewed=1").Result().Cookies(); len(c) != 0 {
		t.Errorf("on the same day again: %v", c)
	}
	for _, path := range []string{"/notes/data", "/notes/file?type=image/png", "/assets/x/nope/a.js"} {
		if c := b.get(path, "anna").Result().Cookies(); len(c) != 0 {
			t.Errorf("%s, which may be stored on the way, sets %v", path, c)
		}
	}
	if c := b.get("/notes/", "gone").Result().Cookies(); len(c) != 0 {
		t.Errorf("a session that is over is renewed: %v", c)
	}
}

func TestSignInSaysWhatIsWrongAtTheField(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do(http.MethodPost, "/login", "", "login=an%22na&password=no&next=/notes/")
	has(t, w.Body.String(), "The password does not match.", `value="an&#34;na"`, `name="next" value="/notes/"`)
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), `value="no"`) {
		t.Errorf("status %d; the password must not come back:\n%s", w.Code, w.Body)
	}
	w = b.do(http.MethodPost, "/login", "", "login=&password=")
	has(t, w.Body.String(), "Enter your login or email.", "Enter your password.")
}

func TestSignInNeverLeadsToAnotherSite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:1", ""} {
		form := url.Values{"login": {"anna"}, "password": {"secret"}, "next": {next}}
		if to := b.do(http.MethodPost, "/login", "", form.Encode()).Header().Get("Location"); to != "/" {
			t.Errorf("next %q leads to %q", next, to)
		}
	}
}

func TestCookieIsSecureBehindATrustedProxyOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := "login=anna&password=secret"
	if c := b.do(http.MethodPost, "/login", "", form, "X-Forwarded-Proto", "https").Result().Cookies()[0]; c.Secure {
		t.Error("an untrusted header made the cookie secure")
	}
	b.shell = web.New(web.Config{Sessions: b.sessions, TrustProxy: true})
	if c := b.do(http.MethodPost, "/login", "", form, "X-Forwarded-Proto", "https").Result().Cookies()[0]; !c.Secure {
		t.Error("the proxy speaks HTTPS and the cookie is not secure")
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do(http.MethodPost, "/logout", "anna", "x=1")
	c := w.Result().Cookies()[0]
	if len(b.sessions.ended) != 1 || b.sessions.ended[0] != "anna" || c.MaxAge >= 0 || w.Header().Get("Location") != "/login" {
		t.Errorf("ended %v, cookie %v, to %q", b.sessions.ended, c, w.Header().Get("Location"))
	}
}

func TestThemeIsStoredAndShown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if w := b.do(http.MethodPost, "/theme", "anna", "theme=dark&next=/notes/"); w.Header().Get("Location") != "/notes/" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
	has(t, b.get("/notes/", "anna").Body.String(), `data-theme="dark"`)
	if w := b.do(http.MethodPost, "/theme", "anna", "theme=pink", "Portico-Fetch", "1"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown theme answered %d", w.Code)
	}
}
