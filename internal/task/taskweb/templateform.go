package taskweb

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/template"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// templateView is the form of a template, with what was typed.
type templateView struct {
	formView

	Template                                          template.Template
	Others                                            []ui.Person
	Tracking                                          bool
	Parent                                            string
	Base                                              string
	Bases                                             []ui.Option
	WaitsFor                                          []templateChoice
	After                                             afterView
	Units                                             []ui.Option
	Repeat                                            repeatView
	Next                                              time.Time
	Items                                             []templateItem
	Lists                                             []templateItem
	Attached                                          []attachedView
	MayAttach                                         bool
	Periods, Weeks, Weekdays, Months, Tills, EveryDay []ui.Option
}

// afterView is when things are due after the making of a task.
type afterView struct{ Deadline, DeadlineUnit, Start, StartUnit, End, EndUnit string }

// templateChoice is another template that can be ticked.
type templateChoice struct {
	ID    int64
	Title string
	On    bool
}

// templateItem is a line of a template's checklists.
type templateItem struct {
	checklist.Item
	URL           string
	Depth         int
	Before, After int64 // its neighbours; 0: none
}

// repeatView is how a template repeats, as it is typed.
type repeatView struct {
	On, Workdays                    bool
	Period, Every, Day, Week        string
	Weekday, Month, Time, Start     string
	Till, Times, End, DeadlineHours string
	Days                            []dayChoice
	By                              string // "day" or "week"
}

type dayChoice struct {
	Value int
	Title string
	On    bool
}

var (
	weekdayNames = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	weekNames    = []string{"first", "second", "third", "fourth", "last"}
)

func (h pages) templateForm(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := templateIDs(r)
	if err != nil {
		return web.Page{}, err
	}
	t := template.Template{Responsibles: []int64{r.Viewer.ID}, AllowChangeDeadline: true, Priority: 1, CreatedBy: r.Viewer.ID}
	if id != 0 {
		if t, err = h.plans.Get(ctx, actor(r.Viewer), id); err != nil {
			return web.Page{}, err
		}
		if !t.MayEdit(actor(r.Viewer)) {
			return web.Page{}, template.ErrDenied
		}
	}
	return h.templatePage(ctx, r, id, t, nil)
}

func (h pages) templatePage(ctx context.Context, r *web.Request, id int64, t template.Template, errs map[string]string) (web.Page, error) {
	me := r.Viewer.ID
	v := &templateView{Template: t, Next: t.Next, Tracking: t.AllowTimeTracking, After: afterOf(t), Repeat: repeatOf(r, t)}
	v.ID, v.Errors, v.Title, v.Text, v.Tags = id, errs, t.Title, t.Description, strings.Join(t.Tags, ", ")
	v.Priority, v.Control, v.AllowDeadline = strconv.FormatInt(int64(t.Priority), 10), t.TaskControl, t.AllowChangeDeadline
	if len(t.Responsibles) > 0 {
		v.Responsible = strconv.FormatInt(t.Responsibles[0], 10)
	}
	if t.ParentID != 0 {
		v.Parent = strconv.FormatInt(t.ParentID, 10)
	}
	v.Base = strconv.FormatInt(t.BaseID, 10)
	if errs != nil {
		v.typed(r)
	}
	if err := h.otherTemplates(ctx, r, v, t); err != nil {
		return web.Page{}, err
	}
	page, err := h.formPage(ctx, r, me, &v.formView, t.Accomplices, t.Auditors)
	if err != nil {
		return page, err
	}
	others, err := h.chosen(ctx, t.Responsibles[min(1, len(t.Responsibles)):])
	if err != nil {
		return page, err
	}
	v.Others = others[0]
	if err := h.templateItems(ctx, r, v); err != nil {
		return page, err
	}
	if err := h.templateFiles(ctx, r, v); err != nil {
		return page, err
	}
	v.choices()
	v.URL, v.Cancel = templateURL(me, id), templatesURL(me)
	page.Title, page.Template, page.Body, page.Back, page.Behind = "New template", "task/template", v, v.Cancel, v.Cancel
	if id != 0 {
		page.Title = "Template"
	}
	return page, nil
}

// typed shows what was typed where it could not be read.
func (v *templateView) typed(r *web.Request) {
	v.Parent, v.Base = r.FormValue("parent"), r.FormValue("base")
	v.After = afterView{
		r.FormValue("deadline"), r.FormValue("deadline_unit"), r.FormValue("start"), r.FormValue("start_unit"), r.FormValue("end"), r.FormValue("end_unit"),
	}
	days := v.Repeat.Days
	v.Repeat = repeatView{
		On: r.Checked("repeat"), Workdays: r.FormValue("workdays") == "1", Period: r.FormValue("period"), Every: r.FormValue("every"), Day: r.FormValue("day"),
		Week: r.FormValue("week"), Weekday: r.FormValue("weekday"), Month: r.FormValue("month"), Time: r.FormValue("time"), Start: r.FormValue("from"),
		Till: r.FormValue("till"), Times: r.FormValue("times"), End: r.FormValue("until"), By: r.FormValue("by"),
	}
	for i := range days {
		days[i].On = slices.Contains(r.PostForm["weekdays"], strconv.Itoa(days[i].Value))
	}
	v.Repeat.Days = days
}

func (v *templateView) choices() {
	for _, s := range spans {
		v.Units = append(v.Units, ui.Option{Value: s.key, Title: s.title})
	}
	v.Periods = []ui.Option{{Value: "daily", Title: "Days"}, {Value: "weekly", Title: "Weeks"}, {Value: "monthly", Title: "Months"}, {Value: "yearly", Title: "Year"}}
	v.EveryDay = []ui.Option{{Value: "0", Title: "All days"}, {Value: "1", Title: "Monday to Friday"}}
	v.Tills = []ui.Option{{Value: "endless", Title: "Never"}, {Value: "times", Title: "After a number of tasks"}, {Value: "date", Title: "On a day"}}
	for i, name := range weekNames {
		v.Weeks = append(v.Weeks, ui.Option{Value: strconv.Itoa(i), Title: name})
	}
	for i, name := range weekdayNames {
		v.Weekdays = append(v.Weekdays, ui.Option{Value: strconv.Itoa(i + 1), Title: name})
	}
	for m := time.January; m <= time.December; m++ {
		v.Months = append(v.Months, ui.Option{Value: strconv.Itoa(int(m)), Title: m.String()})
	}
}

// maxTemplates bounds how many other templates the form offers.
const maxTemplates = 500

// otherTemplates offers the templates that can be above v's, or of whose tasks those of v can wait. What is chosen stays, though the
// viewer does not see it.
func (h pages) otherTemplates(ctx context.Context, r *web.Request, v *templateView, t template.Template) error {
	list, err := h.plans.List(ctx, actor(r.Viewer), 0, maxTemplates)
	if err != nil {
		return err
	}
	titles, ids := map[int64]string{}, []int64{}
	for _, x := range list {
		if x.ID != v.ID {
			titles[x.ID], ids = x.Title, append(ids, x.ID)
		}
	}
	for _, id := range append(slices.Clone(t.DependsOn), t.BaseID) {
		if _, known := titles[id]; !known && id != 0 && id != v.ID {
			titles[id], ids = "Template "+strconv.FormatInt(id, 10), append(ids, id)
		}
	}
	v.Bases = []ui.Option{{Value: "0", Title: "None"}}
	for _, id := range ids {
		v.Bases = append(v.Bases, ui.Option{Value: strconv.FormatInt(id, 10), Title: titles[id]})
		v.WaitsFor = append(v.WaitsFor, templateChoice{id, titles[id], slices.Contains(t.DependsOn, id)})
	}
	return nil
}

func (h pages) templateItems(ctx context.Context, r *web.Request, v *templateView) error {
	if v.ID == 0 {
		return nil
	}
	roots, _, err := h.plans.Checklists().Trees(ctx, actor(r.Viewer), v.ID)
	if err != nil {
		return err
	}
	var walk func(list []*checklist.Node, depth int)
	walk = func(list []*checklist.Node, depth int) {
		for k, n := range list {
			i := templateItem{Item: n.Item, URL: templateURL(r.Viewer.ID, v.ID) + "item/" + strconv.FormatInt(n.ID, 10) + "/", Depth: depth}
			if k > 0 {
				i.Before = list[k-1].ID
			}
			if k < len(list)-1 {
				i.After = list[k+1].ID
			}
			v.Items = append(v.Items, i)
			if depth == 0 {
				v.Lists = append(v.Lists, i)
			}
			walk(n.Parts, depth+1)
		}
	}
	walk(roots, 0)
	return nil
}

// afterOf writes times in the largest unit that fits.
func afterOf(t template.Template) (v afterView) {
	write := func(d *time.Duration) (string, string) {
		if d == nil {
			return "", "days"
		}
		for _, i := range []int{2, 1, 0} {
			if *d%spans[i].unit == 0 && (*d > 0 || i == 1) {
				return strconv.FormatInt(int64(*d/spans[i].unit), 10), spans[i].key
			}
		}
		return strconv.FormatInt(int64(*d/time.Minute), 10), "minutes"
	}
	v.Deadline, v.DeadlineUnit = write(t.DeadlineAfter)
	v.Start, v.StartUnit = write(t.StartAfter)
	v.End, v.EndUnit = write(t.EndAfter)
	return v
}

// repeatOf writes a schedule; without one, that of every workday at nine.
func repeatOf(r *web.Request, t template.Template) repeatView {
	s := template.Schedule{
		Period: template.Daily, Minute: 9 * 60, Till: template.Endless, EveryDay: 1, EveryWeek: 1, EveryMonth: 1, WorkdaysOnly: true, Day: 1, Weekday: 1,
		Month: 1, Start: r.Now, Times: 10,
	}
	if t.Schedule != nil {
		s = *t.Schedule
	}
	every := map[template.Period]int{template.Daily: s.EveryDay, template.Weekly: s.EveryWeek, template.Monthly: s.EveryMonth, template.Yearly: 1}[s.Period]
	v := repeatView{
		On: t.Replicate, Workdays: s.WorkdaysOnly, Period: string(s.Period), Every: strconv.Itoa(every), Day: strconv.Itoa(s.Day),
		Week: strconv.Itoa(s.Week), Weekday: strconv.Itoa(s.Weekday), Month: strconv.Itoa(s.Month), Till: string(s.Till), By: "day",
		Time: time.Date(2000, 1, 1, s.Minute/60, s.Minute%60, 0, 0, time.UTC).Format("15:04"), Times: strconv.FormatInt(max(s.Times, 1), 10),
	}
	if s.ByWeekday {
		v.By = "week"
	}
	if !s.Start.IsZero() {
		v.Start = s.Start.In(r.Viewer.Zone()).Format(time.DateOnly)
	}
	if !s.End.IsZero() {
		v.End = s.End.In(r.Viewer.Zone()).Format(time.DateOnly)
	}
	for i, name := range weekdayNames {
		v.Days = append(v.Days, dayChoice{i + 1, name[:3], slices.Contains(s.WeekDays, i+1)})
	}
	return v
}

// readRepeat reads how a template repeats; what is not shown for its period stays as it is.
func readRepeat(r *web.Request, t *template.Template) error {
	t.Replicate = r.Checked("repeat")
	if !t.Replicate {
		return nil
	}
	s := template.Schedule{EveryDay: 1, EveryWeek: 1, EveryMonth: 1, Day: 1, Weekday: 1, Month: 1}
	if t.Schedule != nil {
		s = *t.Schedule
	}
	clock, err := time.Parse("15:04", strings.TrimSpace(r.FormValue("time")))
	if err != nil {
		return wrongAt("time", "Write the time as 09:00.")
	}
	s.Minute = clock.Hour()*60 + clock.Minute()
	s.Period, s.Till = template.Period(r.FormValue("period")), template.Till(r.FormValue("till"))
	if s.Start, err = readDay(r, "from"); err != nil {
		return err
	}
	every := int(r.Int("every", 0))
	switch s.Period {
	case template.Daily:
		s.EveryDay, s.WorkdaysOnly, s.MonthInterval = every, r.FormValue("workdays") == "1", 0
	case template.Weekly:
		s.EveryWeek, s.WeekDays = every, nil
		for _, d := range readIDs(r.PostForm["weekdays"]) {
			s.WeekDays = append(s.WeekDays, int(d))
		}
	case template.Monthly, template.Yearly:
		s.ByWeekday, s.Day, s.Week, s.Weekday = r.FormValue("by") == "week", int(r.Int("day", 1)), int(r.Int("week", 0)), int(r.Int("weekday", 1))
		if s.Period == template.Monthly {
			s.EveryMonth = every
		} else {
			s.Month = int(r.Int("month", 1))
		}
	}
	switch s.Till {
	case template.Times:
		if s.Times = r.Int("times", 0); s.Times < 1 {
			return wrongAt("times", "Write how many tasks there shall be.")
		}
	case template.Date:
		last, err := readDay(r, "until")
		if err != nil {
			return err
		}
		if last.IsZero() {
			return wrongAt("until", "Choose the last day.")
		}
		s.End = last.AddDate(0, 0, 1).Add(-time.Second) // the day itself counts
	}
	if !s.Valid() {
		return errRepeat
	}
	t.Schedule = &s
	return nil
}

// readDay reads a day, its first moment where the viewer is; zero where there is none.
func readDay(r *web.Request, name string) (time.Time, error) {
	text := strings.TrimSpace(r.FormValue(name))
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, r.Viewer.Zone())
	if err != nil || t.Year() < 1970 {
		return t, wrongAt(name, "Write a day.")
	}
	return t.UTC(), nil
}
