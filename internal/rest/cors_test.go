package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPagesOfOtherOriginsMayCall(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	ask := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/rest/api/test.echo", nil)
	ask.Header.Set("Origin", "https://app.example")
	ask.Header.Set("Access-Control-Request-Method", "POST")
	ask.Header.Set("Access-Control-Request-Headers", "content-type,x-b24-request-id")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, ask)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
		"Access-Control-Allow-Headers": "content-type,x-b24-request-id", "Access-Control-Max-Age": "86400",
		"Access-Control-Allow-Credentials": "",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("preflight: %d %s", w.Code, w.Body)
	}
	for _, token := range []string{"app.token", "old"} { // an answer, and an error that the page must be able to read
		call := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rest/test.echo.json", strings.NewReader("TEXT=x&auth="+token))
		call.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		call.Header.Set("Origin", "null")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, call)
		if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", token, w.Header())
		}
	}
}
