package botim

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/im"
)

var _ bot.Chats = Messenger{}

// KindOf says what a chat is to a bot.
func (m Messenger) KindOf(ctx context.Context, botID, chatID int64) (bot.ChatKind, error) {
	c, err := m.IM.Get(ctx, botID, chatID)
	switch {
	case errors.Is(err, im.ErrNoChat), errors.Is(err, im.ErrAccess):
		return bot.Outside, nil
	case err != nil:
		return bot.Outside, err
	case c.Type == im.Private:
		return bot.PrivateOf, nil
	case c.General():
		return bot.GeneralOf, nil
	}
	return bot.GroupOf, nil
}

// Create makes a group chat.
func (m Messenger) Create(ctx context.Context, c bot.NewChat) (int64, error) {
	g := im.NewGroup{
		OwnerID: c.BotID, Title: c.Title, Description: c.Description, ColorCode: c.ColorCode, MemberIDs: c.UserIDs, Avatar: c.Avatar,
		EntityType: c.EntityType, EntityID: c.EntityID,
	}
	if c.Open {
		g.Type = im.Open
	}
	made, err := m.IM.CreateGroup(ctx, g)
	return made.ID, err
}

// Leave takes a bot out of a group.
func (m Messenger) Leave(ctx context.Context, botID, chatID int64) error {
	return m.IM.Leave(ctx, botID, chatID)
}

// AddMembers adds users to a group.
func (m Messenger) AddMembers(ctx context.Context, botID, chatID int64, userIDs []int64, hideHistory bool) error {
	return m.IM.AddMembers(ctx, botID, chatID, userIDs, hideHistory)
}

// RemoveMember takes somebody out of a group.
func (m Messenger) RemoveMember(ctx context.Context, botID, chatID, userID int64) error {
	return m.IM.RemoveMember(ctx, botID, chatID, userID)
}

// MemberIDs returns who is in a chat.
func (m Messenger) MemberIDs(ctx context.Context, botID, chatID int64) ([]int64, error) {
	members, err := m.IM.Members(ctx, botID, chatID)
	ids := make([]int64, len(members))
	for i, x := range members {
		ids[i] = x.UserID
	}
	return ids, err
}

// SetManager makes a member a manager, or takes that away.
func (m Messenger) SetManager(ctx context.Context, botID, chatID, userID int64, on bool) error {
	return m.IM.SetManager(ctx, botID, chatID, []int64{userID}, on)
}

// SetOwner gives a group to another member.
func (m Messenger) SetOwner(ctx context.Context, botID, chatID, userID int64) error {
	return m.IM.SetOwner(ctx, botID, chatID, userID)
}

// SetLook changes what a group looks like.
func (m Messenger) SetLook(ctx context.Context, botID, chatID int64, l bot.Look) (bool, error) {
	before, err := m.IM.Get(ctx, botID, chatID)
	if err != nil {
		return false, err
	}
	changed := l.Title != nil && *l.Title != before.Title || l.ColorCode != nil && *l.ColorCode != before.ColorCode
	return changed, m.IM.UpdateChat(ctx, botID, chatID, im.ChatChange{Title: l.Title, ColorCode: l.ColorCode})
}

// SetAvatar gives a group a picture.
func (m Messenger) SetAvatar(ctx context.Context, botID, chatID int64, picture []byte) error {
	return m.IM.SetAvatar(ctx, botID, chatID, picture)
}

// Like sets a bot's reaction to a message, or turns it round.
func (m Messenger) Like(ctx context.Context, botID, messageID int64, on *bool) (bool, error) {
	if on != nil {
		return m.IM.React(ctx, botID, messageID, im.Like, *on)
	}
	changed, err := m.IM.React(ctx, botID, messageID, im.Like, true)
	if err != nil || changed {
		return changed, err
	}
	return m.IM.React(ctx, botID, messageID, im.Like, false)
}
