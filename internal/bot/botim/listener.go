package botim

import (
	"context"
	"errors"
	"slices"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/bot/botv2"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
)

// Listener tells the bots what happens in their chats.
type Listener struct {
	Bots   *bot.Service
	Second *botv2.Service // tells of reactions, and the people who subscribed; nil: nobody does
}

var (
	_ im.Listener         = Listener{}
	_ im.Follower         = Listener{}
	_ im.ReactionListener = Listener{}
)

// Follows reports whether people may have subscribed to what happens in their chats.
func (l Listener) Follows() bool { return l.Second != nil && l.Second.Follows() }

// MessageAddedTx tells of a new message.
func (l Listener) MessageAddedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	if err := l.Bots.MessageAddedTx(ctx, tx, messageEvent(e)); err != nil {
		return err
	}
	return l.follow(ctx, tx, bot.MessageAdded, e)
}

// MessageUpdatedTx tells of a changed message.
func (l Listener) MessageUpdatedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	if err := l.Bots.MessageUpdatedTx(ctx, tx, messageEvent(e)); err != nil {
		return err
	}
	return l.follow(ctx, tx, bot.MessageUpdated, e)
}

// MessageDeletedTx tells of a deleted message.
func (l Listener) MessageDeletedTx(ctx context.Context, tx *db.Tx, e im.MessageEvent) error {
	if err := l.Bots.MessageDeletedTx(ctx, tx, messageEvent(e)); err != nil {
		return err
	}
	return l.follow(ctx, tx, bot.MessageDeleted, e)
}

func (l Listener) follow(ctx context.Context, tx *db.Tx, c bot.MessageChange, e im.MessageEvent) error {
	if !l.Follows() {
		return nil
	}
	return l.Second.FollowMessageTx(ctx, tx, c, e)
}

// ChatJoinedTx tells a bot that it is a member now.
func (l Listener) ChatJoinedTx(ctx context.Context, tx *db.Tx, e im.JoinEvent) error {
	if e.BotID != 0 {
		j := bot.JoinEvent{Chat: chat(e.Chat), BotID: e.BotID, ActorID: e.ActorID, History: e.History}
		if err := l.Bots.ChatJoinedTx(ctx, tx, j); err != nil {
			return err
		}
	}
	if !l.Follows() {
		return nil
	}
	return l.Second.FollowJoinTx(ctx, tx, e)
}

// errNoReactions undoes a reaction to a message of a bot that takes none.
var errNoReactions = fault.New(fault.Denied, "REACTIONS_DISABLED", "This bot takes no reactions.")

// ReactionChangedTx tells the bot whose message it is of a reaction.
func (l Listener) ReactionChangedTx(ctx context.Context, tx *db.Tx, e im.ReactionEvent) error {
	if l.Second == nil {
		return nil
	}
	var about *bot.Bot
	if slices.Contains(e.BotIDs, e.Message.AuthorID) {
		b, err := l.Bots.FindSecond(ctx, e.Message.AuthorID)
		switch {
		case err == nil && e.Set && !b.Second.Reactions:
			return errNoReactions
		case err == nil && !b.Owner.Portal:
			about = &b
		case err != nil && !errors.Is(err, bot.ErrNotFound):
			return err
		}
	}
	if about == nil && !l.Follows() {
		return nil
	}
	return l.Second.ReactionTx(ctx, tx, about, e)
}

func messageEvent(e im.MessageEvent) bot.MessageEvent {
	return bot.MessageEvent{
		Chat: chat(e.Chat), Message: message(e.Message), BotIDs: e.BotIDs, ManagerIDs: e.ManagerIDs, Mentioned: e.Mentioned, ActorID: e.ActorID,
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
		ID: c.ID, Type: string(c.Type), Title: c.Title, OwnerID: c.OwnerID, EntityType: c.EntityType, EntityID: c.EntityID, EntityData: c.EntityData,
		Avatar: c.Avatar, ColorCode: c.ColorCode, UserA: c.UserA, UserB: c.UserB, CanPost: string(c.CanPost), Extranet: c.Extranet,
		MemberCount: c.MemberCount,
	}
}
