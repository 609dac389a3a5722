package signin

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// ProviderSettings say through which identity provider people may sign in (OpenID Connect).
type ProviderSettings struct {
	On       bool
	Title    string // on the button: "Sign in with <Title>"
	Issuer   string // its address, as in the tokens
	ClientID string
	Secret   string   // sealed; empty for a public client
	Scopes   []string // besides openid, email and profile

	// LoginClaim is what finds a person at their first sign-in: "email", compared with the e-mail address, or another claim,
	// compared with the login.
	LoginClaim string
	// TrustEmail takes addresses of which the provider does not say that it has verified them.
	TrustEmail bool
	Domains    []string // of e-mail addresses; empty: any
	Create     bool     // who is not found becomes an employee

	GroupsClaim string
	Groups      []GroupRule
	// SecondFactor asks for the portal's second factor as well.
	SecondFactor bool
}

// GroupRule gives who is in a group of the provider a role, a department, or both; who is not loses them at the next
// sign-in.
type GroupRule struct {
	Group        string
	RoleID       int64 // 0: none
	DepartmentID int64 // 0: none
}

// The bounds of the settings.
const (
	maxDomains = 50
	maxGroups  = 100
	maxClaim   = 255
)

var providerKey = setting.Key[ProviderSettings]{
	Name: "signin.provider", Default: ProviderSettings{Title: "single sign-on", LoginClaim: "email"}, Check: ProviderSettings.check,
}

func (p ProviderSettings) check() error {
	bad := func(field, text string) error { return fault.New(fault.Invalid, "PROVIDER", text).At(field) }
	for field, text := range map[string]string{
		"title": p.Title, "client_id": p.ClientID, "login_claim": p.LoginClaim, "groups_claim": p.GroupsClaim, "issuer": p.Issuer,
	} {
		if len(text) > maxClaim {
			return bad(field, "This is longer than 255 characters.")
		}
	}
	if len(p.Domains) > maxDomains {
		return bad("domains", "At most 50 domains.")
	}
	if len(p.Groups) > maxGroups {
		return bad("groups", "At most 100 rules.")
	}
	if !p.On {
		return nil
	}
	u, err := url.Parse(p.Issuer)
	switch {
	case p.Title == "":
		return bad("title", "Name the provider as people know it.")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "":
		return bad("issuer", "Enter the address of the issuer, beginning with https://.")
	case u.Scheme == "http" && !local(u.Hostname()):
		return bad("issuer", "Only an issuer on this machine may do without https.")
	case p.ClientID == "":
		return bad("client_id", "Enter the client ID that the provider gave this portal.")
	case p.LoginClaim == "":
		return bad("login_claim", "Name the claim that finds a person.")
	case len(p.Groups) > 0 && p.GroupsClaim == "":
		return bad("groups_claim", "Name the claim that lists the groups.")
	}
	return nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// Client is a portal as an identity provider knows it.
type Client struct {
	Issuer   string
	ID       string
	Secret   string
	Scopes   []string
	Redirect string // where the provider sends the browser back to
	// LoginClaim and GroupsClaim are the claims to read.
	LoginClaim, GroupsClaim string
}

// Claims are what a provider says of who signed in, checked by its signature.
type Claims struct {
	Issuer, Subject     string
	Login               string // the login claim
	Email               string
	EmailVerified       bool
	FirstName, LastName string
	Name                string // whole, where the parts are missing
	Groups              []string
}

// Provider speaks to an identity provider.
type Provider interface {
	// Check asks the issuer for its description and fails where there is none.
	Check(ctx context.Context, c Client) error
	// AuthURL returns the address at which the browser signs in.
	AuthURL(ctx context.Context, c Client, state, nonce, verifier string) (string, error)
	// Claims exchanges the code that the browser brought back and checks the token that comes for it.
	Claims(ctx context.Context, c Client, code, nonce, verifier string) (Claims, error)
}

// ProviderSettings returns through which provider people may sign in.
func (s *Service) ProviderSettings(ctx context.Context) (ProviderSettings, error) {
	return setting.Load(ctx, s.settings, providerKey)
}

const secretAbout = "signin.provider secret"

func (s *Service) client(p ProviderSettings, redirect string) (Client, error) {
	c := Client{
		Issuer: p.Issuer, ID: p.ClientID, Scopes: p.Scopes, Redirect: redirect, LoginClaim: p.LoginClaim, GroupsClaim: p.GroupsClaim,
	}
	if p.Secret == "" {
		return c, nil
	}
	secret, err := s.box.Open(p.Secret, secretAbout)
	c.Secret = string(secret)
	return c, err
}

var (
	errIssuer   = fault.New(fault.Invalid, "ISSUER", "The issuer does not answer as an OpenID provider.").At("issuer")
	errSeal     = fault.New(fault.Conflict, "KEY_NEEDED", "This server was started without a key for secrets, so it cannot keep this one.").At("secret")
	errLastWay  = fault.New(fault.Conflict, "PASSWORD_OFF", "Passwords are off, so the provider must stay. Turn passwords on first.").At("on")
	errRuleRole = fault.New(fault.Invalid, "GROUP_RULE", "A rule names a role or a department that there is not.").At("groups")
)

// SaveProvider stores p. secret is a new client secret; nil keeps the one there is, an empty one removes it. A provider that is
// on is asked for its description first. Faults: ACCESS_DENIED, PROVIDER, ISSUER, KEY_NEEDED, PASSWORD_OFF, GROUP_RULE, each
// at its field.
func (s *Service) SaveProvider(ctx context.Context, actor user.Ref, p ProviderSettings, secret *string) error {
	if !actor.Admin {
		return errAdmins
	}
	p.tidy()
	if err := p.check(); err != nil {
		return err
	}
	old, err := s.ProviderSettings(ctx)
	if err != nil {
		return err
	}
	p.Secret = old.Secret
	switch {
	case secret != nil && *secret == "":
		p.Secret = ""
	case secret != nil:
		if p.Secret, err = s.box.Seal([]byte(*secret), secretAbout); err != nil {
			return errSeal.Because(err)
		}
	case old.Secret != "" && p.Issuer != old.Issuer:
		return fault.New(fault.Invalid, "PROVIDER", "Enter the secret again: it was that of another issuer.").At("secret")
	}
	if err := s.usable(ctx, p); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := setting.SaveTx(ctx, tx, s.settings, providerKey, p); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "SIGN_IN_PROVIDER_CHANGED", 0, 0, "Saved the identity provider "+p.Title+" ("+p.Issuer+"), which is "+
			map[bool]string{true: "on", false: "off"}[p.On]+".")
	})
}

// tidy cleans what was typed.
func (p *ProviderSettings) tidy() {
	for _, text := range []*string{&p.Title, &p.Issuer, &p.ClientID, &p.LoginClaim, &p.GroupsClaim} {
		*text = strings.TrimSpace(*text)
	}
	for i, d := range p.Domains {
		p.Domains[i] = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(d), "@"))
	}
	p.Domains = slices.DeleteFunc(p.Domains, func(d string) bool { return d == "" })
	p.Scopes = slices.DeleteFunc(p.Scopes, func(s string) bool { return s == "" || s == "openid" || s == "email" || s == "profile" })
}

// usable checks what needs the database or the network.
func (s *Service) usable(ctx context.Context, p ProviderSettings) error {
	policy, err := s.Policy(ctx)
	if err != nil {
		return err
	}
	if !p.On {
		if policy.PasswordOff {
			return errLastWay
		}
		return nil
	}
	for _, g := range p.Groups {
		if g.RoleID != 0 {
			r, err := s.users.Role(ctx, g.RoleID)
			if errors.Is(err, user.ErrNoRole) || err == nil && r.Code == user.RoleEmployee {
				return errRuleRole
			} else if err != nil {
				return err
			}
		}
		if g.DepartmentID == 0 {
			continue
		}
		if _, err := s.users.Department(ctx, g.DepartmentID); errors.Is(err, user.ErrNoDepartment) {
			return errRuleRole
		} else if err != nil {
			return err
		}
	}
	c, err := s.client(p, "")
	if err != nil {
		return errSeal.Because(err)
	}
	if s.provider == nil {
		return errIssuer
	}
	if err := s.provider.Check(ctx, c); err != nil {
		f := *errIssuer
		f.Text = "The issuer does not answer as an OpenID provider: " + err.Error()
		return (&f).Because(err)
	}
	return nil
}
