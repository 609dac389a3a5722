package telegram

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// State is what has become of a message for a client.
type State string

// The states.
const (
	Waiting State = "waiting" // to be taken by Telegram
	Taken   State = "taken"   // Telegram has it; whether the client does it tells nobody
	Failed  State = "failed"  // it was not taken; it can be sent again
)

// Delivery is the State of a message.
type Delivery struct {
	State State
	Why   string // it failed, in words
}

// States returns what became of those of the messages that went out through bots.
func (s *Service) States(ctx context.Context, ids []int64) (out map[int64]Delivery, err error) {
	out = make(map[int64]Delivery, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	return out, s.DB.Read(ctx, func(tx *db.Tx) error {
		clear(out)
		rows, err := tx.Query(ctx, `SELECT message_id, -1, '' FROM telegram_message WHERE message_id IN (`+db.Marks(len(ids))+`) AND kind <> ?
			UNION SELECT message_id, state, why FROM telegram_out WHERE message_id IN (`+db.Marks(len(ids))+`) AND kind = ?`,
			append(append(append(db.Args(ids), kindIn), db.Args(ids)...), jobSend)...)
		if err != nil {
			return fmt.Errorf("states of messages: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, state int64
			d := Delivery{State: Taken}
			if err := rows.Scan(&id, &state, &d.Why); err != nil {
				return err
			}
			switch state {
			case stateWaits:
				d.State = Waiting
			case stateFailed:
				d.State = Failed
			}
			if known, ok := out[id]; !ok || rank[d.State] > rank[known.State] {
				out[id] = d
			}
		}
		return rows.Err()
	})
}

// rank says which state of its parts is that of a message: the worst.
var rank = map[State]int{Taken: 0, Waiting: 1, Failed: 2}

// Faults of sending again.
var (
	errNotOut    = fault.New(fault.NotFound, "MESSAGE_NOT_FOUND", "The message did not go out through a bot of Telegram.")
	errNotFailed = fault.New(fault.Conflict, "MESSAGE_NOT_FAILED", "The message is on its way, or has arrived already.")
	errStillGone = fault.New(fault.Conflict, "DELIVERY_LOST", goneWhy)
)

// Retry sends what failed of a message again, before what came after it. Who may ask for it is for the caller to look at. Faults:
// MESSAGE_NOT_FOUND, MESSAGE_NOT_FAILED, and DELIVERY_LOST where the bot is not connected.
func (s *Service) Retry(ctx context.Context, messageID int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		var botID, chatID int64
		err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(bot_id), 0), COALESCE(MAX(chat_id), 0) FROM telegram_out WHERE message_id = ? AND state = 1", messageID).
			Scan(&botID, &chatID)
		if err != nil {
			return fmt.Errorf("find what failed: %w", err)
		}
		if botID == 0 {
			if went, err := wentTx(ctx, tx, messageID); err != nil || !went {
				return orFault(err, errNotOut)
			}
			return errNotFailed
		}
		if _, err := connectedTx(ctx, tx, botID); err != nil {
			if fault.KindOf(err) == fault.NotFound {
				return errStillGone
			}
			return err
		}
		return s.againTx(ctx, tx, "message_id = ?", messageID, job{chatID: chatID, messageID: messageID})
	})
}

func orFault(err error, f *fault.Fault) error {
	if err != nil {
		return err
	}
	return f
}

func (s *Service) againTx(ctx context.Context, tx *db.Tx, where string, arg int64, j job) error {
	now := db.Micro(s.now())
	_, err := tx.Exec(ctx, "UPDATE telegram_out SET state = 0, why = '', attempts = 0, held = 0, created = ?, next_at = ? WHERE state = 1 AND "+where, now, now, arg)
	if err != nil {
		return fmt.Errorf("send again: %w", err)
	}
	s.changedTx(tx, j)
	tx.AfterCommit(func() { wake(s.sends) })
	return nil
}

// RetryAll sends all again that failed through a bot. Faults: ErrDenied, ErrNoBot.
func (s *Service) RetryAll(ctx context.Context, actor user.Ref, id int64) error {
	b, err := s.Get(ctx, actor, id)
	if err != nil || b.Failing == 0 {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.againTx(ctx, tx, "bot_id = ?", id, job{}); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "TELEGRAM_RETRY", id, "Sent "+decimal(b.Failing)+" messages of the Telegram bot "+b.Shown()+" again.")
	})
}
