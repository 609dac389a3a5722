package botv2

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// The number of events of one answer.
const (
	DefaultFetch = 100
	MaxFetch     = 1000
)

// ErrNotSubscribed is the fault of fetching the events of a person who has not subscribed together with a bot's.
var ErrNotSubscribed = fault.New(fault.Invalid, "USER_NOT_SUBSCRIBED", "User not subscribed")

// Queued is an event that waits to be fetched.
type Queued struct {
	ID   int64
	Name string
	Date time.Time
	Data json.RawMessage
}

// Batch is what a fetch returns.
type Batch struct {
	Events []Queued
	Next   int64 // the offset that confirms Events
	More   bool
}

// FetchQuery says whose events to fetch. Of BotID and UserID one may be 0.
type FetchQuery struct {
	BotID, UserID int64
	Offset        int64 // confirms all events with smaller ids; 0: none
	Limit         int64 // 1–1000; DefaultFetch when 0
}

// queueLock orders those who add to queues, also those of other processes, so that ids become visible in their order: an offset
// would else confirm what its client never saw.
const queueLock = "bot queue"

// queueTx adds an event to the queue of a bot or of a person.
func (s *Service) queueTx(ctx context.Context, tx *db.Tx, botID, userID int64, name string, data phpform.Value) error {
	if err := tx.Lock(ctx, queueLock); err != nil {
		return err
	}
	now := s.cfg.Clock.Now()
	err := tx.Later(ctx, "INSERT INTO bot_queue (bot_id, user_id, name, created, data) VALUES (?, ?, ?, ?, ?)",
		botID, userID, name, db.Micro(now), string(phpform.AppendJSON(nil, data)))
	if err != nil {
		return fmt.Errorf("queue %s: %w", name, err)
	}
	return s.sweepTx(ctx, tx, now)
}

// sweepEvery is how often events that nobody fetched are looked for.
const sweepEvery = 10 * time.Minute

// sweepTx removes the events that have waited too long.
func (s *Service) sweepTx(ctx context.Context, tx *db.Tx, now time.Time) error {
	last := s.swept.Load()
	if db.Micro(now)-last < sweepEvery.Microseconds() || !s.swept.CompareAndSwap(last, db.Micro(now)) {
		return nil
	}
	err := tx.Later(ctx, "DELETE FROM bot_queue WHERE created < ? AND (user_id <> 0 OR created < ?)",
		db.Micro(now.Add(-KeepUserEvents)), db.Micro(now.Add(-KeepBotEvents)))
	if err != nil {
		return fmt.Errorf("forget old events: %w", err)
	}
	return nil
}

// Fetch confirms what the caller has handled and returns what follows, the oldest first.
// Pages: api-reference/chat-bots/chat-bots-v2/imbot.v2/events/event-get.md, ../im.v2/events/event-get.md.
func (s *Service) Fetch(ctx context.Context, q FetchQuery) (b Batch, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = DefaultFetch
	}
	limit = min(limit, MaxFetch)
	confirmed := false
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		b.Events, confirmed, err = fetchTx(ctx, tx, q, limit+1, s.cfg.Clock.Now())
		return err
	})
	if err != nil {
		return Batch{}, err
	}
	if confirmed {
		if err := s.cfg.DB.Write(ctx, func(tx *db.Tx) error { return confirmTx(ctx, tx, q) }); err != nil {
			return Batch{}, err
		}
	}
	b.Next = q.Offset
	if b.More = int64(len(b.Events)) > limit; b.More {
		b.Events = b.Events[:limit]
	}
	if n := len(b.Events); n > 0 {
		b.Next = b.Events[n-1].ID + 1
	}
	return b, nil
}

// whose is the condition on the rows of q's queues.
func (q FetchQuery) whose() (string, []any) {
	var parts []string
	var args []any
	for _, owner := range []struct {
		column string
		id     int64
	}{{"bot_id", q.BotID}, {"user_id", q.UserID}} {
		if owner.id != 0 {
			// The second condition is that of the partial index.
			parts, args = append(parts, "("+owner.column+" = ? AND "+owner.column+" <> 0)"), append(args, owner.id)
		}
	}
	if len(parts) == 0 {
		return "(1 = 0)", nil
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// fetchTx reads events, and whether there are any that q's offset confirms.
func fetchTx(ctx context.Context, tx *db.Tx, q FetchQuery, limit int64, now time.Time) (out []Queued, confirmed bool, err error) {
	whose, args := q.whose()
	rows, err := tx.Query(ctx, `SELECT id, name, created, data FROM bot_queue WHERE `+whose+` AND id >= ? AND (user_id = 0 OR created >= ?)
		ORDER BY id LIMIT ?`, append(args, q.Offset, db.Micro(now.Add(-KeepUserEvents)), limit)...)
	if err != nil {
		return nil, false, fmt.Errorf("read events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e Queued
		var created int64
		var data string
		if err := rows.Scan(&e.ID, &e.Name, &created, &data); err != nil {
			return nil, false, fmt.Errorf("read event: %w", err)
		}
		e.Date, e.Data = db.Time(created), json.RawMessage(data)
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("read events: %w", err)
	}
	if q.Offset <= 0 {
		return out, false, nil
	}
	var handled int64
	whose, args = q.whose()
	err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM bot_queue WHERE "+whose+" AND id < ? LIMIT 1) handled", append(args, q.Offset)...).
		Scan(&handled)
	if err != nil {
		return nil, false, fmt.Errorf("look for handled events: %w", err)
	}
	return out, handled > 0, nil
}

func confirmTx(ctx context.Context, tx *db.Tx, q FetchQuery) error {
	whose, args := q.whose()
	if err := tx.Later(ctx, "DELETE FROM bot_queue WHERE "+whose+" AND id < ?", append(args, q.Offset)...); err != nil {
		return fmt.Errorf("confirm events: %w", err)
	}
	return nil
}

// Subscribe begins to record a person's events. Doing it again changes nothing.
// Page: api-reference/chat-bots/chat-bots-v2/im.v2/events/event-subscribe.md.
func (s *Service) Subscribe(ctx context.Context, userID int64) error {
	return s.change(ctx, `INSERT INTO bot_subscriber (user_id, created) VALUES (?, ?) ON CONFLICT (user_id) DO NOTHING`,
		userID, db.Micro(s.cfg.Clock.Now()))
}

// Unsubscribe ends it. What was recorded can be fetched until it is too old.
// Page: api-reference/chat-bots/chat-bots-v2/im.v2/events/event-unsubscribe.md.
func (s *Service) Unsubscribe(ctx context.Context, userID int64) error {
	return s.change(ctx, "DELETE FROM bot_subscriber WHERE user_id = ?", userID)
}

func (s *Service) change(ctx context.Context, q string, args ...any) error {
	return s.cfg.DB.Write(ctx, func(tx *db.Tx) error {
		err := tx.Later(ctx, q, args...)
		tx.OnCommit(s.quiet.forget)
		return err
	})
}

// Subscribed reports whether a person subscribed.
func (s *Service) Subscribed(ctx context.Context, userID int64) (yes bool, err error) {
	err = s.cfg.DB.Read(ctx, func(tx *db.Tx) error {
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM bot_subscriber WHERE user_id = ?", userID).Scan(&n)
		yes = n > 0
		return err
	})
	return yes, err
}

// followersTx returns those of members who subscribed.
func (s *Service) followersTx(ctx context.Context, tx *db.Tx, members []int64) ([]int64, error) {
	none, changes := s.quiet.look()
	if none || len(members) == 0 {
		return nil, nil
	}
	var all []int64
	rows, err := tx.Query(ctx, "SELECT user_id FROM bot_subscriber ORDER BY user_id")
	if err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read subscribers: %w", err)
		}
		all = append(all, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read subscribers: %w", err)
	}
	if len(all) == 0 {
		tx.OnCommit(func() { s.quiet.learn(changes) })
	}
	return both(all, members), nil
}

// both returns the ids of all that are among members.
func both(all, members []int64) (out []int64) {
	in := make(map[int64]struct{}, len(members))
	for _, id := range members {
		in[id] = struct{}{}
	}
	for _, id := range all {
		if _, ok := in[id]; ok {
			out = append(out, id)
		}
	}
	return out
}

// quiet remembers that nobody subscribed, so that messages of a portal without subscribers cost no look at the table.
type quiet struct {
	mu      sync.Mutex
	none    bool
	changes uint64
}

// look reports whether nobody subscribed as far as is known, and the count of changes for learn.
func (q *quiet) look() (none bool, changes uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.none, q.changes
}

// learn notes that nobody had subscribed, unless that may have changed since.
func (q *quiet) learn(changes uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.none = q.changes == changes
}

func (q *quiet) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.none, q.changes = false, q.changes+1
}
