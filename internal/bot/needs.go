package bot

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/user"
)

// Users keeps the people, bots among them; *user.Service is one.
type Users interface {
	AddBotTx(ctx context.Context, tx *db.Tx, p user.BotProfile) (int64, error)
	UpdateBotTx(ctx context.Context, tx *db.Tx, id int64, c user.BotChange) error
	HideBotTx(ctx context.Context, tx *db.Tx, id int64, hidden bool) error
	RemoveBotTx(ctx context.Context, tx *db.Tx, id int64) error
	RestoreBotTx(ctx context.Context, tx *db.Tx, id int64) error
	GetTx(ctx context.Context, tx *db.Tx, id int64) (user.User, error)
	BriefTx(ctx context.Context, tx *db.Tx, id int64) (user.Brief, error)
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
}

// Events records deliveries; *event.Service is one.
type Events interface {
	SendTx(ctx context.Context, tx *db.Tx, d event.Delivery) error
}

// Messenger is what bots write with. The faults that it returns are those of the messenger; package bot gives them the codes
// that the bots' methods document.
type Messenger interface {
	// Chat returns the chat that a dialog id names for a bot; 0 for a private chat that nobody has opened yet.
	Chat(ctx context.Context, dialogID string, botID int64) (chatID int64, err error)
	// OpenChat is Chat, but opens the private chat on the bot's behalf.
	OpenChat(ctx context.Context, dialogID string, botID int64) (chatID int64, err error)
	// OpenPrivate returns the private chat of two users, opened by the first where nobody has.
	OpenPrivate(ctx context.Context, opener, other int64) (chatID int64, err error)
	Send(ctx context.Context, m NewMessage) (messageID int64, err error)
	// SendTx is Send as part of a transaction.
	SendTx(ctx context.Context, tx *db.Tx, m NewMessage) (messageID int64, err error)
	Update(ctx context.Context, actorID, messageID int64, c Change) error
	Delete(ctx context.Context, actorID, messageID int64, complete bool) error
	// Typing shows to the others in a chat that somebody is writing.
	Typing(ctx context.Context, userID, chatID int64) error
	// Message returns a message with its chat and the bots there: as viewer sees it, a fault where viewer does not.
	Message(ctx context.Context, viewer, messageID int64) (MessageEvent, error)
	// BotsOf returns the bots in a chat, in the order of their ids.
	BotsOf(ctx context.Context, chatID int64) ([]int64, error)
	// AnnounceTx writes a system message to the chat of all employees.
	AnnounceTx(ctx context.Context, tx *db.Tx, text string) error
	// RemoveBotTx takes a bot out of its group chats and removes its private ones.
	RemoveBotTx(ctx context.Context, tx *db.Tx, botID int64) error
}

// NewMessage is a message to be sent.
type NewMessage struct {
	ChatID        int64
	AuthorID      int64
	Text          string // BB code
	Attach        attach.Attach
	Keyboard      attach.Keyboard
	Menu          attach.Menu
	System        bool // shown as a system message: nobody is its author
	NoPreview     bool // links in it are not shown as cards
	SkipConnector bool // of an open channel conversation: the client does not get it
	Silent        bool // it does not count as unread
	Unheard       bool // no bot is told of it
}

// Change says what of a message to change; nil leaves a part as it is, an empty part removes it.
type Change struct {
	Text          *string // empty removes the message
	Attach        *attach.Attach
	Keyboard      *attach.Keyboard
	Menu          *attach.Menu
	NoPreview     *bool
	SkipConnector bool // of an open channel conversation: the client keeps the old text
}

// The types of chats that matter here.
const (
	chatPrivate = "P"
	chatLines   = "L"
	entityLines = "LINES"
)

// Chat is a chat in which something happened.
type Chat struct {
	ID           int64
	Type         string // "P", "C", "O", "L", … as on the wire
	Title        string
	OwnerID      int64
	EntityType   string
	EntityID     string
	Avatar       string // the name of its picture; empty: none
	EntityData   [3]string
	ColorCode    string
	UserA, UserB int64  // the pair of a private chat
	CanPost      string // who may write: "member", "owner"
	Extranet     bool   // somebody from outside the company is or was in it
	MemberCount  int64
}

// lines reports whether the chat is an open channel conversation.
func (c *Chat) lines() bool { return c.Type == chatLines || c.EntityType == entityLines }

// peer returns the other person of a private chat.
func (c *Chat) peer(id int64) int64 {
	if c.UserA == id {
		return c.UserB
	}
	return c.UserA
}

// Message is a message that was added, changed or deleted.
type Message struct {
	ID        int64
	AuthorID  int64 // 0: a system message
	SenderID  int64 // who caused it, also of a system message; 0: the portal itself
	Date      time.Time
	Text      string // BB code
	UUID      string // the sender's name for it; may be empty
	System    bool
	NoPreview bool
	Silent    bool // does not count as unread
}

// MessageEvent is a change of a message in a chat with bots.
type MessageEvent struct {
	Chat          Chat
	Message       Message
	BotIDs        []int64 // the bots in the chat
	ManagerIDs    []int64 // the chat's managers, without its owner
	Mentioned     []int64 // the users that the text mentions with [USER=…], or mentioned before it was deleted
	ActorID       int64   // who did it; 0: the portal itself
	PrevMessageID int64   // before an added one in a group; 0: none
	Platform      string  // where it was typed, "web" or "mobile"; empty: it was not
}

// JoinEvent is a bot's becoming a member of a chat.
type JoinEvent struct {
	Chat    Chat
	BotID   int64
	ActorID int64 // who added it, or opened the private chat; 0: the portal itself
	History bool  // it may read what was written before
}
