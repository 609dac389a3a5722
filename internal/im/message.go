package im

import (
	"encoding/json"
	"time"

	"github.com/portico-hq/portico/internal/attach"
)

// Message is one entry of a chat.
type Message struct {
	ID       int64
	ChatID   int64
	Seq      int64 // the chat's counter when it was sent
	AuthorID int64 // 0: a system message
	SenderID int64 // who caused it, also of a system message; 0: the portal itself
	Date     time.Time
	Text     string // BB code, as it was sent
	UUID     string // empty for a system message
	ReplyID  int64  // the message that it answers; 0: none
	Extra    Extra
	Edited   time.Time // zero: never
	Deleted  time.Time // zero: not; Text and Extra are empty then
	System   bool
	// NoPreview keeps the links in it from being shown as cards.
	NoPreview bool
	// Unlinked messages are shown without the card of their link since who sent them took it away; the next link has one again.
	Unlinked bool
	// Silent messages do not count as unread.
	Silent bool
	// Inner messages are not for those outside the company: the client of an open channel does not get them.
	Inner bool
	// Unread is set by Messages: the viewer has not read it.
	Unread bool
	// Pinned messages stand at the top of their chat.
	Pinned bool
	// Reactions are set by Messages, Message and Pins, those that came first before the others.
	Reactions []Reaction
	// Repeated is set by Send: the message was sent before under the same UUID, and nothing was sent now.
	Repeated bool

	flags int64 // as stored
}

// Extra is what a message carries beside its text, in the normal form of package attach.
type Extra struct {
	Attach   json.RawMessage `json:"ATTACH,omitempty"`
	Keyboard json.RawMessage `json:"KEYBOARD,omitempty"`
	Menu     json.RawMessage `json:"MENU,omitempty"`
	Code     string          `json:"CODE,omitempty"` // of a system message, e.g. CodeJoin
	Files    []int64         `json:"FILES,omitempty"`
	Forward  *Forward        `json:"FORWARD,omitempty"` // nil: it was written here
	// When it was written and last changed where it comes from, outside of the portal, in seconds since 1970; 0: nobody says. Messages are
	// sorted by when they arrived.
	Written int64 `json:"WRITTEN,omitempty"`
	Changed int64 `json:"CHANGED,omitempty"`
}

// The codes of system messages.
const (
	CodeJoin   = "CHAT_JOIN"
	CodeLeave  = "CHAT_LEAVE"
	CodeRename = "CHAT_RENAME"
	CodeAvatar = "CHAT_AVATAR"
)

// Empty reports whether the message carries nothing beside its text.
func (e Extra) Empty() bool {
	return len(e.Attach) == 0 && len(e.Keyboard) == 0 && len(e.Menu) == 0 && e.Code == "" && len(e.Files) == 0 && e.Forward == nil &&
		e.Written == 0 && e.Changed == 0
}

// Cards returns the attachment, decoded; nil when there is none.
func (e Extra) Cards() attach.Attach { return decoded[attach.Attach](e.Attach) }

// Buttons returns the keyboard, decoded; nil when there is none.
func (e Extra) Buttons() attach.Keyboard { return decoded[attach.Keyboard](e.Keyboard) }

// MenuItems returns the items of the context menu, decoded; nil when there are none.
func (e Extra) MenuItems() attach.Menu { return decoded[attach.Menu](e.Menu) }

// decoded reads a normal form that this package wrote; a broken one is shown as none.
func decoded[T any](raw json.RawMessage) (v T) {
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, &v)
	}
	return v
}

// NewMessage is a message to be sent.
type NewMessage struct {
	ChatID    int64
	AuthorID  int64 // a member of the chat; 0 only for the portal itself
	Text      string
	Attach    attach.Attach
	Keyboard  attach.Keyboard
	Menu      attach.Menu
	System    bool  // shown as a system message: nobody is its author
	NoPreview bool  // links in it are not shown as cards
	ReplyID   int64 // a message of the same chat; 0: none
	// UUID is the sender's own name for it, 36 characters; one is made when empty. What was sent to the chat under it before
	// is not sent again: so a sender who got no answer can try again.
	UUID      string
	Files     []int64 // 50 at most
	ForwardID int64   // a message whose content is sent instead of Text, Attach and Files; 0: none
	Silent    bool    // it does not count as unread
	Code      string  // of a system message, e.g. CodeJoin
	// Platform is where a person typed it, "web" or "mobile"; empty where it was not typed. Bots are told.
	Platform string
	Inner    bool // see Message.Inner
	// Written is when it was written where it comes from, which may be long before it arrives; zero: now. What lies ahead counts as now.
	Written time.Time
	// Unheard messages are not told to bots: what the portal says about a bot must not make it answer.
	Unheard bool
}

// Change says what of a message to change; nil leaves it as it is.
type Change struct {
	Text      *string // empty removes the message
	Attach    *attach.Attach
	Keyboard  *attach.Keyboard
	Menu      *attach.Menu
	NoPreview *bool
	Unmarked  bool // not marked as edited where the text stays
	Inner     bool // those outside the company are not told: the client of an open channel keeps what they have
	// ChangedAt is when the author changed it where it comes from; zero: now. What lies ahead counts as now.
	ChangedAt time.Time
	Arrived   bool // what it waited for has come, e.g. its files: nobody has edited it, though it reads otherwise
}

// History says which messages of a chat to return. Of Before, After and Around one is set, or none for the newest.
type History struct {
	ChatID int64
	Before int64 // older than this message, the newest of them first
	After  int64 // newer than this message, the oldest of them first
	Around int64 // this message and those before and after it, the newest first
	First  bool  // from the chat's beginning, the oldest first
	Exact  bool  // nothing where Before or After names no message of the chat
	Marks  bool  // also find Page.Marks
	Limit  int64 // 1–200; 50 when 0
}

// Page is a part of a chat's history.
type Page struct {
	Chat     Chat
	Messages []Message // newest first; oldest first with History.After and History.First
	More     bool      // there are more in that direction; of History.Around: older ones
	Newer    bool      // of History.Around: there are newer ones
	Marks    Marks     // with History.Marks
	Member   Member    // the viewer
	// SeenUpTo is the last message that the other person of a private chat has read.
	SeenUpTo int64
}
