package openlineweb

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
)

// errNone hides whether there is a conversation from who may not see it.
var errNone = fault.New(fault.NotFound, "NO_CONVERSATION", "There is no such conversation, or it is not yours to see.")

// standing is a conversation and how the viewer stands to it.
type standing struct {
	openline.Session

	Scope  openline.Scope
	Line   line.Line // its name is empty where the line is deleted
	Asked  []int64
	Last   bool // it is the newest one of its chat
	Member bool // the viewer takes part in the chat
}

// Own reports whether the viewer has the conversation.
func (s standing) Own() bool {
	return s.OperatorID == s.Scope.UserID && s.State == openline.StateActive
}

// AskedMe reports whether the viewer is asked to take it.
func (s standing) AskedMe() bool {
	return s.State == openline.StateOffered && slices.Contains(s.Asked, s.Scope.UserID)
}

// steers reports whether the viewer may pass it on, finish it or block the client.
func (s standing) steers() bool {
	return s.OperatorID == s.Scope.UserID || s.AskedMe() || s.Scope.Leads(s.Session) || s.Untaken() && slices.Contains(s.Scope.Lines, s.LineID)
}

// allowed are what the viewer may do, by the names of deeds.
func (s standing) allowed() []string {
	if !s.Last {
		return nil
	}
	var out []string
	add := func(ok bool, name string) {
		if ok {
			out = append(out, name)
		}
	}
	me := s.Scope.UserID
	goes := s.State.Open() && s.State != openline.StateClosing
	add(s.Untaken(), doAnswer)
	add(s.Own() || s.AskedMe(), doSkip)
	add(goes && s.steers(), doTransfer)
	add(goes && s.steers(), doFinish)
	add(s.State == openline.StateActive && s.OperatorID != me && s.Scope.Leads(s.Session), doIntercept)
	add(s.State.Open() && !s.Member, doJoin)
	add(s.Own() || s.AskedMe(), doPin)
	add(s.Own(), doSilent)
	add(s.Own() && s.Line.Vote.Enabled && s.Line.Vote.BeforeFinish && !s.VoteAsked, doVote)
	add(s.State == openline.StateClosed || s.State == openline.StateClosing && s.steers(), doNew)
	add(s.State.Open() && s.steers(), doSpam)
	add(s.State == openline.StateSpam, doUnblock)
	return out
}

// may reports whether the viewer may do something.
func (s standing) may(name string) bool { return slices.Contains(s.allowed(), name) }

// standingOf returns a conversation that the viewer may see.
func (h pages) standingOf(ctx context.Context, r *web.Request, sessionID int64) (standing, error) {
	v, err := h.Conversations.Get(ctx, sessionID)
	if err != nil {
		return standing{}, hide(err)
	}
	return h.stand(ctx, r, v)
}

// standingIn is standingOf for the newest conversation of a chat.
func (h pages) standingIn(ctx context.Context, r *web.Request, chatID int64) (standing, error) {
	v, err := h.Conversations.Last(ctx, chatID)
	if err != nil {
		return standing{}, hide(err)
	}
	return h.stand(ctx, r, v)
}

func hide(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errNone.Because(err)
	}
	return err
}

func (h pages) stand(ctx context.Context, r *web.Request, v openline.Session) (s standing, err error) {
	s = standing{Session: v}
	if s.Scope, err = h.Scope(ctx, r.Viewer.Ref()); err != nil {
		return s, err
	}
	asked, err := h.Conversations.Offered(ctx, []int64{v.ID})
	if err != nil {
		return s, err
	}
	s.Asked = asked[v.ID]
	if s.Member, err = h.Chats.IsMember(ctx, r.Viewer.ID, v.ChatID); err != nil {
		return s, err
	}
	if !s.Member && !s.Scope.Sees(v, s.Asked) {
		return s, h.unseen(ctx, s)
	}
	last, err := h.Conversations.Last(ctx, v.ChatID)
	if err != nil {
		return s, err
	}
	s.Last = last.ID == v.ID
	s.Line, err = h.Lines.Get(ctx, v.LineID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return s, err
	}
	return s, nil
}

// unseen says to a colleague from the line who has a conversation, and to everybody else that there is none.
func (h pages) unseen(ctx context.Context, s standing) error {
	if s.State != openline.StateActive || !slices.Contains(s.Scope.Lines, s.LineID) {
		return errNone
	}
	who, err := h.people(ctx, s.OperatorID)
	if err != nil {
		return err
	}
	return fault.New(fault.Denied, "TAKEN", who(s.OperatorID).Name+" has this conversation now.")
}

// took returns how long an answer was waited for; zero: there is none yet.
func took(v openline.Session) time.Duration {
	if v.Answered.IsZero() || v.Queued.IsZero() {
		return 0
	}
	return max(v.Answered.Sub(v.Queued), 0)
}
