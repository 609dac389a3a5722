package imrest

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
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
	above, err := h.cfg.Users.DepartmentsAbove(ctx, idsOf(list))
	if err != nil {
		return page, err
	}
	page.Items, err = h.departmentViews(ctx, c, companyOf(above), list, data)
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
