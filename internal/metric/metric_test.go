package metric_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/metric"
)

// TestLabelsAreBounded shows that a server with many portals does not make as many series.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	m := metric.New()
	for i := range 3 * metric.MaxPortals {
		m.Answered(fmt.Sprintf("%d.example.com", i), "page", 200, 1)
	}
	m.Answered(metric.None, "page", 404, 1)
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body := w.Body.String()
	if n := strings.Count(body, "portico_requests_total{"); n != metric.MaxPortals+2 {
		t.Errorf("%d series, want %d: a portal each for the first, one for the others and one for none", n, metric.MaxPortals+2)
	}
	if want := fmt.Sprintf(`portal="other",status="200"} %d`, 2*metric.MaxPortals); !strings.Contains(body, want) {
		t.Errorf("no %s in %s", want, body)
	}
}

func TestStreamsAreCountedWhileTheyLast(t *testing.T) {
	t.Parallel()
	m := metric.New()
	look := func() string {
		w := httptest.NewRecorder()
		m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return w.Body.String()
	}
	end := m.Begin("a.example.com", true)
	if body := look(); !strings.Contains(body, `portico_open_streams{portal="a.example.com"} 1`) || !strings.Contains(body, "portico_requests_under_way 1") {
		t.Error(body)
	}
	end()
	if body := look(); !strings.Contains(body, `portico_open_streams{portal="a.example.com"} 0`) || !strings.Contains(body, "portico_requests_under_way 0") {
		t.Error(body)
	}
}
