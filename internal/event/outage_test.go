package event_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
)

// pipes is a listener for connections in memory.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{} }

// outage is a server of many handlers that is down at first.
type outage struct {
	t    *testing.T
	each int

	mu   sync.Mutex
	down bool
	next map[string]int // the number of the event that a handler has to get next
	done int            // handlers that have all
}

func (o *outage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	form, _ := url.ParseQuery(string(raw))
	if n := form.Get("data[N]"); n != strconv.Itoa(o.next[r.URL.Path]) {
		o.t.Errorf("%s got %s, want %d", r.URL.Path, n, o.next[r.URL.Path])
	}
	o.next[r.URL.Path]++
	if o.next[r.URL.Path] == o.each {
		o.done++
	}
}

// TestAnHourOfSilenceLosesNothing has forty applications whose handlers are down for an hour in which two thousand events
// happen. All of them arrive, in order at each handler. Its time is that of a bubble.
func TestAnHourOfSilenceLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const apps, each = 40, 50
		d := dbtest.SQLite(t, schemas()...)
		s := event.New(d, clock.System{}, catalog)
		o, listener := &outage{t: t, each: each, down: true, next: map[string]int{}}, newPipes()
		server := &http.Server{Handler: o, ReadHeaderTimeout: time.Minute}
		go func() { _ = server.Serve(listener) }()
		client := event.NewClient()
		client.Transport.(*http.Transport).DialContext = listener.dial
		dispatcher := event.NewDispatcher(s, signer{}, client, slog.New(slog.DiscardHandler))
		dispatcher.Start()
		record := func(from, to int) {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				for n := from; n < to; n++ {
					for app := range apps {
						e := event.Delivery{AppID: int64(app + 101), URL: "http://handlers.test/" + strconv.Itoa(app), Name: "X", Data: number(n)}
						if err := s.SendTx(t.Context(), tx, e); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		record(0, each/2)
		for n := each / 2; n < each; n += 5 {
			time.Sleep(6 * time.Minute) // of the bubble
			record(n, n+5)
		}
		o.mu.Lock()
		if o.down = false; o.done != 0 {
			t.Error("a handler that was down got something")
		}
		o.mu.Unlock()
		time.Sleep(27 * time.Minute) // the longest wait ends 86 minutes after the first attempt
		dispatcher.Close()
		_ = server.Close()
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.done != apps {
			t.Errorf("%d of %d handlers have all", o.done, apps)
		}
		if totals, err := s.Totals(t.Context()); err != nil || totals != (event.Totals{}) {
			t.Errorf("afterwards %+v, %v", totals, err)
		}
		p, err := s.Deliveries(t.Context(), event.DeliveryQuery{AppID: 107, Limit: event.MaxDeliveries})
		if err != nil || len(p.Items) != each {
			t.Errorf("application 107 has %d deliveries, %v", len(p.Items), err)
		}
	})
}
