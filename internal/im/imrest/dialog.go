package imrest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
)

// maxReaders is of how many members the answers about a dialog say how far they have read.
const maxReaders = 100

// dialogParams are the parameters of methods that take a dialog alone.
type dialogParams struct {
	DialogID string `b24:"DIALOG_ID,needed"`
}

// fullChat is a chat as im.dialog.get and im.search.chat.list answer it (api-reference/chats/im-dialog-get.md).
type fullChat struct {
	ID              int64            `json:"id"`
	ParentChatID    int64            `json:"parent_chat_id"`
	ParentMessageID int64            `json:"parent_message_id"`
	Name            string           `json:"name"`
	Description     string           `json:"description"`
	Owner           int64            `json:"owner"`
	Extranet        bool             `json:"extranet"`
	Avatar          string           `json:"avatar"`
	Color           string           `json:"color"`
	Type            string           `json:"type"`
	Counter         int64            `json:"counter"`
	UserCounter     int64            `json:"user_counter"`
	MessageCount    int64            `json:"message_count"`
	UnreadID        int64            `json:"unread_id"`
	Restrictions    fullRestrictions `json:"restrictions"`
	LastMessageID   int64            `json:"last_message_id"`
	LastID          int64            `json:"last_id"`
	MarkedID        int64            `json:"marked_id"`
	FolderID        int64            `json:"disk_folder_id"`
	EntityType      string           `json:"entity_type"`
	EntityID        string           `json:"entity_id"`
	EntityData1     string           `json:"entity_data_1"`
	EntityData2     string           `json:"entity_data_2"`
	EntityData3     string           `json:"entity_data_3"`
	MuteList        any              `json:"mute_list"`
	Created         string           `json:"date_create"`
	MessageType     im.Type          `json:"message_type"`
	Public          string           `json:"public"`
	Role            string           `json:"role"`
	EntityLink      entityLink       `json:"entity_link"`
	TextField       bool             `json:"text_field_enabled"`
	Background      *int64           `json:"background_id"`
	Permissions     permissionsView  `json:"permissions"`
	IsNew           bool             `json:"is_new"`
}

// fullRestrictions also tell where a chat's page is.
type fullRestrictions struct {
	restrictions

	Path      string `json:"path"`
	PathTitle string `json:"path_title"`
}

// dialogAnswer is the answer of im.dialog.get. When somebody read is not kept, only how far.
type dialogAnswer struct {
	fullChat

	Readers  []readerView `json:"readed_list"`
	Managers []int64      `json:"manager_list"`
	Views    viewsView    `json:"last_message_views"`
	DialogID string       `json:"dialog_id"`
}

type readerView struct {
	UserID    int64   `json:"user_id"`
	UserName  string  `json:"user_name"`
	MessageID int64   `json:"message_id"`
	Date      *string `json:"date"`
}

type viewsView struct {
	MessageID int64        `json:"message_id"`
	First     []viewerView `json:"first_viewers"`
	Count     int64        `json:"count_of_viewers"`
}

type viewerView struct {
	UserID   int64   `json:"user_id"`
	UserName string  `json:"user_name"`
	Date     *string `json:"date"`
}

// dialogGet answers what is known of a dialog.
func (h handlers) dialogGet(ctx context.Context, c *rest.Call, p dialogParams) (dialogAnswer, error) {
	var v dialogAnswer
	id, err := h.chatOf(ctx, c.UserID, p.DialogID)
	if err != nil {
		return v, err
	}
	d, _ := im.ParseDialog(p.DialogID)
	if id == 0 {
		v.Readers, v.Managers, v.Views.First = []readerView{}, []int64{}, []viewerView{}
		v.DialogID = d.String()
		chat := im.Chat{Type: im.Private, UserA: min(c.UserID, d.UserID), UserB: max(c.UserID, d.UserID), MemberCount: 2, TextField: true}
		v.fullChat, err = h.fullChat(ctx, c, chat)
		return v, err
	}
	chat, err := h.im.Get(ctx, c.UserID, id)
	if err != nil {
		return v, pick(err, dialogFaults)
	}
	v, err = h.describe(ctx, c, chat)
	v.DialogID = d.String()
	return v, err
}

// describe is the answer about a chat.
func (h handlers) describe(ctx context.Context, c *rest.Call, chat im.Chat) (v dialogAnswer, err error) {
	v.Readers, v.Managers, v.Views.First = []readerView{}, []int64{}, []viewerView{}
	v.DialogID = im.Dialog{ChatID: chat.ID}.String()
	if v.fullChat, err = h.fullChat(ctx, c, chat); err != nil {
		return v, err
	}
	if v.Managers, err = h.im.Managers(ctx, chat.ID); err != nil {
		return v, err
	}
	err = h.addReaders(ctx, &v, c.UserID, chat)
	return v, err
}

// addReaders says how far the others have read, and how many of them have seen the last message.
func (h handlers) addReaders(ctx context.Context, v *dialogAnswer, viewer int64, chat im.Chat) error {
	v.Views.MessageID = chat.LastMessageID
	members, err := h.im.MembersPage(ctx, viewer, chat.ID, 0, maxReaders, false)
	if err != nil {
		return err
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.UserID
	}
	users, err := h.cfg.Users.Many(ctx, ids)
	if err != nil {
		return err
	}
	seen, last, err := h.im.SeenBy(ctx, viewer, chat.ID, chat.LastMessageID)
	if err != nil {
		return err
	}
	v.Views.Count = seen
	for _, m := range members {
		name := users[m.UserID].DisplayName()
		if m.UserID != viewer {
			v.Readers = append(v.Readers, readerView{UserID: m.UserID, UserName: name, MessageID: m.ReadMessageID})
		}
		if chat.LastMessageID > 0 && m.UserID != last && m.ReadMessageID >= chat.LastMessageID {
			v.Views.First = append(v.Views.First, viewerView{UserID: m.UserID, UserName: name})
		}
	}
	return nil
}

// fullChat describes a chat to the caller.
func (h handlers) fullChat(ctx context.Context, c *rest.Call, chat im.Chat) (fullChat, error) {
	var muted map[int64][]int64
	var marks im.Marks
	var lastRead int64
	var marked bool
	if chat.ID != 0 {
		page, err := h.im.Messages(ctx, c.UserID, im.History{ChatID: chat.ID, Limit: 1, Marks: true})
		if err != nil {
			return fullChat{}, err
		}
		marks, lastRead, marked = page.Marks, page.Member.ReadMessageID, page.Member.Marked
		if muted, err = h.im.MutedBy(ctx, []int64{chat.ID}); err != nil {
			return fullChat{}, err
		}
	}
	look, err := h.looks(ctx, c.UserID, c.Start.Location(), []im.Chat{chat})
	if err != nil {
		return fullChat{}, err
	}
	s := look.chat(chat, muteList(muted[chat.ID]))
	v := fullChat{
		ID: chat.ID, Name: s.Name, Description: chat.Description, Owner: s.Owner, Extranet: s.Extranet, Avatar: s.Avatar,
		Color: s.Color, Type: s.Type, Counter: marks.Unread, UserCounter: s.UserCounter, MessageCount: chat.LastSeq,
		UnreadID: marks.FirstUnread, Restrictions: fullRestrictions{restrictions: s.Restrictions}, LastMessageID: chat.LastMessageID,
		LastID: lastRead, EntityType: s.EntityType, EntityID: s.EntityID, EntityData1: s.EntityData1, EntityData2: s.EntityData2, EntityData3: s.EntityData3, MuteList: s.MuteList, Created: s.Created,
		MessageType: s.MessageType, Role: strings.ToLower(s.Role), EntityLink: s.EntityLink, TextField: s.TextField,
		Permissions: s.Permissions, IsNew: chat.LastMessageID == 0,
	}
	if h.cfg.Files != nil && chat.ID != 0 {
		if v.FolderID, err = h.cfg.Files.Folder(ctx, chat.ID); err != nil {
			return fullChat{}, err
		}
	}
	if marked {
		v.MarkedID = max(marks.FirstUnread, lastRead)
	}
	return v, nil
}

// dialogReadParams are the parameters of im.dialog.read.
type dialogReadParams struct {
	DialogID  string `b24:"DIALOG_ID,needed"`
	MessageID int64  `b24:"MESSAGE_ID"`
}

type dialogReadView struct {
	DialogID string `json:"dialogId"`
	ChatID   int64  `json:"chatId"`
	LastID   int64  `json:"lastId"`
	Counter  int64  `json:"counter"`
}

// dialogRead marks messages as read and answers what remains; false where the dialog is not the caller's.
func (h handlers) dialogRead(ctx context.Context, c *rest.Call, p dialogReadParams) (any, error) {
	id, err := h.own(ctx, c.UserID, p.DialogID)
	if err != nil || id == 0 {
		return false, err
	}
	if _, err := h.im.Read(ctx, c.UserID, id, max(p.MessageID, 0)); err != nil {
		return nil, err
	}
	page, err := h.im.Messages(ctx, c.UserID, im.History{ChatID: id, Limit: 1, Marks: true})
	if err != nil {
		return nil, err
	}
	d, _ := im.ParseDialog(p.DialogID)
	return dialogReadView{DialogID: d.String(), ChatID: id, LastID: page.Member.ReadMessageID, Counter: page.Marks.Unread}, nil
}

// own returns the id of a chat of the caller's; 0 where the dialog is not theirs or nobody has written. It returns
// DIALOG_ID_EMPTY for what is no dialog id.
func (h handlers) own(ctx context.Context, viewer int64, dialogID string) (int64, error) {
	id, err := h.chatOf(ctx, viewer, dialogID)
	if errors.Is(err, errDialogAccess) || err == nil && id == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, err = h.im.Get(ctx, viewer, id)
	if errors.Is(err, im.ErrAccess) || errors.Is(err, im.ErrNoChat) {
		return 0, nil
	}
	return id, err
}

// dialogUnreadParams are the parameters of im.dialog.unread.
type dialogUnreadParams struct {
	DialogID  string `b24:"DIALOG_ID,needed"`
	MessageID string `b24:"MESSAGE_ID,needed"`
}

var errFirstUnread = fault.New(fault.Invalid, "MESSAGE_ID_ERROR", "First unread message id can't be empty")

// dialogUnread makes a message and those after it unread again; false where they are not the caller's.
func (h handlers) dialogUnread(ctx context.Context, c *rest.Call, p dialogUnreadParams) (bool, error) {
	message, ok := number(p.MessageID)
	if !ok || message <= 0 {
		return false, errFirstUnread
	}
	id, err := h.own(ctx, c.UserID, p.DialogID)
	if err != nil || id == 0 {
		return false, err
	}
	err = h.im.MarkUnreadFrom(ctx, c.UserID, id, message)
	if errors.Is(err, im.ErrNoMessage) {
		return false, nil
	}
	return err == nil, err
}

// dialogReadAll marks everything as read.
func (h handlers) dialogReadAll(ctx context.Context, c *rest.Call, _ rest.None) (bool, error) {
	err := h.im.ReadAll(ctx, c.UserID)
	return err == nil, err
}

// dialogWriting shows the others that the caller writes.
func (h handlers) dialogWriting(ctx context.Context, c *rest.Call, p dialogParams) (bool, error) {
	id, err := h.chatOf(ctx, c.UserID, p.DialogID)
	table := map[*fault.Fault]*fault.Fault{errDialogAccess: errUnavailable, im.ErrNoChat: errUnavailable}
	if err != nil {
		return false, pick(err, table)
	}
	if id == 0 { // in a private chat that does not exist yet there is nothing to show
		return true, nil
	}
	err = h.im.Typing(ctx, c.UserID, id)
	return err == nil, pick(err, table)
}

// looks describes chats to a viewer.
type looks struct {
	viewer   int64
	zone     *time.Location
	base     string
	peers    map[int64]userView
	roles    map[int64]string
	managers map[int64][]int64
}

// looks reads what the descriptions of chats need.
func (h handlers) looks(ctx context.Context, viewer int64, zone *time.Location, chats []im.Chat) (l looks, err error) {
	l = looks{viewer: viewer, zone: zone, base: h.cfg.BaseURL(), roles: map[int64]string{}, managers: map[int64][]int64{}}
	var peers []int64
	for _, c := range chats {
		if c.Type == im.Private {
			peers = append(peers, c.Peer(viewer))
			continue
		}
		if l.roles[c.ID], err = h.im.Role(ctx, viewer, c.ID); err != nil {
			return l, err
		}
		if l.managers[c.ID], err = h.im.Managers(ctx, c.ID); err != nil {
			return l, err
		}
	}
	if len(peers) > 0 {
		l.peers, err = h.userViews(ctx, peers, zone)
	}
	return l, err
}

func idText(id int64) string { return strconv.FormatInt(id, 10) }
