package notifyrest

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// readParams are the parameters of im.notify.read.
type readParams struct {
	ID          *int64 `b24:"ID"`
	Action      string `b24:"ACTION"`
	OnlyCurrent string `b24:"ONLY_CURRENT"`
}

// markOf reads an ACTION: Y where there is none, and N for whatever is not Y.
func markOf(action string) notify.Mark {
	return notify.Mark(strings.TrimSpace(action) == "" || yes(action))
}

func (h handlers) read(ctx context.Context, c *rest.Call, p readParams) (bool, error) {
	if p.ID == nil || *p.ID < 0 {
		return true, nil
	}
	if yes(p.OnlyCurrent) {
		return true, h.notify.MarkOne(ctx, c.UserID, *p.ID, markOf(p.Action))
	}
	return true, h.notify.MarkFrom(ctx, c.UserID, *p.ID, markOf(p.Action))
}

// readListParams are the parameters of im.notify.read.list.
type readListParams struct {
	IDs    phpform.Value `b24:"IDS,needed"`
	Action string        `b24:"ACTION"`
}

var errNoIDs = fault.New(fault.Invalid, "PARAMS_ERROR", "No IDS param or it is not an array")

// readList marks the notifications up to the first that is no positive number, as documented.
func (h handlers) readList(ctx context.Context, c *rest.Call, p readListParams) (bool, error) {
	if !p.IDs.IsArray() || p.IDs.Len() == 0 {
		return false, errNoIDs
	}
	var ids []int64
	for _, e := range p.IDs.Entries() {
		id, err := strconv.ParseInt(strings.TrimSpace(e.Value.Text()), 10, 64)
		if err != nil || id <= 0 {
			break
		}
		ids = append(ids, id)
	}
	return true, h.notify.MarkMany(ctx, c.UserID, ids, markOf(p.Action))
}

// allRead is the answer of im.notify.read.all.
type allRead struct {
	Result  bool  `json:"result"`
	Counter int64 `json:"newCounter"`
}

func (h handlers) readAll(ctx context.Context, c *rest.Call, _ rest.None) (allRead, error) {
	unread, err := h.notify.ReadAll(ctx, c.UserID)
	return allRead{err == nil, unread}, err
}

// told is what somebody is told after a press or an answer: a list of texts, or false.
type told struct {
	Message any `json:"result_message"`
}

func toldOf(text string, err error) (told, error) {
	switch {
	case errors.Is(err, notify.ErrNotFound) || errors.Is(err, notify.ErrNoButton) || errors.Is(err, notify.ErrNoAnswer):
		return told{false}, nil
	case err != nil:
		return told{}, err
	case text == "":
		return told{false}, nil
	}
	return told{[]string{text}}, nil
}

var (
	errID     = fault.New(fault.Invalid, "ID_ERROR", "Notification ID can't be empty")
	errAnswer = fault.New(fault.Invalid, "ANSWER_TEXT_ERROR", "ANSWER_TEXT can't be empty")
	errValue  = fault.New(fault.Invalid, "NOTIFY_VALUE_ERROR", "Notification Value can't be empty")
)

// answerParams are the parameters of im.notify.answer.
type answerParams struct {
	ID   int64  `b24:"NOTIFY_ID,needed"`
	Text string `b24:"ANSWER_TEXT,needed"`
}

func (h handlers) answer(ctx context.Context, c *rest.Call, p answerParams) (told, error) {
	switch {
	case p.ID <= 0:
		return told{}, errID
	case strings.TrimSpace(p.Text) == "":
		return told{}, errAnswer
	}
	return toldOf(h.notify.Answer(ctx, c.UserID, p.ID, strings.TrimSpace(p.Text)))
}

// confirmParams are the parameters of im.notify.confirm.
type confirmParams struct {
	ID    int64  `b24:"NOTIFY_ID,needed"`
	Value string `b24:"NOTIFY_VALUE,needed"`
}

func (h handlers) confirm(ctx context.Context, c *rest.Call, p confirmParams) (told, error) {
	switch {
	case p.ID <= 0:
		return told{}, errID
	case p.Value == "":
		return told{}, errValue
	}
	return toldOf(h.notify.Press(ctx, c.UserID, p.ID, p.Value))
}
