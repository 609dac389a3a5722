package event

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// Hook is an outbound webhook: an address that hears of events without being an application. It has one lane.
// Page: local-integrations/local-webhooks.md.
type Hook struct {
	ID     int64
	URL    string
	Events []string // names, in any case
}

// HookEvents returns the events that outbound webhooks may have: all but those that concern one application.
func (s *Service) HookEvents() []Def {
	return slices.DeleteFunc(s.Catalog(), func(d Def) bool { return d.Private })
}

// CheckHook returns the fault of an outbound webhook that cannot be stored: INVALID_FIELD at "url" or "events".
func (s *Service) CheckHook(h Hook) error {
	if !CheckURL(h.URL) {
		return fault.New(fault.Invalid, "INVALID_FIELD", "Enter the address of the handler, beginning with http:// or https://.").At("url")
	}
	if len(h.Events) == 0 {
		return fault.New(fault.Invalid, "INVALID_FIELD", "Choose at least one event.").At("events")
	}
	for _, name := range h.Events {
		if d, ok := s.catalog[strings.ToUpper(name)]; !ok || d.Private {
			return fault.Newf(fault.Invalid, "INVALID_FIELD", "There is no event %s for outbound webhooks.", name).At("events")
		}
	}
	return nil
}

// SaveHookTx binds an outbound webhook to its events and no others, and sends what waits for it to its address from now on.
// Fault: see CheckHook.
func (s *Service) SaveHookTx(ctx context.Context, tx *db.Tx, actor user.Ref, h Hook) error {
	if err := s.CheckHook(h); err != nil {
		return err
	}
	s.boundChangedTx(tx)
	err := tx.Later(ctx, `INSERT INTO event_lane (app_id, hook_id, url) VALUES (0, ?, ?)
		ON CONFLICT (hook_id) WHERE hook_id <> 0 DO UPDATE SET url = excluded.url`, h.ID, h.URL)
	if err != nil {
		return fmt.Errorf("lane of webhook %d: %w", h.ID, err)
	}
	names := make([]string, 0, len(h.Events))
	for _, name := range h.Events {
		names = append(names, strings.ToUpper(name))
	}
	args := append([]any{h.ID}, db.Args(names)...)
	if err := tx.Later(ctx, "DELETE FROM event_binding WHERE app_id = 0 AND hook_id = ? AND event NOT IN ("+db.Marks(len(names))+")", args...); err != nil {
		return err
	}
	for _, name := range names { // the address is in the lane, so that a binding keeps its number when it changes
		err := tx.Later(ctx, `INSERT INTO event_binding (app_id, hook_id, event, handler, auth_user, created_by, created_at)
			VALUES (0, ?, ?, '', 0, ?, ?) ON CONFLICT DO NOTHING`, h.ID, name, actor.ID, db.Micro(s.clock.Now()))
		if err != nil {
			return fmt.Errorf("bind webhook %d: %w", h.ID, err)
		}
	}
	lane, err := hookLaneTx(ctx, tx, h.ID)
	if err != nil {
		return err
	}
	return s.hurryTx(ctx, tx, lane)
}

func hookLaneTx(ctx context.Context, tx *db.Tx, hookID int64) (id int64, err error) {
	err = tx.QueryRow(ctx, "SELECT id FROM event_lane WHERE hook_id = ? AND hook_id <> 0", hookID).Scan(&id)
	return id, err
}

// RemoveHookTx unbinds an outbound webhook that is being deleted. What waits for it is put aside.
func (s *Service) RemoveHookTx(ctx context.Context, tx *db.Tx, hookID int64) error {
	s.boundChangedTx(tx)
	if err := tx.Later(ctx, "DELETE FROM event_binding WHERE app_id = 0 AND hook_id = ?", hookID); err != nil {
		return err
	}
	lane, err := hookLaneTx(ctx, tx, hookID)
	if err != nil {
		return err
	}
	err = tx.Later(ctx, "UPDATE event_delivery SET state = 2, sent_at = ?, answer = ? WHERE lane_id = ? AND state = 0",
		db.Micro(s.clock.Now()), "The webhook was deleted.", lane)
	if err != nil {
		return err
	}
	err = tx.Later(ctx, "UPDATE event_lane SET paused_at = 0, paused_how = '', failures = 0, not_before = 0 WHERE id = ?", lane)
	tx.AfterCommit(func() { s.tell(func(to sender) { to.halt(lane) }) })
	return err
}

// PauseHookTx stops the deliveries to an outbound webhook, ResumeHookTx lets them go on. What happens in between waits.
func (s *Service) PauseHookTx(ctx context.Context, tx *db.Tx, actor user.Ref, hookID int64) error {
	lane, err := hookLaneTx(ctx, tx, hookID)
	if err != nil {
		return err
	}
	return s.pauseTx(ctx, tx, actor, lane)
}

// ResumeHookTx is what ends PauseHookTx.
func (s *Service) ResumeHookTx(ctx context.Context, tx *db.Tx, hookID int64) error {
	lane, err := hookLaneTx(ctx, tx, hookID)
	if err != nil {
		return err
	}
	return s.resumeTx(ctx, tx, lane)
}

// TestHookTx records ONAPPTEST for an outbound webhook, whatever it is bound to.
func (s *Service) TestHookTx(ctx context.Context, tx *db.Tx, hookID int64, data phpform.Value) (int64, error) {
	lane, err := hookLaneTx(ctx, tx, hookID)
	if err != nil {
		return 0, err
	}
	return s.insertTx(ctx, tx, lane, Delivery{Name: Test, NoAuth: true, Data: data})
}

// HookLanesTx returns the handlers of outbound webhooks.
func (s *Service) HookLanesTx(ctx context.Context, tx *db.Tx, hookIDs []int64) (out []Lane, err error) {
	for part := range slices.Chunk(hookIDs, idList) {
		rows, err := tx.Query(ctx, "SELECT "+laneColumns+" FROM event_lane l WHERE l.hook_id IN ("+db.Marks(len(part))+") AND l.hook_id <> 0", db.Args(part)...)
		if err != nil {
			return nil, err
		}
		lanes, err := scanLanes(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, lanes...)
	}
	return out, nil
}
