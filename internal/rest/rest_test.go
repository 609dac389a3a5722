package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// doors lets three callers in: an application of user 7, a webhook of user 5, and one that may do everything.
type doors struct{}

func (doors) Authorize(_ context.Context, c rest.Credentials) (rest.Principal, error) {
	switch {
	case c.Token == "app.token":
		return rest.Principal{Kind: rest.ByToken, UserID: 7, AppID: 3, ClientID: "local.1", Scopes: []string{"im"}}, nil
	case c.Token == "admin":
		return rest.Principal{Kind: rest.ByToken, UserID: 1, Admin: true, AppID: 3, ClientID: "local.1", Scopes: []string{"*"}}, nil
	case c.WebhookUserID == 5 && c.WebhookCode == "secret":
		return rest.Principal{Kind: rest.ByWebhook, UserID: 5, ClientID: "hook", Scopes: []string{"im"}}, nil
	case c.Token == "old":
		return rest.Principal{}, rest.ErrExpiredToken
	}
	return rest.Principal{}, rest.ErrNoAuth
}

// echoParams covers the types that parameters can have.
type echoParams struct {
	Text  string         `b24:"TEXT,required"`
	Count int64          `b24:"COUNT"`
	Yes   bool           `b24:"YES"`
	IDs   []int64        `b24:"IDS"`
	Inner *innerParams   `b24:"INNER"`
	Any   *phpform.Value `b24:"ANY"`
}

type innerParams struct {
	Name string `b24:"NAME,required"`
}

type echoed struct {
	Text  string  `json:"text"`
	Count int64   `json:"count"`
	Yes   bool    `json:"yes"`
	IDs   []int64 `json:"ids"`
	Name  string  `json:"name,omitempty"`
	User  int64   `json:"user"`
}

func echo(_ context.Context, c *rest.Call, p echoParams) (echoed, error) {
	out := echoed{p.Text, p.Count, p.Yes, p.IDs, "", c.UserID}
	if p.Inner != nil {
		out.Name = p.Inner.Name
	}
	return out, nil
}

type pageParams struct {
	Start int64 `b24:"start"`
}

func newServer(t *testing.T) http.Handler {
	t.Helper()
	r := rest.NewRegistry()
	r.Add(
		rest.M("test.echo", "im", rest.Everyone, "Answers what it got.", echo),
		rest.M("test.Admin", "im", rest.Everyone|rest.AdminOnly, "For administrators.",
			func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }),
		rest.M("test.app", rest.Basic, rest.Everyone|rest.AppOnly, "For applications.",
			func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }),
		rest.M("test.nohook", rest.Basic, rest.Everyone|rest.NoWebhook, "Not for webhooks.",
			func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }),
		rest.M("test.task", "task", rest.Everyone, "Needs the scope task.",
			func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }),
		rest.M("test.page", "im", rest.Everyone, "Answers a page.",
			func(_ context.Context, _ *rest.Call, p pageParams) (rest.Page[int64], error) {
				return rest.Page[int64]{Items: []int64{p.Start + 1, p.Start + 2}, Total: 9, Next: p.Start + 2}, nil
			}),
		rest.M("test.fail", "im", rest.Everyone, "Fails with a secret.",
			func(context.Context, *rest.Call, rest.None) (any, error) { return nil, io.ErrUnexpectedEOF }),
		rest.M("test.null", "im", rest.Everyone, "Answers null.",
			func(context.Context, *rest.Call, rest.None) (any, error) { return nil, nil }),
		rest.M("test.fault", "im", rest.Everyone, "Answers a fault.",
			func(context.Context, *rest.Call, rest.None) (any, error) {
				return nil, fault.New(fault.Invalid, "BOT_ID_ERROR", `Bot "x" not found`)
			}),
	)
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 500_000_000, time.UTC))
	return rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler))
}

// request is one call on the wire.
type request struct {
	method, path, kind, body string
}

func post(path, body string) request {
	return request{http.MethodPost, path, "application/x-www-form-urlencoded", body}
}

func postJSON(path, body string) request {
	return request{http.MethodPost, path, "application/json", body}
}

func get(path string) request { return request{method: http.MethodGet, path: path} }

func send(t *testing.T, h http.Handler, q request) (int, map[string]json.RawMessage) {
	t.Helper()
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var out map[string]json.RawMessage
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%s %s: answer is no JSON: %v\n%s", q.method, q.path, err, w.Body)
	}
	return w.Code, out
}

// A method that panics is answered like one that fails, and the stack is in the log alone; the rest of a batch is answered.
func TestMethodThatPanics(t *testing.T) {
	t.Parallel()
	r := rest.NewRegistry()
	r.Add(
		rest.M("test.panic", "im", rest.Everyone, "Panics.", func(_ context.Context, _ *rest.Call, p pageParams) (int64, error) {
			return []int64{1}[p.Start], nil
		}),
	)
	var log bytes.Buffer
	h := rest.NewHandler(r, doors{}, clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), slog.New(slog.NewTextHandler(&log, nil)))
	const said = `{"error":"INTERNAL_SERVER_ERROR","error_description":"Internal server error"}`
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/rest/test.panic?auth=app.token&start=7", http.NoBody))
	if w.Code != http.StatusInternalServerError || strings.TrimSpace(w.Body.String()) != said {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if got := log.String(); !strings.Contains(got, "index out of range [7]") || !strings.Contains(got, "rest_test.go") {
		t.Errorf("logged %s", got)
	}
	_, got := send(t, h, post("/rest/batch", "halt=0&auth=app.token&cmd[a]=test.panic%3Fstart%3D7&cmd[b]=test.panic"))
	var v struct {
		Result map[string]int64           `json:"result"`
		Error  map[string]json.RawMessage `json:"result_error"`
	}
	if err := json.Unmarshal(got["result"], &v); err != nil || v.Result["b"] != 1 || string(v.Error["a"]) != said {
		t.Errorf("the batch answered %s, %v", got["result"], err)
	}
}

func TestEveryEncodingAndSpellingReachesTheMethod(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const want = `{"text":"a b","count":2,"yes":true,"ids":[1,2],"name":"n","user":7}`
	const form = "TEXT=a+b&COUNT=2&YES=Y&IDS%5B0%5D=1&IDS%5B1%5D=2&INNER%5BNAME%5D=n"
	for name, q := range map[string]request{
		"form":              post("/rest/test.echo", form+"&auth=app.token"),
		"form .json":        post("/rest/test.echo.json", form+"&auth=app.token"),
		"form .JSON":        post("/rest/test.echo.JSON", form+"&auth=app.token"),
		"mixed case":        post("/rest/Test.ECHO", "text=a+b&count=2&yes=y&ids[]=1&ids[]=2&inner[name]=n&auth=app.token"),
		"json":              postJSON("/rest/test.echo", `{"TEXT":"a b","COUNT":2,"YES":true,"IDS":[1,"2"],"INNER":{"NAME":"n"},"auth":"app.token"}`),
		"json without type": {http.MethodPost, "/rest/test.echo", "", `{"TEXT":"a b","COUNT":"2","YES":1,"IDS":[1,2],"INNER":{"NAME":"n"},"auth":"app.token"}`},
		"address":           get("/rest/test.echo?" + form + "&auth=app.token"),
		"address and body":  post("/rest/test.echo?COUNT=9&auth=app.token&bx24_request_id=x", form),
		"trailing slash":    post("/rest/test.echo/", form+"&auth=app.token"),
		"doubled slashes":   post("//rest//test.echo//", form+"&auth=app.token"),
		"multipart": {
			http.MethodPost, "/rest/test.echo?auth=app.token", "multipart/form-data; boundary=B",
			multipart("TEXT", "a b", "COUNT", "2", "YES", "Y", "IDS[]", "1", "IDS[]", "2", "INNER[NAME]", "n"),
		},
	} {
		status, got := send(t, h, q)
		if status != http.StatusOK || string(got["result"]) != want {
			t.Errorf("%s: %d %s %s, want %s", name, status, got["result"], got["error_description"], want)
		}
	}
}

func multipart(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("--B\r\nContent-Disposition: form-data; name=\"" + pairs[i] + "\"\r\n\r\n" + pairs[i+1] + "\r\n")
	}
	return b.String() + "--B--\r\n"
}

func TestBearerHeaderAndWebhook(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	r := httptest.NewRequest(http.MethodGet, "/rest/test.echo?TEXT=x", nil)
	r.Header.Set("Authorization", "bearer app.token")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `"user":7`) {
		t.Errorf("bearer token: %s", w.Body)
	}
	for _, path := range []string{"/rest/5/secret/test.echo", "/rest/5/secret//test.echo/?bx24_request_id=1", "//rest/5//secret/test.echo.json"} {
		if _, got := send(t, h, postJSON(path, `{"TEXT":"x"}`)); !strings.Contains(string(got["result"]), `"user":5`) {
			t.Errorf("webhook %s: %s %s", path, got["result"], got["error"])
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for name, c := range map[string]struct {
		request request
		status  int
		code    string
		text    string // a part of the description
	}{
		"unknown method":      {post("/rest/no.such", "auth=app.token"), 404, "ERROR_METHOD_NOT_FOUND", "Method not found!"},
		"no method":           {post("/rest/", "auth=app.token"), 404, "ERROR_METHOD_NOT_FOUND", ""},
		"too many parts":      {post("/rest/a/b/c/d/e/f", ""), 404, "ERROR_METHOD_NOT_FOUND", ""},
		"no token":            {post("/rest/test.echo", "TEXT=x"), 401, "NO_AUTH_FOUND", "Wrong authorization data"},
		"token as a list":     {post("/rest/test.echo", "TEXT=x&auth[]=app.token"), 401, "NO_AUTH_FOUND", ""},
		"expired":             {post("/rest/test.echo", "TEXT=x&auth=old"), 401, "expired_token", "expired"},
		"foreign webhook":     {post("/rest/6/secret/test.echo", "TEXT=x"), 401, "NO_AUTH_FOUND", ""},
		"scope":               {post("/rest/test.task", "auth=app.token"), 403, "insufficient_scope", "access token"},
		"scope of a webhook":  {post("/rest/5/secret/test.task", ""), 403, "insufficient_scope", "webhook token"},
		"administrators":      {post("/rest/test.admin", "auth=app.token"), 403, "ACCESS_DENIED", "Administrator"},
		"applications":        {post("/rest/5/secret/test.app", ""), 400, "ACCESS_DENIED", "Application context required"},
		"not for webhooks":    {post("/rest/5/secret/test.nohook", ""), 403, "WRONG_AUTH_TYPE", ""},
		"missing":             {post("/rest/test.echo", "auth=app.token"), 400, "ERROR_ARGUMENT", "Argument 'TEXT' is null or empty"},
		"missing inside":      {post("/rest/test.echo", "TEXT=x&INNER[x]=1&auth=app.token"), 400, "ERROR_ARGUMENT", "'INNER.NAME'"},
		"no integer":          {post("/rest/test.echo", "TEXT=x&COUNT=1x&auth=app.token"), 400, "ERROR_ARGUMENT", "'COUNT' must be an integer"},
		"list for a scalar":   {post("/rest/test.echo", "TEXT[a]=x&auth=app.token"), 400, "ERROR_ARGUMENT", "'TEXT' must be a single value"},
		"scalar for a struct": {post("/rest/test.echo", "TEXT=x&INNER=1&auth=app.token"), 400, "ERROR_ARGUMENT", "'INNER' must be an object"},
		"bad yes":             {post("/rest/test.echo", "TEXT=x&YES=maybe&auth=app.token"), 400, "ERROR_ARGUMENT", "'YES' must be Y or N"},
		"broken JSON":         {postJSON("/rest/test.echo", `{"TEXT":"x"`), 400, "INVALID_REQUEST", ""},
		"JSON scalar":         {postJSON("/rest/test.echo", `"x"`), 400, "INVALID_REQUEST", "object"},
		"not UTF-8":           {post("/rest/test.echo", "TEXT=%ff&auth=app.token"), 400, "INVALID_REQUEST", ""},
		"NUL":                 {post("/rest/test.echo", "TEXT=a%00b&auth=app.token"), 400, "INVALID_REQUEST", "NUL"},
		"nested 1,000 deep":   {post("/rest/test.echo", "TEXT"+strings.Repeat("[a]", 1000)+"=x"), 413, "INVALID_REQUEST", "nested"},
		"10,001 keys":         {post("/rest/test.echo", strings.Repeat("a[]=1&", 10_001)), 413, "INVALID_REQUEST", "10000 parameters"},
		"over 10 MB":          {post("/rest/test.echo", "TEXT="+strings.Repeat("x", rest.MaxBody)), 413, "INVALID_REQUEST", "10 MB"},
		"verb":                {request{method: http.MethodDelete, path: "/rest/test.echo"}, 400, "INVALID_REQUEST", "GET or POST"},
		"fault of the method": {post("/rest/test.fault", "auth=app.token"), 400, "BOT_ID_ERROR", `Bot "x" not found`},
		"internal error":      {post("/rest/test.fail", "auth=app.token"), 500, "INTERNAL_SERVER_ERROR", "Internal server error"},
	} {
		status, got := send(t, h, c.request)
		var code, text string
		_ = json.Unmarshal(got["error"], &code)
		_ = json.Unmarshal(got["error_description"], &text)
		if status != c.status || code != c.code || !strings.Contains(text, c.text) || got["result"] != nil {
			t.Errorf("%s: %d %s %q, want %d %s with %q", name, status, code, text, c.status, c.code, c.text)
		}
		if strings.Contains(text, "EOF") {
			t.Errorf("%s: the answer tells an internal cause: %q", name, text)
		}
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	_, got := send(t, h, post("/rest/test.page", "start=2&auth=app.token"))
	const want = `{"start":1795424400.5,"finish":1795424400.5,"duration":0,"processing":0,` +
		`"date_start":"2026-11-23T09:00:00+00:00","date_finish":"2026-11-23T09:00:00+00:00","operating_reset_at":1795425000,"operating":0}`
	if string(got["result"]) != "[3,4]" || string(got["total"]) != "9" || string(got["next"]) != "4" || string(got["time"]) != want {
		t.Errorf("page: %s total %s next %s\ntime %s\nwant %s", got["result"], got["total"], got["next"], got["time"], want)
	}
	_, got = send(t, h, postJSON("/rest/test.null", `[]`))
	if string(got["error"]) != `"NO_AUTH_FOUND"` {
		t.Errorf("an empty JSON list is an empty set of parameters: %s", got["error"])
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for name, c := range map[string]struct{ cmd, result, errors, total string }{
		"in order with references": {
			`{"a":"test.page?start=4","b":"test.echo?TEXT=$result[a][0]+of+$result[a][1]&IDS=$result[a]"}`,
			`{"a":[5,6],"b":{"text":"5 of 6","count":0,"yes":false,"ids":[5,6],"user":7}}`, `[]`, `{"a":9}`,
		},
		"decoded once before": {
			`{"a":"test.page?start=1","b":"test.echo?TEXT=%24result%5Ba%5D%5B1%5D&__order=b&"}`,
			`{"a":[2,3],"b":{"text":"3","count":0,"yes":false,"ids":null,"user":7}}`, `[]`, `{"a":9}`,
		},
		"a null stays": {`{"n":"test.null"}`, `{"n":null}`, `[]`, `[]`},
		"errors beside results": {
			`{"x":"no.such","y":"batch?cmd[a]=test.null","z":"test.task","n":"test.null"}`, `{"n":null}`,
			`{"x":{"error":"ERROR_METHOD_NOT_FOUND","error_description":"Method not found!"},` +
				`"y":{"error":"ERROR_BATCH_METHOD_NOT_ALLOWED","error_description":"Method is not allowed for batch usage"},` +
				`"z":{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token"}}`, `[]`,
		},
		"a list of calls": {`["test.page","test.page?start=$result[0][1]"]`, `[[1,2],[3,4]]`, `[]`, `[9,9]`},
		"no reference":    {`["test.echo?TEXT=$result+and+$result[zz]!"]`, `[{"text":"$result and !","count":0,"yes":false,"ids":null,"user":7}]`, `[]`, `[]`},
	} {
		_, got := send(t, h, postJSON("/rest/batch", `{"halt":0,"auth":"app.token","cmd":`+c.cmd+`}`))
		var r map[string]json.RawMessage
		if err := json.Unmarshal(got["result"], &r); err != nil {
			t.Fatalf("%s: %v %s", name, err, got["error"])
		}
		if string(r["result"]) != c.result || string(r["result_error"]) != c.errors || string(r["result_total"]) != c.total {
			t.Errorf("%s:\nresult %s\n  want %s\nerror %s\n want %s\ntotal %s want %s",
				name, r["result"], c.result, r["result_error"], c.errors, r["result_total"], c.total)
		}
	}
}

func TestBatchHaltsAndHasALimit(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for _, halt := range []string{"1", "true"} {
		_, got := send(t, h, post("/rest/batch", "halt="+halt+"&cmd[a]=no.such&cmd[b]=test.null&auth=app.token"))
		if !strings.Contains(string(got["result"]), `"result":[]`) {
			t.Errorf("halt=%s went on: %s", halt, got["result"])
		}
	}
}

func TestBatchRefusesTheCallsBeyondItsLimitAndRunsTheOthers(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const refused = `{"error":"ERROR_BATCH_LENGTH_EXCEEDED","error_description":"Max batch length exceeded"}`
	for halt, errors := range map[string]string{"0": `{"50":` + refused + `,"51":` + refused + `}`, "1": `{"50":` + refused + `}`} {
		body := "auth=app.token&halt=" + halt + strings.Repeat("&cmd[]=test.null", 52)
		status, got := send(t, h, post("/rest/batch", body))
		var r struct {
			Result []any           `json:"result"`
			Errors json.RawMessage `json:"result_error"`
		}
		if err := json.Unmarshal(got["result"], &r); err != nil || status != http.StatusOK || len(r.Result) != 50 || string(r.Errors) != errors {
			t.Errorf("52 calls with halt=%s: %d, %d results, errors %s, %v, want 50 and %s", halt, status, len(r.Result), r.Errors, err, errors)
		}
	}
}

func TestMethodsTellWhatTheCallerMay(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for name, c := range map[string]struct{ path, body, want string }{
		"methods":          {"/rest/methods", "auth=app.token", `["batch","method.get","methods","scope","server.time","test.Admin","test.app","test.echo","test.fail","test.fault","test.nohook","test.null","test.page"]`},
		"methods of scope": {"/rest/methods", "scope=task&auth=app.token", `["test.task"]`},
		"common methods":   {"/rest/methods", "scope=&auth=app.token", `["batch","method.get","methods","scope","server.time","test.app","test.nohook"]`},
		"scope":            {"/rest/scope", "auth=app.token", `["im"]`},
		"all scopes":       {"/rest/scope", "full=true&auth=app.token", `["im","task"]`},
		"method.get":       {"/rest/method.get", "name=TEST.echo&auth=app.token", `{"isExisting":true,"isAvailable":true}`},
		"not available":    {"/rest/method.get", "name=test.task&auth=app.token", `{"isExisting":true,"isAvailable":false}`},
		"for others":       {"/rest/method.get", "name=test.admin&auth=app.token", `{"isExisting":true,"isAvailable":true}`},
		"not existing":     {"/rest/method.get", "name=x&auth=app.token", `{"isExisting":false,"isAvailable":false}`},
		"without a name":   {"/rest/method.get", "auth=app.token", `{"isExisting":false,"isAvailable":false}`},
		"with no name":     {"/rest/method.get", "name=&auth=app.token", `{"isExisting":false,"isAvailable":false}`},
	} {
		if _, got := send(t, h, post(c.path, c.body)); string(got["result"]) != c.want {
			t.Errorf("%s: %s, want %s", name, got["result"], c.want)
		}
	}
}

func TestAMethodWithoutAScopeOrAccessIsNotRegistered(t *testing.T) {
	t.Parallel()
	f := func(context.Context, *rest.Call, rest.None) (bool, error) { return true, nil }
	for name, m := range map[string]rest.Method{
		"no scope":  rest.M("x", "", rest.Everyone, "X.", f),
		"no access": rest.M("x", "im", 0, "X.", f),
		"twice":     rest.M("BATCH", "im", rest.Everyone, "X.", f),
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: was registered", name)
				}
			}()
			rest.NewRegistry().Add(m)
		}()
	}
}

func FuzzServe(f *testing.F) {
	f.Add("/rest/test.echo", "application/json", `{"TEXT":"x","auth":"app.token"}`)
	f.Add("/rest/batch", "application/x-www-form-urlencoded", "cmd[a]=test.echo%3FTEXT%3D$result[a]&auth=app.token")
	f.Add("/rest/batch.xml", "application/json", `{"cmd":{"a b":"test.echo?TEXT=%01"},"auth":"app.token"}`)
	f.Add("/rest/api/batch", "application/json", `[{"method":"rest.scope.list","query":{}}]`)
	f.Add("/rest//API/5/secret/documentation.xml", "", "")
	f.Add("/rest/5/secret/test.echo", "multipart/form-data; boundary=B", multipart("TEXT", "x"))
	f.Fuzz(func(t *testing.T, path, kind, body string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path = path
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		newServer(&testing.T{}).ServeHTTP(w, r)
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
			if err := wellFormed(w.Body.String()); err != nil {
				t.Errorf("the answer is no XML: %v: %q", err, w.Body)
			}
		} else if !json.Valid(w.Body.Bytes()) {
			t.Errorf("the answer is no JSON: %q", w.Body)
		}
	})
}

func TestServerTimeIsThatOfThePortal(t *testing.T) {
	t.Parallel()
	_, got := send(t, newServer(t), post("/rest/server.time", "auth=app.token"))
	if want := `"2026-11-23T09:00:00+00:00"`; string(got["result"]) != want {
		t.Errorf("server.time is %s, want %s", got["result"], want)
	}
}
