package app

import (
	"time"

	"github.com/portico-hq/portico/internal/fault"
)

// Kind says how an application is made.
type Kind string

// The kinds of local applications.
const (
	Server Kind = "server" // has a back end of its own, may receive events
	Static Kind = "static" // is nothing but a page of HTML and JavaScript, cannot receive events
)

// StatusLocal is the documented status of an application that was added to this portal only.
const StatusLocal = "L"

// App is a local application.
type App struct {
	ID         int64
	ClientID   string // "local.<hex>.<digits>", public
	Name       string
	Kind       Kind
	APIOnly    bool   // has no page in the portal
	HandlerURL string // its page, and where its events go unless it binds others
	InstallURL string // called, or opened, once for the installation; may be empty
	MenuTitle  string // of its menu item; empty without a page
	Scopes     []string
	Version    int64
	Installed  bool // until then its events are withheld and only administrators may use it
	// Token is the application_token: handlers know by it that a request comes from this portal, and keep the first one
	// they see, so it never changes.
	Token   string
	OwnerID int64 // who added it

	Created, Updated time.Time
	LastUsed         time.Time // of its tokens, exact to a minute; zero: never
	Removed          time.Time // zero while it is there
}

// Status returns the documented letter for what kind of licence the application has.
func (a App) Status() string { return StatusLocal }

// ReceivesEvents reports whether events may be sent to the application now.
func (a App) ReceivesEvents() bool { return a.Installed && a.Kind == Server && a.Removed.IsZero() }

// Webhook is an inbound webhook: an address that calls methods as the user who made it.
type Webhook struct {
	ID       int64
	UserID   int64
	Title    string
	Scopes   []string // "*" is all
	Created  time.Time
	Updated  time.Time
	LastUsed time.Time // exact to a minute; zero: never
	UsedFrom string    // the address from which it was used then
	Expires  time.Time // from then on it is refused; zero: never
	Disabled time.Time // when it was switched off; zero: it is on
}

// State returns how the webhook stands at a time.
func (w Webhook) State(now time.Time) State {
	switch {
	case !w.Disabled.IsZero():
		return Disabled
	case !w.Expires.IsZero() && !now.Before(w.Expires):
		return Expired
	}
	return Working
}

// The faults of managing applications and webhooks.
var (
	ErrNotFound        = fault.New(fault.NotFound, "APP_NOT_FOUND", "There is no such application.")
	ErrWebhookNotFound = fault.New(fault.NotFound, "WEBHOOK_NOT_FOUND", "There is no such webhook.")
	ErrAdminOnly       = fault.New(fault.Denied, "ACCESS_DENIED", "None of your roles lets you manage applications.")
	ErrNotInstallable  = fault.New(fault.Conflict, "NO_INSTALL_URL",
		"The application has no path for the initial installation, so there is nothing to call.").At("install_url")
	// ErrNoWebhooks is returned to who may not add inbound webhooks.
	ErrNoWebhooks   = fault.New(fault.Denied, "ACCESS_DENIED", "None of your roles lets you add inbound webhooks.")
	ErrUserInactive = fault.New(fault.Denied, "ACCESS_DENIED", "The user may not act on this portal.")
)
