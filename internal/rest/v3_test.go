package rest_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

var thing = &dto.Entity{Name: "ThingDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int, Column: "id", Filterable: true, Sortable: true}, {Name: "title", Type: dto.String},
}}

// getParams are those of test.thing.get.
type getParams struct {
	ID     int64         `b24:"id,required"`
	Select phpform.Value `b24:"select"`
}

// memory keeps answers as a database would.
type memory struct {
	mu   sync.Mutex
	kept map[rest.ReplayKey]rest.Replay
}

func (m *memory) Find(_ context.Context, k rest.ReplayKey) (rest.Replay, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.kept[k]
	return r, ok, nil
}

func (m *memory) Keep(_ context.Context, k rest.ReplayKey, r rest.Replay) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[k] = r
	return nil
}

// newV3 returns a server with methods of REST 3.0: things exist with the ids 1 to 9, and each test.thing.add makes one more.
func newV3(t testing.TB) http.Handler {
	t.Helper()
	r := rest.NewRegistry()
	made := int64(100)
	one := func(id int64, sel phpform.Value) (dto.Object, error) {
		s, err := thing.Select(sel)
		if err != nil {
			return nil, err
		}
		return s.Object(func(f dto.Selected) any {
			if f.Field.Name == "id" {
				return id
			}
			return "Thing " + string(rune('0'+id%10))
		}), nil
	}
	ok := func(context.Context, *rest.Call, rest.None) (rest.Done, error) { return rest.Done{Result: true}, nil }
	r.Add(
		rest.M("test.thing.get", "im", rest.Everyone, "Answers a thing.",
			func(_ context.Context, _ *rest.Call, p getParams) (rest.Item[dto.Object], error) {
				if p.ID > 9 {
					return rest.Item[dto.Object]{}, dto.NotFound(p.ID)
				}
				o, err := one(p.ID, p.Select)
				return rest.Item[dto.Object]{Item: o}, err
			}, rest.V3(), rest.Of(thing)),
		rest.M("test.thing.list", "im", rest.Everyone, "Lists things.",
			func(_ context.Context, _ *rest.Call, p struct {
				IDs []int64 `b24:"ids"`
			},
			) (rest.Items[dto.Object], error) {
				out := rest.Items[dto.Object]{Items: []dto.Object{}}
				for _, id := range p.IDs {
					o, err := one(id, phpform.NullValue())
					if err != nil {
						return out, err
					}
					out.Items = append(out.Items, o)
				}
				return out, nil
			}, rest.V3(), rest.Of(thing)),
		rest.M("test.thing.add", "im", rest.Everyone, "Makes a thing.",
			func(_ context.Context, _ *rest.Call, p struct {
				Fields struct {
					Title string `b24:"title,required"`
				} `b24:"fields,required"`
			},
			) (rest.Item[map[string]int64], error) {
				made++
				return rest.Item[map[string]int64]{Item: map[string]int64{"id": made}}, nil
			}, rest.V3(), rest.Changes()),
		rest.M("test.admin", "im", rest.Everyone|rest.AdminOnly, "For administrators.", ok, rest.V3()),
		rest.M("test.other", "other", rest.Everyone, "Needs another scope.", ok, rest.V3()),
		rest.M("test.gone", "im", rest.Everyone, "Does not find.",
			func(context.Context, *rest.Call, rest.None) (rest.Done, error) {
				return rest.Done{}, fault.New(fault.NotFound, "X", "There is no such thing.")
			}, rest.V3()),
		rest.M("test.both", "im", rest.Everyone, "Is in both.",
			func(context.Context, *rest.Call, rest.None) (string, error) { return "old", nil }),
		rest.M("test.both", "im", rest.Everyone, "Is in both.",
			func(context.Context, *rest.Call, rest.None) (rest.Item[string], error) {
				return rest.Item[string]{Item: "new"}, nil
			}, rest.V3()),
	)
	clk := clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	return rest.NewHandler(r, doors{}, clk, slog.New(slog.DiscardHandler),
		rest.WithReplays(&memory{kept: map[rest.ReplayKey]rest.Replay{}}))
}

// exchange sends a request with headers and returns the recorded answer.
func exchange(h http.Handler, q request, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(q.method, q.path, strings.NewReader(q.body))
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestREST3IsReachedAtItsAddressAndTheOldMethodsAtTheirs(t *testing.T) {
	t.Parallel()
	h := newV3(t)
	const body = `{"id":3,"auth":"app.token"}`
	const want = `{"item":{"id":3,"title":"Thing 3"}}`
	for name, q := range map[string]request{
		"token in the body":  postJSON("/rest/api/test.thing.get", body),
		"webhook":            postJSON("/rest/api/5/secret/test.thing.get", `{"id":3}`),
		"doubled slashes":    postJSON("//rest//api//5//secret//test.thing.get//", `{"id":3}`),
		"mixed case":         postJSON("/rest/API/5/secret/Test.Thing.GET.json", `{"id":3}`),
		"number as text":     postJSON("/rest/api/5/secret/test.thing.get", `{"id":"3"}`),
		"no content type":    {http.MethodPost, "/rest/api/5/secret/test.thing.get", "", `{"id":3}`},
		"tracking parameter": postJSON("/rest/api/5/secret/test.thing.get?bx24_request_id=1&id=7", `{"id":3}`),
	} {
		status, got := send(t, h, q)
		if status != http.StatusOK || string(got["result"]) != want || got["time"] == nil {
			t.Errorf("%s: %d %s %s, want %s", name, status, got["result"], got["error"], want)
		}
	}
	for path, want := range map[string]string{"/rest/test.both": `"old"`, "/rest/api/test.both": `{"item":"new"}`} {
		if _, got := send(t, h, postJSON(path, `{"auth":"app.token"}`)); string(got["result"]) != want {
			t.Errorf("%s: %s, want %s", path, got["result"], want)
		}
	}
	status, got := send(t, h, postJSON("/rest/test.thing.get", body))
	if status != http.StatusNotFound || string(got["error"]) != `"ERROR_METHOD_NOT_FOUND"` {
		t.Errorf("a method of REST 3.0 at the old address: %d %s", status, got["error"])
	}
	status, got = send(t, h, get("/rest/api/test.both?auth=app.token"))
	if status != http.StatusOK || string(got["result"]) != `{"item":"new"}` {
		t.Errorf("a call without parameters by GET: %d %s", status, got["error"])
	}
}

func TestErrorsOfREST3(t *testing.T) {
	t.Parallel()
	h := newV3(t)
	validation := func(text, field string) string {
		return `{"code":"BITRIX_REST_V3_EXCEPTION_VALIDATION_REQUESTVALIDATIONEXCEPTION","message":"Error validating request object",` +
			`"validation":[{"message":"` + text + `","field":"` + field + `"}]}`
	}
	coded := func(code, text string) string {
		return `{"code":"` + code + `","message":"` + text + `"}`
	}
	const prefix = "BITRIX_REST_V3_EXCEPTION_"
	notJSON := coded(prefix+"INVALIDJSONEXCEPTION", "The request body must be a JSON object with the header Content-Type: application/json")
	hook := "/rest/api/5/secret/"
	for name, c := range map[string]struct {
		request request
		status  int
		want    string
	}{
		"missing":             {postJSON(hook+"test.thing.get", `{}`), 400, validation("Required field `id` is not specified", "id")},
		"parameters by GET":   {get(hook + "test.thing.get?id=51"), 400, validation("Required field `id` is not specified", "id")},
		"another type":        {postJSON(hook+"test.thing.get", `{"id":"x"}`), 400, validation("Field `id` requires data type `int` for this request", "id")},
		"missing in fields":   {postJSON(hook+"test.thing.add", `{"fields":{"x":1}}`), 400, validation("Required field `fields.title` is not specified", "fields.title")},
		"fields of no object": {postJSON(hook+"test.thing.add", `{"fields":5}`), 400, validation("Field `fields` requires data type `object` for this request", "fields")},
		"not found":           {postJSON(hook+"test.thing.get", `{"id":99}`), 400, coded(prefix+"ENTITYNOTFOUNDEXCEPTION", "Entry with ID = `99` not found")},
		"not found otherwise": {postJSON(hook+"test.gone", `{}`), 400, coded(prefix+"ENTITYNOTFOUNDEXCEPTION", "There is no such thing.")},
		"administrators":      {postJSON(hook+"test.admin", `{}`), 403, coded(prefix+"ACCESSDENIEDEXCEPTION", "Access denied")},
		"scope":               {postJSON(hook+"test.other", `{}`), 403, coded(prefix+"INSUFFICIENTSCOPEEXCEPTION", "Insufficient permissions: required scope is missing")},
		"no method":           {postJSON(hook+"no.such", `{}`), 400, coded(prefix+"METHODNOTFOUNDEXCEPTION", "Method not found")},
		"no address":          {postJSON("/rest/api/", `{}`), 400, coded(prefix+"METHODNOTFOUNDEXCEPTION", "Method not found")},
		"broken JSON":         {postJSON(hook+"test.thing.get", `{"id":`), 400, notJSON},
		"a form":              {post(hook+"test.thing.get", `id=3`), 400, notJSON},
		"multipart":           {request{http.MethodPost, hook + "test.thing.get", "multipart/form-data; boundary=B", multipart("id", "3")}, 400, notJSON},
		"a scalar":            {postJSON(hook+"test.thing.get", `3`), 400, notJSON},
		"expired":             {postJSON("/rest/api/test.both", `{"auth":"old"}`), 401, coded("expired_token", "The access token provided has expired.")},
		"nobody":              {postJSON("/rest/api/test.both", `{}`), 401, coded("NO_AUTH_FOUND", "Wrong authorization data")},
		"bad select":          {postJSON(hook+"test.thing.get", `{"id":3,"select":"id"}`), 400, coded(prefix+"INVALIDSELECTEXCEPTION", "Unable to recognize select expression `\\\"id\\\"`")},
	} {
		status, got := send(t, h, c.request)
		if status != c.status || string(got["error"]) != c.want || got["result"] != nil {
			t.Errorf("%s: %d %s\nwant %d %s", name, status, got["error"], c.status, c.want)
		}
	}
}

func TestBatchOfREST3(t *testing.T) {
	t.Parallel()
	h := newV3(t)
	const three = `{"item":{"id":3,"title":"Thing 3"}}`
	for name, c := range map[string]struct{ body, want string }{
		"list": {
			`[{"method":"test.thing.get","query":{"id":3}},{"method":"test.both"}]`, `[` + three + `,{"item":"new"}]`,
		},
		"object of the JavaScript SDK": {
			`{"0":{"method":"test.thing.get","query":{"id":3},"parallel":false},"1":{"method":"test.both","query":{},"parallel":false},"auth":"app.token"}`,
			`[` + three + `,{"item":"new"}]`,
		},
		"references": {
			`[{"method":"test.thing.get","query":{"id":3},"as":"first"},{"method":"test.thing.get","query":{"id":4}},
			{"method":"test.thing.list","query":{"ids":[{"$ref":"first.id"},{"$ref":"1.id"}]},"as":"all"},
			{"method":"test.thing.list","query":{"ids":{"$refArray":"all.id"}}},
			{"method":"test.thing.get","query":{"id":{"$ref":"all.0.id"}}}]`,
			`[` + three + `,{"item":{"id":4,"title":"Thing 4"}},` +
				`{"items":[{"id":3,"title":"Thing 3"},{"id":4,"title":"Thing 4"}]},{"items":[{"id":3,"title":"Thing 3"},{"id":4,"title":"Thing 4"}]},` +
				three + `]`,
		},
	} {
		w := exchange(h, postJSON("/rest/api/batch", c.body), "Authorization", "Bearer app.token")
		var got map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || string(got["result"]) != c.want {
			t.Errorf("%s: %s %v\nwant %s", name, w.Body, err, c.want)
		}
	}
}

func TestBatchOfREST3FailsAsAWhole(t *testing.T) {
	t.Parallel()
	h := newV3(t)
	sel := func(text string) string {
		return `{"code":"BITRIX_REST_V3_EXCEPTION_INVALIDSELECTEXCEPTION","message":"Unable to recognize select expression ` + "`" + text + "`" + `"}`
	}
	const ok = `{"method":"test.thing.get","query":{"id":3},"as":"first"}`
	for name, c := range map[string]struct {
		calls  string
		status int
		want   string
	}{
		"a call fails":         {`[` + ok + `,{"method":"test.thing.get","query":{"id":99}}]`, 400, `{"code":"BITRIX_REST_V3_EXCEPTION_ENTITYNOTFOUNDEXCEPTION","message":"Entry with ID = ` + "`99`" + ` not found"}`},
		"no such method":       {`[{"method":"no.such","query":{}}]`, 400, `{"code":"BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION","message":"Method not found"}`},
		"nested":               {`[{"method":"batch","query":{}}]`, 405, `{"code":"ERROR_BATCH_METHOD_NOT_ALLOWED","message":"Method is not allowed for batch usage"}`},
		"too long":             {`[` + strings.Repeat(`{"method":"test.both"},`, 50) + `{"method":"test.both"}]`, 400, `{"code":"ERROR_BATCH_LENGTH_EXCEEDED","message":"Max batch length exceeded"}`},
		"the old form":         {`{"cmd":{"a":"test.both?x=1"}}`, 400, sel(`{\"a\":\"test.both?x=1\"}`)},
		"nothing":              {`[]`, 400, sel(`[]`)},
		"reference to nothing": {`[` + ok + `,{"method":"test.thing.get","query":{"id":{"$ref":"first.item.id"}}}]`, 400, sel(`Path 'first.item.id' not found in context`)},
		"array of one":         {`[` + ok + `,{"method":"test.thing.list","query":{"ids":{"$refArray":"first.id"}}}]`, 400, sel(`Path 'first.id' not found in context`)},
		"array without a dot":  {`[` + ok + `,{"method":"test.thing.list","query":{"ids":{"$refArray":"first"}}}]`, 400, sel(`Path 'first' not found in context`)},
		"a name twice":         {`[` + ok + `,` + ok + `]`, 400, sel(`Name 'first' is used twice`)},
		"query of no object":   {`[{"method":"test.both","query":5}]`, 400, `{"code":"BITRIX_REST_V3_EXCEPTION_VALIDATION_REQUESTVALIDATIONEXCEPTION","message":"Error validating request object","validation":[{"message":"Field ` + "`query`" + ` requires data type ` + "`object`" + ` for this request","field":"query"}]}`},
	} {
		status, got := send(t, h, postJSON("/rest/api/5/secret/batch", c.calls))
		if status != c.status || string(got["error"]) != c.want || got["result"] != nil {
			t.Errorf("%s: %d %s\nwant %d %s", name, status, got["error"], c.status, c.want)
		}
	}
}

func TestARepeatedCallWithTheSameKeyIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	h := newV3(t)
	add := func(path, body string, headers ...string) (*httptest.ResponseRecorder, string) {
		w := exchange(h, postJSON(path, body), headers...)
		var got struct{ Result, Error json.RawMessage }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		return w, string(got.Result) + string(got.Error)
	}
	const hook, body, key = "/rest/api/5/secret/test.thing.add", `{"fields":{"title":"x"}}`, "Idempotency-Key"
	first, got := add(hook, body, key, "k1")
	if got != `{"item":{"id":101}}` || first.Header().Get(key) != "k1" || first.Header().Get("Idempotent-Replayed") != "" {
		t.Errorf("the first call: %s %v", got, first.Header())
	}
	again, got := add(hook, body, key, "k1")
	if got != `{"item":{"id":101}}` || again.Header().Get(key) != "k1" || again.Header().Get("Idempotent-Replayed") != "true" ||
		again.Body.String() != first.Body.String() {
		t.Errorf("the second call: %s %v", got, again.Header())
	}
	if _, got := add("/rest/api/test.thing.add", `{"fields":{"title":"x"},"auth":"app.token"}`, key, "k1"); got != `{"item":{"id":102}}` {
		t.Errorf("the same key of another caller: %s", got)
	}
	w, got := add(hook, `{"fields":{"title":"y"}}`, key, "k1")
	if w.Code != 422 || !strings.Contains(got, "IDEMPOTENCYKEYREUSEDEXCEPTION") {
		t.Errorf("the same key for something else: %d %s", w.Code, got)
	}
	for name, bad := range map[string]string{"empty": "", "too long": strings.Repeat("x", 256), "not ASCII": "ключ", "control": "a\tb"} {
		if w, got := add(hook, body, key, bad); w.Code != 400 || !strings.Contains(got, "INVALIDIDEMPOTENCYKEYEXCEPTION") {
			t.Errorf("%s key: %d %s", name, w.Code, got)
		}
	}
	if w, _ := add(hook, `{}`, key, "k2"); w.Code != 400 {
		t.Errorf("a call that fails: %d", w.Code)
	}
	if w, got := add(hook, body, key, "k2"); w.Code != 200 || w.Header().Get("Idempotent-Replayed") != "" || got != `{"item":{"id":103}}` {
		t.Errorf("a call after one that failed: %d %s", w.Code, got)
	}
	if w, _ := add("/rest/api/5/secret/test.thing.get", `{"id":3}`, key, "ключ"); w.Code != 200 || w.Header().Get(key) != "" {
		t.Errorf("a method that changes nothing minds the key: %d %v", w.Code, w.Header())
	}
}

func TestOpenAPIDescribesTheMethods(t *testing.T) {
	t.Parallel()
	h := newV3(t)
	var first string
	for _, q := range []request{
		postJSON("/rest/api/5/secret/rest.documentation.openapi", ""), get("/rest/api/5/secret/documentation"),
	} {
		w := exchange(h, q)
		if first == "" {
			first = w.Body.String()
		}
		if w.Code != http.StatusOK || w.Body.String() != first {
			t.Errorf("%s: %d, another answer", q.path, w.Code)
		}
	}
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]struct {
			Post struct {
				RequestBody struct {
					Content map[string]struct{ Schema struct{ Required []string } }
				}
				Parameters []struct{ Name string }
				Responses  map[string]json.RawMessage
			}
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(first), &doc); err != nil {
		t.Fatal(err)
	}
	read, add := doc.Paths["/test.thing.get"].Post, doc.Paths["/test.thing.add"].Post
	switch {
	case doc.OpenAPI != "3.0.0" || doc.Components.Schemas["ThingDto"] == nil:
		t.Errorf("version %q, schemas %v", doc.OpenAPI, doc.Components.Schemas)
	case len(read.RequestBody.Content["application/json"].Schema.Required) != 1 || len(read.Parameters) != 0:
		t.Errorf("test.thing.get is described as %+v", read)
	case !strings.Contains(string(read.Responses["200"]), `"item":{"$ref":"#/components/schemas/ThingDto"}`):
		t.Errorf("the answer of test.thing.get is described as %s", read.Responses["200"])
	case len(add.Parameters) != 1 || add.Parameters[0].Name != "Idempotency-Key":
		t.Errorf("test.thing.add does not tell of the key: %+v", add.Parameters)
	}
	for _, name := range []string{"/batch", "/rest.scope.list", "/documentation", "/test.both"} {
		if _, ok := doc.Paths[name]; !ok {
			t.Errorf("%s is not described", name)
		}
	}
}

func TestScopeListOfREST3(t *testing.T) {
	t.Parallel()
	_, got := send(t, newV3(t), postJSON("/rest/api/5/secret/rest.scope.list", `{"filterModule":"im","filterMethod":"get"}`))
	const want = `{"im":{"thing":{"get":{"scope":"test.thing.get","title":"test.thing.get","description":"Answers a thing.","fields":null}}}}`
	if string(got["result"]) != want {
		t.Errorf("%s, want %s", got["result"], want)
	}
}

func FuzzBatchV3(f *testing.F) {
	f.Add(`[{"method":"test.thing.get","query":{"id":3},"as":"a"},{"method":"test.thing.list","query":{"ids":[{"$ref":"a.id"}]}}]`)
	f.Add(`{"0":{"method":"test.thing.list","query":{"ids":{"$refArray":"a..id"}},"parallel":true}}`)
	f.Add(`[{"method":"test.thing.get","query":{"$ref":""},"as":"0"}]`)
	h := newV3(f)
	f.Fuzz(func(t *testing.T, body string) {
		w := exchange(h, postJSON("/rest/api/5/secret/batch", body))
		if !json.Valid(w.Body.Bytes()) || w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
