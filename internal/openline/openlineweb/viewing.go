package openlineweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// namedViewers is how many of those who look at a conversation are named; more are counted.
const namedViewers = 3

// viewersView is who else looks at a conversation.
type viewersView struct {
	People []person
	Says   string
}

// viewers returns who looks at a conversation besides the viewer, of those who let themselves be seen.
func (h pages) viewers(ctx context.Context, r *web.Request, chatID int64) (v viewersView, err error) {
	ids, err := h.Conversations.Viewers(ctx, chatID)
	if err != nil || len(ids) == 0 {
		return v, err
	}
	hidden, err := h.Invisible(ctx, ids)
	if err != nil {
		return v, err
	}
	ids = slices.DeleteFunc(ids, func(id int64) bool { return id == r.Viewer.ID || hidden[id] })
	who, err := h.people(ctx, ids...)
	if err != nil {
		return v, err
	}
	var names []string
	for _, id := range ids {
		p := who(id)
		v.People, names = append(v.People, p), append(names, p.Name)
	}
	switch n := len(names); {
	case n == 1:
		v.Says = names[0] + " is looking"
	case n > namedViewers:
		v.Says = strconv.Itoa(n) + " others are looking"
	case n > 1:
		v.Says = strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " are looking"
	}
	v.People = v.People[:min(len(v.People), namedViewers)]
	return v, nil
}

// view hears from a page which conversation it shows: chat=0 is none any more.
func (h pages) view(ctx context.Context, r *web.Request) (web.Result, error) {
	chat, page := r.Int("chat", 0), user.CleanText(r.FormValue("page"), 40)
	if chat < 0 || page == "" {
		return nil, errMayNot
	}
	if chat != 0 {
		if _, err := h.standingIn(ctx, r, chat); err != nil {
			return nil, err
		}
	}
	return web.JSON{Value: map[string]any{"again": int(openline.ViewFor.Seconds()) / 2}}, h.Conversations.View(ctx, r.Viewer.ID, chat, page)
}
