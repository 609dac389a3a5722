package botv2

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
)

// MaxForwards is how many messages one call forwards.
const MaxForwards = 100

// ErrForwards is the fault of forwarding more than MaxForwards messages.
var ErrForwards = fault.Newf(fault.Invalid, "SENDING_FAILED", "At most %d messages can be forwarded at once", MaxForwards)

// Forward is a message to be forwarded, under a name of the sender's.
type Forward struct {
	UUID      string
	MessageID int64
}

// Sending is what a bot sends at once, all of it or nothing: a message, unless it is empty, and messages that it forwards.
type Sending struct {
	im.NewMessage

	Forwards []Forward
}

// Send sends what s says as the bot that is its author. It returns the id of the message, or of the first one that is
// forwarded where there is none, and the ids of the forwarded ones by their names. Faults are those of im.Service.Send.
// Page: api-reference/chat-bots/chat-bots-v2/imbot.v2/messages/chat-message-send.md.
func (s *Service) Send(ctx context.Context, o Sending) (id int64, forwarded map[string]int64, err error) {
	if len(o.Forwards) > MaxForwards {
		return 0, nil, ErrForwards
	}
	err = s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		id, forwarded = 0, map[string]int64{}
		sent := int64(0)
		for _, n := range o.messages() {
			m, err := s.cfg.IM.SendTx(ctx, tx, n)
			if err != nil {
				return err
			}
			if id == 0 {
				id = m.ID
			}
			if !m.Repeated {
				sent++
			}
			if n.ForwardID != 0 {
				forwarded[n.UUID] = m.ID
			}
		}
		return addTx(ctx, tx, o.AuthorID, sent, 0)
	})
	return id, forwarded, err
}

func (o Sending) messages() (out []im.NewMessage) {
	if len(o.Forwards) == 0 || o.Text != "" || len(o.Attach) > 0 || len(o.Files) > 0 {
		out = append(out, o.NewMessage)
	}
	for _, f := range o.Forwards {
		out = append(out, im.NewMessage{ChatID: o.ChatID, AuthorID: o.AuthorID, ForwardID: f.MessageID, UUID: f.UUID})
	}
	return out
}
