package event

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
)

// QueueField is a field of the queue by which it is filtered and ordered.
type QueueField string

// The fields of the queue.
const (
	QueueID        QueueField = "id"
	QueueChanged   QueueField = "changed_at"
	QueueEvent     QueueField = "event"
	QueueMessageID QueueField = "message_id"
	QueueProcessID QueueField = "process_id"
	QueueError     QueueField = "error" // 0 or 1
)

// QueueOp is a comparison.
type QueueOp string

// The comparisons. In and NotIn take any number of values, the others one.
const (
	Equal          QueueOp = "="
	NotEqual       QueueOp = "<>"
	Less           QueueOp = "<"
	LessOrEqual    QueueOp = "<="
	Greater        QueueOp = ">"
	GreaterOrEqual QueueOp = ">="
	In             QueueOp = "IN"
	NotIn          QueueOp = "NOT IN"
	Contains       QueueOp = "LIKE" // a part of a text, in any case
	NotContains    QueueOp = "NOT LIKE"
)

// QueueCondition is a condition on a record of the queue. The values are of the field's type: int64, string or time.Time.
type QueueCondition struct {
	Field  QueueField
	Op     QueueOp
	Values []any
}

// QueueOrder sorts the queue.
type QueueOrder struct {
	Field QueueField
	Desc  bool
}

// QueueQuery chooses records of an application's queue.
type QueueQuery struct {
	AppID     int64
	Connector string // records of this source only; empty: those without one
	Where     []QueueCondition
	Order     []QueueOrder
	Limit     int64
	Offset    int64
}

// Take says how records are fetched.
type Take struct {
	QueueQuery

	// Keep reserves the records for the fetching process instead of deleting them.
	Keep bool
	// ProcessID fetches what that process has reserved and not confirmed, once more.
	ProcessID string
	// Errors fetches the records that were marked as erroneous too.
	Errors bool
}

// MaxTake is how many records are fetched at a time at most.
const MaxTake = 1000

const queueColumns = "id, changed_at, event, data, message_id, process_id, error"

// where is the condition of a query on event_offline.
func (q QueueQuery) where() (where string, args []any) {
	conditions, args := []string{"app_id = ? AND connector = ?"}, []any{q.AppID, q.Connector}
	for _, c := range q.Where {
		text, values := c.sql()
		conditions, args = append(conditions, text), append(args, values...)
	}
	return "WHERE " + strings.Join(conditions, " AND "), args
}

// sql returns the condition and its values as the database keeps them.
func (c QueueCondition) sql() (text string, values []any) {
	for _, v := range c.Values {
		if t, ok := v.(time.Time); ok {
			v = db.Micro(t)
		}
		values = append(values, v)
	}
	switch c.Op {
	case In, NotIn:
		if len(values) == 0 { // nothing is among no values
			return map[QueueOp]string{In: "1 = 0", NotIn: "1 = 1"}[c.Op], nil
		}
		return string(c.Field) + " " + string(c.Op) + " (" + db.Marks(len(values)) + ")", values
	case Contains, NotContains:
		like := "%" + db.Like(strings.ToLower(fmt.Sprint(values[0]))) + "%"
		return "LOWER(" + string(c.Field) + ") " + string(c.Op) + ` ? ESCAPE '\'`, []any{like}
	}
	return string(c.Field) + " " + string(c.Op) + " ?", values
}

func (q QueueQuery) order() string {
	fields := make([]string, 0, len(q.Order)+1)
	for _, o := range q.Order {
		field := string(o.Field)
		if o.Desc {
			field += " DESC"
		}
		fields = append(fields, field)
	}
	return " ORDER BY " + strings.Join(append(fields, "id"), ", ")
}

func queueTx(ctx context.Context, tx *db.Tx, query string, args ...any) (out []Queued, err error) {
	rows, err := tx.Query(ctx, "SELECT "+queueColumns+" FROM event_offline "+query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Queued
		var changed int64
		var data string
		if err := rows.Scan(&r.ID, &changed, &r.Event, &data, &r.MessageID, &r.ProcessID, &r.Error); err != nil {
			return nil, err
		}
		r.Changed = db.Time(changed)
		if r.Data, err = parse(data); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Queue returns records of an application's queue, whoever fetched them, and how many there are in all.
func (s *Service) Queue(ctx context.Context, q QueueQuery) (out []Queued, total int64, err error) {
	where, args := q.where()
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM event_offline "+where, args...).Scan(&total); err != nil {
			return err
		}
		out, err = queueTx(ctx, tx, where+q.order()+" LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...)
		return err
	})
	return out, total, err
}

// TakeQueue fetches records of an application's queue: it deletes them, or with Keep reserves them, so that two who fetch at once
// never get the same. It returns the process that they are reserved for; empty when they were deleted.
func (s *Service) TakeQueue(ctx context.Context, t Take) (processID string, out []Queued, err error) {
	t.Limit = min(t.Limit, MaxTake)
	process := t.ProcessID
	if process == "" {
		process = newProcessID()
	}
	where, args := t.where()
	switch {
	case t.ProcessID != "":
		where, args = where+" AND process_id = ?", append(args, t.ProcessID)
	case t.Errors:
		where += " AND (process_id = '' OR error = 1)"
	default:
		where += " AND process_id = ''"
	}
	if !t.Errors {
		where += " AND error = 0"
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "event_offline"); err != nil {
			return err
		}
		rows, err := queueTx(ctx, tx, where+t.order()+" LIMIT ?", append(args, t.Limit)...)
		if err != nil {
			return err
		}
		if out, err = newestTx(ctx, tx, rows); err != nil {
			return err
		}
		if !t.Keep {
			return deleteQueuedTx(ctx, tx, out)
		}
		return s.reserveTx(ctx, tx, process, out)
	})
	if err != nil {
		return "", nil, fmt.Errorf("fetch offline events: %w", err)
	}
	if !t.Keep {
		process = ""
	}
	return process, out, nil
}

// newestTx deletes the records of an object of which there is a newer one among rows: the older one had been fetched and
// marked as erroneous before the object changed again.
func newestTx(ctx context.Context, tx *db.Tx, rows []Queued) ([]Queued, error) {
	newest := map[string]int64{}
	for _, r := range rows {
		newest[r.MessageID] = max(newest[r.MessageID], r.ID)
	}
	if len(newest) == len(rows) {
		return rows, nil
	}
	var old []Queued
	rows = slices.DeleteFunc(rows, func(r Queued) bool {
		if r.ID == newest[r.MessageID] {
			return false
		}
		old = append(old, r)
		return true
	})
	return rows, deleteQueuedTx(ctx, tx, old)
}

// idList is how many rows are named in a statement.
const idList = 100

func deleteQueuedTx(ctx context.Context, tx *db.Tx, rows []Queued) error {
	for part := range slices.Chunk(rows, idList) {
		if err := tx.Later(ctx, "DELETE FROM event_offline WHERE id IN ("+db.Marks(len(part))+")", idsOf(part)...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) reserveTx(ctx context.Context, tx *db.Tx, process string, rows []Queued) error {
	for part := range slices.Chunk(rows, idList) {
		args := append([]any{process, db.Micro(s.clock.Now())}, idsOf(part)...)
		err := tx.Later(ctx, "UPDATE event_offline SET process_id = ?, reserved_at = ? WHERE id IN ("+db.Marks(len(part))+")", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func idsOf(rows []Queued) []any {
	out := make([]any, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out
}

// newProcessID returns a name for who fetches: 32 small letters and digits.
func newProcessID() string { return strings.ToLower(rand.Text() + rand.Text())[:32] }

// ClearQueue confirms records that a process fetched: they are deleted. ids, or else messages, name some of them; without both
// they are all. It returns how many.
func (s *Service) ClearQueue(ctx context.Context, appID int64, process string, ids []int64, messages []string) (n int64, err error) {
	where, args := "app_id = ? AND process_id = ? AND process_id <> ''", []any{appID, process}
	switch {
	case len(ids) > 0:
		where, args = where+" AND id IN ("+db.Marks(len(ids))+")", append(args, db.Args(ids)...)
	case len(messages) > 0:
		where, args = withMessages(where, args, messages)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = tx.Exec(ctx, "DELETE FROM event_offline WHERE "+where, args...)
		return err
	})
	return n, err
}

// FailQueue marks records that a process fetched as erroneous: those of messages, or all without any. They stay reserved and
// are fetched again by who asks for erroneous ones. It returns how many.
func (s *Service) FailQueue(ctx context.Context, appID int64, process string, messages []string) (n int64, err error) {
	where, args := "app_id = ? AND process_id = ? AND process_id <> ''", []any{appID, process}
	if len(messages) > 0 {
		where, args = withMessages(where, args, messages)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err = tx.Exec(ctx, "UPDATE event_offline SET error = 1 WHERE "+where, args...)
		return err
	})
	return n, err
}

func withMessages(where string, args []any, messages []string) (string, []any) {
	for _, m := range messages {
		args = append(args, m)
	}
	return where + " AND message_id IN (" + db.Marks(len(messages)) + ")", args
}
