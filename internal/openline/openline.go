// Package openline leads the conversations of open channels: who writes from outside, which bot or operator answers, who waits,
// and when a conversation ends.
//
// A client's message comes in through Receive, a channel carries the answers out (Channel). Between them stands a Session, whose State
// changes only as the table in state.go allows. The messenger keeps what is said: a conversation is led in one of its chats, and what
// operators and bots write there reaches this package inside the transaction (MessageTx). Everything that waits is a row in
// openline_timer, so that it survives a restart and happens once.
//
// The documentation: api-reference/imopenlines/openlines/.
package openline

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the area.
func Schema() db.Schema { return db.EmbeddedSchema("openline", schemaFiles) }

// EntityType is that of the chats in which conversations are led.
const EntityType = "LINES"

// Lines keeps the lines; *line.Service is one.
type Lines interface {
	// GetTx returns a line. A line that does not exist is a fault of kind NotFound.
	GetTx(ctx context.Context, tx *db.Tx, id int64) (line.Line, error)
	// OperatorsTx returns who answers in a line, in the order of their turn.
	OperatorsTx(ctx context.Context, tx *db.Tx, l line.Line) ([]int64, error)
	// HistoryTx returns whose conversations somebody may read.
	HistoryTx(ctx context.Context, tx *db.Tx, actor user.Ref) (line.Reach, error)
	// LinesOfTx returns the lines in which somebody answers.
	LinesOfTx(ctx context.Context, tx *db.Tx, userID int64) ([]int64, error)
	// AllTx returns all lines.
	AllTx(ctx context.Context, tx *db.Tx) ([]line.Line, error)
}

// Users keeps the people, clients among them; *user.Service is one.
type Users interface {
	AddVisitorTx(ctx context.Context, tx *db.Tx, p user.VisitorProfile) (int64, error)
	UpdateVisitorTx(ctx context.Context, tx *db.Tx, id int64, p user.VisitorProfile) error
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
	NoteTx(ctx context.Context, tx *db.Tx, ids []int64) error
}

// Presence tells who is at their machine and wants to be disturbed.
type Presence interface {
	OnlineTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]bool, error)
}

// Bots tells which bots may lead conversations.
type Bots interface {
	// SpeaksInLinesTx reports whether id is a bot that takes part in conversations of open channels.
	SpeaksInLinesTx(ctx context.Context, tx *db.Tx, id int64) (bool, error)
}

// Agreements tells what clients agree to where the line names an agreement instead of a text of its own.
type Agreements interface {
	// SaidTx returns what a client without anything to press reads of an agreement; empty where there is no such agreement.
	SaidTx(ctx context.Context, tx *db.Tx, id int64) (string, error)
}

// NewChat describes a chat of the messenger.
type NewChat struct {
	Title     string
	VisitorID int64
	EntityID  string
}

// NewMessage is a message for a chat.
type NewMessage struct {
	ChatID   int64
	AuthorID int64 // 0: the line itself
	Text     string
	Files    []int64
	Inner    bool // not for the client
	Silent   bool // it does not count as unread
	// Written is when the client wrote it, by their own clock; zero: now.
	Written time.Time
}

// Chats is the messenger.
type Chats interface {
	CreateTx(ctx context.Context, tx *db.Tx, c NewChat) (int64, error)
	SendTx(ctx context.Context, tx *db.Tx, m NewMessage) (messageID int64, err error)
	RewriteTx(ctx context.Context, tx *db.Tx, actor int64, r Rewriting) error
	RemoveTx(ctx context.Context, tx *db.Tx, actor, messageID int64) error
	// JoinTx makes users members on behalf of actor; bots among them hear of it.
	JoinTx(ctx context.Context, tx *db.Tx, chatID, actor int64, ids []int64) error
	DropMembersTx(ctx context.Context, tx *db.Tx, chatID int64, ids []int64) error
	MembersTx(ctx context.Context, tx *db.Tx, chatID int64) (members, bots []int64, err error)
	SetOwnerTx(ctx context.Context, tx *db.Tx, chatID, userID int64) error
	SetDataTx(ctx context.Context, tx *db.Tx, chatID int64, data [3]string) error
	RetitleTx(ctx context.Context, tx *db.Tx, chatID int64, title string) error
	TitleTx(ctx context.Context, tx *db.Tx, chatID int64) (string, error)
	// LockTx keeps others from changing the chat until the transaction ends.
	LockTx(ctx context.Context, tx *db.Tx, chatID int64) error
	// NoteTx reads at once chats that the transaction has locked, of which it then asks one by one.
	NoteTx(ctx context.Context, tx *db.Tx, chatIDs []int64) error
	// AmongTx returns in which of the chats a user is.
	AmongTx(ctx context.Context, tx *db.Tx, userID int64, chatIDs []int64) (map[int64]bool, error)
	// LastTx returns the newest message of a chat; 0 where there is none.
	LastTx(ctx context.Context, tx *db.Tx, chatID int64) (messageID int64, err error)
	// TextTx returns the text and the files of a message, and whose it is.
	TextTx(ctx context.Context, tx *db.Tx, messageID int64) (m Said, err error)
}

// Rewriting is what a message says from now on.
type Rewriting struct {
	MessageID int64
	Text      string
	Files     *[]int64 // all that it carries; nil: those that it has
	// At is when the client changed it, by their own clock; zero: now.
	At      time.Time
	Arrived bool // files that it waited for have come: the client has changed nothing
}

// Said is a message of a chat.
type Said struct {
	ChatID, AuthorID int64
	Text             string
	Files            []int64
	Inner            bool
}

// Notices tells people what concerns them.
type Notices interface {
	// OfferedTx is called when operators are asked to take a conversation.
	OfferedTx(ctx context.Context, tx *db.Tx, l line.Line, s Session, to []int64) error
	// LateTx is called when an operator has not answered in the time that the line wants.
	LateTx(ctx context.Context, tx *db.Tx, s Session, to []int64, text string) error
	// NobodyTx is called when a client waits and nobody can answer.
	NobodyTx(ctx context.Context, tx *db.Tx, l line.Line, s Session) error
}

// Live passes hints to open pages; *push.Hub is one.
type Live interface {
	Publish(userIDs []int64, name string, data any)
}

// LiveSession is the name of the hint that a conversation changed.
const LiveSession = "line:session"

// Hint is what is told to pages.
type Hint struct {
	SessionID int64 `json:"session"`
	LineID    int64 `json:"line"`
	ChatID    int64 `json:"chat"`
	State     State `json:"state"`
}

// Config is what a Service is made of.
type Config struct {
	DB       *db.DB
	Clock    clock.Clock
	Lines    Lines
	Users    Users
	Chats    Chats
	Presence Presence
	Bots     Bots
	Channel  Channel
	// Agreements; nil: there are none.
	Agreements Agreements
	Categories Categories // what conversations are about; nil: there is nothing
	Notices    Notices    // nil: nobody is told
	Numbers    Numbers    // nil: nobody counts
	Live       Live
	Audit      Audit                                    // nil: nothing is recorded
	Zone       func(ctx context.Context) *time.Location // of the portal; nil is UTC
	Log        *slog.Logger                             // nil is slog.Default()
}

// Service leads the conversations of a portal. It is safe for use by several goroutines.
type Service struct {
	db         *db.DB
	clock      clock.Clock
	lines      Lines
	users      Users
	chats      Chats
	presence   Presence
	bots       Bots
	channel    Channel
	agreements Agreements
	categories Categories
	notices    Notices
	numbers    Numbers
	live       Live
	audit      Audit
	zone       func(context.Context) *time.Location
	log        *slog.Logger
	wake       chan struct{} // something has to be done soon
	watching   watchers
}

// New returns the service of the portal whose tables are in c.DB.
func New(c Config) *Service {
	s := &Service{
		db: c.DB, clock: c.Clock, lines: c.Lines, users: c.Users, chats: c.Chats, presence: c.Presence, bots: c.Bots, channel: c.Channel, agreements: c.Agreements, categories: c.Categories,
		notices: c.Notices, numbers: c.Numbers, live: c.Live, audit: c.Audit, zone: c.Zone, log: c.Log, wake: make(chan struct{}, 1),
	}
	if s.zone == nil {
		s.zone = func(context.Context) *time.Location { return time.UTC }
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s
}

func (s *Service) now() time.Time { return s.clock.Now().UTC() }

// LineChangedTx is told that a line was changed: its queue may go on now.
func (s *Service) LineChangedTx(_ context.Context, tx *db.Tx, _, _ line.Line) error {
	tx.AfterCommit(s.hurry)
	return nil
}

// OperatorCame has the queue looked at because somebody who answers came to their machine.
func (s *Service) OperatorCame() { s.hurry() }

// hurry has the work in the background look at once.
func (s *Service) hurry() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
