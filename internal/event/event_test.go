package event_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

var catalog = []event.Def{{Name: "ONTASKADD", Scope: "task"}, {Name: "ONTASKUPDATE", Scope: "task"}, {Name: "ONAPPINSTALL", Scope: "basic"}}

// signer signs with the numbers it is given, and not at all for application 9.
type signer struct{}

func (signer) Auth(_ context.Context, appID, userID int64) (phpform.Value, error) {
	if appID == 9 {
		return phpform.Value{}, fault.New(fault.Unavailable, "NOT_INSTALLED", "Not installed yet")
	}
	out := []phpform.Entry{{Key: "application_token", Value: phpform.StringOf(fmt.Sprint("app", appID))}}
	if userID != 0 {
		out = append(out, phpform.Entry{Key: "access_token", Value: phpform.StringOf(fmt.Sprint("user", userID))})
	}
	return phpform.ArrayOf(out...), nil
}

func (signer) Portal(_ context.Context, token string) (phpform.Value, error) {
	return phpform.ArrayOf(phpform.Entry{Key: "application_token", Value: phpform.StringOf(token)}), nil
}

// Hook knows the outbound webhooks below 90.
func (signer) Hook(_ context.Context, id int64) (phpform.Value, error) {
	if id >= 90 {
		return phpform.Value{}, fault.New(fault.NotFound, "WEBHOOK_NOT_FOUND", "There is no such webhook.")
	}
	return phpform.ArrayOf(phpform.Entry{Key: "application_token", Value: phpform.StringOf(fmt.Sprint("hook", id))}), nil
}

// signingKey is the secret of application 8 and of outbound webhook 7, which has an old one as well; the others have none.
const (
	signingKey    = "5f1ih5tsnsb11sc5heg3kp4ywqnjhd09"
	oldSigningKey = "ycvnq4wf7yd0ub8rzqj1m3m5n9hk2l6p"
)

func (signer) SigningKeys(_ context.Context, appID, hookID int64) ([]string, error) {
	switch {
	case hookID == 7:
		return []string{signingKey, oldSigningKey}, nil
	case appID == 8:
		return []string{signingKey}, nil
	}
	return nil, nil
}

// handler keeps what it is sent and answers as told.
type handler struct {
	*httptest.Server
	mu     sync.Mutex
	got    []url.Values
	answer func(n int, w http.ResponseWriter)
	ch     chan url.Values
}

func newHandler(t *testing.T, answer func(n int, w http.ResponseWriter)) *handler {
	t.Helper()
	h := &handler{answer: answer, ch: make(chan url.Values, 10_000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(raw))
		if err != nil || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			t.Errorf("a delivery is no form: %v %s", err, raw)
		}
		form.Set("address", r.URL.String())
		h.mu.Lock()
		n := len(h.got)
		h.got = append(h.got, form)
		h.mu.Unlock()
		if h.answer != nil {
			h.answer(n, w)
		}
		h.ch <- form
	}))
	t.Cleanup(h.Close)
	return h
}

type bench struct {
	db         *db.DB
	clock      *clock.Manual
	service    *event.Service
	dispatcher *event.Dispatcher
	signer     event.Signer // nil is signer{}
	base       event.Policy
}

func setup(t *testing.T, d *db.DB) *bench {
	t.Helper()
	b := &bench{}
	b.start(t, d)
	return b
}

// b0 is when the clock of a bench begins.
var b0 = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func (b *bench) start(t *testing.T, d *db.DB) {
	t.Helper()
	b.db, b.clock = d, clock.NewManual(b0)
	b.service = event.New(d, b.clock, catalog)
	b.restart(t)
}

func (b *bench) restart(t *testing.T) {
	t.Helper()
	var s event.Signer = signer{}
	if b.signer != nil {
		s = b.signer
	}
	b.dispatcher = event.NewDispatcher(b.service, s, nil, slog.New(slog.DiscardHandler))
	b.dispatcher.Within(b.base)
	b.dispatcher.Start()
	t.Cleanup(b.dispatcher.Close)
}

func (b *bench) send(t *testing.T, d event.Delivery) {
	t.Helper()
	err := b.db.Write(t.Context(), func(tx *db.Tx) error { return b.service.SendTx(t.Context(), tx, d) })
	if err != nil {
		t.Fatal(err)
	}
}

// untilWaiting advances the clock once the dispatcher waits for its back-off.
func (b *bench) advanceUntil(t *testing.T, h *handler) url.Values {
	t.Helper()
	for {
		select {
		case form := <-h.ch:
			return form
		case <-t.Context().Done():
			t.Fatal("no delivery")
		default:
			b.clock.Advance(time.Second)
		}
	}
}

func number(n int) phpform.Value {
	return phpform.ArrayOf(phpform.Entry{Key: "N", Value: phpform.IntOf(int64(n))})
}

func schemas() []db.Schema { return []db.Schema{event.Schema()} }

func TestDeliveryOnTheWire(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), newHandler(t, nil)
		data := phpform.ArrayOf(
			phpform.Entry{Key: "BOT", Value: phpform.ArrayOf(phpform.Entry{Key: "17", Value: phpform.ArrayOf(
				phpform.Entry{Key: "BOT_ID", Value: phpform.IntOf(17)})})},
			phpform.Entry{Key: "PARAMS", Value: phpform.ArrayOf(phpform.Entry{Key: "MESSAGE", Value: phpform.StringOf("a&b")})},
		)
		b.send(t, event.Delivery{AppID: 3, URL: h.URL + "/bot.php?action=x", Name: "ONIMBOTMESSAGEADD", UserID: 5, BotID: 17, Data: data})
		got := <-h.ch
		for key, want := range map[string]string{
			"address": "/bot.php?action=x", "event": "ONIMBOTMESSAGEADD", "ts": "1795424400", "data[PARAMS][MESSAGE]": "a&b",
			"data[BOT][17][BOT_ID]": "17", "data[BOT][17][access_token]": "user17", "data[BOT][17][AUTH][access_token]": "user17",
			"auth[access_token]": "user5", "auth[application_token]": "app3",
		} {
			if got.Get(key) != want {
				t.Errorf("%s = %q, want %q", key, got.Get(key), want)
			}
		}
		b.send(t, event.Delivery{AppID: 3, URL: h.URL, Name: "ONAPPUNINSTALL", UserID: 5, NoAuth: true, Data: number(1)})
		if got := <-h.ch; got.Has("auth[access_token]") || got.Get("auth[application_token]") != "app3" {
			t.Errorf("a delivery without access has %v", got)
		}
		b.send(t, event.Delivery{Token: "own name", URL: h.URL, Name: "ONIMBOTMESSAGEADD", UserID: 5, BotID: 17, Data: data})
		got = <-h.ch
		if got.Get("auth[application_token]") != "own name" || got.Has("auth[access_token]") || got.Has("data[BOT][17][access_token]") {
			t.Errorf("a delivery to no application has %v", got)
		}
	})
}

func TestOrderAndRetriesInOneLaneWhileAnotherGoesOn(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		bad := newHandler(t, func(n int, w http.ResponseWriter) {
			if n < 3 {
				w.WriteHeader(500 + n)
			}
		})
		good := newHandler(t, nil)
		for i := range 100 {
			b.send(t, event.Delivery{AppID: 1, URL: bad.URL, Name: "X", Data: number(i)})
			b.send(t, event.Delivery{AppID: 1, URL: good.URL, Name: "X", Data: number(i)})
		}
		for i := range 100 {
			if n := (<-good.ch).Get("data[N]"); n != strconv.Itoa(i) {
				t.Fatalf("the good handler got %s, want %d", n, i)
			}
		}
		for _, want := range []int{0, 0, 0, 0} { // three failures, then the answer
			if n := b.advanceUntil(t, bad).Get("data[N]"); n != strconv.Itoa(want) {
				t.Fatalf("the failing handler got %s, want %d again", n, want)
			}
		}
		for i := 1; i < 100; i++ {
			if n := (<-bad.ch).Get("data[N]"); n != strconv.Itoa(i) {
				t.Fatalf("the failing handler got %s, want %d", n, i)
			}
		}
	})
}

func TestADeliveryIsPutAsideInTheEnd(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas()...)
	b := setup(t, d)
	attempts := 0
	h := newHandler(t, func(_ int, w http.ResponseWriter) { attempts++; w.WriteHeader(http.StatusBadGateway) })
	b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "FIRST", Data: number(1)})
	b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "SECOND", Data: number(2)})
	n := 0
	for b.advanceUntil(t, h).Get("event") != "SECOND" {
		n++
	}
	if n != 12 {
		t.Errorf("the first delivery was tried %d times before the second had its turn, want 12", n)
	}
}

func TestWhatWasNotSentIsSentAfterARestart(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), newHandler(t, nil)
		b.dispatcher.Close()
		b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(1)})
		b.restart(t)
		if n := (<-h.ch).Get("data[N]"); n != "1" {
			t.Errorf("got %s", n)
		}
	})
}

func TestHostileHandlersAreFailures(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter){
		"redirect": func(w http.ResponseWriter) { w.Header().Set("Location", "/elsewhere"); w.WriteHeader(http.StatusFound) },
		"1 GB": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusInternalServerError)
			for range 1 << 14 {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return // the reader has had enough
				}
			}
			t.Error("the whole gigabyte was read")
		},
		"no HTTP": func(w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte("nonsense\r\n\r\n"))
				_ = conn.Close()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, dbtest.SQLite(t, schemas()...))
			h := newHandler(t, func(n int, w http.ResponseWriter) {
				if n == 0 {
					answer(w)
				}
			})
			b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(1)})
			<-h.ch
			if got := b.advanceUntil(t, h); got.Get("data[N]") != "1" || got.Get("address") != "/" {
				t.Errorf("the second attempt brought %v", got)
			}
		})
	}
}

func TestEmitReachesWhatIsBoundAtThatMoment(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), newHandler(t, nil)
		ctx, admin, all := t.Context(), user.Ref{ID: 1, Admin: true}, func(string) bool { return true }
		emit := func(n int) {
			t.Helper()
			err := d.Write(ctx, func(tx *db.Tx) error {
				return b.service.EmitTx(ctx, tx, event.Event{Name: "ONTASKADD", UserID: 5, Data: number(n)})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		emit(0) // nobody is bound
		bind := event.Binding{AppID: 3, Event: "OnTaskAdd", Handler: h.URL}
		if err := b.service.Bind(ctx, admin, bind, all); err != nil {
			t.Fatal(err)
		}
		bind.AuthUser = 8
		if err := b.service.Bind(ctx, admin, bind, all); err != nil {
			t.Fatal(err)
		}
		emit(1)
		first, second := <-h.ch, <-h.ch
		if first.Get("auth[access_token]") != "user5" || second.Get("auth[access_token]") != "user8" || first.Get("data[N]") != "1" {
			t.Errorf("got %v and %v", first, second)
		}
		zero := int64(0)
		if n, err := b.service.Unbind(ctx, admin, event.Binding{AppID: 3, Event: "ontaskadd", Handler: h.URL}, &zero); n != 1 || err != nil {
			t.Fatalf("unbind: %d, %v", n, err)
		}
		emit(2)
		if got := <-h.ch; got.Get("auth[access_token]") != "user8" || got.Get("data[N]") != "2" {
			t.Errorf("after the unbinding got %v", got)
		}
	})
}

func TestAnApplicationWhoseInstallationIsNotCompleteHearsNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), newHandler(t, nil)
		ctx, admin := t.Context(), user.Ref{ID: 1, Admin: true}
		b.service.SetReceivers(func(_ context.Context, _ *db.Tx, appID int64) (bool, error) { return appID == 3, nil })
		for _, bind := range []event.Binding{
			{AppID: 4, Event: "ONTASKADD", Handler: h.URL + "/unfinished"}, {AppID: 3, Event: "ONTASKADD", Handler: h.URL + "/finished"},
		} {
			if err := b.service.Bind(ctx, admin, bind, func(string) bool { return true }); err != nil {
				t.Fatal(err)
			}
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			if err := b.service.EmitTx(ctx, tx, event.Event{Name: "ONTASKADD", UserID: 5, Data: number(1)}); err != nil {
				return err
			}
			var waiting int64
			if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM event_delivery").Scan(&waiting); err != nil || waiting != 1 {
				t.Errorf("%d deliveries were recorded, %v, want one", waiting, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := <-h.ch; got.Get("address") != "/finished" {
			t.Errorf("%s got the event", got.Get("address"))
		}
	})
}

func TestHandlersAreNamedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, ctx := setup(t, d), t.Context()
		for _, bind := range []event.Binding{
			{AppID: 3, Event: "ONAPPINSTALL", Handler: "http://127.0.0.1/b"},
			{AppID: 3, Event: "ONAPPINSTALL", Handler: "http://127.0.0.1/a"},
			{AppID: 3, Event: "ONAPPINSTALL", Handler: "http://127.0.0.1/b", AuthUser: 7},
			{AppID: 3, Event: "ONTASKADD", Handler: "http://127.0.0.1/c"},
			{AppID: 4, Event: "ONAPPINSTALL", Handler: "http://127.0.0.1/d"},
		} {
			if err := b.service.Bind(ctx, user.Ref{ID: 1, Admin: true}, bind, func(string) bool { return true }); err != nil {
				t.Fatal(err)
			}
		}
		err := d.Read(ctx, func(tx *db.Tx) error {
			got, err := b.service.HandlersTx(ctx, tx, 3, "ONAPPINSTALL")
			if !slices.Equal(got, []string{"http://127.0.0.1/b", "http://127.0.0.1/a"}) {
				t.Errorf("handlers %q", got)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestBindFaults(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		s := event.New(d, clock.System{}, catalog)
		ctx, person := t.Context(), user.Ref{ID: 5}
		good := event.Binding{AppID: 3, Event: "ONTASKADD", Handler: "http://127.0.0.1:9100/x.php?a=1"}
		with := func(change func(*event.Binding)) event.Binding { b := good; change(&b); return b }
		for name, c := range map[string]struct {
			b    event.Binding
			can  bool
			code string
		}{
			"unknown event": {with(func(b *event.Binding) { b.Event = "ONNOTHING" }), true, "ERROR_EVENT_NOT_FOUND"},
			"foreign scope": {good, false, "ERROR_EVENT_NOT_FOUND"},
			"no address":    {with(func(b *event.Binding) { b.Handler = "x.php" }), true, "ERROR_ARGUMENT"},
			"other scheme":  {with(func(b *event.Binding) { b.Handler = "file:///etc/passwd" }), true, "ERROR_ARGUMENT"},
			"credentials":   {with(func(b *event.Binding) { b.Handler = "http://a:b@host/" }), true, "ERROR_ARGUMENT"},
			"somebody else": {with(func(b *event.Binding) { b.AuthUser = 6 }), true, "ACCESS_DENIED"},
			"right":         {good, true, ""},
		} {
			err := s.Bind(ctx, person, c.b, func(string) bool { return c.can })
			if c.code == "" && err != nil || c.code != "" && fault.Of(err).Code != c.code {
				t.Errorf("%s: %v, want %q", name, err, c.code)
			}
		}
		if err := s.Bind(ctx, person, good, func(string) bool { return true }); fault.Of(err).Code != "ERROR_CORE" {
			t.Errorf("bound twice: %v", err)
		}
		other := int64(6)
		if _, err := s.Unbind(ctx, person, good, &other); fault.Of(err).Code != "ACCESS_DENIED" {
			t.Errorf("unbind of another: %v", err)
		}
		got, err := s.Bindings(ctx, person, 3)
		if err != nil || len(got) != 1 || got[0].AuthUser != 5 {
			t.Errorf("a person's binding is under them: %v, %v", got, err)
		}
	})
}

func TestARolledBackChangeSendsNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), newHandler(t, nil)
		boom := errors.New("boom")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := b.service.SendTx(t.Context(), tx, event.Delivery{AppID: 1, URL: h.URL, Name: "LOST", Data: number(1)}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "KEPT", Data: number(2)})
		if got := <-h.ch; got.Get("event") != "KEPT" {
			t.Errorf("got %s", got.Get("event"))
		}
	})
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"http://127.0.0.1:9100/bot.php": true, "https://example.com": true, "http://[::1]:80/x": true, "http://app:8080/h": true,
		"": false, "//example.com": false, "ftp://x": false, "http://": false, "javascript:alert(1)": false,
		"http://x/" + strings.Repeat("a", 2000): false,
	} {
		if got := event.CheckURL(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
