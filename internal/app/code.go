package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

const (
	codeLife = 30 * time.Second
	// keepCode is how long a code is remembered beyond its life, so that a second use is noticed and undoes the first.
	keepCode = 24 * time.Hour
)

// The faults of asking a person for their consent. They are shown on a page: nobody is sent to an address that was not
// registered, and the application is not told.
var (
	ErrAskClient = fault.New(fault.Invalid, "invalid_client",
		"invalid_client: there is no such application on this portal, or its installation is not complete.")
	ErrAskRedirect = fault.New(fault.Invalid, "invalid_request",
		"invalid_request: the redirect_uri is not the address that the application is registered with.")
)

// Ask returns the application that asks to act for a person, and is allowed to ask: it is there and installed, and
// redirectURI, where one is given, is the address it is registered with. Faults: ErrAskClient, ErrAskRedirect.
// Page: settings/oauth/index.md.
func (s *Service) Ask(ctx context.Context, clientID, redirectURI string) (a App, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, err = askTx(ctx, tx, clientID, redirectURI)
		return err
	})
	return a, err
}

func askTx(ctx context.Context, tx *db.Tx, clientID, redirectURI string) (App, error) {
	a, err := scanApp(tx.QueryRow(ctx, "SELECT "+appColumns+" FROM app WHERE client_id = ? AND removed_at = 0", clientID))
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && !a.Installed:
		return App{}, ErrAskClient
	case err != nil:
		return App{}, fmt.Errorf("application that asks: %w", err)
	case redirectURI != "" && redirectURI != a.HandlerURL:
		return App{}, ErrAskRedirect
	}
	return a, nil
}

// Allow notes that actor lets an application act for them, and returns where their browser goes now: the address of the
// application with an authorization code, which is good once and for 30 seconds.
// Faults: ErrAskClient, ErrAskRedirect, ACCESS_DENIED. Page: settings/oauth/index.md.
func (s *Service) Allow(ctx context.Context, actor user.Ref, clientID, redirectURI, state string) (string, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return "", err
	}
	var a App
	code, now := s.newToken(), s.clock.Now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if a, err = askTx(ctx, tx, clientID, redirectURI); err != nil {
			return err
		}
		who, err := s.users.AccessTx(ctx, tx, actor.ID)
		if err != nil {
			return fmt.Errorf("access of user %d: %w", actor.ID, err)
		}
		if !who.Active {
			return ErrUserInactive
		}
		if _, err := tx.Exec(ctx, "DELETE FROM app_code WHERE purge_at < ?", db.Micro(now)); err != nil {
			return fmt.Errorf("forget old codes: %w", err)
		}
		_, err = tx.Exec(ctx, "INSERT INTO app_code (code_hash, app_id, user_id, until, purge_at) VALUES (?, ?, ?, ?, ?)",
			hashOf(code), a.ID, actor.ID, db.Micro(now.Add(codeLife)), db.Micro(now.Add(keepCode)))
		return err
	})
	if err != nil {
		return "", err
	}
	return s.returnURL(a, code, state, member)
}

// returnURL is the address of the application with what it is told, after the parameters that it has of its own.
func (s *Service) returnURL(a App, code, state, member string) (string, error) {
	u, err := url.Parse(a.HandlerURL)
	if err != nil {
		return "", fmt.Errorf("address of application %d: %w", a.ID, err)
	}
	e := s.cfg.Endpoints()
	var server string
	if su, err := url.Parse(e.ServerEndpoint); err == nil {
		server = su.Host
	}
	query := []string{u.RawQuery}
	if u.RawQuery == "" {
		query = nil
	}
	for _, p := range [][2]string{
		{"code", code}, {"state", state}, {"domain", e.Domain}, {"member_id", member}, {"scope", joinScopes(a.Scopes)}, {"server_domain", server},
	} {
		query = append(query, p[0]+"="+url.QueryEscape(p[1]))
	}
	u.RawQuery, u.Fragment = strings.Join(query, "&"), ""
	return u.String(), nil
}

// Exchange is what an application shows for its first pair of tokens.
type Exchange struct {
	ClientID, ClientSecret, Code string
	RedirectURI                  string   // when given it must be the address that the code was sent to
	Scopes                       []string // that the application names; it gets all that it was given
}

// ExchangeCode gives an application the pair of tokens that a code stands for, once. When a code comes a second time it was
// stolen or leaked, so all tokens that come from it stop working. Errors: ErrClient, ErrGrant, ErrScope.
// Page: settings/oauth/index.md.
func (s *Service) ExchangeCode(ctx context.Context, x Exchange) (Grant, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return Grant{}, err
	}
	var g Grant
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		g = Grant{}
		proven, err := s.clientTx(ctx, tx, x.ClientID, x.ClientSecret, x.Scopes)
		if err != nil {
			return err
		}
		c, err := s.takeCodeTx(ctx, tx, proven.id, x)
		if err != nil {
			return err
		}
		if c.replayed {
			s.changedTx(tx)
			_, err := tx.Exec(ctx, "DELETE FROM app_token WHERE code_id = ?", c.id)
			return err
		}
		p, err := s.renewTx(ctx, tx, proven.id, c.userID, pair{codeID: c.id})
		g = grantOf(p, c.userID, splitScopes(proven.scopes), member)
		return err
	})
	if err == nil && g.UserID == 0 {
		err = ErrGrant // once the revocation is durable
	}
	return g, err
}

// takenCode is a code of the application that asks with it.
type takenCode struct {
	id, userID int64
	replayed   bool
}

// takeCodeTx marks a code as used. Error: ErrGrant.
func (s *Service) takeCodeTx(ctx context.Context, tx *db.Tx, appID int64, x Exchange) (takenCode, error) {
	var c takenCode
	var until int64
	err := tx.QueryRow(ctx, "SELECT id, user_id, until FROM app_code WHERE code_hash = ? AND app_id = ?", hashOf(x.Code), appID).
		Scan(&c.id, &c.userID, &until)
	if errors.Is(err, db.ErrNoRows) {
		return c, ErrGrant
	}
	if err != nil {
		return c, fmt.Errorf("find code: %w", err)
	}
	n, err := tx.Exec(ctx, "UPDATE app_code SET used = 1 WHERE id = ? AND used = 0", c.id)
	if err != nil || n == 0 {
		c.replayed = true
		return c, err
	}
	if until <= db.Micro(s.clock.Now()) {
		return c, ErrGrant
	}
	if _, err := askTx(ctx, tx, x.ClientID, x.RedirectURI); errors.Is(err, ErrAskClient) || errors.Is(err, ErrAskRedirect) {
		return c, ErrGrant
	} else if err != nil {
		return c, err
	}
	who, err := s.users.AccessTx(ctx, tx, c.userID)
	if err == nil && !who.Active {
		err = ErrGrant
	}
	return c, err
}
