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
	r := recentRenderer{params: p, viewer: c.UserID, zone: c.Start.Location()}
	var userIDs, chatIDs []int64
	for _, it := range items {
		chatIDs = append(chatIDs, it.Chat.ID)
		userIDs = append(userIDs, shown(it))
	}
	if r.muted, err = h.im.MutedBy(ctx, chatIDs); err != nil {
		return rest.Totaled[recentView]{}, err
	}
	if r.users, err = h.userViews(ctx, userIDs, r.zone); err != nil {
		return rest.Totaled[recentView]{}, err
	}
	v := recentView{
		Items: []recentItem{}, HasMorePages: more, HasMore: more, AutoDelete: []struct{}{},
		Copilot: assistant{Recommended: []struct{}{}},
	}
	for _, it := range items {
		v.Items = append(v.Items, r.item(it))
	}
	return rest.Totaled[recentView]{Result: v, Total: unknownTotal}, nil
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
		v.Chat = dialogView{TextField: true, MuteList: mutes}
		return v
	}
	v.ID, v.Type, v.Title = it.Chat.DialogID(r.viewer), "chat", it.Chat.Title
	v.Avatar = avatarView{Color: it.Chat.Color()}
	v.Chat = chatOf(it.Chat, r.viewer, mutes, r.zone)
	return v
}

func (r recentRenderer) message(it im.RecentItem) recentMessage {
	m := recentMessage{
		ID: it.Last.ID, AuthorID: it.Last.AuthorID, Attach: len(it.Last.Extra.Attach) > 0, Status: "received",
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
	text := strings.Join(strings.Fields(bbcode.Plain(m.Text)), " ")
	if text == "" {
		text = m.Extra.Cards().Plain()
	}
	return text
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
