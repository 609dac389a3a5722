package mailbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/mail/letter"
)

// Client is the portal as the authorization server of a provider knows it.
type Client struct {
	ID, Secret                   string // the secret is empty for a public client
	AuthURL, TokenURL, RevokeURL string
	Scopes                       []string
	Redirect                     string // where the provider sends the browser back to
	SecretInForm                 bool   // the secret goes with the other values instead of in the header
}

// Tokens are what a provider gives.
type Tokens struct {
	Access  string
	Refresh string        // empty: the one before stays
	Lasts   time.Duration // the access token, from now on; 0: it does not say
}

// Authority speaks with the authorization servers of providers. An error is an AuthorityError where the server answered; the text of any
// other can be shown to people.
type Authority interface {
	// AuthURL returns the address at which the browser signs in; params are asked for besides the standard.
	AuthURL(c Client, state, verifier string, params map[string]string) string
	// Exchange turns the code that a browser brought back into tokens.
	Exchange(ctx context.Context, c Client, code, verifier string) (Tokens, error)
	// Renew returns another access token.
	Renew(ctx context.Context, c Client, refresh string) (Tokens, error)
	// Revoke gives a permission back.
	Revoke(ctx context.Context, c Client, token string) error
}

// AuthorityError is what an authorization server answered instead of tokens.
type AuthorityError struct {
	Code string // of RFC 6749, 4.1.2.1 and 5.2, e.g. "invalid_grant"
	Text string // what it says of it
}

// Error returns the answer in a line.
func (e *AuthorityError) Error() string { return e.Code + ": " + e.Text }

const maxSaid = 300 // characters of what a provider says

// words says what a provider answered; doing is what was asked of it, e.g. "did not let the portal in".
func words(title, doing string, err error) string {
	text := title + " " + doing
	e, ok := errors.AsType[*AuthorityError](err)
	if !ok {
		return text + ": " + cut(letter.OneLine(err.Error()), maxSaid)
	}
	if known := meaning[e.Code]; known != "" {
		text += ": " + known
	} else {
		text += "."
	}
	said := cut(letter.OneLine(e.Text), maxSaid)
	if said == "" {
		said = cut(letter.OneLine(e.Code), maxSaid)
	}
	return text + " It says: " + said
}

// meaning is what the codes of providers mean for the people who set mailboxes up.
var meaning = map[string]string{
	"access_denied":             "access was denied there.",
	"invalid_client":            "it does not know the client ID, or the client secret is wrong or has ended. Enter a new one where the provider is registered.",
	"unauthorized_client":       "it does not let this client do so. Look at its registration.",
	"redirect_uri_mismatch":     "the redirect address is not registered there.",
	"invalid_scope":             "it does not know one of the scopes, or does not grant it to this client.",
	"invalid_grant":             "the permission has ended or was taken back.",
	"interaction_required":      "somebody has to sign in there again.",
	"login_required":            "somebody has to sign in there again.",
	"consent_required":          "somebody has to consent there again.",
	"admin_policy_enforced":     "the administrators of the organization do not allow it.",
	"org_internal":              "only people of the organization that registered the client may sign in.",
	"temporarily_unavailable":   "it is overloaded. Try again in a moment.",
	"server_error":              "it has a problem of its own. Try again in a moment.",
	"unsupported_response_type": "it does not know this way to sign in.",
}

// isOver reports whether a permission has ended, so that a person has to give it again.
func isOver(err error) bool {
	e, ok := errors.AsType[*AuthorityError](err)
	return ok && slices.Contains([]string{"invalid_grant", "interaction_required", "login_required", "consent_required"}, e.Code)
}
