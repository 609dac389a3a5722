package im

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Read marks the messages of a chat up to upTo as read, all of them where upTo is 0, and returns how many remain. What has
// been read stays read. It returns ErrAccess and ErrNoChat.
func (s *Service) Read(ctx context.Context, userID, chatID, upTo int64) (unread int64, err error) {
	var mark readMark
	look := func(tx *db.Tx) error {
		mark, err = nextMark(ctx, tx, userID, chatID, upTo)
		return err
	}
	if err := s.db.Read(ctx, look); err != nil || !mark.changed {
		return mark.unread, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := look(tx); err != nil || !mark.changed { // somebody may have written meanwhile
			return err
		}
		const q = "UPDATE chat_member SET read_seq = ?, read_message_id = ?, gone = ?, marked = 0 WHERE chat_id = ? AND user_id = ?"
		if err := tx.Later(ctx, q, mark.seq, mark.messageID, mark.gone, chatID, userID); err != nil {
			return fmt.Errorf("move reading mark: %w", err)
		}
		e := ReadEvent{ChatID: chatID, EntityID: mark.chat.EntityID, UserID: userID, UpTo: mark.messageID}
		return s.tellRead(ctx, tx, mark.chat.EntityType, e)
	})
	if err != nil || !mark.changed {
		return mark.unread, err
	}
	st, err := s.state(ctx, chatID)
	if err != nil {
		return mark.unread, err
	}
	hint := LiveReader{ChatID: chatID, UserID: userID, MessageID: mark.messageID, Counter: mark.unread}
	s.publishRead(st, hint)
	return mark.unread, nil
}

// readMark is how far a member has read.
type readMark struct {
	chat                         Chat
	seq, messageID, gone, unread int64
	changed                      bool
}

// nextMark returns the mark that reading up to a message leads to.
func nextMark(ctx context.Context, tx *db.Tx, userID, chatID, upTo int64) (readMark, error) {
	c, m, err := memberTx(ctx, tx, userID, chatID)
	if err != nil {
		return readMark{}, err
	}
	mark := readMark{chat: c, seq: c.LastSeq, messageID: c.LastMessageID}
	if upTo > 0 && upTo < c.LastMessageID {
		const q = "SELECT id, seq FROM message WHERE chat_id = ? AND id <= ? ORDER BY id DESC LIMIT 1"
		err := tx.QueryRow(ctx, q, chatID, upTo).Scan(&mark.messageID, &mark.seq)
		if errors.Is(err, db.ErrNoRows) {
			mark.messageID, mark.seq = 0, 0
		} else if err != nil {
			return readMark{}, fmt.Errorf("read message: %w", err)
		}
		if m.gone > 0 && mark.seq > m.ReadSeq {
			if mark.gone, err = goneAfter(ctx, tx, c, mark); err != nil {
				return readMark{}, err
			}
		}
	}
	if mark.messageID < m.ReadMessageID || mark.seq < m.ReadSeq {
		mark.seq, mark.messageID, mark.gone = m.ReadSeq, m.ReadMessageID, m.gone
	}
	mark.unread = max(c.LastSeq-mark.seq-mark.gone, 0)
	mark.changed = mark.seq != m.ReadSeq || mark.messageID != m.ReadMessageID || mark.gone != m.gone || m.marked != 0
	return mark, nil
}

// goneAfter returns how many counted messages after a mark were removed without a trace.
func goneAfter(ctx context.Context, tx *db.Tx, c Chat, mark readMark) (int64, error) {
	rows, err := tx.Query(ctx, "SELECT flags FROM message WHERE chat_id = ? AND id > ?", c.ID, mark.messageID)
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", err)
	}
	defer func() { _ = rows.Close() }()
	left := c.LastSeq - mark.seq
	for rows.Next() {
		var flags int64
		if err := rows.Scan(&flags); err != nil {
			return 0, fmt.Errorf("count unread: %w", err)
		}
		if flags&flagSilent == 0 {
			left--
		}
	}
	return left, rows.Err()
}

// Unread returns how many messages a person has not read, without the chats that they muted.
func (s *Service) Unread(ctx context.Context, viewer int64) (n int64, err error) {
	const q = `SELECT CAST(COALESCE(SUM(c.last_seq - b.read_seq - b.gone), 0) AS BIGINT) FROM chat_member b
		JOIN chat c ON c.id = b.chat_id WHERE b.user_id = ? AND b.muted = 0`
	err = s.db.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, q, viewer).Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("count unread: %w", err)
	}
	return n, nil
}

// Pin puts a chat above the others of a member's recent list, or back. It returns ErrAccess and ErrNoChat, as do the other
// marks.
func (s *Service) Pin(ctx context.Context, userID, chatID int64, on bool) error {
	return s.setMark(ctx, userID, chatID, "UPDATE chat_member SET pinned = ? WHERE chat_id = ? AND user_id = ?", db.Bit(on))
}

// Mute turns a member's notifications of a chat off, or on.
func (s *Service) Mute(ctx context.Context, userID, chatID int64, on bool) error {
	return s.setMark(ctx, userID, chatID, "UPDATE chat_member SET muted = ? WHERE chat_id = ? AND user_id = ?", db.Bit(on))
}

// MarkUnread marks a chat as unread by hand, or takes the mark away.
func (s *Service) MarkUnread(ctx context.Context, userID, chatID int64, on bool) error {
	return s.setMark(ctx, userID, chatID, "UPDATE chat_member SET marked = ? WHERE chat_id = ? AND user_id = ?", db.Bit(on))
}

// Hide takes a chat off a member's recent list until the next message, or puts it back.
func (s *Service) Hide(ctx context.Context, userID, chatID int64, on bool) error {
	const q = `UPDATE chat_member SET hidden_seq = CASE WHEN CAST(? AS BIGINT) = 1
		THEN (SELECT last_seq FROM chat WHERE id = chat_member.chat_id) ELSE -1 END WHERE chat_id = ? AND user_id = ?`
	return s.setMark(ctx, userID, chatID, q, db.Bit(on))
}

func (s *Service) setMark(ctx context.Context, userID, chatID int64, q string, value int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, q, value, chatID, userID)
		if err != nil {
			return fmt.Errorf("set mark: %w", err)
		}
		if n == 0 {
			_, _, err = memberTx(ctx, tx, userID, chatID)
		}
		tx.AfterCommit(func() { s.live.Publish([]int64{userID}, LiveChat, LiveMembers{ChatID: chatID}) })
		return err
	})
}
