package app_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
)

func TestAPersonTakesTheirTokensBack(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, other := b.create(botForm()), b.create(botForm())
		bens, annas, kept := b.issue(c.ID, ben.ID), b.issue(c.ID, anna.ID), b.issue(other.ID, ben.ID)
		b.clock.Advance(10 * time.Minute)
		b.issue(c.ID, ben.ID)
		list, err := b.Allowed(t.Context(), ben)
		if err != nil || len(list) != 2 || list[0].ID != c.ID || !list[0].LastToken.Equal(b.clock.Now()) || !list[1].LastToken.Equal(morning) {
			t.Fatalf("%+v, %v", list, err)
		}
		code := b.allow(c.App, ben).Get("code")
		if _, err := b.byToken(bens.AccessToken); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Disallow(t.Context(), ben, c.ID); err != nil {
			t.Fatal(err)
		}
		_, err = b.byToken(bens.AccessToken)
		wantErr(t, "access", err, app.ErrTokenUnknown)
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, bens.RefreshToken)
		wantErr(t, "refresh", err, app.ErrGrant)
		_, err = b.ExchangeCode(t.Context(), exchangeOf(c, code))
		wantErr(t, "code", err, app.ErrGrant)
		for _, token := range []string{annas.AccessToken, kept.AccessToken} {
			if _, err := b.byToken(token); err != nil {
				t.Errorf("what was not taken back: %v", err)
			}
		}
		if list, err := b.Allowed(t.Context(), ben); err != nil || len(list) != 1 || list[0].ID != other.ID {
			t.Errorf("%+v, %v", list, err)
		}
		_, err = b.Disallow(t.Context(), ben, 99)
		wantErr(t, "unknown application", err, app.ErrNotFound)
		_, err = b.RevokeTokens(t.Context(), ben, c.ID)
		wantErr(t, "all, by an employee", err, app.ErrAdminOnly)
		if _, err := b.RevokeTokens(t.Context(), anna, c.ID); err != nil {
			t.Fatal(err)
		}
		_, err = b.byToken(annas.AccessToken)
		wantErr(t, "after all were revoked", err, app.ErrTokenUnknown)
		b.clock.Advance(181 * 24 * time.Hour)
		if list, err := b.Allowed(t.Context(), ben); err != nil || len(list) != 0 {
			t.Errorf("tokens that ended: %+v, %v", list, err)
		}
	})
}
