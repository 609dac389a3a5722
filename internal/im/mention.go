package im

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

// mentioned is who a message speaks to by name.
type mentioned struct {
	ids []int64
	all bool // everybody in the chat
}

// mentionsIn returns whom a text mentions.
func mentionsIn(text string) (m mentioned) {
	if strings.Contains(text, "[") {
		m.ids, m.all = bbcode.Mentions(text)
	}
	return m
}

// keepMentions notes whom a message mentions, so that they find it. Everybody is one note, in a chat of ten thousand too:
// user 0.
func keepMentions(ctx context.Context, tx *db.Tx, m Message, of mentioned, st *state) error {
	ids := slices.DeleteFunc(slices.Clone(of.ids), func(id int64) bool { return id == m.SenderID || !st.has(id) })
	if of.all && st.chat.Type != Private {
		ids = []int64{0}
	}
	for chunk := range slices.Chunk(ids, 100) {
		args := make([]any, 0, 3*len(chunk))
		for _, id := range chunk {
			args = append(args, m.ChatID, id, m.ID)
		}
		q := "INSERT INTO chat_mention (chat_id, user_id, message_id) VALUES (?, ?, ?)" + strings.Repeat(", (?, ?, ?)", len(chunk)-1)
		if err := tx.Later(ctx, q, args...); err != nil {
			return fmt.Errorf("keep mentions: %w", err)
		}
	}
	return nil
}

// forgetMentions removes what keepMentions noted of a message.
func forgetMentions(ctx context.Context, tx *db.Tx, messageID int64) error {
	if err := tx.Later(ctx, "DELETE FROM chat_mention WHERE message_id = ?", messageID); err != nil {
		return fmt.Errorf("forget mentions: %w", err)
	}
	return nil
}

// Marks are the places of a chat to which a viewer may want to jump.
type Marks struct {
	Unread       int64 // how many messages they have not read
	FirstUnread  int64 // the first of them; 0: none
	Mentions     int64 // how many of them mention the viewer or everybody
	FirstMention int64 // the first of these; 0: none
}

// Marks finds what a viewer has not read of a chat. It returns ErrAccess and ErrNoChat.
func (s *Service) Marks(ctx context.Context, viewer, chatID int64) (marks Marks, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c, m, err := memberTx(ctx, tx, viewer, chatID)
		if err != nil {
			return err
		}
		marks, err = marksTx(ctx, tx, c, m)
		return err
	})
	return marks, err
}

// mentionsOf counts the mentions of a viewer past their reading mark.
const mentionsOf = `SELECT COUNT(*), COALESCE(MIN(message_id), 0) FROM chat_mention
	WHERE chat_id = ? AND user_id IN (?, 0) AND message_id > ?`

func marksTx(ctx context.Context, tx *db.Tx, c Chat, m memberRow) (Marks, error) {
	marks := Marks{Unread: max(c.LastSeq-m.ReadSeq-m.gone, 0)}
	if marks.Unread == 0 {
		return marks, nil
	}
	after := max(m.ReadMessageID, m.from)
	const first = `SELECT COALESCE(MIN(id), 0) FROM message WHERE chat_id = ? AND id > ? AND sender_id <> ? AND flags & 2 = 0`
	if err := tx.QueryRow(ctx, first, c.ID, after, m.UserID).Scan(&marks.FirstUnread); err != nil {
		return Marks{}, fmt.Errorf("find first unread: %w", err)
	}
	err := tx.QueryRow(ctx, mentionsOf, c.ID, m.UserID, after).Scan(&marks.Mentions, &marks.FirstMention)
	if err != nil {
		return Marks{}, fmt.Errorf("count mentions: %w", err)
	}
	return marks, nil
}
