package bot_test

import (
	"context"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// messenger connects the bots to the real messenger, as a portal does.
type messenger struct{ im *im.Service }

func (m messenger) Chat(ctx context.Context, dialogID string, botID int64) (int64, error) {
	c, err := m.im.Resolve(ctx, dialogID, botID)
	return c.ID, err
}

func (m messenger) OpenChat(ctx context.Context, dialogID string, botID int64) (int64, error) {
	c, err := m.im.OpenDialog(ctx, dialogID, botID)
	return c.ID, err
}

func (m messenger) OpenPrivate(ctx context.Context, opener, other int64) (int64, error) {
	c, err := m.im.OpenPrivate(ctx, opener, other)
	return c.ID, err
}

func (m messenger) Send(ctx context.Context, n bot.NewMessage) (int64, error) {
	sent, err := m.im.Send(ctx, im.NewMessage{
		ChatID: n.ChatID, AuthorID: n.AuthorID, Text: n.Text, Attach: n.Attach, Keyboard: n.Keyboard, Menu: n.Menu,
		System: n.System, NoPreview: n.NoPreview,
	})
	return sent.ID, err
}

func (m messenger) Update(ctx context.Context, actorID, messageID int64, c bot.Change) error {
	return m.im.Update(ctx, actorID, messageID, im.Change{
		Text: c.Text, Attach: c.Attach, Keyboard: c.Keyboard, Menu: c.Menu, NoPreview: c.NoPreview,
	})
}

func (m messenger) Delete(ctx context.Context, actorID, messageID int64, complete bool) error {
	return m.im.Delete(ctx, actorID, messageID, complete)
}

func (m messenger) Typing(ctx context.Context, userID, chatID int64) error {
	return m.im.Typing(ctx, userID, chatID)
}

func (m messenger) AnnounceTx(ctx context.Context, tx *db.Tx, text string) error {
	_, err := m.im.AnnounceTx(ctx, tx, text)
	return err
}

func (m messenger) RemoveBotTx(ctx context.Context, tx *db.Tx, botID int64) error {
	return m.im.LeaveAllTx(ctx, tx, botID)
}

// listener passes on what the messenger tells of chats with bots.
type listener struct{ bots *bot.Service }

var _ im.Listener = listener{}

func (l listener) MessageAddedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.bots.MessageAddedTx(ctx, tx, messageEvent(e))
}

func (l listener) MessageUpdatedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.bots.MessageUpdatedTx(ctx, tx, messageEvent(e))
}

func (l listener) MessageDeletedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.bots.MessageDeletedTx(ctx, tx, messageEvent(e))
}

func (l listener) ChatJoinedTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	return l.bots.ChatJoinedTx(ctx, tx, bot.JoinEvent{Chat: chat(e.Chat), BotID: e.BotID, ActorID: e.ActorID, History: e.History})
}

func messageEvent(e im.MessageEvent) bot.MessageEvent {
	m := e.Message
	return bot.MessageEvent{
		Chat: chat(e.Chat),
		Message: bot.Message{
			ID: m.ID, AuthorID: m.AuthorID, SenderID: m.SenderID, Date: m.Date, Text: m.Text, UUID: m.UUID, System: m.System,
			NoPreview: m.NoPreview, Silent: m.Silent,
		},
		BotIDs: e.BotIDs, Mentioned: e.Mentioned, ActorID: e.ActorID, PrevMessageID: e.PrevMessageID,
	}
}

func chat(c im.Chat) bot.Chat {
	return bot.Chat{
		ID: c.ID, Type: string(c.Type), Title: c.Title, OwnerID: c.OwnerID, EntityType: c.EntityType, EntityID: c.EntityID,
		ColorCode: c.ColorCode, UserA: c.UserA, UserB: c.UserB, CanPost: string(c.CanPost), Extranet: c.Extranet,
		MemberCount: c.MemberCount,
	}
}
