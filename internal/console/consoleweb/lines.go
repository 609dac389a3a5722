package consoleweb

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/web"
)

// line is a call or a delivery.
type line struct {
	call     *console.Call
	delivery *event.Sending
}

func (l line) at() time.Time {
	if l.call != nil {
		return l.call.At()
	}
	return l.delivery.Created
}

func (l line) row(n names) row {
	if l.call != nil {
		return callRow(*l.call, n)
	}
	return deliveryRow(*l.delivery, n)
}

func (l line) userID() int64 {
	if l.call != nil {
		return l.call.UserID
	}
	return l.delivery.UserID
}

// cursor is a place in the timeline: the ids of the oldest, or newest, call and delivery that were shown.
type cursor struct{ call, delivery int64 }

// String writes the cursor as "c1.d2".
func (c cursor) String() string {
	return "c" + strconv.FormatInt(c.call, 10) + ".d" + strconv.FormatInt(c.delivery, 10)
}

// readCursor reads what String wrote; the zero cursor where it is something else.
func readCursor(text string) (c cursor) {
	a, b, _ := strings.Cut(text, ".")
	c.call, _ = strconv.ParseInt(strings.TrimPrefix(a, "c"), 10, 64)
	c.delivery, _ = strconv.ParseInt(strings.TrimPrefix(b, "d"), 10, 64)
	return cursor{max(c.call, 0), max(c.delivery, 0)}
}

// lines returns a page of the timeline behind a cursor, and the cursor of the next page.
func (h pages) lines(ctx context.Context, r *web.Request, f console.Filter, behind cursor) (list []line, next cursor, err error) {
	f.Before = behind.call
	calls, err := h.Log.Calls(ctx, r.Viewer.Ref(), f, pageSize+1)
	if err != nil {
		return nil, cursor{}, err
	}
	sent, err := h.sent(ctx, r, f, event.DeliveryQuery{Before: behind.delivery, Limit: pageSize + 1})
	if err != nil {
		return nil, cursor{}, err
	}
	list = merge(calls, sent)
	if len(list) <= pageSize {
		return list, cursor{}, nil
	}
	list = list[:pageSize]
	next = behind
	for _, l := range list {
		if l.call != nil {
			next.call = l.call.ID
		} else {
			next.delivery = l.delivery.ID
		}
	}
	return list, next, nil
}

// sent returns the deliveries that the filter of the timeline means, to who may see them.
func (h pages) sent(ctx context.Context, r *web.Request, f console.Filter, page event.DeliveryQuery) ([]event.Sending, error) {
	q, ok := deliveryQuery(f)
	if !ok || !r.Viewer.May(access.ViewConsole) {
		return nil, nil
	}
	q.Before, q.Limit = page.Before, page.Limit
	found, err := h.Events.Deliveries(ctx, q)
	return found.Items, err
}

// overlap is how far back new rows are looked for again: another process may have stored an older one a little later.
const overlap = 2 * time.Second

// since returns the lines that are newer than a cursor, and a few that the page may have already: of deliveries the newest,
// since what becomes of them changes.
func (h pages) since(ctx context.Context, r *web.Request, f console.Filter, after cursor) ([]line, error) {
	f.After = max(0, after.call-console.IDSpan(overlap))
	calls, err := h.Log.Calls(ctx, r.Viewer.Ref(), f, pageSize)
	if err != nil {
		return nil, err
	}
	sent, err := h.sent(ctx, r, f, event.DeliveryQuery{Limit: pageSize})
	return merge(calls, sent), err
}

// merge puts calls and deliveries in the order of their times, the newest first.
func merge(calls []console.Call, sent []event.Sending) []line {
	out := linesOf(calls)
	for i := range sent {
		out = append(out, line{delivery: &sent[i]})
	}
	slices.SortStableFunc(out, func(a, b line) int { return b.at().Compare(a.at()) })
	return out
}

func linesOf(calls []console.Call) []line {
	out := make([]line, len(calls))
	for i := range calls {
		out[i] = line{call: &calls[i]}
	}
	return out
}

// newest returns the cursor of the newest lines.
func newest(list []line) string {
	var c cursor
	for _, l := range list {
		if l.call != nil {
			c.call = max(c.call, l.call.ID)
		} else {
			c.delivery = max(c.delivery, l.delivery.ID)
		}
	}
	return c.String()
}

func usersOf(list []line) []int64 {
	var out []int64
	for _, l := range list {
		if id := l.userID(); id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
