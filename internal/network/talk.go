package network

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Heard is what somebody did to a message in their private chat with the bot of a line.
type Heard struct {
	Kind      Kind // KindMessage, KindChange or KindRemove
	BotID     int64
	UserID    int64
	ChatID    int64
	MessageID int64
	Text      string
	Files     []int64
}

// noLine is under what a transaction keeps that a bot is not that of a line: every message to a bot asks, and a bot never becomes one.
type noLine int64

// HeardTx passes on what somebody writes to the bot of a line, changes and removes. Other bots are none of its business.
func (s *Service) HeardTx(ctx context.Context, tx *db.Tx, h Heard) error {
	if tx.Noted(noLine(h.BotID)) != nil {
		return nil
	}
	j, err := joinedTx(ctx, tx, "bot_id = ?", h.BotID)
	if errors.Is(err, errNotJoined) {
		tx.Note(noLine(h.BotID), true)
		return nil
	}
	if err != nil {
		return err
	}
	if !j.Left.IsZero() {
		return s.unheardTx(ctx, tx, h)
	}
	const begin = `INSERT INTO network_talk (bot_id, user_id, begun) VALUES (?, ?, ?)
		ON CONFLICT (bot_id, user_id) DO UPDATE SET begun = CASE WHEN network_talk.begun = 0 THEN excluded.begun ELSE network_talk.begun END`
	if _, err := tx.Exec(ctx, begin, h.BotID, h.UserID, db.Micro(s.now())); err != nil {
		return fmt.Errorf("begin conversation: %w", err)
	}
	p := packet{Code: j.Code, Side: byClient, User: person{ID: h.UserID}, ID: h.MessageID}
	if h.Kind != KindRemove {
		p.Text, p.Files = abroad(h.Text), h.Files
	}
	return s.queueTx(ctx, tx, j.Peer, h.Kind, p, h.ChatID)
}

// OpenedTx greets somebody who opens the chat with the bot of a line for the first time.
func (s *Service) OpenedTx(ctx context.Context, tx *db.Tx, botID, userID, chatID int64) error {
	j, err := joinedTx(ctx, tx, "bot_id = ?", botID)
	if errors.Is(err, errNotJoined) {
		return nil
	}
	if err != nil || j.Welcome == "" || !j.Left.IsZero() {
		return err
	}
	const greet = `INSERT INTO network_talk (bot_id, user_id, greeted) VALUES (?, ?, ?)
		ON CONFLICT (bot_id, user_id) DO UPDATE SET greeted = excluded.greeted WHERE network_talk.greeted = 0`
	n, err := tx.Exec(ctx, greet, botID, userID, db.Micro(s.now()))
	if err != nil || n == 0 {
		return err
	}
	_, err = s.Messenger.SendTx(ctx, tx, NewMessage{ChatID: chatID, AuthorID: botID, Text: j.Welcome})
	return err
}

// personOf returns what the operators are told of an employee.
func (s *Service) personOf(ctx context.Context, id int64) (person, error) {
	u, err := s.Users.Get(ctx, id)
	if err != nil {
		return person{}, err
	}
	p := person{ID: id, FirstName: u.FirstName, LastName: u.LastName, Position: u.Position, Portal: s.Name(ctx), URL: s.URL()}
	if p.FirstName == "" && p.LastName == "" {
		p.FirstName = u.DisplayName()
	}
	if u.AvatarHash != "" {
		a, err := s.Users.Avatar(ctx, id, u.AvatarHash, user.SmallAvatar)
		if err == nil && len(a.Data) <= maxPicture/8 { // the message is worth more than a picture
			p.Avatar = a.Data
		}
	}
	return p, nil
}

// lane names a conversation: what is in it is sent in order.
func (p packet) lane(peer string) string {
	return string(p.Side) + "|" + p.Code + "|" + peer + "|" + strconv.FormatInt(p.User.ID, 10)
}
