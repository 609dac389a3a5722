package imrest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// messageAddParams are the parameters of im.message.add. TEMPLATE_ID is the sender's own name for the message, answered as
// its uuid.
type messageAddParams struct {
	DialogID   string        `b24:"DIALOG_ID,needed"`
	Message    string        `b24:"MESSAGE,needed"`
	Attach     phpform.Value `b24:"ATTACH"`
	Keyboard   phpform.Value `b24:"KEYBOARD"`
	Menu       phpform.Value `b24:"MENU"`
	System     string        `b24:"SYSTEM"`
	URLPreview string        `b24:"URL_PREVIEW"`
	ReplyID    string        `b24:"REPLY_ID"`
	TemplateID string        `b24:"TEMPLATE_ID"`
}

// addFaults are what im.message.add documents; all of them are answered with status 400.
var addFaults = map[*fault.Fault]*fault.Fault{
	im.ErrNoChat:               fault.New(fault.Invalid, "CHAT_ID", "Error creating message"),
	im.ErrAccess:               fault.New(fault.Invalid, im.ErrAccess.Code, im.ErrAccess.Text),
	attach.ErrAttachOversize:   invalid(attach.ErrAttachOversize),
	attach.ErrKeyboardOversize: invalid(attach.ErrKeyboardOversize),
	attach.ErrMenuOversize:     invalid(attach.ErrMenuOversize),
}

func invalid(f *fault.Fault) *fault.Fault { return fault.New(fault.Invalid, f.Code, f.Text) }

var errUserIDEmpty = fault.New(fault.Invalid, "USER_ID_EMPTY", "User ID can't be empty")

// messageAdd sends a message as the caller and answers its id.
func (h handlers) messageAdd(ctx context.Context, c *rest.Call, p messageAddParams) (int64, error) {
	id, err := h.add(ctx, c.UserID, p)
	return id, pick(err, addFaults)
}

func (h handlers) add(ctx context.Context, sender int64, p messageAddParams) (int64, error) {
	if _, ok := im.ParseDialog(p.DialogID); !ok {
		return 0, errUserIDEmpty
	}
	n, err := p.message()
	if err != nil {
		return 0, err
	}
	if err := h.mayOpen(ctx, sender, p.DialogID, n); err != nil {
		return 0, err
	}
	chat, err := h.im.OpenDialog(ctx, p.DialogID, sender)
	if err != nil {
		return 0, err
	}
	n.ChatID, n.AuthorID = chat.ID, sender
	m, err := h.im.Send(ctx, n)
	return m.ID, err
}

// mayOpen finds what is wrong with a message before a private chat is created for it.
func (h handlers) mayOpen(ctx context.Context, sender int64, dialogID string, n im.NewMessage) error {
	switch {
	case strings.TrimSpace(n.Text) == "" && len(n.Attach) == 0:
		return im.ErrMessageEmpty
	case n.UUID != "" && !im.IsUUID(n.UUID):
		return im.ErrParams
	case n.ReplyID == 0:
		return nil
	}
	chat, err := h.im.Resolve(ctx, dialogID, sender)
	if err != nil || chat.ID != 0 {
		return err
	}
	return h.im.CheckReply(ctx, sender, n.ReplyID)
}

func (p messageAddParams) message() (im.NewMessage, error) {
	n := im.NewMessage{Text: p.Message, UUID: p.TemplateID}
	system, ok := flag(p.System, false)
	preview, ok2 := flag(p.URLPreview, true)
	reply, ok3 := number(p.ReplyID)
	if !ok || !ok2 || !ok3 || reply < 0 {
		return n, im.ErrParams
	}
	n.System, n.NoPreview, n.ReplyID = system, !preview, reply
	var err error
	if n.Attach, err = attach.ParseAttach(p.Attach); err != nil {
		return n, err
	}
	if n.Keyboard, err = attach.ParseKeyboard(p.Keyboard); err != nil {
		return n, err
	}
	n.Menu, err = attach.ParseMenu(p.Menu)
	return n, err
}

// number reads a whole number; nothing is 0.
func number(text string) (int64, bool) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// dialogMessagesGetParams are the parameters of im.dialog.messages.get.
type dialogMessagesGetParams struct {
	DialogID string  `b24:"DIALOG_ID,needed"`
	LastID   *string `b24:"LAST_ID"`
	FirstID  *string `b24:"FIRST_ID"`
	Limit    int64   `b24:"LIMIT"`
}

// The faults of im.dialog.messages.get.
var (
	errDialogEmpty  = fault.New(fault.Invalid, "DIALOG_ID_EMPTY", "Dialog ID can't be empty")
	errFirstID      = fault.New(fault.Invalid, "FIRST_ID_STRING", "First ID can't be string")
	errLastID       = fault.New(fault.Invalid, "LAST_ID_STRING", "Last ID can't be string")
	errDialogAccess = fault.New(fault.Denied, "ACCESS_ERROR", "You do not have access to the specified dialog")
)

var dialogFaults = map[*fault.Fault]*fault.Fault{
	im.ErrNoChat: errDialogAccess,
	im.ErrNoUser: errDialogAccess,
	im.ErrAccess: errDialogAccess,
}

// messagesView is the answer of im.dialog.messages.get.
type messagesView struct {
	ChatID   int64         `json:"chat_id"`
	Messages []messageView `json:"messages"`
	Users    []userView    `json:"users"`
	Files    []any         `json:"files"`
}

type messageView struct {
	ID           int64      `json:"id"`
	ChatID       int64      `json:"chat_id"`
	AuthorID     int64      `json:"author_id"`
	Date         string     `json:"date"`
	Text         string     `json:"text"`
	Unread       bool       `json:"unread"`
	UUID         *string    `json:"uuid"`
	Replaces     []struct{} `json:"replaces"`
	Params       any        `json:"params"` // paramsView; an empty list where there are none
	Disappearing *string    `json:"disappearing_date"`
}

// paramsView is what a message carries beside its text.
type paramsView struct {
	Code      []string        `json:"CODE,omitempty"`
	Notify    string          `json:"NOTIFY,omitempty"`
	Attach    json.RawMessage `json:"ATTACH,omitempty"`
	Keyboard  json.RawMessage `json:"KEYBOARD,omitempty"`
	Menu      json.RawMessage `json:"MENU,omitempty"`
	ReplyID   int64           `json:"REPLY_ID,omitempty"`
	IsEdited  string          `json:"IS_EDITED,omitempty"`
	IsDeleted string          `json:"IS_DELETED,omitempty"`
	Like      []int64         `json:"LIKE,omitempty"` // who reacted, in whatever way
	FileID    []int64         `json:"FILE_ID,omitempty"`
	Forward   string          `json:"FORWARD_ID,omitempty"` // "12/345": message 345 of chat 12
}

// dialogMessagesGet answers a page of a chat: the newest messages, those older than LAST_ID, or those newer than FIRST_ID.
func (h handlers) dialogMessagesGet(ctx context.Context, c *rest.Call, p dialogMessagesGetParams) (messagesView, error) {
	history, err := p.history()
	if err != nil {
		return messagesView{}, err
	}
	history.ChatID, err = h.im.ChatID(ctx, p.DialogID, c.UserID)
	if err != nil {
		return messagesView{}, pick(err, dialogFaults)
	}
	v := messagesView{ChatID: history.ChatID, Messages: []messageView{}, Users: []userView{}, Files: []any{}}
	if history.ChatID == 0 { // nobody has written yet
		return v, nil
	}
	page, err := h.im.Messages(ctx, c.UserID, history)
	if err != nil {
		return messagesView{}, pick(err, dialogFaults)
	}
	zone := c.Start.Location()
	likes, err := h.im.ReactedBy(ctx, page.Messages)
	if err != nil {
		return messagesView{}, err
	}
	for _, m := range page.Messages {
		v.Messages = append(v.Messages, messageOf(m, likes[m.ID], zone))
	}
	if v.Files, err = h.fileViews(ctx, c.UserID, history.ChatID, page.Messages, zone); err != nil {
		return messagesView{}, err
	}
	v.Users, err = h.listedIDs(ctx, people(page.Messages), zone)
	return v, err
}

func (p dialogMessagesGetParams) history() (im.History, error) {
	h := im.History{Exact: true, Limit: 20}
	if _, ok := im.ParseDialog(p.DialogID); !ok {
		return h, errDialogEmpty
	}
	if p.Limit > 0 {
		h.Limit = min(p.Limit, 50)
	}
	if p.FirstID != nil && strings.TrimSpace(*p.FirstID) != "" {
		n, ok := number(*p.FirstID)
		if !ok {
			return h, errFirstID
		}
		h.After, h.First = max(n, 0), true
	}
	if p.LastID != nil {
		n, ok := number(*p.LastID)
		if !ok {
			return h, errLastID
		}
		if !h.First {
			h.Before = max(n, 0)
		}
	}
	return h, nil
}

// people returns who wrote messages and who is named by system messages, each once, in the order of their ids.
func people(messages []im.Message) []int64 {
	var ids []int64
	for _, m := range messages {
		if m.AuthorID != 0 {
			ids = append(ids, m.AuthorID)
		}
		if m.System {
			named, _ := bbcode.Mentions(m.Text)
			ids = append(ids, named...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func messageOf(m im.Message, likes []int64, zone *time.Location) messageView {
	v := messageView{
		ID: m.ID, ChatID: m.ChatID, AuthorID: m.AuthorID, Date: atom(m.Date, zone), Text: m.Text, Unread: m.Unread,
		Replaces: []struct{}{}, Params: []struct{}{},
	}
	if m.UUID != "" {
		v.UUID = &m.UUID
	}
	if p := paramsOf(m, likes); !p.empty() {
		v.Params = p
	}
	return v
}

func paramsOf(m im.Message, likes []int64) paramsView {
	p := paramsView{
		Attach: m.Extra.Attach, Keyboard: m.Extra.Keyboard, Menu: m.Extra.Menu, ReplyID: m.ReplyID, Like: likes, FileID: m.Extra.Files,
	}
	if f := m.Extra.Forward; f != nil {
		p.Forward = idText(f.ChatID) + "/" + idText(f.MessageID)
	}
	if m.Extra.Code != "" {
		p.Code = []string{m.Extra.Code}
	}
	if m.Silent {
		p.Notify = "N"
	}
	if !m.Edited.IsZero() {
		p.IsEdited = "Y"
	}
	if !m.Deleted.IsZero() {
		p.IsDeleted = "Y"
	}
	return p
}

func (p paramsView) empty() bool {
	return p.Code == nil && p.Notify == "" && p.Attach == nil && p.Keyboard == nil && p.Menu == nil && p.ReplyID == 0 &&
		p.IsEdited == "" && p.IsDeleted == "" && len(p.Like) == 0 && len(p.FileID) == 0 && p.Forward == ""
}
