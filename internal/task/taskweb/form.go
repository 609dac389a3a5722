package taskweb

import (
	"cmp"
	"context"
	"maps"
	"mime/multipart"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// formView is the form of a task, with what was typed.
type formView struct {
	ID       int64 // 0: a new task
	URL      string
	Cancel   string
	Errors   map[string]string
	Title    string
	Text     string
	Deadline string
	Tags     string

	Responsible, Priority  string
	Priorities             []ui.Option
	MayAttach              bool        // files come with the form: of a new task
	Lead                   []ui.Person // who is responsible: one, or nobody
	Helpers, Watchers      []ui.Person
	Typed                  map[string]string // what stands in fields for people without meaning anybody
	Control, AllowDeadline bool

	More moreForm
}

// form shows the form of a new task, or of one that the viewer may change.
func (h pages) form(ctx context.Context, r *web.Request) (web.Page, error) {
	owner, id, err := formIDs(r)
	if err != nil {
		return web.Page{}, err
	}
	v := &formView{ID: id, Priority: "1", Responsible: strconv.FormatInt(r.Int("responsible", r.Viewer.ID), 10), Title: r.FormValue("title")}
	if v.More.Parent = r.FormValue("parent"); v.More.Parent != "" {
		v.More.Open = true
	}
	var t task.Task
	if id != 0 {
		if t, err = h.editable(ctx, r, id); err != nil {
			return web.Page{}, err
		}
		v.fill(r, t)
	}
	fields, values, env, err := h.added(ctx, r, id)
	if err != nil {
		return web.Page{}, err
	}
	v.More.Custom = userfieldweb.Inputs(fields, values, nil, env)
	return h.formPage(ctx, r, owner, v, t.Accomplices, t.Auditors)
}

// formIDs reads the address of the form: task 0 is a new one. /tasks/new names nobody and means the viewer.
func formIDs(r *web.Request) (owner, id int64, err error) {
	if r.PathValue("u") == "" {
		return r.Viewer.ID, 0, nil
	}
	if owner, err = r.PathID("u"); err != nil || r.PathValue("id") == "0" {
		return owner, 0, err
	}
	id, err = r.PathID("id")
	return owner, id, err
}

// editable returns the task id when the viewer may change it.
func (h pages) editable(ctx context.Context, r *web.Request, id int64) (task.Task, error) {
	t, err := h.tasks.Get(ctx, actor(r.Viewer), id)
	if err == nil && !task.RightsOf(actor(r.Viewer), t).Edit {
		err = task.ErrDenied
	}
	return t, err
}

func (v *formView) fill(r *web.Request, t task.Task) {
	v.Title, v.Text, v.Tags = t.Title, t.Description, strings.Join(t.Tags, ", ")
	v.Priority, v.Responsible = strconv.FormatInt(int64(t.Priority), 10), strconv.FormatInt(t.ResponsibleID, 10)
	v.Control, v.AllowDeadline, v.Deadline, v.More = t.TaskControl, t.AllowChangeDeadline, inputOf(r, t.Deadline), moreOf(r, t)
}

// formPage shows the form with the people who have roles.
func (h pages) formPage(ctx context.Context, r *web.Request, owner int64, v *formView, helpers, watchers []int64) (web.Page, error) {
	lead := readIDs([]string{v.Responsible})
	chosen, err := h.chosen(ctx, lead, helpers, watchers)
	if err != nil {
		return web.Page{}, err
	}
	v.Lead, v.Helpers, v.Watchers = chosen[0], chosen[1], chosen[2]
	if v.Errors != nil {
		v.Typed = map[string]string{}
		for _, name := range peopleFields {
			v.Typed[name] = r.FormValue(name + "_typed")
		}
	}
	v.MayAttach = v.ID == 0 && h.files != nil && h.attached != nil
	v.Priorities = []ui.Option{{Value: "2", Title: "High"}, {Value: "1", Title: "Normal"}, {Value: "0", Title: "Low"}}
	title := "New task"
	v.URL, v.Cancel = editURL(owner, v.ID), listURL(owner)
	if v.ID != 0 {
		title, v.Cancel = "Change task", cardURL(owner, v.ID)
	}
	return web.Page{
		Title: title, Section: Section, Template: "task/form", Body: v, Layout: web.Narrow, Slider: true, Behind: v.Cancel,
		Styles: []string{"task/task.css"}, Back: v.Cancel, Modules: []string{"ui/people/people.js", "ui/inputs/pick.js", "ui/inputs/inputs.js"},
	}, nil
}

// save stores what the form sent. A mistake shows the form again with everything that was typed.
func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := formIDs(r)
	if err != nil {
		return nil, err
	}
	if id != 0 {
		if _, err := h.editable(ctx, r, id); err != nil {
			return nil, err
		}
	}
	unclear := h.meanTyped(ctx, r)
	t, err := readTask(r)
	err = cmp.Or(err, unclear)
	var wrong map[string]string
	if added, errs, failed := h.readAdded(ctx, r); failed != nil {
		return nil, failed
	} else if t.Added, wrong = added, errs; wrong != nil && err == nil {
		for name, text := range wrong {
			err = wrongAt(name, text)
		}
	}
	toast := "Task saved"
	switch {
	case err != nil:
	case id == 0:
		id, err = h.create(ctx, r, t)
		toast = "Task created"
	default:
		_, err = h.tasks.Update(ctx, actor(r.Viewer), id, changeTo(t))
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		maps.Copy(errs, wrong)
		return h.refused(ctx, r, owner, t, errs)
	}
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: cardURL(owner, id), Toast: toast}, nil
}

// create stores a new task with the files that the form brought, which are kept on the viewer's own drive.
func (h pages) create(ctx context.Context, r *web.Request, t task.Task) (int64, error) {
	if r.MultipartForm != nil && h.files != nil {
		heads := r.MultipartForm.File["file"]
		if len(heads) > taskfile.MaxFiles {
			return 0, wrongAt("file", taskfile.ErrTooMany.Text)
		}
		for _, head := range heads {
			id, err := h.keep(ctx, r.Viewer.ID, head)
			if err != nil {
				return 0, wrongFile(err)
			}
			t.NewFiles = append(t.NewFiles, task.FileRef{FileID: id})
		}
	}
	created, err := h.tasks.Create(ctx, actor(r.Viewer), t)
	return created.ID, err
}

func (h pages) keep(ctx context.Context, userID int64, head *multipart.FileHeader) (int64, error) {
	content, err := head.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = content.Close() }()
	return h.files.Keep(ctx, userID, head.Filename, content)
}

// wrongFile puts why a file cannot be kept at its field.
func wrongFile(err error) error {
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	return wrongAt("file", fault.Of(err).Text)
}

func (h pages) refused(ctx context.Context, r *web.Request, owner int64, t task.Task, errs map[string]string) (web.Result, error) {
	_, id, err := formIDs(r)
	if err != nil {
		return nil, err
	}
	v := &formView{
		ID: id, Errors: errs, Title: r.FormValue("title"), Text: r.FormValue("description"), Deadline: r.FormValue("deadline"),
		Tags: r.FormValue("tags"), Responsible: r.FormValue("responsible"), Priority: r.FormValue("priority"),
		Control: r.Checked("control"), AllowDeadline: r.Checked("allow_deadline"), More: typedMore(r),
	}
	fields, _, _, err := h.added(ctx, r, 0)
	if err != nil {
		return nil, err
	}
	env, err := h.addedEnv(ctx, r, fields, t.Added)
	if err != nil {
		return nil, err
	}
	v.More.Custom = userfieldweb.Inputs(fields, t.Added, errs, env)
	page, err := h.formPage(ctx, r, owner, v, t.Accomplices, t.Auditors)
	page.Status = 422
	return page, err
}

// readTask reads the form. What is no number is refused; the rest is the service's to judge. The lists are read whatever
// happens, since they are shown again.
func readTask(r *web.Request) (t task.Task, err error) {
	t.Title, t.Description = r.FormValue("title"), strings.ReplaceAll(r.FormValue("description"), "\r\n", "\n")
	t.TaskControl, t.AllowChangeDeadline = r.Checked("control"), r.Checked("allow_deadline")
	t.Accomplices, t.Auditors = readIDs(r.PostForm["accomplices"]), readIDs(r.PostForm["auditors"])
	t.Tags = strings.Split(r.FormValue("tags"), ",")
	t.ResponsibleID = r.Int("responsible", 0)
	t.Priority = task.Priority(r.Int("priority", int64(task.Medium)))
	t.Deadline, err = readMoment(r, "deadline")
	if wrong := readMore(r, &t); err == nil {
		err = wrong
	}
	if !valid(t) && err == nil {
		err = fault.New(fault.Invalid, "TASK_INVALID", "The text holds characters that cannot be stored.").At("description")
	}
	return t, err
}

// valid reports whether the texts can be stored on every database.
func valid(t task.Task) bool {
	for _, s := range append([]string{t.Title, t.Description}, t.Tags...) {
		if strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "") != s {
			return false
		}
	}
	return true
}

func readIDs(texts []string) []int64 {
	var out []int64
	for _, s := range texts {
		if id, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// changeTo is the change that makes a task what the form says.
func changeTo(t task.Task) task.Change {
	c := task.Change{
		Title: &t.Title, Description: &t.Description, ResponsibleID: &t.ResponsibleID, Deadline: &t.Deadline, Priority: &t.Priority,
		Accomplices: &t.Accomplices, Auditors: &t.Auditors, Tags: &t.Tags, TaskControl: &t.TaskControl, AllowChangeDeadline: &t.AllowChangeDeadline,
	}
	changeMore(&c, &t)
	return c
}
