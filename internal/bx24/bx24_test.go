package bx24_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/bx24"
)

// maxPacked is how large the script may be, compressed, in bytes.
const maxPacked = 25 << 10

func get(t *testing.T, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	bx24.Handler().ServeHTTP(w, r)
	return w
}

func TestScriptIsSmall(t *testing.T) {
	t.Parallel()
	w := get(t, "/api/v1/", "Accept-Encoding", "gzip")
	size := w.Body.Len()
	t.Logf("%d bytes, %d compressed", len(bx24.Script()), size)
	if size > maxPacked {
		t.Errorf("%d bytes compressed, more than %d", size, maxPacked)
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || string(text) != string(bx24.Script()) {
		t.Errorf("unpacked %d bytes, %v", len(text), err)
	}
}

// Pages of applications still run in web views that know nothing newer.
func TestScriptIsES5(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|'(?:[^'\\\n]|\\.)*'`).ReplaceAllString(string(bx24.Script()), "''")
	for _, newer := range []string{"=>", "`", `\blet\b`, `\bconst\b`, `\bclass\b`, `\basync\b`, `\bawait\b`, `\.\.\.`, `\?\.`, `\?\?`, `,\s*[)]`} {
		if found := regexp.MustCompile(newer).FindStringIndex(code); found != nil {
			t.Errorf("%s is newer than ECMAScript 5: %s", newer, code[max(0, found[0]-40):min(len(code), found[1]+40)])
		}
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	w := get(t, "//api/v1")
	h := w.Header()
	if w.Code != 200 || w.Body.String() != string(bx24.Script()) || h.Get("Content-Encoding") != "" {
		t.Errorf("%d, %d bytes as %q", w.Code, w.Body.Len(), h.Get("Content-Encoding"))
	}
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding",
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "X-Content-Type-Options": "nosniff",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if again := get(t, "/api/v1/", "If-None-Match", `"other", W/`+h.Get("ETag")); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("a browser that has it: %d, %d bytes", again.Code, again.Body.Len())
	}
	if plain := get(t, "/api/v1/", "Accept-Encoding", "br, gzip; q=0"); plain.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for a browser that refuses it")
	}
	for _, path := range []string{"/", "/api/", "/api/v2/", "/api/v1/x"} {
		if w := get(t, path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/", strings.NewReader("x"))
	w = httptest.NewRecorder()
	bx24.Handler().ServeHTTP(w, r)
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, allowed %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestIsPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"/api/v1/": true, "/api/v1": true, "///api//v1/": true, "/api/v1/pull/": false, "/rest/api/": false, "": false} {
		if got := bx24.IsPath(path); got != want {
			t.Errorf("%q: %t", path, got)
		}
	}
}
