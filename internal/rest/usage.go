package rest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// Usage is how much of the limits is used at a moment.
type Usage struct {
	Limits  Limits // those in force; zero values limit nothing
	Methods []MethodUse
	Sources []SourceUse // empty where requests are not limited: they are not counted then
}

// MethodUse is the time that a caller has spent in a method within the last ten minutes.
type MethodUse struct {
	ClientID string // the application's or webhook's; empty for a session
	UserID   int64  // of a session
	Method   string // of REST 3.0: below api/
	Seconds  float64
	ResetAt  time.Time // when the oldest part of it will be forgotten
}

// SourceUse is the count of requests of an address.
type SourceUse struct {
	Address string
	Count   int64
}

// Usage returns how much of the limits is used: the methods with most time first, then the addresses with most requests.
func (h *Handler) Usage() Usage {
	now := h.clock.Now()
	u := Usage{Limits: h.policy(context.Background()).Limits, Methods: h.meter.uses(now)}
	if r := h.rateOf(u.Limits); r != nil {
		u.Sources = r.uses(now.Unix())
	}
	return u
}

// uses returns what every caller has used, the most first.
func (m *meter) uses(now time.Time) []MethodUse {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []MethodUse
	for k, w := range m.windows {
		if w.forget(now.Unix()); w.sum() <= 0 {
			continue
		}
		u := MethodUse{
			ClientID: k.caller, UserID: k.user, Method: k.method.Name, Seconds: w.sum(), ResetAt: time.Unix(w.baskets[0].until, 0).UTC(),
		}
		if k.method.V3 {
			u.Method = "api/" + u.Method
		}
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b MethodUse) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), strings.Compare(a.ClientID+a.Method, b.ClientID+b.Method))
	})
	return out
}

// uses returns the addresses whose buckets are not empty, the fullest first.
func (r *rate) uses(second int64) []SourceUse {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []SourceUse
	for source, b := range r.sources {
		if n := r.left(b, second); n > 0 {
			out = append(out, SourceUse{source, n})
		}
	}
	slices.SortFunc(out, func(a, b SourceUse) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Address, b.Address)
	})
	return out
}
