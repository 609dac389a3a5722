package portal

import (
	"context"
	"time"

	"github.com/portico-hq/portico/internal/backup"
)

// Backups make and list the backups of a portal.
type Backups struct {
	Save func(ctx context.Context, keep int) (backup.Made, error)
	List func(ctx context.Context) ([]backup.Made, error)
}

// wireBackups makes the schedule of the backups where there is somebody to make them.
func (p *Portal) wireBackups() {
	c := p.config
	if c.Backups == nil {
		return
	}
	p.backups = backup.NewScheduler(backup.SchedulerConfig{
		DB: p.DB, Settings: p.Settings, Audit: p.Audit, Clock: c.Clock, Log: c.Log, Save: c.Backups.Save, List: c.Backups.List,
	})
}

// Due returns when the portal has to do something unasked: the zero time is never, one that is over is now.
func (p *Portal) Due(ctx context.Context) (time.Time, error) {
	due, err := p.Events.Due(ctx)
	if err != nil {
		return due, err
	}
	others := []func(context.Context) (time.Time, error){p.Notify.Due, p.Network.Due}
	if p.backups != nil {
		others = append(others, p.backups.Due)
	}
	for _, of := range others {
		next, err := of(ctx)
		if err != nil {
			return due, err
		}
		if !next.IsZero() && (due.IsZero() || next.Before(due)) {
			due = next
		}
	}
	return due, nil
}
