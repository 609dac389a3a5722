// Package telegram joins bots of Telegram to open lines: what people write to a bot comes to the line's operators, and what they answer goes
// back.
//
// # In
//
// Updates are fetched by one process at a time (poll.go), or brought by Telegram (hook.go). Each is taken in in a transaction of its own,
// which notes its number besides: what comes again is not taken in again, and what fails stays with Telegram. Files and pictures
// follow in the background (fetch.go): nobody waits for them.
//
// # Out
//
// A message for a client becomes rows of telegram_out, one for each message that Telegram gets (compose.go): a long text has several parts.
// The rows of a chat are sent one after another; one that cannot be delivered stays, with the reason, until somebody sends it again (state.go).
// Telegram has no names for messages that are sent, so that one may arrive twice whose answer got lost on the way.
//
// The Bot API: https://core.telegram.org/bots/api.
package telegram

import (
	"context"
	"crypto/rand"
	"embed"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("telegram", schemaFiles) }

// Connector begins the ids of the channels: each bot is one, whose id is this, a dot and the bot's number there. Connectors of
// applications have no dots.
const Connector = "telegram"

// Lines keeps the open channels; *line.Service is one.
type Lines interface {
	// GetTx returns a line. A line that does not exist is a fault of kind NotFound.
	GetTx(ctx context.Context, tx *db.Tx, id int64) (line.Line, error)
}

// Conversations leads the conversations; *openline.Service is one.
type Conversations interface {
	ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
	// ChangeIncomingTx changes what a client wrote; nil files stay.
	ChangeIncomingTx(ctx context.Context, tx *db.Tx, r openline.Rewriting) error
	// LastTx returns the newest conversation of a chat. Fault: openline.ErrNoSession.
	LastTx(ctx context.Context, tx *db.Tx, chatID int64) (openline.Session, error)
	// Rate keeps a client's rating. Faults: openline.ErrNoSession, openline.ErrWrongState.
	Rate(ctx context.Context, sessionID int64, v openline.Vote) error
}

// Messenger is where conversations are led.
type Messenger interface {
	// NoteTx tells the people in a chat something that the client does not see.
	NoteTx(ctx context.Context, tx *db.Tx, chatID int64, text string) error
	// Press tells the bot of a button that a client has pressed it. Its faults are shown to the client.
	Press(ctx context.Context, visitorID, messageID int64, b attach.Button) error
}

// File is a file of a message. The caller must close Body.
type File struct {
	Name, Type string
	Size       int64 // bytes
	Body       io.ReadCloser
}

// Files keeps the files of chats.
type Files interface {
	// Open returns a file; false: it is gone.
	Open(ctx context.Context, id int64) (File, bool, error)
	// Keep stores a file that a client sent. Faults are those of the portal's limits.
	Keep(ctx context.Context, chatID, userID int64, name string, r io.Reader) (fileID int64, err error)
	// Picture gives a client a picture. A fault means that it is none.
	Picture(ctx context.Context, visitorID int64, content []byte) error
}

// API calls the Bot API of a server with the token of a bot; *telegramhttp.Client is one. Errors are *Refusal where the server answered, else
// ErrAway: no error has the token in it.
type API interface {
	// Call calls a method. params becomes a JSON object, result is filled with what the answer holds; either may be nil.
	Call(ctx context.Context, server, token, method string, params, result any) error
	// Upload is Call with a file in one of its fields.
	Upload(ctx context.Context, server, token, method string, params map[string]string, field string, f File, result any) error
	// Download reads a file at a path that getFile has told, of at most limit bytes; ErrLarge for a larger one.
	Download(ctx context.Context, server, token, path string, limit int64) ([]byte, error)
}

// Audit keeps the log of what administrators do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// Config is what a Service is made of.
type Config struct {
	DB            *db.DB
	Clock         clock.Clock
	Lines         Lines
	Conversations Conversations
	Messenger     Messenger
	Files         Files
	API           API
	Audit         Audit
	Settings      *setting.Store
	Box           *seal.Box // nil: bots cannot be connected, as their tokens could not be kept
	// PublicURL returns the absolute address of a path on the portal.
	PublicURL func(path string) string
	// OnState is called, after the change is durable, when what became of a message for a client is another; nil calls nobody.
	OnState func(chatID, messageID int64)
	Log     *slog.Logger
}

// Service joins bots to lines. It is safe for use by several goroutines.
type Service struct {
	Config

	holder  string        // this process, among those that may fetch updates
	sends   chan struct{} // something is to be sent
	fetches chan struct{} // something is to be fetched
	bots    chan struct{} // bots were connected or changed

	mu    sync.Mutex
	polls map[int64]context.CancelFunc // of the bots whose updates this process fetches
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	poke := func() chan struct{} { return make(chan struct{}, 1) }
	return &Service{Config: c, holder: rand.Text(), sends: poke(), fetches: poke(), bots: poke(), polls: map[int64]context.CancelFunc{}}
}

func (s *Service) now() time.Time { return s.Clock.Now().UTC() }

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// connectorOf returns the id of the channel of a bot.
func connectorOf(number int64) string { return Connector + "." + strconv.FormatInt(number, 10) }

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
