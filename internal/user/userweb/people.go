package userweb

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// pageSize is how many people the list shows at once.
const pageSize = 50

// peopleView is what the list of people shows.
type peopleView struct {
	Query       string
	Department  int64
	Title       string // of the list: the department, or everybody
	Head        *person
	Departments []departmentLine
	Everybody   int64
	Filters     []userfieldweb.Input // by the fields that were added
	Filtered    bool
	filter      customFilter
	list
}

// list is the part of the page that a search changes.
type list struct {
	People   []person
	Total    int64
	From, To int64
	Earlier  string // address; empty at the beginning
	Later    string // address; empty at the end
	Searched bool
	Columns  []userfieldweb.Column // of the fields that were added
}

// person is a line of the list.
type person struct {
	ID          int64
	Name        string
	Color       string
	AvatarURL   string
	Presence    string
	Position    string
	Departments []user.Department
	Phone       string
	Email       string
	Admin       bool
	Self        bool
	Own         []userfieldweb.Fact // a cell for each column
}

// departmentLine is a line of the tree of departments.
type departmentLine struct {
	user.Department
	Depth   int
	Count   int64
	Current bool
}

// URL leads to the card.
func (p person) URL() string { return user.User{ID: p.ID}.ProfilePath() }

// MessageURL leads to the conversation.
func (p person) MessageURL() string { return messageURL(p.ID) }

func messageURL(id int64) string { return "/online/?IM_DIALOG=" + strconv.FormatInt(id, 10) }

func presence(u user.User, r *web.Request) string {
	if u.Online(r.Now) {
		return "online"
	}
	return "offline"
}

func (h pages) people(ctx context.Context, r *web.Request) (web.Page, error) {
	v, err := h.view(ctx, r)
	var actions []web.Action
	if r.Viewer.May(access.ManagePeople) {
		actions = []web.Action{{Title: "Invite", URL: "/company/invite", Icon: "plus", Primary: true}}
	}
	return web.Page{
		Actions: actions, Tabs: peopleTabs(r, "/company/"),
		Title: "People", Section: section, Template: "user/people", Body: v, Layout: web.Wide,
		Modules: []string{"user/people.js", "ui/inputs/pick.js", "ui/list/list.js"}, Styles: []string{"user/people.css"},
		Keys: []web.Key{{Keys: "/", Does: "Search people"}, {Keys: "J / K", Does: "Next or previous person"}, {Keys: "Enter", Does: "Open the card"}},
	}, err
}

func (h pages) listFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.view(ctx, r)
	return web.HTML{Template: "user/people-list", Body: v}, err
}

func (h pages) view(ctx context.Context, r *web.Request) (peopleView, error) {
	v := peopleView{Query: strings.TrimSpace(r.FormValue("q")), Department: r.Int("department", 0), Title: "Everybody"}
	var err error
	if v.filter, err = h.customFilter(ctx, r); err != nil {
		return v, err
	}
	v.Filters, v.Filtered = v.filter.inputs, len(v.filter.typed) > 0
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return v, err
	}
	sizes, err := h.users.DepartmentSizes(ctx)
	if err != nil {
		return v, err
	}
	v.Departments = tree(all, sizes, v.Department)
	names := map[int64]user.Department{}
	for _, d := range all {
		names[d.ID] = d
	}
	if d, ok := names[v.Department]; ok {
		v.Title = d.Name
		if v.Head, err = h.head(ctx, r, d, names); err != nil {
			return v, err
		}
	}
	if v.list, err = h.list(ctx, r, v, names); err != nil {
		return v, err
	}
	v.Everybody = v.Total
	if v.Query != "" || v.Department != 0 || v.Filtered {
		_, v.Everybody, err = h.users.Page(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Limit: 1})
	}
	return v, err
}

func (h pages) head(ctx context.Context, r *web.Request, d user.Department, names map[int64]user.Department) (*person, error) {
	if d.HeadID == 0 {
		return nil, nil
	}
	found, err := h.users.Many(ctx, []int64{d.HeadID})
	if err != nil {
		return nil, err
	}
	u, ok := found[d.HeadID]
	if !ok || !u.Active {
		return nil, nil
	}
	p := line(u, r, names)
	return &p, nil
}

func (h pages) list(ctx context.Context, r *web.Request, v peopleView, names map[int64]user.Department) (list, error) {
	offset := max(0, r.Int("from", 0))
	users, total, err := h.users.Page(ctx, user.Query{
		Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Search: v.Query, DepartmentID: v.Department,
		Sort: user.FieldName, Offset: offset, Limit: pageSize, Custom: v.filter.conditions,
	})
	if err != nil {
		return list{}, err
	}
	l := list{Total: total, From: offset + 1, To: offset + int64(len(users)), Searched: v.Query != "" || v.Filtered}
	for _, u := range users {
		l.People = append(l.People, line(u, r, names))
	}
	if err := h.customColumns(ctx, r, v.filter.fields, &l); err != nil {
		return list{}, err
	}
	if offset > 0 {
		l.Earlier = listURL(v, max(0, offset-pageSize))
	}
	if l.To < total {
		l.Later = listURL(v, l.To)
	}
	return l, nil
}

func listURL(v peopleView, from int64) string {
	q := url.Values{}
	if v.Query != "" {
		q.Set("q", v.Query)
	}
	if v.Department != 0 {
		q.Set("department", strconv.FormatInt(v.Department, 10))
	}
	for name, value := range v.filter.typed {
		q.Set(name, value)
	}
	if from > 0 {
		q.Set("from", strconv.FormatInt(from, 10))
	}
	if len(q) == 0 {
		return "/company/"
	}
	return "/company/?" + q.Encode()
}

func line(u user.User, r *web.Request, names map[int64]user.Department) person {
	p := person{
		ID: u.ID, Name: u.DisplayName(), Color: u.Color, AvatarURL: thumb(u), Presence: presence(u, r), Position: u.Position,
		Phone: u.InnerPhone, Email: u.Email, Admin: u.Admin, Self: u.ID == r.Viewer.ID,
	}
	for _, id := range u.DepartmentIDs {
		if d, ok := names[id]; ok {
			p.Departments = append(p.Departments, d)
		}
	}
	return p
}

// tree puts departments below their parents. One whose parent is missing, or is below itself, stands at the top.
func tree(all []user.Department, sizes map[int64]int64, current int64) []departmentLine {
	children := map[int64][]user.Department{}
	known := map[int64]bool{}
	for _, d := range all {
		known[d.ID] = true
	}
	for _, d := range all {
		parent := d.ParentID
		if !known[parent] {
			parent = 0
		}
		children[parent] = append(children[parent], d)
	}
	var lines []departmentLine
	seen := map[int64]bool{}
	var add func(d user.Department, depth int)
	add = func(d user.Department, depth int) {
		if seen[d.ID] {
			return
		}
		seen[d.ID] = true
		lines = append(lines, departmentLine{d, depth, sizes[d.ID], d.ID == current})
		for _, c := range children[d.ID] {
			add(c, depth+1)
		}
	}
	for _, d := range children[0] {
		add(d, 0)
	}
	for _, d := range all {
		add(d, 0)
	}
	return lines
}

// search finds people for the palette.
func (h pages) search(ctx context.Context, _ web.Viewer, q string) ([]web.SearchHit, error) {
	users, err := h.users.List(ctx, user.Query{
		Kinds: []user.Kind{user.Employee, user.Extranet}, ActiveOnly: true, Search: q, Sort: user.FieldName, Limit: 6,
	})
	hits := make([]web.SearchHit, len(users))
	for i, u := range users {
		hits[i] = web.SearchHit{
			Title: u.DisplayName(), Subtitle: u.Position, URL: u.ProfilePath(), Slider: true, Avatar: true,
			AvatarURL: thumb(u), AvatarColor: u.Color,
		}
	}
	return hits, err
}
