package userweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// structureView is what the tree of departments shows.
type structureView struct {
	Lines  []structureLine
	Change bool // who looks may change it
}

// structureLine is a department in the tree.
type structureLine struct {
	departmentLine
	URL  string
	Head *person
}

func departmentURL(id int64) string { return structureURL + strconv.FormatInt(id, 10) + "/" }

func (h pages) structure(ctx context.Context, r *web.Request) (web.Page, error) {
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	sizes, err := h.users.DepartmentSizes(ctx)
	if err != nil {
		return web.Page{}, err
	}
	var heads []int64
	for _, d := range all {
		if d.HeadID != 0 {
			heads = append(heads, d.HeadID)
		}
	}
	people, err := h.users.Many(ctx, heads)
	if err != nil {
		return web.Page{}, err
	}
	v := structureView{Change: r.Viewer.May(access.ManageDepartments)}
	for _, d := range tree(all, sizes, 0) {
		s := structureLine{departmentLine: d, URL: departmentURL(d.ID)}
		if u, ok := people[d.HeadID]; ok && u.Active {
			p := line(u, r, nil)
			s.Head = &p
		}
		v.Lines = append(v.Lines, s)
	}
	p := web.Page{
		Title: "People", Section: section, Template: "user/structure", Body: v, Layout: web.Wide, Tabs: peopleTabs(r, structureURL),
		Styles: []string{"user/people.css", "user/manage.css"}, Modules: []string{"user/structure.js"},
	}
	if v.Change {
		p.Actions = []web.Action{{Title: "New department", URL: structureURL + "new", Icon: "plus", Primary: true, Slider: true, Key: "n"}}
		p.Keys = []web.Key{{Keys: "N", Does: "New department"}}
	}
	return p, nil
}

// departmentView is what the form of a department shows.
type departmentView struct {
	ID           int64
	Name         string
	Parent       string
	HeadLogin    string
	Sort         int64
	Action       string
	Parents      []ui.Option
	Into         []ui.Option // where its people and departments go when it is deleted
	Members      []person
	More         int64 // members beyond those that are shown
	Count, Below int64
	Person       string
	PersonError  string
	Errors       map[string]string
}

// shownMembers is how many people of a department its form lists.
const shownMembers = 100

func (h pages) newDepartment(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.departmentPage(ctx, r, departmentView{Parent: strconv.FormatInt(r.Int("parent", 0), 10)}, 0)
}

func (h pages) department(ctx context.Context, r *web.Request) (web.Page, error) {
	d, err := h.departmentAt(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.departmentForm(ctx, r, d, departmentView{})
}

func (h pages) departmentAt(ctx context.Context, r *web.Request) (user.Department, error) {
	id, err := r.PathID("id")
	if err != nil {
		return user.Department{}, err
	}
	return h.users.Department(ctx, id)
}

// departmentForm shows a department; v holds what a form said, if any.
func (h pages) departmentForm(ctx context.Context, r *web.Request, d user.Department, v departmentView) (web.Page, error) {
	status := 0
	if v.Errors != nil || v.PersonError != "" {
		status = http.StatusUnprocessableEntity
	}
	if v.Errors == nil {
		v.Name, v.Parent, v.Sort = d.Name, strconv.FormatInt(d.ParentID, 10), d.Sort
		if d.HeadID != 0 {
			head, err := h.users.Get(ctx, d.HeadID)
			if err != nil {
				return web.Page{}, err
			}
			v.HeadLogin = head.Login
		}
	}
	v.ID = d.ID
	q := user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, DepartmentID: d.ID, Sort: user.FieldName, Limit: shownMembers}
	users, total, err := h.users.Page(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	for _, u := range users {
		v.Members = append(v.Members, line(u, r, nil))
	}
	v.Count, v.More = total, total-int64(len(users))
	return h.departmentPage(ctx, r, v, status)
}

func (h pages) departmentPage(ctx context.Context, _ *web.Request, v departmentView, status int) (web.Page, error) {
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	below := map[int64]bool{}
	title := "New department"
	v.Action = structureURL + "new"
	if v.ID != 0 {
		title, v.Action = v.Name, departmentURL(v.ID)+"save"
		below = belowOf(all, v.ID)
		v.Below = int64(len(below)) - 1
	}
	options := departmentOptions(all, below)
	v.Parents = append([]ui.Option{{Value: "0", Title: "At the top"}}, options...)
	v.Into = append([]ui.Option{{Value: "0", Title: "No department"}}, options...)
	return web.Page{
		Title: title, Section: section, Template: "user/department", Body: v, Layout: web.Narrow, Slider: true, Behind: structureURL,
		Back: structureURL, Status: status, Styles: []string{"user/people.css", "user/roles.css", "user/manage.css"}, Modules: []string{"ui/inputs/pick.js"},
	}, nil
}

// belowOf returns a department and all below it.
func belowOf(all []user.Department, id int64) map[int64]bool {
	out := map[int64]bool{id: true}
	for grown := true; grown; {
		grown = false
		for _, d := range all {
			if out[d.ParentID] && !out[d.ID] {
				out[d.ID], grown = true, true
			}
		}
	}
	return out
}

// saveDepartment stores a department, a new one where the address names none.
func (h pages) saveDepartment(ctx context.Context, r *web.Request) (web.Result, error) {
	var old user.Department
	if r.PathValue("id") != "" {
		var err error
		if old, err = h.departmentAt(ctx, r); err != nil {
			return nil, err
		}
	}
	d := user.Department{ID: old.ID, Name: r.PostFormValue("name"), ParentID: max(0, r.Int("parent", 0)), Sort: r.Int("sort", 0)}
	said := departmentView{Name: d.Name, Parent: r.PostFormValue("parent"), HeadLogin: r.PostFormValue("head"), Sort: d.Sort}
	var err error
	if said.HeadLogin != "" {
		var head user.User
		head, err = h.personTyped(ctx, said.HeadLogin)
		d.HeadID = head.ID
		if err != nil {
			err = fault.Of(err).At("head")
		}
	}
	if err == nil {
		d, err = h.users.SaveDepartmentAs(ctx, h.actor(r), d)
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		said.Errors = errs
		if old.ID == 0 {
			return h.departmentPage(ctx, r, said, http.StatusUnprocessableEntity)
		}
		return h.departmentForm(ctx, r, old, said)
	}
	return web.Redirect{To: structureURL, Toast: "The department " + d.Name + " is saved"}, err
}

// moveDepartment puts a department below another one.
func (h pages) moveDepartment(ctx context.Context, r *web.Request) (web.Result, error) {
	d, err := h.departmentAt(ctx, r)
	if err != nil {
		return nil, err
	}
	d.ParentID = max(0, r.Int("parent", 0))
	_, err = h.users.SaveDepartmentAs(ctx, h.actor(r), d)
	return web.Redirect{To: structureURL, Toast: d.Name + " was moved"}, err
}

// deleteDepartment deletes a department and puts what is in it elsewhere.
func (h pages) deleteDepartment(ctx context.Context, r *web.Request) (web.Result, error) {
	d, err := h.departmentAt(ctx, r)
	if err != nil {
		return nil, err
	}
	err = h.users.DissolveDepartment(ctx, h.actor(r), d.ID, max(0, r.Int("into", 0)))
	return web.Redirect{To: structureURL, Toast: "The department " + d.Name + " was deleted"}, err
}

// setMember puts somebody into a department, or takes them out of it.
func (h pages) setMember(ctx context.Context, r *web.Request) (web.Result, error) {
	d, err := h.departmentAt(ctx, r)
	if err != nil {
		return nil, err
	}
	u, err := h.personSaid(ctx, r)
	if err == nil {
		err = h.users.SetMember(ctx, h.actor(r), d.ID, u.ID, r.PostFormValue("out") == "")
	}
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		return h.departmentForm(ctx, r, d, departmentView{Person: r.PostFormValue("person"), PersonError: first(errs)})
	}
	return web.Redirect{To: departmentURL(d.ID)}, err
}
