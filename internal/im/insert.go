package im

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// insert stores m, gives it its id and number, counts it in its chat and moves its sender's reading mark to it. It returns
// the chat's version. It returns ErrNoChat, and ErrAccess where the sender is no member.
func insert(ctx context.Context, tx *db.Tx, m *Message, extra string) (version int64, err error) {
	if err := tx.Own(lockedChat(m.ChatID)); err != nil {
		return 0, err
	}
	if tx.Dialect() == db.Postgres {
		return insertAtOnce(ctx, tx, m, extra)
	}
	return insertInSteps(ctx, tx, m, extra)
}

// storedFlags returns the flags of a new message.
func (m *Message) storedFlags() int64 { return flagsOf(*m) | m.flags }

// insertInSteps relies on writes that run one after another.
func insertInSteps(ctx context.Context, tx *db.Tx, m *Message, extra string) (version int64, err error) {
	counted := db.Bit(!m.Silent)
	const add = `INSERT INTO message (chat_id, seq, author_id, sender_id, created, text, extra, uuid, reply_id, flags)
		SELECT id, last_seq + ?, ?, ?, ?, ?, ?, ?, ?, ? FROM chat WHERE id = ?`
	at := db.Micro(m.Date)
	m.ID, err = tx.Insert(ctx, add, counted, m.AuthorID, m.SenderID, at, m.Text, extra, m.UUID, m.ReplyID, m.storedFlags(), m.ChatID)
	if err != nil {
		return 0, fmt.Errorf("insert message: %w", err)
	}
	const count = "UPDATE chat SET last_seq = last_seq + ?, last_message_id = ?, last_at = ? WHERE id = ? RETURNING last_seq, version"
	err = tx.QueryRow(ctx, count, counted, m.ID, at, m.ChatID).Scan(&m.Seq, &version)
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNoChat
	}
	if err != nil {
		return 0, fmt.Errorf("count message: %w", err)
	}
	if m.SenderID == 0 {
		return version, nil
	}
	const mark = "UPDATE chat_member SET read_seq = ?, read_message_id = ?, last_sent_id = ?, gone = 0, marked = 0 WHERE chat_id = ? AND user_id = ?"
	n, err := tx.Exec(ctx, mark, m.Seq, m.ID, m.ID, m.ChatID, m.SenderID)
	if err != nil {
		return 0, fmt.Errorf("move reading mark: %w", err)
	}
	if n == 0 {
		return 0, ErrAccess
	}
	return version, nil
}

// insertAtOnce is one round trip. The chat's row is locked before the message gets its id, so that ids grow within a chat in
// the order in which they become visible.
func insertAtOnce(ctx context.Context, tx *db.Tx, m *Message, extra string) (version int64, err error) {
	const add = `WITH c AS (
			UPDATE chat SET last_seq = last_seq + CAST(? AS BIGINT), last_at = ?,
				last_message_id = nextval('message_id_seq')
			WHERE id = ? RETURNING id, last_seq, last_message_id, version
		), m AS (
			INSERT INTO message (id, chat_id, seq, author_id, sender_id, created, text, extra, uuid, reply_id, flags)
			SELECT c.last_message_id, c.id, c.last_seq, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS TEXT),
				CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM c
		), w AS (
			INSERT INTO message_word_new SELECT last_message_id FROM c
		), r AS (
			UPDATE chat_member SET read_seq = c.last_seq, read_message_id = c.last_message_id, last_sent_id = c.last_message_id,
				gone = 0, marked = 0
			FROM c WHERE chat_id = c.id AND user_id = ? RETURNING 1
		)
		SELECT c.last_message_id, c.last_seq, c.version, (SELECT COUNT(*) FROM r) FROM c`
	var marked int64
	at := db.Micro(m.Date)
	err = tx.QueryRow(ctx, add, db.Bit(!m.Silent), at, m.ChatID, m.AuthorID, m.SenderID, at, m.Text, extra, m.UUID, m.ReplyID,
		m.storedFlags(), m.SenderID).Scan(&m.ID, &m.Seq, &version, &marked)
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNoChat
	}
	if err != nil {
		return 0, fmt.Errorf("insert message: %w", err)
	}
	if m.SenderID != 0 && marked == 0 {
		return 0, ErrAccess
	}
	return version, nil
}
