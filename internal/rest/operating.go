package rest

import (
	"slices"
	"sync"
	"time"
)

// operatingLife is how long the time that a caller spent in a method counts.
const operatingLife = 10 * time.Minute

// meter adds up, for each caller and method, the seconds of the last ten minutes: the answer's "operating".
type meter struct {
	mu      sync.Mutex
	windows map[meterKey]*window
	swept   int64 // the minute of the last clean-up
}

type meterKey struct {
	caller string
	user   int64
	method *Method
}

// window holds a basket of seconds for each of the last minutes, the oldest first.
type window struct{ baskets []basket }

// basket is the time of a minute. It counts until ten minutes after the first call in it.
type basket struct {
	minute  int64 // since 1970
	until   int64 // seconds since 1970
	seconds float64
}

// add counts a call and returns the caller's sum for the method, and when (in seconds since 1970) the oldest part of it
// will be forgotten.
func (m *meter) add(c *Call, now time.Time, seconds float64) (sum float64, resetAt int64) {
	second := now.Unix()
	if c.Method == nil || c.Method.unmetered {
		return 0, second + int64(operatingLife.Seconds())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(second)
	key := keyOf(c)
	w := m.windows[key]
	if w == nil {
		w = &window{}
		m.windows[key] = w
	}
	w.forget(second)
	if n := len(w.baskets); n > 0 && w.baskets[n-1].minute >= second/60 {
		w.baskets[n-1].seconds += seconds
	} else {
		w.baskets = append(w.baskets, basket{second / 60, second + int64(operatingLife.Seconds()), seconds})
	}
	return w.sum(), w.baskets[0].until
}

// state returns the seconds that the caller has spent in the method until the call began, and when the oldest part of them
// will be forgotten (0 where there are none).
func (m *meter) state(c *Call) (sum float64, resetAt int64) {
	if c.Method.unmetered {
		return 0, 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.windows[keyOf(c)]
	if w == nil {
		return 0, 0
	}
	if w.forget(c.Start.Unix()); len(w.baskets) == 0 {
		return 0, 0
	}
	return w.sum(), w.baskets[0].until
}

// keyOf returns under whom a call counts: its application or webhook, or the user of a session.
func keyOf(c *Call) meterKey {
	if c.ClientID != "" {
		return meterKey{caller: c.ClientID, method: c.Method}
	}
	return meterKey{user: c.UserID, method: c.Method}
}

func (w *window) sum() (sum float64) {
	for _, b := range w.baskets {
		sum += b.seconds
	}
	return sum
}

// forget drops the baskets that do not count any more.
func (w *window) forget(second int64) {
	n := 0
	for n < len(w.baskets) && w.baskets[n].until <= second {
		n++
	}
	w.baskets = slices.Delete(w.baskets, 0, n)
}

// sweep forgets, once a minute, the callers that have been quiet for the whole time.
func (m *meter) sweep(second int64) {
	if m.windows == nil {
		m.windows = map[meterKey]*window{}
	}
	if m.swept == second/60 {
		return
	}
	m.swept = second / 60
	for k, w := range m.windows {
		if w.forget(second); len(w.baskets) == 0 {
			delete(m.windows, k)
		}
	}
}
