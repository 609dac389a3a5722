package im

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/db"
)

// MarkUnreadFrom makes a message and those after it unread for a member again. It returns ErrNoMessage for one that is not theirs
// to see or of another chat, ErrAccess and ErrNoChat.
func (s *Service) MarkUnreadFrom(ctx context.Context, userID, chatID, messageID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, row, err := memberTx(ctx, tx, userID, chatID)
		if err != nil {
			return err
		}
		m, err := messageTx(ctx, tx, messageID)
		if err != nil {
			return err
		}
		if m.ChatID != chatID || m.ID <= row.from {
			return ErrNoMessage
		}
		mark, err := markBefore(ctx, tx, c, messageID)
		if err != nil {
			return err
		}
		const q = "UPDATE chat_member SET read_seq = ?, read_message_id = ?, gone = ? WHERE chat_id = ? AND user_id = ?"
		if err := tx.Later(ctx, q, mark.seq, mark.messageID, mark.gone, chatID, userID); err != nil {
			return wrap("move reading mark", err)
		}
		e := ReadEvent{ChatID: chatID, EntityID: c.EntityID, UserID: userID, UpTo: mark.messageID, Back: true}
		if err := s.tellRead(ctx, tx, c.EntityType, e); err != nil {
			return err
		}
		hint := LiveReader{ChatID: chatID, UserID: userID, MessageID: mark.messageID, Counter: max(c.LastSeq-mark.seq-mark.gone, 0)}
		tx.AfterCommit(func() { s.live.Publish([]int64{userID}, LiveRead, hint) })
		return nil
	})
}

// markBefore returns the mark of who has read everything before a message.
func markBefore(ctx context.Context, tx *db.Tx, c Chat, messageID int64) (mark readMark, err error) {
	const q = "SELECT id, seq FROM message WHERE chat_id = ? AND id < ? ORDER BY id DESC LIMIT 1"
	err = tx.QueryRow(ctx, q, c.ID, messageID).Scan(&mark.messageID, &mark.seq)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return mark, wrap("read message", err)
	}
	mark.gone, err = goneAfter(ctx, tx, c, mark)
	return mark, err
}

// ReadAll marks all messages of all chats of a person as read.
func (s *Service) ReadAll(ctx context.Context, userID int64) error {
	const q = `UPDATE chat_member SET read_seq = c.last_seq, read_message_id = c.last_message_id, gone = 0, marked = 0 FROM chat c
		WHERE c.id = chat_member.chat_id AND chat_member.user_id = ?
			AND (c.last_message_id <> chat_member.read_message_id OR chat_member.marked = 1) RETURNING chat_id`
	var ids []int64
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if ids, err = queryIDs(ctx, tx, q, userID); err != nil {
			return wrap("read all", err)
		}
		return s.tellAllRead(ctx, tx, userID, ids)
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		st, err := s.state(ctx, id)
		if err != nil {
			return err
		}
		s.publishRead(st, LiveReader{ChatID: id, UserID: userID, MessageID: st.chat.LastMessageID})
	}
	return nil
}

// Counter is what a person has not read of a chat.
type Counter struct {
	ChatID int64
	Type   Type
	Peer   int64 // the other person of a private chat
	Unread int64
	Muted  bool
	Marked bool // by hand as unread
}

// Counters returns the chats of a person that have unread messages or are marked as unread.
func (s *Service) Counters(ctx context.Context, viewer int64) (out []Counter, err error) {
	const q = `SELECT c.id, c.type, c.user_a, c.user_b, c.last_seq - b.read_seq - b.gone, b.muted, b.marked
		FROM chat_member b JOIN chat c ON c.id = b.chat_id
		WHERE b.user_id = ? AND (c.last_seq - b.read_seq - b.gone > 0 OR b.marked = 1) ORDER BY c.id`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, q, viewer)
		if err != nil {
			return wrap("count unread", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var n Counter
			var chat Chat
			var muted, marked int64
			if err := rows.Scan(&n.ChatID, &n.Type, &chat.UserA, &chat.UserB, &n.Unread, &muted, &marked); err != nil {
				return wrap("count unread", err)
			}
			n.Unread, n.Muted, n.Marked = max(n.Unread, 0), muted != 0, marked != 0
			if n.Type == Private {
				n.Peer = chat.Peer(viewer)
			}
			out = append(out, n)
		}
		return rows.Err()
	})
	return out, err
}
