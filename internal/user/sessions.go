package user

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
)

// Session is a signed-in browser.
type Session struct {
	Key              string // names the session to End; it does not open it
	Method           string // ByPassword or ByProvider
	UserAgent        string
	Address          string
	Created, Expires time.Time
	Used             time.Time // exact to a day, or to a twentieth of the idle life where that is shorter
}

// Device returns the browser and the system of the session in words, "Firefox on Windows".
func (v Session) Device() string { return Device(v.UserAgent) }

// SignOut ends the session of token; it is no fault when there is none.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var id int64
		err := each(ctx, tx, "SELECT user_id FROM user_session WHERE token = ?", []any{hashToken(token)}, func(rows *sql.Rows) error {
			return rows.Scan(&id)
		})
		if err != nil || id == 0 {
			return err
		}
		if err := tx.Later(ctx, "DELETE FROM user_session WHERE token = ?", hashToken(token)); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return s.noteTx(ctx, tx, "USER_LOGOUT", id, "Signed out.")
	})
}

// Sessions returns the open sessions of the user id, the newest first.
func (s *Service) Sessions(ctx context.Context, id int64) (list []Session, err error) {
	now := s.clock.Now()
	rules, err := s.rules(ctx)
	if err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		const text = `SELECT token, method, user_agent, address, created, used FROM user_session
			WHERE user_id = ? AND expires > ? AND replaced = 0 AND created > ? AND used > ? ORDER BY created DESC, token`
		args := []any{id, db.Micro(now), db.Micro(now.Add(-rules.Absolute)), db.Micro(now.Add(-rules.Idle))}
		return each(ctx, tx, text, args, func(rows *sql.Rows) error {
			var v Session
			var created, used int64
			err := rows.Scan(&v.Key, &v.Method, &v.UserAgent, &v.Address, &created, &used)
			v.Created, v.Used = db.Time(created), db.Time(used)
			v.Expires = rules.end(v.Created, v.Used)
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
		return s.noteTx(ctx, tx, "USER_SESSION_ENDED", id, "Ended a session.")
	})
}

// EndOthers ends all sessions of the user id but the one that key names; an empty key ends all. It returns how many.
func (s *Service) EndOthers(ctx context.Context, id int64, key string) (n int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = s.endOthersTx(ctx, tx, id, key)
		if err != nil || n == 0 {
			return err
		}
		return s.noteTx(ctx, tx, "USER_SESSION_ENDED", id, fmt.Sprintf("Ended %d sessions.", n))
	})
	return n, err
}

func (s *Service) endOthersTx(ctx context.Context, tx *db.Tx, id int64, key string) (int64, error) {
	n, err := tx.Exec(ctx, "DELETE FROM user_session WHERE user_id = ? AND token <> ?", id, key)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return n, nil
}

// EndAllAs ends all sessions of the user id for actor, who needs access.ManagePeople unless they are their own.
// Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, USER_NOT_FOUND.
func (s *Service) EndAllAs(ctx context.Context, actor Ref, id int64) (n int64, err error) {
	if _, err := s.Managed(ctx, actor, id); err != nil && actor.ID != id {
		return 0, err
	}
	return s.EndOthers(ctx, id, "")
}

// Managed returns the user id where actor may manage them: with access.ManagePeople, administrators only by administrators,
// and nobody who may more than actor does. Faults: ACCESS_DENIED, BEYOND_OWN_ACCESS, USER_NOT_FOUND.
func (s *Service) Managed(ctx context.Context, actor Ref, id int64) (User, error) {
	if !actor.May(access.ManagePeople) {
		return User{}, ErrMayNot
	}
	u, err := s.Get(ctx, id)
	if err != nil || actor.Admin {
		return u, err
	}
	theirs, err := s.standing(ctx, u)
	if err == nil && (u.Admin || !actor.May(theirs)) {
		err = ErrBeyond
	}
	return u, err
}

// standing returns what u may do, or could if they were taken back: a dismissed person's roles wait for them.
func (s *Service) standing(ctx context.Context, u User) (access.Set, error) {
	u.Active = true
	return s.AccessOf(ctx, u)
}

// Rotate gives the session of token another token: what the person may do has changed, and a token that leaked before
// must not gain by it. The old one works for another minute, for requests under way. Fault: NO_SESSION.
func (s *Service) Rotate(ctx context.Context, token string) (fresh string, err error) {
	fresh = rand.Text()
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO user_session (token, user_id, method, user_agent, address, created, used, expires)
			SELECT ?, user_id, method, user_agent, address, created, used, expires FROM user_session
			WHERE token = ? AND replaced = 0 AND expires > ?`, hashToken(fresh), hashToken(token), db.Micro(now))
		if err != nil {
			return fmt.Errorf("rotate session: %w", err)
		}
		if n == 0 {
			return ErrNoSession
		}
		err = tx.Later(ctx, "UPDATE user_session SET replaced = 1, renew = 0, expires = ? WHERE token = ?",
			db.Micro(now.Add(replacedLife)), hashToken(token))
		if err != nil {
			return fmt.Errorf("rotate session: %w", err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return fresh, nil
}

// renewTx has every session of the user id get another token at its next page.
func renewTx(ctx context.Context, tx *db.Tx, id int64) error {
	if err := tx.Later(ctx, "UPDATE user_session SET renew = 1 WHERE user_id = ? AND replaced = 0", id); err != nil {
		return fmt.Errorf("mark sessions: %w", err)
	}
	return nil
}

// RenewTx has every session of the user id get another token at its next page: how they prove who they are has changed.
func (s *Service) RenewTx(ctx context.Context, tx *db.Tx, id int64) error {
	return renewTx(ctx, tx, id)
}

// EndWhereTx ends all sessions of those of whom gone holds.
func (s *Service) EndWhereTx(ctx context.Context, tx *db.Tx, gone func(User) bool) error {
	users, err := query(ctx, tx, "SELECT "+columns+" FROM portal_user u WHERE EXISTS (SELECT 1 FROM user_session s WHERE s.user_id = u.id)", nil)
	if err != nil {
		return err
	}
	for _, u := range users {
		if !gone(u) {
			continue
		}
		if err := endSessions(ctx, tx, u.ID); err != nil {
			return err
		}
	}
	return nil
}

// EndAllTx ends all sessions of the user id.
func (s *Service) EndAllTx(ctx context.Context, tx *db.Tx, id int64) error {
	return endSessions(ctx, tx, id)
}

func endSessions(ctx context.Context, tx *db.Tx, id int64) error {
	if err := tx.Later(ctx, "DELETE FROM user_session WHERE user_id = ?", id); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}
