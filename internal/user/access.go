package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// AccessTx returns whether a user may act on the portal and whether they are an administrator; neither for one who does
// not exist. It runs for every call of a REST method, so it reads nothing else.
func (s *Service) AccessTx(ctx context.Context, tx *db.Tx, id int64) (active, admin bool, err error) {
	err = tx.QueryRow(ctx, "SELECT active, admin FROM portal_user WHERE id = ?", id).Scan(&active, &admin)
	if errors.Is(err, db.ErrNoRows) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("read access: %w", err)
	}
	return active, admin, nil
}
