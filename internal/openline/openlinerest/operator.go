package openlinerest

import (
	"context"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h sessions) registerOperators(r *rest.Registry) {
	const operators, own = docs + "operators/imopenlines-operator-", docs + "sessions/imopenlines-session-"
	row := func(name, summary, doc string, call func(context.Context, *rest.Call, chatParams) (bool, error)) rest.Method {
		return rest.M("imopenlines."+name, ownScope, rest.Everyone, summary, call, rest.Doc(doc))
	}
	r.Add(
		row("operator.answer", "Takes a conversation.", operators+"answer.md", h.answer),
		row("operator.skip", "Passes a conversation to the next operator.", operators+"skip.md", h.skip),
		row("operator.finish", "Ends a conversation of one's own.", operators+"finish.md", h.finish),
		row("operator.another.finish", "Ends a conversation, whoever has it.", operators+"another-finish.md", h.anotherFinish),
		row("operator.spam", "Ends a conversation as unwanted.", operators+"spam.md", h.spam),
		row("session.intercept", "Takes a conversation from its operator.", own+"intercept.md", h.intercept),
		row("session.join", "Takes part in a conversation beside its operator.", own+"join.md", h.join),
		row("session.start", "Begins a new conversation with a client.", own+"start.md", h.start),
		rest.M("imopenlines.operator.transfer", ownScope, rest.Everyone, "Passes a conversation to another operator or queue.",
			h.transfer, rest.Doc(operators+"transfer.md")),
		rest.M("imopenlines.message.session.start", ownScope, rest.Everyone, "Begins a new conversation about a message.",
			h.startFrom, rest.Doc(docs+"sessions/imopenlines-message-session-start.md")),
	)
}

// What the pages say; they do not all say it alike.
const (
	idIncorrect   = "The specified chat identifier is incorrect"
	idGiven       = "The provided chat identifier is incorrect"
	idInvalid     = "The provided chat identifier is invalid"
	noLine        = "The specified chat is not an open line"
	noRights      = "You cannot open this conversation as you do not have sufficient rights"
	noPermissions = "You cannot open this conversation as you do not have sufficient permissions"
	noBecause     = "You cannot open this conversation because you do not have sufficient permissions"
)

var (
	answerWords  = words{idIncorrect, noLine, noRights}
	skipWords    = words{idGiven, noLine, noPermissions}
	finishWords  = words{idGiven, noLine, noRights}
	anotherWords = words{idInvalid, noLine, noPermissions}
	spamWords    = words{idGiven, noLine, noPermissions}
	joinWords    = words{idIncorrect, "The specified chat is not an Open Channel", noPermissions}
	startWords   = words{"The specified chat identifier is invalid", noLine, noBecause}
	fromWords    = words{idInvalid + ".", noLine + ".", noPermissions + "."}
)

// act finds the conversation that a caller names and does something with it, where they may.
func (h sessions) act(ctx context.Context, c *rest.Call, chat phpform.Value, w words, d openline.Deed, do func(v openline.Session) error) (bool, error) {
	v, err := h.find(ctx, c, chat, w)
	if err != nil {
		return false, err
	}
	if err = v.Allow(d); err == nil {
		err = do(v.Session)
	}
	if d == openline.DoSkip && among(err, openline.ErrOver, openline.ErrWrongState, line.ErrNotFound) {
		err = errKick.Because(err)
	}
	return err == nil, w.done(err)
}

func (h sessions) answer(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, answerWords, openline.DoAnswer, func(v openline.Session) error { return h.Conversations.Answer(ctx, c.UserID, v.ChatID) })
}

// errKick is the fault of a conversation that cannot be passed on.
var errKick = fault.New(fault.Invalid, "ACCESS_DENIED_KICK", "Insufficient permissions to remove participants from the chat")

func (h sessions) skip(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, skipWords, openline.DoSkip, func(v openline.Session) error { return h.Conversations.Skip(ctx, c.UserID, v.ChatID) })
}

func (h sessions) finish(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, finishWords, openline.DoFinish, func(v openline.Session) error { return h.Conversations.Finish(ctx, c.UserID, v.ChatID) })
}

func (h sessions) anotherFinish(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, anotherWords, openline.DoFinish, func(v openline.Session) error { return h.Conversations.FinishAny(ctx, c.UserID, v.ChatID) })
}

func (h sessions) spam(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, spamWords, openline.DoSpam, func(v openline.Session) error { return h.Conversations.Spam(ctx, c.UserID, v.ChatID) })
}

func (h sessions) join(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, joinWords, openline.DoJoin, func(v openline.Session) error { return h.Conversations.Join(ctx, c.UserID, v.ChatID) })
}

func (h sessions) start(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, startWords, openline.DoNew, func(v openline.Session) error { return h.Conversations.Start(ctx, c.UserID, v.ChatID) })
}

// startFromParams are the parameters of imopenlines.message.session.start.
type startFromParams struct {
	ChatID    phpform.Value `b24:"CHAT_ID,needed"`
	MessageID phpform.Value `b24:"MESSAGE_ID,needed"`
}

// startFrom refuses a message of another chat, or none, as one that the caller may not see.
func (h sessions) startFrom(ctx context.Context, c *rest.Call, p startFromParams) (bool, error) {
	return h.act(ctx, c, p.ChatID, fromWords, openline.DoNew, func(v openline.Session) error {
		id, ok := positive(p.MessageID)
		if !ok {
			return openline.ErrNoAccess
		}
		err := h.Conversations.StartFrom(ctx, c.UserID, v.ChatID, id)
		if fault.KindOf(err) == fault.NotFound && err != nil && !among(err, line.ErrNotFound) {
			return openline.ErrNoAccess.Because(err)
		}
		return err
	})
}

// errIntercept is the fault of a conversation that cannot be taken over.
var errIntercept = fault.New(fault.Invalid, "OPERATOR_WRONG", "You can not redirect to this operator")

// reach returns the conversation of a chat with which a caller may do something, for methods whose pages have one fault for all that is
// in the way.
func (h sessions) reach(ctx context.Context, c *rest.Call, chat phpform.Value, d openline.Deed, wrong *fault.Fault) (openline.Session, error) {
	id, ok := positive(chat)
	if !ok {
		return openline.Session{}, errChatIDEmpty
	}
	v, err := h.Conversations.StandingIn(ctx, actor(c), id)
	if err == nil {
		err = v.Allow(d)
	}
	return v.Session, otherwise(err, wrong)
}

// otherwise gives what a caller can mend the one fault that a page has for it.
func otherwise(err error, wrong *fault.Fault) error {
	if err == nil || fault.KindOf(err) == fault.Internal {
		return err
	}
	return wrong.Because(err)
}

func (h sessions) intercept(ctx context.Context, c *rest.Call, p chatParams) (bool, error) {
	v, err := h.reach(ctx, c, p.ChatID, openline.DoIntercept, errIntercept)
	if err == nil {
		err = otherwise(h.Conversations.Intercept(ctx, c.UserID, v.ChatID), errIntercept)
	}
	return err == nil, err
}

// passParams are the parameters of imopenlines.operator.transfer.
type passParams struct {
	ChatID     phpform.Value  `b24:"CHAT_ID,needed"`
	TransferID *phpform.Value `b24:"TRANSFER_ID"`
	UserID     *phpform.Value `b24:"USER_ID"`
	QueueID    *phpform.Value `b24:"QUEUE_ID"`
}

func (h sessions) transfer(ctx context.Context, c *rest.Call, p passParams) (bool, error) {
	if _, ok := positive(p.ChatID); !ok {
		return false, errChatIDEmpty
	}
	to, err := goal{p.UserID, p.QueueID, p.TransferID}.target()
	if err != nil {
		return false, err
	}
	v, err := h.reach(ctx, c, p.ChatID, openline.DoTransfer, errOperatorWrong)
	if err == nil {
		err = otherwise(h.Conversations.Transfer(ctx, c.UserID, v.ChatID, to), errOperatorWrong)
	}
	return err == nil, err
}
