package rest_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// journal keeps a line for each call.
type journal struct {
	mu    sync.Mutex
	lines []string
	last  rest.Record
}

func (j *journal) Record(r rest.Record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	method, code := "", ""
	if r.Call.Method != nil {
		method = r.Call.Method.Name
	}
	if r.Fault != nil {
		code = r.Fault.Code
	}
	j.lines = append(j.lines, fmt.Sprintf("%s|%s|%s|%d|%d|%s|%s", r.Command, r.Name, method, r.Call.Kind, r.Status, code,
		phpform.AppendJSON(nil, r.Call.Params)))
	j.last = r
}

func recorded(t *testing.T) (*journal, *rest.Handler) {
	t.Helper()
	j, r := &journal{}, rest.NewRegistry()
	r.Add(rest.M("test.echo", "im", rest.Everyone, "Answers what it got.", echo), rest.M("test.crm", "crm", rest.Everyone, "Needs another scope.", echo))
	return j, rest.NewHandler(r, doors{}, clock.System{}, slog.New(slog.DiscardHandler), rest.WithRecorder(j))
}

func TestEveryCallIsRecordedOnceAndWithoutItsToken(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, path, body, want string }{
		{"answered", "/rest/TEST.echo.json", "TEXT=a&auth=app.token", `|TEST.echo|test.echo|1|200||{"TEXT":"a"}`},
		{"webhook", "/rest/5/secret/test.echo.xml", "TEXT=a", `|test.echo|test.echo|2|200||{"TEXT":"a"}`},
		{"no such method", "/rest/test.none", "a=1&auth=app.token", `|test.none||1|404|ERROR_METHOD_NOT_FOUND|{"a":"1"}`},
		{"no such method, with a webhook", "/rest/5/secret/test.none", "a=1", `|test.none||2|404|ERROR_METHOD_NOT_FOUND|{"a":"1"}`},
		{"no such method, with an old token", "/rest/test.none", "a=1&auth=old", `|test.none||0|404|ERROR_METHOD_NOT_FOUND|{"a":"1"}`},
		{"no such method, without a token", "/rest/test.none", "a=1", `|test.none||0|404|ERROR_METHOD_NOT_FOUND|{"a":"1"}`},
		{"nobody", "/rest/test.echo", "TEXT=a&auth=old", `|test.echo||0|401|expired_token|{"TEXT":"a"}`},
		{"another scope", "/rest/test.crm", "auth=app.token", `|test.crm|test.crm|1|403|insufficient_scope|[]`},
		{"a wrong parameter", "/rest/test.echo", "auth=app.token", `|test.echo|test.echo|1|400|ERROR_ARGUMENT|[]`},
		{"no method at all", "/rest/", "", `|||0|404|ERROR_METHOD_NOT_FOUND|null`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j, h := recorded(t)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Request-Id", "mine")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if !slices.Equal(j.lines, []string{tt.want}) {
				t.Errorf("recorded %q, want %q", j.lines, tt.want)
			}
			if id := w.Header().Get("X-Request-Id"); len(id) != 26 || id != j.last.RequestID {
				t.Errorf("the client was told %q, the record says %q", id, j.last.RequestID)
			}
			if j.last.Trace != "mine" || j.last.Status != w.Code || j.last.Finish.Before(j.last.Call.Start) {
				t.Errorf("record %+v, answered with %d", j.last, w.Code)
			}
			if !strings.HasSuffix(tt.path, ".xml") && string(j.last.Answer) != w.Body.String() {
				t.Errorf("recorded the answer %s, sent %s", j.last.Answer, w.Body)
			}
		})
	}
}

func TestTheCallsOfABatchAreRecordedWithIt(t *testing.T) {
	t.Parallel()
	j, h := recorded(t)
	body := `{"auth":"app.token","cmd":{"first":"test.echo?TEXT=a&auth=x","second":"Test.Echo?TEXT=$result[first][text]","third":"test.none"}}`
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rest/batch?bx24_request_id=theirs", strings.NewReader(body))
	h.ServeHTTP(httptest.NewRecorder(), r)
	want := []string{
		`first|test.echo|test.echo|1|200||{"TEXT":"a"}`,
		`second|Test.Echo|test.echo|1|200||{"TEXT":"a"}`,
		`third|test.none||1|404|ERROR_METHOD_NOT_FOUND|[]`,
	}
	if len(j.lines) != 4 || !slices.Equal(j.lines[:3], want) || !strings.HasPrefix(j.lines[3], "|batch|batch|1|200|") {
		t.Errorf("recorded %q", j.lines)
	}
	if j.last.Trace != "theirs" || j.last.RequestID == "" {
		t.Errorf("record %+v", j.last)
	}
}

func TestAPageCallsAMethodAsARequestWould(t *testing.T) {
	t.Parallel()
	j, h := recorded(t)
	p := rest.Principal{Kind: rest.BySession, UserID: 4, Scopes: []string{"im"}}
	a := h.Execute(t.Context(), p, "10.0.0.9", "test.echo", phpform.ArrayOf(phpform.Entry{Key: "TEXT", Value: phpform.StringOf("x")}))
	if a.Status != 200 || !strings.HasPrefix(string(a.Body), `{"result":{"text":"x","count":0,"yes":false,"ids":null,"user":4},"time":{`) {
		t.Errorf("answered %d %s", a.Status, a.Body)
	}
	a = h.Execute(t.Context(), p, "10.0.0.9", "test.crm", phpform.ListOf())
	if want := `{"error":"insufficient_scope",`; a.Status != 403 || !strings.HasPrefix(string(a.Body), want) {
		t.Errorf("answered %d %s, want 403 %s", a.Status, a.Body, want)
	}
	a = h.Execute(t.Context(), p, "10.0.0.9", "none", phpform.ListOf())
	want := []string{
		`|test.echo|test.echo|3|200||{"TEXT":"x"}`, `|test.crm|test.crm|3|403|insufficient_scope|[]`, `|none||3|404|ERROR_METHOD_NOT_FOUND|[]`,
	}
	if !slices.Equal(j.lines, want) || j.last.RequestID != a.RequestID || j.last.Call.Remote != "10.0.0.9" {
		t.Errorf("recorded %q", j.lines)
	}
}
