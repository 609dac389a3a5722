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
	if err := p.read(ctx, tx, h, m); err != nil {
		return Page{}, err
	}
	if err := fillReactions(ctx, tx, viewer, p.Messages); err != nil {
		return Page{}, err
	}
	if h.Marks {
		if p.Marks, err = marksTx(ctx, tx, c, m); err != nil {
			return Page{}, err
		}
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

// read reads the messages that h asks for.
func (p *Page) read(ctx context.Context, tx *db.Tx, h History, m memberRow) (err error) {
	if h.Around > 0 {
		return p.readAround(ctx, tx, h, m)
	}
	if p.Messages, err = pageTx(ctx, tx, h, m); err != nil {
		return err
	}
	if limit := h.limit(); len(p.Messages) > limit {
		p.Messages, p.More = p.Messages[:limit], true
	}
	return nil
}

// readAround reads as many messages before one as after it.
func (p *Page) readAround(ctx context.Context, tx *db.Tx, h History, m memberRow) error {
	half := History{ChatID: h.ChatID, Limit: max(int64(h.limit())/2, 1)}
	before, after := half, half
	before.Before, after.After = h.Around+1, h.Around
	var older, newer Page
	if err := older.read(ctx, tx, before, m); err != nil {
		return err
	}
	if err := newer.read(ctx, tx, after, m); err != nil {
		return err
	}
	slices.Reverse(newer.Messages)
	p.Messages, p.More, p.Newer = slices.Concat(newer.Messages, older.Messages), older.More, newer.More
	return nil
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
	out, err := queryMessages(ctx, tx, q, args...)
	return out, wrap("read messages", err)
}

// queryMessages runs a query for messageColumns.
func queryMessages(ctx context.Context, tx *db.Tx, q string, args ...any) ([]Message, error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []Message
	for rows.Next() {
		var row messageRow
		if err := rows.Scan(row.dest()...); err != nil {
			return nil, err
		}
		msg, err := row.message()
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", row.ID, err)
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
		if m, err = visibleTx(ctx, tx, viewer, messageID); err != nil {
			return err
		}
		if c, _, err = memberTx(ctx, tx, viewer, m.ChatID); err != nil {
			return err
		}
		one := []Message{m}
		err = fillReactions(ctx, tx, viewer, one)
		m = one[0]
		return err
	})
	if err != nil {
		return Message{}, Chat{}, err
	}
	return m, c, nil
}
