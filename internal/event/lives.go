package event

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

// ErrDenied is the fault of somebody who touches deliveries and may not use the console.
var ErrDenied = fault.New(fault.Denied, "ACCESS_DENIED", "You may not look after deliveries. Ask an administrator.")

// ErrNotDead is the fault of putting back a delivery that was not put aside.
var ErrNotDead = fault.New(fault.Conflict, "DELIVERY_NOT_DEAD", "Only a delivery that was put aside can be put back. Repeat it instead.")

// SetAudit makes the service write what people do into the portal's log. It must be called before the first change.
func (s *Service) SetAudit(log *audit.Service) { s.audit = log }

// noteTx writes what somebody did into the portal's log.
func (s *Service) noteTx(ctx context.Context, tx *db.Tx, actor user.Ref, kind string, item int64, text string) error {
	if s.audit == nil {
		return nil
	}
	return s.audit.RecordTx(ctx, tx, audit.Entry{
		Severity: audit.Notice, Type: kind, Module: "event", Item: strconv.FormatInt(item, 10), UserID: actor.ID, Description: text,
	})
}

// Pause stops deliveries to a handler until somebody resumes them; the request under way is still finished. What is
// recorded in the meantime waits. Faults: ACCESS_DENIED, HANDLER_NOT_FOUND.
func (s *Service) Pause(ctx context.Context, actor user.Ref, laneID int64) error {
	if !actor.May(access.ViewConsole) {
		return ErrDenied
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := laneInfoTx(ctx, tx, laneID)
		if err != nil {
			return err
		}
		if err := s.pauseTx(ctx, tx, actor, laneID); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, "DELIVERY_HANDLER_PAUSED", laneID, "Paused the deliveries to "+l.URL+".")
	})
}

func (s *Service) pauseTx(ctx context.Context, tx *db.Tx, actor user.Ref, laneID int64) error {
	err := tx.Later(ctx, "UPDATE event_lane SET paused_at = ?, paused_by = ?, paused_how = ? WHERE id = ? AND paused_how <> ?",
		db.Micro(s.clock.Now()), actor.ID, string(pausedByPerson), laneID, string(pausedByPerson))
	tx.AfterCommit(func() { s.tell(func(to sender) { to.halt(laneID) }) })
	return err
}

// Resume lets deliveries to a handler go on, at once, whoever paused it. Faults: ACCESS_DENIED, HANDLER_NOT_FOUND.
func (s *Service) Resume(ctx context.Context, actor user.Ref, laneID int64) error {
	if !actor.May(access.ViewConsole) {
		return ErrDenied
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		l, err := laneInfoTx(ctx, tx, laneID)
		if err != nil {
			return err
		}
		if err := s.resumeTx(ctx, tx, laneID); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, "DELIVERY_HANDLER_RESUMED", laneID, "Resumed the deliveries to "+l.URL+".")
	})
}

// resumeTx ends the pause of a lane and its wait after a failure, and gives the delivery that is next all its attempts.
func (s *Service) resumeTx(ctx context.Context, tx *db.Tx, laneID int64) error {
	err := tx.Later(ctx, `UPDATE event_lane SET paused_at = 0, paused_by = 0, paused_how = '', failures = 0, failing_since = 0, not_before = 0
		WHERE id = ?`, laneID)
	if err != nil {
		return err
	}
	if err := tx.Later(ctx, "UPDATE event_delivery SET tries = 0 WHERE lane_id = ? AND state = 0 AND tries > 0", laneID); err != nil {
		return err
	}
	s.kickAfter(tx, laneID)
	return nil
}

// kickAfter makes a lane be looked at as soon as the transaction is durable.
func (s *Service) kickAfter(tx *db.Tx, laneID int64) {
	tx.AfterCommit(func() { s.tell(func(to sender) { to.kick(laneID) }) })
}

// Retry makes a delivery be sent now: one that was put aside is put back in its place, one that waits after a failure need
// not wait. A handler that a person paused stays paused.
// Faults: ACCESS_DENIED, DELIVERY_NOT_FOUND, DELIVERY_NOT_DEAD for one that was sent.
func (s *Service) Retry(ctx context.Context, actor user.Ref, id int64) error {
	if !actor.May(access.ViewConsole) {
		return ErrDenied
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		d, err := sendingTx(ctx, tx, id)
		if err != nil {
			return err
		}
		if d.State == Sent {
			return ErrNotDead
		}
		if err := tx.Later(ctx, "UPDATE event_delivery SET state = 0, tries = 0 WHERE id = ?", id); err != nil {
			return err
		}
		if err := s.hurryTx(ctx, tx, d.Lane.ID); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, actor, "DELIVERY_RETRIED", id, "Sent "+d.Event+" to "+d.Lane.URL+" again.")
	})
}

// hurryTx ends the wait of a lane after a failure.
func (s *Service) hurryTx(ctx context.Context, tx *db.Tx, laneID int64) error {
	err := tx.Later(ctx, "UPDATE event_lane SET not_before = 0 WHERE id = ?", laneID)
	s.kickAfter(tx, laneID)
	return err
}

// RetryAll puts back every delivery that was put aside and that q chooses; its State, Before, Limit and Text are not
// looked at. It returns how many. Fault: ACCESS_DENIED.
func (s *Service) RetryAll(ctx context.Context, actor user.Ref, q DeliveryQuery) (n int64, err error) {
	if !actor.May(access.ViewConsole) {
		return 0, ErrDenied
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = s.retryAllTx(ctx, tx, q)
		if err != nil || n == 0 {
			return err
		}
		return s.noteTx(ctx, tx, actor, "DELIVERY_RETRIED", 0, fmt.Sprintf("Sent %d deliveries that had been put aside again.", n))
	})
	return n, err
}

func (s *Service) retryAllTx(ctx context.Context, tx *db.Tx, q DeliveryQuery) (n int64, err error) {
	where, args := laneWhere(LaneQuery{AppID: q.AppID, HookID: q.HookID, LaneID: q.LaneID, Handler: q.Handler})
	where = "state = 2 AND lane_id IN (SELECT id FROM event_lane l " + where + ")"
	if q.Event != "" {
		where, args = where+" AND name = ?", append(args, strings.ToUpper(q.Event))
	}
	if !q.From.IsZero() {
		where, args = where+" AND created_at >= ?", append(args, db.Micro(q.From))
	}
	if !q.To.IsZero() {
		where, args = where+" AND created_at < ?", append(args, db.Micro(q.To))
	}
	lanes, err := idsTx(ctx, tx, "SELECT DISTINCT lane_id FROM event_delivery WHERE "+where, args...)
	if err != nil {
		return 0, err
	}
	if n, err = tx.Exec(ctx, "UPDATE event_delivery SET state = 0, tries = 0 WHERE "+where, args...); err != nil {
		return 0, err
	}
	for _, id := range lanes {
		if err := s.hurryTx(ctx, tx, id); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func idsTx(ctx context.Context, tx *db.Tx, query string, args ...any) (out []int64, err error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// Edited is a delivery that is sent once more, changed. What is left empty stays as it was.
type Edited struct {
	ID   int64 // the delivery that it repeats
	URL  string
	Name string         // of the event
	Data *phpform.Value // as it is sent; a masked secret is none, so take it from DataOf
}

// Replay records deliveries once more, behind what waits for their handlers, whatever became of them. It returns the
// numbers of the new ones in the order of ids. Faults: ACCESS_DENIED, DELIVERY_NOT_FOUND, TOO_MANY_DELIVERIES.
func (s *Service) Replay(ctx context.Context, actor user.Ref, ids ...int64) (made []int64, err error) {
	if len(ids) > MaxDeliveries {
		return nil, fault.Newf(fault.TooLarge, "TOO_MANY_DELIVERIES", "Repeat at most %d deliveries at a time.", MaxDeliveries)
	}
	if !actor.May(access.ViewConsole) {
		return nil, ErrDenied
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		made = nil
		for _, id := range ids {
			n, err := s.resendTx(ctx, tx, actor, Edited{ID: id})
			if err != nil {
				return err
			}
			made = append(made, n)
		}
		return nil
	})
	return made, err
}

// Resend records a changed copy of a delivery and returns its number.
// Faults: ACCESS_DENIED, DELIVERY_NOT_FOUND, INVALID_FIELD at "url", "event" or "data".
func (s *Service) Resend(ctx context.Context, actor user.Ref, e Edited) (made int64, err error) {
	switch {
	case !actor.May(access.ViewConsole):
		return 0, ErrDenied
	case e.URL != "" && !CheckURL(e.URL):
		return 0, fault.New(fault.Invalid, "INVALID_FIELD", "Enter an http or https address.").At("url")
	case len(e.Name) > maxName || strings.ContainsFunc(e.Name, notInName):
		return 0, fault.New(fault.Invalid, "INVALID_FIELD", "The name of an event has letters, digits, dots, colons and underscores.").At("event")
	case e.Data != nil && !e.Data.IsArray():
		return 0, fault.New(fault.Invalid, "INVALID_FIELD", "The data must be an object or a list.").At("data")
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		made, err = s.resendTx(ctx, tx, actor, e)
		return err
	})
	return made, err
}

// maxName is the longest name of an event.
const maxName = 100

func notInName(r rune) bool {
	letter := r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	return !letter && (r < '0' || r > '9') && r != '.' && r != '_' && r != ':'
}

// DataOf returns the data of a delivery as they are sent, to be edited. Who may resend may see them.
// Faults: ACCESS_DENIED, DELIVERY_NOT_FOUND.
func (s *Service) DataOf(ctx context.Context, actor user.Ref, id int64) (v phpform.Value, err error) {
	if !actor.May(access.ViewConsole) {
		return v, ErrDenied
	}
	var raw string
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT data FROM event_delivery WHERE id = ?", id).Scan(&raw)
	})
	if errors.Is(err, db.ErrNoRows) {
		return v, ErrNoDelivery
	}
	if err != nil {
		return v, err
	}
	return parse(raw)
}

func (s *Service) resendTx(ctx context.Context, tx *db.Tx, actor user.Ref, e Edited) (int64, error) {
	d := Delivery{replayOf: e.ID}
	var raw string
	was, err := scanSending(tx.QueryRow(ctx, "SELECT "+sendingColumns+", d.data, d.no_auth, d.token, d.binding_id"+sendingTables+
		"WHERE d.id = ?", e.ID), &raw, &d.NoAuth, &d.Token, &d.bindingID)
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrNoDelivery
	}
	if err != nil {
		return 0, err
	}
	d.AppID, d.URL, d.Name, d.UserID, d.BotID = was.Lane.AppID, was.Lane.URL, was.Event, was.UserID, was.BotID
	if d.Data, err = parse(raw); err != nil {
		return 0, err
	}
	if e.Data != nil {
		d.Data = *e.Data
	}
	if e.Name != "" {
		d.Name = strings.ToUpper(e.Name)
	}
	lane := was.Lane.ID
	if e.URL != "" && e.URL != d.URL {
		if d.URL, lane, err = s.otherLaneTx(ctx, tx, was.Lane, e.URL); err != nil {
			return 0, err
		}
	}
	id, err := s.insertTx(ctx, tx, lane, d)
	if err != nil {
		return 0, err
	}
	what := "Repeated "
	if e.Data != nil || e.Name != "" || e.URL != "" {
		what = "Repeated, changed, "
	}
	return id, s.noteTx(ctx, tx, actor, "DELIVERY_REPEATED", e.ID, what+was.Event+" to "+d.URL+".")
}

// otherLaneTx returns the lane of another address of the same receiver.
func (s *Service) otherLaneTx(ctx context.Context, tx *db.Tx, was LaneRef, url string) (string, int64, error) {
	if was.HookID != 0 {
		return "", 0, fault.New(fault.Invalid, "INVALID_FIELD", "An outbound webhook has one address. Change it in the webhook.").At("url")
	}
	lane, err := s.laneTx(ctx, tx, laneKey{was.AppID, url})
	return url, lane, err
}

func sendingTx(ctx context.Context, tx *db.Tx, id int64) (Sending, error) {
	d, err := scanSending(tx.QueryRow(ctx, "SELECT "+sendingColumns+sendingTables+"WHERE d.id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		return d, ErrNoDelivery
	}
	return d, err
}
