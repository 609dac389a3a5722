package imweb

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/web"
)

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

// join makes the viewer a member of an open group or channel.
func (h pages) join(ctx context.Context, r *web.Request) (web.Result, error) {
	chat := r.Int("chat", 0)
	if err := h.im.Join(ctx, r.Viewer.ID, chat); err != nil {
		return nil, hide(err)
	}
	return web.Redirect{To: dialogURL("chat" + r.FormValue("chat"))}, nil
}
