package app

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// PageTokens returns tokens with which a page of an application acts for a user while it is open. They are kept for an hour
// and given to the user's next page of the same application too, so that opening pages costs no write each; renew makes new
// ones whatever the old ones are worth. They are never those of an event, nor of an installation (see Issue): an application
// that spends a refresh token which it was given in one place takes it from no other.
// Faults: APP_NOT_FOUND, ACCESS_DENIED for a user who may not act.
// Page: sdk/bx24-js-sdk/system-functions/bx24-refresh-auth.md.
func (s *Service) PageTokens(ctx context.Context, appID, userID int64, renew bool) (Grant, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return Grant{}, err
	}
	sig := s.signature(signKey{appID: appID, userID: userID, page: true})
	sig.mu.Lock()
	defer sig.mu.Unlock()
	now := s.clock.Now()
	if renew {
		sig.read, sig.pair.until = false, now // the refresh token is taken over by the next pair
	}
	if !sig.good(s.generation.Load(), now) {
		if err := s.refill(ctx, sig, appID, userID); err != nil {
			return Grant{}, fmt.Errorf("tokens of a page of application %d: %w", appID, err)
		}
	}
	switch {
	case sig.removed:
		return Grant{}, ErrNotFound
	case sig.pair.id == 0:
		return Grant{}, ErrUserInactive
	}
	g := grantOf(sig.pair, userID, splitScopes(sig.scopes), member)
	g.ExpiresIn = g.Expires.Sub(now)
	return g, nil
}

// withPages are the applications with a page, as long as nothing changes.
type withPages struct {
	generation uint64
	apps       []App
}

// WithPages returns the applications that have a page, the oldest first, whether they are installed or not. Every page of the
// portal lists them, so they are remembered; the slice must not be changed. LastUsed is not kept up to date.
func (s *Service) WithPages(ctx context.Context) ([]App, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	if p := s.paged.Load(); p != nil && p.generation == generation {
		return p.apps, nil
	}
	p := &withPages{generation: generation}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+appColumns+" FROM app WHERE removed_at = 0 AND api_only = 0 ORDER BY id")
		p.apps, err = collect(rows, err, scanApp)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("applications with pages: %w", err)
	}
	s.paged.Store(p)
	return p.apps, nil
}
