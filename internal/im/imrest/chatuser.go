package imrest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// The faults of members (api-reference/chats/chat-users/).
var (
	errNotExtended  = fault.New(fault.Denied, "ACCESS_ERROR", "It is forbidden to add users to this chat")
	errExtendDenied = fault.New(fault.Denied, "ACCESS_DENIED_EXTEND", "Insufficient permissions to add participants to the chat")
	errNotReduced   = fault.New(fault.Denied, "ACCESS_ERROR", "It is forbidden to delete users of this chat")
	errKickDenied   = fault.New(fault.Denied, "ACCESS_DENIED_KICK", "Insufficient rights to exclude participants from the chat")
	errLeaveDenied  = fault.New(fault.Denied, "ACCESS_DENIED_KICK", "Access denied to kick user from chat")
	errNotInChat    = fault.New(fault.Invalid, "USER_NOT_FOUND", "The specified user is not in the chat")
)

// userAddParams are the parameters of im.chat.user.add.
type userAddParams struct {
	ChatID      string        `b24:"CHAT_ID,needed"`
	Users       phpform.Value `b24:"USERS,required"`
	HideHistory string        `b24:"HIDE_HISTORY"`
}

func (h handlers) chatUserAdd(ctx context.Context, c *rest.Call, p userAddParams) (bool, error) {
	id, err := selectChat(p.ChatID, "")
	if err != nil {
		return false, err
	}
	users, ok := idList(p.Users)
	if !ok {
		return false, fault.Argument("USERS", "Argument 'USERS' must be a list of user ids")
	}
	hide, ok := flag(p.HideHistory, true)
	if !ok {
		return false, fault.Argument("HIDE_HISTORY", "Argument 'HIDE_HISTORY' must be Y or N")
	}
	chat, err := h.group(ctx, c.UserID, id)
	if err != nil {
		return false, err
	}
	if chat.General() {
		return false, errNotExtended
	}
	err = h.im.AddMembers(ctx, c.UserID, id, users, hide)
	return err == nil, pick(err, map[*fault.Fault]*fault.Fault{im.ErrAccess: errExtendDenied})
}

// userDeleteParams are the parameters of im.chat.user.delete.
type userDeleteParams struct {
	ChatID string `b24:"CHAT_ID,needed"`
	UserID string `b24:"USER_ID,needed"`
}

func (h handlers) chatUserDelete(ctx context.Context, c *rest.Call, p userDeleteParams) (bool, error) {
	id, err := selectChat(p.ChatID, "")
	if err != nil {
		return false, err
	}
	userID, ok := number(p.UserID)
	if !ok || userID <= 0 {
		return false, errUserIDEmpty
	}
	chat, err := h.group(ctx, c.UserID, id)
	if err != nil {
		return false, err
	}
	if chat.General() {
		return false, errNotReduced
	}
	role, err := h.im.Role(ctx, userID, id)
	if err != nil {
		return false, err
	}
	if role == "NONE" {
		return false, errNotInChat
	}
	err = h.im.RemoveMember(ctx, c.UserID, id, userID)
	return err == nil, pick(err, map[*fault.Fault]*fault.Fault{im.ErrAccess: errKickDenied})
}

// chatIDParams are the parameters of methods that take a chat alone.
type chatIDParams struct {
	ChatID string `b24:"CHAT_ID,needed"`
}

func (h handlers) chatLeave(ctx context.Context, c *rest.Call, p chatIDParams) (bool, error) {
	id, err := selectChat(p.ChatID, "")
	if err != nil {
		return false, err
	}
	chat, err := h.im.Get(ctx, c.UserID, id)
	switch {
	case errors.Is(err, im.ErrAccess):
		return false, errLeaveDenied.Because(err)
	case errors.Is(err, im.ErrNoChat), err == nil && chat.Type == im.Private:
		return false, errUnavailable
	case err != nil:
		return false, err
	case chat.General():
		return false, errNotReduced
	}
	err = h.im.Leave(ctx, c.UserID, id)
	return err == nil, err
}

// chatUserList answers the ids of a chat's members.
func (h handlers) chatUserList(ctx context.Context, c *rest.Call, p chatIDParams) ([]int64, error) {
	id, err := selectChat(p.ChatID, "")
	if err != nil {
		return nil, err
	}
	if _, err := h.group(ctx, c.UserID, id); err != nil {
		return nil, err
	}
	ids, err := h.im.MemberIDs(ctx, c.UserID, id)
	if ids == nil {
		ids = []int64{}
	}
	return ids, err
}

// dialogUsersParams are the parameters of im.dialog.users.list.
type dialogUsersParams struct {
	DialogID     string `b24:"DIALOG_ID,needed"`
	SkipExternal string `b24:"SKIP_EXTERNAL"`
	Except       string `b24:"SKIP_EXTERNAL_EXCEPT_TYPES"`
	Limit        int64  `b24:"LIMIT"`
	LastID       int64  `b24:"LAST_ID"`
	Offset       int64  `b24:"OFFSET"`
}

// external are the kinds of users that no person at the portal is, by how they are authorized.
var external = map[string]user.Kind{"bot": user.Bot, "email": user.Email, "imconnector": user.Visitor}

// kinds returns the kinds of users to answer; nil is all.
func (p dialogUsersParams) kinds() ([]user.Kind, bool) {
	skip, ok := flag(p.SkipExternal, false)
	if !ok || !skip {
		return nil, ok
	}
	kinds := []user.Kind{user.Employee, user.Extranet}
	for name := range strings.SplitSeq(strings.ToLower(p.Except), ",") {
		if k, known := external[strings.TrimSpace(name)]; known {
			kinds = append(kinds, k)
		}
	}
	return kinds, true
}

// dialogUsersList answers a page of a dialog's participants, by their ids.
func (h handlers) dialogUsersList(ctx context.Context, c *rest.Call, p dialogUsersParams) (rest.Page[userView], error) {
	var page rest.Page[userView]
	kinds, ok := p.kinds()
	if !ok {
		return page, fault.Argument("SKIP_EXTERNAL", "Argument 'SKIP_EXTERNAL' must be Y or N")
	}
	id, err := h.chatOf(ctx, c.UserID, p.DialogID)
	if err != nil {
		return page, err
	}
	ids, err := h.participants(ctx, c.UserID, id, p.DialogID)
	if err != nil {
		return page, pick(err, dialogFaults)
	}
	limit := p.Limit
	if limit <= 0 {
		limit = 50
	}
	limit, offset := min(limit, 200), max(p.Offset, 0)
	if p.LastID > 0 {
		ids = slices.DeleteFunc(ids, func(id int64) bool { return id <= p.LastID })
	}
	users, total, err := h.cfg.Users.Page(ctx, user.Query{IDs: ids, Kinds: kinds, Offset: offset, Limit: limit})
	if err != nil {
		return page, err
	}
	page.Items, err = h.listed(ctx, users, c.Start.Location())
	page.Total, page.Next = total, next(offset, int64(len(users)), total)
	return page, err
}

// participants returns who is in a dialog: of a private one in which nobody has written, the two who may.
func (h handlers) participants(ctx context.Context, viewer, chatID int64, dialogID string) ([]int64, error) {
	if chatID == 0 {
		d, _ := im.ParseDialog(dialogID)
		return []int64{viewer, d.UserID}, nil
	}
	return h.im.MemberIDs(ctx, viewer, chatID)
}
