package openline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/db"
)

// ByCode returns the newest conversation in the chat that a code names: "connector|line|chat|client", where the chat is the one in the
// channel, which may hold a bar itself, and the client is the user of the portal or who they are in the channel. Fault: ErrNoSession.
func (s *Service) ByCode(ctx context.Context, code string) (v Session, err error) {
	connector, rest, ok := strings.Cut(strings.TrimSpace(code), "|")
	number, rest, ok2 := strings.Cut(rest, "|")
	lineID, err := strconv.ParseInt(number, 10, 64)
	at := strings.LastIndexByte(rest, '|')
	if !ok || !ok2 || err != nil || at < 0 {
		return v, ErrNoSession
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		v, err = byCodeTx(ctx, tx, connector, lineID, rest[:at], rest[at+1:])
		return err
	})
	return v, err
}

// OfClientTx returns the newest conversation with a client in a chat that nobody shares with them. Fault: ErrNoSession.
func (s *Service) OfClientTx(ctx context.Context, tx *db.Tx, a Address) (Session, error) {
	id, err := chatOf(ctx, tx, a.Connector, a.LineID, a.ChatID, a.ClientID)
	if err != nil {
		return Session{}, err
	}
	return s.LastTx(ctx, tx, id)
}

func byCodeTx(ctx context.Context, tx *db.Tx, connector string, lineID int64, chatID, client string) (Session, error) {
	const q = `WHERE s.id = (SELECT session_id FROM openline_chat WHERE connector = ? AND line_id = ? AND external_id = ? AND `
	if visitor, err := strconv.ParseInt(client, 10, 64); err == nil {
		v, err := oneSession(ctx, tx, q+"visitor_id = ?)", connector, lineID, chatID, visitor)
		if !errors.Is(err, ErrNoSession) {
			return v, err
		}
	}
	return oneSession(ctx, tx, q+"external_client = ? ORDER BY chat_id LIMIT 1)", connector, lineID, chatID, client)
}

// Ends returns the last message of those of some conversations that another one of their chat followed, by the conversation.
func (s *Service) Ends(ctx context.Context, sessionIDs []int64) (out map[int64]int64, err error) {
	if len(sessionIDs) == 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = map[int64]int64{}
		condition, args := in("s.id", sessionIDs)
		rows, err := tx.Query(ctx, `SELECT s.id, COALESCE((SELECT n.after_id FROM openline_session n WHERE n.chat_id = s.chat_id AND n.id > s.id ORDER BY n.id LIMIT 1), 0)
			FROM openline_session s WHERE `+condition, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, last int64
			if err := rows.Scan(&id, &last); err != nil {
				return err
			}
			if last != 0 {
				out[id] = last
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("find the ends of sessions: %w", err)
	}
	return out, nil
}

// Span returns which messages of its chat belong to a conversation: those after one and up to another; upTo 0: to the end.
func (s *Service) Span(ctx context.Context, v Session) (after, upTo int64, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		upTo = 0
		const q = "SELECT after_id FROM openline_session WHERE chat_id = ? AND id > ? ORDER BY id LIMIT 1"
		err := tx.QueryRow(ctx, q, v.ChatID, v.ID).Scan(&upTo)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("find next session: %w", err)
		}
		return nil
	})
	return v.AfterID, upTo, err
}
