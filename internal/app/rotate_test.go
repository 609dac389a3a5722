package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/user"
)

func TestAnOldSecretWorksForADayWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		second, err := b.RotateSecret(t.Context(), anna, c.ID, true)
		if err != nil {
			t.Fatal(err)
		}
		refresh := func(secret string) error {
			_, err := b.Refresh(t.Context(), c.ClientID, secret, b.issue(c.ID, ben.ID).RefreshToken)
			return err
		}
		for _, secret := range []string{c.ClientSecret, second} {
			if err := refresh(secret); err != nil {
				t.Errorf("within the day: %v", err)
			}
		}
		if until, err := b.OldSecretUntil(t.Context(), c.ID); err != nil || !until.Equal(b.clock.Now().Add(24*time.Hour)) {
			t.Errorf("the old secret works until %v, %v", until, err)
		}
		b.clock.Advance(24 * time.Hour)
		wantErr(t, "the old secret after a day", refresh(c.ClientSecret), app.ErrClient)
		if until, err := b.OldSecretUntil(t.Context(), c.ID); err != nil || !until.IsZero() {
			t.Errorf("the old secret works until %v, %v", until, err)
		}

		third, err := b.RotateSecret(t.Context(), anna, c.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		wantErr(t, "a secret that was ended at once", refresh(second), app.ErrClient)
		if err := refresh(third); err != nil {
			t.Errorf("the new secret: %v", err)
		}
		_, err = b.RotateSecret(t.Context(), ben, c.ID, true)
		wantErr(t, "Ben", err, app.ErrAdminOnly)
		_, err = b.RotateSecret(t.Context(), anna, 4711, true)
		wantErr(t, "nobody's", err, app.ErrNotFound)
		if n := b.audited("APP_SECRET_CHANGED", "The secret of ReportBot was replaced"); n != 2 {
			t.Errorf("%d entries of the audit log, want 2", n)
		}
	})
}

func TestANewApplicationTokenIsInTheNextEvent(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		old := b.auth(c.ID, ben.ID)["application_token"]
		a, err := b.RotateToken(t.Context(), anna, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := b.auth(c.ID, ben.ID)["application_token"]; got == old || got != a.Token || len(got) != 32 {
			t.Errorf("%q after %q, want %q", got, old, a.Token)
		}
		_, err = b.RotateToken(t.Context(), ben, c.ID)
		wantErr(t, "Ben", err, app.ErrAdminOnly)
	})
}

func TestAWebhookEndsIsSwitchedOffAndGetsANewAddress(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		end := morning.Add(48 * time.Hour)
		w, code, err := b.CreateWebhook(t.Context(), ben, app.WebhookForm{Scopes: []string{"task"}, Expires: end})
		if err != nil {
			t.Fatal(err)
		}
		call := func(code string) error {
			_, err := b.Authorize(t.Context(), app.Credentials{WebhookUserID: ben.ID, WebhookCode: code, Remote: "10.0.0.7"})
			return err
		}
		if err := call(code); err != nil {
			t.Fatal(err)
		}
		if w, err = b.Webhook(t.Context(), ben, w.ID); err != nil || w.UsedFrom != "10.0.0.7" || !w.LastUsed.Equal(morning) || w.State(morning) != app.Working {
			t.Errorf("%+v, %v", w, err)
		}

		carl := user.Ref{ID: 3, Access: access.AllWebhooks | access.OwnWebhooks}
		if w, err = b.SwitchWebhook(t.Context(), carl, w.ID, false); err != nil || w.State(morning) != app.Disabled {
			t.Errorf("%+v, %v", w, err)
		}
		wantErr(t, "while it is off", call(code), app.ErrWebhook)
		if _, err = b.SwitchWebhook(t.Context(), ben, w.ID, true); err != nil {
			t.Fatal(err)
		}
		if err := call(code); err != nil {
			t.Errorf("on again: %v", err)
		}

		_, _, err = b.RotateWebhook(t.Context(), carl, w.ID)
		wantErr(t, "a new address of somebody else's", err, app.ErrWebhookNotFound)
		_, fresh, err := b.RotateWebhook(t.Context(), ben, w.ID)
		if err != nil || fresh == code {
			t.Fatalf("%q, %v", fresh, err)
		}
		wantErr(t, "the old address", call(code), app.ErrWebhook)
		if err := call(fresh); err != nil {
			t.Errorf("the new address: %v", err)
		}

		b.clock.Advance(48 * time.Hour)
		wantErr(t, "after its end", call(fresh), app.ErrWebhook)
		if w, err = b.Webhook(t.Context(), ben, w.ID); err != nil || w.State(b.clock.Now()) != app.Expired {
			t.Errorf("%+v, %v", w, err)
		}
		_, _, err = b.UpdateWebhook(t.Context(), ben, w.ID, app.WebhookForm{Scopes: []string{"task"}, Expires: end})
		wantField(t, err, "expires")
		if _, _, err = b.UpdateWebhook(t.Context(), ben, w.ID, app.WebhookForm{Scopes: []string{"task"}}); err != nil {
			t.Fatal(err)
		}
		if err := call(fresh); err != nil {
			t.Errorf("without an end: %v", err)
		}
		for kind, want := range map[string]int{
			"WEBHOOK_ADDED": 1, "WEBHOOK_DISABLED": 1, "WEBHOOK_ENABLED": 1, "WEBHOOK_CODE_CHANGED": 1, "WEBHOOK_CHANGED": 1,
		} {
			if n := b.audited(kind, "The webhook “Inbound webhook” "); n != want {
				t.Errorf("%d entries %s, want %d", n, kind, want)
			}
		}
	})
}

func TestHoldersAreThePeopleWhomAnApplicationActsFor(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		b.issue(c.ID, anna.ID)
		b.issue(c.ID, ben.ID)
		g := b.issue(c.ID, ben.ID)
		b.clock.Advance(time.Minute)
		if _, err := b.Authorize(t.Context(), app.Credentials{Token: g.AccessToken, Remote: "10.0.0.8"}); err != nil {
			t.Fatal(err)
		}
		want := []app.Holder{
			{UserID: ben.ID, Tokens: 2, Renewable: 2, LastUsed: b.clock.Now(), Address: "10.0.0.8"},
			{UserID: anna.ID, Tokens: 1, Renewable: 1},
		}
		if got, total, err := b.Holders(t.Context(), anna, c.ID, 0, 10); err != nil || total != 2 || !slices.Equal(got, want) {
			t.Errorf("%+v, %d, %v; want %+v", got, total, err, want)
		}
		if got, total, err := b.Holders(t.Context(), anna, c.ID, 1, 1); err != nil || total != 2 || !slices.Equal(got, want[1:]) {
			t.Errorf("the second page: %+v, %d, %v", got, total, err)
		}
		if _, err := b.RevokeFrom(t.Context(), anna, c.ID, ben.ID); err != nil {
			t.Fatal(err)
		}
		_, err := b.byToken(g.AccessToken)
		wantErr(t, "Ben's token", err, app.ErrTokenUnknown)
		want[0].Tokens, want[0].Renewable = 0, 0
		if got, _, err := b.Holders(t.Context(), anna, c.ID, 0, 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		_, _, err = b.Holders(t.Context(), ben, c.ID, 0, 10)
		wantErr(t, "Ben asks", err, app.ErrAdminOnly)
		_, err = b.RevokeFrom(t.Context(), ben, c.ID, anna.ID)
		wantErr(t, "Ben revokes", err, app.ErrAdminOnly)
	})
}

func TestLastUseOfWhatAPersonAllowedIsTheirOwn(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		c := b.create(botForm())
		mine, others := b.issue(c.ID, ben.ID), b.issue(c.ID, anna.ID)
		if _, err := b.byToken(others.AccessToken); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Allowed(t.Context(), ben); err != nil || len(list) != 1 || !list[0].LastUsed.IsZero() {
			t.Errorf("%+v, %v: Anna's use is none of Ben's", list, err)
		}
		b.clock.Advance(time.Second) // the other person's use just now must not hide this one
		if _, err := b.byToken(mine.AccessToken); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Allowed(t.Context(), ben); err != nil || len(list) != 1 || !list[0].LastUsed.Equal(b.clock.Now()) {
			t.Errorf("%+v, %v; want now", list, err)
		}
	})
}
