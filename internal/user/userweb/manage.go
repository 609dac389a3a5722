package userweb

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// The addresses of the pages of who looks after people.
const (
	manageURL    = "/company/manage/"
	structureURL = "/company/structure/"
)

// The states by which people are filtered.
const (
	stateActive    = "active"
	stateInvited   = "invited"   // have a link and have not joined yet
	stateUninvited = "uninvited" // never joined, and no link of theirs works
	stateDismissed = "dismissed"
)

var stateOptions = []ui.Option{
	{Value: stateActive, Title: "Active"},
	{Value: stateInvited, Title: "Invited, not here yet"},
	{Value: stateUninvited, Title: "Never joined, no open invitation"},
	{Value: stateDismissed, Title: "Dismissed"},
}

// roleAdministrator stands in the filter for administrators, who are no role.
const roleAdministrator = "administrator"

// manageView is what the list for who manages people shows.
type manageView struct {
	Query, State, Role string
	Department         string
	States             []ui.Option
	Roles              []ui.Option // to filter by
	Departments        []ui.Option // to filter by
	GiveRoles          []ui.Option // for who is selected
	PutInto            []ui.Option
	People             []managed
	Total, From, To    int64
	Earlier, Later     string
	Here               string // the address of this list, for the way back
	Export             string
	Filtered           bool
}

// managed is a line of the list.
type managed struct {
	person
	Login     string
	Roles     []string
	State     string // in words; empty: there is nothing to say
	Tone      string
	LastLogin time.Time
	Locked    bool // out of reach for who looks
}

// filter reads the filters of the list.
func (v *manageView) filter(r *web.Request) user.Query {
	v.Query, v.State, v.Role = strings.TrimSpace(r.FormValue("q")), r.FormValue("state"), r.FormValue("role")
	v.Department = r.FormValue("department")
	q := user.Query{
		Kinds: []user.Kind{user.Employee, user.Extranet}, Search: v.Query, DepartmentID: r.Int("department", 0), Sort: user.FieldName,
	}
	switch v.State {
	case stateInvited:
		q.ActiveOnly, q.Invited, q.Link = true, true, user.LinkOpen
	case stateUninvited:
		q.ActiveOnly, q.Invited, q.Link = true, true, user.LinkOver
	case stateDismissed:
		q.Inactive = true
	case "all":
	default:
		v.State, q.ActiveOnly = stateActive, true
	}
	if v.Role == roleAdministrator {
		q.Admins = true
	} else {
		q.RoleID = r.Int("role", 0)
	}
	v.Filtered = v.Query != "" || v.State != stateActive || v.Role != "" || v.Department != ""
	return q
}

// address returns the address of the list from a place on.
func (v *manageView) address(path string, from int64) string {
	q := url.Values{}
	for name, text := range map[string]string{"q": v.Query, "role": v.Role, "department": v.Department, "state": v.State} {
		if text != "" && (name != "state" || text != stateActive) {
			q.Set(name, text)
		}
	}
	if from > 0 {
		q.Set("from", strconv.FormatInt(from, 10))
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (h pages) manage(ctx context.Context, r *web.Request) (web.Page, error) {
	v := manageView{States: append(stateOptions, ui.Option{Value: "all", Title: "Everybody"})}
	q := v.filter(r)
	q.Offset, q.Limit = max(0, r.Int("from", 0)), pageSize
	users, total, err := h.users.Page(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	v.Total, v.From, v.To = total, q.Offset+1, q.Offset+int64(len(users))
	if q.Offset > 0 {
		v.Earlier = v.address(manageURL, q.Offset-pageSize)
	}
	if v.To < total {
		v.Later = v.address(manageURL, v.To)
	}
	v.Here, v.Export = v.address(manageURL, q.Offset), v.address(manageURL+"export", 0)
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	roles, err := h.users.Roles(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v.choices(roles, all, h.actor(r))
	if v.People, err = h.managedLines(ctx, r, users, roles, all); err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: "People", Section: section, Template: "user/manage", Body: v, Layout: web.Wide, Tabs: peopleTabs(r, manageURL),
		Styles: []string{"user/people.css", "user/manage.css"}, Modules: []string{"user/manage.js", "ui/list/list.js"},
		Actions: []web.Action{{Title: "Invite", URL: "/company/invite", Icon: "plus", Primary: true, Key: "n"}},
		Keys: []web.Key{
			{Keys: "/", Does: "Search"}, {Keys: "N", Does: "Invite"}, {Keys: "J / K", Does: "Next or previous person"}, {Keys: "X", Does: "Select"},
		},
	}, nil
}

// choices fills in what the selects offer. Who acts is offered what they may give.
func (v *manageView) choices(roles []user.Role, departments []user.Department, actor user.Ref) {
	v.Roles = []ui.Option{{Title: "Any role"}, {Value: roleAdministrator, Title: "Administrator"}}
	v.GiveRoles = []ui.Option{{Title: "Role"}}
	for _, r := range roles {
		if r.Code == user.RoleEmployee {
			continue
		}
		o := ui.Option{Value: strconv.FormatInt(r.ID, 10), Title: r.Name}
		v.Roles = append(v.Roles, o)
		if actor.May(r.Access) {
			v.GiveRoles = append(v.GiveRoles, o)
		}
	}
	options := departmentOptions(departments, nil)
	v.Departments = append([]ui.Option{{Title: "Any department"}}, options...)
	v.PutInto = append([]ui.Option{{Title: "Department"}}, options...)
}

func (h pages) managedLines(ctx context.Context, r *web.Request, users []user.User, roles []user.Role, all []user.Department) ([]managed, error) {
	names := map[int64]user.Department{}
	for _, d := range all {
		names[d.ID] = d
	}
	titles := map[int64]string{}
	for _, role := range roles {
		titles[role.ID] = role.Name
	}
	held, err := h.users.RolesOf(ctx, users)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	links, err := h.users.Links(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []managed
	for _, u := range users {
		m := managed{person: line(u, r, names), Login: u.Login, LastLogin: u.LastLogin, Locked: u.Admin && !r.Viewer.Admin}
		seen := map[int64]bool{}
		for _, role := range held[u.ID] {
			if !seen[role.RoleID] {
				m.Roles = append(m.Roles, titles[role.RoleID])
			}
			seen[role.RoleID] = true
		}
		m.State, m.Tone = stateOf(u, links[u.ID], r.Now)
		out = append(out, m)
	}
	return out, nil
}

// stateOf says in words what is special about u.
func stateOf(u user.User, link user.LinkState, now time.Time) (text, tone string) {
	switch {
	case !u.Active:
		return "Dismissed", "warning"
	case !u.LastLogin.IsZero():
		return "", ""
	case link.Expires.After(now):
		return "Invited", "accent"
	case link.Expires.IsZero():
		return "Never signed in", "neutral"
	}
	return "Invitation is over", "warning"
}

// peopleTabs returns the tabs of the section for who looks.
func peopleTabs(r *web.Request, current string) []web.Tab {
	tabs := []web.Tab{{Title: "Colleagues", URL: "/company/"}, {Title: "Departments", URL: structureURL}}
	if r.Viewer.May(access.ManagePeople) {
		tabs = append(tabs, web.Tab{Title: "Manage", URL: manageURL})
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].URL == current
	}
	return tabs
}

var errNobodySelected = fault.New(fault.Invalid, "NOBODY_SELECTED", "Select people first.")

// bulk does one thing with everybody who is selected. What cannot be done with one does not keep it from the others.
func (h pages) bulk(ctx context.Context, r *web.Request) (web.Result, error) {
	do, done, err := h.bulkAction(ctx, r)
	if err != nil {
		return nil, err
	}
	ids := r.PostForm["id"]
	if len(ids) == 0 {
		return nil, errNobodySelected
	}
	n, refused := 0, ""
	for _, text := range ids[:min(len(ids), pageSize)] {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, user.ErrNotFound
		}
		err = do(id)
		var f *fault.Fault
		switch {
		case errors.As(err, &f) && f.Kind != fault.Internal:
			if refused == "" {
				u, _ := h.users.Get(ctx, id)
				refused = " " + u.DisplayName() + ": " + f.Text
			}
		case err != nil:
			return nil, err
		default:
			n++
		}
	}
	to := r.PostFormValue("back")
	if !strings.HasPrefix(to, manageURL) {
		to = manageURL
	}
	return web.Redirect{To: to, Toast: people(n) + " " + done + "." + refused}, nil
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return strconv.Itoa(n) + " people"
}

// bulkAction returns what the pressed button does, and that in words.
func (h pages) bulkAction(ctx context.Context, r *web.Request) (do func(id int64) error, done string, err error) {
	actor := h.actor(r)
	change := func(c user.Change) func(int64) error {
		return func(id int64) error {
			_, err := h.users.ChangeAs(ctx, actor, id, c)
			return err
		}
	}
	switch r.PostFormValue("do") {
	case "dismiss":
		return change(user.Change{Active: new(false)}), "dismissed", nil
	case "return":
		return change(user.Change{Active: new(true)}), "taken back", nil
	case "end":
		return func(id int64) error { _, err := h.users.EndAllAs(ctx, actor, id); return err }, "signed out everywhere", nil
	case "role", "unrole":
		give := r.PostFormValue("do") == "role"
		role, err := h.users.Role(ctx, r.Int("give_role", 0))
		return func(id int64) error { return h.users.GiveRole(ctx, actor, role.ID, id, give) },
			map[bool]string{true: "got the role " + role.Name, false: "lost the role " + role.Name}[give], err
	case "department":
		d, err := h.users.Department(ctx, r.Int("put_into", 0))
		return change(user.Change{DepartmentIDs: &[]int64{d.ID}}), "moved to " + d.Name, err
	}
	return nil, "", errNobodySelected
}

// export answers the list as a file for a spreadsheet.
func (h pages) export(ctx context.Context, r *web.Request) (web.Result, error) {
	var v manageView
	users, err := h.users.List(ctx, v.filter(r))
	if err != nil {
		return nil, err
	}
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return nil, err
	}
	roles, err := h.users.Roles(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := h.managedLines(ctx, r, users, roles, all)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"number", "login", "email", "first_name", "last_name", "position", "departments", "roles", "administrator", "state", "last_sign_in"})
	for i, m := range lines {
		var in []string
		for _, d := range m.Departments {
			in = append(in, d.Name)
		}
		last := ""
		if !m.LastLogin.IsZero() {
			last = m.LastLogin.UTC().Format(time.RFC3339)
		}
		_ = w.Write(plainCells(strconv.FormatInt(m.ID, 10), m.Login, m.Email, users[i].FirstName, users[i].LastName, m.Position,
			strings.Join(in, "; "), strings.Join(m.Roles, "; "), map[bool]string{true: "yes", false: "no"}[m.Admin], m.State, last))
	}
	w.Flush()
	return web.File{Content: bytes.NewReader(b.Bytes()), Name: "people.csv", Type: "text/csv"}, w.Error()
}

// plainCells keeps spreadsheets from taking what people call themselves for formulas.
func plainCells(cells ...string) []string {
	for i, c := range cells {
		cells[i] = web.Cell(c)
	}
	return cells
}
