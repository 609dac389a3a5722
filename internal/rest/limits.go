package rest

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Limits are the limits of the documented cloud; settings/performance/limits.md. The zero value limits nothing.
type Limits struct {
	// Burst is the threshold of the count of requests that is kept for each source address: while the count is above it,
	// requests fail with QUERY_LIMIT_EXCEEDED and are not counted. 0 is no limit. The documented values are 50 and 250.
	Burst int64
	// PerSecond is by how much each count falls every second: 2 with a Burst of 50, 5 with one of 250.
	PerSecond int64
	// Operating is how much time an application or webhook may spend in one method within ten minutes: beyond it the
	// method fails with OPERATION_TIME_LIMIT. 0 is no limit. The documented value is 480 seconds.
	Operating time.Duration
}

// Policy is what an administrator may change while a handler runs.
type Policy struct {
	Limits
	// Lenient lets inbound webhooks call the methods marked with WebhookToo, which the documentation keeps from them.
	Lenient bool
	// Warnings has answers tell in which respects a call departs from the documentation; see WithContract.
	Warnings bool
	// Unprotected turns off what protects the server itself; see Protection.
	Unprotected bool
}

// HandlerOption sets what only some handlers have.
type HandlerOption func(*Handler)

// WithLimits makes a handler keep to l.
func WithLimits(l Limits) HandlerOption {
	return WithPolicy(func(context.Context) Policy { return Policy{Limits: l} })
}

// WithPolicy makes a handler ask policy, for every request, what holds now. It must be quick.
func WithPolicy(policy func(ctx context.Context) Policy) HandlerOption {
	return func(h *Handler) { h.policy = policy }
}

// rateOf returns the counts of requests that belong to l; nil where requests are not limited. Other limits begin to count
// anew.
func (h *Handler) rateOf(l Limits) *rate {
	if l.Burst <= 0 {
		return nil
	}
	for {
		r := h.rate.Load()
		if r != nil && r.burst == l.Burst && r.perSecond == l.PerSecond {
			return r
		}
		if made := newRate(l.Burst, l.PerSecond); h.rate.CompareAndSwap(r, made) {
			return made
		}
	}
}

// maxSources is how many source addresses are counted at once. Beyond it one of them is forgotten for each that comes.
const maxSources = 10_000

// rate counts the requests of each source address in a leaky bucket.
type rate struct {
	burst, perSecond int64

	mu      sync.Mutex
	sources map[string]bucket
	swept   int64 // the second of the last clean-up
}

type bucket struct {
	count  int64
	second int64 // when count was true, since 1970
}

func newRate(burst, perSecond int64) *rate {
	return &rate{burst: burst, perSecond: perSecond, sources: map[string]bucket{}}
}

// take counts a request of source. It returns the count, and false where source has passed its limit.
func (r *rate) take(source string, now time.Time) (count int64, ok bool) {
	second := now.Unix()
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.sources[source]
	if count = r.left(b, second); count > r.burst {
		return count, false
	}
	if !known && len(r.sources) >= maxSources {
		r.makeRoom(second)
	}
	r.sources[source] = bucket{count + 1, max(second, b.second)}
	return count + 1, true
}

// count returns the count of source.
func (r *rate) count(source string, now time.Time) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left(r.sources[source], now.Unix())
}

// wait is after how many seconds a source whose count is passed may ask again.
func (r *rate) wait(count int64) int64 {
	if r.perSecond <= 0 {
		return 1
	}
	return max(1, (count-r.burst+r.perSecond-1)/r.perSecond)
}

// left is what has not run out of b yet.
func (r *rate) left(b bucket, second int64) int64 {
	return max(0, b.count-r.perSecond*max(0, second-b.second))
}

// makeRoom forgets, at most once a second, the sources whose buckets have run empty, and any one where that is not enough.
func (r *rate) makeRoom(second int64) {
	if r.swept != second {
		r.swept = second
		for source, b := range r.sources {
			if r.left(b, second) == 0 {
				delete(r.sources, source)
			}
		}
	}
	for source := range r.sources {
		if len(r.sources) < maxSources {
			return
		}
		delete(r.sources, source)
	}
}

// gauge is what the answer's headers tell of the limits.
type gauge struct {
	burst, count, perSecond int64 // of requests; burst is 0 where they are not limited
	operating, used         float64
	resetAt                 int64 // when some of used is forgotten, in seconds since 1970
	retryAfter              int64 // seconds; 0: the call was not refused by a limit
}

// limitHeaders are the headers by which a client learns how far it is from the limits.
var limitHeaders = []string{
	"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Operating-Limit", "X-Operating", "X-Operating-Reset", "Retry-After",
}

// write sets the headers of the limits that are on.
func (g gauge) write(h http.Header) {
	set := func(name string, n int64) { h.Set(name, strconv.FormatInt(n, 10)) }
	if g.burst > 0 {
		set("X-RateLimit-Limit", g.burst)
		set("X-RateLimit-Remaining", max(0, g.burst+1-g.count))
		set("X-RateLimit-Reset", (g.count+g.perSecond-1)/max(1, g.perSecond))
	}
	if g.operating > 0 && g.resetAt > 0 {
		h.Set("X-Operating-Limit", strconv.FormatFloat(g.operating, 'f', -1, 64))
		h.Set("X-Operating", strconv.FormatFloat(math.Round(g.used*1000)/1000, 'f', -1, 64))
		set("X-Operating-Reset", g.resetAt)
	}
	if g.retryAfter > 0 {
		set("Retry-After", g.retryAfter)
	}
}
