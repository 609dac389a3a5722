package rest

import (
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

// HandlerOption sets what only some handlers have.
type HandlerOption func(*Handler)

// WithLimits makes a handler keep to l.
func WithLimits(l Limits) HandlerOption {
	return func(h *Handler) {
		h.operating = l.Operating.Seconds()
		if l.Burst > 0 {
			h.rate = &rate{burst: l.Burst, perSecond: l.PerSecond, sources: map[string]bucket{}}
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

// take counts a request of source; it reports false where source has passed its limit.
func (r *rate) take(source string, now time.Time) bool {
	second := now.Unix()
	r.mu.Lock()
	defer r.mu.Unlock()
	b, known := r.sources[source]
	count := r.left(b, second)
	if count > r.burst {
		return false
	}
	if !known && len(r.sources) >= maxSources {
		r.makeRoom(second)
	}
	r.sources[source] = bucket{count + 1, max(second, b.second)}
	return true
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
