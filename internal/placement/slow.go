package placement

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
)

// A background worker is in every page, so it must be quick: one that took longer than SlowAfter more than SlowTimes times in
// a day is removed. Page: api-reference/widgets/universal/background-worker.md.
const (
	SlowAfter = 5 * time.Second
	SlowTimes = 10
)

// Removal tells an application that a handler of its was removed.
type Removal struct {
	AppID   int64
	URL     string // of the application, which hears of it: OPTIONS[errorHandlerUrl]
	Code    string // the documented code of the reason
	Reason  string // in words
	Place   string
	Handler string // the address that was removed
}

// overtime is the documented code of a handler that loads too slowly.
const overtime = "ERROR_PLACEMENT_LOADING_OVERTIME"

// NoteLoading takes note of how long a background worker took to load in a page of a person, and removes one that was too
// slow too often; its application is told at the address that it gave for that. It reports whether it removed it.
// Fault: HANDLER_NOT_FOUND.
func (s *Service) NoteLoading(ctx context.Context, v Viewer, id int64, took time.Duration) (removed bool, err error) {
	h, err := s.Open(ctx, v, id)
	if err != nil || h.Code != BackgroundWorker || took <= SlowAfter {
		return false, err
	}
	day := s.clock.Now().UTC().Unix() / int64((24 * time.Hour).Seconds())
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		removed = false
		if _, err := tx.Exec(ctx, "DELETE FROM placement_slow WHERE handler_id = ? AND day < ?", id, day); err != nil {
			return fmt.Errorf("forget slow days: %w", err)
		}
		var times int64
		err := tx.QueryRow(ctx, `INSERT INTO placement_slow (handler_id, day, times) VALUES (?, ?, 1)
			ON CONFLICT (handler_id, day) DO UPDATE SET times = placement_slow.times + 1 RETURNING times`, id, day).Scan(&times)
		if err != nil {
			return fmt.Errorf("count slow loading: %w", err)
		}
		if times <= SlowTimes {
			return nil
		}
		removed, err = s.removeSlowTx(ctx, tx, h, took)
		return err
	})
	return removed, err
}

// removeSlowTx removes a handler and tells its application. It reports whether the handler was still there.
func (s *Service) removeSlowTx(ctx context.Context, tx *db.Tx, h Handler, took time.Duration) (bool, error) {
	n, err := tx.Exec(ctx, "DELETE FROM placement WHERE id = ?", h.ID)
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM placement_slow WHERE handler_id = ?", h.ID); err != nil {
		return false, err
	}
	s.changedTx(tx)
	reason := fmt.Sprintf("The handler took longer than %d seconds to load more than %d times today, the last time %s seconds.",
		int(SlowAfter.Seconds()), SlowTimes, strconv.FormatFloat(took.Seconds(), 'f', 1, 64))
	if s.removal != nil {
		err := s.removal(ctx, tx, Removal{h.AppID, h.Option.Get("errorHandlerUrl"), overtime, reason, h.Code, h.URL})
		if err != nil {
			return false, err
		}
	}
	return true, s.audit.RecordTx(ctx, tx, audit.Entry{
		Severity: audit.Warning, Type: "PLACEMENT_REMOVED", Module: "placement", Item: h.Code,
		Description: h.App.Name + " no longer shows " + h.URL + " in every page. " + reason,
	})
}
