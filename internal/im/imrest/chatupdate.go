package imrest

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// The faults of changing a chat (api-reference/chats/chat-update/).
var (
	errNotRenamed   = fault.New(fault.Denied, "ACCESS_ERROR", "This chat cannot be renamed")
	errColor        = fault.New(fault.Invalid, "WRONG_COLOR", "This color currently unavailable")
	errSameColor    = fault.New(fault.Invalid, "WRONG_REQUEST", "This color currently set or chat doesn't exist")
	errOwnAvatar    = fault.New(fault.Denied, "ACCESS_ERROR", "The avatar of this chat cannot be changed")
	errAvatarDenied = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied")
	errNoSuchChat   = fault.New(fault.Invalid, "WRONG_REQUEST", "Chat doesn't exist")
)

// updateTitleParams are the parameters of im.chat.updateTitle.
type updateTitleParams struct {
	ChatID   string `b24:"CHAT_ID,needed"`
	DialogID string `b24:"DIALOG_ID"`
	Title    string `b24:"TITLE,needed"`
}

func (h handlers) chatUpdateTitle(ctx context.Context, c *rest.Call, p updateTitleParams) (bool, error) {
	id, err := selectChat(p.ChatID, p.DialogID)
	if err != nil {
		return false, err
	}
	title := strings.TrimSpace(p.Title)
	if title == "" {
		return false, im.ErrTitle
	}
	chat, err := h.group(ctx, c.UserID, id)
	if err != nil {
		return false, err
	}
	err = h.im.UpdateChat(ctx, c.UserID, id, im.ChatChange{Title: &title})
	if errors.Is(err, im.ErrAccess) && chat.General() {
		return false, errNotRenamed.Because(err)
	}
	return err == nil, err
}

// updateColorParams are the parameters of im.chat.updateColor.
type updateColorParams struct {
	ChatID   string `b24:"CHAT_ID,needed"`
	DialogID string `b24:"DIALOG_ID"`
	Color    string `b24:"COLOR,needed"`
}

func (h handlers) chatUpdateColor(ctx context.Context, c *rest.Call, p updateColorParams) (bool, error) {
	id, err := selectChat(p.ChatID, p.DialogID)
	if err != nil {
		return false, err
	}
	code := strings.ToUpper(strings.TrimSpace(p.Color))
	if !im.KnownColor(code) {
		return false, errColor
	}
	chat, err := h.im.Get(ctx, c.UserID, id)
	switch {
	case errors.Is(err, im.ErrNoChat), err == nil && chat.ColorCode == code:
		return false, errSameColor.Because(err)
	case err != nil:
		return false, err
	}
	err = h.im.UpdateChat(ctx, c.UserID, id, im.ChatChange{ColorCode: &code})
	return err == nil, err
}

// updateAvatarParams are the parameters of im.chat.updateAvatar.
type updateAvatarParams struct {
	ChatID   string        `b24:"CHAT_ID,needed"`
	DialogID string        `b24:"DIALOG_ID"`
	Avatar   phpform.Value `b24:"AVATAR,needed"`
}

func (h handlers) chatUpdateAvatar(ctx context.Context, c *rest.Call, p updateAvatarParams) (bool, error) {
	id, err := selectChat(p.ChatID, p.DialogID)
	if err != nil {
		return false, err
	}
	_, raw, err := rest.File(p.Avatar)
	if err != nil || len(raw) == 0 {
		return false, errAvatarType.Because(err)
	}
	chat, err := h.im.Get(ctx, c.UserID, id)
	switch {
	case errors.Is(err, im.ErrNoChat):
		return false, errNoSuchChat.Because(err)
	case err != nil:
		return false, err
	case chat.Type == im.Private:
		return false, errUnavailable
	}
	err = h.im.SetAvatar(ctx, c.UserID, id, raw)
	switch {
	case errors.Is(err, im.ErrAccess) && chat.General():
		return false, errOwnAvatar.Because(err)
	case errors.Is(err, im.ErrAccess):
		return false, errAvatarDenied.Because(err)
	}
	return err == nil, avatarFault(err)
}

// setOwnerParams are the parameters of im.chat.setOwner.
type setOwnerParams struct {
	ChatID   string `b24:"CHAT_ID,needed"`
	DialogID string `b24:"DIALOG_ID"`
	UserID   string `b24:"USER_ID,needed"`
}

func (h handlers) chatSetOwner(ctx context.Context, c *rest.Call, p setOwnerParams) (bool, error) {
	id, err := selectChat(p.ChatID, p.DialogID)
	if err != nil {
		return false, err
	}
	owner, ok := number(p.UserID)
	if !ok || owner <= 0 {
		return false, errUserIDEmpty
	}
	if _, err := h.group(ctx, c.UserID, id); err != nil {
		return false, err
	}
	err = h.im.SetOwner(ctx, c.UserID, id, owner)
	return err == nil, err
}

// muteParams are the parameters of im.chat.mute.
type muteParams struct {
	ChatID   string `b24:"CHAT_ID"`
	DialogID string `b24:"DIALOG_ID"`
	Mute     string `b24:"MUTE"`
	Action   string `b24:"ACTION"` // the name of MUTE in earlier versions
}

var errNotMuted = fault.New(fault.Denied, "ACCESS_ERROR", "This chat cannot be muted")

// chatMute turns the caller's notifications of a chat off or on.
func (h handlers) chatMute(ctx context.Context, c *rest.Call, p muteParams) (bool, error) {
	if p.Mute == "" {
		p.Mute = p.Action
	}
	on, ok := flag(p.Mute, true)
	if !ok {
		return false, fault.Argument("MUTE", "Argument 'MUTE' must be Y or N")
	}
	dialogID := p.DialogID
	if strings.TrimSpace(dialogID) == "" {
		id, ok := number(p.ChatID)
		if !ok || id <= 0 {
			return false, errChatIDEmpty
		}
		dialogID = im.Dialog{ChatID: id}.String()
	}
	id, err := h.chatOf(ctx, c.UserID, dialogID)
	if err != nil {
		return false, pick(err, map[*fault.Fault]*fault.Fault{errDialogAccess: errNotMuted})
	}
	if id == 0 {
		return false, errNotMuted // nobody has written in it
	}
	err = h.im.Mute(ctx, c.UserID, id, on)
	return err == nil, pick(err, map[*fault.Fault]*fault.Fault{im.ErrNoChat: errNotMuted, im.ErrAccess: errNotMuted})
}

// chatOf returns the id of the chat that a dialog id names; 0 for a private chat in which nobody has written. It returns
// DIALOG_ID_EMPTY for what is no dialog id and ACCESS_ERROR for a dialog that does not exist.
func (h handlers) chatOf(ctx context.Context, viewer int64, dialogID string) (int64, error) {
	if _, ok := im.ParseDialog(dialogID); !ok {
		return 0, errDialogEmpty
	}
	id, err := h.im.ChatID(ctx, dialogID, viewer)
	return id, pick(err, dialogFaults)
}
