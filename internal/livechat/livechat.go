// Package livechat is the portal's own chat on sites: widgets, the visitors who write there, and what they get to see.
//
// A visitor is known by a random token that their browser makes; only its hash is kept. What they see is a copy of their own: the
// messages that they sent, and those that the conversation passed on to them through Channel. Nothing else of the portal's chat is
// ever read for a visitor, so that what operators say among themselves cannot reach them, neither live nor in the history.
package livechat

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/seal"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("livechat", schemaFiles) }

// Connector is the id of the channel.
const Connector = "livechat"

// Lines keeps the open channels; *line.Service is one.
type Lines interface {
	// GetTx returns a line. A line that does not exist is a fault of kind NotFound.
	GetTx(ctx context.Context, tx *db.Tx, id int64) (line.Line, error)
	// OperatorsTx returns who answers in a line.
	OperatorsTx(ctx context.Context, tx *db.Tx, l line.Line) ([]int64, error)
}

// Conversations leads the conversations; *openline.Service is one.
type Conversations interface {
	ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
	// OpenTx opens the chat of a client, and completes what is known of them, without a message.
	OpenTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
	// LastTx returns the newest conversation of a chat. Fault: openline.ErrNoSession.
	LastTx(ctx context.Context, tx *db.Tx, chatID int64) (openline.Session, error)
	// PositionTx returns the place of a conversation in the queue, from 1, at most most.
	PositionTx(ctx context.Context, tx *db.Tx, v openline.Session, most int64) (int64, error)
	Rate(ctx context.Context, sessionID int64, v openline.Vote) error
	// LockTx keeps others from changing a chat until the transaction ends.
	LockTx(ctx context.Context, tx *db.Tx, chatID int64) error
}

// Presence tells who is at their machine; see openline.Presence.
type Presence interface {
	OnlineTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]bool, error)
}

// Messenger is what visitors and operators see of each other.
type Messenger interface {
	// ReadUpTo returns the last message that somebody other than userID has read in a chat.
	ReadUpTo(ctx context.Context, chatID, userID int64) (messageID int64, err error)
	// Read notes how far a visitor has read.
	Read(ctx context.Context, userID, chatID, messageID int64) error
	// Typing tells the operators that a visitor writes; draft is what, where the line lets them see it.
	Typing(ctx context.Context, userID, chatID int64, draft string) error
	// Press tells a bot of a button that a visitor pressed. Faults are shown to them.
	Press(ctx context.Context, p Press) error
	// Hear opens a stream of what happens in the chats of a user: see HintTyping, HintRead. cancel must be called at the end.
	Hear(userID int64) (hints <-chan Hint, cancel func())
}

// Hint is what a Messenger hears.
type Hint uint8

// The hints.
const (
	HintTyping Hint = iota + 1 // somebody writes
	HintRead                   // somebody has read
)

// File is a file as a visitor sees it.
type File struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Size    int64  `json:"size"`
	Picture bool   `json:"picture,omitempty"` // there is a preview
}

// Content is what a file holds. The caller must close Body.
type Content struct {
	Name, Type string
	Body       io.ReadSeekCloser
}

// Files keeps the files of chats.
type Files interface {
	// Upload stores a file that a member of a chat sends. Faults are those of the portal's limits.
	Upload(ctx context.Context, userID, chatID int64, name string, r io.Reader) (File, error)
	Describe(ctx context.Context, ids []int64) (map[int64]File, error)
	// Open returns a file, or its preview. Who may is for the caller to check.
	Open(ctx context.Context, id int64, preview bool) (Content, error)
}

// Terms are an agreement that visitors have to agree to.
type Terms struct {
	AgreementID int64  `json:"-"`
	Version     int64  `json:"version"` // what they see; another one has to be agreed to anew
	Name        string `json:"-"`
	Label       string `json:"label"`  // what agreeing means, in a sentence
	Text        string `json:"text"`   // plain
	Button      string `json:"button"` // the words of who agrees
	URL         string `json:"url"`    // where everybody reads this version
}

// Consent is that a visitor agreed to Terms.
type Consent struct {
	Terms     Terms
	UserID    int64
	Address   string // the visitor's IP address
	Page      string // on which they were
	VisitorID string // their e-mail address, or what the channel calls them
}

// Agreements keeps what visitors agree to where the line names an agreement instead of a text of its own.
type Agreements interface {
	// TermsTx returns an agreement as it is now; false: there is none.
	TermsTx(ctx context.Context, tx *db.Tx, id int64) (Terms, bool, error)
	// VersionTx returns what somebody agreed to; false: there is no such version.
	VersionTx(ctx context.Context, tx *db.Tx, version int64) (Terms, bool, error)
	ConsentTx(ctx context.Context, tx *db.Tx, c Consent) error
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
	Presence      Presence
	Messenger     Messenger
	Files         Files
	Apps          Apps       // nil: bots have no applications
	Agreements    Agreements // nil: there are none
	Audit         Audit
	Box           *seal.Box // nil: sites cannot tell who their visitors are
	Zone          func(ctx context.Context) *time.Location
	// Letters writes to visitors who have gone; nil: nobody does.
	Letters Letters
	// PublicURL returns the absolute address of a path on the portal; needed where Letters are.
	PublicURL func(path string) string
	Log       *slog.Logger
}

// Service keeps widgets and serves their visitors. It is safe for use by several goroutines.
type Service struct {
	Config

	limits *limits
	wakes  wakes
	away   chan struct{} // a visitor may be away

	mu     sync.Mutex
	people map[int64]peopleAt // by line: whether somebody was there a moment ago
}

type peopleAt struct {
	there bool
	at    time.Time
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Zone == nil {
		c.Zone = func(context.Context) *time.Location { return time.UTC }
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{Config: c, limits: newLimits(c.Clock), away: make(chan struct{}, 1), people: map[int64]peopleAt{}}
}

func (s *Service) now() time.Time { return s.Clock.Now().UTC() }
