package bot

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
)

// Outgoing is a message that a bot sends.
type Outgoing struct {
	BotID    int64  // 0: the owner's first
	DialogID string // a user's id or "chat" with a number

	// FromUserID and ToUserID, when both are set, send a system message to the private chat of these two in place of DialogID.
	FromUserID, ToUserID int64

	Text          string
	Attach        attach.Attach
	Keyboard      attach.Keyboard // commands without a bot become this bot's
	Menu          attach.Menu     // likewise
	System        bool
	NoPreview     bool
	SkipConnector bool
}

// Send sends a message and returns its id. The private chat with a user is opened where nobody has.
//
// Faults: BOT_ID_ERROR, APP_ID_ERROR, DIALOG_ID_EMPTY, MESSAGE_EMPTY (neither a text nor an attachment), WRONG_REQUEST where
// the bot may not write to the chat.
// Page: api-reference/chat-bots/outdated/messages/imbot-message-add.md.
func (s *Service) Send(ctx context.Context, o Owner, m Outgoing) (int64, error) {
	b, err := s.Owned(ctx, o, m.BotID)
	if err != nil {
		return 0, err
	}
	n := NewMessage{
		AuthorID: b.ID, Text: strings.TrimSpace(m.Text), Attach: m.Attach, Keyboard: m.Keyboard.ForBot(b.ID),
		Menu: m.Menu.ForBot(b.ID), System: m.System, NoPreview: m.NoPreview, SkipConnector: m.SkipConnector,
	}
	pair := m.FromUserID > 0 && m.ToUserID > 0
	switch {
	case !pair && !validDialog(m.DialogID):
		return 0, ErrDialog
	case n.Text == "" && len(n.Attach) == 0:
		return 0, ErrEmpty // ahead of a private chat's creation
	}
	if pair {
		n.System, n.AuthorID = true, m.FromUserID
		n.ChatID, err = s.pair(ctx, b, m.FromUserID, m.ToUserID)
	} else {
		n.ChatID, err = s.dialog(ctx, b, m.DialogID)
	}
	if err != nil {
		return 0, err
	}
	id, err := s.messenger.Send(ctx, n)
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return 0, because(ErrNotSent, err)
	}
	return id, err
}

// dialog returns the chat that a dialog id names, opened for the bot.
func (s *Service) dialog(ctx context.Context, b Bot, dialogID string) (int64, error) {
	id, err := s.messenger.OpenChat(ctx, dialogID, b.ID)
	if err != nil {
		return 0, because(ErrNotSent, err)
	}
	return id, nil
}

// pair returns the private chat of two users. Where the bot is one of them it is the bot who opens the chat. Other bots'
// chats are left alone: their handlers would be told, with tokens, of a user who did nothing.
func (s *Service) pair(ctx context.Context, b Bot, from, to int64) (int64, error) {
	r, err := s.roster(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range []int64{from, to} {
		if id != b.ID && r.byID[id] != nil {
			return 0, ErrNotSent
		}
	}
	if to == b.ID {
		from, to = to, from
	}
	id, err := s.messenger.OpenPrivate(ctx, from, to)
	if err != nil {
		return 0, because(ErrNotSent, err)
	}
	return id, nil
}

// validDialog reports whether id is a user's number, or "chat" or "sg" with a number.
func validDialog(id string) bool {
	id = strings.ToLower(strings.TrimSpace(id))
	for _, prefix := range []string{"chat", "sg"} {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			id = rest
			break
		}
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return err == nil && n > 0 && id[0] != '+'
}

// Edit changes a message of the bot botID, 0 for the owner's first. Faults: BOT_ID_ERROR, APP_ID_ERROR, MESSAGE_ID_ERROR,
// CANT_EDIT_MESSAGE.
// Page: api-reference/chat-bots/outdated/messages/imbot-message-update.md.
func (s *Service) Edit(ctx context.Context, o Owner, botID, messageID int64, c Change) error {
	b, err := s.Owned(ctx, o, botID)
	if err != nil {
		return err
	}
	if messageID <= 0 {
		return ErrMessageID
	}
	if c.Text != nil {
		trimmed := strings.TrimSpace(*c.Text)
		c.Text = &trimmed
	}
	if c.Keyboard != nil {
		k := c.Keyboard.ForBot(b.ID)
		c.Keyboard = &k
	}
	if c.Menu != nil {
		m := c.Menu.ForBot(b.ID)
		c.Menu = &m
	}
	return noEdit(s.messenger.Update(ctx, b.ID, messageID, c))
}

// Delete removes a message of the bot botID, 0 for the owner's first; complete leaves no trace of it. Faults as of Edit.
// Page: api-reference/chat-bots/outdated/messages/imbot-message-delete.md.
func (s *Service) Delete(ctx context.Context, o Owner, botID, messageID int64, complete bool) error {
	b, err := s.Owned(ctx, o, botID)
	if err != nil {
		return err
	}
	if messageID <= 0 {
		return ErrMessageID
	}
	return noEdit(s.messenger.Delete(ctx, b.ID, messageID, complete))
}

// noEdit gives a message that is unknown or another's the one documented fault.
func noEdit(err error) error {
	switch k := fault.KindOf(err); {
	case err == nil || k == fault.Invalid || k == fault.TooLarge:
		return err
	default:
		return because(ErrNoEdit, err)
	}
}

// Typing shows in a dialog that the bot botID, 0 for the owner's first, is writing. Whether somebody sees it is not said: in a
// private chat that nobody has opened, a chat that the bot is not in or one that does not exist nobody does. Faults:
// BOT_ID_ERROR, APP_ID_ERROR, DIALOG_ID_EMPTY.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-send-typing.md.
func (s *Service) Typing(ctx context.Context, o Owner, botID int64, dialogID string) error {
	b, err := s.Owned(ctx, o, botID)
	if err != nil {
		return err
	}
	if !validDialog(dialogID) {
		return ErrDialog
	}
	chatID, err := s.messenger.Chat(ctx, dialogID, b.ID)
	if err == nil && chatID != 0 {
		err = s.messenger.Typing(ctx, b.ID, chatID)
	}
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err // nil too
	}
	return nil
}
