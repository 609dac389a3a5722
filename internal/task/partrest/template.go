package partrest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/taskfile"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/user"
)

const templatePages = "api-reference/tasks/template/tasks-template-"

func (h handlers) registerTemplate(r *rest.Registry) {
	r.Add(
		rest.M("tasks.template.add", "task", rest.Everyone, "Adds a template of tasks.", h.templateAdd, rest.Doc(templatePages+"add.md")),
		rest.M("tasks.template.update", "task", rest.Everyone, "Changes a template.", h.templateUpdate, rest.Doc(templatePages+"update.md")),
		rest.M("tasks.template.get", "task", rest.Everyone, "Answers a template.", h.templateGet, rest.Doc(templatePages+"get.md")),
		rest.M("tasks.template.delete", "task", rest.Everyone, "Removes a template.", h.templateDelete, rest.Doc(templatePages+"delete.md")),
		rest.M("tasks.template.fields", "task", rest.Everyone, "Describes the fields of templates.", templateFields, rest.Doc(templatePages+"fields.md")),
	)
	h.registerTemplateChecklist(r)
}

// templateID reads templateId.
func templateID(v *phpform.Value) (int64, error) { return intOf(v, "templateId") }

// objectOf reads a parameter that has to be an object with something in it.
func objectOf(v *phpform.Value, name string) (phpform.Value, error) {
	if v == nil || v.IsNull() || v.IsArray() && v.Len() == 0 || !v.IsArray() {
		return phpform.Value{}, numbered("100", "Could not find value for parameter {"+name+"}")
	}
	return *v, nil
}

var errTemplateDenied = numbered("0", "Access denied")

type templateAddParams struct {
	Fields *phpform.Value `b24:"fields,needed"`
}

func (h handlers) templateAdd(ctx context.Context, c *rest.Call, p templateAddParams) (int64, error) {
	fields, err := objectOf(p.Fields, "fields")
	if err != nil {
		return 0, err
	}
	for _, name := range []string{"TITLE", "CREATED_BY", "RESPONSIBLE_ID"} {
		if v, _ := fields.GetFold(name); v.Text() == "" || v.Text() == "0" {
			return 0, nil // as the page says: none is made
		}
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return 0, err
	}
	t := template.Template{Priority: task.Medium, AllowChangeDeadline: true}
	if err := fillTemplate(&t, fields, zone); err != nil {
		return 0, err
	}
	t, err = h.Templates.Add(ctx, actor(c), t)
	if errors.Is(err, template.ErrDenied) {
		return 0, errTemplateDenied
	}
	return t.ID, templateFault(err)
}

func templateFault(err error) error {
	if errors.Is(err, template.ErrInvalid) || errors.Is(err, template.ErrCircle) || errors.Is(err, taskfile.ErrFile) || errors.Is(err, taskfile.ErrTooMany) {
		return numbered("0", fault.Of(err).Text)
	}
	return err
}

type templateUpdateParams struct {
	TemplateID *phpform.Value `b24:"templateId,needed"`
	Fields     *phpform.Value `b24:"fields,needed"`
}

func (h handlers) templateUpdate(ctx context.Context, c *rest.Call, p templateUpdateParams) (bool, error) {
	id, err := templateID(p.TemplateID)
	if err != nil {
		return false, err
	}
	fields, err := objectOf(p.Fields, "fields")
	if err != nil {
		return false, err
	}
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return false, err
	}
	err = h.Templates.Update(ctx, actor(c), id, func(t *template.Template) error { return fillTemplate(t, fields, zone) })
	if errors.Is(err, template.ErrNotFound) || errors.Is(err, template.ErrDenied) {
		return false, nil
	}
	return err == nil, templateFault(err)
}

type templateDeleteParams struct {
	TemplateID *phpform.Value `b24:"templateId,needed"`
}

// templateDelete answers false whatever happens, as the page says.
func (h handlers) templateDelete(ctx context.Context, c *rest.Call, p templateDeleteParams) (bool, error) {
	id, err := templateID(p.TemplateID)
	if err != nil {
		return false, err
	}
	err = h.Templates.Delete(ctx, actor(c), id)
	if errors.Is(err, template.ErrNotFound) || errors.Is(err, template.ErrDenied) {
		return false, nil
	}
	return false, err
}

// fillTemplate sets the given fields of t. A field that cannot be filled is a fault that names it.
func fillTemplate(t *template.Template, fields phpform.Value, zone *time.Location) error {
	for _, e := range fields.Entries() {
		ok, known := fillField(t, strings.ToUpper(e.Key), e.Value, zone)
		switch {
		case !known:
			return numbered("0", "Field "+clip(e.Key)+" of a template cannot be filled")
		case !ok:
			return numbered("0", "Field "+clip(e.Key)+" of a template has a wrong value")
		}
	}
	return nil
}

func fillField(t *template.Template, name string, v phpform.Value, zone *time.Location) (ok, known bool) {
	numbers := map[string]*int64{
		"PARENT_ID": &t.ParentID, "GROUP_ID": &t.GroupID, "STAGE_ID": &t.StageID, "CREATED_BY": &t.CreatedBy, "BASE_TEMPLATE_ID": &t.BaseID,
	}
	lists := map[string]*[]int64{"DEPENDS_ON": &t.DependsOn, "RESPONSIBLES": &t.Responsibles, "ACCOMPLICES": &t.Accomplices, "AUDITORS": &t.Auditors}
	flags := map[string]*bool{
		"MULTITASK": &t.Multitask, "REPLICATE": &t.Replicate, "TASK_CONTROL": &t.TaskControl, "ADD_IN_REPORT": &t.AddInReport,
		"ALLOW_CHANGE_DEADLINE": &t.AllowChangeDeadline, "ALLOW_TIME_TRACKING": &t.AllowTimeTracking, "MATCH_WORK_TIME": &t.MatchWorkTime,
	}
	texts := map[string]*string{"TITLE": &t.Title, "DESCRIPTION": &t.Description, "XML_ID": &t.XMLID}
	spans := map[string]**time.Duration{
		"DEADLINE_AFTER": &t.DeadlineAfter, "START_DATE_PLAN_AFTER": &t.StartAfter, "END_DATE_PLAN_AFTER": &t.EndAfter,
	}
	switch {
	case numbers[name] != nil:
		n, ok := number(v)
		*numbers[name] = *n
		return ok && *n >= 0, true
	case lists[name] != nil:
		ids, ok := idsOf(v)
		if ok && (name != "RESPONSIBLES" || len(ids) > 0) {
			*lists[name] = ids
		}
		return ok, true
	case flags[name] != nil:
		b, ok := flag(v)
		*flags[name] = b
		return ok, true
	case texts[name] != nil:
		*texts[name] = v.Text()
		return !v.IsArray(), true
	case spans[name] != nil:
		return spanOf(v, spans[name]), true
	}
	return fillOther(t, name, v, zone)
}

// fillOther sets what has a form of its own.
func fillOther(t *template.Template, name string, v phpform.Value, zone *time.Location) (ok, known bool) {
	switch name {
	case "ID": // is passed over
		return true, true
	case "RESPONSIBLE_ID":
		n, ok := number(v)
		if others := t.Responsibles; len(others) > 1 && slices.Contains(others, *n) {
			i := slices.Index(others, *n)
			others[0], others[i] = others[i], others[0]
		} else {
			t.Responsibles = []int64{*n}
		}
		return ok && *n > 0, true
	case "PRIORITY":
		n, ok := number(v)
		t.Priority = task.Priority(*n)
		return ok, true
	case "STATUS": // the tasks wait to be begun
		return v.Text() == "1" || v.Text() == "2", true
	case "SITE_ID":
		return v.Text() == "s1" || v.Text() == "", true
	case "TPARAM_TYPE": // nobody makes tasks for new users yet
		return v.Text() == "0" || v.Text() == "", true
	case "TAGS", "UF_CRM_TASK":
		list := []string{}
		for _, e := range v.Entries() {
			list = append(list, e.Value.Text())
		}
		if name == "TAGS" {
			t.Tags = list
		} else {
			t.CRM = list
		}
		return v.IsArray() || v.Text() == "", true
	case "UF_TASK_WEBDAV_FILES":
		refs, ok := fileRefs(v)
		t.NewFiles = &refs
		return ok, true
	case "REPLICATE_PARAMS":
		s, ok := readSchedule(v, zone)
		t.Schedule = &s
		return ok, true
	}
	return false, false
}

func idsOf(v phpform.Value) ([]int64, bool) {
	if !v.IsArray() {
		return []int64{}, v.Text() == ""
	}
	out := []int64{}
	for _, e := range v.Entries() {
		id, ok := e.Value.Int()
		if !ok || id <= 0 {
			return nil, false
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, true
}

// spanOf reads seconds; nothing is none.
func spanOf(v phpform.Value, to **time.Duration) bool {
	if v.IsNull() || !v.IsArray() && v.Text() == "" {
		*to = nil
		return true
	}
	n, ok := v.Int()
	if !ok || n < 0 || n > 1<<31 {
		return false
	}
	d := time.Duration(n) * time.Second
	*to = &d
	return true
}

type templateGetParams struct {
	TemplateID *phpform.Value `b24:"templateId,needed"`
	Params     struct {
		Select []string `b24:"select"`
	} `b24:"params"`
}

func (h handlers) templateGet(ctx context.Context, c *rest.Call, p templateGetParams) (out phpform.Value, err error) {
	if p.TemplateID == nil || p.TemplateID.IsNull() {
		return out, numbered("100", "Could not find value for parameter {templateId}")
	}
	id, ok := p.TemplateID.Int()
	if !ok {
		return phpform.BoolOf(false), nil
	}
	t, err := h.Templates.Get(ctx, actor(c), id)
	if errors.Is(err, template.ErrNotFound) {
		return phpform.BoolOf(false), nil
	}
	if err != nil {
		return out, err
	}
	return h.templateRow(ctx, c, t, p.Params.Select)
}

func (h handlers) templateRow(ctx context.Context, c *rest.Call, t template.Template, names []string) (out phpform.Value, err error) {
	zone, err := h.zone(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	children, err := h.Templates.Children(ctx, t.ID)
	if err != nil {
		return out, err
	}
	ties, err := h.Templates.ListFiles(ctx, actor(c), t.ID)
	if err != nil {
		return out, err
	}
	people, err := h.Users.Many(ctx, []int64{t.CreatedBy, t.Responsibles[0]})
	if err != nil {
		return out, err
	}
	null := phpform.NullValue()
	span := func(d *time.Duration) phpform.Value {
		if d == nil {
			return null
		}
		return idText(int64(*d / time.Second))
	}
	list := func(v phpform.Value, n int) phpform.Value {
		if n == 0 {
			return null
		}
		return v
	}
	var o object
	o.set("ID", idText(t.ID)).str("TITLE", t.Title).str("DESCRIPTION", t.Description).str("DESCRIPTION_IN_BBCODE", "Y")
	o.set("PRIORITY", idText(int64(t.Priority))).str("STATUS", "1").set("STAGE_ID", idText(t.StageID)).set("RESPONSIBLE_ID", idText(t.Responsibles[0]))
	o.set("DEADLINE_AFTER", span(t.DeadlineAfter)).set("START_DATE_PLAN_AFTER", span(t.StartAfter)).set("END_DATE_PLAN_AFTER", span(t.EndAfter))
	o.set("REPLICATE", yesNo(t.Replicate)).set("CREATED_BY", idText(t.CreatedBy)).set("XML_ID", list(phpform.StringOf(t.XMLID), len(t.XMLID)))
	o.set("ALLOW_CHANGE_DEADLINE", yesNo(t.AllowChangeDeadline)).set("ALLOW_TIME_TRACKING", yesNo(t.AllowTimeTracking))
	o.set("TASK_CONTROL", yesNo(t.TaskControl)).set("ADD_IN_REPORT", yesNo(t.AddInReport)).set("GROUP_ID", idText(t.GroupID))
	o.set("PARENT_ID", idText(t.ParentID)).set("MULTITASK", yesNo(t.Multitask)).str("SITE_ID", "s1").set("ACCOMPLICES", serializedIDs(t.Accomplices))
	o.set("AUDITORS", serializedIDs(t.Auditors)).set("RESPONSIBLES", serializedIDs(t.Responsibles)).set("FILES", null)
	o.set("TAGS", list(texts(t.Tags), len(t.Tags))).set("DEPENDS_ON", list(serializedIDs(t.DependsOn), len(t.DependsOn)))
	o.set("MATCH_WORK_TIME", yesNo(t.MatchWorkTime)).set("TASK_ID", null).str("TPARAM_TYPE", "0").set("TPARAM_REPLICATION_COUNT", idText(t.Count))
	if t.Schedule == nil {
		o.set("REPLICATE_PARAMS", null)
	} else {
		o.str("REPLICATE_PARAMS", serialized(scheduleValue(t, zone)))
	}
	o.set("BASE_TEMPLATE_ID", idText(t.BaseID)).set("TEMPLATE_CHILDREN_COUNT", idText(children))
	personOf(&o, "CREATED_BY", people[t.CreatedBy])
	personOf(&o, "RESPONSIBLE", people[t.Responsibles[0]])
	o.str("SCENARIO", "default").set("UF_CRM_TASK", texts(t.CRM)).set("UF_TASK_WEBDAV_FILES", attachments(ties))
	return picked(o.value(), names), nil
}

// personOf writes who somebody is. The file of a picture has no number here, so that is null.
func personOf(o *object, prefix string, u user.User) {
	o.str(prefix+"_NAME", u.FirstName).str(prefix+"_LAST_NAME", u.LastName).str(prefix+"_SECOND_NAME", u.SecondName)
	o.str(prefix+"_LOGIN", u.Login).str(prefix+"_WORK_POSITION", u.Position).set(prefix+"_PHOTO", phpform.NullValue())
}

// picked leaves the fields names of a row; nothing and "*" are all.
func picked(row phpform.Value, names []string) phpform.Value {
	all := func(s string) bool { return s == "*" }
	if len(names) == 0 || slices.ContainsFunc(names, all) {
		return row
	}
	var o object
	for _, e := range row.Entries() {
		same := func(s string) bool {
			return strings.EqualFold(s, e.Key) || strings.EqualFold(s, "UF_*") && strings.HasPrefix(e.Key, "UF_")
		}
		if slices.ContainsFunc(names, same) {
			o.set(e.Key, e.Value)
		}
	}
	return o.value()
}
