package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/metric"
	"github.com/portico-hq/portico/internal/server"
)

// ask sends a request with headers, given as pairs.
func (r *running) ask(address string, headers ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := r.client(false).Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	_, body := answer(r.t, res)
	return res, body
}

func families(method string) string {
	if family, _, _ := strings.Cut(method, "."); family == "im" {
		return family
	}
	return "unknown"
}

func TestNumbersTellWhatWasAsked(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	addPortals(t, data, "a.example.com", "b.example.com")
	m := metric.New()
	r := start(t, server.Config{Data: data, Metrics: m, MethodClass: families, IdleAfter: -1}, func(host string, p *fakePortal) {
		p.serve = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
		if host == "a.example.com" {
			p.depth = metric.Depth{Pending: 7, Dead: 2, Paused: 1, OldestAge: 90 * time.Second}
		}
	})
	for _, path := range []string{"rest/1/s3cret/im.message.add.json", "rest/im.message.add", "rest/nonsense-xyz", "online/", "oauth/token/"} {
		r.get("http://a.example.com/" + path)
	}
	r.get("http://c.example.com/")
	m.Portal("a.example.com").Delivered("sent", time.Second)
	m.Portal("a.example.com").Committed(12, time.Millisecond)
	until(t, "both portals are open", func() bool { return r.portal("a.example.com") != nil && r.portal("b.example.com") != nil })
	var body string
	until(t, "everything is counted", func() bool { // a client may have its answer before
		_, body = r.ask("http://127.0.0.1/metrics")
		return strings.Contains(body, "portico_requests_under_way 0") && strings.Contains(body, `portal="none"`)
	})
	for _, want := range []string{
		`portico_requests_total{class="rest im",portal="a.example.com",status="418"} 2`,
		`portico_requests_total{class="rest unknown",portal="a.example.com",status="418"} 1`,
		`portico_requests_total{class="page",portal="a.example.com",status="418"} 1`,
		`portico_requests_total{class="oauth",portal="a.example.com",status="418"} 1`,
		`portico_requests_total{class="page",portal="none",status="404"} 1`,
		`portico_request_seconds_count{class="rest im"} 2`,
		"portico_requests_under_way 0",
		"portico_portals 2",
		`portico_deliveries_pending{portal="a.example.com"} 7`,
		`portico_deliveries_oldest_seconds{portal="a.example.com"} 90`,
		`portico_deliveries_dead{portal="a.example.com"} 2`,
		`portico_handlers_paused{portal="a.example.com"} 1`,
		`portico_deliveries_pending{portal="b.example.com"} 0`,
		`portico_delivery_attempts_total{outcome="sent",portal="a.example.com"} 1`,
		`portico_db_commit_writes_bucket{portal="a.example.com",le="16"} 1`,
		`portico_build_info{`,
		"go_goroutines ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
	if strings.Contains(body, "s3cret") || strings.Contains(body, "nonsense") {
		t.Error("the numbers hold what somebody made up")
	}
}

func TestNumbersAreNotForEverybody(t *testing.T) {
	t.Parallel()
	mine := start(t, server.Config{Metrics: metric.New()}, nil)
	for _, h := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if res, _ := mine.ask("http://127.0.0.1/metrics", h, "203.0.113.9"); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("through a proxy (%s): %s", h, res.Status)
		}
	}
	theirs := start(t, server.Config{Metrics: metric.New(), MetricsToken: "sesame"}, nil)
	for token, want := range map[string]int{"": 401, "Bearer": 401, "Bearer sesam": 401, "sesame": 401, "Bearer sesame": 200} {
		if res, _ := theirs.ask("http://127.0.0.1/metrics", "Authorization", token); res.StatusCode != want {
			t.Errorf("with %q: %s, want %d", token, res.Status, want)
		}
	}
	if res, _ := theirs.ask("http://127.0.0.1/metrics", "Authorization", "Bearer sesame", "X-Forwarded-For", "203.0.113.9"); res.StatusCode != 200 {
		t.Errorf("with the token through a proxy: %s", res.Status)
	}
}

func TestAccessLogTellsEachRequestWithoutSecrets(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{AccessLog: true}, func(_ string, p *fakePortal) {
		p.serve = func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/rest/") {
				w.Header().Set("X-Request-Id", "of-the-method")
			}
			_, _ = io.WriteString(w, "12345")
		}
	})
	res, _ := r.ask("http://127.0.0.1/rest/12/s3cretc0de/im.message.add?auth=t0ken", "X-Request-Id", "theirs")
	if id := res.Header.Get("X-Request-Id"); id != "of-the-method" {
		t.Errorf("the client is told the id %q", id)
	}
	res, _ = r.ask("http://127.0.0.1/join/abcdefgh12345678ij/", "Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	own := res.Header.Get("X-Request-Id")
	if len(own) != 26 {
		t.Errorf("a page is answered with the id %q", own)
	}
	until(t, "both are logged", func() bool { return strings.Count(r.log.text(), `"msg":"request"`) == 2 })
	var lines []map[string]any
	for line := range strings.Lines(r.log.text()) {
		var m map[string]any
		if json.Unmarshal([]byte(line), &m) == nil && m["msg"] == "request" {
			delete(m, "time")
			delete(m, "ms")
			lines = append(lines, m)
		}
	}
	want := []map[string]any{
		{"level": "INFO", "msg": "request", "id": "of-the-method", "trace": "theirs", "portal": "127.0.0.1", "verb": "GET", "path": "/rest/12/…/im.message.add", "status": 200.0, "bytes": 5.0, "remote": "127.0.0.1"},
		{"level": "INFO", "msg": "request", "id": own, "trace": "0af7651916cd43dd8448eb211c80319c", "portal": "127.0.0.1", "verb": "GET", "path": "/join/…/", "status": 200.0, "bytes": 5.0, "remote": "127.0.0.1"},
	}
	got, err := json.MarshalIndent(lines, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	expected, err := json.MarshalIndent(want, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(expected) {
		t.Errorf("logged %s\nwant %s", got, expected)
	}
	if text := r.log.text(); strings.Contains(text, "s3cret") || strings.Contains(text, "t0ken") || strings.Contains(text, "abcdefgh") {
		t.Errorf("a secret is in the log: %s", text)
	}
}

func TestReadinessTellsDetailsToThisMachine(t *testing.T) {
	t.Parallel()
	r := start(t, server.Config{}, nil)
	_, body := r.ask("http://127.0.0.1/readyz?verbose")
	var got struct {
		Ready          bool
		Portals, Open  int
		Version        string
		DatabaseMillis *float64 `json:"database_ms"`
		Error          string
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if !got.Ready || got.Portals != 1 || got.Open != 1 || got.Version == "" || got.DatabaseMillis == nil {
		t.Errorf("got %s", body)
	}
	if _, body := r.ask("http://127.0.0.1/readyz?verbose", "X-Forwarded-For", "203.0.113.9"); body != "ready\n" {
		t.Errorf("a stranger is told %q", body)
	}
	r.portal("127.0.0.1").notReady = errors.New("the disk is gone")
	res, body := r.ask("http://127.0.0.1/readyz?verbose")
	if res.StatusCode != 503 || !strings.Contains(body, "the disk is gone") || !strings.Contains(body, `"ready": false`) {
		t.Errorf("not ready: %s %s", res.Status, body)
	}
}
