package rest_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/rest"
)

// endless is a body that counts how much of it was read.
type endless struct {
	prefix string
	left   int
	read   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.prefix != "" {
		n := copy(p, e.prefix)
		e.prefix = e.prefix[n:]
		e.read += n
		return n, nil
	}
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	for i := range n {
		p[i] = 'x'
	}
	e.left, e.read = e.left-n, e.read+n
	return n, nil
}

// lengths serves test.length, which answers how long TEXT is and takes 12 MB, and keeps the records of calls.
func lengths(wait chan struct{}) (*rest.Handler, *records, chan struct{}) {
	type params struct {
		Text string `b24:"TEXT"`
	}
	entered := make(chan struct{}, 10)
	r := rest.NewRegistry()
	r.Add(rest.M("test.length", "im", rest.Everyone, "Counts.", func(_ context.Context, _ *rest.Call, p params) (int64, error) {
		entered <- struct{}{}
		if wait != nil {
			<-wait
		}
		return int64(len(p.Text)), nil
	}, rest.Body(12<<20)))
	log := &records{}
	p := rest.Protection{SourceBurst: 100, CallerBurst: 100, Concurrent: 10, Large: 1, FailureBurst: 100}
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	return rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler), rest.WithProtection(p), rest.WithRecorder(log)), log, entered
}

// records keeps how long the parameter TEXT of calls is when they are logged.
type records struct {
	mu    sync.Mutex
	texts []int
}

func (l *records) Record(r rest.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, _ := r.Call.Params.Get("TEXT")
	l.texts = append(l.texts, len(v.Text()))
}

func large(h http.Handler, path, prefix string, size int) (*httptest.ResponseRecorder, *endless) {
	body := &endless{prefix: prefix, left: size}
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.ContentLength = int64(len(prefix) + size)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w, body
}

// A method that takes files has a larger body than others; its log holds the beginning only.
func TestALargeBodyIsTakenWhereTheMethodSaysSo(t *testing.T) {
	t.Parallel()
	h, log, _ := lengths(nil)
	const size = 11 << 20
	for what, c := range map[string]struct{ path, prefix string }{
		"a webhook": {"/rest/5/secret/test.length", "TEXT="}, "a token before the body": {"/rest/test.length?auth=app.token", "TEXT="},
		"a token in the body": {"/rest/test.length.json", "auth=app.token&TEXT="},
	} {
		w, _ := large(h, c.path, c.prefix, size)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"result":`+strconv.Itoa(size)) {
			t.Errorf("%s: %d %.200s", what, w.Code, w.Body)
		}
	}
	for _, n := range log.texts {
		if n != 32<<10 {
			t.Errorf("the log was given %d bytes of the text", n)
		}
	}
	if w, _ := large(h, "/rest/5/secret/test.length", "TEXT=", 13<<20); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "larger than 12 MB") {
		t.Errorf("over the limit of the method: %d %.200s", w.Code, w.Body)
	}
	if w, _ := large(h, "/rest/5/secret/batch", "TEXT=", size); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "larger than 10 MB") {
		t.Errorf("batch: %d %.200s", w.Code, w.Body)
	}
}

// Whoever is unknown in front of the body does not get it read.
func TestUnknownCallersSendNoLargeBody(t *testing.T) {
	t.Parallel()
	h, _, _ := lengths(nil)
	for _, path := range []string{"/rest/5/wrong/test.length", "/rest/test.length?auth=no.token"} {
		w, body := large(h, path, "TEXT=", 11<<20)
		if w.Code != http.StatusUnauthorized || body.read != 0 {
			t.Errorf("%s: %d %s after %d bytes", path, w.Code, w.Body, body.read)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/rest/5/secret/test.length", &endless{prefix: "TEXT=", left: 13 << 20})
	r.ContentLength = -1
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a length that was not said, over the limit: %d %.200s", w.Code, w.Body)
	}
}

// So many large bodies at once, and small ones beside them.
func TestLargeBodiesAreBounded(t *testing.T) {
	t.Parallel()
	wait := make(chan struct{})
	h, _, entered := lengths(wait)
	var wg sync.WaitGroup
	wg.Go(func() { large(h, "/rest/5/secret/test.length", "TEXT=", 11<<20) })
	<-entered
	w, body := large(h, "/rest/5/secret/test.length", "TEXT=", 11<<20)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" || body.read != 0 {
		t.Errorf("a second one: %d %s after %d bytes", w.Code, w.Body, body.read)
	}
	close(wait)
	wg.Wait()
	if w, _ := large(h, "/rest/5/secret/test.length", "TEXT=", 11<<20); w.Code != http.StatusOK {
		t.Errorf("when there is room again: %d", w.Code)
	}
}
