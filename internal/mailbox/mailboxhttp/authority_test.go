package mailboxhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/mailbox"
	"github.com/portico-hq/portico/internal/mailbox/mailboxhttp"
)

func authority(policies ...event.Policy) mailboxhttp.Authority {
	return mailboxhttp.Authority{Clients: func(context.Context) (*http.Client, error) { return event.NewClient(policies...), nil }}
}

func client(at string) mailbox.Client {
	return mailbox.Client{
		ID: mailtest.ClientID, Secret: mailtest.ClientSecret, AuthURL: at + "/authorize", TokenURL: at + "/token", RevokeURL: at + "/revoke", Scopes: []string{"a", "b"},
		Redirect: "https://portal.example/back?x=1",
	}
}

// TestTokens has a code, a renewal and its end, with a server that wants the secret in the header, and one that knows the form alone.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, inForm := range []bool{false, true} {
		p := mailtest.NewProvider(t, clock.System{})
		if inForm {
			p.SecretInForm()
		}
		a, c := authority(), client(p.URL)
		const verifier = "a verifier of forty-three characters or more"
		address := a.AuthURL(c, "s1", verifier, map[string]string{"prompt": "consent"})
		q := p.Consent(t, address, true)
		if got := p.Asked().Get("redirect_uri") + " " + p.Asked().Get("scope") + " " + p.Asked().Get("prompt"); got != c.Redirect+" a b consent" {
			t.Errorf("asked for %q", got)
		}
		got, err := a.Exchange(t.Context(), c, q.Get("code"), verifier)
		if err != nil || got.Access == "" || got.Refresh == "" || got.Lasts != time.Hour || !p.Accepts(mailtest.Login, got.Access) {
			t.Fatalf("the tokens are %+v, %v", got, err)
		}
		again, err := a.Renew(t.Context(), c, got.Refresh)
		if err != nil || again.Access == got.Access || again.Refresh != got.Refresh || !p.Accepts(mailtest.Login, again.Access) {
			t.Errorf("renewed: %+v, %v", again, err)
		}
		c.SecretInForm = inForm
		if err := a.Revoke(t.Context(), c, got.Refresh); err != nil || len(p.Revoked()) != 1 {
			t.Errorf("given back: %v", err)
		}
		_, err = a.Renew(t.Context(), c, got.Refresh)
		wantCode(t, "a permission that has ended", err, "invalid_grant")
		wantCode(t, "given back again", a.Revoke(t.Context(), c, got.Refresh), "invalid_token")
		c.Secret = "wrong"
		_, err = a.Renew(t.Context(), c, got.Refresh)
		wantCode(t, "a wrong secret", err, "invalid_client")
		_, err = a.Exchange(t.Context(), client(p.URL), "unknown", verifier)
		wantCode(t, "an unknown code", err, "invalid_grant")
	}
}

func wantCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if e, ok := errors.AsType[*mailbox.AuthorityError](err); !ok || e.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// TestAnswersThatAreNone keeps what is no answer of an authorization server apart from what is: only the latter ends a permission.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		status     int
		kind, body string
		want       string
	}{
		"a page of a proxy":        {502, "text/html", "<html>Bad gateway</html>", "it answered with the status 502"},
		"a text":                   {429, "text/plain", "Slow down.", "it answered with the status 429: Slow down."},
		"no token":                 {200, "application/json", `{"token_type": "Bearer"}`, "its answer cannot be understood"},
		"no JSON":                  {200, "application/json", `{`, "its answer cannot be understood"},
		"an error that is no code": {400, "application/json", `{"error": {"code": 400}}`, "it answered with the status 400"},
		"another place":            {302, "text/html", "", "it answered with the status 302"},
		"an answer without an end": {200, "application/json", `{"access_token": "` + strings.Repeat("x", 2<<20), "its answer cannot be understood"},
	}
	for what, c := range answers {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			if c.status == 302 {
				w.Header().Set("Location", "https://evil.example/")
			}
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		t.Cleanup(s.Close)
		_, err := authority().Renew(t.Context(), client(s.URL), "the refresh token")
		if _, isAnswer := errors.AsType[*mailbox.AuthorityError](err); err == nil || isAnswer || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "refresh token") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := authority(event.Policy{RefusePrivate: true}).Renew(t.Context(), client("http://127.0.0.1:9"), "x")
	if err == nil || !strings.Contains(err.Error(), "policy does not let") {
		t.Errorf("an address that may not be reached: %v", err)
	}
	within, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := authority().Renew(within, client("http://127.0.0.1:9"), "x"); err == nil || err.Error() != "it did not answer in time" {
		t.Errorf("too late: %v", err)
	}
}

// FuzzAnswer has an authorization server answer anything.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "application/json", `{"access_token":"a","expires_in":3600,"refresh_token":"b"}`)
	f.Add(200, "application/json", `{"access_token":"a","expires_in":"1e99"}`)
	f.Add(200, "application/x-www-form-urlencoded", "access_token=a&expires_in=-5")
	f.Add(400, "application/json", `{"error":"invalid_grant","error_description":"\u0000"}`)
	f.Add(401, "text/html", "\xff\xfe")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		if status < 200 || status > 599 {
			return
		}
		a := mailboxhttp.Authority{Clients: func(context.Context) (*http.Client, error) {
			return &http.Client{Transport: answering(func(r *http.Request) *http.Response {
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
			})}, nil
		}}
		got, err := a.Renew(t.Context(), client("https://login.example"), "the refresh token")
		if err == nil && (got.Access == "" || got.Lasts < 0 || got.Lasts > 30*24*time.Hour) {
			t.Errorf("%+v", got)
		}
		if err := a.Revoke(t.Context(), client("https://login.example"), "the refresh token"); (err == nil) != (status < 300) {
			t.Error(err)
		}
	})
}

type answering func(*http.Request) *http.Response

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) { return a(r), nil }

// TestAuthURL keeps what an address has already.
func TestAuthURL(t *testing.T) {
	t.Parallel()
	c := client("https://login.example")
	c.AuthURL += "?tenant=7"
	u, err := url.Parse(authority().AuthURL(c, "s", "v", map[string]string{"login_hint": "a+b@shop.example"}))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("tenant") != "7" || q.Get("login_hint") != "a+b@shop.example" || q.Get("code_challenge_method") != "S256" || q.Get("client_secret") != "" {
		t.Errorf("the address is %s", u)
	}
}
