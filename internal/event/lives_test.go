package event_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/user"
)

var admin = user.Ref{ID: 1, Admin: true}

// realSigner signs with tokens as long as real ones.
type realSigner struct{ signer }

const (
	realToken  = "51856fefc120afa4b628cc82d3935cce"
	realAccess = "s6p6eclrvim6da22ft9ch94ekreb52lv"
)

func (realSigner) Auth(_ context.Context, _, userID int64) (phpform.Value, error) {
	return phpform.ArrayOf(
		phpform.Entry{Key: "access_token", Value: phpform.StringOf(fmt.Sprint(realAccess, userID))},
		phpform.Entry{Key: "application_token", Value: phpform.StringOf(realToken)},
		phpform.Entry{Key: "domain", Value: phpform.StringOf("portal.test")},
	), nil
}

// until waits, letting other goroutines run, for what a test expects.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		if t.Context().Err() != nil {
			t.Fatal("never happened: " + what)
		}
		runtime.Gosched()
	}
}

// step moves the clock to where a lane that failed is tried again, once it waits for that, and waits for what comes of it.
func (b *bench) step(t *testing.T, lane int64) {
	t.Helper()
	var next time.Time
	until(t, "the lane waits", func() bool {
		next = b.lane(t, lane).NextAt
		return next.After(b.clock.Now()) && b.clock.Timers() >= 2 // the sweep waits too
	})
	now := next.Add(time.Millisecond) // the database keeps microseconds
	b.clock.Set(now)
	until(t, "an attempt is recorded", func() bool { l := b.lane(t, lane); return l.LastFailed.Equal(now) || l.LastOK.Equal(now) })
}

func (b *bench) lane(t *testing.T, id int64) event.Lane {
	t.Helper()
	l, err := b.service.Lane(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (b *bench) delivery(t *testing.T, id int64) event.DeliveryDetails {
	t.Helper()
	d, err := b.service.Delivery(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (b *bench) list(t *testing.T, q event.DeliveryQuery) event.DeliveryPage {
	t.Helper()
	p, err := b.service.Deliveries(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ids(p event.DeliveryPage) (out []int64) {
	for _, d := range p.Items {
		out = append(out, d.ID)
	}
	return out
}

func TestAttemptsAreKeptWithTheirSecretsMasked(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := &bench{signer: realSigner{}}
		b.start(t, d)
		h := newHandler(t, func(n int, w http.ResponseWriter) {
			w.Header().Set("Set-Cookie", "PHPSESSID=very-secret")
			w.Header().Set("X-Debug", realToken)
			if n == 0 {
				w.WriteHeader(http.StatusBadGateway)
			}
			_, _ = fmt.Fprintf(w, "got %s and \xff\x00", realAccess+"5")
		})
		b.send(t, event.Delivery{AppID: 3, URL: h.URL + "/x?a=1", Name: "ONIMBOTMESSAGEADD", UserID: 5, BotID: 17, Data: number(7)})
		<-h.ch
		b.advanceUntil(t, h)
		until(t, "both attempts are recorded", func() bool { return b.delivery(t, 1).State == event.Sent })
		got := b.delivery(t, 1)
		if len(got.Log) != 2 || got.Attempts != 2 || got.Event != "ONIMBOTMESSAGEADD" || got.Lane.AppID != 3 || got.Status != 200 {
			t.Fatalf("the delivery is %+v", got)
		}
		first := got.Log[0]
		if first.Number != 1 || first.Status != 502 || first.OK() || !first.At.Equal(b0) || first.URL != h.URL+"/x?a=1" || first.Text != "got s6p6… and �\ufffd" {
			t.Errorf("the first attempt is %+v", first)
		}
		want := "event=ONIMBOTMESSAGEADD&event_handler_id=1&data%5BN%5D=7" +
			"&data%5BBOT%5D%5B17%5D%5Baccess_token%5D=s6p6%E2%80%A6&data%5BBOT%5D%5B17%5D%5Bapplication_token%5D=5185%E2%80%A6&data%5BBOT%5D%5B17%5D%5Bdomain%5D=portal.test" +
			"&data%5BBOT%5D%5B17%5D%5BAUTH%5D%5Baccess_token%5D=s6p6%E2%80%A6&data%5BBOT%5D%5B17%5D%5BAUTH%5D%5Bapplication_token%5D=5185%E2%80%A6&data%5BBOT%5D%5B17%5D%5BAUTH%5D%5Bdomain%5D=portal.test" +
			"&ts=1795424400&auth%5Baccess_token%5D=s6p6%E2%80%A6&auth%5Bapplication_token%5D=5185%E2%80%A6&auth%5Bdomain%5D=portal.test"
		if first.Body != want {
			t.Errorf("the form is\n%s, want\n%s", first.Body, want)
		}
		if !slices.Contains(first.Request, event.Header{Name: "X-Portico-Attempt", Value: "1"}) ||
			!slices.Contains(got.Log[1].Request, event.Header{Name: "X-Portico-Attempt", Value: "2"}) {
			t.Errorf("the headers are %v and %v", first.Request, got.Log[1].Request)
		}
		for _, h := range []event.Header{{Name: "Set-Cookie", Value: "PHPSESSID=…"}, {Name: "X-Debug", Value: "5185…"}} {
			if !slices.Contains(first.Answer, h) {
				t.Errorf("the answer's headers are %v, want %v among them", first.Answer, h)
			}
		}
		if raw := dump(t, d); strings.Contains(raw, realAccess) || strings.Contains(raw, realToken) || strings.Contains(raw, "very-secret") {
			t.Errorf("a secret is in the database: %s", raw)
		}
	})
}

// dump returns all that is kept of attempts.
func dump(t *testing.T, d *db.DB) string {
	t.Helper()
	var out strings.Builder
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT sent || auth || bot_auth || headers || problem || answer FROM event_attempt
			UNION ALL SELECT answer FROM event_delivery`)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out.WriteString(s + "\n")
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestDeliveriesAreFoundByWhatTheyAre(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		b.dispatcher.Close()
		send := func(app int64, path, name, text string) {
			b.send(t, event.Delivery{AppID: app, URL: "http://127.0.0.1:9/" + path, Name: name, Data: phpform.ArrayOf(phpform.Entry{Key: "T", Value: phpform.StringOf(text)})})
		}
		send(3, "one", "ONTASKADD", "alpha")
		b.clock.Advance(time.Hour)
		send(3, "two", "ONTASKUPDATE", "100%_sure")
		send(4, "one", "ONTASKADD", "Beta")
		b.clock.Advance(time.Hour)
		send(4, "three", "ONUSERADD", "100 sure")
		pending, dead := event.Pending, event.Dead
		for name, c := range map[string]struct {
			q    event.DeliveryQuery
			want []int64
			next int64
		}{
			"all":             {event.DeliveryQuery{}, []int64{4, 3, 2, 1}, 0},
			"first page":      {event.DeliveryQuery{Limit: 3}, []int64{4, 3, 2}, 2},
			"second page":     {event.DeliveryQuery{Limit: 3, Before: 2}, []int64{1}, 0},
			"event":           {event.DeliveryQuery{Event: "onTaskAdd"}, []int64{3, 1}, 0},
			"application":     {event.DeliveryQuery{AppID: 4}, []int64{4, 3}, 0},
			"app, page":       {event.DeliveryQuery{AppID: 4, Limit: 1}, []int64{4}, 4},
			"no such app":     {event.DeliveryQuery{AppID: 5}, nil, 0},
			"handler":         {event.DeliveryQuery{Handler: "/ONE"}, []int64{3, 1}, 0},
			"lane":            {event.DeliveryQuery{LaneID: 2}, []int64{2}, 0},
			"pending":         {event.DeliveryQuery{State: &pending, AppID: 3}, []int64{2, 1}, 0},
			"pending, all":    {event.DeliveryQuery{State: &pending, Limit: 3}, []int64{4, 3, 2}, 2},
			"dead":            {event.DeliveryQuery{State: &dead}, nil, 0},
			"text":            {event.DeliveryQuery{Text: "beTA"}, []int64{3}, 0},
			"text, wildcards": {event.DeliveryQuery{Text: "0%_s"}, []int64{2}, 0},
			"text of address": {event.DeliveryQuery{Text: "9/three"}, []int64{4}, 0},
			"text and app":    {event.DeliveryQuery{Text: "alpha", AppID: 4}, nil, 0},
			"from":            {event.DeliveryQuery{From: b0.Add(time.Hour)}, []int64{4, 3, 2}, 0},
			"to":              {event.DeliveryQuery{To: b0.Add(time.Hour)}, []int64{1}, 0},
			"between":         {event.DeliveryQuery{From: b0.Add(time.Minute), To: b0.Add(2 * time.Hour)}, []int64{3, 2}, 0},
			"later":           {event.DeliveryQuery{From: b0.Add(9 * time.Hour)}, nil, 0},
		} {
			if p := b.list(t, c.q); !slices.Equal(ids(p), c.want) || p.Next != c.next {
				t.Errorf("%s: %v, next %d, want %v, next %d", name, ids(p), p.Next, c.want, c.next)
			}
		}
	})
}

func TestAPausedHandlerGetsNothingAndLosesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, append(schemas(), audit.Schema()), func(t *testing.T, d *db.DB) {
		b, h, other := setup(t, d), newHandler(t, nil), newHandler(t, nil)
		b.service.SetAudit(audit.New(d, b.clock))
		b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(0)})
		<-h.ch
		until(t, "the first is recorded", func() bool { return b.delivery(t, 1).State == event.Sent })
		if err := b.service.Pause(t.Context(), user.Ref{ID: 5}, 1); fault.Of(err).Code != "ACCESS_DENIED" {
			t.Errorf("paused by somebody: %v", err)
		}
		if err := b.service.Pause(t.Context(), admin, 77); fault.Of(err).Code != "HANDLER_NOT_FOUND" {
			t.Errorf("paused what is not there: %v", err)
		}
		if err := b.service.Pause(t.Context(), admin, 1); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(1 + i)})
		}
		b.send(t, event.Delivery{AppID: 1, URL: other.URL, Name: "X", Data: number(9)})
		<-other.ch
		b.dispatcher.Close()
		b.restart(t) // a pause outlives the process
		b.send(t, event.Delivery{AppID: 1, URL: other.URL, Name: "X", Data: number(9)})
		<-other.ch
		l, err := b.service.Lane(t.Context(), 1)
		if err != nil || l.Paused == nil || l.Paused.By != 1 || l.Paused.Failed || l.Waiting != 3 {
			t.Fatalf("the lane is %+v, %v", l, err)
		}
		until(t, "three wait in one handler that is paused", func() bool {
			totals, err := b.service.Totals(t.Context())
			return err == nil && totals == event.Totals{Waiting: 3, Paused: 1}
		})
		if err := b.service.Resume(t.Context(), admin, 1); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if n := (<-h.ch).Get("data[N]"); n != strconv.Itoa(1+i) {
				t.Errorf("got %s, want %d", n, 1+i)
			}
		}
		if got := auditTypes(t, d); !slices.Equal(got, []string{"DELIVERY_HANDLER_PAUSED", "DELIVERY_HANDLER_RESUMED"}) {
			t.Errorf("the log has %v", got)
		}
	})
}

func auditTypes(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), "SELECT type FROM audit_entry ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			out = append(out, s)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatWasPutAsideIsPutBack(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		h := newHandler(t, func(n int, w http.ResponseWriter) {
			if n < 24 { // two deliveries fail for good
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		for i := range 3 {
			b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(i)})
		}
		for range 22 { // each has its first attempt at once
			b.step(t, 1)
		}
		dead := event.Dead
		until(t, "the third was sent", func() bool { return b.delivery(t, 3).State == event.Sent })
		if got := ids(b.list(t, event.DeliveryQuery{State: &dead})); !slices.Equal(got, []int64{2, 1}) {
			t.Fatalf("put aside: %v", got)
		}
		if err := b.service.Retry(t.Context(), admin, 3); fault.Of(err).Code != "DELIVERY_NOT_DEAD" {
			t.Errorf("a sent one is put back: %v", err)
		}
		if err := b.service.Retry(t.Context(), admin, 2); err != nil {
			t.Fatal(err)
		}
		for range 25 {
			<-h.ch
		}
		if n := (<-h.ch).Get("data[N]"); n != "1" {
			t.Errorf("got %s", n)
		}
		if n, err := b.service.RetryAll(t.Context(), admin, event.DeliveryQuery{AppID: 2}); n != 0 || err != nil {
			t.Errorf("another application's: %d, %v", n, err)
		}
		if n, err := b.service.RetryAll(t.Context(), admin, event.DeliveryQuery{AppID: 1, Event: "x"}); n != 1 || err != nil {
			t.Errorf("put back %d, %v", n, err)
		}
		if n := (<-h.ch).Get("data[N]"); n != "0" {
			t.Errorf("got %s", n)
		}
		until(t, "all is sent", func() bool { return b.delivery(t, 1).State == event.Sent && b.delivery(t, 2).State == event.Sent })
		if got := b.delivery(t, 1); len(got.Log) != 13 || got.Log[11].Status != 502 || got.Log[12].Status != 200 {
			t.Errorf("the attempts are %+v", got.Log)
		}
	})
}

func TestReplayAndEditedResend(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h, other := setup(t, d), newHandler(t, nil), newHandler(t, nil)
		b.send(t, event.Delivery{AppID: 3, URL: h.URL, Name: "ONTASKADD", UserID: 5, Data: number(1)})
		b.send(t, event.Delivery{AppID: 3, URL: h.URL, Name: "ONTASKADD", UserID: 6, Data: number(2)})
		<-h.ch
		<-h.ch
		made, err := b.service.Replay(t.Context(), admin, 1, 2)
		if err != nil || !slices.Equal(made, []int64{3, 4}) {
			t.Fatalf("made %v, %v", made, err)
		}
		for _, want := range []string{"1 user5", "2 user6"} {
			if got := <-h.ch; got.Get("data[N]")+" "+got.Get("auth[access_token]") != want {
				t.Errorf("got %v, want %s", got, want)
			}
		}
		changed := number(9)
		id, err := b.service.Resend(t.Context(), admin, event.Edited{ID: 1, URL: other.URL, Name: "onTaskUpdate", Data: &changed})
		if err != nil {
			t.Fatal(err)
		}
		if got := <-other.ch; got.Get("event") != "ONTASKUPDATE" || got.Get("data[N]") != "9" || got.Get("auth[access_token]") != "user5" {
			t.Errorf("the edited one is %v", got)
		}
		if got := b.delivery(t, 1); len(got.Repeated) != 2 || got.Repeated[0].ID != id || got.Repeated[1].ID != 3 || got.Repeated[1].ReplayOf != 1 {
			t.Errorf("repeated by %+v", got.Repeated)
		}
		for name, e := range map[string]event.Edited{
			"INVALID_FIELD url":   {ID: 1, URL: "ftp://x"},
			"INVALID_FIELD event": {ID: 1, Name: "a b"},
			"INVALID_FIELD data":  {ID: 1, Data: new(phpform.StringOf("x"))},
			"DELIVERY_NOT_FOUND ": {ID: 99},
		} {
			if _, err := b.service.Resend(t.Context(), admin, e); fault.Of(err).Code+" "+fault.Of(err).Field != name {
				t.Errorf("%+v: %v, want %s", e, err, name)
			}
		}
		if _, err := b.service.Replay(t.Context(), admin, 1, 99); fault.Of(err).Code != "DELIVERY_NOT_FOUND" {
			t.Errorf("replay of what is not there: %v", err)
		}
		if p := b.list(t, event.DeliveryQuery{}); len(p.Items) != 5 {
			t.Errorf("a replay that failed left something: %v", ids(p))
		}
	})
}

func TestAHandlerThatFailsForLongIsPausedAndComesBack(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, schemas()...)
	b := setup(t, d)
	var works atomic.Bool
	h := newHandler(t, func(_ int, w http.ResponseWriter) {
		if !works.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for i := range 5 {
		b.send(t, event.Delivery{AppID: 1, URL: h.URL, Name: "X", Data: number(i)})
	}
	for b.lane(t, 1).Paused == nil {
		b.step(t, 1)
	}
	l := b.lane(t, 1)
	if took := l.Paused.At.Sub(b0); !l.Paused.Failed || took < 24*time.Hour || took > 26*time.Hour || l.Failures < 20 || l.Dead != 2 || l.Waiting != 3 {
		t.Fatalf("the lane is %+v, %s", l, l.Paused.At.Sub(b0))
	}
	for range 15 { // asks now and then, which costs no delivery its attempts
		b.step(t, 1)
	}
	works.Store(true)
	b.step(t, 1)
	until(t, "it goes on by itself", func() bool { l := b.lane(t, 1); return l.Paused == nil && l.Waiting == 0 })
	if l := b.lane(t, 1); l.Dead != 2 || l.Failures != 0 || !l.FailingSince.IsZero() || l.LastOK.IsZero() {
		t.Errorf("afterwards the lane is %+v", l)
	}
}
