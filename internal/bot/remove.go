package bot

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
)

// Unregister removes a bot of an owner on behalf of a user and tells its handler so. Its messages stay, its private chats
// do not. Faults: BOT_ID_ERROR, APP_ID_ERROR, WRONG_REQUEST where the portal refuses to let the bot go.
// Page: api-reference/chat-bots/outdated/bots/imbot-unregister.md.
func (s *Service) Unregister(ctx context.Context, o Owner, actorID, botID int64) error {
	if botID <= 0 {
		return ErrNoBot
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := o.lock(ctx, tx); err != nil {
			return err
		}
		b, err := ownedTx(ctx, tx, o, botID)
		if err != nil {
			return err
		}
		return s.removeTx(ctx, tx, b, event.Delivery{UserID: actorID})
	})
}

// RemoveAppTx removes the bots of an application that is being removed. Their handlers are told without tokens, since there
// are none any more.
func (s *Service) RemoveAppTx(ctx context.Context, tx *db.Tx, appID int64) error {
	if err := (Owner{AppID: appID}).lock(ctx, tx); err != nil {
		return err
	}
	bots, err := queryBots(ctx, tx, "WHERE app_id = ? ORDER BY user_id", appID)
	if err != nil {
		return err
	}
	for _, b := range bots {
		if err := s.removeTx(ctx, tx, b, event.Delivery{NoAuth: true}); err != nil {
			return err
		}
	}
	return nil
}

// removeTx removes b and records ONIMBOTDELETE with the authorization of d.
// Page: api-reference/chat-bots/outdated/events/on-imbot-delete.md.
func (s *Service) removeTx(ctx context.Context, tx *db.Tx, b Bot, d event.Delivery) error {
	n, err := tx.Exec(ctx, "DELETE FROM bot WHERE user_id = ?", b.ID)
	if err != nil {
		return fmt.Errorf("remove bot: %w", err)
	}
	if n == 0 {
		return ErrNoBot // somebody else was faster
	}
	if err := s.tellRemovedTx(ctx, tx, b, d); err != nil {
		return err
	}
	for _, table := range []string{"bot_command", "bot_chatapp", "bot_chatapp_icon", "bot_wait", "bot_note", "bot_play", "bot_test"} {
		if err := tx.Later(ctx, "DELETE FROM "+table+" WHERE bot_id = ?", b.ID); err != nil {
			return fmt.Errorf("remove what belongs to bot: %w", err)
		}
	}
	if err := s.messenger.RemoveBotTx(ctx, tx, b.ID); err != nil {
		return because(ErrDelete, fmt.Errorf("take bot out of its chats: %w", err))
	}
	if err := s.users.RemoveBotTx(ctx, tx, b.ID); err != nil {
		return because(ErrDelete, fmt.Errorf("deactivate bot: %w", err))
	}
	for _, f := range s.onRemove {
		if err := f(ctx, tx, b.ID); err != nil {
			return because(ErrDelete, err)
		}
	}
	tx.OnCommit(func() { s.memory.drop(b.ID) })
	return nil
}

// tellRemovedTx records the last event of b.
func (s *Service) tellRemovedTx(ctx context.Context, tx *db.Tx, b Bot, d event.Delivery) error {
	d.AppID, d.Token = b.Owner.AppID, b.Owner.token()
	if b.Second != nil {
		if s.second == nil {
			return nil
		}
		return s.second.BotRemovedTx(ctx, tx, b, d)
	}
	d.URL, d.Name = b.Handlers.Delete, "ONIMBOTDELETE"
	d.Data = phpform.ArrayOf(integer("BOT_ID", b.ID), text("BOT_CODE", b.Code))
	if err := s.events.SendTx(ctx, tx, d); err != nil {
		return fmt.Errorf("record %s: %w", d.Name, err)
	}
	return nil
}
