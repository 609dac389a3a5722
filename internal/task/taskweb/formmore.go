package taskweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// moreForm is the part of the form that is folded away, as it was typed.
type moreForm struct {
	Parent, Waits, Start, End, Hours                      string
	AllowPlan                                             bool
	Tracking, DeadlineByParts, CompleteByParts, ResultDue bool
	Custom                                                []userfieldweb.Input // of the fields that were added to tasks
	Open                                                  bool
}

// moreOf returns the part of the form for a task that is there.
func moreOf(r *web.Request, t task.Task) moreForm {
	m := moreForm{
		Tracking: t.AllowTimeTracking, DeadlineByParts: t.DeadlineByParts, CompleteByParts: t.CompleteByParts, ResultDue: t.ResultRequired,
		Start: inputOf(r, t.StartPlan), End: inputOf(r, t.EndPlan), AllowPlan: t.AllowChangePlan,
	}
	if t.ParentID != 0 {
		m.Parent = strconv.FormatInt(t.ParentID, 10)
	}
	var waits []string
	for _, id := range t.DependsOn {
		waits = append(waits, strconv.FormatInt(id, 10))
	}
	m.Waits = strings.Join(waits, ", ")
	if t.TimeEstimate > 0 {
		m.Hours = strconv.FormatFloat(t.TimeEstimate.Hours(), 'f', -1, 64)
	}
	m.Open = m.Parent+m.Waits+m.Start+m.End+m.Hours != "" || m.AllowPlan || m.Tracking || m.DeadlineByParts || m.CompleteByParts || m.ResultDue
	return m
}

func inputOf(r *web.Request, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.Viewer.Zone()).Format(inputTime)
}

// typedMore returns the part of the form as it was sent.
func typedMore(r *web.Request) moreForm {
	return moreForm{
		Parent: r.FormValue("parent"), Waits: r.FormValue("waits"), Start: r.FormValue("start"), End: r.FormValue("end"), Hours: r.FormValue("estimate"),
		AllowPlan: r.Checked("allow_plan"), Tracking: r.Checked("tracking"), DeadlineByParts: r.Checked("deadline_by_parts"), CompleteByParts: r.Checked("complete_by_parts"),
		ResultDue: r.Checked("result_due"), Open: true,
	}
}

func wrongAt(name, text string) error { return fault.New(fault.Invalid, "TASK_INVALID", text).At(name) }

// readMore reads that part into t.
func readMore(r *web.Request, t *task.Task) (err error) {
	m := typedMore(r)
	t.AllowChangePlan = m.AllowPlan
	t.AllowTimeTracking, t.DeadlineByParts, t.CompleteByParts, t.ResultRequired = m.Tracking, m.DeadlineByParts, m.CompleteByParts, m.ResultDue
	if text := strings.TrimPrefix(strings.TrimSpace(m.Parent), "#"); text != "" {
		if t.ParentID, err = strconv.ParseInt(text, 10, 64); err != nil {
			return wrongAt("parent", "Write the number of the task.")
		}
	}
	for text := range strings.FieldsFuncSeq(m.Waits, func(r rune) bool { return r == ',' || r == ' ' || r == '#' }) {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return wrongAt("waits", "Write numbers of tasks, separated by commas.")
		}
		t.DependsOn = append(t.DependsOn, id)
	}
	if text := strings.Replace(strings.TrimSpace(m.Hours), ",", ".", 1); text != "" {
		h, err := strconv.ParseFloat(text, 64)
		if err != nil || !(h >= 0 && h <= 100_000) {
			return wrongAt("estimate", "Write the hours as 1.5.")
		}
		t.TimeEstimate = time.Duration(h * float64(time.Hour)).Round(time.Minute)
	}
	if t.StartPlan, err = readMoment(r, "start"); err == nil {
		t.EndPlan, err = readMoment(r, "end")
	}
	return err
}

// changeMore puts that part into a change.
func changeMore(c *task.Change, t *task.Task) {
	c.ParentID, c.DependsOn, c.TimeEstimate, c.StartPlan, c.EndPlan = &t.ParentID, &t.DependsOn, &t.TimeEstimate, &t.StartPlan, &t.EndPlan
	c.AllowChangePlan = &t.AllowChangePlan
	c.AllowTimeTracking, c.DeadlineByParts, c.CompleteByParts, c.ResultRequired = &t.AllowTimeTracking, &t.DeadlineByParts, &t.CompleteByParts, &t.ResultRequired
	if t.Added != nil {
		c.Added = &t.Added
	}
}

// added returns the fields that were added to tasks, what a task has in them, and how that is shown.
func (h pages) added(ctx context.Context, r *web.Request, id int64) (fields []userfield.Field, values userfield.Values, env userfieldweb.Env, err error) {
	if h.fields == nil {
		return nil, nil, env, nil
	}
	if fields, err = h.fields.Fields(ctx, task.EntityName); err != nil || len(fields) == 0 {
		return nil, nil, env, err
	}
	if id != 0 {
		all, err := h.fields.Values(ctx, task.EntityName, []int64{id})
		if err != nil {
			return nil, nil, env, err
		}
		values = all[id]
	} else {
		values = userfield.Values{}
		for _, f := range fields {
			values[f.Name] = f.Defaults(r.Now)
		}
	}
	env, err = h.addedEnv(ctx, r, fields, values)
	return fields, values, env, err
}

func (h pages) addedEnv(ctx context.Context, r *web.Request, fields []userfield.Field, values userfield.Values) (userfieldweb.Env, error) {
	people, err := h.users.Many(ctx, userfield.People(fields, values))
	if err != nil {
		return userfieldweb.Env{}, err
	}
	env := userfieldweb.Env{
		Language: r.Viewer.Language, Zone: r.Viewer.Zone(), Clock12: r.Viewer.Clock12,
		Person: func(id int64) userfieldweb.Person {
			u, ok := people[id]
			if !ok {
				return userfieldweb.Person{}
			}
			return userfieldweb.Person{Name: u.DisplayName(), Login: u.Login, URL: u.ProfilePath()}
		},
	}
	return env.With(ctx, h.fieldFiles, fields, values)
}

// readAdded reads the fields that were added out of the form. What is wrong is told by the names of fields.
func (h pages) readAdded(ctx context.Context, r *web.Request) (userfield.Values, map[string]string, error) {
	fields, _, env, err := h.added(ctx, r, 0)
	if err != nil || len(fields) == 0 {
		return nil, nil, err
	}
	broken, err := userfieldweb.Receive(ctx, r, fields, h.fields)
	if err != nil {
		return nil, nil, err
	}
	values, errs := userfieldweb.Parse(r.PostForm, fields, env, func(text string) (int64, error) {
		u, err := h.personTyped(ctx, text)
		if err == nil && u.ID == 0 {
			err = wrongAt("", "Nobody is found by that.")
		}
		return u.ID, err
	})
	errs = userfieldweb.Both(errs, broken)
	return values, errs, nil
}
