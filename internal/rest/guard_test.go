package rest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/rest"
)

const tooMany = `{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}`

// guarded returns a handler that protects itself; test.wait waits until the channel is closed.
func guarded(p rest.Protection, options ...rest.HandlerOption) (h *rest.Handler, clk *clock.Manual, entered chan struct{}, goOn chan struct{}) {
	clk = clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	entered, goOn = make(chan struct{}, 10), make(chan struct{})
	r := rest.NewRegistry()
	r.Add(
		rest.M("test.ok", "im", rest.Everyone, "Is quick.", func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }),
		rest.M("test.wait", "im", rest.Everyone, "Waits.", func(context.Context, *rest.Call, rest.None) (bool, error) {
			entered <- struct{}{}
			<-goOn
			return true, nil
		}),
		rest.M("test.slow", "im", rest.Everyone, "Takes 20 seconds.", func(context.Context, *rest.Call, rest.None) (bool, error) {
			clk.Advance(20 * time.Second)
			return true, nil
		}),
		rest.M("test.slow", "im", rest.Everyone, "Takes 20 seconds.", func(context.Context, *rest.Call, rest.None) (rest.Done, error) {
			clk.Advance(20 * time.Second)
			return rest.Done{Result: true}, nil
		}, rest.V3()),
	)
	return rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler), append(options, rest.WithProtection(p))...), clk, entered, goOn
}

// passes counts how many requests pass until one is refused.
func passes(t *testing.T, h http.Handler, source, path string) (n int, refused *httptest.ResponseRecorder) {
	t.Helper()
	for ; n < 1000; n++ {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = net.JoinHostPort(source, "1234")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == http.StatusServiceUnavailable {
			if w.Body.String() != tooMany {
				t.Errorf("refused with %s", w.Body)
			}
			return n, w
		}
	}
	return n, httptest.NewRecorder()
}

func TestTheServerProtectsItselfFromOneSourceAndOneCaller(t *testing.T) {
	t.Parallel()
	const app, hook = "/rest/test.ok?auth=app.token", "/rest/5/secret/test.ok"
	h, clk, _, _ := guarded(rest.Protection{SourceBurst: 30, SourcePerSecond: 10, CallerBurst: 10, CallerPerSecond: 5})
	n, refused := passes(t, h, "10.0.0.1", app)
	if n != 11 || refused.Header().Get("Retry-After") != "1" {
		t.Errorf("%d calls of one application passed, want 11; Retry-After %q", n, refused.Header().Get("Retry-After"))
	}
	if n, _ := passes(t, h, "10.0.0.1", hook); n != 11 {
		t.Errorf("%d calls of a webhook beside it passed, want 11", n)
	}
	if n, _ := passes(t, h, "10.0.0.1", "/rest/nothing"); n != 7 { // 12 + 12 of the 31 were used
		t.Errorf("%d more requests of the address passed, want 7", n)
	}
	if n, _ := passes(t, h, "10.0.0.2", "/rest/nothing"); n != 31 {
		t.Errorf("%d requests of another address passed, want 31", n)
	}
	clk.Advance(time.Hour)
	if n, _ := passes(t, h, "2001:db8::1", "/rest/nothing"); n != 31 {
		t.Errorf("%d requests by IPv6 passed, want 31", n)
	}
	if n, _ := passes(t, h, "2001:db8::ffff:1", "/rest/nothing"); n != 0 {
		t.Errorf("%d requests of the same network passed, want none", n)
	}
	if n, _ := passes(t, h, "2001:db8:0:1::1", "/rest/nothing"); n != 31 {
		t.Errorf("%d requests of another network passed, want 31", n)
	}
}

func TestProtectionCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	off := true
	h, _, _, _ := guarded(rest.Protection{SourceBurst: 3, CallerBurst: 3, Concurrent: 1},
		rest.WithPolicy(func(context.Context) rest.Policy { return rest.Policy{Unprotected: off} }))
	if n, _ := passes(t, h, "10.0.0.1", "/rest/test.ok?auth=app.token"); n != 1000 {
		t.Errorf("%d requests passed, want all", n)
	}
	off = false
	if n, _ := passes(t, h, "10.0.0.1", "/rest/test.ok?auth=app.token"); n != 4 {
		t.Errorf("%d requests passed once it was on again, want 4", n)
	}
}

func TestGuessingIsSlowedDownAndOthersAreLetIn(t *testing.T) {
	t.Parallel()
	h, clk, _, _ := guarded(rest.Protection{SourceBurst: 1000, CallerBurst: 1000, FailureBurst: 5, FailurePerSecond: 1})
	const ok, guess, over = "/rest/test.ok?auth=app.token", "/rest/test.ok?auth=guess%d", "/rest/test.ok?auth=old"
	if status, _ := from(h, "10.0.0.1", ok); status != 200 {
		t.Fatalf("a known token: %d", status)
	}
	for i := range 20 { // a token that is over is no guess
		if status, _ := from(h, "10.0.0.1", over); status != 401 {
			t.Fatalf("call %d with a token that is over: %d", i, status)
		}
	}
	for i := range 6 {
		if status, _ := from(h, "10.0.0.1", fmt.Sprintf(guess, i)); status != 401 {
			t.Errorf("guess %d: %d", i, status)
		}
	}
	if status, body := from(h, "10.0.0.1", fmt.Sprintf(guess, 9)); status != 503 || body != tooMany {
		t.Errorf("one guess too many: %d %s", status, body)
	}
	for _, known := range []string{ok, "/rest/5/secret/test.ok"} { // also what was never seen before: an event brings a new token
		if status, _ := from(h, "10.0.0.1", known); status != 200 {
			t.Errorf("%s beside the guesses: %d", known, status)
		}
	}
	if status, _ := from(h, "10.0.0.2", fmt.Sprintf(guess, 9)); status != 401 {
		t.Errorf("another address: %d", status)
	}
	clk.Advance(2 * time.Second)
	if status, _ := from(h, "10.0.0.1", fmt.Sprintf(guess, 10)); status != 401 {
		t.Errorf("a little later: %d", status)
	}
}

func TestRequestsUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	h, _, entered, goOn := guarded(rest.Protection{SourceBurst: 100, CallerBurst: 100, Concurrent: 2})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { from(h, "10.0.0.1", "/rest/test.wait?auth=app.token") })
	}
	<-entered
	<-entered
	n, refused := passes(t, h, "10.0.0.2", "/rest/test.ok?auth=app.token")
	if n != 0 || refused.Header().Get("Retry-After") != "1" {
		t.Errorf("%d requests passed beside two, Retry-After %q", n, refused.Header().Get("Retry-After"))
	}
	close(goOn)
	wg.Wait()
	if status, _ := from(h, "10.0.0.2", "/rest/test.ok?auth=app.token"); status != 200 {
		t.Errorf("when there is room again: %d", status)
	}
}

func TestABatchMayTakeAMinute(t *testing.T) {
	t.Parallel()
	h, _, _, _ := guarded(rest.Protection{SourceBurst: 100, CallerBurst: 100, Batch: time.Minute})
	_, got := send(t, h, post("/rest/batch", "auth=app.token"+strings.Repeat("&cmd[]=test.slow", 6)))
	var r struct {
		Result []bool                     `json:"result"`
		Errors map[string]json.RawMessage `json:"result_error"`
	}
	if err := json.Unmarshal(got["result"], &r); err != nil {
		t.Fatal(err)
	}
	const late = `{"error":"OPERATION_TIME_LIMIT","error_description":"The batch has taken too long: this call was not run."}`
	if len(r.Result) != 4 || len(r.Errors) != 2 || string(r.Errors["4"]) != late {
		t.Errorf("results %v, errors %s", r.Result, r.Errors)
	}
	status, got := send(t, h, postJSON("/rest/api/5/secret/batch", "["+strings.Repeat(`{"method":"test.slow"},`, 5)+`{"method":"test.slow"}]`))
	if status != http.StatusTooManyRequests || !strings.Contains(string(got["error"]), "OPERATION_TIME_LIMIT") {
		t.Errorf("a batch of REST 3.0: %d %s", status, got["error"])
	}
}

// TestABodyThatDripsIsGivenUp runs on a connection: deadlines are its business.
func TestABodyThatDripsIsGivenUp(t *testing.T) {
	t.Parallel()
	h, _, _, _ := guarded(rest.Protection{SourceBurst: 100, CallerBurst: 100, BodyIdle: 50 * time.Millisecond, BodyTotal: time.Minute})
	s := httptest.NewServer(h)
	defer s.Close()
	send := func(kind, body string, length int) string {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /rest/test.ok HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, length, body)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.Status + " " + string(answer)
	}
	const form, slow = "application/x-www-form-urlencoded", `400 Bad Request {"error":"INVALID_REQUEST","error_description":"The request body came too slowly"}`
	if got := send(form, "auth=app.tok", 400); got != slow {
		t.Errorf("half a body: %s", got)
	}
	if got := send("multipart/form-data; boundary=B", "--B\r\n", 400); got != slow {
		t.Errorf("half a multipart body: %s", got)
	}
	if got := send(form, "auth=app.token", len("auth=app.token")); !strings.HasPrefix(got, `200 OK {"result":true`) {
		t.Errorf("a whole body: %s", got)
	}
}

func TestTheLimitsAreToldAndMayChangeAtOnce(t *testing.T) {
	t.Parallel()
	policy := rest.Policy{}
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	r := rest.NewRegistry()
	r.Add(rest.M("test.slow", "im", rest.Everyone, "Takes 20 seconds.", func(context.Context, *rest.Call, rest.None) (bool, error) {
		clk.Advance(20 * time.Second)
		return true, nil
	}))
	h := rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler), rest.WithPolicy(func(context.Context) rest.Policy { return policy }))
	call := func() http.Header { return exchange(h, get("/rest/test.slow?auth=app.token")).Header() }
	if got := call(); got.Get("X-RateLimit-Limit") != "" || got.Get("X-Operating") != "" {
		t.Errorf("without limits: %v", got)
	}
	policy.Limits = rest.Limits{Burst: 2, PerSecond: 1, Operating: 50 * time.Second}
	want := func(got http.Header, headers ...string) {
		t.Helper()
		for i := 0; i < len(headers); i += 2 {
			if got.Get(headers[i]) != headers[i+1] {
				t.Errorf("%s is %q, want %q", headers[i], got.Get(headers[i]), headers[i+1])
			}
		}
	}
	want(call(), "X-RateLimit-Limit", "2", "X-RateLimit-Remaining", "2", "X-RateLimit-Reset", "1",
		"X-Operating-Limit", "50", "X-Operating", "40", "X-Operating-Reset", "1795425020", "Retry-After", "")
	call()
	refused := exchange(h, get("/rest/test.slow?auth=app.token"))
	if refused.Code != http.StatusTooManyRequests {
		t.Errorf("the method has taken 60 seconds: %d %s", refused.Code, refused.Body)
	}
	want(refused.Header(), "X-Operating", "60", "X-Operating-Reset", "1795425020", "Retry-After", "560", "X-RateLimit-Remaining", "2")
	policy.Operating = 0
	for range 2 {
		exchange(h, get("/rest/nothing"))
	}
	refused = exchange(h, get("/rest/nothing"))
	want(refused.Header(), "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "3", "Retry-After", "1", "X-Operating-Limit", "")
	if use := h.Usage().Sources; refused.Code != 503 || len(use) != 1 || use[0] != (rest.SourceUse{Address: "192.0.2.1", Count: 3}) {
		t.Errorf("%d, the use of requests is %+v", refused.Code, use)
	}
	policy.Limits = rest.Limits{Burst: 250, PerSecond: 5}
	if w := exchange(h, get("/rest/nothing")); w.Code != 404 || w.Header().Get("X-RateLimit-Remaining") != "250" {
		t.Errorf("with other limits: %d %v", w.Code, w.Header())
	}
}

func TestALenientPortalLetsWebhooksCallWhatNeedsNoApplication(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }
	r := rest.NewRegistry()
	const apps = rest.Everyone | rest.AppOnly | rest.NoWebhook
	r.Add(
		rest.M("test.strict", "im", apps, "Needs the application.", ok),
		rest.M("test.could", "im", apps|rest.WebhookToo, "Could do without.", ok),
		rest.M("test.admin", "im", apps|rest.WebhookToo|rest.AdminOnly, "Could do without, for administrators.", ok),
	)
	policy := rest.Policy{}
	h := rest.NewHandler(r, doors{}, clock.System{}, slog.New(slog.DiscardHandler), rest.WithPolicy(func(context.Context) rest.Policy { return policy }))
	for _, c := range []struct {
		lenient bool
		method  string
		want    string
	}{
		{false, "test.strict", `"error":"WRONG_AUTH_TYPE"`},
		{false, "test.could", `"error":"WRONG_AUTH_TYPE"`},
		{true, "test.strict", `"error":"WRONG_AUTH_TYPE"`},
		{true, "test.could", `"result":true`},
		{true, "test.admin", `"error":"ACCESS_DENIED"`},
		{true, "batch?cmd[a]=test.could", `"result":{"a":true}`},
	} {
		policy.Lenient = c.lenient
		if w := exchange(h, get("/rest/5/secret/"+c.method)); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("lenient %t, %s: %s", c.lenient, c.method, w.Body)
		}
	}
}
