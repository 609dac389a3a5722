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

func TestListSaysWhatIsLate(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Three <days> late", Deadline: noon.Add(-72 * time.Hour), Priority: task.High})
		b.add(task.Task{Title: "Due tonight", Deadline: noon.Add(6 * time.Hour)})
		b.add(task.Task{Title: "Whenever"})
		b.add(task.Task{Title: "Was late", Deadline: noon.Add(-48 * time.Hour), Status: task.Completed})
		body := b.page("ben", "/company/personal/user/2/tasks/")
		has(t, body, "Three &lt;days&gt; late", "Overdue by 3 days", "Today, 19:00", "No deadline", "High priority", "Ben &lt;Ode&gt;",
			`href="/company/personal/user/2/tasks/task/view/1/" data-slider`, `data-nav="tasks" aria-current="page"`, counted(1))
		if late, none, done := strings.Index(body, "Three &lt;"), strings.Index(body, "Whenever"), strings.Index(body, "Was late"); late > none || none > done {
			t.Errorf("the order is late %d, none %d, done %d", late, none, done)
		}
		body = b.page("ben", "/company/personal/user/2/tasks/?view=overdue&sort=title")
		has(t, body, "Three &lt;days&gt; late", `view=overdue" aria-current="page"`)
		hasNot(t, body, "Due tonight", "Was late")
		has(t, b.page("ben", "/company/personal/user/2/tasks/?view=done"), "Was late")
		has(t, b.page("anna", "/company/personal/user/2/tasks/?view=odd&sort=odd"), "Tasks of Ben &lt;Ode&gt;", "Whenever")
		has(t, b.page("anna", "/company/personal/user/1/tasks/"), "No tasks yet", `href="/company/personal/user/1/tasks/task/edit/0/"`)
		has(t, b.page("dan", "/company/personal/user/2/tasks/"), "No tasks you share")
		if w := b.do("ben", http.MethodGet, "/company/personal/user/99/tasks/", nil); w.Code != 404 {
			t.Errorf("tasks of nobody: %d", w.Code)
		}
		if w := b.do("ben", http.MethodGet, "/company/personal/user/2/tasks/?after=x", nil); w.Code != 422 {
			t.Errorf("a page that is not: %d", w.Code)
		}
	})
}

func TestListPages(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for i := range 60 {
			b.add(task.Task{Title: "Job", Deadline: noon.Add(time.Duration(i) * time.Hour)})
		}
		body := b.page("ben", "/company/personal/user/2/tasks/")
		_, after, ok := strings.Cut(body, `href="/company/personal/user/2/tasks/?after=`)
		if n := strings.Count(body, "<tr data-row"); !ok || n != 50 {
			t.Fatalf("%d rows, a next page: %v", n, ok)
		}
		cursor, _, _ := strings.Cut(after, `"`)
		body = b.page("ben", "/company/personal/user/2/tasks/?after="+cursor)
		if n := strings.Count(body, "<tr data-row"); n != 10 || strings.Contains(body, "Next page") || !strings.Contains(body, "First page") {
			t.Errorf("%d rows on the last page", n)
		}
	})
}

func TestSeveralTasksAreChangedAtOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const list, bulk = "/company/personal/user/3/tasks/", "/company/personal/user/3/tasks/bulk"
		b.add(task.Task{Title: "One", Deadline: noon.Add(-26 * time.Hour)}) // yesterday at eleven in Berlin
		b.add(task.Task{Title: "Two"})
		if _, err := b.tasks.Create(t.Context(), user.Ref{ID: 2}, task.Task{Title: "Ben's own", ResponsibleID: 2}); err != nil {
			t.Fatal(err)
		}
		back := list + "?view=mine"
		act := func(form url.Values, toast string) {
			t.Helper()
			form["id"], form["back"] = []string{"1", "2", "3", "x"}, []string{back}
			w := b.do("cleo", http.MethodPost, bulk, form, "Portico-Fetch", "1")
			if got := w.Body.String(); w.Code != 200 || !strings.Contains(got, toast) || !strings.Contains(got, `"redirect":"/company/personal/user/3/tasks/?view=mine"`) {
				t.Errorf("%v answers %d %s, want %q", form, w.Code, got, toast)
			}
		}
		act(url.Values{"deadline": {"tomorrow"}}, "2 tasks moved, 1 left as they are")
		at := func(id int64) string {
			got, err := b.tasks.Get(t.Context(), user.Ref{ID: 3}, id)
			if err != nil {
				t.Fatal(err)
			}
			return got.Deadline.Format("2006-01-02 15:04")
		}
		if one, two := at(1), at(2); one != "2026-11-24 10:00" || two != "2026-11-24 17:00" {
			t.Errorf("deadlines %s and %s: the time of day stays, else work ends at six", one, two)
		}
		act(url.Values{"deadline": {"none"}}, "2 tasks without a deadline")
		act(url.Values{"priority": {"2"}}, "2 tasks changed")
		act(url.Values{"responsible": {"anna"}}, "2 tasks given to Anna Berg")
		act(url.Values{"do": {"favorite"}}, "2 tasks among your favourites")
		act(url.Values{}, "Choose what to do")
		if w := b.do("cleo", http.MethodPost, bulk, url.Values{"id": {"1"}, "responsible": {"zed"}}); w.Code != 422 {
			t.Errorf("given to nobody: %d", w.Code)
		}
		has(t, b.page("cleo", list+"?favorite=1&priority=2&responsible=anna"), "One", "Two", "2 tasks")
		act(url.Values{"do": {"complete"}}, "2 tasks done, 1 left as they are")
		act(url.Values{"do": {"delete"}}, "2 tasks deleted, 1 left as they are")
		w := b.do("cleo", http.MethodPost, bulk, url.Values{"do": {"delete"}, "back": {"https://evil.example/company/personal/user/3/tasks/"}}, "Portico-Fetch", "1")
		has(t, w.Body.String(), `"redirect":"/company/personal/user/3/tasks/"`)
	})
}

func TestTheListIsNarrowed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Late", Deadline: noon.Add(-time.Hour), Tags: []string{"Paper"}})
		b.add(task.Task{Title: "Tonight 100%", Deadline: noon.Add(6 * time.Hour), Status: task.InProgress, Priority: task.High})
		b.add(task.Task{Title: "Tomorrow", Deadline: noon.Add(20 * time.Hour), ResponsibleID: 3, Accomplices: []int64{2}})
		b.add(task.Task{Title: "Sunday", Deadline: time.Date(2026, 11, 29, 22, 59, 0, 0, time.UTC), ResponsibleID: 3, Auditors: []int64{2}})
		b.add(task.Task{Title: "Monday", Deadline: time.Date(2026, 11, 29, 23, 0, 0, 0, time.UTC), Status: task.Completed})
		b.add(task.Task{Title: "Some day", Status: task.Deferred, Priority: task.Low})
		const list = "/company/personal/user/2/tasks/"
		for query, want := range map[string]string{
			"": "Late|Tonight 100%|Tomorrow|Sunday|Some day|Monday", "due=overdue": "Late", "due=today": "Late|Tonight 100%", "due=tomorrow": "Tomorrow",
			"due=week": "Late|Tonight 100%|Tomorrow|Sunday", "due=later": "Monday", "due=none": "Some day", "role=A": "Tomorrow", "role=U": "Sunday", "role=O": "",
			"status=open": "Late|Tonight 100%|Tomorrow|Sunday|Some day", "status=progress": "Tonight 100%", "status=deferred": "Some day", "priority=2": "Tonight 100%",
			"priority=0": "Late|Tomorrow|Sunday|Some day|Monday", "tag=PAPER": "Late", "q=0%25": "Tonight 100%", "q=%234": "Sunday", "responsible=cleo": "Tomorrow|Sunday", "creator=ben": "",
			"responsible=nobody": "", "due=odd": "Late|Tonight 100%|Tomorrow|Sunday|Some day|Monday", "sort=title&status=open": "Late|Some day|Sunday|Tomorrow|Tonight 100%",
		} {
			body := b.page("ben", list+"?"+query)
			var got []string
			for _, row := range strings.Split(body, "task-title\"><a href=\"")[1:] {
				_, row, _ = strings.Cut(row, ">")
				title, _, _ := strings.Cut(row, "<")
				got = append(got, title)
			}
			if strings.Join(got, "|") != want {
				t.Errorf("%q lists %q, want %q", query, got, want)
			}
		}
		has(t, b.page("ben", list+"?responsible=nobody"), "Nobody is found by that.", "Nothing found")
	})
}

func TestFiltersAndColumnsAreKept(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const list = "/company/personal/user/2/tasks/"
		b.add(task.Task{Title: "Late", Deadline: noon.Add(-time.Hour), Tags: []string{"Paper"}, TimeEstimate: 90 * time.Minute})
		b.post("ben", list+"filters", url.Values{"name": {" Fire <1> "}, "query": {"due=overdue&junk=1&after=x"}}, list+"?due=overdue")
		has(t, b.page("ben", list), `href="/company/personal/user/2/tasks/?due=overdue">`, "Fire &lt;1&gt;")
		has(t, b.page("ben", list+"?due=overdue"), `href="/company/personal/user/2/tasks/?due=overdue" aria-current="page"`, `filters/1/delete`)
		hasNot(t, b.page("cleo", list), "Fire")
		if w := b.do("ben", http.MethodPost, list+"filters", url.Values{"name": {" "}}); w.Code != 422 {
			t.Errorf("a filter without a name: %d", w.Code)
		}
		if w := b.do("cleo", http.MethodPost, list+"filters/1/delete", nil); w.Code != 404 {
			t.Errorf("a filter of somebody else is removed: %d", w.Code)
		}
		b.post("ben", list+"filters/1/delete", nil, list)
		hasNot(t, b.page("ben", list), "Fire")
		b.post("ben", list+"columns", url.Values{"column": {"tags", "estimate", "odd"}, "back": {list + "?sort=title"}}, list+"?sort=title")
		body := b.page("ben", list)
		has(t, body, "Paper", "1 h 30 min", "<th>Tags</th>")
		hasNot(t, body, "<th>Status</th>")
		b.post("ben", list+"columns", url.Values{"column": {"tags"}, "usual": {"1"}}, list)
		has(t, b.page("ben", list), "<th>Status</th>")
		w := b.do("ben", http.MethodGet, list+"export/?due=overdue", nil)
		if want := "1,Late,To do,Low,2026-11-23 12:00,Ben <Ode>,Cleo Marsh,Paper,2026-11-23 13:00,2026-11-23 13:00,,,,1.50"; !strings.Contains(w.Body.String(), want) || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("the export is %s %q, want %q", w.Header().Get("Content-Type"), w.Body, want)
		}
	})
}

func TestALineMakesATask(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const list = "/company/personal/user/3/tasks/"
		b.post("ben", list+"quick", url.Values{"title": {"=1+1"}, "due": {"today"}, "back": {list + "?view=mine"}}, list+"?view=mine")
		got, err := b.tasks.Get(t.Context(), user.Ref{ID: 2}, 1)
		if err != nil || got.Title != "=1+1" || got.ResponsibleID != 3 || got.CreatedBy != 2 || !got.Deadline.Equal(noon.Add(5*time.Hour)) {
			t.Errorf("%+v, %v", got, err)
		}
		has(t, b.do("ben", http.MethodGet, list+"export/", nil).Body.String(), "1,'=1+1,") // no formula for a spreadsheet
		b.clock.Advance(8 * time.Hour)                                                     // nine in the evening
		b.post("ben", list+"quick", url.Values{"title": {"Late"}, "due": {"today"}}, list)
		if got, err = b.tasks.Get(t.Context(), user.Ref{ID: 2}, 2); err != nil || !got.Deadline.Equal(noon.Add(10*time.Hour+59*time.Minute)) {
			t.Errorf("today is until %v, %v", got.Deadline, err)
		}
		if w := b.do("ben", http.MethodPost, list+"quick", url.Values{"title": {" "}}); w.Code != 422 {
			t.Errorf("a task without a title: %d", w.Code)
		}
	})
}

func TestSearch(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Übergabe 100%"})
		b.add(task.Task{Title: "Übergabe geheim", ResponsibleID: 3})
		body := b.page("ben", "/search?q=über")
		has(t, body, "Übergabe 100%", `href="/company/personal/user/2/tasks/task/view/1/"`)
		hasNot(t, body, "geheim")
		hasNot(t, b.page("ben", "/search?q=%25%25"), "Übergabe")
	})
}
