package im

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// LookTx returns a message with its chat inside a transaction, whoever may see it. It returns ErrNoMessage.
func (s *Service) LookTx(ctx context.Context, tx *db.Tx, messageID int64) (Message, Chat, error) {
	m, err := messageTx(ctx, tx, messageID)
	if err != nil {
		return Message{}, Chat{}, err
	}
	st, err := s.stateTx(ctx, tx, m.ChatID)
	if err != nil {
		return Message{}, Chat{}, err
	}
	return m, st.chat, nil
}

// ChatTx returns a chat inside a transaction, whoever may see it; its counters may be old. It returns ErrNoChat.
func (s *Service) ChatTx(ctx context.Context, tx *db.Tx, chatID int64) (Chat, error) {
	st, err := s.stateTx(ctx, tx, chatID)
	if err != nil {
		return Chat{}, err
	}
	return st.chat, nil
}

// LastTx returns the newest message of a chat as it is in the transaction, whoever may see it; 0 where there is none. It returns ErrNoChat.
func (s *Service) LastTx(ctx context.Context, tx *db.Tx, chatID int64) (id int64, err error) {
	err = tx.QueryRow(ctx, "SELECT last_message_id FROM chat WHERE id = ?", chatID).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNoChat
	}
	return id, wrap("read chat", err)
}

// Exists reports whether there is a message, whoever may see it.
func (s *Service) Exists(ctx context.Context, messageID int64) (bool, error) {
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		_, err := messageTx(ctx, tx, messageID)
		return err
	})
	if errors.Is(err, ErrNoMessage) {
		return false, nil
	}
	return err == nil, err
}

// Readers are the two members of a chat who have read the furthest.
type Readers struct{ furthest []Member }

// Seen reports whether somebody other than who sent m has read it.
func (r Readers) Seen(m Message) bool {
	for _, member := range r.furthest {
		if member.UserID != m.SenderID && member.ReadMessageID >= m.ID {
			return true
		}
	}
	return false
}

// Readers returns how far a chat has been read.
func (s *Service) Readers(ctx context.Context, chatID int64) (r Readers, err error) {
	const q = "SELECT " + memberColumns + " FROM chat_member b WHERE b.chat_id = ? ORDER BY b.read_message_id DESC LIMIT 2"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		r.furthest = nil
		rows, err := tx.Query(ctx, q, chatID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var row memberRow
			if err := rows.Scan(row.dest()...); err != nil {
				return err
			}
			r.furthest = append(r.furthest, row.member())
		}
		return rows.Err()
	})
	return r, wrap("read how far a chat was read", err)
}

// MemberSort is an order of the members of a chat.
type MemberSort uint8

// The orders of members.
const (
	ByJoined MemberSort = iota // who came first
	ByUserID
	ByLastSent // whose last message is the oldest; who never wrote comes first
)

// MemberQuery says which members of a chat to list.
type MemberQuery struct {
	ChatID     int64
	Sort       MemberSort
	Descending bool
	Limit      int64 // 1–200; 50 when 0
}

// SortedMembers returns members of a chat in an order. It returns ErrAccess where the viewer is no member, and ErrNoChat.
func (s *Service) SortedMembers(ctx context.Context, viewer int64, q MemberQuery) (out []Member, err error) {
	column := map[MemberSort]string{ByJoined: "b.joined", ByUserID: "b.user_id", ByLastSent: "b.last_sent_id"}[q.Sort]
	direction := ""
	if q.Descending {
		direction = " DESC"
	}
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	text := "SELECT " + memberColumns + " FROM chat_member b WHERE b.chat_id = ? ORDER BY " + column + direction + ", b.user_id" + direction + " LIMIT ?"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := memberTx(ctx, tx, viewer, q.ChatID); err != nil {
			return err
		}
		out, err = queryMembers(ctx, tx, text, q.ChatID, min(limit, maxPage))
		return err
	})
	return out, err
}

// IsMember reports whether a user is a member of a chat.
func (s *Service) IsMember(ctx context.Context, userID, chatID int64) (yes bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		yes, err = s.IsMemberTx(ctx, tx, userID, chatID)
		return err
	})
	return yes, err
}

// CountChatsTx returns in how many chats a user is.
func (s *Service) CountChatsTx(ctx context.Context, tx *db.Tx, userID int64) (n int64, err error) {
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM chat_member WHERE user_id = ?", userID).Scan(&n); err != nil {
		return 0, fmt.Errorf("count chats: %w", err)
	}
	return n, nil
}

// UpTo returns the last message that a member other than except has read; 0: none.
func (r Readers) UpTo(except int64) int64 {
	for _, m := range r.furthest {
		if m.UserID != except {
			return m.ReadMessageID
		}
	}
	return 0
}
