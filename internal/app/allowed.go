package app

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Allowed is an application that holds tokens of a person.
type Allowed struct {
	App
	LastToken time.Time // when it last got one of theirs
	LastUsed  time.Time // when it last acted for them, exact to a minute; zero: never
}

// Allowed returns the applications that can act for actor now or after they renew their tokens, the latest first.
func (s *Service) Allowed(ctx context.Context, actor user.Ref) (out []Allowed, err error) {
	now := db.Micro(s.clock.Now())
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT "+appColumns+`, t.last, COALESCE(u.mine, 0) FROM app JOIN (SELECT app_id, MAX(access_until) AS last FROM app_token
			WHERE user_id = ? AND (access_until > ? OR refresh_hash IS NOT NULL AND refresh_until > ?) GROUP BY app_id) t
			ON t.app_id = app.id LEFT JOIN (SELECT app_id, used_at AS mine FROM app_use WHERE user_id = ?) u ON u.app_id = app.id
			WHERE removed_at = 0 ORDER BY t.last DESC, id`, actor.ID, now, now, actor.ID)
		out, err = collect(rows, err, scanAllowed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("applications of user %d: %w", actor.ID, err)
	}
	return out, nil
}

// scanAllowed reads an application with when its last access token ends.
func scanAllowed(r scanner) (a Allowed, err error) {
	var last, used int64
	a.App, err = scanApp(withMore{r, []any{&last, &used}})
	a.LastToken, a.LastUsed = db.Time(last).Add(-accessLife), db.Time(used)
	return a, err
}

// withMore scans further columns behind those that are asked of it.
type withMore struct {
	scanner
	more []any
}

// Scan reads the row.
func (w withMore) Scan(dest ...any) error { return w.scanner.Scan(append(dest, w.more...)...) }

// Disallow takes from an application all tokens and codes with which it acts for actor; they are dead at once.
// Fault: APP_NOT_FOUND.
func (s *Service) Disallow(ctx context.Context, actor user.Ref, id int64) (App, error) {
	return s.revoke(ctx, id, actor.ID, "%s: a person took back the tokens of their own.")
}

// RevokeFrom takes from an application all tokens and codes with which it acts for one person.
// Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) RevokeFrom(ctx context.Context, actor user.Ref, id, userID int64) (App, error) {
	if !actor.May(access.ManageApps) {
		return App{}, ErrAdminOnly
	}
	return s.revoke(ctx, id, userID, fmt.Sprintf("%%s: the tokens of person %d were revoked.", userID))
}

// RevokeTokens takes from an application all its tokens and codes, whoever they act for; they are dead at once.
// Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) RevokeTokens(ctx context.Context, actor user.Ref, id int64) (App, error) {
	if !actor.May(access.ManageApps) {
		return App{}, ErrAdminOnly
	}
	return s.revoke(ctx, id, 0, "%s: all tokens were revoked.")
}

// revoke removes the tokens and codes of an application: those of one person, or of everybody where userID is 0. text tells of it,
// with a place for the name.
func (s *Service) revoke(ctx context.Context, id, userID int64, text string) (a App, err error) {
	condition, args := "", []any{id}
	if userID != 0 {
		condition, args = " AND user_id = ?", append(args, userID)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if a, err = appTx(ctx, tx, id); err != nil {
			return err
		}
		s.changedTx(tx)
		if _, err := tx.Exec(ctx, "DELETE FROM app_token WHERE app_id = ?"+condition, args...); err != nil {
			return fmt.Errorf("revoke tokens: %w", err)
		}
		if _, err := tx.Exec(ctx, "DELETE FROM app_code WHERE app_id = ?"+condition, args...); err != nil {
			return fmt.Errorf("forget codes: %w", err)
		}
		return s.recordTx(ctx, tx, entry{"APP_TOKENS_REVOKED", id, audit.Security, fmt.Sprintf(text, a.Name)})
	})
	return a, err
}
