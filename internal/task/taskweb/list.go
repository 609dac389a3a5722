package taskweb

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// listView is what the list shows.
type listView struct {
	Owner    person
	Own      bool
	View     task.View
	Sort     task.Sort
	Sorts    []sortLink
	Tabs     []web.Tab // here and not in the top bar, so that their counts are refreshed with the rows
	Rows     []row
	Next     string // address of the next page
	First    string // address of the first page, when this is another
	NewURL   string
	Complete string // address that completes what is selected
	Back     string // where completing leads back to
}

// row is a task in the list.
type row struct {
	task.Task
	URL         string
	Status, Due label
	Responsible person
	Creator     person
	CanComplete bool
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

// list shows the tasks of the person u that the viewer sees too.
func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	owner, err := h.owner(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	o := overviewOf(r, owner.ID)
	found, err := h.tasks.Overview(ctx, actor(r.Viewer), o)
	if err != nil {
		return web.Page{}, err
	}
	counts, err := h.tasks.Counts(ctx, actor(r.Viewer), owner.ID)
	if err != nil {
		return web.Page{}, err
	}
	v := newListView(o, personOf(map[int64]user.User{owner.ID: owner}, owner.ID), r.Viewer.ID)
	v.Tabs = viewTabs(o, counts)
	if found.Next != "" {
		v.Next = listAddress(o, found.Next)
	}
	if v.Rows, err = h.rows(ctx, r, owner.ID, found.Tasks); err != nil {
		return web.Page{}, err
	}
	title := "Tasks"
	if !v.Own {
		title = "Tasks of " + v.Owner.Name
	}
	return web.Page{
		Title: title, Section: Section, Template: "task/list", Body: v, Layout: web.Wide,
		Actions: []web.Action{{Title: "New task", URL: v.NewURL, Icon: "plus", Primary: true, Slider: true, Key: "n"}},
		Keys:    []web.Key{{Keys: "N", Does: "New task"}},
		Modules: []string{"task/list.js"}, Styles: []string{"task/task.css"},
	}, nil
}

// owner is the person whose tasks the address names.
func (h pages) owner(ctx context.Context, r *web.Request) (user.User, error) {
	id, err := r.PathID("u")
	if err != nil {
		return user.User{}, err
	}
	return h.users.Get(ctx, id)
}

// overviewOf reads view, sort and page from the address; what is none is the usual one.
func overviewOf(r *web.Request, ownerID int64) task.Overview {
	o := task.Overview{
		OwnerID: ownerID, View: task.View(r.FormValue("view")), Sort: task.Sort(r.FormValue("sort")), After: r.FormValue("after"), Limit: pageSize,
	}
	if !o.View.Valid() {
		o.View = task.ViewAll
	}
	if !o.Sort.Valid() {
		o.Sort = task.SortDeadline
	}
	return o
}

// listAddress is the address of a list; what is as usual is left out.
func listAddress(o task.Overview, after string) string {
	q := url.Values{}
	if o.View != task.ViewAll {
		q.Set("view", string(o.View))
	}
	if o.Sort != task.SortDeadline {
		q.Set("sort", string(o.Sort))
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return listURL(o.OwnerID)
	}
	return listURL(o.OwnerID) + "?" + q.Encode()
}

func newListView(o task.Overview, owner person, viewerID int64) listView {
	v := listView{
		Owner: owner, Own: owner.ID == viewerID, View: o.View, Sort: o.Sort, NewURL: editURL(viewerID, 0),
		Complete: listURL(o.OwnerID) + "complete/", Back: listAddress(o, o.After),
	}
	if !v.Own {
		v.NewURL += "?responsible=" + strconv.FormatInt(owner.ID, 10)
	}
	if o.After != "" {
		v.First = listAddress(o, "")
	}
	for _, s := range sortTitles {
		to := o
		to.Sort = s.sort
		v.Sorts = append(v.Sorts, sortLink{s.sort, s.title, listAddress(to, ""), s.sort == o.Sort})
	}
	return v
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

func viewTabs(o task.Overview, c task.Counts) []web.Tab {
	var out []web.Tab
	for _, t := range []struct {
		view  task.View
		title string
		count int64
	}{
		{task.ViewAll, "All", c.All}, {task.ViewMine, "Mine", c.Mine}, {task.ViewOverdue, "Overdue", c.Overdue}, {task.ViewDone, "Done", c.Done},
	} {
		to := o
		to.View = t.view
		out = append(out, web.Tab{Title: t.title, URL: listAddress(to, ""), Current: t.view == o.View, Count: int(t.count)})
	}
	return out
}

func (h pages) rows(ctx context.Context, r *web.Request, ownerID int64, tasks []task.Task) ([]row, error) {
	var ids []int64
	for _, t := range tasks {
		ids = append(ids, t.ResponsibleID, t.CreatedBy)
	}
	people, err := h.users.Many(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("people of tasks: %w", err)
	}
	now := localNow(r)
	out := make([]row, len(tasks))
	for i, t := range tasks {
		out[i] = row{
			Task: t, URL: cardURL(ownerID, t.ID), Status: statusOf(t.Status), Due: dueOf(r.Viewer, t, now),
			Responsible: personOf(people, t.ResponsibleID), Creator: personOf(people, t.CreatedBy),
			CanComplete: task.RightsOf(actor(r.Viewer), t).Complete,
		}
	}
	return out, nil
}

// localNow is the time of the request in the viewer's zone.
func localNow(r *web.Request) time.Time { return r.Now.In(r.Viewer.Zone()) }

// completeMany completes the tasks that were selected in the list. Those which somebody else has completed meanwhile, or
// which are not the viewer's to complete, are left as they are and said so.
func (h pages) completeMany(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, err := r.PathID("u")
	if err != nil {
		return nil, err
	}
	ids := r.PostForm["id"]
	done := 0
	for _, text := range ids[:min(len(ids), pageSize)] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue
		}
		_, err = h.tasks.Complete(ctx, actor(r.Viewer), id)
		if fault.KindOf(err) == fault.Internal && err != nil {
			return nil, err
		}
		if err == nil {
			done++
		}
	}
	to := cmp.Or(localList(r.FormValue("back"), owner), listURL(owner))
	toast := count(done, "task") + " done"
	if left := len(ids) - done; left > 0 {
		toast += fmt.Sprintf(", %d could not be completed", left)
	}
	return web.Redirect{To: to, Toast: toast}, nil
}

// localList returns address when it is one of the owner's lists.
func localList(address string, owner int64) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Path != listURL(owner) {
		return ""
	}
	return address
}
