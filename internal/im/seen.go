package im

import (
	"context"
	"slices"

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

// SeenCounts returns, by the message, how many members of a viewer's chat have read each of some messages of it, without who sent it. All
// are counted with one look at the members. It returns ErrAccess and ErrNoChat.
func (s *Service) SeenCounts(ctx context.Context, viewer, chatID int64, messages []Message) (out map[int64]int64, err error) {
	if len(messages) == 0 {
		return nil, nil
	}
	first, senders := messages[0].ID, []int64{}
	for _, m := range messages {
		first, senders = min(first, m.ID), append(senders, m.SenderID)
	}
	slices.Sort(senders)
	senders = slices.Compact(senders)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := memberTx(ctx, tx, viewer, chatID); err != nil {
			return err
		}
		// Most have read to the end, so the places up to which members have read are few.
		const places = "SELECT read_message_id, COUNT(*) FROM chat_member WHERE chat_id = ? AND read_message_id >= ? GROUP BY read_message_id"
		read, err := queryPairs(ctx, tx, places, chatID, first)
		if err != nil {
			return err
		}
		marks := "SELECT user_id, read_message_id FROM chat_member WHERE chat_id = ? AND user_id IN (" + db.Marks(len(senders)) + ")"
		own, err := queryPairs(ctx, tx, marks, append([]any{chatID}, db.Args(senders)...)...)
		if err != nil {
			return err
		}
		out = make(map[int64]int64, len(messages))
		for _, m := range messages {
			for _, p := range read {
				if p[0] >= m.ID {
					out[m.ID] += p[1]
				}
			}
			for _, p := range own {
				if p[0] == m.SenderID && p[1] >= m.ID {
					out[m.ID]--
				}
			}
		}
		return nil
	})
	return out, err
}

// queryPairs runs a query for two numbers.
func queryPairs(ctx context.Context, tx *db.Tx, q string, args ...any) (out [][2]int64, err error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, wrap("count readers", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p [2]int64
		if err := rows.Scan(&p[0], &p[1]); err != nil {
			return nil, wrap("count readers", err)
		}
		out = append(out, p)
	}
	return out, wrap("count readers", rows.Err())
}

// Some returns those of messages, at most 200, that are in a viewer's chat and may be seen by them, in the order of ids. It returns
// ErrAccess and ErrNoChat.
func (s *Service) Some(ctx context.Context, viewer, chatID int64, ids []int64) (out []Message, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	ids = ids[:min(len(ids), maxPage)]
	q := "SELECT " + messageColumns + " FROM message m WHERE m.chat_id = ? AND m.id > ? AND m.id IN (" + db.Marks(len(ids)) + ")"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		_, member, err := memberTx(ctx, tx, viewer, chatID)
		if err != nil {
			return err
		}
		if out, err = queryMessages(ctx, tx, q, append([]any{chatID, member.from}, db.Args(ids)...)...); err != nil {
			return wrap("read messages", err)
		}
		for i, m := range out {
			out[i].Unread = m.Seq > member.ReadSeq && m.SenderID != viewer
		}
		return fillReactions(ctx, tx, viewer, out)
	})
	slices.SortFunc(out, func(a, b Message) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return out, err
}
