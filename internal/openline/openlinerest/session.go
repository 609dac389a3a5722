package openlinerest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// Bots tells whose bots are whose.
type Bots interface {
	// OwnedBy returns a bot of an application or, where appID is 0, of who registered it under clientID, or with that as its token: the
	// one with an id or, for id 0, the first. It returns 0 where there is none.
	OwnedBy(ctx context.Context, appID int64, clientID string, id int64) (int64, error)
}

// SessionMethods is what the methods of conversations need.
type SessionMethods struct {
	Conversations *openline.Service
	IM            *im.Service
	Bots          Bots
	Users         People
	// View describes a chat to the caller as im.dialog.get does, whether they are in it or not.
	View func(ctx context.Context, c *rest.Call, chatID int64) (any, error)
	// Show describes people as the messenger's methods do, by their ids.
	Show func(ctx context.Context, ids []int64, zone *time.Location) (map[int64]any, error)
	// Files describes files of a chat as im.dialog.messages.get does.
	Files func(ctx context.Context, viewer, chatID int64, ids []int64, zone *time.Location) ([]any, error)
	// Params describes what a message carries beside its text as im.dialog.messages.get does.
	Params func(m im.Message, likes []int64) any
}

// RegisterSessions adds the methods with which bots and operators lead conversations.
func RegisterSessions(r *rest.Registry, m SessionMethods) {
	h := sessions{m}
	h.registerBots(r)
	h.registerOperators(r)
	h.registerModes(r)
	h.registerCRM(r)
}

type sessions struct{ SessionMethods }

const (
	ownScope = "imopenlines"
	docs     = "api-reference/imopenlines/openlines/"
)

// words are the texts with which the page of a method refuses: a chat that is none, one of another kind, and somebody without rights.
type words struct{ id, kind, denied string }

var errChatIDEmpty = fault.New(fault.Invalid, "CHAT_ID_EMPTY", "Chat ID can't be empty")

// positive reads a number above 0.
func positive(v phpform.Value) (int64, bool) {
	n, ok := v.Int()
	return n, ok && !v.IsArray() && n > 0
}

// find returns how a caller stands to the newest conversation of the chat that they name.
func (h sessions) find(ctx context.Context, c *rest.Call, chat phpform.Value, w words) (openline.Standing, error) {
	id, ok := positive(chat)
	if !ok {
		return openline.Standing{}, fault.New(fault.Invalid, "CHAT_ID", w.id)
	}
	v, err := h.Conversations.StandingIn(ctx, actor(c), id)
	if errors.Is(err, openline.ErrNoSession) {
		_, err := h.IM.Get(im.Overseeing(ctx), c.UserID, id)
		switch {
		case err == nil:
			return v, fault.New(fault.Invalid, "CHAT_TYPE", w.kind)
		case errors.Is(err, im.ErrNoChat):
			return v, fault.New(fault.Invalid, "CHAT_ID", w.id).Because(err)
		}
		return v, err
	}
	return v, err
}

// done gives an error the form that the pages have for it: ACCESS_DENIED, with what is in the way as the text where that is not the
// rights of the caller.
func (w words) done(err error) error {
	var f *fault.Fault
	switch {
	case !errors.As(err, &f):
		return err
	case f.Code == openline.ErrNoAccess.Code:
		return fault.New(fault.Invalid, "ACCESS_DENIED", w.denied).Because(err)
	case slices.Contains(inTheWay, f.Code):
		return fault.New(fault.Invalid, "ACCESS_DENIED", f.Text).Because(err)
	}
	return err
}

// inTheWay are the codes of what keeps a caller with rights from doing something.
var inTheWay = []string{
	openline.ErrNotYours.Code, openline.ErrTaken.Code, openline.ErrOver.Code, openline.ErrSpam.Code, openline.ErrWrongState.Code, line.ErrNotFound.Code,
}

// chatParams are the parameters of methods that take a chat alone.
type chatParams struct {
	ChatID phpform.Value `b24:"CHAT_ID,needed"`
}

// goal are the parameters that name whom a conversation is passed to.
type goal struct {
	UserID, QueueID, TransferID *phpform.Value
}

// The faults of naming whom a conversation is passed to.
var (
	errUserIDEmpty     = fault.New(fault.Invalid, "USER_ID_EMPTY", "User ID can't be empty")
	errQueueIDEmpty    = fault.New(fault.Invalid, "QUEUE_ID_EMPTY", "QUEUE ID can't be empty")
	errTransferIDEmpty = fault.New(fault.Invalid, "TRANSFER_ID_EMPTY", "Queue ID or User ID can't be empty")
	errOperatorWrong   = fault.New(fault.Invalid, "OPERATOR_WRONG", "You cannot redirect to this operator")
)

// target reads them in the order of the page: USER_ID, QUEUE_ID, TRANSFER_ID.
func (g goal) target() (t openline.Target, err error) {
	user, queue := g.UserID, g.QueueID
	if user == nil && queue == nil {
		if g.TransferID == nil || g.TransferID.IsArray() || strings.TrimSpace(g.TransferID.Text()) == "" {
			return t, errTransferIDEmpty
		}
		text := strings.TrimSpace(g.TransferID.Text())
		if len(text) >= len("queue") && strings.EqualFold(text[:len("queue")], "queue") {
			queue = new(phpform.StringOf(text[len("queue"):]))
		} else {
			user = g.TransferID
		}
	}
	var ok bool
	if user != nil {
		if t.UserID, ok = positive(*user); !ok {
			return t, errUserIDEmpty
		}
		return t, nil
	}
	if t.LineID, ok = positive(*queue); !ok {
		return t, errQueueIDEmpty
	}
	return t, nil
}

// among reports whether err is one of faults.
func among(err error, faults ...*fault.Fault) bool {
	for _, f := range faults {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
