package rest

import (
	"sync"
	"time"
)

// operatingMinutes is over how many minutes the time that a caller spent in a method is added up.
const operatingMinutes = 10

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

// window holds a bucket of seconds for each of the last minutes, the bucket of minute m at m % operatingMinutes.
type window struct {
	last    int64 // the minute of the newest bucket
	seconds [operatingMinutes]float64
}

// add counts a call and returns the caller's sum for the method, and when (in seconds since 1970) the oldest part of it
// will be forgotten.
func (m *meter) add(c *Call, now time.Time, seconds float64) (sum float64, resetAt int64) {
	if c.Method == nil || c.Method.unmetered {
		return 0, now.Add(operatingMinutes * time.Minute).Unix()
	}
	minute := now.Unix() / 60
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(minute)
	key := keyOf(c)
	w := m.windows[key]
	if w == nil {
		w = &window{last: minute}
		m.windows[key] = w
	}
	w.advance(minute)
	w.seconds[minute%operatingMinutes] += seconds
	oldest := minute
	for i := range int64(operatingMinutes) {
		if s := w.seconds[(minute-i+operatingMinutes)%operatingMinutes]; s > 0 {
			sum, oldest = sum+s, minute-i
		}
	}
	return sum, (oldest + operatingMinutes) * 60
}

// sum returns the seconds that the caller has spent in the method until the call began.
func (m *meter) sum(c *Call) (sum float64) {
	if c.Method.unmetered {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.windows[keyOf(c)]
	if w == nil {
		return 0
	}
	w.advance(c.Start.Unix() / 60)
	for _, s := range w.seconds {
		sum += s
	}
	return sum
}

// keyOf returns under whom a call counts: its application or webhook, or the user of a session.
func keyOf(c *Call) meterKey {
	if c.ClientID != "" {
		return meterKey{caller: c.ClientID, method: c.Method}
	}
	return meterKey{user: c.UserID, method: c.Method}
}

// advance empties the buckets of the minutes that have passed since the last call.
func (w *window) advance(minute int64) {
	for i := max(w.last+1, minute-operatingMinutes+1); i <= minute; i++ {
		w.seconds[i%operatingMinutes] = 0
	}
	w.last = max(w.last, minute)
}

// sweep forgets, once a minute, the callers that have been quiet for the whole window.
func (m *meter) sweep(minute int64) {
	if m.windows == nil {
		m.windows = map[meterKey]*window{}
	}
	if m.swept == minute {
		return
	}
	m.swept = minute
	for k, w := range m.windows {
		if minute-w.last >= operatingMinutes {
			delete(m.windows, k)
		}
	}
}
