package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// The times of giving permissions back. They stand in docs/limits.md.
const (
	revokeTries = 12 // within two days
	revokeFirst = time.Minute
	revokeLong  = 6 * time.Hour
	revokeSweep = time.Hour
)

// revocation is a permission that is to be given back.
type revocation struct {
	Client Client
	Token  string
}

const revocationAbout = "mailbox revocation"

// forgetTx forgets the permission of a mailbox. It is given back to the provider p too, where that has an address for it and no other
// mailbox is signed in at with the same login: there a permission is the person's. nil tells nobody.
func (s *Service) forgetTx(ctx context.Context, tx *db.Tx, a Account, p *Provider) error {
	g, err := grantTx(ctx, tx, a.ID)
	known := err == nil
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	for _, table := range []string{"mailbox_grant", "mailbox_consent"} {
		if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE account_id = ?", a.ID); err != nil {
			return fmt.Errorf("forget the permission of a mailbox: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE mailbox_account SET access = ?, problem = '', problem_since = 0 WHERE id = ?", int64(NoAccess), a.ID); err != nil {
		return fmt.Errorf("forget the permission of a mailbox: %w", err)
	}
	if !known || p == nil {
		return nil
	}
	if shared, err := sharedTx(ctx, tx, a); err != nil || shared {
		return err
	}
	c, err := s.client(*p, "")
	if err == nil {
		var token []byte
		if token, err = s.Box.Open(g.refresh, refreshAbout(a.ID)); err == nil {
			return s.revokeTx(ctx, tx, a.Address+" at "+p.Title, c, string(token))
		}
	}
	s.Log.WarnContext(ctx, "give the permission of a mailbox back", "mailbox", a.ID, "error", err) // who has not the key cannot
	return nil
}

// disconnectTx forgets the permission of a mailbox and tells its provider.
func (s *Service) disconnectTx(ctx context.Context, tx *db.Tx, a Account) error {
	if a.Provider == 0 {
		return nil
	}
	p, err := oneProvider(ctx, tx, a.Provider)
	if err != nil {
		return err
	}
	return s.forgetTx(ctx, tx, a, &p)
}

// sharedTx reports whether another mailbox is signed in at through the same provider with the same login.
func sharedTx(ctx context.Context, tx *db.Tx, a Account) (bool, error) {
	all, err := queryAccounts(ctx, tx, "WHERE provider_id = ? AND id <> ? AND access = ?", a.Provider, a.ID, int64(Allowed))
	for _, o := range all {
		if o.IMAP.Login == a.IMAP.Login {
			return true, err
		}
	}
	return false, err
}

// revokeTx keeps what is to be given back until the provider has heard it.
func (s *Service) revokeTx(ctx context.Context, tx *db.Tx, about string, c Client, token string) error {
	if c.RevokeURL == "" {
		return nil
	}
	raw, err := json.Marshal(revocation{c, token})
	if err != nil {
		return err
	}
	sealed, err := s.Box.Seal(raw, revocationAbout)
	if err != nil {
		return err
	}
	const q = "INSERT INTO mailbox_revocation (about, sealed, tries, next_at) VALUES (?, ?, 0, ?)"
	if _, err := tx.Insert(ctx, q, about, sealed, db.Micro(s.now())); err != nil {
		return fmt.Errorf("keep what is to be given back: %w", err)
	}
	tx.AfterCommit(func() {
		select {
		case s.revoking <- struct{}{}:
		default:
		}
	})
	return nil
}

// giveBackAll gives permissions back until ctx ends.
func (s *Service) giveBackAll(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := s.GiveBack(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "give permissions of mailboxes back", "error", err)
		}
		wait := revokeSweep
		if !next.IsZero() {
			wait = min(max(next.Sub(s.now()), time.Second), revokeSweep)
		}
		clock.Wait(ctx, s.Clock, wait, s.revoking)
	}
}

// GiveBack gives back the permissions whose time has come, and returns when the next has to be; zero: there is none.
func (s *Service) GiveBack(ctx context.Context) (next time.Time, err error) {
	for ctx.Err() == nil {
		var id, tries, at int64
		var about, sealed string
		err := s.DB.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT id, about, sealed, tries, next_at FROM mailbox_revocation ORDER BY next_at, id LIMIT 1").Scan(&id, &about, &sealed, &tries, &at)
		})
		if errors.Is(err, db.ErrNoRows) {
			return time.Time{}, nil
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("read what is to be given back: %w", err)
		}
		if next = db.Time(at); next.After(s.now()) {
			return next, nil
		}
		if err := s.giveBack(ctx, id, tries, about, sealed); err != nil {
			return next, err
		}
	}
	return next, ctx.Err()
}

// giveBack tells a provider that a permission is not needed any more. It is told again later where it cannot be reached.
func (s *Service) giveBack(ctx context.Context, id, tries int64, about, sealed string) error {
	mine := false
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		later := s.now().Add(min(revokeFirst<<min(tries, 20), revokeLong))
		n, err := tx.Exec(ctx, "UPDATE mailbox_revocation SET tries = tries + 1, next_at = ? WHERE id = ? AND tries = ?", db.Micro(later), id, tries)
		mine = n > 0
		return err
	})
	if err != nil || !mine {
		return err
	}
	why := s.tellRevoked(ctx, sealed)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	said, answered := errors.AsType[*AuthorityError](why)
	answered = answered && said.Code != "temporarily_unavailable" && said.Code != "server_error"
	kind, text := "MAILBOX_ACCESS_GIVEN_BACK", "Gave the permission of the mailbox "+about+" back."
	switch {
	case why == nil:
	case answered, tries+1 >= revokeTries, errors.Is(why, errUnreadable):
		kind, text = "MAILBOX_ACCESS_NOT_GIVEN_BACK", "Forgot the permission of the mailbox "+about+", but could not give it back: "+cut(why.Error(), maxSaid)
	default:
		return nil
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM mailbox_revocation WHERE id = ?", id); err != nil {
			return fmt.Errorf("forget what was given back: %w", err)
		}
		return s.noteTx(ctx, tx, kind, 0, text)
	})
}

var errUnreadable = errors.New("it cannot be read with this server's key for secrets")

func (s *Service) tellRevoked(ctx context.Context, sealed string) error {
	raw, err := s.Box.Open(sealed, revocationAbout)
	if err != nil {
		return errUnreadable
	}
	var r revocation
	if err := json.Unmarshal(raw, &r); err != nil {
		return errUnreadable
	}
	within, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	return s.Authority.Revoke(within, r.Client, r.Token)
}
