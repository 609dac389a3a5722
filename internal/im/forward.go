package im

import (
	"context"
	"errors"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Forward says where a forwarded message comes from. What was forwarded itself keeps its first author.
type Forward struct {
	MessageID int64     `json:"ID"`
	ChatID    int64     `json:"CHAT"`
	AuthorID  int64     `json:"USER"` // 0: a system message
	Date      time.Time `json:"DATE"`
}

// takeForward puts what is forwarded into a message: text, attachment and files, not what belongs to a bot's dialogue. It
// returns ErrForward where the sender may not see the message or it is removed.
func takeForward(ctx context.Context, tx *db.Tx, out *outgoing) error {
	m, err := visibleTx(ctx, tx, out.SenderID, out.forwardID)
	if errors.Is(err, ErrNoMessage) || err == nil && !m.Deleted.IsZero() {
		return ErrForward
	}
	if err != nil {
		return err
	}
	out.Text, out.NoPreview = m.Text, m.NoPreview
	out.Extra = Extra{Attach: m.Extra.Attach, Files: m.Extra.Files, Forward: m.Extra.Forward}
	if out.Extra.Forward == nil {
		out.Extra.Forward = &Forward{MessageID: m.ID, ChatID: m.ChatID, AuthorID: m.AuthorID, Date: m.Date}
	}
	out.extra, err = out.Extra.stored()
	return err
}
