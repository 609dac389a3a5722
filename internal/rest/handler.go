package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// MaxBody is the largest request body in bytes, where a method does not say otherwise, see Body.
const MaxBody = 10 << 20

// Handler answers the addresses under /rest/.
type Handler struct {
	registry *Registry
	auth     Authorizer
	clock    clock.Clock
	log      *slog.Logger
	meter    meter
	recorder Recorder // nil: nobody keeps a log
	contract Contract // nil: calls are held against nothing
	replays  Replays

	policy func(context.Context) Policy
	rate   atomic.Pointer[rate] // the counts of requests; nil until they are limited
	guard  *guard               // nil: the handler does not protect itself
}

var _ http.Handler = (*Handler)(nil)

// NewHandler returns a handler that serves the methods of registry to whom auth lets in.
func NewHandler(registry *Registry, auth Authorizer, clk clock.Clock, log *slog.Logger, options ...HandlerOption) *Handler {
	h := &Handler{
		registry: registry, auth: auth, clock: clk, log: log, policy: func(context.Context) Policy { return Policy{} },
	}
	for _, o := range options {
		o(h)
	}
	return h
}

// ServeHTTP answers one call. It never redirects: clients of this protocol do not follow, or lose their body on the way.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	allowOrigins(w.Header())
	if r.Method == http.MethodOptions {
		preflight(w, r)
		return
	}
	c := &Call{Start: h.clock.Now(), V3: isV3(r.URL.Path), handler: h, asked: askedBy(r, newRequestID())}
	c.policy, c.Remote = h.policy(r.Context()), hostOf(r.RemoteAddr)
	out, err := h.take(c, w, r)
	a := h.answer(r.Context(), c, out, err)
	h.write(w, r, c, a)
	h.record(c, "", a.status, a.fault, a.body)
}

// take serves a call when there is room for one more.
func (h *Handler) take(c *Call, w http.ResponseWriter, r *http.Request) (*outcome, error) {
	leave, err := h.guard.enter(c)
	if err != nil {
		return nil, err
	}
	defer leave()
	h.guard.withPatience(c, w, r)
	return h.serve(c, r)
}

func (h *Handler) serve(c *Call, r *http.Request) (*outcome, error) {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodHead:
	default:
		return nil, fault.New(fault.Invalid, "INVALID_REQUEST", "Call methods with GET or POST")
	}
	a, err := parseAddress(r.URL.Path)
	c.asked.name = a.method
	if limited := h.limit(c); limited != nil {
		return nil, limited
	}
	if err != nil {
		return nil, err
	}
	method, limit := h.registry.find(a), int64(MaxBody)
	if method.isLarge(r) {
		leave, err := h.admitLarge(r.Context(), c, method, r, a)
		if err != nil {
			return nil, err
		}
		defer leave()
		defer func() { c.Params = shortened(c.Params) }()
		limit = method.body
	}
	tree, err := readParams(r, a.v3, limit)
	if err != nil {
		return nil, err
	}
	var token string
	if a.code == "" {
		token, tree = takeToken(r, tree)
	}
	c.Params = tree
	given := Credentials{token, a.userID, a.code, c.Remote}
	if method == nil {
		return nil, h.unknown(r.Context(), c, given)
	}
	if c.Kind != ByWebhook { // which is known where the body is large; a token in the body wins over one before it
		if err := h.authorize(r.Context(), c, given); err != nil {
			return nil, err
		}
	}
	ctx := audit.WithSource(r.Context(), audit.Source{
		UserID: c.UserID, Addr: c.Remote, Agent: r.UserAgent(), URI: maskPath(r.URL.Path),
	})
	if c.V3 && method.Changes {
		return h.once(ctx, c, method, tree, r.Header.Values(keyHeader))
	}
	return h.invoke(ctx, c, method, tree)
}

// limit counts a request and refuses it where its source has sent too many.
func (h *Handler) limit(c *Call) error {
	if err := h.guard.source(c); err != nil {
		return err
	}
	r := h.rateOf(c.policy.Limits)
	if r == nil {
		return nil
	}
	err := c.refuse(r, c.Remote)
	c.gauge.burst, c.gauge.perSecond = r.burst, r.perSecond
	c.gauge.count = r.count(c.Remote, c.Start)
	return err
}

// limitOperating refuses a call whose caller has spent too much time in its method.
func (h *Handler) limitOperating(c *Call) error {
	c.gauge.operating = c.policy.Operating.Seconds()
	if c.gauge.operating <= 0 {
		return nil
	}
	c.gauge.used, c.gauge.resetAt = h.meter.state(c)
	if c.gauge.used <= c.gauge.operating {
		return nil
	}
	c.gauge.retryAfter = max(1, c.gauge.resetAt-c.Start.Unix())
	return ErrOperatingLimit
}

// authorize finds out who calls.
func (h *Handler) authorize(ctx context.Context, c *Call, given Credentials) (err error) {
	c.Principal, err = h.auth.Authorize(ctx, given)
	if err != nil {
		return h.guard.refused(c, err)
	}
	return h.guard.caller(c)
}

// unknown returns the fault of a call of a method that is not there. It finds out who calls all the same, where the caller says so: the
// log names them, and guessing credentials is not free here either. Whether they are good does not change the answer.
func (h *Handler) unknown(ctx context.Context, c *Call, given Credentials) error {
	if given.Token == "" && given.WebhookCode == "" {
		return ErrMethodNotFound
	}
	if err := h.authorize(ctx, c, given); errors.Is(err, ErrQueryLimit) {
		return err
	}
	return ErrMethodNotFound
}

// hostOf returns the address of hostport without the port.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport
	}
	return host
}

// invoke checks that the caller may call method and calls it.
func (h *Handler) invoke(ctx context.Context, c *Call, method *Method, params phpform.Value) (*outcome, error) {
	c.Method, c.Params = method, params
	if err := c.permitted(); err != nil {
		return nil, err
	}
	if err := h.limitOperating(c); err != nil {
		return nil, err
	}
	result, err := method.try(withOrigin(ctx, c, params), c)
	if err != nil {
		finish := h.clock.Now() // an answer counts where its time is written, an error here
		h.meter.add(c, finish, finish.Sub(c.Start).Seconds())
		return nil, err
	}
	out, err := newOutcome(result)
	if err == nil {
		out.raw = method.rawBody
	}
	return out, err
}

// try calls a method. A panic of it is an error of the portal like any other, with its stack in the log: the caller gets an answer, and
// the other calls of a batch go on.
func (m *Method) try(ctx context.Context, c *Call) (result any, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint,err113 // the sentinel of net/http, compared as it does
			panic(p)
		}
		result, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}()
	return m.call(ctx, c)
}

func (c *Call) permitted() error {
	m := c.Method
	ok := false
	for _, s := range m.Scopes {
		ok = ok || c.Has(s)
	}
	lenient := c.policy.Lenient && c.Kind == ByWebhook && m.Access&WebhookToo != 0
	switch {
	case !ok && c.Kind == ByWebhook:
		return ErrScopeWebhook
	case !ok:
		return ErrScope
	case m.Access&NoWebhook != 0 && c.Kind == ByWebhook && !lenient:
		return ErrAuthType
	case m.Access&AppOnly != 0 && c.AppID == 0 && !lenient:
		app, _ := m.Refusals()
		return app
	case m.Access&AdminOnly != 0 && !c.Admin:
		_, admin := m.Refusals()
		return admin
	}
	return nil
}

// address is what the path of a call says.
type address struct {
	method string
	userID int64  // of an inbound webhook
	code   string // of an inbound webhook
	v3     bool   // below /rest/api/
}

// parseAddress reads /rest/method and /rest/user/code/method, with any number of slashes between, a trailing one, and
// the ending .json or .xml; for REST 3.0 "api" stands before these.
func parseAddress(path string) (address, error) {
	rest := strings.TrimPrefix(strings.TrimLeft(path, "/"), "rest")
	var parts [4]string
	n := 0
	for s := range strings.SplitSeq(rest, "/") {
		if s == "" {
			continue
		}
		if n == len(parts) {
			return address{}, ErrMethodNotFound
		}
		parts[n] = s
		n++
	}
	words, v3 := parts[:n], isV3(path)
	if v3 {
		words = words[1:]
	}
	switch len(words) {
	case 1:
		return address{method: withoutFormat(words[0]), v3: v3}, nil
	case 3:
		id, err := strconv.ParseInt(words[0], 10, 64)
		if err != nil {
			return address{}, ErrMethodNotFound
		}
		return address{withoutFormat(words[2]), id, words[1], v3}, nil
	}
	return address{}, ErrMethodNotFound
}

// find returns the method that an address names, nil where there is none.
func (r *Registry) find(a address) *Method {
	if a.v3 {
		return r.MethodV3(a.method)
	}
	return r.Method(a.method)
}

// withoutFormat takes off the ending by which a client asks for JSON or XML, in any case.
func withoutFormat(method string) string {
	for _, ending := range [...]string{".json", xmlEnding} {
		if name := cutEnding(method, ending); name != "" {
			return name
		}
	}
	return method
}

// takeToken finds the access token among the parameters or in the header Authorization and takes it out of the tree, so
// that no method sees it.
func takeToken(r *http.Request, tree phpform.Value) (string, phpform.Value) {
	for _, key := range []string{"auth", "access_token"} {
		if v, ok := tree.Get(key); ok && !v.IsArray() && v.Text() != "" {
			return v.Text(), without(tree, key)
		}
	}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), tree
	}
	return r.URL.Query().Get("auth"), tree // REST 3.0 does not read the address otherwise, and a GET has no body
}

func without(tree phpform.Value, key string) phpform.Value {
	kept := make([]phpform.Entry, 0, tree.Len())
	for _, e := range tree.Entries() {
		if e.Key != key {
			kept = append(kept, e)
		}
	}
	return phpform.ArrayOf(kept...)
}
