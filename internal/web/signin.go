package web

import (
	"context"
	"net/http"
	"time"

	"github.com/portico-hq/portico/internal/fault"
)

const (
	// sessionLife is how long the browser keeps the cookie; Sessions decides how long the session itself lives.
	sessionLife = 30 * 24 * time.Hour
	// renewEvery is how often the browser gets the cookie again while it is in use.
	renewEvery = 24 * time.Hour
)

// signInView is what the sign-in page shows.
type signInView struct {
	PortalName string
	Login      string
	Next       string
	Note       string
	Errors     map[string]string // by field; "" is the form as a whole
}

func (s *Shell) signInPage(_ context.Context, r *Request) (Page, error) {
	next := nextPage(r)
	if r.Viewer.SignedIn() {
		return Page{Redirect: next}, nil
	}
	return s.signInForm(signInView{Next: next}, 0), nil
}

func (s *Shell) signInForm(v signInView, code int) Page {
	v.PortalName, v.Note = s.name(), s.cfg.SignInNote
	return Page{Title: "Sign in", Layout: Bare, Template: "web/login", Body: v, Status: code}
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
		return s.signInForm(v, http.StatusUnprocessableEntity), nil
	}
	token, err := s.cfg.Sessions.SignIn(ctx, login, password, r.UserAgent(), r.RemoteIP())
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return nil, err
		}
		v.Errors[f.Field] = f.Text
		return s.signInForm(v, status(f.Kind)), nil
	}
	return signedIn{token: token, to: v.Next}, nil
}

// signedIn is the answer that opens a session in the browser.
type signedIn struct{ token, to string }

func (signedIn) result() {}

func (v signedIn) write(w http.ResponseWriter, r *Request) {
	setSession(w, r, v.token)
	http.Redirect(w, r.Request, v.to, http.StatusSeeOther)
}

func setSession(w http.ResponseWriter, r *Request, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: int(sessionLife / time.Second),
		HttpOnly: true, Secure: r.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// renew gives the browser its session for another sessionLife, once in renewEvery: a session lives from its last use on,
// and the cookie must not end before it. Pages alone do so, since what they answer is never stored on the way.
func renew(w http.ResponseWriter, r *Request) {
	if !r.Viewer.SignedIn() {
		return
	}
	if _, err := r.Cookie(renewedCookie); err == nil {
		return
	}
	if c, err := r.Cookie(sessionCookie); err == nil {
		setSession(w, r, c.Value)
		http.SetCookie(w, &http.Cookie{
			Name: renewedCookie, Value: "1", Path: "/", MaxAge: int(renewEvery / time.Second),
			HttpOnly: true, Secure: r.Secure(), SameSite: http.SameSiteLaxMode,
		})
	}
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
