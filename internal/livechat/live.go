package livechat

import (
	"context"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/openline/line"
)

// wakes tells open streams that there is something new for their visitor.
type wakes struct {
	mu   sync.Mutex
	open map[int64]map[chan struct{}]struct{}
}

func (w *wakes) subscribe(visitorID int64) (woken <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open == nil {
		w.open = map[int64]map[chan struct{}]struct{}{}
	}
	if w.open[visitorID] == nil {
		w.open[visitorID] = map[chan struct{}]struct{}{}
	}
	w.open[visitorID][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.open[visitorID], ch)
		if len(w.open[visitorID]) == 0 {
			delete(w.open, visitorID)
		}
	}
}

func (w *wakes) wake(visitorID int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.open[visitorID] {
		poke(ch)
	}
}

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// WakeAll has every open stream look for what is new: another process has written.
func (s *Service) WakeAll() {
	s.wakes.mu.Lock()
	defer s.wakes.mu.Unlock()
	for _, all := range s.wakes.open {
		for ch := range all {
			poke(ch)
		}
	}
}

// Update is what a stream tells: messages, a state that changed, or that somebody writes.
type Update struct {
	Messages []Message
	Version  int64 // with Messages: from which to go on
	State    *State
	Typing   bool
}

// How often a stream looks at what nobody tells it of: places in the queue, and whether somebody is there.
const (
	lookWaiting = 5 * time.Second
	lookIdle    = 30 * time.Second
)

// Follower is an open stream of a visitor.
type Follower struct {
	s       *Service
	caller  Caller
	version int64
	w       Widget
	l       line.Line
	v       visitor

	woken  <-chan struct{}
	hints  <-chan Hint
	closes []func()
	userID int64 // whose hints are heard
	last   *State
	seen   time.Time // when it was last noted that they are there
}

// Follow opens a stream of what is new for a visitor after a version. The caller must Close it. Faults: ErrNoWidget, ErrToken,
// ErrNoVisitor, ErrTooMany.
func (s *Service) Follow(ctx context.Context, c Caller, version int64) (*Follower, error) {
	w, l, v, err := s.caller(ctx, c)
	if err != nil {
		return nil, err
	}
	leave, ok := s.limits.enter(v.name, c.Address)
	if !ok {
		return nil, ErrTooMany
	}
	f := &Follower{s: s, caller: c, version: version, w: w, l: l, v: v, closes: []func(){leave}}
	woken, cancel := s.wakes.subscribe(v.id)
	f.woken, f.closes = woken, append(f.closes, cancel)
	return f, nil
}

// Close ends the stream.
func (f *Follower) Close() {
	for _, c := range f.closes {
		c()
	}
	f.closes = nil
}

// Run passes on to tell what is new, until ctx ends, tell says no, or the visitor may not see it any more.
func (f *Follower) Run(ctx context.Context, tell func(Update) bool) error {
	for {
		next, err := f.look(ctx, tell)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil || next == 0 {
			return err
		}
		timer := f.s.Clock.NewTimer(next)
		more := true
		select {
		case <-ctx.Done():
			more = false
		case <-f.woken:
		case <-timer.C():
		case h, open := <-f.hints:
			if !open {
				f.hints, f.userID = nil, 0 // it lagged behind: the next look hears again
			} else if h == HintTyping {
				more = tell(Update{Typing: true})
			}
		}
		timer.Stop()
		if !more {
			return nil
		}
	}
}

// look tells what is new, and returns after which time to look again; 0: nobody listens.
func (f *Follower) look(ctx context.Context, tell func(Update) bool) (time.Duration, error) {
	var err error
	if f.w, f.l, f.v, err = f.s.caller(ctx, f.caller); err != nil {
		return 0, err
	}
	if now := f.s.now(); f.v.profile.Email != "" && now.Sub(f.seen) >= touchSeen {
		f.seen = now
		if err := f.s.seen(ctx, f.v, ""); err != nil {
			return 0, err
		}
	}
	f.hear()
	for {
		all, err := f.s.since(ctx, f.v, f.version)
		if err != nil {
			return 0, err
		}
		if len(all) == 0 {
			break
		}
		f.version = all[len(all)-1].Version
		if !tell(Update{Messages: all, Version: f.version}) {
			return 0, nil
		}
	}
	st, err := f.s.state(ctx, f.w, f.l, f.v)
	if err != nil {
		return 0, err
	}
	if f.last == nil || *f.last != st {
		f.last = &st
		if !tell(Update{State: &st}) {
			return 0, nil
		}
	}
	if st.Phase == PhaseWaiting {
		return lookWaiting, nil
	}
	return lookIdle, nil
}

// hear begins to hear what happens in the visitor's chat, once there is one.
func (f *Follower) hear() {
	if f.v.userID == 0 || f.v.userID == f.userID {
		return
	}
	hints, cancel := f.s.Messenger.Hear(f.v.userID)
	f.hints, f.userID, f.closes = hints, f.v.userID, append(f.closes, cancel)
}
