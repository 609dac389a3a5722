package signin_test

import (
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/signin/oidctest"
	"github.com/portico-hq/portico/internal/user"
)

func TestThePolicyIsKeptWithinItsBounds(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		p, err := b.Policy(b.Context())
		b.want(err, "")
		b.want(b.SavePolicy(b.Context(), user.Ref{ID: 2, Access: access.Everything}, p), "ACCESS_DENIED")
		for field, change := range map[string]func(p *signin.Policy){
			"second_factor":  func(p *signin.Policy) { p.SecondFactor = "somebody" },
			"trust_days":     func(p *signin.Policy) { p.TrustDays = 91 },
			"idle_hours":     func(p *signin.Policy) { p.IdleHours = 0 },
			"absolute_hours": func(p *signin.Policy) { p.AbsoluteHours = p.IdleHours - 1 },
			"min_password":   func(p *signin.Policy) { p.MinPassword = 7 },
			"password_off":   func(p *signin.Policy) { p.PasswordOff, p.BreakGlass = true, 1 },
		} {
			if err := b.policy(change); err == nil || field != "second_factor" && fieldOf(err) != field {
				b.Errorf("%s: %v", field, err)
			}
		}
		b.logs()
		b.want(b.policy(func(p *signin.Policy) { p.MinPassword = 12 }), "")
		b.want(b.users.SetPassword(b.Context(), 2, "elevenlette"), "PASSWORD_SHORT")
		b.logs("SIGN_IN_POLICY_CHANGED ")
	})
}

func TestSessionsLiveAsLongAsThePolicySays(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.want(b.policy(func(p *signin.Policy) { p.IdleHours, p.AbsoluteHours = 2, 5 }), "")
		used, idle := b.in("ben", here).Session, b.in("ben", here).Session
		for range 4 {
			b.clock.Advance(time.Hour)
			_, err := b.users.Lookup(ctx, used)
			b.want(err, "")
		}
		_, err := b.users.Lookup(ctx, idle)
		b.want(err, "NO_SESSION")
		if list, err := b.users.Sessions(ctx, 2); err != nil || len(list) != 1 || !list[0].Expires.Equal(noon.Add(5*time.Hour)) {
			b.Errorf("%+v, %v", list, err)
		}
		b.clock.Advance(time.Hour)
		_, err = b.users.Lookup(ctx, used)
		b.want(err, "NO_SESSION")
		fresh := b.in("ben", here).Session
		b.clock.Advance(90 * time.Minute)
		b.want(b.policy(func(p *signin.Policy) { p.IdleHours = 1 }), "") // holds for the sessions that are open
		_, err = b.users.Lookup(ctx, fresh)
		b.want(err, "NO_SESSION")
	})
}

func TestWhoseLinkWasMadeChoosesANewPassword(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		_, err := b.users.NewLink(ctx, 2)
		b.want(err, "")
		out := b.in("ben", here)
		b.needs(out, signin.NeedPassword)
		for code, try := range map[string]string{"PASSWORD_SAME": password, "PASSWORD_SHORT": "short", "PASSWORD_LOGIN": "Ben@Example.com"} {
			_, err := b.NewPassword(ctx, out.Step, try, here)
			b.want(err, code)
		}
		out, err = b.NewPassword(ctx, out.Step, "battery staple", here)
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
		_, err = b.Password(ctx, "ben", password, here)
		b.want(err, "WRONG_PASSWORD")
		_, err = b.NewPassword(ctx, out.Step, "another staple", here)
		b.want(err, "SIGN_IN_OVER")
	})
}

func TestPasswordsAreOffButForTheBreakGlass(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		off := func(p *signin.Policy) { p.PasswordOff, p.BreakGlass = true, 1 }
		b.want(b.policy(off), "PROVIDER_NEEDED")
		b.provide(nil)
		b.want(b.policy(func(p *signin.Policy) { p.PasswordOff, p.BreakGlass = true, 2 }), "BREAK_GLASS")
		b.want(b.policy(func(p *signin.Policy) { p.PasswordOff = true }), "SIGN_IN_POLICY")
		b.want(b.policy(off), "")
		_, err := b.Password(ctx, "ben", password, here)
		b.want(err, "PASSWORD_OFF")
		_, err = b.Password(ctx, "ben", "wrong password", here)
		b.want(err, "WRONG_PASSWORD")
		b.needs(b.in("anna", here), signin.NeedNothing)
		out, _, err := b.provided(oidctest.Claims{"sub": "b", "email": "ben@example.com", "email_verified": true})
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
		p, err := b.ProviderSettings(ctx)
		b.want(err, "")
		p.On = false
		b.want(b.SaveProvider(ctx, admin, p, nil), "PASSWORD_OFF")
	})
}

func TestWhoIsDismissedIsOutOfEveryStep(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		secret, _ := b.enrol(2)
		out := b.in("ben", here)
		if _, err := b.users.Update(ctx, 2, user.Change{Active: new(false)}); err != nil {
			b.Fatal(err)
		}
		_, err := b.EnterCode(ctx, out.Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "SIGN_IN_OVER")
		_, err = b.Password(ctx, "ben", password, here)
		b.want(err, "WRONG_PASSWORD")
	})
}
