package user

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// linkLife is how long a link to set a password works.
const linkLife = 7 * 24 * time.Hour

var (
	// ErrLink is returned for a link that was used, is too old, or never was.
	ErrLink = fault.New(fault.NotFound, "LINK_OVER", "This link was used already or is older than 7 days. Ask an administrator for a new one.")
	// ErrCannotSignIn is returned where somebody was to be given a link who may not sign in.
	ErrCannotSignIn = fault.New(fault.Conflict, "CANNOT_SIGN_IN", "This person may not sign in.")
)

// NewLink returns the token of a link by which the user id sets a password, once and within 7 days. An earlier link stops
// working. Faults: USER_NOT_FOUND, CANNOT_SIGN_IN.
func (s *Service) NewLink(ctx context.Context, id int64) (token string, err error) {
	token = rand.Text()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := s.GetTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if !u.CanSignIn() {
			return ErrCannotSignIn
		}
		return s.storeLinkTx(ctx, tx, u, token)
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// storeLinkTx stores a link of u. Who had a password must choose another: what they have is no longer trusted, even where it
// is used before the link is.
func (s *Service) storeLinkTx(ctx context.Context, tx *db.Tx, u User, token string) error {
	now := s.now()
	err := tx.Later(ctx, `INSERT INTO user_link (user_id, token, created, expires) VALUES (?, ?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET token = excluded.token, created = excluded.created, expires = excluded.expires`,
		u.ID, hashToken(token), db.Micro(now), db.Micro(now.Add(linkLife)))
	if err != nil {
		return fmt.Errorf("store link: %w", err)
	}
	if err := tx.Later(ctx, "UPDATE portal_user SET must_change = 1 WHERE id = ? AND password <> ''", u.ID); err != nil {
		return fmt.Errorf("ask for a password: %w", err)
	}
	if u.LastLogin.IsZero() {
		return s.noteTx(ctx, tx, "USER_INVITED", u.ID, "Made a link by which "+u.DisplayName()+" joins.")
	}
	return s.noteTx(ctx, tx, "USER_PASSWORD_LINK", u.ID, "Made a link by which "+u.DisplayName()+" sets a new password.")
}

// LinkOf returns whose link token is. Fault: LINK_OVER.
func (s *Service) LinkOf(ctx context.Context, token string) (u User, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		u, err = s.linkTx(ctx, tx, token)
		return err
	})
	return u, err
}

func (s *Service) linkTx(ctx context.Context, tx *db.Tx, token string) (User, error) {
	u, err := getWhere(ctx, tx, "u.active = 1 AND u.id = (SELECT l.user_id FROM user_link l WHERE l.token = ? AND l.expires > ?)",
		hashToken(token), db.Micro(s.clock.Now()))
	if errors.Is(err, ErrNotFound) {
		return User{}, ErrLink
	}
	return u, err
}

// UseLink sets the password of whose link token is; the link stops working. Faults: LINK_OVER, PASSWORD_SHORT,
// PASSWORD_LONG.
func (s *Service) UseLink(ctx context.Context, token, password string) (User, error) {
	u, err := s.LinkOf(ctx, token) // before the costly hash
	if err != nil {
		return User{}, err
	}
	hash, err := s.newHashFor(ctx, u, password)
	if err != nil {
		return User{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if u, err = s.linkTx(ctx, tx, token); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "DELETE FROM user_link WHERE token = ?", hashToken(token))
		if err != nil {
			return fmt.Errorf("use link: %w", err)
		}
		if n == 0 { // somebody else was faster
			return ErrLink
		}
		if err := storePassword(ctx, tx, u.ID, hash); err != nil {
			return err
		}
		return s.noteAsTx(ctx, tx, audit.Entry{
			Severity: audit.Security, Type: "USER_PASSWORD_CHANGED", Item: strconv.FormatInt(u.ID, 10), UserID: u.ID,
			Description: "Set a password by a link.",
		})
	})
	return u, err
}

func dropLink(ctx context.Context, tx *db.Tx, id int64) error {
	if err := tx.Later(ctx, "DELETE FROM user_link WHERE user_id = ?", id); err != nil {
		return fmt.Errorf("drop link: %w", err)
	}
	return nil
}
