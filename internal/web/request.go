package web

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web/ui"
)

const (
	sessionCookie = "portico_session"
	renewedCookie = "portico_renewed" // while it is there, the session cookie is young enough
	toastCookie   = "portico_toast"
	overCookie    = "portico_over" // "slider behind": what a reload of a slider shows behind it

	sliderHeader = "Portico-Slider" // the page is wanted as the content of a slider
	fetchHeader  = "Portico-Fetch"  // the request was made by a module: errors and redirects as JSON
)

// Request is a request to the shell, with who asks.
type Request struct {
	*http.Request
	// Viewer is who asks; the zero value on public routes when nobody is signed in.
	Viewer Viewer
	// Now is the time at which the request came in.
	Now time.Time

	shell    *Shell
	known    bool // the session was looked up
	fragment bool
	nonce    string
	over     *overlay // the slider to show over this page
}

func (s *Shell) request(hr *http.Request) *Request {
	r := &Request{Request: hr, shell: s, Now: s.cfg.Clock.Now()}
	if o, ok := hr.Context().Value(overlayKey{}).(*overlay); ok {
		r.over, r.Viewer, r.known = o, o.viewer, true
	}
	return r
}

// PathID returns the positive number that the pattern's {name} matched; the fault NotFound when it is none.
func (r *Request) PathID(name string) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNotFound
	}
	return id, nil
}

// Int returns the number in the query or form value name, or def when it is missing or none.
func (r *Request) Int(name string, def int64) int64 {
	n, err := strconv.ParseInt(r.FormValue(name), 10, 64)
	if err != nil {
		return def
	}
	return n
}

// Checked reports whether the checkbox or switch name was on.
func (r *Request) Checked(name string) bool { return r.FormValue(name) != "" }

// JSON decodes the request's JSON body into v; the fault Invalid when it is broken.
func (r *Request) JSON(v any) error {
	err := json.NewDecoder(r.Body).Decode(v)
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		return errTooLarge
	}
	if err != nil {
		return errBrokenForm.Because(err)
	}
	return nil
}

// Fetched reports whether a module made the request with web/fetch.js.
func (r *Request) Fetched() bool { return r.fragment || r.Header.Get(fetchHeader) != "" }

// InSlider reports whether the page is wanted as the content of a slider.
func (r *Request) InSlider() bool { return r.Header.Get(sliderHeader) != "" }

// When returns t as a time element in the viewer's zone, as the template function when does.
func (r *Request) When(t time.Time) ui.When {
	return ui.When{Time: t, Now: r.Now, Zone: r.Viewer.Zone(), Clock12: r.Viewer.Clock12}
}

// Secure reports whether the browser speaks HTTPS, to us or to the trusted proxy.
func (r *Request) Secure() bool {
	if r.TLS != nil {
		return true
	}
	return r.shell.cfg.TrustProxy && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// RemoteIP returns the address of the browser, or of the last hop before the trusted proxy.
func (r *Request) RemoteIP() string {
	if r.shell.cfg.TrustProxy {
		if client := ClientAddr(r.Request); client != "" {
			return client
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// ClientAddr returns the IP address of the client as the proxy before this server tells it: the last hop of X-Forwarded-For,
// which alone that proxy has seen itself. It is empty where there is none. Only a proxy that sets the header may be believed.
func ClientAddr(r *http.Request) string {
	all := r.Header.Values("X-Forwarded-For")
	if len(all) == 0 {
		return ""
	}
	hops := strings.Split(all[len(all)-1], ",")
	ip := net.ParseIP(strings.Trim(strings.TrimSpace(hops[len(hops)-1]), "[]"))
	if ip == nil {
		return ""
	}
	return ip.String()
}

// plainPath returns the path of the request for logs. Where the path holds a secret it is the route's pattern: a link to set a
// password lets in whoever reads it.
func (r *Request) plainPath() string {
	if r.PathValue("token") == "" {
		return r.URL.Path
	}
	_, path, _ := strings.Cut(r.Pattern, " ")
	return path
}

// Render returns a template of an area as HTML, for JSON answers that carry pieces of a page.
func (r *Request) Render(template string, body any) (string, error) {
	var b strings.Builder
	err := r.shell.execute(&b, r, template, body)
	return b.String(), err
}

// FieldErrors returns what to show at the fields of a form when err is a mistake of the person who filled it: the text
// of the fault by its field, "" where it names none. It is nil for every other error.
func FieldErrors(err error) map[string]string {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.TooLarge:
		return map[string]string{f.Field: f.Text}
	}
	return nil
}

// localPath reports whether p is an address of this portal, safe to redirect to.
func localPath(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") {
		return false
	}
	return !strings.ContainsAny(p, "\\\r\n\t")
}
