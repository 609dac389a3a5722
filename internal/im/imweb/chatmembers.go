package imweb

import (
	"context"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// membersPage is how many members a page of them lists.
const membersPage = 50

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
