package imweb

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

const findLimit = 12

// found is what a search at the top of the list found.
type found struct {
	Query  string
	People []person
	Chats  []line
	Hits   []hit
	All    string // the address of the search for messages
	Note   string // why no messages were found, where that is known
}

// Empty reports whether nothing was found.
func (f found) Empty() bool { return len(f.People) == 0 && len(f.Chats) == 0 && len(f.Hits) == 0 }

func (h pages) find(ctx context.Context, r *web.Request, q string) (*found, error) {
	f := &found{Query: q}
	var err error
	if a := parseAsked(q); a.narrow() { // messages alone can be from somebody, or in a chat
		return f, nil
	}
	if f.People, err = h.findPeople(ctx, r, q, findLimit); err != nil {
		return nil, err
	}
	chats, err := h.im.Search(ctx, r.Viewer.ID, q, findLimit)
	if err != nil {
		return nil, err
	}
	for _, c := range chats {
		l := line{face: groupFace(c), Dialog: c.DialogID(r.Viewer.ID), ChatID: c.ID, Text: count(c.MemberCount, "member", "members")}
		f.Chats = append(f.Chats, l)
	}
	return f, nil
}

// findAll is find with messages besides.
func (h pages) findAll(ctx context.Context, r *web.Request, q string) (*found, error) {
	f, err := h.find(ctx, r, q)
	if err != nil || q == "" {
		return f, err
	}
	f.All = "/online/search?" + url.Values{"q": {q}}.Encode()
	return f, h.findMessages(ctx, r, f)
}

// findMessages adds the newest messages in which the words are.
func (h pages) findMessages(ctx context.Context, r *web.Request, f *found) error {
	query := im.SearchQuery{Limit: hitsShort}
	if note, err := h.refine(ctx, r.Viewer.ID, r.Viewer.Zone(), parseAsked(f.Query), &query); err != nil || note != "" {
		f.Note = note
		return err
	}
	got, err := h.im.SearchMessages(ctx, r.Viewer.ID, query)
	if errors.Is(err, im.ErrParams) {
		return nil // signs alone
	}
	if err != nil {
		return err
	}
	f.Hits, err = h.people(ctx, r).hits(ctx, got, query)
	return err
}

// chatKinds are the users with whom a person may talk.
var chatKinds = []user.Kind{user.Employee, user.Extranet, user.Bot}

// findable returns the people and bots of q whom a viewer may find: somebody from outside the company finds who shares a group with them,
// and so no bot that is an assistant of those inside. Page: api-reference/chat-bots/chat-bots-v2/index.md#bot-types.
func (h pages) findable(ctx context.Context, viewer int64, q user.Query) ([]user.User, error) {
	q.Findable, q.Kinds = true, chatKinds
	me, err := h.users.Many(ctx, []int64{viewer})
	if err != nil {
		return nil, err
	}
	if me[viewer].Kind == user.Extranet {
		if q.IDs, err = h.im.Acquaintances(ctx, viewer); err != nil {
			return nil, err
		}
	}
	return h.users.List(ctx, q)
}

func (h pages) findPeople(ctx context.Context, r *web.Request, q string, limit int64) ([]person, error) {
	return h.searchUsers(ctx, r, q, 0, limit)
}

// searchUsers is findPeople from an offset on.
func (h pages) searchUsers(ctx context.Context, r *web.Request, q string, offset, limit int64) ([]person, error) {
	users, err := h.findable(ctx, r.Viewer.ID, user.Query{
		Search: q, ActiveOnly: true, Offset: offset, Limit: limit, Sort: user.FieldLastActivity, Descending: true,
	})
	if err != nil {
		return nil, err
	}
	out := make([]person, len(users))
	for i, u := range users {
		out[i] = newPerson(u, r.Now)
	}
	return out, nil
}

// findFragment answers /online/find?q=.
func (h pages) findFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	f, err := h.findAll(ctx, r, strings.TrimSpace(r.FormValue("q")))
	if err != nil {
		return nil, err
	}
	return web.HTML{Template: "im/found", Body: f}, nil
}

// searchPeople finds people for the palette; the hit opens the conversation with them.
func (h pages) searchPeople(ctx context.Context, v web.Viewer, q string) ([]web.SearchHit, error) {
	users, err := h.findable(ctx, v.ID, user.Query{Search: q, ActiveOnly: true, Limit: 6})
	if err != nil {
		return nil, err
	}
	hits := make([]web.SearchHit, len(users))
	for i, u := range users {
		subtitle := u.Position
		if u.Kind == user.Bot && subtitle == "" {
			subtitle = "Bot"
		}
		p := person{ID: u.ID}
		hits[i] = web.SearchHit{
			Title: u.DisplayName(), Subtitle: subtitle, URL: p.URL(), Avatar: true, AvatarURL: u.AvatarPath(), AvatarColor: u.Color,
		}
	}
	return hits, nil
}

// searchChats finds the viewer's groups for the palette.
func (h pages) searchChats(ctx context.Context, v web.Viewer, q string) ([]web.SearchHit, error) {
	chats, err := h.im.Search(ctx, v.ID, q, 6)
	if err != nil {
		return nil, err
	}
	hits := make([]web.SearchHit, len(chats))
	for i, c := range chats {
		hits[i] = chatHit(c, v.ID)
	}
	return hits, nil
}

func chatHit(c im.Chat, viewer int64) web.SearchHit {
	return web.SearchHit{
		Title: c.Title, Subtitle: count(c.MemberCount, "member", "members"), URL: dialogURL(c.DialogID(viewer)), Icon: "users",
	}
}
