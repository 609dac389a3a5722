package portal

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/im/imrest"
)

// messenger is what bots write with.
type messenger struct{ im *im.Service }

var _ bot.Messenger = messenger{}

// Chat returns the chat that a dialog id names for a bot.
func (m messenger) Chat(ctx context.Context, dialogID string, botID int64) (int64, error) {
	c, err := m.im.Resolve(ctx, dialogID, botID)
	return c.ID, err
}

// OpenChat is Chat, but opens a private chat.
func (m messenger) OpenChat(ctx context.Context, dialogID string, botID int64) (int64, error) {
	c, err := m.im.OpenDialog(ctx, dialogID, botID)
	return c.ID, err
}

// OpenPrivate returns the private chat of two users.
func (m messenger) OpenPrivate(ctx context.Context, opener, other int64) (int64, error) {
	c, err := m.im.OpenPrivate(ctx, opener, other)
	return c.ID, err
}

// Send sends a bot's message.
func (m messenger) Send(ctx context.Context, n bot.NewMessage) (int64, error) {
	sent, err := m.im.Send(ctx, im.NewMessage{
		ChatID: n.ChatID, AuthorID: n.AuthorID, Text: n.Text, Attach: n.Attach, Keyboard: n.Keyboard, Menu: n.Menu,
		System: n.System, NoPreview: n.NoPreview,
	})
	return sent.ID, err
}

// Update changes a message.
func (m messenger) Update(ctx context.Context, actorID, messageID int64, c bot.Change) error {
	return m.im.Update(ctx, actorID, messageID, im.Change{
		Text: c.Text, Attach: c.Attach, Keyboard: c.Keyboard, Menu: c.Menu, NoPreview: c.NoPreview,
	})
}

// Delete removes a message.
func (m messenger) Delete(ctx context.Context, actorID, messageID int64, complete bool) error {
	return m.im.Delete(ctx, actorID, messageID, complete)
}

// Typing shows that a bot is writing.
func (m messenger) Typing(ctx context.Context, userID, chatID int64) error {
	return m.im.Typing(ctx, userID, chatID)
}

// AnnounceTx writes to the general chat.
func (m messenger) AnnounceTx(ctx context.Context, tx *db.Tx, text string) error {
	_, err := m.im.AnnounceTx(ctx, tx, text)
	return err
}

// RemoveBotTx takes a bot out of its group chats and removes its private ones.
func (m messenger) RemoveBotTx(ctx context.Context, tx *db.Tx, botID int64) error {
	return m.im.RemoveBotTx(ctx, tx, botID)
}

// listener tells the bots what happens in their chats.
type listener struct{ bots *bot.Service }

var _ im.Listener = listener{}

// MessageAddedTx tells of a new message.
func (l listener) MessageAddedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.bots.MessageAddedTx(ctx, tx, messageEvent(e))
}

// MessageUpdatedTx tells of a changed message.
func (l listener) MessageUpdatedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.bots.MessageUpdatedTx(ctx, tx, messageEvent(e))
}

// MessageDeletedTx tells of a deleted message.
func (l listener) MessageDeletedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.bots.MessageDeletedTx(ctx, tx, messageEvent(e))
}

// ChatJoinedTx tells a bot that it is a member now.
func (l listener) ChatJoinedTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	return l.bots.ChatJoinedTx(ctx, tx, bot.JoinEvent{Chat: botChat(e.Chat), BotID: e.BotID, ActorID: e.ActorID, History: e.History})
}

func messageEvent(e im.MessageEvent) bot.MessageEvent {
	return bot.MessageEvent{
		Chat: botChat(e.Chat), BotIDs: e.BotIDs, Mentioned: e.Mentioned, ActorID: e.ActorID, PrevMessageID: e.PrevMessageID,
		Message: bot.Message{
			ID: e.Message.ID, AuthorID: e.Message.AuthorID, SenderID: e.Message.SenderID, Date: e.Message.Date, Text: e.Message.Text,
			UUID: e.Message.UUID, System: e.Message.System, NoPreview: e.Message.NoPreview, Silent: e.Message.Silent,
		},
	}
}

func botChat(c im.Chat) bot.Chat {
	return bot.Chat{
		ID: c.ID, Type: string(c.Type), Title: c.Title, OwnerID: c.OwnerID, EntityType: c.EntityType, EntityID: c.EntityID,
		ColorCode: c.ColorCode, UserA: c.UserA, UserB: c.UserB, CanPost: string(c.CanPost), Extranet: c.Extranet,
		MemberCount: c.MemberCount,
	}
}

// botNotes tells the messenger's methods what bots are.
type botNotes struct{ bots *bot.Service }

var _ imrest.Bots = botNotes{}

// wireTypes are the types of bots as the messenger's answers name them.
var wireTypes = map[bot.Type]string{
	bot.Standard: "bot", bot.Human: "bot", bot.Supervisor: "supervisor", bot.OpenLine: "openline",
}

// Describe returns what the users of ids are as bots; those who are none are missing.
func (n botNotes) Describe(ctx context.Context, ids []int64) (map[int64]imrest.Bot, error) {
	all, err := n.bots.List(ctx)
	if err != nil {
		return nil, err
	}
	out := map[int64]imrest.Bot{}
	for _, b := range all {
		if slices.Contains(ids, b.ID) {
			out[b.ID] = imrest.Bot{
				Code: b.Code, Type: wireTypes[b.Type], AppID: b.Owner.ClientID, OpenLine: b.OpenLine,
			}
		}
	}
	return out, nil
}
