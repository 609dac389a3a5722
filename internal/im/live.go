package im

import "github.com/portico-hq/portico/internal/user"

// Live passes hints on to people's open pages.
type Live interface {
	Publish(userIDs []int64, event string, data any)
}

type nobody struct{}

func (nobody) Publish([]int64, string, any) {}

// The names of the live hints, with the types of their data.
const (
	LiveAdded   = "im:message" // LiveMessage
	LiveChanged = "im:update"  // LiveMessage
	LiveRemoved = "im:delete"  // LiveMessage; Complete where no trace remains
	LiveRead    = "im:read"    // LiveReader, to all members
	LiveTyping  = "im:typing"  // LiveTyper, to the other members
	LiveChat    = "im:chat"    // LiveMembers: the chat is new, or its members or settings changed
	LiveReacted = "im:react"   // LiveReaction
	LivePinned  = "im:pin"     // LivePin
	LiveDrafted = "im:draft"   // LiveDraft, to the writer's own pages
)

// liveText is how many bytes of a text a hint carries at most.
const liveText = 400

// LiveMessage is the hint for a message: enough for a list's line and a notification.
type LiveMessage struct {
	ID       int64   `json:"id"`
	ChatID   int64   `json:"chatId"`
	Seq      int64   `json:"seq"`
	AuthorID int64   `json:"authorId"`
	SenderID int64   `json:"senderId"`
	Date     int64   `json:"date"` // milliseconds since 1970
	Text     string  `json:"text"` // BB code, cut
	UUID     string  `json:"uuid,omitempty"`
	Type     Type    `json:"type"`            // of the chat
	Title    string  `json:"title,omitempty"` // of a group
	System   bool    `json:"system,omitempty"`
	Silent   bool    `json:"silent,omitempty"`
	Attach   bool    `json:"attach,omitempty"`   // it has an attachment
	Files    int     `json:"files,omitempty"`    // how many it carries
	Forward  bool    `json:"forward,omitempty"`  // it was forwarded
	Mentions []int64 `json:"mentions,omitempty"` // whom it mentions
	All      bool    `json:"all,omitempty"`      // it mentions everybody
	Complete bool    `json:"complete,omitempty"`
}

// LiveReader is the hint that somebody has read.
type LiveReader struct {
	ChatID    int64 `json:"chatId"`
	UserID    int64 `json:"userId"`
	MessageID int64 `json:"messageId"` // up to this one
	Counter   int64 `json:"counter"`   // what UserID has not read yet
}

// LiveReaction is the hint that somebody has set a reaction, or taken it back.
type LiveReaction struct {
	ChatID    int64  `json:"chatId"`
	MessageID int64  `json:"messageId"`
	AuthorID  int64  `json:"authorId"` // of the message
	UserID    int64  `json:"userId"`   // who reacted
	Code      string `json:"code"`
	Set       bool   `json:"set"`
}

// LivePin is the hint that a message was pinned, or is not any more.
type LivePin struct {
	ChatID    int64 `json:"chatId"`
	MessageID int64 `json:"messageId"`
	UserID    int64 `json:"userId"` // who did it
	Set       bool  `json:"set"`
}

// LiveDraft is the hint that a draft changed.
type LiveDraft struct {
	DialogID string `json:"dialogId"`
}

// LiveTyper is the hint that somebody writes.
type LiveTyper struct {
	ChatID int64  `json:"chatId"`
	UserID int64  `json:"userId"`
	Name   string `json:"name"`
	Words  string `json:"words,omitempty"` // what they do, after the name; they write when empty
	For    int64  `json:"for,omitempty"`   // milliseconds to show it; 0: the usual time
}

// LiveMembers is the hint that a chat is new or changed. Removed names those who are no members any more.
type LiveMembers struct {
	ChatID  int64   `json:"chatId"`
	Added   []int64 `json:"added,omitempty"`
	Removed []int64 `json:"removed,omitempty"`
}

var _ Users = (*user.Service)(nil)
