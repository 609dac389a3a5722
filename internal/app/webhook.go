package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// CreateWebhook adds an inbound webhook that acts as actor. The code is shown once.
// Faults: ACCESS_DENIED for a user who may not act or add webhooks, INVALID_FIELD.
func (s *Service) CreateWebhook(ctx context.Context, actor user.Ref, f WebhookForm) (w Webhook, code string, err error) {
	if !actor.May(access.OwnWebhooks) {
		return Webhook{}, "", ErrNoWebhooks
	}
	now := s.clock.Now()
	f, err = f.check(now)
	if err != nil {
		return Webhook{}, "", err
	}
	code = newWebhookCode()
	w = Webhook{UserID: actor.ID, Title: f.Title, Scopes: f.Scopes, Created: now, Updated: now, Expires: f.Expires}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		who, err := s.users.AccessTx(ctx, tx, actor.ID)
		if err != nil {
			return err
		}
		if !who.Active {
			return ErrUserInactive
		}
		w.ID, err = tx.Insert(ctx, `INSERT INTO webhook
			(user_id, code_hash, title, scopes, created_at, updated_at, expires_at, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			w.UserID, hashOf(code), w.Title, joinScopes(w.Scopes), db.Micro(now), db.Micro(now), db.Micro(w.Expires), foldSearch(w.Title))
		if err != nil {
			return fmt.Errorf("insert webhook: %w", err)
		}
		text := fmt.Sprintf("The webhook “%s” was added, with the permissions %s.", w.Title, spoken(w.Scopes))
		return s.recordTx(ctx, tx, entry{"WEBHOOK_ADDED", w.ID, audit.Notice, text})
	})
	if err != nil {
		return Webhook{}, "", err
	}
	return w, code, nil
}

// UpdateWebhook changes a webhook. An administrator who changes somebody else's becomes its user: a code that acts as
// one person must not be in the hands of another, so it gets a new one, which is returned.
// Faults: WEBHOOK_NOT_FOUND, INVALID_FIELD. Page: local-integrations/developers-area.md.
func (s *Service) UpdateWebhook(ctx context.Context, actor user.Ref, id int64, f WebhookForm) (w Webhook, code string, err error) {
	f, err = f.check(s.clock.Now())
	if err != nil {
		return Webhook{}, "", err
	}
	fresh := newWebhookCode()
	w, err = s.changeWebhook(ctx, actor, id, func(tx *db.Tx, w *Webhook) error {
		code = ""
		text := "The webhook “%s” was changed; its permissions are %s."
		if w.UserID != actor.ID {
			text = "The webhook “%s” of somebody else was taken over, with a new address; its permissions are %s."
			w.UserID, code = actor.ID, fresh
			if _, err := tx.Exec(ctx, "UPDATE webhook SET user_id = ?, code_hash = ? WHERE id = ?", actor.ID, hashOf(code), id); err != nil {
				return fmt.Errorf("take over webhook: %w", err)
			}
		}
		w.Title, w.Scopes, w.Expires = f.Title, f.Scopes, f.Expires
		_, err := tx.Exec(ctx, "UPDATE webhook SET title = ?, scopes = ?, expires_at = ?, search = ? WHERE id = ?",
			w.Title, joinScopes(w.Scopes), db.Micro(w.Expires), foldSearch(w.Title), id)
		if err != nil {
			return fmt.Errorf("update webhook: %w", err)
		}
		return s.recordTx(ctx, tx, entry{"WEBHOOK_CHANGED", id, audit.Notice, fmt.Sprintf(text, w.Title, spoken(w.Scopes))})
	})
	return w, code, err
}

// RemoveWebhook removes a webhook of actor, or anybody's for an administrator. Fault: WEBHOOK_NOT_FOUND.
func (s *Service) RemoveWebhook(ctx context.Context, actor user.Ref, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		w, err := webhookTx(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		s.changedTx(tx)
		if _, err := tx.Exec(ctx, "DELETE FROM webhook WHERE id = ?", id); err != nil {
			return fmt.Errorf("delete webhook: %w", err)
		}
		return s.recordTx(ctx, tx, entry{"WEBHOOK_REMOVED", id, audit.Notice, "The webhook “" + w.Title + "” was removed."})
	})
}

// Webhook returns a webhook of actor, or anybody's for an administrator. Fault: WEBHOOK_NOT_FOUND.
func (s *Service) Webhook(ctx context.Context, actor user.Ref, id int64) (w Webhook, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		w, err = webhookTx(ctx, tx, actor, id)
		return err
	})
	return w, err
}

// Webhooks returns the webhooks of actor, or everybody's for an administrator, the newest first.
func (s *Service) Webhooks(ctx context.Context, actor user.Ref) (out []Webhook, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		query, args := "SELECT "+webhookColumns+" FROM webhook WHERE user_id = ? ORDER BY id DESC", []any{actor.ID}
		if actor.May(access.AllWebhooks) {
			query, args = "SELECT "+webhookColumns+" FROM webhook ORDER BY id DESC", nil
		}
		rows, err := tx.Query(ctx, query, args...)
		out, err = collect(rows, err, scanWebhook)
		return err
	})
	return out, err
}

// WebhookURL returns the address that a webhook's methods are called under; a method's name follows it.
func (s *Service) WebhookURL(userID int64, code string) string {
	return s.cfg.Endpoints().ClientEndpoint + strconv.FormatInt(userID, 10) + "/" + code + "/"
}

// webhookTx returns a webhook that actor may see; of others nobody learns that they exist.
func webhookTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64) (Webhook, error) {
	w, err := scanWebhook(tx.QueryRow(ctx, "SELECT "+webhookColumns+" FROM webhook WHERE id = ?", id))
	if err == nil && w.UserID != actor.ID && !actor.May(access.AllWebhooks) {
		return Webhook{}, ErrWebhookNotFound
	}
	return w, err
}
