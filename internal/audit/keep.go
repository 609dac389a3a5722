package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
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
	return SaveSetting(ctx, s, settings, RetentionKey, r, func(_, now Retention) string {
		if now.Days == 0 {
			return "Entries of the audit log are kept for ever."
		}
		return fmt.Sprintf("Entries of the audit log are kept for %d days.", now.Days)
	})
}

// SaveSetting stores a setting and records what words say of it. One that stays as it is is not recorded.
func SaveSetting[T comparable](ctx context.Context, s *Service, settings *setting.Store, key setting.Key[T], v T, words func(before, now T) string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		before, err := setting.LoadTx(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := setting.SaveTx(ctx, tx, settings, key, v); err != nil || before == v {
			return err
		}
		return s.RecordTx(ctx, tx, settingEntry(key.Name, words(before, v)))
	})
}

// ChangeSetting changes the fields of a setting that raw, a JSON object, names, and records what it was and is.
func (s *Service) ChangeSetting(ctx context.Context, settings *setting.Store, d setting.Document, raw []byte) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := d.ChangeTx(ctx, tx, settings, raw); err != nil {
			return err
		}
		return s.RecordTx(ctx, tx, settingEntry(d.Name, "Changed "+fieldsOf(raw)+" of the setting "+d.Name+"."))
	})
}

// fieldsOf names the fields of a JSON object: their values may be secrets.
func fieldsOf(raw []byte) string {
	var object map[string]json.RawMessage
	_ = json.Unmarshal(raw, &object) // ChangeTx has read it
	return strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}

func settingEntry(name, text string) Entry {
	return Entry{Severity: Security, Type: "SETTING_CHANGED", Module: "setting", Item: name, Description: text}
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
