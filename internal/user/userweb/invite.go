package userweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// inviteForm are the forms by which people are invited: one person, or a list.
type inviteForm struct {
	Email, FirstName, LastName, Position string
	Department, Role                     string
	Admin                                bool
	MayAdmin                             bool // who invites is an administrator
	Departments, Roles                   []ui.Option
	Errors                               map[string]string // by field; "" is the form as a whole

	List       string // as typed
	ListErrors []string
	Max        int
}

func (h pages) invitePage(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.inviteForm(ctx, r, inviteForm{}, 0)
}

func (h pages) inviteForm(ctx context.Context, r *web.Request, f inviteForm, status int) (web.Page, error) {
	all, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	if err != nil {
		return web.Page{}, err
	}
	roles, err := h.users.Roles(ctx)
	if err != nil {
		return web.Page{}, err
	}
	var v manageView
	v.choices(roles, all, h.actor(r))
	v.PutInto[0].Title, v.GiveRoles[0].Title = "None", "Employee"
	f.Departments, f.Roles, f.MayAdmin, f.Max = v.PutInto, v.GiveRoles, r.Viewer.Admin, user.MaxInvited
	return web.Page{
		Title: "Invite people", Section: section, Template: "user/invite", Body: f, Layout: web.Narrow, Status: status, Back: manageURL,
		Styles: []string{"user/people.css", "user/manage.css"},
	}, nil
}

// invite creates a person without a password and shows the link by which they set one.
func (h pages) invite(ctx context.Context, r *web.Request) (web.Result, error) {
	f := inviteForm{
		Email: r.PostFormValue("email"), FirstName: r.PostFormValue("first_name"), LastName: r.PostFormValue("last_name"),
		Position: r.PostFormValue("position"), Department: r.PostFormValue("department"), Role: r.PostFormValue("role"),
		Admin: r.PostFormValue("admin") != "",
	}
	n := user.NewUser{
		Email: strings.TrimSpace(f.Email), FirstName: f.FirstName, LastName: f.LastName, Position: f.Position, Admin: f.Admin,
	}
	if id := r.Int("department", 0); id != 0 {
		n.DepartmentIDs = []int64{id}
	}
	if n.Email == "" {
		f.Errors = map[string]string{"email": "Enter the e-mail address."}
		return h.inviteForm(ctx, r, f, http.StatusUnprocessableEntity)
	}
	made, err := h.users.Invite(ctx, h.actor(r), []user.NewUser{n}, r.Int("role", 0))
	if wrong := user.InviteFaults(nil); errors.As(err, &wrong) {
		err = wrong[0]
	}
	if f.Errors = fieldErrors(err); f.Errors != nil {
		return h.inviteForm(ctx, r, f, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return nil, err
	}
	return h.linkShown(ctx, made[0].User, made[0].Token), nil
}

// inviteMany invites the people of a list: typed or pasted, or in a file.
func (h pages) inviteMany(ctx context.Context, r *web.Request) (web.Result, error) {
	f := inviteForm{List: r.PostFormValue("list"), Department: r.PostFormValue("department"), Role: r.PostFormValue("role")}
	if file, _, err := r.FormFile("file"); err == nil {
		raw, err := io.ReadAll(file)
		_ = file.Close()
		if err != nil {
			return nil, err
		}
		if len(raw) > 0 {
			f.List = string(raw)
		}
	}
	list, wrong := user.ParsePeople(f.List)
	if len(list) == 0 && len(wrong) == 0 {
		wrong = []string{"Enter at least one e-mail address, one person a line."}
	}
	if id := r.Int("department", 0); id != 0 {
		for i := range list {
			list[i].User.DepartmentIDs = []int64{id}
		}
	}
	var made []user.Invited
	if len(wrong) == 0 {
		people := make([]user.NewUser, len(list))
		for i, l := range list {
			people[i] = l.User
		}
		var err error
		made, err = h.users.Invite(ctx, h.actor(r), people, r.Int("role", 0))
		faults := user.InviteFaults(nil)
		switch {
		case errors.As(err, &faults):
			for i, l := range list {
				if f := faults[i]; f != nil {
					wrong = append(wrong, "Line "+strconv.Itoa(l.Line)+" ("+l.User.Email+"): "+f.Text)
				}
			}
		case err != nil && web.FieldErrors(err) != nil:
			wrong = append(wrong, fault.Of(err).Text)
		case err != nil:
			return nil, err
		}
	}
	if len(wrong) > 0 {
		f.ListErrors = wrong
		return h.inviteForm(ctx, r, f, http.StatusUnprocessableEntity)
	}
	return h.invitedPage(ctx, made), nil
}

// invitedView is what is shown once, after several people were invited.
type invitedView struct {
	Count int
	Lines string // "address link", one a line
	Mail  string // the tokens of links that can be sent; empty: none can
}

func (h pages) invitedPage(ctx context.Context, made []user.Invited) web.Page {
	var b strings.Builder
	var tokens []string
	for _, m := range made {
		tokens = append(tokens, m.Token)
		b.WriteString(m.User.Email + "\t" + h.publicURL("/join/"+m.Token) + "\n")
	}
	if !h.mails(ctx) {
		tokens = nil
	}
	return web.Page{
		Title: "Invitations", Section: section, Template: "user/invited", Layout: web.Narrow, Back: manageURL,
		Body: invitedView{len(made), b.String(), strings.Join(tokens, " ")}, Styles: []string{"user/manage.css"},
	}
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
	Token                     string
	MailTo                    string // the address to which it can be sent; empty: none
}

// linkShown shows the link of u, once.
func (h pages) linkShown(ctx context.Context, u user.User, token string) web.Page {
	mailTo := ""
	if h.mails(ctx) {
		mailTo = u.Email
	}
	return web.Page{
		Title: u.DisplayName(), Section: section, Template: "user/link-shown", Layout: web.Narrow, Back: manageURL,
		Body: linkView{
			Name: u.DisplayName(), ProfileURL: u.ProfilePath(), Address: h.publicURL("/join/" + token), Known: !u.LastLogin.IsZero(),
			Token: token, MailTo: mailTo,
		},
	}
}

// link makes a new link for a person.
func (h pages) link(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	token, err := h.users.NewLinkAs(ctx, h.actor(r), id)
	if err != nil {
		return nil, err
	}
	u, err := h.users.Get(ctx, id)
	return h.linkShown(ctx, u, token), err
}

// revoke takes a person's link back.
func (h pages) revoke(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err == nil {
		err = h.users.RevokeLinkAs(ctx, h.actor(r), id)
	}
	return web.Redirect{To: user.User{ID: id}.ProfilePath(), Toast: "The link does not work any more"}, err
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
	u, err := h.users.ChangeAs(ctx, h.actor(r), id, user.Change{Active: &active})
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: u.ProfilePath(), Toast: u.DisplayName() + said}, nil
}
