package imweb

import (
	"context"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

// shownReaders are named in the menu of a message, where there is room for two lines.
const shownReaders = 4

// readers is who has read a message of a group.
type readers struct {
	Read   []person
	More   int // readers beyond those in Read
	Count  int // all readers
	Others int // members who could have read it: everybody but the author and bots
}

// readersFragment answers /online/readers?id=: who has read a message that the viewer wrote.
func (h pages) readersFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	m, c, err := h.im.Message(ctx, r.Viewer.ID, r.Int("id", 0))
	if err != nil {
		return nil, err
	}
	if m.AuthorID != r.Viewer.ID || c.Type == im.Private {
		return nil, errGone
	}
	members, err := h.im.Members(ctx, r.Viewer.ID, c.ID)
	if err != nil {
		return nil, hide(err)
	}
	v, ids := readersOf(m, members)
	p := h.people(ctx, r)
	if err := p.load(ids...); err != nil {
		return nil, err
	}
	for _, id := range ids {
		v.Read = append(v.Read, p.get(id))
	}
	return web.HTML{Template: "im/readers", Body: v}, p.failed
}

// readersOf counts who has read m, and returns the first of them.
func readersOf(m im.Message, members []im.Member) (v readers, first []int64) {
	for _, who := range members {
		if who.Bot || who.UserID == m.AuthorID {
			continue
		}
		v.Others++
		if who.ReadMessageID < m.ID {
			continue
		}
		v.Count++
		if len(first) < shownReaders {
			first = append(first, who.UserID)
		}
	}
	v.More = v.Count - len(first)
	return v, first
}
