package telegram

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// route tells Telegram where the messages of a bot go. A bot whose hook could not be set keeps the reason as its problem.
func (s *Service) route(ctx context.Context, a account, b Bot) error {
	if b.Way == Poll {
		err := a.call(ctx, "deleteWebhook", nil, nil)
		return s.problem(ctx, b.ID, problemOf(err))
	}
	secret := rand.Text()
	sum := sha256.Sum256([]byte(secret))
	err := s.DB.Write(ctx, func(tx *db.Tx) error { // before Telegram knows it
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET secret = ?, hook_url = '' WHERE id = ?", hex.EncodeToString(sum[:]), b.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep secret of bot: %w", err)
	}
	to := s.PublicURL(HookPath + b.code)
	err = a.call(ctx, "setWebhook", map[string]any{"url": to, "secret_token": secret, "allowed_updates": allowed, "max_connections": 1}, nil)
	if err != nil {
		return s.problem(ctx, b.ID, problemOf(err))
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET hook_url = ? WHERE id = ?", to, b.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("note hook of bot: %w", err)
	}
	return s.problem(ctx, b.ID, "")
}

// Route tells Telegram anew where the messages go of bots to which it brings them, where the portal has another address since, or could
// not tell it before.
func (s *Service) Route(ctx context.Context) error {
	var bots []Bot
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		bots, err = queryBots(ctx, tx, "WHERE token <> '' AND way = ? AND hook_url <> ? || code ORDER BY id", string(Hook), s.PublicURL(HookPath))
		return err
	})
	for _, b := range bots {
		if err := s.rehook(ctx, b); err != nil {
			return err
		}
	}
	return err
}

// rehook is route for a bot that no other process routes now: the secret of one is not that of another.
func (s *Service) rehook(ctx context.Context, b Bot) error {
	a, err := s.account(ctx, b)
	if err != nil {
		return s.problem(ctx, b.ID, problemOf(err))
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return s.leaseTx(ctx, tx, b.ID) })
	if errors.Is(err, errHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.release(context.WithoutCancel(ctx), b.ID)
	return s.route(ctx, a, b)
}

// HookPath is where Telegram brings messages: the code of the bot follows.
const HookPath = "/telegram/"

// problem notes why messages of a bot do not go through; empty: they do.
func (s *Service) problem(ctx context.Context, botID int64, text string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		at := int64(0)
		if text != "" {
			at = db.Micro(s.now())
		}
		_, err := tx.Exec(ctx, "UPDATE telegram_bot SET problem = ?, problem_at = ? WHERE id = ? AND problem <> ?", text, at, botID, text)
		if err != nil {
			return fmt.Errorf("note problem of bot: %w", err)
		}
		return nil
	})
}

// problemOf says in words what an error of the API means for a bot; empty: nothing.
func problemOf(err error) string {
	r, ok := errors.AsType[*Refusal](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return fault.Of(err).Text
	case r.Code == 401 || r.Code == 404:
		return "Telegram does not know the bot's token any more. Give it the new one."
	case r.Code == 409:
		return "Another program fetches the messages of this bot. Stop it, or make a new token with @BotFather and give it here."
	case r.Code == 429:
		return "Telegram asks to wait: too much was sent at once."
	}
	return "Telegram answered: " + r.Text
}
