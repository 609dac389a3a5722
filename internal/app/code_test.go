package app_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/user"
)

// allow has who let the application act for them, and returns the parameters it is told.
func (b *bench) allow(a app.App, who user.Ref) url.Values {
	b.t.Helper()
	to, err := b.Allow(b.t.Context(), who, a.ClientID, "", "a b&c")
	if err != nil {
		b.t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Query()
}

func exchangeOf(c app.Created, code string) app.Exchange {
	return app.Exchange{ClientID: c.ClientID, ClientSecret: c.ClientSecret, Code: code}
}

func TestACodeLeadsToTheHandlerAndGivesTokensOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		q := b.allow(c.App, ben)
		member, err := b.MemberID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"x": "1", "state": "a b&c", "domain": "portal.example.com:8443", "member_id": member, "scope": "im,imbot,task",
			"server_domain": "oauth.bitrix.info",
		} {
			if q.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, q.Get(name), want)
			}
		}
		if _, err := b.byToken(q.Get("code")); err == nil {
			t.Error("the code itself opens the portal")
		}
		b.clock.Advance(29 * time.Second)
		g, err := b.ExchangeCode(t.Context(), exchangeOf(c, q.Get("code")))
		if err != nil || g.UserID != ben.ID || g.Status != "L" || g.MemberID != member || g.ExpiresIn != time.Hour {
			t.Fatalf("%+v, %v", g, err)
		}
		if p, err := b.byToken(g.AccessToken); err != nil || p.UserID != ben.ID || p.AppID != c.ID {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestASecondUseOfACodeRevokesWhatItGave(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		other := b.issue(c.ID, ben.ID)
		code := b.allow(c.App, ben).Get("code")
		first, err := b.ExchangeCode(t.Context(), exchangeOf(c, code))
		if err != nil {
			t.Fatal(err)
		}
		second, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, first.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(10 * time.Minute)
		if _, err := b.byToken(second.AccessToken); err != nil {
			t.Fatal(err)
		}
		_, err = b.ExchangeCode(t.Context(), exchangeOf(c, code))
		wantErr(t, "replay", err, app.ErrGrant)
		for _, token := range []string{first.AccessToken, second.AccessToken} {
			_, err = b.byToken(token)
			wantErr(t, "token of the replayed code", err, app.ErrTokenUnknown)
		}
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, second.RefreshToken)
		wantErr(t, "refresh token of the replayed code", err, app.ErrGrant)
		if _, err := b.byToken(other.AccessToken); err != nil {
			t.Errorf("tokens that came otherwise: %v", err)
		}
	})
}

func TestExchangeRefusals(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, other := b.create(botForm()), b.create(botForm())
		code := b.allow(c.App, ben).Get("code")
		good := exchangeOf(c, code)
		for _, tc := range []struct {
			what string
			x    app.Exchange
			want error
		}{
			{"unknown client", app.Exchange{ClientID: "local.0.1", ClientSecret: c.ClientSecret, Code: code}, app.ErrClient},
			{"wrong secret", app.Exchange{ClientID: c.ClientID, ClientSecret: other.ClientSecret, Code: code}, app.ErrClient},
			{"code of another application", exchangeOf(other, code), app.ErrGrant},
			{"unknown code", exchangeOf(c, "guess"), app.ErrGrant},
			{"another address", app.Exchange{ClientID: c.ClientID, ClientSecret: c.ClientSecret, Code: code, RedirectURI: "http://evil/"}, app.ErrGrant},
		} {
			_, err := b.ExchangeCode(t.Context(), tc.x)
			wantErr(t, tc.what, err, tc.want)
		}
		good.RedirectURI = c.HandlerURL
		if _, err := b.ExchangeCode(t.Context(), good); err != nil {
			t.Errorf("after all refusals: %v", err)
		}
		late, dismissed := b.allow(c.App, anna).Get("code"), b.allow(c.App, ben).Get("code")
		b.people.dismiss(ben.ID)
		_, err := b.ExchangeCode(t.Context(), exchangeOf(c, dismissed))
		wantErr(t, "dismissed user", err, app.ErrGrant)
		b.clock.Advance(30 * time.Second)
		_, err = b.ExchangeCode(t.Context(), exchangeOf(c, late))
		wantErr(t, "after 30 seconds", err, app.ErrGrant)
	})
}

func TestWhoMayAskForConsent(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, waiting, removed := b.create(botForm()), b.create(pageForm()), b.create(botForm())
		if err := b.Remove(t.Context(), anna, removed.ID, false); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			what, id, redirect string
			want               error
		}{
			{"unknown", "local.0.1", "", app.ErrAskClient},
			{"not installed", waiting.ClientID, "", app.ErrAskClient},
			{"removed", removed.ClientID, "", app.ErrAskClient},
			{"foreign address", c.ClientID, "https://evil.example/", app.ErrAskRedirect},
			{"address that begins alike", c.ClientID, c.HandlerURL + "/../x", app.ErrAskRedirect},
		} {
			_, err := b.Ask(t.Context(), tc.id, tc.redirect)
			wantErr(t, tc.what, err, tc.want)
			to, err := b.Allow(t.Context(), anna, tc.id, tc.redirect, "")
			if wantErr(t, tc.what, err, tc.want); to != "" {
				t.Errorf("%s: sent to %s", tc.what, to)
			}
		}
		if a, err := b.Ask(t.Context(), c.ClientID, c.HandlerURL); err != nil || a.ID != c.ID {
			t.Errorf("%+v, %v", a, err)
		}
		b.people.dismiss(ben.ID)
		_, err := b.Allow(t.Context(), ben, c.ClientID, "", "")
		wantErr(t, "dismissed user", err, app.ErrUserInactive)
		code := b.allow(c.App, anna).Get("code")
		for token, want := range map[string]bool{code: true, "guess": false} {
			if owns, err := b.Owns(t.Context(), token); err != nil || owns != want {
				t.Errorf("owns %t, %v; want %t", owns, err, want)
			}
		}
	})
}
