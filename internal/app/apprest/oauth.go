package apprest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/phpform"
)

// maxTokenBody is the largest body of a request for tokens, in bytes.
const maxTokenBody = 64 << 10

// OAuth answers the addresses under /oauth/, whatever the host name: clients have the name of the authorization server
// built in. It never redirects, since clients do not follow.
type OAuth struct {
	apps *app.Service
	log  *slog.Logger
}

var _ http.Handler = OAuth{}

// NewOAuth returns the token endpoint of a portal.
func NewOAuth(s *app.Service, log *slog.Logger) OAuth { return OAuth{s, log} }

// IsOAuthPath reports whether a path belongs to OAuth: its first part is "oauth", with any number of slashes before it.
func IsOAuthPath(path string) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(path, "/"), "/")
	return first == "oauth" && strings.HasPrefix(path, "/")
}

// isTokenPath reports whether a path is /oauth/token/, with any number of slashes in every place.
func isTokenPath(path string) bool {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	return len(parts) == 2 && parts[0] == "oauth" && parts[1] == "token"
}

// AuthorizePath is where people allow an application to act for them; a page of the portal answers there.
const AuthorizePath = "/oauth/authorize/"

// IsAuthorizePath reports whether a path is AuthorizePath, with any number of slashes in every place.
func IsAuthorizePath(path string) bool {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	return len(parts) == 2 && parts[0] == "oauth" && parts[1] == "authorize"
}

// oauthError is a refusal of the token endpoint. Pages: settings/oauth/error-codes.md, and RFC 6749 section 5.2.
type oauthError struct {
	Code   string `json:"error"`
	Text   string `json:"error_description"`
	status int
}

// Error returns code and text.
func (e *oauthError) Error() string { return e.Code + ": " + e.Text }

func invalidRequest(text string) *oauthError {
	return &oauthError{"invalid_request", text, http.StatusBadRequest}
}

var (
	errInvalidClient = &oauthError{"invalid_client", "Unknown client_id or wrong client_secret", http.StatusBadRequest}
	errInvalidGrant  = &oauthError{"invalid_grant", "The refresh_token is unknown, used or expired", http.StatusBadRequest}
	errInvalidCode   = &oauthError{"invalid_grant", "The code is unknown, used or expired", http.StatusBadRequest}
	errInvalidScope  = &oauthError{"invalid_scope", "The application was not given all of these permissions", http.StatusForbidden}
	errGrantType     = &oauthError{"unsupported_grant_type", "This grant_type is not supported", http.StatusBadRequest}
	errNoAddress     = &oauthError{"invalid_request", "There is nothing at this address", http.StatusNotFound}
	errMethod        = &oauthError{"invalid_request", "Use GET or POST", http.StatusMethodNotAllowed}
	errServer        = &oauthError{"server_error", "Internal server error", http.StatusInternalServerError}
)

// grant is the answer of the token endpoint. Page: settings/oauth/auto-renewal.md.
type grant struct {
	AccessToken    string `json:"access_token"`
	ClientEndpoint string `json:"client_endpoint"`
	Domain         string `json:"domain"` // of the authorization server, unlike in events
	Expires        int64  `json:"expires"`
	ExpiresIn      int64  `json:"expires_in"`
	MemberID       string `json:"member_id"`
	RefreshToken   string `json:"refresh_token"`
	Scope          string `json:"scope"`
	ServerEndpoint string `json:"server_endpoint"`
	Status         string `json:"status"`
	UserID         int64  `json:"user_id"`
}

// ServeHTTP answers a request for tokens.
func (o OAuth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	addr, _, _ := net.SplitHostPort(r.RemoteAddr)
	r = r.WithContext(audit.WithSource(r.Context(), audit.Source{Addr: addr, Agent: r.UserAgent(), URI: "/oauth/token/"}))
	g, err := o.serve(w, r)
	var refused *oauthError
	switch {
	case err == nil:
		o.write(w, http.StatusOK, g)
	case errors.As(err, &refused):
		o.write(w, refused.status, refused)
	default:
		o.log.ErrorContext(r.Context(), "token endpoint", "error", err)
		o.write(w, errServer.status, errServer)
	}
}

func (o OAuth) serve(w http.ResponseWriter, r *http.Request) (grant, error) {
	if !isTokenPath(r.URL.Path) {
		return grant{}, errNoAddress
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return grant{}, errMethod
	}
	p, err := tokenParams(w, r)
	if err != nil {
		return grant{}, err
	}
	switch p["grant_type"] {
	case "refresh_token":
		return o.refresh(r.Context(), p)
	case "authorization_code":
		return o.exchange(r.Context(), p)
	case "":
		return grant{}, invalidRequest("The parameter grant_type is missing")
	}
	return grant{}, errGrantType
}

func (o OAuth) refresh(ctx context.Context, p map[string]string) (grant, error) {
	if err := require(p, "client_id", "client_secret", "refresh_token"); err != nil {
		return grant{}, err
	}
	g, err := o.apps.Refresh(ctx, p["client_id"], p["client_secret"], p["refresh_token"], scopesOf(p)...)
	return o.grant(g, err, errInvalidGrant)
}

// exchange answers an authorization code with the first pair of tokens. Page: settings/oauth/index.md.
func (o OAuth) exchange(ctx context.Context, p map[string]string) (grant, error) {
	if err := require(p, "client_id", "client_secret", "code"); err != nil {
		return grant{}, err
	}
	g, err := o.apps.ExchangeCode(ctx, app.Exchange{
		ClientID: p["client_id"], ClientSecret: p["client_secret"], Code: p["code"], RedirectURI: p["redirect_uri"], Scopes: scopesOf(p),
	})
	return o.grant(g, err, errInvalidCode)
}

// scopesOf returns the permissions that a request names, separated by commas or spaces.
func scopesOf(p map[string]string) []string {
	return strings.FieldsFunc(p["scope"], func(r rune) bool { return r == ',' || r == ' ' })
}

func require(p map[string]string, names ...string) error {
	for _, name := range names {
		if p[name] == "" {
			return invalidRequest("The parameter " + name + " is missing")
		}
	}
	return nil
}

// grant writes g as an answer, or why there is none; spent is what is said of a grant that cannot be used.
func (o OAuth) grant(g app.Grant, err error, spent *oauthError) (grant, error) {
	switch {
	case errors.Is(err, app.ErrClient):
		return grant{}, errInvalidClient
	case errors.Is(err, app.ErrScope):
		return grant{}, errInvalidScope
	case errors.Is(err, app.ErrGrant):
		return grant{}, spent
	case err != nil:
		return grant{}, err
	}
	e := o.apps.Endpoints()
	return grant{
		AccessToken: g.AccessToken, RefreshToken: g.RefreshToken, Expires: g.Expires.Unix(), ExpiresIn: int64(g.ExpiresIn.Seconds()),
		ClientEndpoint: e.ClientEndpoint, ServerEndpoint: e.ServerEndpoint, Domain: hostOf(e.ServerEndpoint),
		MemberID: g.MemberID, Scope: strings.Join(g.Scopes, ","), Status: g.Status, UserID: g.UserID,
	}, nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// tokenParams reads the parameters of the address and of the body, in whichever of the usual forms it comes.
func tokenParams(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	out := map[string]string{}
	query, err := phpform.ParseForm(r.URL.RawQuery, phpform.Limits{})
	if err != nil {
		return nil, invalidRequest("The query of the address cannot be read")
	}
	collect(out, query)
	if r.Method != http.MethodPost {
		return out, nil
	}
	body, err := tokenBody(r.Header.Get("Content-Type"), http.MaxBytesReader(w, r.Body, maxTokenBody))
	if err != nil {
		return nil, invalidRequest("The body cannot be read")
	}
	collect(out, body)
	return out, nil
}

func tokenBody(contentType string, body io.Reader) (phpform.Value, error) {
	kind, params, _ := mime.ParseMediaType(contentType)
	if kind == "multipart/form-data" {
		return phpform.ParseMultipart(body, params["boundary"], phpform.Limits{})
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return phpform.Value{}, err
	}
	if kind == "application/json" {
		return phpform.ParseJSON(raw, phpform.Limits{})
	}
	return phpform.ParseForm(raw, phpform.Limits{})
}

func collect(out map[string]string, v phpform.Value) {
	for _, e := range v.Entries() {
		if !e.Value.IsArray() {
			out[e.Key] = e.Value.Text()
		}
	}
}

func (o OAuth) write(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the caller has gone; there is nobody to tell
}
