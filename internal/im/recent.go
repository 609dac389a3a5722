package im

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// RecentQuery says which of a person's chats to return, those with the latest message first, pinned ones before all.
type RecentQuery struct {
	SkipPrivate       bool
	SkipGroups        bool      // every chat that is neither private nor an open channel conversation
	SkipLines         bool      // open channel conversations
	SkipUndistributed bool      // those that no operator has taken
	OnlyAI            bool      // chats with an AI assistant
	OnlyChannels      bool      // channels
	OnlyManaged       bool      // chats in which the viewer may manage messages
	OnlyUnread        bool      // with unread messages or marked as unread
	OnlyLines         bool      // open channel conversations
	Before            time.Time // with their last message before this; zero: all
	Since             time.Time // with their last message then or later; zero: all
	ChatID            int64     // this chat alone; 0: all
	Offset, Limit     int64     // Limit 50 when 0, 200 at most
}

// RecentItem is one line of the recent list.
type RecentItem struct {
	Chat          Chat
	Last          Message // ID 0 when the chat has none
	Peer          int64   // the other person of a private chat; 0 in a group
	Counter       int64   // unread messages
	Mentions      int64   // how many of them mention the viewer or everybody
	ReadMessageID int64
	Pinned        bool
	Muted         bool
	Marked        bool // by hand as unread
	Seen          bool // somebody else has read Last; only where the viewer sent it
}

// Recent returns a page of a person's chats, and whether there are more. A private chat, and that of
// a task, appears with its first message.
func (s *Service) Recent(ctx context.Context, viewer int64, q RecentQuery) (items []RecentItem, more bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		items, err = recent(ctx, tx, viewer, q)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if limit := q.limit(); len(items) > limit {
		return items[:limit], true, nil
	}
	return items, false, nil
}

func (q RecentQuery) limit() int {
	if q.Limit <= 0 {
		return defaultPage
	}
	return int(min(q.Limit, maxPage))
}

// where returns the conditions of q on the chat c and the viewer's place b in it.
func (q RecentQuery) where(viewer int64) (string, []any) {
	conditions := []string{"b.user_id = ?", "b.hidden_seq < c.last_seq", "(c.last_message_id > 0 OR c.type <> 'P' AND c.entity_type <> '" + EntityTask + "')"}
	args := []any{viewer}
	for _, c := range []struct {
		on   bool
		text string
		arg  any
	}{
		{q.SkipPrivate, "c.type <> 'P'", nil},
		{q.SkipGroups, "c.type IN ('P', 'L')", nil},
		{q.SkipLines, "c.type <> 'L'", nil},
		{q.SkipUndistributed, "(c.type <> 'L' OR c.owner_id <> 0)", nil},
		{q.OnlyAI, "c.type = 'A'", nil},
		{q.OnlyChannels, "c.type IN ('N', 'J')", nil},
		{q.OnlyManaged, "(c.can_manage = 'member' OR c.owner_id = ?)", viewer},
		{q.OnlyUnread, "(c.last_seq - b.read_seq - b.gone > 0 OR b.marked = 1)", nil},
		{q.OnlyLines, "c.type = 'L'", nil},
		{!q.Since.IsZero(), "c.last_at >= ?", db.Micro(q.Since)},
		{!q.Before.IsZero(), "c.last_at < ?", db.Micro(q.Before)},
		{q.ChatID != 0, "c.id = ?", q.ChatID},
	} {
		if !c.on {
			continue
		}
		conditions = append(conditions, c.text)
		if c.arg != nil {
			args = append(args, c.arg)
		}
	}
	return " WHERE " + strings.Join(conditions, " AND "), args
}

// recent reads one item more than asked for. The page is cut out before the messages are looked up.
func recent(ctx context.Context, tx *db.Tx, viewer int64, q RecentQuery) ([]RecentItem, error) {
	where, args := q.where(viewer)
	text := `SELECT ` + chatColumns + `, ` + memberColumns + `,
			COALESCE(m.id, 0), c.id, COALESCE(m.seq, 0), COALESCE(m.author_id, 0), COALESCE(m.sender_id, 0), COALESCE(m.created, 0),
			COALESCE(m.text, ''), COALESCE(m.extra, ''), COALESCE(m.uuid, ''), COALESCE(m.reply_id, 0), COALESCE(m.flags, 0),
			COALESCE(m.edited, 0), COALESCE(m.deleted, 0),
			CASE WHEN m.sender_id = ? AND EXISTS (SELECT 1 FROM chat_member o
				WHERE o.chat_id = c.id AND o.user_id <> b.user_id AND o.read_message_id >= m.id) THEN 1 ELSE 0 END,
			CASE WHEN c.last_seq - b.read_seq - b.gone > 0 THEN (SELECT COUNT(*) FROM chat_mention n WHERE n.chat_id = c.id
				AND n.user_id IN (b.user_id, 0) AND n.message_id > b.read_message_id AND n.message_id > b.history_from) ELSE 0 END
		FROM (SELECT c.id AS chat_id FROM chat_member b JOIN chat c ON c.id = b.chat_id` + where + `
			ORDER BY b.pinned DESC, c.last_at DESC, c.id DESC LIMIT ? OFFSET ?) p
		JOIN chat c ON c.id = p.chat_id JOIN chat_member b ON b.chat_id = c.id AND b.user_id = ?
		LEFT JOIN message m ON m.id = c.last_message_id AND m.id > b.history_from
		ORDER BY b.pinned DESC, c.last_at DESC, c.id DESC`
	args = slices.Concat([]any{viewer}, args, []any{int64(q.limit() + 1), max(q.Offset, 0), viewer})
	rows, err := tx.Query(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("read recent list: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []RecentItem
	for rows.Next() {
		item, err := scanRecent(rows, viewer)
		if err != nil {
			return nil, fmt.Errorf("read recent list: %w", err)
		}
		out = append(out, item)
	}
	return out, rows.Err()
}

func scanRecent(rows interface{ Scan(dest ...any) error }, viewer int64) (RecentItem, error) {
	var (
		c              chatRow
		b              memberRow
		m              messageRow
		seen, mentions int64
	)
	if err := rows.Scan(slices.Concat(c.dest(), b.dest(), m.dest(), []any{&seen, &mentions})...); err != nil {
		return RecentItem{}, err
	}
	item := RecentItem{
		Chat: c.chat(), Counter: max(c.LastSeq-b.ReadSeq-b.gone, 0), ReadMessageID: b.ReadMessageID,
		Pinned: b.pinned != 0, Muted: b.muted != 0, Marked: b.marked != 0, Seen: seen != 0,
		Mentions: mentions,
	}
	if item.Chat.Type == Private {
		item.Peer = item.Chat.Peer(viewer)
	}
	if m.ID == 0 {
		return item, nil
	}
	var err error
	item.Last, err = m.message()
	item.Last.Unread = item.Last.Seq > b.ReadSeq && item.Last.SenderID != viewer
	return item, err
}

// Search returns the viewer's groups whose title contains text, in any case, those with the latest message first.
func (s *Service) Search(ctx context.Context, viewer int64, text string, limit int64) (out []Chat, err error) {
	text = strings.ToLower(strings.TrimSpace(storable(text)))
	if text == "" {
		return nil, nil
	}
	const q = "SELECT " + chatColumns + ` FROM chat_member b JOIN chat c ON c.id = b.chat_id
		WHERE b.user_id = ? AND c.type <> 'P' AND c.folded LIKE ? ESCAPE '\' ORDER BY c.last_at DESC, c.id DESC LIMIT ?`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = queryChats(ctx, tx, q, viewer, likePattern(text), min(max(limit, 1), maxPage))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("search chats: %w", err)
	}
	return out, nil
}

// MutedBy returns, for each of the chats that has any, the members who muted it.
func (s *Service) MutedBy(ctx context.Context, chatIDs []int64) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	if len(chatIDs) == 0 {
		return out, nil
	}
	q := "SELECT chat_id, user_id FROM chat_member WHERE muted = 1 AND chat_id IN (" + db.Marks(len(chatIDs)) +
		") ORDER BY chat_id, user_id"
	args := db.Args(chatIDs)
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, q, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var chatID, userID int64
			if err := rows.Scan(&chatID, &userID); err != nil {
				return err
			}
			out[chatID] = append(out[chatID], userID)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read muted: %w", err)
	}
	return out, nil
}
