package taskweb

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// query is which tasks a page shows, as its address says it. What is as usual is left out of the address.
type query struct {
	Owner int64
	View  task.View
	Sort  task.Sort
	After string

	Text, Role, Responsible, Creator, Tag, Status, Due, Priority string
	Favorite                                                     bool

	errs map[string]string // by the names of inputs
}

// texts are the parameters of the filter, by their names in the address.
func (q *query) texts() map[string]*string {
	return map[string]*string{
		"q": &q.Text, "role": &q.Role, "responsible": &q.Responsible, "creator": &q.Creator, "tag": &q.Tag, "status": &q.Status, "due": &q.Due, "priority": &q.Priority,
	}
}

// readQuery reads an address; what is none of the choices is the usual one.
func readQuery(owner int64, form url.Values) query {
	q := query{Owner: owner, View: task.View(form.Get("view")), Sort: task.Sort(form.Get("sort")), After: form.Get("after"), Favorite: form.Get("favorite") == "1"}
	for name, dst := range q.texts() {
		*dst = strings.TrimSpace(user.CleanText(form.Get(name), 200))
	}
	if !q.View.Valid() {
		q.View = task.ViewAll
	}
	if !q.Sort.Valid() {
		q.Sort = task.SortDeadline
	}
	for _, c := range []struct {
		value   *string
		choices []ui.Option
	}{{&q.Role, roleOptions}, {&q.Status, statusOptions}, {&q.Due, dueOptions}, {&q.Priority, priorityOptions}} {
		if !slices.ContainsFunc(c.choices, func(o ui.Option) bool { return o.Value == *c.value }) {
			*c.value = ""
		}
	}
	return q
}

// values returns the query of the address without the page.
func (q query) values() url.Values {
	v := url.Values{}
	if q.View != task.ViewAll {
		v.Set("view", string(q.View))
	}
	if q.Sort != task.SortDeadline {
		v.Set("sort", string(q.Sort))
	}
	for name, text := range q.texts() {
		if *text != "" {
			v.Set(name, *text)
		}
	}
	if q.Favorite {
		v.Set("favorite", "1")
	}
	return v
}

// address returns that of a page with q: path is listURL or what stands below it.
func (q query) address(path string) string {
	v := q.values()
	if q.After != "" {
		v.Set("after", q.After)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// with returns q as change makes it, from its first page on.
func (q query) with(change func(*query)) query {
	q.After = ""
	change(&q)
	return q
}

// Filtered reports whether something of the filter is chosen, besides the view.
func (q query) Filtered() bool {
	for _, text := range q.texts() {
		if *text != "" {
			return true
		}
	}
	return q.Favorite
}

// Panel reports whether something is chosen in the part of the filter that is folded away.
func (q query) Panel() bool {
	q.Text = ""
	return q.Filtered()
}

// Err returns what is wrong with an input.
func (q query) Err(name string) string { return q.errs[name] }

// The choices of the filter.
var (
	roleOptions = []ui.Option{
		{Title: "Any part"},
		{Value: "R", Title: "Responsible"},
		{Value: "A", Title: "Participant"},
		{Value: "O", Title: "Creator"},
		{Value: "U", Title: "Observer"},
	}
	statusOptions = []ui.Option{
		{Title: "Any status"},
		{Value: "open", Title: "Not done"},
		{Value: "todo", Title: "To do"},
		{Value: "progress", Title: "In progress"},
		{Value: "awaiting", Title: "Waiting for approval"},
		{Value: "done", Title: "Done"},
		{Value: "deferred", Title: "Put off or declined"},
	}
	dueOptions = []ui.Option{
		{Title: "Any deadline"},
		{Value: "overdue", Title: "Overdue"},
		{Value: "today", Title: "Today"},
		{Value: "tomorrow", Title: "Tomorrow"},
		{Value: "week", Title: "This week"},
		{Value: "later", Title: "Later"},
		{Value: "none", Title: "No deadline"},
	}
	priorityOptions = []ui.Option{{Title: "Any priority"}, {Value: "2", Title: "High"}, {Value: "1", Title: "Normal"}, {Value: "0", Title: "Low"}}
)

// Roles, StatusChoices, Dues and Priorities are the choices, for the template.
func (query) Roles() []ui.Option { return roleOptions }

// StatusChoices are the choices of the status.
func (query) StatusChoices() []ui.Option { return statusOptions }

// Dues are the choices of the deadline.
func (query) Dues() []ui.Option { return dueOptions }

// PriorityChoices are the choices of the priority.
func (query) PriorityChoices() []ui.Option { return priorityOptions }

var statusesOf = map[string][]task.Status{
	"open":     {task.New, task.Pending, task.InProgress, task.Deferred, task.Declined},
	"todo":     {task.New, task.Pending},
	"progress": {task.InProgress},
	"awaiting": {task.Awaiting},
	"done":     {task.Completed},
	"deferred": {task.Deferred, task.Declined},
}

// nobody is a number that no person has: who is not found has no tasks.
const nobody = -1

// overview turns q into what the area is asked for. A person who is not found is said so in q.errs.
func (h pages) overview(ctx context.Context, r *web.Request, q *query) (task.Overview, error) {
	n := task.Narrow{Role: task.Role(q.Role), Text: q.Text, Tag: q.Tag, Statuses: statusesOf[q.Status], Favorite: q.Favorite}
	narrowDue(&n, q.Due, localNow(r))
	if p, err := strconv.ParseInt(q.Priority, 10, 64); err == nil {
		n.Priorities = []task.Priority{task.Priority(p)}
	}
	q.errs = map[string]string{}
	for name, who := range map[string]struct {
		text string
		dst  *int64
	}{"responsible": {q.Responsible, &n.Responsible}, "creator": {q.Creator, &n.Creator}} {
		if who.text == "" {
			continue
		}
		u, err := h.personTyped(ctx, who.text)
		if err != nil {
			return task.Overview{}, err
		}
		if *who.dst = u.ID; u.ID == 0 {
			*who.dst, q.errs[name] = nobody, "Nobody is found by that."
		}
	}
	return task.Overview{OwnerID: q.Owner, View: q.View, Narrow: n, Sort: q.Sort, After: q.After, Limit: pageSize}, nil
}

// day returns the midnight that begins a day so many days after now's.
func day(now time.Time, after int) time.Time {
	return time.Date(now.Year(), now.Month(), now.Day()+after, 0, 0, 0, 0, now.Location())
}

// nextWeek is how many days after now the next week begins: weeks begin on Monday.
func nextWeek(now time.Time) int { return (7-int(now.Weekday()))%7 + 1 }

// narrowDue narrows n to deadlines, by days where now is.
func narrowDue(n *task.Narrow, due string, now time.Time) {
	switch due {
	case "overdue":
		n.DueBefore, n.Open = now, true
	case "today":
		n.DueFrom, n.DueBefore = day(now, 0), day(now, 1)
	case "tomorrow":
		n.DueFrom, n.DueBefore = day(now, 1), day(now, 2)
	case "week":
		n.DueFrom, n.DueBefore = day(now, 0), day(now, nextWeek(now))
	case "later":
		n.DueFrom = day(now, nextWeek(now))
	case "none":
		n.NoDeadline = true
	}
}

// personTyped returns the person whom a text means: their number, login, address or name; a user without a number is nobody.
func (h pages) personTyped(ctx context.Context, text string) (user.User, error) {
	if id, err := strconv.ParseInt(text, 10, 64); err == nil {
		found, err := h.users.Many(ctx, []int64{id})
		return found[id], err
	}
	u, err := h.users.ByLogin(ctx, text)
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return u, err
	}
	list, err := h.users.List(ctx, user.Query{Kinds: []user.Kind{user.Employee, user.Extranet}, Search: text, Limit: 20})
	if err != nil {
		return user.User{}, err
	}
	for _, u := range list {
		if len(list) == 1 || strings.EqualFold(u.DisplayName(), text) {
			return u, nil
		}
	}
	return user.User{}, nil
}
