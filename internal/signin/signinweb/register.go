// Package signinweb is the pages of signing in beyond the login form: the second factor, the way to an identity provider and
// back, one's own security, and the settings of it all.
package signinweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.css
var files embed.FS

// The addresses of the pages.
const (
	StepURL     = "/login/step"
	ProviderURL = "/login/provider"
	backURL     = "/login/provider/back"
)

type pages struct {
	shell     *web.Shell
	signin    *signin.Service
	users     *user.Service
	publicURL func(path string) string
}

// Register adds the pages to the shell. publicURL returns the absolute address of a path of the portal: the provider sends
// browsers back to it.
func Register(shell *web.Shell, s *signin.Service, users *user.Service, publicURL func(path string) string) {
	shell.Area("signin", files)
	h := pages{shell, s, users, publicURL}
	shell.Page(StepURL, web.Public, h.step)
	shell.Action(StepURL+"/code", web.Public, h.enterCode)
	shell.Action(StepURL+"/factor", web.Public, h.enterFactor)
	shell.Action(StepURL+"/password", web.Public, h.newPassword)
	shell.Action("GET "+ProviderURL, web.Public, h.toProvider)
	shell.Action("GET "+backURL, web.Public, h.fromProvider)

	shell.Page(userweb.SecurityURL+"{$}", web.SignedIn, h.security)
	shell.Action(userweb.SecurityURL+"password", web.SignedIn, h.changePassword)
	shell.Action(userweb.SecurityURL+"end", web.SignedIn, h.endSession)
	shell.Action(userweb.SecurityURL+"end-others", web.SignedIn, h.endOthers)
	shell.Action(userweb.SecurityURL+"distrust", web.SignedIn, h.distrust)
	shell.Page(userweb.SecurityURL+"factor", web.SignedIn, h.factor)
	shell.Action(userweb.SecurityURL+"factor", web.SignedIn, h.enrol)
	shell.Action(userweb.SecurityURL+"factor/off", web.SignedIn, h.turnOff)
	shell.Action(userweb.SecurityURL+"factor/codes", web.SignedIn, h.newCodes)

	manage := web.Needs(access.ManagePeople)
	shell.Page("/company/personal/user/{id}/security/{$}", manage, h.theirs)
	shell.Action("/company/personal/user/{id}/security/end", manage, h.endTheirs)
	shell.Action("/company/personal/user/{id}/security/reset", manage, h.reset)

	shell.Page(settingweb.SignInURL+"{$}", web.Admin, h.settings)
	shell.Action(settingweb.SignInURL+"policy", web.Admin, h.savePolicy)
	shell.Action(settingweb.SignInURL+"provider", web.Admin, h.saveProvider)

	shell.Command(web.Command{Title: "Sign-in and security", URL: userweb.SecurityURL, Icon: "shield", Keywords: "password second factor sessions devices"})
	shell.Command(web.Command{Title: "Sign-in settings", URL: settingweb.SignInURL, Icon: "lock", Keywords: "oidc sso provider policy password factor", Admin: true})
}

// SignIn takes a login and password from the sign-in page.
func SignIn(s *signin.Service) func(context.Context, web.SignInAttempt) (web.SignInOutcome, error) {
	return func(ctx context.Context, a web.SignInAttempt) (web.SignInOutcome, error) {
		out, err := s.Password(ctx, a.Login, a.Password, signin.Browser{UserAgent: a.UserAgent, Address: a.RemoteAddr, Device: a.Device})
		return web.SignInOutcome{Token: out.Session, Step: out.Step}, err
	}
}

// Ways returns what the sign-in page offers.
func Ways(s *signin.Service) func(context.Context) (web.SignInWays, error) {
	return func(ctx context.Context) (web.SignInWays, error) {
		p, err := s.ProviderSettings(ctx)
		if err != nil || !p.On {
			return web.SignInWays{}, err
		}
		policy, err := s.Policy(ctx)
		return web.SignInWays{Provider: p.Title, ProviderURL: ProviderURL, NoPassword: policy.PasswordOff}, err
	}
}

func browser(r *web.Request) signin.Browser {
	return signin.Browser{UserAgent: r.UserAgent(), Address: r.RemoteIP(), Device: r.CookieValue(web.DeviceCookie)}
}

// me returns who asks.
func (h pages) me(ctx context.Context, r *web.Request) (user.User, error) {
	return h.users.Get(ctx, r.Viewer.ID)
}

// arrived returns what follows on an outcome: the portal, the next question, or the recovery codes on the way.
func (h pages) arrived(r *web.Request, out signin.Outcome, next string) web.Result {
	var cookies []*http.Cookie
	if out.Device != "" {
		cookies = append(cookies, r.SecretCookie(web.DeviceCookie, out.Device, "/login", out.DeviceLife))
	}
	if out.Session == "" {
		return web.WithCookies{Result: web.Redirect{To: stepURL(next)}, Cookies: append(cookies, r.StepCookie(out.Step))}
	}
	cookies = append(cookies, r.SessionCookie(out.Session), r.StepCookie(""))
	if out.Recovery == nil {
		return web.WithCookies{Result: web.Redirect{To: next}, Cookies: cookies}
	}
	return web.WithCookies{Cookies: cookies, Result: web.Page{
		Title: "Recovery codes", Layout: web.Bare, Template: "signin/codes", Styles: []string{"signin/signin.css"},
		Body: codesView{Codes: out.Recovery, Text: strings.Join(out.Recovery, "\n"), Next: next, Bare: true},
	}}
}

// codesView is what shows recovery codes once.
type codesView struct {
	Codes []string
	Text  string // one a line
	Next  string
	Bare  bool
}
