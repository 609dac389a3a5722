package app

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Allowed is an application that holds tokens of a person.
type Allowed struct {
	App
	LastToken time.Time // when it last got one of theirs
}

// Allowed returns the applications that can act for actor now or after they renew their tokens, the latest first.
func (s *Service) Allowed(ctx context.Context, actor user.Ref) (out []Allowed, err error) {
	now := db.Micro(s.clock.Now())
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT "+appColumns+`, t.last FROM app JOIN (SELECT app_id, MAX(access_until) AS last FROM app_token
			WHERE user_id = ? AND (access_until > ? OR refresh_hash IS NOT NULL AND refresh_until > ?) GROUP BY app_id) t
			ON t.app_id = app.id WHERE removed_at = 0 ORDER BY t.last DESC, id`, actor.ID, now, now)
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
	var last int64
	a.App, err = scanApp(withLast{r, &last})
	a.LastToken = db.Time(last).Add(-accessLife)
	return a, err
}

// withLast scans one column more, the last.
type withLast struct {
	scanner
	last *int64
}

// Scan reads the row.
func (w withLast) Scan(dest ...any) error { return w.scanner.Scan(append(dest, w.last)...) }

// Disallow takes from an application all tokens and codes with which it acts for actor; they are dead at once.
// Fault: APP_NOT_FOUND.
func (s *Service) Disallow(ctx context.Context, actor user.Ref, id int64) (App, error) {
	return s.revoke(ctx, id, " AND user_id = ?", actor.ID)
}

// RevokeTokens takes from an application all its tokens and codes, whoever they act for; they are dead at once.
// Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) RevokeTokens(ctx context.Context, actor user.Ref, id int64) (App, error) {
	if !actor.May(access.ManageApps) {
		return App{}, ErrAdminOnly
	}
	return s.revoke(ctx, id, "")
}

// revoke removes the tokens and codes of an application, of those that the condition chooses.
func (s *Service) revoke(ctx context.Context, id int64, condition string, args ...any) (a App, err error) {
	args = append([]any{id}, args...)
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
		return nil
	})
	return a, err
}
