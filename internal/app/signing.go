package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// newSigningSecret returns a secret for the signatures of deliveries: 64 hexadecimal digits.
func newSigningSecret() string { return newHex(64) }

// receiver is who gets deliveries: an application, or an outbound webhook.
type receiver struct{ appID, hookID int64 }

// keys are what is kept in memory of a receiver, since every delivery needs it.
type keys struct {
	generation    uint64 // of the service when they were read
	token, secret string
}

// SigningKey returns the secret that deliveries to an application, or else to an outbound webhook, are signed with; empty for
// none. Fault: WEBHOOK_NOT_FOUND.
func (s *Service) SigningKey(ctx context.Context, appID, hookID int64) (string, error) {
	if appID == 0 && hookID == 0 {
		return "", nil // who registered a bot through a webhook
	}
	k, err := s.keysOf(ctx, receiver{appID, hookID})
	return k.secret, err
}

// Hook returns the block "auth" of an event for an outbound webhook. Fault: WEBHOOK_NOT_FOUND.
// Page: api-reference/events/index.md.
func (s *Service) Hook(ctx context.Context, id int64) (phpform.Value, error) {
	k, err := s.keysOf(ctx, receiver{hookID: id})
	if err != nil {
		return phpform.Value{}, err
	}
	return s.Portal(ctx, k.token)
}

func (s *Service) keysOf(ctx context.Context, r receiver) (keys, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	s.mu.Lock()
	k, ok := s.receivers[r]
	s.mu.Unlock()
	if ok && k.generation == generation {
		return k, nil
	}
	k = keys{generation: generation}
	query, id := "SELECT '', signing_secret FROM app WHERE id = ?", r.appID
	if r.hookID != 0 {
		query, id = "SELECT application_token, signing_secret FROM app_outbound WHERE id = ?", r.hookID
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, query, id).Scan(&k.token, &k.secret)
	})
	switch {
	case errors.Is(err, db.ErrNoRows) && r.hookID != 0:
		return k, ErrOutboundNotFound
	case errors.Is(err, db.ErrNoRows):
		return k, ErrNotFound
	case err != nil:
		return k, fmt.Errorf("signing secret: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.receivers) >= sweepFrom {
		clear(s.receivers)
	}
	s.receivers[r] = k
	return k, nil
}

// Signed reports whether the deliveries of an application are signed.
func (s *Service) Signed(ctx context.Context, id int64) (bool, error) {
	k, err := s.keysOf(ctx, receiver{appID: id})
	return k.secret != "", err
}

// RotateSigningSecret gives an application a secret with which its deliveries are signed from now on. It is shown once.
// Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) RotateSigningSecret(ctx context.Context, actor user.Ref, id int64) (secret string, err error) {
	secret = newSigningSecret()
	return secret, s.setSigningSecret(ctx, actor, id, secret, "Gave %s a new signing secret.")
}

// StopSigning ends the signatures of an application's deliveries. Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) StopSigning(ctx context.Context, actor user.Ref, id int64) error {
	return s.setSigningSecret(ctx, actor, id, "", "Stopped signing the deliveries of %s.")
}

func (s *Service) setSigningSecret(ctx context.Context, actor user.Ref, id int64, secret, text string) error {
	if !actor.May(access.ManageApps) {
		return ErrAdminOnly
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := appTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE app SET signing_secret = ? WHERE id = ?", secret, id); err != nil {
			return err
		}
		s.changedTx(tx)
		return s.recordTx(ctx, tx, entry{"APP_SIGNING_SECRET", id, audit.Security, fmt.Sprintf(text, a.Name)})
	})
}
