package im

import (
	"context"

	"github.com/portico-hq/portico/internal/db"
)

// SeenBy returns how many members of a chat have read a message, without who sent it, and the sender. It returns ErrAccess and
// ErrNoChat.
func (s *Service) SeenBy(ctx context.Context, viewer, chatID, messageID int64) (n, sender int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := memberTx(ctx, tx, viewer, chatID); err != nil || messageID == 0 {
			return err
		}
		m, err := messageTx(ctx, tx, messageID)
		if err != nil {
			return err
		}
		sender = m.SenderID
		const q = "SELECT COUNT(*) FROM chat_member WHERE chat_id = ? AND read_message_id >= ? AND user_id <> ?"
		return wrap("count readers", tx.QueryRow(ctx, q, chatID, messageID, m.SenderID).Scan(&n))
	})
	return n, sender, err
}
