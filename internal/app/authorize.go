package app

import (
	"context"
	"errors"
	"fmt"
	"time"

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
}

// Principal is who calls. One of AppID and WebhookID is set.
type Principal struct {
	UserID    int64
	Admin     bool
	AppID     int64
	ClientID  string // of the application
	WebhookID int64
	Scopes    []string // as they are now, whatever they were when the token was made
}

// Authorize returns who calls. What another process changed of tokens, applications and webhooks holds for the very next
// call; that a user was dismissed there, a moment later.
// Errors: ErrNoCredentials, ErrTokenUnknown, ErrTokenExpired, ErrWebhook, ErrUserRefused.
func (s *Service) Authorize(ctx context.Context, c Credentials) (Principal, error) {
	switch {
	case c.WebhookCode != "":
		return s.authorizeWebhook(ctx, c)
	case c.Token != "":
		return s.authorizeToken(ctx, c.Token)
	}
	return Principal{}, ErrNoCredentials
}

func (s *Service) authorizeToken(ctx context.Context, token string) (Principal, error) {
	var (
		p                      Principal
		scopes                 string
		until, installed, used int64
		now                    = s.clock.Now()
	)
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `SELECT t.app_id, t.user_id, t.access_until, a.client_id, a.scopes, a.installed, a.used_at
			FROM app_token t JOIN app a ON a.id = t.app_id WHERE t.access_hash = ? AND a.removed_at = 0`, hashOf(token)).
			Scan(&p.AppID, &p.UserID, &until, &p.ClientID, &scopes, &installed, &used)
		switch {
		case errors.Is(err, db.ErrNoRows):
			return ErrTokenUnknown
		case err != nil:
			return fmt.Errorf("find token: %w", err)
		case until <= db.Micro(now):
			return ErrTokenExpired
		}
		return nil
	})
	if err != nil {
		return Principal{}, err
	}
	who, err := s.users.Access(ctx, p.UserID)
	if err != nil {
		return Principal{}, fmt.Errorf("access of user %d: %w", p.UserID, err)
	}
	p.Admin = who.Admin
	if !who.Active || installed == 0 && !who.Admin {
		return Principal{}, ErrUserRefused
	}
	p.Scopes = splitScopes(scopes)
	s.note(ctx, usage{"app", p.AppID}, used, now)
	return p, nil
}

func (s *Service) authorizeWebhook(ctx context.Context, c Credentials) (Principal, error) {
	var (
		p      Principal
		scopes string
		used   int64
		now    = s.clock.Now()
	)
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, "SELECT id, user_id, scopes, used_at FROM webhook WHERE code_hash = ? AND user_id = ?",
			hashOf(c.WebhookCode), c.WebhookUserID).Scan(&p.WebhookID, &p.UserID, &scopes, &used)
		if errors.Is(err, db.ErrNoRows) {
			return ErrWebhook
		}
		if err != nil {
			return fmt.Errorf("find webhook: %w", err)
		}
		return nil
	})
	if err != nil {
		return Principal{}, err
	}
	who, err := s.users.Access(ctx, p.UserID)
	if err != nil {
		return Principal{}, fmt.Errorf("access of user %d: %w", p.UserID, err)
	}
	if p.Admin = who.Admin; !who.Active {
		return Principal{}, ErrWebhook
	}
	p.Scopes = splitScopes(scopes)
	s.note(ctx, usage{"webhook", p.WebhookID}, used, now)
	return p, nil
}

// usage names what was used.
type usage struct {
	table string // "app" or "webhook"
	id    int64
}

// noteSQL holds the statement for each table.
var noteSQL = map[string]string{
	"app":     "UPDATE app SET used_at = ? WHERE id = ? AND used_at < ?",
	"webhook": "UPDATE webhook SET used_at = ? WHERE id = ? AND used_at < ?",
}

// note keeps the time of a use when the one that is kept is a minute old. Of several callers at once one writes. A
// failure is only logged: the call itself is fine.
func (s *Service) note(ctx context.Context, u usage, used int64, now time.Time) {
	if now.Sub(db.Time(used)) < noteEvery {
		return
	}
	s.mu.Lock()
	_, busy := s.noting[u]
	s.noting[u] = struct{}{}
	s.mu.Unlock()
	if busy {
		return
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, noteSQL[u.table], db.Micro(now), u.id, db.Micro(now))
		return err
	})
	s.mu.Lock()
	delete(s.noting, u)
	s.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "last use not noted", "of", u.table, "id", u.id, "error", err)
	}
}
