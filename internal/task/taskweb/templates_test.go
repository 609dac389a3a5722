package taskweb_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

const benTemplates = "/company/personal/user/2/tasks/templates/"

// weekly is the form of a template that makes a task each Tuesday and Friday, ten times.
func weekly() url.Values {
	return url.Values{
		"title": {" Weekly <report> "}, "description": {"With numbers"}, "responsible": {"2"}, "others": {"2", "3"}, "priority": {"2"}, "auditors": {"1"},
		"tags": {"office, report"}, "deadline": {"2"}, "deadline_unit": {"days"}, "control": {"1"}, "allow_deadline": {"1"},
		"repeat": {"1"}, "period": {"weekly"}, "every": {"1"}, "weekdays": {"2", "5"}, "time": {"09:30"}, "from": {"2026-11-23"}, "till": {"times"}, "times": {"10"},
	}
}

func TestTemplatesAreMadeChangedAndUsed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		has(t, b.page("ben", benTemplates), "No templates yet", benTemplates+"0/")
		b.post("ben", benTemplates+"0/", weekly(), benTemplates+"1/")
		ben := user.Ref{ID: 2}
		x, err := b.templates.Get(t.Context(), ben, 1)
		if err != nil {
			t.Fatal(err)
		}
		s := x.Schedule
		if x.Title != "Weekly <report>" || !slices.Equal(x.Responsibles, []int64{2, 3}) || !x.Multitask || *x.DeadlineAfter != 48*time.Hour || !x.TaskControl ||
			x.Priority != task.High || !slices.Equal(x.Tags, []string{"office", "report"}) || s.Period != template.Weekly || !slices.Equal(s.WeekDays, []int{2, 5}) ||
			s.Till != template.Times || s.Times != 10 || !x.Next.Equal(time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)) {
			t.Errorf("%+v\n%+v", x, s)
		}
		has(t, b.page("ben", benTemplates), "Weekly &lt;report&gt;", "and 1 more", "Every week", "Tue, 24 Nov 2026, 10:30")
		has(t, b.page("ben", benTemplates+"1/"), `value="Weekly &lt;report&gt;"`, `<option value="weekly" selected>`, `name="weekdays" value="5" checked`,
			`name="weekdays" value="1">`, `name="others" value="3" checked`, `value="09:30"`, "The next task is made on Tuesday, 24 November 2026, 10:30")
		b.post("ben", benTemplates+"1/item/add", url.Values{"item": {"Collect the numbers"}}, benTemplates+"1/#checklist")
		has(t, b.page("ben", benTemplates+"1/"), "Collect the numbers")
		b.post("ben", benTemplates+"1/use", url.Values{}, "/company/personal/user/2/tasks/task/view/1/")
		has(t, b.page("cleo", "/company/personal/user/3/tasks/task/view/2/"), "Weekly &lt;report&gt;", "Collect the numbers", "Wed, 25 Nov 2026, 13:00")
		b.post("ben", benTemplates+"1/item/2/delete", url.Values{}, benTemplates+"1/#checklist")
		if items, err := b.templates.Checklists().List(t.Context(), ben, 1, checklist.Query{}); err != nil || len(items) != 1 {
			t.Errorf("%+v %v", items, err)
		}
		form := weekly()
		form.Del("repeat")
		form.Del("others")
		form.Set("deadline", "")
		b.post("ben", benTemplates+"1/", form, benTemplates+"1/")
		if x, err = b.templates.Get(t.Context(), ben, 1); err != nil || x.Replicate || x.Multitask || x.DeadlineAfter != nil || !x.Next.IsZero() {
			t.Errorf("%+v %v", x, err)
		}
		b.post("ben", benTemplates+"1/delete", url.Values{}, benTemplates)
		has(t, b.page("ben", benTemplates), "No templates yet")
	})
}

// TestTemplatesBelowOthers puts a template below another one, has it wait for a third, and moves the items of its checklist.
func TestTemplatesBelowOthers(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for i, title := range []string{"Fair", "Van", "Stand"} {
			form := url.Values{"title": {title}, "responsible": {"2"}, "priority": {"1"}}
			if i == 1 {
				form.Set("base", "1")
			}
			b.post("ben", benTemplates+"0/", form, benTemplates+strconv.Itoa(i+1)+"/")
		}
		form := url.Values{"title": {"Stand"}, "responsible": {"2"}, "priority": {"1"}, "base": {"1"}, "waits": {"2"}}
		b.post("ben", benTemplates+"3/", form, benTemplates+"3/")
		page := b.page("ben", benTemplates+"3/")
		has(t, page, `<option value="1" selected>Fair</option>`, `name="waits" value="2" checked`, `name="waits" value="1">`)
		hasNot(t, page, `>Stand</option>`, `name="waits" value="3"`)
		form.Set("base", "3")
		w := b.do("ben", http.MethodPost, benTemplates+"3/", form)
		has(t, w.Body.String(), "A template cannot be below itself", `name="waits" value="2" checked`)
		for _, item := range []string{"Walls", "Lamps"} {
			b.post("ben", benTemplates+"3/item/add", url.Values{"item": {item}}, benTemplates+"3/#checklist")
		}
		page = b.page("ben", benTemplates+"3/")
		has(t, page, `aria-label="Move Lamps up"`, `aria-label="Move Walls down"`)
		hasNot(t, page, `aria-label="Move Walls up"`, `aria-label="Move Lamps down"`)
		b.post("ben", benTemplates+"3/item/3/move", url.Values{"before": {"2"}}, benTemplates+"3/#checklist")
		has(t, b.page("ben", benTemplates+"3/"), `aria-label="Move Walls up"`, `aria-label="Move Lamps down"`)
		b.post("ben", benTemplates+"3/item/3/move", url.Values{"after": {"2"}}, benTemplates+"3/#checklist")
		has(t, b.page("ben", benTemplates+"3/"), `aria-label="Move Lamps up"`)
		if w := b.do("cleo", http.MethodPost, "/company/personal/user/3/tasks/templates/3/item/3/move", url.Values{"before": {"2"}}); w.Code < 400 {
			t.Errorf("moved by another: %d", w.Code)
		}
		b.post("ben", benTemplates+"1/use", url.Values{}, "/company/personal/user/2/tasks/task/view/1/")
		has(t, b.page("ben", "/company/personal/user/2/tasks/task/view/1/"), "Van", "Stand", "0 of 2")
		has(t, b.page("ben", "/company/personal/user/2/tasks/task/view/3/"), "Waits for", "Lamps")
	})
}

func TestTemplatesOfOthersAreNotChanged(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.post("ben", benTemplates+"0/", weekly(), benTemplates+"1/")
		const cleo = "/company/personal/user/3/tasks/templates/"
		for target, want := range map[string]int{benTemplates: 403, cleo + "1/": 403, cleo + "99/": 404} {
			if w := b.do("cleo", http.MethodGet, target, nil); w.Code != want {
				t.Errorf("%s: %d, want %d", target, w.Code, want)
			}
		}
		if w := b.do("cleo", http.MethodPost, cleo+"1/delete", url.Values{}); w.Code != 403 {
			t.Errorf("removed by another: %d", w.Code)
		}
		b.post("cleo", cleo+"1/use", url.Values{}, "/company/personal/user/3/tasks/task/view/1/")
	})
}

func TestWrongTemplatesAreShownAgain(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		for name, c := range map[string]struct{ field, value, want string }{
			"no title":  {"title", " ", "A template needs a title."},
			"deadline":  {"deadline", "soon", "Write a whole number."},
			"too far":   {"deadline", "9999", "That is more than ten years."},
			"time":      {"time", "25:00", "Write the time as 09:00."},
			"every":     {"every", "0", "a number is missing or out of bounds"},
			"how often": {"times", "0", "Write how many tasks there shall be."},
			"a day":     {"from", "soon", "Write a day."},
			"parent":    {"parent", "x", "Write the number of the task."},
		} {
			form := weekly()
			form.Set(c.field, c.value)
			w := b.do("ben", http.MethodPost, benTemplates+"0/", form)
			if w.Code != 422 {
				t.Errorf("%s: %d", name, w.Code)
			}
			has(t, w.Body.String(), c.want, `name="weekdays" value="5" checked`)
		}
		has(t, b.page("ben", benTemplates), "No templates yet")
	})
}

// templateTies stands in for the file area of one template. File 13 is nobody's.
type templateTies struct{ ties }

func (x *templateTies) AttachTx(ctx context.Context, tx *db.Tx, userID, id int64, ids []int64) error {
	_, err := x.ties.AttachTx(ctx, tx, userID, id, ids)
	return err
}

func (x *templateTies) CopyTx(context.Context, *db.Tx, int64, int64, int64) error { return nil }

func TestFilesOfATemplate(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		if _, err := b.templates.Add(t.Context(), user.Ref{ID: 2}, template.Template{Title: "Status", CreatedBy: 2, Responsibles: []int64{3}}); err != nil {
			t.Fatal(err)
		}
		const page, hers = "/company/personal/user/2/tasks/templates/1/", "/company/personal/user/3/tasks/templates/1/"
		has(t, b.page("ben", page), "Every task made of the template has them too.", `action="`+page+`files/add"`)
		hasNot(t, b.page("ben", "/company/personal/user/2/tasks/templates/0/"), "files/add")
		if w := b.sendFiles("ben", page+"files/add", "seven.."); w.Code != 303 || w.Header().Get("Location") != page+"#files" {
			t.Errorf("a form with a file: %d %s", w.Code, w.Body)
		}
		has(t, b.page("ben", page), "file &lt;7&gt;.pdf", page+"files/507/detach")
		if w := b.sendFiles("cleo", hers+"files/add", "seven.."); w.Code != 403 {
			t.Errorf("a file of who may not change it: %d", w.Code)
		}
		if w := b.do("cleo", http.MethodPost, hers+"files/507/detach", url.Values{}); w.Code != 403 {
			t.Errorf("taken off by who may not change it: %d", w.Code)
		}
		if w := b.sendFiles("ben", page+"files/add"); w.Code != 422 {
			t.Errorf("an empty form: %d", w.Code)
		}
		b.post("ben", page+"files/507/detach", url.Values{}, page+"#files")
		hasNot(t, b.page("ben", page), "file &lt;7&gt;.pdf")
	})
}
