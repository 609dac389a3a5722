package network

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// tellEvery is how long a user is left alone after an application wrote to them in the name of a line.
const tellEvery = 7 * 24 * time.Hour

// Told is a message of an application in the name of a line.
type Told struct {
	Code      string
	UserID    int64 // 0: not named
	Text      string
	Attach    attach.Attach
	Keyboard  attach.Keyboard // buttons with links alone
	NoPreview bool
}

// Tell writes to a user in the name of a line that the portal has joined, at most once within a week. No conversation is begun: that the
// user does who answers.
// Faults: CODE, NOT_FOUND, USER_ID_EMPTY, MESSAGE_EMPTY, KEYBOARD_ERROR, USER_MESSAGE_LIMIT, WRONG_REQUEST.
// Page: api-reference/imopenlines/openlines/imopenlines-network-message-add.md.
func (s *Service) Tell(ctx context.Context, t Told) error {
	t.Text = strings.TrimSpace(t.Text)
	switch {
	case !IsCode(t.Code):
		return ErrCode
	case t.UserID == 0:
		return ErrUserEmpty
	case t.Text == "":
		return ErrMessageEmpty
	case !linksAlone(t.Keyboard):
		return attach.ErrKeyboard
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.tellTx(ctx, tx, t) })
}

// linksAlone reports whether all buttons lead to other sites.
func linksAlone(k attach.Keyboard) bool {
	for _, b := range k {
		outside := strings.HasPrefix(b.Link, "http://") || strings.HasPrefix(b.Link, "https://")
		if b.Type != attach.TypeNewline && !outside {
			return false
		}
	}
	return true
}

func (s *Service) tellTx(ctx context.Context, tx *db.Tx, t Told) error {
	j, err := joinedTx(ctx, tx, "code = ?", t.Code)
	if errors.Is(err, errNotJoined) || err == nil && !j.Left.IsZero() {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	users, err := s.Users.ManyTx(ctx, tx, []int64{t.UserID})
	if err != nil {
		return err
	}
	if u := users[t.UserID]; !u.Active || u.Kind == user.Bot || u.Kind == user.Visitor {
		return ErrNotAdded.At("USER_ID")
	}
	now := s.now()
	const take = `INSERT INTO network_talk (bot_id, user_id, told) VALUES (?, ?, ?)
		ON CONFLICT (bot_id, user_id) DO UPDATE SET told = excluded.told WHERE network_talk.told <= ?`
	n, err := tx.Exec(ctx, take, j.BotID, t.UserID, db.Micro(now), db.Micro(now.Add(-tellEvery)))
	if err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	if n == 0 {
		return ErrLimit
	}
	chatID, err := s.Messenger.PrivateTx(ctx, tx, j.BotID, t.UserID)
	if err == nil {
		_, err = s.Messenger.SendTx(ctx, tx, NewMessage{
			ChatID: chatID, AuthorID: j.BotID, Text: t.Text, Attach: t.Attach, Keyboard: t.Keyboard, NoPreview: t.NoPreview,
		})
	}
	if err != nil && fault.KindOf(err) != fault.Internal {
		err = ErrNotAdded.Because(err)
	}
	return err
}
