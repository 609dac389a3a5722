// Package openline leads the conversations of open channels: who writes from outside, which bot or operator answers, who waits,
// and when a conversation ends.
//
// The documentation: api-reference/imopenlines/openlines/.
package openline

import "time"

// Session is one conversation with a client, from their first message to its end. Conversations with the same client in the same
// channel follow each other in one chat.
type Session struct {
	ID         int64
	LineID     int64 // whose queue it is in: another one's after a transfer
	ChatID     int64 // of the portal
	Channel    Address
	State      State
	BotID      int64 // who leads it in StateBot
	OperatorID int64 // who was given it or answers; 0: nobody
	ParentID   int64 // the one before it in the chat; 0: none
	Created    time.Time
	Closed     time.Time // zero: it is open
}

// State is where a conversation stands.
type State string

// The states of a conversation.
const (
	StateBot     State = "bot"     // a bot answers
	StateWaiting State = "waiting" // in the queue, and no operator has it
	StateOffered State = "offered" // given to an operator or to all, and nobody has taken it
	StateActive  State = "active"  // an operator answers
	StateClosing State = "closing" // the operator is done; the client may rate it, or write again
	StateClosed  State = "closed"
	StateSpam    State = "spam"
)
