package imrest

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/rest"
)

// unknownTotal is what the method documents as its total: the chats are not counted.
const unknownTotal = -1

// recentListParams are the parameters of im.recent.list.
type recentListParams struct {
	SkipLines         bool   `b24:"SKIP_OPENLINES"`
	SkipDialog        bool   `b24:"SKIP_DIALOG"`
	SkipChat          bool   `b24:"SKIP_CHAT"`
	LastMessageDate   string `b24:"LAST_MESSAGE_DATE"`
	UnreadOnly        bool   `b24:"UNREAD_ONLY"`
	ParseText         bool   `b24:"PARSE_TEXT"`
	OriginalText      bool   `b24:"GET_ORIGINAL_TEXT"`
	SkipUndistributed bool   `b24:"SKIP_UNDISTRIBUTED_OPENLINES"`
	OnlyAI            bool   `b24:"ONLY_COPILOT"`
	OnlyChannel       bool   `b24:"ONLY_CHANNEL"`
	CanManage         bool   `b24:"CAN_MANAGE_MESSAGES"`
	Offset            int64  `b24:"OFFSET"`
	Limit             int64  `b24:"LIMIT"`
}

// recentView is the answer of im.recent.list. There are no messages that delete themselves.
type recentView struct {
	Items        []recentItem `json:"items"`
	HasMorePages bool         `json:"hasMorePages"`
	HasMore      bool         `json:"hasMore"`
	Copilot      assistant    `json:"copilot"`
	AutoDelete   []struct{}   `json:"messagesAutoDeleteConfigs"`
}

// assistant says what the AI assistant has to do with the items. There are no chats with one and no roles for it.
type assistant struct {
	Chats       *struct{}  `json:"chats"`
	Messages    *struct{}  `json:"messages"`
	Roles       struct{}   `json:"roles"`
	Recommended []struct{} `json:"recommendedRoles"`
}

type recentItem struct {
	ID           any           `json:"id"` // the other's user id, or "chat" and the chat's id
	ChatID       int64         `json:"chat_id"`
	Type         string        `json:"type"`
	Avatar       avatarView    `json:"avatar"`
	Title        string        `json:"title"`
	Message      recentMessage `json:"message"`
	Counter      int64         `json:"counter"`
	LastID       int64         `json:"last_id"`
	Pinned       bool          `json:"pinned"`
	Unread       bool          `json:"unread"`
	HasReminder  bool          `json:"has_reminder"`
	Updated      string        `json:"date_update"`
	LastActivity string        `json:"date_last_activity"`
	Chat         any           `json:"chat"` // chatView, or dialogView in a private chat
	User         any           `json:"user"` // the other person, or the last message's author
	Options      []struct{}    `json:"options"`
}

type avatarView struct {
	URL   string `json:"url"`
	Color string `json:"color"`
}

type recentMessage struct {
	ID       int64   `json:"id"`
	Text     string  `json:"text"`
	File     bool    `json:"file"`
	AuthorID int64   `json:"author_id"`
	Attach   bool    `json:"attach"`
	Sticker  *int64  `json:"sticker"`
	Date     string  `json:"date"`
	Status   string  `json:"status"`
	UUID     *string `json:"uuid"`
}

// dialogView is what is said of a private chat.
type dialogView struct {
	TextField  bool   `json:"text_field_enabled"`
	Background *int64 `json:"background_id"`
	MuteList   any    `json:"mute_list"`
}

// recentList answers a page of the caller's chats.
func (h handlers) recentList(ctx context.Context, c *rest.Call, p recentListParams) (rest.Totaled[recentView], error) {
	q, err := p.query()
	if err != nil {
		return rest.Totaled[recentView]{}, err
	}
	items, more, err := h.im.Recent(ctx, c.UserID, q)
	if err != nil {
		return rest.Totaled[recentView]{}, err
	}
	r, err := h.recentRenderer(ctx, c, items)
	if err != nil {
		return rest.Totaled[recentView]{}, err
	}
	r.params = p
	v := recentView{
		Items: []recentItem{}, HasMorePages: more, HasMore: more, AutoDelete: []struct{}{},
		Copilot: assistant{Recommended: []struct{}{}},
	}
	for _, it := range items {
		v.Items = append(v.Items, r.item(it))
	}
	return rest.Totaled[recentView]{Result: v, Total: unknownTotal}, nil
}

// recentRenderer reads what the answer about items needs.
func (h handlers) recentRenderer(ctx context.Context, c *rest.Call, items []im.RecentItem) (r recentRenderer, err error) {
	r = recentRenderer{viewer: c.UserID, zone: c.Start.Location()}
	var userIDs, chatIDs []int64
	var groups []im.Chat
	for _, it := range items {
		chatIDs = append(chatIDs, it.Chat.ID)
		userIDs = append(userIDs, shown(it))
		if it.Chat.Type != im.Private {
			groups = append(groups, it.Chat)
		}
	}
	if r.muted, err = h.im.MutedBy(ctx, chatIDs); err != nil {
		return r, err
	}
	if r.users, err = h.userViews(ctx, userIDs, r.zone); err != nil {
		return r, err
	}
	r.looks, err = h.looks(ctx, r.viewer, r.zone, groups)
	return r, err
}

func (p recentListParams) query() (im.RecentQuery, error) {
	q := im.RecentQuery{
		SkipPrivate: p.SkipDialog, SkipGroups: p.SkipChat, SkipLines: p.SkipLines, SkipUndistributed: p.SkipUndistributed,
		OnlyAI: p.OnlyAI, OnlyChannels: p.OnlyChannel, OnlyManaged: p.CanManage, OnlyUnread: p.UnreadOnly,
		Offset: p.Offset, Limit: p.Limit,
	}
	if strings.TrimSpace(p.LastMessageDate) == "" {
		return q, nil
	}
	t, ok := parseDate(p.LastMessageDate)
	if !ok {
		return q, fault.Argument("LAST_MESSAGE_DATE", "Argument 'LAST_MESSAGE_DATE' must be a date")
	}
	q.Before = t
	return q, nil
}

// parseDate reads an ATOM date, also with its zone's plus sign lost in a form.
func parseDate(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	if at := len("2006-01-02T15:04:05"); len(text) > at && text[at] == ' ' {
		text = text[:at] + "+" + text[at+1:]
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", time.DateTime, time.DateOnly,
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// shown returns the user whom an item shows: the other person, or the last message's author.
func shown(it im.RecentItem) int64 {
	if it.Chat.Type == im.Private {
		return it.Peer
	}
	return it.Last.AuthorID
}

// recentRenderer writes items of one answer.
type recentRenderer struct {
	params recentListParams
	viewer int64
	zone   *time.Location
	users  map[int64]userView
	muted  map[int64][]int64
	looks  looks
}

func (r recentRenderer) item(it im.RecentItem) recentItem {
	at := atom(it.Chat.LastAt, r.zone)
	v := recentItem{
		ChatID: it.Chat.ID, Message: r.message(it), Counter: it.Counter, LastID: it.ReadMessageID, Pinned: it.Pinned,
		Unread: it.Marked, Updated: at, LastActivity: at, Options: []struct{}{},
	}
	u, known := r.users[shown(it)]
	if known {
		v.User = u
	} else {
		v.User = nobodyView{ID: shown(it)}
	}
	mutes := muteList(r.muted[it.Chat.ID])
	if it.Chat.Type == im.Private {
		v.ID, v.Type, v.Title = it.Peer, "user", u.Name
		v.Avatar = avatarView{u.Avatar, u.Color}
		v.Chat = dialogView{TextField: it.Chat.TextField, MuteList: mutes}
		return v
	}
	v.ID, v.Type, v.Title = it.Chat.DialogID(r.viewer), "chat", it.Chat.Title
	v.Avatar = avatarView{Color: it.Chat.Color()}
	if path := it.Chat.AvatarPath(); path != "" {
		v.Avatar.URL = r.looks.base + path
	}
	v.Chat = r.looks.chat(it.Chat, mutes)
	return v
}

func (r recentRenderer) message(it im.RecentItem) recentMessage {
	m := recentMessage{
		ID: it.Last.ID, AuthorID: it.Last.AuthorID, Attach: len(it.Last.Extra.Attach) > 0, Status: "received",
		File: len(it.Last.Extra.Files) > 0,
		Date: atom(it.Chat.LastAt, r.zone), Text: r.text(it.Last),
	}
	if it.Seen {
		m.Status = "delivered"
	}
	if it.Last.UUID != "" {
		m.UUID = &it.Last.UUID
	}
	if !it.Last.Date.IsZero() {
		m.Date = atom(it.Last.Date, r.zone)
	}
	return m
}

// text returns a message as a line of text, as HTML, or as it was sent.
func (r recentRenderer) text(m im.Message) string {
	switch {
	case r.params.OriginalText:
		return m.Text
	case r.params.ParseText:
		return string(bbcode.HTML(m.Text, bbcode.Options{Location: r.zone}))
	}
	return plainLine(m)
}

// muteList is keyed by the users who muted a chat; an empty list where nobody did.
func muteList(ids []int64) any {
	if len(ids) == 0 {
		return []struct{}{}
	}
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[strconv.FormatInt(id, 10)] = true
	}
	return out
}

// recentGetParams are the parameters of im.recent.get.
type recentGetParams struct {
	SkipLines  string `b24:"SKIP_OPENLINES"`
	SkipChat   string `b24:"SKIP_CHAT"`
	SkipDialog string `b24:"SKIP_DIALOG"`
	LastUpdate string `b24:"LAST_UPDATE"`
	OnlyLines  string `b24:"ONLY_OPENLINES"`
	LastSync   string `b24:"LAST_SYNC_DATE"`
}

const (
	maxRecent = 1_000              // chats that im.recent.get answers
	syncSpan  = 7 * 24 * time.Hour // how far back LAST_SYNC_DATE reaches
)

// recentGet answers the caller's chats, all of them or those that changed since a date.
func (h handlers) recentGet(ctx context.Context, c *rest.Call, p recentGetParams) ([]recentItem, error) {
	q, err := p.query(c.Start)
	if err != nil {
		return nil, err
	}
	var items []im.RecentItem
	for more := true; more && len(items) < maxRecent; {
		q.Offset, q.Limit = int64(len(items)), 200
		var page []im.RecentItem
		if page, more, err = h.im.Recent(ctx, c.UserID, q); err != nil {
			return nil, err
		}
		items = append(items, page...)
	}
	r, err := h.recentRenderer(ctx, c, items)
	if err != nil {
		return nil, err
	}
	out := make([]recentItem, len(items))
	for i, it := range items {
		out[i] = r.item(it)
	}
	return out, nil
}

func (p recentGetParams) query(now time.Time) (q im.RecentQuery, err error) {
	for _, f := range []struct {
		name, text string
		on         *bool
	}{
		{"SKIP_OPENLINES", p.SkipLines, &q.SkipLines},
		{"SKIP_CHAT", p.SkipChat, &q.SkipGroups},
		{"SKIP_DIALOG", p.SkipDialog, &q.SkipPrivate},
		{"ONLY_OPENLINES", p.OnlyLines, &q.OnlyLines},
	} {
		var ok bool
		if *f.on, ok = flag(f.text, false); !ok {
			return q, fault.Argument(f.name, "Argument '"+f.name+"' must be Y or N")
		}
	}
	for _, f := range []struct{ name, text string }{{"LAST_UPDATE", p.LastUpdate}, {"LAST_SYNC_DATE", p.LastSync}} {
		if strings.TrimSpace(f.text) == "" {
			continue
		}
		t, ok := parseDate(f.text)
		if !ok {
			return q, fault.Argument(f.name, "Argument '"+f.name+"' must be a date")
		}
		if oldest := now.Add(-syncSpan); f.name == "LAST_SYNC_DATE" && t.Before(oldest) {
			t = oldest
		}
		if t.After(q.Since) {
			q.Since = t
		}
	}
	return q, nil
}

// recentPinParams are the parameters of im.recent.pin.
type recentPinParams struct {
	DialogID string `b24:"DIALOG_ID,needed"`
	Pin      string `b24:"PIN"`
	Action   string `b24:"ACTION"` // the name of PIN in earlier versions
}

var errNotPinned = fault.New(fault.Invalid, "ACCESS_ERROR", "You don't have permission to pin this chat")

// recentPin puts a chat above the others of the caller's list, or back.
func (h handlers) recentPin(ctx context.Context, c *rest.Call, p recentPinParams) (bool, error) {
	if p.Pin == "" {
		p.Pin = p.Action
	}
	on, ok := flag(p.Pin, true)
	if !ok {
		return false, fault.Argument("PIN", "Argument 'PIN' must be Y or N")
	}
	id, err := h.own(ctx, c.UserID, p.DialogID)
	if err != nil {
		return false, err
	}
	if id == 0 {
		return false, errNotPinned
	}
	err = h.im.Pin(ctx, c.UserID, id, on)
	return err == nil, err
}

// recentHide takes a chat off the caller's list until its next message; false where it is not on it.
func (h handlers) recentHide(ctx context.Context, c *rest.Call, p dialogParams) (bool, error) {
	id, err := h.own(ctx, c.UserID, p.DialogID)
	if err != nil || id == 0 {
		return false, err
	}
	err = h.im.Hide(ctx, c.UserID, id, true)
	return err == nil, err
}

// recentUnreadParams are the parameters of im.recent.unread.
type recentUnreadParams struct {
	DialogID string `b24:"DIALOG_ID,needed"`
	Action   string `b24:"ACTION"`
}

// recentUnread marks a chat as unread by hand; without the mark it is read. It is false for a chat that is not the caller's.
func (h handlers) recentUnread(ctx context.Context, c *rest.Call, p recentUnreadParams) (bool, error) {
	on, ok := flag(p.Action, true)
	if !ok {
		return false, fault.Argument("ACTION", "Argument 'ACTION' must be Y or N")
	}
	id, err := h.own(ctx, c.UserID, p.DialogID)
	if err != nil || id == 0 {
		return false, err
	}
	if err := h.im.MarkUnread(ctx, c.UserID, id, on); err != nil || on {
		return err == nil, err
	}
	_, err = h.im.Read(ctx, c.UserID, id, 0)
	return err == nil, err
}
