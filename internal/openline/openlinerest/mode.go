package openlinerest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

func (h sessions) registerModes(r *rest.Registry) {
	const pages = docs + "sessions/imopenlines-"
	row := rest.Everyone
	r.Add(
		rest.M("imopenlines.session.mode.pin", ownScope, row, "Pins a conversation, or takes the pin off.", h.pin,
			rest.Doc(pages+"session-mode-pin.md")),
		rest.M("imopenlines.session.mode.pinAll", ownScope, row, "Pins the conversations that somebody has.", h.pinAll,
			rest.Doc(pages+"session-mode-pin-all.md")),
		rest.M("imopenlines.session.mode.unpinAll", ownScope, row, "Takes the pins off all conversations.", h.unpinAll,
			rest.Doc(pages+"session-mode-unpin-all.md")),
		rest.M("imopenlines.session.mode.silent", ownScope, row, "Keeps what operators write from the client, or passes it on again.",
			h.silent, rest.Doc(pages+"session-mode-silent.md")),
		rest.M("imopenlines.session.head.vote", ownScope, row, "Rates how an operator led a conversation.", h.headVote,
			rest.Doc(pages+"session-head-vote.md")),
		rest.M("imopenlines.session.open", ownScope, row, "Finds the chat with a client of a channel.", h.open,
			rest.Doc(pages+"session-open.md")),
		rest.M("imopenlines.session.history.get", ownScope, row, "Reads what was said in a conversation.", h.history,
			rest.Doc(pages+"session-history-get.md")),
		rest.M("imopenlines.dialog.get", ownScope, row, "Describes the chat with a client.", h.dialog,
			rest.Doc(pages+"dialog-get.md")),
	)
}

// modeParams are the parameters of imopenlines.session.mode.pin and .silent.
type modeParams struct {
	ChatID   phpform.Value  `b24:"CHAT_ID,needed"`
	Activate *phpform.Value `b24:"ACTIVATE"`
}

var (
	pinWords    = words{"Invalid chat identifier provided", noLine, noPermissions}
	silentWords = words{idGiven, noLine, "You cannot open this conversation due to insufficient rights"}
)

func (h sessions) pin(ctx context.Context, c *rest.Call, p modeParams) (bool, error) {
	if !p.ChatID.IsArray() && strings.TrimSpace(p.ChatID.Text()) == "" {
		return false, errChatIDEmpty
	}
	on := p.Activate == nil || isYes(*p.Activate)
	return h.act(ctx, c, p.ChatID, pinWords, openline.DoPin, func(v openline.Session) error { return h.Conversations.SetPinned(ctx, c.UserID, v.ChatID, on) })
}

func isYes(v phpform.Value) bool {
	return !v.IsArray() && (strings.EqualFold(strings.TrimSpace(v.Text()), "Y") || v.Kind() == phpform.Bool && v.Truthy())
}

func (h sessions) pinAll(ctx context.Context, c *rest.Call, _ rest.None) ([]int64, error) {
	return h.Conversations.PinAll(ctx, c.UserID)
}

func (h sessions) unpinAll(ctx context.Context, c *rest.Call, _ rest.None) ([]int64, error) {
	return h.Conversations.UnpinAll(ctx, c.UserID)
}

func (h sessions) silent(ctx context.Context, c *rest.Call, p modeParams) (bool, error) {
	on := p.Activate != nil && isYes(*p.Activate)
	return h.act(ctx, c, p.ChatID, silentWords, openline.DoSilent, func(v openline.Session) error { return h.Conversations.SetSilent(ctx, v.ChatID, on) })
}

// voteParams are the parameters of imopenlines.session.head.vote.
type voteParams struct {
	SessionID phpform.Value  `b24:"SESSION_ID,needed"`
	Rating    *phpform.Value `b24:"RATING"`
	Comment   *string        `b24:"COMMENT"`
}

// The faults of imopenlines.session.head.vote.
var (
	errSessionIDEmpty = fault.New(fault.Invalid, "EMPTY_SESSION_ID", "Session ID can't be empty")
	errVoteEmpty      = fault.New(fault.Invalid, "EMPTY_VOTE_PARAMS", "At least one of the parameters RATING or COMMENT must be specified")
	errMayNotVote     = fault.New(fault.Invalid, "ACCESS_DENIED", noRights)
)

// headVote keeps a manager's rating of a conversation that has ended.
func (h sessions) headVote(ctx context.Context, c *rest.Call, p voteParams) (bool, error) {
	id, ok := positive(p.SessionID)
	if !ok {
		return false, errSessionIDEmpty
	}
	if p.Rating == nil && p.Comment == nil {
		return false, errVoteEmpty
	}
	var rating *int64
	if p.Rating != nil {
		n, ok := positive(*p.Rating)
		if !ok || n > 5 {
			return false, openline.ErrRating.At("RATING")
		}
		rating = &n
	}
	v, err := h.Conversations.Standing(ctx, actor(c), id)
	if err == nil {
		err = v.Allow(openline.DoRate)
	}
	if err == nil {
		err = h.Conversations.HeadVote(ctx, c.UserID, id, rating, p.Comment)
	}
	err = otherwise(err, errMayNotVote)
	return err == nil, err
}

// openParams are the parameters of imopenlines.session.open.
type openParams struct {
	UserCode string `b24:"USER_CODE,needed"`
}

// opened is the answer of imopenlines.session.open.
type opened struct {
	ChatID string `json:"chatId"`
}

// knows returns nil where a caller may know of a conversation.
func (h sessions) knows(ctx context.Context, c *rest.Call, v openline.Session) error {
	s, err := h.Conversations.Standing(ctx, actor(c), v.ID)
	if err != nil {
		return err
	}
	return s.Allow(openline.DoKnow)
}

var errMayNotOpen = fault.New(fault.Invalid, "ACCESS_DENIED", noBecause)

func (h sessions) open(ctx context.Context, c *rest.Call, p openParams) (opened, error) {
	v, err := h.Conversations.ByCode(ctx, p.UserCode)
	if err == nil {
		err = h.knows(ctx, c, v)
	}
	return opened{decimal(v.ChatID)}, otherwise(err, errMayNotOpen)
}

// dialogParams are the parameters of imopenlines.dialog.get; the first that is given counts.
type dialogParams struct {
	ChatID    phpform.Value `b24:"CHAT_ID"`
	DialogID  string        `b24:"DIALOG_ID"`
	SessionID phpform.Value `b24:"SESSION_ID"`
	UserCode  string        `b24:"USER_CODE"`
}

var errNoDialog = fault.New(fault.Invalid, "ACCESS_ERROR", "You do not have access to the specified dialog")

// dialog describes a chat as the messenger does.
func (h sessions) dialog(ctx context.Context, c *rest.Call, p dialogParams) (any, error) {
	v, err := h.named(ctx, p)
	if err == nil {
		err = h.knows(ctx, c, v)
	}
	if err != nil {
		return nil, otherwise(err, errNoDialog)
	}
	return h.View(ctx, c, v.ChatID)
}

// named returns the newest conversation of the chat that is meant.
func (h sessions) named(ctx context.Context, p dialogParams) (openline.Session, error) {
	if id, ok := positive(p.ChatID); ok {
		return h.Conversations.Last(ctx, id)
	}
	if d, ok := im.ParseDialog(p.DialogID); ok && d.ChatID != 0 {
		return h.Conversations.Last(ctx, d.ChatID)
	}
	if id, ok := positive(p.SessionID); ok {
		return h.Conversations.Get(ctx, id)
	}
	return h.Conversations.ByCode(ctx, p.UserCode)
}
