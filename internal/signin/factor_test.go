package signin_test

import (
	"encoding/base32"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/totp"
	"github.com/portico-hq/portico/internal/user"
)

func secretOf(t *testing.T, key string) []byte {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestTheSecondFactorIsAskedForAndCodesCountOnce(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.needs(b.in("ben", here), signin.NeedNothing)
		secret, codes := b.enrol(2)
		if len(codes) != 10 || len(codes[0]) != 19 {
			b.Fatalf("recovery codes %q", codes)
		}
		out := b.in("ben", here)
		b.needs(out, signin.NeedCode)
		code := b.code(secret)
		_, err := b.EnterCode(ctx, out.Step, signin.Code{Code: "000000"}, here)
		b.want(err, "CODE_WRONG")
		var wg sync.WaitGroup
		results := make(chan signin.Outcome, 4)
		steps := []signin.Outcome{out, b.in("ben", here), b.in("ben", here), b.in("ben", here)}
		for _, s := range steps { // four browsers with the same code at once
			wg.Go(func() {
				out, _ := b.EnterCode(ctx, s.Step, signin.Code{Code: code}, here)
				results <- out
			})
		}
		wg.Wait()
		opened := 0
		for range steps {
			if o := <-results; o.Session != "" {
				opened++
				b.needs(o, signin.NeedNothing)
			}
		}
		if opened != 1 {
			b.Errorf("a code opened %d sessions", opened)
		}
		b.clock.Advance(totp.Period)
		last := b.in("ben", here)
		got, err := b.EnterCode(ctx, last.Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "")
		b.needs(got, signin.NeedNothing)
		_, err = b.EnterCode(ctx, last.Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "SIGN_IN_OVER")
	})
}

func TestARecoveryCodeCountsOnceAndNeedsNoKey(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		secret, codes := b.enrol(2)
		b.config.Box = nil // the key was lost
		keyless := signin.New(b.config)
		out := b.in("ben", here)
		_, err := keyless.EnterCode(ctx, out.Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "NO_SECRET_KEY")
		typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
		got, err := keyless.EnterCode(ctx, out.Step, signin.Code{Recovery: typed}, here)
		b.want(err, "")
		b.needs(got, signin.NeedNothing)
		_, err = b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Recovery: codes[3]}, here)
		b.want(err, "RECOVERY_WRONG")
		if f, err := b.Factor(ctx, 2); err != nil || f.Recovery != 9 || f.Since.IsZero() {
			b.Errorf("%+v, %v", f, err)
		}
		fresh, err := b.NewRecovery(ctx, b.person(2), b.code(secret))
		b.want(err, "")
		_, err = b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Recovery: codes[4]}, here)
		b.want(err, "RECOVERY_WRONG")
		_, err = b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Recovery: fresh[0]}, here)
		b.want(err, "")
		_, err = keyless.Draft(ctx, b.person(1))
		b.want(err, "NO_SECRET_KEY")
	})
}

func TestGuessingCodesIsThrottled(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		secret, codes := b.enrol(2)
		for range 10 {
			_, err := b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Code: "000000"}, here)
			b.want(err, "CODE_WRONG")
		}
		out := b.in("ben", here)
		_, err := b.EnterCode(ctx, out.Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "TOO_MANY_ATTEMPTS")
		_, err = b.EnterCode(ctx, out.Step, signin.Code{Recovery: codes[0]}, here)
		b.want(err, "TOO_MANY_ATTEMPTS")
		b.clock.Advance(16 * time.Minute)
		_, err = b.EnterCode(ctx, out.Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "SIGN_IN_OVER")
		_, err = b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Code: b.code(secret)}, here)
		b.want(err, "")
	})
}

func TestATrustedDeviceIsNotAskedUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		secret, _ := b.enrol(2)
		out, err := b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Code: b.code(secret), Trust: true}, here)
		b.want(err, "")
		if out.Device == "" || out.DeviceLife != 30*24*time.Hour {
			b.Fatalf("%+v", out)
		}
		known := here
		known.Device = out.Device
		b.needs(b.in("ben", known), signin.NeedNothing)
		b.needs(b.in("ben", here), signin.NeedCode)
		b.enrol(1)
		b.needs(b.in("anna", known), signin.NeedCode) // it is Ben's device, not Anna's
		list, err := b.Devices(ctx, 2)
		if err != nil || len(list) != 1 || list[0].Name() != "Firefox on Linux" || list[0].Address != "192.0.2.1" || list[0].Key == out.Device {
			b.Fatalf("%+v, %v", list, err)
		}
		b.want(b.policy(func(p *signin.Policy) { p.TrustDays = 5 }), "")
		b.clock.Advance(4 * 24 * time.Hour)
		b.needs(b.in("ben", known), signin.NeedNothing)
		b.clock.Advance(24 * time.Hour)
		b.needs(b.in("ben", known), signin.NeedCode)
		b.want(b.policy(func(p *signin.Policy) { p.TrustDays = 30 }), "")
		b.needs(b.in("ben", known), signin.NeedNothing)
		b.want(b.Distrust(ctx, 1, list[0].Key), "") // not theirs: nothing happens
		b.needs(b.in("ben", known), signin.NeedNothing)
		b.want(b.Distrust(ctx, 2, list[0].Key), "")
		b.needs(b.in("ben", known), signin.NeedCode)
		b.want(b.policy(func(p *signin.Policy) { p.TrustDays = 0 }), "")
		out, err = b.EnterCode(ctx, b.in("ben", here).Step, signin.Code{Code: b.code(secret), Trust: true}, here)
		if err != nil || out.Device != "" || out.Session == "" {
			b.Errorf("%+v, %v: devices are not trusted here", out, err)
		}
	})
}

func TestAPolicyAsksForTheSecondFactor(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		require := func(who signin.Required) error {
			return b.policy(func(p *signin.Policy) { p.SecondFactor = who })
		}
		b.want(require(signin.Everybody), "OWN_FACTOR")
		b.enrol(1)
		anna, err := b.users.OpenSession(ctx, user.NewSession{UserID: 1})
		b.want(err, "")
		ben := b.in("ben", here)
		b.want(require(signin.Administrators), "")
		b.needs(ben, signin.NeedNothing) // is none
		b.want(require(signin.Everybody), "")
		_, err = b.users.Lookup(ctx, ben.Session)
		b.want(err, "NO_SESSION")
		_, err = b.users.Lookup(ctx, anna)
		b.want(err, "")

		out := b.in("ben", here)
		b.needs(out, signin.NeedFactor)
		_, err = b.EnterCode(ctx, out.Step, signin.Code{Code: "123456"}, here)
		b.want(err, "SIGN_IN_OVER") // that is not what is asked for
		_, err = b.EnterFactor(ctx, out.Step, "123456", here)
		b.want(err, "FACTOR_DRAFT")
		d, err := b.Draft(ctx, b.person(2))
		b.want(err, "")
		again, err := b.Draft(ctx, b.person(2))
		if err != nil || again != d || !strings.Contains(d.URI, "otpauth://totp/Northwind:ben@example.com?") {
			b.Errorf("%+v, then %+v, %v", d, again, err)
		}
		secret := secretOf(b.T, d.Key)
		_, err = b.EnterFactor(ctx, out.Step, "123456", here)
		b.want(err, "CODE_WRONG")
		out, err = b.EnterFactor(ctx, out.Step, b.code(secret), here)
		b.want(err, "")
		b.needs(out, signin.NeedNothing)
		if len(out.Recovery) != 10 {
			b.Errorf("recovery codes %q", out.Recovery)
		}
		b.want(b.TurnOff(ctx, b.person(2), b.code(secret)), "FACTOR_REQUIRED")
		b.want(require(signin.Nobody), "")
		b.want(b.TurnOff(ctx, b.person(2), b.code(secret)), "CODE_WRONG") // used when it was set up
		b.clock.Advance(totp.Period)
		b.want(b.TurnOff(ctx, b.person(2), b.code(secret)), "")
		b.needs(b.in("ben", here), signin.NeedNothing)
	})
}

func TestASecondFactorIsReset(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		ctx := b.Context()
		b.enrol(1)
		b.enrol(2)
		session, err := b.users.OpenSession(ctx, user.NewSession{UserID: 2})
		b.want(err, "")
		manager := user.Ref{ID: 3, Access: access.ManagePeople | access.OwnWebhooks}
		b.want(b.Reset(ctx, user.Ref{ID: 3}, 2), "ACCESS_DENIED")
		b.want(b.Reset(ctx, manager, 1), "BEYOND_OWN_ACCESS")
		b.want(b.Reset(ctx, manager, 2), "")
		_, err = b.users.Lookup(ctx, session)
		b.want(err, "NO_SESSION")
		b.needs(b.in("ben", here), signin.NeedNothing)
		b.want(b.Reset(ctx, manager, 2), "FACTOR_NOT_FOUND")
		b.want(b.ResetAny(ctx, 1), "")
		b.logs("SECOND_FACTOR_ADDED 1", "SECOND_FACTOR_ADDED 2", "USER_AUTHORIZE 2", "SECOND_FACTOR_RESET 2", "USER_AUTHORIZE 2",
			"SECOND_FACTOR_RESET 1")
	})
}

func TestTheDatabaseAloneGivesNothingAway(t *testing.T) {
	t.Parallel()
	run(t, func(b *bench) {
		secret, codes := b.enrol(2)
		out := b.in("ben", here)
		got, err := b.EnterCode(b.Context(), out.Step, signin.Code{Code: b.code(secret), Trust: true}, here)
		b.want(err, "")
		step := b.in("ben", here)
		var all strings.Builder
		err = b.db.Read(b.Context(), func(tx *db.Tx) error {
			for _, text := range []string{
				"SELECT secret FROM second_factor", "SELECT hash FROM recovery_code", "SELECT token FROM trusted_device",
				"SELECT token FROM sign_in_step", "SELECT token FROM user_session",
			} {
				rows, err := tx.Query(b.Context(), text)
				if err != nil {
					return err
				}
				for rows.Next() {
					var v string
					if err := rows.Scan(&v); err != nil {
						return err
					}
					all.WriteString(v + "\n")
				}
				if err := rows.Close(); err != nil {
					return err
				}
			}
			return nil
		})
		b.want(err, "")
		for what, v := range map[string]string{
			"the secret": string(secret), "its text": strings.ReplaceAll(totp.Text(secret), " ", ""), "a recovery code": codes[0],
			"a recovery code without dashes": strings.ReplaceAll(codes[0], "-", ""), "the device": got.Device,
			"the session": got.Session, "the step": step.Step,
		} {
			if v == "" || strings.Contains(all.String(), v) {
				b.Errorf("%s is in the database: %q", what, v)
			}
		}
	})
}
