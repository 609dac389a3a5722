package taskweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

func TestCard(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{
			Title: "Print", Description: "[b]Now[/b] <script>x</script> [user=3]C[/user]\n[list=1]\n[*]one\n[*]two\n[/list]", Deadline: noon.Add(-25 * time.Hour), Tags: []string{"paper"},
			Auditors: []int64{4},
		})
		url := "/company/personal/user/2/tasks/task/view/1/"
		body := b.page("ben", url)
		has(t, body, "<b>Now</b>", `<ol class="bb-list"><li>one</li><li>two</li></ol>`, "&lt;script&gt;", "Overdue by 1 day", "Sun, 22 Nov 2026, 12:00", `href="/company/personal/user/3/"`, "Dan Left", "paper",
			`action="`+url+`complete"`)
		hasNot(t, body, "<script>x", `action="`+url+`delete"`, `action="`+url+`deadline"`, `data-behind=`)
		has(t, body, `<h1 id="page-title">Print</h1>`)
		over := "portico_over=" + strings.ReplaceAll(url, "/", "%2F") + "%20%2Fcompany%2Fpersonal%2Fuser%2F2%2Ftasks%2F%3Fview%3Dmine"
		has(t, b.do("ben", http.MethodGet, url, nil, "Cookie", over).Body.String(),
			`data-behind="/company/personal/user/2/tasks/?view=mine"`, `<h1>Print</h1>`, "task-table")
		slider := b.do("cleo", http.MethodGet, url, nil, "Portico-Slider", "1").Body.String()
		has(t, slider, `class="slider"`, `action="`+url+`deadline"`, `value="2026-11-22T12:00"`, `action="`+url+`delete"`)
		seen, err := b.tasks.List(t.Context(), user.Ref{ID: 2}, record.Query{Fields: []*record.Field{b.tasks.Records().Entity().Field("NOT_VIEWED")}})
		if err != nil || seen.Rows[0][0] != int64(0) {
			t.Errorf("after the card was shown the task is still new to Ben: %v, %v", seen.Rows, err)
		}
		for _, target := range []string{url, strings.Replace(url, "view", "edit", 1), strings.Replace(url, "/1/", "/7/", 1), "/company/personal/user/2/tasks/task/view/x/"} {
			if w := b.do("nobody", http.MethodGet, target, nil); w.Code != 303 {
				t.Errorf("%s without a session: %d", target, w.Code)
			}
		}
		b.add(task.Task{Title: "Hidden", ResponsibleID: 3})
		for _, target := range []string{"7/", "x/", "0/", "2/"} {
			if w := b.do("ben", http.MethodGet, "/company/personal/user/2/tasks/task/view/"+target, nil); w.Code != 404 || strings.Contains(w.Body.String(), "Hidden") {
				t.Errorf("%s: %d", target, w.Code)
			}
		}
		for _, deed := range []string{"complete", "resume", "start", "deadline", "delete"} {
			if w := b.do("ben", http.MethodPost, "/company/personal/user/2/tasks/task/view/2/"+deed, nil); w.Code != 404 {
				t.Errorf("%s of a hidden task: %d", deed, w.Code)
			}
		}
	})
}

func TestButtonsWorkAsForms(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Print", Deadline: noon.Add(-time.Hour), AllowChangeDeadline: true})
		card := "/company/personal/user/2/tasks/task/view/1/"
		b.post("ben", card+"start", nil, card)
		has(t, b.page("ben", card), "In progress")
		b.post("ben", card+"complete", nil, card)
		body := b.page("ben", card)
		has(t, body, "Done", "Resume", "Completed")
		hasNot(t, body, "Overdue")
		if w := b.do("ben", http.MethodPost, card+"complete", nil); w.Code != 409 {
			t.Errorf("completed twice: %d", w.Code)
		}
		b.post("ben", card+"resume", nil, card)
		b.post("ben", card+"deadline", url.Values{"deadline": {"2026-11-24T09:30"}}, card)
		has(t, b.page("ben", card), "Tue, 24 Nov 2026, 09:30", "To do")
		got, err := b.tasks.Get(t.Context(), user.Ref{ID: 2}, 1)
		if want := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC); err != nil || !got.Deadline.Equal(want) {
			t.Errorf("deadline %v, %v", got.Deadline, err)
		}
		w := b.do("ben", http.MethodPost, card+"deadline", url.Values{"deadline": {"soon"}})
		if w.Code != 422 {
			t.Errorf("a deadline that is none: %d", w.Code)
		}
		has(t, w.Body.String(), "Write the deadline as a date and a time.", `value="soon"`)
		w = b.do("ben", http.MethodPost, card+"deadline", url.Values{"deadline": {"soon"}}, "Portico-Fetch", "1")
		has(t, w.Body.String(), `"field":"deadline"`)
		b.post("ben", card+"deadline", url.Values{"deadline": {""}}, card)
		body = b.page("ben", card)
		has(t, body, ">None<")
		hasNot(t, body, "Change the planned dates")
		planned := url.Values{"start": {"2026-11-25T09:00"}, "end": {"2026-11-26T18:00"}}
		if w := b.do("ben", http.MethodPost, card+"plan", planned); w.Code != 403 {
			t.Errorf("planned by who may not: %d", w.Code)
		}
		yes := true
		if _, err := b.tasks.Update(t.Context(), user.Ref{ID: 3}, 1, task.Change{AllowChangePlan: &yes}); err != nil {
			t.Fatal(err)
		}
		has(t, b.page("ben", card), "Change the planned dates")
		b.post("ben", card+"plan", planned, card)
		has(t, b.page("ben", card), "Wed, 25 Nov 2026, 09:00", "Thu, 26 Nov 2026, 18:00")
		if w := b.do("ben", http.MethodPost, card+"delete", nil); w.Code != 403 {
			t.Errorf("deleted by who is responsible: %d", w.Code)
		}
		b.post("cleo", card+"delete", nil, "/company/personal/user/2/tasks/")
		if w := b.do("cleo", http.MethodGet, card, nil); w.Code != 404 {
			t.Errorf("a deleted task: %d", w.Code)
		}
	})
}

func TestPartsOfTheCard(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Print", TimeEstimate: time.Hour})
		const card = "/company/personal/user/2/tasks/task/view/1/"
		b.post("cleo", card+"check/add", url.Values{"title": {"Before <it>"}, "parent": {"0"}}, card+"#checklists")
		b.post("cleo", card+"check/add", url.Values{"title": {"Paper\r\n\r\nInk"}, "parent": {"1"}}, card+"#checklists")
		b.post("cleo", card+"check/3/save", url.Values{"title": {"Black ink"}, "person": {"ben"}, "important": {"1"}}, card+"#checklists")
		b.post("cleo", card+"check/3/move", url.Values{"before": {"2"}}, card+"#checklists")
		b.post("ben", card+"check/2/toggle", url.Values{"done": {"1"}}, card+"#checklists")
		body := b.page("cleo", card)
		has(t, body, "Before &lt;it&gt;", "1 of 2", `aria-checked="true"`, "Black ink", "Important", `placeholder="Ben &lt;Ode&gt;"`)
		if strings.Index(body, "Black ink") > strings.Index(body, "Paper") {
			t.Error("the ink did not move up")
		}
		b.post("ben", card+"check/2/toggle", url.Values{"done": {"0"}}, card+"#checklists")
		has(t, b.page("cleo", card), "0 of 2")
		b.post("cleo", card+"check/2/delete", nil, card+"#checklists")
		for _, w := range []*httptest.ResponseRecorder{
			b.do("cleo", http.MethodPost, card+"check/add", url.Values{"title": {" "}}),
			b.do("cleo", http.MethodPost, card+"check/3/save", url.Values{"title": {"x"}, "person": {"zed"}}),
			b.do("ben", http.MethodPost, card+"time/add", url.Values{"minutes": {"0"}}),
		} {
			if w.Code != 422 {
				t.Errorf("taken: %d %s", w.Code, w.Body)
			}
		}
		b.post("ben", card+"timer", nil, card+"#time")
		has(t, b.page("ben", card), "running since 13:00", "Stop the clock", "In progress")
		b.clock.Advance(90 * time.Minute)
		b.post("ben", card+"timer", url.Values{"do": {"stop"}}, card+"#time")
		b.post("ben", card+"time/add", url.Values{"hours": {"1"}, "minutes": {"15"}, "comment": {"Proofs"}}, card+"#time")
		has(t, b.page("ben", card), "2 h 45 min", "of 1 h", "Proofs", "task-over", "1 h 30 min")
		b.post("ben", card+"subtask", url.Values{"title": {"Fold"}, "person": {"cleo"}}, card+"#subtasks")
		sub, err := b.tasks.Get(t.Context(), user.Ref{ID: 2}, 2)
		if err != nil || sub.ParentID != 1 || sub.ResponsibleID != 3 || sub.CreatedBy != 2 {
			t.Errorf("the subtask is %+v, %v", sub, err)
		}
		b.post("ben", card+"favorite", url.Values{"on": {"1"}}, card)
		b.post("cleo", card+"favorite", url.Values{"on": {"1"}}, card)
		b.post("cleo", card+"favorite", url.Values{"on": {"0"}}, card)
		has(t, b.page("cleo", card), `aria-pressed="false"`)
		b.post("cleo", card+"deadline", url.Values{"preset": {"friday"}}, card)
		has(t, b.page("ben", card), "Fold", "0 of 1", `aria-pressed="true"`, "Fri, 27 Nov 2026, 18:00", "moved the deadline: 27 Nov 2026, 18:00", "ticked off: Paper",
			"wrote down time", "changed the status: <s class=\"muted\">To do</s> → In progress")
		has(t, b.page("ben", "/company/personal/user/2/tasks/task/view/2/"), "Part of")
	})
}

func TestResultsOnTheCard(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Count", ResultRequired: true})
		const card = "/company/personal/user/2/tasks/task/view/1/"
		has(t, b.page("ben", card), "One is needed to complete the task.")
		if w := b.do("ben", http.MethodPost, card+"complete", nil); w.Code != 409 {
			t.Errorf("completed without a result: %d", w.Code)
		}
		b.post("ben", card+"comment", url.Values{"text": {"There are 12"}}, card+"#comments")
		b.post("ben", card+"result", url.Values{"comment": {"100"}}, card+"#results")
		b.post("ben", card+"result", url.Values{"text": {"Or [b]13[/b]"}}, card+"#results")
		body := b.page("cleo", card)
		has(t, body, "task-result", "<b>13</b>", ">Result<")
		hasNot(t, body, card+"result/1/delete")
		b.post("ben", card+"result/2/delete", nil, card+"#results")
		hasNot(t, b.page("ben", card), "<b>13</b>")
		b.post("ben", card+"complete", nil, card)
	})
}
