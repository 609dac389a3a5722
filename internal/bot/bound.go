package bot

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// MaxTurns is how often two or more bots may answer each other in a chat without a person's writing there. After that they do
// not hear each other any more until somebody writes, or nobody has written for quietTime.
const MaxTurns = 10

// quietTime is how long bots have to be silent before they may talk to each other anew.
const quietTime = time.Hour

// boundTx counts the turns that bots take in a chat, and returns who of hear may hear of e: nobody once the bots have talked
// to each other for too long. A bot that writes many messages in a row takes one turn: it is the answers that make a loop.
func (s *Service) boundTx(ctx context.Context, tx *db.Tx, e *MessageEvent, speaker *Bot, hear []*Bot) ([]*Bot, error) {
	if speaker == nil {
		return hear, s.freshTx(ctx, tx, e)
	}
	if err := s.answeredTx(ctx, tx, e, speaker); err != nil || len(hear) == 0 {
		return nil, err
	}
	now := s.clock.Now()
	quiet := db.Micro(now.Add(-quietTime))
	const turn = `INSERT INTO bot_exchange (chat_id, bot_id, turns, at, cut) VALUES (?, ?, 0, ?, 0)
		ON CONFLICT (chat_id) DO UPDATE SET
			turns = CASE WHEN bot_exchange.at < ? THEN 0 WHEN bot_exchange.bot_id = excluded.bot_id THEN bot_exchange.turns
				ELSE bot_exchange.turns + 1 END,
			cut = CASE WHEN bot_exchange.at < ? THEN 0 ELSE bot_exchange.cut END,
			bot_id = excluded.bot_id, at = excluded.at
		RETURNING turns, cut`
	var turns, cut int64
	err := tx.QueryRow(ctx, turn, e.Chat.ID, speaker.ID, db.Micro(now), quiet, quiet).Scan(&turns, &cut)
	if err != nil {
		return nil, fmt.Errorf("count turns of bots: %w", err)
	}
	if turns < MaxTurns {
		return hear, nil
	}
	if cut != 0 {
		return nil, nil
	}
	if err := tx.Later(ctx, "UPDATE bot_exchange SET cut = 1 WHERE chat_id = ?", e.Chat.ID); err != nil {
		return nil, fmt.Errorf("cut off bots: %w", err)
	}
	for _, b := range hear {
		for _, pair := range [][2]int64{{b.ID, speaker.ID}, {speaker.ID, b.ID}} {
			n := Note{BotID: pair[0], Kind: NoteLoop, ChatID: e.Chat.ID, MessageID: e.Message.ID, OtherID: pair[1]}
			if err := s.noteTx(ctx, tx, n); err != nil {
				return nil, err
			}
		}
	}
	s.log.WarnContext(ctx, "bots talk to each other without an end and are cut off", "chat", e.Chat.ID, "bot", speaker.ID)
	return nil, nil
}

// freshTx begins the count of turns anew once a person writes.
func (s *Service) freshTx(ctx context.Context, tx *db.Tx, e *MessageEvent) error {
	if len(e.BotIDs) < 2 || e.Message.System || e.Message.AuthorID == 0 {
		return nil
	}
	if err := tx.Later(ctx, "DELETE FROM bot_exchange WHERE chat_id = ?", e.Chat.ID); err != nil {
		return fmt.Errorf("forget turns of bots: %w", err)
	}
	return nil
}

// Cut reports whether the bots of a chat do not hear each other any more because they talked for too long.
func (s *Service) Cut(ctx context.Context, chatID int64) (cut bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var n int64
		const q = "SELECT COUNT(*) FROM bot_exchange WHERE chat_id = ? AND cut = 1 AND at >= ?"
		err := tx.QueryRow(ctx, q, chatID, db.Micro(s.clock.Now().Add(-quietTime))).Scan(&n)
		cut = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read turns of bots: %w", err)
	}
	return cut, nil
}
