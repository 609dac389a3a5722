package app

import (
	"context"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/user"
)

// Holder is a person whom an application acts for, or did.
type Holder struct {
	UserID    int64
	Tokens    int64     // access tokens that are good now
	Renewable int64     // refresh tokens that are good now
	LastUsed  time.Time // of a token of the person, exact to a minute; zero: never
	Address   string    // from which it was used then
}

// Holders returns a page of the people whose tokens an application holds or has used, those it acted for last first, and how many
// there are. Faults: ACCESS_DENIED, APP_NOT_FOUND.
func (s *Service) Holders(ctx context.Context, actor user.Ref, appID, offset, limit int64) (out []Holder, total int64, err error) {
	if !actor.May(access.ManageApps) {
		return nil, 0, ErrAdminOnly
	}
	now := db.Micro(s.clock.Now())
	const of = `(SELECT user_id, SUM(tokens) AS tokens, SUM(renewable) AS renewable, MAX(used_at) AS used_at, MAX(address) AS address FROM (
			SELECT user_id, CASE WHEN access_until > ? THEN 1 ELSE 0 END AS tokens,
				CASE WHEN refresh_hash IS NOT NULL AND refresh_until > ? THEN 1 ELSE 0 END AS renewable, 0 AS used_at, '' AS address
				FROM app_token WHERE app_id = ? AND (access_until > ? OR refresh_hash IS NOT NULL AND refresh_until > ?)
			UNION ALL SELECT user_id, 0, 0, used_at, address FROM app_use WHERE app_id = ?) AS line GROUP BY user_id) AS holder`
	args := []any{now, now, appID, now, now, appID}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := appTx(ctx, tx, appID); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+of, args...).Scan(&total); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT user_id, tokens, renewable, used_at, address FROM "+of+
			" ORDER BY used_at DESC, user_id LIMIT ? OFFSET ?", append(args, limit, offset)...)
		out, err = collect(rows, err, func(r scanner) (h Holder, err error) {
			var used int64
			err = r.Scan(&h.UserID, &h.Tokens, &h.Renewable, &used, &h.Address)
			h.LastUsed = db.Time(used)
			return h, err
		})
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("people of application %d: %w", appID, err)
	}
	return out, total, nil
}
