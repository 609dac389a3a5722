package appweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/user"
)

// send is do with the whole answer; a form makes it a POST, as a browser on origin sends it.
func (b *bench) send(as, target, origin string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
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

func (b *bench) service() app.Created {
	b.t.Helper()
	c, err := b.apps.Create(b.t.Context(), user.Ref{ID: 1, Admin: true}, app.Form{
		Name: "Reports", HandlerURL: "https://reports.example/back?tenant=7", Scopes: []string{"task", "basic"},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func TestConsent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.service()
	ask := "/oauth/authorize/?response_type=code&state=s1&client_id=" + c.ClientID
	if w := b.send("", ask, "", nil); w.Code != 303 || w.Header().Get("Location") != "/login?next="+url.QueryEscape(ask) {
		t.Errorf("not signed in: %d to %s", w.Code, w.Header().Get("Location"))
	}
	b.want("ben", ask, nil, 200, "Reports wants to act for you", "Ben Ode", "Read and change tasks, checklists", "An older permission",
		`name="state" value="s1"`, "https://reports.example/back?tenant=7")
	if csp := b.send("ben", ask, "", nil).Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://reports.example") {
		t.Errorf("the form may not lead to the application: %s", csp)
	}
	form := url.Values{"client_id": {c.ClientID}, "state": {"s1"}, "redirect_uri": {""}, "answer": {"allow"}}
	w := b.send("ben", "/oauth/authorize/", "", form)
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != 303 || to.Host != "reports.example" || to.Query().Get("tenant") != "7" || to.Query().Get("state") != "s1" {
		t.Fatalf("%d to %s, %v", w.Code, to, err)
	}
	g, err := b.apps.ExchangeCode(t.Context(), app.Exchange{ClientID: c.ClientID, ClientSecret: c.ClientSecret, Code: to.Query().Get("code")})
	if err != nil || g.UserID != 2 {
		t.Errorf("%+v, %v; want tokens of Ben", g, err)
	}
	form.Set("answer", "cancel")
	if w := b.send("ben", "/oauth/authorize/", "", form); w.Code != 303 || w.Header().Get("Location") != "/" {
		t.Errorf("cancel: %d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestTokensAreTakenBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.service()
	issue := func(userID int64) string {
		g, err := b.apps.Issue(t.Context(), c.ID, userID)
		if err != nil {
			t.Fatal(err)
		}
		return g.AccessToken
	}
	works := func(token string) bool {
		_, err := b.apps.Authorize(t.Context(), app.Credentials{Token: token})
		return err == nil
	}
	b.want("ben", "/devops/allowed/", nil, 200, "No application acts for you")
	bens, annas := issue(2), issue(1)
	body := b.want("ben", "/devops/allowed/", nil, 200, "Reports", "/devops/allowed/1/revoke")
	if strings.Contains(body, bens) {
		t.Error("the token is shown")
	}
	b.want("ben", "/devops/app/1/revoke", url.Values{}, 403)
	b.want("ben", "/devops/allowed/1/revoke", url.Values{}, 303)
	if works(bens) || !works(annas) {
		t.Error("Ben's tokens, and those alone, should be dead")
	}
	b.want("anna", "/devops/app/1/", nil, 200, "Revoke all tokens")
	b.want("anna", "/devops/app/1/revoke", url.Values{}, 303)
	if works(annas) {
		t.Error("a token outlived Revoke all")
	}
}

func TestConsentNeverLeadsElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.service()
	for query, text := range map[string]string{
		"client_id=local.0.1": "invalid_client",
		"":                    "invalid_client",
		"client_id=" + c.ClientID + "&response_type=token":               "invalid_request",
		"client_id=" + c.ClientID + "&redirect_uri=https://evil.example": "invalid_request",
	} {
		if w := b.send("ben", "/oauth/authorize/?"+query, "", nil); w.Code != 422 || w.Header().Get("Location") != "" || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: %d to %q", query, w.Code, w.Header().Get("Location"))
		}
	}
	form := url.Values{"client_id": {c.ClientID}, "redirect_uri": {"https://evil.example"}, "answer": {"allow"}}
	if w := b.send("ben", "/oauth/authorize/", "", form); w.Code != 422 || w.Header().Get("Location") != "" {
		t.Errorf("a changed form: %d to %q", w.Code, w.Header().Get("Location"))
	}
	form.Del("redirect_uri")
	if w := b.send("ben", "/oauth/authorize/", "https://evil.example", form); w.Code != 403 || w.Header().Get("Location") != "" {
		t.Errorf("a form of another site: %d to %q", w.Code, w.Header().Get("Location"))
	}
}
