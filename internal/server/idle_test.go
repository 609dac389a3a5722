package server_test

import (
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/server"
)

// portal returns the portal of host that was opened last, or nil.
func (r *running) portal(host string) *fakePortal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.portals[host]
}

// until waits until done returns true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("in vain: " + what)
		}
	}
}

// TestIdlePortalsCloseAndComeBack walks through the life of portals on a server that has several of them.
func TestIdlePortalsCloseAndComeBack(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	clk := clock.NewManual(time.Now())
	start0 := clk.Now()
	var due atomic.Pointer[time.Time]
	first, later := start0.Add(20*time.Minute), start0.Add(time.Hour)
	due.Store(&first)
	r := start(t, server.Config{Data: data, Clock: clk}, func(host string, p *fakePortal) {
		if host == "b.example.com" {
			p.due = func() time.Time { return *due.Load() }
		}
	})
	closed := func(host string) func() bool {
		return func() bool { p := r.portal(host); return p != nil && p.closed.Load() }
	}
	// A new portal is looked at once: there may be something to deliver.
	until(t, "a is looked at and closed", closed("a.example.com"))
	until(t, "b is looked at and closed", closed("b.example.com"))

	status, body := r.get("http://a.example.com/")
	expect(t, "a closed portal", status, body, 200, "a.example.com|")
	a := r.portal("a.example.com")
	// advance lets the server look at the portals after each half minute.
	advance := func(d time.Duration) {
		for range d / (30 * time.Second) {
			until(t, "the server waits", func() bool { return clk.Timers() > 0 })
			clk.Advance(30 * time.Second)
		}
		until(t, "the server waits", func() bool { return clk.Timers() > 0 })
	}
	advance(4 * time.Minute)
	if a.closed.Load() {
		t.Error("a was closed 4 minutes after its last request")
	}
	advance(3 * time.Minute)
	until(t, "a is closed when nobody uses it", a.closed.Load)

	b := r.portal("b.example.com")
	due.Store(&later) // what was due is done when the portal has been opened for it
	advance(20*time.Minute - clk.Now().Sub(start0))
	until(t, "b is opened when something is due in it", func() bool { return r.portal("b.example.com") != b })
	until(t, "and closed again", closed("b.example.com"))
	if r.portal("a.example.com") != a {
		t.Error("a was opened though nothing is due in it")
	}
}

func TestPortalInUseIsNotClosed(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	clk := clock.NewManual(time.Now())
	began, end := make(chan struct{}), make(chan struct{})
	r := start(t, server.Config{Data: data, Clock: clk}, func(_ string, p *fakePortal) {
		p.serve = slow(began, end)
	})
	answered := make(chan int)
	go func() {
		status, _ := r.get("http://a.example.com/")
		answered <- status
	}()
	<-began
	for range 30 {
		until(t, "the server waits", func() bool { return clk.Timers() > 0 })
		clk.Advance(30 * time.Second)
	}
	if r.portal("a.example.com").closed.Load() {
		t.Error("the portal was closed under a request")
	}
	close(end)
	if status := <-answered; status != 200 {
		t.Errorf("the request got %d", status)
	}
}

// TestWorkOfAClosedPortalIsNoticed shows that what another process records in a closed portal is looked at.
func TestWorkOfAClosedPortalIsNoticed(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	r := start(t, server.Config{Data: data}, nil)
	until(t, "a is looked at and closed", func() bool { p := r.portal("a.example.com"); return p != nil && p.closed.Load() })
	a := r.portal("a.example.com")
	d := openDirectory(t, server.DirectoryConfig{Data: data})
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Wake(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	until(t, "a is opened", func() bool { return r.portal("a.example.com") != a })
}

// slow returns a handler that says when it began and answers when it may.
func slow(began chan<- struct{}, end <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-end
		w.WriteHeader(http.StatusOK)
	}
}
