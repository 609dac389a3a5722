package web

import (
	"context"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/fault"
)

// PageFunc answers a GET of a page.
type PageFunc func(ctx context.Context, r *Request) (Page, error)

// ResultFunc answers an action or a fragment.
type ResultFunc func(ctx context.Context, r *Request) (Result, error)

// StreamFunc opens a stream of pre-serialised server-sent events. The stream ends when the channel is closed; cancel is
// called when the reader has gone.
type StreamFunc func(ctx context.Context, r *Request) (events <-chan []byte, cancel func(), err error)

// Option changes a route.
type Option func(*route)

// MaxBody sets how many bytes a request's body may have; without it 1 MB.
func MaxBody(n int64) Option { return func(rt *route) { rt.maxBody = n } }

// RawBody leaves the body unread, for handlers that stream it (r.MultipartReader).
func RawBody() Option { return func(rt *route) { rt.raw = true } }

type route struct {
	access   Access
	page     bool
	fragment bool // errors are JSON whoever asks
	maxBody  int64
	raw      bool
	serve    func(w http.ResponseWriter, r *Request) error
}

// Page registers a page. The pattern is one of http.ServeMux without the method, e.g. "/tasks/{id}/".
func (s *Shell) Page(pattern string, access Access, f PageFunc) {
	pattern = withMethod(http.MethodGet, pattern)
	s.pages[pattern] = true
	s.add(pattern, &route{access: access, page: true, serve: func(w http.ResponseWriter, r *Request) error {
		p, err := f(r.Context(), r)
		if err != nil {
			return err
		}
		return s.writePage(w, r, p)
	}})
}

// Action registers what a form does, by POST unless pattern names another method ("DELETE /x/{id}"). A form of another
// origin never reaches it. Forms are parsed before f runs.
func (s *Shell) Action(pattern string, access Access, f ResultFunc, opts ...Option) {
	rt := &route{access: access, serve: s.result(f)}
	for _, o := range opts {
		o(rt)
	}
	s.add(withMethod(http.MethodPost, pattern), rt)
}

// Fragment registers a GET that a module fetches. Its errors are JSON, and so is the 401 of a person whose session is
// over. Files (attachments, avatars, exports) are fragments too.
func (s *Shell) Fragment(pattern string, access Access, f ResultFunc) {
	s.add(withMethod(http.MethodGet, pattern), &route{access: access, fragment: true, serve: s.result(f)})
}

// Stream registers a stream of server-sent events with a heartbeat every 25 s.
func (s *Shell) Stream(pattern string, access Access, f StreamFunc) {
	s.add(withMethod(http.MethodGet, pattern), &route{access: access, fragment: true, serve: func(w http.ResponseWriter, r *Request) error {
		if r.Method == http.MethodHead { // the answer has no end that the browser could see: it would ask the next thing in vain
			w.Header().Set("Content-Type", "text/event-stream")
			return nil
		}
		events, cancel, err := f(r.Context(), r)
		if err != nil {
			return err
		}
		defer cancel()
		s.stream(w, r, events)
		return nil
	}})
}

// Raw registers what answers GET by itself, without a session: files that are not the portal's own.
func (s *Shell) Raw(pattern string, f http.HandlerFunc) {
	if s.checked {
		panic("web: " + pattern + " registered after Handler")
	}
	s.mux.HandleFunc(withMethod(http.MethodGet, pattern), f)
}

func withMethod(method, pattern string) string {
	if strings.Contains(pattern, " ") {
		return pattern
	}
	return method + " " + pattern
}

func (s *Shell) result(f ResultFunc) func(http.ResponseWriter, *Request) error {
	return func(w http.ResponseWriter, r *Request) error {
		res, err := f(r.Context(), r)
		if err != nil {
			return err
		}
		return s.writeResult(w, r, res)
	}
}

// add registers rt: session, access, body, the function, its error.
func (s *Shell) add(pattern string, rt *route) {
	if s.checked {
		panic("web: " + pattern + " registered after Handler")
	}
	if rt.maxBody == 0 {
		rt.maxBody = 1 << 20
	}
	s.access[pattern] = rt.access
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, hr *http.Request) {
		r := s.request(hr)
		r.fragment = rt.fragment
		if err := s.run(w, r, rt); err != nil {
			s.writeError(w, r, err)
		}
	})
}

func (s *Shell) run(w http.ResponseWriter, r *Request, rt *route) error {
	if err := s.identify(r); err != nil {
		return err
	}
	r.Request = r.WithContext(audit.WithSource(r.Context(), audit.Source{
		UserID: r.Viewer.ID, Addr: r.RemoteIP(), Agent: r.UserAgent(), URI: r.plainPath(),
	}))
	if err := r.may(rt.access); err != nil {
		return err
	}
	if rt.page && r.over == nil {
		if err := s.renew(w, r); err != nil {
			return err
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		r.Body = http.MaxBytesReader(w, r.Body, rt.maxBody)
		if err := r.parseBody(rt.raw); err != nil {
			return err
		}
	}
	return rt.serve(w, r)
}

// identify finds out who asks. A session that is over leaves the viewer unknown.
func (s *Shell) identify(r *Request) error {
	if r.known {
		return nil
	}
	r.known = true
	c, err := r.Cookie(sessionCookie)
	if err != nil || c.Value == "" {
		return nil //nolint:nilerr // no cookie: not signed in
	}
	v, err := s.cfg.Sessions.Lookup(r.Context(), c.Value)
	if err != nil {
		if fault.KindOf(err) == fault.Unauthorized {
			return nil
		}
		return err
	}
	r.Viewer = v
	return nil
}

func (r *Request) may(a Access) error {
	switch {
	case a == Public:
		return nil
	case !r.Viewer.SignedIn():
		return errSignIn
	case a == Admin && !r.Viewer.Admin:
		return errAdminOnly
	case a != Admin && !r.Viewer.May(access.Set(a)):
		return errNotAllowed
	}
	return nil
}

// reachable returns the tabs whose pages let v in. A tab whose page is not registered is none.
func (s *Shell) reachable(v Viewer, tabs []Tab) []Tab {
	return slices.DeleteFunc(slices.Clone(tabs), func(t Tab) bool {
		u, err := url.Parse(t.URL)
		if err != nil {
			return true
		}
		_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: u})
		known := pattern != "" && pattern != anyPage
		return !known || (&Request{Viewer: v}).may(s.access[pattern]) != nil
	})
}

// anyPage is the pattern of what no other route answers.
const anyPage = "GET /"

// formInMemory is how many bytes of the files of a form are held in memory; the rest waits on the disk until the answer is written. Values
// that are no files may have 10 MB more.
const formInMemory = 1 << 20

// parseBody reads forms, so that r.PostForm and r.MultipartForm are set and a broken one is a fault.
func (r *Request) parseBody(raw bool) error {
	kind := r.Header.Get("Content-Type")
	var err error
	switch {
	case raw:
		return nil
	case strings.HasPrefix(kind, "multipart/form-data"):
		err = r.ParseMultipartForm(formInMemory)
	case strings.HasPrefix(kind, "application/x-www-form-urlencoded"):
		err = r.ParseForm()
	}
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return errTooLarge
	}
	if err != nil {
		return errBrokenForm.Because(err)
	}
	return nil
}
