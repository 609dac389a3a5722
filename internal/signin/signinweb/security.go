package signinweb

import (
	"context"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/web"
)

// securityView is what the page of somebody's sign-in and security shows.
type securityView struct {
	Name        string
	Action      string // what the addresses of the forms begin with
	Own         bool
	Sessions    []sessionLine
	Devices     []signin.Device
	Factor      signin.Factor
	Required    bool // a policy asks for the second factor
	HasPassword bool
	Least       int64
	Errors      map[string]string // of the form for the password
	CodeErrors  map[string]string // of the forms for the second factor
	Open        string            // the form in which a mistake is
}

// sessionLine is a session in the list.
type sessionLine struct {
	user.Session
	Current  bool
	Provider bool
}

func (h pages) security(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.securityPage(ctx, r, securityView{})
}

func (h pages) securityPage(ctx context.Context, r *web.Request, v securityView) (web.Page, error) {
	u, err := h.me(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	if err := h.fill(ctx, r, u, &v); err != nil {
		return web.Page{}, err
	}
	v.Own, v.Action = true, userweb.SecurityURL
	p := web.Page{
		Title: "Profile", Template: "signin/security", Body: v, Layout: web.Narrow, Styles: []string{"signin/signin.css"},
		Tabs: userweb.ProfileTabs(userweb.SecurityURL),
	}
	if v.Errors != nil || v.CodeErrors != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// fill reads what is known of how u signs in.
func (h pages) fill(ctx context.Context, r *web.Request, u user.User, v *securityView) error {
	policy, err := h.signin.Policy(ctx)
	if err != nil {
		return err
	}
	v.Name, v.Least = u.DisplayName(), policy.MinPassword
	v.Required = policy.SecondFactor == signin.Everybody || policy.SecondFactor == signin.Administrators && u.Admin
	sessions, err := h.users.Sessions(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		line := sessionLine{s, s.Key == r.Viewer.Session, s.Method == user.ByProvider}
		if line.Current { // first, where one looks for it
			v.Sessions = append([]sessionLine{line}, v.Sessions...)
			continue
		}
		v.Sessions = append(v.Sessions, line)
	}
	if v.Devices, err = h.signin.Devices(ctx, u.ID); err != nil {
		return err
	}
	if v.Factor, err = h.signin.Factor(ctx, u.ID); err != nil {
		return err
	}
	v.HasPassword, err = h.users.HasPassword(ctx, u.ID)
	return err
}

func (h pages) changePassword(ctx context.Context, r *web.Request) (web.Result, error) {
	password := r.PostFormValue("password")
	var err error
	if password != r.PostFormValue("again") {
		err = fault.New(fault.Invalid, "PASSWORD_AGAIN", "The passwords differ.").At("again")
	} else {
		err = h.users.ChangePassword(ctx, r.Viewer.ID, r.PostFormValue("current"), password, r.Viewer.Session)
	}
	if errs := mistakes(err); errs != nil {
		return h.securityPage(ctx, r, securityView{Errors: errs, Open: "password"})
	}
	return web.Redirect{To: userweb.SecurityURL, Toast: "Your password is changed. Other browsers are signed out."}, err
}

// mistakes returns what to show at a form: the mistakes of the person, and that they tried too often.
func mistakes(err error) map[string]string {
	if errs := web.FieldErrors(err); errs != nil {
		return errs
	}
	if err != nil && fault.KindOf(err) == fault.Denied {
		return map[string]string{"": fault.Of(err).Text}
	}
	return nil
}

func (h pages) endSession(ctx context.Context, r *web.Request) (web.Result, error) {
	err := h.users.End(ctx, r.Viewer.ID, r.PostFormValue("key"))
	if err != nil && fault.KindOf(err) == fault.Unauthorized {
		err = nil // it is over, as asked for
	}
	return web.Redirect{To: userweb.SecurityURL, Toast: "The session is ended"}, err
}

func (h pages) endOthers(ctx context.Context, r *web.Request) (web.Result, error) {
	_, err := h.users.EndOthers(ctx, r.Viewer.ID, r.Viewer.Session)
	return web.Redirect{To: userweb.SecurityURL, Toast: "All other browsers are signed out"}, err
}

func (h pages) distrust(ctx context.Context, r *web.Request) (web.Result, error) {
	err := h.signin.Distrust(ctx, r.Viewer.ID, r.PostFormValue("key"))
	return web.Redirect{To: userweb.SecurityURL, Toast: "The device is asked for codes again"}, err
}

// factorView is what the setting up of a second factor shows.
type factorView struct {
	Draft   signin.Draft
	Picture template.HTML
	Errors  map[string]string
}

func (h pages) factor(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.factorPage(ctx, r, nil)
}

func (h pages) factorPage(ctx context.Context, r *web.Request, errs map[string]string) (web.Page, error) {
	u, err := h.me(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := factorView{Errors: errs}
	if v.Draft, err = h.signin.Draft(ctx, u); err != nil {
		return web.Page{}, err
	}
	if v.Picture, err = picture(v.Draft.URI); err != nil {
		return web.Page{}, err
	}
	p := web.Page{
		Title: "Set up a second factor", Template: "signin/enrol", Body: v, Layout: web.Narrow, Styles: []string{"signin/signin.css"},
		Back: userweb.SecurityURL,
	}
	if errs != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func (h pages) enrol(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.me(ctx, r)
	if err != nil {
		return nil, err
	}
	codes, err := h.signin.Enrol(ctx, u, r.PostFormValue("code"))
	if errs := mistakes(err); errs != nil && !isEnrolled(err) {
		return h.factorPage(ctx, r, errs)
	}
	if err != nil {
		return nil, err
	}
	return codesPage(codes), nil
}

func isEnrolled(err error) bool { return fault.Of(err).Code == signin.ErrEnrolled.Code }

func codesPage(codes []string) web.Page {
	return web.Page{
		Title: "Recovery codes", Template: "signin/codes", Layout: web.Narrow, Styles: []string{"signin/signin.css"},
		Body: codesView{Codes: codes, Text: strings.Join(codes, "\n"), Next: userweb.SecurityURL},
	}
}

func (h pages) turnOff(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.me(ctx, r)
	if err == nil {
		err = h.signin.TurnOff(ctx, u, r.PostFormValue("code"))
	}
	if errs := mistakes(err); errs != nil {
		return h.securityPage(ctx, r, securityView{CodeErrors: errs, Open: "off"})
	}
	return web.Redirect{To: userweb.SecurityURL, Toast: "The second factor is off"}, err
}

func (h pages) newCodes(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.me(ctx, r)
	if err != nil {
		return nil, err
	}
	codes, err := h.signin.NewRecovery(ctx, u, r.PostFormValue("code"))
	if errs := mistakes(err); errs != nil {
		return h.securityPage(ctx, r, securityView{CodeErrors: errs, Open: "codes"})
	}
	if err != nil {
		return nil, err
	}
	return codesPage(codes), nil
}

// theirs shows how another person signs in to who manages them.
func (h pages) theirs(ctx context.Context, r *web.Request) (web.Page, error) {
	u, err := h.managed(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v := securityView{Action: u.ProfilePath() + "security/"}
	if err := h.fill(ctx, r, u, &v); err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: u.DisplayName(), Template: "signin/security", Body: v, Layout: web.Narrow, Styles: []string{"signin/signin.css"},
		Section: "people", Slider: true, Behind: "/company/", Back: u.ProfilePath(),
	}, nil
}

func (h pages) managed(ctx context.Context, r *web.Request) (user.User, error) {
	id, err := r.PathID("id")
	if err != nil {
		return user.User{}, err
	}
	return h.users.Managed(ctx, r.Viewer.Ref(), id)
}

func (h pages) endTheirs(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.managed(ctx, r)
	if err == nil {
		_, err = h.users.EndAllAs(ctx, r.Viewer.Ref(), u.ID)
	}
	return web.Redirect{To: u.ProfilePath() + "security/", Toast: u.DisplayName() + " is signed out everywhere"}, err
}

func (h pages) reset(ctx context.Context, r *web.Request) (web.Result, error) {
	u, err := h.managed(ctx, r)
	if err == nil {
		err = h.signin.Reset(ctx, r.Viewer.Ref(), u.ID)
	}
	return web.Redirect{To: u.ProfilePath() + "security/", Toast: "The second factor of " + u.DisplayName() + " is reset"}, err
}

// HasFactor reports whether there is a second factor.
func (v securityView) HasFactor() bool { return v.Factor.Since != (time.Time{}) }
