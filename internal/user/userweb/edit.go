package userweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// editView is what the form of who manages a person shows.
type editView struct {
	User        user.User
	MayAdmin    bool // who changes is an administrator
	Departments []choice
	Roles       []choice
	Errors      map[string]string
}

// choice is a checkbox.
type choice struct {
	ID    string
	Title string
	On    bool
	Fixed bool // may not be changed by who looks
	Note  string
	Depth int
}

func (h pages) editable(ctx context.Context, r *web.Request) (user.User, error) {
	id, err := r.PathID("id")
	if err != nil {
		return user.User{}, err
	}
	u, err := h.users.Managed(ctx, h.actor(r), id)
	if err == nil && u.Kind != user.Employee && u.Kind != user.Extranet {
		err = user.ErrNotFound
	}
	return u, err
}

func (h pages) edit(ctx context.Context, r *web.Request) (web.Page, error) {
	u, err := h.editable(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	return h.editPage(ctx, r, u, nil, nil)
}

// editPage shows the form; roles are those that a form said, nil those that there are.
func (h pages) editPage(ctx context.Context, r *web.Request, u user.User, roles []string, errs map[string]string) (web.Page, error) {
	v := editView{User: u, MayAdmin: r.Viewer.Admin, Errors: errs}
	departments, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	for _, d := range tree(departments, nil, 0) {
		v.Departments = append(v.Departments, choice{
			ID: strconv.FormatInt(d.ID, 10), Title: d.Name, On: slices.Contains(u.DepartmentIDs, d.ID), Depth: d.Depth,
		})
	}
	if v.Roles, err = h.roleChoices(ctx, r, u, roles); err != nil {
		return web.Page{}, err
	}
	p := web.Page{
		Title: u.DisplayName(), Section: section, Template: "user/edit", Body: v, Layout: web.Narrow, Back: u.ProfilePath(),
		Styles: []string{"user/people.css", "user/roles.css", "user/manage.css"},
	}
	if errs != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// roleChoices returns the roles that may be given to u.
func (h pages) roleChoices(ctx context.Context, r *web.Request, u user.User, said []string) ([]choice, error) {
	if u.Kind != user.Employee {
		return nil, nil
	}
	roles, err := h.users.Roles(ctx)
	if err != nil {
		return nil, err
	}
	held, err := h.users.RolesOf(ctx, []user.User{u})
	if err != nil {
		return nil, err
	}
	var out []choice
	for _, role := range roles {
		if role.Code == user.RoleEmployee {
			continue
		}
		c := choice{ID: strconv.FormatInt(role.ID, 10), Title: role.Name, Note: role.About, Fixed: !h.actor(r).May(role.Access)}
		for _, have := range held[u.ID] {
			if have.RoleID != role.ID {
				continue
			}
			if have.DepartmentID == 0 {
				c.On = true
			} else {
				c.Note = "They have it through their department."
			}
		}
		if said != nil && !c.Fixed {
			c.On = slices.Contains(said, c.ID)
		}
		out = append(out, c)
	}
	return out, nil
}

func (h pages) saveEdit(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.editable(ctx, r)
	if err != nil {
		return nil, err
	}
	form := func(name string) *string { return new(r.PostFormValue(name)) }
	c := user.Change{
		Login: form("login"), Email: form("email"), FirstName: form("first_name"), LastName: form("last_name"), Position: form("position"),
		Mobile: form("mobile"), WorkPhone: form("work_phone"), InnerPhone: form("inner_phone"),
	}
	ids, err := chosen(r.PostForm["department"], u.DepartmentIDs)
	if err != nil {
		return nil, err
	}
	c.DepartmentIDs = &ids
	if r.Viewer.Admin && u.Kind == user.Employee {
		c.Admin = new(r.Checked("admin"))
	}
	if _, err = h.users.ChangeAs(ctx, h.actor(r), u.ID, c); err == nil {
		err = h.giveRoles(ctx, r, u)
	}
	if errs := mistakes(err); errs != nil {
		c.Show(&u)
		return h.editPage(ctx, r, u, append([]string{}, r.PostForm["role"]...), errs)
	}
	return web.Redirect{To: u.ProfilePath(), Toast: u.DisplayName() + " is saved"}, err
}

// chosen reads the ids that are checked: those that were there before keep their order, the main one first.
func chosen(texts []string, before []int64) ([]int64, error) {
	set := []int64{}
	for _, t := range texts {
		id, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return nil, user.ErrNoDepartment
		}
		set = append(set, id)
	}
	out := []int64{}
	for _, id := range slices.Concat(before, set) {
		if slices.Contains(set, id) && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// giveRoles brings the roles of u to those that are checked, among those that who acts may give.
func (h pages) giveRoles(ctx context.Context, r *web.Request, u user.User) error {
	choices, err := h.roleChoices(ctx, r, u, nil)
	if err != nil {
		return err
	}
	for _, c := range choices {
		want := slices.Contains(r.PostForm["role"], c.ID)
		if c.Fixed || want == c.On {
			continue
		}
		id, err := strconv.ParseInt(c.ID, 10, 64)
		if err == nil {
			err = h.users.GiveRole(ctx, h.actor(r), id, u.ID, want)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mistakes returns what to show at a form: the mistakes of the person, and what they may not.
func mistakes(err error) map[string]string {
	if errs := web.FieldErrors(err); errs != nil {
		return errs
	}
	if err != nil && fault.KindOf(err) == fault.Denied {
		return map[string]string{"": fault.Of(err).Text}
	}
	return nil
}
