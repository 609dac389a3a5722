package botrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h handlers) registerChats(r *rest.Registry) {
	row := rest.Everyone
	page := func(name string) rest.Option { return rest.Doc(pages + "chats/imbot-chat-" + name + ".md") }
	r.Add(
		rest.M("imbot.chat.add", "imbot", row, "Creates a chat of a chat bot.", h.chatAdd, page("add")),
		rest.M("imbot.chat.leave", "imbot", row, "Takes a chat bot out of a chat.", h.chatLeave, page("leave")),
		rest.M("imbot.chat.setManager", "imbot", row, "Makes a member a manager of a chat bot's chat.", h.chatManager, page("set-manager")),
		rest.M("imbot.chat.setOwner", "imbot", row, "Gives a chat bot's chat to another member.", h.chatOwner, page("set-owner")),
		rest.M("imbot.chat.updateAvatar", "imbot", row, "Gives a chat a picture.", h.chatAvatar, page("update-avatar")),
		rest.M("imbot.chat.updateColor", "imbot", row, "Gives a chat a colour.", h.chatColor, page("update-color")),
		rest.M("imbot.chat.updateTitle", "imbot", row, "Renames a chat.", h.chatTitle, page("update-title")),
		rest.M("imbot.chat.user.add", "imbot", row, "Adds people to a chat as a chat bot.", h.chatUserAdd, page("user-add")),
		rest.M("imbot.chat.user.delete", "imbot", row, "Takes somebody out of a chat as a chat bot.", h.chatUserDelete, page("user-delete")),
		rest.M("imbot.chat.user.list", "imbot", row, "Lists who is in a chat.", h.chatUserList, page("user-list")),
		rest.M("imbot.message.like", "imbot", row, "Likes a message as a chat bot.", h.messageLike,
			rest.Doc(pages+"messages/imbot-message-like.md")),
	)
}

// chatParams are what the methods of chats have in common.
type chatParams struct {
	ChatID   int64  `b24:"CHAT_ID,needed"`
	BotID    int64  `b24:"BOT_ID"`
	ClientID string `b24:"CLIENT_ID"`
}

// chatAddParams are the parameters of imbot.chat.add.
type chatAddParams struct {
	Type        string         `b24:"TYPE"`
	Title       string         `b24:"TITLE"`
	Description string         `b24:"DESCRIPTION"`
	Color       string         `b24:"COLOR"`
	Message     string         `b24:"MESSAGE"`
	Users       phpform.Value  `b24:"USERS"`
	Avatar      *phpform.Value `b24:"AVATAR"`
	EntityType  string         `b24:"ENTITY_TYPE"`
	EntityID    string         `b24:"ENTITY_ID"`
	BotID       int64          `b24:"BOT_ID"`
	ClientID    string         `b24:"CLIENT_ID"`
}

func (h handlers) chatAdd(ctx context.Context, c *rest.Call, p chatAddParams) (int64, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return 0, err
	}
	n := bot.NewChat{
		BotID: p.BotID, Title: p.Title, Description: p.Description, ColorCode: p.Color,
		EntityType: strings.ToUpper(strings.TrimSpace(p.EntityType)), EntityID: strings.TrimSpace(p.EntityID),
	}
	switch strings.ToUpper(strings.TrimSpace(p.Type)) {
	case "OPEN":
		n.Open = true
	case "CHAT", "":
	default:
		return 0, bot.ErrChatCreate.At("TYPE")
	}
	var ok bool
	if n.UserIDs, ok = userList(p.Users); !ok {
		return 0, bot.ErrUsersFormat
	}
	if p.Avatar != nil {
		if _, n.Avatar, err = rest.File(*p.Avatar); err != nil {
			return 0, bot.ErrChatCreate.Because(err).At("AVATAR")
		}
	}
	return h.bots.CreateChat(ctx, o, n, p.Message)
}

// userList reads a list of users; ok is false for what is none.
func userList(v phpform.Value) (ids []int64, ok bool) {
	if v.Empty() {
		return nil, true
	}
	if !v.IsArray() {
		return nil, false
	}
	for _, e := range v.Entries() {
		id, isNumber := e.Value.Int()
		if !isNumber || id <= 0 {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}

func (h handlers) chatLeave(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.LeaveChat(ctx, o, p.BotID, p.ChatID)
	return err == nil, said(err, bot.ErrForeignBot, foreignBot)
}

// chatManagerParams are the parameters of imbot.chat.setManager.
type chatManagerParams struct {
	ChatID    int64  `b24:"CHAT_ID,needed"`
	UserID    int64  `b24:"USER_ID,needed"`
	IsManager *bool  `b24:"IS_MANAGER"`
	BotID     int64  `b24:"BOT_ID"`
	ClientID  string `b24:"CLIENT_ID"`
}

func (h handlers) chatManager(ctx context.Context, c *rest.Call, p chatManagerParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.SetChatManager(ctx, o, p.BotID, p.ChatID, p.UserID, p.IsManager == nil || *p.IsManager)
	return err == nil, said(err, bot.ErrForeignBot, foreignBot)
}

// chatUserParams are the parameters of imbot.chat.setOwner and imbot.chat.user.delete.
type chatUserParams struct {
	ChatID   int64  `b24:"CHAT_ID,needed"`
	UserID   int64  `b24:"USER_ID,needed"`
	BotID    int64  `b24:"BOT_ID"`
	ClientID string `b24:"CLIENT_ID"`
}

func (h handlers) chatOwner(ctx context.Context, c *rest.Call, p chatUserParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.SetChatOwner(ctx, o, p.BotID, p.ChatID, p.UserID)
	return err == nil, said(err, bot.ErrForeignBot, foreignBot)
}

func (h handlers) chatUserDelete(ctx context.Context, c *rest.Call, p chatUserParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.RemoveFromChat(ctx, o, p.BotID, p.ChatID, p.UserID)
	return err == nil, err
}

// chatAvatarParams are the parameters of imbot.chat.updateAvatar.
type chatAvatarParams struct {
	ChatID   int64         `b24:"CHAT_ID,needed"`
	Avatar   phpform.Value `b24:"AVATAR,needed"`
	BotID    int64         `b24:"BOT_ID"`
	ClientID string        `b24:"CLIENT_ID"`
}

func (h handlers) chatAvatar(ctx context.Context, c *rest.Call, p chatAvatarParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	_, picture, err := rest.File(p.Avatar)
	if err != nil {
		picture = nil // refused as no picture, behind what is checked first
	}
	err = h.bots.SetChatAvatar(ctx, o, p.BotID, p.ChatID, picture)
	return err == nil, err
}

// chatColorParams are the parameters of imbot.chat.updateColor.
type chatColorParams struct {
	ChatID   int64  `b24:"CHAT_ID,needed"`
	Color    string `b24:"COLOR,needed"`
	BotID    int64  `b24:"BOT_ID"`
	ClientID string `b24:"CLIENT_ID"`
}

func (h handlers) chatColor(ctx context.Context, c *rest.Call, p chatColorParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.SetChatColor(ctx, o, p.BotID, p.ChatID, p.Color)
	return err == nil, said(err, bot.ErrForeignBot, foreignBot)
}

// chatTitleParams are the parameters of imbot.chat.updateTitle.
type chatTitleParams struct {
	ChatID   int64  `b24:"CHAT_ID,needed"`
	Title    string `b24:"TITLE,needed"`
	BotID    int64  `b24:"BOT_ID"`
	ClientID string `b24:"CLIENT_ID"`
}

func (h handlers) chatTitle(ctx context.Context, c *rest.Call, p chatTitleParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	err = h.bots.SetChatTitle(ctx, o, p.BotID, p.ChatID, p.Title)
	return err == nil, said(err, bot.ErrForeignBot, foreignBot)
}

// chatUserAddParams are the parameters of imbot.chat.user.add.
type chatUserAddParams struct {
	ChatID      int64         `b24:"CHAT_ID,needed"`
	Users       phpform.Value `b24:"USERS,needed"`
	HideHistory *bool         `b24:"HIDE_HISTORY"`
	BotID       int64         `b24:"BOT_ID"`
	ClientID    string        `b24:"CLIENT_ID"`
}

func (h handlers) chatUserAdd(ctx context.Context, c *rest.Call, p chatUserAddParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	ids, ok := userList(p.Users)
	if !ok && p.ChatID > 0 {
		return false, bot.ErrUserList
	}
	err = h.bots.AddToChat(ctx, o, p.BotID, p.ChatID, ids, p.HideHistory == nil || *p.HideHistory)
	return err == nil, said(err, bot.ErrForeignBot, foreignBot)
}

func (h handlers) chatUserList(ctx context.Context, c *rest.Call, p chatParams) ([]int64, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return nil, err
	}
	ids, err := h.bots.ChatMembers(ctx, o, p.BotID, p.ChatID)
	return ids, said(err, bot.ErrForeignBot, foreignBot)
}

// messageLikeParams are the parameters of imbot.message.like.
type messageLikeParams struct {
	BotID     int64  `b24:"BOT_ID"`
	MessageID int64  `b24:"MESSAGE_ID,needed"`
	Action    string `b24:"ACTION"`
	ClientID  string `b24:"CLIENT_ID"`
}

func (h handlers) messageLike(ctx context.Context, c *rest.Call, p messageLikeParams) (bool, error) {
	o, err := owner(c, p.ClientID)
	if err != nil {
		return false, err
	}
	var on *bool
	switch strings.ToLower(strings.TrimSpace(p.Action)) {
	case "plus":
		on = new(true)
	case "minus":
		on = new(false)
	case "auto", "":
	default:
		return false, fault.Argument("ACTION", "Argument 'ACTION' must be auto, plus or minus")
	}
	err = h.bots.Like(ctx, o, p.BotID, p.MessageID, on)
	return err == nil, err
}
