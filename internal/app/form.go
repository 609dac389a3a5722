package app

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
)

const (
	maxName = 255  // characters of a name or title
	maxURL  = 2000 // bytes of an address
)

// Form is what a person says of an application.
type Form struct {
	Name       string
	Kind       Kind // empty is Server
	APIOnly    bool
	HandlerURL string
	InstallURL string
	MenuTitle  string // kept for an application with a page only
	Scopes     []string
	Version    int64 // never lower than it was; 0 leaves it, and is 1 for a new application
}

// Form returns what a person said of a.
func (a App) Form() Form {
	return Form{a.Name, a.Kind, a.APIOnly, a.HandlerURL, a.InstallURL, a.MenuTitle, a.Scopes, a.Version}
}

// Problems returns a fault for every field that cannot be taken, in the order of the fields. The fields are called name,
// kind, api_only, handler_url, install_url, menu_title, scopes and version.
func (f Form) Problems() []*fault.Fault {
	var out []*fault.Fault
	add := func(field, text string) {
		if text != "" {
			out = append(out, invalid(field, text))
		}
	}
	f = f.cleaned()
	add("name", wrongName(f.Name))
	if f.Kind != Server && f.Kind != Static {
		add("kind", "Choose whether the application is a server or a static page.")
	}
	if f.Kind == Static && f.APIOnly {
		add("api_only", "A static application is nothing but its page, so it cannot use only the API.")
	}
	switch {
	case f.HandlerURL != "":
		add("handler_url", wrongURL(f.HandlerURL))
	case f.Kind != Static: // the files of a static one may be uploaded
		add("handler_url", "Enter the address of the application.")
	}
	if f.InstallURL != "" {
		add("install_url", wrongURL(f.InstallURL))
	}
	if utf8.RuneCountInString(f.MenuTitle) > maxName {
		add("menu_title", "Use at most 255 characters.")
	}
	add("scopes", wrongScopes(f.Scopes, false))
	if f.Version < 0 || f.Version > maxVersion {
		add("version", "Use a whole number, at least 1.")
	}
	return out
}

// check returns f ready to be stored, or the fault of the first field that cannot be taken.
func (f Form) check() (Form, error) {
	if p := f.Problems(); len(p) > 0 {
		return f, p[0]
	}
	return f.cleaned(), nil
}

func (f Form) cleaned() Form {
	f.Name, f.MenuTitle = strings.TrimSpace(f.Name), strings.TrimSpace(f.MenuTitle)
	f.HandlerURL, f.InstallURL = strings.TrimSpace(f.HandlerURL), strings.TrimSpace(f.InstallURL)
	f.Scopes = cleanScopes(f.Scopes)
	if f.Kind == "" {
		f.Kind = Server
	}
	if f.APIOnly {
		f.MenuTitle = ""
	}
	return f
}

// WebhookForm is what a person says of an inbound webhook.
type WebhookForm struct {
	Title   string    // empty is "Inbound webhook"
	Scopes  []string  // "*" is all
	Expires time.Time // from then on its address is refused; zero: never
}

// Problems returns a fault for every field that cannot be taken. The fields are called title, scopes and expires.
func (f WebhookForm) Problems(now time.Time) []*fault.Fault {
	var out []*fault.Fault
	f = f.cleaned()
	if text := wrongName(f.Title); text != "" {
		out = append(out, invalid("title", text))
	}
	if text := wrongScopes(f.Scopes, true); text != "" {
		out = append(out, invalid("scopes", text))
	}
	if !f.Expires.IsZero() && !f.Expires.After(now) {
		out = append(out, invalid("expires", "Choose a day that is not over yet."))
	}
	return out
}

func (f WebhookForm) check(now time.Time) (WebhookForm, error) {
	if p := f.Problems(now); len(p) > 0 {
		return f, p[0]
	}
	return f.cleaned(), nil
}

func (f WebhookForm) cleaned() WebhookForm {
	f.Title, f.Scopes = strings.TrimSpace(f.Title), cleanScopes(f.Scopes)
	if f.Title == "" {
		f.Title = "Inbound webhook"
	}
	if slices.Contains(f.Scopes, AllScopes) {
		f.Scopes = []string{AllScopes}
	}
	return f
}

func invalid(field, text string) *fault.Fault {
	return fault.New(fault.Invalid, "INVALID_FIELD", text).At(field)
}

func wrongName(name string) string {
	switch {
	case name == "":
		return "Enter a name."
	case utf8.RuneCountInString(name) > maxName:
		return "Use at most 255 characters."
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isControl):
		return "Use a name without control characters."
	}
	return ""
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// wrongURL says what is wrong with the address of a handler. Any host is fine: a local application may run beside the
// portal.
func wrongURL(text string) string {
	if len(text) > maxURL {
		return "Use an address of at most 2,000 characters."
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || !utf8.ValidString(text):
		return "This is not a web address."
	case u.Scheme != "http" && u.Scheme != "https":
		return "Begin the address with http:// or https://."
	case u.Hostname() == "":
		return "The address names no host."
	case u.User != nil:
		return "Leave user names and passwords out of the address."
	case strings.ContainsAny(text, " \t\r\n"):
		return "Leave spaces out of the address."
	}
	return ""
}
