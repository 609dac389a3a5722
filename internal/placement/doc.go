// Package placement keeps the places in the pages of the portal where applications show pages of their own: which places
// there are (Places), which application bound what handler to them, and which of these a person sees.
//
// A handler shows only while its application is installed, has the permission that the place needs, and may be used by the
// person. Pages: api-reference/widgets/index.md, api-reference/widgets/placements.md.
package placement

import (
	"context"
	"embed"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the area.
func Schema() db.Schema { return db.EmbeddedSchema("placement", schemaFiles) }

// App is an application as this area sees it.
type App struct {
	ID       int64
	ClientID string
	Name     string
	Scopes   []string
}

// Apps tells which applications a person may use.
type Apps interface {
	// Usable returns the installed applications that the user may use now, by their ids. It runs for every page, and the map
	// is not to be changed.
	Usable(ctx context.Context, userID int64) (map[int64]App, error)
	// URL returns the address of an application's own page, installed or not; "" where it has none.
	URL(ctx context.Context, appID int64) (string, error)
}

// Users tells who is there.
type Users interface {
	// Exists reports whether somebody with the id is a user who may act.
	Exists(ctx context.Context, userID int64) (bool, error)
}

// Config is what a Service needs.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Apps  Apps
	Users Users
	Audit *audit.Service
	// OnRemovalTx tells an application that the portal removed a handler of its; nil tells nobody.
	OnRemovalTx func(ctx context.Context, tx *db.Tx, r Removal) error
	Language    string // of the portal, in which a handler's own texts are; empty is "en"
}

// Service keeps the handlers of places. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	clock clock.Clock
	apps  Apps
	users Users
	audit *audit.Service
	lang  string

	removal func(ctx context.Context, tx *db.Tx, r Removal) error

	generation atomic.Uint64 // goes up with every change of the table
	remembered atomic.Pointer[memory]
}

// New returns the service of the portal whose table is in c.DB.
func New(c Config) *Service {
	if c.Language == "" {
		c.Language = "en"
	}
	s := &Service{db: c.DB, clock: c.Clock, apps: c.Apps, users: c.Users, audit: c.Audit, lang: c.Language, removal: c.OnRemovalTx}
	s.db.Watch(func() { s.generation.Add(1) })
	return s
}
