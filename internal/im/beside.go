package im

import (
	"context"
	"fmt"
	"slices"

	"github.com/portico-hq/portico/internal/db"
)

// Beside is what a page shows of who is in a chat, of ten thousand members no more than of a hundred.
type Beside struct {
	Member   Member  // the viewer
	SeenUpTo int64   // the last message that somebody else has read; of a group no bot
	First    []int64 // the first members of a group: its owner, then people, then bots
	More     int64   // members beyond First
}

// Beside returns what stands beside a chat, with at most limit of its members. It returns ErrAccess and ErrNoChat.
func (s *Service) Beside(ctx context.Context, viewer, chatID int64, limit int) (b Beside, err error) {
	st, err := s.state(ctx, chatID)
	if err != nil {
		return b, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c, m, err := memberTx(ctx, tx, viewer, chatID)
		if err != nil {
			return err
		}
		b.Member = m.member()
		readers, err := s.furthestTx(ctx, tx, st)
		for _, r := range readers {
			if r.userID != viewer || c.Type == Private && c.UserA == c.UserB {
				b.SeenUpTo = max(b.SeenUpTo, r.messageID)
			}
		}
		return err
	})
	if err == nil && st.chat.Type != Private {
		b.First, b.More = st.first(limit)
	}
	return b, err
}

// first returns the members who are listed first, and how many there are besides.
func (st *state) first(limit int) (ids []int64, more int64) {
	if st.has(st.chat.OwnerID) {
		ids = append(ids, st.chat.OwnerID)
	}
	take := func(from []int64, not []int64) {
		for _, id := range from {
			if len(ids) >= limit {
				return
			}
			if _, other := slices.BinarySearch(not, id); !other && id != st.chat.OwnerID {
				ids = append(ids, id)
			}
		}
	}
	take(st.members, st.bots)
	take(st.bots, nil)
	return ids, int64(len(st.members) - len(ids))
}

// furthestTx returns the two members who have read the furthest, of a group no bots. Of a large chat they are looked for once, and
// remembered.
func (s *Service) furthestTx(ctx context.Context, tx *db.Tx, st *state) ([]reader, error) {
	large, known := len(st.members) > largeChat, false
	var out []reader
	look := func(c *crowd) { known, out = c.loaded, slices.Clone(c.readers[:]) }
	if large {
		if s.crowd(st.chat.ID, look); known {
			return out, nil
		}
	}
	q := "SELECT user_id, read_message_id FROM chat_member WHERE chat_id = ?"
	if st.chat.Type != Private {
		q += " AND bot = 0"
	}
	found, err := queryReaders(ctx, tx, q+" ORDER BY read_message_id DESC LIMIT 2", st.chat.ID)
	if err != nil || !large {
		return found, err
	}
	s.crowd(st.chat.ID, func(c *crowd) {
		for _, r := range found {
			c.read(r)
		}
		c.loaded = true
		look(c)
	})
	return out, nil
}

func queryReaders(ctx context.Context, tx *db.Tx, q string, args ...any) (out []reader, err error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("read how far a chat was read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r reader
		if err := rows.Scan(&r.userID, &r.messageID); err != nil {
			return nil, fmt.Errorf("read how far a chat was read: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// ReadBy is who of the people in a chat, without its author, has read a message.
type ReadBy struct {
	Others int64   // how many there are
	Count  int64   // how many of them have read it
	First  []int64 // some of these, by their ids
}

// ReadBy returns who has read a message of a viewer's chat, and names at most limit of them. It returns ErrAccess and ErrNoChat.
func (s *Service) ReadBy(ctx context.Context, viewer int64, m Message, limit int) (by ReadBy, err error) {
	const people = " FROM chat_member WHERE chat_id = ? AND bot = 0 AND user_id <> ?"
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, _, err := memberTx(ctx, tx, viewer, m.ChatID); err != nil {
			return err
		}
		const count = "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN read_message_id >= ? THEN 1 ELSE 0 END), 0) AS BIGINT)" + people
		if err := tx.QueryRow(ctx, count, m.ID, m.ChatID, m.AuthorID).Scan(&by.Others, &by.Count); err != nil {
			return fmt.Errorf("count readers: %w", err)
		}
		const first = "SELECT user_id" + people + " AND read_message_id >= ? ORDER BY user_id LIMIT ?"
		by.First, err = queryIDs(ctx, tx, first, m.ChatID, m.AuthorID, m.ID, int64(limit))
		return wrap("read readers", err)
	})
	return by, err
}

// MembersAmong returns those of ids, at most 500, who are in a viewer's chat. It returns ErrAccess and ErrNoChat.
func (s *Service) MembersAmong(ctx context.Context, viewer, chatID int64, ids []int64) (map[int64]Member, error) {
	out := make(map[int64]Member, len(ids))
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		if _, _, err := memberTx(ctx, tx, viewer, chatID); err != nil || len(ids) == 0 {
			return err
		}
		args := append([]any{chatID}, db.Args(ids)...)
		found, err := queryMembers(ctx, tx, "SELECT "+memberColumns+" FROM chat_member b WHERE b.chat_id = ? AND b.user_id IN ("+db.Marks(len(ids))+")", args...)
		for _, m := range found {
			out[m.UserID] = m
		}
		return err
	})
	return out, err
}

// MemberIDs returns who is in a viewer's chat, by their ids. It returns ErrAccess and ErrNoChat.
func (s *Service) MemberIDs(ctx context.Context, viewer, chatID int64) (ids []int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		st, err := s.loadState(ctx, tx, chatID)
		if err != nil {
			return err
		}
		if !st.has(viewer) {
			return ErrAccess
		}
		ids = slices.Clone(st.members)
		return nil
	})
	return ids, err
}
