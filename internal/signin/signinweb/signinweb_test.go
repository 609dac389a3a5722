package signinweb_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/signin/oidc"
	"github.com/portico-hq/portico/internal/signin/oidctest"
	"github.com/portico-hq/portico/internal/signin/signinweb"
	"github.com/portico-hq/portico/internal/totp"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/web"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

const password = "correct horse"

// bench is a portal of Anna (an administrator) and Ben.
type bench struct {
	*testing.T
	clock  *clock.Manual
	users  *user.Service
	signin *signin.Service
	issuer *oidctest.Issuer
	portal http.Handler
}

// browser keeps cookies as a browser does, apart from their paths.
type browser struct {
	*bench
	cookies map[string]*http.Cookie
}

func newBench(t *testing.T) *bench {
	t.Helper()
	c := clock.NewManual(noon)
	d := dbtest.SQLite(t, setting.Schema(), user.Schema(), signin.Schema())
	settings := setting.New(d, c)
	users := user.NewService(user.Config{DB: d, Clock: c, Rules: signin.Rules(settings)})
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	issuer := oidctest.New(t, c)
	s := signin.New(signin.Config{
		DB: d, Clock: c, Users: users, Settings: settings, Box: box, Provider: oidc.New(issuer.Client(), c),
		Portal: func() string { return "Northwind" },
	})
	shell := web.New(web.Config{
		PortalName: "Northwind", Sessions: userweb.NewSessions(users), Clock: c, Home: "/profile/", ProfileURL: userweb.ProfileURL,
		SignIn: signinweb.SignIn(s), StepURL: signinweb.StepURL, SignInWays: signinweb.Ways(s),
	})
	publicURL := func(path string) string { return "https://portal.example" + path }
	userweb.Register(shell, users, publicURL)
	signinweb.Register(shell, s, users, publicURL)
	b := &bench{t, c, users, s, issuer, shell.Handler()}
	for _, n := range []user.NewUser{
		{Login: "anna", Email: "anna@example.com", FirstName: "Anna", Admin: true, Password: password},
		{Login: "ben", Email: "ben@example.com", FirstName: "Ben", Password: password},
	} {
		if _, err := users.Create(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b *bench) browser() *browser { return &browser{b, map[string]*http.Cookie{}} }

func (w *browser) do(r *http.Request) *httptest.ResponseRecorder {
	w.Helper()
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0")
	for _, c := range w.cookies {
		if strings.HasPrefix(r.URL.Path, c.Path) {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	rec := httptest.NewRecorder()
	w.portal.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if !c.HttpOnly && c.MaxAge >= 0 && c.Value != "" {
			w.Errorf("scripts may read the cookie %s", c.Name)
		}
		if c.MaxAge < 0 {
			delete(w.cookies, c.Name)
			continue
		}
		w.cookies[c.Name] = c
	}
	return rec
}

func (w *browser) get(target string) *httptest.ResponseRecorder {
	w.Helper()
	return w.do(httptest.NewRequestWithContext(context.WithoutCancel(w.Context()), http.MethodGet, target, nil))
}

func (w *browser) post(target string, pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequestWithContext(context.WithoutCancel(w.Context()), http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

// signIn signs in with the password alone.
func (w *browser) signIn(login string) *browser {
	w.Helper()
	w.leads(w.post("/login", "login", login, "password", password), "/")
	return w
}

// says holds an answer to its status and to what it says; "!" in front of what it must not.
func (b *bench) says(w *httptest.ResponseRecorder, code int, want ...string) string {
	b.Helper()
	body := w.Body.String()
	if w.Code != code {
		b.Fatalf("status %d to %q, want %d: %s", w.Code, w.Header().Get("Location"), code, body)
	}
	for _, s := range want {
		not, absent := strings.CutPrefix(s, "!")
		if strings.Contains(body, not) == absent {
			b.Errorf("%q in\n%s", s, body)
		}
	}
	return body
}

func (b *bench) leads(w *httptest.ResponseRecorder, to string) {
	b.Helper()
	if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != to {
		b.Fatalf("status %d to %q, want %q: %s", w.Code, got, to, w.Body)
	}
}

var keyOf = regexp.MustCompile(`value="((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})"`)

// secret returns the key that a page shows.
func (b *bench) secret(body string) []byte {
	b.Helper()
	m := keyOf.FindStringSubmatch(body)
	if m == nil {
		b.Fatalf("no key in\n%s", body)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(m[1], " ", ""))
	if err != nil {
		b.Fatal(err)
	}
	return secret
}

func (b *bench) code(secret []byte) string { return totp.Code(secret, totp.Step(b.clock.Now())) }

var codeLine = regexp.MustCompile(`<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</li>`)

func TestASecondFactorFromSettingUpToSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ben := b.browser().signIn("ben")
	b.says(ben.get("/profile/security/"), 200, "Set up", "This browser", "Firefox on Linux", "192.0.2.1", "!Sign out all others")
	page := b.says(ben.get("/profile/security/factor"), 200, `<svg class="qr"`, "Type the key")
	secret := b.secret(page)
	b.says(ben.post("/profile/security/factor", "code", "000000"), 422, "This code is wrong", totp.Text(secret))
	old := ben.cookies["portico_session"].Value
	body := b.says(ben.post("/profile/security/factor", "code", b.code(secret)), 200, "The second factor is on.")
	codes := codeLine.FindAllStringSubmatch(body, -1)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	b.says(ben.get("/profile/security/"), 200, "10 recovery codes are left", "!Type the key")
	if ben.cookies["portico_session"].Value == old {
		t.Error("the session keeps its token when a second factor is set up")
	}

	b.clock.Advance(totp.Period)
	w := b.browser()
	b.leads(w.post("/login", "login", "ben", "password", password, "next", "/company/"), "/login/step?next=%2Fcompany%2F")
	if w.cookies["portico_session"] != nil {
		t.Error("the password alone opened a session")
	}
	b.leads(w.get("/company/"), "/login?next=%2Fcompany%2F")
	b.says(w.get("/login/step?next=%2Fcompany%2F"), 200, "Do not ask on this device for 30 days", `value="/company/"`)
	b.says(w.post("/login/step/code", "code", "", "next", "/company/"), 422, "Enter the code that the app shows.")
	b.says(w.post("/login/step/code", "code", "123456", "next", "/company/"), 422, "This code is wrong", `value="/company/"`)
	b.leads(w.post("/login/step/code", "code", b.code(secret), "next", "//evil.example", "trust", "1"), "/")
	b.says(w.get("/company/"), 200)
	if w.cookies["portico_step"] != nil || w.cookies["portico_device"].Path != "/login" || w.cookies["portico_device"].MaxAge != 30*24*3600 {
		t.Errorf("cookies %v", w.cookies)
	}
	b.leads(w.post("/logout"), "/login")
	w.signIn("ben") // this device is not asked
	b.says(w.get("/profile/security/"), 200, "Devices that are not asked for codes", "Sign out all others")

	lost := b.browser()
	b.leads(lost.post("/login", "login", "ben", "password", password), "/login/step?next=%2F")
	b.says(lost.post("/login/step/code", "recovery", "AAAA-BBBB-CCCC-DDDD"), 422, "none of your recovery codes")
	b.leads(lost.post("/login/step/code", "recovery", codes[0][1]), "/")
	b.says(lost.get("/profile/security/"), 200, "9 recovery codes are left")
	b.clock.Advance(totp.Period)
	b.leads(lost.post("/profile/security/factor/off", "code", b.code(secret)), "/profile/security/")
	b.browser().signIn("ben")
}

func TestAStepThatIsOverLeadsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.browser()
	b.leads(w.get("/login/step?next=%2Fcompany%2F"), "/login?next=%2Fcompany%2F")
	w.cookies["portico_step"] = &http.Cookie{Name: "portico_step", Value: "guessed", Path: "/login"}
	for _, path := range []string{"/login/step/code", "/login/step/factor", "/login/step/password"} {
		b.says(w.post(path, "code", "123456", "password", "new password", "again", "new password"), 401, "This took longer than 10 minutes. Sign in again.")
	}
}

func TestAResetPasswordIsReplacedOnTheWayIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.users.AskForPassword(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	w := b.browser()
	b.leads(w.post("/login", "login", "ben", "password", password), "/login/step?next=%2F")
	b.says(w.get("/login/step"), 200, "Choose a new password", "At least 8 characters.")
	b.says(w.post("/login/step/password", "password", "new password", "again", "other"), 422, "The passwords differ.")
	b.says(w.post("/login/step/password", "password", password, "again", password), 422, "The new password is the old one.")
	b.leads(w.post("/login/step/password", "password", "new password", "again", "new password", "next", "/company/"), "/company/")
	b.says(w.get("/company/"), 200)
}

func TestSessionsAreSeenAndEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	here, there, third := b.browser().signIn("ben"), b.browser().signIn("ben"), b.browser().signIn("ben")
	list, err := b.users.Sessions(t.Context(), 2)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	body := b.says(here.get("/profile/security/"), 200)
	keys := regexp.MustCompile(`name="key" value="([0-9a-f]{64})"`).FindAllStringSubmatch(body, -1)
	if len(keys) != 2 {
		t.Fatalf("%d sessions can be ended one by one:\n%s", len(keys), body)
	}
	b.leads(here.post("/profile/security/end", "key", keys[0][1]), "/profile/security/")
	if a, z := there.get("/profile/").Code, third.get("/profile/").Code; a+z != http.StatusOK+http.StatusSeeOther {
		t.Errorf("%d and %d after one session was ended", a, z)
	}
	b.says(here.post("/profile/security/password", "current", "wrong", "password", "new password", "again", "new password"), 422, "This is not your current password.")
	b.says(here.post("/profile/security/password", "current", password, "password", "short", "again", "short"), 422, "at least 8 characters")
	old := here.cookies["portico_session"].Value
	b.leads(here.post("/profile/security/password", "current", password, "password", "new password", "again", "new password"), "/profile/security/")
	b.says(here.get("/profile/security/"), 200)
	if here.cookies["portico_session"].Value == old {
		t.Error("the session keeps its token over a change of the password")
	}
	for _, w := range []*browser{there, third} {
		if got := w.get("/profile/").Code; got != http.StatusSeeOther {
			t.Errorf("another browser still gets %d", got)
		}
	}
	anna := b.browser().signIn("anna")
	b.says(anna.get("/company/personal/user/2/security/"), 200, "Firefox on Linux", "End all sessions", "Ben has none.", "!This browser")
	b.says(here.get("/company/personal/user/1/security/"), 403)
	b.leads(anna.post("/company/personal/user/2/security/end"), "/company/personal/user/2/security/")
	b.leads(here.get("/profile/"), "/login?next=%2Fprofile%2F")
}

func TestThePolicyIsSavedAndHolds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	anna := b.browser().signIn("anna")
	good := []string{"second_factor", "nobody", "trust_days", "30", "idle_hours", "24", "absolute_hours", "48", "min_password", "10"}
	b.says(anna.post("/settings/sign-in/policy", append(good, "idle_hours", "x")[2:]...), 422)
	b.says(anna.post("/settings/sign-in/policy", "second_factor", "everybody", "trust_days", "30", "idle_hours", "24", "absolute_hours", "48", "min_password", "8"),
		422, "Set up your own second factor first")
	b.says(anna.post("/settings/sign-in/policy", "second_factor", "nobody", "trust_days", "many", "idle_hours", "24", "absolute_hours", "5", "min_password", "8"),
		422, "Enter a whole number.", `value="many"`)
	b.leads(anna.post("/settings/sign-in/policy", good...), "/settings/sign-in/")
	b.says(anna.get("/settings/sign-in/"), 200, `value="48"`)
	b.says(anna.post("/profile/security/password", "current", password, "password", "ninechars", "again", "ninechars"), 422, "at least 10 characters")
	ben := b.browser().signIn("ben")
	b.says(ben.get("/settings/sign-in/"), 403)
	b.says(ben.post("/settings/sign-in/policy", good...), 403)
	b.clock.Advance(25 * time.Hour)
	b.leads(ben.get("/profile/"), "/login?next=%2Fprofile%2F")

	anna.signIn("anna")
	secret := b.secret(b.says(anna.get("/profile/security/factor"), 200))
	b.says(anna.post("/profile/security/factor", "code", b.code(secret)), 200)
	good[1] = "everybody"
	b.leads(anna.post("/settings/sign-in/policy", good...), "/settings/sign-in/")
	b.says(anna.get("/profile/security/"), 200, "cannot be turned off")
	w := b.browser()
	b.leads(w.post("/login", "login", "ben", "password", password, "next", "/company/"), "/login/step?next=%2Fcompany%2F")
	body := b.says(w.get("/login/step?next=%2Fcompany%2F"), 200, "Set up a second factor", `<svg class="qr"`)
	b.says(w.post("/login/step/factor", "code", "000000"), 422, "This code is wrong")
	body = b.says(w.post("/login/step/factor", "code", b.code(b.secret(body)), "next", "/company/"), 200, `href="/company/"`)
	if n := len(codeLine.FindAllString(body, -1)); n != 10 {
		t.Errorf("%d recovery codes", n)
	}
	b.says(w.get("/company/"), 200)
	b.leads(anna.post("/company/personal/user/2/security/reset"), "/company/personal/user/2/security/")
	b.leads(w.get("/company/"), "/login?next=%2Fcompany%2F")
}

// provider turns the identity provider on, as a form.
func (w *browser) provider(pairs ...string) *httptest.ResponseRecorder {
	w.Helper()
	form := map[string]string{
		"on": "1", "title": "Keys", "issuer": w.issuer.URL, "client_id": oidctest.ClientID, "secret": oidctest.Secret, "login_claim": "email",
	}
	for i := 0; i < len(pairs); i += 2 {
		form[pairs[i]] = pairs[i+1]
	}
	var all []string
	for k, v := range form {
		all = append(all, k, v)
	}
	return w.post("/settings/sign-in/provider", all...)
}

func TestSignInThroughTheProvider(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	anna := b.browser().signIn("anna")
	b.says(b.browser().get("/login"), 200, "!Sign in with")
	b.says(b.browser().get("/login/provider"), 404, "This portal has no identity provider.")
	b.says(anna.provider("issuer", b.issuer.URL+"/nothing"), 422, "does not answer as an OpenID provider", `value="Keys"`, "!"+oidctest.Secret)
	b.says(anna.provider("rule_group", "x", "rule_role", "0", "rule_department", "0"), 422, "Choose a role or a department")
	b.leads(anna.provider("domains", "example.com"), "/settings/sign-in/")
	b.says(anna.get("/settings/sign-in/"), 200, "One is stored.", "https://portal.example/login/provider/back", "!"+oidctest.Secret)

	w := b.browser()
	b.says(w.get("/login?next=%2Fcompany%2F"), 200, `href="/login/provider?next=%2Fcompany%2F"`, "Sign in with Keys")
	back := func(w *browser, claims oidctest.Claims) string {
		t.Helper()
		rec := w.get("/login/provider?next=%2Fcompany%2F")
		state, code := b.issuer.Authorize(t, rec.Header().Get("Location"), claims)
		return "/login/provider/back?" + url.Values{"state": {state}, "code": {code}}.Encode()
	}
	ben := oidctest.Claims{"sub": "b", "email": "ben@example.com", "email_verified": true}
	address := back(w, ben)
	b.says(b.browser().get(address), 422, "This sign-in was begun elsewhere or took too long.") // somebody else's browser
	b.leads(w.get(address), "/company/")
	b.says(w.get("/company/"), 200)
	b.says(w.get("/profile/security/"), 200, "through the identity provider")
	b.says(w.get(address), 422, "This sign-in was begun elsewhere")
	w = b.browser()
	b.says(w.get(back(w, oidctest.Claims{"sub": "x", "email": "eve@evil.example", "email_verified": true})), 403, "are not let in here")
	b.says(w.get(back(w, oidctest.Claims{"sub": "b", "nonce": "x"})), 403, "did not stand up to the check")
	b.says(w.get("/login/provider/back?error=access_denied&state=x"), 422, "This sign-in was begun elsewhere", "!access_denied")

	b.leads(anna.post("/settings/sign-in/policy", "second_factor", "nobody", "trust_days", "30", "idle_hours", "24", "absolute_hours", "48",
		"min_password", "8", "password_off", "1", "break_glass", "1"), "/settings/sign-in/")
	b.says(b.browser().get("/login"), 200, "Sign in with a password", `<details class="signin-other">`)
	b.says(b.browser().post("/login", "login", "ben", "password", password), 403, "does not take passwords")
	b.browser().signIn("anna")
	if body := b.says(anna.get("/settings/sign-in/"), 200); !strings.Contains(html.UnescapeString(body), "Anna (anna)") {
		t.Error("the administrator for emergencies cannot be chosen")
	}
}

func TestATokenThatWasReplacedDoesNotComeBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ben := b.browser().signIn("ben")
	old := ben.cookies["portico_session"]
	role, err := b.users.RoleByName(t.Context(), user.RoleManager)
	if err == nil {
		err = b.users.GiveRole(t.Context(), user.Ref{ID: 1, Admin: true}, role.ID, 2, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	late := b.browser() // a page that was asked for at the same time
	late.cookies["portico_session"] = old
	b.says(ben.get("/profile/"), 200)
	fresh := ben.cookies["portico_session"].Value
	if fresh == old.Value {
		t.Fatal("a session whose powers changed keeps its token")
	}
	b.says(late.get("/profile/"), 200)
	if late.cookies["portico_session"] != old || late.cookies["portico_renewed"] != nil {
		t.Errorf("the old token is given again: %v", late.cookies)
	}
	b.says(ben.get("/company/manage/"), 200)
	b.clock.Advance(2 * time.Minute)
	b.leads(late.get("/profile/"), "/login?next=%2Fprofile%2F")
	b.says(ben.get("/profile/"), 200)
	if list, err := b.users.Sessions(t.Context(), 2); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}
