package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
)

// ChatKind says what a chat is to a bot that wants to do something there.
type ChatKind int

// The kinds of chats.
const (
	Outside   ChatKind = iota // there is none, or the bot is not in it
	PrivateOf                 // of the bot and somebody
	GeneralOf                 // the chat of all employees, which is what it is
	GroupOf                   // any other
)

// NewChat describes a group chat that a bot makes.
type NewChat struct {
	BotID       int64 // becomes its owner
	Title       string
	Description string
	ColorCode   string // one of Colors, or empty
	Open        bool   // any employee may find and join it
	UserIDs     []int64
	Avatar      []byte // a picture; empty: none
	EntityType  string // what the chat belongs to
	EntityID    string
}

// Look is what of a chat's looks to change; nil leaves it as it is.
type Look struct {
	Title, ColorCode *string
}

// Chats is what bots make and change chats with. The faults that it returns are those of the messenger.
type Chats interface {
	KindOf(ctx context.Context, botID, chatID int64) (ChatKind, error)
	Create(ctx context.Context, c NewChat) (chatID int64, err error)
	Leave(ctx context.Context, botID, chatID int64) error
	AddMembers(ctx context.Context, botID, chatID int64, userIDs []int64, hideHistory bool) error
	RemoveMember(ctx context.Context, botID, chatID, userID int64) error
	MemberIDs(ctx context.Context, botID, chatID int64) ([]int64, error)
	SetManager(ctx context.Context, botID, chatID, userID int64, on bool) error
	SetOwner(ctx context.Context, botID, chatID, userID int64) error
	// SetLook reports whether that changed anything.
	SetLook(ctx context.Context, botID, chatID int64, l Look) (changed bool, err error)
	SetAvatar(ctx context.Context, botID, chatID int64, picture []byte) error
	// Like sets a bot's reaction to a message; on nil turns it round. It reports whether that changed anything.
	Like(ctx context.Context, botID, messageID int64, on *bool) (changed bool, err error)
}

// Colors are the names of the colours of chats.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-update-color.md.
var Colors = []string{
	"RED", "GREEN", "MINT", "LIGHT_BLUE", "DARK_BLUE", "PURPLE", "AQUA", "PINK", "LIME", "BROWN", "AZURE", "KHAKI", "SAND", "MARENGO", "GRAY", "GRAPHITE",
}

// The faults of imbot.chat.*, as their pages list them.
var (
	ErrChatID       = fault.New(fault.Invalid, "CHAT_ID_EMPTY", "Chat ID can't be empty")
	ErrUserID       = fault.New(fault.Invalid, "USER_ID_EMPTY", "User ID can't be empty")
	ErrChatCreate   = fault.New(fault.Invalid, "WRONG_REQUEST", "Chat can't be created")
	ErrChatAccess   = fault.New(fault.Denied, "ACCESS_ERROR", "Action unavailable")
	ErrChatNoLeave  = fault.New(fault.Denied, "ACCESS_ERROR", "It is forbidden to delete users of this chat")
	ErrChatNoAdd    = fault.New(fault.Denied, "ACCESS_ERROR", "It is forbidden to add users to this chat")
	ErrChatNoRename = fault.New(fault.Denied, "ACCESS_ERROR", "This chat cannot be renamed")
	ErrChatNoAvatar = fault.New(fault.Denied, "ACCESS_ERROR", "The avatar of this chat cannot be changed")
	ErrChatDenied   = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied")
	ErrLeave        = fault.New(fault.Invalid, "WRONG_REQUEST", "You don't have access or user isn't a member in chat")
	ErrAddMembers   = fault.New(fault.Invalid, "WRONG_REQUEST", "You don't have access or user already member in chat")
	ErrNoMember     = fault.New(fault.Invalid, "WRONG_REQUEST", "You don't have access or user isn't a member of the chat")
	ErrUserList     = fault.New(fault.Invalid, "WRONG_REQUEST", "User IDs must be passed in array format")
	ErrUsersFormat  = fault.New(fault.Invalid, "INVALID_FORMAT", "Parameter USERS has wrong type")
	ErrManager      = fault.New(fault.Invalid, "WRONG_REQUEST", "Change manager can only owner and user must be member in chat")
	ErrOwner        = fault.New(fault.Invalid, "WRONG_REQUEST", "Change owner can only owner and user must be member in chat")
	ErrTitle        = fault.New(fault.Invalid, "TITLE_EMPTY", "Title can't be empty")
	ErrColor        = fault.New(fault.Invalid, "WRONG_COLOR", "This color currently unavailable")
	ErrSameColor    = fault.New(fault.Invalid, "WRONG_REQUEST", "This color currently set or chat doesn't exist")
	ErrAvatarType   = fault.New(fault.Invalid, "AVATAR_ERROR", "Avatar incorrect type")
	ErrAvatarSize   = fault.New(fault.Invalid, "AVATAR_ERROR", "Avatar incorrect size (max 5000x5000)")
	ErrNoSuchChat   = fault.New(fault.Invalid, "WRONG_REQUEST", "Chat doesn't exist")
	ErrSameLike     = fault.New(fault.Invalid, "WITHOUT_CHANGES", "Action completed without changes")
)

// place is a chat in which a bot wants to do something.
type place struct {
	bot  Bot
	kind ChatKind
}

// placeOf returns the bot botID of an owner, 0 for the first, and what the chat is to it. Faults: BOT_ID_ERROR, APP_ID_ERROR,
// CHAT_ID_EMPTY, USER_ID_EMPTY where userID is one that is needed and missing; -1 is not needed.
func (s *Service) placeOf(ctx context.Context, o Owner, botID, chatID, userID int64) (place, error) {
	switch {
	case chatID <= 0:
		return place{}, ErrChatID
	case userID == 0 || userID < -1:
		return place{}, ErrUserID
	}
	b, err := s.Owned(ctx, o, botID)
	if err != nil {
		return place{}, err
	}
	k, err := s.chats.KindOf(ctx, b.ID, chatID)
	return place{b, k}, err
}

// refused gives what the messenger refused the fault of a method; what is nobody's mistake stays.
func refused(err error, f *fault.Fault) error {
	if err == nil {
		return nil
	}
	return because(f, err)
}

// CreateChat makes a group chat of a bot, 0 for the owner's first, with a first message where it is not empty, and returns its
// id. Faults: BOT_ID_ERROR, APP_ID_ERROR, WRONG_REQUEST.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-add.md.
func (s *Service) CreateChat(ctx context.Context, o Owner, c NewChat, message string) (int64, error) {
	b, err := s.Owned(ctx, o, c.BotID)
	if err != nil {
		return 0, err
	}
	c.BotID = b.ID
	c.ColorCode = strings.ToUpper(strings.TrimSpace(c.ColorCode))
	if c.ColorCode != "" && !slices.Contains(Colors, c.ColorCode) {
		return 0, ErrChatCreate.At("COLOR")
	}
	if strings.TrimSpace(c.Title) == "" {
		users, err := s.users.Many(ctx, []int64{b.ID})
		if err != nil {
			return 0, err
		}
		c.Title = "Chat of " + users[b.ID].DisplayName()
	}
	id, err := s.chats.Create(ctx, c)
	if err != nil {
		return 0, because(ErrChatCreate, err)
	}
	if message = strings.TrimSpace(message); message != "" {
		if _, err := s.messenger.Send(ctx, NewMessage{ChatID: id, AuthorID: b.ID, Text: message}); err != nil {
			return 0, because(ErrChatCreate, err)
		}
	}
	return id, nil
}

// LeaveChat takes a bot out of a chat. Faults: CHAT_ID_EMPTY, ACCESS_ERROR, WRONG_REQUEST, BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-leave.md.
func (s *Service) LeaveChat(ctx context.Context, o Owner, botID, chatID int64) error {
	p, err := s.placeOf(ctx, o, botID, chatID, -1)
	switch {
	case err != nil:
		return err
	case p.kind == PrivateOf:
		return ErrChatAccess
	case p.kind == GeneralOf:
		return ErrChatNoLeave
	}
	return refused(s.chats.Leave(ctx, p.bot.ID, chatID), ErrLeave)
}

// AddToChat adds users to a chat as a bot. Faults: CHAT_ID_EMPTY, ACCESS_ERROR, WRONG_REQUEST also where all are members already,
// BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-user-add.md.
func (s *Service) AddToChat(ctx context.Context, o Owner, botID, chatID int64, userIDs []int64, hideHistory bool) error {
	p, err := s.placeOf(ctx, o, botID, chatID, -1)
	switch {
	case err != nil:
		return err
	case p.kind == PrivateOf:
		return ErrChatAccess
	case p.kind == GeneralOf:
		return ErrChatNoAdd
	case p.kind == Outside || len(userIDs) == 0:
		return ErrAddMembers
	}
	members, err := s.chats.MemberIDs(ctx, p.bot.ID, chatID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(userIDs, func(id int64) bool { return !slices.Contains(members, id) }) {
		return ErrAddMembers
	}
	return refused(s.chats.AddMembers(ctx, p.bot.ID, chatID, userIDs, hideHistory), ErrAddMembers)
}

// RemoveFromChat takes somebody out of a chat as a bot. Faults: CHAT_ID_EMPTY, USER_ID_EMPTY, ACCESS_ERROR, WRONG_REQUEST,
// BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-user-delete.md.
func (s *Service) RemoveFromChat(ctx context.Context, o Owner, botID, chatID, userID int64) error {
	p, err := s.placeOf(ctx, o, botID, chatID, max(userID, 0))
	switch {
	case err != nil:
		return err
	case p.kind == PrivateOf:
		return ErrChatAccess
	case p.kind == GeneralOf:
		return ErrChatNoLeave
	}
	return refused(s.chats.RemoveMember(ctx, p.bot.ID, chatID, userID), ErrNoMember)
}

// ChatMembers returns who is in a chat of a bot, by their ids. Faults: CHAT_ID_EMPTY, ACCESS_ERROR, BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-user-list.md.
func (s *Service) ChatMembers(ctx context.Context, o Owner, botID, chatID int64) ([]int64, error) {
	p, err := s.placeOf(ctx, o, botID, chatID, -1)
	switch {
	case err != nil:
		return nil, err
	case p.kind == Outside || p.kind == PrivateOf:
		return nil, ErrChatAccess
	}
	ids, err := s.chats.MemberIDs(ctx, p.bot.ID, chatID)
	return ids, refused(err, ErrChatAccess)
}

// SetChatManager makes a member a manager of a bot's chat, or takes that away. Faults: CHAT_ID_EMPTY, USER_ID_EMPTY, WRONG_REQUEST,
// BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-set-manager.md.
func (s *Service) SetChatManager(ctx context.Context, o Owner, botID, chatID, userID int64, on bool) error {
	p, err := s.placeOf(ctx, o, botID, chatID, max(userID, 0))
	if err != nil {
		return err
	}
	return refused(s.chats.SetManager(ctx, p.bot.ID, chatID, userID, on), ErrManager)
}

// SetChatOwner gives a bot's chat to another member. Faults: CHAT_ID_EMPTY, USER_ID_EMPTY, ACCESS_ERROR, WRONG_REQUEST, BOT_ID_ERROR,
// APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-set-owner.md.
func (s *Service) SetChatOwner(ctx context.Context, o Owner, botID, chatID, userID int64) error {
	p, err := s.placeOf(ctx, o, botID, chatID, max(userID, 0))
	switch {
	case err != nil:
		return err
	case p.kind == PrivateOf || p.kind == GeneralOf:
		return ErrChatAccess
	}
	return refused(s.chats.SetOwner(ctx, p.bot.ID, chatID, userID), ErrOwner)
}

// SetChatAvatar gives a chat a picture. Faults: CHAT_ID_EMPTY, ACCESS_DENIED, ACCESS_ERROR, AVATAR_ERROR, WRONG_REQUEST, BOT_ID_ERROR,
// APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-update-avatar.md.
func (s *Service) SetChatAvatar(ctx context.Context, o Owner, botID, chatID int64, picture []byte) error {
	p, err := s.placeOf(ctx, o, botID, chatID, -1)
	switch {
	case err != nil:
		return err
	case len(picture) == 0:
		return ErrAvatarType
	case p.kind == Outside:
		return ErrNoSuchChat
	case p.kind == PrivateOf:
		return ErrChatAccess
	case p.kind == GeneralOf:
		return ErrChatNoAvatar
	}
	err = s.chats.SetAvatar(ctx, p.bot.ID, chatID, picture)
	switch fault.Of(err).Code {
	case "AVATAR_TYPE":
		return ErrAvatarType.Because(err)
	case "AVATAR_DIMENSIONS", "AVATAR_SIZE":
		return ErrAvatarSize.Because(err)
	}
	return refused(err, ErrChatDenied)
}

// SetChatColor gives a chat a colour, by its name. Faults: CHAT_ID_EMPTY, ACCESS_ERROR, WRONG_COLOR, WRONG_REQUEST also where it has the
// colour, BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-update-color.md.
func (s *Service) SetChatColor(ctx context.Context, o Owner, botID, chatID int64, color string) error {
	p, err := s.placeOf(ctx, o, botID, chatID, -1)
	color = strings.ToUpper(strings.TrimSpace(color))
	switch {
	case err != nil:
		return err
	case !slices.Contains(Colors, color):
		return ErrColor
	case p.kind == Outside:
		return ErrSameColor
	case p.kind != GroupOf:
		return ErrChatAccess
	}
	changed, err := s.chats.SetLook(ctx, p.bot.ID, chatID, Look{ColorCode: &color})
	if err == nil && !changed {
		return ErrSameColor
	}
	return refused(err, ErrChatAccess)
}

// SetChatTitle renames a chat. Faults: CHAT_ID_EMPTY, TITLE_EMPTY, ACCESS_ERROR, BOT_ID_ERROR, APP_ID_ERROR.
// Page: api-reference/chat-bots/outdated/chats/imbot-chat-update-title.md.
func (s *Service) SetChatTitle(ctx context.Context, o Owner, botID, chatID int64, title string) error {
	p, err := s.placeOf(ctx, o, botID, chatID, -1)
	title = strings.TrimSpace(title)
	switch {
	case err != nil:
		return err
	case title == "":
		return ErrTitle
	case p.kind == GeneralOf:
		return ErrChatNoRename
	case p.kind != GroupOf:
		return ErrChatAccess
	}
	_, err = s.chats.SetLook(ctx, p.bot.ID, chatID, Look{Title: &title})
	return refused(err, ErrChatAccess)
}

// Like sets or takes back a bot's like of a message that it sees; on nil turns it round. Faults: BOT_ID_ERROR, APP_ID_ERROR,
// MESSAGE_ID_ERROR, WITHOUT_CHANGES also for a message that it does not see.
// Page: api-reference/chat-bots/outdated/messages/imbot-message-like.md.
func (s *Service) Like(ctx context.Context, o Owner, botID, messageID int64, on *bool) error {
	b, err := s.Owned(ctx, o, botID)
	if err != nil {
		return err
	}
	if messageID <= 0 {
		return ErrMessageID
	}
	changed, err := s.chats.Like(ctx, b.ID, messageID, on)
	if err == nil && !changed {
		return ErrSameLike
	}
	return refused(err, ErrSameLike)
}
