package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
)

// State is what has become of a message for a client.
type State string

// The states of messages for clients.
const (
	Waiting   State = "waiting"   // for the application's handler
	Sent      State = "sent"      // the handler took it
	Delivered State = "delivered" // the application says that the client has it
	Read      State = "read"      // and has seen it
	Failed    State = "failed"    // it did not reach the application; it can be tried again
)

// MessageState is the State of a message.
type MessageState struct {
	State State
	Why   string    // it failed, in words
	At    time.Time // of Delivered and Read; else when it was written
}

// The states of a delivery, as they are stored.
const (
	deliveryWaits = iota
	deliverySent
	deliveryFailed
)

// StatesTx returns what became of those of the messages that went out through connectors.
func (s *Service) StatesTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]MessageState, error) {
	states := make(map[int64]MessageState, len(ids))
	if len(ids) == 0 {
		return states, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	rows, err := tx.Query(ctx, `SELECT o.message_id, o.delivered_at, o.read_at, o.lost, o.at,
		(SELECT COUNT(*) FROM connector_delivery d WHERE d.message_id = o.message_id),
		(SELECT COUNT(*) FROM connector_delivery d WHERE d.message_id = o.message_id AND d.state = 0),
		(SELECT COALESCE(MAX(d.why), '') FROM connector_delivery d WHERE d.message_id = o.message_id AND d.state = 2),
		(SELECT COUNT(*) FROM connector_delivery d WHERE d.message_id = o.message_id AND d.state = 2)
		FROM connector_out o WHERE o.message_id IN (`+db.Marks(len(ids))+")", args...)
	if err != nil {
		return nil, fmt.Errorf("states of messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, delivered, read, at, all, waiting, failed int64
		var lost, why string
		if err := rows.Scan(&id, &delivered, &read, &lost, &at, &all, &waiting, &why, &failed); err != nil {
			return nil, err
		}
		st := MessageState{State: Sent, At: db.Time(at)}
		switch {
		case read != 0:
			st = MessageState{State: Read, At: db.Time(read)}
		case delivered != 0:
			st = MessageState{State: Delivered, At: db.Time(delivered)}
		case lost != "":
			st.State, st.Why = Failed, lost
		case failed > 0:
			st.State, st.Why = Failed, why
		case waiting > 0 || all == 0:
			st.State = Waiting
		}
		states[id] = st
	}
	return states, rows.Err()
}

// States is StatesTx in a transaction of its own.
func (s *Service) States(ctx context.Context, ids []int64) (out map[int64]MessageState, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = s.StatesTx(ctx, tx, ids)
		return err
	})
	return out, err
}

// OutcomesTx notes what became of the deliveries of messages; see event.Service.SetOutcomes.
func (s *Service) OutcomesTx(ctx context.Context, tx *db.Tx, all []event.Outcome) error {
	for _, o := range all {
		if o.Event != outAdd {
			continue
		}
		state, why, failing := deliverySent, "", false
		if !o.Sent {
			state, why, failing = deliveryFailed, whyNot(o), true
		}
		var messageID, chatID, connectorID, lineID int64
		err := tx.QueryRow(ctx, `SELECT o.message_id, o.chat_id, o.connector_id, o.line_id FROM connector_delivery d
			JOIN connector_out o ON o.message_id = d.message_id WHERE d.id = ?`, o.Delivery).Scan(&messageID, &chatID, &connectorID, &lineID)
		if errors.Is(err, db.ErrNoRows) {
			continue // repeated by hand, or the connector is gone
		}
		if err == nil {
			err = tx.Later(ctx, "UPDATE connector_delivery SET state = ?, why = ? WHERE id = ?", int64(state), why, o.Delivery)
		}
		if err == nil {
			err = tx.Later(ctx, "UPDATE connector_line SET failing = ? WHERE connector_id = ? AND line_id = ? AND failing <> ?",
				db.Bit(failing), connectorID, lineID, db.Bit(failing))
		}
		if err != nil {
			return fmt.Errorf("note delivery: %w", err)
		}
		s.stateChangedTx(tx, chatID, messageID)
	}
	return nil
}

// whyNot says why an application did not take a message.
func whyNot(o event.Outcome) string {
	if o.Status != 0 {
		return fmt.Sprintf("The application answered %d instead of 200, again and again.", o.Status)
	}
	return "The application could not be reached: " + o.Answer
}

// Mark is what an application says of a message that went out: the client has it, or has read it.
type Mark struct {
	ChatID, MessageID int64    // of the portal
	External          []string // its ids outside
	Date              time.Time
	Chat              string // outside; empty: not said
}

// Mark notes that messages reached their clients, or were read by them. It reports whether all of them had gone out through the
// connector on the line. Fault: IMCONNECTOR_NO_CORRECT_PROVIDER.
// Pages: api-reference/imopenlines/imconnector/imconnector-send-status-delivery.md, imconnector-send-status-reading.md.
func (s *Service) Mark(ctx context.Context, appID int64, code string, lineID int64, marks []Mark, read bool) (all bool, err error) {
	c, err := s.Owned(ctx, appID, code)
	if err != nil {
		return false, err
	}
	var seen map[int64]Mark
	var visitors map[int64]int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		all, seen, visitors = true, map[int64]Mark{}, map[int64]int64{}
		for _, m := range marks {
			visitor, ok, err := s.markTx(ctx, tx, c, lineID, m, read)
			if err != nil {
				return err
			}
			all = all && ok
			if ok && m.MessageID > seen[m.ChatID].MessageID {
				seen[m.ChatID], visitors[m.ChatID] = m, visitor
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	for chatID, m := range seen { // what has arrived counts as read, as documented
		if err := s.Outside.Seen(ctx, visitors[chatID], chatID, m.MessageID); err != nil && fault.KindOf(err) == fault.Internal {
			return false, fmt.Errorf("note what was seen: %w", err)
		}
	}
	return all, nil
}

func (s *Service) markTx(ctx context.Context, tx *db.Tx, c Connector, lineID int64, m Mark, read bool) (visitor int64, ok bool, err error) {
	var chat string
	err = tx.QueryRow(ctx, "SELECT visitor_id, chat FROM connector_out WHERE message_id = ? AND connector_id = ? AND line_id = ? AND chat_id = ?",
		m.MessageID, c.ID, lineID, m.ChatID).Scan(&visitor, &chat)
	if errors.Is(err, db.ErrNoRows) || err == nil && m.Chat != "" && m.Chat != chat {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find message: %w", err)
	}
	now := db.Micro(s.Clock.Now())
	at := now
	if !m.Date.IsZero() {
		at = min(db.Micro(m.Date), now) // clocks outside may be fast
	}
	readAt := int64(0)
	if read {
		readAt = at
	}
	err = tx.Later(ctx, `UPDATE connector_out SET delivered_at = CASE WHEN delivered_at = 0 THEN ? ELSE delivered_at END,
		read_at = CASE WHEN read_at = 0 THEN ? ELSE read_at END, external = CASE WHEN ? = '' THEN external ELSE ? END, lost = '', data = ''
		WHERE message_id = ?`, at, readAt, joinIDs(m.External), joinIDs(m.External), m.MessageID)
	if err != nil {
		return 0, false, fmt.Errorf("mark message: %w", err)
	}
	s.stateChangedTx(tx, m.ChatID, m.MessageID)
	return visitor, true, nil
}

func joinIDs(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	b, err := json.Marshal(ids)
	if err != nil {
		panic(err) // texts alone
	}
	return string(b)
}

func splitIDs(text string) (ids []string) {
	if text != "" {
		_ = json.Unmarshal([]byte(text), &ids) // joinIDs wrote it
	}
	return ids
}

// errNotFailed is the fault of trying a message again that is on its way, or has arrived.
var errNotFailed = fault.New(fault.Conflict, "MESSAGE_NOT_FAILED", "The message is on its way, or has arrived already.")

// Retry tries a message again that failed, in its old place before what came after it. Who may write in the chat may ask for it; that
// is for the caller to look at. Faults: MESSAGE_NOT_FOUND, MESSAGE_NOT_FAILED, and DELIVERY_LOST where it still cannot be tried.
func (s *Service) Retry(ctx context.Context, messageID int64) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		states, err := s.StatesTx(ctx, tx, []int64{messageID})
		st, ok := states[messageID]
		switch {
		case err != nil:
			return err
		case !ok:
			return errNoMessage
		case st.State != Failed:
			return errNotFailed
		}
		o, err := outTx(ctx, tx, messageID)
		if err != nil {
			return err
		}
		s.stateChangedTx(tx, o.chatID, messageID)
		if o.lost != "" {
			return s.tryLostTx(ctx, tx, o)
		}
		return s.putBackTx(ctx, tx, messageID)
	})
}

func outTx(ctx context.Context, tx *db.Tx, messageID int64) (o out, err error) {
	var data string
	err = tx.QueryRow(ctx, `SELECT message_id, connector_id, line_id, chat_id, visitor_id, author_id, chat, lost, data FROM connector_out
		WHERE message_id = ?`, messageID).Scan(&o.messageID, &o.connectorID, &o.lineID, &o.chatID, &o.visitorID, &o.authorID, &o.chat, &o.lost, &data)
	if err == nil && data != "" {
		err = o.data.UnmarshalJSON([]byte(data))
	}
	return o, err
}

// tryLostTx sends a message for which there was no way when it was written.
func (s *Service) tryLostTx(ctx context.Context, tx *db.Tx, o out) error {
	found, err := queryTx(ctx, tx, "WHERE id = ?", o.connectorID)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return stillLost(lostConnector)
	}
	st, err := statusTx(ctx, tx, o.connectorID, o.lineID)
	switch {
	case err != nil:
		return err
	case !st.Active:
		return stillLost(lostLine)
	}
	if err := s.tryTx(ctx, tx, found[0], &o); err != nil {
		return err
	}
	if o.lost != "" {
		return stillLost(o.lost)
	}
	err = tx.Later(ctx, "UPDATE connector_out SET lost = '', data = '' WHERE message_id = ?", o.messageID)
	return err
}

func stillLost(why string) error { return fault.New(fault.Conflict, "DELIVERY_LOST", why) }

// putBackTx puts the deliveries of a message back that were put aside.
func (s *Service) putBackTx(ctx context.Context, tx *db.Tx, messageID int64) error {
	rows, err := tx.Query(ctx, "SELECT id FROM connector_delivery WHERE message_id = ? AND state = 2 ORDER BY id", messageID)
	if err != nil {
		return fmt.Errorf("deliveries of message: %w", err)
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err = rows.Scan(&id); err != nil {
			break
		}
		ids = append(ids, id)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return err
	}
	n, err := s.Events.RetryTx(ctx, tx, ids)
	switch {
	case err != nil:
		return err
	case n == 0:
		return stillLost("The message was put aside too long ago. Write it again.")
	}
	err = tx.Later(ctx, "UPDATE connector_delivery SET state = 0, why = '' WHERE message_id = ? AND state = 2", messageID)
	return err
}
