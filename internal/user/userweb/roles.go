package userweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// rolesView is what the list of roles shows.
type rolesView struct {
	Administrators int64
	Employees      int64
	Roles          []roleLine
}

// roleLine is a role in the list.
type roleLine struct {
	user.Role
	URL      string
	Allows   []string // titles of the permissions
	Employee bool
}

func roleURL(id int64) string { return settingweb.RolesURL + strconv.FormatInt(id, 10) + "/" }

func (h pages) roles(ctx context.Context, _ *web.Request) (web.Page, error) {
	all, err := h.users.Roles(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := rolesView{}
	for _, r := range all {
		v.Roles = append(v.Roles, roleLine{r, roleURL(r.ID), titles(r.Access), r.Code == user.RoleEmployee})
	}
	if v.Administrators, err = h.users.Count(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Admins: true}); err != nil {
		return web.Page{}, err
	}
	v.Employees, err = h.users.Count(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true})
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "user/roles", Body: v, Layout: web.Wide,
		Tabs: settingweb.Tabs(settingweb.RolesURL), Styles: []string{"user/people.css", "user/roles.css"},
		Actions: []web.Action{{Title: "New role", URL: settingweb.RolesURL + "new", Icon: "plus", Primary: true, Slider: true, Key: "n"}},
		Keys:    []web.Key{{Keys: "N", Does: "New role"}},
	}, err
}

func titles(set access.Set) (out []string) {
	for _, p := range access.All() {
		if set.Has(p.Set) {
			out = append(out, p.Title)
		}
	}
	return out
}

// roleView is what the form of a role shows.
type roleView struct {
	user.Role
	Action      string
	Groups      []permissionGroup
	Errors      map[string]string
	Employee    bool
	Members     []person
	In          []user.Department // departments that have it
	Departments []ui.Option       // to choose from
	Person      string            // what was typed, where it was not found
	PersonError string
}

// permissionGroup is a heading with its permissions.
type permissionGroup struct {
	Title string
	Lines []permissionLine
}

type permissionLine struct {
	access.Permission
	On bool
}

func groupsOf(set access.Set) (out []permissionGroup) {
	for _, p := range access.All() {
		if len(out) == 0 || out[len(out)-1].Title != p.Group {
			out = append(out, permissionGroup{Title: p.Group})
		}
		g := &out[len(out)-1]
		g.Lines = append(g.Lines, permissionLine{p, set.Has(p.Set)})
	}
	return out
}

func rolePage(title string, v roleView, status int) web.Page {
	return web.Page{
		Title: title, Section: settingweb.Section, Template: "user/role", Body: v, Layout: web.Narrow, Slider: true,
		Behind: settingweb.RolesURL, Status: status, Back: settingweb.RolesURL,
		Styles: []string{"user/people.css", "user/roles.css"}, Modules: []string{"ui/inputs/pick.js"},
	}
}

func (h pages) newRole(context.Context, *web.Request) (web.Page, error) {
	return rolePage("New role", roleView{Action: settingweb.RolesURL + "new", Groups: groupsOf(0)}, 0), nil
}

func (h pages) role(ctx context.Context, r *web.Request) (web.Page, error) {
	role, err := h.roleAt(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.rolePage(ctx, r, role, roleView{})
}

func (h pages) roleAt(ctx context.Context, r *web.Request) (user.Role, error) {
	id, err := r.PathID("id")
	if err != nil {
		return user.Role{}, err
	}
	return h.users.Role(ctx, id)
}

// rolePage shows a role with who has it; v holds what a form said, if any.
func (h pages) rolePage(ctx context.Context, r *web.Request, role user.Role, v roleView) (web.Page, error) {
	title, status := role.Name, 0
	if v.Errors != nil || v.PersonError != "" {
		status = http.StatusUnprocessableEntity
	}
	if v.Errors == nil {
		v.Role = role
	}
	v.Action, v.Groups, v.Employee = roleURL(role.ID)+"save", groupsOf(v.Access), role.Code == user.RoleEmployee
	people, in, err := h.users.RoleMembers(ctx, role.ID)
	if err != nil {
		return web.Page{}, err
	}
	if v.Members, err = h.lines(ctx, r, people); err != nil {
		return web.Page{}, err
	}
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	have := map[int64]bool{}
	for _, id := range in {
		have[id] = true
	}
	for _, d := range all {
		if have[d.ID] {
			v.In = append(v.In, d)
		}
	}
	v.Departments = append([]ui.Option{{Title: "Choose a department"}}, departmentOptions(all, have)...)
	return rolePage(title, v, status), nil
}

// lines returns people as lines of a list, in the order of ids.
func (h pages) lines(ctx context.Context, r *web.Request, ids []int64) ([]person, error) {
	found, err := h.users.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []person
	for _, id := range ids {
		if u, ok := found[id]; ok {
			out = append(out, line(u, r, nil))
		}
	}
	return out, nil
}

// permissionsOf reads the checked permissions of a form.
func permissionsOf(r *web.Request) (set access.Set, err error) {
	for _, name := range r.PostForm["permission"] {
		p, ok := access.Named(name)
		if !ok {
			return 0, fault.New(fault.Invalid, "PERMISSION", "There is no permission "+name+".")
		}
		set |= p.Set
	}
	return set, nil
}

// saveRole stores a role, a new one where the address names none.
func (h pages) saveRole(ctx context.Context, r *web.Request) (web.Result, error) {
	var role user.Role
	if r.PathValue("id") != "" {
		var err error
		if role, err = h.roleAt(ctx, r); err != nil {
			return nil, err
		}
	}
	set, err := permissionsOf(r)
	if err != nil {
		return nil, err
	}
	said := user.Role{ID: role.ID, Code: role.Code, Name: role.Name, About: r.PostFormValue("about"), Access: set}
	if !role.BuiltIn() {
		said.Name = r.PostFormValue("name")
	}
	saved, err := h.users.SaveRole(ctx, h.actor(r), said)
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		if role.ID == 0 {
			v := roleView{Role: said, Action: settingweb.RolesURL + "new", Groups: groupsOf(set), Errors: errs}
			return rolePage("New role", v, http.StatusUnprocessableEntity), nil
		}
		return h.rolePage(ctx, r, role, roleView{Role: said, Errors: errs})
	}
	if err != nil {
		return nil, err
	}
	to := settingweb.RolesURL
	if role.ID == 0 {
		to = roleURL(saved.ID) // to give it to somebody
	}
	return web.Redirect{To: to, Toast: "Role saved"}, nil
}

func (h pages) deleteRole(ctx context.Context, r *web.Request) (web.Result, error) {
	role, err := h.roleAt(ctx, r)
	if err == nil {
		err = h.users.DeleteRole(ctx, h.actor(r), role.ID)
	}
	return web.Redirect{To: settingweb.RolesURL, Toast: "The role " + role.Name + " was deleted"}, err
}

// giveRole gives a role to a person, who is typed or named by a number, or to a department; with "take" it takes it away.
func (h pages) giveRole(ctx context.Context, r *web.Request) (web.Result, error) {
	role, err := h.roleAt(ctx, r)
	if err != nil {
		return nil, err
	}
	give := r.PostFormValue("take") == ""
	if d := r.Int("department", 0); d != 0 {
		err = h.users.GiveDepartmentRole(ctx, h.actor(r), role.ID, d, give)
	} else {
		var u user.User
		if u, err = h.personSaid(ctx, r); err == nil {
			err = h.users.GiveRole(ctx, h.actor(r), role.ID, u.ID, give)
		}
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		return h.rolePage(ctx, r, role, roleView{Person: r.PostFormValue("person"), PersonError: first(errs)})
	}
	return web.Redirect{To: roleURL(role.ID)}, err
}

func first(errs map[string]string) string {
	for _, text := range errs {
		return text
	}
	return ""
}
