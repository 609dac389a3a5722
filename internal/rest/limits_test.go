package rest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/rest"
)

// limited returns a handler with limits whose methods take 20 seconds of its clock each.
func limited(l rest.Limits) (*rest.Handler, *clock.Manual) {
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	slow := func(context.Context, *rest.Call, rest.None) (bool, error) {
		clk.Advance(20 * time.Second)
		return true, nil
	}
	r := rest.NewRegistry()
	r.Add(
		rest.M("test.slow", "im", rest.Everyone, "Is slow.", slow),
		rest.M("test.other", "im", rest.Everyone, "Is quick.",
			func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }),
		rest.M("test.fails", "im", rest.Everyone, "Is slow and fails.",
			func(context.Context, *rest.Call, rest.None) (bool, error) {
				clk.Advance(250 * time.Second)
				return false, fault.New(fault.Invalid, "X", "X")
			}),
	)
	return rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler), rest.WithLimits(l)), clk
}

// from calls a method from a source address and returns the status and the answer.
func from(h http.Handler, source, path string) (int, string) {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.RemoteAddr = source + ":1234"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestRequestsAreLimitedBySource passes the threshold: the request after the one that did is refused.
func TestRequestsAreLimitedBySource(t *testing.T) {
	t.Parallel()
	h, clk := limited(rest.Limits{Burst: 50, PerSecond: 2})
	const path, batch = "/rest/test.other?auth=app.token", "/rest/batch?cmd[]=test.other&cmd[]=test.other&auth=app.token"
	count := func(path string) (passed int) {
		for ; passed < 1000; passed++ {
			status, body := from(h, "10.0.0.1", path)
			if status == http.StatusOK {
				continue
			}
			if status != 503 || body != `{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}` {
				t.Errorf("refused with %d %s", status, body)
			}
			break
		}
		return passed
	}
	if n := count(path); n != 51 {
		t.Errorf("%d requests passed at once, want 51", n)
	}
	if status, _ := from(h, "10.0.0.2", "/rest/5/secret/test.other"); status != http.StatusOK {
		t.Errorf("another source address: %d", status)
	}
	clk.Advance(time.Second)
	if n := count(batch); n != 2 {
		t.Errorf("%d batches passed a second later, want 2", n)
	}
	clk.Advance(time.Hour)
	if n := count(path); n != 51 {
		t.Errorf("%d requests passed after an hour, want 51", n)
	}
}

func TestManySourcesDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	h, _ := limited(rest.Limits{Burst: 50, PerSecond: 2})
	for i := range 2 * rest.MaxSources {
		if status, _ := from(h, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "/rest/test.other?auth=app.token"); status != http.StatusOK {
			t.Fatalf("source %d: %d", i, status)
		}
	}
	if n := rest.SourcesOf(h); n != rest.MaxSources {
		t.Errorf("%d sources are remembered, want %d", n, rest.MaxSources)
	}
}

// TestOperatingTimeIsLimited is the example of the documentation: calls of 20 seconds, a limit of 480.
func TestOperatingTimeIsLimited(t *testing.T) {
	t.Parallel()
	h, clk := limited(rest.Limits{Operating: 480 * time.Second})
	const slow = "/rest/test.slow?auth=app.token"
	for i := range 25 {
		if status, body := from(h, "10.0.0.1", slow); status != http.StatusOK {
			t.Fatalf("call %d: %d %s", i, status, body)
		}
	}
	const text = `"error":"OPERATION_TIME_LIMIT","error_description":"Method is blocked due to operation time limit."`
	if status, body := from(h, "10.0.0.1", slow); status != http.StatusTooManyRequests || body != "{"+text+"}" {
		t.Errorf("beyond the limit: %d %s", status, body)
	}
	_, body := from(h, "10.0.0.1", "/rest/batch?cmd[a]=test.slow&cmd[b]=test.other&auth=app.token")
	if !strings.Contains(body, `"result":{"b":true}`) || !strings.Contains(body, `"a":{`+text) {
		t.Errorf("inside a batch: %s", body)
	}
	for _, path := range []string{"/rest/5/secret/test.slow", "/rest/test.other?auth=app.token"} {
		if status, body := from(h, "10.0.0.1", path); status != http.StatusOK {
			t.Errorf("%s is limited too: %d %s", path, status, body)
		}
	}
	clk.Advance(100 * time.Second) // to 9:10:20: the first minute, in which two calls ended, has gone
	if status, body := from(h, "10.0.0.1", slow); status != http.StatusOK || !strings.Contains(body, `"operating":480`) {
		t.Errorf("after the oldest minute has gone: %d %s", status, body)
	}
}

func TestErrorsCountAsOperatingTime(t *testing.T) {
	t.Parallel()
	h, _ := limited(rest.Limits{Operating: 480 * time.Second})
	for i, want := range []int{400, 400, 429} {
		if status, body := from(h, "10.0.0.1", "/rest/test.fails?auth=app.token"); status != want {
			t.Errorf("call %d: %d %s, want %d", i, status, body, want)
		}
	}
}

func TestNothingIsLimitedByDefault(t *testing.T) {
	t.Parallel()
	h, _ := limited(rest.Limits{})
	for i := range 300 {
		if status, body := from(h, "10.0.0.1", "/rest/test.slow?auth=app.token"); status != http.StatusOK {
			t.Fatalf("call %d: %d %s", i, status, body)
		}
	}
}
