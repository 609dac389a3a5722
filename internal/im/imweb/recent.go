package imweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

const recentPage = 40

// line is a chat in the list, as the template "line" shows it.
type line struct {
	face

	Dialog  string
	ChatID  int64
	Current bool
	Prefix  string // "You", or the author's first name in a group
	Text    string
	Muted   bool // of Text: it says what happened rather than what was said
	At      time.Time
	Time    string
	Exact   string
	Counter int64
	Named   bool // an unread message mentions the viewer
	Draft   bool // Text is what the viewer has begun to write
	Pinned  bool
	Silent  bool // notifications are off
	Marked  bool
	Own     bool // the viewer wrote the last message
	Seen    bool
}

// URL returns the address of the conversation.
func (l line) URL() string { return dialogURL(l.Dialog) }

// listView is a part of the recent list.
type listView struct {
	Lines []line
	Next  int64 // where the next part begins; 0: there is none
	Query string
	Found *found // what a search found, in place of the lines
}

// recentList returns a part of the viewer's chats; current is the one that is open.
func (h pages) recentList(ctx context.Context, r *web.Request, q im.RecentQuery, current string) (listView, error) {
	if q.Limit == 0 {
		q.Limit = recentPage
	}
	items, more, err := h.im.Recent(ctx, r.Viewer.ID, q)
	if err != nil {
		return listView{}, err
	}
	p := h.people(ctx, r)
	ids := make([]int64, 0, 2*len(items))
	messages := make([]im.Message, 0, len(items))
	for _, it := range items {
		ids = append(ids, it.Peer)
		messages = append(messages, it.Last)
	}
	if err := p.load(ids...); err != nil {
		return listView{}, err
	}
	if err := p.loadFor(messages); err != nil {
		return listView{}, err
	}
	if err := p.loadFiles(im.Previewed(messages)); err != nil {
		return listView{}, err
	}
	drafts, err := p.drafts(ctx)
	if err != nil {
		return listView{}, err
	}
	v := listView{Lines: make([]line, 0, len(items))}
	for _, it := range items {
		l := p.line(it, current)
		if text := drafts[l.Dialog]; text != "" && !l.Current {
			l.Draft, l.Text, l.Prefix, l.Muted = true, text, "Draft", false
		}
		v.Lines = append(v.Lines, l)
	}
	if more {
		v.Next = q.Offset + int64(len(items))
	}
	return v, p.failed
}

func (p *people) line(it im.RecentItem, current string) line {
	viewer := p.r.Viewer.ID
	now := p.r.Now.In(p.r.Viewer.Zone())
	at := it.Chat.LastAt.In(now.Location())
	l := line{
		Dialog: it.Chat.DialogID(viewer), ChatID: it.Chat.ID, At: it.Chat.LastAt, Time: listTime(p.r.Viewer, at, now),
		Exact: p.r.Viewer.Format(at, "Monday, 2 January 2006, 15:04"), Counter: it.Counter, Pinned: it.Pinned, Silent: it.Muted,
		Marked: it.Marked, Seen: it.Seen, Named: it.Mentions > 0,
	}
	l.Current = l.Dialog == current
	if it.Chat.Type == im.Private {
		l.face = p.get(it.Peer).face
	} else {
		l.face = groupFace(it.Chat)
	}
	if it.Last.ID == 0 {
		l.Text, l.Muted = "No messages yet", true
		return l
	}
	l.Text = p.plain(it.Last)
	l.Muted = it.Last.System || !it.Last.Deleted.IsZero()
	l.Own = it.Last.AuthorID == viewer && !it.Last.System
	switch {
	case it.Last.System:
	case l.Own:
		l.Prefix = "You"
	case it.Chat.Type != im.Private:
		l.Prefix, _, _ = strings.Cut(p.get(it.Last.AuthorID).Name, " ")
	}
	return l
}

// recentFragment answers /online/recent: ?offset= is a part of the list, ?chats=1,2 those chats alone. The answer names the
// unread total as well, since every change of a line may have changed it.
func (h pages) recentFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	current := r.FormValue("current")
	var v listView
	var err error
	if r.FormValue("chats") == "" {
		v, err = h.recentList(ctx, r, im.RecentQuery{Offset: r.Int("offset", 0)}, current)
	} else {
		v, err = h.recentChats(ctx, r, current)
	}
	if err != nil {
		return nil, err
	}
	html, err := r.Render("im/lines", v)
	if err != nil {
		return nil, err
	}
	total, err := h.im.Unread(ctx, r.Viewer.ID)
	return web.JSON{Value: map[string]any{"html": html, "next": v.Next, "total": total}}, err
}

// recentChats returns the lines of the chats that the request names; one that is not in the list is left out.
func (h pages) recentChats(ctx context.Context, r *web.Request, current string) (listView, error) {
	const most = 20
	var v listView
	for i, text := range strings.Split(r.FormValue("chats"), ",") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 || i == most {
			break
		}
		part, err := h.recentList(ctx, r, im.RecentQuery{ChatID: id, Limit: 1}, current)
		if err != nil {
			return v, err
		}
		v.Lines = append(v.Lines, part.Lines...)
	}
	return v, nil
}

// counter answers /online/counter: how many messages the viewer has not read, for pages other than the messenger.
func (h pages) counter(ctx context.Context, r *web.Request) (web.Result, error) {
	n, err := h.im.Unread(ctx, r.Viewer.ID)
	return web.JSON{Value: map[string]any{"id": "messenger", "count": n}}, err
}
