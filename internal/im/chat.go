package im

import (
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/user"
)

// Type is the kind of a chat, as its letter on the wire.
type Type string

// The types of chats.
const (
	Private     Type = "P" // two people, or one with themselves
	Closed      Type = "C" // a group that is joined by invitation
	Open        Type = "O" // a group that any employee may find and join
	Lines       Type = "L" // an open channel conversation
	Channel     Type = "N" // a few write and many read; it is joined by invitation
	OpenChannel Type = "J" // a channel that any employee may find and join
)

// Channel reports whether few write and many read.
func (t Type) Channel() bool { return t == Channel || t == OpenChannel }

// open reports whether any employee may join.
func (t Type) open() bool { return t == Open || t == OpenChannel }

// EntityGeneral is the EntityType of the chat of all employees.
const EntityGeneral = "GENERAL"

// Right says who may do something in a group chat.
type Right string

// The rights.
const (
	RightMember  Right = "member"  // every member
	RightManager Right = "manager" // the owner and those whom they made managers
	RightOwner   Right = "owner"
	RightNone    Right = "none" // nobody but the portal itself
)

// Valid reports whether the right is one of those above.
func (r Right) Valid() bool {
	return r == RightMember || r == RightManager || r == RightOwner || r == RightNone
}

// Chat is a conversation.
type Chat struct {
	ID            int64
	Type          Type
	Title         string // of a group; empty in a private chat
	OwnerID       int64  // 0: nobody, as in the general chat
	EntityType    string // what the chat belongs to, e.g. EntityGeneral, "LINES"; mostly empty
	EntityID      string
	EntityData    [3]string // what the entity keeps with its chat for those who read it over REST
	ColorCode     string    // the name of a colour, e.g. "AZURE"
	UserA, UserB  int64     // the pair of a private chat, the smaller id first
	Description   string
	Avatar        string // the hash of its picture; see AvatarPath
	CanPost       Right
	CanManage     Right // pin messages
	CanAdd        Right // add members
	CanRemove     Right // remove members
	CanDress      Right // change title, description, colour and picture
	TextField     bool  // people may write; see SetTextField
	Extranet      bool  // somebody from outside the company is or was in it
	LastMessageID int64 // 0: none
	LastSeq       int64 // how many counted messages were sent
	LastAt        time.Time
	MemberCount   int64
	Created       time.Time
}

// AvatarPath returns the path of the chat's picture on the portal, "" without one. What is at a path never changes.
func (c Chat) AvatarPath() string {
	if c.Avatar == "" {
		return ""
	}
	return "/online/avatar/" + strconv.FormatInt(c.ID, 10) + "/" + c.Avatar
}

// DialogID returns the chat's name on the wire for a viewer: the other's user id in a private chat, else "chat" and its id.
func (c Chat) DialogID(viewer int64) string {
	if c.Type == Private {
		return strconv.FormatInt(c.Peer(viewer), 10)
	}
	return "chat" + strconv.FormatInt(c.ID, 10)
}

// Peer returns the other person of a private chat, the viewer themselves in a chat with oneself; 0 in a group.
func (c Chat) Peer(viewer int64) int64 {
	if c.UserA == viewer {
		return c.UserB
	}
	return c.UserA
}

// General reports whether the chat is the one of all employees.
func (c Chat) General() bool { return c.EntityType == EntityGeneral }

// Color returns the chat's colour as "#rrggbb".
func (c Chat) Color() string { return user.ColorOf(c.ColorCode) }

// Dialog is a parsed dialog id: exactly one of the fields is set.
type Dialog struct {
	UserID int64 // "7": the private chat with a person
	ChatID int64 // "chat12"
	// GroupID is that of "sg3", the chat of a workgroup or project.
	GroupID int64
}

// String returns the dialog id in its usual spelling.
func (d Dialog) String() string {
	switch {
	case d.ChatID != 0:
		return "chat" + strconv.FormatInt(d.ChatID, 10)
	case d.GroupID != 0:
		return "sg" + strconv.FormatInt(d.GroupID, 10)
	}
	return strconv.FormatInt(d.UserID, 10)
}

// ParseDialog reads a dialog id. It reports false for what is none.
func ParseDialog(id string) (Dialog, bool) {
	id = strings.TrimSpace(id)
	var d Dialog
	field := &d.UserID
	if rest, ok := cutFold(id, "chat"); ok {
		id, field = rest, &d.ChatID
	} else if rest, ok := cutFold(id, "sg"); ok {
		id, field = rest, &d.GroupID
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || id[0] == '+' {
		return Dialog{}, false
	}
	*field = n
	return d, true
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// NewGroup describes a group chat to be created.
type NewGroup struct {
	OwnerID    int64 // becomes a member
	Title      string
	Type       Type // Closed when empty
	MemberIDs  []int64
	ColorCode  string // one by the chat's number when empty or unknown
	EntityType string
	EntityID   string
	// CanPost is RightMember when empty, in a channel RightManager.
	CanPost     Right
	CanManage   Right // RightMember when empty, in a channel RightManager
	Description string
	Avatar      []byte // a picture; none when empty
	ManagerIDs  []int64
}

// Member is a person's or a bot's place in a chat.
type Member struct {
	UserID        int64
	Bot           bool
	Manager       bool
	ReadSeq       int64
	ReadMessageID int64
	Joined        time.Time
	Pinned, Muted bool
	Marked        bool // by hand as unread
}
