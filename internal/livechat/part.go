package livechat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

// Press is a button with a command that a visitor pressed below a message of a bot.
type Press struct {
	UserID    int64 // the visitor, in the portal
	MessageID int64 // of the portal
	BotID     int64
	Command   string
	Params    string
	Mobile    bool
}

// forVisitor returns the buttons that somebody outside can use: nothing inside the portal opens for them.
func forVisitor(k attach.Keyboard) (out attach.Keyboard) {
	for _, b := range k {
		if b.Action != attach.ActionDialog && b.AppID == 0 {
			out = append(out, b)
		}
	}
	if !pressable(out) {
		return nil
	}
	return out
}

func pressable(k attach.Keyboard) bool {
	for _, b := range k {
		if b.Type == attach.TypeButton {
			return true
		}
	}
	return false
}

// encodeParts returns parts as they are stored.
func encodeParts(a attach.Attach, k attach.Keyboard) (cards, buttons string, err error) {
	var raw []byte
	if len(a) > 0 {
		if raw, err = json.Marshal(a); err != nil {
			return "", "", fmt.Errorf("encode attachment: %w", err)
		}
		cards = string(raw)
	}
	if len(k) > 0 {
		if raw, err = json.Marshal(k); err != nil {
			return "", "", fmt.Errorf("encode keyboard: %w", err)
		}
		buttons = string(raw)
	}
	return cards, buttons, nil
}

// decodeParts is the reverse of encodeParts.
func (m *Message) decodeParts(cards, buttons string) error {
	if cards != "" {
		if err := json.Unmarshal([]byte(cards), &m.Attach); err != nil {
			return fmt.Errorf("attachment of message %d: %w", m.Number, err)
		}
	}
	if buttons != "" {
		if err := json.Unmarshal([]byte(buttons), &m.Keyboard); err != nil {
			return fmt.Errorf("keyboard of message %d: %w", m.Number, err)
		}
	}
	return nil
}

// PressButton tells a bot that a visitor pressed a button with a command: which one stands in the message that they see, never in the request.
// What else buttons do is their browser's own work. Faults: ErrNoWidget, ErrToken, ErrNoVisitor, ErrTooMany, ErrNoButton, ErrBotGone once
// the conversation has left the bot, and those of the bot's.
func (s *Service) PressButton(ctx context.Context, c Caller, number, button int64, mobile bool) error {
	_, _, v, err := s.caller(ctx, c)
	if err != nil {
		return err
	}
	if !s.limits.take(visitorRate, v.name) {
		return ErrTooMany
	}
	p := Press{UserID: v.userID, Mobile: mobile}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		return s.pressedTx(ctx, tx, v, number, button, &p)
	})
	if err != nil {
		return err
	}
	return s.Messenger.Press(ctx, p)
}

// pressedTx finds a button.
func (s *Service) pressedTx(ctx context.Context, tx *db.Tx, v visitor, number, button int64, p *Press) error {
	all, err := queryMessages(ctx, tx, "WHERE visitor_id = ? AND number = ? AND own = 0 AND removed = 0", v.id, number)
	if err != nil {
		return err
	}
	if len(all) == 0 || button < 0 || button >= int64(len(all[0].Keyboard)) {
		return ErrNoButton
	}
	b := all[0].Keyboard[button]
	if b.Type != attach.TypeButton || b.Disabled == "Y" || b.Command == "" {
		return ErrNoButton
	}
	err = tx.QueryRow(ctx, "SELECT message_id FROM livechat_message WHERE visitor_id = ? AND number = ?", v.id, number).Scan(&p.MessageID)
	if err != nil {
		return fmt.Errorf("find message: %w", err)
	}
	p.BotID, p.Command, p.Params = b.BotID, b.Command, b.CommandParams
	talk, err := s.Conversations.LastTx(ctx, tx, v.chatID)
	if errors.Is(err, openline.ErrNoSession) || err == nil && talk.State != openline.StateBot {
		return ErrBotGone
	}
	return err
}
