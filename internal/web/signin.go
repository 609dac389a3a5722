package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/portico-hq/portico/internal/fault"
)

const (
	// sessionLife is how long the browser keeps the cookie; Sessions decides how long the session itself lives.
	sessionLife = 30 * 24 * time.Hour
	// renewEvery is how often the browser gets the cookie again while it is in use.
	renewEvery = 24 * time.Hour
)

// The cookies of a sign-in that is not finished, and of a device that is not asked for codes.
const (
	StepCookie   = "portico_step"
	DeviceCookie = "portico_device"
)

// signInView is what the sign-in page shows.
type signInView struct {
	PortalName string
	Login      string
	Next       string
	Note       string
	Ways       SignInWays
	Provider   string            // the address of the provider with where to go afterwards
	Errors     map[string]string // by field; "" is the form as a whole
}

func (s *Shell) signInPage(ctx context.Context, r *Request) (Page, error) {
	next := nextPage(r)
	if r.Viewer.SignedIn() {
		return Page{Redirect: next}, nil
	}
	return s.signInForm(ctx, signInView{Next: next}, 0)
}

// SignInPage returns the sign-in page with what went wrong, for the ways in that have pages of their own.
func (s *Shell) SignInPage(ctx context.Context, err error) (Page, error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return Page{}, err
	}
	return s.signInForm(ctx, signInView{Next: "/", Errors: map[string]string{"": f.Text}}, status(f.Kind))
}

func (s *Shell) signInForm(ctx context.Context, v signInView, code int) (p Page, err error) {
	v.PortalName, v.Note = s.name(), s.cfg.SignInNote
	if s.cfg.SignInWays != nil {
		if v.Ways, err = s.cfg.SignInWays(ctx); err != nil {
			return Page{}, err
		}
	}
	if v.Ways.Provider != "" {
		v.Provider = v.Ways.ProviderURL + "?next=" + url.QueryEscape(v.Next)
	}
	return Page{Title: "Sign in", Layout: Bare, Template: "web/login", Body: v, Status: code}, nil
}

// nextPage returns where to go after signing in; never to another site.
func nextPage(r *Request) string {
	if next := r.FormValue("next"); localPath(next) {
		return next
	}
	return "/"
}

func (s *Shell) signIn(ctx context.Context, r *Request) (Result, error) {
	login, password := r.PostFormValue("login"), r.PostFormValue("password")
	v := signInView{Login: login, Next: nextPage(r), Errors: map[string]string{}}
	if login == "" {
		v.Errors["login"] = "Enter your login or email."
	}
	if password == "" {
		v.Errors["password"] = "Enter your password."
	}
	if len(v.Errors) > 0 {
		return s.signInForm(ctx, v, http.StatusUnprocessableEntity)
	}
	out, err := s.tryPassword(ctx, r, login, password)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return nil, err
		}
		v.Errors[f.Field] = f.Text
		return s.signInForm(ctx, v, status(f.Kind))
	}
	if out.Step != "" {
		return WithCookies{Redirect{To: s.cfg.StepURL + "?next=" + url.QueryEscape(v.Next)}, []*http.Cookie{r.StepCookie(out.Step)}}, nil
	}
	return WithCookies{Redirect{To: v.Next}, []*http.Cookie{r.SessionCookie(out.Token)}}, nil
}

func (s *Shell) tryPassword(ctx context.Context, r *Request, login, password string) (SignInOutcome, error) {
	if s.cfg.SignIn == nil {
		token, err := s.cfg.Sessions.SignIn(ctx, login, password, r.UserAgent(), r.RemoteIP())
		return SignInOutcome{Token: token}, err
	}
	return s.cfg.SignIn(ctx, SignInAttempt{
		Login: login, Password: password, UserAgent: r.UserAgent(), RemoteAddr: r.RemoteIP(), Device: r.CookieValue(DeviceCookie),
	})
}

// CookieValue returns the value of a cookie, "" where there is none.
func (r *Request) CookieValue(name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// SecretCookie returns a cookie that no script reads and that is sent to paths under path, for life; without a value it removes
// one.
func (r *Request) SecretCookie(name, value, path string, life time.Duration) *http.Cookie {
	age := int(life / time.Second)
	if value == "" {
		age = -1
	}
	return &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: age, HttpOnly: true, Secure: r.Secure(), SameSite: http.SameSiteLaxMode,
	}
}

// SessionCookie returns the cookie that opens the session of token.
func (r *Request) SessionCookie(token string) *http.Cookie {
	return r.SecretCookie(sessionCookie, token, "/", sessionLife)
}

// stepLife is how long the browser keeps what a sign-in that is not finished has proved.
const stepLife = 10 * time.Minute

// StepCookie returns the cookie that goes on with a sign-in; without a token it removes it.
func (r *Request) StepCookie(token string) *http.Cookie {
	return r.SecretCookie(StepCookie, token, "/login", stepLife)
}

// LocalPath returns p where it is an address of this portal, "/" otherwise: what a form or an address says must not lead to
// another site.
func LocalPath(p string) string {
	if localPath(p) {
		return p
	}
	return "/"
}

// renew gives the browser its session for another sessionLife, once in renewEvery: a session lives from its last use on,
// and the cookie must not end before it. Where the person's powers have changed it is another token. Pages alone do so, since
// what they answer is never stored on the way.
func (s *Shell) renew(w http.ResponseWriter, r *Request) error {
	token := r.CookieValue(sessionCookie)
	if !r.Viewer.SignedIn() || token == "" || r.Viewer.Replaced {
		return nil
	}
	if rotator, ok := s.cfg.Sessions.(Rotator); ok && r.Viewer.Renew {
		fresh, err := rotator.Rotate(r.Context(), token)
		switch {
		case err == nil:
			http.SetCookie(w, r.SessionCookie(fresh))
			return nil
		case fault.KindOf(err) == fault.Unauthorized:
			return nil // another page of this browser was faster
		}
		return err
	}
	if r.CookieValue(renewedCookie) == "" {
		http.SetCookie(w, r.SessionCookie(token))
		http.SetCookie(w, r.SecretCookie(renewedCookie, "1", "/", renewEvery))
	}
	return nil
}

// signedOut is the answer that forgets the session in the browser, and what the browser keeps of the portal.
type signedOut struct{}

func (signedOut) result() {}

func (signedOut) write(w http.ResponseWriter, r *Request) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: r.Secure()})
	w.Header().Set("Clear-Site-Data", `"storage"`)
	http.Redirect(w, r.Request, "/login", http.StatusSeeOther)
}

func (s *Shell) signOut(ctx context.Context, r *Request) (Result, error) {
	if c, err := r.Cookie(sessionCookie); err == nil && c.Value != "" {
		if err := s.cfg.Sessions.SignOut(ctx, c.Value); err != nil && fault.KindOf(err) != fault.Unauthorized {
			return nil, err
		}
	}
	return signedOut{}, nil
}

// setTheme stores the theme that was chosen at the foot of the rail.
func (s *Shell) setTheme(ctx context.Context, r *Request) (Result, error) {
	theme := r.PostFormValue("theme")
	switch theme {
	case "system", "light", "dark":
	default:
		return nil, fault.New(fault.Invalid, "THEME", "Choose system, light or dark.").At("theme")
	}
	if err := s.cfg.Sessions.SetTheme(ctx, r.Viewer.ID, theme); err != nil {
		return nil, err
	}
	if r.Fetched() {
		return NoContent{}, nil
	}
	back := "/"
	if p := r.PostFormValue("next"); localPath(p) {
		back = p
	}
	return Redirect{To: back}, nil
}
