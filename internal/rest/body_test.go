package rest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/rest"
)

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBodiesComeInManyForms(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const form, jsonText, path = "TEXT=a+b&auth=app.token", `{"TEXT":"a b","auth":"app.token"}`, "/rest/test.echo"
	const urlencoded = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		kind, body string
		headers    []string
	}{
		"charset of a form":         {urlencoded + "; charset=UTF-8", form, nil},
		"charset of JSON":           {"application/json; charset=utf-8", jsonText, nil},
		"mixed case":                {"Application/JSON", jsonText, nil},
		"another JSON":              {"application/vnd.api+json", jsonText, nil},
		"JSON as text":              {"text/plain;charset=UTF-8", "\n " + jsonText, nil},
		"a form as text":            {"text/plain", form, nil},
		"an unknown type":           {"application/octet-stream", form, nil},
		"a broken type":             {";;", jsonText, nil},
		"byte order mark":           {"application/json", "\ufeff" + jsonText, nil},
		"byte order mark of a form": {urlencoded, "\ufeff" + form, nil},
		"gzip":                      {"application/json", zipped(t, jsonText), []string{"Content-Encoding", "gzip"}},
		"GZIP form":                 {urlencoded, zipped(t, form), []string{"Content-Encoding", "GZIP"}},
		"gzip multipart": {
			"multipart/form-data; boundary=B", zipped(t, multipart("TEXT", "a b", "auth", "app.token")), []string{"Content-Encoding", "gzip"},
		},
		"identity":            {urlencoded, form, []string{"Content-Encoding", "identity"}},
		"accepts XML only":    {urlencoded, form, []string{"Accept", "application/xml"}},
		"trailing ampersands": {urlencoded, "&&" + form + "&", nil},
	} {
		w := exchange(h, request{http.MethodPost, path, c.kind, c.body}, c.headers...)
		if !strings.Contains(w.Body.String(), `"text":"a b"`) || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	whole := zipped(t, strings.Repeat("TEXT=x&", 1000))
	for name, c := range map[string]struct {
		body, encoding string
		status         int
		text           string
	}{
		"no gzip":          {"TEXT=x", "gzip", 400, "not what its Content-Encoding says"},
		"broken gzip":      {whole[:len(whole)-8] + "wrong" + whole[len(whole)-3:], "gzip", 400, "not what its Content-Encoding says"},
		"half of it":       {whole[:len(whole)/2], "gzip", 400, "did not arrive whole"},
		"another encoding": {"TEXT=x", "br", 400, "Content-Encoding: gzip"},
		"a bomb":           {zipped(t, strings.Repeat("x", rest.MaxBody+1)), "gzip", 413, "10 MB"},
	} {
		for _, path := range []string{"/rest/5/secret/test.echo", "/rest/5/secret/test.echo.xml", "/rest/api/5/secret/batch"} {
			w := exchange(h, request{http.MethodPost, path, "application/x-www-form-urlencoded", c.body}, "Content-Encoding", c.encoding)
			if w.Code != c.status || !strings.Contains(w.Body.String(), "INVALID_REQUEST") || !strings.Contains(w.Body.String(), c.text) {
				t.Errorf("%s, %s: %d %s, want %d with %q", name, path, w.Code, w.Body, c.status, c.text)
			}
		}
	}
}

func TestHEADIsAnsweredAsGET(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(newServer(t))
	defer s.Close()
	for path, want := range map[string]int{"/rest/5/secret/test.null": 200, "/rest/5/secret/no.such": 404, "/rest/5/wrong/test.null": 401} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want || res.ContentLength <= 0 {
			t.Errorf("%s: %d with %d bytes, want %d", path, res.StatusCode, res.ContentLength, want)
		}
	}
}

// TestBatchTakesEveryForm sends one batch in the ways of the clients.
func TestBatchTakesEveryForm(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const want = `{"a":{"text":"x y","count":0,"yes":false,"ids":[1,2],"user":7},"b":{"text":"1","count":0,"yes":false,"ids":null,"user":7}}`
	const cmdA, cmdB = "test.echo?TEXT=x%20y&IDS[]=1&IDS[1]=2&", "test.echo?TEXT=$result[a][ids][0]"
	for name, q := range map[string]request{
		"JSON":                  postJSON("/rest/batch", `{"halt":0,"cmd":{"a":"`+cmdA+`","b":"`+cmdB+`"},"auth":"app.token"}`),
		"leading slashes":       postJSON("/rest/batch.json", `{"cmd":{"a":"/`+cmdA+`","b":"/`+strings.Replace(cmdB, "echo", "echo.json", 1)+`"},"auth":"app.token"}`),
		"quoted keys":           postJSON("/rest/batch", `{"cmd":{"a":"`+cmdA+`","b":"test.echo?TEXT=$result['a'][\"ids\"][0]"},"auth":"app.token"}`),
		"form, encoded twice":   post("/rest/batch", "halt=0&cmd%5Ba%5D=test.echo%3FTEXT%3Dx%2520y%26IDS%255B0%255D%3D1%26IDS%255B1%255D%3D2&cmd%5Bb%5D=test.echo%3FTEXT%3D%2524result%255Ba%255D%255Bids%255D%255B0%255D&auth=app.token"),
		"address, encoded once": get("/rest/batch?cmd[a]=test.echo%3FTEXT%3Dx%2By%26IDS%5B%5D%3D1%26IDS%5B%5D%3D2&cmd[b]=test.echo%3FTEXT%3D$result[a][ids][0]&auth=app.token"),
		"multipart": {
			http.MethodPost, "/rest/batch?auth=app.token", "multipart/form-data; boundary=B", multipart("cmd[a]", cmdA, "cmd[b]", cmdB, "halt", "0"),
		},
	} {
		_, got := send(t, h, q)
		var r struct{ Result json.RawMessage }
		if err := json.Unmarshal(got["result"], &r); err != nil || string(r.Result) != want {
			t.Errorf("%s: %s %s\nwant %s", name, got["result"], got["error"], want)
		}
	}
}

func TestBatchRefusesWhatIsNoCall(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	for name, cmd := range map[string]string{"a number": `5`, "a list": `["test.null"]`, "null": `null`, "nothing": `""`, "only parameters": `"?a=1"`} {
		status, got := send(t, h, postJSON("/rest/batch", `{"cmd":{"x":`+cmd+`,"y":"test.null"},"auth":"app.token"}`))
		var r struct {
			Result json.RawMessage            `json:"result"`
			Errors map[string]json.RawMessage `json:"result_error"`
		}
		const want = `{"error":"ERROR_METHOD_NOT_FOUND","error_description":"Method not found!"}`
		if err := json.Unmarshal(got["result"], &r); err != nil || status != 200 || string(r.Result) != `{"y":null}` || string(r.Errors["x"]) != want {
			t.Errorf("%s: %d %s %s", name, status, got["result"], got["error"])
		}
	}
	status, got := send(t, h, postJSON("/rest/batch", `{"cmd":"test.null","auth":"app.token"}`))
	if status != 400 || string(got["error"]) != `"ERROR_ARGUMENT"` {
		t.Errorf("calls that are no array: %d %s", status, got["error"])
	}
}
