package im

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// Listener is told, inside the transaction, of what happens in chats that have bots, and of messages that may be commands
// wherever they are written. Another message in a chat without a bot costs nothing.
// What it returns as an error undoes the change.
type Listener interface {
	MessageAddedTx(ctx context.Context, tx *db.Tx, e MessageEvent) error
	MessageUpdatedTx(ctx context.Context, tx *db.Tx, e MessageEvent) error
	MessageDeletedTx(ctx context.Context, tx *db.Tx, e MessageEvent) error
	// ChatJoinedTx is called for each bot that becomes a member of a chat.
	ChatJoinedTx(ctx context.Context, tx *db.Tx, e JoinEvent) error
}

// MessageEvent is a change of a message in a chat with bots.
type MessageEvent struct {
	Chat      Chat
	Message   Message
	BotIDs    []int64 // the bots in the chat, without the message's sender
	Mentioned []int64 // the users that the text mentions with [USER=…]
	ActorID   int64   // who did it; 0: the portal itself
	// Platform is where the message was typed; see NewMessage.
	Platform string
	// PrevMessageID is the message before the added one; 0 in a private chat or where there is none.
	PrevMessageID int64
}

// JoinEvent is a bot's becoming a member of a chat.
type JoinEvent struct {
	Chat    Chat
	BotID   int64
	ActorID int64 // who added it; 0: the portal itself
	History bool  // it may read what was written before
}
