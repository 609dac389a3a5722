package notify

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

// ChatMessage is a message that people may be told of.
type ChatMessage struct {
	ID, ChatID int64
	AuthorID   int64
	Text       string // BB code
	Attach     bool   // it has an attachment, or files
	Title      string // of a group; empty in a private chat
	Group      bool
	Silent     bool // nobody is to be disturbed
	System     bool // it says what happened in the chat
	Mentions   []int64
	To         []int64 // the members
}

// Message tells people of a message: those whom it mentions in the centre too. It never waits: where more messages come than
// people can be told of, the rest is left out and counted.
func (s *Service) Message(m ChatMessage) {
	select {
	case s.messages <- m:
	default:
		s.missed.Add(1)
	}
}

// Missed returns how many messages nobody was told of since the portal was opened, because too many came at once.
func (s *Service) Missed() int64 { return s.missed.Load() }

// readMessages tells people of messages until ctx ends.
func (s *Service) readMessages(ctx context.Context) {
	for {
		select {
		case m := <-s.messages:
			if err := s.tellMessage(ctx, m); err != nil && ctx.Err() == nil {
				s.log.Error("people not told of a message", "message", m.ID, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// tellMessage tells the people who have a device or are mentioned.
func (s *Service) tellMessage(ctx context.Context, m ChatMessage) error {
	if m.Silent || m.System {
		return nil
	}
	to := slices.DeleteFunc(slices.Clone(m.To), func(id int64) bool { return id == m.AuthorID || id <= 0 })
	slices.Sort(to)
	mentioned := slices.DeleteFunc(slices.Clone(m.Mentions), func(id int64) bool { _, member := slices.BinarySearch(to, id); return !member })
	if !m.Group {
		mentioned = nil // the message itself is as good
	}
	users, err := s.cfg.Users.Many(ctx, append([]int64{m.AuthorID}, mentioned...))
	if err != nil {
		return err
	}
	author := users[m.AuthorID].DisplayName()
	muted, err := s.cfg.Chats.MutedBy(ctx, []int64{m.ChatID})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, id := range mentioned {
			if _, err := s.TellTx(ctx, tx, m.mention(author, id)); err != nil {
				return fmt.Errorf("tell of a mention: %w", err)
			}
		}
		for part := range slices.Chunk(to, 500) {
			part = slices.DeleteFunc(slices.Clone(part), func(id int64) bool {
				return slices.Contains(mentioned, id) || slices.Contains(muted[m.ChatID], id)
			})
			if err := s.pushMessageTx(ctx, tx, m, author, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// pushMessageTx queues pushes of a message for those of to who have a device and want it.
func (s *Service) pushMessageTx(ctx context.Context, tx *db.Tx, m ChatMessage, author string, to []int64) error {
	if len(to) == 0 {
		return nil
	}
	with, err := idsTx(ctx, tx, "SELECT DISTINCT user_id FROM notify_device WHERE user_id IN ("+marks(len(to))+")", anys(to)...)
	if err != nil || len(with) == 0 {
		return err
	}
	people, err := peopleTx(ctx, tx, with)
	if err != nil {
		return err
	}
	for _, id := range with {
		p, known := people[id]
		if !known {
			p = person{id: id}
		}
		if !p.Way(m.kind()).Push {
			continue
		}
		if err := s.queueTx(ctx, tx, p, m.push(author, id)); err != nil {
			return err
		}
	}
	return nil
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
	if text := bbcode.Plain(m.Text); text != "" {
		return cutRunes(text, pushText)
	}
	if m.Attach {
		return "Sent an attachment"
	}
	return "Sent a message"
}

func (m ChatMessage) push(author string, _ int64) Push {
	p := Push{Title: author, Text: m.text(), URL: m.url(), Tag: "chat" + strconv.FormatInt(m.ChatID, 10), urgent: true}
	if m.Group {
		p.Title = author + " in " + m.Title
	}
	// Every message is shown by itself at its service: a topic would drop the one before that a sleeping device has not got.
	p.topic = topicOf("message" + strconv.FormatInt(m.ID, 10))
	return p
}

// mentionTag is the tag of mentions in a chat: of several one is listed.
func mentionTag(chatID int64) string { return "IM|MENTION|" + strconv.FormatInt(chatID, 10) }

func (m ChatMessage) mention(author string, userID int64) Notice {
	text := m.Text
	if bbcode.Plain(text) == "" {
		text = m.text()
	}
	return Notice{
		UserID: userID, AuthorID: m.AuthorID, Module: ModuleIM, Event: EventMention, Title: author + " mentioned you in " + m.Title,
		Text: text, URL: m.url(), Tag: mentionTag(m.ChatID), Ref: m.ID, Answers: true,
	}
}

// MessagesRead marks the mentions of a person in a chat as read up to a message.
func (s *Service) MessagesRead(ctx context.Context, userID, chatID, messageID int64) error {
	const where = " FROM notification WHERE user_id = ? AND tag = ? AND ref <= ? AND read_at = 0"
	var n int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*)"+where, userID, mentionTag(chatID), messageID).Scan(&n)
	})
	if err != nil || n == 0 {
		return err
	}
	return s.markWhere(ctx, userID, Read, "tag = ? AND ref <= ?", mentionTag(chatID), messageID)
}
