package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/portico-hq/portico/internal/metric"
)

// Portal is what the server needs of a portal.
type Portal interface {
	Handler() http.Handler
	// Ready returns why the portal cannot answer, or nil.
	Ready(ctx context.Context) error
	// Owns reports whether the portal issued the token or authorization code and has not forgotten it.
	Owns(ctx context.Context, token string) (bool, error)
	// Start begins what the portal does unasked, such as deliveries. It is called once, when the portal is prepared.
	Start(ctx context.Context) error
	// Due returns when the portal has to do something unasked, such as a delivery: a time that is over is now, the zero time is
	// never. Until then it may be closed when nobody uses it.
	Due(ctx context.Context) (time.Time, error)
	// Depth returns how much waits to be delivered.
	Depth(ctx context.Context) (metric.Depth, error)
	Close(ctx context.Context) error
}

// retryOpen is how long the server leaves a portal alone that could not be opened.
const retryOpen = time.Second

// hosts finds the portal of a request. It is replaced as a whole when the directory changes; the slots stay.
type hosts struct {
	slots  []*slot // in the order of their ids
	byHost map[string]*slot
	byID   map[int64]*slot
	urls   map[int64]string // the public addresses
}

// find returns the portal for the host of a request: the only one there is, or the one of that name. It returns nil when
// there is none.
func (h *hosts) find(hostport string) *slot {
	if len(h.slots) == 1 {
		return h.slots[0]
	}
	if s := h.byHost[hostport]; s != nil {
		return s
	}
	return h.byHost[canonicalHost(hostport)]
}

// newHosts keeps the slots of old that are still listed with their data in the same place. left are the others.
func newHosts(old *hosts, list []Entry, a Address) (h *hosts, left []*slot) {
	h = &hosts{
		byHost: make(map[string]*slot, len(list)+1), byID: make(map[int64]*slot, len(list)), urls: make(map[int64]string, len(list)),
	}
	owner := a.owner(list)
	for _, e := range list {
		var s *slot
		if old != nil {
			s = old.byID[e.ID]
		}
		if s == nil || s.entry.Name != e.Name {
			s = &slot{entry: e}
		}
		h.slots = append(h.slots, s)
		h.byHost[e.Host], h.byID[e.ID] = s, s
		h.urls[e.ID] = a.forOwner(e, owner)
	}
	if s := h.byID[owner]; s != nil {
		h.byHost[a.host()] = s
	}
	if old != nil {
		for _, s := range old.slots {
			if h.byID[s.entry.ID] != s {
				left = append(left, s)
			}
		}
	}
	return h, left
}

// reload reads the directory anew.
func (s *server) reload(ctx context.Context) error {
	list, err := s.directory.List(ctx)
	if err != nil {
		return fmt.Errorf("list portals: %w", err)
	}
	h, left := newHosts(s.hosts.Load(), list, s.address)
	s.hosts.Store(h)
	for _, sl := range left {
		s.leaving.Go(func() { s.leave(sl) })
	}
	return nil
}

// publicURL returns the public address of e.
func (s *server) publicURL(e Entry) string { return s.hosts.Load().urls[e.ID] }

// closeAll closes what is open.
func (s *server) closeAll(ctx context.Context) {
	s.leaving.Wait()
	for _, sl := range s.hosts.Load().slots {
		sl.mu.Lock()
		if o := sl.open.Load(); o != nil {
			s.shut(ctx, sl, o)
		}
		sl.mu.Unlock()
	}
}
