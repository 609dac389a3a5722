package web_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/web"
)

// open connects to the stream of anna and returns its lines.
func (b *bench) open() *bufio.Reader {
	b.t.Helper()
	srv := httptest.NewServer(b.shell.Handler())
	b.t.Cleanup(srv.Close)
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, srv.URL+"/live", http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "portico_session", Value: "anna"})
	res, err := srv.Client().Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = res.Body.Close() })
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		b.t.Fatalf("the stream is %s", kind)
	}
	r := bufio.NewReader(res.Body)
	b.lines(r, ": open\n\n")
	return r
}

// lines reads exactly want.
func (b *bench) lines(r *bufio.Reader, want string) {
	b.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		b.t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func TestStreamDeliversEventsAsTheyAre(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.open()
	first, second := "event: message\ndata: {\"id\":1}\n\n", "event: counter\ndata: {\"id\":\"im\"}\n\n"
	b.live.events <- []byte(first)
	b.lines(r, first)
	b.live.events <- []byte(second)
	b.live.events <- []byte(first)
	b.lines(r, second+first)
	if b.live.user != 1 {
		t.Errorf("subscribed for %d", b.live.user)
	}
}

func TestStreamOfASlowReaderIsCut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.open()
	b.live.events <- []byte("data: last\n\n")
	close(b.live.events)
	rest, err := io.ReadAll(r)
	if err != nil || string(rest) != "data: last\n\n" {
		t.Errorf("read %q, %v; want the last event and the end", rest, err)
	}
}

func TestStreamBeats(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := watched{b.clock, make(chan struct{}, 8)}
	b.shell = web.New(web.Config{Sessions: b.sessions, Live: b.live, Clock: c})
	r := b.open()
	for range 2 {
		<-c.made
		b.clock.Advance(25 * time.Second)
		b.lines(r, ": \n\n")
	}
}

// watched is a clock that tells when a timer was made.
type watched struct {
	*clock.Manual
	made chan struct{}
}

func (w watched) NewTimer(d time.Duration) clock.Timer {
	defer func() { w.made <- struct{}{} }()
	return w.Manual.NewTimer(d)
}

// sink is a page that takes everything, or nothing.
type sink struct {
	http.ResponseWriter
	writes, flushes int
	bounded         int  // writes with a deadline
	deadline        bool // one is set
	fail            error
}

func (s *sink) Write(b []byte) (int, error) {
	s.writes++
	if s.deadline {
		s.bounded++
	}
	return len(b), s.fail
}

func (s *sink) Flush() { s.flushes++ }

func (s *sink) SetWriteDeadline(t time.Time) error {
	s.deadline = !t.IsZero()
	return nil
}

func stream(ctx context.Context, t testing.TB, l web.Live, w http.ResponseWriter) {
	t.Helper()
	s := web.New(web.Config{Sessions: &sessions{}, Live: l, Clock: clock.NewManual(noon)})
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/live", http.NoBody)
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: "anna"})
	s.Handler().ServeHTTP(w, r)
}

func TestStreamWritesABurstAtOnce(t *testing.T) {
	t.Parallel()
	l := &live{events: make(chan []byte, 10)}
	for range 10 {
		l.events <- []byte("data: x\n\n")
	}
	close(l.events)
	w := &sink{ResponseWriter: httptest.NewRecorder()}
	stream(t.Context(), t, l, w)
	if w.writes != 2 || w.flushes != 2 || w.bounded != 2 || l.canceled != 1 {
		t.Errorf("%d writes, %d of them bounded, %d flushes, canceled %d times", w.writes, w.bounded, w.flushes, l.canceled)
	}
	if w.deadline {
		t.Error("a deadline is left over: HTTP/2 resets an idle stream by it")
	}
}

func TestStreamEndsWhenTheReaderTakesNothing(t *testing.T) {
	t.Parallel()
	l := &live{events: make(chan []byte)}
	w := &sink{ResponseWriter: httptest.NewRecorder(), fail: http.ErrHandlerTimeout}
	stream(t.Context(), t, l, w)
	if l.canceled != 1 {
		t.Errorf("canceled %d times", l.canceled)
	}
}

func TestStreamIsForThoseWhoAreSignedIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if w := b.get("/live", ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "SIGN_IN") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
