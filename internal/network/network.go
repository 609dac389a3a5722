// Package network lets employees of one portal write to an open channel of another, in their own messenger.
//
// A portal publishes a line under a code of 32 characters (Save). Another portal joins it by that code (Join): there the line is a bot
// to whom everybody may write. What they write comes to the line as a client's message, and what its operators answer comes back into
// the private chat with the bot. Both portals may be the same one, two of one server, or two of servers whose administrators trust
// each other (Trust).
//
// Everything that goes to the other side is a row in network_outbox, written in the transaction of the message itself, and is sent from
// there until the other side has it (Run): in order within a conversation, once, however long the other side is away. That somebody is
// writing, or has read, is a hint besides (Notice): it is passed on at once or not at all.
//
// The documentation: api-reference/imopenlines/openlines/.
package network

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("network", schemaFiles) }

// Connector is the id of the channel's kind, by which conversations of it are known.
const Connector = "network"

// Conversations are those of open channels; *openline.Service leads them.
type Conversations interface {
	// RoomTx returns the client and the chat with them, and makes both where they are not there yet.
	RoomTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (visitorID, chatID int64, err error)
	ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
	ChangeIncomingTx(ctx context.Context, tx *db.Tx, r openline.Rewriting) error
	RemoveIncomingTx(ctx context.Context, tx *db.Tx, messageID int64) error
	// LastTx returns the newest conversation of a chat, OfClientTx that with a client. Fault: openline.ErrNoSession.
	LastTx(ctx context.Context, tx *db.Tx, chatID int64) (openline.Session, error)
	OfClientTx(ctx context.Context, tx *db.Tx, a openline.Address) (openline.Session, error)
	// ClientLeftTx ends what goes on with a client who gets no answers any more.
	ClientLeftTx(ctx context.Context, tx *db.Tx, a openline.Address) error
	// ClientTyping tells the operators that a client is writing.
	ClientTyping(ctx context.Context, chatID int64, draft string) error
}

// NewMessage is a message of a bot to a person.
type NewMessage struct {
	ChatID, AuthorID int64
	Written          time.Time // where it comes from; zero: now
	Text             string
	Files            []int64
	Attach           attach.Attach
	Keyboard         attach.Keyboard
	NoPreview        bool
}

// Rewritten is what a message of a bot is from now on.
type Rewritten struct {
	ActorID, MessageID int64
	Text               string
	Files              []int64
	Attach             attach.Attach
	Keyboard           attach.Keyboard
}

// Messenger is where the employees who joined a line write.
type Messenger interface {
	// PrivateTx returns the private chat of two users; opener opens it where it is not there yet.
	PrivateTx(ctx context.Context, tx *db.Tx, opener, other int64) (chatID int64, err error)
	SendTx(ctx context.Context, tx *db.Tx, m NewMessage) (messageID int64, err error)
	RewriteTx(ctx context.Context, tx *db.Tx, r Rewritten) error
	RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error
	// NoteTx tells the people of the portal in a chat something that goes no further. A chat that is gone is told nothing.
	NoteTx(ctx context.Context, tx *db.Tx, chatID int64, text string) error
	// PrivateID returns the private chat of two users; 0: there is none.
	PrivateID(ctx context.Context, userID, other int64) (chatID int64, err error)
	// Typing tells the others in a chat that somebody writes, Read that they have read all up to a message.
	Typing(ctx context.Context, userID, chatID int64) error
	Read(ctx context.Context, userID, chatID, messageID int64) error
}

// Look is what a bot shows of its line.
type Look struct {
	Name, Description string
	Avatar            []byte
}

// Bots keeps the bots for joined lines.
type Bots interface {
	AddNetworkTx(ctx context.Context, tx *db.Tx, code string, l Look) (botID int64, err error)
	ChangeNetworkTx(ctx context.Context, tx *db.Tx, botID int64, l Look) error
	// RestNetworkTx has a bot found and written to no more: its chats are there to be read. Not at rest, it is as before.
	RestNetworkTx(ctx context.Context, tx *db.Tx, botID int64, rest bool) error
}

// Lines tells which lines there are.
type Lines interface {
	// NameTx returns the name of a line; false where there is none.
	NameTx(ctx context.Context, tx *db.Tx, lineID int64) (string, bool, error)
}

// File is the content of a file that a message carries.
type File struct {
	Name   string
	Size   int64  // bytes
	SHA256 string // of the content, hexadecimal
	Body   io.ReadCloser
}

// Files keeps what messages carry.
type Files interface {
	// Open returns a file of a message; false where it is gone. The caller closes its Body.
	Open(ctx context.Context, id int64) (File, bool, error)
	// Keep stores a file of a chat in the name of one of its members.
	Keep(ctx context.Context, userID, chatID int64, name string, r io.Reader) (int64, error)
}

// Neighbours are the other portals of the server.
type Neighbours interface {
	// Find returns the portal that has published a code; "" where none has.
	Find(ctx context.Context, code string) (portal string, err error)
	// Call hands a request to a portal.
	Call(ctx context.Context, portal string, r Request) ([]byte, error)
	// Announce says which codes this portal has published; all others of it are forgotten.
	Announce(ctx context.Context, codes []string) error
}

// Remote makes requests of trusted servers.
type Remote interface {
	// Call sends a request, signed with key, from the address from to a server.
	Call(ctx context.Context, to Trusted, from string, k Key, r Request) ([]byte, error)
}

// Config is what a Service is made of.
type Config struct {
	DB            *db.DB
	Clock         clock.Clock
	Users         *user.Service
	Audit         *audit.Service
	Settings      *setting.Store
	Box           *seal.Box // nil: no servers can be trusted, there is no place for a key
	Lines         Lines
	Conversations Conversations
	Messenger     Messenger
	Bots          Bots
	Files         Files
	Remote        Remote // nil: there are no other servers
	// Name is what the portal is called, URL its public address, without a slash at the end.
	Name func(ctx context.Context) string
	URL  func() string
	// Invisible returns those of some people who do not want to look as if they were there; nil: nobody hides.
	Invisible func(ctx context.Context, ids []int64) (map[int64]bool, error)
	Log       *slog.Logger // nil is slog.Default()
}

// Service is the network of a portal. It is safe for use by several goroutines.
type Service struct {
	Config

	neighbours Neighbours // nil: the portal is alone on its server
	wake       chan struct{}
	hints      chan Hint
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{Config: c, wake: make(chan struct{}, 1), hints: make(chan Hint, keptHints)}
}

// SetNeighbours names the other portals of the server. It must be called before the service is used.
func (s *Service) SetNeighbours(n Neighbours) { s.neighbours = n }

// Start says to the server which lines are published here: it may have been told wrongly, or not at all.
func (s *Service) Start(ctx context.Context) error { return s.announce(ctx) }

func (s *Service) now() time.Time { return s.Clock.Now().UTC() }

// hurry has the outbox looked at once.
func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

type scanner interface{ Scan(dest ...any) error }
