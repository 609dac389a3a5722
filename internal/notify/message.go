package notify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
		case r := <-s.reads:
			if err := s.readMentions(ctx, r); err != nil && ctx.Err() == nil {
				s.log.Error("mentions not marked as read", "chat", r.chatID, "error", err)
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
	if len(mentioned) == 0 {
		if devices, err := s.anyDevice(ctx); err != nil || !devices {
			return err
		}
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

// anyDevice reports whether anybody of the portal has a device. Where nobody has, a message that mentions nobody costs this look.
func (s *Service) anyDevice(ctx context.Context) (yes bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM notify_device LIMIT 1) device").Scan(&n)
		yes = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("look for devices: %w", err)
	}
	return yes, nil
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

func (s *Service) readMentions(ctx context.Context, r reading) error {
	const where = " FROM notification WHERE user_id = ? AND tag = ? AND ref <= ? AND read_at = 0"
	var n int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COUNT(*)"+where, r.userID, mentionTagOf(r.chatID), r.messageID).Scan(&n)
	})
	if err != nil || n == 0 {
		return err
	}
	return s.markWhere(ctx, r.userID, Read, "tag = ? AND ref <= ?", mentionTagOf(r.chatID), r.messageID)
}
