package signinweb

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"rsc.io/qr"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

func stepURL(next string) string { return StepURL + "?next=" + url.QueryEscape(next) }

func nextOf(r *web.Request) string { return web.LocalPath(r.FormValue("next")) }

// stepView is what a question on the way in shows.
type stepView struct {
	Name      string
	Login     string
	Next      string
	TrustDays int64
	Least     int64 // characters of a password
	Draft     signin.Draft
	Picture   template.HTML
	Errors    map[string]string
}

// step asks for what is needed next.
func (h pages) step(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.ask(ctx, r, nil, 0)
}

func (h pages) ask(ctx context.Context, r *web.Request, errs map[string]string, status int) (web.Page, error) {
	token := r.CookieValue(web.StepCookie)
	need, u, err := h.signin.Step(ctx, token)
	if fault.KindOf(err) == fault.Unauthorized && err != nil {
		if status == 0 && token == "" {
			return web.Page{Redirect: "/login?next=" + url.QueryEscape(nextOf(r))}, nil
		}
		return h.shell.SignInPage(ctx, err)
	}
	if err != nil {
		return web.Page{}, err
	}
	policy, err := h.signin.Policy(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v := stepView{
		Name: u.DisplayName(), Login: u.Login, Next: nextOf(r), TrustDays: policy.TrustDays, Least: max(policy.MinPassword, user.MinPassword),
		Errors: errs,
	}
	p := web.Page{Layout: web.Bare, Body: &v, Status: status, Styles: []string{"signin/signin.css"}}
	switch need {
	case signin.NeedCode:
		p.Title, p.Template = "Enter the code", "signin/code"
	case signin.NeedPassword:
		p.Title, p.Template = "Choose a new password", "signin/password"
	case signin.NeedFactor:
		p.Title, p.Template = "Set up a second factor", "signin/factor"
		if v.Draft, err = h.signin.Draft(ctx, u); err == nil {
			v.Picture, err = picture(v.Draft.URI)
		}
	case signin.NeedNothing:
		return h.shell.SignInPage(ctx, signin.ErrStep) // the rules have changed meanwhile; signing in again is quick
	}
	return p, err
}

// picture returns the QR code of text as SVG, black on white in either theme: cameras need it so.
func picture(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", err
	}
	const quiet = 4 // modules around the code, as the standard asks for
	var b strings.Builder
	size := itoa(code.Size + 2*quiet)
	b.WriteString(`<svg class="qr" viewBox="0 0 ` + size + ` ` + size + `" role="img" aria-label="QR code for the authenticator app" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h` +
		size + `v` + size + `H0z"/><path fill="#000" d="`)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				b.WriteString("M" + itoa(x+quiet) + " " + itoa(y+quiet) + "h1v1h-1z")
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil //nolint:gosec // numbers and our own words
}

// refused shows the question again with what is wrong, or gives an error that is no mistake of the person.
func (h pages) refused(ctx context.Context, r *web.Request, err error) (web.Result, error) {
	f := fault.Of(err)
	switch f.Kind {
	case fault.Internal:
		return nil, err
	case fault.Unauthorized:
		return h.shell.SignInPage(ctx, err)
	}
	status := http.StatusUnprocessableEntity
	if f.Kind == fault.Denied {
		status = http.StatusForbidden
	}
	return h.ask(ctx, r, map[string]string{f.Field: f.Text}, status)
}

func (h pages) enterCode(ctx context.Context, r *web.Request) (web.Result, error) {
	c := signin.Code{Code: r.PostFormValue("code"), Recovery: r.PostFormValue("recovery"), Trust: r.Checked("trust")}
	if c.Code == "" && c.Recovery == "" {
		return h.ask(ctx, r, map[string]string{"code": "Enter the code that the app shows."}, http.StatusUnprocessableEntity)
	}
	out, err := h.signin.EnterCode(ctx, r.CookieValue(web.StepCookie), c, browser(r))
	if err != nil {
		return h.refused(ctx, r, err)
	}
	return h.arrived(r, out, nextOf(r)), nil
}

func (h pages) enterFactor(ctx context.Context, r *web.Request) (web.Result, error) {
	out, err := h.signin.EnterFactor(ctx, r.CookieValue(web.StepCookie), r.PostFormValue("code"), browser(r))
	if err != nil {
		return h.refused(ctx, r, err)
	}
	return h.arrived(r, out, nextOf(r)), nil
}

func (h pages) newPassword(ctx context.Context, r *web.Request) (web.Result, error) {
	password := r.PostFormValue("password")
	if password != r.PostFormValue("again") {
		return h.ask(ctx, r, map[string]string{"again": "The passwords differ."}, http.StatusUnprocessableEntity)
	}
	out, err := h.signin.NewPassword(ctx, r.CookieValue(web.StepCookie), password, browser(r))
	if err != nil {
		return h.refused(ctx, r, err)
	}
	return h.arrived(r, out, nextOf(r)), nil
}
