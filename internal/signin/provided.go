package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// The faults of signing in through a provider. Their codes lead to texts on the sign-in page.
var (
	ErrProviderOff   = fault.New(fault.NotFound, "PROVIDER_OFF", "This portal has no identity provider.")
	ErrProviderState = fault.New(fault.Invalid, "PROVIDER_STATE", "This sign-in was begun elsewhere or took too long. Try again.")
	ErrProviderToken = fault.New(fault.Denied, "PROVIDER_TOKEN", "The identity provider's answer did not stand up to the check. Try again, or tell an administrator.")
	ErrProviderDown  = fault.New(fault.Unavailable, "PROVIDER_DOWN", "The identity provider does not answer. Try again in a moment.")
	ErrUnverified    = fault.New(fault.Denied, "PROVIDER_UNVERIFIED", "The identity provider has not verified your e-mail address.")
	ErrDomain        = fault.New(fault.Denied, "PROVIDER_DOMAIN", "E-mail addresses of your domain are not let in here.")
	ErrUnknown       = fault.New(fault.Denied, "PROVIDER_UNKNOWN", "Nobody on this portal has your address. Ask an administrator to invite you.")
	ErrDismissed     = fault.New(fault.Denied, "PROVIDER_DISMISSED", "You may not sign in to this portal any more.")
)

// BeginProvider returns the address at which the browser signs in, and the state that the browser has to keep: it proves on
// the way back that it is the same one. next is where to go afterwards. redirect is the portal's own address for the way
// back. Faults: PROVIDER_OFF, PROVIDER_DOWN.
func (s *Service) BeginProvider(ctx context.Context, redirect, next string) (address, state string, err error) {
	p, c, err := s.on(ctx, redirect)
	if err != nil {
		return "", "", err
	}
	state, nonce, verifier := rand.Text(), rand.Text(), rand.Text()+rand.Text()
	address, err = s.provider.AuthURL(ctx, c, state, nonce, verifier)
	if err != nil {
		s.log.WarnContext(ctx, "identity provider", "issuer", p.Issuer, "error", err)
		return "", "", ErrProviderDown.Because(err)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now := s.clock.Now()
		if _, err := tx.Exec(ctx, "DELETE FROM provider_attempt WHERE expires <= ?", db.Micro(now)); err != nil {
			return fmt.Errorf("forget attempts: %w", err)
		}
		_, err := tx.Exec(ctx, "INSERT INTO provider_attempt (state, nonce, verifier, next, expires) VALUES (?, ?, ?, ?, ?)",
			hash(state), nonce, verifier, next, db.Micro(now.Add(stepLife)))
		if err != nil {
			return fmt.Errorf("store attempt: %w", err)
		}
		return nil
	})
	return address, state, err
}

// on returns the provider, where there is one that is turned on.
func (s *Service) on(ctx context.Context, redirect string) (ProviderSettings, Client, error) {
	p, err := s.ProviderSettings(ctx)
	if err != nil {
		return p, Client{}, err
	}
	if !p.On || s.provider == nil {
		return p, Client{}, ErrProviderOff
	}
	c, err := s.client(p, redirect)
	if err != nil {
		s.log.ErrorContext(ctx, "open the secret of the identity provider", "error", err)
		return p, c, ErrProviderDown.Because(err)
	}
	return p, c, nil
}

// Return is what the browser brings back from the provider.
type Return struct {
	State string // of the address
	Kept  string // what the browser kept; must be the same
	Code  string
}

// Provided goes on with who comes back from the provider, and returns where they wanted to go.
// Faults: PROVIDER_OFF, PROVIDER_STATE, PROVIDER_TOKEN, PROVIDER_UNVERIFIED, PROVIDER_DOMAIN, PROVIDER_UNKNOWN,
// PROVIDER_DISMISSED.
func (s *Service) Provided(ctx context.Context, redirect string, r Return, b Browser) (Outcome, string, error) {
	p, c, err := s.on(ctx, redirect)
	if err != nil {
		return Outcome{}, "", err
	}
	nonce, verifier, next, err := s.takeAttempt(ctx, r)
	if err != nil {
		return Outcome{}, "", err
	}
	claims, err := s.provider.Claims(ctx, c, r.Code, nonce, verifier)
	if err != nil {
		s.log.WarnContext(ctx, "identity provider refused or mistrusted", "issuer", p.Issuer, "error", err)
		return Outcome{}, "", ErrProviderToken.Because(err)
	}
	u, err := s.personOf(ctx, p, claims)
	if err != nil {
		return Outcome{}, "", errors.Join(err, s.noteRefused(ctx, err))
	}
	if err := s.applyGroups(ctx, p, u, claims.Groups); err != nil {
		return Outcome{}, "", err
	}
	out, err := s.begin(ctx, u, user.ByProvider, b)
	return out, next, err
}

// noteRefused records that the provider knows somebody whom the portal does not let in.
func (s *Service) noteRefused(ctx context.Context, why error) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.noteTx(ctx, tx, "USER_SIGN_IN_FAILED", 0, 0, "A sign-in through the identity provider failed: "+fault.Of(why).Code+".")
	})
}

// takeAttempt returns what was kept of a sign-in that was begun here by the same browser. It counts once.
func (s *Service) takeAttempt(ctx context.Context, r Return) (nonce, verifier, next string, err error) {
	if r.State == "" || r.State != r.Kept || r.Code == "" {
		return "", "", "", ErrProviderState
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "DELETE FROM provider_attempt WHERE state = ? AND expires > ? RETURNING nonce, verifier, next",
			hash(r.State), db.Micro(s.clock.Now())).Scan(&nonce, &verifier, &next)
	})
	if errors.Is(err, db.ErrNoRows) {
		err = ErrProviderState
	}
	return nonce, verifier, next, err
}

// personOf returns who the claims are of: the person who signed in with them before, one who is found by them, or a new one.
func (s *Service) personOf(ctx context.Context, p ProviderSettings, c Claims) (user.User, error) {
	var id int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT user_id FROM provider_identity WHERE issuer = ? AND subject = ?", c.Issuer, c.Subject).Scan(&id)
	})
	switch {
	case err == nil:
		u, err := s.users.Get(ctx, id)
		if err == nil && !u.CanSignIn() {
			err = ErrDismissed
		}
		return u, err
	case !errors.Is(err, db.ErrNoRows):
		return user.User{}, fmt.Errorf("read identity: %w", err)
	}
	if err := p.admits(c); err != nil {
		return user.User{}, err
	}
	u, err := s.findPerson(ctx, p, c)
	if errors.Is(err, user.ErrNotFound) && p.Create {
		u, err = s.createPerson(ctx, p, c)
	}
	switch {
	case errors.Is(err, user.ErrNotFound):
		return user.User{}, ErrUnknown
	case err != nil:
		return user.User{}, err
	case !u.CanSignIn():
		return user.User{}, ErrDismissed
	}
	return u, s.link(ctx, u, c)
}

// admits checks an address by which somebody is to be found for the first time.
func (p ProviderSettings) admits(c Claims) error {
	if p.LoginClaim == "email" || len(p.Domains) > 0 || p.Create {
		if c.Email == "" || !c.EmailVerified && !p.TrustEmail {
			return ErrUnverified
		}
	}
	_, domain, _ := strings.Cut(c.Email, "@")
	if len(p.Domains) > 0 && !slices.Contains(p.Domains, strings.ToLower(domain)) {
		return ErrDomain
	}
	return nil
}

func (s *Service) findPerson(ctx context.Context, p ProviderSettings, c Claims) (user.User, error) {
	name := c.Login
	if p.LoginClaim == "email" {
		name = c.Email
	}
	if name == "" {
		return user.User{}, user.ErrNotFound
	}
	u, err := s.users.ByLogin(ctx, name)
	if err != nil {
		return user.User{}, err
	}
	// What a claim says is compared with its like: an address is not a login that somebody chose to look like it.
	if same := map[bool]string{true: u.Email, false: u.Login}[p.LoginClaim == "email"]; !strings.EqualFold(same, name) {
		return user.User{}, user.ErrNotFound
	}
	return u, nil
}

func (s *Service) createPerson(ctx context.Context, p ProviderSettings, c Claims) (user.User, error) {
	n := user.NewUser{Email: c.Email, FirstName: c.FirstName, LastName: c.LastName}
	if p.LoginClaim != "email" {
		n.Login = c.Login
	}
	if n.FirstName == "" && n.LastName == "" {
		n.FirstName, n.LastName, _ = strings.Cut(c.Name, " ")
	}
	return s.users.Create(ctx, n)
}

// link remembers whom the provider means by its subject: addresses change and are given to others, subjects are not.
func (s *Service) link(ctx context.Context, u user.User, c Claims) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO provider_identity (issuer, subject, user_id) VALUES (?, ?, ?)
			ON CONFLICT (issuer, subject) DO NOTHING`, c.Issuer, c.Subject, u.ID)
		if err != nil {
			return fmt.Errorf("link identity: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.noteTx(ctx, tx, "PROVIDER_LINKED", u.ID, u.ID, "Linked "+u.DisplayName()+" with the identity provider "+c.Issuer+".")
	})
}

// applyGroups gives u what the rules say of their groups, and takes what the rules say of others.
func (s *Service) applyGroups(ctx context.Context, p ProviderSettings, u user.User, groups []string) error {
	if len(p.Groups) == 0 || u.Kind != user.Employee {
		return nil
	}
	roles, departments := map[int64]bool{}, map[int64]bool{}
	for _, g := range p.Groups {
		in := slices.Contains(groups, g.Group)
		if g.RoleID != 0 {
			roles[g.RoleID] = roles[g.RoleID] || in
		}
		if g.DepartmentID != 0 {
			departments[g.DepartmentID] = departments[g.DepartmentID] || in
		}
	}
	rules := user.Ref{Admin: true, Access: access.Everything} // an administrator wrote them
	for id, give := range roles {
		if err := s.users.GiveRole(ctx, rules, id, u.ID, give); err != nil && !errors.Is(err, user.ErrNoRole) { // deleted since
			return err
		}
	}
	ids := slices.Clone(u.DepartmentIDs)
	for id, in := range departments {
		if _, err := s.users.Department(ctx, id); errors.Is(err, user.ErrNoDepartment) {
			continue // deleted since
		} else if err != nil {
			return err
		}
		ids = slices.DeleteFunc(ids, func(d int64) bool { return d == id })
		if in {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	have := slices.Sorted(slices.Values(u.DepartmentIDs))
	if slices.Equal(ids, have) {
		return nil
	}
	_, err := s.users.Update(ctx, u.ID, user.Change{DepartmentIDs: &ids})
	return err
}
