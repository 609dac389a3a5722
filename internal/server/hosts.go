package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Portal is what the server needs of a portal.
type Portal interface {
	Handler() http.Handler
	// Ready returns why the portal cannot answer, or nil.
	Ready(ctx context.Context) error
	// OwnsGrant reports whether the portal issued the refresh token or code and has not forgotten it.
	OwnsGrant(ctx context.Context, token string) (bool, error)
	// Start begins what the portal does unasked, such as deliveries. It is called once, when the portal is prepared.
	Start(ctx context.Context) error
	Close(ctx context.Context) error
}

// retryOpen is how long the server leaves a portal alone that could not be opened.
const retryOpen = time.Second

// slot is a portal of the directory, opened or not.
type slot struct {
	entry Entry
	open  atomic.Pointer[opened]

	mu      sync.Mutex // held while the portal is opened
	failed  error      // of the last attempt
	retryAt time.Time
}

// opened is a portal with the handler that was asked of it once.
type opened struct {
	portal  Portal
	handler http.Handler
}

// hosts finds the portal of a request. It is replaced as a whole when the directory changes; the slots stay.
type hosts struct {
	slots  []*slot // in the order of their ids
	byHost map[string]*slot
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

// newHosts keeps the slots of old that are still listed.
func newHosts(old *hosts, list []Entry, a Address) *hosts {
	h := &hosts{byHost: make(map[string]*slot, len(list)+1)}
	kept := map[int64]*slot{}
	if old != nil {
		for _, s := range old.slots {
			kept[s.entry.ID] = s
		}
	}
	for _, e := range list {
		s := kept[e.ID]
		if s == nil {
			s = &slot{entry: e}
		}
		h.slots = append(h.slots, s)
		h.byHost[e.Host] = s
	}
	if id := a.owner(list); id != 0 {
		for _, s := range h.slots {
			if s.entry.ID == id {
				h.byHost[a.host()] = s
			}
		}
	}
	return h
}

// reload reads the directory anew.
func (s *server) reload(ctx context.Context) error {
	list, err := s.directory.List(ctx)
	if err != nil {
		return fmt.Errorf("list portals: %w", err)
	}
	s.hosts.Store(newHosts(s.hosts.Load(), list, s.address))
	return nil
}

// portal returns the portal of sl and opens it first when need be. A failure is logged when it happens, not for every
// request that meets it.
func (s *server) portal(sl *slot) (*opened, error) {
	if o := sl.open.Load(); o != nil {
		return o, nil
	}
	o, tried, err := s.openSlot(sl)
	if err != nil && tried {
		s.log.Error("open portal", "host", sl.entry.Host, "error", err)
	}
	return o, err
}

// openSlot opens the portal of sl unless another request has done so. An attempt that failed is not repeated at once;
// tried tells whether one was made.
func (s *server) openSlot(sl *slot) (o *opened, tried bool, err error) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if o := sl.open.Load(); o != nil {
		return o, false, nil
	}
	if s.stopping.Err() != nil {
		return nil, false, errStopping
	}
	if s.clock.Now().Before(sl.retryAt) {
		return nil, false, sl.failed
	}
	if o, err = s.openPortal(sl.entry); err != nil {
		sl.failed, sl.retryAt = err, s.clock.Now().Add(retryOpen)
		return nil, true, err
	}
	sl.open.Store(o)
	return o, true, nil
}

// openPortal opens a portal and prepares it when it is new. It does not belong to the request that asked first: when
// that one goes away, the others still wait for it.
func (s *server) openPortal(e Entry) (*opened, error) {
	ctx := s.background
	p, err := s.config.Open(ctx, e, func() string { return s.publicURL(e) })
	if err != nil {
		return nil, err
	}
	if s.config.Prepare != nil {
		err = s.directory.Prepare(ctx, e, func(ctx context.Context) error { return s.config.Prepare(ctx, e, p) })
	}
	if err != nil {
		err = fmt.Errorf("prepare: %w", err)
	} else if err = p.Start(ctx); err != nil {
		err = fmt.Errorf("start: %w", err)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close(context.WithoutCancel(ctx)))
	}
	return &opened{p, p.Handler()}, nil
}

// publicURL returns the public address of e.
func (s *server) publicURL(e Entry) string {
	h := s.hosts.Load()
	all := make([]Entry, len(h.slots))
	for i, sl := range h.slots {
		all[i] = sl.entry
	}
	return s.address.For(e, all)
}

// openAll opens the portals that nobody asked for yet: their deliveries and timers run whether somebody looks or not.
func (s *server) openAll() {
	for _, sl := range s.hosts.Load().slots {
		if s.stopping.Err() != nil {
			return
		}
		_, _ = s.portal(sl) // logged; tried again by the next request
	}
}

// closeAll closes what is open.
func (s *server) closeAll(ctx context.Context) error {
	var errs []error
	for _, sl := range s.hosts.Load().slots {
		sl.mu.Lock()
		if o := sl.open.Swap(nil); o != nil {
			errs = append(errs, o.portal.Close(ctx))
		}
		sl.mu.Unlock()
	}
	return errors.Join(errs...)
}
