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

// errMoved says that a slot was taken off the list of hosts while a request was on its way to it.
var errMoved = errors.New("the portal's data are in another place now")

// slot is a portal of the directory, opened or not.
type slot struct {
	entry Entry
	open  atomic.Pointer[opened]

	mu      sync.Mutex // held while the portal is opened or closed
	moved   bool       // the portal has another slot now
	failed  error      // of the last attempt
	retryAt time.Time
}

// opened is a portal in use. It is closed once nobody uses it and nothing is due in it.
type opened struct {
	portal  Portal
	handler http.Handler
	uses    atomic.Int64 // requests under way
	used    atomic.Int64 // when the last one ended, in nanoseconds since 1970
	retired atomic.Bool  // takes no further request
	gone    context.Context
	cutOff  context.CancelFunc // ends the streams
}

// take reports whether the portal may be used; the caller then calls release.
func (o *opened) take() bool {
	o.uses.Add(1)
	if !o.retired.Load() {
		return true
	}
	o.uses.Add(-1)
	return false
}

func (o *opened) release(now time.Time) {
	o.used.Store(now.UnixNano())
	o.uses.Add(-1)
}

// retire keeps further requests off the portal, unless one is under way.
func (o *opened) retire() bool {
	o.retired.Store(true)
	if o.uses.Load() == 0 {
		return true
	}
	o.retired.Store(false) // who was turned away meanwhile waits for the slot's lock and asks again
	return false
}

// use returns the portal of sl, opened when need be, for a request. The caller must release it. A failure to open is logged when
// it happens, not for every request that meets it. It returns errMoved when the portal is to be looked for again.
func (s *server) use(sl *slot) (*opened, error) {
	for {
		if o := sl.open.Load(); o != nil && o.take() {
			return o, nil
		}
		o, tried, err := s.openSlot(sl)
		if err != nil && tried {
			s.log.Error("open portal", "host", sl.entry.Host, "error", err)
		}
		if err != nil {
			return nil, err
		}
		if o.take() {
			return o, nil
		}
	}
}

// openSlot opens the portal of sl unless another request has done so. An attempt that failed is not repeated at once;
// tried tells whether one was made.
func (s *server) openSlot(sl *slot) (o *opened, tried bool, err error) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if o := sl.open.Load(); o != nil {
		return o, false, nil
	}
	switch {
	case s.stopping.Err() != nil:
		return nil, false, errStopping
	case sl.moved:
		return nil, false, errMoved
	case s.clock.Now().Before(sl.retryAt):
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
	if err := s.directory.SetDue(ctx, e.ID, s.clock.Now()); err != nil { // a server that dies leaves word to look again
		return nil, fmt.Errorf("note that it is open: %w", err)
	}
	p, err := s.config.Open(ctx, e, func() string { return s.publicURL(e) })
	if err != nil {
		return nil, err
	}
	if n, ok := p.(Networked); ok {
		n.SetNeighbours(neighbours{s, e})
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
	o := &opened{portal: p, handler: p.Handler()}
	o.gone, o.cutOff = context.WithCancel(s.background)
	o.used.Store(s.clock.Now().UnixNano())
	return o, nil
}

// closeIdle closes the portal of sl when nobody has used it for that long and nothing is due in it soon.
func (s *server) closeIdle(sl *slot, idle time.Duration) {
	o := sl.open.Load()
	now := s.clock.Now()
	if o == nil || o.uses.Load() > 0 || now.Sub(time.Unix(0, o.used.Load())) < idle {
		return
	}
	due, err := o.portal.Due(s.background)
	if err != nil {
		s.log.Error("look for what is due", "host", sl.entry.Host, "error", err)
		return
	}
	if !due.IsZero() && due.Before(now.Add(dueSoon)) {
		return
	}
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.open.Load() != o || !o.retire() {
		return
	}
	s.shut(s.background, sl, o)
}

// shut closes a portal that takes no further request and notes when something is due in it. The caller holds the slot's lock.
func (s *server) shut(ctx context.Context, sl *slot, o *opened) {
	o.retired.Store(true)
	o.cutOff()
	due, err := o.portal.Due(ctx) // again: what it was asked before may have changed until it was retired
	if err == nil && !sl.moved {
		err = s.directory.SetDue(ctx, sl.entry.ID, due)
	}
	if err != nil { // the next start, or the next look, opens it for nothing
		s.log.Warn("note what is due", "host", sl.entry.Host, "error", err)
	}
	if err := o.portal.Close(ctx); err != nil {
		s.log.Error("close portal", "host", sl.entry.Host, "error", err)
	}
	sl.open.Store(nil)
}

// leave closes a portal whose data are in another place now, after the requests under way.
func (s *server) leave(sl *slot) {
	sl.mu.Lock()
	defer sl.mu.Unlock()
	sl.moved = true
	o := sl.open.Load()
	if o == nil {
		return
	}
	o.retired.Store(true)
	o.cutOff()
	for end := s.clock.Now().Add(stopTimeout); o.uses.Load() > 0 && s.clock.Now().Before(end); {
		t := s.clock.NewTimer(leaveWait)
		<-t.C()
	}
	s.shut(s.background, sl, o)
}

// leaveWait is how often a portal that is being left is looked at.
const leaveWait = 20 * time.Millisecond
