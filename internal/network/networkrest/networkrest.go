// Package networkrest is the wire side of the network: imopenlines.network.*.
package networkrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// Register adds the methods.
func Register(r *rest.Registry, s *network.Service) {
	h := handlers{s}
	const pages = "api-reference/imopenlines/openlines/imopenlines-network-"
	r.Add(
		rest.M("imopenlines.network.join", "imopenlines", rest.Everyone, "Joins an open channel of another portal as a bot to whom everybody may write.",
			h.join, rest.Doc(pages+"join.md")),
		rest.M("imopenlines.network.message.add", "imopenlines", rest.Everyone, "Writes to a user in the name of a joined open channel.",
			h.messageAdd, rest.Doc(pages+"message-add.md")),
	)
}

type handlers struct{ network *network.Service }

// joinParams are the parameters of imopenlines.network.join.
type joinParams struct {
	Code string `b24:"CODE,needed"`
}

func (h handlers) join(ctx context.Context, c *rest.Call, p joinParams) (int64, error) {
	return h.network.Join(ctx, user.Ref{ID: c.UserID, Admin: c.Admin, Access: c.Access}, p.Code)
}

// messageParams are the parameters of imopenlines.network.message.add.
type messageParams struct {
	Code       string        `b24:"CODE,needed"`
	UserID     int64         `b24:"USER_ID,needed"`
	Message    string        `b24:"MESSAGE,needed"`
	Attach     phpform.Value `b24:"ATTACH"`
	Keyboard   phpform.Value `b24:"KEYBOARD"`
	URLPreview string        `b24:"URL_PREVIEW"`
}

// errSession refuses pages of the portal: they send as people.
var errSession = fault.New(fault.Denied, rest.ErrAuthType.Code, "Access for this method not allowed by session authorization")

func (h handlers) messageAdd(ctx context.Context, c *rest.Call, p messageParams) (bool, error) {
	if c.Kind == rest.BySession {
		return false, errSession
	}
	t := network.Told{Code: p.Code, UserID: p.UserID, Text: p.Message, NoPreview: strings.EqualFold(strings.TrimSpace(p.URLPreview), "N")}
	var err error
	if t.Attach, err = attach.ParseAttach(p.Attach); err != nil {
		return false, err
	}
	if t.Keyboard, err = attach.ParseKeyboard(p.Keyboard); err != nil {
		return false, attach.ErrKeyboard.Because(err) // the page has one code, also for one that is too large
	}
	if err := h.network.Tell(ctx, t); err != nil {
		return false, err
	}
	return true, nil
}
