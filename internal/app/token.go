package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

const (
	accessLife  = time.Hour
	refreshLife = 180 * 24 * time.Hour
	// keepSpent is how long a spent pair is remembered, so that a late call hears that its token has expired and not that
	// it never was: some clients renew in the first case only.
	keepSpent = 30 * 24 * time.Hour
)

// The reasons for which the token endpoint refuses.
var (
	ErrClient = errors.New("unknown client or wrong secret")
	ErrGrant  = errors.New("refresh token unknown, used or expired")
)

// pair is an access token with the refresh token that renews it.
type pair struct {
	id              int64
	access, refresh string
	codeID          int64     // of the authorization code that all pairs of a line come from; 0 without one
	until           time.Time // of the access token
}

// Grant is a new pair of tokens, as the token endpoint answers it.
type Grant struct {
	AccessToken, RefreshToken string
	Expires                   time.Time
	ExpiresIn                 time.Duration
	UserID                    int64
	Scopes                    []string
	Status                    string
	MemberID                  string
}

// Issue makes a new pair of tokens with which an application acts for a user. Fault: APP_NOT_FOUND, ACCESS_DENIED.
func (s *Service) Issue(ctx context.Context, appID, userID int64) (Grant, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return Grant{}, err
	}
	var g Grant
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := appTx(ctx, tx, appID)
		if err != nil {
			return err
		}
		who, err := s.users.AccessTx(ctx, tx, userID)
		if err != nil {
			return err
		}
		if !who.Active {
			return ErrUserInactive
		}
		p, err := s.renewTx(ctx, tx, appID, userID, pair{})
		g = grantOf(p, userID, a.Scopes, member)
		return err
	})
	return g, err
}

func grantOf(p pair, userID int64, scopes []string, member string) Grant {
	return Grant{
		AccessToken: p.access, RefreshToken: p.refresh, Expires: p.until, ExpiresIn: accessLife,
		UserID: userID, Scopes: scopes, Status: StatusLocal, MemberID: member,
	}
}

// renewTx stores a new access token. It takes over the refresh token of old where that is still good, else it makes one.
func (s *Service) renewTx(ctx context.Context, tx *db.Tx, appID, userID int64, old pair) (pair, error) {
	now := s.clock.Now()
	p := pair{access: newToken(), refresh: newToken(), until: now.Add(accessLife), codeID: old.codeID}
	if old.id != 0 {
		n, err := tx.Exec(ctx, "UPDATE app_token SET refresh_hash = NULL, purge_at = ? WHERE id = ? AND refresh_hash IS NOT NULL",
			db.Micro(now.Add(keepSpent)), old.id)
		if err != nil {
			return pair{}, fmt.Errorf("take over refresh token: %w", err)
		}
		if n == 1 {
			p.refresh = old.refresh
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM app_token WHERE purge_at < ?", db.Micro(now)); err != nil {
		return pair{}, fmt.Errorf("forget old tokens: %w", err)
	}
	id, err := tx.Insert(ctx, `INSERT INTO app_token
		(app_id, user_id, access_hash, access_until, refresh_hash, refresh_until, purge_at, code_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		appID, userID, hashOf(p.access), db.Micro(p.until), hashOf(p.refresh),
		db.Micro(now.Add(refreshLife)), db.Micro(now.Add(refreshLife+keepSpent)), p.codeID)
	if err != nil {
		return pair{}, fmt.Errorf("insert token: %w", err)
	}
	p.id = id
	return p, nil
}

// Refresh exchanges a refresh token for a new pair, once: of two who try with the same token one fails. The access token
// that came with it stays good for the rest of its hour. Errors: ErrClient, ErrGrant.
// Page: settings/oauth/auto-renewal.md.
func (s *Service) Refresh(ctx context.Context, clientID, clientSecret, refreshToken string) (Grant, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return Grant{}, err
	}
	var g Grant
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		appID, scopes, err := clientTx(ctx, tx, clientID, clientSecret)
		if err != nil {
			return err
		}
		userID, codeID, err := s.spendTx(ctx, tx, appID, refreshToken)
		if err != nil {
			return err
		}
		p, err := s.renewTx(ctx, tx, appID, userID, pair{codeID: codeID})
		if err != nil {
			return err
		}
		s.changedTx(tx)
		g = grantOf(p, userID, splitScopes(scopes), member)
		return nil
	})
	return g, err
}

// clientTx returns the application that a client_id and its secret prove.
func clientTx(ctx context.Context, tx *db.Tx, clientID, secret string) (id int64, scopes string, err error) {
	var hash []byte
	err = tx.QueryRow(ctx, "SELECT id, secret_hash, scopes FROM app WHERE client_id = ? AND removed_at = 0", clientID).
		Scan(&id, &hash, &scopes)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return 0, "", ErrClient
	case err != nil:
		return 0, "", fmt.Errorf("client: %w", err)
	case !matches(hash, secret):
		return 0, "", ErrClient
	}
	return id, scopes, nil
}

// spendTx makes a refresh token of the application useless and returns whose it was, and the code that it came from.
func (s *Service) spendTx(ctx context.Context, tx *db.Tx, appID int64, refreshToken string) (userID, codeID int64, err error) {
	now := s.clock.Now()
	err = tx.QueryRow(ctx, `UPDATE app_token SET refresh_hash = NULL, purge_at = ?
		WHERE refresh_hash = ? AND app_id = ? AND refresh_until > ? RETURNING user_id, code_id`,
		db.Micro(now.Add(keepSpent)), hashOf(refreshToken), appID, db.Micro(now)).Scan(&userID, &codeID)
	if errors.Is(err, db.ErrNoRows) {
		return 0, 0, ErrGrant
	}
	if err != nil {
		return 0, 0, fmt.Errorf("spend refresh token: %w", err)
	}
	who, err := s.users.AccessTx(ctx, tx, userID)
	if err == nil && !who.Active {
		err = ErrGrant
	}
	return userID, codeID, err
}

// OwnsGrant reports whether the portal issued a refresh token that has not been used, or an authorization code. Where one
// server has several portals, its token endpoint finds the right one by it.
func (s *Service) OwnsGrant(ctx context.Context, token string) (owned bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM app_token WHERE refresh_hash = ?)
			OR EXISTS (SELECT 1 FROM app_code WHERE code_hash = ?)`, hashOf(token), hashOf(token)).Scan(&owned)
	})
	if err != nil {
		return false, fmt.Errorf("look for grant: %w", err)
	}
	return owned, nil
}
