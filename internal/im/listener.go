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
	// ChatJoinedTx is called for each bot that becomes a member of a chat; by a Follower that follows anybody for each person too.
	ChatJoinedTx(ctx context.Context, tx *db.Tx, e JoinEvent) error
}

// Teller is told, inside the transaction, of every message that is sent: it sees to it that people hear of it who have no page of
// the portal open. It must be quick, also where members are ten thousand; they are in order and not to be changed.
// What it returns as an error undoes the message.
type Teller interface {
	MessageSentTx(ctx context.Context, tx *db.Tx, m LiveMessage, members []int64) error
}

// Follower is a Listener that, while it follows anybody, is told of everything: also of chats without bots, and of people who
// join.
type Follower interface {
	// Follows reports whether it follows anybody. It is asked often.
	Follows() bool
}

// follows reports whether the listener follows anybody.
func (s *Service) follows() bool { return s.follower != nil && s.follower.Follows() }

// MessageEvent is a change of a message.
type MessageEvent struct {
	Chat       Chat
	Message    Message
	MemberIDs  []int64 // of the chat; not to be changed
	ManagerIDs []int64 // the chat's managers, without its owner; not to be changed
	BotIDs     []int64 // the bots in the chat, without the message's sender
	Mentioned  []int64 // the users that the text mentions with [USER=…]
	ActorID    int64   // who did it; 0: the portal itself
	// Platform is where the message was typed; see NewMessage.
	Platform string
	// PrevMessageID is the message before the added one; 0 in a private chat or where there is none.
	PrevMessageID int64
}

// JoinEvent is somebody's becoming a member of a chat.
type JoinEvent struct {
	Chat      Chat
	UserID    int64
	BotID     int64   // the same where it is a bot; 0 for a person
	MemberIDs []int64 // of the chat, with who joined; not to be changed
	ActorID   int64   // who added them; 0: the portal itself
	History   bool    // they may read what was written before
}
