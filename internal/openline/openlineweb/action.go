package openlineweb

import (
	"context"
	"errors"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/web"
)

// What people are told.
var (
	errMayNot = fault.New(fault.Denied, "MAY_NOT", "This cannot be done with the conversation as it stands, or it is not yours.")
	errTarget = fault.New(fault.Invalid, "NO_TARGET", "Choose whom the conversation is given to.")
	errToWhom = fault.New(fault.Invalid, "WRONG_TARGET", "It cannot be given there: they have it already, have left, or the line is off.")
	errOver   = fault.New(fault.Conflict, "OVER", "The conversation is over.")
)

func onlyInternal(err error) error {
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	return nil
}

// act does one thing with the newest conversation of a chat.
func (h pages) act(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.Conversations.StandingIn(ctx, r.Viewer.Ref(), r.Int("chat", 0))
	do, done := openline.Deed(r.FormValue("do")), ""
	if err == nil {
		err = s.Allow(do)
	}
	if err == nil {
		done, err = h.run(ctx, r, s, do)
	}
	if err != nil {
		return nil, h.words(ctx, s, err)
	}
	now, err := h.Conversations.StandingIn(ctx, r.Viewer.Ref(), s.ChatID)
	if err != nil {
		return nil, err
	}
	to := URL
	switch {
	case r.FormValue("from") == "queue":
		to += "queue/"
	case now.May(openline.DoRead): // what was given away may not be theirs to see any more
		to += strconv.FormatInt(now.ID, 10)
	}
	if !r.Fetched() || r.FormValue("from") == "slider" {
		return web.Redirect{To: to, Toast: done}, nil
	}
	return web.JSON{Value: map[string]any{"toast": done, "session": now.ID, "chat": s.ChatID}}, nil
}

// run does it and says what was done.
func (h pages) run(ctx context.Context, r *web.Request, s openline.Standing, do openline.Deed) (string, error) {
	me, chat, c := r.Viewer.ID, s.ChatID, h.Conversations
	switch do {
	case openline.DoAnswer:
		return "", c.Answer(ctx, me, chat)
	case openline.DoSkip:
		return "Passed on to the next operator.", c.Skip(ctx, me, chat)
	case openline.DoTransfer:
		return h.transfer(ctx, r, s)
	case openline.DoFinish:
		if id := r.Int("category", 0); id != 0 && s.May(openline.DoSort) {
			if err := c.SetCategory(ctx, me, s.ID, id); err != nil {
				return "", err
			}
		}
		if s.OperatorID == me {
			return "Finished.", c.Finish(ctx, me, chat)
		}
		return "Finished.", c.FinishAny(ctx, me, chat)
	case openline.DoIntercept:
		return "You have this conversation now.", c.Intercept(ctx, me, chat)
	case openline.DoJoin:
		return "", c.Join(ctx, me, chat)
	case openline.DoPin:
		on, err := h.pinned(ctx, s)
		if err != nil {
			return "", err
		}
		return "", c.SetPinned(ctx, me, chat, !on)
	case openline.DoSilent:
		return "", c.SetSilent(ctx, chat, !s.Silent)
	case openline.DoVote:
		return "The client is asked how it was.", c.AskVote(ctx, me, chat)
	case openline.DoNew:
		return "", c.Start(ctx, me, chat)
	case openline.DoSpam:
		return "Spam: the client is not heard any more. Unblock takes it back.", c.Spam(ctx, me, chat)
	case openline.DoUnblock:
		return "The client is heard again.", c.Unblock(ctx, me, chat)
	}
	return "", errMayNot
}

func (h pages) transfer(ctx context.Context, r *web.Request, s openline.Standing) (string, error) {
	to := openline.Target{UserID: r.Int("user", 0), LineID: r.Int("line", 0)}
	switch {
	case (to.UserID == 0) == (to.LineID == 0):
		return "", errTarget
	case to.LineID != 0:
		if err := h.Conversations.Transfer(ctx, r.Viewer.ID, s.ChatID, to); err != nil {
			return "", err
		}
		l, err := h.Lines.Get(ctx, to.LineID)
		return "Passed to the line " + l.Name + ".", err
	}
	if err := h.Conversations.Transfer(ctx, r.Viewer.ID, s.ChatID, to); err != nil {
		return "", err
	}
	who, err := h.people(ctx, to.UserID)
	if err != nil {
		return "", err
	}
	if now, err := h.Conversations.Last(ctx, s.ChatID); err != nil || now.State == openline.StateBot {
		return who(to.UserID).Name + " answers now.", err
	}
	return who(to.UserID).Name + " is asked to take it.", nil
}

// words says in a person's words what went wrong.
func (h pages) words(ctx context.Context, s openline.Standing, err error) error {
	switch {
	case errors.Is(err, openline.ErrTaken), errors.Is(err, openline.ErrNotYours):
		now, e := h.Conversations.Last(ctx, s.ChatID)
		if e != nil || now.Untaken() || now.OperatorID == 0 || now.OperatorID == s.Scope.UserID {
			return errors.Join(errMayNot.Because(err), e)
		}
		who, e := h.people(ctx, now.OperatorID)
		if e != nil {
			return e
		}
		return fault.New(fault.Conflict, "TAKEN", who(now.OperatorID).Name+" has taken this conversation.").Because(err)
	case errors.Is(err, openline.ErrNoAccess), errors.Is(err, openline.ErrNoSession):
		return errNone.Because(err)
	case errors.Is(err, openline.ErrOver):
		return errOver.Because(err)
	case errors.Is(err, openline.ErrWrongState):
		return errMayNot.Because(err)
	case errors.Is(err, openline.ErrOperator):
		return errToWhom.Because(err)
	}
	return err
}

// pause stops or resumes taking conversations.
func (h pages) pause(ctx context.Context, r *web.Request) (web.Result, error) {
	on := r.FormValue("on") == "1"
	if err := h.Conversations.SetPaused(ctx, r.Viewer.ID, on); err != nil {
		return nil, err
	}
	done := "You take conversations again."
	if on {
		done = "Paused: you are asked to take nothing. What you have stays with you."
	}
	if !r.Fetched() {
		return web.Redirect{To: URL, Toast: done}, nil
	}
	return web.JSON{Value: map[string]any{"toast": done, "paused": on}}, nil
}
