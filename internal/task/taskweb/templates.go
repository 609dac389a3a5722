package taskweb

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// registerTemplates adds the pages of templates below path.
func (h pages) registerTemplates(s *web.Shell, path string) {
	s.Page(path+"{$}", web.SignedIn, h.templates)
	s.Page(path+"{id}/{$}", web.SignedIn, h.templateForm)
	s.Action(path+"{id}/{$}", web.SignedIn, h.saveTemplate)
	s.Action(path+"{id}/use", web.SignedIn, h.useTemplate)
	s.Action(path+"{id}/delete", web.SignedIn, h.removeTemplate)
	s.Action(path+"{id}/files/add", web.SignedIn, h.addTemplateFiles, web.RawBody(), web.MaxBody(maxForm))
	s.Action(path+"{id}/files/{tie}/detach", web.SignedIn, h.detachTemplateFile)
	s.Action(path+"{id}/item/add", web.SignedIn, h.addTemplateItem)
	s.Action(path+"{id}/item/{item}/move", web.SignedIn, h.moveTemplateItem)
	s.Action(path+"{id}/item/{item}/delete", web.SignedIn, h.removeTemplateItem)
	s.Command(web.Command{Title: "Task from a template", URL: "/tasks/templates", Icon: "copy", Keywords: "template repeat pattern"})
	s.Page("/tasks/templates", web.SignedIn, h.templates)
}

// templatesURL is the address of a person's templates.
func templatesURL(userID int64) string { return listURL(userID) + "templates/" }

func templateURL(userID, id int64) string {
	return templatesURL(userID) + strconv.FormatInt(id, 10) + "/"
}

// templatesView is the list of templates.
type templatesView struct {
	Rows          []templateRow
	NewURL        string
	Newer, Older  string
	Administrator bool
}

type templateRow struct {
	template.Template
	URL         string
	Responsible person
	Creator     person
	Others      int // who get a task each, besides
	Repeats     string
	May         bool
}

// templates lists the viewer's templates, the newest first.
func (h pages) templates(ctx context.Context, r *web.Request) (web.Page, error) {
	if r.PathValue("u") != "" {
		if owner, err := r.PathID("u"); err != nil || owner != r.Viewer.ID {
			return web.Page{}, task.ErrDenied // templates are one's own
		}
	}
	page := max(r.Int("page", 1), 1)
	list, err := h.plans.List(ctx, actor(r.Viewer), (page-1)*pageSize, pageSize+1)
	if err != nil {
		return web.Page{}, err
	}
	me := r.Viewer.ID
	v := &templatesView{NewURL: templateURL(me, 0), Administrator: r.Viewer.Admin}
	if page > 1 {
		v.Newer = templatesURL(me) + "?page=" + strconv.FormatInt(page-1, 10)
	}
	if len(list) > pageSize {
		v.Older, list = templatesURL(me)+"?page="+strconv.FormatInt(page+1, 10), list[:pageSize]
	}
	var who []int64
	for _, t := range list {
		who = append(who, t.CreatedBy, t.Responsibles[0])
	}
	people, err := h.users.Many(ctx, who)
	if err != nil {
		return web.Page{}, err
	}
	for _, t := range list {
		row := templateRow{
			Template: t, URL: templateURL(me, t.ID), Responsible: personOf(people, t.Responsibles[0]), Creator: personOf(people, t.CreatedBy),
			Repeats: repeats(t), May: t.MayEdit(actor(r.Viewer)),
		}
		if t.Multitask {
			row.Others = len(t.Responsibles) - 1
		}
		v.Rows = append(v.Rows, row)
	}
	return web.Page{
		Title: "Templates", Section: Section, Template: "task/templates", Body: v, Layout: web.Wide, Tabs: h.tabs(me, me, templatesURL(me)),
		Actions: []web.Action{{Title: "New template", URL: v.NewURL, Icon: "plus", Primary: true, Slider: true, Key: "n"}},
		Keys:    []web.Key{{Keys: "N", Does: "New template"}}, Styles: []string{"task/task.css"},
	}, nil
}

// repeats says in words how a template repeats; empty where it does not.
func repeats(t template.Template) string {
	if !t.Replicate || t.Schedule == nil {
		return ""
	}
	s := *t.Schedule
	every := func(n int, one, many string) string {
		if n == 1 {
			return "Every " + one
		}
		return fmt.Sprintf("Every %d %s", n, many)
	}
	switch s.Period {
	case template.Daily:
		if s.WorkdaysOnly {
			return every(s.EveryDay, "workday", "workdays")
		}
		return every(s.EveryDay, "day", "days")
	case template.Weekly:
		return every(s.EveryWeek, "week", "weeks")
	case template.Monthly:
		return every(s.EveryMonth, "month", "months")
	}
	return "Every year"
}

// templateIDs reads the template of the address; 0 is a new one.
func templateIDs(r *web.Request) (int64, error) {
	if owner, err := r.PathID("u"); err != nil || owner != r.Viewer.ID {
		return 0, task.ErrDenied
	}
	if r.PathValue("id") == "0" {
		return 0, nil
	}
	return r.PathID("id")
}

// useTemplate makes the tasks of a template and leads to the first of them.
func (h pages) useTemplate(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	made, err := h.plans.Use(ctx, actor(r.Viewer), id)
	if err != nil {
		return nil, err
	}
	toast := "Task created"
	if len(made) > 1 {
		toast = fmt.Sprintf("%d tasks created", len(made))
	}
	return web.Redirect{To: cardURL(r.Viewer.ID, made[0].ID), Toast: toast}, nil
}

func (h pages) removeTemplate(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: templatesURL(r.Viewer.ID), Toast: "Template removed"}, h.plans.Delete(ctx, actor(r.Viewer), id)
}

// addTemplateItem adds an item to the first checklist of a template, or with the name of a list begins one.
func (h pages) addTemplateItem(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	n := checklist.New{Title: strings.TrimSpace(user.CleanText(r.FormValue("item"), 4*checklist.MaxTitle))}
	if parent := r.Int("parent", -1); parent >= 0 {
		n.ParentID = &parent
	}
	_, err = h.plans.Checklists().Add(ctx, actor(r.Viewer), id, n)
	return web.Redirect{To: templateURL(r.Viewer.ID, id) + "#checklist", Toast: "Item added"}, err
}

// moveTemplateItem puts an item of a template before or behind another.
func (h pages) moveTemplateItem(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	item, err := r.PathID("item")
	if err != nil {
		return nil, err
	}
	lists := h.plans.Checklists()
	if before := r.Int("before", 0); before != 0 {
		_, err = lists.MoveBefore(ctx, actor(r.Viewer), id, item, before)
	} else {
		_, err = lists.MoveAfter(ctx, actor(r.Viewer), id, item, r.Int("after", 0))
	}
	return web.Redirect{To: templateURL(r.Viewer.ID, id) + "#checklist"}, err
}

func (h pages) removeTemplateItem(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	item, err := r.PathID("item")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: templateURL(r.Viewer.ID, id) + "#checklist", Toast: "Item removed"},
		h.plans.Checklists().Delete(ctx, actor(r.Viewer), id, item)
}

// saveTemplate stores what the form sent. A mistake shows the form again with everything that was typed.
func (h pages) saveTemplate(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := templateIDs(r)
	if err != nil {
		return nil, err
	}
	t := template.Template{CreatedBy: r.Viewer.ID, AllowChangeDeadline: true}
	if id != 0 {
		if t, err = h.plans.Get(ctx, actor(r.Viewer), id); err != nil {
			return nil, err
		}
	}
	unclear := h.meanTyped(ctx, r)
	err = cmp.Or(readTemplate(r, &t), unclear)
	if err == nil && id == 0 {
		var added template.Template
		added, err = h.plans.Add(ctx, actor(r.Viewer), t)
		id = added.ID
	} else if err == nil {
		err = h.plans.Update(ctx, actor(r.Viewer), id, func(x *template.Template) error { return readTemplate(r, x) })
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		page, failed := h.templatePage(ctx, r, id, t, errs)
		page.Status = 422
		return page, failed
	}
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: templateURL(r.Viewer.ID, id), Toast: "Template saved"}, nil
}

// readTemplate reads the form into t and leaves alone what it has no control for.
func readTemplate(r *web.Request, t *template.Template) (err error) {
	t.Title, t.Description = strings.TrimSpace(r.FormValue("title")), strings.ReplaceAll(r.FormValue("description"), "\r\n", "\n")
	t.Priority = task.Priority(r.Int("priority", int64(task.Medium)))
	t.TaskControl, t.AllowChangeDeadline, t.AllowTimeTracking = r.Checked("control"), r.Checked("allow_deadline"), r.Checked("tracking")
	t.Accomplices, t.Auditors = readIDs(r.PostForm["accomplices"]), readIDs(r.PostForm["auditors"])
	t.Tags = nil
	for tag := range strings.SplitSeq(r.FormValue("tags"), ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			t.Tags = append(t.Tags, tag)
		}
	}
	responsible := r.Int("responsible", 0)
	others := slices.DeleteFunc(readIDs(r.PostForm["others"]), func(id int64) bool { return id == responsible })
	t.Responsibles, t.Multitask = append([]int64{responsible}, others...), len(others) > 0
	if !valid(task.Task{Title: t.Title, Description: t.Description, Tags: t.Tags}) {
		return wrongAt("description", "The text holds characters that cannot be stored.")
	}
	switch {
	case t.Title == "":
		return wrongAt("title", "A template needs a title.")
	case len([]rune(t.Title)) > template.MaxTitle:
		return wrongAt("title", fmt.Sprintf("The title can have %d characters at most.", template.MaxTitle))
	case responsible <= 0:
		return wrongAt("responsible", "Choose who is responsible.")
	}
	for name, target := range map[string]**time.Duration{"deadline": &t.DeadlineAfter, "start": &t.StartAfter, "end": &t.EndAfter} {
		if *target, err = readAfter(r, name); err != nil {
			return err
		}
	}
	t.BaseID, t.DependsOn = r.Int("base", 0), readIDs(r.PostForm["waits"])
	t.ParentID = 0
	if text := strings.TrimPrefix(strings.TrimSpace(r.FormValue("parent")), "#"); text != "" {
		if t.ParentID, err = strconv.ParseInt(text, 10, 64); err != nil || t.ParentID <= 0 {
			return wrongAt("parent", "Write the number of the task.")
		}
	}
	return readRepeat(r, t)
}

// spans are the units of times after the making of a task.
var spans = []struct {
	key, title string
	unit       time.Duration
}{{"hours", "hours", time.Hour}, {"days", "days", 24 * time.Hour}, {"weeks", "weeks", 7 * 24 * time.Hour}, {"minutes", "minutes", time.Minute}}

// readAfter reads a time after the making of a task; nil where none is given.
func readAfter(r *web.Request, name string) (*time.Duration, error) {
	text := strings.TrimSpace(r.FormValue(name))
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return nil, wrongAt(name, "Write a whole number.")
	}
	for _, s := range spans {
		if s.key == r.FormValue(name+"_unit") {
			d := time.Duration(n) * s.unit
			if n > 0 && d/s.unit != time.Duration(n) || d > 3652*24*time.Hour {
				return nil, wrongAt(name, "That is more than ten years.")
			}
			return &d, nil
		}
	}
	return nil, wrongAt(name, "Choose a unit.")
}

var errRepeat = fault.New(fault.Invalid, "TEMPLATE_REPEAT", "Look at how often it repeats: a number is missing or out of bounds.").At("every")
