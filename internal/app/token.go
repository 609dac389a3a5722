package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	ErrScope  = errors.New("permissions that the application was not given")
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
	p := pair{access: s.newToken(), refresh: s.newToken(), until: now.Add(accessLife), codeID: old.codeID}
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

// Refresh exchanges a refresh token for a new pair. The access token that came with it stays good for the rest of its hour.
//
// Several processes of one application may find their token expired at the same moment and refresh it at once. Within
// refreshGrace all of them get the same new pair, so that whichever is stored last works; later the token is refused. Both are
// noted as a race of tokens. scopes are the permissions that the application names; all that it was given come anyhow.
// Errors: ErrClient, ErrGrant, ErrScope. Page: settings/oauth/auto-renewal.md.
func (s *Service) Refresh(ctx context.Context, clientID, clientSecret, refreshToken string, scopes ...string) (Grant, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return Grant{}, err
	}
	var g Grant
	var refused error
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		g, refused = Grant{}, nil
		c, err := s.clientTx(ctx, tx, clientID, clientSecret, scopes)
		if err != nil {
			return err
		}
		p, userID, err := s.refreshTx(ctx, tx, c, refreshToken)
		if errors.Is(err, errStale) {
			refused = ErrGrant // once the note of it is durable
			return nil
		}
		if err != nil {
			return err
		}
		g = grantOf(p, userID, splitScopes(c.scopes), member)
		g.ExpiresIn = p.until.Sub(s.clock.Now()).Truncate(time.Second)
		return nil
	})
	if err == nil {
		err = refused
	}
	return g, err
}

// client is an application that has proven itself.
type client struct {
	id           int64
	name, scopes string
}

// clientTx returns the application that a client_id and its secret prove. After a change of the secret the old one may be good
// for a while. Errors: ErrClient; ErrScope where it names scopes that it does not have.
func (s *Service) clientTx(ctx context.Context, tx *db.Tx, clientID, secret string, scopes []string) (c client, err error) {
	var hash, old []byte
	var oldUntil int64
	err = tx.QueryRow(ctx, `SELECT id, name, scopes, secret_hash, old_secret_hash, old_secret_until FROM app
		WHERE client_id = ? AND removed_at = 0`, clientID).Scan(&c.id, &c.name, &c.scopes, &hash, &old, &oldUntil)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return client{}, ErrClient
	case err != nil:
		return client{}, fmt.Errorf("client: %w", err)
	case !matches(hash, secret) && (oldUntil <= db.Micro(s.clock.Now()) || !matches(old, secret)):
		return client{}, ErrClient
	}
	has := splitScopes(c.scopes)
	for _, scope := range cleanScopes(scopes) {
		if !slices.Contains(has, scope) && !slices.Contains(legacyScopes, scope) {
			return client{}, ErrScope
		}
	}
	return c, nil
}

// Owns reports whether the portal issued a token of either kind, or an authorization code, and has not forgotten it. Where one
// server has several portals, the right one is found by it for those who know the authorization server only.
func (s *Service) Owns(ctx context.Context, token string) (owned bool, err error) {
	hash := hashOf(token)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM app_token WHERE refresh_hash = ?)
			OR EXISTS (SELECT 1 FROM app_token WHERE spent_hash = ?)
			OR EXISTS (SELECT 1 FROM app_token WHERE access_hash = ?)
			OR EXISTS (SELECT 1 FROM app_code WHERE code_hash = ?)`, hash, hash, hash, hash).Scan(&owned)
	})
	if err != nil {
		return false, fmt.Errorf("look for token: %w", err)
	}
	return owned, nil
}

// DismissTx ends what applications may do for a person who leaves: their access tokens are over, and nothing renews them, not
// even when the person comes back. Calls are refused at once, since the person may not act.
func (s *Service) DismissTx(ctx context.Context, tx *db.Tx, userID int64) error {
	now := s.clock.Now()
	s.changedTx(tx)
	_, err := tx.Exec(ctx, `UPDATE app_token SET refresh_hash = NULL, spent_hash = NULL, successor = NULL, purge_at = ?,
		access_until = CASE WHEN access_until < ? THEN access_until ELSE ? END WHERE user_id = ?`,
		db.Micro(now.Add(keepSpent)), db.Micro(now), db.Micro(now), userID)
	if err == nil {
		_, err = tx.Exec(ctx, "DELETE FROM app_code WHERE user_id = ?", userID)
	}
	if err != nil {
		return fmt.Errorf("end tokens of user %d: %w", userID, err)
	}
	return nil
}
