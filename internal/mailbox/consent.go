package mailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// consentTime is how long somebody may take to sign in at a provider. It stands in docs/limits.md.
const consentTime = 15 * time.Minute

// The faults of asking a provider for access.
var (
	ErrConsent  = fault.New(fault.Invalid, "MAILBOX_CONSENT", "This sign-in was begun in another session, took too long, or was used already. Allow access once more.")
	ErrPassword = fault.New(fault.Conflict, "MAILBOX_PASSWORD", "This mailbox is signed in at with a password.")
)

// BeginAccess returns the address at which somebody signs in at the provider of a mailbox and allows access, and the state that their
// browser has to keep: it proves on the way back that it is the same one. session names their session, and redirect is the portal's own
// address for the way back. Faults: ErrDenied, ErrNoMailbox, ErrPassword, and where the provider's secret cannot be read.
func (s *Service) BeginAccess(ctx context.Context, actor user.Ref, session, redirect string, id int64) (address, state string, err error) {
	if !May(actor) {
		return "", "", ErrDenied
	}
	a, err := s.account(ctx, id)
	if err != nil {
		return "", "", err
	}
	if a.Provider == 0 {
		return "", "", ErrPassword
	}
	p, err := s.provider(ctx, a.Provider)
	if err != nil {
		return "", "", err
	}
	c, err := s.client(p, redirect)
	if err != nil {
		return "", "", accessFault(fault.Of(err).Text)
	}
	state, verifier := rand.Text(), rand.Text()+rand.Text()
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now := s.now()
		if _, err := tx.Exec(ctx, "DELETE FROM mailbox_consent WHERE expires <= ?", db.Micro(now)); err != nil {
			return fmt.Errorf("forget sign-ins at providers: %w", err)
		}
		const q = "INSERT INTO mailbox_consent (state, account_id, user_id, session, verifier, expires) VALUES (?, ?, ?, ?, ?, ?)"
		if _, err := tx.Exec(ctx, q, sumOf([]byte(state)), id, actor.ID, session, verifier, db.Micro(now.Add(consentTime))); err != nil {
			return fmt.Errorf("keep a sign-in at a provider: %w", err)
		}
		return nil
	})
	return s.Authority.AuthURL(c, state, verifier, p.params(a.IMAP.Login)), state, err
}

// Return is what a browser brings back from a provider.
type Return struct {
	State     string // of the address
	Kept      string // what the browser kept; must be the same
	Session   string // of who comes back
	Redirect  string // as it was for BeginAccess
	Code      string
	Error     string // the provider's code, instead of ours
	ErrorText string
}

// AllowAccess goes on with who comes back from a provider: the portal signs in at both servers of the mailbox and, where they let it in,
// keeps the permission. It returns the mailbox, 0 where it is not known. Faults: ErrDenied, ErrConsent, and why it was not allowed.
func (s *Service) AllowAccess(ctx context.Context, actor user.Ref, r Return) (id int64, err error) {
	if !May(actor) {
		return 0, ErrDenied
	}
	id, verifier, err := s.takeConsent(ctx, actor, r)
	if err != nil {
		return 0, err
	}
	a, err := s.account(ctx, id)
	if err != nil {
		return 0, err
	}
	p, err := s.provider(ctx, a.Provider)
	if err != nil {
		return id, err
	}
	if r.Error != "" {
		return id, accessFault(words(p.Title, "did not allow access", &AuthorityError{r.Error, r.ErrorText}))
	}
	got, c, err := s.exchange(ctx, p, r, verifier)
	if err != nil {
		return id, err
	}
	tried := a
	tried.uidValidity, tried.uidNext = 0, 0
	if err := s.tryThrough(ctx, &tried, p, fixed(got.Access)); err != nil {
		return id, errors.Join(err, s.unused(ctx, a, c, p, got))
	}
	return id, s.allowed(ctx, a, tried, p, got)
}

func accessFault(text string) error {
	return fault.New(fault.Invalid, "MAILBOX_ACCESS", text).At("access")
}

// takeConsent returns what was kept of a sign-in that was begun by the same person in the same session and browser. It counts once.
func (s *Service) takeConsent(ctx context.Context, actor user.Ref, r Return) (id int64, verifier string, err error) {
	if r.State == "" || r.State != r.Kept || r.Code == "" && r.Error == "" {
		return 0, "", ErrConsent
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = "DELETE FROM mailbox_consent WHERE state = ? AND user_id = ? AND session = ? AND expires > ? RETURNING account_id, verifier"
		return tx.QueryRow(ctx, q, sumOf([]byte(r.State)), actor.ID, r.Session, db.Micro(s.now())).Scan(&id, &verifier)
	})
	if errors.Is(err, db.ErrNoRows) {
		err = ErrConsent
	}
	return id, verifier, err
}

func (s *Service) exchange(ctx context.Context, p Provider, r Return, verifier string) (Tokens, Client, error) {
	c, err := s.client(p, r.Redirect)
	if err != nil {
		return Tokens{}, c, accessFault(fault.Of(err).Text)
	}
	within, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	got, err := s.Authority.Exchange(within, c, r.Code, verifier)
	switch {
	case err != nil:
		return got, c, accessFault(words(p.Title, "gave no access", err))
	case got.Refresh == "":
		return got, c, accessFault(p.Title + " gave access for a moment only: its answer has no refresh token. Look at the scopes, and at what the client may do there.")
	}
	return got, c, nil
}

// unused gives back what a provider gave and a server did not take, unless that would end what the mailbox has.
func (s *Service) unused(ctx context.Context, a Account, c Client, p Provider, got Tokens) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		shared, err := sharedTx(ctx, tx, a)
		if err != nil || shared || a.Access == Allowed {
			return err
		}
		return s.revokeTx(ctx, tx, a.Address+" at "+p.Title, c, got.Refresh)
	})
}

// allowed keeps a permission with which both servers let the portal in. A mailbox that was read before is read on from there.
func (s *Service) allowed(ctx context.Context, a, tried Account, p Provider, got Tokens) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		const q = `UPDATE mailbox_account SET access = ?, problem = '', problem_since = 0, changed = ?, uid_next = CASE WHEN uid_validity = 0 THEN ? ELSE uid_next END,
			uid_validity = CASE WHEN uid_validity = 0 THEN ? ELSE uid_validity END WHERE id = ? AND provider_id = ? AND changed = ?`
		n, err := tx.Exec(ctx, q, int64(Allowed), db.Micro(s.now()), int64(tried.uidNext), int64(tried.uidValidity), a.ID, p.ID, a.changed)
		switch {
		case err != nil:
			return fmt.Errorf("note that access is allowed: %w", err)
		case n == 0:
			return accessFault("The mailbox was changed meanwhile. Allow access once more.")
		}
		if err := s.allowTx(ctx, tx, a.ID, got); err != nil {
			return err
		}
		tx.AfterCommit(s.hurry)
		if err := s.Outbox.HurryTx(ctx, tx, a.ID); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "MAILBOX_ACCESS_ALLOWED", a.ID, "Let the portal into the mailbox "+a.Address+" through "+p.Title+".")
	})
}
