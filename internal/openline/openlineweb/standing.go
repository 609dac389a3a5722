package openlineweb

import (
	"context"
	"errors"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/web"
)

// errNone hides whether there is a conversation from who may not see it.
var errNone = fault.New(fault.NotFound, "NO_CONVERSATION", "There is no such conversation, or it is not yours to see.")

// standingOf returns a conversation that the viewer may see.
func (h pages) standingOf(ctx context.Context, r *web.Request, sessionID int64) (openline.Standing, error) {
	s, err := h.Conversations.Standing(ctx, r.Viewer.Ref(), sessionID)
	return s, h.seen(ctx, s, err)
}

// standingIn is standingOf for the newest conversation of a chat.
func (h pages) standingIn(ctx context.Context, r *web.Request, chatID int64) (openline.Standing, error) {
	s, err := h.Conversations.StandingIn(ctx, r.Viewer.Ref(), chatID)
	return s, h.seen(ctx, s, err)
}

// seen says to a colleague from the line who has a conversation that they may not read, and to everybody else that there is none.
func (h pages) seen(ctx context.Context, s openline.Standing, err error) error {
	if err == nil {
		err = s.Allow(openline.DoRead)
	}
	switch {
	case fault.KindOf(err) == fault.NotFound, errors.Is(err, openline.ErrNoAccess):
		return errNone.Because(err)
	case !errors.Is(err, openline.ErrNotYours):
		return err
	}
	who, e := h.people(ctx, s.OperatorID)
	if e != nil {
		return e
	}
	return fault.New(fault.Denied, "TAKEN", who(s.OperatorID).Name+" has this conversation now.").Because(err)
}

// offered reports whether the bar has a button for something: of what the viewer may do, what there is a sense in.
func offered(s openline.Standing, d openline.Deed) bool {
	switch d {
	case openline.DoAnswer:
		return s.Untaken() && s.May(d)
	case openline.DoIntercept:
		return s.State == openline.StateActive && !s.Own() && s.May(d)
	case openline.DoJoin:
		return !s.Member && s.May(d)
	case openline.DoPin:
		return (s.Own() || s.AskedMe()) && s.May(d)
	case openline.DoSilent:
		return s.Own() && s.May(d)
	case openline.DoVote:
		return s.Line.Vote.Enabled && s.Line.Vote.BeforeFinish && !s.VoteAsked && s.May(d)
	case openline.DoNew:
		return (s.State == openline.StateClosed || s.State == openline.StateClosing) && s.May(d)
	}
	return s.May(d)
}

// took returns how long an answer was waited for; zero: there is none yet.
func took(v openline.Session) time.Duration {
	if v.Answered.IsZero() || v.Queued.IsZero() {
		return 0
	}
	return max(v.Answered.Sub(v.Queued), 0)
}
