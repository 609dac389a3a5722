package connector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

// Health is how a connector does on a line.
type Health struct {
	Connector
	Status

	Line     Line
	LastIn   time.Time // when a client's message last came in; zero: never
	LastOut  time.Time // when one for a client was last written; zero: never
	Handlers []Handler // that hear of messages for clients
	Fetches  bool      // the application fetches its events instead
	// Waiting and Failed are messages that have not reached the application, however old. Sent, Delivered and Read are those of the last
	// Days days that went no further.
	Waiting, Failed, Sent, Delivered, Read int64
}

// Days is for how long Health counts what went well.
const Days = 7

// Handler is an address of the application that is told of messages for clients.
type Handler struct {
	URL  string
	Lane event.Lane    // how its deliveries do; its ID is 0 before the first
	Last event.Sending // the last of them; its ID is 0 where none is kept
}

// Examine looks how a connector does on a line, for somebody who may manage it. Faults: ACCESS_DENIED, CONNECTOR_NOT_FOUND, LINE_NOT_FOUND.
func (s *Service) Examine(ctx context.Context, actor user.Ref, code string, lineID int64) (Health, error) {
	j, err := s.Find(ctx, actor, code)
	if err != nil {
		return Health{}, err
	}
	h := Health{Connector: j.Connector, Status: j.On(lineID)}
	var urls []string
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var found bool
		if h.Line, found, err = s.Lines.LineTx(ctx, tx, lineID); err != nil || !found {
			return orFault(err, errNoLine)
		}
		if urls, err = s.Events.HandlersTx(ctx, tx, j.AppID, outAdd); err != nil {
			return err
		}
		return h.countTx(ctx, tx, s.Clock.Now().AddDate(0, 0, -Days))
	})
	if err != nil {
		return h, err
	}
	bound, err := s.Events.Bindings(ctx, user.Ref{Admin: true}, j.AppID)
	if err != nil {
		return h, err
	}
	h.Fetches = slices.ContainsFunc(bound, func(b event.Binding) bool { return b.Event == outAdd && b.Offline })
	for _, url := range urls {
		one, err := s.handler(ctx, j.AppID, url)
		if err != nil {
			return h, err
		}
		h.Handlers = append(h.Handlers, one)
	}
	return h, nil
}

// countTx counts the messages of the connector on the line.
func (h *Health) countTx(ctx context.Context, tx *db.Tx, since time.Time) error {
	var in, out int64
	id, line := h.ID, h.LineID
	err := tx.QueryRow(ctx, `SELECT (SELECT COALESCE(MAX(at), 0) FROM connector_in WHERE connector_id = ? AND line_id = ?),
		(SELECT COALESCE(MAX(at), 0) FROM connector_out WHERE connector_id = ? AND line_id = ?)`, id, line, id, line).Scan(&in, &out)
	if err != nil {
		return fmt.Errorf("last messages: %w", err)
	}
	h.LastIn, h.LastOut = db.Time(in), db.Time(out)
	const open = `SELECT COUNT(DISTINCT d.message_id) FROM connector_delivery d JOIN connector_out o ON o.message_id = d.message_id
		WHERE d.state = ? AND d.state <> 1 AND o.connector_id = ? AND o.line_id = ? AND o.delivered_at = 0`
	if err := tx.QueryRow(ctx, open, int64(deliveryWaits), id, line).Scan(&h.Waiting); err != nil {
		return fmt.Errorf("count what waits: %w", err)
	}
	var lost int64
	if err := tx.QueryRow(ctx, open, int64(deliveryFailed), id, line).Scan(&h.Failed); err != nil {
		return fmt.Errorf("count what failed: %w", err)
	}
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM connector_out WHERE connector_id = ? AND line_id = ? AND lost <> ''", id, line).Scan(&lost)
	if err != nil {
		return fmt.Errorf("count what failed: %w", err)
	}
	h.Failed += lost
	err = tx.QueryRow(ctx, `SELECT COALESCE(SUM(CASE WHEN read_at <> 0 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN read_at = 0 AND delivered_at <> 0 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(CASE WHEN delivered_at = 0 AND lost = '' AND NOT EXISTS (SELECT 1 FROM connector_delivery d
			WHERE d.message_id = connector_out.message_id AND d.state <> 1) THEN 1 ELSE 0 END), 0)
		FROM connector_out WHERE connector_id = ? AND line_id = ? AND at >= ?`, id, line, db.Micro(since)).Scan(&h.Read, &h.Delivered, &h.Sent)
	if err != nil {
		return fmt.Errorf("count what arrived: %w", err)
	}
	return nil
}

// handler looks how the deliveries to a handler do.
func (s *Service) handler(ctx context.Context, appID int64, url string) (Handler, error) {
	h := Handler{URL: url}
	lanes, err := s.Events.Lanes(ctx, event.LaneQuery{AppID: appID, URL: url, Limit: 1})
	if err != nil || len(lanes) == 0 {
		return h, err
	}
	h.Lane = lanes[0]
	last, err := s.Events.Deliveries(ctx, event.DeliveryQuery{LaneID: h.Lane.ID, Event: outAdd, Limit: 1})
	if err == nil && len(last.Items) > 0 {
		h.Last = last.Items[0]
	}
	return h, err
}

// Advice is something that is wrong, or worth to know, and what to do.
type Advice struct {
	Wrong bool // else it is only worth to know
	Text  string
	Do    string // may be empty
}

// Advice says in words what is wrong, the worst first.
func (h Health) Advice(now time.Time) (out []Advice) {
	wrong := func(text, do string) { out = append(out, Advice{true, text, do}) }
	note := func(text, do string) { out = append(out, Advice{false, text, do}) }
	switch {
	case !h.Active:
		wrong("The connector is not switched on here: messages of clients are refused with NOT_ACTIVE_LINE.", "Connect it, or let the application call imconnector.activate.")
	case !h.Line.Active:
		wrong("The open channel is switched off: messages of clients are refused with NOT_ACTIVE_LINE.", "Switch it on in its settings.")
	}
	if len(h.Handlers) == 0 && !h.Fetches {
		wrong("The application does not listen to OnImConnectorMessageAdd: what operators write goes nowhere.", "The application has to call event.bind for the event, with a token of its own.")
	}
	for _, one := range h.Handlers {
		out = append(out, one.advice(now)...)
	}
	if h.Failed > 0 {
		wrong(fmt.Sprintf("Messages that did not reach the application: %d.", h.Failed), "Mend what is said above, then send them again.")
	}
	if h.Active && !h.Configured {
		note("The application has not said that its channel is set up (imconnector.connector.data.set). Messages go through all the same.", "")
	}
	if h.Sent > 0 && h.Delivered+h.Read == 0 {
		note("The application has not confirmed any message of the last days, so operators do not see whether clients get them.", "It has to call imconnector.send.status.delivery after each message.")
	}
	if h.LastIn.IsZero() {
		note("No client has written yet.", "")
	}
	return out
}

func (h Handler) advice(now time.Time) []Advice {
	l := h.Lane
	switch {
	case l.Paused != nil && !l.Paused.Failed:
		return []Advice{{true, "Somebody paused the deliveries to " + h.URL + ".", "Resume them in the console, under Deliveries."}}
	case l.Paused != nil:
		return []Advice{{true, h.URL + " has failed for long, so it is tried only now and then. " + h.answered(), "Mend the application, then resume the deliveries in the console."}}
	case l.Failures > 0:
		text := fmt.Sprintf("The last %d attempts at %s failed. %s", l.Failures, h.URL, h.answered())
		if l.NextAt.After(now) {
			text += " The next one is made in " + l.NextAt.Sub(now).Round(time.Second).String() + "."
		}
		return []Advice{{true, text, "Look whether the application runs and answers with status 200."}}
	}
	return nil
}

// answered says what the handler answered last.
func (h Handler) answered() string {
	switch {
	case h.Last.ID == 0:
		return ""
	case h.Last.Status != 0:
		return fmt.Sprintf("It answered %d.", h.Last.Status)
	}
	return "It gave no answer: " + h.Last.Answer
}

// retryAtOnce is how many messages are tried again in one go.
const retryAtOnce = 500

// RetryFailed tries the messages of a connector on a line again that failed, the oldest first, for somebody who may manage it. It returns
// how many are on their way. Faults: ACCESS_DENIED, CONNECTOR_NOT_FOUND.
func (s *Service) RetryFailed(ctx context.Context, actor user.Ref, code string, lineID int64) (n int, err error) {
	j, err := s.Find(ctx, actor, code)
	if err != nil {
		return 0, err
	}
	var ids []int64
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		ids, err = failedTx(ctx, tx, j.ID, lineID)
		return err
	})
	for _, id := range ids {
		err := s.Retry(ctx, id)
		switch {
		case err == nil:
			n++
		case fault.KindOf(err) == fault.Internal:
			return n, err
		}
	}
	if err != nil || n == 0 {
		return n, err
	}
	return n, s.DB.Write(ctx, func(tx *db.Tx) error {
		return s.noteByTx(ctx, tx, actor.ID, "CONNECTOR_RETRY", j.Code, fmt.Sprintf("Sent %d messages of %s on line %d again.", n, j.Name, lineID))
	})
}

func failedTx(ctx context.Context, tx *db.Tx, connectorID, lineID int64) (ids []int64, err error) {
	rows, err := tx.Query(ctx, `SELECT o.message_id FROM connector_out o WHERE o.connector_id = ? AND o.line_id = ? AND o.delivered_at = 0 AND (o.lost <> ''
		OR EXISTS (SELECT 1 FROM connector_delivery d WHERE d.message_id = o.message_id AND d.state = 2)) ORDER BY o.at, o.message_id LIMIT ?`,
		connectorID, lineID, int64(retryAtOnce))
	if err != nil {
		return nil, fmt.Errorf("messages that failed: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
