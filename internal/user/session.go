package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

const (
	sessionLife   = 30 * 24 * time.Hour // since it was used last
	extendEvery   = 24 * time.Hour      // how exactly "used last" is kept
	activityEvery = time.Minute         // how exactly LastActivity is kept
	maxAgent      = 400                 // bytes kept of a browser's name
)

var (
	// ErrWrongPassword is returned by SignIn for a wrong login or password alike, and for who may not sign in.
	ErrWrongPassword = fault.New(fault.Unauthorized, "WRONG_PASSWORD", "Wrong login or password.")
	// ErrNoSession is returned by Lookup when a session is over or never was.
	ErrNoSession = fault.New(fault.Unauthorized, "NO_SESSION", "Sign in to continue.")
)

// Session is a signed-in browser.
type Session struct {
	Key              string // names the session to End; it does not open it
	UserAgent        string
	Address          string
	Created, Expires time.Time
	Used             time.Time // exact to a day
}

// SignIn checks a login (or e-mail address) and password and opens a session; the token is known to the browser alone.
// Faults: WRONG_PASSWORD, TOO_MANY_ATTEMPTS.
func (s *Service) SignIn(ctx context.Context, login, password, userAgent, address string) (token string, err error) {
	a := newAttempt(login, address)
	if err := s.countAttempt(ctx, a); err != nil {
		return "", err
	}
	var u User
	var stored string
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		f := fold(login)
		u, err = scan(tx.QueryRow(ctx, "SELECT "+columns+`, u.password FROM portal_user u
			WHERE u.login_folded = ? OR u.email_folded = ? AND u.email_folded <> ''`, f, f), &stored)
		return err
	})
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("read user: %w", err)
	}
	ok, err := s.verify(ctx, password, stored)
	if err != nil {
		return "", err
	}
	if !ok || !u.CanSignIn() {
		return "", ErrWrongPassword
	}
	return s.openSession(ctx, u.ID, userAgent, address, a)
}

func (s *Service) openSession(ctx context.Context, id int64, userAgent, address string, a attempt) (string, error) {
	token := rand.Text()
	now := s.now()
	if len(userAgent) > maxAgent {
		userAgent = userAgent[:maxAgent]
	}
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.forget(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM user_session WHERE expires <= ?", db.Micro(now)); err != nil {
			return fmt.Errorf("remove old sessions: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO user_session (token, user_id, user_agent, address, created, used, expires)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, hashToken(token), id, clean(userAgent), clean(address), db.Micro(now), db.Micro(now),
			db.Micro(now.Add(sessionLife)))
		if err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		return s.noteSignInTx(ctx, tx, id, db.Micro(now))
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

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
	if _, err := tx.Exec(ctx, note, now, now, id); err != nil {
		return fmt.Errorf("note sign-in: %w", err)
	}
	return nil
}

// hashToken is how a token is stored: who reads the database cannot sign in with it.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Lookup returns whose session token is, and notes that they are there. Fault: NO_SESSION.
func (s *Service) Lookup(ctx context.Context, token string) (User, error) {
	now := s.clock.Now()
	var u User
	var used int64
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		u, err = scan(tx.QueryRow(ctx, "SELECT "+columns+`, s.used FROM user_session s JOIN portal_user u ON u.id = s.user_id
			WHERE s.token = ? AND s.expires > ?`, hashToken(token), db.Micro(now)), &used)
		return err
	})
	if errors.Is(err, db.ErrNoRows) || err == nil && !u.CanSignIn() {
		return User{}, ErrNoSession
	}
	if err != nil {
		return User{}, fmt.Errorf("look up session: %w", err)
	}
	if now.Sub(db.Time(used)) >= extendEvery {
		if err := s.extend(ctx, token); err != nil {
			return User{}, err
		}
	}
	if now.Sub(u.LastActivity) >= activityEvery {
		if err := s.Touch(ctx, u.ID); err != nil {
			return User{}, err
		}
		u.LastActivity = s.now()
	}
	return u, nil
}

func (s *Service) extend(ctx context.Context, token string) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE user_session SET used = ?, expires = ? WHERE token = ?", db.Micro(now),
			db.Micro(now.Add(sessionLife)), hashToken(token))
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
		_, err := tx.Exec(ctx, "UPDATE portal_user SET last_activity = ? WHERE id = ? AND last_activity <= ?", db.Micro(now), id,
			db.Micro(now.Add(-activityEvery)))
		if err != nil {
			return fmt.Errorf("note activity: %w", err)
		}
		return nil
	})
}

// SignOut ends the session of token; it is no fault when there is none.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM user_session WHERE token = ?", hashToken(token)); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return nil
	})
}

// Sessions returns the open sessions of the user id, the newest first.
func (s *Service) Sessions(ctx context.Context, id int64) (list []Session, err error) {
	now := s.clock.Now()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		const text = `SELECT token, user_agent, address, created, used, expires FROM user_session
			WHERE user_id = ? AND expires > ? ORDER BY created DESC, token`
		return each(ctx, tx, text, []any{id, db.Micro(now)}, func(rows *sql.Rows) error {
			var v Session
			var created, used, expires int64
			err := rows.Scan(&v.Key, &v.UserAgent, &v.Address, &created, &used, &expires)
			v.Created, v.Used, v.Expires = db.Time(created), db.Time(used), db.Time(expires)
			list = append(list, v)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return list, nil
}

// End ends the session of the user id that key names. Fault: NO_SESSION.
func (s *Service) End(ctx context.Context, id int64, key string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM user_session WHERE user_id = ? AND token = ?", id, key)
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		if n == 0 {
			return ErrNoSession
		}
		return nil
	})
}

func endSessions(ctx context.Context, tx *db.Tx, id int64) error {
	if _, err := tx.Exec(ctx, "DELETE FROM user_session WHERE user_id = ?", id); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// SetTheme stores how the portal looks for the user id: "system", "light" or "dark". Fault: INVALID_THEME.
func (s *Service) SetTheme(ctx context.Context, id int64, theme string) error {
	switch theme {
	case "system", "light", "dark":
	default:
		return invalid("theme", "Choose system, light or dark.")
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
