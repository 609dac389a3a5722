package taskweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

func TestBoards(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Late", Deadline: noon.Add(-time.Hour)})
		b.add(task.Task{Title: "Soon", Deadline: noon.Add(time.Hour), Status: task.InProgress})
		b.add(task.Task{Title: "Hidden", ResponsibleID: 3})
		const due, board = "/company/personal/user/2/tasks/deadlines/", "/company/personal/user/2/tasks/board/"
		in := func(target, lane, title string) {
			t.Helper()
			body := b.page("cleo", target)
			_, rest, _ := strings.Cut(body, `data-lane="`+lane+`"`)
			part, _, _ := strings.Cut(rest, `data-lane="`)
			if !strings.Contains(part, title) {
				t.Errorf("%s: %q is not in %s: %s", target, title, lane, part)
			}
		}
		in(due, "overdue", "Late")
		in(due, "today", "Soon")
		in(board, "todo", "Late")
		in(board, "progress", "Soon")
		hasNot(t, b.page("ben", board), "Hidden")
		b.post("cleo", due+"move", url.Values{"id": {"1"}, "to": {"week"}}, due)
		in(due, "week", "Late")
		got, err := b.tasks.Get(t.Context(), user.Ref{ID: 3}, 1)
		if want := time.Date(2026, 11, 27, 11, 0, 0, 0, time.UTC); err != nil || !got.Deadline.Equal(want) {
			t.Errorf("moved to %v, %v, want Friday at noon", got.Deadline, err)
		}
		b.post("cleo", due+"move", url.Values{"id": {"1"}, "to": {"none"}, "back": {due + "?q=l"}}, due+"?q=l")
		in(due, "none", "Late")
		b.post("ben", board+"move", url.Values{"id": {"1"}, "to": {"progress"}}, board)
		in(board, "progress", "Late")
		b.post("ben", board+"move", url.Values{"id": {"1"}, "to": {"done"}}, board)
		in(board, "done", "Late")
		hasNot(t, b.page("cleo", due), ">Late<")
		b.post("ben", board+"move", url.Values{"id": {"1"}, "to": {"todo"}}, board)
		in(board, "todo", "Late")
		for target, form := range map[string]url.Values{
			due: {"id": {"1"}, "to": {"overdue"}}, board: {"id": {"1"}, "to": {"awaiting"}},
		} {
			if w := b.do("cleo", http.MethodPost, target+"move", form); w.Code != 422 {
				t.Errorf("%s %v: %d", target, form, w.Code)
			}
		}
		if w := b.do("ben", http.MethodPost, board+"move", url.Values{"id": {"3"}, "to": {"done"}}); w.Code != 404 {
			t.Errorf("a hidden task is moved: %d", w.Code)
		}
		if w := b.do("ben", http.MethodPost, due+"move", url.Values{"id": {"2"}, "to": {"none"}}); w.Code != 403 {
			t.Errorf("a deadline is moved by who may not: %d", w.Code)
		}
	})
}

func TestMyPlan(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Plan me"})
		b.add(task.Task{Title: "Not mine", ResponsibleID: 3})
		const plan = "/company/personal/user/2/tasks/plan/"
		body := b.page("ben", plan)
		lanes := strings.Split(body, `data-lane="`)
		if len(lanes) < 3 || !strings.Contains(lanes[1], "Plan me") || strings.Contains(body, "Not mine") {
			t.Fatalf("the plan begins as %s", body)
		}
		second, _, _ := strings.Cut(lanes[2], `"`)
		b.post("ben", plan+"move", url.Values{"id": {"1"}, "to": {second}}, plan)
		if lanes = strings.Split(b.page("ben", plan), `data-lane="`); strings.Contains(lanes[1], "Plan me<") || !strings.Contains(lanes[2], "Plan me") {
			t.Errorf("the task did not move: %q", lanes)
		}
		b.post("ben", plan+"stage", url.Values{"title": {"Some <day>"}}, plan)
		has(t, b.page("ben", plan), "Some &lt;day&gt;")
		b.post("ben", plan+"stage", url.Values{"stage": {second}, "title": {"At once"}}, plan)
		has(t, b.do("ben", http.MethodPost, plan+"move", url.Values{"id": {"1"}, "to": {second}}, "Portico-Fetch", "1").Body.String(), "Moved to “At once”")
		has(t, b.page("ben", plan), "At once")
		b.add(task.Task{Title: "Plan too"})
		for _, c := range []struct {
			where string
			id    string
			first string
		}{{"", "3", "Plan too"}, {"after", "1", "Plan me"}, {"before", "1", "Plan too"}} {
			form := url.Values{"id": {"3"}, "to": {second}}
			if c.where != "" {
				form.Set(c.where, c.id)
			}
			b.post("ben", plan+"move", form, plan)
			_, lane, _ := strings.Cut(b.page("ben", plan), `data-lane="`+second+`"`)
			lane, _, _ = strings.Cut(lane, `data-lane="`)
			if me, too := strings.Index(lane, "Plan me<"), strings.Index(lane, "Plan too<"); me < 0 || too < 0 || (me < too) != (c.first == "Plan me") {
				t.Errorf("moved %q 1: %q is not first of the stage", c.where, c.first)
			}
		}
		if w := b.do("ben", http.MethodPost, plan+"stage", url.Values{"title": {" "}}); w.Code != 422 {
			t.Errorf("a stage without a name: %d", w.Code)
		}
		if w := b.do("cleo", http.MethodGet, plan, nil); w.Code != 403 {
			t.Errorf("the plan of somebody else: %d", w.Code)
		}
		if w := b.do("cleo", http.MethodPost, plan+"move", url.Values{"id": {"1"}, "to": {second}}); w.Code != 422 {
			t.Errorf("a task is moved in the plan of somebody else: %d", w.Code)
		}
	})
}
