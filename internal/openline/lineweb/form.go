package lineweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// errNoTab is returned for an address that no tab has.
var errNoTab = fault.New(fault.NotFound, "NOT_FOUND", "There is no such page.")

// formView is a tab of a line, with what was typed.
type formView struct {
	ID     int64
	Name   string
	Saves  string // where the form is sent
	Groups []groupView
	Errors map[string]string
	Wrong  int // how many fields are to be mended
	Story  []step
	Hours  hours
	Zones  []string // offered where a time zone is asked for
	Delete string   // where the form that deletes the line is sent; empty: not on this tab
}

type groupView struct {
	Title, Text string
	Inputs      []input
	Queue       *queueView // the queue is beside the distribution
	Shown       *shownView
}

// input is a control with its value.
type input struct {
	control

	Kind    string // of the template
	Value   string
	On      bool
	Unit    string
	Units   []ui.Option
	Choices []choice
	Max     int64
	List    string // the id of what is offered
	Error   string
}

// choice is one of several that can be ticked.
type choice struct {
	Value, Title string
	On           bool
}

// place finds the line and the tab of an address; the viewer must be allowed to change the line.
func (h pages) place(ctx context.Context, r *web.Request) (line.Line, *tab, error) {
	id, err := r.PathID("id")
	if err != nil {
		return line.Line{}, nil, err
	}
	t := tabOf(r.PathValue("tab"))
	if t == nil {
		return line.Line{}, nil, errNoTab
	}
	l, err := h.Lines.Get(ctx, id)
	if err == nil && !line.MayManage(r.Viewer.Ref(), l) {
		err = line.ErrDenied
	}
	return l, t, err
}

func (h pages) show(ctx context.Context, r *web.Request) (web.Page, error) {
	l, t, err := h.place(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.page(ctx, r, &l, &l, t, nil, nil)
}

// save stores what was typed, or shows the form again with all that is wrong. With a step of the queue, such as "up:user:5", it shows
// the form with that done and stores nothing: so the queue is put in order without a script.
func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	stored, t, err := h.place(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	typed, wrong := read(stored, t, r.PostForm)
	if op := r.PostForm.Get("op"); op != "" {
		typed.Queue = moved(typed.Queue, op, r.PostForm.Get("ADD"))
		return h.page(ctx, r, &stored, &typed, t, r.PostForm, nil)
	}
	if len(wrong) == 0 {
		before, after, err := h.Lines.Update(ctx, r.Viewer.Ref(), stored.ID, func(l *line.Line) error {
			*l, wrong = read(*l, t, r.PostForm)
			return wrong.Err()
		})
		if err == nil {
			return web.Redirect{To: lineURL(stored.ID, t.Slug), Toast: savedText(&before, &after)}, nil
		}
		if !errors.As(err, &wrong) {
			return nil, err
		}
	}
	if err := h.also(ctx, &stored, typed, &wrong); err != nil {
		return nil, err
	}
	p, err := h.page(ctx, r, &stored, &typed, t, r.PostForm, wrong)
	p.Status = http.StatusUnprocessableEntity
	return p, err
}

// also adds what else is wrong with what could be read, so that everything is said at once.
func (h pages) also(ctx context.Context, stored *line.Line, typed line.Line, wrong *line.Faults) error {
	err := h.Lines.Check(ctx, *stored, typed)
	var more line.Faults
	if err != nil && !errors.As(err, &more) {
		return err
	}
	for _, f := range more {
		if !slices.ContainsFunc(*wrong, func(known *fault.Fault) bool { return known.Field == f.Field }) {
			*wrong = append(*wrong, f)
		}
	}
	return nil
}

// savedText says what changed.
func savedText(before, after *line.Line) string {
	changes := line.Changes(before, after)
	if len(changes) == 0 {
		return "Nothing changed"
	}
	var names []string
	for _, c := range changes {
		names = append(names, c.Title)
	}
	const most = 4
	if len(names) > most {
		names = append(names[:most], strconv.Itoa(len(changes)-most)+" more")
	}
	return "Saved: " + strings.Join(names, ", ")
}

// read puts the form into a copy of l, as far as it can be read.
func read(l line.Line, t *tab, form url.Values) (line.Line, line.Faults) {
	var wrong line.Faults
	for _, g := range t.Groups {
		for _, c := range g.Controls {
			_ = wrong.Add(readControl(&l, c.Name, form)) // they are all faults
		}
	}
	switch t.Slug {
	case "":
		l.Queue = readQueue(form["QUEUE"])
	case "texts":
		readShown(&l, form)
	}
	return l, wrong
}

func readControl(l *line.Line, name string, form url.Values) error {
	f := line.FieldNamed(name)
	switch f.Kind {
	case line.Seconds:
		n, err := strconv.ParseInt(strings.TrimSpace(form.Get(name)), 10, 64)
		unit, ok := unitSeconds[form.Get(name+"_UNIT")]
		if form.Get(name) == "" {
			n, err = 0, nil
		}
		if err != nil || n < 0 || !ok || n > f.Max/unit {
			return fault.Argument(name, name+" must be a whole number, and at most a year")
		}
		return f.Assign(l, []string{strconv.FormatInt(n*unit, 10)})
	case line.Text:
		return f.Assign(l, []string{strings.ReplaceAll(form.Get(name), "\r\n", "\n")})
	case line.Flag, line.Number, line.Word, line.Clock:
		return f.Assign(l, []string{form.Get(name)})
	}
	return f.Assign(l, form[name])
}

// unitSeconds are the units in which times are typed.
var unitSeconds = map[string]int64{"s": 1, "min": 60, "h": 3600, "d": 86400}

var units = []ui.Option{{Value: "s", Title: "seconds"}, {Value: "min", Title: "minutes"}, {Value: "h", Title: "hours"}, {Value: "d", Title: "days"}}

// inUnit returns d in the largest unit of which it is a whole number.
func inUnit(d time.Duration) (n int64, unit string) {
	n = int64(d / time.Second)
	for _, u := range []string{"d", "h", "min"} {
		if n > 0 && n%unitSeconds[u] == 0 {
			return n / unitSeconds[u], u
		}
	}
	if n == 0 {
		return 0, "min"
	}
	return n, "s"
}

// page shows a tab: what is stored beside it, what was typed in its fields. form is nil before anything was typed.
func (h pages) page(ctx context.Context, r *web.Request, stored, typed *line.Line, t *tab, form url.Values, wrong line.Faults) (web.Page, error) {
	facts, err := h.facts(ctx, typed)
	if err != nil {
		return web.Page{}, err
	}
	v := &formView{ID: stored.ID, Name: stored.Name, Saves: lineURL(stored.ID, or(t.Slug, "queue")), Errors: map[string]string{}, Hours: h.hours(r, *stored)}
	for _, f := range wrong {
		v.Errors[f.Field] = words(f)
	}
	v.Wrong = len(v.Errors)
	for _, g := range t.Groups {
		gv := groupView{Title: g.Title, Text: g.Text}
		for _, c := range g.Controls {
			if c.Name == "TEMPORARY" && !stored.Temporary {
				continue
			}
			gv.Inputs = append(gv.Inputs, makeInput(c, typed, form, facts, v.Errors[c.Name]))
		}
		switch {
		case g.Title == "Distribution":
			gv.Queue = h.queueView(typed, facts, v.Errors["QUEUE"])
		case t.Slug == "texts" && g.Title == "What clients see of operators":
			gv.Shown = shownOf(typed, facts, v.Errors)
		}
		v.Groups = append(v.Groups, gv)
	}
	if v.Story, err = h.story(ctx, r, stored, facts); err != nil {
		return web.Page{}, err
	}
	if t.Slug == "hours" {
		v.Zones = zones
	}
	if t.Slug == "" {
		v.Delete = lineURL(stored.ID, "") + "delete"
	}
	p := h.section().Page(stored.Name, "form", v)
	p.Modules = []string{"line/line.js", "ui/inputs/inputs.js"}
	p.Back = URL
	for _, other := range tabs {
		p.Tabs = append(p.Tabs, web.Tab{Title: other.Title, URL: lineURL(stored.ID, other.Slug), Current: other.Slug == t.Slug})
	}
	return p, nil
}

// words returns the text of a fault for people: without the name that the wire has for the field.
func words(f *fault.Fault) string {
	text := strings.TrimPrefix(f.Text, f.Field+" ")
	if text == "" {
		return f.Text
	}
	return "This " + text + "."
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// makeInput returns the input of a control, with what was typed where something was.
func makeInput(c control, l *line.Line, form url.Values, facts *facts, wrong string) input {
	f := line.FieldNamed(c.Name)
	in := input{control: c, Value: f.Text(l), Max: f.Max, Error: wrong, Kind: "text"}
	if typed, ok := form[c.Name]; ok && !f.IsList() {
		in.Value = typed[0]
	}
	switch f.Kind {
	case line.Flag:
		in.Kind, in.On = "flag", f.Text(l) == "Y"
	case line.Seconds:
		in.Kind, in.Units = "time", units
		if form == nil {
			var n int64
			d, _ := strconv.ParseInt(f.Text(l), 10, 64)
			n, in.Unit = inUnit(time.Duration(d) * time.Second)
			in.Value = strconv.FormatInt(n, 10)
		} else {
			in.Unit = form.Get(c.Name + "_UNIT")
		}
	case line.Number:
		in.Kind = "number"
		if strings.HasSuffix(c.Name, "BOT_ID") {
			in.Kind, in.Options = "choice", botOptions(facts.bots, f.Text(l))
		}
		if c.Name == "QUICK_ANSWERS_IBLOCK_ID" {
			in.Kind, in.Options = "choice", facts.folders
		}
		if c.Name == "CATEGORY_ID" {
			in.Kind, in.Options = "choice", facts.categories
		}
		if c.Name == "AGREEMENT_ID" {
			in.Kind, in.Options = "choice", agreementOptions(facts.agreements, f.Text(l))
		}
	case line.Clock:
		in.Kind = "clock"
		if form == nil {
			in.Value = clockValue(in.Value)
		}
	case line.Word:
		in.Kind = "choice"
	case line.Days:
		in.Kind, in.Choices = "ticks", dayChoices(f.List(l))
	case line.Dates:
		in.Value = strings.ReplaceAll(f.Text(l), ",", ", ")
		if typed, ok := form[c.Name]; ok {
			in.Value = typed[0]
		}
	case line.Persons:
		in.Kind, in.Choices = "people", peopleChoices(facts, f.List(l))
	case line.Text:
		if c.Rows > 0 {
			in.Kind = "long"
		}
		if c.Name == "WORKTIME_TIMEZONE" {
			in.List = "line-zones"
		}
	}
	return in
}

// clockValue makes "9.30" what a browser takes for a time: "09:30".
func clockValue(text string) string {
	hour, minute, _ := strings.Cut(text, ".")
	if len(hour) == 1 {
		hour = "0" + hour
	}
	return hour + ":" + or(minute, "00")
}

func dayChoices(on []string) (out []choice) {
	for i, d := range []string{"MO", "TU", "WE", "TH", "FR", "SA", "SU"} {
		out = append(out, choice{d, time.Weekday((i + 1) % 7).String(), slices.Contains(on, d)})
	}
	return out
}

// botOptions offers the bots, and the present one where it has gone.
func botOptions(bots []ui.Option, now string) []ui.Option {
	out := append([]ui.Option{{Value: "0", Title: "None"}}, bots...)
	if now != "0" && !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == now }) {
		out = append(out, ui.Option{Value: now, Title: "Bot " + now + ", which is not there"})
	}
	return out
}

// agreementOptions offers the line's own text and the agreements, and the present one where it is switched off.
func agreementOptions(agreements []ui.Option, now string) []ui.Option {
	out := append([]ui.Option{{Value: "0", Title: "A text of this line"}}, agreements...)
	if !slices.ContainsFunc(out, func(o ui.Option) bool { return o.Value == now }) {
		out = append(out, ui.Option{Value: now, Title: "Agreement " + now + ", which is not there"})
	}
	return out
}

// peopleChoices offers those who can be told, and who is told already, whether they are offered or not: first.
func peopleChoices(facts *facts, on []string) (out []choice) {
	offered := map[string]bool{}
	for _, u := range facts.people {
		id := strconv.FormatInt(u.ID, 10)
		offered[id] = true
		out = append(out, choice{id, u.DisplayName(), slices.Contains(on, id)})
	}
	for _, id := range on {
		if !offered[id] {
			n, _ := strconv.ParseInt(id, 10, 64)
			out = append(out, choice{id, or(facts.users[n].DisplayName(), "User "+id), true})
		}
	}
	slices.SortStableFunc(out, func(a, b choice) int { return cmp.Compare(btoi(b.On), btoi(a.On)) })
	return out
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// zones are offered; every other one of the IANA database can be typed.
var zones = []string{
	"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Chicago",
	"America/Denver", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Almaty",
	"Asia/Bangkok", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Karachi", "Asia/Kolkata", "Asia/Manila", "Asia/Seoul",
	"Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Athens", "Europe/Berlin", "Europe/Dublin", "Europe/Helsinki",
	"Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Prague", "Europe/Rome",
	"Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland", "UTC",
}
