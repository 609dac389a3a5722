package network

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
)

// LeaveLine ends what Join began: nobody of the portal can write to the line any more, what waits for it still arrives, and what goes on with
// its operators ends. What was said stays to be read. Who may join lines on the pages may leave every one. Faults: ACCESS_DENIED,
// NETWORK_NOT_JOINED, also for a line that was left already.
func (s *Service) LeaveLine(ctx context.Context, actor user.Ref, botID int64) error {
	if !may(actor) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.leaveTx(ctx, tx, botID) })
}

func (s *Service) leaveTx(ctx context.Context, tx *db.Tx, botID int64) error {
	j, err := joinedTx(ctx, tx, "bot_id = ?", botID)
	if err != nil {
		return err
	}
	if err := tx.Lock(ctx, "network join "+j.Code); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, "UPDATE network_join SET left_at = ? WHERE bot_id = ? AND left_at = 0", db.Micro(s.now()), botID)
	if err != nil {
		return fmt.Errorf("leave line: %w", err)
	}
	if n == 0 {
		return errNotJoined
	}
	who, err := writersTx(ctx, tx, botID)
	if err != nil {
		return err
	}
	for _, id := range who { // each behind what they wrote last
		p := packet{Code: j.Code, Side: byClient, User: person{ID: id}}
		if err := s.queueTx(ctx, tx, j.Peer, KindLeave, p, 0); err != nil {
			return err
		}
	}
	if err := s.Bots.RestNetworkTx(ctx, tx, botID, true); err != nil {
		return fmt.Errorf("put bot of line to rest: %w", err)
	}
	return s.noteTx(ctx, tx, "NETWORK_LEAVE", botID, "Left the line "+j.Name+" of the Network: nobody can write to its bot any more.")
}

// writersTx returns who has written to the bot of a line.
func writersTx(ctx context.Context, tx *db.Tx, botID int64) (out []int64, err error) {
	rows, err := tx.Query(ctx, "SELECT user_id FROM network_talk WHERE bot_id = ? AND begun <> 0 ORDER BY user_id", botID)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// rejoinTx joins a line that was left, with the bot that it had.
func (s *Service) rejoinTx(ctx context.Context, tx *db.Tx, j joined, actor user.Ref, peer string, c card) error {
	if _, err := tx.Exec(ctx, "UPDATE network_join SET left_at = 0, joined_by = ? WHERE bot_id = ?", actor.ID, j.BotID); err != nil {
		return fmt.Errorf("join line again: %w", err)
	}
	if err := s.Bots.RestNetworkTx(ctx, tx, j.BotID, false); err != nil {
		return fmt.Errorf("wake bot of line: %w", err)
	}
	if err := s.refreshTx(ctx, tx, j, peer, c); err != nil {
		return err
	}
	return s.noteTx(ctx, tx, "NETWORK_JOIN", j.BotID, "Joined the line "+c.Name+" of the Network again: everybody may write to its bot.")
}

// unheardTx says that nobody reads what is written to the bot of a line that was left.
func (s *Service) unheardTx(ctx context.Context, tx *db.Tx, h Heard) error {
	if h.Kind != KindMessage {
		return nil
	}
	return s.Messenger.NoteTx(ctx, tx, h.ChatID, "The message was not delivered. This portal has left the line.")
}

// serveLeave ends the conversation with an employee of a peer that has left the line.
func (s *Service) serveLeave(ctx context.Context, from string, body io.Reader) error {
	p, err := readHint(KindLeave, body)
	if err == nil && p.Side != byClient {
		err = ErrRequest
	}
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		l, err := publishedTx(ctx, tx, "code = ?", p.Code)
		if errors.Is(err, ErrNoLine) {
			return nil // its conversations are over
		}
		if err != nil {
			return err
		}
		if err := tx.Lock(ctx, "network in "+p.lane(from)); err != nil {
			return err
		}
		id := client(from, p.User.ID)
		err = s.Conversations.ClientLeftTx(ctx, tx, openline.Address{Connector: Connector, LineID: l.LineID, ChatID: id, ClientID: id})
		if errors.Is(err, openline.ErrNoSession) {
			return nil // what they wrote was refused
		}
		return err
	})
}
