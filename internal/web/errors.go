package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"runtime/debug"

	"github.com/portico-hq/portico/internal/fault"
)

var (
	errSignIn     = fault.New(fault.Unauthorized, "SIGN_IN", "Sign in to continue.")
	errAdminOnly  = fault.New(fault.Denied, "ADMIN_ONLY", "This page is for administrators.")
	errNotAllowed = fault.New(fault.Denied, "NOT_ALLOWED", "None of your roles allows this. An administrator can give you one that does.")
	errNotFound   = fault.New(fault.NotFound, "NOT_FOUND", "There is nothing at this address, or it is not shared with you.")
	errTooLarge   = fault.New(fault.TooLarge, "BODY_TOO_LARGE", "What was sent is too large.")
	errBrokenForm = fault.New(fault.Invalid, "BROKEN_FORM", "The form could not be read.")
	errForeign    = fault.New(fault.Denied, "CROSS_ORIGIN", "The form came from another site, so nothing was done.")
)

// status returns the HTTP status of a kind of fault.
func status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Denied:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// writeError answers with err: the sign-in page, JSON for modules, an error page for people.
func (s *Shell) writeError(w http.ResponseWriter, r *Request, err error) {
	if r.Context().Err() != nil && errors.Is(err, r.Context().Err()) {
		return // the browser has gone
	}
	if r.over != nil {
		s.log.WarnContext(r.Context(), "page behind a slider", "path", r.URL.Path, "error", err)
		err = s.writeAlone(w, r)
		if err == nil {
			return
		}
	}
	f := fault.Of(err)
	var id string
	if f.Kind == fault.Internal && r.Context().Err() != nil {
		return // whoever asked has gone, which ended the work: nothing is wrong, and there is nobody to tell
	}
	if f.Kind == fault.Internal {
		id = rand.Text()[:10]
		s.log.ErrorContext(r.Context(), "page", "id", id, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	switch {
	case r.Fetched() && !r.InSlider():
		s.writeFaultJSON(w, f, id)
	case f.Kind == fault.Unauthorized && !r.Viewer.SignedIn() && !r.InSlider():
		http.Redirect(w, r.Request, signInURL(r), http.StatusSeeOther)
	default:
		s.writeErrorPage(w, r, f, id)
	}
}

// signInURL returns the sign-in page that leads back to the page asked for; an action is not repeated.
func signInURL(r *Request) string {
	if r.Method != http.MethodGet || r.URL.RequestURI() == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(r.URL.RequestURI())
}

func (s *Shell) writeFaultJSON(w http.ResponseWriter, f *fault.Fault, id string) {
	text := f.Text
	if f.Kind == fault.Internal {
		text = "Something went wrong on our side."
	}
	body := map[string]string{"code": f.Code, "text": text}
	if f.Field != "" {
		body["field"] = f.Field
	}
	if id != "" {
		body["id"] = id
	}
	s.writeJSON(w, status(f.Kind), map[string]any{"error": body})
}

func (s *Shell) writeJSON(w http.ResponseWriter, code int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		s.log.Error("page answer", "error", err)
		http.Error(w, "Internal server error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(b)
}

// errorView is what the error page shows.
type errorView struct {
	Title string
	Text  string
	Icon  string
	ID    string // of the logged error, for the person to quote
	Back  string
}

func newErrorView(f *fault.Fault, id string) errorView {
	v := errorView{Text: f.Text, Icon: "warning", ID: id, Back: "/"}
	switch f.Kind {
	case fault.NotFound:
		v.Title, v.Icon = "Page not found", "search"
	case fault.Denied, fault.Unauthorized:
		v.Title, v.Icon = "Not allowed", "lock"
	case fault.Internal:
		v.Title, v.Text = "Something went wrong", "It is our mistake, not yours, and it has been recorded. Try again in a moment."
	case fault.Unavailable:
		v.Title = "Not available right now"
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		v.Title = "That did not work"
	}
	return v
}

func (s *Shell) writeErrorPage(w http.ResponseWriter, r *Request, f *fault.Fault, id string) {
	v := newErrorView(f, id)
	p := Page{Title: v.Title, Template: "web/error", Body: v, Layout: Narrow, Status: status(f.Kind)}
	if !r.Viewer.SignedIn() {
		p.Layout = Bare
	}
	if err := s.writePage(w, r, p); err != nil {
		s.log.ErrorContext(r.Context(), "error page", "error", err)
		http.Error(w, v.Title+". "+v.Text, p.Status)
	}
}

func (s *Shell) notFound(context.Context, *Request) (Page, error) { return Page{}, errNotFound }

func (s *Shell) refuseCrossOrigin(w http.ResponseWriter, hr *http.Request) {
	s.writeError(w, s.request(hr), errForeign)
}

// guard turns a panic of a handler into a 500 and sets the headers that every answer carries.
func (s *Shell) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint,err113 // the sentinel of net/http, compared as it does
				panic(p)
			}
			s.log.ErrorContext(hr.Context(), "panic in a page", "path", hr.URL.Path, "panic", p, "stack", string(debug.Stack()))
			http.Error(w, "Something went wrong", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, hr)
	})
}
