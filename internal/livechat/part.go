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

// Apps are the applications of bots.
type Apps interface {
	// Button returns what a visitor gets in the place of a button that opens an application; false where it is not for them.
	Button(ctx context.Context, visitor Visiting, b attach.Button) (attach.Button, bool, error)
}

// Visiting is a visitor in their chat, by the portal's numbers, below a message.
type Visiting struct{ UserID, ChatID, MessageID int64 }

// forVisitor returns the buttons that a visitor can use: nothing inside the portal opens for them, and an application only where it says so.
func (s *Service) forVisitor(ctx context.Context, v visitor, messageID int64, k attach.Keyboard) (out attach.Keyboard, err error) {
	for _, b := range k {
		ok := b.Action != attach.ActionDialog
		if b.AppID != 0 {
			if ok = s.Apps != nil; ok {
				b, ok, err = s.Apps.Button(ctx, Visiting{v.userID, v.chatID, messageID}, b)
			}
			if err != nil {
				return nil, fmt.Errorf("button of an application: %w", err)
			}
		}
		if ok {
			out = append(out, b)
		}
	}
	if !pressable(out) {
		return nil, nil
	}
	return out, nil
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
	if errors.Is(err, openline.ErrNoSession) || err == nil && !talk.Led() {
		return ErrBotGone
	}
	return err
}
