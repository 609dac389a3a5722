package im

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/db"
)

// MaxPins is how many messages of a chat may be pinned.
const MaxPins = 20

// PinMessage pins a message at the top of its chat for everybody, or takes the pin away. It returns ErrNoMessage for one
// that actor may not see or that is removed, ErrAccess where they may not manage messages, and ErrPins where MaxPins are
// pinned.
func (s *Service) PinMessage(ctx context.Context, actor, messageID int64, on bool) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, err := visibleTx(ctx, tx, actor, messageID)
		if err != nil {
			return err
		}
		st, err := s.loadState(ctx, tx, m.ChatID)
		if err != nil {
			return err
		}
		switch {
		case !m.Deleted.IsZero():
			return ErrNoMessage
		case !st.allows(actor, st.chat.CanManage):
			return ErrAccess
		}
		changed, err := s.setPin(ctx, tx, actor, m, on)
		if err != nil || !changed {
			return err
		}
		hint := LivePin{ChatID: m.ChatID, MessageID: m.ID, UserID: actor, Set: on}
		tx.AfterCommit(func() { s.live.Publish(st.members, LivePinned, hint) })
		return nil
	})
}

func (s *Service) setPin(ctx context.Context, tx *db.Tx, actor int64, m Message, on bool) (changed bool, err error) {
	if !on {
		n, err := tx.Exec(ctx, "DELETE FROM chat_pin WHERE chat_id = ? AND message_id = ?", m.ChatID, m.ID)
		if err != nil || n == 0 {
			return false, wrap("unpin message", err)
		}
		return true, clearFlag(ctx, tx, m.ID, flagPinned)
	}
	if err := tx.Lock(ctx, "im pins "+strconv.FormatInt(m.ChatID, 10)); err != nil { // two may want the last place
		return false, err
	}
	const add = `INSERT INTO chat_pin (chat_id, message_id, user_id, created) VALUES (?, ?, ?, ?)
		ON CONFLICT (chat_id, message_id) DO NOTHING`
	n, err := tx.Exec(ctx, add, m.ChatID, m.ID, actor, db.Micro(s.clock.Now()))
	if err != nil || n == 0 {
		return false, wrap("pin message", err)
	}
	var count int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM chat_pin WHERE chat_id = ?", m.ChatID).Scan(&count); err != nil {
		return false, wrap("count pins", err)
	}
	if count > MaxPins {
		return false, ErrPins
	}
	return true, setFlag(ctx, tx, m.ID, flagPinned)
}

// Pins returns the pinned messages of a chat that a viewer may see, the last pinned first. It returns ErrAccess and
// ErrNoChat.
func (s *Service) Pins(ctx context.Context, viewer, chatID int64) (out []Message, err error) {
	const q = "SELECT " + messageColumns + ` FROM chat_pin p JOIN message m ON m.id = p.message_id
		WHERE p.chat_id = ? AND m.id > ? ORDER BY p.created DESC, m.id DESC`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, row, err := memberTx(ctx, tx, viewer, chatID)
		if err != nil {
			return err
		}
		if out, err = queryMessages(ctx, tx, q, chatID, row.from); err != nil {
			return wrap("read pins", err)
		}
		return fillReactions(ctx, tx, viewer, out)
	})
	return out, err
}

func clearFlag(ctx context.Context, tx *db.Tx, messageID, flag int64) error {
	err := tx.Later(ctx, "UPDATE message SET flags = flags & ? WHERE id = ?", ^flag, messageID)
	return wrap("mark message", err)
}
