package openline

import (
	"context"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
)

// widget is the connector of the portal's own chat on sites: its clients have buttons for a rating, and it shows the text of the consent
// itself, and waits for it, before a client can write at all.
const widget = "livechat"

// Client is who writes from outside, as their channel knows them.
type Client struct {
	ID                  string // in the channel, up to 255 characters
	FirstName, LastName string
	Avatar              []byte // a picture; none when empty
	URL                 string // of their profile in the channel
	Position            string // in the company that they write from
	Gender              string // "M", "F" or empty
	Email, Phone        string
	// Key is a name of the person that the channel has proved, by which they are the same on all devices; mostly empty.
	Key string
}

// Incoming is a message that came in through a channel.
type Incoming struct {
	Connector string // the id of the channel's kind, e.g. "livechat"
	LineID    int64
	ChatID    string // in the channel, up to 255 characters
	ChatName  string
	ChatURL   string // where the client writes, e.g. the page of a site
	Moves     bool   // ChatURL is where they write now, else only where they began
	Client    Client
	// Group says that ChatID is a conversation of several people: it is one chat then, whoever writes. Otherwise each client has
	// a chat of their own.
	Group bool
	Text  string  // BB code
	Files []int64 // of the portal
	// Written is when the client wrote it, by their own clock; zero: the channel does not say.
	Written  time.Time
	AuthorID int64 // an operator in whose name the channel writes, e.g. from their telephone; 0: the client
}

// Received says what became of an Incoming.
type Received struct {
	VisitorID int64 // the client, as a user of the portal
	ChatID    int64
	MessageID int64
	SessionID int64 // 0: no conversation was begun, the client is blocked
	Began     bool  // the message began the session
}

// Outgoing is a message for a client.
type Outgoing struct {
	Channel   Address
	ChatID    int64 // of the portal
	MessageID int64
	SessionID int64
	AuthorID  int64  // 0: the line itself
	Author    string // as the client sees them; empty: the line itself
	Avatar    string // an address; empty: none
	Bot       bool   // a bot wrote it
	Text      string // BB code, without the author's name
	Files     []int64
	Attach    attach.Attach   // of a bot or an application; empty: none
	Keyboard  attach.Keyboard // likewise
	Vote      bool            // it asks for a rating
	Date      time.Time
}

// Address is where a conversation is led, outside.
type Address struct {
	Connector string
	LineID    int64
	ChatID    string
	ClientID  string
	VisitorID int64 // the client, as a user of the portal
}

// Channel carries messages to clients. What it does belongs to the transaction: a channel that reaches outside keeps a row and
// sends later.
type Channel interface {
	// SendTx passes a message on.
	SendTx(ctx context.Context, tx *db.Tx, m Outgoing) error
	// ChangeTx passes on that a message reads otherwise.
	ChangeTx(ctx context.Context, tx *db.Tx, m Outgoing) error
	// RemoveTx passes on that a message is gone.
	RemoveTx(ctx context.Context, tx *db.Tx, m Outgoing) error
	// StartedTx is told of a conversation that began, FinishedTx of one that ended.
	StartedTx(ctx context.Context, tx *db.Tx, s Session) error
	FinishedTx(ctx context.Context, tx *db.Tx, s Session) error
}

// Routes leads each conversation to the channel that it came through.
type Routes struct {
	// Own are the channels that the portal brings itself, by the connector's id or by what it has before its first dot: of some kinds there
	// are several, each with an id of its own.
	Own   map[string]Channel
	Other Channel // of connectors of applications; nil: there are none
}

var _ Channel = Routes{}

func (r Routes) of(connector string) Channel {
	family, _, _ := strings.Cut(connector, ".")
	if c, ok := r.Own[connector]; ok {
		return c
	}
	if c, ok := r.Own[family]; ok {
		return c
	}
	return r.Other
}

// SendTx passes a message on.
func (r Routes) SendTx(ctx context.Context, tx *db.Tx, m Outgoing) error {
	if c := r.of(m.Channel.Connector); c != nil {
		return c.SendTx(ctx, tx, m)
	}
	return nil
}

// ChangeTx passes on that a message reads otherwise.
func (r Routes) ChangeTx(ctx context.Context, tx *db.Tx, m Outgoing) error {
	if c := r.of(m.Channel.Connector); c != nil {
		return c.ChangeTx(ctx, tx, m)
	}
	return nil
}

// RemoveTx passes on that a message is gone.
func (r Routes) RemoveTx(ctx context.Context, tx *db.Tx, m Outgoing) error {
	if c := r.of(m.Channel.Connector); c != nil {
		return c.RemoveTx(ctx, tx, m)
	}
	return nil
}

// StartedTx tells the channel of a conversation that began.
func (r Routes) StartedTx(ctx context.Context, tx *db.Tx, s Session) error {
	if c := r.of(s.Channel.Connector); c != nil {
		return c.StartedTx(ctx, tx, s)
	}
	return nil
}

// FinishedTx tells the channel of a conversation that ended.
func (r Routes) FinishedTx(ctx context.Context, tx *db.Tx, s Session) error {
	if c := r.of(s.Channel.Connector); c != nil {
		return c.FinishedTx(ctx, tx, s)
	}
	return nil
}
