package app_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
)

var tokenForm = regexp.MustCompile(`^[a-zA-Z0-9.]{32}$`)

func TestRefreshGivesANewPairOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		old := b.issue(c.ID, ben.ID)
		b.clock.Advance(30 * time.Minute)
		g, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, old.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		if !tokenForm.MatchString(g.AccessToken) || !tokenForm.MatchString(g.RefreshToken) ||
			g.AccessToken == old.AccessToken || g.RefreshToken == old.RefreshToken {
			t.Errorf("tokens %+v after %+v", g, old)
		}
		if g.UserID != ben.ID || g.Status != "L" || g.ExpiresIn != time.Hour || !g.Expires.Equal(b.clock.Now().Add(time.Hour)) ||
			!slices.Equal(g.Scopes, c.Scopes) || len(g.MemberID) != 32 {
			t.Errorf("grant %+v", g)
		}
		for _, token := range []string{old.AccessToken, g.AccessToken} {
			if p, err := b.byToken(token); err != nil || p.UserID != ben.ID || p.AppID != c.ID || p.ClientID != c.ClientID || p.Admin {
				t.Errorf("%+v, %v; want Ben, also for a call that was on its way", p, err)
			}
		}
		b.clock.Advance(time.Minute + time.Second)
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, old.RefreshToken)
		wantErr(t, "used refresh token", err, app.ErrGrant)
	})
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c, other := b.create(botForm()), b.create(botForm())
		g, dismissed := b.issue(c.ID, anna.ID), b.issue(c.ID, ben.ID)
		b.people.dismiss(ben.ID)
		for _, tc := range []struct {
			what, id, secret, token string
			want                    error
		}{
			{"unknown client", "local.0.1", c.ClientSecret, g.RefreshToken, app.ErrClient},
			{"wrong secret", c.ClientID, other.ClientSecret, g.RefreshToken, app.ErrClient},
			{"no secret", c.ClientID, "", g.RefreshToken, app.ErrClient},
			{"unknown token", c.ClientID, c.ClientSecret, "nothing", app.ErrGrant},
			{"access token", c.ClientID, c.ClientSecret, g.AccessToken, app.ErrGrant},
			{"token of another application", other.ClientID, other.ClientSecret, g.RefreshToken, app.ErrGrant},
			{"dismissed user", c.ClientID, c.ClientSecret, dismissed.RefreshToken, app.ErrGrant},
		} {
			_, err := b.Refresh(t.Context(), tc.id, tc.secret, tc.token)
			wantErr(t, tc.what, err, tc.want)
		}
		fresh, err := b.RotateSecret(t.Context(), anna, c.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Refresh(t.Context(), c.ClientID, c.ClientSecret, g.RefreshToken)
		wantErr(t, "old secret", err, app.ErrClient)
		b.clock.Advance(179 * 24 * time.Hour)
		g, err = b.Refresh(t.Context(), c.ClientID, fresh, g.RefreshToken)
		if err != nil {
			t.Fatalf("before 180 days, with the new secret: %v", err)
		}
		b.clock.Advance(180 * 24 * time.Hour)
		_, err = b.Refresh(t.Context(), c.ClientID, fresh, g.RefreshToken)
		wantErr(t, "after 180 days", err, app.ErrGrant)
	})
}

func TestAuthBlock(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		got := b.auth(c.ID, ben.ID)
		if !tokenForm.MatchString(got["access_token"]) || !tokenForm.MatchString(got["refresh_token"]) || len(got["member_id"]) != 32 {
			t.Errorf("tokens in %v", got)
		}
		want := map[string]string{
			"access_token": got["access_token"], "refresh_token": got["refresh_token"], "member_id": got["member_id"],
			"expires": strconv.FormatInt(morning.Add(time.Hour).Unix(), 10), "expires_in": "3600", "scope": "im,imbot,task",
			"domain": "portal.example.com:8443", "server_endpoint": "https://oauth.bitrix.info/rest/", "status": "L",
			"client_endpoint": "https://portal.example.com:8443/rest/", "user_id": "2", "application_token": c.Token,
		}
		if !maps.Equal(got, want) {
			t.Errorf("auth\n%v, want\n%v", got, want)
		}
		if p, err := b.byToken(got["access_token"]); err != nil || p.UserID != ben.ID || p.AppID != c.ID {
			t.Errorf("%+v, %v", p, err)
		}
		nobody := b.auth(c.ID, 0)
		for _, key := range []string{"access_token", "refresh_token", "expires", "expires_in", "user_id"} {
			delete(want, key)
		}
		if !maps.Equal(nobody, want) {
			t.Errorf("auth of nobody\n%v, want\n%v", nobody, want)
		}
		b.people.dismiss(carla.ID)
		if gone := b.auth(c.ID, carla.ID); !maps.Equal(gone, want) {
			t.Errorf("auth of a dismissed user\n%v, want\n%v", gone, want)
		}
		if _, err := b.Auth(t.Context(), c.ID+1, ben.ID); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("unknown application: %v", err)
		}
	})
}

func (b *bench) tokenRows() (n int) {
	b.t.Helper()
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(b.t.Context(), "SELECT COUNT(*) FROM app_token").Scan(&n)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestAuthReusesItsPairWhileItIsFresh(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		first := b.auth(c.ID, ben.ID)
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if a := b.auth(c.ID, ben.ID); a["access_token"] != first["access_token"] {
					t.Error("another token within the same minute")
				}
			})
		}
		wg.Wait()
		b.clock.Advance(49 * time.Minute)
		late := b.auth(c.ID, ben.ID)
		if late["access_token"] != first["access_token"] || late["expires_in"] != "660" || b.tokenRows() != 1 {
			t.Errorf("after 49 minutes %v, %d rows", late, b.tokenRows())
		}
		b.clock.Advance(time.Minute)
		next := b.auth(c.ID, ben.ID)
		if next["access_token"] == first["access_token"] || next["refresh_token"] != first["refresh_token"] || next["expires_in"] != "3600" {
			t.Errorf("after 50 minutes %v; want a new access token under the same refresh token", next)
		}
		if _, err := b.byToken(first["access_token"]); err != nil {
			t.Errorf("the first token has ten minutes left: %v", err)
		}
	})
}

func TestAuthForgetsAPairWhoseRefreshTokenWasUsed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		first := b.auth(c.ID, ben.ID)
		if _, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, first["refresh_token"]); err != nil {
			t.Fatal(err)
		}
		next := b.auth(c.ID, ben.ID)
		if next["access_token"] == first["access_token"] || next["refresh_token"] == first["refresh_token"] {
			t.Errorf("a used pair was sent again: %v", next)
		}
		if _, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, next["refresh_token"]); err != nil {
			t.Errorf("refresh with what came next: %v", err)
		}
	})
}

func TestSpentTokensAreForgottenInTime(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		first := b.auth(c.ID, ben.ID)
		b.clock.Advance(2 * time.Hour)
		b.auth(c.ID, ben.ID)
		_, err := b.byToken(first["access_token"])
		wantErr(t, "a token of two hours ago", err, app.ErrTokenExpired)
		b.clock.Advance(31 * 24 * time.Hour)
		b.auth(c.ID, ben.ID)
		if n := b.tokenRows(); n != 2 {
			t.Errorf("%d rows after a month, want the last two", n)
		}
	})
}
