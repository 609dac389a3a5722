package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

const (
	extendEvery   = 24 * time.Hour // how exactly "used last" is kept, at most
	activityEvery = time.Minute    // how exactly LastActivity is kept
	maxAgent      = 400            // bytes kept of a browser's name
	replacedLife  = time.Minute    // of a token after another took its place: requests are under way
)

var (
	// ErrWrongPassword is returned by SignIn for a wrong login or password alike, and for who may not sign in.
	ErrWrongPassword = fault.New(fault.Unauthorized, "WRONG_PASSWORD", "Wrong login or password.")
	// ErrNoSession is returned by Lookup when a session is over or never was.
	ErrNoSession = fault.New(fault.Unauthorized, "NO_SESSION", "Sign in to continue.")
)

// SignIn checks a login (or e-mail address) and password and opens a session; the token is known to the browser alone.
// Faults: WRONG_PASSWORD, TOO_MANY_ATTEMPTS.
func (s *Service) SignIn(ctx context.Context, login, password, userAgent, address string) (token string, err error) {
	u, err := s.CheckPassword(ctx, login, password, address)
	if err != nil {
		return "", err
	}
	return s.OpenSession(ctx, NewSession{UserID: u.ID, Method: ByPassword, UserAgent: userAgent, Address: address})
}

// CheckPassword returns who has the login (or e-mail address) and password and may sign in. Tries are counted, by login and
// by address; a right one is taken back. Faults: WRONG_PASSWORD, TOO_MANY_ATTEMPTS.
func (s *Service) CheckPassword(ctx context.Context, login, password, address string) (User, error) {
	a := newAttempt(login, address)
	if err := s.countAttempt(ctx, a); err != nil {
		return User{}, err
	}
	var u User
	var stored string
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		f := fold(login)
		u, err = scan(tx.QueryRow(ctx, "SELECT "+columns+`, u.password FROM portal_user u
			WHERE u.login_folded = ? OR u.email_folded = ? AND u.email_folded <> ''`, f, f), &stored)
		return err
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return User{}, fmt.Errorf("read user: %w", err)
	}
	ok, err := s.verify(ctx, password, stored)
	if err != nil {
		return User{}, err
	}
	if !ok || !u.CanSignIn() {
		return User{}, errors.Join(ErrWrongPassword, s.noteFailure(ctx, u, "a wrong password"))
	}
	return u, s.db.Write(ctx, func(tx *db.Tx) error { return a.forget(ctx, tx) })
}

// noteFailure records that somebody could not sign in. What was typed is not kept: it may be a password.
func (s *Service) noteFailure(ctx context.Context, u User, why string) error {
	e := audit.Entry{Severity: audit.Security, Type: "USER_SIGN_IN_FAILED", Description: "A sign-in failed: an unknown login."}
	if u.ID != 0 {
		e.Item, e.Description = strconv.FormatInt(u.ID, 10), "A sign-in of "+u.DisplayName()+" failed: "+why+"."
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.noteAsTx(ctx, tx, e) })
}

// The ways in which people sign in.
const (
	ByPassword = "password"
	ByProvider = "provider" // an identity provider
)

// NewSession is a session to be opened for somebody who proved who they are.
type NewSession struct {
	UserID    int64
	Method    string // ByPassword or ByProvider
	UserAgent string
	Address   string
}

// OpenSession opens a session and returns its token. Fault: CANNOT_SIGN_IN.
func (s *Service) OpenSession(ctx context.Context, n NewSession) (string, error) {
	rules, err := s.rules(ctx)
	if err != nil {
		return "", err
	}
	token := rand.Text()
	err = s.db.Write(ctx, func(tx *db.Tx) error { return s.openSessionTx(ctx, tx, n, token, rules) })
	return token, err
}

func (s *Service) openSessionTx(ctx context.Context, tx *db.Tx, n NewSession, token string, rules Rules) error {
	now := s.now()
	u, err := s.GetTx(ctx, tx, n.UserID)
	if err != nil {
		return err
	}
	if !u.CanSignIn() {
		return ErrCannotSignIn
	}
	if len(n.UserAgent) > maxAgent {
		n.UserAgent = n.UserAgent[:maxAgent]
	}
	if err := tx.Later(ctx, "DELETE FROM user_session WHERE expires <= ?", db.Micro(now)); err != nil {
		return fmt.Errorf("remove old sessions: %w", err)
	}
	err = tx.Later(ctx, `INSERT INTO user_session (token, user_id, method, user_agent, address, created, used, expires)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, hashToken(token), n.UserID, n.Method, clean(n.UserAgent), clean(n.Address), db.Micro(now),
		db.Micro(now), db.Micro(rules.end(now, now)))
	if err != nil {
		return fmt.Errorf("open session: %w", err)
	}
	if err := s.noteSignInTx(ctx, tx, n.UserID, db.Micro(now)); err != nil {
		return err
	}
	return s.noteAsTx(ctx, tx, audit.Entry{
		Severity: audit.Security, Type: "USER_AUTHORIZE", Item: strconv.FormatInt(n.UserID, 10), UserID: n.UserID,
		Description: u.DisplayName() + " signed in " + map[string]string{ByProvider: "through the identity provider."}[n.Method] +
			map[string]string{ByPassword: "with a password."}[n.Method],
	})
}

// end returns when a session ends that was opened and used last at these times.
func (r Rules) end(opened, used time.Time) time.Time {
	idle, absolute := used.Add(r.Idle), opened.Add(r.Absolute)
	if absolute.Before(idle) {
		return absolute
	}
	return idle
}

// noteEvery is how exactly it is kept when a session was used last.
func (r Rules) noteEvery() time.Duration { return max(time.Minute, min(extendEvery, r.Idle/20)) }

// noteSignInTx stores when the user id signed in; the first time, applications hear of it.
func (s *Service) noteSignInTx(ctx context.Context, tx *db.Tx, id, now int64) error {
	s.changedTx(tx, id)
	const note = "UPDATE portal_user SET last_login = ?, last_activity = ? WHERE id = ?"
	first, err := tx.Exec(ctx, note+" AND last_login = 0", now, now, id)
	if err != nil {
		return fmt.Errorf("note first sign-in: %w", err)
	}
	if first > 0 {
		return s.addedTx(ctx, tx, id)
	}
	if err := tx.Later(ctx, note, now, now, id); err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}

// hashToken is how a token is stored: who reads the database cannot sign in with it.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Found is an open session with whose it is.
type Found struct {
	User
	Key string // names the session, as Session.Key
	// Renew says that what the person may do has changed since the token was given: the browser is to get another, by
	// Rotate.
	Renew bool
	// Replaced says that the browser was given another token already: this one goes on for a moment only.
	Replaced bool
}

// Lookup returns whose session token is, and notes that they are there. Fault: NO_SESSION.
func (s *Service) Lookup(ctx context.Context, token string) (User, error) {
	f, err := s.Find(ctx, token)
	return f.User, err
}

// Find is Lookup with what is known of the session. Fault: NO_SESSION.
func (s *Service) Find(ctx context.Context, token string) (Found, error) {
	now := s.clock.Now()
	rules, err := s.rules(ctx)
	if err != nil {
		return Found{}, err
	}
	f := Found{Key: hashToken(token)}
	var opened, used int64
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		f.User, err = scan(tx.QueryRow(ctx, "SELECT "+columns+`, s.created, s.used, s.renew, s.replaced FROM user_session s
			JOIN portal_user u ON u.id = s.user_id WHERE s.token = ? AND s.expires > ?`, f.Key, db.Micro(now)), &opened, &used, &f.Renew, &f.Replaced)
		return err
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && (!f.CanSignIn() || !now.Before(rules.end(db.Time(opened), db.Time(used)))) {
		return Found{}, ErrNoSession
	}
	if err != nil {
		return Found{}, fmt.Errorf("look up session: %w", err)
	}
	if now.Sub(db.Time(used)) >= rules.noteEvery() {
		if err := s.extend(ctx, f.Key, rules.end(db.Time(opened), now)); err != nil {
			return Found{}, err
		}
	}
	if now.Sub(f.LastActivity) >= activityEvery {
		if err := s.Touch(ctx, f.ID); err != nil {
			return Found{}, err
		}
		f.LastActivity = s.now()
	}
	return f, nil
}

// extend notes that a session is used. One that was replaced ends when it was to.
func (s *Service) extend(ctx context.Context, key string, until time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		err := tx.Later(ctx, "UPDATE user_session SET used = ?, expires = ? WHERE token = ? AND replaced = 0", db.Micro(s.now()),
			db.Micro(until), key)
		if err != nil {
			return fmt.Errorf("extend session: %w", err)
		}
		return nil
	})
}

// Touch notes a sign of life of the user id, at most once a minute.
func (s *Service) Touch(ctx context.Context, id int64) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		s.changedTx(tx, id)
		err := tx.Later(ctx, "UPDATE portal_user SET last_activity = ? WHERE id = ? AND last_activity <= ?", db.Micro(now), id,
			db.Micro(now.Add(-activityEvery)))
		if err != nil {
			return fmt.Errorf("note activity: %w", err)
		}
		return nil
	})
}

// SetTheme stores how the portal looks for the user id: "system", "light" or "dark". Fault: INVALID_THEME.
func (s *Service) SetTheme(ctx context.Context, id int64, theme string) error {
	if err := (Look{Theme: theme}).check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		s.changedTx(tx, id)
		n, err := tx.Exec(ctx, "UPDATE portal_user SET theme = ? WHERE id = ?", theme, id)
		if err != nil {
			return fmt.Errorf("set theme: %w", err)
		}
		if n == 0 {
			return ErrNotFound
		}
		return nil
	})
}
