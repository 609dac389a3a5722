package openline

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// Deed is something that people do with a conversation.
type Deed string

// The deeds.
const (
	DoKnow      Deed = "know" // that there is one, and who has it
	DoRead      Deed = "read" // what is said, who the client is, and why it went where it did
	DoAnswer    Deed = "answer"
	DoSkip      Deed = "skip"
	DoTransfer  Deed = "transfer"
	DoFinish    Deed = "finish"
	DoIntercept Deed = "intercept"
	DoJoin      Deed = "join"
	DoPin       Deed = "pin"
	DoSilent    Deed = "silent"
	DoVote      Deed = "vote" // to ask the client how it was
	DoNew       Deed = "new"  // to begin another one with the client
	DoSpam      Deed = "spam"
	DoUnblock   Deed = "unblock"
	DoRate      Deed = "rate" // how the operator led it
	DoSort      Deed = "sort" // to say what it is about
)

// Standing is a conversation and how somebody stands to it. What people may do with conversations is decided here alone: pages show what
// Allow allows, methods do it.
//
// Who answers in a line may step into everything that goes on in it: they take it, pass it on, join. Reading along unseen is more: it
// takes being asked, being a member of the chat, or the right to read the conversations of who has it. What has ended is known to nobody
// else.
type Standing struct {
	Session

	Scope  Scope
	Line   line.Line // without a number where it is deleted
	Asked  []int64   // who is asked to take it
	Last   bool      // it is the newest one of its chat
	Member bool      // they take part in the chat

	works bool // they answer in its line, or manage it
	reads bool
}

// Own reports whether they have the conversation.
func (s Standing) Own() bool { return s.OperatorID == s.Scope.UserID && s.State == StateActive }

// AskedMe reports whether they are asked to take it.
func (s Standing) AskedMe() bool { return s.State == StateOffered && has(s.Asked, s.Scope.UserID) }

// Leads reports whether they may look after who has it.
func (s Standing) Leads() bool { return s.Scope.Leads(s.Session) }

// knows reports whether they may know that there is such a conversation.
func (s Standing) knows() bool { return s.reads || s.works && s.State.Open() }

// steers reports whether they may pass it on, finish it or block the client.
func (s Standing) steers() bool {
	return s.OperatorID == s.Scope.UserID || s.AskedMe() || s.Leads() || s.works
}

// rule says when a deed can be done, and by whom of those who know of the conversation.
type rule struct {
	in     []State
	who    func(Standing) bool // nil: everybody
	refuse *fault.Fault        // of the others
}

var (
	goingStates = []State{StateBot, StateWaiting, StateOffered, StateActive}
	openStates  = []State{StateBot, StateWaiting, StateOffered, StateActive, StateClosing}
)

// rules are those of the deeds that change a conversation.
var rules = map[Deed]rule{
	DoAnswer:    {openStates, func(s Standing) bool { return s.State != StateActive || s.Own() }, ErrTaken},
	DoSkip:      {goingStates, func(s Standing) bool { return s.Own() || s.AskedMe() }, ErrNotYours},
	DoTransfer:  {goingStates, Standing.steers, ErrNotYours},
	DoFinish:    {goingStates, Standing.steers, ErrNotYours},
	DoIntercept: {openStates, Standing.steers, ErrNotYours},
	DoJoin:      {openStates, nil, nil},
	DoPin:       {openStates, func(s Standing) bool { return s.reads }, ErrNotYours},
	DoSilent:    {openStates, func(s Standing) bool { return s.reads }, ErrNotYours},
	DoVote:      {[]State{StateActive}, Standing.Own, ErrNotYours},
	DoNew:       {append([]State{StateClosed}, openStates...), func(s Standing) bool { return s.State == StateClosed || s.steers() }, ErrNotYours},
	DoSpam:      {openStates, Standing.steers, ErrNotYours},
	DoUnblock:   {[]State{StateSpam}, nil, nil},
}

// Allow returns nil where they may do something as the conversation stands. Faults: ErrNoAccess where they may not know of it,
// ErrNotYours and ErrTaken where somebody else has it, ErrOver where it has ended or a newer one followed, ErrSpam, ErrWrongState.
func (s Standing) Allow(d Deed) error {
	switch {
	case !s.knows():
		return ErrNoAccess
	case d == DoKnow || d == DoRead && s.reads:
		return nil
	case d == DoRead:
		return ErrNotYours
	case d == DoRate && !s.Leads():
		return ErrNoAccess
	case d == DoRate && s.State.Open():
		return ErrWrongState
	case d == DoRate:
		return nil
	case d == DoSort && !s.Line.Categories:
		return ErrWrongState
	case d == DoSort && s.reads && (s.Member || s.steers()):
		return nil
	case d == DoSort:
		return ErrNotYours
	case !s.Last:
		return ErrOver
	case d == DoNew && s.State == StateSpam:
		return ErrSpam
	}
	r := rules[d]
	switch {
	case !slices.Contains(r.in, s.State) && d == DoUnblock:
		return ErrWrongState
	case !slices.Contains(r.in, s.State) && (!s.State.Open() || s.State == StateClosing):
		return ErrOver
	case !slices.Contains(r.in, s.State):
		return ErrWrongState
	case r.who != nil && !r.who(s):
		return r.refuse
	}
	return nil
}

// May reports whether Allow allows it.
func (s Standing) May(d Deed) bool { return s.Allow(d) == nil }

// StandingTx returns how actor stands to a conversation.
func (s *Service) StandingTx(ctx context.Context, tx *db.Tx, actor user.Ref, v Session) (out Standing, err error) {
	out = Standing{Session: v, Last: true}
	if actor.ID == 0 {
		return out, nil
	}
	if out.Scope, err = s.ScopeTx(ctx, tx, actor); err != nil {
		return out, err
	}
	if out.Asked, err = offeredTx(ctx, tx, v.ID); err != nil {
		return out, err
	}
	members, _, err := s.chats.MembersTx(ctx, tx, v.ChatID)
	if err != nil {
		return out, err
	}
	out.Line, err = s.lineOfTx(ctx, tx, v)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return out, err
	}
	out.works = err == nil && (has(out.Scope.Lines, v.LineID) || line.MayManage(actor, out.Line))
	out.Member = has(members, actor.ID)
	out.reads = out.Member || out.Scope.Sees(v, out.Asked)
	last, err := s.LastTx(ctx, tx, v.ChatID)
	if err != nil || last.ID == v.ID {
		return out, err
	}
	out.Last = false
	if !out.reads { // who may read the newest one may read on from it
		asked, err := offeredTx(ctx, tx, last.ID)
		if err != nil {
			return out, err
		}
		out.reads = out.Scope.Sees(last, asked)
	}
	return out, nil
}

// Standing is StandingTx outside a transaction, for one conversation. Fault: ErrNoSession.
func (s *Service) Standing(ctx context.Context, actor user.Ref, sessionID int64) (out Standing, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err := s.SessionTx(ctx, tx, sessionID)
		if err == nil {
			out, err = s.StandingTx(ctx, tx, actor, v)
		}
		return err
	})
	return out, err
}

// StandingIn is Standing for the newest conversation of a chat.
func (s *Service) StandingIn(ctx context.Context, actor user.Ref, chatID int64) (out Standing, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err := s.LastTx(ctx, tx, chatID)
		if err == nil {
			out, err = s.StandingTx(ctx, tx, actor, v)
		}
		return err
	})
	return out, err
}
