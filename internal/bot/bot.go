// Package bot keeps the chat bots of applications and tells their handlers what happens in their chats.
//
// A bot is a user of kind Bot, who writes like everybody else, and a row that says whose it is and where its events go. What
// it has to be told is recorded in the transaction of the message itself (MessageAddedTx and its like, called by the
// messenger), so that no message is lost on its way to a handler and none is reported that was not kept.
//
// The documentation: api-reference/chat-bots/outdated/.
package bot

import (
	"context"
	"embed"
	"log/slog"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/seal"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("bot", schemaFiles) }

// MaxBots is how many bots an application may have.
const MaxBots = 5

// Type says which messages a bot gets; the letter is that of the wire.
type Type string

// The types of bots.
const (
	Standard   Type = "B" // what is written to it in private, and mentions of it
	Human      Type = "H" // the same, and it is seen to type before it answers
	Supervisor Type = "S" // everything in its chats
	OpenLine   Type = "O" // everything in the open channel conversations that it is in, nothing else
	Personal   Type = "P" // everything in its chats; only bots of the second generation
	Network    Type = "N" // as Standard; only bots of the second generation
)

// Valid reports whether t is one of the types of the first generation.
func (t Type) Valid() bool { return t == Standard || t == Human || t == Supervisor || t == OpenLine }

// Owner is whose a bot is: an application, or whoever calls through inbound webhooks with a CLIENT_ID of their own choice.
type Owner struct {
	AppID    int64  // 0 for a webhook
	ClientID string // the application's client_id, or the webhook's CLIENT_ID
	// TokenHash is TokenHash of the botToken by which a webhook owns bots of the second generation; ClientID is empty then.
	TokenHash string
	// Portal says that the bot is the portal's own, for a line of the network: no application owns it.
	Portal bool
}

// key names the owner among all. An application is known by its number, whatever it claims as its CLIENT_ID.
func (o Owner) key() string {
	switch {
	case o.Portal:
		return "portal:"
	case o.AppID != 0:
		return "app:" + strconv.FormatInt(o.AppID, 10)
	case o.TokenHash != "":
		return "token:" + o.TokenHash
	}
	return "custom:" + o.ClientID
}

// lock makes the rest of a transaction the only one that changes the owner's bots.
func (o Owner) lock(ctx context.Context, tx *db.Tx) error { return tx.Lock(ctx, "bot "+o.key()) }

// token is the application_token of deliveries to an owner that is no application: the name that it chose, by which it
// knows that the portal calls. An application has one of its own.
func (o Owner) token() string {
	switch {
	case o.AppID != 0:
		return ""
	case o.TokenHash != "":
		return o.TokenHash[:32]
	}
	return o.ClientID
}

// Handlers are the addresses that a bot's events go to; an empty one gets none.
type Handlers struct {
	MessageAdd    string // ONIMBOTMESSAGEADD
	MessageUpdate string // ONIMBOTMESSAGEUPDATE
	MessageDelete string // ONIMBOTMESSAGEDELETE
	Join          string // ONIMBOTJOINCHAT
	Delete        string // ONIMBOTDELETE
}

// over returns h with the addresses of base where h has none.
func (h Handlers) over(base Handlers) Handlers {
	pick := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	return Handlers{
		MessageAdd:    pick(h.MessageAdd, base.MessageAdd),
		MessageUpdate: pick(h.MessageUpdate, base.MessageUpdate),
		MessageDelete: pick(h.MessageDelete, base.MessageDelete),
		Join:          pick(h.Join, base.Join),
		Delete:        pick(h.Delete, base.Delete),
	}
}

// Bot is a registered bot. Its name and picture are those of the user with its ID.
type Bot struct {
	ID       int64 // of the user
	Owner    Owner
	Code     string // unique in the portal, but for bots from before it had to be
	Type     Type
	OpenLine bool // takes part in open channel conversations
	Handlers Handlers
	Commands []Command // in the order of their ids
	Apps     []ChatApp // likewise
	// Deadline is how long somebody waits for the bot before they are told that it has not answered yet; 0: they are not told.
	Deadline time.Duration
	Created  time.Time
	Second   *Second // nil: a bot of the first generation, imbot.*

	version int64 // counts the changes, so that the memory never goes back to an older state
}

// Config is what a Service is made of.
type Config struct {
	DB        *db.DB
	Clock     clock.Clock
	Users     Users
	Messenger Messenger
	Chats     Chats // nil: bots make and change no chats
	Events    Events
	Language  string         // of the portal, e.g. "en"; handlers are told
	Location  *time.Location // of the portal, for times in texts; nil is UTC
	Box       *seal.Box      // seals the secrets of applications of bots; nil stores them as they are
	Log       *slog.Logger   // nil is slog.Default()
	// OnRemoveTx are called when a bot was removed, in the same transaction.
	OnRemoveTx []func(ctx context.Context, tx *db.Tx, botID int64) error
}

// Service keeps the bots of a portal. It is safe for use by several goroutines.
type Service struct {
	db        *db.DB
	clock     clock.Clock
	users     Users
	messenger Messenger
	chats     Chats
	events    Events
	language  string
	location  *time.Location
	box       *seal.Box
	log       *slog.Logger
	memory    memory
	second    SecondListener // nil: nobody is told
	onRemove  []func(ctx context.Context, tx *db.Tx, botID int64) error
	alarm     alarm
}

// New returns the service of the portal whose tables are in c.DB. Load reads what it remembers; until then every look at
// the bots goes to the database.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, clock: c.Clock, users: c.Users, messenger: c.Messenger, chats: c.Chats, events: c.Events,
		language: c.Language, location: c.Location, box: c.Box, log: c.Log, onRemove: c.OnRemoveTx,
	}
	if s.location == nil {
		s.location = time.UTC
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

// Load reads the bots into memory and keeps up with what other processes change. It is called once, before the portal
// serves.
func (s *Service) Load(ctx context.Context) error {
	if err := s.reload(ctx); err != nil {
		return err
	}
	background := context.WithoutCancel(ctx)
	s.db.Watch(func() {
		if err := s.reload(background); err != nil {
			s.log.Error("read bots again", "error", err)
		}
	})
	return nil
}

// List returns all bots of the portal in the order of their ids.
func (s *Service) List(ctx context.Context) ([]Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return nil, err
	}
	return append([]Bot(nil), r.all...), nil
}

// Get returns a bot. Fault: BOT_ID_ERROR.
func (s *Service) Get(ctx context.Context, id int64) (Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Bot{}, err
	}
	if b := r.byID[id]; b != nil {
		return *b, nil
	}
	return Bot{}, ErrNoBot
}

// SpeaksInLinesTx reports whether id is a bot that takes part in conversations of open channels.
func (s *Service) SpeaksInLinesTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	bots, err := queryBots(ctx, tx, "WHERE user_id = ?", id)
	return len(bots) > 0 && bots[0].OpenLine, err
}

// Owned returns a bot of an owner; for id 0 the first that the owner registered. Faults: BOT_ID_ERROR, APP_ID_ERROR.
func (s *Service) Owned(ctx context.Context, o Owner, id int64) (Bot, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return Bot{}, err
	}
	b := r.byID[id]
	if id == 0 {
		b = r.first[o.key()]
	}
	if b == nil {
		return Bot{}, ErrNoBot
	}
	if b.Owner.key() != o.key() {
		return Bot{}, ErrForeignBot
	}
	return *b, nil
}
