package taskweb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/task/checklist"
	"github.com/portico-hq/portico/internal/task/elapsed"
	"github.com/portico-hq/portico/internal/task/part"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// checkItem is an item of a checklist as the card shows it; or a checklist itself.
type checkItem struct {
	ID         int64
	Title      string
	Done       bool
	Important  bool
	People     []person
	Parts      []checkItem
	Count, All int // done and all below it
	Percent    int
	Edit       bool
	Toggle     bool
	URL        string // below which its actions are
	Before     int64  // the item before it, to be moved above; 0: it is the first
	After      int64  // the item behind it
}

// Who are the people of the item in words.
func (c checkItem) Who() string {
	var names []string
	for _, p := range c.People {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// timeView is what the card shows of the time that was spent.
type timeView struct {
	Running  *time.Time // since when the viewer's clock runs
	Others   []person   // whose clocks run too
	Spent    string     // in words
	Seconds  int64      // without what runs
	Estimate string
	Over     bool // more than was thought
	Percent  int
	Records  []timeRecord
	May      bool // the viewer may write time down
}

// timeRecord is a line of the time that was spent.
type timeRecord struct {
	ID      int64
	Who     person
	Spent   string
	Comment string
	At      time.Time
	Mine    bool
	URL     string
}

// newestFirst is the order of records.
var newestFirst = []part.Order{{Name: "CREATED_DATE", Desc: true}, {Name: "ID", Desc: true}}

// maxRecords is how many records of time the card shows.
const maxRecords = 50

// checklists returns those of a task, and whether the viewer may add another.
func (h pages) checklists(ctx context.Context, r *web.Request, owner, id int64) (lists []checkItem, edit bool, err error) {
	roots, rights, err := h.checks.Trees(ctx, actor(r.Viewer), id)
	if err != nil {
		return nil, false, err
	}
	var ids []int64
	var gather func([]*checklist.Node)
	gather = func(nodes []*checklist.Node) {
		for _, n := range nodes {
			for _, m := range n.Members {
				ids = append(ids, m.UserID)
			}
			gather(n.Parts)
		}
	}
	gather(roots)
	people, err := h.users.Many(ctx, ids)
	return checkItems(roots, rights, people, cardURL(owner, id)+"check/"), rights.Edit, err
}

func checkItems(nodes []*checklist.Node, rights checklist.Rights, people map[int64]user.User, url string) []checkItem {
	out := make([]checkItem, len(nodes))
	for i, n := range nodes {
		c := checkItem{
			ID: n.ID, Title: n.Title, Done: n.Complete, Important: n.Important, Count: n.Done, All: n.Total, Percent: n.Percent(), Edit: rights.Edit,
			Toggle: rights.Toggle, URL: url + strconv.FormatInt(n.ID, 10) + "/",
		}
		for _, m := range n.Members {
			c.People = append(c.People, personOf(people, m.UserID))
		}
		if i > 0 {
			c.Before = nodes[i-1].ID
		}
		if i+1 < len(nodes) {
			c.After = nodes[i+1].ID
		}
		c.Parts = checkItems(n.Parts, rights, people, url)
		out[i] = c
	}
	return out
}

// itemAction answers a button of an item of a checklist.
func (h pages) itemAction(do func(ctx context.Context, r *web.Request, taskID, item int64) error) web.ResultFunc {
	return func(ctx context.Context, r *web.Request) (web.Result, error) {
		owner, id, err := taskIDs(r)
		if err != nil {
			return nil, err
		}
		item := int64(0)
		if r.PathValue("item") != "" {
			if item, err = r.PathID("item"); err != nil {
				return nil, err
			}
		}
		return web.Redirect{To: cardURL(owner, id) + "#checklists"}, do(ctx, r, id, item)
	}
}

// addItem adds an item, or with parent 0 a checklist. Several lines are several items.
func (h pages) addItem(ctx context.Context, r *web.Request, id, _ int64) error {
	parent := r.Int("parent", 0)
	added := false
	for line := range strings.Lines(r.FormValue("title")) {
		if line = strings.TrimSpace(user.CleanText(line, 4*checklist.MaxTitle)); line == "" {
			continue
		}
		if _, err := h.checks.Add(ctx, actor(r.Viewer), id, checklist.New{Title: line, ParentID: &parent}); err != nil {
			return err
		}
		added = true
	}
	if !added {
		return checklist.ErrTitle
	}
	return nil
}

func (h pages) toggleItem(ctx context.Context, r *web.Request, id, item int64) error {
	done := chosen(r, "done")
	_, err := h.checks.Update(ctx, actor(r.Viewer), id, item, checklist.Change{Complete: &done})
	return err
}

func (h pages) renameItem(ctx context.Context, r *web.Request, id, item int64) error {
	title := strings.TrimSpace(user.CleanText(r.FormValue("title"), 4*checklist.MaxTitle))
	important := r.Checked("important")
	c := checklist.Change{Title: &title, Important: &important}
	if text := strings.TrimSpace(r.FormValue("person")); text != "" {
		u, err := h.personTyped(ctx, text)
		if err == nil && u.ID == 0 {
			err = fault.New(fault.Invalid, "TASK_INVALID", "Nobody is found by that.").At("person")
		}
		if err != nil {
			return err
		}
		members := []checklist.Member{{UserID: u.ID, Role: checklist.Accomplice}}
		c.Members = &members
	} else if r.Checked("nobody") {
		c.Members = &[]checklist.Member{}
	}
	_, err := h.checks.Update(ctx, actor(r.Viewer), id, item, c)
	return err
}

// moveItem puts an item before or behind another.
func (h pages) moveItem(ctx context.Context, r *web.Request, id, item int64) error {
	var err error
	if before := r.Int("before", 0); before != 0 {
		_, err = h.checks.MoveBefore(ctx, actor(r.Viewer), id, item, before)
	} else {
		_, err = h.checks.MoveAfter(ctx, actor(r.Viewer), id, item, r.Int("after", 0))
	}
	return err
}

func (h pages) removeItem(ctx context.Context, r *web.Request, id, item int64) error {
	return h.checks.Delete(ctx, actor(r.Viewer), id, item)
}

// time returns what the card shows of the time of a task.
func (h pages) time(ctx context.Context, r *web.Request, owner, id int64, estimate time.Duration) (v timeView, err error) {
	records, _, err := h.elapsed.List(ctx, actor(r.Viewer), elapsed.Query{TaskID: id, Order: newestFirst, Limit: maxRecords})
	if err != nil {
		return v, err
	}
	running, err := h.elapsed.RunningAt(ctx, actor(r.Viewer), id)
	if err != nil {
		return v, err
	}
	spent, err := h.elapsed.Spent(ctx, actor(r.Viewer), id)
	if err != nil {
		return v, err
	}
	ids := make([]int64, 0, len(records)+len(running))
	for _, x := range records {
		ids = append(ids, x.UserID)
	}
	for _, x := range running {
		ids = append(ids, x.UserID)
	}
	people, err := h.users.Many(ctx, ids)
	for _, x := range records {
		v.Records = append(v.Records, timeRecord{
			ID: x.ID, Who: personOf(people, x.UserID), Spent: hours(x.Spent), Comment: x.Comment, At: x.Created, Mine: x.UserID == r.Viewer.ID,
			URL: cardURL(owner, id) + "time/" + strconv.FormatInt(x.ID, 10) + "/",
		})
	}
	for _, x := range running {
		if x.UserID == r.Viewer.ID {
			v.Running = &x.Started
		} else {
			v.Others = append(v.Others, personOf(people, x.UserID))
		}
	}
	v.Spent, v.Seconds, v.Estimate = hours(spent), int64(spent/time.Second), hours(estimate)
	if estimate > 0 {
		v.Percent, v.Over = int(min(100, 100*spent/estimate)), spent > estimate
	}
	return v, err
}

// timer starts or stops the viewer's clock at a task.
func (h pages) timer(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	toast := "The clock runs"
	if r.FormValue("do") == "stop" {
		var rec elapsed.Record
		rec, err = h.elapsed.Stop(ctx, actor(r.Viewer))
		toast = hours(max(time.Minute, rec.Spent)) + " written down"
	} else {
		_, err = h.elapsed.Start(ctx, actor(r.Viewer), id)
	}
	return web.Redirect{To: cardURL(owner, id) + "#time", Toast: toast}, err
}

var errSpent = fault.New(fault.Invalid, "TIME_INVALID", "Write how long it took: hours, minutes, or both.").At("minutes")

// addTime writes down time that was spent.
func (h pages) addTime(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	spent := time.Duration(r.Int("hours", 0))*time.Hour + time.Duration(r.Int("minutes", 0))*time.Minute
	if r.Int("hours", 0) < 0 || r.Int("minutes", 0) < 0 || spent <= 0 || spent > elapsed.MaxSpent {
		return nil, errSpent
	}
	_, err = h.elapsed.Add(ctx, actor(r.Viewer), elapsed.Record{
		TaskID: id, UserID: r.Viewer.ID, Spent: spent, Comment: strings.TrimSpace(user.CleanText(r.FormValue("comment"), elapsed.MaxComment)),
	})
	return web.Redirect{To: cardURL(owner, id) + "#time", Toast: fmt.Sprintf("%s written down", hours(spent))}, err
}

func (h pages) removeTime(ctx context.Context, r *web.Request) (web.Result, error) {
	owner, id, err := taskIDs(r)
	if err != nil {
		return nil, err
	}
	record, err := r.PathID("record")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: cardURL(owner, id) + "#time", Toast: "Removed"}, h.elapsed.Delete(ctx, actor(r.Viewer), id, record)
}
