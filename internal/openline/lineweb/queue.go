package lineweb

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web/ui"
)

// maxPeople bounds how many people a form offers.
const maxPeople = 500

// facts are what the pages of a line show besides its settings.
type facts struct {
	people      []user.User // who could be asked
	departments []user.Department
	bots        []ui.Option
	folders     []ui.Option
	categories  []ui.Option
	agreements  []ui.Option     // that are switched on
	operators   []line.Operator // of the line
	users       map[int64]user.User
}

func (h pages) facts(ctx context.Context, l *line.Line) (*facts, error) {
	f := &facts{}
	var err error
	if f.people, err = h.Users.List(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Sort: user.FieldLastName, Limit: maxPeople}); err != nil {
		return nil, err
	}
	if f.departments, _, err = h.Users.Departments(ctx, user.DepartmentQuery{}); err != nil {
		return nil, err
	}
	if f.bots, err = h.Bots(ctx); err != nil {
		return nil, err
	}
	folders, err := h.Answers.Folders(ctx, 0)
	if err != nil {
		return nil, err
	}
	f.folders = folderOptions(folders, "All shared answers")
	if h.Categories != nil {
		all, err := h.Categories.List(ctx)
		if err != nil {
			return nil, err
		}
		f.categories = categoryOptions(all)
	}
	if h.Agreements != nil {
		if f.agreements, err = h.Agreements(ctx); err != nil {
			return nil, err
		}
	}
	if f.operators, err = h.Lines.Queue(ctx, *l); err != nil {
		return nil, err
	}
	var ids []int64
	for _, o := range f.operators {
		ids = append(ids, o.UserID)
	}
	for _, e := range l.Queue {
		if e.Kind == line.EntryUser {
			ids = append(ids, e.ID)
		}
	}
	ids = append(ids, l.FirstAnswer.To...)
	ids = append(ids, l.FurtherAnswer.To...)
	f.users, err = h.Users.Many(ctx, ids)
	return f, err
}

func folderOptions(folders []answer.Folder, none string) []ui.Option {
	out := []ui.Option{{Value: "0", Title: none}}
	for _, f := range folders {
		out = append(out, ui.Option{Value: strconv.FormatInt(f.ID, 10), Title: f.Name})
	}
	return out
}

// queueView is the queue as it can be put in order.
type queueView struct {
	Entries     []entryView
	People      []ui.Option
	Departments []ui.Option
	Error       string
	Operators   int
}

// Blank is the entry from which a script makes others.
func (queueView) Blank() entryView { return entryView{} }

// entryView is a place of the queue.
type entryView struct {
	Value, Name, Note string // Value is "user:5"
	Color, AvatarURL  string
	Department        bool
	Gone              bool // dismissed, or a department that is not there any more
	First, Last       bool
}

func (h pages) queueView(l *line.Line, f *facts, wrong string) *queueView {
	v := &queueView{Error: wrong, Operators: len(f.operators)}
	taken := map[string]bool{}
	for i, e := range l.Queue {
		entry := entryView{Value: entryValue(e), First: i == 0, Last: i == len(l.Queue)-1}
		taken[entry.Value] = true
		if e.Kind == line.EntryDepartment {
			entry.department(e.ID, f)
		} else {
			entry.person(e.ID, f)
		}
		v.Entries = append(v.Entries, entry)
	}
	for _, u := range f.people {
		if value := "user:" + strconv.FormatInt(u.ID, 10); !taken[value] {
			v.People = append(v.People, ui.Option{Value: value, Title: u.DisplayName()})
		}
	}
	for _, d := range f.departments {
		if value := "department:" + strconv.FormatInt(d.ID, 10); !taken[value] {
			v.Departments = append(v.Departments, ui.Option{Value: value, Title: d.Name})
		}
	}
	return v
}

func (e *entryView) person(id int64, f *facts) {
	u, ok := f.users[id]
	e.Gone = !ok || !u.Active || u.Kind != user.Employee
	e.Name, e.Note = "User "+strconv.FormatInt(id, 10), u.Position
	if ok {
		e.Name, e.Color, e.AvatarURL = u.DisplayName(), u.Color, u.AvatarPath()
	}
	if e.Gone {
		e.Note = "Dismissed: not asked"
	}
}

func (e *entryView) department(id int64, f *facts) {
	e.Department = true
	i := slices.IndexFunc(f.departments, func(d user.Department) bool { return d.ID == id })
	if i < 0 {
		e.Name, e.Note, e.Gone = "Department "+strconv.FormatInt(id, 10), "Not there any more", true
		return
	}
	n := 0
	for _, o := range f.operators {
		if o.DepartmentID == id {
			n++
		}
	}
	e.Name, e.Note = f.departments[i].Name, plural(n, "person", "people")+" of it and below, besides those above"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func entryValue(e line.Entry) string { return string(e.Kind) + ":" + strconv.FormatInt(e.ID, 10) }

// readQueue reads the places of a form: "user:5", "department:2".
func readQueue(values []string) []line.Entry {
	var out []line.Entry
	for _, v := range values {
		if e, ok := readEntry(v); ok {
			out = append(out, e)
		}
	}
	return out
}

func readEntry(value string) (line.Entry, bool) {
	kind, id, _ := strings.Cut(value, ":")
	n, err := strconv.ParseInt(id, 10, 64)
	e := line.Entry{Kind: line.EntryKind(kind), ID: n}
	return e, err == nil && n > 0 && (e.Kind == line.EntryUser || e.Kind == line.EntryDepartment)
}

// moved returns the queue after a step: "up:user:5", "down:user:5", "remove:user:5", or "add" of added.
func moved(queue []line.Entry, op, added string) []line.Entry {
	verb, value, _ := strings.Cut(op, ":")
	if verb == "add" {
		if e, ok := readEntry(added); ok {
			queue = append(queue, e)
		}
		return queue
	}
	i := slices.IndexFunc(queue, func(e line.Entry) bool { return entryValue(e) == value })
	switch {
	case i < 0:
	case verb == "remove":
		queue = slices.Delete(queue, i, i+1)
	case verb == "up" && i > 0:
		queue[i-1], queue[i] = queue[i], queue[i-1]
	case verb == "down" && i < len(queue)-1:
		queue[i+1], queue[i] = queue[i], queue[i+1]
	}
	return queue
}

// shownView is what clients see of operators.
type shownView struct {
	Mode      string // of OPERATOR_DATA
	All       line.Shown
	AllError  string
	Error     string
	Operators []shownRow
}

// shownRow is what clients see of one operator.
type shownRow struct {
	line.Shown

	ID      int64
	Profile string
}

func shownOf(l *line.Line, f *facts, wrong map[string]string) *shownView {
	v := &shownView{Mode: string(l.OperatorData), All: l.DefaultOperator, AllError: wrong["DEFAULT_OPERATOR_DATA"], Error: wrong["QUEUE_USERS_FIELDS"]}
	for _, o := range f.operators {
		v.Operators = append(v.Operators, shownRow{l.Shown[o.UserID], o.UserID, f.users[o.UserID].DisplayName()})
	}
	return v
}

// readShown reads what clients are to see. Who is not on the form keeps what they have.
func readShown(l *line.Line, form url.Values) {
	trim := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	l.DefaultOperator = line.Shown{Name: trim("all_name"), Avatar: trim("all_avatar")}
	shown := maps.Clone(l.Shown)
	if shown == nil {
		shown = map[int64]line.Shown{}
	}
	for _, text := range form["shown"] {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 {
			shown[id] = line.Shown{Name: trim("name_" + text), Position: trim("position_" + text), Avatar: trim("avatar_" + text)}
		}
	}
	l.Shown = shown
}
