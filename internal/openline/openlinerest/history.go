package openlinerest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// historyParams are the parameters of imopenlines.session.history.get. SESSION_ID comes before CHAT_ID.
type historyParams struct {
	SessionID *phpform.Value `b24:"SESSION_ID"`
	ChatID    *phpform.Value `b24:"CHAT_ID"`
}

// The faults of imopenlines.session.history.get.
var (
	errNoSessionParam = fault.New(fault.Invalid, "MISSING_REQUIRED_PARAM", "Session ID or Chat ID must be provided")
	errSessionID      = fault.New(fault.Invalid, "INVALID_SESSION_ID", "Unable to determine session ID from provided parameters")
	errMayNotRead     = fault.New(fault.Invalid, "ACCESS_DENIED", noRights)
)

// session returns the conversation that is meant.
func (h sessions) session(ctx context.Context, p historyParams) (v openline.Session, err error) {
	given := func(v *phpform.Value) bool { return v != nil && !blank(*v) }
	switch {
	case given(p.SessionID):
		id, ok := positive(*p.SessionID)
		if !ok {
			return v, errSessionID
		}
		v, err = h.Conversations.Get(ctx, id)
		if errors.Is(err, openline.ErrNoSession) {
			return v, errMayNotRead.Because(err)
		}
		return v, err
	case given(p.ChatID):
		id, ok := positive(*p.ChatID)
		if !ok {
			return v, errSessionID
		}
		v, err = h.Conversations.Last(ctx, id)
		if errors.Is(err, openline.ErrNoSession) {
			return v, errSessionID.Because(err)
		}
		return v, err
	}
	return v, errNoSessionParam
}

// history answers what was said in one conversation, and by whom.
func (h sessions) history(ctx context.Context, c *rest.Call, p historyParams) (phpform.Value, error) {
	v, err := h.session(ctx, p)
	if err != nil {
		return phpform.Value{}, err
	}
	st, err := h.Conversations.Standing(ctx, actor(c), v.ID)
	if err == nil {
		err = st.Allow(openline.DoRead)
	}
	if err != nil {
		return phpform.Value{}, otherwise(err, errMayNotRead)
	}
	r, err := h.record(ctx, c, v)
	if err != nil {
		return phpform.Value{}, err
	}
	b := &phpform.Builder{}
	b.Set("chatId", phpform.IntOf(v.ChatID)).Set("canJoin", flag(v.State.Open())).Set("canVoteHead", flag(st.Leads()))
	b.Set("sessionId", phpform.IntOf(v.ID)).Set("sessionVoteHead", phpform.IntOf(v.HeadVote)).Set("sessionCommentHead", orNull(v.HeadComment))
	b.Set("userId", phpform.StringOf("chat"+decimal(v.ChatID)))
	vote := (&phpform.Builder{}).Set(decimal(v.LineID), phpform.BoolOf(st.Leads())).Value()
	b.Set("openlines", (&phpform.Builder{}).Set("canvoteashead", vote).Value())
	return r.into(b), nil
}

// record is what was said in a conversation.
type record struct {
	chatID   int64
	zone     *time.Location
	messages []im.Message // the newest first
	members  []im.Member
	people   map[int64]user.User
	params   map[int64]phpform.Value // by message
	views    map[int64]phpform.Value // of people
	files    []phpform.Value
	chat     phpform.Value
}

// readAtOnce is how many messages are read at a time.
const readAtOnce = 200

// record reads a conversation, and all that its messages name.
func (h sessions) record(ctx context.Context, c *rest.Call, v openline.Session) (r record, err error) {
	r = record{chatID: v.ChatID, zone: c.Start.Location()}
	ctx = im.Overseeing(ctx) // who may was checked
	if r.messages, err = h.said(ctx, c.UserID, v); err != nil {
		return r, err
	}
	if r.members, err = h.IM.Members(ctx, c.UserID, v.ChatID); err != nil {
		return r, err
	}
	if err := h.addPeople(ctx, &r); err != nil {
		return r, err
	}
	likes, err := h.IM.ReactedBy(ctx, r.messages)
	if err != nil {
		return r, err
	}
	var files []int64
	r.params = map[int64]phpform.Value{}
	for _, m := range r.messages {
		if r.params[m.ID], err = renamed(h.Params(m, likes[m.ID]), camel); err != nil {
			return r, err
		}
		for _, id := range m.Extra.Files {
			if !slices.Contains(files, id) {
				files = append(files, id)
			}
		}
	}
	if len(files) > 0 {
		shown, err := h.Files(ctx, c.UserID, v.ChatID, files, r.zone)
		if err != nil {
			return r, err
		}
		for _, f := range shown {
			view, err := renamed(f, strings.ToLower)
			if err != nil {
				return r, err
			}
			r.files = append(r.files, view)
		}
	}
	view, err := h.View(ctx, c, v.ChatID)
	if err != nil {
		return r, err
	}
	r.chat, err = renamed(view, camel)
	return r, err
}

// said returns the messages of a conversation, the newest first.
func (h sessions) said(ctx context.Context, viewer int64, v openline.Session) ([]im.Message, error) {
	after, upTo, err := h.Conversations.Span(ctx, v)
	if err != nil {
		return nil, err
	}
	var out []im.Message
	for {
		page, err := h.IM.Messages(ctx, viewer, im.History{ChatID: v.ChatID, After: after, First: true, Limit: readAtOnce})
		if err != nil {
			return nil, err
		}
		for _, m := range page.Messages {
			if upTo != 0 && m.ID > upTo {
				page.More = false
				break
			}
			out = append(out, m)
			after = m.ID
		}
		if !page.More {
			slices.Reverse(out)
			return out, nil
		}
	}
}

// addPeople reads who is in the chat and who wrote.
func (h sessions) addPeople(ctx context.Context, r *record) (err error) {
	ids := []int64{}
	for _, m := range r.members {
		ids = append(ids, m.UserID)
	}
	for _, m := range r.messages {
		if m.AuthorID != 0 {
			ids = append(ids, m.AuthorID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if r.people, err = h.Users.Many(ctx, ids); err != nil {
		return err
	}
	shown, err := h.Show(ctx, ids, r.zone)
	if err != nil {
		return err
	}
	r.views = make(map[int64]phpform.Value, len(shown))
	for id, v := range shown {
		if r.views[id], err = renamed(v, camel); err != nil {
			return err
		}
	}
	return nil
}

// legacy is a text as HTML.
func legacy(text string) string { return string(bbcode.HTML(text, bbcode.Options{})) }
