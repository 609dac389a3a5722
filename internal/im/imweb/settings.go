package imweb

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// membersPage is how many members a page of them lists.
const membersPage = 50

var errPicture = fault.New(fault.Invalid, "AVATAR_SIZE", "The picture could not be read. Take a smaller one.").At("picture")

// settingsView is the form of what a group is like and who may do what in it.
type settingsView struct {
	Talk        talk
	Title       string
	Description string
	Color       string
	Colors      []colorChoice
	Rules       []ruleView // for its owner
	Errors      map[string]string
}

// colorChoice is a colour that a group may have.
type colorChoice struct {
	Code, Hex, Name string
	Chosen          bool
}

// ruleView is a right in a group, and who has it.
type ruleView struct {
	Name, Title string
	Value       string
	Options     []ui.Option
}

var rightOptions = []ui.Option{
	{Value: string(im.RightMember), Title: "Every member"},
	{Value: string(im.RightManager), Title: "Owner and managers"},
	{Value: string(im.RightOwner), Title: "The owner"},
	{Value: string(im.RightNone), Title: "Nobody"},
}

func rules(c im.Chat) []ruleView {
	return []ruleView{
		{"can_post", "Who writes", string(c.CanPost), rightOptions},
		{"can_manage", "Who pins messages", string(c.CanManage), rightOptions},
		{"can_add", "Who adds members", string(c.CanAdd), rightOptions},
		{"can_remove", "Who removes members", string(c.CanRemove), rightOptions},
		{"can_dress", "Who changes the name and the picture", string(c.CanDress), rightOptions},
	}
}

// group returns the group of a request with what the viewer may do in it.
func (h pages) group(ctx context.Context, r *web.Request) (im.Chat, talk, *people, error) {
	c, err := h.im.Get(ctx, r.Viewer.ID, r.Int("chat", 0))
	if err != nil || c.Type == im.Private {
		return c, talk{}, nil, errNoDialog.Because(err)
	}
	p := h.people(ctx, r)
	t := h.face(p, c)
	return c, t, p, p.failed
}

// settingsForm shows /online/settings?chat=.
func (h pages) settingsForm(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.settingsPage(ctx, r, nil)
}

func (h pages) settingsPage(ctx context.Context, r *web.Request, errs map[string]string) (web.Page, error) {
	c, t, _, err := h.group(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	if !t.Rights.Dress && !t.Rights.Own {
		return web.Page{}, errNoPost
	}
	v := settingsView{Talk: t, Title: c.Title, Description: c.Description, Color: c.ColorCode, Errors: errs}
	if errs != nil {
		v.Title, v.Description, v.Color = r.FormValue("title"), r.FormValue("description"), r.FormValue("color")
	}
	for _, code := range im.Colors() {
		v.Colors = append(v.Colors, colorChoice{code, user.ColorOf(code), strings.ToLower(strings.ReplaceAll(code, "_", " ")), code == v.Color})
	}
	if t.Rights.Own {
		v.Rules = rules(c)
	}
	page := web.Page{
		Title: "Settings of the chat", Section: "messenger", Template: "im/settings", Body: v, Layout: web.Narrow, Slider: true,
		Behind: t.URL(), Styles: []string{"im/im.css"},
	}
	if errs != nil {
		page.Status = 422
	}
	return page, nil
}

// saveSettings changes what the form of a group says, and its picture where one was chosen.
func (h pages) saveSettings(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("chat", 0)
	err := h.im.UpdateChat(ctx, r.Viewer.ID, id, chatChange(r))
	if err == nil {
		err = h.savePicture(ctx, r, id)
	}
	if err != nil {
		err = settingFault(err)
		if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
			page, failed := h.settingsPage(ctx, r, errs)
			return page, failed
		}
		return nil, hide403(err)
	}
	return web.Redirect{To: dialogURL("chat" + r.FormValue("chat")), Toast: "Chat saved"}, nil
}

// chatChange reads what the form holds; what it does not hold stays.
func chatChange(r *web.Request) (ch im.ChatChange) {
	text := func(name string) *string {
		if !r.Form.Has(name) {
			return nil
		}
		s := strings.TrimSpace(r.FormValue(name))
		return &s
	}
	right := func(name string) *im.Right {
		if !r.Form.Has(name) {
			return nil
		}
		v := im.Right(r.FormValue(name))
		return &v
	}
	ch.Title, ch.Description, ch.ColorCode = text("title"), text("description"), text("color")
	ch.CanPost, ch.CanManage, ch.CanAdd = right("can_post"), right("can_manage"), right("can_add")
	ch.CanRemove, ch.CanDress = right("can_remove"), right("can_dress")
	return ch
}

func (h pages) savePicture(ctx context.Context, r *web.Request, chatID int64) error {
	if r.Checked("no_picture") {
		return h.im.SetAvatar(ctx, r.Viewer.ID, chatID, nil)
	}
	f, head, err := r.FormFile("picture")
	if err != nil || head.Size == 0 {
		return nil //nolint:nilerr // no picture was chosen
	}
	defer func() { _ = f.Close() }()
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(f, user.MaxAvatar+1)); err != nil {
		return errPicture.Because(err)
	}
	return h.im.SetAvatar(ctx, r.Viewer.ID, chatID, b.Bytes())
}

// settingFault says at which field something is wrong.
func settingFault(err error) error {
	f := fault.Of(err)
	switch f.Code {
	case im.ErrTitle.Code:
		return fault.New(fault.Invalid, f.Code, "Give the chat a name.").At("title").Because(err)
	case im.ErrColor.Code:
		return f.At("color").Because(err)
	}
	if strings.HasPrefix(f.Code, "AVATAR_") {
		return f.At("picture").Because(err)
	}
	return words(err)
}

// hide403 says that somebody may not change a chat, in other words than that they may not write.
func hide403(err error) error {
	if fault.KindOf(err) == fault.Denied {
		return fault.New(fault.Denied, "NO_SETTINGS", "You may not change this chat.").Because(err)
	}
	return err
}

// membersView is a page of a group's members, with what the viewer may do with each.
type membersView struct {
	Talk    talk
	Members []memberView
	Query   string // by which members were searched
	Next    string // the address of the next page; empty: there is none
}

// memberView is a member.
type memberView struct {
	person

	Role   string // "Owner", "Manager" or empty
	Remove bool   // the viewer may remove them
	Own    bool   // the viewer may say what they are
}

// membersPage shows /online/chat-members?chat=&q=: who is in a group.
func (h pages) membersPage(ctx context.Context, r *web.Request) (web.Page, error) {
	c, t, p, err := h.group(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := membersView{Talk: t, Query: strings.TrimSpace(r.FormValue("q"))}
	members, err := h.pageOfMembers(ctx, r, c.ID, &v)
	if err != nil {
		return web.Page{}, hide(err)
	}
	ids := make([]int64, len(members))
	for i, m := range members {
		ids[i] = m.UserID
	}
	if err := p.load(ids...); err != nil {
		return web.Page{}, err
	}
	for _, m := range members {
		v.Members = append(v.Members, memberOf(p.get(m.UserID), m, c, t, r.Viewer.ID))
	}
	return web.Page{
		Title: "Members", Section: "messenger", Template: "im/members", Body: v, Layout: web.Narrow, Slider: true, Behind: t.URL(),
		Styles: []string{"im/im.css"},
	}, p.failed
}

// pageOfMembers returns a page of a chat's members, or of those whom a search finds, and where the next one is.
func (h pages) pageOfMembers(ctx context.Context, r *web.Request, chatID int64, v *membersView) (out []im.Member, err error) {
	after := max(r.Int("after", 0), 0)
	next := url.Values{"chat": {id(chatID)}}
	if v.Query != "" {
		next.Set("q", v.Query)
		out, after, err = h.searchMembers(ctx, r, chatID, v.Query, after)
	} else {
		out, err = h.im.MembersPage(ctx, r.Viewer.ID, chatID, after, membersPage, r.Checked("managers"))
		after = 0
		if len(out) == membersPage {
			after = out[membersPage-1].UserID
		}
	}
	if after != 0 {
		next.Set("after", id(after))
		if r.Checked("managers") {
			next.Set("managers", "on")
		}
		v.Next = "/online/chat-members?" + next.Encode()
	}
	return out, err
}

// searchMembers returns members of a chat by their names: the search of people, of whom those in the chat count. It begins after so many
// of the people, and returns where to go on; 0 where nobody is left.
func (h pages) searchMembers(ctx context.Context, r *web.Request, chatID int64, q string, offset int64) (out []im.Member, next int64, err error) {
	for range lookTimes {
		found, err := h.users.List(ctx, user.Query{Search: q, Kinds: chatKinds, Offset: offset, Limit: lookPeople})
		if err != nil {
			return nil, 0, err
		}
		ids := make([]int64, len(found))
		for i, u := range found {
			ids[i] = u.ID
		}
		members, err := h.im.MembersAmong(ctx, r.Viewer.ID, chatID, ids)
		if err != nil {
			return nil, 0, err
		}
		for _, id := range ids {
			offset++
			if m, ok := members[id]; ok {
				if out = append(out, m); len(out) == membersPage {
					return out, offset, nil
				}
			}
		}
		if len(found) < lookPeople {
			return out, 0, nil
		}
	}
	return out, offset, nil
}

func memberOf(who person, m im.Member, c im.Chat, t talk, viewer int64) memberView {
	v := memberView{person: who}
	switch {
	case m.UserID == c.OwnerID:
		v.Role = "Owner"
	case m.Manager:
		v.Role = "Manager"
	}
	other := m.UserID != viewer && !c.General()
	v.Own = other && t.Rights.Own
	v.Remove = other && (t.Rights.Own || t.Rights.Remove && v.Role == "")
	return v
}

// changeMember makes a member a manager or the owner, takes that away, or removes them: what is manager, member, owner or remove.
func (h pages) changeMember(ctx context.Context, r *web.Request) (web.Result, error) {
	chat, who := r.Int("chat", 0), r.Int("user", 0)
	var err error
	said := ""
	switch r.FormValue("what") {
	case "manager":
		said, err = "Now a manager", h.im.SetManager(ctx, r.Viewer.ID, chat, []int64{who}, true)
	case "member":
		said, err = "No longer a manager", h.im.SetManager(ctx, r.Viewer.ID, chat, []int64{who}, false)
	case "owner":
		said, err = "The chat has a new owner", h.im.SetOwner(ctx, r.Viewer.ID, chat, who)
	case "remove":
		said, err = "Removed from the chat", h.im.RemoveMember(ctx, r.Viewer.ID, chat, who)
	default:
		return nil, fault.New(fault.Invalid, "UNKNOWN_CHANGE", "There is no such change of a member.")
	}
	if err != nil {
		return nil, hide403(words(err))
	}
	return web.Redirect{To: "/online/chat-members?chat=" + r.FormValue("chat"), Toast: said}, nil
}

// join makes the viewer a member of an open group or channel.
func (h pages) join(ctx context.Context, r *web.Request) (web.Result, error) {
	chat := r.Int("chat", 0)
	if err := h.im.Join(ctx, r.Viewer.ID, chat); err != nil {
		return nil, hide(err)
	}
	return web.Redirect{To: dialogURL("chat" + r.FormValue("chat"))}, nil
}

// avatar serves the picture of a chat, for ever: its address names its bytes. It needs no session, since applications are given
// the address.
func (h pages) avatar(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	a, err := h.im.Avatar(ctx, id, r.PathValue("hash"))
	if err != nil {
		return nil, err
	}
	return web.File{Content: bytes.NewReader(a.Data), Name: "chat", Type: a.Type, Inline: true, Forever: true}, nil
}

// browsePage shows /online/channels: the open groups and channels that the viewer may join.
func (h pages) browsePage(ctx context.Context, r *web.Request) (web.Page, error) {
	v := browseView{Query: strings.TrimSpace(r.FormValue("q")), Offset: max(r.Int("offset", 0), 0)}
	found, err := h.im.FindOpen(ctx, r.Viewer.ID, v.Query, v.Offset, membersPage)
	if err != nil {
		return web.Page{}, err
	}
	for _, c := range found {
		kind := "Open chat"
		if c.Type.Channel() {
			kind = "Channel"
		}
		v.Chats = append(v.Chats, openChat{groupFace(c), c.ID, kind + " · " + count(c.MemberCount, "member", "members"), c.Description})
	}
	if len(found) == membersPage {
		v.Next = v.Offset + membersPage
	}
	return web.Page{
		Title: "Open chats and channels", Section: "messenger", Template: "im/browse", Body: v, Layout: web.Narrow, Slider: true,
		Behind: "/online/", Styles: []string{"im/im.css"},
	}, nil
}

// browseView is a page of what can be joined.
type browseView struct {
	Query        string
	Offset, Next int64
	Chats        []openChat
}

// openChat is a chat that can be joined.
type openChat struct {
	face

	ChatID      int64
	Text        string
	Description string
}

// groupTypes are the kinds of chats that somebody can create, by their names in the form.
var groupTypes = []struct {
	name, title, help string
	is                im.Type
}{
	{"group", "Group", "Those whom you add talk with each other.", im.Closed},
	{"open", "Open group", "Every colleague can find it and join.", im.Open},
	{"channel", "Channel", "You and its managers write, those whom you add read.", im.Channel},
	{"open-channel", "Open channel", "You and its managers write, every colleague can join and read.", im.OpenChannel},
}

// groupType returns the kind of chat that a form names; a group where it names none.
func groupType(name string) im.Type {
	i := slices.IndexFunc(groupTypes, func(t struct {
		name, title, help string
		is                im.Type
	},
	) bool {
		return t.name == name
	})
	return groupTypes[max(i, 0)].is
}
