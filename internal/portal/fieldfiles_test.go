package portal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	blobs "github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// filed is a portal of Anna, the administrator, Boris and Clara, with a webhook of Anna's.
type filed struct {
	*portal.Portal

	t     *testing.T
	hook  string
	ids   map[string]int64
	token map[string]string // sessions
}

func TestFilesInFieldsThatWereAdded(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, c db.Config) {
		f := fileFields(t, c)
		f.people(t)
		f.tasks(t)
		f.forms(t)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, dbtest.PostgresConfig(t, portal.Schemas()...))
	})
}

func fileFields(t *testing.T, c db.Config) *filed {
	t.Helper()
	p, err := portal.Open(t.Context(), portal.Config{
		DB: c, Blobs: blobs.NewFolder(filepath.Join(t.TempDir(), "blobs")), PublicURL: func() string { return "https://portal.test" }, Clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)),
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	f := &filed{Portal: p, t: t, ids: map[string]int64{}, token: map[string]string{}}
	anna, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	f.ids["anna"] = anna.ID
	for _, name := range []string{"boris", "clara"} {
		u, err := p.CreateUser(t.Context(), user.NewUser{Login: name, FirstName: name, Password: "a long password"})
		if err != nil {
			t.Fatal(err)
		}
		f.ids[name] = u.ID
	}
	_, code, err := p.Apps.CreateWebhook(t.Context(), user.Ref{ID: anna.ID, Admin: true}, app.WebhookForm{
		Title: "x", Scopes: []string{"user", "user.userfield", "task"},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.hook = fmt.Sprintf("/rest/%d/%s/", anna.ID, code)
	for name := range f.ids {
		w := f.do("", http.MethodPost, "/login", "application/x-www-form-urlencoded", url.Values{"login": {name}, "password": {"a long password"}}.Encode())
		if len(w.Result().Cookies()) == 0 {
			t.Fatalf("%s cannot sign in: %d %s", name, w.Code, w.Body)
		}
		f.token[name] = w.Result().Cookies()[0].Value
	}
	return f
}

func (f *filed) do(who, method, path, kind, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), method, path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "portico_session", Value: f.token[who]})
	}
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	return w
}

// call calls a method and returns its result, or "code: text" of its error.
func (f *filed) call(method, params string) string {
	f.t.Helper()
	w := f.do("", http.MethodPost, f.hook+method, "application/json", params)
	var a struct {
		Result      json.RawMessage
		Error       string
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		f.t.Fatalf("%s: %d %s", method, w.Code, w.Body)
	}
	if a.Error != "" || a.Description != "" {
		return a.Error + ": " + a.Description
	}
	return string(a.Result)
}

func (f *filed) answers(method, params, want string) {
	f.t.Helper()
	if got := f.call(method, params); got != want {
		f.t.Errorf("%s %s\n got %s\nwant %s", method, params, got, want)
	}
}

// sees checks what somebody gets at an address: a content, or the status of a refusal.
func (f *filed) sees(who, path, want string) {
	f.t.Helper()
	w := f.do(who, http.MethodGet, path, "", "")
	if got := w.Body.String(); w.Code == http.StatusOK && got != want || w.Code != http.StatusOK && strconv.Itoa(w.Code) != want {
		f.t.Errorf("%s at %s gets %d %q, want %q", who, path, w.Code, got, want)
	}
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func (f *filed) people(t *testing.T) {
	t.Helper()
	f.answers("user.userfield.add", `{"fields":{"FIELD_NAME":"CV","USER_TYPE_ID":"file"}}`, "1")
	f.answers("user.userfield.add", `{"fields":{"FIELD_NAME":"PAPERS","USER_TYPE_ID":"file","MULTIPLE":"Y"}}`, "2")
	boris := f.ids["boris"]
	update := func(fields, want string) {
		t.Helper()
		f.answers("user.update", fmt.Sprintf(`{"ID":%d,%s}`, boris, fields), want)
	}
	has := func(want string) {
		t.Helper()
		var list []struct {
			CV     json.RawMessage `json:"UF_USR_CV"`
			Papers json.RawMessage `json:"UF_USR_PAPERS"`
		}
		if err := json.Unmarshal([]byte(f.call("user.get", fmt.Sprintf(`{"ID":%d}`, boris))), &list); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if got := string(list[0].CV) + " " + string(list[0].Papers); got != want {
			t.Errorf("Boris has %s, want %s", got, want)
		}
	}
	shown := func(field string, id int) string {
		return fmt.Sprintf(`{"id":%d,"showUrl":"/field/file/%d","downloadData":{"id":%d,"field":"%s","value":%d}}`, id, id, boris, field, id)
	}
	has("null []")
	update(`"UF_USR_CV":["cv.txt","`+encoded("born, learned")+`"],"UF_USR_PAPERS":[["a.txt","`+encoded("a")+`"],{"fileData":["b.txt","`+encoded("b")+`"]}]`, "true")
	has(shown("UF_USR_CV", 1) + " [" + shown("UF_USR_PAPERS", 2) + "," + shown("UF_USR_PAPERS", 3) + "]")
	f.sees("boris", "/field/file/1", "born, learned")
	f.sees("clara", "/field/file/1/download", "born, learned")
	f.sees("clara", "/field/file/1/preview", "404")
	f.sees("", "/field/file/1", "401")
	f.sees("clara", "/field/file/77", "404")

	update(`"UF_USR_PAPERS":[{"id":2,"remove":"Y"}]`, "true")
	has(shown("UF_USR_CV", 1) + " [" + shown("UF_USR_PAPERS", 3) + "]")
	f.sees("boris", "/field/file/2", "404")
	update(`"UF_USR_PAPERS":[3,["c.txt","`+encoded("c")+`"]]`, "true")
	has(shown("UF_USR_CV", 1) + " [" + shown("UF_USR_PAPERS", 3) + "," + shown("UF_USR_PAPERS", 4) + "]")
	update(`"UF_USR_CV":{"fileData":["new.txt","`+encoded("older")+`"]}`, "true")
	update(`"UF_USR_CV":"what is this?"`, `ERROR_CORE: UF_USR_CV: a file is sent as a list of its name and its Base64.`)
	update(`"UF_USR_CV":3`, `ERROR_CORE: UF_USR_CV: there is no file 3 in this field.`)
	update(`"UF_USR_CV":["../..","`+encoded("older")+`"]`, "ERROR_CORE: UF_USR_CV: Give the file a name.")
	update(`"UF_USR_CV":""`, "true")
	has("null [" + shown("UF_USR_PAPERS", 3) + "," + shown("UF_USR_PAPERS", 4) + "]")
	f.answers("user.userfield.delete", `{"id":2}`, "true")
	f.sees("boris", "/field/file/3", "404")
}

func (f *filed) tasks(t *testing.T) {
	t.Helper()
	f.answers("task.item.userfield.add", `{"PARAMS":{"FIELD_NAME":"PLAN","USER_TYPE_ID":"file"}}`, "3")
	f.answers("task.item.userfield.add", `{"PARAMS":{"FIELD_NAME":"SCANS","USER_TYPE_ID":"file","MULTIPLE":"Y"}}`, "4")
	var added struct {
		Task struct {
			ID   json.Number
			Plan struct {
				ID         int64
				URL        string
				URLMachine string `json:"urlMachine"`
			} `json:"ufPlan"`
		}
	}
	params := fmt.Sprintf(`{"fields":{"TITLE":"Build","RESPONSIBLE_ID":%d,"UF_PLAN":["plan.txt","%s"],"UF_SCANS":[["1.txt","%s"],["2.txt","%s"]]}}`,
		f.ids["boris"], encoded("walls"), encoded("one"), encoded("two"))
	if err := json.Unmarshal([]byte(f.call("tasks.task.add", params)), &added); err != nil {
		t.Fatal(err)
	}
	id := added.Task.ID.String()
	var got struct {
		Task struct {
			Plan json.RawMessage      `json:"ufPlan"`
			List []struct{ ID int64 } `json:"ufScans"`
		}
	}
	read := func() {
		t.Helper()
		got.Task.List = nil
		if err := json.Unmarshal([]byte(f.call("tasks.task.get", `{"taskId":`+id+`,"select":["ID","UF_PLAN","UF_SCANS"]}`)), &got); err != nil {
			t.Fatal(err)
		}
	}
	read()
	var plan struct {
		ID         int64
		URL        string
		URLMachine string `json:"urlMachine"`
	}
	if err := json.Unmarshal(got.Task.Plan, &plan); err != nil || len(got.Task.List) != 2 || plan.URL != fmt.Sprintf("https://portal.test/field/file/%d", plan.ID) {
		t.Fatalf("%s, %v, %v", got.Task.Plan, got.Task.List, err)
	}
	local := func(address string) string { return strings.TrimPrefix(address, "https://portal.test") }
	f.sees("", local(plan.URLMachine), "walls")
	f.sees("boris", local(plan.URL), "walls")
	f.sees("clara", local(plan.URL), "403") // she has no part in the task

	f.answers("tasks.task.update", `{"taskId":`+id+`,"fields":{"UF_PLAN":"text"}}`, "ERROR_CORE: UF_PLAN: a file is sent as a list of its name and its Base64.")
	f.answers("tasks.task.update", `{"taskId":`+id+`,"fields":{"UF_PLAN":4711}}`, "ERROR_CORE: UF_PLAN: there is no file 4711 in this field.")
	f.call("tasks.task.update", fmt.Sprintf(`{"taskId":%s,"fields":{"UF_SCANS":[{"id":%d,"remove":"Y"},["3.txt","%s"]]}}`, id, got.Task.List[0].ID, encoded("three")))
	first, kept := got.Task.List[0].ID, got.Task.List[1].ID
	read()
	if len(got.Task.List) != 2 || got.Task.List[0].ID != kept {
		t.Errorf("left are %v, want %d and a new one", got.Task.List, kept)
	}
	f.sees("boris", fmt.Sprintf("/field/file/%d", first), "404")
	f.sees("boris", fmt.Sprintf("/field/file/%d", kept), "two")
	if list := f.call("tasks.task.list", `{"filter":{"UF_PLAN":`+strconv.FormatInt(plan.ID, 10)+`},"select":["ID"]}`); !strings.Contains(list, `"id":"`+id+`"`) {
		t.Errorf("by the number of its file the task is not found: %s", list)
	}
	card := fmt.Sprintf("/company/personal/user/%d/tasks/task/view/%s/", f.ids["boris"], id)
	if body := f.do("boris", http.MethodGet, card, "", "").Body.String(); !strings.Contains(body, "plan.txt") || !strings.Contains(body, `href="/field/file/`) {
		t.Error("the card does not show the file")
	}
	f.call("tasks.task.delete", `{"taskId":`+id+`}`)
	f.sees("", local(plan.URLMachine), "404")
	f.sees("boris", local(plan.URL), "404")
}

// send sends a form with files as a browser does.
func (f *filed) send(who, path string, values url.Values, files map[string]string) *httptest.ResponseRecorder {
	f.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, list := range values {
		for _, v := range list {
			_ = form.WriteField(name, v)
		}
	}
	for name, file := range files {
		field, _, _ := strings.Cut(name, "/")
		w, err := form.CreateFormFile(field, "of a form "+strings.TrimPrefix(name, field+"/")+".txt")
		if err != nil {
			f.t.Fatal(err)
		}
		_, _ = w.Write([]byte(file))
	}
	_ = form.Close()
	return f.do(who, http.MethodPost, path, form.FormDataContentType(), body.String())
}

// hidden returns the values of the hidden inputs of a field.
func hidden(body, field string) (out []string) {
	for _, part := range strings.Split(body, `<input type="hidden" name="`+field+`" value="`)[1:] {
		value, _, _ := strings.Cut(part, `"`)
		out = append(out, value)
	}
	return out
}

func (f *filed) forms(t *testing.T) {
	t.Helper()
	edit := fmt.Sprintf("/company/personal/user/%d/tasks/task/edit/", f.ids["boris"])
	boris := strconv.FormatInt(f.ids["boris"], 10)
	form := url.Values{"title": {""}, "responsible": {boris}, "priority": {"1"}}
	w := f.send("boris", edit+"0/", form, map[string]string{"UF_PLAN": "typed once"})
	tickets := hidden(w.Body.String(), "UF_PLAN")
	if w.Code != 422 || len(tickets) != 1 || !strings.Contains(w.Body.String(), "of a form UF_PLAN.txt") {
		t.Fatalf("a form without a title: %d %v", w.Code, tickets)
	}
	form.Set("title", "With a plan")
	form["UF_PLAN"] = tickets // the file is not chosen again
	w = f.send("boris", edit+"0/", form, map[string]string{"UF_SCANS/1": "s"})
	card := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	id := strings.TrimSuffix(card[strings.LastIndex(strings.TrimSuffix(card, "/"), "/")+1:], "/")
	body := f.do("boris", http.MethodGet, edit+id+"/", "", "").Body.String()
	plan, scans := hidden(body, "UF_PLAN"), hidden(body, "UF_SCANS")
	if len(plan) != 1 || len(scans) != 1 || !strings.Contains(body, `name="UF_SCANS.remove" value="`+scans[0]+`"`) {
		t.Fatalf("the form has %v and %v", plan, scans)
	}
	f.sees("boris", "/field/file/"+plan[0], "typed once")
	form["UF_PLAN"], form["UF_SCANS"], form["UF_SCANS.remove"] = plan, scans, scans
	if w = f.send("boris", edit+id+"/", form, map[string]string{"UF_SCANS/2": "other"}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	body = f.do("boris", http.MethodGet, edit+id+"/", "", "").Body.String()
	now := hidden(body, "UF_SCANS")
	if len(now) != 1 || now[0] == scans[0] || !strings.Contains(body, "of a form 2.txt") || len(hidden(body, "UF_PLAN")) != 1 {
		t.Errorf("the form has %v", now)
	}
	f.sees("boris", "/field/file/"+scans[0], "404")
	f.sees("boris", "/field/file/"+now[0], "other")

	more := fmt.Sprintf("/company/personal/user/%s/more", boris)
	if w = f.send("boris", more, nil, map[string]string{"UF_USR_CV": "mine"}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	page := f.do("clara", http.MethodGet, fmt.Sprintf("/company/personal/user/%s/", boris), "", "").Body.String()
	if !strings.Contains(page, "of a form UF_USR_CV.txt") || !strings.Contains(page, "4 bytes") {
		t.Error("the card of Boris does not show the file")
	}
}
