package rest_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/rest"
)

// BenchmarkServe measures what the protocol costs around a method that does nothing.
func BenchmarkServe(b *testing.B) {
	registry := rest.NewRegistry()
	registry.Add(rest.M("test.echo", "im", rest.Everyone, "Answers what it got.", echo))
	for name, path := range map[string]string{"json": "/rest/test.echo.json", "xml": "/rest/test.echo.xml"} {
		b.Run(name, func(b *testing.B) {
			h := rest.NewHandler(registry, doors{}, clock.System{}, slog.New(slog.DiscardHandler))
			body := strings.NewReader("")
			r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, path, nil)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			b.ReportAllocs()
			for b.Loop() {
				body.Reset("TEXT=a+b&COUNT=2&IDS[]=1&IDS[]=2&auth=app.token")
				r.Body, r.ContentLength = readCloser{body}, body.Size()
				h.ServeHTTP(&discard{header: http.Header{}}, r)
			}
		})
	}
}

// BenchmarkBatch measures 50 calls in one request, to be held against 50 of BenchmarkServe.
func BenchmarkBatch(b *testing.B) {
	registry := rest.NewRegistry()
	registry.Add(rest.M("test.echo", "im", rest.Everyone, "Answers what it got.", echo))
	h := rest.NewHandler(registry, doors{}, clock.System{}, slog.New(slog.DiscardHandler))
	text := "auth=app.token" + strings.Repeat("&cmd[]=test.echo%3FTEXT%3Da%2Bb%26COUNT%3D2%26IDS[]%3D1%26IDS[]%3D2", 50)
	body := strings.NewReader("")
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/rest/batch", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(text)
		r.Body, r.ContentLength = readCloser{body}, body.Size()
		h.ServeHTTP(&discard{header: http.Header{}}, r)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}
