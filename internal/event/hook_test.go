package event_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
)

func (b *bench) write(t *testing.T, f func(tx *db.Tx) error) {
	t.Helper()
	if err := b.db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) saveHook(t *testing.T, h event.Hook) {
	t.Helper()
	b.write(t, func(tx *db.Tx) error { return b.service.SaveHookTx(t.Context(), tx, admin, h) })
}

func (b *bench) emit(t *testing.T, name string, n int) {
	t.Helper()
	if err := b.service.Emit(t.Context(), event.Event{Name: name, UserID: 5, Data: number(n)}); err != nil {
		t.Fatal(err)
	}
}

func TestAnOutboundWebhookHearsOfItsEventsWithoutTokens(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h, moved := setup(t, d), newHandler(t, nil), newHandler(t, nil)
		b.saveHook(t, event.Hook{ID: 4, URL: h.URL + "/x?a=1", Events: []string{"onTaskAdd"}})
		b.saveHook(t, event.Hook{ID: 5, URL: h.URL + "/x?a=1", Events: []string{"ONTASKADD"}}) // the same address is no conflict
		b.emit(t, "ONTASKADD", 1)
		tokens := []string{}
		for range 2 {
			got := <-h.ch
			tokens = append(tokens, got.Get("auth[application_token]"))
			if got.Get("address") != "/x?a=1" || got.Get("event") != "ONTASKADD" || got.Get("data[N]") != "1" || got.Has("auth[access_token]") {
				t.Errorf("got %v", got)
			}
		}
		if slices.Sort(tokens); !slices.Equal(tokens, []string{"hook4", "hook5"}) {
			t.Errorf("the tokens are %v", tokens)
		}
		b.write(t, func(tx *db.Tx) error { return b.service.RemoveHookTx(t.Context(), tx, 5) })

		b.write(t, func(tx *db.Tx) error { return b.service.PauseHookTx(t.Context(), tx, admin, 4) })
		b.emit(t, "ONTASKADD", 2)
		b.saveHook(t, event.Hook{ID: 4, URL: moved.URL, Events: []string{"ONTASKADD", "ONTASKUPDATE"}})
		b.emit(t, "ONTASKUPDATE", 3)
		b.write(t, func(tx *db.Tx) error { return b.service.ResumeHookTx(t.Context(), tx, 4) })
		for _, want := range []string{"2", "3"} { // what waited goes to the new address
			if got := (<-moved.ch).Get("data[N]"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		b.write(t, func(tx *db.Tx) error {
			_, err := b.service.TestHookTx(t.Context(), tx, 4, number(7))
			return err
		})
		if got := <-moved.ch; got.Get("event") != "ONAPPTEST" || got.Get("data[N]") != "7" {
			t.Errorf("the test event is %v", got)
		}
		b.saveHook(t, event.Hook{ID: 4, URL: moved.URL, Events: []string{"ONTASKUPDATE"}})
		b.emit(t, "ONTASKADD", 8)
		b.emit(t, "ONTASKUPDATE", 9)
		if got := (<-moved.ch).Get("data[N]"); got != "9" {
			t.Errorf("got %s, want 9 alone", got)
		}
	})
}

func TestWhatWaitsForADeletedWebhookIsPutAside(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b, h := setup(t, d), newHandler(t, nil)
		b.saveHook(t, event.Hook{ID: 4, URL: h.URL, Events: []string{"ONTASKADD"}})
		b.write(t, func(tx *db.Tx) error { return b.service.PauseHookTx(t.Context(), tx, admin, 4) })
		b.emit(t, "ONTASKADD", 1)
		b.write(t, func(tx *db.Tx) error { return b.service.RemoveHookTx(t.Context(), tx, 4) })
		b.emit(t, "ONTASKADD", 2)
		if p := b.list(t, event.DeliveryQuery{}); len(p.Items) != 1 || p.Items[0].State != event.Dead || p.Items[0].Answer != "The webhook was deleted." {
			t.Errorf("the deliveries are %+v", p.Items)
		}
		b.saveHook(t, event.Hook{ID: 99, URL: h.URL, Events: []string{"ONTASKADD"}}) // nobody can sign for it
		b.emit(t, "ONTASKADD", 3)
		until(t, "it is put aside", func() bool { return b.delivery(t, 2).State == event.Dead })
		if got := b.delivery(t, 2); got.Log[0].Problem != "There is no such webhook." {
			t.Errorf("the delivery is %+v", got)
		}
		if len(h.ch) != 0 {
			t.Errorf("the handler got %v", <-h.ch)
		}
	})
}

func TestHookFaults(t *testing.T) {
	t.Parallel()
	s := event.New(dbtest.SQLite(t, schemas()...), nil, append(catalog, event.Def{Name: "ONMINE", Scope: "basic", Private: true}))
	good := event.Hook{ID: 1, URL: "http://127.0.0.1/x", Events: []string{"ONTASKADD"}}
	for _, c := range []struct {
		want   string
		change func(*event.Hook)
	}{
		{"url", func(h *event.Hook) { h.URL = "gopher://x" }},
		{"events", func(h *event.Hook) { h.Events = nil }},
		{"events", func(h *event.Hook) { h.Events = []string{"ONTASKADD", "ONNOTHING"} }},
		{"events", func(h *event.Hook) { h.Events = []string{"ONMINE"} }},
		{"", func(*event.Hook) {}},
	} {
		h := good
		c.change(&h)
		if err := s.CheckHook(h); c.want == "" && err != nil || c.want != "" && fault.Of(err).Field != c.want {
			t.Errorf("%+v: %v, want a fault at %q", h, err, c.want)
		}
	}
	for _, d := range s.HookEvents() {
		if d.Private {
			t.Errorf("%s is offered", d.Name)
		}
	}
}

func TestRequestsAreSigned(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, schemas(), func(t *testing.T, d *db.DB) {
		b := setup(t, d)
		type request struct {
			header http.Header
			body   string
		}
		arrived := make(chan request, 10)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			arrived <- request{r.Header, string(raw)}
			if r.Header.Get("X-Portico-Attempt") == "1" && r.URL.Path == "/again" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		t.Cleanup(server.Close)
		check := func(r request, delivery, attempt string, keys ...string) {
			t.Helper()
			var signatures []string
			for _, key := range keys {
				mac := hmac.New(sha256.New, []byte(key))
				mac.Write([]byte(r.header.Get("X-Portico-Timestamp") + "." + r.body))
				signatures = append(signatures, "v1="+hex.EncodeToString(mac.Sum(nil)))
			}
			if want := strings.Join(signatures, ","); r.header.Get("X-Portico-Signature") != want {
				t.Errorf("the signature is %s, want %s", r.header.Get("X-Portico-Signature"), want)
			}
			if r.header.Get("X-Portico-Delivery") != delivery || r.header.Get("X-Portico-Attempt") != attempt {
				t.Errorf("delivery %s, attempt %s", r.header.Get("X-Portico-Delivery"), r.header.Get("X-Portico-Attempt"))
			}
		}
		b.send(t, event.Delivery{AppID: 8, URL: server.URL + "/again", Name: "X", Data: number(1)})
		first := <-arrived
		check(first, "1", "1", signingKey)
		if first.header.Get("X-Portico-Timestamp") != "1795424400" {
			t.Errorf("signed at %s", first.header.Get("X-Portico-Timestamp"))
		}
		b.step(t, 1)
		second := <-arrived
		check(second, "1", "2", signingKey)
		if ts := second.header.Get("X-Portico-Timestamp"); !strings.Contains(second.body, "&ts="+ts+"&") {
			t.Errorf("signed at %s: %s", ts, second.body)
		}
		b.saveHook(t, event.Hook{ID: 7, URL: server.URL, Events: []string{"ONTASKADD"}})
		b.emit(t, "ONTASKADD", 1)
		check(<-arrived, "2", "1", signingKey, oldSigningKey)
		b.send(t, event.Delivery{AppID: 3, URL: server.URL, Name: "X", Data: number(1)})
		if r := <-arrived; r.header.Get("X-Portico-Signature") != "" {
			t.Errorf("signed without a secret: %v", r.header)
		}
	})
}
