package network

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
)

// Channel carries the answers of operators to those who write through the network.
type Channel struct{ Service *Service }

var _ openline.Channel = Channel{}

// SendTx passes a message on.
func (c Channel) SendTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) error {
	return c.passTx(ctx, tx, KindMessage, m)
}

// ChangeTx passes on that a message reads otherwise.
func (c Channel) ChangeTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) error {
	return c.passTx(ctx, tx, KindChange, m)
}

// RemoveTx passes on that a message is gone.
func (c Channel) RemoveTx(ctx context.Context, tx *db.Tx, m openline.Outgoing) error {
	m.Text, m.Files = "", nil
	return c.passTx(ctx, tx, KindRemove, m)
}

// StartedTx does nothing: the client sees the chat with the line as one, however many conversations it has had.
func (c Channel) StartedTx(context.Context, *db.Tx, openline.Session) error { return nil }

// FinishedTx does nothing, as StartedTx.
func (c Channel) FinishedTx(context.Context, *db.Tx, openline.Session) error { return nil }

func (c Channel) passTx(ctx context.Context, tx *db.Tx, kind Kind, m openline.Outgoing) error {
	s := c.Service
	peer, userID, ok := readClient(m.Channel.ClientID)
	if !ok {
		return nil // no client of the network
	}
	l, err := publishedTx(ctx, tx, "line_id = ?", m.Channel.LineID)
	if errors.Is(err, ErrNoLine) {
		if kind != KindMessage {
			return nil
		}
		return s.Messenger.NoteTx(ctx, tx, m.ChatID, "The message was not delivered. The channel is not published in the Network any more.")
	}
	if err != nil {
		return err
	}
	p := packet{
		Code: l.Code, Side: byLine, User: person{ID: userID}, ID: m.MessageID, Author: m.Author, Text: abroad(m.Text), Files: m.Files,
	}
	if kind != KindRemove {
		if err := s.carry(&p, m.Attach, m.Keyboard); err != nil {
			return err
		}
	}
	return s.queueTx(ctx, tx, peer, kind, p, m.ChatID)
}
