package botv2

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/bot"
	"github.com/portico-hq/portico/internal/db"
)

// metTx counts a person among those who have to do with bots.
func (s *Service) metTx(ctx context.Context, tx *db.Tx, bots []bot.Bot, userID int64) error {
	if userID == 0 {
		return nil
	}
	for _, b := range bots {
		n, err := tx.Exec(ctx, "INSERT INTO bot_person (bot_id, user_id) VALUES (?, ?) ON CONFLICT (bot_id, user_id) DO NOTHING", b.ID, userID)
		if err != nil {
			return fmt.Errorf("count person: %w", err)
		}
		if n == 0 {
			continue
		}
		if err := addTx(ctx, tx, b.ID, 0, 1); err != nil {
			return err
		}
	}
	return nil
}

// Sent counts a message that a bot sent.
func (s *Service) Sent(ctx context.Context, botID int64) error {
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error { return addTx(ctx, tx, botID, 1, 0) })
}

func addTx(ctx context.Context, tx *db.Tx, botID, sent, people int64) error {
	err := tx.Later(ctx, `INSERT INTO bot_tally (bot_id, sent, people) VALUES (?, ?, ?)
		ON CONFLICT (bot_id) DO UPDATE SET sent = bot_tally.sent + excluded.sent, people = bot_tally.people + excluded.people`, botID, sent, people)
	if err != nil {
		return fmt.Errorf("count for bot: %w", err)
	}
	return nil
}

// Tally returns what a bot did so far.
func (s *Service) Tally(ctx context.Context, b bot.Bot) (t Tally, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		t, err = s.TallyTx(ctx, tx, b)
		return err
	})
	return t, err
}

// TallyTx is Tally inside a transaction.
func (s *Service) TallyTx(ctx context.Context, tx *db.Tx, b bot.Bot) (t Tally, err error) {
	t.Commands = int64(len(b.Commands))
	err = tx.QueryRow(ctx, "SELECT sent, people FROM bot_tally WHERE bot_id = ?", b.ID).Scan(&t.Messages, &t.People)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return Tally{}, fmt.Errorf("read counts of bot: %w", err)
	}
	t.Chats, err = s.cfg.IM.CountChatsTx(ctx, tx, b.ID)
	return t, err
}
