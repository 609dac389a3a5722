package taskweb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/saved"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// listView is what the list shows.
type listView struct {
	frame
	Sorts   []sortLink
	Columns []column // those that are shown
	Choice  []columnChoice
	Rows    []row
	Total   int64
	Next    string // address of the next page
	First   string // address of the first page, when this is another
	Here    string // this page, where an action leads back to
	Export  string
	Bulk    bulkChoices
}

// frame is what all pages of a person's tasks share.
type frame struct {
	Owner  person
	Own    bool
	Base   string // address below which the actions are
	Query  query
	Tabs   []web.Tab // here and not in the top bar, so that their counts are refreshed with the rows
	Saved  []savedTab
	NewURL string
	Action string // of the filter's form
	Clear  string
}

// Encoded is the query that a saved filter keeps.
func (f frame) Encoded() string { return f.Query.values().Encode() }

// savedTab is a filter of the viewer's own.
type savedTab struct {
	ID      int64
	Name    string
	URL     string
	Current bool
}

// row is a task in the list.
type row struct {
	task.Task
	URL         string
	Status, Due label
	Responsible person
	Creator     person
	Tags        []string
	Mine        task.Marks // of the viewer
	Rights      task.Rights
}

type sortLink struct {
	Sort    task.Sort
	Title   string
	URL     string
	Current bool
}

var sortTitles = []struct {
	sort  task.Sort
	title string
}{
	{task.SortDeadline, "Deadline"},
	{task.SortPriority, "Priority"},
	{task.SortChanged, "Last change"},
	{task.SortCreated, "Newest"},
	{task.SortTitle, "Title"},
}

// column is a column of the list; Sort is the order that its head leads to.
type column struct {
	Key, Title string
	Sort       task.Sort
	URL        string // of that order; empty: there is none, or it is the current one
	Current    bool
}

type columnChoice struct {
	column
	On bool
}

var columns = []column{
	{Key: "deadline", Title: "Deadline", Sort: task.SortDeadline},
	{Key: "status", Title: "Status"},
	{Key: "responsible", Title: "Responsible"},
	{Key: "creator", Title: "Created by"},
	{Key: "priority", Title: "Priority", Sort: task.SortPriority},
	{Key: "tags", Title: "Tags"},
	{Key: "created", Title: "Created", Sort: task.SortCreated},
	{Key: "changed", Title: "Changed", Sort: task.SortChanged},
	{Key: "start", Title: "Planned start"},
	{Key: "end", Title: "Planned end"},
	{Key: "estimate", Title: "Estimate"},
	{Key: "number", Title: "Number"},
}

// usualColumns are shown to who has chosen none.
var usualColumns = []string{"deadline", "status", "responsible", "creator"}

// list shows the tasks of the person u that the viewer sees too.
func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	owner, err := h.owner(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	q := readQuery(owner.ID, r.URL.Query())
	o, err := h.overview(ctx, r, &q)
	if err != nil {
		return web.Page{}, err
	}
	found, err := h.tasks.Overview(ctx, actor(r.Viewer), o)
	if err != nil {
		return web.Page{}, err
	}
	v := &listView{}
	if v.frame, err = h.frame(ctx, r, owner, q, listURL(owner.ID)); err != nil {
		return web.Page{}, err
	}
	if v.Total, err = h.tasks.Total(ctx, actor(r.Viewer), o); err != nil {
		return web.Page{}, err
	}
	if err = h.fill(ctx, r, v, found); err != nil {
		return web.Page{}, err
	}
	p := h.page(r, owner, listURL(owner.ID), "task/list", v)
	p.Modules, p.Layout = []string{"task/list.js", "ui/inputs/pick.js"}, web.Wide
	p.Keys = append(p.Keys, web.Key{Keys: "J / K", Does: "Next or previous task"}, web.Key{Keys: "Enter", Does: "Open the task"},
		web.Key{Keys: "X", Does: "Select the task"}, web.Key{Keys: "/", Does: "Search in the list"}, web.Key{Keys: "A", Does: "Write a task in the list"})
	return p, nil
}

// fill puts the rows, and what surrounds them, into v.
func (h pages) fill(ctx context.Context, r *web.Request, v *listView, found task.OverviewPage) error {
	q, path := v.Query, listURL(v.Owner.ID)
	if found.Next != "" {
		next := q
		next.After = found.Next
		v.Next = next.address(path)
	}
	if q.After != "" {
		v.First = q.with(func(*query) {}).address(path)
	}
	v.Here, v.Export = q.address(path), q.with(func(*query) {}).address(path+"export/")
	for _, s := range sortTitles {
		v.Sorts = append(v.Sorts, sortLink{s.sort, s.title, q.with(func(q *query) { q.Sort = s.sort }).address(path), s.sort == q.Sort})
	}
	look, err := h.saved.Look(ctx, r.Viewer.ID)
	if err != nil {
		return err
	}
	v.chooseColumns(look)
	if v.Rows, err = h.rows(ctx, r, v.Owner.ID, found.Tasks); err != nil {
		return err
	}
	v.Bulk = bulkOf(localNow(r))
	return nil
}

func (v *listView) chooseColumns(look saved.Look) {
	chosen := look.Columns
	if chosen == nil {
		chosen = usualColumns
	}
	for _, c := range columns {
		on := slices.Contains(chosen, c.Key)
		if c.Sort != "" {
			c.Current = c.Sort == v.Query.Sort
			c.URL = v.Query.with(func(q *query) { q.Sort = c.Sort }).address(listURL(v.Owner.ID))
		}
		v.Choice = append(v.Choice, columnChoice{c, on})
		if on {
			v.Columns = append(v.Columns, c)
		}
	}
}

// page returns a page of a person's tasks; current is its address.
func (h pages) page(r *web.Request, owner user.User, current, template string, body any) web.Page {
	title := "Tasks"
	if owner.ID != r.Viewer.ID {
		title = "Tasks of " + owner.DisplayName()
	}
	newURL := editURL(r.Viewer.ID, 0)
	if owner.ID != r.Viewer.ID {
		newURL += "?responsible=" + strconv.FormatInt(owner.ID, 10)
	}
	return web.Page{
		Title: title, Section: Section, Template: template, Body: body, Layout: web.Full, Tabs: h.tabs(owner.ID, r.Viewer.ID, current),
		Actions: []web.Action{{Title: "New task", URL: newURL, Icon: "plus", Primary: true, Slider: true, Key: "n"}},
		Keys:    []web.Key{{Keys: "N", Does: "New task"}}, Styles: []string{"task/task.css"},
	}
}

// tabs are the ways to look at a person's tasks.
func (h pages) tabs(owner, viewer int64, current string) []web.Tab {
	list := listURL(owner)
	out := []web.Tab{{Title: "List", URL: list}, {Title: "Deadlines", URL: list + "deadlines/"}, {Title: "Board", URL: list + "board/"}}
	if owner == viewer {
		out = append(out, web.Tab{Title: "My plan", URL: planURL(owner)}, web.Tab{Title: "Templates", URL: templatesURL(owner)})
	}
	for i := range out {
		out[i].Current = out[i].URL == current
	}
	return out
}

// frame returns what the pages of a person's tasks share; path is that of the page.
func (h pages) frame(ctx context.Context, r *web.Request, owner user.User, q query, path string) (frame, error) {
	counts, err := h.tasks.Counts(ctx, actor(r.Viewer), owner.ID)
	if err != nil {
		return frame{}, err
	}
	f := frame{
		Owner: personOf(map[int64]user.User{owner.ID: owner}, owner.ID), Own: owner.ID == r.Viewer.ID, Base: listURL(owner.ID), Query: q,
		NewURL: editURL(r.Viewer.ID, 0), Action: path, Clear: query{Owner: q.Owner, View: task.ViewAll, Sort: q.Sort}.address(path),
	}
	if !f.Own {
		f.NewURL += "?responsible=" + strconv.FormatInt(owner.ID, 10)
	}
	f.Tabs = viewTabs(q, counts, path)
	filters, err := h.saved.Filters(ctx, r.Viewer.ID)
	for _, s := range filters {
		f.Saved = append(f.Saved, savedTab{s.ID, s.Name, savedAddress(path, s.Query), s.Query == q.values().Encode()})
	}
	return f, err
}

func savedAddress(path, encoded string) string {
	if encoded == "" {
		return path
	}
	return path + "?" + encoded
}

func viewTabs(q query, c task.Counts, path string) []web.Tab {
	var out []web.Tab
	for _, t := range []struct {
		view  task.View
		title string
		count int64
	}{
		{task.ViewAll, "All", c.All}, {task.ViewMine, "Mine", c.Mine}, {task.ViewOverdue, "Overdue", c.Overdue}, {task.ViewDone, "Done", c.Done},
	} {
		url := query{Owner: q.Owner, View: t.view, Sort: q.Sort}.address(path)
		out = append(out, web.Tab{Title: t.title, URL: url, Current: t.view == q.View && !q.Filtered(), Count: int(t.count)})
	}
	return out
}

// owner is the person whose tasks the address names.
func (h pages) owner(ctx context.Context, r *web.Request) (user.User, error) {
	id, err := r.PathID("u")
	if err != nil {
		return user.User{}, err
	}
	return h.users.Get(ctx, id)
}

// SortTitle is the name of the current order.
func (v listView) SortTitle() string {
	for _, s := range v.Sorts {
		if s.Current {
			return s.Title
		}
	}
	return ""
}

func (h pages) rows(ctx context.Context, r *web.Request, ownerID int64, tasks []task.Task) ([]row, error) {
	ids := make([]int64, len(tasks))
	var who []int64
	for i, t := range tasks {
		ids[i], who = t.ID, append(who, t.ResponsibleID, t.CreatedBy)
	}
	people, err := h.users.Many(ctx, who)
	if err != nil {
		return nil, fmt.Errorf("people of tasks: %w", err)
	}
	tags, err := h.tasks.TagsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	marks, err := h.tasks.MarksOf(ctx, actor(r.Viewer), ids)
	if err != nil {
		return nil, err
	}
	now := localNow(r)
	out := make([]row, len(tasks))
	for i, t := range tasks {
		out[i] = row{
			Task: t, URL: cardURL(ownerID, t.ID), Status: statusOf(t.Status), Due: dueOf(r.Viewer, t, now), Tags: tags[t.ID], Mine: marks[t.ID],
			Responsible: personOf(people, t.ResponsibleID), Creator: personOf(people, t.CreatedBy), Rights: task.RightsOf(actor(r.Viewer), t),
		}
	}
	return out, nil
}

// PriorityName is the priority in a word.
func (r row) PriorityName() string { return priorityNames[r.Priority] }

// Estimate says how long the task is thought to take; empty where nobody said.
func (r row) Estimate() string { return hours(r.TimeEstimate) }

// hours writes a duration as people plan in: "1 h 30 min".
func hours(d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case d <= 0:
		return ""
	case h == 0:
		return fmt.Sprintf("%d min", max(1, m))
	case m == 0:
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %d min", h, m)
}

// localNow is the time of the request in the viewer's zone.
func localNow(r *web.Request) time.Time { return r.Now.In(r.Viewer.Zone()) }
