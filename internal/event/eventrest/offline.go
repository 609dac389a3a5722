package eventrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// The number of records that are fetched where the call does not say how many, and that a page of a list has.
const (
	defaultTake = 50
	pageSize    = 50
)

// errDenied is the documented fault of somebody who is no administrator.
var errDenied = fault.New(fault.Denied, "ACCESS_DENIED", "Access denied!")

// record is a record of the queue as event.offline.get answers it.
type record struct {
	ID         int64  `json:"ID,string"`
	Timestamp  string `json:"TIMESTAMP_X"`
	Event      string `json:"EVENT_NAME"`
	Data       any    `json:"EVENT_DATA"`       // false where there are none
	Additional bool   `json:"EVENT_ADDITIONAL"` // always false: nothing is known beyond the data
	MessageID  string `json:"MESSAGE_ID"`
}

// listed is a record as event.offline.list answers it.
type listed struct {
	record

	ProcessID string `json:"PROCESS_ID"`
	Error     string `json:"ERROR"`
}

// atom is ISO 8601 with the offset in digits.
const atom = "2006-01-02T15:04:05-07:00"

func recordOf(q event.Queued) record {
	r := record{ID: q.ID, Timestamp: q.Changed.Format(atom), Event: q.Event, Data: false, MessageID: q.MessageID}
	if !q.Data.Empty() {
		r.Data = q.Data
	}
	return r
}

// takeParams are the parameters of event.offline.get.
type takeParams struct {
	Filter    phpform.Value `b24:"filter"`
	Order     phpform.Value `b24:"order"`
	Limit     *int64        `b24:"limit"`
	Clear     *bool         `b24:"clear"`
	ProcessID string        `b24:"process_id"`
	Connector string        `b24:"auth_connector"`
	Error     bool          `b24:"error"`
}

// taken is the answer of event.offline.get.
type taken struct {
	ProcessID *string  `json:"process_id"` // null where the records were deleted
	Events    []record `json:"events"`
}

// The fields by which each method filters and sorts.
var (
	takeFields = []string{"ID", "TIMESTAMP_X", "EVENT_NAME", "MESSAGE_ID"}
	listFields = append(append([]string{}, takeFields...), "PROCESS_ID", "ERROR")
)

func (h handlers) offlineGet(ctx context.Context, c *rest.Call, p takeParams) (taken, error) {
	if !c.Admin {
		return taken{}, errDenied
	}
	t := event.Take{Keep: p.Clear != nil && !*p.Clear, ProcessID: p.ProcessID, Errors: p.Error}
	var err error
	if t.QueueQuery, err = query(c, p.Connector, p.Filter, p.Order, takeFields); err != nil {
		return taken{}, err
	}
	if len(t.Order) == 0 {
		t.Order = []event.QueueOrder{{Field: event.QueueChanged}}
	}
	t.Limit = defaultTake
	if p.Limit != nil {
		if t.Limit = *p.Limit; t.Limit < 1 {
			return taken{}, fault.Argument("limit", "Argument 'limit' must be 1 or more")
		}
	}
	process, rows, err := h.service.TakeQueue(ctx, t)
	if err != nil {
		return taken{}, err
	}
	out := taken{Events: make([]record, len(rows))}
	if process != "" {
		out.ProcessID = &process
	}
	for i, r := range rows {
		out.Events[i] = recordOf(r)
	}
	return out, nil
}

// queueParams are the parameters of event.offline.list.
type queueParams struct {
	Filter    phpform.Value `b24:"filter"`
	Order     phpform.Value `b24:"order"`
	Start     int64         `b24:"start"`
	Connector string        `b24:"auth_connector"`
}

func (h handlers) offlineList(ctx context.Context, c *rest.Call, p queueParams) (out rest.Page[listed], err error) {
	if !c.Admin {
		return out, errDenied
	}
	if p.Start < 0 {
		return out, fault.Argument("start", "Argument 'start' must be 0 or more")
	}
	q, err := query(c, p.Connector, p.Filter, p.Order, listFields)
	if err != nil {
		return out, err
	}
	q.Limit, q.Offset = pageSize, p.Start
	rows, total, err := h.service.Queue(ctx, q)
	if err != nil {
		return out, err
	}
	out.Total = total
	if p.Start+pageSize < total {
		out.Next = p.Start + pageSize
	}
	for _, r := range rows {
		l := listed{record: recordOf(r), ProcessID: r.ProcessID, Error: "0"}
		if r.Error {
			l.Error = "1"
		}
		out.Items = append(out.Items, l)
	}
	return out, nil
}

// clearParams are the parameters of event.offline.clear.
type clearParams struct {
	ProcessID string   `b24:"process_id,required"`
	ID        []int64  `b24:"id"`
	MessageID []string `b24:"message_id"`
}

func (h handlers) offlineClear(ctx context.Context, c *rest.Call, p clearParams) (bool, error) {
	if !c.Admin {
		return false, errDenied
	}
	if err := few("id", len(p.ID)); err != nil {
		return false, err
	}
	if err := few("message_id", len(p.MessageID)); err != nil {
		return false, err
	}
	_, err := h.service.ClearQueue(ctx, c.AppID, p.ProcessID, p.ID, p.MessageID)
	return err == nil, err
}

// errorParams are the parameters of event.offline.error.
type errorParams struct {
	ProcessID string   `b24:"process_id,required"`
	MessageID []string `b24:"message_id"`
}

func (h handlers) offlineError(ctx context.Context, c *rest.Call, p errorParams) (bool, error) {
	if !c.Admin {
		return false, errDenied
	}
	if err := few("message_id", len(p.MessageID)); err != nil {
		return false, err
	}
	_, err := h.service.FailQueue(ctx, c.AppID, p.ProcessID, p.MessageID)
	return err == nil, err
}

// few refuses a list that is longer than what can have been fetched at once.
func few(name string, n int) error {
	if n > event.MaxTake {
		return fault.Argument(name, "Argument '"+name+"' has too many values")
	}
	return nil
}

// query reads the filter and the order of a call on the queue.
func query(c *rest.Call, connector string, filter, order phpform.Value, fields []string) (q event.QueueQuery, err error) {
	q.AppID, q.Connector = c.AppID, connector
	if q.Where, err = conditions(filter, fields); err != nil {
		return q, err
	}
	for _, e := range order.Entries() {
		f, ok := fieldOf(e.Key, fields)
		if !ok {
			return q, fault.Argument("order", "The queue cannot be sorted by '"+e.Key+"'")
		}
		switch strings.ToUpper(e.Value.Text()) {
		case "ASC", "":
			q.Order = append(q.Order, event.QueueOrder{Field: f})
		case "DESC":
			q.Order = append(q.Order, event.QueueOrder{Field: f, Desc: true})
		default:
			return q, fault.Argument("order", "The order of '"+e.Key+"' must be ASC or DESC")
		}
	}
	return q, nil
}
