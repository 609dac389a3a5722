package event

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// DeliveryQuery chooses deliveries. Its zero value chooses all.
type DeliveryQuery struct {
	Event    string // the name of an event, in any case
	AppID    int64  // an application
	HookID   int64  // an outbound webhook
	LaneID   int64  // a handler
	Handler  string // a part of the handler's address
	BotID    int64  // what is for a bot
	State    *State
	ReplayOf int64     // those that repeat this one
	Text     string    // a part of the data, of the handler's address or of the answer
	From, To time.Time // when it was recorded; To itself is not in

	Before int64 // the Next of an earlier page; 0 is the newest
	Limit  int   // at most MaxDeliveries; 0 is 50
}

// MaxDeliveries is how many deliveries a page holds at most.
const MaxDeliveries = 200

// Sending is a delivery as a list shows it.
type Sending struct {
	ID       int64
	Lane     LaneRef
	Event    string
	UserID   int64 // whose access the handler gets; 0 for none
	BotID    int64 // of the bot that it is for; 0 for none
	State    State
	Attempts int64
	Created  time.Time
	LastAt   time.Time     // of the last attempt; zero when there was none
	Took     time.Duration // the last attempt
	Status   int           // of the last answer; 0 when there was none
	Answer   string        // the beginning of it, or why there was none
	ReplayOf int64         // the delivery that it repeats; 0 for none
}

// LaneRef names a handler.
type LaneRef struct {
	ID     int64
	AppID  int64 // 0 for an outbound webhook, and for who registered a bot through a webhook
	HookID int64 // the outbound webhook; 0 for none
	URL    string
}

// DeliveryPage is a page of a list, the newest delivery first.
type DeliveryPage struct {
	Items []Sending
	// Next is the Before of the next page; 0 when there is none. A search in texts looks through so many deliveries and no
	// more at a time, so a page may have a Next and hold few items, or none.
	Next int64
}

// How far a search in texts looks at a time, in deliveries.
const (
	searchWindow  = 20_000
	searchWindows = 5
)

const sendingColumns = `d.id, d.lane_id, l.app_id, l.hook_id, l.url, d.name, d.user_id, d.bot_id, d.state, d.attempts, d.created_at,
	d.sent_at, d.took_us, d.status, d.answer, d.replay_of`

const sendingTables = " FROM event_delivery d JOIN event_lane l ON l.id = d.lane_id "

// ErrNoDelivery is the fault of a delivery that is not there, or no longer.
var ErrNoDelivery = fault.New(fault.NotFound, "DELIVERY_NOT_FOUND", "There is no such delivery. Old ones are forgotten.")

// Deliveries returns a page of deliveries.
func (s *Service) Deliveries(ctx context.Context, q DeliveryQuery) (p DeliveryPage, err error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, MaxDeliveries)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err = deliveriesTx(ctx, tx, q)
		return err
	})
	if err != nil {
		return DeliveryPage{}, fmt.Errorf("list deliveries: %w", err)
	}
	return p, nil
}

func deliveriesTx(ctx context.Context, tx *db.Tx, q DeliveryQuery) (DeliveryPage, error) {
	low, high, err := bounds(ctx, tx, q)
	if err != nil || low >= high {
		return DeliveryPage{}, err
	}
	lanes, all, err := lanesOf(ctx, tx, q)
	if err != nil || !all && len(lanes) == 0 {
		return DeliveryPage{}, err
	}
	if q.Text != "" {
		return searchTx(ctx, tx, q, lanes, low, high)
	}
	items, err := someTx(ctx, tx, q, lanes, low, high)
	return cutPage(items, q.Limit, 0), err
}

// cutPage makes a page of items, of which there is one more than the limit where there are more. rest is where the next
// page begins when there is none.
func cutPage(items []Sending, limit int, rest int64) DeliveryPage {
	if len(items) > limit {
		return DeliveryPage{items[:limit], items[limit-1].ID}
	}
	return DeliveryPage{items, rest}
}

// searchTx looks through windows of deliveries, the newest first.
func searchTx(ctx context.Context, tx *db.Tx, q DeliveryQuery, lanes []int64, low, high int64) (DeliveryPage, error) {
	var found []Sending
	for range searchWindows {
		from := max(low, high-searchWindow)
		some, err := someTx(ctx, tx, q, lanes, from, high)
		if err != nil {
			return DeliveryPage{}, err
		}
		found, high = append(found, some...), from
		if len(found) > q.Limit || from == low {
			break
		}
	}
	if high == low {
		high = 0
	}
	return cutPage(found, q.Limit, high), nil
}

// manyLanes is from how many handlers on they are not asked one by one.
const manyLanes = 32

// someTx returns the newest deliveries with low <= id < high, one more than the limit where there are more. A few handlers
// are asked one by one: each has its deliveries in order.
func someTx(ctx context.Context, tx *db.Tx, q DeliveryQuery, lanes []int64, low, high int64) ([]Sending, error) {
	if len(lanes) == 0 || len(lanes) > manyLanes {
		return selectTx(ctx, tx, q, lanes, low, high)
	}
	var out []Sending
	for _, id := range lanes {
		some, err := selectTx(ctx, tx, q, []int64{id}, low, high)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortFunc(out, func(a, b Sending) int { return int(b.ID - a.ID) })
	return out[:min(len(out), q.Limit+1)], nil
}

func selectTx(ctx context.Context, tx *db.Tx, q DeliveryQuery, lanes []int64, low, high int64) ([]Sending, error) {
	where, args := "WHERE d.id >= ? AND d.id < ?", []any{low, high}
	add := func(condition string, values ...any) {
		where, args = where+" AND "+condition, append(args, values...)
	}
	order := "d.id"
	if len(lanes) > 0 {
		add("d.lane_id IN ("+db.Marks(len(lanes))+")", db.Args(lanes)...)
	}
	if q.Event != "" {
		add("d.name = ?", strings.ToUpper(q.Event))
	}
	if q.State != nil {
		add("d.state = " + stateSQL[*q.State]) // a literal: the partial indexes are for it
		if *q.State == Pending {
			order = "+d.id" // of few; the index of what waits is by handler
		}
	}
	if q.BotID != 0 {
		add("d.bot_id = ? AND d.bot_id <> 0", q.BotID) // the index is partial
	}
	if q.ReplayOf != 0 {
		add("d.replay_of = ? AND d.replay_of <> 0", q.ReplayOf) // the index is partial
	}
	if q.Text != "" {
		like := "%" + db.Like(strings.ToLower(q.Text)) + "%"
		add(`(LOWER(d.data) LIKE ? ESCAPE '\' OR LOWER(l.url) LIKE ? ESCAPE '\' OR LOWER(d.answer) LIKE ? ESCAPE '\')`, like, like, like)
	}
	if !q.From.IsZero() {
		add("d.created_at >= ?", db.Micro(q.From))
	}
	if !q.To.IsZero() {
		add("d.created_at < ?", db.Micro(q.To))
	}
	rows, err := tx.Query(ctx, "SELECT "+sendingColumns+sendingTables+where+" ORDER BY "+order+" DESC LIMIT ?", append(args, int64(q.Limit+1))...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []Sending
	for rows.Next() {
		d, err := scanSending(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

var stateSQL = map[State]string{Pending: "0", Sent: "1", Dead: "2"}

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

func scanSending(r scanner, more ...any) (d Sending, err error) {
	var created, last, took int64
	err = r.Scan(append([]any{
		&d.ID, &d.Lane.ID, &d.Lane.AppID, &d.Lane.HookID, &d.Lane.URL, &d.Event, &d.UserID, &d.BotID, &d.State, &d.Attempts,
		&created, &last, &took, &d.Status, &d.Answer, &d.ReplayOf,
	}, more...)...)
	d.Created, d.LastAt, d.Took = db.Time(created), db.Time(last), time.Duration(took)*time.Microsecond
	return d, err
}

// lanesOf returns the handlers that the query names; all is true when it names none.
func lanesOf(ctx context.Context, tx *db.Tx, q DeliveryQuery) (ids []int64, all bool, err error) {
	if q.AppID == 0 && q.HookID == 0 && q.LaneID == 0 && q.Handler == "" {
		return nil, true, nil
	}
	where, args := laneWhere(LaneQuery{AppID: q.AppID, HookID: q.HookID, LaneID: q.LaneID, Handler: q.Handler})
	rows, err := tx.Query(ctx, "SELECT id FROM event_lane l "+where+" ORDER BY id DESC LIMIT 1000", args...)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, false, err
		}
		ids = append(ids, id)
	}
	return ids, false, rows.Err()
}

// clockSkew is by how much the times of deliveries may be out of the order of their numbers.
const clockSkew = time.Minute

// bounds returns the numbers, low <= id < high, between which the deliveries of a query lie.
func bounds(ctx context.Context, tx *db.Tx, q DeliveryQuery) (low, high int64, err error) {
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MIN(id), 0), COALESCE(MAX(id), 0) + 1 FROM event_delivery").Scan(&low, &high); err != nil {
		return 0, 0, err
	}
	first, end := low, high
	if !q.From.IsZero() {
		if low, err = idAt(ctx, tx, first, end, q.From.Add(-clockSkew)); err != nil {
			return 0, 0, err
		}
	}
	if !q.To.IsZero() {
		if high, err = idAt(ctx, tx, first, end, q.To.Add(clockSkew)); err != nil {
			return 0, 0, err
		}
	}
	if q.Before != 0 {
		high = min(high, q.Before)
	}
	return low, high, nil
}

// idAt returns the number of the first delivery that was recorded at t or later, by halving: times grow with numbers.
func idAt(ctx context.Context, tx *db.Tx, low, high int64, t time.Time) (int64, error) {
	for low < high {
		middle := low + (high-low)/2
		var created int64
		err := tx.QueryRow(ctx, "SELECT created_at FROM event_delivery WHERE id >= ? ORDER BY id LIMIT 1", middle).Scan(&created)
		switch {
		case errors.Is(err, db.ErrNoRows):
			high = middle
		case err != nil:
			return 0, err
		case created < db.Micro(t):
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, nil
}

// DeliveryDetails is a delivery with all that is kept of it.
type DeliveryDetails struct {
	Sending

	Data     phpform.Value // its secrets are masked
	NoAuth   bool          // it carries no tokens
	Handler  Lane
	Log      []Attempt // the first attempt first
	Repeated []Sending // the deliveries that repeat it, the newest first
}

// Delivery returns a delivery. Fault: DELIVERY_NOT_FOUND.
func (s *Service) Delivery(ctx context.Context, id int64) (out DeliveryDetails, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p := pending{id: id}
		out.Sending, err = scanSending(tx.QueryRow(ctx, "SELECT "+sendingColumns+", d.data, d.no_auth, d.binding_id"+sendingTables+
			"WHERE d.id = ?", id), &p.data, &p.noAuth, &p.bindingID)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNoDelivery
		}
		if err != nil {
			return err
		}
		out.NoAuth, p.botID, p.name = p.noAuth, out.BotID, out.Event
		data, err := parse(p.data)
		if err != nil {
			return err
		}
		out.Data = masked(data)
		if out.Log, err = attemptsTx(ctx, tx, p, out.Lane.ID); err != nil {
			return err
		}
		if out.Handler, err = laneInfoTx(ctx, tx, out.Lane.ID); err != nil {
			return err
		}
		out.Repeated, err = repeatedTx(ctx, tx, out.Sending)
		return err
	})
	return out, err
}

// repeatedTx returns the newest deliveries that repeat d. They are of the same handler unless somebody edited its address.
func repeatedTx(ctx context.Context, tx *db.Tx, d Sending) ([]Sending, error) {
	var high int64
	if err := tx.QueryRow(ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM event_delivery").Scan(&high); err != nil {
		return nil, err
	}
	return selectTx(ctx, tx, DeliveryQuery{ReplayOf: d.ID, Limit: 20}, nil, d.ID+1, high)
}
