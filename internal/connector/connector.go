// Package connector keeps the connectors of applications: channels outside of the portal, such as a messenger or the chat of a
// site, that are joined to open lines.
//
// An application registers a connector, people connect it to lines in the Contact Center, the application activates it there, and from
// then on it hands over what clients write, and is told what operators answer.
//
// The documentation: api-reference/imopenlines/imconnector/.
package connector

import (
	"context"
	"embed"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/openline"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("connector", schemaFiles) }

// Connector is a kind of channel that an application brings.
type Connector struct {
	ID      int64
	AppID   int64
	Code    string // of the application's choice, in lower case; on the whole portal no other connector has it
	Name    string
	Handler string // the address of the page with the settings
	Icon    Icon
	Off     Icon // of a connector that is not connected; its image may be empty

	DeleteIncoming bool // clients may delete what they wrote
	EditOutgoing   bool // the channel is told what operators changed
	DeleteOutgoing bool // and what they deleted
	Newsletter     bool // the channel may be used for newsletters
	SystemMessages bool // the channel gets what the portal says itself
	Signature      bool // messages begin with the operator's name
	Group          bool // a chat outside is one conversation, whoever writes in it

	Created, Changed time.Time
}

// Line is an open line as this area sees it.
type Line struct {
	ID     int64
	Name   string
	Active bool
	// AutoClose is after what silence of the client a conversation is closed; 0: it is not.
	AutoClose time.Duration
}

// Lines tells which open lines there are.
type Lines interface {
	// LineTx returns a line; false where there is none.
	LineTx(ctx context.Context, tx *db.Tx, id int64) (Line, bool, error)
	// Lines returns all lines, in the order in which people see them.
	Lines(ctx context.Context) ([]Line, error)
}

// Places keeps the binding of a connector's settings, by which the application sees it among its others.
type Places interface {
	// BindSettingsTx binds the page of a connector's settings, UnbindSettingsTx takes it away.
	BindSettingsTx(ctx context.Context, tx *db.Tx, c Connector, actorID int64) error
	UnbindSettingsTx(ctx context.Context, tx *db.Tx, c Connector) error
}

// Builtin is a channel that the portal brings itself.
type Builtin struct {
	Code, Name string
}

// Talks leads the conversations; *openline.Service is one.
type Talks interface {
	ReceiveTx(ctx context.Context, tx *db.Tx, in openline.Incoming) (openline.Received, error)
	// ChangeIncomingTx changes what a client wrote, RemoveIncomingTx removes it.
	ChangeIncomingTx(ctx context.Context, tx *db.Tx, r openline.Rewriting) error
	// ReviseTx is ChangeIncomingTx, and completes what is known of the client and their chat. It returns the client; 0: they never wrote.
	ReviseTx(ctx context.Context, tx *db.Tx, in openline.Incoming, r openline.Rewriting) (visitorID int64, err error)
	RemoveIncomingTx(ctx context.Context, tx *db.Tx, messageID int64) error
	// RenameTx gives the chat with a client another title; a fault of the kind NotFound or Invalid where there is none.
	RenameTx(ctx context.Context, tx *db.Tx, connector string, lineID int64, chatID, clientID, title string) error
}

// FileLink is a file that a channel may fetch.
type FileLink struct {
	Name, Type, URL string
	Size            int64 // bytes
}

// Outside reaches what is not the portal's own, and keeps what came from there.
type Outside interface {
	// Fetch reads at most limit bytes at an address, where the portal may reach it. What it returns as an error is shown to people.
	Fetch(ctx context.Context, address string, limit int64) ([]byte, error)
	// Keep stores a file for a chat in the name of a user.
	Keep(ctx context.Context, chatID, userID int64, name string, content []byte) (fileID int64, err error)
	// Picture gives a client a picture. A fault means that it is none.
	Picture(ctx context.Context, visitorID int64, content []byte) error
	// LinksTx returns addresses at which an application can fetch files for some days.
	LinksTx(ctx context.Context, tx *db.Tx, appID, userID int64, ids []int64) ([]FileLink, error)
	// Seen notes that a client has seen the messages of a chat up to one.
	Seen(ctx context.Context, visitorID, chatID, messageID int64) error
}

// Config is what a Service needs.
type Config struct {
	DB      *db.DB
	Clock   clock.Clock
	Events  *event.Service
	Audit   *audit.Service
	Lines   Lines
	Places  Places
	Talks   Talks
	Outside Outside
	// OnState is called, after the change is durable, when what became of a message for a client is another; nil calls nobody.
	OnState func(chatID, messageID int64)
	// Builtin are the channels that the portal brings itself: their codes are taken.
	Builtin []Builtin
}

// Service keeps the connectors. It is safe for use by several goroutines.
type Service struct {
	Config

	generation atomic.Uint64 // goes up with every change of a connector
	remembered atomic.Pointer[memory]
	wake       chan struct{} // something is to be fetched
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	s := &Service{Config: c, wake: make(chan struct{}, 1)}
	s.DB.Watch(func() { s.generation.Add(1) })
	return s
}

// changedTx makes what is remembered be read again: by the transaction at once, by others when it is durable.
func (s *Service) changedTx(tx *db.Tx) {
	tx.Note(changedAt{}, new(int))
	tx.OnCommit(func() { s.generation.Add(1) })
}
