package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

const (
	// renewBefore is how much of an access token's hour must be left for it to be sent once more.
	renewBefore = 10 * time.Minute
	// sweepFrom is from how many kept signatures on the stale ones are looked for and forgotten.
	sweepFrom = 4096
)

// signKey names whose tokens of which application a signature holds.
type signKey struct {
	appID, userID int64
	page          bool // tokens of a page rather than of events
}

// signature is what an event is signed with. It is kept in memory, since tokens are stored as hashes only and a busy
// handler gets thousands of events an hour.
type signature struct {
	mu         sync.Mutex
	read       bool   // the rest was read at least once
	generation uint64 // of the service when it was
	token      string // application_token
	scopes     string
	removed    bool
	pair       pair // none without a user who may act
}

// Auth returns the block "auth" of an event for an application and a user: who the portal is, the application's token,
// and tokens of that user. There are no tokens for user 0, for one who may not act, and for an application that was
// removed. Fault: APP_NOT_FOUND for one that never was.
// Pages: api-reference/events/index.md, api-reference/common/events/on-app-uninstall.md.
func (s *Service) Auth(ctx context.Context, appID, userID int64) (phpform.Value, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return phpform.Value{}, err
	}
	sig := s.signature(signKey{appID: appID, userID: userID})
	sig.mu.Lock()
	defer sig.mu.Unlock()
	if !sig.good(s.generation.Load(), s.clock.Now()) {
		if err := s.refill(ctx, sig, appID, userID); err != nil {
			return phpform.Value{}, fmt.Errorf("sign for application %d: %w", appID, err)
		}
	}
	return s.authBlock(sig, member, userID), nil
}

func (s *Service) signature(key signKey) *signature {
	s.mu.Lock()
	defer s.mu.Unlock()
	sig := s.signatures[key]
	if sig == nil {
		s.sweep()
		sig = &signature{}
		s.signatures[key] = sig
	}
	return sig
}

// sweep forgets signatures whose access token has expired, once there are many.
func (s *Service) sweep() {
	if len(s.signatures) < sweepFrom {
		return
	}
	now := s.clock.Now()
	for key, sig := range s.signatures {
		if !sig.mu.TryLock() {
			continue
		}
		if sig.pair.until.Before(now) {
			delete(s.signatures, key)
		}
		sig.mu.Unlock()
	}
}

// good reports whether the signature may be used without a look at the database.
func (g *signature) good(generation uint64, now time.Time) bool {
	return g.read && g.generation == generation && (g.pair.id == 0 || g.pair.fresh(now))
}

func (p pair) fresh(now time.Time) bool { return p.id != 0 && p.until.Sub(now) > renewBefore }

// refill reads what the signature depends on, and makes tokens where those it has are used up.
func (s *Service) refill(ctx context.Context, sig *signature, appID, userID int64) error {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	var active, alive bool
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		active, alive, err = s.stateTx(ctx, tx, sig, appID, userID)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case !active:
		sig.pair = pair{}
	case !alive || !sig.pair.fresh(s.clock.Now()):
		var next pair
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			next, err = s.renewTx(ctx, tx, appID, userID, sig.pair)
			return err
		})
		if err != nil {
			return err
		}
		sig.pair = next
	}
	sig.read, sig.generation = true, generation
	return nil
}

// stateTx reads the application into sig, and whether tokens may be given (active) and the kept pair's refresh token is
// still to be had (alive).
func (s *Service) stateTx(ctx context.Context, tx *db.Tx, sig *signature, appID, userID int64) (active, alive bool, err error) {
	var removed int64
	err = tx.QueryRow(ctx, `SELECT a.application_token, a.scopes, a.removed_at, t.refresh_hash IS NOT NULL
		FROM app a LEFT JOIN app_token t ON t.id = ? WHERE a.id = ?`, sig.pair.id, appID).
		Scan(&sig.token, &sig.scopes, &removed, &alive)
	if errors.Is(err, db.ErrNoRows) {
		return false, false, ErrNotFound
	}
	sig.removed = removed != 0
	if err != nil || sig.removed || userID == 0 {
		return false, false, err
	}
	who, err := s.users.AccessTx(ctx, tx, userID)
	return who.Active, alive, err
}

// Portal returns the block "auth" for a receiver that is no application: who the portal is, and token, which it chose
// itself, as application_token. Page: api-reference/events/index.md.
func (s *Service) Portal(ctx context.Context, token string) (phpform.Value, error) {
	member, err := s.MemberID(ctx)
	if err != nil {
		return phpform.Value{}, err
	}
	return s.authBlock(&signature{token: token, removed: true}, member, 0), nil
}

// authBlock writes what the documentation lists. The scope is joined by commas, which is how clients split it.
func (s *Service) authBlock(sig *signature, member string, userID int64) phpform.Value {
	e := s.cfg.Endpoints()
	out := make([]phpform.Entry, 0, 12)
	add := func(key string, v phpform.Value) { out = append(out, phpform.Entry{Key: key, Value: v}) }
	tokens := sig.pair.id != 0
	if tokens {
		add("access_token", phpform.StringOf(sig.pair.access))
		add("expires", phpform.IntOf(sig.pair.until.Unix()))
		add("expires_in", phpform.IntOf(int64(sig.pair.until.Sub(s.clock.Now())/time.Second)))
	}
	if !sig.removed {
		add("scope", phpform.StringOf(sig.scopes))
	}
	add("domain", phpform.StringOf(e.Domain))
	add("server_endpoint", phpform.StringOf(e.ServerEndpoint))
	if !sig.removed {
		add("status", phpform.StringOf(StatusLocal))
	}
	add("client_endpoint", phpform.StringOf(e.ClientEndpoint))
	add("member_id", phpform.StringOf(member))
	if tokens {
		add("user_id", phpform.IntOf(userID))
		add("refresh_token", phpform.StringOf(sig.pair.refresh))
	}
	add("application_token", phpform.StringOf(sig.token))
	return phpform.ArrayOf(out...)
}
