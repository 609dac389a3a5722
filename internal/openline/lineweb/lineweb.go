// Package lineweb is the pages on which people set up open channels, and their canned answers.
package lineweb

import (
	"context"
	"embed"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed *.tmpl *.css *.js
var files embed.FS

// URL is where the pages begin.
const URL = centerURL + "lines/"

// centerURL is the Contact Center, whose pages these are beside.
const centerURL = "/contact_center/"

// statisticsURL is the page of the numbers, which package statweb has.
const statisticsURL = "/channels/statistics/"

// Users is what the pages ask of the people of the portal; *user.Service is one.
type Users interface {
	Many(ctx context.Context, ids []int64) (map[int64]user.User, error)
	List(ctx context.Context, q user.Query) ([]user.User, error)
	Departments(ctx context.Context, q user.DepartmentQuery) ([]user.Department, int64, error)
}

// Config is what the pages need.
type Config struct {
	Lines   *line.Service
	Answers *answer.Service
	// Categories are what conversations are about; nil: there is no page of them.
	Categories *category.Service
	Users      Users
	// Bots returns the bots that take part in conversations of open channels, by their ids as text.
	Bots func(ctx context.Context) ([]ui.Option, error)
	// Agreements returns the agreements that are switched on, by their ids as text; nil: there are none.
	Agreements func(ctx context.Context) ([]ui.Option, error)
	// Zone is the portal's, in which a line without one of its own works; nil is UTC.
	Zone *time.Location
	// Nav is the entry of the rail to which the pages belong.
	Nav string
	// Picture opens a picture among the files of the portal, as small as it is shown to clients; false where it is none any more.
	Picture func(ctx context.Context, fileID int64) (Picture, bool, error)
}

// Picture is a picture. The caller closes its Body.
type Picture struct {
	Type string
	Body io.ReadSeekCloser
}

type pages struct{ Config }

// Register adds the pages.
func Register(s *web.Shell, c Config) {
	s.Area("line", files)
	h := pages{c}
	may := web.Needs(access.ManageLines)
	s.Page(URL+"{$}", web.SignedIn, h.list)
	s.Action(URL+"add", may, h.add)
	s.Page(URL+"{id}/{$}", web.SignedIn, h.show)
	s.Page(URL+"{id}/{tab}/{$}", web.SignedIn, h.show)
	s.Action(URL+"{id}/{tab}/{$}", web.SignedIn, h.save)
	s.Action(URL+"{id}/delete", web.SignedIn, h.remove)
	s.Fragment(line.PicturePath+"{id}/{file}", web.Public, h.picture)
	s.Page(AnswersURL+"{$}", may, h.answers)
	s.Page(AnswersURL+"{id}/{$}", may, h.answer)
	s.Action(AnswersURL+"{id}/save", may, h.saveAnswer)
	s.Action(AnswersURL+"{id}/delete", may, h.deleteAnswer)
	s.Action(AnswersURL+"folder", may, h.saveFolder)
	s.Action(AnswersURL+"folder/{id}/delete", may, h.deleteFolder)
	if c.Categories != nil {
		s.Page(CategoriesURL+"{$}", may, h.categories)
		s.Action(CategoriesURL+"save", may, h.saveCategory)
		s.Action(CategoriesURL+"{id}/delete", may, h.deleteCategory)
		s.Command(web.Command{Title: "Categories of conversations", URL: CategoriesURL, Icon: "tag", Keywords: "topics subjects", Needs: access.ManageLines})
	}
	s.Search("Open channels", h.search)
	s.Command(web.Command{Title: "Open channels", URL: URL, Icon: "channels", Keywords: "lines queue operators working hours", Needs: access.ManageLines})
	s.Command(web.Command{Title: "Canned answers", URL: AnswersURL, Icon: "text", Keywords: "quick templates", Needs: access.ManageLines})
}

// picture shows a picture to clients: one that the line says they see, and no other file.
func (h pages) picture(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	fileID, err := r.PathID("file")
	if err != nil {
		return nil, err
	}
	l, err := h.Lines.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if !l.Shows(fileID) || h.Picture == nil {
		return nil, errNoPicture
	}
	p, ok, err := h.Picture(ctx, fileID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNoPicture
	}
	return web.File{Content: p.Body, Name: "operator", Type: p.Type, Inline: true}, nil
}

var errNoPicture = fault.New(fault.NotFound, "PICTURE_NOT_FOUND", "There is no such picture.")

func (h pages) section() web.Section {
	return web.Section{Nav: h.Nav, Area: "line", Styles: []string{"line/line.css"}}
}

// Tabs are those of the Contact Center and of the pages beside it.
func Tabs(v web.Viewer, current string) []web.Tab {
	var out []web.Tab
	add := func(title, url string, needs access.Set) {
		if v.May(needs) {
			out = append(out, web.Tab{Title: title, URL: url, Current: url == current})
		}
	}
	add("Channels", centerURL, access.ManageConnectors)
	add("Open channels", URL, access.ManageLines)
	add("Canned answers", AnswersURL, access.ManageLines)
	add("Categories", CategoriesURL, access.ManageLines)
	add("Statistics", statisticsURL, 0) // everybody sees the numbers of their own conversations
	return out
}

// NavItem returns the entry of the rail for people who manage open channels.
func NavItem(v web.Viewer, id string) (web.NavItem, bool) {
	return web.NavItem{ID: id, Title: "Contact Center", URL: URL, Icon: "channels"}, v.May(access.ManageLines)
}

// listView is the list of lines.
type listView struct {
	Lines      []lineRow
	MayAdd     bool
	Total      int64
	Next, Prev string
}

// linesOnPage is how many lines a page shows.
const linesOnPage = 50

// lineRow is a line in the list.
type lineRow struct {
	line.Line

	URL       string
	Operators int
	Hours     hours
	Bot       string
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	q, err := h.Lines.Within(ctx, line.Query{}, r.Viewer.Ref(), line.Modify)
	if err != nil {
		return web.Page{}, err
	}
	v := listView{MayAdd: r.Viewer.May(access.ManageLines)}
	if v.Total, err = h.Lines.Count(ctx, q); err != nil {
		return web.Page{}, err
	}
	page := max(queryInt(r, "page"), 1)
	q.Offset, q.Limit = (page-1)*linesOnPage, linesOnPage
	lines, err := h.Lines.List(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	if page > 1 {
		v.Prev = URL + "?page=" + strconv.FormatInt(page-1, 10)
	}
	if page*linesOnPage < v.Total {
		v.Next = URL + "?page=" + strconv.FormatInt(page+1, 10)
	}
	if v.Total == 0 && !v.MayAdd {
		return web.Page{}, line.ErrDenied
	}
	bots, err := h.botNames(ctx)
	if err != nil {
		return web.Page{}, err
	}
	for _, l := range lines {
		operators, err := h.Lines.Queue(ctx, l)
		if err != nil {
			return web.Page{}, err
		}
		row := lineRow{Line: l, URL: lineURL(l.ID, ""), Operators: len(operators), Hours: h.hours(r, l)}
		if l.Bot.Enabled {
			row.Bot = bots[l.Bot.ID]
		}
		v.Lines = append(v.Lines, row)
	}
	p := h.section().Page("Open channels", "list", v)
	if v.MayAdd {
		p.Tabs = Tabs(r.Viewer, URL)
	}
	return p, nil
}

func (h pages) botNames(ctx context.Context) (map[int64]string, error) {
	bots, err := h.Bots(ctx)
	out := map[int64]string{}
	for _, b := range bots {
		id, _ := strconv.ParseInt(b.Value, 10, 64)
		out[id] = b.Title
	}
	return out, err
}

// maxHits is how many lines the palette shows.
const maxHits = 5

// search finds lines that the viewer may set up, by their names.
func (h pages) search(ctx context.Context, v web.Viewer, q string) ([]web.SearchHit, error) {
	name := line.Condition{Field: line.FieldNamed("LINE_NAME"), Op: line.Contains, Values: []string{q}}
	within, err := h.Lines.Within(ctx, line.Query{Where: []line.Condition{name}, Limit: maxHits}, v.Ref(), line.Modify)
	if err != nil {
		return nil, err
	}
	lines, err := h.Lines.List(ctx, within)
	var out []web.SearchHit
	for _, l := range lines {
		out = append(out, web.SearchHit{Title: l.Name, Subtitle: "Open channel", URL: lineURL(l.ID, ""), Icon: "channels"})
	}
	return out, err
}

// add adds a line with the defaults and opens it.
func (h pages) add(ctx context.Context, r *web.Request) (web.Result, error) {
	l, err := h.Lines.Add(ctx, r.Viewer.Ref(), func(l *line.Line) error {
		return line.FieldNamed("LINE_NAME").Assign(l, []string{strings.TrimSpace(r.FormValue("LINE_NAME"))})
	})
	if errs := web.FieldErrors(err); errs != nil {
		p, err := h.list(ctx, r)
		p.Status = http.StatusUnprocessableEntity
		return p, err
	}
	return web.Redirect{To: lineURL(l.ID, ""), Toast: "Added " + l.Name + ". Choose who answers."}, err
}

// remove deletes a line once that was confirmed.
func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	if !r.Checked("sure") {
		return web.Redirect{To: lineURL(id, ""), Toast: "Not deleted: tick the box first."}, nil
	}
	l, err := h.Lines.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: URL, Toast: "Deleted " + l.Name}, h.Lines.Delete(ctx, r.Viewer.Ref(), id)
}

// lineURL returns the address of a tab of a line; empty is the first.
func lineURL(id int64, tab string) string {
	u := URL + strconv.FormatInt(id, 10) + "/"
	if tab != "" {
		u += tab + "/"
	}
	return u
}

// hours is whether people answer, for people.
type hours struct {
	Set  bool // the line has working hours
	Open bool
	Text string // "Open until 18:00", "Opens on Monday at 9:00"
}

func (h pages) hours(r *web.Request, l line.Line) hours {
	out := hours{Set: l.WorkTime.Enabled, Open: l.OpenAt(r.Now, h.Zone)}
	switch {
	case !out.Set:
		out.Text = "Around the clock"
	case out.Open:
		out.Text = "Open now"
		if until, ok := l.ClosesAt(r.Now, h.Zone); ok {
			out.Text += " until " + moment(r, until)
		}
	default:
		out.Text = "Closed now"
		if next, ok := l.NextOpening(r.Now, h.Zone); ok {
			out.Text += ", opens " + moment(r, next)
		}
	}
	return out
}

// moment returns t in the viewer's zone: the time today, else the day with it.
func moment(r *web.Request, t time.Time) string {
	local, now := t.In(r.Viewer.Zone()), r.Now.In(r.Viewer.Zone())
	clock := r.Viewer.Format(t, "15:04")
	switch days := midnight(local).Sub(midnight(now)).Hours() / 24; {
	case days < 0.5:
		return clock
	case days < 1.5:
		return "tomorrow at " + clock
	case days < 6.5:
		return "on " + local.Weekday().String() + " at " + clock
	}
	return "on " + local.Format("2 January") + " at " + clock
}

// midnight returns the day of t as a moment by which days can be counted.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
