package im

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

const (
	defaultPage = 50
	maxPage     = 200
)

// Messages returns a page of a chat's history as a viewer may see it. Any page of a chat costs the same, however deep it
// lies. It returns ErrAccess where the viewer is no member, and ErrNoChat.
func (s *Service) Messages(ctx context.Context, viewer int64, h History) (p Page, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err = messages(ctx, tx, viewer, h)
		return err
	})
	return p, err
}

func messages(ctx context.Context, tx *db.Tx, viewer int64, h History) (Page, error) {
	c, m, err := memberTx(ctx, tx, viewer, h.ChatID)
	if err != nil {
		return Page{}, err
	}
	p := Page{Chat: c, Member: m.member()}
	if h.Exact {
		known, err := knownTx(ctx, tx, h.ChatID, max(h.Before, h.After))
		if err != nil || !known {
			return p, err
		}
	}
	if p.Messages, err = pageTx(ctx, tx, h, m); err != nil {
		return Page{}, err
	}
	if limit := h.limit(); len(p.Messages) > limit {
		p.Messages, p.More = p.Messages[:limit], true
	}
	for i := range p.Messages {
		msg := &p.Messages[i]
		msg.Unread = msg.Seq > m.ReadSeq && msg.SenderID != viewer
	}
	if c.Type == Private && c.UserA != c.UserB {
		const q = "SELECT read_message_id FROM chat_member WHERE chat_id = ? AND user_id = ?"
		err := tx.QueryRow(ctx, q, c.ID, c.Peer(viewer)).Scan(&p.SeenUpTo)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return Page{}, fmt.Errorf("read reading mark: %w", err)
		}
	}
	return p, nil
}

func (h History) limit() int {
	if h.Limit <= 0 {
		return defaultPage
	}
	return int(min(h.Limit, maxPage))
}

// pageTx reads one message more than asked for, to see whether there are more.
func pageTx(ctx context.Context, tx *db.Tx, h History, m memberRow) ([]Message, error) {
	const start = "SELECT " + messageColumns + " FROM message m WHERE m.chat_id = ? AND m.id > ? "
	from, q, args := m.from, start+"ORDER BY m.id DESC LIMIT ?", []any(nil)
	switch {
	case h.After > 0 || h.First:
		from, q = max(from, h.After), start+"ORDER BY m.id LIMIT ?"
	case h.Before > 0:
		q, args = start+"AND m.id < ? ORDER BY m.id DESC LIMIT ?", []any{h.Before}
	}
	args = slices.Concat([]any{h.ChatID, from}, args, []any{int64(h.limit() + 1)})
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := make([]Message, 0, h.limit()+1)
	for rows.Next() {
		var row messageRow
		if err := rows.Scan(row.dest()...); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		msg, err := row.message()
		if err != nil {
			return nil, fmt.Errorf("read message %d: %w", row.ID, err)
		}
		out = append(out, msg)
	}
	return out, rows.Err()
}

// knownTx reports whether a chat has a message; message 0 stands for none asked.
func knownTx(ctx context.Context, tx *db.Tx, chatID, messageID int64) (bool, error) {
	if messageID == 0 {
		return true, nil
	}
	m, err := messageTx(ctx, tx, messageID)
	if errors.Is(err, ErrNoMessage) {
		return false, nil
	}
	return m.ChatID == chatID, err
}

// Message returns a message with its chat. It returns ErrNoMessage, also for one that the viewer may not see.
func (s *Service) Message(ctx context.Context, viewer, messageID int64) (m Message, c Chat, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if m, err = messageTx(ctx, tx, messageID); err != nil {
			return err
		}
		var row memberRow
		c, row, err = memberTx(ctx, tx, viewer, m.ChatID)
		if errors.Is(err, ErrAccess) || err == nil && m.ID <= row.from {
			err = ErrNoMessage
		}
		m.Unread = m.Seq > row.ReadSeq && m.SenderID != viewer
		return err
	})
	if err != nil {
		return Message{}, Chat{}, err
	}
	return m, c, nil
}
