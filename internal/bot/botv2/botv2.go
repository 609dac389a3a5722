// Package botv2 is the second generation of the bots' API beside its methods: the objects that its answers and events show, the
// events themselves, and the queues from which applications fetch them.
//
// An event is recorded in the transaction of what it tells of: as a delivery to the bot's address, or in the queue of a bot, or
// of a person who subscribed (im.v2). One counter numbers all queues, so that one offset can confirm a bot's and a person's
// events together.
//
// The documentation: api-reference/chat-bots/chat-bots-v2/.
package botv2

import (
	"context"
	"embed"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the package.
func Schema() db.Schema { return db.EmbeddedSchema("botv2", schemaFiles) }

// How long events wait to be fetched.
const (
	KeepUserEvents = 24 * time.Hour
	KeepBotEvents  = 7 * 24 * time.Hour
)

// Users tells who people are; *user.Service is one.
type Users interface {
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Events records deliveries; *event.Service is one.
type Events interface {
	SendTx(ctx context.Context, tx *db.Tx, d event.Delivery) error
}

// Config is what a Service is made of.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Users    Users
	Events   Events
	IM       *im.Service
	Language string // of the portal, e.g. "en"
	Location *time.Location
	BaseURL  func() string // the portal's address, without a slash at the end
	// Folders may be nil: no chat has one for files.
	Folders Folders
	// Presence may be nil: everybody is there.
	Presence Presence
}

// Folders tells which folder holds the files of a chat; *file.Service is one.
type Folders interface {
	// ChatFolderIDTx returns 0 before there is one.
	ChatFolderIDTx(ctx context.Context, tx *db.Tx, chatID int64) (int64, error)
}

// Presence tells what people let others know of themselves.
type Presence interface {
	StatusesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Status, error)
}

// Service records events of the second generation and keeps their queues. It is safe for use by several goroutines.
type Service struct {
	cfg   Config
	quiet quiet
	swept atomic.Int64 // when old events were last removed, in microseconds
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Location == nil {
		c.Location = time.UTC
	}
	s := &Service{cfg: c}
	c.DB.Watch(s.quiet.forget)
	return s
}

// Follows reports whether anybody may have subscribed.
func (s *Service) Follows() bool {
	none, _ := s.quiet.look()
	return !none
}
