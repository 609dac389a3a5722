package portal

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// Upgrade tells what bringing the tables of a portal up to date would do.
type Upgrade struct {
	Reached db.Reached // the migrations that the portal has; none: it is new
	Pending []string   // those that would run, as "area/file"
}

// ReadUpgrade looks at a database, without changing it. It returns db.ErrNewer when a newer program has written it.
func ReadUpgrade(ctx context.Context, tx *db.Tx) (u Upgrade, err error) {
	if u.Reached, err = db.ReadReached(ctx, tx); err != nil {
		return u, fmt.Errorf("read migrations: %w", err)
	}
	u.Pending, err = db.Pending(u.Reached, tx.Dialect(), Schemas())
	return u, err
}

// migrate brings the tables of d up to date. Before it changes tables that hold something it calls c.BeforeUpgrade.
func migrate(ctx context.Context, d *db.DB, c Config) error {
	var u Upgrade
	err := d.Read(ctx, func(tx *db.Tx) (err error) {
		u, err = ReadUpgrade(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	if len(u.Pending) == 0 {
		return nil
	}
	if len(u.Reached) > 0 && c.BeforeUpgrade != nil {
		if err := c.BeforeUpgrade(ctx, d, u); err != nil {
			return fmt.Errorf("before the upgrade: %w", err)
		}
	}
	return d.Migrate(ctx, Schemas()...)
}
