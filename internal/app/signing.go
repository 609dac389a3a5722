package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
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
	old           string    // the secret before, which signs too
	oldUntil      time.Time // until then
}

// SigningKeys returns the secrets that deliveries to an application, or else to an outbound webhook, are signed with: none, one, or
// two while the one before a new one signs as well. The present one is first. Fault: WEBHOOK_NOT_FOUND.
func (s *Service) SigningKeys(ctx context.Context, appID, hookID int64) ([]string, error) {
	if appID == 0 && hookID == 0 {
		return nil, nil // who registered a bot through a webhook
	}
	k, err := s.keysOf(ctx, receiver{appID, hookID})
	switch {
	case err != nil || k.secret == "":
		return nil, err
	case k.old != "" && s.clock.Now().Before(k.oldUntil):
		return []string{k.secret, k.old}, nil
	}
	return []string{k.secret}, nil
}

// OldSigningUntil returns until when the signing secret before the present one signs too; the zero time when it does not.
func (s *Service) OldSigningUntil(ctx context.Context, appID, hookID int64) (time.Time, error) {
	k, err := s.keysOf(ctx, receiver{appID, hookID})
	if err != nil || k.old == "" || !s.clock.Now().Before(k.oldUntil) {
		return time.Time{}, err
	}
	return k.oldUntil, nil
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
	query, id := "SELECT '', signing_secret, old_signing_secret, old_signing_until FROM app WHERE id = ?", r.appID
	if r.hookID != 0 {
		query, id = "SELECT application_token, signing_secret, old_signing_secret, old_signing_until FROM app_outbound WHERE id = ?", r.hookID
	}
	var until int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, query, id).Scan(&k.token, &k.secret, &k.old, &until)
	})
	k.oldUntil = db.Time(until)
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

// MaxOldSigning is the longest time for which the signing secret before a new one signs as well.
const MaxOldSigning = 30 * 24 * time.Hour

// ErrOldSigning is answered where the secret before is to sign for longer than MaxOldSigning.
var ErrOldSigning = fault.New(fault.Invalid, "INVALID_FIELD", "The old secret can sign for at most 30 days.").At("old")

// RotateSigningSecret gives an application a secret with which its deliveries are signed from now on. It is shown once. For keepOld
// the secret before signs as well, so that handlers can change over in their own time. Faults: ACCESS_DENIED, APP_NOT_FOUND,
// INVALID_FIELD.
func (s *Service) RotateSigningSecret(ctx context.Context, actor user.Ref, id int64, keepOld time.Duration) (secret string, err error) {
	if keepOld < 0 || keepOld > MaxOldSigning {
		return "", ErrOldSigning
	}
	secret = newSigningSecret()
	return secret, s.setSigningSecret(ctx, actor, id, secret, keepOld, "Gave %s a new signing secret"+oldSigns(keepOld))
}

// oldSigns is the end of a sentence that says for how long the secret before signs.
func oldSigns(keep time.Duration) string {
	if keep == 0 {
		return "."
	}
	return fmt.Sprintf("; the one before signs for %d hours more.", int64((keep+time.Hour-1)/time.Hour))
}

// oldSigning are the columns of the secret before, and their values for a secret that replaces it.
const oldSigning = "old_signing_secret = CASE WHEN ? THEN signing_secret ELSE '' END, old_signing_until = ?"

func (s *Service) oldSigningArgs(keep time.Duration) (keeps bool, until int64) {
	if keep == 0 {
		return false, 0
	}
	return true, db.Micro(s.clock.Now().Add(keep))
}

// StopSigning ends the signatures of an application's deliveries. Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) StopSigning(ctx context.Context, actor user.Ref, id int64) error {
	return s.setSigningSecret(ctx, actor, id, "", 0, "Stopped signing the deliveries of %s.")
}

func (s *Service) setSigningSecret(ctx context.Context, actor user.Ref, id int64, secret string, keepOld time.Duration, text string) error {
	if !actor.May(access.ManageApps) {
		return ErrAdminOnly
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := appTx(ctx, tx, id)
		if err != nil {
			return err
		}
		keeps, until := s.oldSigningArgs(keepOld)
		if _, err := tx.Exec(ctx, "UPDATE app SET "+oldSigning+", signing_secret = ? WHERE id = ?", keeps, until, secret, id); err != nil {
			return err
		}
		s.changedTx(tx)
		return s.recordTx(ctx, tx, entry{"APP_SIGNING_SECRET", id, audit.Security, fmt.Sprintf(text, a.Name)})
	})
}
