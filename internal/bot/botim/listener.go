package botim

import (
	"context"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// Listener tells the bots what happens in their chats.
type Listener struct{ Bots *bot.Service }

var _ im.Listener = Listener{}

// MessageAddedTx tells of a new message.
func (l Listener) MessageAddedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.Bots.MessageAddedTx(ctx, tx, messageEvent(e))
}

// MessageUpdatedTx tells of a changed message.
func (l Listener) MessageUpdatedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.Bots.MessageUpdatedTx(ctx, tx, messageEvent(e))
}

// MessageDeletedTx tells of a deleted message.
func (l Listener) MessageDeletedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	return l.Bots.MessageDeletedTx(ctx, tx, messageEvent(e))
}

// ChatJoinedTx tells a bot that it is a member now.
func (l Listener) ChatJoinedTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	return l.Bots.ChatJoinedTx(ctx, tx, bot.JoinEvent{Chat: chat(e.Chat), BotID: e.BotID, ActorID: e.ActorID, History: e.History})
}

func messageEvent(e im.MessageEvent) bot.MessageEvent {
	return bot.MessageEvent{
		Chat: chat(e.Chat), Message: message(e.Message), BotIDs: e.BotIDs, Mentioned: e.Mentioned, ActorID: e.ActorID,
		PrevMessageID: e.PrevMessageID, Platform: e.Platform,
	}
}

func message(m im.Message) bot.Message {
	return bot.Message{
		ID: m.ID, AuthorID: m.AuthorID, SenderID: m.SenderID, Date: m.Date, Text: m.Text, UUID: m.UUID, System: m.System,
		NoPreview: m.NoPreview, Silent: m.Silent,
	}
}

func chat(c im.Chat) bot.Chat {
	return bot.Chat{
		ID: c.ID, Type: string(c.Type), Title: c.Title, OwnerID: c.OwnerID, EntityType: c.EntityType, EntityID: c.EntityID,
		ColorCode: c.ColorCode, UserA: c.UserA, UserB: c.UserB, CanPost: string(c.CanPost), Extranet: c.Extranet,
		MemberCount: c.MemberCount,
	}
}
