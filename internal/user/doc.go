// Package user is who people are: accounts, departments, pictures, sign-in sessions and presence.
//
// Bots are users too (of Kind Bot), so that what they write has an author like everything else. A user is never deleted:
// who leaves is deactivated, and history keeps its author.
package user

import (
	"context"
	"embed"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/userfield"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("user", schemaFiles) }

// Service keeps the people of a portal. It is safe for use by several goroutines.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	hashing chan struct{} // bounds the memory that password hashing takes
	drawing chan struct{} // and that of decoding pictures
	memory  memory
	rules   func(ctx context.Context) (Rules, error)
	audit   Audit
	custom  *userfield.Service

	granting atomic.Uint64 // goes up with every change that what people may do depends on
	granted  atomic.Pointer[grants]

	events  Events
	onJoin  []func(ctx context.Context, tx *db.Tx, userID int64) error
	onLeave []func(ctx context.Context, tx *db.Tx, userID int64) error
}

// New returns the service of the portal whose tables are in d, to which nobody listens.
func New(d *db.DB, clk clock.Clock) *Service { return NewService(Config{DB: d, Clock: clk}) }
