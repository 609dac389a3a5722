package app_test

import (
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

func TestAuthorizeByToken(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		g, carlas := b.issue(c.ID, anna.ID), b.issue(c.ID, carla.ID)
		p, err := b.byToken(g.AccessToken)
		if err != nil || !p.Admin || p.UserID != anna.ID || p.AppID != c.ID || p.WebhookID != 0 || !slices.Equal(p.Scopes, c.Scopes) {
			t.Errorf("%+v, %v", p, err)
		}
		b.people.dismiss(carla.ID)
		for what, tc := range map[string]struct {
			token string
			want  error
		}{
			"nothing": {"", app.ErrNoCredentials}, "foreign": {"0123456789abcdef0123456789abcdef", app.ErrTokenUnknown},
			"refresh token": {g.RefreshToken, app.ErrTokenUnknown}, "dismissed": {carlas.AccessToken, app.ErrUserRefused},
		} {
			_, err := b.byToken(tc.token)
			wantErr(t, what, err, tc.want)
		}
		b.clock.Advance(time.Hour - time.Microsecond)
		if _, err := b.byToken(g.AccessToken); err != nil {
			t.Errorf("just before the hour: %v", err)
		}
		b.clock.Advance(time.Microsecond)
		_, err = b.byToken(g.AccessToken)
		wantErr(t, "after the hour", err, app.ErrTokenExpired)
	})
}

func TestWebhookActsAsItsUser(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		w, code, err := b.CreateWebhook(t.Context(), ben, app.WebhookForm{Scopes: []string{"task", "*"}})
		if err != nil || !regexp.MustCompile(`^[a-zA-Z0-9]{16,32}$`).MatchString(code) || w.Title != "Inbound webhook" {
			t.Fatalf("%+v, code %q, %v", w, code, err)
		}
		if got, want := b.WebhookURL(w.UserID, code), "https://portal.example.com:8443/rest/2/"+code+"/"; got != want {
			t.Errorf("address %s, want %s", got, want)
		}
		call := func(userID int64, code string) (app.Principal, error) {
			return b.Authorize(t.Context(), app.Credentials{WebhookUserID: userID, WebhookCode: code})
		}
		p, err := call(ben.ID, code)
		if err != nil || p.UserID != ben.ID || p.Admin || p.AppID != 0 || p.WebhookID != w.ID || !slices.Equal(p.Scopes, []string{"*"}) {
			t.Errorf("%+v, %v", p, err)
		}
		_, err = call(anna.ID, code)
		wantErr(t, "code of another user", err, app.ErrWebhook)
		_, err = call(ben.ID, code+"x")
		wantErr(t, "unknown code", err, app.ErrWebhook)
		if _, _, err := b.UpdateWebhook(t.Context(), ben, w.ID, app.WebhookForm{Title: "Tasks", Scopes: []string{"task"}}); err != nil {
			t.Fatal(err)
		}
		if p, err := call(ben.ID, code); err != nil || !slices.Equal(p.Scopes, []string{"task"}) {
			t.Errorf("after a change %+v, %v; want the same code with the new scopes", p, err)
		}
		b.people.dismiss(ben.ID)
		_, err = call(ben.ID, code)
		wantErr(t, "dismissed user", err, app.ErrWebhook)
		_, _, err = b.CreateWebhook(t.Context(), ben, app.WebhookForm{})
		wantErr(t, "a new one for a dismissed user", err, app.ErrUserInactive)
	})
}

func TestWebhooksOfOthers(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		bens, bensCode, err := b.CreateWebhook(ctx, ben, app.WebhookForm{Title: "Ben's"})
		if err != nil {
			t.Fatal(err)
		}
		annas, _, err := b.CreateWebhook(ctx, anna, app.WebhookForm{Title: "Anna's"})
		if err != nil {
			t.Fatal(err)
		}
		titles := func(who user.Ref) (out []string) {
			list, err := b.Webhooks(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range list {
				out = append(out, w.Title)
			}
			return out
		}
		if got := titles(ben); !slices.Equal(got, []string{"Ben's"}) {
			t.Errorf("Ben sees %v", got)
		}
		if got := titles(anna); !slices.Equal(got, []string{"Anna's", "Ben's"}) {
			t.Errorf("Anna sees %v", got)
		}
		_, err = b.Webhook(ctx, ben, annas.ID)
		wantErr(t, "seen by Ben", err, app.ErrWebhookNotFound)
		wantErr(t, "removed by Ben", b.RemoveWebhook(ctx, ben, annas.ID), app.ErrWebhookNotFound)

		w, code, err := b.UpdateWebhook(ctx, anna, bens.ID, app.WebhookForm{Title: "Taken", Scopes: []string{"im"}})
		if err != nil || w.UserID != anna.ID || code == "" || code == bensCode {
			t.Fatalf("taken over %+v, code %q, %v", w, code, err)
		}
		_, err = b.Authorize(ctx, app.Credentials{WebhookUserID: ben.ID, WebhookCode: bensCode})
		wantErr(t, "the code that Ben knows", err, app.ErrWebhook)
		if p, err := b.Authorize(ctx, app.Credentials{WebhookUserID: anna.ID, WebhookCode: code}); err != nil || p.UserID != anna.ID {
			t.Errorf("%+v, %v", p, err)
		}
		if err := b.RemoveWebhook(ctx, anna, bens.ID); err != nil {
			t.Fatal(err)
		}
		_, err = b.Authorize(ctx, app.Credentials{WebhookUserID: anna.ID, WebhookCode: code})
		wantErr(t, "removed", err, app.ErrWebhook)
		_, _, err = b.CreateWebhook(ctx, ben, app.WebhookForm{Scopes: []string{"secrets"}})
		wantField(t, err, "scopes")
	})
}

func TestLastUseIsNotedOncePerMinute(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		g := b.issue(c.ID, ben.ID)
		w, code, err := b.CreateWebhook(t.Context(), ben, app.WebhookForm{})
		if err != nil {
			t.Fatal(err)
		}
		use := func() {
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if _, err := b.byToken(g.AccessToken); err != nil {
						t.Error(err)
					}
					if _, err := b.Authorize(t.Context(), app.Credentials{WebhookUserID: ben.ID, WebhookCode: code}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		wantUsed := func(want time.Time) {
			t.Helper()
			a, err1 := b.Find(t.Context(), c.ID)
			h, err2 := b.Webhook(t.Context(), ben, w.ID)
			if err1 != nil || err2 != nil || !a.LastUsed.Equal(want) || !h.LastUsed.Equal(want) {
				t.Errorf("used %v and %v (%v, %v), want %v", a.LastUsed, h.LastUsed, err1, err2, want)
			}
		}
		wantUsed(time.Time{})
		use()
		wantUsed(morning)
		b.clock.Advance(59 * time.Second)
		use()
		wantUsed(morning)
		b.clock.Advance(time.Second)
		use()
		wantUsed(morning.Add(time.Minute))
	})
}

func BenchmarkAuthorize(b *testing.B) {
	d := dbtest.SQLite(b, app.Schema(), audit.Schema())
	s := app.New(app.Config{
		DB: d, Clock: clock.System{}, Users: &people{of: map[int64]app.UserAccess{1: {Active: true, Admin: true}}}, Events: &outbox{},
		Endpoints: func() app.Endpoints { return app.Endpoints{} },
	})
	c, err := s.Create(b.Context(), anna, botForm())
	if err != nil {
		b.Fatal(err)
	}
	g, err := s.Issue(b.Context(), c.ID, anna.ID)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("token", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Authorize(b.Context(), app.Credentials{Token: g.AccessToken}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Auth(b.Context(), c.ID, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) { // what a Read costs by itself
		for b.Loop() {
			if err := d.Read(b.Context(), func(*db.Tx) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}
