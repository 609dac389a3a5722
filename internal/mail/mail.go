// Package mail sends the portal's mails: it keeps each in an outbox until a mail server has taken it, tries again while none does, and says
// what became of it.
//
// A mail goes through the server that administrators have entered for the portal, or through that of an account of another area, such as a
// mailbox whose mails are answered.
package mail

import (
	"context"
	"embed"
	"io"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the table of the area.
func Schema() db.Schema { return db.EmbeddedSchema("mail", schemaFiles) }

// File is a file that a mail carries. The caller must close Body.
type File struct {
	Name, Type string
	Size       int64 // bytes
	Body       io.ReadCloser
}

// Files keeps the files of messages.
type Files interface {
	// Open returns a file; false where it is gone.
	Open(ctx context.Context, id int64) (File, bool, error)
}

// Account is from where a mail is sent.
type Account struct {
	Server Server
	From   letter.Address
}

// Accounts are those of other areas.
type Accounts interface {
	// Account returns one. A fault is shown to people as why a mail was not sent.
	Account(ctx context.Context, id int64) (Account, error)
	// InsteadTx returns the account from which a mail goes out that is sent again: the same one, or another where that is gone. A fault
	// says why there is none.
	InsteadTx(ctx context.Context, tx *db.Tx, id int64, letterID string) (int64, error)
}

// Config is what a Service is made of.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Settings *setting.Store
	Audit    *audit.Service
	Box      *seal.Box // nil: passwords cannot be kept
	Files    Files
	Accounts Accounts // nil: there is the portal's own alone
	Sender   Sender
	// OnState is called, after the change is durable, when something else became of a message of a chat; nil calls nobody.
	OnState func(chatID, messageID int64)
	Log     *slog.Logger
}

// Service sends mails. It is safe for use by several goroutines.
type Service struct {
	Config

	wake chan struct{} // something may be due
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{Config: c, wake: make(chan struct{}, 1)}
}

func (s *Service) now() time.Time { return s.Clock.Now().UTC() }

func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
