package web

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/portico-hq/portico/internal/clock"
)

const (
	heartbeat    = 25 * time.Second // below the idle limits of common proxies
	writeTimeout = 15 * time.Second // a browser that takes nothing for so long is cut
	burst        = 64               // events joined into one write at most
)

var (
	streamHello     = []byte(": open\n\n")
	streamHeartbeat = []byte(": \n\n")
)

func (s *Shell) liveStream(_ context.Context, r *Request) (<-chan []byte, func(), error) {
	events, cancel := s.cfg.Live.Subscribe(r.Viewer.ID)
	return events, cancel, nil
}

// streamWriter writes to one open page.
type streamWriter struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

// send writes b and flushes. The deadline is the machine's time, as that is what the connection knows. It ends with the
// write: HTTP/2 resets a stream whose deadline passes even when there is nothing to write.
func (sw streamWriter) send(b []byte) error {
	_ = sw.ctl.SetWriteDeadline(clock.System{}.Now().Add(writeTimeout)) // not every writer has deadlines
	if _, err := sw.w.Write(b); err != nil {
		return err
	}
	if err := sw.ctl.Flush(); err != nil {
		return err
	}
	_ = sw.ctl.SetWriteDeadline(time.Time{})
	return nil
}

// stream copies events to the page until the channel is closed, the browser goes, or it is too slow.
func (s *Shell) stream(w http.ResponseWriter, r *Request, events <-chan []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	sw := streamWriter{w, http.NewResponseController(w)}
	if sw.send(streamHello) != nil {
		return
	}
	timer := s.cfg.Clock.NewTimer(heartbeat)
	defer func() { timer.Stop() }()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return
		case ev, open := <-events:
			if !open {
				return
			}
			err = sw.send(join(ev, events))
		case <-timer.C():
			timer = s.cfg.Clock.NewTimer(heartbeat)
			err = sw.send(streamHeartbeat)
		}
		if err != nil {
			return
		}
	}
}

// join adds what waits in the channel to ev, so that a burst is one write. A single event is not copied.
func join(ev []byte, events <-chan []byte) []byte {
	var b *bytes.Buffer
	for range burst {
		select {
		case next, open := <-events:
			if !open { // seen again by the caller's next receive
				return joined(ev, b)
			}
			if b == nil {
				b = bytes.NewBuffer(append([]byte(nil), ev...))
			}
			b.Write(next)
		default:
			return joined(ev, b)
		}
	}
	return joined(ev, b)
}

func joined(ev []byte, b *bytes.Buffer) []byte {
	if b == nil {
		return ev
	}
	return b.Bytes()
}
