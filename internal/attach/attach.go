// Package attach holds the structured parts of a message: the attachment (ATTACH), the buttons under it (KEYBOARD) and the
// items that it adds to its context menu (MENU).
//
// A part comes from outside as an array, a list or a JSON text with keys in any case; Parse… makes of it a normal form that
// keeps the documented fields only, with addresses and colours checked. The normal form's JSON is what a message stores and
// what the methods that read messages answer. HTML and KeyboardHTML show it.
//
// The documentation: api-reference/chat-bots/chat-bots-v2/imbot.v2/messages/attachments/ and message-keyboards.md beside it,
// api-reference/chats/messages/attachments.md, keyboards.md and menu.md.
package attach

import (
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
)

// Attach is the attachment of a message: one card, seldom more. An empty Attach is none.
type Attach []Card

// Card is one group of blocks with a colour bar beside it.
type Card struct {
	ID          int64   `json:"ID"` // within the message; see Stamp
	Blocks      []Block `json:"BLOCKS"`
	Description string  `json:"DESCRIPTION"`           // what the card says, for readers who cannot see it
	Color       string  `json:"COLOR"`                 // #rgb or #rrggbb; "" where the token decides
	ColorToken  string  `json:"COLOR_TOKEN,omitempty"` // one of the tokens; "" means base
}

// Block is one block of a card: exactly one of its fields is set.
type Block struct {
	Message   *string    `json:"MESSAGE,omitempty"` // BB code
	Link      []Link     `json:"LINK,omitempty"`
	RichLink  []Link     `json:"RICH_LINK,omitempty"` // shown as the preview of a page
	User      []User     `json:"USER,omitempty"`
	Delimiter *Delimiter `json:"DELIMITER,omitempty"`
	Grid      []Cell     `json:"GRID,omitempty"`
	Image     []Image    `json:"IMAGE,omitempty"`
	File      []File     `json:"FILE,omitempty"`
}

// Link is a link with a caption. It leads to Link or, inside the portal, to a person or a chat.
type Link struct {
	Name      string `json:"NAME,omitempty"` // "" shows the address
	Link      string `json:"LINK,omitempty"`
	Desc      string `json:"DESC,omitempty"` // plain text
	HTML      string `json:"HTML,omitempty"` // in place of Desc; as it came, cleaned when it is shown
	Preview   string `json:"PREVIEW,omitempty"`
	Width     int    `json:"WIDTH,omitempty"` // of the preview, in pixels
	Height    int    `json:"HEIGHT,omitempty"`
	UserID    int64  `json:"USER_ID,omitempty"`
	ChatID    int64  `json:"CHAT_ID,omitempty"`
	NetworkID string `json:"NETWORK_ID,omitempty"`
}

// User is the card of a person, a chat or a bot.
type User struct {
	Name       string `json:"NAME"`
	Avatar     string `json:"AVATAR,omitempty"`
	AvatarType string `json:"AVATAR_TYPE,omitempty"` // USER, CHAT or BOT
	Link       string `json:"LINK,omitempty"`
	UserID     int64  `json:"USER_ID,omitempty"`
	ChatID     int64  `json:"CHAT_ID,omitempty"`
	BotID      int64  `json:"BOT_ID,omitempty"`
	NetworkID  string `json:"NETWORK_ID,omitempty"`
}

// Delimiter is a line between blocks.
type Delimiter struct {
	Size  int    `json:"SIZE"` // width in pixels
	Color string `json:"COLOR,omitempty"`
}

// Cell is one name with its value in a grid.
type Cell struct {
	Display    string `json:"DISPLAY"` // BLOCK, LINE, ROW, TABLE or COLUMN
	Name       string `json:"NAME"`
	Value      string `json:"VALUE"`            // BB code
	Width      int    `json:"WIDTH,omitempty"`  // of the cell or the column, in pixels
	Height     int    `json:"HEIGHT,omitempty"` // of the cell, in pixels
	ColorToken string `json:"COLOR_TOKEN"`      // of the value; base where nothing was said
	Color      string `json:"COLOR,omitempty"`  // of the value
	Link       string `json:"LINK,omitempty"`
	UserID     int64  `json:"USER_ID,omitempty"`
	ChatID     int64  `json:"CHAT_ID,omitempty"`
}

// Image is a picture.
type Image struct {
	Name    string `json:"NAME,omitempty"`
	Link    string `json:"LINK"`
	Preview string `json:"PREVIEW,omitempty"` // "" shows Link
	Width   int    `json:"WIDTH,omitempty"`
	Height  int    `json:"HEIGHT,omitempty"`
}

// File is a file behind a link.
type File struct {
	Name string `json:"NAME,omitempty"`
	Link string `json:"LINK"`
	Size int64  `json:"SIZE,omitempty"` // in bytes; 0 is unknown
}

// Stamp gives the cards that came without an identifier one made of now, in seconds, and returns a. A message stores a
// stamped attachment.
func (a Attach) Stamp(now time.Time) Attach {
	for i := range a {
		if a[i].ID == 0 {
			a[i].ID = now.Unix() + int64(i)
		}
	}
	return a
}

// Plain returns what a says as one line of text, for a preview of a message that has no text of its own; "" where it only
// shows pictures without names.
func (a Attach) Plain() string {
	var parts []string
	for _, c := range a {
		if c.Description != "" {
			parts = append(parts, c.Description)
			continue
		}
		for _, b := range c.Blocks {
			parts = append(parts, b.plain()...)
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func (b Block) plain() []string {
	var parts []string
	if b.Message != nil {
		parts = append(parts, bbcode.Plain(*b.Message))
	}
	for _, l := range slices.Concat(b.Link, b.RichLink) {
		parts = append(parts, firstOf(l.Name, l.Link))
	}
	for _, u := range b.User {
		parts = append(parts, u.Name)
	}
	for _, c := range b.Grid {
		parts = append(parts, c.Name, bbcode.Plain(c.Value))
	}
	for _, i := range b.Image {
		parts = append(parts, i.Name)
	}
	for _, f := range b.File {
		parts = append(parts, firstOf(f.Name, f.Link))
	}
	return parts
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
