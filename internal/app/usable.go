package app

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/db"
)

// usable is what was read of the installed applications, as long as nothing changes.
type usable struct {
	generation uint64
	apps       map[int64]App
}

// Usable returns the applications that somebody may open now: those that are installed. It is asked for by every page, so
// they are remembered; the map and what is in it must not be changed. LastUsed is not kept up to date.
func (s *Service) Usable(ctx context.Context) (map[int64]App, error) {
	generation := s.generation.Load() // before the read: a change after it makes the next caller look again
	if u := s.installed.Load(); u != nil && u.generation == generation {
		return u.apps, nil
	}
	u := &usable{generation: generation, apps: map[int64]App{}}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT "+appColumns+" FROM app WHERE removed_at = 0 AND installed = 1")
		all, err := collect(rows, err, scanApp)
		for _, a := range all {
			u.apps[a.ID] = a
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("installed applications: %w", err)
	}
	s.installed.Store(u)
	return u.apps, nil
}
