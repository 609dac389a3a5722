package taskweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
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
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/comment"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/result"
	"github.com/portico-hq/portico/internal/task/saved"
	"github.com/portico-hq/portico/internal/task/stage"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/taskweb"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
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

func (world) ByLogin(_ context.Context, name string) (user.User, error) {
	for _, u := range people {
		if strings.EqualFold(u.FirstName, name) {
			return u, nil
		}
	}
	return user.User{}, user.ErrNotFound
}

func (world) EmitTx(context.Context, *db.Tx, string, int64, phpform.Value) error { return nil }
func (world) Publish([]int64, string, any)                                       {}

type bench struct {
	t     *testing.T
	tasks *task.Service
	clock *clock.Manual
	pages http.Handler

	fields    *userfield.Service
	templates *template.Service
}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, []db.Schema{record.Schema(), task.Schema(), checklist.Schema(), elapsed.Schema(), saved.Schema(), comment.Schema(), userfield.Schema(), stage.Schema(), result.Schema(), template.Schema()}, func(t *testing.T, d *db.DB) {
		clk := clock.NewManual(noon)
		fields := userfield.New(userfield.Config{DB: d, Clock: clk})
		s := task.NewService(task.Config{DB: d, Clock: clk, Users: world{}, Events: world{}, Live: world{}, Added: fields})
		shell := web.New(web.Config{
			PortalName: "Northwind", Sessions: world{}, Clock: clk, Log: slog.New(slog.DiscardHandler),
			Navigation: func(ctx context.Context, v web.Viewer) ([]web.NavItem, error) {
				n, err := taskweb.Nav(ctx, s, v)
				return []web.NavItem{n}, err
			},
		})
		c := taskweb.Config{
			Tasks: s, Users: world{}, Saved: saved.New(d), Elapsed: elapsed.NewService(elapsed.Config{DB: d, Clock: clk, Tasks: s, Users: world{}}),
			Checklists: checklist.NewService(checklist.Config{DB: d, Clock: clk, Kind: checklist.OfTask, Owners: checklist.TasksOf(s)}),
		}
		c.Templates = template.NewService(template.Config{DB: d, Clock: clk, Tasks: s, Users: world{}, Checklists: c.Checklists, Attached: &templateTies{}})
		chats := newMessenger(clk.Now)
		c.Comments = comment.NewService(comment.Config{DB: d, Clock: clk, Tasks: s, Users: world{}, Events: world{}, Chats: chats})
		chats.comments, c.Files, c.Fields = c.Comments, world{}, fields
		attached := taskfile.NewService(d, s, &ties{})
		s.SetFiles(attached)
		c.Attached = attached
		c.Stages, c.Results = stage.NewService(stage.Config{DB: d, Tasks: s}), result.NewService(result.Config{DB: d, Clock: clk, Tasks: s, Comments: c.Comments})
		s.SetResults(c.Results)
		s.SetParts(c.Checklists, c.Elapsed, c.Comments, c.Stages, c.Results)
		taskweb.Register(shell, c)
		test(t, &bench{t, s, clk, shell.Handler(), fields, c.Templates})
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

func TestTheWholeForm(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for _, f := range []userfield.Field{
			{Name: "UF_COLOUR", Type: userfield.String, Labels: userfield.Labels{userfield.EditLabel: {"": "Colour <1>"}}, Mandatory: true},
			{Name: "UF_WHO", Type: userfield.Employee},
		} {
			f.Entity = task.EntityName
			if _, err := b.fields.Add(t.Context(), f, 0); err != nil {
				t.Fatal(err)
			}
		}
		b.add(task.Task{Title: "Above", ResponsibleID: 2, Added: userfield.Values{"UF_COLOUR": {"red"}}})
		b.add(task.Task{Title: "Before", ResponsibleID: 2, Added: userfield.Values{"UF_COLOUR": {"blue"}}})
		const edit = "/company/personal/user/2/tasks/task/edit/0/"
		has(t, b.page("ben", edit), "Colour &lt;1&gt;", `name="UF_WHO"`)
		form := url.Values{
			"title": {"Whole"}, "responsible": {"2"}, "parent": {"#1"}, "waits": {"2, #1"}, "start": {"2026-12-01T09:00"}, "end": {"2026-12-02T09:00"},
			"estimate": {"1,5"}, "tracking": {"1"}, "UF_COLOUR": {""}, "UF_WHO": {"cleo"},
		}
		refuse := func(name, value, want string) {
			t.Helper()
			was := form[name]
			form.Set(name, value)
			if w := b.do("ben", http.MethodPost, edit, form); w.Code != 422 || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), `value="Whole"`) {
				t.Errorf("%s %q: %d, no %q in %s", name, value, w.Code, want, w.Body)
			}
			form[name] = was
		}
		refuse("UF_COLOUR", "", "is required.")
		form.Set("UF_COLOUR", "green")
		refuse("parent", "x", "Write the number of the task.")
		refuse("waits", "2; three", "Write numbers of tasks")
		refuse("estimate", "soon", "Write the hours as 1.5.")
		refuse("start", "soon", "Write a date and a time.")
		refuse("end", "2026-11-30T09:00", "planned")
		refuse("parent", "99", "There is no task 99.")
		refuse("UF_WHO", "zed", "Nobody is found by that.")
		w := b.do("ben", http.MethodPost, edit, form)
		const view = "/company/personal/user/2/tasks/task/view/"
		number := strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Location"), view), "/")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
		}
		got, err := b.tasks.Get(t.Context(), user.Ref{ID: 2}, id)
		if err != nil || got.ParentID != 1 || len(got.DependsOn) != 2 || got.TimeEstimate != 90*time.Minute || !got.AllowTimeTracking || got.EndPlan.Hour() != 8 {
			t.Errorf("%+v, %v", got, err)
		}
		has(t, b.page("ben", view+number+"/"), "Colour &lt;1&gt;</dt><dd><span class=\"field-text\">green", "Cleo Marsh", "of 1 h 30 min", "Waits for", "Before", "Tue, 1 Dec 2026, 09:00")
		has(t, b.page("ben", "/company/personal/user/2/tasks/task/edit/"+number+"/"), `value="green"`, `value="1, 2"`, `value="1.5"`, `name="parent" type="text" value="1"`)
		form.Set("parent", "")
		form.Del("tracking")
		b.post("ben", "/company/personal/user/2/tasks/task/edit/"+number+"/", form, view+number+"/")
		if got, err = b.tasks.Get(t.Context(), user.Ref{ID: 2}, id); err != nil || got.ParentID != 0 || got.AllowTimeTracking {
			t.Errorf("%+v, %v", got, err)
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
