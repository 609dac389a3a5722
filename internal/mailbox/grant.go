package mailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
)

// Access says whether a provider lets the portal into a mailbox.
type Access int64

// What providers say.
const (
	NoAccess Access = iota // nobody has allowed it yet, or the mailbox has a password
	Allowed
	Refused // it was allowed, and is not any more
)

// The times of tokens. They stand in docs/limits.md.
const (
	renewBefore  = 5 * time.Minute  // the end of a token another is asked for
	renewAgain   = 5 * time.Minute  // a token that is younger is not renewed because a server refused it
	tokenLife    = 50 * time.Minute // where a provider does not say how long a token lasts
	renewLease   = time.Minute      // after which another process renews instead of one that died
	renewTime    = 20 * time.Second // of the machine, that a provider may take to answer
	renewedCheck = 250 * time.Millisecond
)

// The faults of access. Mails wait for what is Unavailable.
var (
	errNotAllowed = fault.New(fault.Unavailable, "MAILBOX_NOT_ALLOWED", "The provider was not yet told to let the portal into the mailbox: allow access on the mailbox's page.")
	errRefused    = fault.New(fault.Unavailable, "MAILBOX_REFUSED", "The provider does not let the portal into the mailbox any more: allow access again on the mailbox's page.")
)

// grant is what a provider gave for a mailbox.
type grant struct {
	serial          string // of the permission: what comes of one before it does not count any more
	refresh, access string // sealed
	renewed         time.Time
	expires         time.Time
}

func refreshAbout(account int64) string { return fmt.Sprintf("mailbox refresh token %d", account) }

func accessAbout(account int64) string { return fmt.Sprintf("mailbox access token %d", account) }

func grantTx(ctx context.Context, tx *db.Tx, account int64) (g grant, err error) {
	var renewed, expires int64
	err = tx.QueryRow(ctx, "SELECT serial, refresh, access, renewed, expires FROM mailbox_grant WHERE account_id = ?", account).
		Scan(&g.serial, &g.refresh, &g.access, &renewed, &expires)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return g, fmt.Errorf("read the permission of a mailbox: %w", err)
	}
	g.renewed, g.expires = db.Time(renewed), db.Time(expires)
	return g, err
}

// bearer gives the tokens of a mailbox.
type bearer struct {
	s  *Service
	id int64
}

var _ mail.Bearer = bearer{}

// Token returns an access token.
func (b bearer) Token(ctx context.Context, refused string) (string, error) {
	return b.s.token(ctx, b.id, refused)
}

// fixed is a token that was just given.
type fixed string

// Token returns it.
func (f fixed) Token(context.Context, string) (string, error) { return string(f), nil }

// turns lets one goroutine at a time renew the token of a mailbox; a lease in the database does the same for processes.
type turns struct {
	mu  sync.Mutex
	all map[int64]chan struct{}
}

func (t *turns) take(ctx context.Context, id int64) (leave func(), err error) {
	t.mu.Lock()
	turn := t.all[id]
	if turn == nil {
		if t.all == nil {
			t.all = map[int64]chan struct{}{}
		}
		turn = make(chan struct{}, 1)
		t.all[id] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// token returns an access token of a mailbox that is good for a while, asking for another where it has to. refused is one that a server did
// not take.
func (s *Service) token(ctx context.Context, id int64, refused string) (string, error) {
	leave, err := s.turns.take(ctx, id)
	if err != nil {
		return "", err
	}
	defer leave()
	for ctx.Err() == nil {
		a, p, g, err := s.granted(ctx, id)
		if err != nil {
			return "", err
		}
		access, err := s.Box.Open(g.access, accessAbout(id))
		if err != nil {
			return "", errUnreadableTokens.Because(err)
		}
		now, token := s.now(), string(access)
		lasting := g.expires.Add(-min(renewBefore, g.expires.Sub(g.renewed)/4))
		switch {
		case token != refused && now.Before(lasting):
			return token, nil
		case token == refused && now.Before(g.renewed.Add(renewAgain)): // it is not for its age
			return token, nil
		}
		mine, err := s.claimRenewal(ctx, id, g)
		if err != nil {
			return "", err
		}
		usable := token != refused && now.Before(g.expires)
		if mine {
			other, err := s.renew(context.WithoutCancel(ctx), a, p, g) // what the provider gives instead of the refresh token must not be lost
			switch {
			case err == nil && other == "": // it was allowed anew meanwhile
				continue
			case err != nil && usable && !errors.Is(err, errRefused):
				s.Log.WarnContext(ctx, "renew the token of a mailbox", "mailbox", id, "error", err)
				return token, nil
			}
			return other, err
		}
		if usable {
			return token, nil
		}
		clock.Wait(ctx, s.Clock, renewedCheck, nil) // another process renews it
	}
	return "", ctx.Err()
}

var errUnreadableTokens = fault.New(fault.Unavailable, "KEY_NEEDED", "The permission cannot be read with this server's key for secrets. Allow access again.")

// granted returns a mailbox with its provider and its permission. Faults: errNotAllowed, errRefused.
func (s *Service) granted(ctx context.Context, id int64) (a Account, p Provider, g grant, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if a, err = oneAccount(ctx, tx, id); err != nil {
			return err
		}
		switch {
		case a.Access == Refused:
			return errRefused
		case a.Access != Allowed || a.Provider == 0:
			return errNotAllowed
		}
		if p, err = oneProvider(ctx, tx, a.Provider); err != nil {
			return err
		}
		g, err = grantTx(ctx, tx, id)
		return err
	})
	return a, p, g, err
}

// claimRenewal takes the renewal of a token for this process. It is false while another does it, and where it was done already.
func (s *Service) claimRenewal(ctx context.Context, id int64, g grant) (mine bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.now()
		const q = "UPDATE mailbox_grant SET lease_by = ?, lease_until = ? WHERE account_id = ? AND serial = ? AND access = ? AND lease_until <= ?"
		n, err := tx.Exec(ctx, q, s.name, db.Micro(now.Add(renewLease)), id, g.serial, g.access, db.Micro(now))
		mine = n > 0
		if err != nil {
			return fmt.Errorf("claim the renewal of a token: %w", err)
		}
		return nil
	})
	return mine, err
}

// renew asks a provider for another access token and keeps it. It is empty where the permission is another one meanwhile.
func (s *Service) renew(ctx context.Context, a Account, p Provider, g grant) (string, error) {
	got, err := s.askRenewal(ctx, a, p, g)
	switch {
	case isOver(err):
		return "", s.refuse(ctx, a, p, g, err)
	case err != nil:
		return "", errors.Join(err, s.releaseRenewal(ctx, a.ID, g))
	}
	kept := false
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		kept, err = s.keepTx(ctx, tx, a.ID, g.serial, got)
		return err
	})
	if err != nil || !kept {
		return "", err
	}
	return got.Access, nil
}

func (s *Service) askRenewal(ctx context.Context, a Account, p Provider, g grant) (Tokens, error) {
	c, err := s.client(p, "")
	if err != nil {
		return Tokens{}, err
	}
	refresh, err := s.Box.Open(g.refresh, refreshAbout(a.ID))
	if err != nil {
		return Tokens{}, errUnreadableTokens.Because(err)
	}
	within, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	got, err := s.Authority.Renew(within, c, string(refresh))
	if err != nil && !isOver(err) {
		return got, &mail.RefusalError{Text: words(p.Title, "gave no access to the mailbox", err)}
	}
	return got, err
}

// keepTx keeps what a provider gave instead of what there was. It is false where the permission is another one meanwhile.
func (s *Service) keepTx(ctx context.Context, tx *db.Tx, account int64, serial string, got Tokens) (bool, error) {
	access, err := s.Box.Seal([]byte(got.Access), accessAbout(account))
	if err != nil {
		return false, err
	}
	refresh := ""
	if got.Refresh != "" {
		if refresh, err = s.Box.Seal([]byte(got.Refresh), refreshAbout(account)); err != nil {
			return false, err
		}
	}
	now := s.now()
	const q = `UPDATE mailbox_grant SET access = ?, refresh = CASE WHEN ? = '' THEN refresh ELSE ? END, renewed = ?, expires = ?, lease_by = '', lease_until = 0
		WHERE account_id = ? AND serial = ?`
	n, err := tx.Exec(ctx, q, access, refresh, refresh, db.Micro(now), db.Micro(now.Add(lifeOf(got))), account, serial)
	if err != nil {
		return false, fmt.Errorf("keep the token of a mailbox: %w", err)
	}
	return n > 0, nil
}

func lifeOf(t Tokens) time.Duration {
	if t.Lasts <= 0 {
		return tokenLife
	}
	return t.Lasts
}

func (s *Service) releaseRenewal(ctx context.Context, id int64, g grant) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE mailbox_grant SET lease_until = 0 WHERE account_id = ? AND serial = ? AND lease_by = ?", id, g.serial, s.name)
		return err
	})
}

// refuse notes that a provider does not let the portal into a mailbox any more, and returns errRefused; nothing, where the permission is
// another one meanwhile.
func (s *Service) refuse(ctx context.Context, a Account, p Provider, g grant, cause error) error {
	over := false
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM mailbox_grant WHERE account_id = ? AND serial = ?", a.ID, g.serial)
		over = n > 0
		if err != nil || !over {
			return err
		}
		text := words(p.Title, "does not let the portal in any more", cause)
		const q = "UPDATE mailbox_account SET access = ?, problem = ?, problem_since = ? WHERE id = ?"
		if _, err := tx.Exec(ctx, q, int64(Refused), text, db.Micro(s.now()), a.ID); err != nil {
			return fmt.Errorf("note that access was refused: %w", err)
		}
		tx.AfterCommit(s.hurry)
		if s.Notices != nil {
			if err := s.Notices.RefusedTx(ctx, tx, a, text); err != nil {
				return fmt.Errorf("tell that access was refused: %w", err)
			}
		}
		return s.noteTx(ctx, tx, "MAILBOX_ACCESS_REFUSED", a.ID, "Lost access to the mailbox "+a.Address+". "+text)
	})
	if err != nil || !over {
		return err
	}
	return errRefused
}

// allowTx keeps the permission that a provider just gave.
func (s *Service) allowTx(ctx context.Context, tx *db.Tx, account int64, got Tokens) error {
	serial, now := rand.Text(), db.Micro(s.now())
	if _, err := tx.Exec(ctx, "DELETE FROM mailbox_grant WHERE account_id = ?", account); err != nil {
		return fmt.Errorf("forget the permission before: %w", err)
	}
	const q = `INSERT INTO mailbox_grant (account_id, serial, refresh, access, allowed, renewed, expires, lease_by, lease_until) VALUES (?, ?, '', '', ?, ?, ?, '', 0)`
	if _, err := tx.Exec(ctx, q, account, serial, now, now, now); err != nil {
		return fmt.Errorf("insert permission: %w", err)
	}
	if _, err := s.keepTx(ctx, tx, account, serial, got); err != nil || s.Notices == nil {
		return err
	}
	return s.Notices.AllowedTx(ctx, tx, account)
}
