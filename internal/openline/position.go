package openline

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// PositionTx returns the place of a conversation among those that wait in its line, from 1, at most most; 0 where it does not wait.
func (s *Service) PositionTx(ctx context.Context, tx *db.Tx, v Session, most int64) (n int64, err error) {
	if v.State != StateWaiting {
		return 0, nil
	}
	const q = `SELECT COUNT(*) FROM (SELECT 1 FROM openline_session WHERE line_id = ? AND state = 'waiting'
		AND (priority > ? OR priority = ? AND (queued < ? OR queued = ? AND id < ?)) LIMIT ?) ahead`
	queued := db.Micro(v.Queued)
	if err := tx.QueryRow(ctx, q, v.LineID, v.Priority, v.Priority, queued, queued, v.ID, most-1).Scan(&n); err != nil {
		return 0, fmt.Errorf("place in the queue: %w", err)
	}
	return n + 1, nil
}

// LockTx keeps others from changing a chat until the transaction ends.
func (s *Service) LockTx(ctx context.Context, tx *db.Tx, chatID int64) error {
	return s.chats.LockTx(ctx, tx, chatID)
}
