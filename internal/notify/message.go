package notify

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

// ChatMessage is a message that people may be told of.
type ChatMessage struct {
	ID       int64   `json:"id"`
	ChatID   int64   `json:"-"`
	AuthorID int64   `json:"author"`
	Text     string  `json:"text"`              // BB code
	Attach   bool    `json:"attach,omitempty"`  // it has an attachment, or files
	Carries  string  `json:"carries,omitempty"` // its files, where its text says nothing without them
	Title    string  `json:"title,omitempty"`   // of a group; empty in a private chat
	Group    bool    `json:"group,omitempty"`
	Silent   bool    `json:"-"` // nobody is to be disturbed
	System   bool    `json:"-"` // it says what happened in the chat
	Mentions []int64 `json:"mentions,omitempty"`
	All      bool    `json:"all,omitempty"` // it mentions everybody in the chat
}

func (m ChatMessage) kind() string {
	if m.Group {
		return ModuleIM + "|" + EventGroup
	}
	return ModuleIM + "|" + EventMessage
}

// url is where the message is read.
func (m ChatMessage) url() string {
	dialog := "chat" + strconv.FormatInt(m.ChatID, 10)
	if !m.Group {
		dialog = strconv.FormatInt(m.AuthorID, 10)
	}
	return "/online/" + dialog + "?m=" + strconv.FormatInt(m.ID, 10)
}

// text is what is shown of the message.
func (m ChatMessage) text() string {
	if text := strings.TrimSpace(strings.TrimSpace(bbcode.Plain(m.Text)) + " " + m.Carries); text != "" {
		return cutRunes(text, pushText)
	}
	if m.Attach {
		return "Sent an attachment"
	}
	return "Sent a message"
}

func (m ChatMessage) push(author string) Push {
	p := Push{Title: author, Text: m.text(), URL: m.url(), Tag: "chat" + strconv.FormatInt(m.ChatID, 10), urgent: true}
	if m.Group {
		p.Title = author + " in " + m.Title
	}
	// Every message is shown by itself at its service: a topic would drop the one before that a sleeping device has not got.
	p.topic = topicOf("message" + strconv.FormatInt(m.ID, 10))
	return p
}

// mentionTag and the id of a chat are the tag of mentions in it: of several one is listed.
const mentionTag = "IM|MENTION|"

func mentionTagOf(chatID int64) string { return mentionTag + strconv.FormatInt(chatID, 10) }

// MentionChat returns the chat in which a notification says that somebody was mentioned.
func MentionChat(n Notification) (chatID int64, ok bool) {
	text, ok := strings.CutPrefix(n.Tag, mentionTag)
	chatID, err := strconv.ParseInt(text, 10, 64)
	return chatID, ok && err == nil
}

func (m ChatMessage) mention(author string, userID int64) Notice {
	text := m.Text
	if bbcode.Plain(text) == "" {
		text = m.text()
	}
	return Notice{
		UserID: userID, AuthorID: m.AuthorID, Module: ModuleIM, Event: EventMention, Title: author + " mentioned you in " + m.Title,
		Text: text, URL: m.url(), Tag: mentionTagOf(m.ChatID), Ref: m.ID, Answers: true,
	}
}

// reading says that somebody has read a chat up to a message.
type reading struct{ userID, chatID, messageID int64 }

// MessagesRead marks the mentions of a person in a chat as read up to a message, soon. It never waits.
func (s *Service) MessagesRead(userID, chatID, messageID int64) {
	select {
	case s.reads <- reading{userID, chatID, messageID}:
	default: // what they have read stays in the centre until they look
	}
}

// readSome marks the mentions that people have read until ctx ends.
func (s *Service) readSome(ctx context.Context) {
	for {
		select {
		case r := <-s.reads:
			if err := s.readMentions(ctx, r); err != nil && ctx.Err() == nil {
				s.log.Error("mentions not marked as read", "chat", r.chatID, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (s *Service) readMentions(ctx context.Context, r reading) error {
	const where = " FROM notification WHERE user_id = ? AND " + tagged + " AND ref <= ? AND read_at = 0"
	var n int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*)"+where, r.userID, mentionTagOf(r.chatID), r.messageID).Scan(&n)
	})
	if err != nil || n == 0 {
		return err
	}
	return s.markWhere(ctx, r.userID, Read, tagged+" AND ref <= ?", mentionTagOf(r.chatID), r.messageID)
}
