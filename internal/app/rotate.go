package app

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// OldSecretLife is how long the secret before still works where whoever changes it wants that.
const OldSecretLife = 24 * time.Hour

// RotateSecret gives an application a new client secret, which is shown once. With keepOld the one before works for OldSecretLife
// more, so that there is time to bring the new one to every part of the application; of the secrets before that one none does.
// Without it, after a leak, the old secret is dead at once. Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) RotateSecret(ctx context.Context, actor user.Ref, id int64, keepOld bool) (string, error) {
	secret, now := newClientSecret(), s.clock.Now()
	until, text := int64(0), "The secret of %s was replaced; the old one stopped working at once."
	if keepOld {
		until, text = db.Micro(now.Add(OldSecretLife)), "The secret of %s was replaced; the old one works for 24 hours more."
	}
	_, err := s.change(ctx, actor, id, func(tx *db.Tx, a *App) error {
		_, err := tx.Exec(ctx, "UPDATE app SET old_secret_hash = secret_hash, old_secret_until = ?, secret_hash = ? WHERE id = ?",
			until, hashOf(secret), id)
		if err != nil {
			return fmt.Errorf("store secret: %w", err)
		}
		return s.recordTx(ctx, tx, entry{"APP_SECRET_CHANGED", id, audit.Security, fmt.Sprintf(text, a.Name)})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// OldSecretUntil returns until when the secret before the present one works; the zero time when it does not.
func (s *Service) OldSecretUntil(ctx context.Context, id int64) (time.Time, error) {
	var until int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT old_secret_until FROM app WHERE id = ?", id).Scan(&until)
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("old secret of application %d: %w", id, err)
	}
	if t := db.Time(until); t.After(s.clock.Now()) {
		return t, nil
	}
	return time.Time{}, nil
}

// RotateToken gives an application a new application_token. Handlers know by it that an event is from this portal, and many keep
// the first one that they see for good: they take no event more until they are installed anew.
// Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) RotateToken(ctx context.Context, actor user.Ref, id int64) (App, error) {
	token := newHex(32)
	return s.change(ctx, actor, id, func(tx *db.Tx, a *App) error {
		a.Token = token
		if _, err := tx.Exec(ctx, "UPDATE app SET application_token = ? WHERE id = ?", token, id); err != nil {
			return fmt.Errorf("store application_token: %w", err)
		}
		return s.recordTx(ctx, tx, entry{"APP_TOKEN_CHANGED", id, audit.Security, "The application_token of " + a.Name + " was replaced."})
	})
}

// RotateWebhook gives a webhook of actor a new code, which is shown once; the old address is dead at once. Nobody but the person
// whom it acts as gets to see one: for others it is not there. Faults: ACCESS_DENIED, WEBHOOK_NOT_FOUND.
func (s *Service) RotateWebhook(ctx context.Context, actor user.Ref, id int64) (w Webhook, code string, err error) {
	if !actor.May(access.OwnWebhooks) {
		return Webhook{}, "", ErrNoWebhooks
	}
	code = newWebhookCode()
	w, err = s.changeWebhook(ctx, actor, id, func(tx *db.Tx, w *Webhook) error {
		if w.UserID != actor.ID {
			return ErrWebhookNotFound
		}
		if _, err := tx.Exec(ctx, "UPDATE webhook SET code_hash = ? WHERE id = ?", hashOf(code), id); err != nil {
			return fmt.Errorf("store code: %w", err)
		}
		return s.recordTx(ctx, tx, entry{"WEBHOOK_CODE_CHANGED", id, audit.Security, "The webhook “" + w.Title + "” got a new address."})
	})
	return w, code, err
}

// SwitchWebhook switches a webhook of actor, or of anybody for who manages those, on or off. Its address is refused while it is
// off. Fault: WEBHOOK_NOT_FOUND.
func (s *Service) SwitchWebhook(ctx context.Context, actor user.Ref, id int64, on bool) (Webhook, error) {
	return s.changeWebhook(ctx, actor, id, func(tx *db.Tx, w *Webhook) error {
		if on == w.Disabled.IsZero() {
			return nil
		}
		e := entry{"WEBHOOK_ENABLED", id, audit.Notice, "The webhook “" + w.Title + "” was switched on."}
		w.Disabled = time.Time{}
		if !on {
			w.Disabled = s.clock.Now()
			e.kind, e.text = "WEBHOOK_DISABLED", "The webhook “"+w.Title+"” was switched off."
		}
		if _, err := tx.Exec(ctx, "UPDATE webhook SET disabled_at = ? WHERE id = ?", db.Micro(w.Disabled), id); err != nil {
			return fmt.Errorf("switch webhook: %w", err)
		}
		return s.recordTx(ctx, tx, e)
	})
}

// changeWebhook runs do on a webhook that actor may change.
func (s *Service) changeWebhook(ctx context.Context, actor user.Ref, id int64, do func(*db.Tx, *Webhook) error) (w Webhook, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if w, err = webhookTx(ctx, tx, actor, id); err != nil {
			return err
		}
		s.changedTx(tx)
		w.Updated = s.clock.Now()
		if err := do(tx, &w); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE webhook SET updated_at = ? WHERE id = ?", db.Micro(w.Updated), id)
		return err
	})
	return w, err
}
