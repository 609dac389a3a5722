// Package notify tells people what concerns them: in the notification centre of the portal, and with Web Push on devices where no
// page of the portal is open. It keeps how each person wants to hear of what, and whether they are there.
//
// What happens calls TellTx inside the transaction of its change. A push is a row of the same transaction; Start sends the rows
// and tries again what a push service does not take.
package notify

import (
	"context"
	"embed"
	"log/slog"
	"sync"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("notify", schemaFiles) }

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
}

// Live passes hints on to open pages; *push.Hub is one.
type Live interface {
	Publish(userIDs []int64, event string, data any)
	PublishAll(event string, data any)
}

// Chats makes the chat of a person's notifications, which gives them a number on the wire, and knows who hears of a message.
type Chats interface {
	NotifyChatTx(ctx context.Context, tx *db.Tx, userID int64) (chatID int64, err error)
	// HearersTx returns people in a chat by their ids, those past the one with the id after, at most limit: those of among, or
	// with nil all.
	HearersTx(ctx context.Context, tx *db.Tx, chatID int64, among []int64, after int64, limit int) ([]Hearer, error)
}

// Hearer is a person in a chat.
type Hearer struct {
	UserID int64
	Muted  bool // they do not want to be disturbed by it
}

// Config is what a Service needs.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Users Users
	Live  Live
	Chats Chats
	// Kinds are what people can be told of, see Kinds.
	Kinds []Kind
	// Box seals the portal's key for push services; nil: there is no Web Push.
	Box    *seal.Box
	Pusher Pusher
	Log    *slog.Logger // nil is slog.Default()
}

// Service keeps notifications, devices and presence. It is safe for use by several goroutines.
type Service struct {
	db    *db.DB
	clock clock.Clock
	cfg   Config
	log   *slog.Logger
	kinds map[string]Kind // by MODULE|EVENT
	kept  int64           // notifications of a person; see maxKept

	wake    chan struct{} // a push waits
	spread  chan struct{} // a message waits
	reads   chan reading
	devices deviceMemory

	stop context.CancelFunc // nil before Start
	work sync.WaitGroup

	keyMu sync.Mutex
	keys  *Keys // once they were read
}

// queuedReads is how many chats that were read may wait for their mentions to be marked.
const queuedReads = 1024

// New returns the notifications in c.DB.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &Service{
		db: c.DB, clock: c.Clock, cfg: c, log: c.Log, kinds: map[string]Kind{}, kept: maxKept, wake: make(chan struct{}, 1),
		spread: make(chan struct{}, 1), reads: make(chan reading, queuedReads),
	}
	for _, k := range c.Kinds {
		s.kinds[k.ID()] = k
	}
	c.DB.Watch(s.devices.forget)
	return s
}

// Start begins to send pushes and to forget what is old. The caller must Close.
func (s *Service) Start(ctx context.Context) {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.work.Go(func() { s.send(ctx) })
	s.work.Go(func() { s.tellMessages(ctx) })
	s.work.Go(func() { s.readSome(ctx) })
	s.work.Go(func() { s.sweep(ctx) })
	s.db.Watch(func() { s.hurry(); s.hurrySpread() })
}

// Close stops the work of Start. What was not sent stays recorded.
func (s *Service) Close() {
	if s.stop != nil {
		s.stop()
	}
	s.work.Wait()
}

// hurry has the outbox looked at.
func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// The faults of notifications.
var (
	ErrNotFound = fault.New(fault.NotFound, "NOTIFICATION_NOT_FOUND", "There is no such notification.")
	ErrNoUser   = fault.New(fault.Invalid, "USER_ID_EMPTY", "User ID can't be empty").At("USER_ID")
	ErrNoText   = fault.New(fault.Invalid, "MESSAGE_EMPTY", "Message can't be empty").At("MESSAGE")
)
