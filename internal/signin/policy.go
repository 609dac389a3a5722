package signin

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Required says who must have a second factor.
type Required string

// Who must have one.
const (
	Nobody         Required = "nobody" // who wants one has one
	Administrators Required = "administrators"
	Everybody      Required = "everybody"
)

// Policy is how people sign in to a portal.
type Policy struct {
	SecondFactor  Required
	TrustDays     int64 // how long a device may be trusted that gave a code; 0: never
	IdleHours     int64 // a session ends when it was not used for so long
	AbsoluteHours int64 // and so long after the sign-in
	MinPassword   int64 // characters of a new password
	PasswordOff   bool  // passwords are not taken, except that of BreakGlass
	BreakGlass    int64 // the administrator who may always sign in with a password: the provider may fail
}

// The bounds of a policy.
const (
	maxTrustDays     = 90
	minIdleHours     = 1
	maxIdleHours     = 30 * 24
	maxAbsoluteHours = 365 * 24
	maxMinPassword   = 64
)

var policyKey = setting.Key[Policy]{
	Name: "signin.policy", Check: Policy.check,
	Default: Policy{SecondFactor: Nobody, TrustDays: 30, IdleHours: 30 * 24, AbsoluteHours: 90 * 24, MinPassword: user.MinPassword},
}

func (p Policy) check() error {
	bad := func(field, text string) error { return fault.New(fault.Invalid, "SIGN_IN_POLICY", text).At(field) }
	switch {
	case !slices.Contains([]Required{Nobody, Administrators, Everybody}, p.SecondFactor):
		return bad("second_factor", "Choose who must have a second factor.")
	case p.TrustDays < 0 || p.TrustDays > maxTrustDays:
		return bad("trust_days", "Between 0 and 90 days.")
	case p.IdleHours < minIdleHours || p.IdleHours > maxIdleHours:
		return bad("idle_hours", "Between 1 and 720 hours, which is 30 days.")
	case p.AbsoluteHours < p.IdleHours || p.AbsoluteHours > maxAbsoluteHours:
		return bad("absolute_hours", "At least as long as an unused session lives, and at most 8760 hours, which is a year.")
	case p.MinPassword < user.MinPassword || p.MinPassword > maxMinPassword:
		return bad("min_password", "Between 8 and 64 characters.")
	case p.PasswordOff && p.BreakGlass == 0:
		return bad("break_glass", "Choose the administrator who may still sign in with a password.")
	}
	return nil
}

// requires reports whether u must have a second factor.
func (p Policy) requires(u user.User) bool {
	return p.SecondFactor == Everybody || p.SecondFactor == Administrators && u.Admin
}

// Policy returns how people sign in.
func (s *Service) Policy(ctx context.Context) (Policy, error) {
	return setting.Load(ctx, s.settings, policyKey)
}

// Rules returns what of the policy package user holds to.
func Rules(settings *setting.Store) func(context.Context) (user.Rules, error) {
	return func(ctx context.Context) (user.Rules, error) {
		p, err := setting.Load(ctx, settings, policyKey)
		return user.Rules{
			Idle: time.Duration(p.IdleHours) * time.Hour, Absolute: time.Duration(p.AbsoluteHours) * time.Hour,
			MinPassword: int(p.MinPassword),
		}, err
	}
}

var (
	errOwnFactor = fault.New(fault.Conflict, "OWN_FACTOR",
		"Set up your own second factor first, so that you do not lock yourself out.").At("second_factor")
	errKeyNeeded = fault.New(fault.Conflict, "KEY_NEEDED",
		"This server was started without a key for secrets, so second factors cannot be kept.").At("second_factor")
	errNoProvider = fault.New(fault.Conflict, "PROVIDER_NEEDED",
		"Turn on an identity provider first: nobody else could sign in.").At("password_off")
	errBreakGlass = fault.New(fault.Invalid, "BREAK_GLASS",
		"This must be an active administrator who has a password.").At("break_glass")
	errAdmins = fault.New(fault.Denied, "ACCESS_DENIED", "Only administrators decide how people sign in.")
)

// SavePolicy stores how people sign in. Where it asks for second factors, the sessions of those end who lack one: they set
// it up when they sign in again. Faults: ACCESS_DENIED, SIGN_IN_POLICY, OWN_FACTOR, KEY_NEEDED, PROVIDER_NEEDED,
// BREAK_GLASS, each at its field.
func (s *Service) SavePolicy(ctx context.Context, actor user.Ref, p Policy) error {
	if !actor.Admin {
		return errAdmins
	}
	if err := s.tenable(ctx, actor, p); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		old, err := setting.LoadTx(ctx, tx, policyKey)
		if err != nil {
			return err
		}
		if err := setting.SaveTx(ctx, tx, s.settings, policyKey, p); err != nil {
			return err
		}
		if p.SecondFactor != old.SecondFactor && p.SecondFactor != Nobody {
			if err := s.endWithoutFactorTx(ctx, tx, p); err != nil {
				return err
			}
		}
		return s.noteTx(ctx, tx, "SIGN_IN_POLICY_CHANGED", 0, 0, policyText(old, p))
	})
}

// tenable checks that the portal can be signed in to under p.
func (s *Service) tenable(ctx context.Context, actor user.Ref, p Policy) error {
	if p.SecondFactor != Nobody {
		if s.box == nil {
			return errKeyNeeded
		}
		has, err := s.HasFactor(ctx, actor.ID)
		if err != nil {
			return err
		}
		if !has {
			return errOwnFactor
		}
	}
	if !p.PasswordOff {
		return nil
	}
	provider, err := s.ProviderSettings(ctx)
	if err != nil {
		return err
	}
	if !provider.On {
		return errNoProvider
	}
	if p.BreakGlass == 0 {
		return nil // the check of the document says so
	}
	u, err := s.users.Get(ctx, p.BreakGlass)
	if err != nil || !u.Admin || !u.CanSignIn() {
		return errBreakGlass
	}
	if has, err := s.users.HasPassword(ctx, u.ID); err != nil || !has {
		return errBreakGlass
	}
	return nil
}
