package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/app/apprest"
	"github.com/portico-hq/portico/internal/bx24"
	"github.com/portico-hq/portico/internal/phpform"
)

// errStopping is the reason for which a server that is being stopped is not ready.
var errStopping = errors.New("the server is stopping")

// grantNames are the parameters by which a request to the authorization server tells whose it is: to renew tokens, and for
// app.info.
var grantNames = []string{"refresh_token", "code", "auth", "access_token"}

// maxTokenBody bounds the body of a request for tokens, in bytes.
const maxTokenBody = 64 << 10

// ServeHTTP hands the request to its portal. Paths are not cleaned and nothing is redirected: many clients of the REST
// protocol do not follow, or lose their body on the way.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/healthz":
		serveAlive(w)
		return
	case "/readyz":
		s.serveReady(w, r)
		return
	case "/metrics":
		if s.config.Metrics != nil {
			s.serveMetrics(w, r)
			return
		}
	}
	s.observed(w, r, func(w *response) { s.route(w, r) })
}

func (s *server) route(w *response, r *http.Request) {
	h := s.hosts.Load()
	if canonicalHost(r.Host) == bx24.Host && h.byHost[bx24.Host] == nil {
		bx24.Handler().ServeHTTP(w, r) // the same for every portal, and nothing else answers under this name
		return
	}
	sl := h.find(r.Host)
	if sl == nil && apprest.IsAuthServer(r.Host) {
		s.serveToken(w, r)
		return
	}
	if sl == nil {
		http.Error(w, "There is no portal at "+canonicalHost(r.Host)+" on this server.", http.StatusNotFound)
		return
	}
	s.servePortal(w, r, sl)
}

func (s *server) servePortal(w *response, r *http.Request, sl *slot) {
	w.host = sl.entry.Host
	o, err := s.use(sl)
	for errors.Is(err, errMoved) {
		if sl = s.hosts.Load().byID[sl.entry.ID]; sl == nil {
			break
		}
		o, err = s.use(sl)
	}
	if err != nil {
		unavailable(w)
		return
	}
	defer func() { o.release(s.clock.Now()) }()
	if isStream(r) {
		// A stream never ends by itself, and the server waits at its end for the requests under way.
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(s.stopping, cancel)()
		defer context.AfterFunc(o.gone, cancel)()
		r = r.WithContext(ctx)
	}
	o.handler.ServeHTTP(w, r)
}

func unavailable(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "This portal cannot be opened at the moment. The server's log says why.", http.StatusServiceUnavailable)
}

// serveToken answers a request to the authorization server, which names no portal: the one that issued the token or code answers.
// When no one did, the first refuses it in the documented words.
func (s *server) serveToken(w *response, r *http.Request) {
	token, err := readGrant(w, r)
	if err != nil {
		http.Error(w, "The request could not be read.", http.StatusBadRequest)
		return
	}
	slots := s.hosts.Load().slots
	owner := slots[0] // with fewer than two the host name would not have mattered
	for sl := range likely(slots, token) {
		owns, err := s.owns(r.Context(), sl, token)
		if err != nil {
			s.log.Error("look for the portal of a token", "host", sl.entry.Host, "error", err)
			unavailable(w) // not a refusal: the application would forget its token
			return
		}
		if owns {
			owner = sl
			break
		}
	}
	s.servePortal(w, r, owner)
}

// likely returns the slots with those first that the tag of a token leads to. The others have to be opened and asked one after another:
// the token may be older than its tag, or its portal may have moved.
func likely(slots []*slot, token string) iter.Seq[*slot] {
	return func(yield func(*slot) bool) {
		for _, first := range []bool{true, false} {
			for _, sl := range slots {
				if app.Tagged(token, sl.entry.Name) == first && !yield(sl) {
					return
				}
			}
		}
	}
}

func (s *server) owns(ctx context.Context, sl *slot, token string) (bool, error) {
	if token == "" {
		return false, nil
	}
	o, err := s.use(sl)
	if err != nil {
		return false, err
	}
	defer o.release(s.clock.Now())
	return o.portal.Owns(ctx, token)
}

// readGrant returns the token or the authorization code of a request, in its address, its body or its header, and leaves the
// request as it found it. Clients send a form or JSON, with GET or POST.
func readGrant(w http.ResponseWriter, r *http.Request) (string, error) {
	query := r.URL.Query()
	for _, name := range grantNames {
		if token := query.Get(name); token != "" {
			return token, nil
		}
	}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTokenBody))
	if err != nil {
		return "", err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := parseParams(r.Header.Get("Content-Type"), body)
	if err != nil {
		return "", err
	}
	for _, name := range grantNames {
		if v, ok := form.Get(name); ok && !v.IsArray() {
			return v.Text(), nil
		}
	}
	return "", nil
}

func parseParams(contentType string, body []byte) (phpform.Value, error) {
	if strings.HasPrefix(contentType, "application/json") {
		return phpform.ParseJSON(body, phpform.Limits{})
	}
	return phpform.ParseForm(string(body), phpform.Limits{})
}
