package oidc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/signin/oidc"
	"github.com/portico-hq/portico/internal/signin/oidctest"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

type bench struct {
	*testing.T
	issuer   *oidctest.Issuer
	provider *oidc.Provider
	client   signin.Client
}

func newBench(t *testing.T) *bench {
	t.Helper()
	c := clock.NewManual(noon)
	i := oidctest.New(t, c)
	return &bench{t, i, oidc.New(i.Client(), c), signin.Client{
		Issuer: i.URL, ID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: "https://portal.example/login/provider",
		LoginClaim: "preferred_username", GroupsClaim: "groups", Scopes: []string{"groups"},
	}}
}

// signIn goes to the issuer and back with what it says of somebody.
func (b *bench) signIn(claims oidctest.Claims) (signin.Claims, error) {
	b.Helper()
	address, err := b.provider.AuthURL(b.Context(), b.client, "state-1", "nonce-1", "verifier-verifier-verifier-verifier-verifier")
	if err != nil {
		b.Fatal(err)
	}
	state, code := b.issuer.Authorize(b.T, address, claims)
	if state != "state-1" {
		b.Errorf("state %q", state)
	}
	return b.provider.Claims(b.Context(), b.client, code, "nonce-1", "verifier-verifier-verifier-verifier-verifier")
}

func TestClaimsAreReadFromASignedToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.provider.Check(t.Context(), b.client); err != nil {
		t.Fatal(err)
	}
	got, err := b.signIn(oidctest.Claims{
		"sub": "7", "email": "anna@example.com", "email_verified": "true", "given_name": "Anna", "family_name": "Berg",
		"preferred_username": "anna", "groups": []string{"staff", "dev"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != b.issuer.URL || got.Subject != "7" || got.Email != "anna@example.com" || !got.EmailVerified || got.FirstName != "Anna" ||
		got.LastName != "Berg" || got.Login != "anna" || strings.Join(got.Groups, " ") != "staff dev" {
		t.Errorf("%+v", got)
	}
	if s := b.issuer.Scope(); s != "openid email profile groups" {
		t.Errorf("asked for %q", s)
	}
	if got, err := b.signIn(oidctest.Claims{"sub": "8", "groups": "staff", "email_verified": true, "email": 7}); err != nil ||
		strings.Join(got.Groups, " ") != "staff" || !got.EmailVerified || got.Email != "" {
		t.Errorf("%+v, %v", got, err)
	}
	b.issuer.RotateKey()
	if _, err := b.signIn(oidctest.Claims{"sub": "7"}); err != nil {
		t.Errorf("after the issuer changed its key: %v", err)
	}
}

func TestTokensThatDoNotStandUpAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claims oidctest.Claims
		want   string
	}{
		"another nonce":     {oidctest.Claims{"sub": "7", "nonce": "other"}, "another sign-in"},
		"no nonce":          {oidctest.Claims{"sub": "7", "nonce": nil}, "another sign-in"},
		"another audience":  {oidctest.Claims{"sub": "7", "aud": "somebody-else"}, "audience"},
		"another client":    {oidctest.Claims{"sub": "7", "azp": "somebody-else"}, "another client"},
		"two audiences":     {oidctest.Claims{"sub": "7", "aud": []string{oidctest.ClientID, "x"}}, "another client"},
		"expired":           {oidctest.Claims{"sub": "7", "exp": noon.Add(-time.Second).Unix()}, "expired"},
		"of the future":     {oidctest.Claims{"sub": "7", "iat": noon.Add(time.Hour).Unix()}, "future"},
		"another issuer":    {oidctest.Claims{"sub": "7", "iss": "https://evil.example"}, "issue"},
		"not signed":        {oidctest.Claims{"sub": "7", oidctest.Alg: "none"}, "alg"},
		"signed by a clear": {oidctest.Claims{"sub": "7", oidctest.Alg: "HS256"}, "alg"},
		"another key":       {oidctest.Claims{"sub": "7", oidctest.Alg: "foreign"}, "signature"},
		"no token":          {oidctest.Claims{"sub": "7", oidctest.Alg: "missing"}, "no ID token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := newBench(t).signIn(c.claims)
			if err == nil || !strings.Contains(err.Error(), c.want) || got.Subject != "" {
				t.Errorf("%+v, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestTheCodeNeedsItsVerifier(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	address, err := b.provider.AuthURL(t.Context(), b.client, "s", "n", "verifier-verifier-verifier-verifier-verifier")
	if err != nil {
		t.Fatal(err)
	}
	_, code := b.issuer.Authorize(t, address, oidctest.Claims{"sub": "7"})
	if _, err := b.provider.Claims(t.Context(), b.client, code, "n", "another-another-another-another-another-another"); err == nil {
		t.Error("a code is exchanged without the verifier of who began")
	}
	b.client.Secret = "wrong"
	_, code = b.issuer.Authorize(t, address, oidctest.Claims{"sub": "7"})
	if _, err := b.provider.Claims(t.Context(), b.client, code, "n", "verifier-verifier-verifier-verifier-verifier"); err == nil {
		t.Error("a code is exchanged with a wrong secret")
	}
}

func TestWhatIsNoIssuerIsSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, issuer := range []string{b.issuer.URL + "/nothing", b.issuer.URL + "/liar", b.issuer.URL + "/endless", "http://127.0.0.1:1"} {
		c := b.client
		c.Issuer = issuer
		if err := b.provider.Check(t.Context(), c); err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 250 {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}
