package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/rest"
)

// form is a way of the protocol to make a call.
type form struct {
	name string
	// path makes the path of a call out of what stands before the method, which ends in a slash, and the method.
	path func(base, method string) string
	// send puts the token, unless it is empty, into a request that is not sent yet.
	send func(r *http.Request, token string)
	v3   bool // there is such a form of REST 3.0
}

func plain(base, method string) string { return base + method }

func body(r *http.Request, kind, text string) {
	r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.Header.Set("Content-Type", kind)
}

func asJSON(r *http.Request, token string) {
	text := "[]" // as the SDK for PHP sends no parameters
	if token != "" {
		raw, _ := json.Marshal(map[string]string{"auth": token})
		text = string(raw)
	}
	body(r, "application/json", text)
}

func asForm(r *http.Request, token string) {
	body(r, "application/x-www-form-urlencoded", tokenQuery(token))
}

func tokenQuery(token string) string {
	if token == "" {
		return ""
	}
	return url.Values{"auth": {token}}.Encode()
}

// forms are all of them. The first is the plainest, and every identity and method has it.
var forms = []form{
	{"a POST of JSON", plain, asJSON, true},
	{"a POST of a form with .json", func(base, method string) string { return base + method + ".json" }, asForm, false},
	{"a GET", plain, func(r *http.Request, token string) { r.URL.RawQuery = tokenQuery(token) }, false},
	{"a header and capitals", func(base, method string) string { return base + strings.ToUpper(method) }, func(r *http.Request, token string) {
		asJSON(r, "")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
	}, true},
	{"doubled slashes", func(base, method string) string { return strings.ReplaceAll("/"+base, "/", "//") + method + "/" }, asForm, false},
	{"an answer in XML", func(base, method string) string { return base + method + ".xml" }, asForm, false},
	{"a multipart form", plain, func(r *http.Request, token string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("auth", token)
		_ = w.Close()
		body(r, w.FormDataContentType(), b.String())
	}, false},
}

// fits reports whether a method can be called in the form.
func (f form) fits(m *rest.Method) bool { return !m.V3 || f.v3 }

// answer makes a call without parameters and returns what it was answered; the zero value of code where it succeeded.
func (m *matrix) answer(f form, who identity, method *rest.Method) refusal {
	m.t.Helper()
	base := "/rest/"
	if method.V3 {
		base += "api/"
	}
	if who.hook != "" {
		base += who.hook + "/"
	}
	r := httptest.NewRequestWithContext(m.t.Context(), http.MethodGet, m.url+"/", http.NoBody)
	r.URL.Path = f.path(base, method.Name)
	m.calls++ // each from an address of its own: who fails often from one is slowed down
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1024", m.calls>>16, m.calls>>8&255, m.calls&255)
	f.send(r, who.token)
	if who.cookie != "" {
		r.Header.Set("Cookie", who.cookie)
	}
	w := httptest.NewRecorder()
	m.portal.ServeHTTP(w, r)
	got, err := readRefusal(w.Body.Bytes())
	if err != nil {
		m.t.Fatalf("%s by %s, %s: %d %v in %.300s", conformance.Address(method), who.name, f.name, w.Code, err, w.Body.String())
	}
	got.status = w.Code
	return got
}

// readRefusal reads the code and the text of an error in any of the three forms in which answers have it.
func readRefusal(raw []byte) (refusal, error) {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<")) {
		var x struct {
			Code string `xml:"error"`
			Text string `xml:"error_description"`
		}
		err := xml.Unmarshal(raw, &x)
		return refusal{code: x.Code, text: x.Text}, err
	}
	var a struct {
		Error json.RawMessage `json:"error"`
		Text  string          `json:"error_description"`
	}
	if err := json.Unmarshal(raw, &a); err != nil || a.Error == nil {
		return refusal{}, err
	}
	var v3 struct{ Code, Message string }
	if json.Unmarshal(a.Error, &v3) == nil {
		return refusal{code: v3.Code, text: v3.Message}, nil
	}
	out := refusal{text: a.Text}
	return out, json.Unmarshal(a.Error, &out.code)
}

// batch calls methods inside one batch and returns the codes of those that were refused.
func (m *matrix) batch(who identity, methods []*rest.Method) map[string]string {
	m.t.Helper()
	cmd := map[string]string{}
	for _, x := range methods {
		cmd[x.Name] = x.Name
	}
	raw, err := json.Marshal(map[string]any{"cmd": cmd, "auth": who.token})
	if err != nil {
		m.t.Fatal(err)
	}
	path := "/rest/batch"
	if who.hook != "" {
		path = "/rest/" + who.hook + "/batch"
	}
	r := httptest.NewRequestWithContext(m.t.Context(), http.MethodPost, m.url+path, bytes.NewReader(raw))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	m.portal.ServeHTTP(w, r)
	var out struct {
		Result struct {
			Errors json.RawMessage `json:"result_error"`
		} `json:"result"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		m.t.Fatalf("%v in %.300s", err, w.Body.String())
	}
	errors := map[string]struct {
		Code string `json:"error"`
	}{}
	if string(out.Result.Errors) != "[]" {
		if err := json.Unmarshal(out.Result.Errors, &errors); err != nil {
			m.t.Fatalf("%v in %.300s", err, out.Result.Errors)
		}
	}
	codes := map[string]string{}
	for name, e := range errors {
		codes[name] = e.Code
	}
	return codes
}

// session signs somebody in and returns the cookies of their browser.
func (s *site) session(login string) string {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/login",
		strings.NewReader(url.Values{"login": {login}, "password": {password}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.portal.ServeHTTP(w, r)
	var cookies []string
	for _, c := range w.Result().Cookies() {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	if w.Code != http.StatusSeeOther || len(cookies) == 0 {
		s.t.Fatalf("sign in: %d %v", w.Code, cookies)
	}
	return strings.Join(cookies, "; ")
}

// tables returns how many rows every table has and what they hold, in any order. The log of requests is left out: it is there to
// note refused calls.
func (s *site) tables() map[string]string {
	s.t.Helper()
	out := map[string]string{}
	err := s.portal.DB.Read(s.t.Context(), func(tx *db.Tx) error {
		clear(out)
		names, err := tableNames(s.t.Context(), tx)
		for _, name := range names {
			if err == nil && !ofItself(name) {
				out[name], err = digest(s.t.Context(), tx, name)
			}
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func tableNames(ctx context.Context, tx *db.Tx) ([]string, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if tx.Dialect() == db.Postgres {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// digest returns the number of rows of a table and a sum over them that does not depend on their order.
func digest(ctx context.Context, tx *db.Tx, table string) (string, error) {
	rows, err := tx.Query(ctx, "SELECT * FROM "+table)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	var sum [sha256.Size]byte
	n := 0
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return "", err
		}
		n++
		row := sha256.Sum256(fmt.Append(nil, values...))
		for i := range sum {
			sum[i] += row[i]
		}
	}
	return fmt.Sprintf("%d rows, %x", n, sum), rows.Err()
}

// unchanged fails the test for every table that is not as it was.
func (s *site) unchanged(before map[string]string) {
	s.t.Helper()
	after := s.tables()
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if after[name] != before[name] {
			s.t.Errorf("refused calls changed the table %s: %s, before %s", name, after[name], before[name])
		}
	}
}
