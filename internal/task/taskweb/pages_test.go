package taskweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// noon is in Berlin, where everybody lives, one o'clock in the afternoon.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var people = map[int64]user.User{
	1: {ID: 1, FirstName: "Anna", LastName: "Berg", Admin: true, Active: true},
	2: {ID: 2, FirstName: "Ben", LastName: "<Ode>", Active: true},
	3: {ID: 3, FirstName: "Cleo", LastName: "Marsh", Active: true, Position: "Designer"},
	4: {ID: 4, FirstName: "Dan", LastName: "Left"},
}

// world stands in for what surrounds the pages; a session's token is the name of the person.
type world struct{}

func (world) SignIn(context.Context, string, string, string, string) (string, error) { return "", nil }
func (world) SignOut(context.Context, string) error                                  { return nil }
func (world) SetTheme(context.Context, int64, string) error                          { return nil }

func (world) Lookup(_ context.Context, token string) (web.Viewer, error) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	for id, u := range people {
		if strings.EqualFold(u.FirstName, token) {
			return web.Viewer{ID: id, Name: u.DisplayName(), Admin: u.Admin, TimeZone: berlin}, err
		}
	}
	return web.Viewer{}, fault.New(fault.Unauthorized, "NO_SESSION", "no")
}

func (world) Get(_ context.Context, id int64) (user.User, error) {
	if u, ok := people[id]; ok {
		return u, nil
	}
	return user.User{}, user.ErrNotFound
}

func (world) Many(_ context.Context, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if u, ok := people[id]; ok {
			out[id] = u
		}
	}
	return out, nil
}

func (w world) ManyTx(ctx context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	return w.Many(ctx, ids)
}

func (world) List(_ context.Context, q user.Query) (out []user.User, err error) {
	for _, u := range people {
		if u.Active || !q.ActiveOnly {
			out = append(out, u)
		}
	}
	return out, nil
}

func (world) EmitTx(context.Context, *db.Tx, string, int64, phpform.Value) error { return nil }
func (world) Publish([]int64, string, any)                                       {}

type bench struct {
	t     *testing.T
	tasks *task.Service
	pages http.Handler
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(noon)
		s := task.NewService(task.Config{DB: d, Clock: clk, Users: world{}, Events: world{}, Live: world{}})
		shell := web.New(web.Config{
			PortalName: "Northwind", Sessions: world{}, Clock: clk, Log: slog.New(slog.DiscardHandler),
			Navigation: func(ctx context.Context, v web.Viewer) ([]web.NavItem, error) {
				n, err := taskweb.Nav(ctx, s, v)
				return []web.NavItem{n}, err
			},
		})
		taskweb.Register(shell, s, world{})
		test(t, &bench{t, s, shell.Handler()})
	})
}

func (b *bench) add(x task.Task) task.Task {
	b.t.Helper()
	if x.ResponsibleID == 0 {
		x.ResponsibleID = 2
	}
	out, err := b.tasks.Create(b.t.Context(), user.Ref{ID: 3}, x)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) do(who, method, target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.AddCookie(&http.Cookie{Name: "portico_session", Value: who})
	w := httptest.NewRecorder()
	b.pages.ServeHTTP(w, r)
	return w
}

// page is the main part of a page that must be there.
func (b *bench) page(who, target string) string {
	b.t.Helper()
	w := b.do(who, http.MethodGet, target, nil)
	if w.Code != 200 {
		b.t.Fatalf("%s for %s: %d %s", target, who, w.Code, w.Body)
	}
	return w.Body.String()
}

// post sends a form and checks where it leads.
func (b *bench) post(who, target string, form url.Values, to string) {
	b.t.Helper()
	if w := b.do(who, http.MethodPost, target, form); w.Code != 303 || w.Header().Get("Location") != to {
		b.t.Errorf("POST %s by %s: %d to %q, want %q\n%s", target, who, w.Code, w.Header().Get("Location"), to, w.Body)
	}
}

func has(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(body, p) {
			t.Errorf("the page lacks %q:\n%s", p, body)
		}
	}
}

func hasNot(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Contains(body, p) {
			t.Errorf("the page holds %q:\n%s", p, body)
		}
	}
}

func TestListSaysWhatIsLate(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "Three <days> late", Deadline: noon.Add(-72 * time.Hour), Priority: task.High})
		b.add(task.Task{Title: "Due tonight", Deadline: noon.Add(6 * time.Hour)})
		b.add(task.Task{Title: "Whenever"})
		b.add(task.Task{Title: "Was late", Deadline: noon.Add(-48 * time.Hour), Status: task.Completed})
		body := b.page("ben", "/company/personal/user/2/tasks/")
		has(t, body, "Three &lt;days&gt; late", "Overdue by 3 days", "Today, 19:00", "No deadline", "High priority", "Ben &lt;Ode&gt;",
			`href="/company/personal/user/2/tasks/task/view/1/" data-slider`, `data-nav="tasks" aria-current="page"`, `data-counter="tasks">1<`)
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

func TestCard(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{
			Title: "Print", Description: "[b]Now[/b] <script>x</script> [user=3]C[/user]", Deadline: noon.Add(-25 * time.Hour), Tags: []string{"paper"},
			Auditors: []int64{4},
		})
		url := "/company/personal/user/2/tasks/task/view/1/"
		body := b.page("ben", url)
		has(t, body, "<b>Now</b>", "&lt;script&gt;", "Overdue by 1 day", "Sun, 22 Nov 2026, 12:00", `href="/company/personal/user/3/"`, "Dan Left", "paper",
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
		has(t, b.page("ben", card), ">None<")
		if w := b.do("ben", http.MethodPost, card+"delete", nil); w.Code != 403 {
			t.Errorf("deleted by who is responsible: %d", w.Code)
		}
		b.post("cleo", card+"delete", nil, "/company/personal/user/2/tasks/")
		if w := b.do("cleo", http.MethodGet, card, nil); w.Code != 404 {
			t.Errorf("a deleted task: %d", w.Code)
		}
	})
}

func TestFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		form := url.Values{
			"title": {" "}, "description": {"Text <i>"}, "responsible": {"3"}, "priority": {"2"}, "deadline": {"2026-12-01T10:00"}, "tags": {"a, b"},
			"auditors": {"1"}, "control": {"1"},
		}
		const edit = "/company/personal/user/2/tasks/task/edit/0/"
		has(t, b.page("ben", edit+"?title=Call&responsible=3"), "New task", `value="Call"`, `<option value="3" selected>`)
		w := b.do("ben", http.MethodPost, edit, form)
		if w.Code != 422 {
			t.Fatalf("no title: %d", w.Code)
		}
		has(t, w.Body.String(), "A task needs a title.", "Text &lt;i&gt;", `<option value="3" selected>`, `value="2026-12-01T10:00"`, `name="auditors" value="1" checked`)
		form.Set("title", "Offer")
		b.post("ben", edit, form, "/company/personal/user/2/tasks/task/view/1/")
		got, err := b.tasks.Get(t.Context(), user.Ref{ID: 2}, 1)
		if err != nil || got.Title != "Offer" || got.ResponsibleID != 3 || got.Priority != task.High || !got.TaskControl || got.CreatedBy != 2 ||
			len(got.Tags) != 2 || len(got.Auditors) != 1 || !got.Deadline.Equal(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)) {
			t.Errorf("%+v, %v", got, err)
		}
		const again = "/company/personal/user/2/tasks/task/edit/1/"
		has(t, b.page("ben", again), "Change task", `value="Offer"`, `value="a, b"`)
		if w := b.do("cleo", http.MethodPost, again, form); w.Code != 403 {
			t.Errorf("changed by who is responsible: %d", w.Code)
		}
		form.Set("title", "Better offer")
		form.Set("responsible", "77")
		if w := b.do("ben", http.MethodPost, again, form); w.Code != 422 || !strings.Contains(w.Body.String(), "There is no user 77.") {
			t.Errorf("an unknown person: %d", w.Code)
		}
		form.Set("responsible", "3")
		b.post("ben", again, form, "/company/personal/user/2/tasks/task/view/1/")
		has(t, b.page("ben", "/company/personal/user/2/tasks/task/view/1/"), "Better offer", "Anna Berg")
		has(t, b.page("ben", "/tasks/new"), `action="/company/personal/user/2/tasks/task/edit/0/"`)
	})
}

func TestCompleteSeveral(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(task.Task{Title: "One"})
		b.add(task.Task{Title: "Two"})
		b.add(task.Task{Title: "Hidden", ResponsibleID: 3})
		back := "/company/personal/user/2/tasks/?view=mine"
		b.post("ben", "/company/personal/user/2/tasks/complete/", url.Values{"id": {"1", "2", "3", "x"}, "back": {back}}, back)
		c, err := b.tasks.Counts(t.Context(), user.Ref{ID: 2}, 2)
		if err != nil || c.Done != 2 {
			t.Errorf("%+v, %v", c, err)
		}
		if got, err := b.tasks.Get(t.Context(), user.Ref{ID: 3}, 3); err != nil || got.Status != task.Pending {
			t.Errorf("a task of others: %+v, %v", got, err)
		}
		b.post("ben", "/company/personal/user/2/tasks/complete/", url.Values{"back": {"https://evil.example/company/personal/user/2/tasks/"}}, "/company/personal/user/2/tasks/")
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
