package rest

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/fault"
)

// Protection is what keeps one caller from taking the server away from the others. It is high enough not to be felt: see
// docs/limits.md. The zero value protects nothing.
type Protection struct {
	// SourceBurst and SourcePerSecond bound the requests of a source address: so many at once, and so many a second. The
	// addresses of an IPv6 network of 64 bits count as one.
	SourceBurst, SourcePerSecond int64
	// CallerBurst and CallerPerSecond bound those of an application, a webhook or the sessions of a user.
	CallerBurst, CallerPerSecond int64
	// FailureBurst and FailurePerSecond bound the unknown tokens and webhooks that come from a source address: further ones
	// are told to come back later. What is known is let in all the while.
	FailureBurst, FailurePerSecond int64
	// Concurrent bounds the requests that are under way at once.
	Concurrent int
	// Large bounds the bodies beyond MaxBody that are read or worked on at once.
	Large int
	// BodyIdle is how long a body may pause, BodyTotal how long it may take altogether.
	BodyIdle, BodyTotal time.Duration
	// Batch is how long a batch may take: the calls after it are not run.
	Batch time.Duration
}

// DefaultProtection is that of a portal.
var DefaultProtection = Protection{
	SourceBurst: 100_000, SourcePerSecond: 20_000, CallerBurst: 50_000, CallerPerSecond: 10_000,
	FailureBurst: 100, FailurePerSecond: 1, Concurrent: 256, Large: 2,
	BodyIdle: 30 * time.Second, BodyTotal: 5 * time.Minute, Batch: time.Minute,
}

// WithProtection makes a handler protect itself.
func WithProtection(p Protection) HandlerOption {
	return func(h *Handler) {
		h.guard = &guard{
			Protection: p, sources: newRate(p.SourceBurst, p.SourcePerSecond), callers: newRate(p.CallerBurst, p.CallerPerSecond),
			failures: newRate(p.FailureBurst, p.FailurePerSecond), slots: make(chan struct{}, p.Concurrent),
			large: make(chan struct{}, p.Large),
		}
	}
}

// guard protects a handler. A nil one lets everything through.
type guard struct {
	Protection

	sources, callers, failures *rate
	slots, large               chan struct{}
}

// errBatchTime is the error of the calls of a batch that had no time any more.
var errBatchTime = fault.New(fault.Unavailable, "OPERATION_TIME_LIMIT", "The batch has taken too long: this call was not run.")

// source counts a request and refuses it where its network has sent too many.
func (g *guard) source(c *Call) error {
	if g == nil || c.policy.Unprotected {
		return nil
	}
	return c.refuse(g.sources, networkOf(c.Remote))
}

// caller counts a request of who was recognised.
func (g *guard) caller(c *Call) error {
	if g == nil || c.policy.Unprotected {
		return nil
	}
	k := keyOf(c)
	return c.refuse(g.callers, k.caller+" "+formatID(k.user))
}

// refuse counts a request under key and returns the fault that tells to come back later.
func (c *Call) refuse(r *rate, key string) error {
	count, ok := r.take(key, c.Start)
	if ok {
		return nil
	}
	c.gauge.retryAfter = r.wait(count)
	return ErrQueryLimit
}

// enter takes a place among the requests under way; leave gives it back.
func (g *guard) enter(c *Call) (leave func(), err error) {
	if g == nil || c.policy.Unprotected || cap(g.slots) == 0 {
		return func() {}, nil
	}
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	default:
		c.gauge.retryAfter = 1
		return nil, ErrQueryLimit
	}
}

// refused counts credentials that let nobody in. Beyond the limit of the network that they come from the answer is to come
// back later, whatever they are; who is let in is never asked to. Tokens that are over are no sign of guessing.
func (g *guard) refused(c *Call, err error) error {
	if g == nil || c.policy.Unprotected {
		return err
	}
	switch fault.Of(err).Code {
	case ErrNoAuth.Code, ErrInvalidToken.Code, ErrCredentials.Code:
		if limit := c.refuse(g.failures, networkOf(c.Remote)); limit != nil {
			return limit
		}
	}
	return err
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// networkOf returns under what a source address counts: IPv6 gives everybody a network of 64 bits.
func networkOf(remote string) string {
	a, err := netip.ParseAddr(remote)
	if err != nil || a.Unmap().Is4() {
		return remote
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return remote
	}
	return p.String()
}

// outOfTime reports whether a batch that began at start has taken too long.
func (h *Handler) outOfTime(c *Call) bool {
	g := h.guard
	return g != nil && !c.policy.Unprotected && g.Batch > 0 && h.clock.Now().Sub(c.Start) > g.Batch
}
