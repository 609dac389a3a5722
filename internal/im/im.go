// Package im is the messenger: private and group chats, their members, messages, unread counters and the recent list.
//
// A chat counts its messages (Chat.LastSeq), a member keeps how far they have read, so a message costs the same in a chat of
// two and of five hundred. Only members read and write a chat. What a bot has to be told is passed to the Listener inside the
// transaction of the change; open pages are told after it (Live), as a hint.
package im

import (
	"context"
	"crypto/rand"
	"embed"
	"sync"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema {
	s := db.EmbeddedSchema("im", schemaFiles)
	s.Derived, s.Rebuild = []string{"message_word", "message_word_new", "message_word_reached"}, rebuildWords
	return s
}

// Users tells who people are; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
	Thumbnail(ctx context.Context, picture []byte, side int) (user.Avatar, error)
}

// Config is what a Service is made of.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Users Users
	Live  Live // nil: nobody is told
	// GeneralTitle is the title that the general chat gets when it is created.
	GeneralTitle string
	Audit        *audit.Service // nil: nobody keeps a log
	// Rules returns what the administrators decided; nil: the default of RulesKey holds.
	Rules func(ctx context.Context) (Rules, error)
}

// Service keeps the chats of a portal. It is safe for use by several goroutines.
type Service struct {
	db           *db.DB
	clock        clock.Clock
	users        Users
	live         Live
	listener     Listener
	entities     map[string]EntityListener // by the EntityType of their chats
	follower     Follower                  // the listener where it is one
	teller       Teller                    // nil: nobody is told outside of their open pages
	files        Files                     // nil: messages carry none
	links        Links                     // nil: nobody looks them up
	generalTitle string
	audit        *audit.Service
	rules        func(context.Context) (Rules, error)
	random       func([]byte) // fills with random bytes

	states  sync.Map // chat id (int64) → *state
	count   atomic.Int64
	private sync.Map // pair → chat id
	general atomic.Int64

	crowdMu sync.Mutex
	crowds  map[int64]*crowd // by large chat; guarded by crowdMu

	unindexed chan struct{} // something waits for the index of words
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, clock: c.Clock, users: c.Users, live: c.Live, generalTitle: c.GeneralTitle, rules: c.Rules, audit: c.Audit,
		random: func(b []byte) { _, _ = rand.Read(b) }, unindexed: make(chan struct{}, 1),
		crowds: map[int64]*crowd{},
	}
	if s.live == nil {
		s.live = nobody{}
	}
	c.DB.Watch(func() { s.forgetAll(); s.forgetCrowds() })
	return s
}

// SetListener names who is told of what happens in chats with bots. It must be called before the service is used.
func (s *Service) SetListener(l Listener) {
	s.listener = l
	s.follower, _ = l.(Follower)
}

// SetTeller names what tells people of messages outside of their open pages. It must be called before the service is used.
func (s *Service) SetTeller(t Teller) { s.teller = t }
