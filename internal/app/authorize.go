package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
)

// noteEvery is how exact the time of the last use is kept: noting every call would make every read a write.
const noteEvery = time.Minute

// The reasons for which a caller is turned away.
var (
	ErrNoCredentials = errors.New("neither a token nor a webhook code was given")
	ErrTokenUnknown  = errors.New("access token unknown, revoked or of another portal")
	ErrTokenExpired  = errors.New("access token has expired")
	ErrWebhook       = errors.New("webhook code does not belong to the user, or the user may not act")
	ErrUserRefused   = errors.New("the user may not use the application")
)

// Credentials are what a caller shows: a token, or a webhook's code with its user.
type Credentials struct {
	Token         string
	WebhookUserID int64
	WebhookCode   string
	Remote        string // the address that the call comes from
}

// Principal is who calls. One of AppID and WebhookID is set.
type Principal struct {
	UserID    int64
	Admin     bool
	Access    access.Set // what their roles allow
	AppID     int64
	ClientID  string // of the application
	WebhookID int64
	Scopes    []string  // as they are now, whatever they were when the token was made
	Expires   time.Time // of the token; zero for a webhook without an end
}

// Authorize returns who calls. What this process changes holds for the very next call; what another one does, once package
// db has noticed it.
// Errors: ErrNoCredentials, ErrTokenUnknown, ErrTokenExpired, ErrWebhook, ErrUserRefused.
func (s *Service) Authorize(ctx context.Context, c Credentials) (Principal, error) {
	switch {
	case c.WebhookCode != "":
		return s.authorizeWebhook(ctx, c)
	case c.Token != "":
		return s.authorizeToken(ctx, c)
	}
	return Principal{}, ErrNoCredentials
}

func (s *Service) authorizeToken(ctx context.Context, c Credentials) (Principal, error) {
	d, err := s.door(ctx, doorKey{hash: sha256.Sum256([]byte(c.Token))}, readToken)
	if err != nil {
		return Principal{}, err
	}
	who, err := s.users.Access(ctx, d.principal.UserID)
	if err != nil {
		return Principal{}, fmt.Errorf("access of user %d: %w", d.principal.UserID, err)
	}
	if !who.Active || !d.installed && !who.May(access.ManageApps) {
		return Principal{}, ErrUserRefused
	}
	if d.until <= db.Micro(s.clock.Now()) {
		return Principal{}, ErrTokenExpired
	}
	s.note(ctx, d, c.Remote)
	return d.principalOf(who), nil
}

// readToken finds the door that a token opens.
func readToken(ctx context.Context, tx *db.Tx, key doorKey) (*door, error) {
	d, p := &door{}, Principal{}
	var scopes string
	var used int64
	err := tx.QueryRow(ctx, `SELECT t.app_id, t.user_id, t.access_until, a.client_id, a.scopes, a.installed, COALESCE(u.used_at, 0)
		FROM app_token t JOIN app a ON a.id = t.app_id LEFT JOIN app_use u ON u.app_id = t.app_id AND u.user_id = t.user_id
		WHERE t.access_hash = ? AND a.removed_at = 0`, key.hash[:]).
		Scan(&p.AppID, &p.UserID, &d.until, &p.ClientID, &scopes, &d.installed, &used)
	if errors.Is(err, db.ErrNoRows) {
		return nil, ErrTokenUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("find token: %w", err)
	}
	p.Scopes = splitScopes(scopes)
	d.principal = p
	d.used.Store(used)
	return d, nil
}

func (s *Service) authorizeWebhook(ctx context.Context, c Credentials) (Principal, error) {
	d, err := s.door(ctx, doorKey{sha256.Sum256([]byte(c.WebhookCode)), c.WebhookUserID}, readWebhook)
	if err != nil {
		return Principal{}, err
	}
	who, err := s.users.Access(ctx, d.principal.UserID)
	if err != nil {
		return Principal{}, fmt.Errorf("access of user %d: %w", d.principal.UserID, err)
	}
	if !who.Active || d.until != 0 && d.until <= db.Micro(s.clock.Now()) {
		return Principal{}, ErrWebhook
	}
	s.note(ctx, d, c.Remote)
	return d.principalOf(who), nil
}

// readWebhook finds the door that a webhook's code opens for its user.
func readWebhook(ctx context.Context, tx *db.Tx, key doorKey) (*door, error) {
	d, p := &door{}, Principal{}
	var scopes string
	var used int64
	err := tx.QueryRow(ctx, "SELECT id, user_id, scopes, used_at, expires_at FROM webhook WHERE code_hash = ? AND user_id = ? AND disabled_at = 0",
		key.hash[:], key.userID).Scan(&p.WebhookID, &p.UserID, &scopes, &used, &d.until)
	if errors.Is(err, db.ErrNoRows) {
		return nil, ErrWebhook
	}
	if err != nil {
		return nil, fmt.Errorf("find webhook: %w", err)
	}
	p.Scopes = splitScopes(scopes)
	d.principal = p
	d.used.Store(used)
	return d, nil
}

// note keeps when and from where something was used: an application by the person it acted for, a webhook. It does so when the
// time that is kept is a minute old; of several callers at once one writes. A failure is only logged: the call itself is fine.
func (s *Service) note(ctx context.Context, d *door, remote string) {
	now, used := s.clock.Now(), d.used.Load()
	if now.Sub(db.Time(used)) < noteEvery || !d.used.CompareAndSwap(used, db.Micro(now)) {
		return
	}
	p := d.principal
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if p.WebhookID != 0 {
			_, err := tx.Exec(ctx, "UPDATE webhook SET used_at = ?, used_from = ? WHERE id = ? AND used_at < ?",
				db.Micro(now), remote, p.WebhookID, db.Micro(now))
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO app_use (app_id, user_id, used_at, address) VALUES (?, ?, ?, ?)
			ON CONFLICT (app_id, user_id) DO UPDATE SET used_at = excluded.used_at, address = excluded.address
			WHERE app_use.used_at < excluded.used_at`, p.AppID, p.UserID, db.Micro(now), remote)
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE app SET used_at = ? WHERE id = ? AND used_at < ?", db.Micro(now), p.AppID, db.Micro(now))
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "last use not noted", "application", p.AppID, "webhook", p.WebhookID, "error", err)
	}
}
