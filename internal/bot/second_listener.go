package bot

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
)

// SecondListener is told of what happens to bots of the second generation.
type SecondListener interface {
	// MessageTx is called for each bot that hears of a message's being added, changed or deleted.
	MessageTx(ctx context.Context, tx *db.Tx, b Bot, c MessageChange, e MessageEvent) error
	// JoinedTx is called for a bot that became a member of a chat; person is who added it, or with whom it talks in private.
	JoinedTx(ctx context.Context, tx *db.Tx, b Bot, e JoinEvent, person int64) error
	// CommandTx is called for each command of a bot that somebody invoked.
	CommandTx(ctx context.Context, tx *db.Tx, b Bot, c Invoked) error
	// BotRemovedTx is called when a bot is removed, with the authorization of d.
	BotRemovedTx(ctx context.Context, tx *db.Tx, b Bot, d event.Delivery) error
}

// MessageChange says what became of a message.
type MessageChange uint8

// The changes of messages.
const (
	MessageAdded MessageChange = iota
	MessageUpdated
	MessageDeleted
)

// Invoked is a command that somebody invoked.
type Invoked struct {
	Command   Command
	Params    string
	Context   Context
	MessageID int64 // that it was written in, or under which it was pressed
	UserID    int64 // who invoked it
}

// SetSecondListener names who is told. It must be called before the service is used.
func (s *Service) SetSecondListener(l SecondListener) { s.second = l }
