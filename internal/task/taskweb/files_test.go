package taskweb_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
)

// ties stands in for the file area: it keeps which files a task has. File 13 is nobody's.
type ties struct{ list []taskfile.Tie }

func (x *ties) AttachTx(_ context.Context, _ *db.Tx, _, _ int64, ids []int64) (out []int64, err error) {
	for _, id := range ids {
		if id == 13 {
			return nil, taskfile.ErrFile
		}
		x.list = append(x.list, taskfile.Tie{ID: 500 + id, FileID: id})
		out = append(out, 500+id)
	}
	return out, nil
}

func (x *ties) DetachAllTx(context.Context, *db.Tx, int64) error { return nil }

func (x *ties) TiesTx(_ context.Context, _ *db.Tx, tasks []int64) (map[int64][]taskfile.Tie, error) {
	return map[int64][]taskfile.Tie{tasks[0]: slices.Clone(x.list)}, nil
}

func (x *ties) DetachTx(_ context.Context, _ *db.Tx, _ int64, ids []int64) error {
	x.list = slices.DeleteFunc(x.list, func(t taskfile.Tie) bool { return slices.Contains(ids, t.FileID) })
	return nil
}

func TestFilesOfTheTask(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Print", Auditors: []int64{1}})
		const card, seen = "/company/personal/user/3/tasks/task/view/1/", "/company/personal/user/2/tasks/task/view/1/"
		has(t, b.page("cleo", card), `data-attached="`+card+`files/"`, "Attach files")
		hasNot(t, b.page("ben", seen), "data-attached", "Attach files", ">Files<") // he does it, and may not change it
		w := b.do("cleo", http.MethodPost, card+"files/folder", nil)
		if w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"folder":1003}` {
			t.Errorf("the folder: %d %s", w.Code, w.Body)
		}
		b.post("cleo", card+"files/attach", url.Values{"file": {"7", "8"}}, card+"#files")
		has(t, b.page("cleo", card), "file &lt;7&gt;.pdf", `href="/file/8/" data-slider`, card+"files/507/detach", `aria-label="Take off file &lt;8&gt;.pdf"`)
		body := b.page("ben", seen)
		has(t, body, "file &lt;7&gt;.pdf", "file &lt;8&gt;.pdf")
		hasNot(t, body, "/detach", "data-attached")

		b.post("cleo", card+"files/507/detach", url.Values{}, card+"#files")
		body = b.page("cleo", card)
		hasNot(t, body, "file &lt;7&gt;.pdf")
		has(t, body, "file &lt;8&gt;.pdf")

		for name, w := range map[string]*httptest.ResponseRecorder{
			"ben attaches":      b.do("ben", http.MethodPost, seen+"files/attach", url.Values{"file": {"9"}}),
			"ben takes off":     b.do("ben", http.MethodPost, seen+"files/508/detach", url.Values{}),
			"ben asks":          b.do("ben", http.MethodPost, seen+"files/folder", url.Values{}),
			"ben sends":         b.sendFiles("ben", seen+"files/add", "four"),
			"a foreign file":    b.do("cleo", http.MethodPost, card+"files/attach", url.Values{"file": {"13"}}),
			"dan's":             b.do("dan", http.MethodPost, card+"files/attach", url.Values{"file": {"9"}}),
			"what is not there": b.do("cleo", http.MethodPost, card+"files/999/detach", url.Values{}),
			"nothing":           b.do("cleo", http.MethodPost, card+"files/attach", url.Values{}),
			"an empty form":     b.sendFiles("cleo", card+"files/add"),
		} {
			want := map[string]int{"dan's": 404, "what is not there": 404, "nothing": 422, "an empty form": 422}[name]
			if want == 0 {
				want = 403
			}
			if w.Code != want {
				t.Errorf("%s: %d, want %d", name, w.Code, want)
			}
		}
		if w := b.sendFiles("cleo", card+"files/add", "seven..", "twelve......"); w.Code != 303 || w.Header().Get("Location") != card+"#files" {
			t.Errorf("a form with files: %d %s", w.Code, w.Body)
		}
		has(t, b.page("cleo", card), "file &lt;7&gt;.pdf", "file &lt;8&gt;.pdf", "file &lt;12&gt;.pdf", `<span class="muted nums">3</span>`, `href="`+card+`files/archive/"`)

		w = b.do("ben", http.MethodGet, seen+"files/archive/", nil)
		if w.Code != 200 || w.Body.String() != "files [8 7 12] of task 1" || !strings.Contains(w.Header().Get("Content-Disposition"), "task-1-files.zip") {
			t.Errorf("the archive: %d %q %s", w.Code, w.Header(), w.Body)
		}
		if w := b.do("dan", http.MethodGet, "/company/personal/user/4/tasks/task/view/1/files/archive/", nil); w.Code != 404 {
			t.Errorf("the archive for who does not see the task: %d", w.Code)
		}
	})
}

// TestANewTaskBringsFiles creates a task with files out of its form.
func TestANewTaskBringsFiles(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const edit, card = "/company/personal/user/3/tasks/task/edit/0/", "/company/personal/user/3/tasks/task/view/1/"
		has(t, b.page("cleo", edit), `id="task-new-files" name="file" multiple`)
		if w := b.sendForm("cleo", edit, url.Values{"title": {" "}, "responsible": {"2"}}, "seven.."); w.Code != 422 {
			t.Errorf("no title: %d", w.Code)
		}
		w := b.sendForm("cleo", edit, url.Values{"title": {"Print"}, "responsible": {"2"}}, "seven..", "twelve......")
		if w.Code != 303 || w.Header().Get("Location") != card {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		has(t, b.page("cleo", card), "file &lt;7&gt;.pdf", "file &lt;12&gt;.pdf")
		hasNot(t, b.page("cleo", "/company/personal/user/3/tasks/task/edit/1/"), `id="task-new-files"`)
	})
}

// sendFiles sends a form with files of these contents.
func (b *bench) sendFiles(who, target string, contents ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.sendForm(who, target, nil, contents...)
}

// sendForm sends a form with these values, and files of these contents.
func (b *bench) sendForm(who, target string, values url.Values, contents ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, list := range values {
		for _, v := range list {
			if err := form.WriteField(name, v); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	for _, c := range contents {
		part, err := form.CreateFormFile("file", "x.txt")
		if err == nil {
			_, err = part.Write([]byte(c))
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, target, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: who})
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	return w
}
