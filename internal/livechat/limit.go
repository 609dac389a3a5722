package livechat

import (
	"net/netip"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

// rate says how often something may happen: so many at once, and so many a minute.
type rate struct {
	name      string
	burst     float64
	perMinute float64
}

// The numbers stand in docs/limits.md.
var (
	openRate         = rate{"open", 60, 60}      // of an address: a chat is opened
	beginRate        = rate{"begin", 10, 5}      // of an address: a new visitor writes
	addressRate      = rate{"address", 120, 120} // of an address: messages
	visitorRate      = rate{"visitor", 20, 30}   // of a visitor: messages
	uploadRate       = rate{"upload", 20, 10}    // of a visitor: files
	uploadAddress    = rate{"uploads", 60, 30}   // of an address: files
	typingRate       = rate{"typing", 30, 60}    // of a visitor: that they write
	readRate         = rate{"read", 60, 120}     // of a visitor: how far they have read
	signatureRate    = rate{"signature", 20, 10} // of an address: wrong signatures
	maxStreams       = 6                         // of a visitor at once
	maxAddressStream = 60                        // of an address at once
)

// maxBuckets bounds what is remembered.
const maxBuckets = 20_000

// limits counts what visitors do, in this process.
type limits struct {
	clock   clock.Clock
	mu      sync.Mutex
	buckets map[string]*bucket
	streams map[string]int
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimits(c clock.Clock) *limits {
	return &limits{clock: c, buckets: map[string]*bucket{}, streams: map[string]int{}}
}

// take counts one of r for key, and reports whether it may happen.
func (l *limits) take(r rate, key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, id := l.clock.Now(), r.name+" "+key
	b := l.buckets[id]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			l.forget(now)
		}
		b = &bucket{left: r.burst, at: now}
		l.buckets[id] = b
	}
	b.left = min(r.burst, b.left+max(0, now.Sub(b.at).Minutes())*r.perMinute)
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// forget makes room: first of those who were not heard for ten minutes, whose counts are full again, then of anybody.
func (l *limits) forget(now time.Time) {
	for id, b := range l.buckets {
		if now.Sub(b.at) > 10*time.Minute {
			delete(l.buckets, id)
		}
	}
	for id := range l.buckets {
		if len(l.buckets) < maxBuckets {
			return
		}
		delete(l.buckets, id)
	}
}

// enter counts an open stream; leave must be called at its end.
func (l *limits) enter(visitor, address string) (leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := [2]string{"visitor " + visitor, "address " + network(address)}
	if l.streams[keys[0]] >= maxStreams || l.streams[keys[1]] >= maxAddressStream {
		return nil, false
	}
	for _, k := range keys {
		l.streams[k]++
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, k := range keys {
			if l.streams[k]--; l.streams[k] <= 0 {
				delete(l.streams, k)
			}
		}
	}, true
}

// network returns under what an address counts: IPv6 gives everybody a network of 64 bits.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Unmap().Is4() {
		return address
	}
	p, _ := a.Prefix(64) // an IPv6 address has one
	return p.Masked().String()
}
