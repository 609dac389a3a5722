package consoleweb

import (
	"context"
	"sync"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/web"
)

// hintEvery is how often, at most, an open timeline hears that there is something new.
const hintEvery = 300 * time.Millisecond

// hint is what an open timeline hears. What is new it asks for itself, so that it gets what its viewer may see.
var hint = []byte("event: console\ndata: {}\n\n")

// live tells the open timelines that something happened. Pages of other kinds hear nothing of it.
type live struct {
	mu    sync.Mutex
	pages map[chan struct{}]struct{}
}

func newLive(log *console.Service, events *event.Service) *live {
	l := &live{pages: map[chan struct{}]struct{}{}}
	log.OnChange(l.changed)
	events.OnChange(l.changed)
	return l
}

// changed wakes the streams of the open timelines.
func (l *live) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ch := range l.pages {
		select {
		case ch <- struct{}{}:
		default: // it has not looked since the last one
		}
	}
}

func (l *live) subscribe() (ch chan struct{}, cancel func()) {
	ch = make(chan struct{}, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages[ch] = struct{}{}
	return ch, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.pages, ch)
	}
}

func (h pages) stream(ctx context.Context, _ *web.Request) (<-chan []byte, func(), error) {
	ctx, stop := context.WithCancel(ctx)
	ch, cancel := h.live.subscribe()
	out := make(chan []byte)
	go func() {
		defer close(out)
		defer cancel()
		for {
			select {
			case <-ch:
			case <-ctx.Done():
				return
			}
			select {
			case out <- hint:
			case <-ctx.Done():
				return
			}
			t := clock.System{}.NewTimer(hintEvery) // what is spared is the machine
			select {
			case <-t.C():
			case <-ctx.Done():
				t.Stop()
				return
			}
		}
	}()
	return out, stop, nil
}
