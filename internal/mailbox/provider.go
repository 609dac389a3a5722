package mailbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/user"
)

// ProviderSettings are what an administrator says of a provider that lets people sign in at mailboxes (OAuth 2.0), and of the portal as a
// client of it.
type ProviderSettings struct {
	Preset    Preset      `json:"preset"`
	Title     string      `json:"title"`            // as people know it
	Tenant    string      `json:"tenant,omitempty"` // of Microsoft: whose people sign in
	AuthURL   string      `json:"auth_url"`         // where they do
	TokenURL  string      `json:"token_url"`
	RevokeURL string      `json:"revoke_url,omitempty"` // where a permission is given back; empty: nowhere
	Scopes    []string    `json:"scopes"`
	ClientID  string      `json:"client_id"`
	IMAP      mail.Server `json:"imap"`
	SMTP      mail.Server `json:"smtp"`
}

// Provider is a provider that was registered.
type Provider struct {
	ProviderSettings

	ID        int64
	Created   time.Time
	HasSecret bool
	Mailboxes int64 // that are signed in at through it

	secret string // sealed
}

// The bounds of providers. They stand in docs/limits.md.
const (
	maxProviders = 20
	maxURL       = 500
	maxClientID  = 255
	maxSecret    = 1000
	maxScopes    = 20
)

// The faults of providers.
var (
	ErrNoProvider       = fault.New(fault.NotFound, "MAIL_PROVIDER_NOT_FOUND", "There is no such provider.")
	ErrProviderUsed     = fault.New(fault.Conflict, "MAIL_PROVIDER_USED", "Mailboxes are signed in at through this provider. Disconnect them first, or give them a password.").At("sure")
	ErrTooManyProviders = fault.New(fault.TooLarge, "TOO_MANY_MAIL_PROVIDERS", "A portal has at most 20 providers.")
	errNoSecretKey      = fault.New(fault.Conflict, "KEY_NEEDED", "This server was started without a key for secrets, so it cannot keep one.").At("secret")
)

func wrongAt(field, text string) error {
	return fault.New(fault.Invalid, "MAIL_PROVIDER", text).At(field)
}

// tidy checks settings and brings them into their usual form. The faults name the field.
func (p *ProviderSettings) tidy() error {
	p.Title, p.ClientID, p.Tenant = letter.OneLine(p.Title), strings.TrimSpace(p.ClientID), strings.TrimSpace(p.Tenant)
	switch {
	case p.Preset != Google && p.Preset != Microsoft && p.Preset != Other:
		return wrongAt("preset", "Choose a provider.")
	case p.Preset == Microsoft && !tenantForm.MatchString(p.Tenant):
		return wrongAt("tenant", "Enter the directory (tenant) ID of the registration, or “organizations”.")
	case p.Title == "" || len([]rune(p.Title)) > maxName:
		return wrongAt("title", "Name the provider as people know it, in at most 100 characters.")
	case p.ClientID == "" || len(p.ClientID) > maxClientID:
		return wrongAt("client_id", "Enter the client ID that the provider gave this portal.")
	}
	p.fill()
	for _, a := range []struct {
		field    string
		url      *string
		optional bool
	}{{"auth_url", &p.AuthURL, false}, {"token_url", &p.TokenURL, false}, {"revoke_url", &p.RevokeURL, true}} {
		*a.url = strings.TrimSpace(*a.url)
		if *a.url == "" && a.optional {
			continue
		}
		if text := addressWrong(*a.url); text != "" {
			return wrongAt(a.field, text)
		}
	}
	p.Scopes = slices.DeleteFunc(p.Scopes, func(s string) bool { return strings.TrimSpace(s) == "" })
	if len(p.Scopes) == 0 || len(p.Scopes) > maxScopes || len(strings.Join(p.Scopes, " ")) > maxURL {
		return wrongAt("scopes", "Enter the scopes that let the portal read and send mail, separated by spaces.")
	}
	p.IMAP.Login, p.SMTP.Login = "", "" // each mailbox has its own
	if err := p.IMAP.Tidy(""); err != nil {
		return err
	}
	return p.SMTP.Tidy("smtp_")
}

// addressWrong says what is wrong with an address of a provider.
func addressWrong(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" || len(address) > maxURL:
		return "Enter an address that begins with https://."
	case u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" && u.Hostname() != "::1":
		return "Only a provider on this machine may do without https."
	}
	return ""
}

// elsewhere reports whether secrets that were meant for one would go somewhere else with the other.
func (p ProviderSettings) elsewhere(o ProviderSettings) bool {
	return p.TokenURL != o.TokenURL || p.ClientID != o.ClientID || p.IMAP.Address() != o.IMAP.Address() || p.SMTP.Address() != o.SMTP.Address() ||
		p.IMAP.Security != o.IMAP.Security || p.SMTP.Security != o.SMTP.Security
}

func providerAbout(id int64) string { return fmt.Sprintf("mailbox provider %d", id) }

func queryProviders(ctx context.Context, tx *db.Tx, where string, args ...any) (out []Provider, err error) {
	const q = `SELECT id, settings, secret, created, (SELECT COUNT(*) FROM mailbox_account a WHERE a.provider_id = mailbox_provider.id) FROM mailbox_provider `
	rows, err := tx.Query(ctx, q+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read providers of mailboxes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p Provider
		var settings string
		var created int64
		if err := rows.Scan(&p.ID, &settings, &p.secret, &created, &p.Mailboxes); err != nil {
			return nil, fmt.Errorf("read providers of mailboxes: %w", err)
		}
		if err := json.Unmarshal([]byte(settings), &p.ProviderSettings); err != nil {
			return nil, fmt.Errorf("settings of provider %d: %w", p.ID, err)
		}
		p.fill()
		p.Created, p.HasSecret = db.Time(created), p.secret != ""
		out = append(out, p)
	}
	return out, rows.Err()
}

func oneProvider(ctx context.Context, tx *db.Tx, id int64) (Provider, error) {
	all, err := queryProviders(ctx, tx, "WHERE id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNoProvider
	}
	if err != nil {
		return Provider{}, err
	}
	return all[0], nil
}

func (s *Service) provider(ctx context.Context, id int64) (p Provider, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		p, err = oneProvider(ctx, tx, id)
		return err
	})
	return p, err
}

// Providers returns the providers in the order in which they were registered. Fault: ErrDenied.
func (s *Service) Providers(ctx context.Context, actor user.Ref) (out []Provider, err error) {
	if !May(actor) {
		return nil, ErrDenied
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = queryProviders(ctx, tx, "ORDER BY id")
		return err
	})
	return out, err
}

// Provider returns one. Faults: ErrDenied, ErrNoProvider.
func (s *Service) Provider(ctx context.Context, actor user.Ref, id int64) (Provider, error) {
	if !May(actor) {
		return Provider{}, ErrDenied
	}
	return s.provider(ctx, id)
}

// AddProvider registers a provider. Its secret is stored sealed and never shown again; an empty one is that of a public client. Faults:
// ErrDenied, ErrTooManyProviders, KEY_NEEDED, and of a field.
func (s *Service) AddProvider(ctx context.Context, actor user.Ref, set ProviderSettings, secret string) (p Provider, err error) {
	if !May(actor) {
		return p, ErrDenied
	}
	if err := set.tidy(); err != nil {
		return p, err
	}
	if err := secretWrong(set, secret, false); err != nil {
		return p, err
	}
	raw, err := json.Marshal(set)
	if err != nil {
		return p, err
	}
	p = Provider{ProviderSettings: set, Created: s.now(), HasSecret: secret != ""}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "mailbox providers"); err != nil {
			return err
		}
		all, err := queryProviders(ctx, tx, "")
		switch {
		case err != nil:
			return err
		case len(all) >= maxProviders:
			return ErrTooManyProviders
		}
		p.ID, err = tx.Insert(ctx, "INSERT INTO mailbox_provider (settings, secret, created) VALUES (?, '', ?)", string(raw), db.Micro(p.Created))
		if err != nil {
			return fmt.Errorf("insert provider: %w", err)
		}
		if p.secret, err = s.sealSecret(p.ID, secret); err != nil { // its place is what it is sealed for
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE mailbox_provider SET secret = ? WHERE id = ?", p.secret, p.ID); err != nil {
			return fmt.Errorf("keep the secret of a provider: %w", err)
		}
		return s.noteTx(ctx, tx, "MAIL_PROVIDER_ADDED", p.ID, "Registered "+p.Title+" ("+p.TokenURL+") as a provider of mailboxes.")
	})
	return p, err
}

func (s *Service) sealSecret(id int64, secret string) (string, error) {
	if s.Box == nil { // tokens could not be kept either
		return "", errNoSecretKey
	}
	if secret == "" {
		return "", nil
	}
	sealed, err := s.Box.Seal([]byte(secret), providerAbout(id))
	if err != nil {
		return "", errNoSecretKey.Because(err)
	}
	return sealed, nil
}

func secretWrong(set ProviderSettings, secret string, stored bool) error {
	switch {
	case len(secret) > maxSecret || strings.ContainsAny(secret, "\r\n\x00"):
		return wrongAt("secret", "A secret has at most 1,000 characters.")
	case secret == "" && !stored && set.Preset != Other:
		return wrongAt("secret", "Enter the client secret that the provider gave this portal.")
	}
	return nil
}

// ChangeProvider changes a provider. An empty secret keeps the one there is. Where the tokens of mailboxes would go elsewhere by it, they
// are forgotten, and access has to be allowed again. Faults: as of AddProvider, and ErrNoProvider.
func (s *Service) ChangeProvider(ctx context.Context, actor user.Ref, id int64, set ProviderSettings, secret string) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		old, err := oneProvider(ctx, tx, id)
		if err != nil {
			return err
		}
		set.Preset = old.Preset
		if err := set.tidy(); err != nil {
			return err
		}
		if err := secretWrong(set, secret, old.HasSecret); err != nil {
			return err
		}
		sealed := old.secret
		switch {
		case secret != "":
			if sealed, err = s.sealSecret(id, secret); err != nil {
				return err
			}
		case old.HasSecret && (old.TokenURL != set.TokenURL || old.ClientID != set.ClientID || set.RevokeURL != "" && old.RevokeURL != set.RevokeURL):
			return wrongAt("secret", "Enter the secret again: it was for another client or another address.")
		}
		raw, err := json.Marshal(set)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE mailbox_provider SET settings = ?, secret = ? WHERE id = ?", string(raw), sealed, id); err != nil {
			return fmt.Errorf("change provider: %w", err)
		}
		if err := s.providerChangedTx(ctx, tx, old, set); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "MAIL_PROVIDER_CHANGED", id, "Changed the provider of mailboxes "+set.Title+" ("+set.TokenURL+").")
	})
}

// providerChangedTx has the mailboxes of a provider go on with what it is now.
func (s *Service) providerChangedTx(ctx context.Context, tx *db.Tx, old Provider, set ProviderSettings) error {
	all, err := queryAccounts(ctx, tx, "WHERE provider_id = ?", old.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		if old.elsewhere(set) {
			if err := s.forgetTx(ctx, tx, a, &old); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "UPDATE mailbox_account SET changed = ? WHERE id = ?", db.Micro(s.now()), a.ID); err != nil {
			return fmt.Errorf("hurry mailbox: %w", err)
		}
		if err := s.Outbox.HurryTx(ctx, tx, a.ID); err != nil {
			return err
		}
	}
	tx.AfterCommit(s.hurry)
	return nil
}

// DeleteProvider forgets a provider that no mailbox needs. Faults: ErrDenied, ErrNoProvider, ErrProviderUsed.
func (s *Service) DeleteProvider(ctx context.Context, actor user.Ref, id int64) error {
	if !May(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "mailbox providers"); err != nil {
			return err
		}
		p, err := oneProvider(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case p.Mailboxes > 0:
			return ErrProviderUsed
		}
		if _, err := tx.Exec(ctx, "DELETE FROM mailbox_provider WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete provider: %w", err)
		}
		return s.noteTx(ctx, tx, "MAIL_PROVIDER_DELETED", id, "Removed "+p.Title+" from the providers of mailboxes.")
	})
}

// servers returns the servers of a mailbox that is signed in at through a provider.
func (p Provider) servers(a Account, b mail.Bearer) (imap, smtp mail.Server) {
	imap, smtp = p.IMAP, p.SMTP
	imap.Login, smtp.Login, imap.Bearer, smtp.Bearer = a.IMAP.Login, cmp.Or(a.SMTP.Login, a.IMAP.Login), b, b
	return imap, smtp
}

// client returns the portal as a provider knows it, with its secret.
func (s *Service) client(p Provider, redirect string) (Client, error) {
	c := Client{
		ID: p.ClientID, AuthURL: p.AuthURL, TokenURL: p.TokenURL, RevokeURL: p.RevokeURL, Scopes: p.Scopes, Redirect: redirect, SecretInForm: p.Preset != Other,
	}
	if p.secret == "" {
		return c, nil
	}
	secret, err := s.Box.Open(p.secret, providerAbout(p.ID))
	if err != nil {
		text := "The secret of " + p.Title + " cannot be read with this server's key for secrets. Enter it again where the provider is registered."
		return c, fault.New(fault.Unavailable, "KEY_NEEDED", text).Because(err)
	}
	c.Secret = string(secret)
	return c, nil
}

// signsInTx makes sure that a provider is there, in the transaction that connects a mailbox by it.
func signsInTx(ctx context.Context, tx *db.Tx, id int64) error {
	if id == 0 {
		return nil
	}
	if err := tx.Lock(ctx, "mailbox providers"); err != nil {
		return err
	}
	_, err := oneProvider(ctx, tx, id)
	if errors.Is(err, ErrNoProvider) {
		return fault.New(fault.Invalid, "MAILBOX", "This provider is not registered any more.").At("provider")
	}
	return err
}
