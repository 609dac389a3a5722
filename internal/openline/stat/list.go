package stat

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// Conversation is a row of the export.
type Conversation struct {
	ID, LineID, ChatID, ClientID, OperatorID, ParentID int64
	Connector, State, Reason                           string
	Created, Queued, Taken, Answered, Closed           time.Time
	ClientCount, OperatorCount, BotCount               int64
	Vote, HeadVote, HeadID, CategoryID                 int64
	HeadComment                                        string
}

// page is how many conversations are read at once.
const page = 500

// Each calls f with the conversations of a filter, those that began first first. They are read a page at a time, so that nobody waits
// for a slow reader.
func (s *Service) Each(ctx context.Context, f Filter, do func([]Conversation) error) error {
	from, after := db.Micro(f.From), int64(0)
	for {
		var list []Conversation
		err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
			list, err = conversations(ctx, tx, f, from, after)
			return err
		})
		if err != nil {
			return fmt.Errorf("list conversations: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		if err := do(list); err != nil {
			return err
		}
		last := list[len(list)-1]
		from, after = db.Micro(last.Created), last.ID
	}
}

func conversations(ctx context.Context, tx *db.Tx, f Filter, from, after int64) (out []Conversation, err error) {
	where, more := f.where()
	q := `SELECT id, line_id, chat_id, visitor_id, operator_id, parent_id, connector, state, reason, created, queued, taken, answered, closed,
		client_count, operator_count, bot_count, vote, head_vote, head_id, head_comment, category_id FROM openline_session
		WHERE (created, id) > (?, ?) AND created < ?` + where + " ORDER BY created, id LIMIT ?"
	args := append([]any{from, after, db.Micro(f.To)}, more...)
	rows, err := tx.Query(ctx, q, append(args, int64(page))...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c Conversation
		var created, queued, taken, answered, closed int64
		err := rows.Scan(&c.ID, &c.LineID, &c.ChatID, &c.ClientID, &c.OperatorID, &c.ParentID, &c.Connector, &c.State, &c.Reason, &created, &queued, &taken,
			&answered, &closed, &c.ClientCount, &c.OperatorCount, &c.BotCount, &c.Vote, &c.HeadVote, &c.HeadID, &c.HeadComment, &c.CategoryID)
		if err != nil {
			return nil, err
		}
		c.Created, c.Queued, c.Taken, c.Answered, c.Closed = db.Time(created), db.Time(queued), db.Time(taken), db.Time(answered), db.Time(closed)
		out = append(out, c)
	}
	return out, rows.Err()
}

// Late is a client who waits longer for an answer than their line wants.
type Late struct {
	SessionID, LineID, ChatID, ClientID, OperatorID int64
	Connector                                       string
	Since                                           time.Time // when they wrote what nobody has answered
}

// Late returns the clients of a filter who wait too long now, whenever they wrote: the longest first, at most limit.
func (s *Service) Late(ctx context.Context, f Filter, limit int) (out []Late, err error) {
	where, more := f.where()
	q := `SELECT id, line_id, chat_id, visitor_id, operator_id, connector, waiting_since FROM openline_session
		WHERE state IN ('bot', 'waiting', 'offered', 'active', 'closing') AND waiting_since > 0` + where + `
		AND EXISTS (SELECT 1 FROM openline_step k WHERE k.session_id = openline_session.id AND k.kind = 'late' AND k.at >= waiting_since)
		ORDER BY waiting_since, id LIMIT ?`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, q, append(more, int64(limit))...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var l Late
			var since int64
			if err := rows.Scan(&l.SessionID, &l.LineID, &l.ChatID, &l.ClientID, &l.OperatorID, &l.Connector, &since); err != nil {
				return err
			}
			l.Since = db.Time(since)
			out = append(out, l)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list late answers: %w", err)
	}
	return out, nil
}

// Connectors returns the channels that conversations came through.
func (s *Service) Connectors(ctx context.Context) (out []string, err error) {
	// One look into the index for each, however many conversations there are.
	const q = `WITH RECURSIVE c (name) AS (
			SELECT MIN(connector) FROM openline_chat
			UNION ALL
			SELECT (SELECT MIN(o.connector) FROM openline_chat o WHERE o.connector > c.name) FROM c WHERE c.name IS NOT NULL
		) SELECT name FROM c WHERE name IS NOT NULL`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, q)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			out = append(out, name)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	return out, nil
}

// Operators returns everybody who ever had a conversation.
func (s *Service) Operators(ctx context.Context) (out []int64, err error) {
	const q = `WITH RECURSIVE o (id) AS (
			SELECT MIN(operator_id) FROM openline_session WHERE operator_id > 0
			UNION ALL
			SELECT (SELECT MIN(s.operator_id) FROM openline_session s WHERE s.operator_id > o.id) FROM o WHERE o.id IS NOT NULL
		) SELECT id FROM o WHERE id IS NOT NULL`
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = numbers(ctx, tx, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list operators: %w", err)
	}
	return out, nil
}
