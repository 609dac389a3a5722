package rest

import (
	"context"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/phpform"
)

// AuthKind is the way in which a caller proved who they are.
type AuthKind uint8

// The kinds of authorization.
const (
	ByToken   AuthKind = iota + 1 // an access token of an application
	ByWebhook                     // an inbound webhook
	BySession                     // a signed-in browser
)

// Principal is who calls: a user, and the application or webhook through which they do.
type Principal struct {
	Kind     AuthKind
	UserID   int64
	Admin    bool
	Access   access.Set // what the user's roles allow; an administrator needs none
	AppID    int64      // the application; 0 for a webhook or a session
	ClientID string     // the application's client_id, or the webhook's stable name
	// WebhookID is the inbound webhook; 0 for an application or a session.
	WebhookID int64
	Expires   time.Time // when the token or the webhook ends; zero: never
	Scopes    []string  // what the application or webhook may use; "*" is everything
}

// May reports whether the user has the permissions set. Administrators have all.
func (p *Principal) May(set access.Set) bool { return p.Admin || p.Access.Has(set) }

// Has reports whether the principal may use scope. Deprecated scopes open what took their place.
func (p *Principal) Has(scope string) bool {
	if scope == Basic || slices.Contains(p.Scopes, scope) || slices.Contains(p.Scopes, "*") {
		return true
	}
	return slices.ContainsFunc(deprecated[scope], func(old string) bool { return slices.Contains(p.Scopes, old) })
}

// CurrentScopes returns scopes with what took the place of the deprecated ones among them.
func CurrentScopes(scopes []string) []string {
	out := slices.Clone(scopes)
	for current, old := range deprecated {
		named := func(s string) bool { return slices.Contains(scopes, s) }
		if !named(current) && slices.ContainsFunc(old, named) {
			out = append(out, current)
		}
	}
	return out
}

// deprecated are the scopes that are still taken, by what took their place. Page: api-reference/scopes/permissions.md.
var deprecated = map[string][]string{
	"task": {"tasks_extended", "tasksmobile"}, "sonet_group": {"sonet"},
}

// Call is one call of a method.
type Call struct {
	Principal

	Method *Method
	Params phpform.Value // the merged parameters of address and body, without the token
	Start  time.Time     // when the call began, by the portal's clock
	Remote string        // the caller's address, without the port
	V3     bool          // called at the address of REST 3.0

	handler  *Handler
	asked    asked
	key      string // the Idempotency-Key that the answer repeats
	replayed bool   // the answer is that of an earlier call
	policy   Policy
	gauge    gauge
	warnings []string // in which respects the call departs from the documentation
}

// Credentials are what a request brought to prove who calls. One of Token and WebhookCode is set.
type Credentials struct {
	Token         string
	WebhookUserID int64
	WebhookCode   string
	Remote        string // the caller's address, without the port
}

// Authorizer finds out who calls.
type Authorizer interface {
	// Authorize returns the caller. It fails with the documented faults: NO_AUTH_FOUND, INVALID_CREDENTIALS,
	// expired_token, invalid_token, user_access_error.
	Authorize(ctx context.Context, c Credentials) (Principal, error)
}
