// Package frame opens the pages of applications in frames of the portal's pages: what such a page is sent, who may open it,
// and whether somebody opens it for the first time.
//
// A page gets tokens of the person who opens it, so what it does is bounded by their rights. Until an application is
// installed its installation page opens instead of it, and for administrators only.
// Pages: settings/app-installation/index.md and below, api-reference/widgets/index.md, sdk/bx24-js-sdk/index.md.
package frame

import (
	"context"
	"embed"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("frame", schemaFiles) }

// App is an application as this area sees it.
type App struct {
	ID         int64
	ClientID   string
	Name       string
	MenuTitle  string // empty: the name is shown
	HandlerURL string // of its page
	InstallURL string // of its installation page; may be empty
	Token      string // application_token
	Status     string // the documented letter for its licence
	Scopes     []string
	HasPage    bool // false for one that only uses the API
	Static     bool // nothing but a page, without a back end
	Installed  bool
}

// Title returns what the application is called in menus and above its page.
func (a App) Title() string {
	if a.MenuTitle != "" {
		return a.MenuTitle
	}
	return a.Name
}

// Tokens are what a page calls methods with.
type Tokens struct {
	Access, Refresh string
	ExpiresIn       time.Duration // of the access token
	MemberID        string        // of the portal
}

// Apps keeps the applications.
type Apps interface {
	// App returns an application. Fault: APP_NOT_FOUND.
	App(ctx context.Context, id int64) (App, error)
	// WithPages returns the applications that have a page, the oldest first. It is asked for by every page of the portal.
	WithPages(ctx context.Context) ([]App, error)
	// PageTokens returns tokens for a page of an application and a user; renew makes new ones.
	PageTokens(ctx context.Context, appID, userID int64, renew bool) (Tokens, error)
	// InstallTokens returns tokens that nothing else will ever be given, for an installation page, which keeps them.
	InstallTokens(ctx context.Context, appID, userID int64) (Tokens, error)
	// FinishInstall notes that the installation page is done. Faults: ACCESS_DENIED, APP_NOT_FOUND.
	FinishInstall(ctx context.Context, actor user.Ref, id int64) error
	// SetPages gives a static application the paths of its pages on the portal; an installation page, unless it is empty,
	// opens until it is done. Faults: ACCESS_DENIED, APP_NOT_FOUND.
	SetPages(ctx context.Context, actor user.Ref, id int64, page, install string) error
	// Addresses are those that applications are told.
	Addresses() Addresses
}

// Addresses are where a portal is reached.
type Addresses struct {
	Domain         string // with the port where it is not the usual one
	Secure         bool   // by HTTPS
	ServerEndpoint string // of the authorization server
}

// Config is what a Service needs.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Apps     Apps
	Audit    *audit.Service // nil keeps no log
	Language string         // of the portal; empty is "en"
}

// Service opens pages. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	clock clock.Clock
	apps  Apps
	audit *audit.Service
	lang  string
}

// New returns the service of the portal whose table is in c.DB.
func New(c Config) *Service {
	if c.Language == "" {
		c.Language = "en"
	}
	return &Service{db: c.DB, clock: c.Clock, apps: c.Apps, audit: c.Audit, lang: c.Language}
}

// The faults of opening a page.
var (
	// ErrNotInstalled is returned to people who are no administrators, of an application that waits for its installation.
	ErrNotInstalled = fault.New(fault.Denied, "APP_NOT_INSTALLED",
		"The application is not installed completely yet. An administrator of the portal has to open it once and finish that.")
	// ErrNoPage is returned for an application that only uses the API.
	ErrNoPage     = fault.New(fault.NotFound, "APP_HAS_NO_PAGE", "The application has no page in the portal.")
	errOptions    = fault.New(fault.Invalid, "INVALID_OPTIONS", "The options of the page are no JSON object.").At("options")
	errOptionsBig = fault.New(fault.TooLarge, "OPTIONS_TOO_LARGE", "The options of the page are longer than 16 KB.").At("options")
)
