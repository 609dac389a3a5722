package openline

import (
	"context"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// LiveMessage is the name of the hint that a message reads otherwise, is gone, or that something became of it on its way to the client.
const LiveMessage = "linemessage"

// messageHint is what pages are told with LiveMessage.
type messageHint struct {
	ChatID    int64 `json:"chat"`
	MessageID int64 `json:"message"`
}

// tellReadersTx tells those who read a conversation along that a message in it changed: the messenger tells the members of the chat alone.
func (s *Service) tellReadersTx(ctx context.Context, tx *db.Tx, m Message) error {
	if s.live == nil {
		return nil
	}
	looking, err := s.ViewersTx(ctx, tx, m.ChatID)
	if err != nil {
		return err
	}
	members, _, err := s.chats.MembersTx(ctx, tx, m.ChatID)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		to := slices.DeleteFunc(s.andWatchers(looking), func(id int64) bool { return has(members, id) })
		s.live.Publish(to, LiveMessage, messageHint{ChatID: m.ChatID, MessageID: m.ID})
	})
	return nil
}
