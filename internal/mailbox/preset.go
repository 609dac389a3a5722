package mailbox

import (
	"regexp"
	"strings"

	"github.com/portico-hq/portico/internal/mail"
)

// Preset is a provider whose addresses and servers are known.
type Preset string

// The presets.
const (
	Google    Preset = "google"
	Microsoft Preset = "microsoft"
	Other     Preset = "other" // whose addresses and servers the administrator enters
)

// AnyTenant is that of Microsoft for clients that take people of every organization.
const AnyTenant = "organizations"

// tenantForm is an id, a domain, or a name such as AnyTenant.
var tenantForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,253}$`)

// fill enters what is known of a preset; of Other nothing is.
func (p *ProviderSettings) fill() {
	switch p.Preset {
	case Google:
		p.Tenant = ""
		p.AuthURL, p.TokenURL, p.RevokeURL = "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token", "https://oauth2.googleapis.com/revoke"
		p.Scopes = []string{"https://mail.google.com/"}
		p.IMAP = mail.Server{Host: "imap.gmail.com", Port: 993, Security: mail.TLS}
		p.SMTP = mail.Server{Host: "smtp.gmail.com", Port: 465, Security: mail.TLS}
	case Microsoft:
		at := "https://login.microsoftonline.com/" + p.Tenant + "/oauth2/v2.0/"
		p.AuthURL, p.TokenURL, p.RevokeURL = at+"authorize", at+"token", "" // it has no address to take a permission back
		p.Scopes = []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"}
		p.IMAP = mail.Server{Host: "outlook.office365.com", Port: 993, Security: mail.TLS}
		p.SMTP = mail.Server{Host: "smtp.office365.com", Port: 587, Security: mail.StartTLS}
	case Other:
		p.Tenant = ""
	}
}

// PresetSettings returns the settings with which the form of a new provider begins. What is no preset is Other.
func PresetSettings(p Preset) ProviderSettings {
	s := ProviderSettings{Preset: p}
	switch p {
	case Google:
		s.Title = "Google"
	case Microsoft:
		s.Title, s.Tenant = "Microsoft 365", AnyTenant
	default:
		s.Preset, s.IMAP, s.SMTP = Other, Defaults().IMAP, Defaults().SMTP
	}
	s.fill()
	return s
}

// params are what a provider wants to be asked besides the standard, so that its permission lasts and names the right person.
func (p ProviderSettings) params(login string) map[string]string {
	out := map[string]string{"prompt": "consent"}
	switch p.Preset {
	case Google:
		out["access_type"] = "offline"
	case Microsoft:
		out["prompt"] = "select_account"
	}
	if strings.Contains(login, "@") && p.Preset != Microsoft { // where nobody signs in as a shared mailbox
		out["login_hint"] = login
	}
	return out
}
