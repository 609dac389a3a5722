package openline

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Spot is a message in the chat of a client.
type Spot struct {
	MessageID, ChatID int64
	Member            bool // who asks is in the chat
}

// ReadableTx returns the conversations to which messages belong, by the message: of those that somebody may read, as Standing says it.
func (s *Service) ReadableTx(ctx context.Context, tx *db.Tx, sc Scope, at []Spot) (map[int64]Session, error) {
	chats, err := sessionsIn(ctx, tx, at)
	if err != nil {
		return nil, err
	}
	asked, err := askedTx(ctx, tx, sc.UserID)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Session, len(at))
	for _, m := range at {
		all := chats[m.ChatID]
		if len(all) == 0 {
			continue
		}
		newest := all[0]
		v, ok := newest, false
		for _, one := range all { // the newest first
			if one.AfterID < m.MessageID {
				v, ok = one, true
				break
			}
		}
		sees := func(v Session) bool { return sc.UserID != 0 && (asked[v.ID] || sc.Sees(v, nil)) }
		if ok && (m.Member || sees(v) || sees(newest)) {
			out[m.MessageID] = v
		}
	}
	return out, nil
}

// sessionsIn returns the conversations of chats, by the chat, the newest first.
func sessionsIn(ctx context.Context, tx *db.Tx, at []Spot) (map[int64][]Session, error) {
	seen := map[int64]bool{}
	var ids []int64
	for _, m := range at {
		if !seen[m.ChatID] {
			seen[m.ChatID] = true
			ids = append(ids, m.ChatID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	condition, args := in("s.chat_id", ids)
	all, err := querySessions(ctx, tx, "WHERE "+condition+" ORDER BY s.id DESC", args...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]Session, len(ids))
	for _, v := range all {
		out[v.ChatID] = append(out[v.ChatID], v)
	}
	return out, nil
}

// askedTx returns which conversations somebody is asked to take.
func askedTx(ctx context.Context, tx *db.Tx, userID int64) (map[int64]bool, error) {
	rows, err := tx.Query(ctx, "SELECT session_id FROM openline_offer WHERE user_id = ?", userID)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[int64]bool{}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read offers: %w", err)
		}
		out[id] = true
	}
	return out, rows.Err()
}
