package im

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Peek returns a chat with a page of its history for somebody who is no member of it: nothing is new to them, and nothing is marked as
// read. Who may is for the caller to check. It returns ErrNoChat.
func (s *Service) Peek(ctx context.Context, viewer int64, h History) (p Page, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		st, err := s.stateTx(ctx, tx, h.ChatID)
		if err != nil {
			return err
		}
		p = Page{Chat: st.chat}
		if err := p.read(ctx, tx, h, memberRow{}); err != nil {
			return err
		}
		return fillReactions(ctx, tx, viewer, p.Messages)
	})
	return p, err
}

// FirstSince returns the first message of a chat that was written at or after a moment; 0: there is none.
func (s *Service) FirstSince(ctx context.Context, chatID int64, since time.Time) (id int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		const q = "SELECT id FROM message WHERE chat_id = ? AND created >= ? ORDER BY id LIMIT 1"
		return tx.QueryRow(ctx, q, chatID, db.Micro(since)).Scan(&id)
	})
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find message by its time: %w", err)
	}
	return id, nil
}

// NewestSaid returns the newest message of each of some chats that somebody wrote, by the chat; where nobody wrote one, the newest that
// there is. Who may see them is for the caller to check.
func (s *Service) NewestSaid(ctx context.Context, chatIDs []int64) (out map[int64]Message, err error) {
	if len(chatIDs) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = make(map[int64]Message, len(chatIDs))
		if err := addMessages(ctx, tx, out, "chat c JOIN message m ON m.id = c.last_message_id", chatIDs); err != nil {
			return err
		}
		var silent []int64 // the portal itself had the last word
		for id, m := range out {
			if m.AuthorID == 0 {
				silent = append(silent, id)
			}
		}
		const said = "chat c JOIN message m ON m.id = (SELECT w.id FROM message w WHERE w.chat_id = c.id AND w.author_id <> 0 ORDER BY w.id DESC LIMIT 1)"
		return addMessages(ctx, tx, out, said, silent)
	})
	return out, err
}

// SaidUpTo returns, for some messages, the newest up to each that somebody wrote in its chat; several of a chat may have the same. Those
// before which nobody wrote have none.
func (s *Service) SaidUpTo(ctx context.Context, ids []int64) (out []Message, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		q := "SELECT " + messageColumns + ` FROM message e JOIN message m ON m.id = (SELECT w.id FROM message w
			WHERE w.chat_id = e.chat_id AND w.id <= e.id AND w.author_id <> 0 ORDER BY w.id DESC LIMIT 1) WHERE e.id IN (` + db.Marks(len(ids)) + ")"
		out, err = queryMessages(ctx, tx, q, db.Args(ids)...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was said: %w", err)
	}
	return out, nil
}

// Titles returns what chats are called, by their ids; those that are gone are left out.
func (s *Service) Titles(ctx context.Context, ids []int64) (map[int64]string, error) {
	out := make(map[int64]string, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT id, title FROM chat WHERE id IN ("+db.Marks(len(ids))+")", db.Args(ids)...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			var title string
			if err := rows.Scan(&id, &title); err != nil {
				return err
			}
			out[id] = title
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read titles of chats: %w", err)
	}
	return out, nil
}

// addMessages adds one message of each chat c.
func addMessages(ctx context.Context, tx *db.Tx, to map[int64]Message, from string, chatIDs []int64) error {
	if len(chatIDs) == 0 {
		return nil
	}
	q := "SELECT " + messageColumns + " FROM " + from + " WHERE c.id IN (" + db.Marks(len(chatIDs)) + ")"
	found, err := queryMessages(ctx, tx, q, db.Args(chatIDs)...)
	if err != nil {
		return fmt.Errorf("read newest messages: %w", err)
	}
	for _, m := range found {
		to[m.ChatID] = m
	}
	return nil
}
