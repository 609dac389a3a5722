package user_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

const password = "correct horse"

func TestSignInLookupSignOut(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		u := b.create(user.NewUser{Login: "Anna", Email: "anna@example.com", Password: password})
		for _, login := range []string{"anna", " ANNA@example.com "} {
			token, err := b.users.SignIn(ctx, login, password, "Firefox", "192.0.2.1")
			if err != nil {
				b.Fatal(err)
			}
			got, err := b.users.Lookup(ctx, token)
			if err != nil || got.ID != u.ID || !got.LastLogin.Equal(noon) || !got.Online(noon) {
				b.Errorf("%+v, %v", got, err)
			}
		}
		list, err := b.users.Sessions(ctx, u.ID)
		if err != nil || len(list) != 2 || list[0].UserAgent != "Firefox" || list[0].Address != "192.0.2.1" {
			b.Fatalf("%+v, %v", list, err)
		}
		token, _ := b.users.SignIn(ctx, "anna", password, "", "")
		if strings.Contains(list[0].Key+list[1].Key, token) {
			b.Error("the token itself is stored")
		}
		if _, err := b.users.Lookup(ctx, list[0].Key); err == nil {
			b.Error("what is stored opens the session")
		}
		if err := b.users.SignOut(ctx, token); err != nil {
			b.Error(err)
		}
		_, err = b.users.Lookup(ctx, token)
		b.want(err, "NO_SESSION")
		b.want(b.users.End(ctx, u.ID+1, list[0].Key), "NO_SESSION")
		if err := b.users.End(ctx, u.ID, list[0].Key); err != nil {
			b.Error(err)
		}
	})
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.create(user.NewUser{Login: "admin", Admin: true})
		u := b.create(user.NewUser{Login: "anna", Password: password})
		b.create(user.NewUser{Login: "fresh"})
		b.create(user.NewUser{Login: "mail", Kind: user.Email, Password: password})
		for _, c := range [][2]string{
			{"anna", "wrong password"},
			{"anna", ""},
			{"nobody", password},
			{"fresh", ""},
			{"mail", password},
			{"", ""},
			{"anna\x00", password + strings.Repeat("x", 2000)},
		} {
			_, err := b.users.SignIn(ctx, c[0], c[1], "", "192.0.2.1")
			b.want(err, "WRONG_PASSWORD")
		}
		token, err := b.users.SignIn(ctx, "anna", password, "", "192.0.2.1")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := b.users.Update(ctx, u.ID, user.Change{Active: new(false)}); err != nil {
			b.Fatal(err)
		}
		_, err = b.users.Lookup(ctx, token)
		b.want(err, "NO_SESSION")
		_, err = b.users.SignIn(ctx, "anna", password, "", "192.0.2.1")
		b.want(err, "WRONG_PASSWORD")
	})
}

func TestSetPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		u := b.create(user.NewUser{Login: "anna", Password: password})
		token, _ := b.users.SignIn(ctx, "anna", password, "", "")
		b.want(b.users.SetPassword(ctx, u.ID, "sevenne"), "PASSWORD_SHORT")
		b.want(b.users.SetPassword(ctx, u.ID, strings.Repeat("x", 1025)), "PASSWORD_LONG")
		b.want(b.users.SetPassword(ctx, 99, password), "USER_NOT_FOUND")
		if _, err := b.users.Lookup(ctx, token); err != nil {
			b.Errorf("a refused password ended the session: %v", err)
		}
		if err := b.users.SetPassword(ctx, u.ID, "пароль12"); err != nil {
			b.Fatal(err)
		}
		_, err := b.users.Lookup(ctx, token)
		b.want(err, "NO_SESSION")
		if _, err := b.users.SignIn(ctx, "anna", "пароль12", "", ""); err != nil {
			b.Error(err)
		}
	})
}

func TestSessionsEndAndAreExtended(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.create(user.NewUser{Login: "anna", Password: password})
		used, _ := b.users.SignIn(ctx, "anna", password, "", "")
		idle, _ := b.users.SignIn(ctx, "anna", password, "", "")
		b.clock.Advance(20 * 24 * time.Hour)
		if _, err := b.users.Lookup(ctx, used); err != nil {
			b.Fatal(err)
		}
		b.clock.Advance(20 * 24 * time.Hour)
		if _, err := b.users.Lookup(ctx, used); err != nil {
			b.Errorf("a session in use ended: %v", err)
		}
		_, err := b.users.Lookup(ctx, idle)
		b.want(err, "NO_SESSION")
	})
}

func TestPresenceIsExactToAMinute(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		u := b.create(user.NewUser{Login: "anna", Password: password})
		token, _ := b.users.SignIn(ctx, "anna", password, "", "")
		for _, c := range []struct {
			wait time.Duration
			want time.Duration // since noon
		}{{30 * time.Second, 0}, {29 * time.Second, 0}, {time.Second, time.Minute}, {90 * time.Second, 150 * time.Second}} {
			b.clock.Advance(c.wait)
			if _, err := b.users.Lookup(ctx, token); err != nil {
				b.Fatal(err)
			}
			if u, _ = b.users.Get(ctx, u.ID); !u.LastActivity.Equal(noon.Add(c.want)) {
				b.Errorf("last activity %v, want noon + %v", u.LastActivity, c.want)
			}
		}
		now := u.LastActivity
		if !u.Online(now.Add(5*time.Minute-time.Second)) || u.Online(now.Add(5*time.Minute)) {
			b.Error("online is not five minutes")
		}
	})
}

func TestSignInIsThrottled(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.create(user.NewUser{Login: "anna", Password: password})
		b.create(user.NewUser{Login: "ben", Password: password})
		try := func(login, pass, address string) string {
			if _, err := b.users.SignIn(ctx, login, pass, "", address); err != nil {
				return fault.Of(err).Code
			}
			return ""
		}
		var wg sync.WaitGroup
		for range 12 { // tries at once count like tries in turn
			wg.Go(func() { try("anna", "wrong password", "192.0.2.1") })
		}
		wg.Wait()
		if got := try("ANNA", password, "192.0.2.1"); got != "TOO_MANY_ATTEMPTS" {
			b.Errorf("the right password after 12 wrong ones: %q", got)
		}
		if got := try("ben", password, "192.0.2.1"); got != "" {
			b.Errorf("another login from there: %q", got)
		}
		if got := try("anna", password, "192.0.2.2"); got != "" {
			b.Errorf("the login from elsewhere: %q", got)
		}
		b.clock.Advance(16 * time.Minute)
		if got := try("anna", password, "192.0.2.1"); got != "" {
			b.Errorf("after the window: %q", got)
		}
	})
}

func TestOneAddressIsThrottledWhateverTheLogin(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		b.create(user.NewUser{Login: "anna", Password: password})
		// A try is counted before the password is looked at, so a context that ends before the hash leaves it counted.
		err := b.db.Write(b.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(b.Context(), "INSERT INTO sign_in_attempt (subject, attempts, since) VALUES (?, 50, ?)",
				"address 2001:db8::/64", db.Micro(noon))
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		_, err = b.users.SignIn(b.Context(), "anna", password, "", "2001:db8::77")
		b.want(err, "TOO_MANY_ATTEMPTS")
		if f := fault.Of(err); f.Text != "Too many attempts. Try again in 15 minutes." || f.Kind != fault.Denied {
			b.Errorf("%+v", f)
		}
	})
}

func TestTheme(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		u := b.create(user.NewUser{Login: "anna"})
		if err := b.users.SetTheme(b.Context(), u.ID, "dark"); err != nil {
			b.Fatal(err)
		}
		b.want(b.users.SetTheme(b.Context(), u.ID, "pink"), "INVALID_THEME")
		if u, _ = b.users.Get(b.Context(), u.ID); u.Theme != "dark" {
			b.Errorf("theme %q", u.Theme)
		}
	})
}
