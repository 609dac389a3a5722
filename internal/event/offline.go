package event

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
)

// OfflineEvent is the event that tells an application that its queue has grown. It is bound like any other event.
// Page: api-reference/events/on-offline-event.md.
const OfflineEvent = "ONOFFLINEEVENT"

// Origin is the call under which an event happens.
type Origin struct {
	AppID     int64  // the application that calls; 0 for nobody
	Connector string // the call's auth_connector
	Request   string // the same for all calls of one request; empty outside of one
}

// SetOrigin makes the service ask under which call an event happens. It must be called before the first event.
func (s *Service) SetOrigin(origin func(ctx context.Context) Origin) { s.origin = origin }

func (s *Service) originOf(ctx context.Context) Origin {
	if s.origin == nil {
		return Origin{}
	}
	return s.origin(ctx)
}

// Queued is a record of an application's queue: an object to which an event happened at least once since the application
// last fetched it. Page: api-reference/events/offline-events.md.
type Queued struct {
	ID        int64
	Changed   time.Time // of the last time, to the second
	Event     string
	Data      phpform.Value
	MessageID string // the same for the same event of the same object
	ProcessID string // who fetched it and has not confirmed it; empty for nobody
	Error     bool   // whoever fetched it could not process it
}

// queueTx queues e for an application that bound it offline: a record for the object, or the newer date on the one that is
// there. What somebody has fetched and not confirmed yet stays as it is beside it, since it may be too old by now.
func (s *Service) queueTx(ctx context.Context, tx *db.Tx, b Binding, e Event) error {
	now := s.clock.Now()
	err := tx.Later(ctx, `INSERT INTO event_offline (app_id, connector, event, message_id, data, changed_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (app_id, connector, message_id, process_id) DO UPDATE SET data = excluded.data, changed_at = excluded.changed_at`,
		b.AppID, b.Connector, e.Name, messageID(e), string(phpform.AppendJSON(nil, e.Data)), db.Micro(now.Truncate(time.Second)))
	if err != nil {
		return fmt.Errorf("queue %s: %w", e.Name, err)
	}
	return s.announceTx(ctx, tx, b.AppID, e.UserID)
}

// QueueTx queues an event that concerns one application alone, where it bound that offline.
func (s *Service) QueueTx(ctx context.Context, tx *db.Tx, e Event) error {
	bindings, err := queryBindings(ctx, tx, "WHERE event = ? AND app_id = ? AND offline = 1 ORDER BY id", e.Name, e.AppID)
	if err != nil {
		return err
	}
	for _, b := range bindings {
		if err := s.queueTx(ctx, tx, b, e); err != nil {
			return err
		}
	}
	return nil
}

// messageID names an event and the object that it happened to.
func messageID(e Event) string {
	sum := sha256.Sum256(append([]byte(e.Name+"\n"), objectKey(e.Data)...))
	return hex.EncodeToString(sum[:16])
}

// objectKey returns what tells the object of an event from others: its ID and type; where it has no ID, the IDs that it
// refers to; where there are none, all its data.
func objectKey(data phpform.Value) []byte {
	object := data
	for _, key := range []string{"FIELDS", "FIELDS_AFTER", "FIELDS_BEFORE"} {
		if v, ok := data.Get(key); ok && v.Len() > 0 {
			object = v
			break
		}
	}
	var kept []phpform.Entry
	id, ok := object.GetFold("ID")
	if ok = ok && id.Text() != "0"; ok { // a comment that is a message has the number 0 and a MESSAGE_ID
		kept = append(kept, phpform.Entry{Key: "ID", Value: phpform.StringOf(id.Text())})
	}
	for _, e := range object.Entries() {
		name := strings.ToUpper(e.Key)
		if ok && name != "ENTITY_TYPE_ID" && name != "ENTITY_ID" && name != "ENTITY_TYPE" || !ok && !strings.HasSuffix(name, "_ID") || e.Value.IsArray() {
			continue
		}
		kept = append(kept, phpform.Entry{Key: name, Value: phpform.StringOf(e.Value.Text())})
	}
	if len(kept) == 0 {
		return phpform.AppendJSON(nil, data)
	}
	return phpform.AppendJSON(nil, phpform.ArrayOf(kept...))
}

// keepReserved is how long a record that was fetched waits to be confirmed.
const keepReserved = 30 * 24 * time.Hour

// forgetReservedTx forgets records that were fetched long ago and never confirmed.
func (s *Service) forgetReservedTx(ctx context.Context, tx *db.Tx) error {
	err := tx.Later(ctx, "DELETE FROM event_offline WHERE reserved_at <> 0 AND reserved_at < ?", db.Micro(s.clock.Now().Add(-keepReserved)))
	return err
}
