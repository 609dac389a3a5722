// Package botim connects the bots with the messenger: bots write through it, and what happens in chats is told to them. Both
// sides know each other only by interfaces of their own, so what stands here is words of one said in those of the other.
package botim

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// Messenger is what bots write with.
type Messenger struct{ IM *im.Service }

var _ bot.Messenger = Messenger{}

// Chat returns the chat that a dialog id names for a bot.
func (m Messenger) Chat(ctx context.Context, dialogID string, botID int64) (int64, error) {
	c, err := m.IM.Resolve(ctx, dialogID, botID)
	return c.ID, err
}

// OpenChat is Chat, but opens a private chat.
func (m Messenger) OpenChat(ctx context.Context, dialogID string, botID int64) (int64, error) {
	c, err := m.IM.OpenDialog(ctx, dialogID, botID)
	return c.ID, err
}

// OpenPrivate returns the private chat of two users.
func (m Messenger) OpenPrivate(ctx context.Context, opener, other int64) (int64, error) {
	c, err := m.IM.OpenPrivate(ctx, opener, other)
	return c.ID, err
}

// Send sends a bot's message.
func (m Messenger) Send(ctx context.Context, n bot.NewMessage) (int64, error) {
	sent, err := m.IM.Send(ctx, newMessage(n))
	return sent.ID, err
}

// SendTx sends a message as part of a transaction.
func (m Messenger) SendTx(ctx context.Context, tx *db.Tx, n bot.NewMessage) (int64, error) {
	sent, err := m.IM.SendTx(ctx, tx, newMessage(n))
	return sent.ID, err
}

func newMessage(n bot.NewMessage) im.NewMessage {
	return im.NewMessage{
		ChatID: n.ChatID, AuthorID: n.AuthorID, Text: n.Text, Attach: n.Attach, Keyboard: n.Keyboard, Menu: n.Menu,
		System: n.System, NoPreview: n.NoPreview, Silent: n.Silent, Unheard: n.Unheard, Inner: n.SkipConnector,
	}
}

// Update changes a message.
func (m Messenger) Update(ctx context.Context, actorID, messageID int64, c bot.Change) error {
	return m.IM.Update(ctx, actorID, messageID, im.Change{
		Text: c.Text, Attach: c.Attach, Keyboard: c.Keyboard, Menu: c.Menu, NoPreview: c.NoPreview, Inner: c.SkipConnector,
	})
}

// Delete removes a message.
func (m Messenger) Delete(ctx context.Context, actorID, messageID int64, complete bool) error {
	return m.IM.Delete(ctx, actorID, messageID, complete)
}

// Typing shows that a bot is writing.
func (m Messenger) Typing(ctx context.Context, userID, chatID int64) error {
	return m.IM.Typing(ctx, userID, chatID)
}

// Message returns a message that viewer may see, with its chat and the bots in it.
func (m Messenger) Message(ctx context.Context, viewer, messageID int64) (bot.MessageEvent, error) {
	found, c, err := m.IM.Message(ctx, viewer, messageID)
	if err != nil {
		return bot.MessageEvent{}, err
	}
	e := bot.MessageEvent{Chat: chat(c), Message: message(found)}
	if e.BotIDs, err = m.BotsOf(ctx, c.ID); err != nil {
		return e, err
	}
	managers, err := m.IM.Managers(ctx, c.ID)
	e.ManagerIDs = slices.DeleteFunc(managers, func(id int64) bool { return id == c.OwnerID })
	return e, err
}

// BotsOf returns the bots in a chat.
func (m Messenger) BotsOf(ctx context.Context, chatID int64) ([]int64, error) {
	members, err := m.IM.BotsOf(ctx, chatID)
	ids := make([]int64, len(members))
	for i, b := range members {
		ids[i] = b.UserID
	}
	return ids, err
}

// AnnounceTx writes to the general chat.
func (m Messenger) AnnounceTx(ctx context.Context, tx *db.Tx, text string) error {
	_, err := m.IM.AnnounceTx(ctx, tx, text)
	return err
}

// RemoveBotTx takes a bot out of its group chats and removes its private ones.
func (m Messenger) RemoveBotTx(ctx context.Context, tx *db.Tx, botID int64) error {
	return m.IM.RemoveBotTx(ctx, tx, botID)
}
