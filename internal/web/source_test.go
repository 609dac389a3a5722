package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/web"
)

func TestAChangeKnowsWhereItComesFromWithoutTheSecretsOfItsAddress(t *testing.T) {
	t.Parallel()
	var got audit.Source
	b := newBench(t)
	note := func(ctx context.Context, _ *web.Request) (web.Result, error) {
		got = audit.SourceOf(ctx)
		return web.NoContent{}, nil
	}
	b.shell.Action("/x/{id}/save", web.Public, note)
	b.shell.Action("/join/{token}", web.Public, note)
	for path, want := range map[string]string{"/x/5/save": "/x/5/save", "/join/s3cret": "/join/{token}"} {
		b.do(http.MethodPost, path, "", "", "User-Agent", "Browser")
		if w := (audit.Source{Addr: "192.0.2.1", Agent: "Browser", URI: want}); got != w {
			t.Errorf("%s: the source is %+v, want %+v", path, got, w)
		}
	}
}

func TestSomebodyWhoGoesAwayIsNoErrorInTheLog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for gone, want := range map[bool]bool{true: false, false: true} {
		b.log.Reset()
		ctx, leave := context.WithCancel(t.Context())
		if gone {
			leave()
		}
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/broken", nil)
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: "anna"})
		b.shell.Handler().ServeHTTP(httptest.NewRecorder(), r)
		leave()
		if got := strings.Contains(b.log.String(), "level=ERROR"); got != want {
			t.Errorf("gone %v: the log is %q", gone, b.log)
		}
	}
}
