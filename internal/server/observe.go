package server

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/metric"
	"github.com/portico-hq/portico/internal/rest"
)

// response notes what a handler answers.
type response struct {
	http.ResponseWriter

	status int
	bytes  int64
	host   string // of the portal that answered
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader gives an answer that has no id yet one.
func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
		if h := w.Header(); len(h[rest.RequestIDHeader]) == 0 {
			h[rest.RequestIDHeader] = []string{strings.ToLower(rand.Text())}
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// observed answers r with serve, counts it and, where that is wanted, writes a line about it.
func (s *server) observed(w http.ResponseWriter, r *http.Request, serve func(*response)) {
	began := s.clock.Now()
	stream := isStream(r)
	rec := &response{ResponseWriter: w, host: metric.None}
	if sl := s.hosts.Load().find(r.Host); sl != nil {
		rec.host = sl.entry.Host
	}
	end := func() {}
	if s.config.Metrics != nil {
		end = s.config.Metrics.Begin(rec.host, stream)
	}
	path := r.URL.Path // handlers change it
	defer func() {
		end()
		took := s.clock.Now().Sub(began)
		if rec.status == 0 {
			rec.status = http.StatusOK // nothing was written
		}
		if err := recover(); err != nil {
			rec.status = http.StatusInternalServerError
			defer panic(err) // package http ends the connection
		}
		s.answered(r, rec, path, took, stream)
	}()
	serve(rec)
}

func (s *server) answered(r *http.Request, rec *response, path string, took time.Duration, stream bool) {
	if m := s.config.Metrics; m != nil {
		counted := max(took, 1)
		if stream {
			counted = 0
		}
		m.Answered(rec.host, s.class(path), rec.status, counted)
	}
	if !s.config.AccessLog {
		return
	}
	remote, _, _ := net.SplitHostPort(r.RemoteAddr)
	s.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request",
		slog.String("id", rec.Header().Get(rest.RequestIDHeader)), slog.String("trace", traceOf(r)), slog.String("portal", rec.host),
		slog.String("verb", r.Method), slog.String("path", plainPath(path)), slog.Int("status", rec.status),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.Int64("bytes", rec.bytes), slog.String("remote", remote))
}

// class is what a request is for, as few different words as can tell something.
func (s *server) class(path string) string {
	first, rest, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	switch first {
	case "rest":
		if s.config.MethodClass == nil {
			return "rest"
		}
		return "rest " + s.config.MethodClass(rest[strings.LastIndexByte(rest, '/')+1:])
	case "oauth", "assets":
		return first
	case "api":
		return "script"
	}
	return "page"
}

func isStream(r *http.Request) bool { return r.Header.Get("Accept") == "text/event-stream" }

// maxTrace is the longest id of a client that is kept.
const maxTrace = 64

// traceOf returns the id under which the client, or a proxy, knows the request: that of the W3C's header, or X-Request-Id.
func traceOf(r *http.Request) string {
	trace := r.Header.Get(rest.RequestIDHeader)
	if parts := strings.Split(r.Header.Get("Traceparent"), "-"); len(parts) == 4 && len(parts[1]) == 32 {
		trace = parts[1]
	}
	if len(trace) > maxTrace {
		trace = trace[:maxTrace]
	}
	return strings.ToValidUTF8(trace, "")
}

// plainPath returns a path for the log, with "…" in the stead of what may be a secret: the code of a webhook, the token of a link.
func plainPath(path string) string {
	parts := strings.Split(path, "/")
	inRest := false
	for i, part := range parts {
		switch {
		case part == "rest":
			inRest = true
		case looksSecret(part), inRest && i > 0 && i+1 < len(parts) && isNumber(parts[i-1]) && part != "":
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// looksSecret reports whether a part of a path is long and made of letters and digits only, as no name of a page or method is.
func looksSecret(part string) bool {
	if len(part) < 16 || !strings.ContainsAny(part, "0123456789") {
		return false
	}
	for _, c := range []byte(part) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// serveMetrics answers who may see the numbers: who has the token or, without one, who asks from this machine and not through a
// proxy.
func (s *server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if !s.mayMeasure(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="metrics"`)
		http.Error(w, "The numbers are for this machine, or for who has the token.", http.StatusUnauthorized)
		return
	}
	s.config.Metrics.Handler().ServeHTTP(w, r)
}

func (s *server) mayMeasure(r *http.Request) bool {
	if want := s.config.MetricsToken; want != "" {
		got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		return ok && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
	}
	for _, h := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// state tells how the portals are doing, for the numbers.
func (s *server) state(ctx context.Context) metric.State {
	slots := s.hosts.Load().slots
	st := metric.State{Portals: len(slots), Depths: map[string]metric.Depth{}}
	for _, sl := range slots {
		o := sl.open.Load()
		if o == nil || !o.take() {
			continue // nothing is due in a portal that is closed
		}
		st.Open++
		depth, err := o.portal.Depth(ctx)
		o.uses.Add(-1) // not a use that keeps it open
		if err != nil {
			s.log.Warn("numbers of a portal", "host", sl.entry.Host, "error", err)
			continue
		}
		st.Depths[sl.entry.Host] = depth
	}
	return st
}
