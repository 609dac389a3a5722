package im

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Notifications is the type of the chat that a person's notifications stand in on the wire. It has no members and no messages:
// package notify keeps what is in it.
const Notifications Type = "N"

// NotifyChatTx makes the chat of a person's notifications and returns its id.
func (s *Service) NotifyChatTx(ctx context.Context, tx *db.Tx, userID int64) (int64, error) {
	now := db.Micro(s.clock.Now())
	id, err := tx.Insert(ctx, `INSERT INTO chat (type, title, folded, owner_id, entity_type, entity_id, color, user_a, user_b, can_post, can_manage,
		created, last_at) VALUES (?, '', '', ?, '', '', '', ?, 0, ?, ?, ?, ?)`, string(Notifications), userID, userID, string(RightNone),
		string(RightNone), now, now)
	if err != nil {
		return 0, fmt.Errorf("insert chat of notifications: %w", err)
	}
	return id, nil
}
