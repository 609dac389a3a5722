package audit

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
)

// Retention says for how long entries are kept.
type Retention struct {
	Days int64 `json:"days"` // 0: for ever
}

// The bounds of a retention that is not for ever, in days.
const (
	MinDays = 30
	MaxDays = 3650
)

// RetentionKey is the setting. Entries are kept for ever unless it says otherwise.
var RetentionKey = setting.Key[Retention]{Name: "audit.retention", Check: func(r Retention) error {
	if r.Days != 0 && (r.Days < MinDays || r.Days > MaxDays) {
		return fault.Newf(fault.Invalid, "INVALID_DAYS", "Keep entries for %d to %d days, or for ever (0).", MinDays, MaxDays).At("days")
	}
	return nil
}}

// SetRetention stores for how long entries are kept, and records it.
func (s *Service) SetRetention(ctx context.Context, settings *setting.Store, r Retention) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := setting.SaveTx(ctx, tx, settings, RetentionKey, r); err != nil {
			return err
		}
		text := "Entries of the audit log are kept for ever."
		if r.Days != 0 {
			text = fmt.Sprintf("Entries of the audit log are kept for %d days.", r.Days)
		}
		return s.RecordTx(ctx, tx, Entry{Severity: Security, Type: "SETTING_CHANGED", Module: "audit", Item: RetentionKey.Name, Description: text})
	})
}

// sweepPart is how many entries are deleted in one transaction, so that others can write in between.
const sweepPart = 500

// Sweep deletes the entries that are older than the setting says and returns how many these were.
func (s *Service) Sweep(ctx context.Context, settings *setting.Store) (deleted int64, err error) {
	r, err := setting.Load(ctx, settings, RetentionKey)
	if err != nil || r.Days == 0 {
		return 0, err
	}
	before := db.Micro(s.clock.Now().AddDate(0, 0, -int(r.Days)))
	for {
		n := int64(0)
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			n, err = tx.Exec(ctx, "DELETE FROM audit_entry WHERE id IN (SELECT id FROM audit_entry WHERE at < ? ORDER BY at, id LIMIT ?)",
				before, int64(sweepPart))
			return err
		})
		deleted += n
		if err != nil || n < sweepPart {
			return deleted, err
		}
	}
}

// sweepEvery is how often old entries are looked for.
const sweepEvery = time.Hour

// Keep sweeps once an hour until ctx ends.
func (s *Service) Keep(ctx context.Context, settings *setting.Store, log *slog.Logger) {
	for {
		if _, err := s.Sweep(ctx, settings); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "delete old entries of the audit log", "error", err)
		}
		t := s.clock.NewTimer(sweepEvery)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C():
		}
	}
}
