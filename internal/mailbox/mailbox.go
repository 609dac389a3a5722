// Package mailbox is the channel of mails: mailboxes whose mails become conversations of open channels, and whose answers go out as mails of
// the same thread.
//
// A mail is taken in once, whatever happens in between: where a mailbox was read up to is stored with what was read, and a mail that comes
// twice is known by its id. No person's mail is passed over in silence: what is left out stands on the page of the mailbox with the reason,
// and stays on the mail server.
package mailbox

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"embed"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/seal"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("mailbox", schemaFiles) }

// Connector is the id of the channel.
const Connector = "email"

// Line is an open channel as this area sees it.
type Line struct {
	ID     int64
	Name   string
	Active bool
}

// Lines tells which open channels there are.
type Lines interface {
	// LineTx returns a line; false where there is none.
	LineTx(ctx context.Context, tx *db.Tx, id int64) (Line, bool, error)
}

// Conversations leads the conversations; *openline.Service is one.
type Conversations interface {
	ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
	// OpenTx opens the chat of a client without a message.
	OpenTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
}

// Files keeps the files of mails.
type Files interface {
	// Keep stores a file for a chat in the name of a user. Faults are those of the portal's limits.
	Keep(ctx context.Context, chatID, userID int64, name string, content []byte) (fileID int64, err error)
}

// Outbox sends mails; *mail.Service is one.
type Outbox interface {
	QueueTx(ctx context.Context, tx *db.Tx, p mail.Parcel) error
	PostTx(ctx context.Context, tx *db.Tx, p mail.Parcel) error
	RewriteTx(ctx context.Context, tx *db.Tx, messageID int64, text, html string, files []int64) error
	WithdrawTx(ctx context.Context, tx *db.Tx, messageID int64) error
	BouncedTx(ctx context.Context, tx *db.Tx, b mail.Bounce) (bool, error)
	HurryTx(ctx context.Context, tx *db.Tx, account int64) error
	RecentTx(ctx context.Context, tx *db.Tx, recipient, kind string, since time.Time) (int64, error)
}

// Place is where the chat of a visitor is.
type Place struct {
	UserID, ChatID int64
	Email          string // that they left
}

// Visitors are those of the chat of sites who are written to by mail while they are away.
type Visitors interface {
	// Place returns where a visitor's chat is; false where they are gone.
	Place(ctx context.Context, visitor string) (Place, bool, error)
	// ReplyTx takes in what a visitor answered by mail, and when by their clock, as a message of theirs.
	ReplyTx(ctx context.Context, tx *db.Tx, visitor, text string, files []int64, written time.Time) (openline.Received, error)
}

// Notices tell those who can mend it that a mailbox lost its access.
type Notices interface {
	// RefusedTx is called once, when a provider does not let the portal in any more; why says so in words.
	RefusedTx(ctx context.Context, tx *db.Tx, a Account, why string) error
	// AllowedTx is called when somebody allows access, which what was told before does not say any more.
	AllowedTx(ctx context.Context, tx *db.Tx, account int64) error
}

// Config is what a Service is made of.
type Config struct {
	DB            *db.DB
	Clock         clock.Clock
	Lines         Lines
	Conversations Conversations
	Files         Files
	Outbox        Outbox
	Visitors      Visitors // nil: there are none
	Notices       Notices  // nil: nobody is told
	Audit         *audit.Service
	Box           *seal.Box // nil: no mailbox can be connected
	Authority     Authority // nil: no mailbox can be signed in at through a provider
	Dial          mail.Dial
	TLS           *tls.Config // nil: that of the system
	// OwnAddress returns the address as which the portal itself sends mails; empty: it sends none.
	OwnAddress func(ctx context.Context) string
	Log        *slog.Logger
}

// Service keeps mailboxes and reads them. It is safe for use by several goroutines.
type Service struct {
	Config

	name string        // of this process, for leases
	wake chan struct{} // mailboxes were changed

	revoking chan struct{} // a permission is to be given back
	turns    turns
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.OwnAddress == nil {
		c.OwnAddress = func(context.Context) string { return "" }
	}
	s := &Service{Config: c, name: rand.Text(), wake: make(chan struct{}, 1), revoking: make(chan struct{}, 1)}
	return s
}

func (s *Service) now() time.Time { return s.Clock.Now().UTC() }

func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
