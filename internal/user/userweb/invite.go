package userweb

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// inviteForm is the form by which an administrator invites a person.
type inviteForm struct {
	Email, FirstName, LastName, Position string
	Department                           string
	Admin                                bool
	Departments                          []ui.Option
	Errors                               map[string]string // by field; "" is the form as a whole
}

func (h pages) invitePage(ctx context.Context, _ *web.Request) (web.Page, error) {
	return h.inviteForm(ctx, inviteForm{}, 0)
}

func (h pages) inviteForm(ctx context.Context, f inviteForm, status int) (web.Page, error) {
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	f.Departments = []ui.Option{{Title: "None"}}
	f.Departments = append(f.Departments, departmentOptions(all, nil)...)
	return web.Page{
		Title: "Invite a person", Section: section, Template: "user/invite", Body: f, Layout: web.Narrow, Status: status, Back: "/company/",
	}, nil
}

// invite creates a person without a password and shows the link by which they set one.
func (h pages) invite(ctx context.Context, r *web.Request) (web.Result, error) {
	f := inviteForm{
		Email: r.PostFormValue("email"), FirstName: r.PostFormValue("first_name"), LastName: r.PostFormValue("last_name"),
		Position: r.PostFormValue("position"), Department: r.PostFormValue("department"), Admin: r.PostFormValue("admin") != "",
	}
	n := user.NewUser{
		Email: strings.TrimSpace(f.Email), FirstName: f.FirstName, LastName: f.LastName, Position: f.Position, Admin: f.Admin,
	}
	if id := r.Int("department", 0); id != 0 {
		n.DepartmentIDs = []int64{id}
	}
	if n.Email == "" {
		f.Errors = map[string]string{"email": "Enter the e-mail address."}
		return h.inviteForm(ctx, f, http.StatusUnprocessableEntity)
	}
	u, err := h.users.Create(ctx, n)
	if f.Errors = fieldErrors(err); f.Errors != nil {
		return h.inviteForm(ctx, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return nil, err
	}
	return h.showLink(ctx, u.ID)
}

// fieldErrors returns what to show at the fields; the login of who is invited is their address.
func fieldErrors(err error) map[string]string {
	if errors.Is(err, user.ErrNoDepartment) { // deleted meanwhile
		return map[string]string{"department": user.ErrNoDepartment.Text}
	}
	errs := web.FieldErrors(err)
	if text, ok := errs["login"]; ok {
		return map[string]string{"email": text}
	}
	return errs
}

// linkView is what is shown once, after a link was made.
type linkView struct {
	Name, ProfileURL, Address string
	Known                     bool // has signed in before: the link is for a new password
}

func (h pages) showLink(ctx context.Context, id int64) (web.Result, error) {
	token, err := h.users.NewLink(ctx, id)
	if err != nil {
		return nil, err
	}
	u, err := h.users.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return web.Page{
		Title: u.DisplayName(), Section: section, Template: "user/link-shown", Layout: web.Narrow, Back: "/company/",
		Body: linkView{
			Name: u.DisplayName(), ProfileURL: u.ProfilePath(), Address: h.publicURL("/join/" + token), Known: !u.LastLogin.IsZero(),
		},
	}, nil
}

// link makes a new link for a person.
func (h pages) link(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return h.showLink(ctx, id)
}

// dismiss ends a person's sessions and takes them out of the company.
func (h pages) dismiss(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.activate(ctx, r, false, " was dismissed")
}

// takeBack lets a dismissed person in again.
func (h pages) takeBack(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.activate(ctx, r, true, " is back")
}

func (h pages) activate(ctx context.Context, r *web.Request, active bool, said string) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	u, err := h.users.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if u.Kind != user.Employee && u.Kind != user.Extranet {
		return nil, user.ErrNotFound
	}
	if u, err = h.users.Update(ctx, id, user.Change{Active: &active}); err != nil {
		return nil, err
	}
	return web.Redirect{To: u.ProfilePath(), Toast: u.DisplayName() + said}, nil
}
