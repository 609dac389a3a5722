package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

var _ openline.Channel = (*Service)(nil)

// addresseeTx returns the bot and the chat to which a conversation leads. The bot may be disconnected; false: there is none.
func addresseeTx(ctx context.Context, tx *db.Tx, a openline.Address) (b Bot, chat int64, ok bool, err error) {
	_, number, _ := strings.Cut(a.Connector, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return b, 0, false, nil //nolint:nilerr // it is no channel of ours
	}
	if chat, err = strconv.ParseInt(a.ChatID, 10, 64); err != nil {
		return b, 0, false, nil //nolint:nilerr // as above
	}
	b, err = oneBot(ctx, tx, "WHERE number = ?", n)
	if errors.Is(err, ErrNoBot) {
		return b, 0, false, nil
	}
	return b, chat, err == nil, err
}

// parts makes the messages of Telegram of one of the portal.
func (s *Service) parts(b Bot, out openline.Outgoing) []part {
	text := out.Text
	if words := out.Attach.Plain(); words != "" { // Telegram has no cards
		text = strings.TrimLeft(text+"\n"+safe(words), "\n")
	}
	if b.Signed && out.Author != "" {
		text = "[b]" + safe(out.Author) + ":[/b]\n" + text
	}
	buttons := buttonsOf(out.Keyboard)
	if out.Vote {
		buttons = append(buttons, button{Text: "👍", Row: true, Vote: out.SessionID, Like: true}, button{Text: "👎", Vote: out.SessionID})
	}
	return compose(text, out.Files, buttons)
}

// SendTx keeps a message for the client until Telegram has it.
func (s *Service) SendTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	b, chat, ok, err := addresseeTx(ctx, tx, out.Channel)
	if err != nil || !ok {
		return err
	}
	state, why := int64(stateWaits), ""
	if b.Gone {
		state, why = stateFailed, goneWhy
	}
	j := job{bot: b.ID, chat: chat, chatID: out.ChatID, messageID: out.MessageID, kind: jobSend}
	for i, p := range s.parts(b, out) {
		j.part = int64(i)
		if err := s.insertTx(ctx, tx, j, p, state, why); err != nil {
			return err
		}
	}
	s.changedTx(tx, j)
	return nil
}

// wentTx reports whether a message went out, or waits to.
func wentTx(ctx context.Context, tx *db.Tx, messageID int64) (bool, error) {
	var n int64
	err := tx.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM telegram_message WHERE message_id = ? AND kind <> ?)
		+ (SELECT COUNT(*) FROM telegram_out WHERE message_id = ? AND kind = ?)`, messageID, kindIn, messageID, jobSend).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for message: %w", err)
	}
	return n > 0, nil
}

// ChangeTx keeps that a message reads otherwise until Telegram knows. One that the client never got stays so.
func (s *Service) ChangeTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	b, chat, ok, err := addresseeTx(ctx, tx, out.Channel)
	if err != nil || !ok || b.Gone {
		return err
	}
	if went, err := wentTx(ctx, tx, out.MessageID); err != nil || !went {
		return err
	}
	// Of several changes that have not gone out yet the last one counts.
	if _, err := tx.Exec(ctx, "DELETE FROM telegram_out WHERE message_id = ? AND kind = ? AND held = 0", out.MessageID, jobEdit); err != nil {
		return fmt.Errorf("drop changes: %w", err)
	}
	return s.queueTx(ctx, tx, job{bot: b.ID, chat: chat, chatID: out.ChatID, messageID: out.MessageID, kind: jobEdit}, editBody{s.parts(b, out)})
}

// RemoveTx keeps that a message is gone until Telegram knows. What has not gone out does not.
func (s *Service) RemoveTx(ctx context.Context, tx *db.Tx, out openline.Outgoing) error {
	b, chat, ok, err := addresseeTx(ctx, tx, out.Channel)
	if err != nil || !ok {
		return err
	}
	if went, err := wentTx(ctx, tx, out.MessageID); err != nil || !went {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM telegram_out WHERE message_id = ? AND held = 0", out.MessageID); err != nil {
		return fmt.Errorf("drop message: %w", err)
	}
	went, err := wentTx(ctx, tx, out.MessageID)
	if err != nil || !went || b.Gone {
		return err
	}
	return s.queueTx(ctx, tx, job{bot: b.ID, chat: chat, chatID: out.ChatID, messageID: out.MessageID, kind: jobRemove}, struct{}{})
}

// StartedTx does nothing: Telegram shows no beginnings.
func (s *Service) StartedTx(context.Context, *db.Tx, openline.Session) error { return nil }

// FinishedTx does nothing.
func (s *Service) FinishedTx(context.Context, *db.Tx, openline.Session) error { return nil }
