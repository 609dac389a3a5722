package imrest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

const (
	minFind = 2 // characters of a search phrase
	// maxNamed is how many people whose name is like the phrase bring their chats.
	maxNamed = 100
)

// phrase trims a search phrase, and reports whether it is long enough.
func phrase(text string) (string, bool) {
	text = strings.TrimSpace(text)
	return text, utf8.RuneCountInString(text) >= minFind
}

// searchUsersParams are the parameters of im.search.user.list.
type searchUsersParams struct {
	Find     string `b24:"FIND,needed"`
	Business string `b24:"BUSINESS"`
	Offset   int64  `b24:"OFFSET"`
	Limit    int64  `b24:"LIMIT"`
}

// pageOf is a result that is no list and still has a next page.
type pageOf = rest.Totaled[any]

// searchUsers finds people by their name, their position and the name of their department.
func (h handlers) searchUsers(ctx context.Context, c *rest.Call, p searchUsersParams) (pageOf, error) {
	find, ok := phrase(p.Find)
	if !ok {
		return pageOf{}, errFindShort
	}
	business, ok := flag(p.Business, false)
	if !ok {
		return pageOf{}, fault.Argument("BUSINESS", "Argument 'BUSINESS' must be Y or N")
	}
	offset, limit := window(p.Offset, p.Limit)
	q := user.Query{Search: find, ActiveOnly: true, Findable: true, Offset: offset, Limit: limit, Kinds: []user.Kind{
		user.Employee, user.Extranet, user.Bot,
	}}
	if business {
		q.Kinds = []user.Kind{user.Employee}
	}
	users, err := h.cfg.Users.Many(ctx, []int64{c.UserID})
	if err != nil {
		return pageOf{}, err
	}
	if users[c.UserID].Kind == user.Extranet {
		if q.IDs, err = h.im.Acquaintances(ctx, c.UserID); err != nil {
			return pageOf{}, err
		}
	}
	found, total, err := h.cfg.Users.Page(ctx, q)
	if err != nil {
		return pageOf{}, err
	}
	list, err := h.listed(ctx, found, c.Start.Location())
	return pageOf{
		Result: keyed(list, func(v userView) int64 { return v.ID }), Total: total, Next: next(offset, int64(len(found)), total),
	}, err
}

// searchChatsParams are the parameters of im.search.chat.list.
type searchChatsParams struct {
	Find      string `b24:"FIND"`
	FindLines string `b24:"FIND_LINES"`
	Offset    int64  `b24:"OFFSET"`
	Limit     int64  `b24:"LIMIT"`
}

// searchChats finds groups of the caller's by their title and by the names of who is in them.
func (h handlers) searchChats(ctx context.Context, c *rest.Call, p searchChatsParams) (rest.Page[fullChat], error) {
	var page rest.Page[fullChat]
	var q im.ChatQuery
	find := p.Find
	if strings.TrimSpace(find) == "" {
		find, q.Lines = p.FindLines, true
	}
	var ok bool
	if q.Text, ok = phrase(find); !ok {
		return page, errFindShort
	}
	named, err := h.cfg.Users.List(ctx, user.Query{Search: q.Text, Limit: maxNamed})
	if err != nil {
		return page, err
	}
	for _, u := range named {
		if u.ID != c.UserID { // who is in every chat that is found
			q.WithMembers = append(q.WithMembers, u.ID)
		}
	}
	q.Offset, q.Limit = window(p.Offset, p.Limit)
	chats, total, err := h.im.FindChats(ctx, c.UserID, q)
	if err != nil {
		return page, err
	}
	for _, chat := range chats {
		v, err := h.fullChat(ctx, c, chat)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, v)
	}
	page.Total, page.Next = total, next(q.Offset, int64(len(chats)), total)
	return page, nil
}

// searchDepartmentsParams are the parameters of im.search.department.list.
type searchDepartmentsParams struct {
	Find     *string `b24:"FIND,needed"`
	UserData string  `b24:"USER_DATA"`
	Offset   int64   `b24:"OFFSET"`
	Limit    int64   `b24:"LIMIT"`
}

// searchDepartments finds departments by the beginnings of words of their names. A short phrase finds all.
func (h handlers) searchDepartments(ctx context.Context, c *rest.Call, p searchDepartmentsParams) (rest.Page[departmentView], error) {
	var page rest.Page[departmentView]
	if p.Find == nil {
		return page, errFindShort
	}
	data, ok := flag(p.UserData, false)
	if !ok {
		return page, errUserData
	}
	q := user.DepartmentQuery{OrderBy: "id"}
	if find, long := phrase(*p.Find); long {
		q.Search = find
	}
	q.Offset, q.Limit = window(p.Offset, p.Limit)
	list, total, err := h.cfg.Users.Departments(ctx, q)
	if err != nil {
		return page, err
	}
	all, err := h.company(ctx)
	if err != nil {
		return page, err
	}
	page.Items, err = h.departmentViews(ctx, c, all, list, data)
	page.Total, page.Next = total, next(q.Offset, int64(len(list)), total)
	return page, err
}

// lastItem is an entry of the history of searches (api-reference/chats/search/im-search-last-get.md).
type lastItem struct {
	ID     any        `json:"id"`
	Type   string     `json:"type"`
	Avatar avatarView `json:"avatar"`
	Title  string     `json:"title"`
	Chat   *chatView  `json:"chat,omitempty"`
	User   *userView  `json:"user,omitempty"`
}

// searchLastParams are the parameters of im.search.last.get.
type searchLastParams struct {
	SkipLines  string `b24:"SKIP_OPENLINES"`
	SkipChat   string `b24:"SKIP_CHAT"`
	SkipDialog string `b24:"SKIP_DIALOG"`
}

// searchLast answers the dialogs that the caller searched for, the latest first, those alone that they may still see.
func (h handlers) searchLast(ctx context.Context, c *rest.Call, p searchLastParams) ([]lastItem, error) {
	lines, ok := flag(p.SkipLines, false)
	chats, ok2 := flag(p.SkipChat, false)
	dialogs, ok3 := flag(p.SkipDialog, false)
	if !ok || !ok2 || !ok3 {
		return nil, fault.Argument("SKIP_CHAT", "Arguments 'SKIP_OPENLINES', 'SKIP_CHAT' and 'SKIP_DIALOG' must be Y or N")
	}
	ids, err := h.im.Searched(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	out := []lastItem{}
	for _, id := range ids {
		d, _ := im.ParseDialog(id)
		if d.UserID != 0 {
			if !dialogs {
				out, err = h.addPerson(ctx, c, out, d.UserID)
			}
		} else {
			out, err = h.addGroup(ctx, c, out, d.ChatID, lines, chats)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (h handlers) addPerson(ctx context.Context, c *rest.Call, out []lastItem, id int64) ([]lastItem, error) {
	list, err := h.listedIDs(ctx, []int64{id}, c.Start.Location())
	for _, v := range list {
		out = append(out, lastItem{ID: id, Type: "user", Avatar: avatarView{v.Avatar, v.Color}, Title: v.Name, User: &v})
	}
	return out, err
}

func (h handlers) addGroup(ctx context.Context, c *rest.Call, out []lastItem, id int64, skipLines, skipChats bool) ([]lastItem, error) {
	chat, err := h.im.Get(ctx, c.UserID, id)
	switch {
	case errors.Is(err, im.ErrNoChat), errors.Is(err, im.ErrAccess):
		return out, nil
	case err != nil:
		return nil, err
	case chat.Type == im.Lines && skipLines, chat.Type != im.Lines && skipChats:
		return out, nil
	}
	look, err := h.looks(ctx, c.UserID, c.Start.Location(), []im.Chat{chat})
	if err != nil {
		return nil, err
	}
	muted, err := h.im.MutedBy(ctx, []int64{id})
	v := look.chat(chat, muteList(muted[id]))
	return append(out, lastItem{ID: chat.DialogID(c.UserID), Type: "chat", Avatar: avatarView{v.Avatar, v.Color}, Title: v.Name, Chat: &v}), err
}

// searchLastAdd notes a dialog that the caller searched for; false for one that is not theirs.
func (h handlers) searchLastAdd(ctx context.Context, c *rest.Call, p dialogParams) (bool, error) {
	id, err := h.chatOf(ctx, c.UserID, p.DialogID)
	if errors.Is(err, errDialogAccess) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if id != 0 {
		if id, err = h.own(ctx, c.UserID, p.DialogID); err != nil || id == 0 {
			return false, err
		}
	}
	err = h.im.AddSearched(ctx, c.UserID, p.DialogID)
	return err == nil, err
}

// searchLastDelete forgets a dialog that the caller searched for; false where it was not noted.
func (h handlers) searchLastDelete(ctx context.Context, c *rest.Call, p dialogParams) (bool, error) {
	found, err := h.im.DeleteSearched(ctx, c.UserID, p.DialogID)
	if errors.Is(err, im.ErrParams) {
		return false, errDialogEmpty
	}
	return found, err
}

// messagesSearchParams are the parameters of im.dialog.messages.search.
type messagesSearchParams struct {
	ChatID   string        `b24:"CHAT_ID,needed"`
	Text     string        `b24:"SEARCH_MESSAGE"`
	DateFrom string        `b24:"DATE_FROM"`
	DateTo   string        `b24:"DATE_TO"`
	Date     string        `b24:"DATE"`
	Order    phpform.Value `b24:"ORDER"`
	Limit    int64         `b24:"LIMIT"`
	LastID   int64         `b24:"LAST_ID"`
}

// foundView is the answer of im.dialog.messages.search. There are no stickers, and no plan that cuts history.
type foundView struct {
	Users        []foundUser    `json:"users"`
	Files        []any          `json:"files"`
	Additional   []foundMessage `json:"additionalMessages"`
	Copilot      *struct{}      `json:"copilot"`
	Stickers     []struct{}     `json:"stickers"`
	Reactions    []foundReacted `json:"reactions"`
	Restrictions historyLimit   `json:"tariffRestrictions"`
	UsersShort   []shortUser    `json:"usersShort"`
	Messages     []foundMessage `json:"messages"`
}

type historyLimit struct {
	Exceeded bool `json:"isHistoryLimitExceeded"`
}

type shortUser struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Avatar string `json:"avatar"`
}

type foundReacted struct {
	MessageID int64              `json:"messageId"`
	Counters  map[string]int64   `json:"reactionCounters"`
	Users     map[string][]int64 `json:"reactionUsers"`
	Own       []string           `json:"ownReactions"`
}

// foundMessage is a message in the spelling of that answer.
type foundMessage struct {
	ID             int64     `json:"id"`
	ChatID         int64     `json:"chatId"`
	ChatIDOld      int64     `json:"chat_id"`
	AuthorID       int64     `json:"authorId"`
	AuthorIDOld    int64     `json:"author_id"`
	Date           string    `json:"date"`
	Text           string    `json:"text"`
	System         bool      `json:"isSystem"`
	UUID           *string   `json:"uuid"`
	Forward        any       `json:"forward"`
	Params         any       `json:"params"`
	ViewedByOthers bool      `json:"viewedByOthers"`
	Block          *struct{} `json:"block"`
	Unread         bool      `json:"unread"`
	Viewed         bool      `json:"viewed"`
	ViewedCount    int64     `json:"viewedCount"`
}

type forwardView struct {
	ID     string `json:"id"`
	UserID int64  `json:"userId"`
	ChatID int64  `json:"chatId"`
	Date   string `json:"date"`
}

func (p messagesSearchParams) query() (q im.SearchQuery, err error) {
	q.ChatID, err = selectChat(p.ChatID, "")
	if err != nil {
		return q, err
	}
	if text := strings.TrimSpace(p.Text); utf8.RuneCountInString(text) > minFind {
		q.Text = text
	}
	for _, f := range []struct {
		name, text string
		to         *time.Time
	}{{"DATE_FROM", p.DateFrom, &q.From}, {"DATE_TO", p.DateTo, &q.Until}, {"DATE", p.Date, &q.From}} {
		if strings.TrimSpace(f.text) == "" {
			continue
		}
		t, ok := parseDate(f.text)
		if !ok {
			return q, fault.Argument(f.name, "Argument '"+f.name+"' must be a date")
		}
		*f.to = t
		if f.name == "DATE" {
			q.Until = t.Add(24 * time.Hour)
		}
	}
	if order, ok := p.Order.GetFold("ID"); ok {
		switch strings.ToUpper(strings.TrimSpace(order.Text())) {
		case "ASC":
			q.Oldest = true
		case "DESC", "":
		default:
			return q, fault.Argument("ORDER", "Argument 'ORDER[ID]' must be ASC or DESC")
		}
	}
	q.Limit = min(max(p.Limit, 0), 200)
	if q.Oldest {
		q.After = max(p.LastID, 0)
	} else {
		q.Before = max(p.LastID, 0)
	}
	return q, nil
}

// dialogMessagesSearch finds messages of a chat by their words and their dates.
func (h handlers) dialogMessagesSearch(ctx context.Context, c *rest.Call, p messagesSearchParams) (foundView, error) {
	v := foundView{
		Users: []foundUser{}, Files: []any{}, Additional: []foundMessage{}, Stickers: []struct{}{}, Reactions: []foundReacted{},
		UsersShort: []shortUser{}, Messages: []foundMessage{},
	}
	q, err := p.query()
	if err != nil {
		return v, err
	}
	found, err := h.im.SearchMessages(ctx, c.UserID, q)
	if err != nil {
		return v, pick(err, dialogFaults)
	}
	readers, err := h.im.Readers(ctx, q.ChatID)
	if err != nil {
		return v, err
	}
	zone := c.Start.Location()
	var replies []int64
	for _, m := range found.Messages {
		one, err := h.foundMessage(ctx, c, m, readers)
		if err != nil {
			return v, err
		}
		v.Messages = append(v.Messages, one)
		if m.ReplyID != 0 {
			replies = append(replies, m.ReplyID)
		}
	}
	if v.Additional, err = h.answered(ctx, c, replies, readers); err != nil {
		return v, err
	}
	if v.Files, err = h.fileViews(ctx, c.UserID, q.ChatID, found.Messages, zone); err != nil {
		return v, err
	}
	users, err := h.listedIDs(ctx, people(found.Messages), zone)
	for _, u := range users {
		v.Users = append(v.Users, foundUserOf(u))
	}
	if err != nil {
		return v, err
	}
	return v, h.addReactions(ctx, &v, found.Messages, zone)
}

// answered returns the messages that others answer.
func (h handlers) answered(ctx context.Context, c *rest.Call, ids []int64, readers im.Readers) ([]foundMessage, error) {
	out := []foundMessage{}
	for _, id := range ids {
		m, _, err := h.im.Message(ctx, c.UserID, id)
		if errors.Is(err, im.ErrNoMessage) {
			continue
		}
		if err != nil {
			return out, err
		}
		one, err := h.foundMessage(ctx, c, m, readers)
		if err != nil {
			return out, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (h handlers) foundMessage(ctx context.Context, c *rest.Call, m im.Message, readers im.Readers) (foundMessage, error) {
	zone := c.Start.Location()
	seen, _, err := h.im.SeenBy(ctx, c.UserID, m.ChatID, m.ID)
	old := messageOf(m, nil, zone)
	v := foundMessage{
		ID: m.ID, ChatID: m.ChatID, ChatIDOld: m.ChatID, AuthorID: m.AuthorID, AuthorIDOld: m.AuthorID, Date: old.Date, Text: m.Text,
		System: m.System, UUID: old.UUID, Params: old.Params, ViewedByOthers: readers.Seen(m), Unread: m.Unread, Viewed: !m.Unread,
		ViewedCount: seen,
	}
	if f := m.Extra.Forward; f != nil {
		v.Forward = forwardView{
			ID: idText(f.ChatID) + "/" + idText(f.MessageID), UserID: f.AuthorID, ChatID: f.ChatID, Date: atom(f.Date, zone),
		}
	}
	return v, err
}

// addReactions tells who reacted to the messages.
func (h handlers) addReactions(ctx context.Context, v *foundView, messages []im.Message, zone *time.Location) error {
	var ids []int64
	for _, m := range messages {
		if len(m.Reactions) == 0 {
			continue
		}
		r := foundReacted{MessageID: m.ID, Counters: map[string]int64{}, Users: map[string][]int64{}, Own: []string{}}
		for _, one := range m.Reactions {
			r.Counters[one.Code], r.Users[one.Code] = one.Count, one.UserIDs
			ids = append(ids, one.UserIDs...)
			if one.Mine {
				r.Own = append(r.Own, one.Code)
			}
		}
		v.Reactions = append(v.Reactions, r)
	}
	users, err := h.userViews(ctx, ids, zone)
	for _, id := range sortedIDs(ids) {
		if u, ok := users[id]; ok {
			v.UsersShort = append(v.UsersShort, shortUser{ID: id, Name: u.Name, Avatar: u.Avatar})
		}
	}
	return err
}

func sortedIDs(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// plainLine is a message as a line of text.
func plainLine(m im.Message) string {
	text := strings.Join(strings.Fields(bbcode.Plain(m.Text)), " ")
	if text == "" {
		text = m.Extra.Cards().Plain()
	}
	return text
}
