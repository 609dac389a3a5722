package event_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
)

// say writes texts to a connection until one does not go through.
func say(texts ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, s := range texts {
			if _, err := io.WriteString(c, s); err != nil {
				return
			}
		}
	}
}

// forever writes head and then text again and again, with a pause between.
func forever(head, text string, pause time.Duration) func(net.Conn) {
	return func(c net.Conn) {
		for s := head; ; s = text {
			if _, err := io.WriteString(c, s); err != nil {
				return
			}
			time.Sleep(pause) // of the bubble's time
		}
	}
}

// bomb is ten megabytes of zeros, packed.
func bomb() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(make([]byte, 10<<20))
	_ = w.Close()
	return b.String()
}

// TestHandlersThatLieAreHeldToTheirLimits answers the first attempt as a hostile handler does, over connections in memory
// whose time is the test's.
func TestHandlersThatLieAreHeldToTheirLimits(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		answer  func(net.Conn)
		deaf    bool   // it does not even read the request
		taken   bool   // the delivery counts as sent
		status  int    // of the attempt
		problem string // a part of it
		took    time.Duration
	}{
		"drips its body":          {answer: forever(ok+"\r\n", "x", time.Second), status: 200, problem: "broke off: context deadline exceeded", took: 30 * time.Second},
		"drips its headers":       {answer: forever(ok, "x", time.Second), problem: "context deadline exceeded", took: 30 * time.Second},
		"says nothing":            {answer: func(net.Conn) { time.Sleep(time.Minute) }, problem: "context deadline exceeded", took: 30 * time.Second},
		"does not listen":         {answer: func(net.Conn) { time.Sleep(time.Minute) }, deaf: true, problem: "context deadline exceeded", took: 30 * time.Second},
		"never ends":              {answer: forever(ok+"\r\n", strings.Repeat("x", 4096), 0), taken: true, status: 200},
		"promises more":           {answer: say(ok + "Content-Length: 100\r\n\r\nshort"), status: 200, problem: "broke off: unexpected EOF"},
		"promises less":           {answer: say(ok + "Content-Length: 2\r\n\r\nlonger than that"), taken: true, status: 200},
		"promises two things":     {answer: say(ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), problem: "Content-Length"},
		"breaks its chunks":       {answer: say(ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"), status: 200, problem: "broke off: invalid byte in chunk length"},
		"sends a bomb":            {answer: say(ok+"Content-Encoding: gzip\r\n\r\n", bomb()), taken: true, status: 200},
		"floods with headers":     {answer: forever(ok, "X-Flood: "+strings.Repeat("x", 1000)+"\r\n", 0), problem: "headers exceeded"},
		"floods with hints":       {answer: forever("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nX: "+strings.Repeat("y", 1000)+"\r\n\r\n", 0), problem: "headers exceeded"},
		"redirects to a cloud":    {answer: say("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"), status: 307},
		"speaks another language": {answer: say("220 mail.example ESMTP\r\n"), problem: "malformed HTTP"},
		"hangs up":                {answer: func(net.Conn) {}, problem: "EOF"},
		"switches protocols":      {answer: say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"), status: 101},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var dials atomic.Int64
				dial := func(_ context.Context, _, address string) (net.Conn, error) {
					if address != "handler.test:80" {
						t.Errorf("%s was dialled", address)
					}
					here, there := net.Pipe()
					first := dials.Add(1) == 1
					go func() {
						if !first || !c.deaf {
							if _, err := http.ReadRequest(bufio.NewReader(there)); err != nil {
								return
							}
						}
						answer := say(ok + "Content-Length: 0\r\nConnection: close\r\n\r\n")
						if first {
							answer = c.answer
						}
						answer(there)
						_ = there.Close()
					}()
					return here, nil
				}
				a, later := hostile(t, dial)
				if a.OK() != c.taken || a.Status != c.status || !strings.Contains(a.Problem, c.problem) || c.problem == "" != (a.Problem == "") || a.Took != c.took {
					t.Errorf("the attempt is %+v", a)
				}
				if len(a.Text) > 3*4096 {
					t.Errorf("%d bytes of the answer are kept", len(a.Text))
				}
				if later.State != event.Sent || later.Attempts != dials.Load() || c.taken != (dials.Load() == 1) {
					t.Errorf("afterwards it is %+v after %d connections", later.Sending, dials.Load())
				}
			})
		})
	}
}

// hostile sends one delivery over dial until it is taken and returns its first attempt and what has become of it.
func hostile(t *testing.T, dial func(ctx context.Context, network, address string) (net.Conn, error)) (event.Attempt, event.DeliveryDetails) {
	t.Helper()
	d := dbtest.SQLite(t, schemas()...)
	s := event.New(d, clock.System{}, catalog)
	client := event.NewClient()
	client.Transport.(*http.Transport).DialContext = dial
	dispatcher := event.NewDispatcher(s, signer{}, client, slog.New(slog.DiscardHandler))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		return s.SendTx(t.Context(), tx, event.Delivery{AppID: 1, URL: "http://handler.test/", Name: "X", Data: number(1)})
	})
	if err != nil {
		t.Fatal(err)
	}
	dispatcher.Start()
	time.Sleep(2 * time.Minute) // of the bubble: every first attempt is over and the second one too
	dispatcher.Close()
	got, err := s.Delivery(t.Context(), 1)
	if err != nil || len(got.Log) == 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	return got.Log[0], got
}

// TestANameThatChangesItsMeaningIsLookedAtEachTime has a name server that first names an address that may be reached, and then
// one that may not.
func TestANameThatChangesItsMeaningIsLookedAtEachTime(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	server := newHandler(t, func(int, http.ResponseWriter) { reached.Add(1) })
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	var address atomic.Pointer[[4]byte]
	address.Store(&[4]byte{127, 0, 0, 1})
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go answerName(there, *address.Load())
		return stream{here}, nil
	}}
	policy, err := event.ParsePolicy(nil, []string{"127.0.0.2"}, false)
	if err != nil {
		t.Fatal(err)
	}
	client := event.NewClientResolving(resolver, policy)
	call := func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://rebind.test:"+port+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err == nil {
			_ = res.Body.Close()
			client.CloseIdleConnections()
		}
		return err
	}
	if err := call(); err != nil || reached.Load() != 1 {
		t.Fatalf("the honest address: %v, reached %d times", err, reached.Load())
	}
	address.Store(&[4]byte{127, 0, 0, 2})
	if err := call(); err == nil || !strings.Contains(err.Error(), "policy") || reached.Load() != 1 {
		t.Errorf("the other address: %v, reached %d times", err, reached.Load())
	}
}

// stream is a connection to a name server over which every message has its length before it, as over TCP.
type stream struct{ net.Conn }

// answerName answers one question about a name with an address of IPv4, and with none for IPv6.
func answerName(c net.Conn, address [4]byte) {
	defer func() { _ = c.Close() }()
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		q := make([]byte, int(head[0])<<8|int(head[1]))
		if _, err := io.ReadFull(c, q); err != nil {
			return
		}
		end := 12 + bytes.IndexByte(q[12:], 0) + 5 // the name, its type and class
		a := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
		if q[end-3] == 1 { // an address of IPv4
			a[7] = 1
			a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, address[0], address[1], address[2], address[3])
		}
		if _, err := c.Write(append([]byte{byte(len(a) >> 8), byte(len(a))}, a...)); err != nil {
			return
		}
	}
}

func TestWhatARestartFindsGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		var works atomic.Bool
		hold := make(chan struct{})
		failing := newHandler(t, func(_ int, w http.ResponseWriter) {
			if !works.Load() {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		paused, fine := newHandler(t, nil), newHandler(t, nil)
		entered := make(chan struct{}, 10)
		slow := newHandler(t, func(n int, _ http.ResponseWriter) {
			entered <- struct{}{}
			if n == 0 {
				<-hold
			}
		})
		send := func(url string, n int) { b.send(t, event.Delivery{AppID: 1, URL: url, Name: "X", Data: number(n)}) }
		send(failing.URL, 1)
		until(t, "it failed once", func() bool { return b.lane(t, 1).Failures == 1 })
		send(paused.URL, 2)
		until(t, "it was sent", func() bool { return b.delivery(t, 2).State == event.Sent })
		if err := b.service.Pause(t.Context(), admin, 2); err != nil {
			t.Fatal(err)
		}
		send(paused.URL, 3)
		send(slow.URL, 4)
		<-entered // in flight
		b.saveHook(t, event.Hook{ID: 95, URL: fine.URL, Events: []string{"ONTASKADD"}})
		b.emit(t, "ONTASKADD", 5)
		until(t, "it was put aside", func() bool { return b.delivery(t, 5).State == event.Dead })
		b.dispatcher.Close() // gives the request under way up
		close(hold)
		send(fine.URL, 6)

		b.service = event.New(d, b.clock, catalog) // as another process
		b.restart(t)
		<-entered
		want := map[int64]event.State{2: event.Sent, 3: event.Pending, 4: event.Sent, 5: event.Dead, 6: event.Sent}
		for id, state := range want {
			until(t, fmt.Sprint(id, " is ", state), func() bool { return b.delivery(t, id).State == state })
		}
		if got := b.delivery(t, 4); got.Attempts != 1 {
			t.Errorf("the request that was given up counts: %d attempts", got.Attempts)
		}
		works.Store(true)
		b.step(t, 1)
		if got := b.delivery(t, 1); got.State != event.Sent || got.Attempts != 2 {
			t.Errorf("what had failed is %+v", got.Sending)
		}
		if err := b.service.Resume(t.Context(), admin, 2); err != nil {
			t.Fatal(err)
		}
		until(t, "what was paused is sent", func() bool { return b.delivery(t, 3).State == event.Sent })
		if err := b.service.Retry(t.Context(), admin, 5); err != nil {
			t.Fatal(err)
		}
		until(t, "it is put aside again", func() bool { d := b.delivery(t, 5); return d.State == event.Dead && d.Attempts == 2 })
		if err := b.service.Retry(t.Context(), admin, 77); fault.Of(err).Code != "DELIVERY_NOT_FOUND" {
			t.Errorf("retry of nothing: %v", err)
		}
	})
}
