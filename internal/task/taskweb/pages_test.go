package taskweb_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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

func TestFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		form := url.Values{
			"title": {" "}, "description": {"Text <i>"}, "responsible": {"3"}, "priority": {"2"}, "deadline": {"2026-12-01T10:00"}, "tags": {"a, b"},
			"auditors": {"1"}, "control": {"1"},
		}
		const edit = "/company/personal/user/2/tasks/task/edit/0/"
		has(t, b.page("ben", edit+"?title=Call&responsible=3"), "New task", `value="Call"`, `name="responsible" value="3" checked`)
		w := b.do("ben", http.MethodPost, edit, form)
		if w.Code != 422 {
			t.Fatalf("no title: %d", w.Code)
		}
		has(t, w.Body.String(), "A task needs a title.", "Text &lt;i&gt;", `name="responsible" value="3" checked`, `value="2026-12-01T10:00"`, `name="auditors" value="1" checked`)
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

// TestPeopleAreLookedForInsteadOfListed makes a task with people who are typed, as those do whose browsers run no modules.
func TestPeopleAreLookedForInsteadOfListed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		const edit = "/company/personal/user/2/tasks/task/edit/0/"
		body := b.page("ben", edit)
		has(t, body, `name="responsible" value="2" checked`, `name="accomplices_typed"`, "data-people")
		hasNot(t, body, "Anna Berg", "cleo", "<select id=\"f-responsible\"")
		form := url.Values{"title": {"Move"}, "responsible": {"2"}, "responsible_typed": {"cleo"}, "auditors": {"2"}, "auditors_typed": {" anna , nobody here"}}
		w := b.do("ben", http.MethodPost, edit, form)
		if w.Code != 422 {
			t.Fatalf("somebody who is not there: %d", w.Code)
		}
		has(t, w.Body.String(), "Nobody is found by “nobody here”.", `value=" anna , nobody here"`, `name="responsible" value="3" checked`, `name="auditors" value="2" checked`)
		form.Set("auditors_typed", "anna,")
		b.post("ben", edit, form, "/company/personal/user/2/tasks/task/view/1/")
		x, err := b.tasks.Get(t.Context(), user.Ref{ID: 2}, 1)
		if err != nil || x.ResponsibleID != 3 || !slices.Equal(x.Auditors, []int64{1, 2}) {
			t.Errorf("%+v %v", x, err)
		}
		form = url.Values{"title": {"Weekly"}, "responsible": {"2"}, "others_typed": {"cleo, anna"}, "priority": {"1"}, "deadline_unit": {"days"}, "start_unit": {"days"}, "end_unit": {"days"}}
		const template = "/company/personal/user/2/tasks/templates/0/"
		has(t, b.page("ben", template), `name="others_typed"`, `name="responsible" value="2" checked`)
		b.post("ben", template, form, "/company/personal/user/2/tasks/templates/1/")
		has(t, b.page("ben", "/company/personal/user/2/tasks/templates/1/"), `name="others" value="3" checked`, `name="others" value="1" checked`)
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
