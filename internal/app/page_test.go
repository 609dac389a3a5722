package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
)

func TestPageTokens(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(pageForm())
		if _, err := b.FinishInstall(t.Context(), anna, c.ID); err != nil {
			t.Fatal(err)
		}
		open := func(userID int64, renew bool) app.Grant {
			t.Helper()
			g, err := b.PageTokens(t.Context(), c.ID, userID, renew)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		first := open(ben.ID, false)
		if first.UserID != ben.ID || first.ExpiresIn != time.Hour || len(first.MemberID) != 32 || first.Status != "L" ||
			!tokenForm.MatchString(first.AccessToken) || !tokenForm.MatchString(first.RefreshToken) {
			t.Errorf("%+v", first)
		}
		b.clock.Advance(40 * time.Minute)
		if again := open(ben.ID, false); again.AccessToken != first.AccessToken || again.ExpiresIn != 20*time.Minute {
			t.Errorf("the next page got %+v", again)
		}
		if anna := open(anna.ID, false); anna.AccessToken == first.AccessToken || anna.UserID != 1 {
			t.Errorf("another person got %+v", anna)
		}
		if event := b.auth(c.ID, ben.ID); event["access_token"] == first.AccessToken || event["refresh_token"] == first.RefreshToken {
			t.Error("an event carries the tokens of a page")
		}
		renewed := open(ben.ID, true)
		if renewed.AccessToken == first.AccessToken || renewed.RefreshToken != first.RefreshToken || renewed.ExpiresIn != time.Hour {
			t.Errorf("renewed %+v", renewed)
		}
		for _, token := range []string{first.AccessToken, renewed.AccessToken} {
			if c, err := b.byToken(token); err != nil || c.UserID != ben.ID {
				t.Errorf("%s: %+v, %v", token, c, err)
			}
		}
		if _, err := b.Refresh(t.Context(), c.ClientID, c.ClientSecret, renewed.RefreshToken); err != nil {
			t.Fatal(err)
		}
		if after := open(ben.ID, false); after.RefreshToken == renewed.RefreshToken {
			t.Error("a page got a refresh token that was spent")
		}
	})
}

func TestPageTokensRefusals(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(pageForm())
		_, err := b.PageTokens(t.Context(), 77, ben.ID, false)
		wantErr(t, "no such application", err, app.ErrNotFound)
		_, err = b.PageTokens(t.Context(), c.ID, 99, false)
		wantErr(t, "no such user", err, app.ErrUserInactive)
		if _, err := b.PageTokens(t.Context(), c.ID, ben.ID, false); err != nil {
			t.Fatal(err)
		}
		if err := b.Remove(t.Context(), anna, c.ID, false); err != nil {
			t.Fatal(err)
		}
		_, err = b.PageTokens(t.Context(), c.ID, ben.ID, false)
		wantErr(t, "removed", err, app.ErrNotFound)
	})
}

func TestWithPages(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.create(botForm())
		second, first := pageForm(), pageForm()
		second.Name, first.Name = "Zebra", "Aardvark"
		z := b.create(second)
		if apps, err := b.WithPages(t.Context()); err != nil || len(apps) != 1 {
			t.Fatalf("%+v, %v", apps, err)
		}
		a := b.create(first)
		names := func() (out []string) {
			t.Helper()
			apps, err := b.WithPages(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range apps {
				out = append(out, a.Name)
			}
			return out
		}
		if got := names(); !slices.Equal(got, []string{"Zebra", "Aardvark"}) {
			t.Errorf("%q, want those with a page, the oldest first", got)
		}
		if _, err := b.FinishInstall(t.Context(), anna, a.ID); err != nil {
			t.Fatal(err)
		}
		if apps, err := b.WithPages(t.Context()); err != nil || apps[0].Installed || !apps[1].Installed {
			t.Errorf("%+v, %v; a change does not show", apps, err)
		}
		if err := b.Remove(t.Context(), anna, z.ID, false); err != nil {
			t.Fatal(err)
		}
		if got := names(); !slices.Equal(got, []string{"Aardvark"}) {
			t.Errorf("%q after one was removed", got)
		}
	})
}
