package event_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/portico-hq/portico/internal/event"
)

// TestAHandlerThatSpeaksHTTP2 is reached: most servers with TLS offer it.
func TestAHandlerThatSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Proto)) }))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	c := event.NewClient(event.Policy{})
	c.Transport.(*http.Transport).TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if got.StatusCode != http.StatusOK {
		t.Errorf("it answers %d", got.StatusCode)
	}
}
