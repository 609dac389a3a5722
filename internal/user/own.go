package user

import (
	"context"
	"fmt"
	"maps"

	"github.com/portico-hq/portico/internal/db"
)

// Look is how somebody sees the portal.
type Look struct {
	Theme   string // "system", "light" or "dark"
	Clock12 bool
}

// UpdateOwn is Update by the person themselves, with how they see the portal. Faults as of Update, and INVALID_THEME.
func (s *Service) UpdateOwn(ctx context.Context, id int64, c Change, l Look) (u User, err error) {
	if err := l.check(); err != nil {
		return User{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if u, err = s.updateTx(ctx, tx, id, c); err != nil {
			return err
		}
		err := tx.Later(ctx, "UPDATE portal_user SET theme = ?, clock12 = ? WHERE id = ?", l.Theme, db.Bit(l.Clock12), id)
		if err != nil {
			return fmt.Errorf("store look: %w", err)
		}
		return nil
	})
	return u, err
}

func (l Look) check() error {
	switch l.Theme {
	case "system", "light", "dark":
		return nil
	}
	return invalid("theme", "Choose system, light or dark.")
}

// Show puts what the change says into u, unchecked: for a form that is shown again.
func (c Change) Show(u *User) {
	u.Details = maps.Clone(u.Details) // u may be remembered
	c.apply(u)
}
